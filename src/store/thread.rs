//! The thread that owns the connection: answers look-ups, and commits what has queued up.

#![expect(clippy::disallowed_types, reason = "the one owner of the connection")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::codec::Codec;
use super::exchange::{Rescue, Taken};
use super::rows::{self, RowError};
use super::runs::{self, KeepError, NewRun};
use super::schema;
use super::writing::{self, New};
use super::{Entry, StoreError};
use crate::domain::{Answer, Fit, Hash, Keyed, LostCall, Question, Record};

/// A commit takes no more than this many answers, so that a look-up never waits long.
const LARGEST_COMMIT: usize = 4_000;

/// Where answers come thick and fast, so few are not yet worth a commit,
const FEW: usize = 192;
/// and so long more are waited for, again while any come: a commit writes nearly as many pages of the
/// index as it has answers, until it has many.
const LINGER: Duration = Duration::from_millis(3);
const MOST_LINGERS: u32 = 2;

/// Each try waits as long as the connection's own patience: ten minutes in all.
const LOCK_TRIES: u32 = 20;

pub(super) enum Request {
    Get {
        keys: Vec<Hash>,
        fit: Fit,
        reply: oneshot::Sender<Result<Vec<Option<Answer>>, StoreError>>,
    },
    Find {
        key: Hash,
        fit: Fit,
        reply: oneshot::Sender<Result<Option<Record>, StoreError>>,
    },
    Put {
        entry: Box<Entry>,
        done: oneshot::Sender<Done>,
    },
    Take {
        batch: Vec<Taken>,
        reply: oneshot::Sender<Result<u64, StoreError>>,
    },
    KeepRun {
        run: Box<NewRun>,
        reply: oneshot::Sender<Result<String, StoreError>>,
    },
    /// Whatever else is to be read or written.
    Work(Box<dyn FnOnce(&mut Keeper) + Send>),
    Note {
        question: Box<Keyed<Question>>,
        lost: LostCall,
        done: oneshot::Sender<Done>,
    },
}

/// Waits for the thread when the last handle goes, so that no commit is cut off by the end of `main`.
pub(super) struct Join(Option<std::thread::JoinHandle<()>>);

impl Drop for Join {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take() {
            // A panic in there was already reported by the panic itself.
            let _ = thread.join();
        }
    }
}

/// Where a store is.
pub(super) enum Place {
    Memory,
    File(PathBuf),
    FileToRead(PathBuf),
}

/// Opens the store on a thread of its own; returns once it is open or has failed.
pub(super) fn start(place: Place, inbox: mpsc::Receiver<Request>) -> Result<Join, StoreError> {
    let (opened, outcome) = std::sync::mpsc::sync_channel(1);
    let spawned =
        std::thread::Builder::new().name("store".to_owned()).spawn(move || match Keeper::open(place) {
            Ok(mut keeper) => {
                let _ = opened.send(Ok(()));
                keeper.serve(inbox);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        });
    let failed = |detail: String| StoreError::Open { path: "the store's thread".to_owned(), detail };
    let thread = spawned.map_err(|error| failed(error.to_string()))?;
    outcome.recv().map_err(|error| failed(error.to_string()))??;
    Ok(Join(Some(thread)))
}

#[expect(clippy::disallowed_methods, reason = "lets a batch gather; nobody waits but those in it")]
fn linger() {
    std::thread::sleep(LINGER);
}

pub(super) struct Keeper {
    pub(super) connection: rusqlite::Connection,
    path: PathBuf,
    pub(super) codec: Codec,
    pub(super) contexts: HashMap<Hash, i64>,
    /// Where answers go that the disk does not take; none for a store that is not a file to be written.
    rescue: Option<Rescue>,
}

/// The word that a commit is over.
pub(super) struct Done {
    pub outcome: Result<(), StoreError>,
    /// What was committed goes back, to be freed by the thread that made it: others pay for a lock.
    _spent: Option<Box<Entry>>,
}

/// What the next commit holds.
#[derive(Default)]
struct Batch {
    entries: Vec<(Box<Entry>, oneshot::Sender<Done>)>,
    lost: Vec<(Box<Keyed<Question>>, LostCall, oneshot::Sender<Done>)>,
}

impl Batch {
    fn answers(&self) -> Vec<New<'_>> {
        self.entries.iter().map(|(entry, _)| entry.as_new()).collect()
    }

    fn len(&self) -> usize {
        self.entries.len() + self.lost.len()
    }
}

impl Keeper {
    fn open(place: Place) -> Result<Self, StoreError> {
        let rescue = match &place {
            Place::File(path) => Some(Rescue::new(path, std::env::temp_dir())),
            Place::Memory | Place::FileToRead(_) => None,
        };
        let (connection, path) = match place {
            Place::Memory => (schema::open(None)?, PathBuf::from("(memory)")),
            Place::File(path) => (schema::open(Some(&path))?, path),
            Place::FileToRead(path) => (schema::open_to_read(&path)?, path),
        };
        let mut codec = Codec::new();
        rows::learn_dictionaries(&connection, &mut codec).map_err(|e| schema::sql(&path, &e))?;
        Ok(Self { connection, path, codec, contexts: HashMap::new(), rescue })
    }

    fn serve(&mut self, mut inbox: mpsc::Receiver<Request>) {
        let mut batch = Batch::default();
        let mut last = 0;
        while let Some(first) = inbox.blocking_recv() {
            let mut lingers = if last > 1 { MOST_LINGERS } else { 0 };
            let mut next = Some(first);
            while let Some(request) = next {
                match request {
                    Request::Put { entry, done } => {
                        batch.entries.push((entry, done));
                    }
                    Request::Note { question, lost, done } => {
                        batch.lost.push((question, lost, done));
                    }
                    Request::Get { keys, fit, reply } => {
                        let _ = reply.send(self.get(&keys, fit));
                    }
                    Request::Find { key, fit, reply } => {
                        let _ = reply.send(self.find(key, fit));
                    }
                    Request::KeepRun { run, reply } => {
                        let _ = reply.send(self.keep_run(*run));
                    }
                    Request::Work(work) => work(self),
                    Request::Take { batch, reply } => {
                        let _ = reply.send(self.take(&batch));
                    }
                }
                next = if batch.len() < LARGEST_COMMIT { inbox.try_recv().ok() } else { None };
                if next.is_none() && lingers > 0 && (1..FEW).contains(&batch.len()) {
                    lingers -= 1;
                    linger();
                    next = inbox.try_recv().ok();
                }
            }
            last = batch.len();
            self.commit(&mut batch);
        }
    }

    fn get(&mut self, keys: &[Hash], fit: Fit) -> Result<Vec<Option<Answer>>, StoreError> {
        rows::get(&self.connection, &mut self.codec, keys, fit).map_err(|error| self.explain(error))
    }

    fn find(&mut self, key: Hash, fit: Fit) -> Result<Option<Record>, StoreError> {
        rows::find(&self.connection, &mut self.codec, key, fit).map_err(|error| self.explain(error))
    }

    fn keep_run(&mut self, run: NewRun) -> Result<String, StoreError> {
        runs::keep(&mut self.connection, run).map_err(|error| match error {
            KeepError::Sql(error) => schema::sql(&self.path, &error),
            KeepError::Io(error) => {
                StoreError::Disk { path: "the record of the run".to_owned(), detail: error.to_string() }
            }
        })
    }

    fn commit(&mut self, batch: &mut Batch) {
        if batch.len() == 0 {
            return;
        }
        let outcome = self.patiently(|keeper| keeper.try_commit(batch));
        let outcome = outcome.map_err(|error| self.rescue(error, batch));
        // Whoever asked may have been stopped meanwhile; what was asked to be kept is kept all the same.
        for (entry, done) in batch.entries.drain(..) {
            let _ = done.send(Done { outcome: outcome.clone(), _spent: Some(entry) });
        }
        for (_, _, done) in batch.lost.drain(..) {
            let _ = done.send(Done { outcome: outcome.clone(), _spent: None });
        }
    }

    /// These are paid for: another program's lock is waited for much longer than SQLite would.
    pub(super) fn patiently<T>(
        &mut self,
        write: impl Fn(&mut Self) -> Result<T, RowError>,
    ) -> Result<T, StoreError> {
        let mut tries = LOCK_TRIES;
        loop {
            let outcome = write(self).map_err(|error| self.explain(error));
            if outcome.is_err() {
                self.forget_unwritten();
            }
            if tries == 0 || !matches!(outcome, Err(StoreError::Locked { .. })) {
                return outcome;
            }
            tries -= 1;
        }
    }

    fn try_commit(&mut self, batch: &Batch) -> Result<(), RowError> {
        let lost: Vec<_> = batch.lost.iter().map(|(question, lost, _)| (&**question, lost)).collect();
        let answers = batch.answers();
        writing::put(&mut self.connection, &mut self.codec, &mut self.contexts, &answers, &lost).map(|_| ())
    }

    /// Takes in what is not there yet, in one commit; returns how many that was.
    fn take(&mut self, batch: &[Taken]) -> Result<u64, StoreError> {
        let batch: Vec<New<'_>> = batch.iter().map(Taken::as_new).collect();
        self.patiently(|keeper| {
            writing::put(&mut keeper.connection, &mut keeper.codec, &mut keeper.contexts, &batch, &[])
        })
    }

    /// Puts the answers of a commit that failed somewhere else.
    fn rescue(&mut self, cause: StoreError, batch: &Batch) -> StoreError {
        let answers = batch.answers();
        let Some(rescue) = self.rescue.as_mut().filter(|_| !answers.is_empty()) else { return cause };
        StoreError::Unkept { cause: Box::new(cause), rescued: rescue.keep(&answers) }
    }

    /// A dictionary made in a transaction that was rolled back must not be used.
    fn forget_unwritten(&mut self) {
        self.codec = Codec::new();
        // If this fails too, bodies are packed without a dictionary, which is always right.
        let _ = rows::learn_dictionaries(&self.connection, &mut self.codec);
    }

    fn explain(&self, error: RowError) -> StoreError {
        match error {
            RowError::Sql(error) => schema::sql(&self.path, &error),
            RowError::Damaged(detail) => {
                StoreError::Damaged { path: self.path.display().to_string(), detail }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::store::exchange::{Export, Imported};
    use crate::store::tests::{entry, keys};
    use crate::store::{Store, verify};

    /// A store on a disk that has no room left, and the folder that answers go to when nothing else does.
    fn full(folder: &Path) -> (Keeper, PathBuf) {
        let (path, temp) = (folder.join("cache/answers.sqlite"), folder.join("temp"));
        let mut keeper = Keeper::open(Place::File(path.clone())).unwrap();
        keeper.rescue = Some(Rescue::new(&path, temp.clone()));
        keeper.connection.execute_batch("PRAGMA max_page_count = 1").unwrap();
        make(&temp);
        (keeper, temp)
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    fn make(folder: &Path) {
        std::fs::create_dir_all(folder).unwrap();
    }

    fn commit(keeper: &mut Keeper, numbers: std::ops::Range<u32>) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        let mut outcomes = Vec::new();
        for number in numbers {
            let (done, outcome) = oneshot::channel();
            let mut entry = entry(number, 1, "four");
            // Nothing that packing could make fit into the pages that there are.
            entry.wire =
                Some((0..200_u32).flat_map(|n| Hash::of(format!("{number} {n}").as_bytes()).0).collect());
            batch.entries.push((Box::new(entry), done));
            outcomes.push(outcome);
        }
        keeper.commit(&mut batch);
        assert_eq!(batch.len(), 0);
        outcomes.into_iter().try_for_each(|done| done.blocking_recv().unwrap().outcome)
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fn imported(file: &Path) -> Imported {
        let export = std::fs::read(file).unwrap();
        let store = Store::in_memory().unwrap();
        Export::begin(export.as_slice()).unwrap().import_into(&store, &keys()).unwrap()
    }

    #[test]
    fn answers_that_a_full_disk_does_not_take_are_kept_beside_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let (mut keeper, _) = full(folder.path());
        let error = commit(&mut keeper, 0..50).unwrap_err();
        let file = folder.path().join("cache/answers.rescued-1.jsonl");
        assert!(
            matches!(&error, StoreError::Unkept { cause, .. } if matches!(**cause, StoreError::Full { .. }))
        );
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
        let import = format!("score-tasks cache import {}", file.display());
        assert!(error.hint().unwrap().contains(&import), "{:?}", error.hint());
        assert!(error.to_string().contains("50 answers"), "{error}");
        // What comes later goes into the same file, and the first message, which is the one that is read, tells
        // of it.
        assert_eq!(commit(&mut keeper, 50..80).unwrap_err().to_string(), error.to_string());
        assert!(error.to_string().contains("80 answers"), "{error}");
        assert_eq!(imported(&file), Imported { new: 80, ..Imported::default() });
        // There is room again.
        keeper.connection.execute_batch("PRAGMA max_page_count = 1000000").unwrap();
        commit(&mut keeper, 80..90).unwrap();
        drop(keeper);
        // The next one who has no room does not touch it.
        let (mut keeper, _) = full(folder.path());
        let error = commit(&mut keeper, 0..10).unwrap_err();
        assert!(error.to_string().ends_with("answers.rescued-2.jsonl"), "{error}");
        assert_eq!(imported(&file).new, 80);
        let verified = verify(&folder.path().join("cache/answers.sqlite"), &keys()).unwrap();
        assert_eq!((verified.answers, verified.damage.len()), (10, 0));
    }

    #[test]
    fn a_store_that_turns_read_only_loses_nothing_either() {
        let folder = tempfile::tempdir().unwrap();
        let (mut keeper, _) = full(folder.path());
        keeper.connection.execute_batch("PRAGMA query_only = ON").unwrap();
        let error = commit(&mut keeper, 0..5).unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
        assert_eq!(imported(&folder.path().join("cache/answers.rescued-1.jsonl")).new, 5);
    }

    #[cfg(unix)]
    #[test]
    fn where_nothing_can_be_put_beside_the_store_the_temporary_folder_serves() {
        let folder = tempfile::tempdir().unwrap();
        let (mut keeper, temp) = full(folder.path());
        std::fs::remove_dir_all(folder.path().join("cache")).unwrap();
        let error = commit(&mut keeper, 0..5).unwrap_err();
        let StoreError::Unkept { rescued, .. } = &error else { panic!("{error}") };
        let file = rescued.files().remove(0);
        assert_eq!(file.parent(), Some(temp.as_path()));
        assert_eq!(imported(&file).new, 5);
        // And where that fails too, it is said how much is lost.
        std::fs::remove_dir_all(&temp).unwrap();
        keeper.rescue = Some(Rescue::new(&folder.path().join("cache/answers.sqlite"), temp));
        let error = commit(&mut keeper, 0..5).unwrap_err();
        assert!(error.to_string().contains("5 answers could be written nowhere"), "{error}");
        assert!(error.hint().unwrap().contains("make room"), "{:?}", error.hint());
    }
}

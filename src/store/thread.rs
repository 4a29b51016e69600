//! The thread that owns the connection: answers look-ups, and commits what has queued up.

#![expect(clippy::disallowed_types, reason = "the one owner of the connection")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::codec::Codec;
use super::rows::{self, RowError};
use super::schema;
use super::{Entry, StoreError};
use crate::domain::{Answer, Fit, Hash, Keyed, LostCall, Question};

/// A commit takes no more than this many answers, so that a look-up never waits long.
const LARGEST_COMMIT: usize = 4_000;

/// Where answers come thick and fast, so few are not yet worth a commit,
const FEW: usize = 48;
/// and so long more are waited for, again while any come: a commit costs as much as a dozen answers.
const LINGER: Duration = Duration::from_millis(3);
const MOST_LINGERS: u32 = 2;

/// Each try waits as long as the connection's own patience: ten minutes in all.
const LOCK_TRIES: u32 = 20;

pub(super) enum Request {
    Get { keys: Vec<Hash>, fit: Fit, reply: oneshot::Sender<Result<Vec<Option<Answer>>, StoreError>> },
    Put { entry: Box<Entry>, done: oneshot::Sender<Result<(), StoreError>> },
    Note { question: Box<Keyed<Question>>, lost: LostCall, done: oneshot::Sender<Result<(), StoreError>> },
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

struct Keeper {
    connection: rusqlite::Connection,
    path: PathBuf,
    codec: Codec,
    contexts: HashMap<Hash, i64>,
}

type Done = oneshot::Sender<Result<(), StoreError>>;

/// What the next commit holds.
#[derive(Default)]
struct Batch {
    entries: Vec<Box<Entry>>,
    lost: Vec<(Box<Keyed<Question>>, LostCall)>,
    done: Vec<Done>,
}

impl Keeper {
    fn open(place: Place) -> Result<Self, StoreError> {
        let (connection, path) = match place {
            Place::Memory => (schema::open(None)?, PathBuf::from("(memory)")),
            Place::File(path) => (schema::open(Some(&path))?, path),
            Place::FileToRead(path) => (schema::open_to_read(&path)?, path),
        };
        let mut codec = Codec::new();
        rows::learn_dictionaries(&connection, &mut codec).map_err(|e| schema::sql(&path, &e))?;
        Ok(Self { connection, path, codec, contexts: HashMap::new() })
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
                        batch.entries.push(entry);
                        batch.done.push(done);
                    }
                    Request::Note { question, lost, done } => {
                        batch.lost.push((question, lost));
                        batch.done.push(done);
                    }
                    Request::Get { keys, fit, reply } => {
                        let _ = reply.send(self.get(&keys, fit));
                    }
                }
                next = if batch.done.len() < LARGEST_COMMIT { inbox.try_recv().ok() } else { None };
                if next.is_none() && lingers > 0 && (1..FEW).contains(&batch.done.len()) {
                    lingers -= 1;
                    linger();
                    next = inbox.try_recv().ok();
                }
            }
            last = batch.done.len();
            self.commit(&mut batch);
        }
    }

    fn get(&mut self, keys: &[Hash], fit: Fit) -> Result<Vec<Option<Answer>>, StoreError> {
        rows::get(&self.connection, &mut self.codec, keys, fit).map_err(|error| self.explain(error))
    }

    fn commit(&mut self, batch: &mut Batch) {
        if batch.done.is_empty() {
            return;
        }
        let mut outcome = self.try_commit(batch);
        // These are paid for: another program's lock is waited for much longer than SQLite would.
        for _ in 0..LOCK_TRIES {
            if !matches!(outcome, Err(StoreError::Locked { .. })) {
                break;
            }
            outcome = self.try_commit(batch);
        }
        batch.entries.clear();
        batch.lost.clear();
        for done in batch.done.drain(..) {
            // Whoever asked may have been stopped meanwhile; the answer is kept all the same.
            let _ = done.send(outcome.clone());
        }
    }

    fn try_commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let entries: Vec<&Entry> = batch.entries.iter().map(|entry| &**entry).collect();
        let lost: Vec<_> = batch.lost.iter().map(|(question, lost)| (&**question, lost)).collect();
        let outcome = rows::put(&mut self.connection, &mut self.codec, &mut self.contexts, &entries, &lost)
            .map_err(|error| self.explain(error));
        if outcome.is_err() {
            self.forget_unwritten();
        }
        outcome
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

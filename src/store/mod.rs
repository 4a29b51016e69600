//! Answers on disk, under the hash of their question. The only room that speaks SQL.
//!
//! One thread owns the connection. What is put while a commit is under way forms the next commit,
//! so many answers share one flush to disk, and an answer is acknowledged only after it.

mod audit;
mod batch_rows;
mod batches;
mod codec;
mod exchange;
mod familiar;
mod lock;
mod occasions;
mod rows;
mod runs;
mod schema;
mod spending;
mod thread;
mod writing;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::domain::{Answer, Fit, Hash, Keyed, LostCall, Question, Record};

pub use audit::{Damage, Keys, ModelStats, Stats, Verified, stats, verify};
pub use batches::{Change, NewBatch};
use exchange::Taken;
pub use exchange::{Export, ExportError, Exported, ImportError, Imported, Refused, Rescued, export, rescued};
pub use familiar::Asked;
pub use lock::{Lock, Locked};
pub use occasions::{Tries, Try, begin_occasion, end_occasion, knows_others, occasion_of, see, tries};
pub use runs::{KeptRun, NewRun, record, runs, sound_runs};
pub use spending::{Costs, Spent, costs, spent};
use thread::Request;
use writing::{Arrival, New};

/// What went wrong with the store.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: {detail}")]
    Open { path: String, detail: String },
    #[error("{path} was written by a newer score-tasks (its schema is {found}, this program knows {known})")]
    Newer { path: String, found: i64, known: usize },
    #[error("{path} was written by an older score-tasks and cannot be brought up to date: {detail}")]
    Older { path: String, detail: String },
    #[error("{path} is the database of another program")]
    Foreign { path: String },
    #[error("{path} is locked by another program")]
    Locked { path: String },
    #[error("the disk is full; {path} could not grow")]
    Full { path: String },
    #[error("{path} cannot be written: {detail}")]
    ReadOnly { path: String, detail: String },
    #[error("the disk refuses to read or write {path}: {detail}")]
    Disk { path: String, detail: String },
    #[error("{path} is damaged: {detail}")]
    Damaged { path: String, detail: String },
    #[error("{path}: {detail}")]
    Sql { path: String, detail: String },
    #[error("{cause}; {rescued}")]
    Unkept { cause: Box<StoreError>, rescued: Rescued },
    #[error("the store has stopped after an earlier error")]
    Stopped,
}

impl StoreError {
    /// The next step for the user.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Unkept { cause, rescued } => {
                let first = "when it can be written again";
                let (import, them) = match rescued.files().as_slice() {
                    [] => return cause.hint(),
                    [file] => (import(file), "them"),
                    [first, ..] => (import(first), "those of the first file, and so on"),
                };
                return Some(format!("{first}, {import} takes in {them}; then run this again").into());
            }
            Self::Newer { .. } => "install that version, or name another file with cache.path in config.toml",
            Self::Locked { .. } => "wait until it has finished, or end it, and run this again",
            Self::Disk { .. } => {
                "look at the disk and its quota, and run this again; every acknowledged answer is kept"
            }
            Self::Full { .. } => "make room and run this again; every acknowledged answer is kept",
            Self::Older { .. } => "run it once where the file can be written",
            Self::Foreign { .. } | Self::ReadOnly { .. } | Self::Open { .. } => {
                "name a place that can be written with cache.path in config.toml"
            }
            Self::Damaged { .. } => "score-tasks cache verify",
            Self::Sql { .. } | Self::Stopped => return None,
        };
        Some(hint.into())
    }
}

/// The command that takes in a file of rescued answers, as a shell wants it.
pub fn import(file: &Path) -> String {
    let file = file.display().to_string();
    let file = if file.contains(' ') { format!("\"{file}\"") } else { file };
    format!("`score-tasks cache import {file}`")
}

/// What ties an answer that is kept to its question: the digest that `verify` recomputes.
pub fn digest(key: Hash, kept: &Record) -> Hash {
    rows::digest(key, &kept.answer, kept.wire.as_deref())
}

/// A question with its answer, to be kept.
pub struct Entry {
    pub question: Keyed<Question>,
    pub answer: Answer,
    /// The reply that the answer was taken from, as it came; empty where there was none, `None` where it was
    /// kept before replies were.
    wire: Option<Vec<u8>>,
    arrival: Arrival,
}

impl Entry {
    /// An answer that has just come.
    pub fn new(question: Keyed<Question>, answer: Answer, wire: Vec<u8>) -> Self {
        Self { question, answer, wire: Some(wire), arrival: Arrival::Call }
    }

    /// An answer that another store has kept, as it is there.
    pub fn copy(question: Keyed<Question>, kept: Record) -> Self {
        Self { question, answer: kept.answer, wire: kept.wire, arrival: Arrival::Copy }
    }

    /// An answer out of a batch: kept only if its question is still on its way there.
    pub fn of_batch(question: Keyed<Question>, answer: Answer, wire: Vec<u8>, batch: i64) -> Self {
        Self { question, answer, wire: Some(wire), arrival: Arrival::Batch(batch) }
    }

    fn as_new(&self) -> New<'_> {
        let Self { question, answer, wire, arrival } = self;
        New { question, answer, wire: wire.as_deref(), arrival: *arrival }
    }
}

/// A handle to the store; clones share one thread, which ends with the last of them.
#[derive(Clone)]
pub struct Store {
    requests: mpsc::Sender<Request>,
    _thread: Arc<thread::Join>,
}

impl Store {
    /// Opens or makes the store, and brings its schema up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::start(thread::Place::File(path.to_owned()))
    }

    /// Opens a store that is there, to read only.
    pub fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        Self::start(thread::Place::FileToRead(path.to_owned()))
    }

    /// A store that is gone with its last handle: nothing is written to disk.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(thread::Place::Memory)
    }

    fn start(place: thread::Place) -> Result<Self, StoreError> {
        // The bound is what makes the disk push back on the lanes.
        let (requests, inbox) = mpsc::channel(4_096);
        let join = thread::start(place, inbox)?;
        Ok(Self { requests, _thread: Arc::new(join) })
    }

    /// The answers that serve for these keys, in their order, in one round trip: of each key the
    /// newest answer inside `fit`; a call that failed serves only where there is nothing else.
    ///
    /// Blocks; not for use on the async thread.
    pub fn get(&self, keys: Vec<Hash>, fit: Fit) -> Result<Vec<Option<Answer>>, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.requests.blocking_send(Request::Get { keys, fit, reply }).map_err(|_| StoreError::Stopped)?;
        answer.blocking_recv().map_err(|_| StoreError::Stopped)?
    }

    /// The answer that serves for one key, whole; for the async thread.
    pub async fn find(&self, key: Hash, fit: Fit) -> Result<Option<Record>, StoreError> {
        let (reply, found) = oneshot::channel();
        let request = Request::Find { key, fit, reply };
        self.requests.send(request).await.map_err(|_| StoreError::Stopped)?;
        found.await.map_err(|_| StoreError::Stopped)?
    }

    /// The same for all others; blocks.
    pub fn whole(&self, key: Hash, fit: Fit) -> Result<Option<Record>, StoreError> {
        let (reply, found) = oneshot::channel();
        self.requests.blocking_send(Request::Find { key, fit, reply }).map_err(|_| StoreError::Stopped)?;
        found.blocking_recv().map_err(|_| StoreError::Stopped)?
    }

    /// Hands an answer over to be kept; waits only when the disk is far behind.
    pub async fn put(&self, entry: impl Into<Box<Entry>>) -> Result<Receipt, StoreError> {
        let (done, acknowledged) = oneshot::channel();
        let request = Request::Put { entry: entry.into(), done };
        self.requests.send(request).await.map_err(|_| StoreError::Stopped)?;
        Ok(Receipt(acknowledged))
    }

    /// Hands over answers from an export; what comes back is how many were not there yet.
    fn take(&self, batch: Vec<Taken>) -> Result<oneshot::Receiver<Result<u64, StoreError>>, StoreError> {
        let (reply, outcome) = oneshot::channel();
        self.requests.blocking_send(Request::Take { batch, reply }).map_err(|_| StoreError::Stopped)?;
        Ok(outcome)
    }

    /// Keeps what a run was about, and its ratings; returns the name that it got.
    ///
    /// Blocks; not for use on the async thread.
    pub fn keep_run(&self, run: NewRun) -> Result<String, StoreError> {
        let (reply, kept) = oneshot::channel();
        let request = Request::KeepRun { run: Box::new(run), reply };
        self.requests.blocking_send(request).map_err(|_| StoreError::Stopped)?;
        kept.blocking_recv().map_err(|_| StoreError::Stopped)?
    }

    /// Notes a call that may have been billed and brought nothing.
    pub async fn note(&self, question: Keyed<Question>, lost: LostCall) -> Result<Receipt, StoreError> {
        let (done, acknowledged) = oneshot::channel();
        let request = Request::Note { question: Box::new(question), lost, done };
        self.requests.send(request).await.map_err(|_| StoreError::Stopped)?;
        Ok(Receipt(acknowledged))
    }
}

/// The promise that an answer will be kept.
#[must_use = "an answer counts only once it is on disk"]
pub struct Receipt(oneshot::Receiver<thread::Done>);

impl Receipt {
    /// Returns when the answer is on disk.
    pub async fn kept(mut self) -> Result<(), StoreError> {
        self.wait().await
    }

    /// The same for those who may stop waiting and begin again; once it has returned, it is used up.
    pub async fn wait(&mut self) -> Result<(), StoreError> {
        (&mut self.0).await.map_err(|_| StoreError::Stopped)?.outcome
    }
}

#[cfg(test)]
mod tests;

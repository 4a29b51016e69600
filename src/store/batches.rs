//! Batches on their way: each step is written here before it is taken, so that a crash forgets none.

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::batch_rows::{Interned, apply, begin, fill, forget, list, lose, page, questions, settle};
use super::thread::{Keeper, Request};
use super::{Store, StoreError};
use crate::domain::{Batch, Hash, Instant, Keyed, LostCall, Question};

/// A batch that is being put together.
#[derive(Clone, Debug)]
pub struct NewBatch {
    pub name: String,
    /// The model's name in config.toml.
    pub model: String,
    pub endpoint: String,
    pub api: &'static str,
    pub made: Instant,
}

/// A step on a batch's way.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is complete; so much it may cost and count.
    Planned {
        cost_nano_usd_most: Option<u64>,
        tokens_most: u64,
    },
    Submitting(Instant),
    /// The provider has it, under this name.
    Submitted {
        remote: String,
    },
    /// It is known not to have it.
    NotSubmitted {
        detail: String,
    },
    Collected {
        at: Instant,
        detail: String,
    },
    Dropped {
        at: Instant,
        detail: String,
    },
}

/// Takes no lock that others could want.
pub(super) const READ: TransactionBehavior = TransactionBehavior::Deferred;
const WRITE: TransactionBehavior = TransactionBehavior::Immediate;

type Reply<T> = oneshot::Receiver<Result<T, StoreError>>;

impl Store {
    /// Begins a batch. Blocks.
    pub fn begin_batch(&self, new: NewBatch) -> Result<i64, StoreError> {
        self.do_now(WRITE, move |transaction, _| begin(transaction, &new))
    }

    /// Puts further questions into it. Blocks.
    pub fn fill_batch(&self, id: i64, questions: Vec<Keyed<Question>>) -> Result<(), StoreError> {
        self.do_now(WRITE, move |transaction, contexts| fill(transaction, contexts, id, &questions))
    }

    /// In which batch each of these questions is on its way. Blocks.
    pub fn on_their_way(&self, keys: Vec<Hash>) -> Result<Vec<Option<i64>>, StoreError> {
        self.do_now(READ, move |transaction, _| {
            let mut found = transaction
                .prepare_cached("SELECT batch FROM batch_item WHERE key = ?1 AND outcome IS NULL")?;
            keys.iter().map(|key| found.query_row([key.0], |row| row.get(0)).optional()).collect()
        })
    }

    /// Whether any batch is on its way. Blocks.
    pub fn has_open_batches(&self) -> Result<bool, StoreError> {
        self.do_now(READ, |transaction, _| {
            transaction.prepare_cached("SELECT 1 FROM batch WHERE ended IS NULL")?.exists([])
        })
    }

    /// Takes a step, if the batch is where it can be taken. Blocks.
    pub fn change_batch_now(&self, id: i64, change: Change) -> Result<(), StoreError> {
        self.do_now(WRITE, move |transaction, _| apply(transaction, id, &change))
    }

    /// The same for the async thread.
    pub async fn change_batch(&self, id: i64, change: Change) -> Result<(), StoreError> {
        self.work(WRITE, move |transaction, _| apply(transaction, id, &change)).await
    }

    /// One batch.
    pub async fn batch(&self, id: i64) -> Result<Option<Batch>, StoreError> {
        let found =
            self.work(READ, move |transaction, _| list(transaction, &format!("WHERE b.id = {id}"))).await?;
        Ok(found.into_iter().next())
    }

    /// Which of these are the providers' names of batches that this store knows.
    pub async fn are_batches(&self, remotes: Vec<String>) -> Result<Vec<bool>, StoreError> {
        self.work(READ, move |transaction, _| {
            let mut known = transaction.prepare_cached("SELECT 1 FROM batch WHERE remote = ?1")?;
            remotes.iter().map(|remote| known.exists([remote])).collect()
        })
        .await
    }

    /// All batches, or those that are open, the oldest first.
    pub async fn batches(&self, only_open: bool) -> Result<Vec<Batch>, StoreError> {
        let rest = if only_open { "WHERE b.ended IS NULL" } else { "" };
        self.work(READ, move |transaction, _| list(transaction, rest)).await
    }

    /// Questions of a batch that are on their way, in the order in which they were put in, after this place.
    /// Each comes with its place.
    pub async fn batch_page(
        &self,
        id: i64,
        after: i64,
        most: u32,
    ) -> Result<Vec<(i64, Keyed<Question>)>, StoreError> {
        self.work(READ, move |transaction, _| page(transaction, id, after, most)).await
    }

    /// The questions of a batch that have these keys and are on their way still.
    pub async fn batch_questions(
        &self,
        id: i64,
        keys: Vec<Hash>,
    ) -> Result<Vec<Option<Keyed<Question>>>, StoreError> {
        self.work(READ, move |transaction, _| questions(transaction, id, &keys)).await
    }

    /// Gives a batch up: whatever is on its way in it counts as lost, and perhaps billed. Returns how many questions
    /// that were, and the most that they may have cost.
    pub async fn forget_batch(&self, name: String, at: Instant) -> Result<(u64, u64), StoreError> {
        self.work(WRITE, move |transaction, _| forget(transaction, &name, at)).await
    }

    /// Items that ended without an answer, each with the reason.
    pub async fn batch_unanswered(&self, id: i64, items: Vec<(Hash, String)>) -> Result<(), StoreError> {
        self.work(WRITE, move |transaction, _| {
            for (key, why) in &items {
                settle(transaction, id, *key, why)?;
            }
            Ok(())
        })
        .await
    }

    /// An item that may have been billed and brought nothing that could be read.
    pub async fn batch_lost(
        &self,
        id: i64,
        question: Keyed<Question>,
        lost: LostCall,
    ) -> Result<(), StoreError> {
        let (reply, outcome) = oneshot::channel();
        let work = move |keeper: &mut Keeper| {
            let _ = reply.send(keeper.patiently(|keeper| lose(keeper, id, &question, &lost)));
        };
        self.requests.send(Request::Work(Box::new(work))).await.map_err(|_| StoreError::Stopped)?;
        outcome.await.map_err(|_| StoreError::Stopped)?
    }

    async fn work<T, F>(&self, behavior: TransactionBehavior, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Transaction<'_>, &mut Interned<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (request, outcome) = request(act, behavior);
        self.requests.send(request).await.map_err(|_| StoreError::Stopped)?;
        outcome.await.map_err(|_| StoreError::Stopped)?
    }

    pub(super) fn do_now<T, F>(&self, behavior: TransactionBehavior, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Transaction<'_>, &mut Interned<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (request, outcome) = request(act, behavior);
        self.requests.blocking_send(request).map_err(|_| StoreError::Stopped)?;
        outcome.blocking_recv().map_err(|_| StoreError::Stopped)?
    }
}

/// Something to be done in one transaction, and where its outcome comes.
fn request<T, F>(act: F, behavior: TransactionBehavior) -> (Request, Reply<T>)
where
    T: Send + 'static,
    F: Fn(&Transaction<'_>, &mut Interned<'_>) -> rusqlite::Result<T> + Send + 'static,
{
    let (reply, outcome) = oneshot::channel();
    let work = move |keeper: &mut Keeper| {
        let done = keeper.patiently(|keeper| {
            let Keeper { connection, contexts, .. } = keeper;
            let transaction = connection.transaction_with_behavior(behavior)?;
            let mut interned = Interned { known: contexts, fresh: Vec::new() };
            let done = act(&transaction, &mut interned)?;
            let fresh = interned.fresh;
            transaction.commit()?;
            contexts.extend(fresh);
            Ok(done)
        });
        let _ = reply.send(done);
    };
    (Request::Work(Box::new(work)), outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BatchState, Fit};
    use crate::store::tests::entry;
    use crate::store::{Entry, stats};

    fn new(name: &str) -> NewBatch {
        let made = Instant(1_000);
        NewBatch {
            name: name.to_owned(),
            model: "m".to_owned(),
            endpoint: "openai".to_owned(),
            api: "openai",
            made,
        }
    }

    fn question(number: u32) -> Keyed<Question> {
        entry(number, 1, "text").question
    }

    fn block<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_batch_goes_its_way_and_each_answer_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.sqlite");
        let store = Store::open(&path).unwrap();
        let id = store.begin_batch(new("one")).unwrap();
        let questions: Vec<Keyed<Question>> = (0..5).map(question).collect();
        let keys: Vec<Hash> = questions.iter().map(|question| question.key).collect();
        store.fill_batch(id, questions.clone()).unwrap();
        let planned = Change::Planned { cost_nano_usd_most: Some(7), tokens_most: 9 };
        store.change_batch_now(id, planned).unwrap();
        assert_eq!(store.on_their_way(keys.clone()).unwrap(), [Some(id); 5]);
        drop(store);
        // A crash later it is all there.
        let store = Store::open(&path).unwrap();
        let open = block(store.batches(true)).unwrap();
        assert_eq!(
            (open[0].state, open[0].items, open[0].cost_nano_usd_most),
            (BatchState::Planned, 5, Some(7))
        );
        let page = block(store.batch_page(id, 0, 3)).unwrap();
        let read: Vec<&Keyed<Question>> = page.iter().map(|(_, question)| question).collect();
        assert_eq!(read, questions.iter().take(3).collect::<Vec<_>>());
        assert_eq!(block(store.batch_page(id, page[2].0, 3)).unwrap().len(), 2);
        block(store.change_batch(id, Change::Submitting(Instant(2_000)))).unwrap();
        block(store.change_batch(id, Change::Submitted { remote: "theirs".to_owned() })).unwrap();
        // What is read twice is kept once.
        for _ in 0..2 {
            let Entry { question, answer, .. } = entry(0, 1, "text");
            let entry = Entry::of_batch(question, answer, b"{}".to_vec(), id);
            block(async { store.put(entry).await?.kept().await }).unwrap();
        }
        block(store.batch_unanswered(id, vec![(keys[1], "expired".to_owned())])).unwrap();
        let found = block(store.batch_questions(id, keys.clone())).unwrap();
        let found: Vec<bool> = found.iter().map(Option::is_some).collect();
        assert_eq!(found, [false, false, true, true, true]);
        block(store.change_batch(id, Change::Collected { at: Instant(3_000), detail: "expired".to_owned() }))
            .unwrap();
        assert_eq!(store.on_their_way(keys).unwrap(), [None; 5]);
        assert!(block(store.batches(true)).unwrap().is_empty());
        let all = block(store.batches(false)).unwrap();
        assert_eq!((all[0].answered, all[0].unanswered, all[0].ended), (1, 4, Instant(3_000)));
        assert_eq!(store.get(vec![question(0).key], Fit::ANY).unwrap().iter().flatten().count(), 1);
        assert_eq!(stats(&path).unwrap().models[0].answers, 1);
    }

    #[test]
    fn what_was_lost_is_noted_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.sqlite");
        let store = Store::open(&path).unwrap();
        let id = store.begin_batch(new("one")).unwrap();
        store.fill_batch(id, vec![question(0)]).unwrap();
        for _ in 0..2 {
            let lost = LostCall {
                at: Instant(1),
                why: "unreadable".to_owned(),
                cost_nano_usd_most: Some(3),
                body: vec![1],
            };
            block(store.batch_lost(id, question(0), lost)).unwrap();
        }
        let stats = stats(&path).unwrap();
        assert_eq!((stats.lost_calls, stats.lost_nano_usd_most), (1, 3));
    }

    #[test]
    fn whoever_only_reads_may_list() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.sqlite");
        Store::open(&path).unwrap().begin_batch(new("one")).unwrap();
        let store = Store::open_to_read(&path).unwrap();
        assert_eq!(block(store.batches(true)).unwrap().len(), 1);
        assert!(store.begin_batch(new("two")).is_err());
    }
}

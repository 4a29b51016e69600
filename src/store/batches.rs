//! Batches on their way: each step is written here before it is taken, so that a crash forgets none.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row, Transaction, TransactionBehavior, params};
use tokio::sync::oneshot;

use super::rows::RowError;
use super::thread::{Keeper, Request};
use super::{Store, StoreError, audit, writing};
use crate::domain::{Batch, BatchState, Context, Hash, Instant, Keyed, LostCall, Question};

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
const READ: TransactionBehavior = TransactionBehavior::Deferred;
const WRITE: TransactionBehavior = TransactionBehavior::Immediate;

/// What became of an item that brought an answer.
const ANSWERED: &str = "answered";
/// An item of which the provider said nothing.
const MISSING: &str = "nothing came back";

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

    fn do_now<T, F>(&self, behavior: TransactionBehavior, act: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Transaction<'_>, &mut Interned<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (request, outcome) = request(act, behavior);
        self.requests.blocking_send(request).map_err(|_| StoreError::Stopped)?;
        outcome.blocking_recv().map_err(|_| StoreError::Stopped)?
    }
}

/// Contexts with their rows: those that are committed, and those of this transaction.
struct Interned<'a> {
    known: &'a HashMap<Hash, i64>,
    fresh: Vec<(Hash, i64)>,
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

fn begin(transaction: &Transaction<'_>, new: &NewBatch) -> rusqlite::Result<i64> {
    let NewBatch { name, model, endpoint, api, made } = new;
    transaction.execute(
        "INSERT INTO batch (name, model, endpoint, api, state, made) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![name, model, endpoint, api, BatchState::Forming.name(), made.0],
    )?;
    Ok(transaction.last_insert_rowid())
}

fn fill(
    transaction: &Transaction<'_>,
    contexts: &mut Interned<'_>,
    id: i64,
    questions: &[Keyed<Question>],
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO batch_item (batch, key, context, sample, attempt, user) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for Keyed { key, it } in questions {
        let context = writing::intern(transaction, contexts.known, &mut contexts.fresh, &it.context)?;
        insert.execute(params![id, key.0, context, it.sample, it.attempt, it.user])?;
    }
    Ok(())
}

fn apply(transaction: &Transaction<'_>, id: i64, change: &Change) -> rusqlite::Result<()> {
    let state = |state: BatchState| state.name();
    match change {
        Change::Planned { cost_nano_usd_most, tokens_most } => transaction.execute(
            "UPDATE batch SET state = ?2, cost_nano_usd_most = ?3, tokens_most = ?4 WHERE id = ?1",
            params![
                id,
                state(BatchState::Planned),
                cost_nano_usd_most.map(u64::cast_signed),
                tokens_most.cast_signed()
            ],
        ),
        Change::Submitting(at) => transaction.execute(
            "UPDATE batch SET state = ?2, submitting = ?3 WHERE id = ?1",
            params![id, state(BatchState::Submitting), at.0],
        ),
        Change::Submitted { remote } => transaction.execute(
            "UPDATE batch SET state = ?2, remote = ?3 WHERE id = ?1",
            params![id, state(BatchState::Submitted), remote],
        ),
        Change::NotSubmitted { detail } => transaction.execute(
            "UPDATE batch SET state = ?2, submitting = NULL, detail = ?3 WHERE id = ?1",
            params![id, state(BatchState::Planned), detail],
        ),
        Change::Collected { at, detail } => end(transaction, id, BatchState::Collected, *at, detail),
        Change::Dropped { at, detail } => end(transaction, id, BatchState::Dropped, *at, detail),
    }?;
    Ok(())
}

/// From now on nothing of it is on its way.
fn end(
    transaction: &Transaction<'_>,
    id: i64,
    state: BatchState,
    at: Instant,
    detail: &str,
) -> rusqlite::Result<usize> {
    let why = if state == BatchState::Dropped { "it was not submitted" } else { MISSING };
    transaction.execute(
        "UPDATE batch_item SET outcome = ?2, user = NULL WHERE batch = ?1 AND outcome IS NULL",
        params![id, why],
    )?;
    transaction.execute(
        "UPDATE batch SET state = ?2, ended = ?3, detail = ?4 WHERE id = ?1",
        params![id, state.name(), at.0, detail],
    )
}

/// Whether an item has just been answered for the first time.
pub(super) fn answered(transaction: &Transaction<'_>, id: i64, key: Hash) -> rusqlite::Result<bool> {
    let changed = transaction
        .prepare_cached(
            "UPDATE batch_item SET outcome = ?3, user = NULL
             WHERE batch = ?1 AND key = ?2 AND outcome IS NULL",
        )?
        .execute(params![id, key.0, ANSWERED])?;
    Ok(changed > 0)
}

fn settle(transaction: &Transaction<'_>, id: i64, key: Hash, why: &str) -> rusqlite::Result<bool> {
    let changed = transaction
        .prepare_cached(
            "UPDATE batch_item SET outcome = ?3, user = NULL
             WHERE batch = ?1 AND key = ?2 AND outcome IS NULL",
        )?
        .execute(params![id, key.0, why])?;
    Ok(changed > 0)
}

fn lose(keeper: &mut Keeper, id: i64, question: &Keyed<Question>, lost: &LostCall) -> Result<(), RowError> {
    let Keeper { connection, codec, contexts, .. } = keeper;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read for the second time, it is not lost twice.
    if settle(&transaction, id, question.key, &lost.why)? {
        let mut fresh = Vec::new();
        let context = writing::intern(&transaction, contexts, &mut fresh, &question.it.context)?;
        writing::insert_lost(&transaction, codec, question.key, context, lost)?;
    }
    Ok(transaction.commit()?)
}

fn forget(transaction: &Transaction<'_>, name: &str, at: Instant) -> rusqlite::Result<(u64, u64)> {
    const WHY: &str = "its batch was given up";
    let found = list(transaction, "WHERE b.ended IS NULL")?.into_iter().find(|batch| batch.name == name);
    let Some(batch) = found else { return Ok((0, 0)) };
    if matches!(batch.state, BatchState::Forming | BatchState::Planned) {
        end(transaction, batch.id, BatchState::Dropped, at, WHY)?;
        return Ok((0, 0));
    }
    // What each of them can cost at the most is not kept; together it is.
    let each = batch.cost_nano_usd_most.map(|most| most.div_ceil(batch.items.max(1)));
    let lost = transaction.execute(
        "INSERT INTO lost_call (key, context, at, why, cost_nano_usd_most)
         SELECT key, context, ?2, ?3, ?4 FROM batch_item WHERE batch = ?1 AND outcome IS NULL",
        params![batch.id, at.0, WHY, each.map(u64::cast_signed)],
    )? as u64;
    end(transaction, batch.id, BatchState::Collected, at, WHY)?;
    Ok((lost, each.unwrap_or(0) * lost))
}

fn list(transaction: &Transaction<'_>, rest: &str) -> rusqlite::Result<Vec<Batch>> {
    let mut statement = transaction.prepare(&format!(
        "SELECT b.id, b.name, b.model, b.endpoint, b.api, b.state, b.made, b.submitting, b.ended, b.remote,
                b.cost_nano_usd_most, b.tokens_most, b.detail, count(i.id), sum(i.outcome = '{ANSWERED}'),
                sum(i.outcome <> '{ANSWERED}')
         FROM batch b LEFT JOIN batch_item i ON i.batch = b.id {rest} GROUP BY b.id ORDER BY b.id"
    ))?;
    statement.query_map([], batch)?.collect()
}

fn batch(row: &Row<'_>) -> rusqlite::Result<Batch> {
    let count = |column| row.get::<_, Option<i64>>(column).map(|count| count.unwrap_or(0).cast_unsigned());
    let time = |column, none| row.get::<_, Option<i64>>(column).map(|at| at.map_or(none, Instant));
    let state: String = row.get(5)?;
    Ok(Batch {
        id: row.get(0)?,
        name: row.get(1)?,
        model: row.get(2)?,
        endpoint: row.get(3)?,
        api: row.get(4)?,
        // Every state that is written has a name; one of a later version is none to act upon.
        state: BatchState::from_name(&state).unwrap_or(BatchState::Collected),
        made: Instant(row.get(6)?),
        submitting: time(7, Instant::BEGINNING)?,
        ended: time(8, Instant::END)?,
        remote: row.get(9)?,
        cost_nano_usd_most: row.get::<_, Option<i64>>(10)?.map(i64::cast_unsigned),
        tokens_most: count(11)?,
        detail: row.get(12)?,
        items: count(13)?,
        answered: count(14)?,
        unanswered: count(15)?,
    })
}

/// The columns of an item with its context behind, for [`item`].
const ITEM: &str = "i.id, i.key, i.sample, i.attempt, i.user";
const ITEM_WIDTH: usize = 5;

/// Contexts of the rows read so far: hardly ever more than one.
#[derive(Default)]
struct Contexts(HashMap<i64, Arc<Keyed<Context>>>);

fn item(row: &Row<'_>, contexts: &mut Contexts) -> rusqlite::Result<(i64, Keyed<Question>)> {
    let id: i64 = row.get(ITEM_WIDTH)?;
    let context = match contexts.0.get(&id) {
        Some(context) => Arc::clone(context),
        None => {
            let (key, it) = audit::read_context(row, ITEM_WIDTH)?;
            let context = Arc::new(Keyed { key, it });
            contexts.0.insert(id, Arc::clone(&context));
            context
        }
    };
    let user: Option<String> = row.get(4)?;
    let it = Question { context, user: user.unwrap_or_default(), sample: row.get(2)?, attempt: row.get(3)? };
    Ok((row.get(0)?, Keyed { key: Hash(row.get(1)?), it }))
}

fn items(rest: &str) -> String {
    let context = audit::CONTEXT;
    format!("SELECT {ITEM}, {context} FROM batch_item i JOIN context c ON c.id = i.context {rest}")
}

fn page(
    transaction: &Transaction<'_>,
    id: i64,
    after: i64,
    most: u32,
) -> rusqlite::Result<Vec<(i64, Keyed<Question>)>> {
    let mut contexts = Contexts::default();
    let mut statement = transaction.prepare_cached(&items(
        "WHERE i.batch = ?1 AND i.id > ?2 AND i.outcome IS NULL ORDER BY i.id LIMIT ?3",
    ))?;
    statement.query_map(params![id, after, most], |row| item(row, &mut contexts))?.collect()
}

fn questions(
    transaction: &Transaction<'_>,
    id: i64,
    keys: &[Hash],
) -> rusqlite::Result<Vec<Option<Keyed<Question>>>> {
    let mut contexts = Contexts::default();
    let mut statement =
        transaction.prepare_cached(&items("WHERE i.batch = ?1 AND i.key = ?2 AND i.outcome IS NULL"))?;
    let mut find =
        |key: &Hash| statement.query_row(params![id, key.0], |row| item(row, &mut contexts)).optional();
    keys.iter().map(|key| Ok(find(key)?.map(|(_, question)| question))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Fit;
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

//! The statements about batches and their items.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use super::batches::{Change, NewBatch};
use super::rows::RowError;
use super::thread::Keeper;
use super::{audit, writing};
use crate::domain::{Batch, BatchState, Context, Hash, Instant, Keyed, LostCall, Question};

/// What became of an item that brought an answer.
const ANSWERED: &str = "answered";
/// An item of which the provider said nothing.
const MISSING: &str = "nothing came back";

/// Contexts with their rows: those that are committed, and those of this transaction.
pub(super) struct Interned<'a> {
    pub known: &'a HashMap<Hash, i64>,
    pub fresh: Vec<(Hash, i64)>,
}

pub(super) fn begin(transaction: &Transaction<'_>, new: &NewBatch) -> rusqlite::Result<i64> {
    let NewBatch { name, model, endpoint, api, made } = new;
    transaction.execute(
        "INSERT INTO batch (name, model, endpoint, api, state, made) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![name, model, endpoint, api, BatchState::Forming.name(), made.0],
    )?;
    Ok(transaction.last_insert_rowid())
}

pub(super) fn fill(
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

pub(super) fn apply(transaction: &Transaction<'_>, id: i64, change: &Change) -> rusqlite::Result<()> {
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
pub(super) fn end(
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
    settle(transaction, id, key, ANSWERED)
}

/// Notes what became of an item that is on its way; false where it is no longer.
pub(super) fn settle(transaction: &Transaction<'_>, id: i64, key: Hash, why: &str) -> rusqlite::Result<bool> {
    let changed = transaction
        .prepare_cached(
            "UPDATE batch_item SET outcome = ?3, user = NULL
             WHERE batch = ?1 AND key = ?2 AND outcome IS NULL",
        )?
        .execute(params![id, key.0, why])?;
    Ok(changed > 0)
}

pub(super) fn lose(
    keeper: &mut Keeper,
    id: i64,
    question: &Keyed<Question>,
    lost: &LostCall,
) -> Result<(), RowError> {
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

pub(super) fn forget(transaction: &Transaction<'_>, name: &str, at: Instant) -> rusqlite::Result<(u64, u64)> {
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

pub(super) fn list(transaction: &Transaction<'_>, rest: &str) -> rusqlite::Result<Vec<Batch>> {
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

pub(super) fn page(
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

pub(super) fn questions(
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

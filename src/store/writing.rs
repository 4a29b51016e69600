//! The statements that write: answers and lost calls into the tables.

#![expect(clippy::disallowed_types, reason = "statements need the connection")]

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Statement, Transaction, params};

use super::batch_rows;
use super::codec::{Body, Codec, Packed, dictionary_of};
use super::rows::{RowError, digest};
use crate::domain::{Answer, Context, Hash, Keyed, LostCall, Question, Usage};

/// How an answer came here, and so when it is written.
#[derive(Clone, Copy)]
pub(super) enum Arrival {
    /// It answers a call: always.
    Call,
    /// Another store had it: where it is not here yet.
    Copy,
    /// This batch brought it: once, and its question is no longer on its way from then on.
    Batch(i64),
}

/// An answer to be written. Without a wire it is a row of the time before there were wires.
#[derive(Clone, Copy)]
pub(super) struct New<'a> {
    pub question: &'a Keyed<Question>,
    pub answer: &'a Answer,
    pub wire: Option<&'a [u8]>,
    pub arrival: Arrival,
}

impl New<'_> {
    pub(super) fn digest(&self) -> Hash {
        digest(self.question.key, self.answer, self.wire)
    }
}

/// Writes a batch in one transaction, and returns how many answers that was. On an error nothing of it is
/// written.
pub(super) fn put(
    connection: &mut Connection,
    codec: &mut Codec,
    contexts: &mut HashMap<Hash, i64>,
    batch: &[New<'_>],
    lost: &[(&Keyed<Question>, &LostCall)],
) -> Result<u64, RowError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let missing = missing(&transaction, batch)?;
    let mut fresh = Vec::new();
    write(&transaction, codec, contexts, &mut fresh, &missing)?;
    for (question, lost) in lost {
        let context = intern(&transaction, contexts, &mut fresh, &question.it.context)?;
        insert_lost(&transaction, codec, question.key, context, lost)?;
    }
    transaction.commit()?;
    // Remembered only now: a transaction rolled back would leave ids that do not exist.
    contexts.extend(fresh);
    Ok(missing.len() as u64)
}

/// Of the batch what is to be written, in the order of the keys: those that are near each
/// other share pages of the index.
fn missing<'a>(transaction: &Transaction<'_>, batch: &[New<'a>]) -> Result<Vec<New<'a>>, RowError> {
    // The digest holds the key, but only the key is indexed.
    let mut statement = transaction.prepare_cached("SELECT 1 FROM answer WHERE key = ?1 AND digest = ?2")?;
    let mut seen = HashSet::new();
    let mut missing = Vec::with_capacity(batch.len());
    for new in batch {
        let is_missing = match new.arrival {
            Arrival::Call => true,
            Arrival::Batch(id) => batch_rows::answered(transaction, id, new.question.key)?,
            Arrival::Copy => {
                let digest = new.digest();
                !statement.exists(params![new.question.key.0, digest.0])? && seen.insert(digest)
            }
        };
        if is_missing {
            missing.push(*new);
        }
    }
    missing.sort_by_key(|new| new.question.key);
    Ok(missing)
}

fn write(
    transaction: &Transaction<'_>,
    codec: &mut Codec,
    contexts: &HashMap<Hash, i64>,
    fresh: &mut Vec<(Hash, i64)>,
    batch: &[New<'_>],
) -> Result<(), RowError> {
    let mut statement = transaction.prepare_cached(INSERT)?;
    for group in by_model(batch) {
        let model = group.first().map_or("", |new| new.question.it.context.it.model.as_str());
        let bodies: Vec<Body<'_>> = group
            .iter()
            .map(|new| Body {
                user: &new.question.it.user,
                text: &new.answer.text,
                wire: new.wire.unwrap_or_default(),
            })
            .collect();
        make_dictionary(transaction, codec, model, &bodies)?;
        for (new, body) in group.iter().zip(&bodies) {
            let packed = codec.pack(model, body).map_err(|e| RowError::Damaged(e.to_string()))?;
            let context = intern(transaction, contexts, fresh, &new.question.it.context)?;
            insert(&mut statement, new, context, &packed)?;
        }
    }
    Ok(())
}

/// The batch, split by model with the order kept inside each.
fn by_model<'a>(batch: &[New<'a>]) -> Vec<Vec<New<'a>>> {
    let mut groups: Vec<(&str, Vec<New<'_>>)> = Vec::new();
    for new in batch {
        let model = new.question.it.context.it.model.as_str();
        match groups.iter_mut().find(|(known, _)| *known == model) {
            Some((_, group)) => group.push(*new),
            None => groups.push((model, vec![*new])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn make_dictionary(
    transaction: &Transaction<'_>,
    codec: &mut Codec,
    model: &str,
    bodies: &[Body<'_>],
) -> rusqlite::Result<()> {
    if codec.knows_model(model) {
        return Ok(());
    }
    let Some(bytes) = dictionary_of(bodies) else { return Ok(()) };
    // If the transaction is rolled back, the thread drops the codec and learns it anew.
    transaction
        .prepare_cached("INSERT INTO dictionary (model, bytes) VALUES (?1, ?2)")?
        .execute(params![model, bytes])?;
    codec.learn(transaction.last_insert_rowid(), model, &bytes);
    Ok(())
}

pub(super) fn intern(
    transaction: &Transaction<'_>,
    known: &HashMap<Hash, i64>,
    fresh: &mut Vec<(Hash, i64)>,
    context: &Keyed<Context>,
) -> rusqlite::Result<i64> {
    let seen = known.get(&context.key).copied();
    let new = || fresh.iter().find(|(key, _)| *key == context.key).map(|(_, id)| *id);
    if let Some(id) = seen.or_else(new) {
        return Ok(id);
    }
    let stored: Option<i64> = transaction
        .prepare_cached("SELECT id FROM context WHERE key = ?1")?
        .query_row([context.key.0], |row| row.get(0))
        .optional()?;
    let id = match stored {
        Some(id) => id,
        None => insert_context(transaction, context)?,
    };
    fresh.push((context.key, id));
    Ok(id)
}

fn insert_context(transaction: &Transaction<'_>, context: &Keyed<Context>) -> rusqlite::Result<i64> {
    let Context { provider, endpoint, model, dialect, system, settings, schema } = &context.it;
    transaction
        .prepare_cached(
            "INSERT INTO context (key, provider, endpoint, model, dialect, system,
                temperature_hundredths, max_output_tokens, effort, schema, extra)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            context.key.0,
            provider,
            endpoint,
            model,
            dialect,
            system,
            settings.temperature_hundredths,
            settings.max_output_tokens,
            settings.effort,
            schema,
            settings.extra
        ])?;
    Ok(transaction.last_insert_rowid())
}

const INSERT: &str = "INSERT INTO answer (key, context, sample, attempt, at, finish, served, tokens_in,
                tokens_out, cost_nano_usd, latency_ms, digest, dictionary, body, wire_bytes,
                tokens_cache_read, tokens_cache_write, tokens_reasoning, priced, request_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,
                ?18, ?19, ?20)";

fn insert(
    statement: &mut Statement<'_>,
    new: &New<'_>,
    context: i64,
    packed: &Packed<'_>,
) -> rusqlite::Result<()> {
    let New { question, answer, wire, arrival: _ } = *new;
    let Usage { input, cache_read, cache_write, output, reasoning } = answer.usage;
    statement.execute(params![
        question.key.0,
        context,
        question.it.sample,
        question.it.attempt,
        answer.at.0,
        answer.finish.name(),
        answer.served,
        input,
        output,
        answer.cost_nano_usd.unwrap_or(0).cast_signed(),
        answer.latency_ms,
        new.digest().0,
        packed.dictionary,
        packed.bytes,
        wire.map(|wire| i64::try_from(wire.len()).unwrap_or(i64::MAX)),
        cache_read,
        cache_write,
        reasoning,
        if answer.cost_nano_usd.is_some() { &*answer.priced } else { "" },
        answer.request_id
    ])?;
    Ok(())
}

pub(super) fn insert_lost(
    transaction: &Transaction<'_>,
    codec: &mut Codec,
    key: Hash,
    context: i64,
    lost: &LostCall,
) -> Result<(), RowError> {
    let body = match lost.body.as_slice() {
        [] => None,
        body => Some(codec.pack_alone(body).map_err(|e| RowError::Damaged(e.to_string()))?),
    };
    transaction
        .prepare_cached(
            "INSERT INTO lost_call (key, context, at, why, cost_nano_usd_most, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            key.0,
            context,
            lost.at.0,
            lost.why,
            lost.cost_nano_usd_most.map(u64::cast_signed),
            body
        ])?;
    Ok(())
}

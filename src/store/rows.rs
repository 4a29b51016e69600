//! The statements: answers in and out of the tables.

#![expect(clippy::disallowed_types, reason = "statements need the connection")]

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::Entry;
use super::codec::{Body, Codec, Packed, dictionary_of};
use crate::domain::hash::Fields;
use crate::domain::{Answer, Context, Finish, Fit, Hash, Instant, Keyed};

/// What can go wrong while rows are read.
pub(super) enum RowError {
    Sql(rusqlite::Error),
    /// Stored bytes that cannot be what was written.
    Damaged(String),
}

impl From<rusqlite::Error> for RowError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Ties an answer to its question, so that swapped or changed rows are found.
pub(super) fn digest(key: Hash, answer: &Answer) -> Hash {
    let Answer { at, served, finish, text, tokens_in, tokens_out, cost_nano_usd, latency_ms } = answer;
    Fields::new("score-tasks/answer/1")
        .bytes("key", &key.0)
        .number("at", at.0.cast_unsigned())
        .text("served", served)
        .text("finish", finish.name())
        .text("text", text)
        .number("tokens_in", u64::from(*tokens_in))
        .number("tokens_out", u64::from(*tokens_out))
        .number("cost_nano_usd", *cost_nano_usd)
        .number("latency_ms", u64::from(*latency_ms))
        .finish()
}

pub(super) fn learn_dictionaries(connection: &Connection, codec: &mut Codec) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("SELECT id, model, bytes FROM dictionary ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        if !codec.knows(id) {
            codec.learn(id, &row.get::<_, String>(1)?, row.get_ref(2)?.as_blob()?);
        }
    }
    Ok(())
}

/// Of each key the newest fitting answer; one that failed only where there is no other.
pub(super) fn get(
    connection: &Connection,
    codec: &mut Codec,
    keys: &[Hash],
    fit: Fit,
) -> Result<Vec<Option<Answer>>, RowError> {
    // One transaction, so that all keys are seen at one moment and locks are taken once.
    let transaction = connection.unchecked_transaction()?;
    let mut statement = transaction.prepare_cached(
        "SELECT at, finish, served, tokens_in, tokens_out, cost_nano_usd, latency_ms,
                dictionary, body, digest, id
         FROM answer WHERE key = ?1 AND at BETWEEN ?2 AND ?3
         ORDER BY finish = 'failed', at DESC, id DESC LIMIT 1",
    )?;
    let mut answers = Vec::with_capacity(keys.len());
    for key in keys {
        let mut rows = statement.query(params![key.0, fit.from.0, fit.to.0])?;
        answers.push(match rows.next()? {
            Some(row) => Some(answer(&transaction, codec, *key, row)?),
            None => None,
        });
    }
    Ok(answers)
}

/// Reads a row, and serves it only if it is what was written for this key.
fn answer(
    transaction: &Transaction<'_>,
    codec: &mut Codec,
    key: Hash,
    row: &Row<'_>,
) -> Result<Answer, RowError> {
    let dictionary: Option<i64> = row.get(7)?;
    if dictionary.is_some_and(|id| !codec.knows(id)) {
        // Another process has made it since.
        learn_dictionaries(transaction, codec)?;
    }
    let packed = row.get_ref(8)?.as_blob().map_err(rusqlite::Error::from)?;
    let finish = row.get_ref(1)?.as_str().ok().and_then(Finish::from_name);
    let damaged = |what: &str| match row.get::<_, i64>(10) {
        Ok(id) => RowError::Damaged(format!("answer {id} {what}")),
        Err(error) => RowError::Sql(error),
    };
    let (Some(body), Some(finish)) = (codec.unpack(dictionary, packed), finish) else {
        return Err(damaged("cannot be read"));
    };
    let answer = Answer {
        at: Instant(row.get(0)?),
        finish,
        served: row.get(2)?,
        text: body.text,
        tokens_in: row.get(3)?,
        tokens_out: row.get(4)?,
        cost_nano_usd: row.get::<_, i64>(5)?.cast_unsigned(),
        latency_ms: row.get(6)?,
    };
    if digest(key, &answer).0 != row.get::<_, [u8; 32]>(9)? {
        return Err(damaged("is not what was written"));
    }
    Ok(answer)
}

/// Writes a batch in one transaction. On an error nothing of it is written.
pub(super) fn put(
    connection: &mut Connection,
    codec: &mut Codec,
    contexts: &mut HashMap<Hash, i64>,
    batch: &[&Entry],
) -> Result<(), RowError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut fresh = Vec::new();
    for group in by_model(batch) {
        let model = group.first().map_or("", |entry| entry.question.it.context.it.model.as_str());
        let bodies: Vec<Body<'_>> = group
            .iter()
            .map(|entry| Body { user: &entry.question.it.user, text: &entry.answer.text })
            .collect();
        make_dictionary(&transaction, codec, model, &bodies)?;
        for (entry, body) in group.iter().zip(&bodies) {
            let packed = codec.pack(model, body).map_err(|e| RowError::Damaged(e.to_string()))?;
            let context = intern(&transaction, contexts, &mut fresh, &entry.question.it.context)?;
            insert(&transaction, entry, context, &packed)?;
        }
    }
    transaction.commit()?;
    // Remembered only now: a transaction rolled back would leave ids that do not exist.
    contexts.extend(fresh);
    Ok(())
}

/// The batch, split by model with the order kept inside each.
fn by_model<'a>(batch: &[&'a Entry]) -> Vec<Vec<&'a Entry>> {
    let mut groups: Vec<(&str, Vec<&Entry>)> = Vec::new();
    for entry in batch {
        let model = entry.question.it.context.it.model.as_str();
        match groups.iter_mut().find(|(known, _)| *known == model) {
            Some((_, group)) => group.push(entry),
            None => groups.push((model, vec![entry])),
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

fn intern(
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
                temperature_hundredths, max_output_tokens, effort, schema)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
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
            schema
        ])?;
    Ok(transaction.last_insert_rowid())
}

fn insert(
    transaction: &Transaction<'_>,
    entry: &Entry,
    context: i64,
    packed: &Packed,
) -> rusqlite::Result<()> {
    let Entry { question, answer } = entry;
    transaction
        .prepare_cached(
            "INSERT INTO answer (key, context, sample, attempt, at, finish, served, tokens_in,
                tokens_out, cost_nano_usd, latency_ms, digest, dictionary, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            question.key.0,
            context,
            question.it.sample,
            question.it.attempt,
            answer.at.0,
            answer.finish.name(),
            answer.served,
            answer.tokens_in,
            answer.tokens_out,
            answer.cost_nano_usd.cast_signed(),
            answer.latency_ms,
            digest(question.key, answer).0,
            packed.dictionary,
            packed.bytes
        ])?;
    Ok(())
}

//! The statements: answers in and out of the tables.

#![expect(clippy::disallowed_types, reason = "statements need the connection")]

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row, Statement, Transaction, params};

use super::codec::{Body, Codec, Packed, dictionary_of};
use crate::domain::hash::Fields;
use crate::domain::{Answer, Context, Finish, Fit, Hash, Instant, Keyed, LostCall, Question, Record, Usage};

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

/// Ties an answer to its question, so that swapped or changed rows are found. `wire` is the reply it was
/// taken from; rows from before there was one are as they were then.
pub(super) fn digest(key: Hash, answer: &Answer, wire: Option<&[u8]>) -> Hash {
    let Answer { at, served, finish, text, usage, cost_nano_usd, priced, latency_ms, request_id } = answer;
    let Usage { input, cache_read, cache_write, output, reasoning } = *usage;
    let kind = if wire.is_some() { "score-tasks/answer/2" } else { "score-tasks/answer/1" };
    let fields = Fields::new(kind)
        .bytes("key", &key.0)
        .number("at", at.0.cast_unsigned())
        .text("served", served)
        .text("finish", finish.name())
        .text("text", text)
        .number("tokens_in", u64::from(input))
        .number("tokens_out", u64::from(output))
        .number("cost_nano_usd", cost_nano_usd.unwrap_or(0))
        .number("latency_ms", u64::from(*latency_ms));
    let Some(wire) = wire else { return fields.finish() };
    fields
        .number("tokens_cache_read", u64::from(cache_read))
        .number("tokens_cache_write", u64::from(cache_write))
        .number("tokens_reasoning", u64::from(reasoning))
        .text("priced", priced)
        .text("request_id", request_id)
        .bytes("wire", wire)
        .finish()
}

/// The columns of an answer, in the order in which [`Stored::read`] takes them.
pub(super) const COLUMNS: &str = "a.id, a.key, a.at, a.finish, a.served, a.tokens_in, a.tokens_out,
    a.tokens_cache_read, a.tokens_cache_write, a.tokens_reasoning, a.cost_nano_usd, a.priced,
    a.latency_ms, a.request_id, a.digest, a.dictionary, a.wire_bytes, a.body, a.sample, a.attempt";

/// Which of them names the dictionary.
pub(super) const DICTIONARY: usize = 15;
/// How many columns that are.
pub(super) const WIDTH: usize = 20;

/// A row of the table of answers, taken apart and checked against its digest.
pub(super) struct Stored<'c> {
    pub key: Hash,
    pub sample: u32,
    pub attempt: u32,
    pub user: &'c str,
    pub wire: Option<&'c [u8]>,
    pub answer: Answer,
}

impl<'c> Stored<'c> {
    /// `Damaged` names what is not as it was written.
    pub(super) fn read(row: &Row<'_>, codec: &'c mut Codec) -> Result<Self, RowError> {
        let damaged = |what: &str| match row.get::<_, i64>(0) {
            Ok(id) => RowError::Damaged(format!("answer {id}: {what}")),
            Err(error) => RowError::Sql(error),
        };
        let finish = row.get_ref(3)?.as_str().ok().and_then(Finish::from_name);
        let finish = finish.ok_or_else(|| damaged("its `finish` is not a known word"))?;
        let packed = row.get_ref(17)?.as_blob().map_err(rusqlite::Error::from)?;
        let wire_bytes: Option<u32> = row.get(16)?;
        let body = codec
            .unpack(row.get(DICTIONARY)?, packed, wire_bytes.unwrap_or(0) as usize)
            .ok_or_else(|| damaged("its body cannot be decompressed"))?;
        let priced: String = row.get(11)?;
        let cost = row.get::<_, i64>(10)?.cast_unsigned();
        let answer = Answer {
            at: Instant(row.get(2)?),
            finish,
            served: row.get(4)?,
            text: body.text.to_owned(),
            usage: Usage {
                input: row.get(5)?,
                output: row.get(6)?,
                cache_read: row.get(7)?,
                cache_write: row.get(8)?,
                reasoning: row.get(9)?,
            },
            cost_nano_usd: (!priced.is_empty()).then_some(cost),
            priced: priced.into(),
            latency_ms: row.get(12)?,
            request_id: row.get(13)?,
        };
        let key = Hash(row.get(1)?);
        let wire = wire_bytes.map(|_| body.wire);
        if digest(key, &answer, wire).0 != row.get::<_, [u8; 32]>(14)? {
            return Err(damaged("its digest does not fit its content and key"));
        }
        Ok(Self { key, sample: row.get(18)?, attempt: row.get(19)?, user: body.user, wire, answer })
    }
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
    let mut statement = transaction.prepare_cached(&whole())?;
    let one = |key: &Hash| one(&transaction, &mut statement, codec, *key, fit, |stored| stored.answer);
    keys.iter().map(one).collect()
}

/// The same of one key, with the reply that the answer was taken from.
pub(super) fn find(
    connection: &Connection,
    codec: &mut Codec,
    key: Hash,
    fit: Fit,
) -> Result<Option<Record>, RowError> {
    let mut statement = connection.prepare_cached(&whole())?;
    one(connection, &mut statement, codec, key, fit, |stored| Record {
        wire: stored.wire.map(<[u8]>::to_vec),
        answer: stored.answer,
    })
}

/// Compared here and not by SQLite, which would set up a table for the sorting of hardly ever more than
/// one row.
fn newest(connection: &Connection, key: Hash, fit: Fit) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT finish NOT IN ('failed', 'retired'), at, id FROM answer
         WHERE key = ?1 AND at BETWEEN ?2 AND ?3",
    )?;
    let mut rows = statement.query(params![key.0, fit.from.0, fit.to.0])?;
    let mut best: Option<(bool, i64, i64)> = None;
    while let Some(row) = rows.next()? {
        best = best.max(Some((row.get(0)?, row.get(1)?, row.get(2)?)));
    }
    Ok(best.map(|(_, _, id)| id))
}

fn whole() -> String {
    format!("SELECT {COLUMNS} FROM answer a WHERE a.id = ?1")
}

fn one<T>(
    connection: &Connection,
    statement: &mut Statement<'_>,
    codec: &mut Codec,
    key: Hash,
    fit: Fit,
    take: impl FnOnce(Stored<'_>) -> T,
) -> Result<Option<T>, RowError> {
    let Some(id) = newest(connection, key, fit)? else { return Ok(None) };
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    learn_if_new(connection, codec, row.get(DICTIONARY)?)?;
    let stored = Stored::read(row, codec)?;
    // A damaged index may lead to a sound row of another question.
    if stored.key != key {
        return Err(RowError::Damaged(format!("the index leads from {key} to {}", stored.key)));
    }
    Ok(Some(take(stored)))
}

/// A dictionary that another process has made since.
pub(super) fn learn_if_new(
    connection: &Connection,
    codec: &mut Codec,
    dictionary: Option<i64>,
) -> rusqlite::Result<()> {
    match dictionary {
        Some(id) if !codec.knows(id) => learn_dictionaries(connection, codec),
        _ => Ok(()),
    }
}

/// An answer to be written. Without a wire it is a row of the time before there were wires.
#[derive(Clone, Copy)]
pub(super) struct New<'a> {
    pub question: &'a Keyed<Question>,
    pub answer: &'a Answer,
    pub wire: Option<&'a [u8]>,
    /// Not written again where it is already.
    pub is_copy: bool,
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

/// The batch without the copies of what is there already.
fn missing<'a>(transaction: &Transaction<'_>, batch: &[New<'a>]) -> Result<Vec<New<'a>>, RowError> {
    // The digest holds the key, but only the key is indexed.
    let mut statement = transaction.prepare_cached("SELECT 1 FROM answer WHERE key = ?1 AND digest = ?2")?;
    let mut seen = HashSet::new();
    let mut missing = Vec::with_capacity(batch.len());
    for new in batch {
        if new.is_copy {
            let digest = new.digest();
            if statement.exists(params![new.question.key.0, digest.0])? || !seen.insert(digest) {
                continue;
            }
        }
        missing.push(*new);
    }
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
    let New { question, answer, wire, is_copy: _ } = *new;
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

fn insert_lost(
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

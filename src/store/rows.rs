//! The statements that read: answers out of the tables.

#![expect(clippy::disallowed_types, reason = "statements need the connection")]

use rusqlite::{Connection, Row, Statement, params};

use super::codec::Codec;
use crate::domain::hash::Fields;
use crate::domain::{Answer, Finish, Fit, Hash, Instant, Record, Usage};

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
    let mut found = Vec::with_capacity(keys.len());
    let mut sorted: Vec<(usize, Hash)> = keys.iter().copied().enumerate().collect();
    // Neighbours in the index are looked up one after the other.
    sorted.sort_unstable_by_key(|(_, key)| *key);
    for (place, key) in sorted {
        found.push((place, one(&transaction, &mut statement, codec, key, fit, |stored| stored.answer)?));
    }
    found.sort_unstable_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, answer)| answer).collect())
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

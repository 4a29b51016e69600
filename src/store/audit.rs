//! Statistics and checks over the whole store; changes nothing.

#![expect(clippy::disallowed_types, reason = "checks need the connection")]

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, Row};

use super::codec::Codec;
use super::rows::{RowError, Stored};
use super::{StoreError, rows, runs, schema};
use crate::domain::{Context, Hash, Instant, Keyed, Question, Settings};

/// What one model has in the store.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelStats {
    pub provider: String,
    pub model: String,
    pub answers: u64,
    /// Answers that ended in another way than `complete`.
    pub incomplete: u64,
    pub tokens_in: u64,
    pub tokens_out: u64,
    /// Of those whose price was known.
    pub cost_nano_usd: u64,
    pub unpriced: u64,
    pub first: Instant,
    pub last: Instant,
}

/// The store as a whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub schema: i64,
    pub bytes: u64,
    pub questions: u64,
    pub models: Vec<ModelStats>,
    /// Calls that may have been billed and brought nothing, and the most that they may have cost.
    pub lost_calls: u64,
    pub lost_nano_usd_most: u64,
    /// Of those the ones whose price is not known.
    pub lost_unpriced: u64,
}

/// Counts what is in the store.
pub fn stats(path: &Path) -> Result<Stats, StoreError> {
    let connection = schema::open_to_read(path)?;
    let fail = |error: rusqlite::Error| schema::sql(path, &error);
    let number = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0)).map_err(fail);
    let bytes = number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")?;
    let mut statement = connection
        .prepare(
            "SELECT c.provider, c.model, count(*), sum(a.finish <> 'complete'), sum(a.tokens_in),
                    sum(a.tokens_out), sum(a.cost_nano_usd), sum(a.priced = ''), min(a.at), max(a.at)
             FROM answer a JOIN context c ON c.id = a.context
             GROUP BY c.provider, c.model ORDER BY c.provider, c.model",
        )
        .map_err(fail)?;
    let models = statement
        .query_map([], model_stats)
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(fail)?;
    Ok(Stats {
        schema: number("PRAGMA user_version")?,
        bytes: bytes.cast_unsigned(),
        questions: number("SELECT count(DISTINCT key) FROM answer")?.cast_unsigned(),
        models,
        lost_calls: number("SELECT count(*) FROM lost_call")?.cast_unsigned(),
        lost_nano_usd_most: number("SELECT coalesce(sum(cost_nano_usd_most), 0) FROM lost_call")?
            .cast_unsigned(),
        lost_unpriced: number("SELECT count(*) FROM lost_call WHERE cost_nano_usd_most IS NULL")?
            .cast_unsigned(),
    })
}

fn model_stats(row: &Row<'_>) -> rusqlite::Result<ModelStats> {
    let count = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(ModelStats {
        provider: row.get(0)?,
        model: row.get(1)?,
        answers: count(2)?,
        incomplete: count(3)?,
        tokens_in: count(4)?,
        tokens_out: count(5)?,
        cost_nano_usd: count(6)?,
        unpriced: count(7)?,
        first: Instant(row.get(8)?),
        last: Instant(row.get(9)?),
    })
}

/// Something that is not as it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    pub place: String,
    pub what: String,
}

/// The outcome of a check.
#[derive(Debug, Default)]
pub struct Verified {
    pub answers: u64,
    pub contexts: u64,
    pub damage: Vec<Damage>,
}

/// The keys as the asking room computes them; this room may not know how.
pub struct Keys {
    pub context: fn(&Context) -> Hash,
    pub question: fn(&Question) -> Hash,
}

/// Runs SQLite's own integrity check, then reads every row and recomputes every hash: of each
/// context, of each question from its stored parts, and of each answer.
pub fn verify(path: &Path, keys: &Keys) -> Result<Verified, StoreError> {
    let connection = schema::open_to_read(path)?;
    let fail = |error: rusqlite::Error| schema::sql(path, &error);
    let mut found = Verified::default();
    let mut statement = connection.prepare("PRAGMA integrity_check").map_err(fail)?;
    let mut lines = statement.query([]).map_err(fail)?;
    while let Some(row) = lines.next().map_err(fail)? {
        let line: String = row.get(0).map_err(fail)?;
        if line != "ok" {
            found.damage.push(Damage { place: "SQLite".to_owned(), what: line });
        }
    }
    let mut checker = Checker::new(&connection, keys).map_err(fail)?;
    let mut statement = connection.prepare(&with_context("ORDER BY a.context, a.id")).map_err(fail)?;
    let mut rows = statement.query([]).map_err(fail)?;
    while let Some(row) = rows.next().map_err(fail)? {
        found.answers += 1;
        if let Err(what) = checker.check(row, &mut found.damage) {
            let place = format!("answer {}", row.get::<_, i64>(0).unwrap_or_default());
            found.damage.push(Damage { place, what });
        }
    }
    found.contexts = checker.contexts;
    found.damage.extend(runs::damaged(path, &connection)?);
    Ok(found)
}

/// Recomputes every hash of rows that come context by context, so that each context is checked once.
pub(super) struct Checker<'c> {
    connection: &'c Connection,
    keys: &'c Keys,
    codec: Codec,
    last: Option<(i64, Arc<Keyed<Context>>)>,
    /// How many there were.
    contexts: u64,
}

impl<'c> Checker<'c> {
    pub(super) fn new(connection: &'c Connection, keys: &'c Keys) -> rusqlite::Result<Self> {
        let mut codec = Codec::new();
        rows::learn_dictionaries(connection, &mut codec)?;
        Ok(Self { connection, keys, codec, last: None, contexts: 0 })
    }

    /// The question and the answer of a row made by [`with_context`], or what is wrong with them.
    /// What is wrong with a context is told besides, and fails all its answers.
    pub(super) fn check(
        &mut self,
        row: &Row<'_>,
        damage: &mut Vec<Damage>,
    ) -> Result<(Keyed<Question>, Stored<'_>), String> {
        let context = self.context(row, damage)?;
        let connection = self.connection;
        let read = row
            .get(rows::DICTIONARY)
            .and_then(|dictionary| rows::learn_if_new(connection, &mut self.codec, dictionary))
            .map_err(RowError::Sql)
            .and_then(|()| Stored::read(row, &mut self.codec));
        let stored = match read {
            Ok(stored) => stored,
            Err(RowError::Damaged(what)) => return Err(what),
            Err(RowError::Sql(error)) => return Err(error.to_string()),
        };
        let it = Question {
            context,
            user: stored.user.to_owned(),
            sample: stored.sample,
            attempt: stored.attempt,
        };
        if (self.keys.question)(&it) != stored.key {
            return Err("its key does not follow from its question".to_owned());
        }
        Ok((Keyed { key: stored.key, it }, stored))
    }

    fn context(&mut self, row: &Row<'_>, damage: &mut Vec<Damage>) -> Result<Arc<Keyed<Context>>, String> {
        let id: i64 = row.get(rows::WIDTH).map_err(|_| "its context is missing".to_owned())?;
        if let Some((_, context)) = self.last.as_ref().filter(|(known, _)| *known == id) {
            return Ok(Arc::clone(context));
        }
        let (stored, context) = read_context(row, rows::WIDTH).map_err(|error| error.to_string())?;
        self.contexts += 1;
        let key = (self.keys.context)(&context);
        if stored != key {
            let what = format!("its key is {stored}, its content gives {key}");
            damage.push(Damage { place: format!("context {id}"), what });
        }
        let context = Arc::new(Keyed { key, it: context });
        self.last = Some((id, Arc::clone(&context)));
        Ok(context)
    }
}

/// Selects answers with their contexts, for [`Checker::check`].
pub(super) fn with_context(rest: &str) -> String {
    format!(
        "SELECT {}, {CONTEXT} FROM answer a LEFT JOIN context c ON c.id = a.context {rest}",
        rows::COLUMNS
    )
}

/// The columns of a context, in the order in which [`read_context`] takes them.
pub(super) const CONTEXT: &str = "c.id, c.key, c.provider, c.endpoint, c.model, c.dialect, c.system,
    c.temperature_hundredths, c.max_output_tokens, c.effort, c.schema, c.extra";

/// A context and the key that is stored with it, from these columns of a row that has others in front.
pub(super) fn read_context(row: &Row<'_>, in_front: usize) -> rusqlite::Result<(Hash, Context)> {
    let at = |column: usize| in_front + column;
    let context = Context {
        provider: row.get(at(2))?,
        endpoint: row.get(at(3))?,
        model: row.get(at(4))?,
        dialect: row.get(at(5))?,
        system: row.get(at(6))?,
        settings: Settings {
            temperature_hundredths: row.get(at(7))?,
            max_output_tokens: row.get(at(8))?,
            effort: row.get(at(9))?,
            extra: row.get(at(11))?,
        },
        schema: row.get(at(10))?,
    };
    Ok((Hash(row.get(at(1))?), context))
}

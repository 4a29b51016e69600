//! What was paid: sums over the answers and the lost calls of a span of time.

#![expect(clippy::disallowed_types, reason = "statements need the connection")]

use std::path::Path;

use rusqlite::{Connection, Row, ToSql, params};

use super::{StoreError, schema};
use crate::domain::Instant;

/// What a span of time has cost, in billionths of a US dollar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spent {
    /// The answers whose price was known.
    pub nano_usd: u64,
    /// The most that calls may have cost that brought nothing.
    pub lost_nano_usd_most: u64,
    /// The most that batches may cost that are not in yet, whenever they were made.
    pub open_nano_usd_most: u64,
}

impl Spent {
    pub fn at_most(self) -> u64 {
        self.nano_usd.saturating_add(self.lost_nano_usd_most).saturating_add(self.open_nano_usd_most)
    }
}

/// What one model has cost in one month.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Costs {
    /// `2027-03`, in UTC.
    pub month: String,
    pub provider: String,
    pub model: String,
    pub answers: u64,
    /// Of those, through a batch.
    pub by_batch: u64,
    /// Of those, at a price that is not known: they are in no sum.
    pub unpriced: u64,
    pub tokens_in: u64,
    pub tokens_out: u64,
    pub nano_usd: u64,
    pub lost_calls: u64,
    pub lost_unpriced: u64,
    pub lost_nano_usd_most: u64,
}

impl Costs {
    /// Takes in the figures of another month or model.
    pub fn add(&mut self, other: &Self) {
        self.answers += other.answers;
        self.by_batch += other.by_batch;
        self.unpriced += other.unpriced;
        self.tokens_in += other.tokens_in;
        self.tokens_out += other.tokens_out;
        self.nano_usd += other.nano_usd;
        self.lost_calls += other.lost_calls;
        self.lost_unpriced += other.lost_unpriced;
        self.lost_nano_usd_most += other.lost_nano_usd_most;
    }
}

/// Sums up what was received from one time on until before another.
pub fn spent(path: &Path, from: Instant, to: Instant) -> Result<Spent, StoreError> {
    let connection = schema::open_to_read(path)?;
    let sum = |query: &str, params: &[&dyn ToSql]| {
        let sum = connection.query_row(query, params, |row| row.get::<_, i64>(0));
        sum.map(i64::cast_unsigned).map_err(|error| schema::sql(path, &error))
    };
    Ok(Spent {
        nano_usd: sum(
            "SELECT coalesce(sum(cost_nano_usd), 0) FROM answer WHERE at >= ?1 AND at < ?2 AND priced <> ''",
            params![from.0, to.0],
        )?,
        lost_nano_usd_most: sum(
            "SELECT coalesce(sum(cost_nano_usd_most), 0) FROM lost_call WHERE at >= ?1 AND at < ?2",
            params![from.0, to.0],
        )?,
        open_nano_usd_most: sum(
            "SELECT coalesce(sum(cost_nano_usd_most), 0) FROM batch WHERE ended IS NULL",
            params![],
        )?,
    })
}

/// The account of that time by month and model, in their order.
pub fn costs(path: &Path, from: Instant, to: Instant) -> Result<Vec<Costs>, StoreError> {
    let connection = schema::open_to_read(path)?;
    grouped(&connection, from, to).map_err(|error| schema::sql(path, &error))
}

/// Contexts are joined to the few groups, not to every answer.
const ACCOUNT: &str = "
    WITH received AS (
        SELECT strftime('%Y-%m', at / 1000, 'unixepoch') AS month, context, count(*) AS answers,
            sum(substr(priced, -7) = ', batch') AS by_batch, sum(priced = '') AS unpriced,
            sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out,
            sum(iif(priced = '', 0, cost_nano_usd)) AS nano_usd,
            0 AS lost, 0 AS lost_unpriced, 0 AS lost_nano_usd
        FROM answer WHERE at >= ?1 AND at < ?2 GROUP BY 1, 2
        UNION ALL
        SELECT strftime('%Y-%m', at / 1000, 'unixepoch'), context, 0, 0, 0, 0, 0, 0,
            count(*), sum(cost_nano_usd_most IS NULL), coalesce(sum(cost_nano_usd_most), 0)
        FROM lost_call WHERE at >= ?1 AND at < ?2 GROUP BY 1, 2
    )
    SELECT r.month, c.provider, c.model, sum(r.answers), sum(r.by_batch), sum(r.unpriced), sum(r.tokens_in),
        sum(r.tokens_out), sum(r.nano_usd), sum(r.lost), sum(r.lost_unpriced), sum(r.lost_nano_usd)
    FROM received r JOIN context c ON c.id = r.context
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";

fn grouped(connection: &Connection, from: Instant, to: Instant) -> rusqlite::Result<Vec<Costs>> {
    connection.prepare(ACCOUNT)?.query_map(params![from.0, to.0], row)?.collect()
}

fn row(row: &Row<'_>) -> rusqlite::Result<Costs> {
    let sum = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    Ok(Costs {
        month: row.get(0)?,
        provider: row.get(1)?,
        model: row.get(2)?,
        answers: sum(3)?,
        by_batch: sum(4)?,
        unpriced: sum(5)?,
        tokens_in: sum(6)?,
        tokens_out: sum(7)?,
        nano_usd: sum(8)?,
        lost_calls: sum(9)?,
        lost_unpriced: sum(10)?,
        lost_nano_usd_most: sum(11)?,
    })
}

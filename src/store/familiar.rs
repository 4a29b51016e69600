//! What the store has seen before, whatever came of it: questions, contexts, models.

#![expect(clippy::disallowed_types, reason = "statements need the connection")]

use rusqlite::{Connection, params};

use crate::domain::Hash;

/// Who is asked, as contexts have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub provider: String,
    pub endpoint: String,
    pub model: String,
}

/// A context is written down with an answer, or with what may yet bring one: a lost call, a batch. Only where it
/// may have been the latter are the answers gone through, of which no index tells the context.
const ANSWERED: &str = "(NOT EXISTS (SELECT 1 FROM lost_call l WHERE l.context = c.id)
      AND NOT EXISTS (SELECT 1 FROM batch_item b WHERE b.context = c.id)
     OR EXISTS (SELECT 1 FROM answer a WHERE a.context = c.id))";

pub(super) fn keys(connection: &Connection, keys: &[Hash]) -> rusqlite::Result<Vec<bool>> {
    each(connection, "SELECT 1 FROM answer WHERE key = ?1", keys)
}

pub(super) fn contexts(connection: &Connection, contexts: &[Hash]) -> rusqlite::Result<Vec<bool>> {
    each(connection, &format!("SELECT 1 FROM context c WHERE c.key = ?1 AND {ANSWERED}"), contexts)
}

fn each(connection: &Connection, query: &str, keys: &[Hash]) -> rusqlite::Result<Vec<bool>> {
    // One transaction, so that locks are taken once.
    let transaction = connection.unchecked_transaction()?;
    let mut statement = transaction.prepare_cached(query)?;
    keys.iter().map(|key| statement.exists([key.0])).collect()
}

pub(super) fn model(connection: &Connection, asked: &Asked) -> rusqlite::Result<bool> {
    let Asked { provider, endpoint, model } = asked;
    connection
        .prepare_cached(&format!(
            "SELECT 1 FROM context c
             WHERE c.provider = ?1 AND c.endpoint = ?2 AND c.model = ?3 AND {ANSWERED}"
        ))?
        .exists(params![provider, endpoint, model])
}

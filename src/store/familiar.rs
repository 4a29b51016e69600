//! What the store has seen before, whatever came of it: questions, contexts, models.

use rusqlite::{Transaction, params};

use super::batches::READ;
use super::{Store, StoreError};
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

impl Store {
    /// Of these keys, which have an answer of whatever time. Blocks.
    pub fn has(&self, keys: Vec<Hash>) -> Result<Vec<bool>, StoreError> {
        self.do_now(READ, move |transaction, _| {
            each(transaction, "SELECT 1 FROM answer WHERE key = ?1", &keys)
        })
    }

    /// Of these contexts, which have an answer. Blocks.
    pub fn has_contexts(&self, contexts: Vec<Hash>) -> Result<Vec<bool>, StoreError> {
        self.do_now(READ, move |transaction, _| {
            each(transaction, &format!("SELECT 1 FROM context c WHERE c.key = ?1 AND {ANSWERED}"), &contexts)
        })
    }

    /// Whether there is an answer of this model, under whatever rubric and settings. Blocks.
    pub fn has_model(&self, asked: Asked) -> Result<bool, StoreError> {
        self.do_now(READ, move |transaction, _| {
            let Asked { provider, endpoint, model } = &asked;
            transaction
                .prepare_cached(&format!(
                    "SELECT 1 FROM context c
                     WHERE c.provider = ?1 AND c.endpoint = ?2 AND c.model = ?3 AND {ANSWERED}"
                ))?
                .exists(params![provider, endpoint, model])
        })
    }
}

fn each(transaction: &Transaction<'_>, query: &str, keys: &[Hash]) -> rusqlite::Result<Vec<bool>> {
    let mut statement = transaction.prepare_cached(query)?;
    keys.iter().map(|key| statement.exists([key.0])).collect()
}

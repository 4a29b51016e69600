//! Every answer of a store as a line, in an order that depends on nothing but the answers.

#![expect(clippy::disallowed_types, reason = "reads the rows themselves")]

use std::io::{self, Write};
use std::path::Path;

use rusqlite::Connection;

use super::form::Writer;
use crate::store::audit::{self, Checker, Damage, Keys};
use crate::store::writing::{Arrival, New};
use crate::store::{StoreError, schema};

/// What was written.
#[derive(Debug, Default)]
pub struct Exported {
    pub answers: u64,
    pub contexts: u64,
    /// What is not as it was written, and so was left out.
    pub damage: Vec<Damage>,
}

/// Why an export could not be written to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] io::Error),
}

/// By context, question and time. Of answers of the same millisecond the later one serves, so they stay
/// in their order. What stands there twice, word for word, is written once.
const IN_ORDER: &str = "SELECT a.id FROM answer a LEFT JOIN context c ON c.id = a.context
    WHERE NOT EXISTS (SELECT 1 FROM answer b WHERE b.key = a.key AND b.digest = a.digest AND b.id > a.id)
    ORDER BY c.key, a.key, a.at, a.id";

/// Writes the answers of a store; one that is not there yet has none. Each is checked as it is read.
pub fn export(path: &Path, keys: &Keys, out: impl Write) -> Result<Exported, ExportError> {
    let mut writer = Writer::new(out)?;
    let mut exported = Exported::default();
    if path.exists() {
        let connection = schema::open_to_read(path)?;
        write(&connection, path, keys, &mut writer, &mut exported)?;
    }
    exported.contexts = writer.finish()?.len() as u64;
    Ok(exported)
}

fn write<W: Write>(
    connection: &Connection,
    path: &Path,
    keys: &Keys,
    writer: &mut Writer<W>,
    exported: &mut Exported,
) -> Result<(), ExportError> {
    let fail = |error: rusqlite::Error| schema::sql(path, &error);
    // What is sorted, and may have to go to disk for it, is the ids alone; the bodies are fetched one by one.
    let mut ids = connection.prepare(IN_ORDER).map_err(fail)?;
    let mut ids = ids.query([]).map_err(fail)?;
    let mut answer = connection.prepare(&audit::with_context("WHERE a.id = ?1")).map_err(fail)?;
    let mut checker = Checker::new(connection, keys).map_err(fail)?;
    while let Some(row) = ids.next().map_err(fail)? {
        let id: i64 = row.get(0).map_err(fail)?;
        let mut found = answer.query([id]).map_err(fail)?;
        let Some(row) = found.next().map_err(fail)? else { continue };
        match checker.check(row, &mut exported.damage) {
            Ok((question, stored)) => {
                let new = New {
                    question: &question,
                    answer: &stored.answer,
                    wire: stored.wire,
                    arrival: Arrival::Copy,
                };
                writer.answer(&new)?;
                exported.answers += 1;
            }
            Err(what) => exported.damage.push(Damage { place: format!("answer {id}"), what }),
        }
    }
    Ok(())
}

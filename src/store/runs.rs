//! Runs: what each was about, and the record of its ratings, kept once however many runs had it.

#![expect(clippy::disallowed_types, reason = "one of the files of the room that speaks SQL")]

use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use rusqlite::{OptionalExtension as _, params};

use super::{StoreError, schema};
use crate::domain::hash::Running;
use crate::domain::{Hash, Instant};

/// Records are packed and kept in pieces of about this size, so that memory does not grow with a run.
const PIECE: usize = 1 << 20;
const LEVEL: i32 = 3;

/// A run that is over.
pub struct NewRun {
    /// By which it is named; one that is taken gets a number behind it.
    pub id: String,
    pub began: Instant,
    /// JSON, for whoever reads it.
    pub manifest: String,
    pub digest: Hash,
    /// JSON lines.
    pub record: Box<dyn Read + Send>,
}

/// A run as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    pub id: String,
    pub began: Instant,
    pub manifest: String,
    /// SHA-256 of its record: equal where all ratings are.
    pub digest: Hash,
}

/// Keeps a run in one commit; returns its name.
pub(super) fn keep(connection: &mut rusqlite::Connection, run: NewRun) -> Result<String, KeepError> {
    let NewRun { id, began, manifest, digest, record } = run;
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let known = transaction
        .prepare_cached("SELECT 1 FROM run_record WHERE digest = ?1")?
        .exists(params![digest.0])?;
    if !known {
        let mut packed = zstd::stream::read::Encoder::new(BufReader::new(record), LEVEL)?;
        let mut insert = transaction
            .prepare_cached("INSERT INTO run_record (digest, piece, bytes) VALUES (?1, ?2, ?3)")?;
        for number in 0_i64.. {
            let mut piece = Vec::with_capacity(PIECE);
            if packed.by_ref().take(PIECE as u64).read_to_end(&mut piece)? == 0 {
                break;
            }
            insert.execute(params![digest.0, number, piece])?;
        }
    }
    let id = free_name(&transaction, id)?;
    transaction.execute(
        "INSERT INTO run (id, began, manifest, digest) VALUES (?1, ?2, ?3, ?4)",
        params![id, began.0, manifest, digest.0],
    )?;
    transaction.commit()?;
    Ok(id)
}

fn free_name(connection: &rusqlite::Connection, wanted: String) -> rusqlite::Result<String> {
    let mut taken = connection.prepare_cached("SELECT 1 FROM run WHERE id = ?1")?;
    let mut name = wanted.clone();
    for number in 2_u32.. {
        if !taken.exists(params![name])? {
            break;
        }
        name = format!("{wanted}-{number}");
    }
    Ok(name)
}

/// What can go wrong while a run is kept.
pub(super) enum KeepError {
    Sql(rusqlite::Error),
    Io(io::Error),
}

impl From<rusqlite::Error> for KeepError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<io::Error> for KeepError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// All runs, the oldest first.
pub fn runs(path: &Path) -> Result<Vec<KeptRun>, StoreError> {
    let connection = schema::open_to_read(path)?;
    let read = || -> rusqlite::Result<Vec<KeptRun>> {
        let mut statement =
            connection.prepare("SELECT id, began, manifest, digest FROM run ORDER BY began, rowid")?;
        let rows = statement.query_map([], |row| {
            Ok(KeptRun {
                id: row.get(0)?,
                began: Instant(row.get(1)?),
                manifest: row.get(2)?,
                digest: Hash(row.get(3)?),
            })
        })?;
        rows.collect()
    };
    read().map_err(|error| schema::sql(path, &error))
}

/// The record of a run, as it was written.
pub fn record(path: &Path, digest: Hash) -> Result<impl Read + use<>, StoreError> {
    let connection = schema::open_to_read(path)?;
    let pieces = Pieces { connection, digest, next: 0, ready: Cursor::new(Vec::new()) };
    let damaged = |detail: String| StoreError::Damaged { path: path.display().to_string(), detail };
    zstd::stream::read::Decoder::new(pieces).map_err(|error| damaged(error.to_string()))
}

/// Whether the records are what their digests say; names those that are not.
pub(super) fn damaged(path: &Path, connection: &rusqlite::Connection) -> Result<Vec<String>, StoreError> {
    let read = || -> rusqlite::Result<Vec<[u8; 32]>> {
        connection
            .prepare("SELECT DISTINCT digest FROM run_record ORDER BY digest")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    let digests = read().map_err(|error| schema::sql(path, &error))?;
    let mut damaged = Vec::new();
    for digest in digests {
        let mut hash = Running::default();
        let mut buffer = vec![0; 1 << 16];
        let mut from = record(path, Hash(digest))?;
        let whole = loop {
            match from.read(&mut buffer) {
                Ok(0) => break true,
                Ok(count) => hash.update(buffer.get(..count).unwrap_or_default()),
                Err(_) => break false,
            }
        };
        if !whole || hash.finish() != Hash(digest) {
            damaged.push(Hash(digest).to_string());
        }
    }
    Ok(damaged)
}

/// The pieces of a record, one after the other.
struct Pieces {
    connection: rusqlite::Connection,
    digest: Hash,
    next: i64,
    ready: Cursor<Vec<u8>>,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.ready.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        let piece: Option<Vec<u8>> = self
            .connection
            .prepare_cached("SELECT bytes FROM run_record WHERE digest = ?1 AND piece = ?2")
            .and_then(|mut statement| {
                statement.query_row(params![self.digest.0, self.next], |row| row.get(0)).optional()
            })
            .map_err(io::Error::other)?;
        let Some(piece) = piece else { return Ok(0) };
        self.next += 1;
        self.ready = Cursor::new(piece);
        self.ready.read(buffer)
    }
}

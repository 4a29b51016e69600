//! Runs: what each was about, and the record of its ratings, kept once however many runs had it.

#![expect(clippy::disallowed_types, reason = "one of the files of the room that speaks SQL")]

use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use rusqlite::{OptionalExtension as _, params};

use super::{Damage, StoreError, schema};
use crate::domain::hash::{Fields, Running};
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
        "INSERT INTO run (id, began, manifest, digest, manifest_digest) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, began.0, manifest, digest.0, whole(&id, began, &manifest, digest).0],
    )?;
    transaction.commit()?;
    Ok(id)
}

/// Ties what a run was about to its name, its time and its record.
fn whole(id: &str, began: Instant, manifest: &str, digest: Hash) -> Hash {
    Fields::new("score-tasks/run/1")
        .text("id", id)
        .number("began", began.0.cast_unsigned())
        .text("manifest", manifest)
        .bytes("record", &digest.0)
        .finish()
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

/// All runs, the oldest first. One that is not as it was written is an error.
pub fn runs(path: &Path) -> Result<Vec<KeptRun>, StoreError> {
    let connection = schema::open_to_read(path)?;
    let rows = rows(&connection).map_err(|error| schema::sql(path, &error))?;
    rows.into_iter().collect::<Result<_, _>>().map_err(|Changed(id)| StoreError::Damaged {
        path: path.display().to_string(),
        detail: format!("{} {CHANGED}", named(&id)),
    })
}

/// Those that are as they were written, the oldest first, and the names of the others.
pub fn sound_runs(path: &Path) -> Result<(Vec<KeptRun>, Vec<String>), StoreError> {
    let connection = schema::open_to_read(path)?;
    let (mut sound, mut changed) = (Vec::new(), Vec::new());
    for row in rows(&connection).map_err(|error| schema::sql(path, &error))? {
        match row {
            Ok(run) => sound.push(run),
            Err(Changed(id)) => changed.push(id.escape_debug().to_string()),
        }
    }
    Ok((sound, changed))
}

const CHANGED: &str = "is not as it was written";

/// The name of a run that is not what its digest says.
struct Changed(String);

/// Whoever changed the row may have changed its name, too.
fn named(id: &str) -> String {
    format!("run {}", id.escape_debug())
}

fn rows(connection: &rusqlite::Connection) -> rusqlite::Result<Vec<Result<KeptRun, Changed>>> {
    let mut statement = connection
        .prepare("SELECT id, began, manifest, digest, manifest_digest FROM run ORDER BY began, rowid")?;
    let rows = statement.query_map([], |row| {
        let run = KeptRun {
            id: row.get(0)?,
            began: Instant(row.get(1)?),
            manifest: row.get(2)?,
            digest: Hash(row.get(3)?),
        };
        let kept = Hash(row.get(4)?);
        let is_whole = whole(&run.id, run.began, &run.manifest, run.digest) == kept;
        Ok(if is_whole { Ok(run) } else { Err(Changed(run.id)) })
    })?;
    rows.collect()
}

/// The record of a run, as it was written: the last read fails where it is not.
pub fn record(path: &Path, digest: Hash) -> Result<impl Read + use<>, StoreError> {
    let connection = schema::open_to_read(path)?;
    let pieces = Pieces { connection, digest, next: 0, ready: Cursor::new(Vec::new()) };
    let damaged = |detail: String| StoreError::Damaged { path: path.display().to_string(), detail };
    let unpacked = zstd::stream::read::Decoder::new(pieces).map_err(|error| damaged(error.to_string()))?;
    Ok(Checked { from: unpacked, hash: Running::default(), digest, is_over: false })
}

/// What of the runs and their records is not as it was written.
pub(super) fn damaged(path: &Path, connection: &rusqlite::Connection) -> Result<Vec<Damage>, StoreError> {
    let digests = || -> rusqlite::Result<Vec<[u8; 32]>> {
        connection
            .prepare("SELECT digest FROM run UNION SELECT digest FROM run_record ORDER BY digest")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    let fail = |error: rusqlite::Error| schema::sql(path, &error);
    let mut damaged = Vec::new();
    for row in rows(connection).map_err(fail)? {
        if let Err(Changed(id)) = row {
            damaged.push(Damage { place: named(&id), what: format!("it {CHANGED}") });
        }
    }
    // A record that is missing is not what its digest says, either.
    for digest in digests().map_err(fail)?.into_iter().map(Hash) {
        if let Err(error) = io::copy(&mut record(path, digest)?, &mut io::sink()) {
            damaged.push(Damage { place: format!("record of a run {digest}"), what: error.to_string() });
        }
    }
    Ok(damaged)
}

/// Hands bytes on, and fails at their end where they are not those of the digest.
struct Checked<R> {
    from: R,
    hash: Running,
    digest: Hash,
    is_over: bool,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_over || buffer.is_empty() {
            return Ok(0);
        }
        let count = self.from.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        if count == 0 {
            self.is_over = true;
            if std::mem::take(&mut self.hash).finish() != self.digest {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not what its digest says"));
            }
        }
        Ok(count)
    }
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

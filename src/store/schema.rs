//! Opening the database: settings, numbered migrations, and errors that say what to do.

#![expect(clippy::disallowed_types, reason = "the one place that opens the store")]

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

use super::StoreError;

/// Only ever added to.
const MIGRATIONS: &[M<'static>] = &[M::up(
    "CREATE TABLE context (
        id          INTEGER PRIMARY KEY,
        key         BLOB NOT NULL UNIQUE,     -- SHA-256 of the fields below
        provider    TEXT NOT NULL,
        endpoint    TEXT NOT NULL,
        model       TEXT NOT NULL,
        dialect     TEXT NOT NULL,
        system      TEXT NOT NULL,
        temperature_hundredths INTEGER,
        max_output_tokens      INTEGER NOT NULL,
        effort      TEXT,
        schema      TEXT NOT NULL
    ) STRICT;
    CREATE TABLE dictionary (
        id          INTEGER PRIMARY KEY,
        model       TEXT NOT NULL,
        bytes       BLOB NOT NULL             -- raw content that zstd frames refer to
    ) STRICT;
    CREATE TABLE answer (
        id          INTEGER PRIMARY KEY,
        key         BLOB NOT NULL,            -- SHA-256 of the question
        context     INTEGER NOT NULL REFERENCES context(id),
        sample      INTEGER NOT NULL,
        attempt     INTEGER NOT NULL,
        at          INTEGER NOT NULL,         -- when received, milliseconds since 1970
        finish      TEXT NOT NULL,
        served      TEXT NOT NULL,
        tokens_in   INTEGER NOT NULL,
        tokens_out  INTEGER NOT NULL,
        cost_nano_usd INTEGER NOT NULL,
        latency_ms  INTEGER NOT NULL,
        digest      BLOB NOT NULL,            -- SHA-256 of the key and the answer
        dictionary  INTEGER REFERENCES dictionary(id),
        body        BLOB NOT NULL             -- zstd: length of the user text (4 bytes, little
                                              -- endian), user text, answer text
    ) STRICT;
    CREATE INDEX answer_by_key ON answer(key);",
)];

/// Another program may hold the write lock for a long commit; longer than this is a fault.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries to open.
const PAUSE: Duration = Duration::from_millis(20);

/// Opens for reading and writing; makes the file and its folder if they are not there.
#[expect(clippy::disallowed_methods, reason = "the folder of the store is made with it")]
pub(super) fn open(path: Option<&Path>) -> Result<Connection, StoreError> {
    let Some(path) = path else {
        let mut memory = Connection::open_in_memory().map_err(|e| sql(Path::new("(memory)"), &e))?;
        prepare(&mut memory, Path::new("(memory)"))?;
        return Ok(memory);
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::Open {
            path: folder.display().to_string(),
            detail: error.to_string(),
        })?;
    }
    // Two programs that start on a new store at once get in each other's way in places where SQLite
    // does not wait by itself, such as the change to a WAL.
    let mut tries = PATIENCE.as_millis() / PAUSE.as_millis();
    loop {
        match try_open(path) {
            Err(StoreError::Locked { .. }) if tries > 0 => std::thread::sleep(PAUSE),
            outcome => return outcome,
        }
        tries -= 1;
    }
}

fn try_open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(|error| sql(path, &error))?;
    prepare(&mut connection, path)?;
    Ok(connection)
}

/// Opens an existing store without changing it, for statistics and checks.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| sql(path, &error))?;
    connection.busy_timeout(PATIENCE).map_err(|error| sql(path, &error))?;
    check_version(&connection, path)?;
    Ok(connection)
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(PATIENCE).map_err(|error| sql(path, &error))?;
    check_version(connection, path)?;
    // FULL: an acknowledged answer survives a power cut. The commits are grouped, so it costs little.
    // The page cache bounds memory; a long WAL spares checkpoints in the middle of a large run.
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA cache_size = -49152;
             PRAGMA wal_autocheckpoint = 8000;
             PRAGMA foreign_keys = ON;",
        )
        .map_err(|error| sql(path, &error))?;
    connection.set_prepared_statement_cache_capacity(32);
    migrate(connection, path)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if version(connection, path)? == MIGRATIONS.len() as i64 {
        return Ok(());
    }
    let migrated = Migrations::from_slice(MIGRATIONS).to_latest(connection);
    // Two processes may start on a new store at once: the loser finds the work done.
    match migrated {
        Ok(()) => Ok(()),
        Err(_) if version(connection, path)? == MIGRATIONS.len() as i64 => Ok(()),
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(sql(path, &err)),
        Err(error) => Err(StoreError::Open { path: path.display().to_string(), detail: error.to_string() }),
    }
}

fn check_version(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    match version(connection, path)? {
        found if found > MIGRATIONS.len() as i64 => {
            Err(StoreError::Newer { path: path.display().to_string(), found, known: MIGRATIONS.len() })
        }
        _ => Ok(()),
    }
}

fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(|error| sql(path, &error))
}

/// Says what an SQLite error means for the user.
pub(super) fn sql(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.display().to_string();
    let detail = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path },
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => StoreError::ReadOnly { path, detail },
        Some(ErrorCode::SystemIoFailure) => StoreError::Disk { path, detail },
        Some(ErrorCode::CannotOpen) => StoreError::Open { path, detail },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged { path, detail },
        _ => StoreError::Sql { path, detail },
    }
}

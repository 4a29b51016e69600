//! Opening the database: settings, numbered migrations, and errors that say what to do.

#![expect(clippy::disallowed_types, reason = "the one place that opens the store")]

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

use super::StoreError;

/// Marks the file as ours: the letters `SCOT`.
const APPLICATION_ID: i64 = 0x5343_4F54;

/// Only ever added to.
const MIGRATIONS: &[M<'static>] = &[
    M::up(
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
    CREATE INDEX answer_by_key ON answer(key);
    PRAGMA application_id = 0x53434F54;",
    ),
    // What real providers add: the reply as it came over the wire, behind the two texts of the body;
    // kinds of tokens; where the price is from; and calls that brought nothing but may be billed.
    M::up(
        "ALTER TABLE context ADD COLUMN extra TEXT NOT NULL DEFAULT '';
    ALTER TABLE answer ADD COLUMN wire_bytes INTEGER;       -- NULL: written before there was a wire
    ALTER TABLE answer ADD COLUMN tokens_cache_read  INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE answer ADD COLUMN tokens_cache_write INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE answer ADD COLUMN tokens_reasoning   INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE answer ADD COLUMN priced     TEXT NOT NULL DEFAULT 'config'; -- '': price not known
    ALTER TABLE answer ADD COLUMN request_id TEXT NOT NULL DEFAULT '';
    CREATE TABLE lost_call (
        id          INTEGER PRIMARY KEY,
        key         BLOB NOT NULL,            -- SHA-256 of the question
        context     INTEGER NOT NULL REFERENCES context(id),
        at          INTEGER NOT NULL,
        why         TEXT NOT NULL,
        cost_nano_usd_most INTEGER            -- NULL: price not known
    ) STRICT;",
    ),
    // What came in place of an answer, whole: it may have been paid for, and a later version may read it.
    M::up("ALTER TABLE lost_call ADD COLUMN body BLOB;       -- zstd; NULL: nothing came"),
    // What each run was about, and all its ratings; runs with the same ratings share a record.
    M::up(
        "CREATE TABLE run (
        id       TEXT PRIMARY KEY,
        began    INTEGER NOT NULL,
        manifest TEXT NOT NULL,               -- JSON
        digest   BLOB NOT NULL,               -- SHA-256 of the record
        manifest_digest BLOB NOT NULL         -- SHA-256 of all of the above
    ) STRICT;
    CREATE TABLE run_record (
        digest   BLOB NOT NULL,
        piece    INTEGER NOT NULL,
        bytes    BLOB NOT NULL,               -- one zstd frame, cut into pieces
        PRIMARY KEY (digest, piece)
    ) STRICT;",
    ),
    // What is under way: batches at providers with their questions, and when schedules came due.
    M::up(
        "CREATE TABLE batch (
        id         INTEGER PRIMARY KEY,
        name       TEXT NOT NULL UNIQUE,      -- ours, by which it is found again at the provider
        model      TEXT NOT NULL,             -- its name in config.toml
        endpoint   TEXT NOT NULL,
        api        TEXT NOT NULL,
        state      TEXT NOT NULL,
        made       INTEGER NOT NULL,          -- milliseconds since 1970, as all times here
        submitting INTEGER,
        ended      INTEGER,
        remote     TEXT NOT NULL DEFAULT '',  -- the provider's name for it
        cost_nano_usd_most INTEGER,           -- NULL: price not known
        tokens_most INTEGER NOT NULL DEFAULT 0,
        detail     TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE batch_item (
        id         INTEGER PRIMARY KEY,
        batch      INTEGER NOT NULL REFERENCES batch(id),
        key        BLOB NOT NULL,             -- SHA-256 of the question
        context    INTEGER NOT NULL REFERENCES context(id),
        sample     INTEGER NOT NULL,
        attempt    INTEGER NOT NULL,
        user       TEXT,                      -- NULL once it is no longer on its way: the answer has it
        outcome    TEXT                       -- NULL: on its way; else 'answered', or why it is not
    ) STRICT;
    -- No question is on its way twice.
    CREATE UNIQUE INDEX batch_item_on_its_way ON batch_item(key) WHERE outcome IS NULL;
    CREATE INDEX batch_item_by_batch ON batch_item(batch);
    CREATE TABLE occasion (
        id         INTEGER PRIMARY KEY,
        schedule   TEXT NOT NULL,
        due        INTEGER NOT NULL,          -- the time that the schedule names
        began      INTEGER NOT NULL,          -- when this try began
        ended      INTEGER,                   -- NULL: it is at it, or was cut off
        exit       INTEGER,                   -- its exit code
        run        TEXT,                      -- the run that came of it
        detail     TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE INDEX occasion_by_due ON occasion(schedule, due);",
    ),
];

/// Another program may hold the write lock for a long commit; longer than this is a fault.
const PATIENCE: Duration = Duration::from_secs(30);
/// While the store is being opened, SQLite waits this long, and we this long before the next try.
const BRIEF: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_millis(50);

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
    // does not wait by itself, such as the change to a WAL. One deadline for all of it.
    let mut tries = PATIENCE.as_millis() / (PAUSE + BRIEF).as_millis();
    loop {
        match try_open(path) {
            Err(StoreError::Locked { .. }) if tries > 0 => pause(),
            outcome => return outcome,
        }
        tries -= 1;
    }
}

#[expect(clippy::disallowed_methods, reason = "waits for another program's lock, as SQLite itself does")]
fn pause() {
    std::thread::sleep(PAUSE);
}

fn try_open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(|error| sql(path, &error))?;
    prepare(&mut connection, path)?;
    Ok(connection)
}

/// Opens an existing store without changing it, for plans, statistics and checks.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let connection = match read_only(path, false) {
        // In a folder that cannot be written SQLite can make no room to work in. Where no other program
        // has left a WAL, the file is all there is, and nothing is missed.
        Err(StoreError::Open { .. } | StoreError::ReadOnly { .. }) if !wal_of(path).exists() => {
            read_only(path, true)?
        }
        outcome => outcome?,
    };
    check_owner(&connection, path)?;
    check_version(&connection, path)?;
    // One without a schema is empty or broken: what is looked for will not be there.
    if [0, MIGRATIONS.len() as i64].contains(&version(&connection, path)?) {
        return Ok(connection);
    }
    // Brought up to date first: it only gains columns and tables, in a moment.
    drop(connection);
    match open(Some(path)) {
        Ok(_) => read_only(path, false),
        Err(error) => Err(StoreError::Older { path: path.display().to_string(), detail: error.to_string() }),
    }
}

fn read_only(path: &Path, is_immutable: bool) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if is_immutable {
        let name = path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        Connection::open_with_flags(format!("file:{name}?immutable=1"), flags | OpenFlags::SQLITE_OPEN_URI)
    } else {
        Connection::open_with_flags(path, flags)
    };
    let connection = connection.map_err(|error| sql(path, &error))?;
    connection.busy_timeout(PATIENCE).map_err(|error| sql(path, &error))?;
    connection.set_prepared_statement_cache_capacity(32);
    // Whether it can be read shows only now.
    version(&connection, path)?;
    Ok(connection)
}

fn wal_of(path: &Path) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    connection.busy_timeout(BRIEF).map_err(|error| sql(path, &error))?;
    check_owner(connection, path)?;
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
    migrate(connection, path)?;
    connection.busy_timeout(PATIENCE).map_err(|error| sql(path, &error))
}

/// A database that some other program made must not get our tables.
fn check_owner(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let number = |query: &str| -> Result<i64, StoreError> {
        connection.query_row(query, [], |row| row.get(0)).map_err(|error| sql(path, &error))
    };
    if number("PRAGMA application_id")? == APPLICATION_ID
        || number("SELECT count(*) FROM sqlite_schema")? == 0
    {
        return Ok(());
    }
    Err(StoreError::Foreign { path: path.display().to_string() })
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

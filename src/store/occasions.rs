//! Occasions: when schedules came due, each try at one, and how it ended.

#![expect(clippy::disallowed_types, reason = "one of the files of the room that speaks SQL")]

use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{StoreError, schema};
use crate::domain::Instant;

/// In front of the words of a schedule in the row that says when they were first seen.
const SEEN: &str = "seen ";
/// What a try that was interrupted ends with: it is to be taken up again.
const INTERRUPTED: i32 = 130;

/// A try at an occasion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Try {
    /// The time that the schedule names.
    pub due: Instant,
    pub began: Instant,
    /// When, and with which exit code; `None`: it is at it, or was cut off.
    pub ended: Option<(Instant, i32)>,
    /// The run that came of it.
    pub run: Option<String>,
    /// `UNDELIVERED`, while nobody who was to be told has been; else nothing.
    pub detail: String,
}

impl Try {
    /// The detail of one whose outcome did not get to all who were to be told.
    pub const UNDELIVERED: &'static str = "undelivered";

    pub fn is_undelivered(&self) -> bool {
        self.detail == Self::UNDELIVERED
    }

    /// It ended, and not because it was told to stop.
    pub fn is_done(&self) -> bool {
        self.ended.is_some_and(|(_, exit)| exit != INTERRUPTED)
    }
}

/// What is known of a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    /// When it was first seen as it is now; `None`: never.
    pub seen: Option<Instant>,
    /// In the order in which they were begun.
    pub all: Vec<Try>,
}

impl Tries {
    pub fn is_done(&self, due: Instant) -> bool {
        self.all.iter().any(|one| one.due == due && one.is_done())
    }

    /// When an occasion was first begun.
    pub fn first_begun(&self, due: Instant) -> Option<Instant> {
        self.all.iter().filter(|one| one.due == due).map(|one| one.began).min()
    }

    /// The latest occasion that was begun, if it is not done.
    pub fn cut_off(&self) -> Option<Instant> {
        let latest = self.all.iter().map(|one| one.due).max()?;
        (!self.is_done(latest)).then_some(latest)
    }

    /// The last try that has ended.
    pub fn last(&self) -> Option<&Try> {
        self.all.iter().rfind(|one| one.ended.is_some())
    }
}

/// What is known of a schedule whose timetable is told by these words.
pub fn tries(path: &Path, schedule: &str, words: &str) -> Result<Tries, StoreError> {
    if !path.exists() {
        return Ok(Tries::default());
    }
    let connection = schema::open_to_read(path)?;
    match has_occasions(&connection) {
        // Whoever made the file was killed before there was anything in it.
        Ok(false) => Ok(Tries::default()),
        Ok(true) => read(&connection, schedule, words).map_err(|error| schema::sql(path, &error)),
        Err(error) => Err(schema::sql(path, &error)),
    }
}

fn read(connection: &Connection, schedule: &str, words: &str) -> rusqlite::Result<Tries> {
    let mut statement = connection.prepare(
        "SELECT due, began, ended, exit, run, detail FROM occasion WHERE schedule = ?1 AND exit IS NOT ?2
         ORDER BY id",
    )?;
    let rows = statement.query_map(params![schedule, SEEN_EXIT], |row| {
        let (ended, exit): (Option<i64>, Option<i32>) = (row.get(2)?, row.get(3)?);
        Ok(Try {
            due: Instant(row.get(0)?),
            began: Instant(row.get(1)?),
            ended: ended.map(Instant).zip(exit),
            run: row.get(4)?,
            detail: row.get(5)?,
        })
    })?;
    let all = rows.collect::<rusqlite::Result<Vec<Try>>>()?;
    Ok(Tries { seen: seen(connection, schedule, words)?, all })
}

/// The exit code that marks a row as no try. No program ends with it.
const SEEN_EXIT: i32 = -1;

/// The last words that were noted, if they are these.
fn seen(connection: &Connection, schedule: &str, words: &str) -> rusqlite::Result<Option<Instant>> {
    let last: Option<(i64, String)> = connection
        .prepare("SELECT began, detail FROM occasion WHERE schedule = ?1 AND exit = ?2 ORDER BY id DESC")?
        .query_row(params![schedule, SEEN_EXIT], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(last.filter(|(_, detail)| detail.strip_prefix(SEEN) == Some(words)).map(|(began, _)| Instant(began)))
}

/// Notes that a schedule is there from now on, unless that is noted already; what was due before is none of
/// its occasions. Another timetable is seen anew.
pub fn see(path: &Path, schedule: &str, words: &str, now: Instant) -> Result<Tries, StoreError> {
    write(path, |connection| {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // One from the future was noted by a clock that was ahead, and would hide all that comes before it.
        if seen(&transaction, schedule, words)?.is_none_or(|seen| seen > now) {
            transaction.execute(
                "INSERT INTO occasion (schedule, due, began, ended, exit, detail) VALUES (?1, ?2, ?2, ?2, ?3, ?4)",
                params![schedule, now.0, SEEN_EXIT, format!("{SEEN}{words}")],
            )?;
        }
        transaction.commit()?;
        read(connection, schedule, words)
    })
}

/// Notes that a try begins, before anything is asked; returns its number.
pub fn begin_occasion(path: &Path, schedule: &str, due: Instant, now: Instant) -> Result<i64, StoreError> {
    write(path, |connection| {
        connection.execute(
            "INSERT INTO occasion (schedule, due, began) VALUES (?1, ?2, ?3)",
            params![schedule, due.0, now.0],
        )?;
        Ok(connection.last_insert_rowid())
    })
}

/// Notes how it ended.
pub fn end_occasion(
    path: &Path,
    number: i64,
    (now, exit): (Instant, i32),
    run: Option<&str>,
    detail: &str,
) -> Result<(), StoreError> {
    write(path, |connection| {
        connection.execute(
            "UPDATE occasion SET ended = ?2, exit = ?3, run = ?4, detail = ?5 WHERE id = ?1",
            params![number, now.0, exit, run, detail],
        )?;
        Ok(())
    })
}

/// The schedule for which a run was made, as its occasions call it, and how that occasion ended.
pub fn occasion_of(path: &Path, run: &str) -> Result<Option<(String, i32)>, StoreError> {
    find(
        path,
        "SELECT schedule, exit FROM occasion WHERE run = ?1 AND exit IS NOT NULL ORDER BY id DESC",
        [run],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Whether occasions are kept of any schedule whose name begins so, but for this one.
pub fn knows_others(path: &Path, beginning: &str, but: &str) -> Result<bool, StoreError> {
    let query = "SELECT 1 FROM occasion WHERE substr(schedule, 1, length(?1)) = ?1 AND schedule <> ?2";
    Ok(find(path, query, [beginning, but], |_| Ok(()))?.is_some())
}

/// The first row, if there is any; of a store that is not there yet, there is none.
fn find<T, const N: usize>(
    path: &Path,
    query: &str,
    parameters: [&str; N],
    row: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let connection = schema::open_to_read(path)?;
    let fail = |error: rusqlite::Error| schema::sql(path, &error);
    if !has_occasions(&connection).map_err(fail)? {
        return Ok(None);
    }
    let mut statement = connection.prepare(query).map_err(fail)?;
    statement.query_row(rusqlite::params_from_iter(parameters), row).optional().map_err(fail)
}

fn has_occasions(connection: &Connection) -> rusqlite::Result<bool> {
    connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'occasion'")?.exists([])
}

fn write<T>(path: &Path, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
    let mut connection = schema::open(Some(path))?;
    work(&mut connection).map_err(|error| schema::sql(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_counts_once_it_has_ended_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.sqlite");
        let at = Instant;
        assert_eq!(tries(&path, "monthly", "words").unwrap(), Tries::default());
        // A file that was begun and no more.
        drop(Connection::open(&path).unwrap().execute("PRAGMA user_version = 0", []));
        assert_eq!(tries(&path, "monthly", "words").unwrap(), Tries::default());
        assert_eq!(see(&path, "monthly", "words", at(5)).unwrap().seen, Some(at(5)));
        assert_eq!(see(&path, "monthly", "words", at(9)).unwrap().seen, Some(at(5)));
        assert_eq!(see(&path, "monthly", "other words", at(10)).unwrap().seen, Some(at(10)));
        assert_eq!(tries(&path, "monthly", "words").unwrap().seen, None);

        let know = || tries(&path, "monthly", "other words").unwrap();
        let first = begin_occasion(&path, "monthly", at(100), at(101)).unwrap();
        assert_eq!((know().cut_off(), know().last()), (Some(at(100)), None));
        let second = begin_occasion(&path, "monthly", at(100), at(120)).unwrap();
        end_occasion(&path, second, (at(121), 130), None, "").unwrap();
        assert_eq!(know().cut_off(), Some(at(100)));
        assert!(first != second && !know().is_done(at(100)));
        let third = begin_occasion(&path, "monthly", at(100), at(130)).unwrap();
        end_occasion(&path, third, (at(131), 3), Some("run"), "detail").unwrap();
        assert!(know().is_done(at(100)) && know().cut_off().is_none());
        assert_eq!(know().first_begun(at(100)), Some(at(101)));
        let last = know().last().cloned().unwrap();
        assert_eq!((last.ended, last.run.as_deref()), (Some((at(131), 3)), Some("run")));
        assert!(tries(&path, "weekly", "words").unwrap().all.is_empty());
        assert_eq!(occasion_of(&path, "run").unwrap(), Some(("monthly".to_owned(), 3)));
        assert_eq!(occasion_of(&path, "other").unwrap(), None);
        let knows = |beginning, but| knows_others(&path, beginning, but).unwrap();
        assert!(knows("month", "x") && !knows("month", "monthly") && !knows("week", "x"));
    }

    #[test]
    fn what_a_clock_that_was_ahead_has_noted_is_noted_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.sqlite");
        see(&path, "monthly", "words", Instant(9_000)).unwrap();
        assert_eq!(see(&path, "monthly", "words", Instant(100)).unwrap().seen, Some(Instant(100)));
        assert_eq!(see(&path, "monthly", "words", Instant(200)).unwrap().seen, Some(Instant(100)));
    }
}

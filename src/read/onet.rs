//! An O*NET text release, or anything in its form: occupations, their tasks and incumbents' ratings.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use super::ReadError;
use super::delimited::{Delimited, Dialect};
use super::error::shown;
use super::files::Files;
use super::ratings::{Rated, Ratings};
use super::rows::Row;
use super::soc;
use crate::domain::hash::Fields;
use crate::domain::{CatalogueId, Hash, Occupation, Task, TaskType};

const OCCUPATIONS: &str = "Occupation Data.txt";
const STATEMENTS: &str = "Task Statements.txt";
pub(super) const RATINGS: &str = "Task Ratings.txt";
pub(super) const ALTERNATES: &str = "Alternate Titles.txt";
const READ_ME: &str = "Read Me.txt";

// A release is held in memory, so there are bounds, far above the 1,016, 18,796 and 56,505 of 30.1.
const MAX_OCCUPATIONS: u64 = 50_000;
const MAX_TASKS: u64 = 200_000;
pub(super) const MAX_ALTERNATES: u64 = 200_000;

const CODE: &str = "O*NET-SOC Code";

/// A release as it was read.
#[derive(Debug)]
pub(super) struct Release {
    pub id: CatalogueId,
    /// In order of code; only those with tasks.
    pub occupations: Vec<(Occupation, Vec<Arc<Task>>)>,
    /// In order of code; those without.
    pub taskless: Vec<Occupation>,
    pub notes: Vec<String>,
}

impl Release {
    pub fn read(files: &Files) -> Result<Self, ReadError> {
        let mut notes = Vec::new();
        let (mut fields, mut draft) = read_required(files)?;
        if let Some(bytes) = files.read(RATINGS)? {
            let read = Ratings::read(&files.label_of(RATINGS), &bytes, &draft)?;
            fields = fields.bytes(RATINGS, &bytes);
            notes.extend(read.notes());
            read.hand_out(|at, rated| draft.give(at, &rated));
        } else {
            notes.push(format!(
                "no {RATINGS}: the weights importance, importance_relevance and time are not to be had"
            ));
        }
        // Over names and bytes, so that a folder and the zip of it are the same.
        let id = identify(files, fields.finish())?;
        Ok(Self::finish(draft, id, notes))
    }

    fn finish(draft: Draft, id: CatalogueId, mut notes: Vec<String>) -> Self {
        let mut all = draft.entries;
        all.sort_by(|a, b| a.occupation.code.cmp(&b.occupation.code));
        let mut occupations = Vec::with_capacity(all.len());
        let mut taskless = Vec::new();
        for entry in all {
            if entry.tasks.is_empty() {
                taskless.push(entry.occupation);
            } else {
                occupations.push((entry.occupation, entry.tasks));
            }
        }
        if !taskless.is_empty() {
            notes.push(format!("occupations left out because they have no tasks: {}", taskless.len()));
        }
        Self { id, occupations, taskless, notes }
    }
}

/// The two files that every release has, hashed by one thread while another reads them: that is a
/// good part of the time that a run over a single occupation takes.
fn read_required(files: &Files) -> Result<(Fields, Draft), ReadError> {
    let occupations = needed(files, OCCUPATIONS)?;
    let statements = needed(files, STATEMENTS)?;
    thread::scope(|scope| {
        let hashed = scope.spawn(|| {
            let fields = Fields::new("score-tasks/catalogue/1");
            fields.bytes(OCCUPATIONS, &occupations).bytes(STATEMENTS, &statements)
        });
        let mut draft = read_occupations(&files.label_of(OCCUPATIONS), &occupations)?;
        read_statements(&files.label_of(STATEMENTS), &statements, &mut draft)?;
        let fields = hashed.join().map_err(|_| ReadError::file(STATEMENTS, "could not be hashed"))?;
        Ok((fields, draft))
    })
}

/// Occupations while their tasks are being read.
#[derive(Default)]
pub(super) struct Draft {
    entries: Vec<Entry>,
    index: HashMap<String, usize>,
}

struct Entry {
    occupation: Occupation,
    line: u64,
    tasks: Vec<Arc<Task>>,
    /// The line of each task.
    lines: Vec<u64>,
    /// Positions of the tasks in order of id.
    by_id: Vec<usize>,
}

/// Where a task is: the position of its occupation, and its own in it.
pub(super) type At = (usize, usize);

impl Draft {
    /// The task of this code and id.
    pub fn find(&self, code: &str, id: &str) -> Option<At> {
        let at = *self.index.get(code)?;
        let entry = self.entries.get(at)?;
        let found = entry.by_id.binary_search_by(|task| entry.id(*task).cmp(id)).ok()?;
        Some((at, *entry.by_id.get(found)?))
    }

    pub fn tasks(&self) -> usize {
        self.entries.iter().map(|entry| entry.tasks.len()).sum()
    }

    fn give(&mut self, (occupation, task): At, rated: &Rated) {
        let entry = self.entries.get_mut(occupation);
        if let Some(task) = entry.and_then(|entry| entry.tasks.get_mut(task)) {
            let task = Arc::make_mut(task);
            task.importance = rated.importance;
            task.relevance = rated.relevance;
            task.frequency = rated.frequency();
        }
    }

    /// Puts ids in order, and finds those that stand twice.
    fn sort_ids(&mut self, file: &str) -> Result<(), ReadError> {
        for entry in &mut self.entries {
            let mut by_id: Vec<usize> = (0..entry.tasks.len()).collect();
            by_id.sort_by_key(|task| entry.id(*task));
            entry.by_id = by_id;
            let mut pairs = entry.by_id.iter().zip(entry.by_id.iter().skip(1));
            if let Some((first, second)) =
                pairs.find(|(first, second)| entry.id(**first) == entry.id(**second))
            {
                let what = format!("the task `{}` of {}", shown(entry.id(*first)), entry.occupation.code);
                let line = |task: &usize| entry.lines.get(*task).copied().unwrap_or_default();
                return Err(ReadError::Twice {
                    file: file.to_owned(),
                    line: line(second),
                    first: line(first),
                    what,
                });
            }
        }
        Ok(())
    }
}

impl Entry {
    fn id(&self, task: usize) -> &str {
        self.tasks.get(task).map_or("", |task| &task.id)
    }
}

fn needed<'f>(files: &'f Files, file: &str) -> Result<Cow<'f, [u8]>, ReadError> {
    files.read(file)?.ok_or_else(|| {
        let what = format!("has no file `{file}`");
        let hint =
            format!("the folder or zip of an O*NET text release holds `{OCCUPATIONS}` and `{STATEMENTS}`");
        ReadError::hinted(&files.label(), what, hint)
    })
}

/// Opens one of the release's tables: tab separated, without quoting.
pub(super) fn open<'a>(file: &str, bytes: &'a [u8], most_rows: u64) -> Result<Delimited<'a>, ReadError> {
    let dialect = Dialect { delimiter: Some(b'\t'), quoting: false, hashed: false, most_rows };
    Delimited::open(file, Box::new(bytes), dialect)
}

/// A column of a release's table.
#[derive(Clone, Copy)]
pub(super) struct Field {
    column: usize,
    pub name: &'static str,
}

impl Field {
    pub fn of(rows: &Delimited<'_>, name: &'static str) -> Result<Self, ReadError> {
        Ok(Self { column: rows.column(name)?, name })
    }

    pub fn optional(rows: &Delimited<'_>, name: &'static str) -> Option<Self> {
        rows.find(name).map(|column| Self { column, name })
    }

    pub fn code_of(rows: &Delimited<'_>) -> Result<Self, ReadError> {
        Self::of(rows, CODE)
    }

    /// The cell; empty where O*NET writes `n/a`.
    pub fn cell<'r>(&self, row: &'r Row) -> &'r str {
        match row.cell(self.column).trim() {
            "n/a" => "",
            cell => cell,
        }
    }

    pub fn needed<'r>(&self, file: &str, row: &'r Row) -> Result<&'r str, ReadError> {
        match self.cell(row) {
            "" => Err(self.wrong(file, row, "is empty; every row is to have one".to_owned())),
            cell => Ok(cell),
        }
    }

    /// The cell as an O*NET-SOC code in full.
    pub fn code(&self, file: &str, row: &Row) -> Result<String, ReadError> {
        let cell = self.cell(row);
        soc::code(cell).ok_or_else(|| {
            let what = format!("`{}` is not an O*NET-SOC code (like 15-1252.00)", shown(cell));
            ReadError::line(file, row.line(), what)
        })
    }

    fn kind(&self, file: &str, row: &Row) -> Result<TaskType, ReadError> {
        let cell = self.cell(row);
        cell.parse().map_err(|_| {
            self.wrong(file, row, format!("`{}` is not a task type (Core, Supplemental or n/a)", shown(cell)))
        })
    }

    pub fn wrong(&self, file: &str, row: &Row, what: String) -> ReadError {
        ReadError::cell(file, row.line(), self.name, what)
    }
}

fn read_occupations(file: &str, bytes: &[u8]) -> Result<Draft, ReadError> {
    let mut rows = open(file, bytes, MAX_OCCUPATIONS)?;
    let code = Field::code_of(&rows)?;
    let title = Field::of(&rows, "Title")?;
    let description = Field::optional(&rows, "Description");
    let mut draft = Draft::default();
    let mut row = Row::default();
    while rows.next(&mut row)? {
        let code = code.code(file, &row)?;
        let (title, line) = (title.needed(file, &row)?.to_owned(), row.line());
        if let Some(twin) = draft.index.insert(code.clone(), draft.entries.len()) {
            let first = draft.entries.get(twin).map_or(0, |entry| entry.line);
            return Err(ReadError::Twice {
                file: file.to_owned(),
                line,
                first,
                what: format!("the code `{code}`"),
            });
        }
        let description = description.map_or("", |field| field.cell(&row)).to_owned();
        let occupation = Occupation { code, title, description };
        draft.entries.push(Entry {
            occupation,
            line,
            tasks: Vec::new(),
            lines: Vec::new(),
            by_id: Vec::new(),
        });
    }
    Ok(draft)
}

fn read_statements(file: &str, bytes: &[u8], draft: &mut Draft) -> Result<(), ReadError> {
    let mut rows = open(file, bytes, MAX_TASKS)?;
    let code_field = Field::code_of(&rows)?;
    let id = Field::of(&rows, "Task ID")?;
    let text = Field::of(&rows, "Task")?;
    let kind = Field::optional(&rows, "Task Type");
    let mut row = Row::default();
    // Tasks of one occupation stand together, so most need not look for it.
    let mut last = (String::new(), None);
    while rows.next(&mut row)? {
        let cell = code_field.cell(&row);
        if last.1.is_none() || cell != last.0 {
            last = (cell.to_owned(), draft.index.get(&code_field.code(file, &row)?).copied());
        }
        let Some(entry) = last.1.and_then(|at| draft.entries.get_mut(at)) else {
            let what = format!("`{}` is not in {OCCUPATIONS}", shown(cell));
            return Err(code_field.wrong(file, &row, what));
        };
        entry.lines.push(row.line());
        entry.tasks.push(Arc::new(Task {
            id: soc::plain_id(id.needed(file, &row)?).to_owned(),
            text: text.needed(file, &row)?.to_owned(),
            kind: kind.map(|field| field.kind(file, &row)).transpose()?.unwrap_or_default(),
            ..Task::default()
        }));
    }
    draft.sort_ids(file)
}

fn identify(files: &Files, sha256: Hash) -> Result<CatalogueId, ReadError> {
    let read_me = files.read(READ_ME)?.unwrap_or_default();
    let read_me = String::from_utf8_lossy(&read_me);
    let first = read_me.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().trim();
    let name = match first.strip_suffix("Database").map(str::trim_end) {
        Some(name) if is_onet(name) => shown(name),
        _ if first == "score-tasks demo catalogue" => "demo".to_owned(),
        _ => files.stem(),
    };
    let attribution = if is_onet(&name) { attribution(&name) } else { String::new() };
    Ok(CatalogueId { name, sha256, attribution })
}

fn is_onet(name: &str) -> bool {
    name.starts_with("O*NET ")
}

/// What CC BY 4.0 and the O*NET developers ask to be shown.
fn attribution(name: &str) -> String {
    format!(
        "Includes information from the {name} Database (https://www.onetcenter.org/database.html) by the U.S. \
         Department of Labor, Employment and Training Administration (USDOL/ETA), used under the CC BY 4.0 \
         license (https://creativecommons.org/licenses/by/4.0/). O*NET® is a trademark of USDOL/ETA. The \
         information was modified: tasks were scored. USDOL/ETA has not approved, endorsed, or tested these \
         modifications."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATA: &str = "O*NET-SOC Code\tTitle\tDescription\n\
        15-1252.00\tSoftware Developers\tWrite \"software\".\n\
        11-1011.00\tChief Executives\tn/a\n\
        55-1011.00\tAir Crew Officers\tNo tasks.\n";
    const TASKS: &str = "O*NET-SOC Code\tTask ID\tTask\tTask Type\tDate\n\
        15-1252.00\t9576\tTest \"head counts\".\tCore\t1\n\
        11-1011.00\t8823\tDirect.\tSupplemental\t1\n\
        15-1252.00\t9575\tWrite.\tn/a\t1\n";
    const RATED: &str = "O*NET-SOC Code\tTask ID\tScale ID\tCategory\tData Value\tRecommend Suppress\n";

    fn files(files: &[(&str, &str)]) -> Files {
        let files = files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
        Files::Memory { name: "here".to_owned(), files }
    }

    fn read(data: &str, tasks: &str, ratings: Option<&str>) -> Result<Release, ReadError> {
        let mut all = vec![(OCCUPATIONS, data), (STATEMENTS, tasks)];
        all.extend(ratings.map(|ratings| (RATINGS, ratings)));
        Release::read(&files(&all))
    }

    #[test]
    fn occupations_are_in_order_and_tasks_as_they_stand() {
        let release = read(DATA, TASKS, None).unwrap();
        let codes: Vec<&str> = release.occupations.iter().map(|(one, _)| one.code.as_str()).collect();
        assert_eq!(codes, ["11-1011.00", "15-1252.00"]);
        assert_eq!(release.occupations[0].0.description, "");
        let tasks = &release.occupations[1].1;
        assert_eq!((tasks[0].id.as_str(), tasks[0].text.as_str()), ("9576", "Test \"head counts\"."));
        assert_eq!((tasks[0].kind, tasks[1].kind), (TaskType::Core, TaskType::Untyped));
        assert_eq!(release.taskless[0].code, "55-1011.00");
        assert_eq!(release.id.name, "here");
        assert!(release.id.attribution.is_empty());
        assert_eq!(
            release.notes,
            [
                "no Task Ratings.txt: the weights importance, importance_relevance and time are not to be had",
                "occupations left out because they have no tasks: 1"
            ]
        );
    }

    #[test]
    fn other_forms_of_the_same_are_the_same() {
        let expected = read(DATA, TASKS, None).unwrap().occupations;
        let reordered = "Date\tTask\tTASK ID\ttask type\tTitle\tO*NET-SOC code\n\
            1\tTest \"head counts\".\t9576.0\tcore\tSoftware Developers\t15-1252\n\n\
            1\tDirect.\t8823.0\tSUPPLEMENTAL\tx\t11-1011.00\n\
            1\tWrite.\t9575.0\t\tx\t15-1252.00";
        for (data, tasks) in [
            (DATA.replace('\n', "\r\n"), TASKS.replace('\n', "\r\n")),
            (format!("\u{feff}{DATA}"), format!("\u{feff}{}", TASKS.trim_end())),
            (DATA.to_owned(), reordered.to_owned()),
            (DATA.to_owned(), reordered.replace('\n', "\r\n")),
        ] {
            assert_eq!(read(&data, &tasks, None).unwrap().occupations, expected, "{tasks:?}");
        }
    }

    #[test]
    fn ratings_find_their_tasks() {
        let mut rows = RATED.to_owned();
        for category in 1..=7 {
            rows += &format!("15-1252.00\t9575\tFT\t{category}\t{category}.5\tN\n");
        }
        rows += "15-1252\t9575.0\tIM\tn/a\t4.25\tN\n15-1252.00\t9575\tRT\tn/a\t95\tN\n\
            15-1252.00\t9576\tIM\tn/a\t3.0\tY\n15-1252.00\t9576\tRT\tn/a\tn/a\tN\n\
            15-1252.00\t9576\tFT\t1.0\t3\tn/a\n15-1252.00\t1\tIM\tn/a\t2\tN\n\
            15-1252.00\t9576\tXX\tn/a\t900\tN\n";
        let release = read(DATA, TASKS, Some(&rows)).unwrap();
        let tasks = &release.occupations[1].1;
        assert_eq!((tasks[1].importance, tasks[1].relevance), (Some(4.25), Some(95.0)));
        assert_eq!(tasks[1].frequency, Some([1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5]));
        assert_eq!((tasks[0].importance, tasks[0].relevance, tasks[0].frequency), (None, None, None));
        let notes = release.notes.join("\n");
        for note in [
            "rows marked Recommend Suppress, used for nothing: 1",
            "ignored: 1",
            "no frequency: 1",
            "imputed: 1",
        ] {
            assert!(notes.contains(note), "{notes}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        let more = |row: &str| format!("{TASKS}{row}\n");
        for (data, tasks, expected) in [
            (
                DATA.to_owned(),
                more("15-12.00\t1\tx\t\t"),
                "Task Statements.txt: line 5: `15-12.00` is not an O*NET-SOC code (like 15-1252.00)",
            ),
            (
                DATA.to_owned(),
                more("15-1253.00\t1\tx\t\t"),
                "Task Statements.txt: line 5, column `O*NET-SOC Code`: `15-1253.00` is not in Occupation Data.txt",
            ),
            (
                DATA.to_owned(),
                more("15-1252.00\t9575.0\tx\t\t"),
                "Task Statements.txt: line 5: the task `9575` of 15-1252.00 stands in line 4 already",
            ),
            (
                DATA.to_owned(),
                more("15-1252.00\t1\tn/a\t\t"),
                "Task Statements.txt: line 5, column `Task`: is empty; every row is to have one",
            ),
            (
                DATA.to_owned(),
                more("15-1252.00\t\tx\t\t"),
                "Task Statements.txt: line 5, column `Task ID`: is empty; every row is to have one",
            ),
            (
                DATA.to_owned(),
                more("15-1252.00\t1\tx\tMain\t"),
                "Task Statements.txt: line 5, column `Task Type`: `Main` is not a task type (Core, Supplemental or n/a)",
            ),
            (
                DATA.to_owned(),
                more("15-1252.00\t1"),
                "Task Statements.txt: line 5: has 2 cells, but the header has 5",
            ),
            (
                DATA.to_owned(),
                "a\tTask\n".to_owned(),
                "Task Statements.txt: line 1: has no column `O*NET-SOC Code`; its columns are `a`, `Task`",
            ),
            (
                format!("{DATA}11-1011\tx\ty\n"),
                TASKS.to_owned(),
                "Occupation Data.txt: line 5: the code `11-1011.00` stands in line 3 already",
            ),
            (
                String::new(),
                TASKS.to_owned(),
                "Occupation Data.txt: is empty; expected a line with the names of the columns",
            ),
        ] {
            assert_eq!(read(&data, &tasks, None).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn wrong_ratings_are_named() {
        for (row, expected) in [
            (
                "15-1252.00\t9575\tIM\tn/a\t5.5\tN",
                "column `Data Value`: `5.5` is not a number from 1 to 5, as scale IM has it",
            ),
            (
                "15-1252.00\t9575\tRT\tn/a\tmany\tN",
                "column `Data Value`: `many` is not a number from 0 to 100",
            ),
            ("15-1252.00\t9575\tFT\t8\t5\tN", "column `Category`: `8` is not a frequency category (1 to 7)"),
            ("x\t9575\tFT\t8\t5\tN", "`x` is not an O*NET-SOC code"),
            (
                "15-1252.00\t9575\tIM\tn/a\t3\tN\n15-1252.00\t9575\tIM\tn/a\t3\tN",
                "is a second row of scale IM",
            ),
        ] {
            let error = read(DATA, TASKS, Some(&format!("{RATED}{row}\n"))).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(error.starts_with("Task Ratings.txt: line "), "{error}");
        }
    }

    #[test]
    fn the_name_comes_from_the_read_me() {
        for (read_me, name, attributed) in [
            ("O*NET 30.1 Database\nDecember", "O*NET 30.1", true),
            ("\u{feff}O*NET 31.0 Database\r\n", "O*NET 31.0", true),
            ("score-tasks demo catalogue\n", "demo", false),
            ("My own Database", "here", false),
            ("", "here", false),
        ] {
            let files = files(&[(OCCUPATIONS, DATA), (STATEMENTS, TASKS), (READ_ME, read_me)]);
            let id = Release::read(&files).unwrap().id;
            assert_eq!(id.name, name);
            assert_eq!(id.attribution.contains("CC BY 4.0"), attributed);
            assert_eq!(id.attribution.contains("O*NET 3"), attributed);
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Release::read(&files(&[(OCCUPATIONS, DATA)])).unwrap_err();
        assert_eq!(error.to_string(), "here: has no file `Task Statements.txt`");
        assert!(error.hint().is_some());
    }

    #[test]
    fn the_digest_covers_the_ratings_and_not_the_read_me() {
        let plain = read(DATA, TASKS, None).unwrap().id.sha256;
        assert_ne!(read(DATA, TASKS, Some(RATED)).unwrap().id.sha256, plain);
        let files = files(&[(STATEMENTS, TASKS), (READ_ME, "x"), (OCCUPATIONS, DATA)]);
        assert_eq!(Release::read(&files).unwrap().id.sha256, plain);
    }
}

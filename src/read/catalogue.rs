//! A catalogue of occupations and their tasks, wherever they come from.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::columns::Columns;
use super::files::{Files, Source};
use super::onet::{ALTERNATES, Release};
use super::own::OwnOccupation;
use super::soc;
use super::table::{Opened, Table};
use super::titles::{Alternates, Titles};
use super::{ReadError, files};
use crate::domain::hash::Fields;
use crate::domain::{CatalogueId, Occupation, Task, Weighting};

/// The demo catalogue, written for this program in the form of an O*NET release.
const DEMO: &[(&str, &str)] = &[
    ("Occupation Data.txt", include_str!("demo/Occupation Data.txt")),
    ("Task Statements.txt", include_str!("demo/Task Statements.txt")),
    ("Task Ratings.txt", include_str!("demo/Task Ratings.txt")),
    ("Alternate Titles.txt", include_str!("demo/Alternate Titles.txt")),
    ("Read Me.txt", include_str!("demo/Read Me.txt")),
];

/// Occupations, and the way to their tasks.
#[derive(Debug)]
pub struct Catalogue {
    pub id: CatalogueId,
    /// Own occupations first.
    pub occupations: Vec<Occupation>,
    /// What is absent, and which weights are then not to be had.
    pub notes: Vec<String>,
    /// Those to be had, in the order of `Weighting::ALL`.
    pub weightings: Vec<Weighting>,
    /// Tasks of each occupation.
    pub(super) counts: Vec<u64>,
    /// How many of the occupations are own ones.
    pub(super) own: usize,
    /// Tasks of the first occupations: all of them, or the own ones in front of a table's.
    pub(super) held: Vec<Vec<Arc<Task>>>,
    /// Has the tasks of the other occupations.
    pub(super) table: Option<Table>,
    pub(super) titles: OnceLock<Titles>,
    pub(super) alternates: OnceLock<Alternates>,
    /// Where alternate titles are read from when they are first asked for.
    pub(super) files: Option<Files>,
    /// Known by name only: they have no tasks.
    taskless: Vec<Occupation>,
    columns: Vec<String>,
}

impl Catalogue {
    /// The catalogue that is part of the program.
    pub fn demo() -> Result<Self, ReadError> {
        Self::onet(Files::Embedded(DEMO))
    }

    /// A folder or a zip archive of an O*NET text release.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::onet(Files::open(path)?)
    }

    /// The same from files in memory.
    pub fn from_files(name: &str, files: Vec<(String, Vec<u8>)>) -> Result<Self, ReadError> {
        Self::onet(Files::Memory { name: name.to_owned(), files })
    }

    /// The same from the bytes of a zip archive.
    pub fn from_zip(name: &str, bytes: Vec<u8>) -> Result<Self, ReadError> {
        Self::onet(Files::from_zip(name, bytes)?)
    }

    /// A table: .csv, .tsv, .jsonl or .ndjson.
    pub fn table(path: &Path, columns: &Columns) -> Result<Self, ReadError> {
        Self::from_source(Source::file(path)?, columns)
    }

    /// The same from bytes in memory; the name's ending tells the form.
    pub fn table_from_bytes(name: &str, bytes: Vec<u8>, columns: &Columns) -> Result<Self, ReadError> {
        let name = files::file_name(Path::new(name));
        Self::from_source(Source::Memory { name, bytes: bytes.into() }, columns)
    }

    /// The columns of a table; empty for other catalogues.
    pub fn column_names(&self) -> &[String] {
        &self.columns
    }

    /// Whether ids are the numbers of rows: a table without a column for them.
    pub fn numbers_rows(&self) -> bool {
        self.table.as_ref().is_some_and(|table| !table.has_ids())
    }

    /// Puts own occupations in front.
    pub fn with_own(mut self, mut own: Vec<OwnOccupation>) -> Result<Self, ReadError> {
        if own.is_empty() {
            return Ok(self);
        }
        self.check_codes(&own)?;
        own.iter_mut().try_for_each(|one| self.lend(one))?;
        let mut fields =
            Fields::new("score-tasks/catalogue-with-own/1").bytes("catalogue", &self.id.sha256.0);
        for one in &own {
            fields = fields.bytes(&one.file, &one.sha256.0);
        }
        self.id.sha256 = fields.finish();
        self.own += own.len();
        self.counts.splice(0..0, own.iter().map(|one| one.tasks.len() as u64));
        self.occupations.splice(0..0, own.iter().map(OwnOccupation::occupation));
        let mut has = Has::none();
        own.iter().flat_map(|one| &one.tasks).for_each(|task| has.see(task));
        self.weightings = has.weightings(&self.weightings);
        self.held.splice(0..0, own.into_iter().map(|one| one.tasks.into_iter().map(Arc::new).collect()));
        self.titles = OnceLock::new();
        Ok(self)
    }

    fn check_codes(&self, own: &[OwnOccupation]) -> Result<(), ReadError> {
        let mut holders: HashMap<&str, String> = HashMap::new();
        for occupation in &self.occupations {
            holders.insert(&occupation.code, format!("an occupation of {}", self.id.name));
        }
        for one in own {
            if let Some(holder) = holders.insert(&one.slug, one.file.clone()) {
                return Err(ReadError::Taken { file: one.file.clone(), code: one.slug.clone(), holder });
            }
        }
        Ok(())
    }

    /// Gives an own occupation the description of the one it names, if it has none itself.
    fn lend(&self, own: &mut OwnOccupation) -> Result<(), ReadError> {
        let Some(code) = own.onet.as_deref().and_then(soc::code) else { return Ok(()) };
        let named = self.occupations.iter().chain(&self.taskless).find(|occupation| occupation.code == code);
        let Some(named) = named else {
            let (file, catalogue) = (own.file.clone(), self.id.name.clone());
            return Err(ReadError::NoOccupation { file, code, catalogue });
        };
        if own.description.is_empty() {
            own.description.clone_from(&named.description);
        }
        Ok(())
    }

    fn onet(files: Files) -> Result<Self, ReadError> {
        let Release { id, occupations, taskless, mut notes } = Release::read(&files)?;
        if occupations.is_empty() {
            return Err(ReadError::file(&files.label(), "has no tasks"));
        }
        if !files.has(ALTERNATES) {
            notes.push(format!("no {ALTERNATES}: occupations are found by code and title only"));
        }
        let mut has = Has::none();
        occupations.iter().flat_map(|(_, tasks)| tasks).for_each(|task| has.see(task));
        let (occupations, held) = occupations.into_iter().unzip();
        let new = Self { files: Some(files), taskless, ..Self::new(id, occupations, held) };
        Ok(Self { notes, weightings: has.weightings(&ALWAYS), ..new })
    }

    fn from_source(source: Source, columns: &Columns) -> Result<Self, ReadError> {
        let name = source.name().to_owned();
        let Opened { table, occupations, counts, weights, contiguous, sha256 } =
            Table::open(source, columns)?;
        let columns = table.columns().to_vec();
        let id = CatalogueId { name, sha256, attribution: String::new() };
        let has = Has { weight: weights, ..Has::none() };
        let notes = table_notes(contiguous);
        let new = Self::new(id, occupations, Vec::new());
        Ok(Self { counts, table: Some(table), columns, notes, weightings: has.weightings(&ALWAYS), ..new })
    }

    fn new(id: CatalogueId, occupations: Vec<Occupation>, held: Vec<Vec<Arc<Task>>>) -> Self {
        Self {
            id,
            occupations,
            notes: Vec::new(),
            weightings: ALWAYS.to_vec(),
            counts: held.iter().map(|tasks| tasks.len() as u64).collect(),
            own: 0,
            held,
            table: None,
            titles: OnceLock::new(),
            alternates: OnceLock::new(),
            files: None,
            taskless: Vec::new(),
            columns: Vec::new(),
        }
    }
}

fn table_notes(contiguous: bool) -> Vec<String> {
    let note = "the rows of some groups do not stand together, so all rows are held in memory";
    if contiguous { Vec::new() } else { vec![note.to_owned()] }
}

/// These need nothing.
const ALWAYS: [Weighting; 2] = [Weighting::Equal, Weighting::Core];

/// What at least one task has.
struct Has {
    importance: bool,
    relevance: bool,
    frequency: bool,
    weight: bool,
}

impl Has {
    fn none() -> Self {
        Self { importance: false, relevance: false, frequency: false, weight: false }
    }

    fn see(&mut self, task: &Task) {
        self.importance |= task.importance.is_some();
        self.relevance |= task.relevance.is_some();
        self.frequency |= task.frequency.is_some();
        self.weight |= task.weight.is_some();
    }

    /// Those to be had with this, or before.
    fn weightings(&self, before: &[Weighting]) -> Vec<Weighting> {
        let had = |weighting: &Weighting| {
            before.contains(weighting)
                || match weighting {
                    Weighting::Equal | Weighting::Core => true,
                    Weighting::Importance => self.importance,
                    Weighting::ImportanceRelevance => self.importance && self.relevance,
                    Weighting::Time => self.frequency,
                    Weighting::Given => self.weight,
                }
        };
        Weighting::ALL.into_iter().filter(had).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests make their own files")]

    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::domain::Selection;

    const OWN: &str =
        "title = \"Prompt Writers\"\nonet = \"27-3042\"\n[[tasks]]\ntext = \"Write prompts.\"\nweight = 2\n";

    fn walked(catalogue: &Catalogue) -> Vec<(usize, Arc<Task>)> {
        catalogue.walk(&Selection::default()).unwrap().map(Result::unwrap).collect()
    }

    fn small(code: &str) -> Catalogue {
        let files = [
            (
                "Occupation Data.txt",
                format!(
                    "O*NET-SOC Code\tTitle\tDescription\n{code}\tWriters\tThey write.\n27-3042.00\tTechnical Writers\tManuals.\n"
                ),
            ),
            ("Task Statements.txt", format!("O*NET-SOC Code\tTask ID\tTask\n{code}\t1\tWrite.\n")),
        ];
        let files = files.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect();
        Catalogue::from_files("small", files).unwrap()
    }

    #[test]
    fn the_demo_has_everything() {
        let demo = Catalogue::demo().unwrap();
        assert_eq!(demo.id.name, "demo");
        assert!(demo.id.attribution.is_empty());
        assert!(!demo.occupations.is_empty());
        assert!(!demo.notes.iter().any(|note| note.starts_with("no ")), "{:?}", demo.notes);
        assert!(demo.weightings.contains(&Weighting::Time) && !demo.weightings.contains(&Weighting::Given));
        let count = demo.count(&Selection::default()).unwrap();
        assert_eq!(walked(&demo).len() as u64, count);
    }

    #[test]
    fn folder_zip_and_memory_are_the_same() {
        let demo = Catalogue::demo().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in DEMO {
            std::fs::write(folder.path().join(name), text).unwrap();
            zip.start_file(format!("db_30_1_text/{name}"), SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let path = folder.path().join("t.zip");
        std::fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
        for path in [folder.path(), &path] {
            let read = Catalogue::open(path).unwrap();
            assert_eq!(read.id, demo.id);
            assert_eq!(walked(&read), walked(&demo));
            assert_eq!(read.find("writer").unwrap(), demo.find("writer").unwrap());
        }
    }

    #[test]
    fn a_zip_with_a_wrong_line_names_both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.zip");
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, text) in [
            ("Occupation Data.txt", "O*NET-SOC Code\tTitle\n15-1252.00\tx\n"),
            ("Task Statements.txt", "O*NET-SOC Code\tTask ID\tTask\n15\t1\tx\n"),
        ] {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        std::fs::write(&path, zip.finish().unwrap().into_inner()).unwrap();
        let error = Catalogue::open(&path).unwrap_err().to_string();
        assert!(error.starts_with("t.zip: Task Statements.txt: line 2: `15` is not"), "{error}");
    }

    #[test]
    fn own_occupations_come_first() {
        let own = OwnOccupation::parse("a.toml", OWN).unwrap();
        let plain = small("27-3043.00");
        let (sha256, notes) = (plain.id.sha256, plain.notes.clone());
        let catalogue = plain.with_own(vec![own]).unwrap();
        assert_eq!(catalogue.occupations[0].code, "prompt-writers");
        // Lent by an occupation that has no tasks itself.
        assert_eq!(catalogue.occupations[0].description, "Manuals.");
        assert_ne!(catalogue.id.sha256, sha256);
        assert_eq!(catalogue.notes, notes);
        assert_eq!(catalogue.weightings, [Weighting::Equal, Weighting::Core, Weighting::Given]);
        let texts: Vec<(usize, String)> =
            walked(&catalogue).into_iter().map(|(at, task)| (at, task.text.clone())).collect();
        assert_eq!(texts, [(0, "Write prompts.".to_owned()), (1, "Write.".to_owned())]);
        let changed = OwnOccupation::parse("a.toml", &format!("{OWN}# changed")).unwrap();
        let other = small("27-3043.00").with_own(vec![changed]).unwrap();
        assert_ne!(other.id.sha256, catalogue.id.sha256);
        assert_eq!(small("27-3043.00").with_own(Vec::new()).unwrap().id.sha256, sha256);
    }

    #[test]
    fn own_occupations_stand_before_a_stream() {
        let table =
            Catalogue::table_from_bytes("t.csv", b"text\na\nb\n".to_vec(), &Columns::default()).unwrap();
        let mut own = OwnOccupation::parse("a.toml", OWN).unwrap();
        own.onet = None;
        let catalogue = table.with_own(vec![own]).unwrap();
        let at: Vec<usize> = walked(&catalogue).into_iter().map(|(at, _)| at).collect();
        assert_eq!(at, [0, 1, 1]);
        assert_eq!(catalogue.column_names(), ["text"]);
        let one = Selection { occupations: Some(vec![0]), ..Selection::default() };
        assert_eq!(catalogue.walk(&one).unwrap().count(), 1);
    }

    #[test]
    fn what_own_occupations_claim_is_checked() {
        let own = |text: &str| OwnOccupation::parse("a.toml", text).unwrap();
        let clash = Catalogue::table_from_bytes(
            "t.csv",
            b"text,group\na,prompt-writers\n".to_vec(),
            &Columns::default(),
        );
        let error = clash.unwrap().with_own(vec![own(OWN)]).unwrap_err();
        assert_eq!(error.to_string(), "a.toml: the code `prompt-writers` is taken by an occupation of t.csv");
        let error = small("27-3043.00").with_own(vec![own(OWN), own(OWN)]).unwrap_err();
        assert_eq!(error.to_string(), "a.toml: the code `prompt-writers` is taken by a.toml");
        let error = small("27-3043.00").with_own(vec![own(&OWN.replace("27-3042", "27-9999"))]).unwrap_err();
        assert_eq!(error.to_string(), "a.toml: onet: `27-9999.00` is not an occupation of small");
        assert!(error.hint().is_some());
    }
}

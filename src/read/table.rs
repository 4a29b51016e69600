//! A table of items: checked from end to end when it is opened, then read again as a stream, so that
//! memory stays flat however long it is.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher};
use std::path::Path;

use super::ReadError;
use super::columns::{Columns, Role};
use super::error::shown;
use super::files::{Source, stem};
use super::layout::{Item, Layout};
use super::packed::Packed;
use super::rows::{Format, Row, Rows};
use crate::domain::{Hash, Occupation, Task};

/// Repeated ids are confirmed so many at a time.
const SUSPECTS: usize = 10_000;

/// A table that was found to be in order.
#[derive(Debug)]
pub(super) struct Table {
    source: Source,
    format: Format,
    layout: Layout,
    groups: HashMap<String, usize>,
    rows: u64,
    /// All rows, where those of a group do not stand together.
    packed: Option<Packed>,
}

/// What the first pass has found out.
pub(super) struct Opened {
    pub table: Table,
    pub occupations: Vec<Occupation>,
    /// Rows of each of them.
    pub counts: Vec<u64>,
    pub weights: bool,
    /// Whether the rows of each group stand together.
    pub contiguous: bool,
    pub sha256: Hash,
}

impl Table {
    /// The first pass: looks at every row and forgets it.
    pub fn open(source: Source, columns: &Columns) -> Result<Opened, ReadError> {
        let name = source.name().to_owned();
        let format = Format::of(&name)?;
        let stem = stem(Path::new(&name));
        let layout = Layout::new(&name, &stem, format, columns)?;
        let mut rows = Rows::open(format, &name, source.stream()?, &[])?;
        let mut scan = Scan::new(name, layout);
        scan.run(&mut rows)?;
        let sha256 = rows.hash().ok_or_else(|| source.changed())?;
        let mut occupations = std::mem::take(&mut scan.occupations);
        for occupation in occupations.iter_mut().filter(|occupation| occupation.title.is_empty()) {
            let grouped = scan.layout.has(Role::Group);
            occupation.title = if grouped { occupation.code.clone() } else { stem.clone() };
        }
        let groups = scan.groups;
        let mut table = Self { source, format, layout: scan.layout, groups, rows: scan.rows, packed: None };
        table.check_ids(scan.ids)?;
        if !scan.contiguous {
            table.packed = Some(table.pack()?);
        }
        table.source.check_unchanged()?;
        let (counts, weights, contiguous) = (scan.counts, scan.weights, scan.contiguous);
        Ok(Opened { table, occupations, counts, weights, contiguous, sha256 })
    }

    pub fn columns(&self) -> &[String] {
        self.layout.columns()
    }

    pub fn has_ids(&self) -> bool {
        self.layout.has(Role::Id)
    }

    /// All tasks with their groups, group by group.
    pub fn tasks(&self) -> Result<Tasks<'_>, ReadError> {
        let from = match &self.packed {
            Some(packed) => Feed::Memory(packed, 0),
            None => Feed::File(self.pass()?),
        };
        Ok(Tasks { table: self, from, row: Row::default(), ended: false })
    }

    fn pack(&self) -> Result<Packed, ReadError> {
        let mut packed = Packed::default();
        let mut rows = self.pass()?;
        let mut row = Row::default();
        while rows.next(&mut row)? {
            let group = self.group_of(&self.layout.item(&row)?)?;
            packed.push(group, &row);
        }
        packed.sort();
        Ok(packed)
    }

    fn pass(&self) -> Result<Rows<'static>, ReadError> {
        Rows::open(self.format, self.source.name(), self.source.stream()?, self.columns())
    }

    /// The group of an item. One that was not there in the first pass means that the file has changed.
    fn group_of(&self, item: &Item<'_>) -> Result<usize, ReadError> {
        self.groups.get(item.group.as_ref()).copied().ok_or_else(|| self.source.changed())
    }

    /// Only hashes were kept of the ids. Where one repeats, the rows are read again, to be sure and
    /// to name both lines.
    fn check_ids(&self, mut ids: Vec<u64>) -> Result<(), ReadError> {
        ids.sort_unstable();
        let mut repeated: Vec<u64> = ids
            .windows(2)
            .filter_map(|pair| pair.first().copied().filter(|id| Some(id) == pair.last()))
            .collect();
        repeated.dedup();
        repeated.chunks(SUSPECTS).try_for_each(|chunk| self.confirm(&chunk.iter().copied().collect()))
    }

    fn confirm(&self, suspects: &HashSet<u64>) -> Result<(), ReadError> {
        let mut rows = self.pass()?;
        let mut row = Row::default();
        let mut lines: HashMap<(usize, String), u64> = HashMap::new();
        while rows.next(&mut row)? {
            let item = self.layout.item(&row)?;
            let group = self.group_of(&item)?;
            if !suspects.contains(&id_hash(group, &item.id)) {
                continue;
            }
            let line = row.line();
            if let Some(first) = lines.insert((group, item.id.clone().into_owned()), line) {
                let what = format!("the id `{}`{}", shown(&item.id), self.in_group(&item));
                return Err(ReadError::Twice { file: self.source.name().to_owned(), line, first, what });
            }
        }
        Ok(())
    }

    fn in_group(&self, item: &Item<'_>) -> String {
        if self.layout.has(Role::Group) { format!(" of `{}`", shown(&item.group)) } else { String::new() }
    }
}

fn id_hash(group: usize, id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (group, id).hash(&mut hasher);
    hasher.finish()
}

/// The state of the first pass.
struct Scan {
    file: String,
    layout: Layout,
    rows: u64,
    occupations: Vec<Occupation>,
    counts: Vec<u64>,
    groups: HashMap<String, usize>,
    /// Eight bytes a row are all that is kept of it.
    ids: Vec<u64>,
    /// The group of the row before.
    last: Option<usize>,
    contiguous: bool,
    weights: bool,
}

impl Scan {
    fn new(file: String, layout: Layout) -> Self {
        Self {
            file,
            layout,
            rows: 0,
            occupations: Vec::new(),
            counts: Vec::new(),
            groups: HashMap::new(),
            ids: Vec::new(),
            last: None,
            contiguous: true,
            weights: false,
        }
    }

    fn run(&mut self, rows: &mut Rows<'_>) -> Result<(), ReadError> {
        let mut row = Row::default();
        let mut more = rows.next(&mut row)?;
        self.layout.begin(rows.columns())?;
        if !more {
            return Err(ReadError::file(&self.file, "has no rows"));
        }
        while more {
            if rows.columns().len() > self.layout.columns().len() {
                self.layout.grow(rows.columns(), row.line())?;
            }
            self.take(&row)?;
            more = rows.next(&mut row)?;
        }
        self.layout.check_complete()
    }

    fn take(&mut self, row: &Row) -> Result<(), ReadError> {
        let item = self.layout.item(row)?;
        let group = self.group(&item);
        self.rows += 1;
        if let Some(count) = self.counts.get_mut(group) {
            *count += 1;
        }
        self.weights |= item.weight.is_some();
        if self.layout.has(Role::Id) {
            self.ids.push(id_hash(group, &item.id));
        }
        Ok(())
    }

    /// The position of the item's group, which may be new.
    fn group(&mut self, item: &Item<'_>) -> usize {
        let last = self.last.and_then(|last| Some((last, self.occupations.get_mut(last)?)));
        let group = match last {
            Some((last, occupation)) if occupation.code == item.group => last,
            _ => match self.groups.get(item.group.as_ref()) {
                Some(group) => {
                    self.contiguous = false;
                    *group
                }
                None => self.new_group(item),
            },
        };
        self.last = Some(group);
        // Without groups, title and description are those of the item.
        if let Some(occupation) = self.occupations.get_mut(group).filter(|_| self.layout.has(Role::Group)) {
            fill(&mut occupation.title, item.title);
            fill(&mut occupation.description, item.description);
        }
        group
    }

    fn new_group(&mut self, item: &Item<'_>) -> usize {
        let group = self.occupations.len();
        let code = item.group.clone().into_owned();
        self.groups.insert(code.clone(), group);
        self.occupations.push(Occupation { code, title: String::new(), description: String::new() });
        self.counts.push(0);
        group
    }
}

/// The first row that says something has said it.
fn fill(field: &mut String, value: &str) {
    if field.is_empty() {
        value.clone_into(field);
    }
}

/// The tasks of a table, group by group.
pub(super) struct Tasks<'t> {
    table: &'t Table,
    from: Feed<'t>,
    row: Row,
    ended: bool,
}

enum Feed<'t> {
    File(Rows<'static>),
    /// With the position of the next row.
    Memory(&'t Packed, usize),
}

impl Tasks<'_> {
    fn read(&mut self) -> Result<Option<(usize, Task)>, ReadError> {
        let layout = &self.table.layout;
        match &mut self.from {
            Feed::File(rows) => {
                if !rows.next(&mut self.row)? {
                    return self.check_end().map(|()| None);
                }
            }
            Feed::Memory(packed, next) => {
                if packed.get(*next, layout.columns().len(), &mut self.row).is_none() {
                    return Ok(None);
                }
                *next += 1;
            }
        }
        let item = layout.item(&self.row)?;
        let group = self.table.group_of(&item)?;
        Ok(Some((group, layout.task(&self.row, &item))))
    }

    /// A file that ends early or late is not the one that was checked.
    fn check_end(&self) -> Result<(), ReadError> {
        self.table.source.check_unchanged()?;
        if self.row.number == self.table.rows { Ok(()) } else { Err(self.table.source.changed()) }
    }
}

impl Iterator for Tasks<'_> {
    type Item = Result<(usize, Task), ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read().transpose();
        self.ended = !matches!(read, Some(Ok(_)));
        read
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests make their own files")]

    use super::*;

    fn open(name: &str, text: &str) -> Result<Opened, ReadError> {
        let source = Source::Memory { name: name.to_owned(), bytes: text.as_bytes().into() };
        Table::open(source, &Columns::default())
    }

    fn check(name: &str, text: &str, expected: &str) {
        assert_eq!(open(name, text).err().unwrap().to_string(), format!("{name}: {expected}"), "{text:?}");
    }

    fn groups(opened: &Opened) -> Vec<(&str, &str, u64)> {
        let all = opened.occupations.iter().zip(&opened.counts);
        all.map(|(one, count)| (one.code.as_str(), one.title.as_str(), *count)).collect()
    }

    const GROUPED: &str = "id,text,group,title,description,weight\n1,a,x,,,\n2,b,x,The X,about,1\n1,c,y,,,\n";

    #[test]
    fn groups_come_in_order_of_appearance() {
        let opened = open("t.csv", GROUPED).unwrap();
        assert_eq!(groups(&opened), [("x", "The X", 2), ("y", "y", 1)]);
        assert_eq!(opened.occupations[0].description, "about");
        assert!(opened.contiguous && opened.weights);
        assert_eq!(opened.sha256, Hash::of(GROUPED.as_bytes()));
    }

    #[test]
    fn without_groups_there_is_one() {
        let opened = open("My Items.csv", "text,title\na,One\nb,Two\n").unwrap();
        assert_eq!(groups(&opened), [("my-items", "My Items", 2)]);
        let tasks: Vec<Task> = opened.table.tasks().unwrap().map(|step| step.unwrap().1).collect();
        assert_eq!((tasks[1].id.as_str(), tasks[1].column("title")), ("2", Some("Two")));
    }

    #[test]
    fn scattered_groups_are_gathered() {
        let opened = open("t.csv", "text,group\na,x\nb,y\nc,x\n").unwrap();
        assert!(!opened.contiguous);
        let ids: Vec<(usize, String)> =
            opened.table.tasks().unwrap().map(|step| step.map(|(at, task)| (at, task.id)).unwrap()).collect();
        assert_eq!(ids, [(0, "1".to_owned()), (0, "3".to_owned()), (1, "2".to_owned())]);
    }

    #[test]
    fn the_same_table_in_every_form() {
        let read = |name: &str, text: &str| -> Vec<(usize, Task)> {
            open(name, text).unwrap().table.tasks().unwrap().map(Result::unwrap).collect()
        };
        let expected = read("t.csv", "id,text,group\n1,\"a, b\",x\n2,\"say \"\"c\"\"\",y\n");
        assert_eq!(expected.len(), 2);
        for (name, text) in [
            ("t.tsv", "id\ttext\tgroup\n1\ta, b\tx\n2\t\"say \"\"c\"\"\"\ty\n"),
            ("t.csv", "\u{feff}id;text;group\r\n1;a, b;x\r\n2;\"say \"\"c\"\"\";y"),
            (
                "t.ndjson",
                "{\"id\":1,\"text\":\"a, b\",\"group\":\"x\"}\n{\"group\":\"y\",\"text\":\"say \\\"c\\\"\",\"id\":2}",
            ),
        ] {
            assert_eq!(read(name, text), expected, "{text}");
        }
    }

    #[test]
    fn ids_are_unique_within_a_group() {
        check("t.csv", "id,text\n1,a\n2,b\n1.0,c\n", "line 4: the id `1` stands in line 2 already");
        check(
            "t.csv",
            "id,text,code\n1,a,x\n1,b,y\n2,\"c\nc\",y\n1,d,y\n",
            "line 6: the id `1` of `y` stands in line 3 already",
        );
        check(
            "t.jsonl",
            "{\"id\":1,\"text\":\"a\"}\n\n{\"id\":\"1\",\"text\":\"a\"}",
            "line 3: the id `1` stands in line 1 already",
        );
        assert!(open("t.csv", "id,text,group\n1,a,x\n1,b,y\n").is_ok());
    }

    #[test]
    fn every_row_is_checked() {
        check("t.csv", "id,text\n1,a\n2\n", "line 3: has 1 cells, but the header has 2");
        check("t.csv", "id,text\n1,a\n\n2,\n", "line 4, column `text`: is empty; every row is to have one");
        check("t.csv", "id,text\n", "has no rows");
        check("t.csv", "", "is empty; expected a line with the names of the columns");
        check("t.jsonl", "\n\n", "has no rows");
        check(
            "t.jsonl",
            "{\"id\":1,\"text\":\"a\"}\n{\"id\":2}\n",
            "line 2, column `text`: is empty; every row is to have one",
        );
        check(
            "t.jsonl",
            "{\"text\":\"a\"}\n{\"id\":2,\"text\":\"b\"}\n",
            "line 2: is the first to have a column for `id`; every line is to have it",
        );
        check(
            "t.xlsx",
            "",
            "is not a table that can be read; expected a name ending in .csv, .tsv, .jsonl or .ndjson",
        );
    }

    #[test]
    fn keys_of_json_may_come_late() {
        let text = "{\"text\":\"a\",\"group\":\"x\"}\n{\"text\":\"b\",\"group\":\"y\"}\n{\"group\":\"x\",\"note\":1,\"text\":\"c\"}";
        let opened = open("t.jsonl", text).unwrap();
        let tasks: Vec<Task> = opened.table.tasks().unwrap().map(|step| step.unwrap().1).collect();
        let notes: Vec<Option<&str>> = tasks.iter().map(|task| task.column("note")).collect();
        assert_eq!(notes, [Some(""), Some("1"), Some("")]);
    }

    #[test]
    fn many_collisions_are_no_duplicates() {
        let opened = open("t.csv", "id,text\n1,a\n2,b\n").unwrap();
        let hashes = vec![id_hash(0, "1"), id_hash(0, "2"), id_hash(0, "1"), id_hash(0, "2")];
        opened.table.check_ids(hashes).unwrap();
    }

    #[test]
    fn a_change_between_passes_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        std::fs::write(&path, "id,text\n1,a\n2,b\n").unwrap();
        let opened = Table::open(Source::file(&path).unwrap(), &Columns::default()).unwrap();
        let mut walk = opened.table.tasks().unwrap();
        walk.next().unwrap().unwrap();
        std::fs::write(&path, "id,text\n1,a\n").unwrap();
        let last = walk.last().unwrap();
        assert!(last.is_ok() || matches!(last, Err(ReadError::Changed { .. })));
        assert!(matches!(opened.table.tasks().err(), Some(ReadError::Changed { .. })));
    }
}

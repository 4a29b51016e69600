//! From a row of a table to an item, and to the task that it becomes.

use std::borrow::Cow;

use super::ReadError;
use super::columns::{Asked, Columns, Role, Roles};
use super::error::shown;
use super::rows::{Format, Row, list};
use super::soc;
use crate::domain::names::slug;
use crate::domain::{Task, TaskType};

/// How the rows of one table are understood.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    file: String,
    format: Format,
    asked: Asked,
    textless: bool,
    roles: Roles,
    columns: Vec<String>,
    /// The group of all rows where there is no column for it.
    single: String,
}

/// What one row says.
pub(super) struct Item<'r> {
    pub id: Cow<'r, str>,
    pub text: &'r str,
    pub group: Cow<'r, str>,
    /// Empty when there is none; so is the description.
    pub title: &'r str,
    pub description: &'r str,
    pub kind: TaskType,
    pub weight: Option<f64>,
}

impl Layout {
    /// `stem` is the file's name without its ending.
    pub fn new(file: &str, stem: &str, format: Format, columns: &Columns) -> Result<Self, ReadError> {
        let single = Some(slug(stem)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| "items".to_owned());
        Ok(Self {
            file: file.to_owned(),
            format,
            asked: Asked::new(file, columns)?,
            textless: columns.textless,
            roles: Roles::default(),
            columns: Vec::new(),
            single,
        })
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    pub fn has(&self, role: Role) -> bool {
        self.roles.get(role).is_some()
    }

    /// Takes in the header of a table, or the keys of a first line.
    pub fn begin(&mut self, columns: &[String]) -> Result<(), ReadError> {
        self.columns = columns.to_vec();
        self.roles.look(&self.asked, columns);
        if self.format == Format::Jsonl { Ok(()) } else { self.check_complete() }
    }

    /// Takes in keys that a later line of JSON has brought.
    pub fn grow(&mut self, columns: &[String], line: u64) -> Result<(), ReadError> {
        self.columns = columns.to_vec();
        for role in self.roles.look(&self.asked, columns) {
            // Rows above were taken to have none.
            if matches!(role, Role::Id | Role::Group) {
                let what =
                    format!("is the first to have a column for `{}`; every line is to have it", role.name());
                return Err(ReadError::line(&self.file, line, what));
            }
        }
        Ok(())
    }

    /// Checks that nothing that is needed or asked for is missing.
    pub fn check_complete(&self) -> Result<(), ReadError> {
        self.asked.missing(&self.file, &self.roles, &self.columns)?;
        if self.has(Role::Text) || self.textless {
            return Ok(());
        }
        let what = format!("has no column `text` or `task`; its columns are {}", list(&self.columns));
        Err(ReadError::hinted(&self.file, what, "say which column holds the text: --columns text=COLUMN"))
    }

    /// Checks one row and says what it means.
    pub fn item<'r>(&self, row: &'r Row) -> Result<Item<'r>, ReadError> {
        Ok(Item {
            id: self.id(row)?,
            text: if self.textless { self.cell(row, Role::Text) } else { self.needed(row, Role::Text)? },
            group: self.group(row)?,
            title: self.cell(row, Role::Title),
            description: self.cell(row, Role::Description),
            kind: self.kind(row)?,
            weight: self.weight(row)?,
        })
    }

    pub fn task(&self, row: &Row, item: &Item<'_>) -> Task {
        let named = self.columns.iter().enumerate().filter(|(_, name)| !name.is_empty());
        Task {
            id: item.id.clone().into_owned(),
            text: item.text.to_owned(),
            kind: item.kind,
            weight: item.weight,
            columns: named.map(|(column, name)| (name.clone(), row.cell(column).to_owned())).collect(),
            ..Task::default()
        }
    }

    fn id<'r>(&self, row: &'r Row) -> Result<Cow<'r, str>, ReadError> {
        if self.has(Role::Id) {
            Ok(Cow::Borrowed(soc::plain_id(self.needed(row, Role::Id)?)))
        } else {
            Ok(Cow::Owned(row.number.to_string()))
        }
    }

    fn group<'r>(&self, row: &'r Row) -> Result<Cow<'r, str>, ReadError> {
        if !self.has(Role::Group) {
            return Ok(Cow::Owned(self.single.clone()));
        }
        let group = self.needed(row, Role::Group)?;
        Ok(soc::code(group).map_or(Cow::Borrowed(group), Cow::Owned))
    }

    fn kind(&self, row: &Row) -> Result<TaskType, ReadError> {
        let text = self.cell(row, Role::Type);
        text.parse().map_err(|_| {
            let what = format!("`{}` is not a task type (Core, Supplemental or n/a)", shown(text));
            self.wrong(row, Role::Type, what)
        })
    }

    fn weight(&self, row: &Row) -> Result<Option<f64>, ReadError> {
        match self.cell(row, Role::Weight) {
            "" | "n/a" => Ok(None),
            text => match soc::number(text, 0.0, soc::MAX_WEIGHT) {
                Ok(weight) => Ok(Some(weight)),
                Err(what) => Err(self.wrong(row, Role::Weight, what)),
            },
        }
    }

    fn cell<'r>(&self, row: &'r Row, role: Role) -> &'r str {
        self.roles.get(role).map_or("", |column| row.cell(column).trim())
    }

    fn needed<'r>(&self, row: &'r Row, role: Role) -> Result<&'r str, ReadError> {
        match self.cell(row, role) {
            "" => Err(self.wrong(row, role, "is empty; every row is to have one".to_owned())),
            text => Ok(text),
        }
    }

    fn wrong(&self, row: &Row, role: Role, what: String) -> ReadError {
        let column = self.roles.get(role).and_then(|column| self.columns.get(column));
        let column = column.map_or(role.name(), String::as_str);
        ReadError::cell(&self.file, row.line(), column, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(names: &[&str]) -> Result<Layout, ReadError> {
        let mut layout = Layout::new("t.csv", "My Table", Format::Csv, &Columns::default())?;
        layout.begin(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
        Ok(layout)
    }

    fn row(cells: &[&str]) -> Row {
        Row { record: cells.to_vec().into(), number: 7, ..Row::default() }
    }

    #[test]
    fn a_row_becomes_a_task() {
        let layout = layout(&["id", "", "code", "Task", "type", "weight", "Region"]).unwrap();
        let row = row(&["12.0", "0", "15-1252", " Write. ", "Core", "2.5", "north "]);
        let item = layout.item(&row).unwrap();
        assert_eq!(item.group, "15-1252.00");
        let task = layout.task(&row, &item);
        assert_eq!((task.id.as_str(), task.text.as_str()), ("12", "Write."));
        assert_eq!((task.kind, task.weight), (TaskType::Core, Some(2.5)));
        assert_eq!((task.column("Region"), task.column("id")), (Some("north "), Some("12.0")));
        assert_eq!(task.columns.len(), 6);
    }

    #[test]
    fn little_is_needed() {
        let layout = layout(&["text"]).unwrap();
        let row = row(&["Write."]);
        let item = layout.item(&row).unwrap();
        assert_eq!((item.id.as_ref(), item.group.as_ref(), item.weight), ("7", "my-table", None));
    }

    #[test]
    fn groups_that_are_no_codes_stay_as_they_are() {
        let layout = layout(&["group", "text"]).unwrap();
        for group in ["north", "15-12", "15-1252.0", "15-1252.03"] {
            assert_eq!(layout.item(&row(&[group, "x"])).unwrap().group, group);
        }
    }

    #[test]
    fn labels_need_no_text() {
        let columns = Columns { textless: true, ..Columns::default() };
        let mut layout = Layout::new("t.csv", "t", Format::Csv, &columns).unwrap();
        layout.begin(&["id", "score"].map(str::to_owned)).unwrap();
        let row = row(&["12.0", "70"]);
        let item = layout.item(&row).unwrap();
        assert_eq!((item.id.as_ref(), item.text), ("12", ""));
        assert_eq!(layout.task(&row, &item).column("score"), Some("70"));
    }

    #[test]
    fn wrong_cells_are_named() {
        let layout = layout(&["id", "text", "Group", "type", "weight"]).unwrap();
        for (cells, expected) in [
            (["", "x", "g", "", ""], "column `id`: is empty; every row is to have one"),
            (["1", " ", "g", "", ""], "column `text`: is empty; every row is to have one"),
            (["1", "x", "", "", ""], "column `Group`: is empty; every row is to have one"),
            (
                ["1", "x", "g", "main", ""],
                "column `type`: `main` is not a task type (Core, Supplemental or n/a)",
            ),
            (["1", "x", "g", "", "-1"], "column `weight`: `-1` is not a number from 0 to 1000000000"),
            (["1", "x", "g", "", "inf"], "column `weight`: `inf` is not a number from 0 to 1000000000"),
            (["1", "x", "g", "", "nan"], "column `weight`: `nan` is not a number from 0 to 1000000000"),
            (["1", "x", "g", "", "1,5"], "column `weight`: `1,5` is not a number from 0 to 1000000000"),
        ] {
            let error = layout.item(&row(&cells)).err().unwrap().to_string();
            assert_eq!(error, format!("t.csv: line 1, {expected}"));
        }
    }

    #[test]
    fn a_table_without_text_is_refused() {
        let error = layout(&["id", "question"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "t.csv: has no column `text` or `task`; its columns are `id`, `question`"
        );
    }
}

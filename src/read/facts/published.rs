//! A table of statistics as it is published, an Excel workbook or csv: its columns by name, its rows with their
//! numbers.

use std::io::Cursor;
use std::sync::Arc;

use calamine::{DataRef, Reader, SheetType, Xlsx, XlsxError};

use super::super::ReadError;
use super::super::archive::Archive;
use super::super::delimited::{Delimited, Dialect};
use super::super::error::shown;
use super::super::rows::{MAX_COLUMNS, Row, list};
use crate::domain::names::nearest;

// What is published has some thousand rows of some dozen columns.
const MOST_ROWS: u64 = 200_000;
const MOST_CELLS: usize = 2_000_000;
/// All parts of a workbook together.
const MOST_UNPACKED: u64 = 256 << 20;

/// How tables name the same column with and without capitals, blanks and underscores.
fn plain(name: &str) -> String {
    let plain = name.chars().map(|c| if c == '_' { ' ' } else { c.to_ascii_lowercase() });
    plain.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) struct Table {
    pub file: String,
    /// The name of its sheet; empty for csv.
    pub sheet: String,
    pub columns: Vec<String>,
    /// The line or row that the columns are named in.
    pub head: u64,
    pub rows: Vec<Cells>,
    /// What stands in cells of other sheets, where publishers explain their signs.
    pub remarks: Vec<String>,
}

/// A row, or line, with its number in the file.
#[derive(Default)]
pub(super) struct Cells {
    pub number: u64,
    cells: Vec<String>,
}

impl Cells {
    /// Empty where there is no such cell.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", |cell| cell.trim())
    }
}

impl Table {
    /// Reads the table that has the column `wanted`, from a workbook's first sheet that does.
    pub fn read(file: &str, bytes: &Arc<[u8]>, wanted: &str) -> Result<Self, ReadError> {
        let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("xlsx") => workbook(file, bytes, wanted),
            Some("csv") => csv(file, bytes),
            _ => Err(ReadError::hinted(
                file,
                "is not a table of statistics that can be read; expected a name ending in .xlsx or .csv",
                "give the file as it is published; save an old workbook (.xls) as .xlsx, and unpack a .zip",
            )),
        }
    }

    /// The first column that has one of the names.
    pub fn find(&self, names: &[&str]) -> Option<usize> {
        let is = |name: &str| self.columns.iter().position(|column| plain(column) == plain(name));
        names.iter().find_map(|name| is(name))
    }

    pub fn column(&self, names: &[&str]) -> Result<usize, ReadError> {
        self.find(names).ok_or_else(|| self.without(names.first().copied().unwrap_or_default()))
    }

    /// The error that a column is missing.
    pub fn without(&self, name: &str) -> ReadError {
        let near = nearest(name, self.columns.iter().map(String::as_str));
        let near = near.map_or_else(String::new, |near| format!("; is it `{}`?", shown(near)));
        let what = format!("has no column `{name}`{near}; its columns are {}", list(&self.columns));
        ReadError::line(&self.file, self.head, what)
    }

    /// The error that a cell is wrong.
    pub fn wrong(&self, row: &Cells, column: usize, what: impl Into<String>) -> ReadError {
        let name = self.columns.get(column).map_or("", String::as_str);
        ReadError::cell(&self.file, row.number, name, what)
    }
}

fn csv(file: &str, bytes: &[u8]) -> Result<Table, ReadError> {
    let dialect = Dialect { delimiter: None, quoting: true, hashed: false, most_rows: MOST_ROWS };
    let mut lines = Delimited::open(file, Box::new(bytes), dialect)?;
    let columns = lines.columns().to_vec();
    let mut table = Table {
        file: file.to_owned(),
        sheet: String::new(),
        head: 1,
        rows: Vec::new(),
        remarks: Vec::new(),
        columns,
    };
    let (mut row, mut count) = (Row::default(), 0);
    while lines.next(&mut row)? {
        let cells: Vec<String> = (0..row.record.len()).map(|at| row.cell(at).to_owned()).collect();
        count += cells.len();
        if count > MOST_CELLS {
            return Err(too_many(file));
        }
        table.rows.push(Cells { number: row.line(), cells });
    }
    Ok(table)
}

fn workbook(file: &str, bytes: &Arc<[u8]>, wanted: &str) -> Result<Table, ReadError> {
    check(file, bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(Arc::clone(bytes))).map_err(|error| bad(file, &error))?;
    let sheets = book.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let names: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let mut found: Option<Table> = None;
    let (mut remarks, mut count) = (Vec::new(), 0);
    for name in &names {
        let rows = sheet(file, &mut book, name, &mut count)?;
        match headed(file, name, rows, wanted) {
            Ok(table) if found.is_none() => found = Some(table),
            Ok(table) => remarks.extend(table.rows.into_iter().flat_map(|row| row.cells)),
            Err(rows) => remarks.extend(rows.into_iter().flat_map(|row| row.cells)),
        }
    }
    let Some(mut table) = found else {
        let sheets = list(&names);
        let what = format!("has no sheet with a column `{wanted}`; its sheets are {sheets}");
        return Err(ReadError::hinted(file, what, "give the file as it is published"));
    };
    table.remarks = remarks;
    Ok(table)
}

/// A workbook is a zip archive from anywhere, and what unpacks it trusts the sizes that it declares.
fn check(file: &str, bytes: &Arc<[u8]>) -> Result<(), ReadError> {
    let packed = bytes.len() as u64;
    let opened = Archive::open(file.to_owned(), Box::new(Cursor::new(Arc::clone(bytes))), packed);
    let checked = opened.and_then(|archive| archive.check_contents(MOST_UNPACKED));
    checked.map_err(|error| match error {
        // The hint for archives is about releases of O*NET.
        ReadError::File { file, what, .. } => ReadError::hinted(&file, what, AS_PUBLISHED),
        other => other,
    })
}

const AS_PUBLISHED: &str = "give the workbook as it is published, or its table saved as CSV (UTF-8)";

fn bad(file: &str, error: &XlsxError) -> ReadError {
    let what = format!("is not a workbook that can be read: {}", shown(&error.to_string()));
    ReadError::hinted(file, what, AS_PUBLISHED)
}

fn too_many(file: &str) -> ReadError {
    ReadError::file(file, format!("has more than {MOST_CELLS} cells"))
}

/// The rows of a sheet that hold anything. Cells are read one by one: a sheet may declare to be as wide as it likes.
fn sheet(
    file: &str,
    book: &mut Xlsx<Cursor<Arc<[u8]>>>,
    name: &str,
    count: &mut usize,
) -> Result<Vec<Cells>, ReadError> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|error| bad(file, &error))?;
    let mut rows: Vec<Cells> = Vec::new();
    while let Some(cell) = cells.next_cell().map_err(|error| bad(file, &error))? {
        let Some(text) = text(cell.get_value()) else { continue };
        let (row, column) = cell.get_position();
        let (number, column) = (u64::from(row) + 1, column as usize);
        if column >= MAX_COLUMNS {
            let what = format!("has a cell in column {}; {MAX_COLUMNS} are allowed", column + 1);
            return Err(ReadError::line(file, number, what));
        }
        if rows.last().is_none_or(|last| last.number != number) {
            rows.push(Cells { number, ..Cells::default() });
        }
        let Some(Cells { cells, .. }) = rows.last_mut() else { continue };
        let width = cells.len().max(column + 1);
        *count += width - cells.len();
        if *count > MOST_CELLS {
            return Err(too_many(file));
        }
        cells.resize(width, String::new());
        if let Some(place) = cells.get_mut(column) {
            *place = text;
        }
    }
    Ok(rows)
}

/// What a cell says; `None` where it is empty.
fn text(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(is) => is.to_string(),
        DataRef::DateTime(at) => at.as_f64().to_string(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        // What a formula could not reckon is not there.
        DataRef::Error(_) => "N/A".to_owned(),
    };
    Some(text).filter(|text| !text.is_empty())
}

/// Takes the rows below the one that names the columns; gives the rows back where none does.
fn headed(file: &str, name: &str, mut rows: Vec<Cells>, wanted: &str) -> Result<Table, Vec<Cells>> {
    const FIRST: usize = 20;
    let names = |row: &Cells| row.cells.iter().any(|cell| plain(cell) == plain(wanted));
    let Some(at) = rows.iter().take(FIRST).position(names) else { return Err(rows) };
    let below = rows.split_off(at + 1);
    let Some(head) = rows.pop() else { return Err(below) };
    Ok(Table {
        file: file.to_owned(),
        sheet: name.to_owned(),
        columns: head.cells.iter().map(|cell| cell.trim().to_owned()).collect(),
        head: head.number,
        rows: below,
        remarks: Vec::new(),
    })
}

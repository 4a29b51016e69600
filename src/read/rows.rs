//! Rows of cells, whatever the file's form: the one view that `onet` and `table` have of a file.

use std::io::Read;

use csv::StringRecord;

use super::ReadError;
use super::delimited::{Delimited, Dialect};
use super::error::shown;
use super::jsonl::JsonLines;
use crate::domain::Hash;

/// Far above any table that people make, and low enough for a row of nothing but delimiters.
pub(super) const MAX_COLUMNS: usize = 1_000;

/// The form of a table, told by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Tsv,
    Jsonl,
}

impl Format {
    pub fn of(name: &str) -> Result<Self, ReadError> {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("tsv") => Ok(Self::Tsv),
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl),
            _ => Err(ReadError::hinted(
                name,
                "is not a table that can be read; expected a name ending in .csv, .tsv, .jsonl or .ndjson",
                "save a spreadsheet as CSV (UTF-8)",
            )),
        }
    }
}

/// One row, used again for the next to save allocations.
#[derive(Default)]
pub(super) struct Row {
    pub record: StringRecord,
    /// From 1, without the header and blank lines.
    pub number: u64,
    pub place: Place,
}

/// Where a row begins.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Line(u64),
    /// Known by the line after it and the line breaks within; counted only when it is asked for.
    Before(u64),
}

impl Default for Place {
    fn default() -> Self {
        Self::Line(1)
    }
}

impl Row {
    /// The cell of a column; empty when there is none.
    pub fn cell(&self, column: usize) -> &str {
        let cell = self.record.get(column).unwrap_or_default();
        // Lines are split at LF, so CRLF leaves its CR in the last cell.
        if column + 1 == self.record.len() { cell.strip_suffix('\r').unwrap_or(cell) } else { cell }
    }

    /// The line, from 1, on which the row begins.
    pub fn line(&self) -> u64 {
        match self.place {
            Place::Line(line) => line,
            Place::Before(next) => {
                let within = self.record.as_slice().bytes().filter(|byte| *byte == b'\n').count();
                next.saturating_sub(1 + within as u64).max(1)
            }
        }
    }
}

pub(super) enum Rows<'a> {
    Delimited(Box<Delimited<'a>>),
    Json(Box<JsonLines<'a>>),
}

impl<'a> Rows<'a> {
    /// `known` are the columns found in an earlier pass; empty in the first, which is hashed.
    pub fn open(
        format: Format,
        file: &str,
        bytes: Box<dyn Read + Send + 'a>,
        known: &[String],
    ) -> Result<Self, ReadError> {
        let hashed = known.is_empty();
        let dialect = match format {
            Format::Csv => Dialect { delimiter: None, quoting: true, hashed, most_rows: u64::MAX },
            Format::Tsv => Dialect { delimiter: Some(b'\t'), quoting: true, hashed, most_rows: u64::MAX },
            Format::Jsonl => return Ok(Self::Json(Box::new(JsonLines::open(file, bytes, known)?))),
        };
        let rows = Delimited::open(file, bytes, dialect)?;
        if !hashed && rows.columns() != known {
            return Err(ReadError::Changed { file: file.to_owned() });
        }
        Ok(Self::Delimited(Box::new(rows)))
    }

    /// Reads the next row; `false` at the end.
    pub fn next(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        match self {
            Self::Delimited(rows) => rows.next(row),
            Self::Json(rows) => rows.next(row),
        }
    }

    /// All columns found so far, in order of appearance.
    pub fn columns(&self) -> &[String] {
        match self {
            Self::Delimited(rows) => rows.columns(),
            Self::Json(rows) => rows.columns(),
        }
    }

    /// The digest of the file, after the last row of the first pass.
    pub fn hash(self) -> Option<Hash> {
        match self {
            Self::Delimited(rows) => rows.hash(),
            Self::Json(rows) => rows.hash(),
        }
    }
}

/// The columns as a message lists them.
pub(super) fn list(columns: &[String]) -> String {
    const MOST: usize = 20;
    let named = columns.iter().filter(|name| !name.is_empty());
    let mut names: Vec<String> = named.take(MOST).map(|name| format!("`{}`", shown(name))).collect();
    if columns.len() > MOST {
        names.push("…".to_owned());
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_the_form() {
        assert_eq!(Format::of("a.CSV").unwrap(), Format::Csv);
        assert_eq!(Format::of("a.b.ndjson").unwrap(), Format::Jsonl);
        for name in ["a", "a.xlsx", "csv", "a.csv.gz"] {
            assert!(Format::of(name).is_err(), "{name}");
        }
    }
}

//! CSV and TSV, row by row, with the line that each row begins on.

use std::io::Read;
use std::mem;

use csv::{ByteRecord, ReaderBuilder, StringRecord, Terminator};

use super::ReadError;
use super::counted::{Counted, MAX_ROW, is_too_long};
use super::error::{NOT_UTF8, shown};
use super::rows::{MAX_COLUMNS, Place, Row, list};
use crate::domain::Hash;

/// Follows the file's last byte. It ends a last line without a line end; and where it is not a row
/// of its own, a quote was left open and has swallowed the rows before it.
const TAIL: &[u8] = b"\n\x1d\x1e end of the table \x1e\x1d\n";
const LAST_ROW: &str = "\u{1d}\u{1e} end of the table \u{1e}\u{1d}";

#[derive(Clone, Copy)]
pub(super) struct Dialect {
    /// `None`: a comma, or a semicolon where the header has no comma.
    pub delimiter: Option<u8>,
    pub quoting: bool,
    pub hashed: bool,
    /// Further rows are an error.
    pub most_rows: u64,
}

pub(super) struct Delimited<'a> {
    file: String,
    reader: csv::Reader<Counted<'a>>,
    columns: Vec<String>,
    rows: u64,
    most_rows: u64,
}

impl<'a> Delimited<'a> {
    /// Reads the header, too.
    pub fn open(file: &str, bytes: Box<dyn Read + Send + 'a>, dialect: Dialect) -> Result<Self, ReadError> {
        let io = |source| ReadError::Io { file: file.to_owned(), source };
        let bytes = Counted::new(bytes, TAIL, dialect.hashed).map_err(io)?;
        let delimiter = dialect.delimiter.unwrap_or_else(|| guess(bytes.first_line()));
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(dialect.quoting)
            .has_headers(false)
            .flexible(true)
            // Splitting at LF only keeps the count of lines exact with CRLF, too.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(64 << 10)
            .from_reader(bytes);
        let mut new = Self {
            file: file.to_owned(),
            reader,
            columns: Vec::new(),
            rows: 0,
            most_rows: dialect.most_rows,
        };
        new.columns = new.header()?;
        Ok(new)
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The position of a column, by its name in any case; an error names those there are.
    pub fn column(&self, name: &str) -> Result<usize, ReadError> {
        self.find(name).ok_or_else(|| {
            let what = format!("has no column `{name}`; its columns are {}", list(&self.columns));
            ReadError::line(&self.file, 1, what)
        })
    }

    pub fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.eq_ignore_ascii_case(name))
    }

    pub fn next(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        if !self.next_filled(row)? {
            return Ok(false);
        }
        self.rows += 1;
        row.number = self.rows;
        if self.rows > self.most_rows {
            let what = format!("is one row too many; {} are allowed", self.most_rows);
            return Err(ReadError::line(&self.file, row.line(), what));
        }
        if row.record.len() == self.columns.len() {
            return Ok(true);
        }
        let what = format!("has {} cells, but the header has {}", row.record.len(), self.columns.len());
        Err(ReadError::line(&self.file, row.line(), what))
    }

    pub fn hash(self) -> Option<Hash> {
        self.reader.into_inner().hash()
    }

    fn header(&mut self) -> Result<Vec<String>, ReadError> {
        let mut row = Row::default();
        if !self.next_filled(&mut row)? {
            return Err(ReadError::file(
                &self.file,
                "is empty; expected a line with the names of the columns",
            ));
        }
        let columns: Vec<String> =
            (0..row.record.len()).map(|column| row.cell(column).trim().to_owned()).collect();
        let wrong = |what: String| ReadError::line(&self.file, row.line(), what);
        if columns.len() > MAX_COLUMNS {
            return Err(wrong(format!("has {} columns; {MAX_COLUMNS} are allowed", columns.len())));
        }
        let mut sorted: Vec<&String> = columns.iter().filter(|name| !name.is_empty()).collect();
        sorted.sort();
        match sorted.windows(2).find_map(|pair| pair.first().filter(|first| pair.last() == Some(first))) {
            Some(twice) => Err(wrong(format!("has two columns called `{}`", shown(twice)))),
            None => Ok(columns),
        }
    }

    /// The next row that is not a blank line.
    fn next_filled(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        while self.read(row)? {
            if row.record.len() > 1 || !row.cell(0).is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn read(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        let before = self.reader.position().clone();
        let mut raw = mem::take(&mut row.record).into_byte_record();
        let more = self.reader.read_byte_record(&mut raw);
        if !more.map_err(|error| self.failed(before.line(), error))? {
            return Ok(false);
        }
        let after = self.reader.position().clone();
        self.reader.get_mut().settle(after.byte());
        let is_end = self.reader.get_ref().is_end(after.byte());
        // A row that runs into the end has no line break behind it to be counted.
        let next_line = after.line() + u64::from(is_end);
        row.place = Place::Before(next_line);
        self.fill(row, raw, next_line)?;
        if after.byte() - before.byte() > MAX_ROW {
            return Err(self.too_long(row.line()));
        }
        if !is_end {
            return Ok(true);
        }
        if row.record.len() == 1 && row.cell(0) == LAST_ROW {
            return Ok(false);
        }
        Err(ReadError::line(&self.file, row.line(), "opens a quote that is never closed"))
    }

    fn fill(&self, row: &mut Row, raw: ByteRecord, next_line: u64) -> Result<(), ReadError> {
        match StringRecord::from_byte_record(raw) {
            Ok(record) => {
                row.record = record;
                Ok(())
            }
            Err(error) => {
                let column = error.utf8_error().field();
                let raw = error.into_byte_record();
                let within = raw.as_slice().iter().filter(|byte| **byte == b'\n').count();
                let line = next_line.saturating_sub(1 + within as u64).max(1);
                let what = format!("is {NOT_UTF8}");
                Err(match self.columns.get(column) {
                    Some(name) => ReadError::cell(&self.file, line, name, what),
                    None => ReadError::line(&self.file, line, what),
                })
            }
        }
    }

    fn failed(&self, line: u64, error: csv::Error) -> ReadError {
        match error.into_kind() {
            csv::ErrorKind::Io(source) if is_too_long(&source) => self.too_long(line),
            csv::ErrorKind::Io(source) => ReadError::Io { file: self.file.clone(), source },
            other => ReadError::line(&self.file, line, format!("cannot be read: {other:?}")),
        }
    }

    fn too_long(&self, line: u64) -> ReadError {
        ReadError::line(&self.file, line, "is longer than 1 MiB; is a quote left open?")
    }
}

fn guess(header: &[u8]) -> u8 {
    if !header.contains(&b',') && header.contains(&b';') { b';' } else { b',' }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Dialect = Dialect { delimiter: None, quoting: true, hashed: true, most_rows: 9 };

    type Read = Result<Vec<(u64, Vec<String>)>, ReadError>;

    fn read_as(dialect: Dialect, bytes: &[u8]) -> Read {
        let mut rows = Delimited::open("t", Box::new(bytes), dialect)?;
        let mut row = Row::default();
        let mut all = Vec::new();
        while rows.next(&mut row)? {
            all.push((row.line(), (0..row.record.len()).map(|column| row.cell(column).to_owned()).collect()));
        }
        assert_eq!(rows.hash(), Some(Hash::of(bytes)));
        Ok(all)
    }

    fn check(bytes: &str, expected: &[(u64, &[&str])]) {
        let read = read_as(CSV, bytes.as_bytes()).unwrap();
        let read: Vec<(u64, Vec<&str>)> =
            read.iter().map(|(line, cells)| (*line, cells.iter().map(String::as_str).collect())).collect();
        let expected: Vec<(u64, Vec<&str>)> =
            expected.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
        assert_eq!(read, expected, "{bytes:?}");
    }

    #[test]
    fn lines_are_right_with_any_line_end() {
        check("a,b\n1,2\n3,4\n", &[(2, &["1", "2"]), (3, &["3", "4"])]);
        check("a,b\n1,2\n3,4", &[(2, &["1", "2"]), (3, &["3", "4"])]);
        check("a,b\r\n1,2\r\n3,4\r\n", &[(2, &["1", "2"]), (3, &["3", "4"])]);
        check("\u{feff}a,b\r\n\r\n1,2\r\n\n\n3,4", &[(3, &["1", "2"]), (6, &["3", "4"])]);
        check("a,b\n1,\"x\ny\"\n3,\"4\"\n", &[(2, &["1", "x\ny"]), (4, &["3", "4"])]);
        check("a,b\r\n\"1\",\"x\r\ny\"\r\n3,\"4\"\r\n", &[(2, &["1", "x\r\ny"]), (4, &["3", "4"])]);
        check("\"a\",\"b\"\n1,\"say \"\"hi\"\"\"\n", &[(2, &["1", "say \"hi\""])]);
        check("a;b\n1;2,5\n", &[(2, &["1", "2,5"])]);
        check("a,b\n", &[]);
    }

    #[test]
    fn quotes_mean_nothing_when_quoting_is_off() {
        let dialect = Dialect { delimiter: Some(b'\t'), quoting: false, ..CSV };
        let rows = read_as(dialect, b"a\tb\r\n1\t\"head\r\n2\tx\"\r\n").unwrap();
        assert_eq!(rows[0], (2, vec!["1".to_owned(), "\"head".to_owned()]));
        assert_eq!(rows[1].1[1], "x\"");
    }

    #[test]
    fn wrong_rows_are_named_by_their_line() {
        let long = format!("a,b\n1,2\n3,{}\n", "x".repeat(2 << 20));
        let swallowed = format!("a,b\n1,2\n\n3,\"{}", "x,y\n".repeat(1 << 19));
        for (bytes, expected) in [
            (&b""[..], "t: is empty; expected a line with the names of the columns"),
            (b"\n\r\n", "t: is empty; expected a line with the names of the columns"),
            (b"a,b\n1,2\n3\n", "t: line 3: has 1 cells, but the header has 2"),
            (b"a,b\n1,\"x\ny\"\n\n3,4,5\n", "t: line 5: has 3 cells, but the header has 2"),
            (b"a,b\n1,\xff\n", "t: line 2, column `b`: is not UTF-8"),
            (b"a,b\n\"x\ny\",z\n\xff,2\n", "t: line 4, column `a`: is not UTF-8"),
            (b"\xff\xfea\0,\0b\0\n\0", "t: line 1: is not UTF-8"),
            (b"a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "t: line 11: is one row too many; 9 are allowed"),
            (b"a,b,a\n", "t: line 1: has two columns called `a`"),
            (b"a,b\n1,2\n3,\"4\n5,6\n", "t: line 3: opens a quote that is never closed"),
            (b"\"a,b\n1,2\n", "t: line 1: opens a quote that is never closed"),
            (long.as_bytes(), "t: line 3: is longer than 1 MiB; is a quote left open?"),
            (swallowed.as_bytes(), "t: line 3: is longer than 1 MiB; is a quote left open?"),
        ] {
            assert_eq!(read_as(CSV, bytes).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_file_cannot_pretend_to_end() {
        let bytes = [b"a\n1".as_slice(), TAIL, b"2\n"].concat();
        assert_eq!(read_as(CSV, &bytes).unwrap().len(), 3);
    }
}

//! JSON Lines: one object a line, its keys the columns.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Read};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::ReadError;
use super::counted::{Counted, MAX_ROW};
use super::error::{NOT_UTF8, shown};
use super::rows::{MAX_COLUMNS, Place, Row};
use crate::domain::Hash;

pub(super) struct JsonLines<'a> {
    file: String,
    reader: BufReader<Counted<'a>>,
    columns: Vec<String>,
    /// Position of each column.
    known: HashMap<String, usize>,
    /// In later passes a new key means that the file was changed.
    first_pass: bool,
    line: u64,
    rows: u64,
    buffer: Vec<u8>,
    cells: Vec<Option<String>>,
}

impl<'a> JsonLines<'a> {
    pub fn open(file: &str, bytes: Box<dyn Read + Send + 'a>, known: &[String]) -> Result<Self, ReadError> {
        let first_pass = known.is_empty();
        let bytes = Counted::new(bytes, b"", first_pass);
        let bytes = bytes.map_err(|source| ReadError::Io { file: file.to_owned(), source })?.unbounded();
        Ok(Self {
            file: file.to_owned(),
            reader: BufReader::with_capacity(64 << 10, bytes),
            columns: known.to_vec(),
            known: known.iter().cloned().zip(0..).collect(),
            first_pass,
            line: 0,
            rows: 0,
            buffer: Vec::new(),
            cells: Vec::new(),
        })
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    pub fn hash(self) -> Option<Hash> {
        self.reader.into_inner().hash()
    }

    pub fn next(&mut self, row: &mut Row) -> Result<bool, ReadError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let found = self.next_line(&mut buffer);
        let parsed =
            found.and_then(|found| if found { self.parse(&buffer).map(|()| true) } else { Ok(false) });
        self.buffer = buffer;
        if !parsed? {
            return Ok(false);
        }
        self.rows += 1;
        row.number = self.rows;
        row.place = Place::Line(self.line);
        row.record.clear();
        for cell in &self.cells {
            row.record.push_field(cell.as_deref().unwrap_or_default());
        }
        Ok(true)
    }

    /// The next line that is not blank.
    fn next_line(&mut self, buffer: &mut Vec<u8>) -> Result<bool, ReadError> {
        loop {
            buffer.clear();
            let line = (&mut self.reader).take(MAX_ROW + 1).read_until(b'\n', buffer);
            let read = line.map_err(|source| ReadError::Io { file: self.file.clone(), source })?;
            if read == 0 {
                return Ok(false);
            }
            self.line += 1;
            if read as u64 > MAX_ROW {
                return Err(self.wrong("is longer than 1 MiB"));
            }
            if !buffer.iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    fn parse(&mut self, line: &[u8]) -> Result<(), ReadError> {
        let text = std::str::from_utf8(line).map_err(|_| self.wrong(format!("is {NOT_UTF8}")))?;
        let object: Object<'_> = serde_json::from_str(text).map_err(|error| self.not_json(&error))?;
        self.cells.clear();
        self.cells.resize(self.columns.len(), None);
        for (key, value) in object.0 {
            let value = self.text_of(&key, value.get())?;
            let column = self.column(&key)?;
            match self.cells.get_mut(column) {
                Some(cell @ None) => *cell = Some(value),
                _ => return Err(self.wrong(format!("has the key `{}` twice", shown(&key)))),
            }
        }
        Ok(())
    }

    /// The position of a key, which may be new.
    fn column(&mut self, key: &str) -> Result<usize, ReadError> {
        if let Some(column) = self.known.get(key) {
            return Ok(*column);
        }
        if !self.first_pass {
            return Err(ReadError::Changed { file: self.file.clone() });
        }
        let column = self.columns.len();
        if column == MAX_COLUMNS {
            return Err(self.wrong(format!("has one key too many; {MAX_COLUMNS} different ones are allowed")));
        }
        self.columns.push(key.to_owned());
        self.known.insert(key.to_owned(), column);
        self.cells.push(None);
        Ok(column)
    }

    /// Strings decoded, numbers and truth values as they are written, null as empty.
    fn text_of(&self, key: &str, raw: &str) -> Result<String, ReadError> {
        match raw.bytes().next() {
            Some(b'"') => serde_json::from_str(raw).map_err(|error| self.not_json(&error)),
            Some(b'{' | b'[') => {
                let what = "is a list or an object; expected text, a number, true, false or null";
                Err(ReadError::cell(&self.file, self.line, key, what))
            }
            Some(b'n') => Ok(String::new()),
            _ => Ok(raw.to_owned()),
        }
    }

    fn wrong(&self, what: impl Into<String>) -> ReadError {
        ReadError::line(&self.file, self.line, what)
    }

    fn not_json(&self, error: &serde_json::Error) -> ReadError {
        // The parser sees one line at a time, so its own "at line 1" would mislead.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        self.wrong(format!("is not a JSON object: {message} (character {})", error.column()))
    }
}

/// An object's keys and values in their order, which a `Map` would not keep.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns, and rows with their lines.
    type Table = (Vec<String>, Vec<(u64, Vec<String>)>);

    fn read(bytes: &[u8]) -> Result<Table, ReadError> {
        let mut rows = JsonLines::open("t", Box::new(bytes), &[])?;
        let mut row = Row::default();
        let mut all = Vec::new();
        while rows.next(&mut row)? {
            all.push((row.line(), row.record.iter().map(str::to_owned).collect()));
        }
        let columns = rows.columns().to_vec();
        assert_eq!(rows.hash(), Some(Hash::of(bytes)));
        Ok((columns, all))
    }

    #[test]
    fn values_become_text_in_order_of_appearance() {
        let bytes = b"\xef\xbb\xbf{\"id\": 12345678901234567890123, \"text\": \"a\\nb\"}\r\n\r\n\
            {\"x\": true, \"text\": null, \"id\": 1.50}";
        let (columns, rows) = read(bytes).unwrap();
        assert_eq!(columns, ["id", "text", "x"]);
        assert_eq!(rows[0], (1, vec!["12345678901234567890123".to_owned(), "a\nb".to_owned()]));
        assert_eq!(rows[1], (3, vec!["1.50".to_owned(), String::new(), "true".to_owned()]));
    }

    #[test]
    fn wrong_lines_are_named() {
        let long = format!("{{\"a\": 1}}\n{{\"a\": \"{}\"}}", "x".repeat(2 << 20));
        let wide: Vec<String> = (0..1_001).map(|key| format!("\"{key}\": 1")).collect();
        let wide = format!("{{{}}}", wide.join(", "));
        for (bytes, expected) in [
            (
                &b"{}\n[1]\n"[..],
                "t: line 2: is not a JSON object: invalid type: sequence, expected an object",
            ),
            (b"{\"a\": }", "t: line 1: is not a JSON object: expected value (character 7)"),
            (b"{} {}", "t: line 1: is not a JSON object: trailing characters (character 4)"),
            (b"{\"a\": 1, \"a\": 2}", "t: line 1: has the key `a` twice"),
            (b"\n{\"a\": [1]}", "t: line 2, column `a`: is a list or an object; expected text"),
            (b"{\"a\": \"\xff\"}", "t: line 1: is not UTF-8"),
            (long.as_bytes(), "t: line 2: is longer than 1 MiB"),
            (wide.as_bytes(), "t: line 1: has one key too many; 1000 different ones are allowed"),
        ] {
            let error = read(bytes).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn deep_nesting_does_not_overflow() {
        let bytes = format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(bytes.as_bytes()).is_err());
    }
}

//! Tables as CSV that statistics programs read and spreadsheets do not run.

use super::columns::{About, Column};
use crate::report::{ReportError, harmless_cell};

/// The bytes of a table, and how many rows there are below the head.
pub(super) type Made = Result<(Vec<u8>, usize), ReportError>;

/// A table of these rows. `fill` makes a cell by its column's way for a row.
pub(super) fn csv<Cell, Row>(
    columns: &[Column<Cell>],
    rows: impl Iterator<Item = Row>,
    fill: impl Fn(&Cell, &Row) -> String,
) -> Made {
    let mut bytes = Vec::new();
    let mut count = 0;
    {
        let mut writer = csv::Writer::from_writer(&mut bytes);
        writer.write_record(columns.iter().map(|column| column.about.name))?;
        for row in rows {
            for column in columns {
                writer.write_field(fill(&column.cell, &row))?;
            }
            writer.write_record(None::<&[u8]>)?;
            count += 1;
        }
        writer.flush()?;
    }
    Ok((bytes, count))
}

pub(super) fn abouts<Cell>(columns: &[Column<Cell>]) -> Vec<About> {
    columns.iter().map(|column| column.about).collect()
}

/// Text of tables, models and servers.
pub(super) fn safe(text: &str) -> String {
    harmless_cell(text).into_owned()
}

/// Missing is empty.
pub(super) fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The first so many characters, as reports cut rationales.
pub(super) fn cut(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}

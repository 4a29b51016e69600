//! Columns for people: aligned, and wrapped to the width of the terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::text::plain;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Align {
    Left,
    Right,
}

/// The width of stdout's terminal, or 100 columns off one, so that files do not depend on a window.
pub fn terminal_width() -> usize {
    terminal_size::terminal_size_of(std::io::stdout())
        .map_or(100, |(width, _)| usize::from(width.0).clamp(40, 140))
}

/// Rows below a header, each line indented by two and free of trailing blanks.
pub fn grid(header: &[&str], aligns: &[Align], rows: Vec<Vec<String>>, width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width.saturating_sub(2)).unwrap_or(u16::MAX));
    if !header.is_empty() {
        table.set_header(header.iter().copied());
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell).into_owned()));
    }
    for (column, align) in table.column_iter_mut().zip(aligns) {
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
        column.set_padding((0, 2));
    }
    let lines: Vec<String> =
        table.lines().map(|line| format!("  {}", line.trim_end()).trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

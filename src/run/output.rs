//! stdout is data, stderr is talk.

use std::io::Write;
use std::path::Path;

use anyhow::anyhow;

use super::{Desk, Failure, score};
use crate::cli::{self, Color};
use crate::report::{self, Align, grid, terminal_width};
use crate::write::Draft;

/// Words to the user, on stderr.
#[derive(Clone, Copy)]
pub(crate) struct Talk {
    pub quiet: bool,
}

impl Talk {
    pub fn say(&self, text: impl std::fmt::Display) {
        if !self.quiet {
            anstream::eprintln!("> {text}");
        }
    }

    /// What went wrong and ends nothing; told to those who want to hear of errors alone, too.
    pub fn warn(&self, text: impl std::fmt::Display) {
        anstream::eprintln!("warning: {text}");
    }
}

pub(super) fn choose_color(color: Color) {
    match color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
}

/// Data to stdout.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A JSON document to stdout.
pub(super) fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    print(&format!("{value:#}\n"))
}

/// Rows under a header, fitted to the terminal.
pub(super) fn print_grid(header: &[&str], aligns: &[Align], rows: Vec<Vec<String>>) -> Result<(), Failure> {
    print(&grid(header, aligns, rows, terminal_width()))
}

/// What a command has found, as a table or as JSON, to where the flags say. Checks them first.
pub(super) struct Either {
    as_json: bool,
    sink: Sink,
}

impl Either {
    pub(super) fn new(desk: &Desk, args: &cli::Score) -> Result<Self, Failure> {
        let as_json = match score::format(desk, args)? {
            report::Format::Table => false,
            report::Format::Json => true,
            _ => return Err(Failure::usage(anyhow!("this is a table or JSON: --format table or json"))),
        };
        Ok(Self { as_json, sink: score::sink(desk, args)? })
    }

    /// Only one of the two is made.
    pub(super) fn put(
        mut self,
        table: impl FnOnce(usize) -> String,
        json: impl FnOnce() -> serde_json::Value,
    ) -> Result<(), Failure> {
        let text = if self.as_json { format!("{:#}\n", json()) } else { table(terminal_width()) };
        self.sink.write_all(text.as_bytes())?;
        self.sink.finish()
    }
}

/// Where a report goes. A file appears only when the report is complete.
pub(super) enum Sink {
    Stdout(std::io::BufWriter<std::io::StdoutLock<'static>>),
    File(Box<Draft>),
}

impl Sink {
    pub(super) fn new(output: Option<&Path>) -> Result<Self, Failure> {
        Ok(match output {
            Some(path) => Self::File(Box::new(Draft::new(path)?)),
            None => Self::Stdout(std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock())),
        })
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Stdout(mut out) => out.flush().map_err(Failure::from),
            Self::File(draft) => Ok(draft.finish()?),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::File(draft) => draft.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::File(draft) => draft.flush(),
        }
    }
}

//! Scores to any `Write`: one file per format. Rounds for people, never for machines.

mod agreement;
mod cells;
mod csv;
mod drift;
mod explanation;
mod heaviest;
mod json;
mod jsonl;
mod layout;
mod markdown;
mod parts;
mod record;
mod shape;
mod stability;
mod summary;
mod table;
mod text;
mod validation;

use std::io::Write;

use crate::domain::{Occupation, RunInfo, ScoredOccupation, ScoredTask, Totals};

pub use agreement::{Rationales, agreement_json, agreement_text};
pub use drift::{Step, change_json, change_text, series_json, series_text, shown};
pub use explanation::{explanation_json, explanation_text};
pub use layout::{Align, grid, terminal_width};
pub use parts::{gaps_json, occupation_json, run_json};
pub use record::{Both, Record, RecordSize};
pub use stability::{stability_json, stability_text};
pub use summary::{Against, ModelSummary, RunSummary, Summary, summary_json, summary_markdown};
pub use table::count;
pub use text::{harmless_cell, plain};
pub use validation::{validation_json, validation_text};

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("writing the report: {0}")]
    Write(#[from] std::io::Error),
    #[error("writing the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("writing the report as CSV: {0}")]
    Csv(#[from] ::csv::Error),
}

impl ReportError {
    /// The reader has gone, as with `| head`: not a fault.
    pub fn is_broken_pipe(&self) -> bool {
        let kind = match self {
            Self::Write(error) => Some(error.kind()),
            Self::Json(error) => error.io_error_kind(),
            Self::Csv(error) => match error.kind() {
                ::csv::ErrorKind::Io(error) => Some(error.kind()),
                _ => None,
            },
        };
        kind == Some(std::io::ErrorKind::BrokenPipe)
    }
}

/// Takes scored tasks occupation by occupation: first an occupation's tasks, then the occupation,
/// whose score is known only then.
pub trait Report {
    fn task(&mut self, occupation: &Occupation, task: &ScoredTask) -> Result<(), ReportError>;
    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError>;
    fn end(&mut self, totals: &Totals) -> Result<(), ReportError>;
}

/// The formats of `--format`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Table,
    Json,
    Jsonl,
    Csv,
    Md,
}

/// A report in that format. `width` is the terminal's, for tables.
pub fn new<'a>(
    format: Format,
    run: RunInfo,
    out: Box<dyn Write + 'a>,
    width: usize,
) -> Result<Box<dyn Report + 'a>, ReportError> {
    Ok(match format {
        Format::Table => Box::new(table::Table::new(run, out, width)),
        Format::Json => Box::new(json::Json::new(run, out)),
        Format::Jsonl => Box::new(jsonl::Jsonl::new(run, out)?),
        Format::Csv => Box::new(csv::Csv::new(run, out)?),
        Format::Md => Box::new(markdown::Markdown::new(run, out)),
    })
}

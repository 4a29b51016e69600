//! What can be wrong with an input, and where.

use std::io;

use thiserror::Error;

/// Every variant names the file, and the line and column where there are any.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    #[error("{file}: cannot be read")]
    Io { file: String, source: io::Error },
    #[error("{file}: {what}")]
    File { file: String, what: String, hint: Option<String> },
    #[error("{file}: line {line}: {what}")]
    Line { file: String, line: u64, what: String },
    #[error("{file}: line {line}, column `{column}`: {what}")]
    Cell { file: String, line: u64, column: String, what: String },
    #[error("{file}: line {line}: {what} stands in line {first} already")]
    Twice { file: String, line: u64, first: u64, what: String },
    #[error("{archive}: entry `{entry}`: {what}")]
    Entry { archive: String, entry: String, what: String },
    /// The report has the place with a caret.
    #[error("{file}: {report}")]
    Toml { file: String, report: String },
    #[error("{file}: was changed while it was in use")]
    Changed { file: String },
    #[error("{file}: the code `{code}` is taken by {holder}")]
    Taken { file: String, code: String, holder: String },
    #[error("{file}: onet: `{code}` is not an occupation of {catalogue}")]
    NoOccupation { file: String, code: String, catalogue: String },
    #[error("no rubric is called `{name}`; there are {}", known.join(", "))]
    NoRubric { name: String, known: Vec<String>, near: Option<String> },
}

impl ReadError {
    pub(super) fn file(file: &str, what: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), what: what.into(), hint: None }
    }

    pub(super) fn hinted(file: &str, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), what: what.into(), hint: Some(hint.into()) }
    }

    pub(super) fn line(file: &str, line: u64, what: impl Into<String>) -> Self {
        Self::Line { file: file.to_owned(), line, what: what.into() }
    }

    pub(super) fn cell(file: &str, line: u64, column: &str, what: impl Into<String>) -> Self {
        Self::Cell { file: file.to_owned(), line, column: shown(column), what: what.into() }
    }

    /// What the user may do about it: a command, a key, or a change to the file.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::File { hint, .. } => return hint.clone(),
            Self::NoRubric { near: Some(near), .. } => return Some(format!("did you mean `{near}`?")),
            Self::Taken { .. } => "give the occupation another `slug`",
            Self::NoOccupation { .. } => {
                "leave `onet` out, or use a catalogue that has the occupation; `score-tasks find` knows the codes"
            }
            Self::Changed { .. } => "run the command again, and leave the file alone meanwhile",
            Self::Twice { .. } => "ids are to be unique within an occupation or group",
            Self::Line { what, .. } if what.contains(NOT_UTF8) => "save the file as UTF-8",
            Self::Cell { what, .. } if what.contains(NOT_UTF8) => "save the file as UTF-8",
            Self::NoRubric { .. } => {
                "`score-tasks rubrics list` shows them; a rubric is a folder in prompts/"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// How every reader says it, so that one hint fits.
pub(super) const NOT_UTF8: &str = "not UTF-8";

/// Foreign text as it may go into a message: short, and without control characters, which could
/// move the cursor of a terminal.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let mut shown: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown.replace("\\'", "'").replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_short_and_harmless() {
        assert_eq!(shown("it's \"fine\""), "it's \"fine\"");
        assert_eq!(shown("\u{1b}[31mred"), "\\u{1b}[31mred");
        assert_eq!(shown(&"x".repeat(100)).chars().count(), 61);
    }

    #[test]
    fn places_are_said_in_full() {
        let error = ReadError::line("Task Statements.txt", 812, "`15-12.00` is not an O*NET-SOC code");
        assert_eq!(error.to_string(), "Task Statements.txt: line 812: `15-12.00` is not an O*NET-SOC code");
        let error = ReadError::cell("t.csv", 3, "weight", "`x` is not a number");
        assert_eq!(error.to_string(), "t.csv: line 3, column `weight`: `x` is not a number");
        assert_eq!(error.hint(), None);
    }
}

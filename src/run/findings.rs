//! Findings as lines: what is well, what is worth knowing and what must be mended, with the next step.

use super::Failure;

/// Lines so far, and how many of them must be mended.
pub(super) struct Findings {
    text: String,
    /// Of the column in which stands what a line is about.
    width: usize,
    problems: u32,
}

impl Findings {
    pub(super) fn new(width: usize) -> Self {
        Self { text: String::new(), width, problems: 0 }
    }

    pub(super) fn fine(&mut self, what: &str, found: impl std::fmt::Display) {
        self.line("ok  ", what, &found.to_string(), None);
    }

    /// Worth knowing; nothing must be done yet.
    pub(super) fn warn(&mut self, what: &str, found: &str, hint: Option<&str>) {
        self.line("warn", what, found, hint);
    }

    pub(super) fn bad(&mut self, what: &str, failure: &Failure) {
        self.problems += 1;
        self.line("BAD ", what, &format!("{:#}", failure.error), failure.hint.as_deref());
    }

    pub(super) fn note(&mut self, what: &str, outcome: Result<String, Failure>) {
        match outcome {
            Ok(found) => self.fine(what, found),
            Err(failure) => self.bad(what, &failure),
        }
    }

    /// What belongs to the line above.
    pub(super) fn more(&mut self, text: &str) {
        let margin = self.margin();
        self.text += &format!("{:margin$}{text}\n", "");
    }

    fn line(&mut self, mark: &str, what: &str, found: &str, hint: Option<&str>) {
        let (width, margin) = (self.width, self.margin());
        let found = found.replace('\n', &format!("\n{:1$}", "", margin + 2));
        self.text += &format!("  {mark} {what:width$} {found}\n");
        if let Some(hint) = hint {
            self.more(hint);
        }
    }

    fn margin(&self) -> usize {
        self.width + 8
    }

    pub(super) fn problems(&self) -> u32 {
        self.problems
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

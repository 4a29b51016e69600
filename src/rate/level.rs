//! From what was said to a level of the rubric's scale. Nothing is clamped, rounded or guessed.

use std::fmt;
use std::sync::Arc;

use super::number::Decimal;
use super::scan::Value;
use super::text::{decoded, excerpt};
use crate::domain::{Gap, GapReason, Level, Rubric, Scale, Score};

type Labels = [(Arc<str>, f64)];

/// The level that a value of an answer stands for.
pub fn of_value(rubric: &Rubric, value: Value) -> Result<(Level, Score), Gap> {
    match (&rubric.scale, value) {
        (_, Value::Text(raw)) => of_text(rubric, &decoded(raw)),
        // A label such as `1` may have lost its quotes, but `1.0` is not a spelling of it.
        (Scale::Nominal { labels }, Value::Number(raw)) if !has(labels, raw) => {
            Err(unreadable(&rubric.scale, raw))
        }
        (_, Value::Number(raw)) => of_text(rubric, raw),
        (scale, Value::Other(rest)) => Err(unreadable(scale, rest)),
    }
}

/// The level that a text stands for, in an answer or in a table.
pub fn of_text(rubric: &Rubric, text: &str) -> Result<(Level, Score), Gap> {
    let scale = &rubric.scale;
    let said = text.trim();
    let level = match scale {
        _ if said.is_empty() => return Err(Gap::new(GapReason::Unreadable, "the score is empty")),
        Scale::Integer { .. } | Scale::Ordinal { .. } => {
            let number = Decimal::parse(said).ok_or_else(|| unreadable(scale, said))?;
            number.whole().map(Level::Number)
        }
        Scale::Nominal { labels } => named(labels, said).cloned().map(Level::Label),
    };
    level.and_then(|level| Score::new(scale, &level).map(|score| (level, score))).ok_or_else(|| {
        Gap::new(GapReason::OutOfRange, format!("`{}` is not {}", excerpt(said), Asked(scale)))
    })
}

/// The label itself, or the only one that differs from it in nothing but case.
fn named<'a>(labels: &'a Labels, said: &str) -> Option<&'a Arc<str>> {
    let all = || labels.iter().map(|(label, _)| label);
    if let Some(exact) = all().find(|label| &***label == said) {
        return Some(exact);
    }
    let folded = said.to_lowercase();
    let mut alike = all().filter(|label| label.to_lowercase() == folded);
    alike.next().filter(|_| alike.next().is_none())
}

fn has(labels: &Labels, said: &str) -> bool {
    labels.iter().any(|(label, _)| &**label == said)
}

fn unreadable(scale: &Scale, said: &str) -> Gap {
    Gap::new(GapReason::Unreadable, format!("the score is not {}: `{}`", Asked(scale), excerpt(said)))
}

/// What the scale asks for, in words.
struct Asked<'a>(&'a Scale);

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Scale::Integer { min, max } | Scale::Ordinal { min, max } => {
                write!(f, "a whole number from {min} to {max}")
            }
            Scale::Nominal { .. } => f.write_str("a label of the rubric"),
        }
    }
}

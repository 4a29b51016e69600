//! A rating read from an answer, or the reason why there is none.

use std::fmt;
use std::sync::Arc;

use super::Scale;

/// A score from 0 to 100. It can only be made from a level that the rubric's scale allows.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Score(f64);

impl Score {
    /// Maps a level of the scale to 0..100; `None` when the level is not on the scale.
    pub fn new(scale: &Scale, level: &Level) -> Option<Self> {
        match (scale, level) {
            (Scale::Integer { min, max } | Scale::Ordinal { min, max }, Level::Number(number)) => {
                // In floating point from the start: the widest scales must not overflow. Multiplied
                // first, so that level and score are the same number on a scale of 0 to 100.
                let (low, high) = (*min as f64, *max as f64);
                (min..=max).contains(&number).then(|| Self((*number as f64 - low) * 100.0 / (high - low)))
            }
            (Scale::Nominal { labels }, Level::Label(name)) => {
                labels.iter().find(|(label, _)| **label == **name).map(|(_, value)| Self(*value))
            }
            _ => None,
        }
    }

    pub fn value(self) -> f64 {
        self.0
    }
}

/// What the rater said, on the rubric's own scale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Level {
    Number(i64),
    Label(Arc<str>),
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Label(label) => label.fmt(f),
        }
    }
}

/// One rater's judgement of one task, once.
#[derive(Clone, PartialEq, Debug)]
pub struct Rating {
    pub level: Level,
    pub score: Score,
    /// Word for word; empty when the rubric asks for none or the model gave none.
    pub rationale: String,
}

/// A rating that is not there. Never a number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    pub reason: GapReason,
    /// For people: what was found in place of a score.
    pub detail: String,
}

impl Gap {
    pub fn new(reason: GapReason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }
}

/// Why there is no rating.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum GapReason {
    /// No answer is kept, and none was asked for (or the run was interrupted before).
    NotAsked,
    Refused,
    Truncated,
    Unreadable,
    OutOfRange,
    /// Every attempt to get an answer failed.
    Failed,
    Blocked,
    Retired,
}

impl GapReason {
    pub const ALL: [Self; 8] = [
        Self::NotAsked,
        Self::Refused,
        Self::Truncated,
        Self::Unreadable,
        Self::OutOfRange,
        Self::Failed,
        Self::Blocked,
        Self::Retired,
    ];

    /// The word used in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Refused => "refused",
            Self::Truncated => "truncated",
            Self::Unreadable => "unreadable",
            Self::OutOfRange => "out_of_range",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Retired => "retired",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_levels_of_the_scale_are_scores() {
        let integer = Scale::Integer { min: 0, max: 10 };
        assert_eq!(Score::new(&integer, &Level::Number(7)).unwrap().value(), 70.0);
        assert_eq!(Score::new(&integer, &Level::Number(11)), None);
        assert_eq!(Score::new(&integer, &Level::Number(-1)), None);
        assert_eq!(Score::new(&integer, &Level::Label("7".into())), None);
        let percent = Scale::Integer { min: 0, max: 100 };
        assert!((0..=100).all(|n| Score::new(&percent, &Level::Number(n)).unwrap().value() == n as f64));
        let ordinal = Scale::Ordinal { min: 1, max: 5 };
        assert_eq!(Score::new(&ordinal, &Level::Number(4)).unwrap().value(), 75.0);
        let nominal = Scale::Nominal { labels: vec![("E1".into(), 100.0), ("E2".into(), 50.0)] };
        assert_eq!(Score::new(&nominal, &Level::Label("E2".into())).unwrap().value(), 50.0);
        assert_eq!(Score::new(&nominal, &Level::Label("E3".into())), None);
    }
}

//! How far raters are from labels that count as true, people's mostly. `None` is "not defined"; no figure is
//! ever NaN. docs/METHOD.md has the formulas.

use std::collections::BTreeMap;

use super::GapReason;
use super::agreement::{Confusion, Interval, Level, Line, Pair};

/// The labels that count as true, and how many of them are about tasks that were rated.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gold {
    /// The table and its digest.
    pub name: String,
    pub sha256: String,
    /// Its columns of labels, one per person.
    pub labels: Vec<String>,
    pub rows: usize,
    /// Rows about tasks that were rated.
    pub matched: usize,
    /// Rated tasks that no row is about.
    pub tasks_without: usize,
    /// Matched rows whose text is not that of the task.
    pub other_text: usize,
    /// Cells of the matched rows that hold no label of the scale.
    pub gaps: BTreeMap<GapReason, u64>,
}

/// Raters against gold. Gold is the mean of the people's labels of a task.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Validation {
    /// `gold`, the raters, and last their combination: what the positions of pairs mean.
    pub names: Vec<String>,
    /// Tasks and occupations that have gold.
    pub gold_tasks: usize,
    pub gold_occupations: usize,
    /// By rater, the combination last.
    pub tasks: Vec<Against>,
    /// `None` where there are fewer than two.
    pub occupations: Option<Vec<Against>>,
    /// On the tasks of each major group; empty where there are fewer than two.
    pub groups: Vec<GroupErrors>,
    /// By rater, on tasks; `None` where there are too many scores for a table.
    pub confusions: Vec<Option<Confusion>>,
    /// By rater, without the combination.
    pub suggested_weights: Vec<Option<f64>>,
    /// `None` where gold is of one person.
    pub people: Option<People>,
    /// How intervals were made: so many rounds from this seed; 0 is none.
    pub rounds: u32,
    pub seed: u64,
}

/// One rater against gold, over the items that both have.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Against {
    /// Gold is `a`, the rater `b`, so that the bias is rater less gold.
    pub pair: Pair,
    /// Krippendorff's alpha of the two, with the interval distance.
    pub alpha: Option<f64>,
    /// ICC(2,1) of the two.
    pub icc: Option<f64>,
    /// `gold = intercept + slope x rater`.
    pub line: Option<Line>,
    pub bounds: Bounds,
}

/// 95 % intervals, by resampling items.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Bounds {
    pub exact: Option<Interval>,
    pub kappa: Option<Interval>,
    pub kappa_quadratic: Option<Interval>,
    pub pearson: Option<Interval>,
    pub mae: Option<Interval>,
    pub bias: Option<Interval>,
    pub slope: Option<Interval>,
    pub intercept: Option<Interval>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct GroupErrors {
    pub name: String,
    /// By rater, the combination last.
    pub errors: Vec<Errors>,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Errors {
    pub items: usize,
    pub mae: Option<f64>,
    pub bias: Option<f64>,
    pub pearson: Option<f64>,
}

/// Several people among themselves, and as raters beside the models.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct People {
    pub among: Level,
    /// People first.
    pub all: Level,
}

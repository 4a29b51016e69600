//! What a report says of the run as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Adaptive, CatalogueId, Combine, GapReason, Rubric, Standing, Weighting};

/// Known before the first task is scored.
#[derive(Clone, Debug)]
pub struct RunInfo {
    pub rubric: Arc<Rubric>,
    pub catalogue: CatalogueId,
    pub weighting: Weighting,
    pub combine: Combine,
    /// Rounds of resampling behind intervals, and their seed.
    pub rounds: u32,
    pub seed: u64,
    pub samples: u32,
    /// Further samples where they are wanted.
    pub adaptive: Option<Adaptive>,
    pub offline: bool,
    pub models: Vec<RunModel>,
    /// Things that the reader should know of the catalogue.
    pub notes: Vec<String>,
}

/// A rater as the report names it.
#[derive(Clone, Debug)]
pub struct RunModel {
    pub id: Arc<str>,
    pub provider: &'static str,
    pub model: String,
    /// In the mean over raters.
    pub weight: f64,
}

/// Known after the last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    /// Answers that the run needs.
    pub needed: u64,
    /// Ratings that the run needs: those answers, and labels.
    pub ratings: u64,
    /// Of those the labels, which are read and not asked for.
    pub labels: u64,
    pub cached: u64,
    pub asked: u64,
    pub cost_nano_usd: u64,
    pub gaps: BTreeMap<GapReason, u64>,
    /// Of each occupation, in their order; empty where there are fewer than two.
    pub standings: Vec<Option<Standing>>,
    /// Per model, what it adds to every task, where that was taken away; empty otherwise.
    pub effects: Vec<Option<f64>>,
    /// Per model, the names under which it has answered.
    pub served: Vec<BTreeSet<Arc<str>>>,
}

impl Totals {
    pub fn gap_count(&self) -> u64 {
        self.gaps.values().sum()
    }
}

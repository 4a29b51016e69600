//! How far raters agree: the figures of an item-by-rater table. `None` is "not defined", as where a rater
//! never varies; no figure is ever NaN. docs/METHOD.md has the formulas and when to use which.

/// Two raters, over the items that both have rated. Scores and differences are in points.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Pair {
    /// Positions among the raters.
    pub a: usize,
    pub b: usize,
    /// Items that both have rated.
    pub items: usize,
    /// Share of items with equal scores.
    pub exact: Option<f64>,
    /// Share of items whose scores are at most one step of the scale apart.
    pub within_one: Option<f64>,
    pub kappa: Option<f64>,
    pub kappa_quadratic: Option<f64>,
    pub pearson: Option<f64>,
    pub spearman: Option<f64>,
    pub kendall: Option<f64>,
    pub mae: Option<f64>,
    pub rmse: Option<f64>,
    /// Mean of b minus a.
    pub bias: Option<f64>,
    /// Bland-Altman limits: between these lie about 95 % of the differences.
    pub limits: Option<(f64, f64)>,
    /// Of the items that either has in its highest tenth, the share that both have.
    pub top_jaccard: Option<f64>,
}

/// Krippendorff's alpha under three ideas of distance.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Alpha {
    pub nominal: Option<f64>,
    pub ordinal: Option<f64>,
    pub interval: Option<f64>,
}

/// Intraclass correlations, by the names of Shrout and Fleiss (1979).
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Icc {
    /// ICC(2,1): one rater of many, agreement in size.
    pub single: Option<f64>,
    /// ICC(2,k): the mean of all raters here, agreement in size.
    pub mean: Option<f64>,
    /// ICC(3,1): one of just these raters, agreement but for a constant.
    pub consistency: Option<f64>,
}

/// Where the variance of single scores comes from, in squared points; may fall below 0, as estimates do.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Components {
    pub item: f64,
    pub rater: f64,
    pub residual: f64,
}

/// All raters together.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Overall {
    /// Items with at least one rating, and with one by every rater.
    pub items: usize,
    pub complete: usize,
    /// Share of complete items on which all raters say the same.
    pub exact: Option<f64>,
    pub fleiss: Option<f64>,
    pub alpha: Alpha,
    pub icc: Icc,
    pub components: Option<Components>,
}

/// An interval by resampling.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// A straight line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Line {
    pub slope: f64,
    pub intercept: f64,
}

/// How often which score stands where which other should.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Confusion {
    /// Rising.
    pub levels: Vec<f64>,
    /// By the true level, then by the one that was given.
    pub counts: Vec<Vec<u64>>,
}

/// The agreement of a run's raters, on its tasks and on its occupations.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Agreement {
    pub raters: Vec<String>,
    pub tasks: Level,
    /// `None` where there are fewer than two.
    pub occupations: Option<Level>,
    /// On the tasks of each major group; empty where there are fewer than two.
    pub groups: Vec<Group>,
    /// Each rater with itself.
    pub retests: Vec<Retest>,
    /// The tasks on which raters are farthest apart.
    pub disputed: Vec<Disputed>,
    /// How intervals were made: so many rounds from this seed; 0 is none.
    pub rounds: u32,
    pub seed: u64,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Level {
    pub overall: Overall,
    /// 95 %, by resampling the items of this level.
    pub alpha: Option<Interval>,
    pub icc: Option<Interval>,
    pub pairs: Vec<Pair>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Group {
    pub name: String,
    pub overall: Overall,
    /// Means over the pairs of raters.
    pub pearson: Option<f64>,
    pub mae: Option<f64>,
}

/// Samples of one rater as if each were a rater.
#[derive(Clone, PartialEq, Debug)]
pub struct Retest {
    pub rater: usize,
    pub samples: usize,
    pub overall: Overall,
    /// Root of the mean variance between samples of a task, in points.
    pub sd_within: Option<f64>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Disputed {
    /// Position among the sheet's items.
    pub item: usize,
    /// Highest less lowest rater, in points.
    pub range: f64,
    /// By rater.
    pub scores: Vec<Option<f64>>,
}

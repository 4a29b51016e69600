//! How well the score of an occupation is known. In points; `None` is not defined.

use super::agreement::Interval;

/// Each figure answers a question of its own, and none stands for the others.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Uncertainty {
    /// Between raters' scores of the occupation, with n - 1.
    pub sd: Option<f64>,
    /// Had other raters of their kind been asked: sd / sqrt(raters).
    pub se: Option<f64>,
    /// Had the same raters been asked again.
    pub sampling_se: Option<f64>,
    /// Had other tasks of their kind been listed.
    pub task_se: Option<f64>,
    /// 95 % intervals by resampling what they are named after; only where there are ten of them.
    pub intervals: Intervals,
    /// The share of the weight that would stay on its side of the nearest cut.
    pub band_stability: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Intervals {
    pub raters: Option<Interval>,
    pub samples: Option<Interval>,
    pub tasks: Option<Interval>,
}

/// Where an occupation stands among all of its run.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Standing {
    /// (score - mean) / sd over the run's occupations.
    pub z: Option<f64>,
    /// Share of occupations below it, and half of those level with it, in per cent.
    pub percentile: f64,
}

//! What reports are made of: scored tasks and occupations with their spread.

use std::sync::Arc;

use super::{Gap, Hash, Instant, Occupation, Rating, Task, Uncertainty, Weighting};

/// One sample: its rating or gap, and where it came from.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    pub number: u32,
    pub outcome: Result<Rating, Gap>,
    pub origin: Origin,
}

/// The way back from a sample to what was said.
#[derive(Clone, PartialEq, Debug)]
pub enum Origin {
    /// An answer in the store, under the key of the question that got it.
    Answer {
        key: Hash,
        /// When it was received.
        at: Instant,
        served: Arc<str>,
        tokens_in: u32,
        tokens_out: u32,
        cost_nano_usd: Option<u64>,
    },
    /// A question that has no answer.
    Unanswered { key: Hash },
    /// A cell of the table that was scored.
    Label { column: Arc<str> },
}

/// One model's samples of one task.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelScore {
    /// Position among the run's models.
    pub model: usize,
    /// Mean over the rated samples; `None` when none was rated.
    pub score: Option<f64>,
    /// Standard deviation over samples (n - 1); `None` below two.
    pub sd: Option<f64>,
    pub samples: Vec<Sample>,
}

/// Lowest and highest model.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Spread {
    pub low: f64,
    pub high: f64,
}

/// A task with its scores.
#[derive(Clone, PartialEq, Debug)]
pub struct ScoredTask {
    pub task: Arc<Task>,
    /// Share of the occupation's weight, 0 to 1.
    pub weight: f64,
    /// Mean of the models' means.
    pub score: Option<f64>,
    pub spread: Option<Spread>,
    /// Standard deviation between models (n - 1); `None` below two.
    pub sd: Option<f64>,
    /// Standard error of the score, from the spread between samples; `None` where a model has only one.
    pub sampling_se: Option<f64>,
    pub models: Vec<ModelScore>,
    /// Position in `models` and in its `samples` of the rationale nearest the combined score.
    pub representative: Option<(usize, usize)>,
}

/// One model's view of an occupation.
#[derive(Clone, PartialEq, Debug)]
pub struct ModelMean {
    pub score: Option<f64>,
    /// Share of the occupation's weight that this model has rated.
    pub coverage: f64,
}

/// An occupation with its scores.
#[derive(Clone, PartialEq, Debug)]
pub struct ScoredOccupation {
    pub occupation: Occupation,
    /// How its tasks were weighed.
    pub weighting: Weighting,
    pub score: Option<f64>,
    pub spread: Option<Spread>,
    /// The name of the band that the score falls in.
    pub band: Option<String>,
    /// The bands that the models fall in, from lowest to highest.
    pub band_span: Option<String>,
    /// Mean over models of their coverage.
    pub coverage: f64,
    pub tasks: u64,
    /// Tasks whose weight had to be imputed.
    pub imputed: u64,
    /// In the order of the run's models.
    pub models: Vec<ModelMean>,
    pub uncertainty: Uncertainty,
}

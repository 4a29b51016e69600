//! How one number was made: every term that went into it, and the way from each to what was said.

use super::scored::Spread;
use super::{Answer, Combine, Fit, Hash, ScoredOccupation, ScoredTask, TaskType, Weighting};

/// An occupation's score, taken apart.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Answers of this span of time were to be had.
    pub fit: Fit,
    /// As the report has it.
    pub occupation: ScoredOccupation,
    /// How a weight is made, in words.
    pub formula: String,
    /// The sum of all weights, rated or not.
    pub weight: f64,
    /// In the catalogue's order.
    pub tasks: Vec<Term>,
    /// In the order of the run's models.
    pub models: Vec<ModelSums>,
    /// Over the models that have a score.
    pub combined: Sums,
    /// The same number in other ways.
    pub variants: Vec<Variant>,
    /// The task whose answers are followed to their hashes: the target, or else the heaviest.
    pub followed: usize,
    /// Set where one task is the target.
    pub target: Option<Target>,
}

/// One task with its weight.
#[derive(Clone, Debug)]
pub struct Term {
    /// As the report has it.
    pub scored: ScoredTask,
    /// Not divided by the occupation's sum.
    pub weight: f64,
    pub imputed: bool,
    /// What the weight is made of.
    pub made_of: Vec<Ingredient>,
    /// By model and sample; `None` for a label, which stands in the table.
    pub links: Vec<Vec<Option<Link>>>,
}

/// A figure that goes into a weight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Part {
    pub value: f64,
    pub imputed: bool,
}

/// What goes into a weight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Ingredient {
    Type(TaskType),
    /// Scale IM.
    Importance(Part),
    /// Scale RT, in per cent; imputed by the type.
    Relevance(Part, TaskType),
    /// From scale FT, whose percentages stand beside it where there are any.
    TimesAYear(Part, Option<[f64; 7]>),
    Given(Part),
}

/// The way from a sample to the answer that counts for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Link {
    pub context: Hash,
    pub question: Hash,
    pub attempt: u32,
    /// `None`: none is kept.
    pub answer: Option<Answer>,
    /// Of the answer as it is kept; `None` where it was not looked up.
    pub digest: Option<Hash>,
}

/// The two sums of a weighted mean.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Sums {
    pub weight: f64,
    /// Of weight times score.
    pub product: f64,
}

impl Sums {
    pub fn add(&mut self, weight: f64, score: f64) {
        self.weight += weight;
        self.product += weight * score;
    }
}

/// What one model's score of the occupation is made of.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct ModelSums {
    pub sums: Sums,
    /// How many tasks it rated.
    pub rated: u64,
}

/// How else a number can be made of the same answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Weights(Weighting),
    /// By this model alone.
    Model(usize),
    /// The models combined in another way.
    Combined(Combine),
}

/// The occupation's number in another way.
#[derive(Clone, PartialEq, Debug)]
pub struct Variant {
    pub way: Way,
    pub score: Option<f64>,
    pub spread: Option<Spread>,
    pub band: Option<String>,
    pub coverage: f64,
    pub imputed: u64,
}

/// What there is to say of a task that there is not of an occupation.
#[derive(Clone, PartialEq, Debug)]
pub struct Target {
    pub combined: Sums,
    /// Median of the models.
    pub median: Option<f64>,
    /// The task's weight under other weightings, and the sum of all.
    pub weights: Vec<OtherWeight>,
}

/// A task's weight under another weighting.
#[derive(Clone, PartialEq, Debug)]
pub struct OtherWeight {
    pub weighting: Weighting,
    pub made_of: Vec<Ingredient>,
    pub weight: f64,
    pub all: f64,
}

//! Ratings to scores: of tasks, of occupations by model, of occupations. Pure, and in one fixed
//! order of addition, so that the same answers give the same bits. docs/METHOD.md has the formulas.

mod adaptive;
mod combine;
mod occupation;
mod task;
mod uncertainty;
mod weight;

use crate::domain::{Sample, Spread};

pub use adaptive::{LEAST, samples_needed};
pub use combine::Combination;
pub use occupation::{Method, OccupationTally};
pub use task::task;
pub use weight::{Weighed, formula, ingredients, weigh};

/// Mean of `(value, weight)`; `None` when the weights sum to nothing.
fn weighted_mean(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let mut sums = Sums::default();
    values.for_each(|(value, weight)| sums.add(value, weight));
    sums.mean()
}

/// The score of a sample that has one.
fn score_of(sample: &Sample) -> Option<f64> {
    sample.outcome.as_ref().ok().map(|rating| rating.score.value())
}

/// A weighted mean, added up.
///
/// It adds deviations from the first value, so that the mean of equal values is that value to the last
/// bit, whatever the weights: a score on a cut of the bands must not fall below it by a rounding error.
#[derive(Clone, Copy, Default)]
struct Sums {
    first: Option<f64>,
    deviations: f64,
    weight: f64,
}

impl Sums {
    fn add(&mut self, value: f64, weight: f64) {
        let first = *self.first.get_or_insert(value);
        self.deviations += weight * (value - first);
        self.weight += weight;
    }

    fn mean(&self) -> Option<f64> {
        let first = self.first.filter(|_| self.weight > 0.0)?;
        Some(first + self.deviations / self.weight)
    }
}

fn spread(values: &[f64]) -> Option<Spread> {
    let low = values.iter().copied().min_by(f64::total_cmp)?;
    let high = values.iter().copied().max_by(f64::total_cmp)?;
    Some(Spread { low, high })
}

//! Several raters' scores into one.

use super::sheet::weighted_mean;
use super::{Table, effects, median, trimmed_mean};
use crate::domain::{Combine, Sheet};

/// Combines the scores of raters in their order; `None` where nobody has one. A rater without a weight counts
/// once, one without an effect adds nothing.
pub fn combine(
    how: Combine,
    scores: &[Option<f64>],
    weights: &[f64],
    effects: &[Option<f64>],
) -> Option<f64> {
    let present = || scores.iter().enumerate().filter_map(|(rater, score)| Some((rater, (*score)?)));
    let weight = |rater: usize| weights.get(rater).copied().unwrap_or(1.0);
    let plain = || present().map(|(_, score)| score).collect::<Vec<f64>>();
    match how {
        Combine::Mean => weighted_mean(present().map(|(rater, score)| (score, weight(rater)))),
        Combine::Median => median(&plain()),
        Combine::Trimmed => trimmed_mean(&plain()),
        Combine::Effects => {
            let effect = |rater: usize| effects.get(rater).copied().flatten().unwrap_or(0.0);
            weighted_mean(present().map(|(rater, score)| (score - effect(rater), weight(rater))))
        }
    }
}

/// What each rater adds to every item, with a weighted mean of nought: where all raters rated everything,
/// taking it away changes nothing. `None` where the raters fall into groups that share no item.
pub fn rater_effects(table: &Table, weights: &[f64]) -> Option<Vec<Option<f64>>> {
    let effects = effects(table)?.raters;
    let weighed = effects.iter().zip(weights).filter_map(|(effect, weight)| Some(((*effect)?, *weight)));
    let mean = weighted_mean(weighed).unwrap_or_default();
    Some(effects.into_iter().map(|effect| effect.map(|effect| effect - mean)).collect())
}

/// How the raters of a sheet are combined.
#[derive(Clone, Debug)]
pub(super) struct Combiner {
    how: Combine,
    weights: Vec<f64>,
    effects: Vec<Option<f64>>,
}

impl Combiner {
    /// As the sheet says. `tasks` has the raters' scores, out of which their effects follow; `None` where the
    /// effects are to be taken away and are not defined.
    pub(super) fn of(sheet: &Sheet, tasks: &Table) -> Option<Self> {
        Self::new(sheet.combine, sheet.raters.iter().map(|rater| rater.weight).collect(), tasks)
    }

    pub(super) fn new(how: Combine, weights: Vec<f64>, tasks: &Table) -> Option<Self> {
        let effects = if how == Combine::Effects { rater_effects(tasks, &weights)? } else { Vec::new() };
        Some(Self { how, weights, effects })
    }

    /// The score of an occupation from its tasks: each with its raters' scores, in their order, and its weight.
    pub(super) fn occupation(&self, tasks: &[(Vec<Option<f64>>, f64)]) -> Option<f64> {
        if self.how == Combine::Effects {
            // Taken away task by task, so that it need not matter who rated which.
            let combined =
                |(scores, weight): &(Vec<Option<f64>>, f64)| Some((self.combined(scores)?, *weight));
            return weighted_mean(tasks.iter().filter_map(combined));
        }
        let of_rater = |rater: usize| {
            let rated = |(scores, weight): &(Vec<Option<f64>>, f64)| {
                Some((scores.get(rater).copied().flatten()?, *weight))
            };
            weighted_mean(tasks.iter().filter_map(rated))
        };
        let raters = tasks.first().map_or(0, |task| task.0.len());
        self.combined(&(0..raters).map(of_rater).collect::<Vec<_>>())
    }

    pub(super) fn combined(&self, scores: &[Option<f64>]) -> Option<f64> {
        combine(self.how, scores, &self.weights, &self.effects)
    }
}

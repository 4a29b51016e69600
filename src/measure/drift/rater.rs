//! One rater in two runs: how far it has moved, and whether that is more than chance.

use std::collections::HashMap;

use super::Context;
use crate::domain::drift::{RaterChange, Verdict};
use crate::domain::{GapReason, SheetItem, SheetRating};
use crate::measure::sheet::score;
use crate::measure::{mean, quadratic, sd, spearman, squares};

/// A shift of more standard errors than this is no chance, in 95 of 100 cases.
const BEYOND_CHANCE: f64 = 1.96;

/// The same where only the upper end counts.
const ABOVE_CHANCE: f64 = 1.645;

/// `items` are the tasks of the same text that count.
pub(super) fn rater(
    of: &Context<'_>,
    (one, two): (usize, usize),
    items: &[(usize, usize)],
    threshold: f64,
) -> RaterChange {
    let rated: Vec<(f64, f64)> = of
        .pairs(items)
        .filter_map(|(before, after)| Some((score(before, one)?, score(after, two)?)))
        .collect();
    let (x, y): (Vec<f64>, Vec<f64>) = rated.iter().copied().unzip();
    let shifts: Vec<f64> = rated.iter().map(|(before, after)| after - before).collect();
    let n = shifts.len() as f64;
    let shift = mean(&shifts);
    let se = sd(&shifts).map(|sd| sd / n.sqrt());
    let spreads: Vec<Spread> =
        of.pairs(items).filter_map(|(before, after)| Spread::of((before, one), (after, two))).collect();
    let is_beyond = shift.zip(se).is_some_and(|(shift, se)| shift.abs() > BEYOND_CHANCE * se);
    let served = of.served((one, two));
    let common = Common::of(of, (one, two), items);
    let verdict = match common.verdict(of.is_same_rubric()) {
        Some(verdict) => verdict,
        None if served.0 != served.1 => Verdict::Served,
        None if is_beyond || is_above_chance(&spreads) => Verdict::Moved,
        None => Verdict::Chance,
    };
    RaterChange {
        id: of.before.raters.get(one).map(|rater| rater.id.clone()).unwrap_or_default(),
        tasks: shifts.len(),
        shift,
        se,
        rmsd: mean(&shifts.iter().map(|shift| shift * shift).collect::<Vec<f64>>()).map(f64::sqrt),
        noise: mean(&spreads.iter().map(Spread::variance).collect::<Vec<f64>>()).map(f64::sqrt),
        beyond: super::share(&shifts, |shift| shift.abs() > threshold),
        kappa_quadratic: quadratic(&x, &y),
        spearman: spearman(&x, &y),
        verdict,
        served,
    }
}

/// A task that has several samples in both runs.
struct Spread {
    shift: f64,
    runs: [OfMean; 2],
}

/// The variance of a mean of samples, v / R, as these samples have it, with its degrees of freedom, R - 1.
struct OfMean {
    variance: f64,
    freedom: f64,
}

impl OfMean {
    fn new(item: &SheetItem, rater: usize) -> Option<Self> {
        let samples: Vec<f64> = item.scores(rater).collect();
        let n = samples.len() as f64;
        (samples.len() > 1).then(|| Self { variance: squares(&samples) / (n - 1.0) / n, freedom: n - 1.0 })
    }
}

impl Spread {
    fn of(before: (&SheetItem, usize), after: (&SheetItem, usize)) -> Option<Self> {
        let runs = [OfMean::new(before.0, before.1)?, OfMean::new(after.0, after.1)?];
        Some(Self { shift: score(after.0, after.1)? - score(before.0, before.1)?, runs })
    }

    /// What the squared shift would be on average if only the samples differed.
    fn variance(&self) -> f64 {
        self.runs.iter().map(|run| run.variance).sum()
    }

    /// The square of that, without what the spread of the estimate itself adds to it.
    fn squared(&self) -> f64 {
        let added = self.runs.iter().map(|run| run.variance.powi(2) * 2.0 / (run.freedom + 2.0));
        self.variance().powi(2) - added.sum::<f64>()
    }

    /// A half of the variance of the estimate, with the same taken away.
    fn error(&self) -> f64 {
        self.runs.iter().map(|run| run.variance.powi(2) / (run.freedom + 2.0)).sum()
    }
}

/// Whether the mean squared difference is more than samples alone make of it, in 95 of 100 cases.
///
/// Their ratio is held against Fisher's distribution, as two chi-squares over their degrees of freedom whose
/// cube roots are nearly normal (Wilson and Hilferty, "The distribution of chi-square", 1931; for the ratio
/// Paulson 1942). How many degrees they have follows from how unequal the tasks' spreads are (Satterthwaite
/// 1946): a rater that wavers on a few tasks has few.
fn is_above_chance(tasks: &[Spread]) -> bool {
    let sum = |of: fn(&Spread) -> f64| tasks.iter().map(of).sum::<f64>();
    let (shifts, noise) = (sum(|task| task.shift.powi(2)), sum(Spread::variance));
    if noise <= 0.0 {
        // Whoever always says the same and now says otherwise has moved.
        return shifts > 0.0;
    }
    // Wilson and Hilferty's 2 / 9n, of what is above and what is below.
    let part = |of: f64| 2.0 * of / (9.0 * noise * noise);
    let (above, below) = (part(sum(Spread::squared)), part(sum(Spread::error)));
    let root = (shifts / noise).cbrt();
    let apart = (1.0 - below) * root - (1.0 - above);
    apart > ABOVE_CHANCE * (below * root * root + above).sqrt()
}

/// What the samples of two runs have in common.
#[derive(Default)]
struct Common {
    /// Samples of the same number of the same task.
    samples: usize,
    other_question: usize,
    other_score: usize,
    /// In one run only.
    single: usize,
    /// Of any kind, with the key of a question.
    keyed: usize,
}

impl Common {
    fn of(of: &Context<'_>, (one, two): (usize, usize), items: &[(usize, usize)]) -> Self {
        let mut common = Self::default();
        for (before, after) in of.pairs(items) {
            common.add(asked(before, one), asked(after, two));
        }
        common
    }

    fn add(&mut self, before: HashMap<u32, &SheetRating>, after: HashMap<u32, &SheetRating>) {
        self.keyed += before.values().chain(after.values()).filter(|sample| sample.key.is_some()).count();
        self.single += after.keys().filter(|number| !before.contains_key(number)).count();
        for (number, earlier) in before {
            let Some(later) = after.get(&number) else {
                self.single += 1;
                continue;
            };
            self.samples += 1;
            self.other_question += usize::from(earlier.key != later.key);
            self.other_score += usize::from(earlier.score != later.score);
        }
    }

    /// `None` where the same questions were asked again and got other answers.
    fn verdict(&self, is_same_rubric: bool) -> Option<Verdict> {
        let is_labels = self.keyed == 0;
        Some(match () {
            () if is_labels && self.single + self.samples > 0 => {
                if self.single + self.other_score > 0 {
                    Verdict::Labels
                } else {
                    Verdict::SameAnswers
                }
            }
            () if self.samples == 0 => Verdict::Nothing,
            () if self.other_question * 2 > self.samples && !is_same_rubric => Verdict::Rubric,
            () if self.other_question * 2 > self.samples => Verdict::Settings,
            () if self.other_score > 0 => return None,
            () if self.single > 0 => Verdict::Samples,
            () => Verdict::SameAnswers,
        })
    }
}

/// A rater's samples of a task by their number. One that was never asked for is none.
fn asked(item: &SheetItem, rater: usize) -> HashMap<u32, &SheetRating> {
    let samples = item.ratings.get(rater).into_iter().flatten();
    let is_there = |sample: &&SheetRating| sample.score != Err(GapReason::NotAsked);
    samples.filter(is_there).map(|sample| (sample.sample, sample)).collect()
}

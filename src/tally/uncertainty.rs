//! Standard errors and intervals of an occupation's score.

use super::Combination;
use crate::domain::chance::Chance;
use crate::domain::uncertainty::{Intervals, Uncertainty};
use crate::domain::{Combine, ScoredTask};
use crate::measure::{
    ENOUGH, Rounds, interval, interval_of_weighted, interval_with, normal_below, resampled_here, sd,
};

/// Of an occupation with more tasks than this, nothing is resampled: memory is not to grow with it, and its
/// standard errors say the same.
const MOST_TASKS: usize = 10_000;

/// What is resampled draws from streams of its own.
const TASKS: u64 = 11;
const SAMPLES: u64 = 12;
const RATERS: u64 = 13;

/// Sums over the tasks of an occupation, and the tasks themselves as long as they are not too many.
#[derive(Default)]
pub(super) struct Evidence {
    tasks: usize,
    kept: Vec<Kept>,
    /// By rater.
    noise: Vec<Noise>,
    /// Over tasks with a score: of weight, weight^2, and weight^2 times score and score^2.
    weight: f64,
    squares: [f64; 3],
    /// Of all task scores, unweighted, as deviations from the first.
    plain: Plain,
    stable: f64,
    judged: f64,
}

struct Kept {
    weight: f64,
    /// By rater: its mean, and how far its samples are from it.
    raters: Vec<Option<(f64, Vec<f64>)>>,
}

/// Sampling noise of one rater.
#[derive(Default, Clone)]
struct Noise {
    weight: f64,
    /// Sum over tasks of weight^2 v / R, where there are several samples,
    known: f64,
    /// of its square over the degrees of freedom,
    fourth: f64,
    /// and of weight^2, where there is one.
    alone: f64,
    /// Squared deviations of samples, and their degrees of freedom.
    squares: f64,
    freedom: f64,
}

/// Sample variance of values that come one by one.
#[derive(Default, Clone, Copy)]
pub(super) struct Plain {
    first: Option<f64>,
    n: f64,
    sum: f64,
    squares: f64,
}

impl Plain {
    pub(super) fn add(&mut self, value: f64) {
        let deviation = value - *self.first.get_or_insert(value);
        self.n += 1.0;
        self.sum += deviation;
        self.squares += deviation * deviation;
    }

    pub(super) fn sd(&self) -> Option<f64> {
        let squares = self.squares - self.sum * self.sum / self.n;
        (self.n > 1.0).then(|| (squares.max(0.0) / (self.n - 1.0)).sqrt())
    }
}

impl Evidence {
    pub(super) fn new(raters: usize) -> Self {
        Self { noise: vec![Noise::default(); raters], ..Self::default() }
    }

    pub(super) fn add(&mut self, weight: f64, task: &ScoredTask, cuts: &[f64]) {
        self.tasks += 1;
        let raters: Vec<Option<(f64, Vec<f64>)>> = task
            .models
            .iter()
            .map(|model| {
                let mean = model.score?;
                let scores = model.samples.iter().filter_map(super::score_of);
                Some((mean, scores.map(|score| score - mean).collect()))
            })
            .collect();
        for (noise, rated) in self.noise.iter_mut().zip(&raters) {
            if let Some((_, residuals)) = rated {
                noise.add(weight, residuals);
            }
        }
        if let Some(score) = task.score {
            let deviation = score - *self.plain.first.get_or_insert(score);
            self.plain.add(score);
            self.weight += weight;
            for (sum, power) in self.squares.iter_mut().zip([1.0, deviation, deviation * deviation]) {
                *sum += weight * weight * power;
            }
            self.judge(weight, score, task.sd, cuts);
        }
        if self.tasks > MOST_TASKS {
            self.kept.clear();
        } else {
            self.kept.push(Kept { weight, raters });
        }
    }

    /// METHOD.md's S_j: the weight times the chance that a task's score, as far as raters agree on it, lies on
    /// its side of the nearest cut.
    fn judge(&mut self, weight: f64, score: f64, sd: Option<f64>, cuts: &[f64]) {
        let nearest = cuts.iter().map(|cut| (score - cut).abs()).min_by(f64::total_cmp);
        let (Some(distance), Some(sd)) = (nearest, sd) else { return };
        self.judged += weight;
        self.stable += weight
            * match sd {
                sd if sd > 0.0 => normal_below(distance / sd),
                _ if distance > 0.0 => 1.0,
                _ => 0.5,
            };
    }

    /// Over the tasks, unweighted.
    pub(super) fn sd_of_tasks(&self) -> Option<f64> {
        self.plain.sd()
    }

    /// `raters` are the raters' scores of the occupation, `score` is theirs combined.
    pub(super) fn finish(
        self,
        raters: &[Option<f64>],
        score: Option<f64>,
        combination: &Combination,
        rounds: Rounds,
    ) -> Uncertainty {
        let scores: Vec<f64> = raters.iter().flatten().copied().collect();
        let sd = sd(&scores);
        Uncertainty {
            sd,
            se: sd.zip(concentration(raters, combination)).map(|(sd, concentration)| sd * concentration),
            sampling_se: combination.is_mean().then(|| self.sampling_se(raters, combination)).flatten(),
            task_se: score.and_then(|score| self.task_se(score)),
            intervals: self.intervals(raters, combination, rounds),
            band_stability: (self.judged > 0.0).then(|| self.stable / self.judged),
        }
    }

    /// sqrt(sum of w^2 v / R) / sum of w for each rater, v being its variance between the R samples of a task,
    /// pooled over tasks for one that has a single sample; then of the raters' weighted mean.
    fn sampling_se(&self, raters: &[Option<f64>], combination: &Combination) -> Option<f64> {
        let (mut variance, mut weights) = (0.0, 0.0);
        for (rater, noise) in
            self.noise.iter().enumerate().filter(|(rater, _)| raters.get(*rater).is_some_and(Option::is_some))
        {
            let weight = combination.weights.get(rater).copied().unwrap_or(1.0);
            variance += weight * weight * noise.variance()?;
            weights += weight;
        }
        (weights > 0.0).then(|| variance.sqrt() / weights)
    }

    /// Of a weighted mean of n values: sqrt(n / (n - 1) sum w^2 (x - S)^2) / sum w (Cochran 1977, as judged
    /// best by Gatz and Smith 1995).
    fn task_se(&self, score: f64) -> Option<f64> {
        let n = self.plain.n;
        let shift = score - self.plain.first?;
        let [ones, firsts, seconds] = self.squares;
        let squares = (seconds - 2.0 * shift * firsts + shift * shift * ones).max(0.0);
        (n > 1.0 && self.weight > 0.0).then(|| (n / (n - 1.0) * squares).sqrt() / self.weight)
    }

    fn intervals(&self, raters: &[Option<f64>], combination: &Combination, rounds: Rounds) -> Intervals {
        if rounds.count == 0 || self.kept.is_empty() {
            return Intervals::default();
        }
        let draw = |stream: u64, again: &dyn Fn(&mut Chance) -> Option<f64>| -> Vec<Option<f64>> {
            let [drawn] = resampled_here(rounds, stream, |chance| [again(chance)]);
            drawn
        };
        let enough = raters.iter().flatten().count() >= ENOUGH;
        let of_raters = || {
            let drawn = draw(RATERS, &|chance| raters_again(raters, combination, chance));
            interval(&drawn, raters.len())
        };
        let of_samples = |freedom| {
            let drawn = draw(SAMPLES, &|chance| self.samples_again(combination, chance));
            interval_with(&drawn, freedom)
        };
        let [ones, ..] = self.squares;
        let of_tasks = draw(TASKS, &|chance| self.tasks_again(combination, chance));
        Intervals {
            raters: if enough { of_raters() } else { None },
            samples: self.freedom(raters, combination).and_then(of_samples),
            tasks: interval_of_weighted(&of_tasks, self.kept.len(), self.weight * self.weight / ones),
        }
    }

    /// Degrees of freedom of the sampling variance (Satterthwaite 1946); not defined where some rater has
    /// nowhere been asked twice.
    fn freedom(&self, raters: &[Option<f64>], combination: &Combination) -> Option<f64> {
        let (mut variance, mut squares) = (0.0, 0.0);
        for (rater, noise) in self.noise.iter().enumerate() {
            if raters.get(rater).copied().flatten().is_none() {
                continue;
            }
            let weight = combination.weights.get(rater).copied().unwrap_or(1.0) / noise.weight;
            variance += weight.powi(2) * noise.known;
            squares += weight.powi(4) * noise.fourth;
            if noise.freedom <= 0.0 {
                return None;
            }
        }
        (squares > 0.0).then(|| variance * variance / squares)
    }

    fn tasks_again(&self, combination: &Combination, chance: &mut Chance) -> Option<f64> {
        let drawn = (0..self.kept.len()).filter_map(|_| self.kept.get(chance.below(self.kept.len())));
        self.combined(combination, drawn, |mean, _| mean)
    }

    /// Residuals of R samples are too small by sqrt((R - 1) / R), which is put right (Davison and Hinkley 1997,
    /// section 3.2).
    fn samples_again(&self, combination: &Combination, chance: &mut Chance) -> Option<f64> {
        self.combined(combination, self.kept.iter(), |mean, residuals| {
            let n = residuals.len();
            if n < 2 {
                return mean;
            }
            let drawn: f64 = (0..n).filter_map(|_| residuals.get(chance.below(n))).sum::<f64>() / n as f64;
            mean + drawn * (n as f64 / (n as f64 - 1.0)).sqrt()
        })
    }

    fn combined<'a>(
        &'a self,
        combination: &Combination,
        tasks: impl Iterator<Item = &'a Kept>,
        mut score: impl FnMut(f64, &[f64]) -> f64,
    ) -> Option<f64> {
        let mut sums = vec![super::Sums::default(); self.noise.len()];
        let mut by_task = super::Sums::default();
        for kept in tasks {
            if combination.how == Combine::Effects {
                let scores = kept
                    .raters
                    .iter()
                    .map(|rated| rated.as_ref().map(|(mean, residuals)| score(*mean, residuals)));
                if let Some(combined) = combination.of(&scores.collect::<Vec<_>>()) {
                    by_task.add(combined, kept.weight);
                }
                continue;
            }
            for (sums, rated) in sums.iter_mut().zip(&kept.raters) {
                if let Some((mean, residuals)) = rated {
                    sums.add(score(*mean, residuals), kept.weight);
                }
            }
        }
        match combination.how {
            Combine::Effects => by_task.mean(),
            _ => combination.of(&sums.iter().map(super::Sums::mean).collect::<Vec<_>>()),
        }
    }
}

/// sqrt(sum of v^2) / sum of v: what the weights make of the error of one rater; 1 / sqrt(n) where they are
/// equal. Not defined for what is no mean.
fn concentration(raters: &[Option<f64>], combination: &Combination) -> Option<f64> {
    let present = raters.iter().zip(&combination.weights).filter(|(score, _)| score.is_some());
    let (squares, sum) =
        present.fold((0.0, 0.0), |(squares, sum), (_, weight)| (squares + weight * weight, sum + weight));
    (combination.is_mean() && sum > 0.0).then(|| squares.sqrt() / sum)
}

fn raters_again(raters: &[Option<f64>], combination: &Combination, chance: &mut Chance) -> Option<f64> {
    let places: Vec<usize> = (0..raters.len()).map(|_| chance.below(raters.len())).collect();
    let scores: Vec<Option<f64>> = places.iter().map(|place| raters.get(*place).copied().flatten()).collect();
    let pick = |values: &[f64]| places.iter().filter_map(|place| values.get(*place).copied()).collect();
    let effects = places.iter().filter_map(|place| combination.effects.get(*place).copied()).collect();
    Combination { how: combination.how, weights: pick(&combination.weights), effects }.of(&scores)
}

impl Noise {
    fn add(&mut self, weight: f64, residuals: &[f64]) {
        let n = residuals.len() as f64;
        self.weight += weight;
        let squares = residuals.iter().map(|residual| residual * residual).sum::<f64>();
        if residuals.len() > 1 {
            let known = weight * weight * squares / (n - 1.0) / n;
            self.known += known;
            self.fourth += known * known / (n - 1.0);
        } else {
            self.alone += weight * weight;
        }
        self.squares += squares;
        self.freedom += n - 1.0;
    }

    /// Of the rater's score of the occupation; not defined where no task has two samples.
    fn variance(&self) -> Option<f64> {
        let pooled = self.squares / self.freedom;
        (self.freedom > 0.0 && self.weight > 0.0)
            .then(|| (self.known + self.alone * pooled) / (self.weight * self.weight))
    }
}

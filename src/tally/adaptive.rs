//! The stopping rule of adaptive sampling. docs/METHOD.md discusses what it does to intervals.

use super::spread;
use crate::domain::{Adaptive, Until};
use crate::measure::{mean, sd, t_quantile};

/// Fewer samples than this say too little of a rater's noise: two that are equal by chance would end it.
pub const LEAST: u32 = 3;

/// How many of a task's samples count: the rule goes from `least` on, and ends at the first number at which it
/// holds. `samples` are by rater, gaps included; later ones that happen to be kept change nothing.
pub fn samples_needed(
    samples: &[Vec<Option<f64>>],
    least: u32,
    rule: Adaptive,
    step: Option<f64>,
    weights: &[f64],
) -> u32 {
    let least = least.min(rule.most);
    (least..rule.most).find(|count| holds(samples, *count, rule.until, step, weights)).unwrap_or(rule.most)
}

fn holds(samples: &[Vec<Option<f64>>], count: u32, until: Until, step: Option<f64>, weights: &[f64]) -> bool {
    let first = |samples: &Vec<Option<f64>>| -> Vec<f64> {
        samples.iter().take(count as usize).flatten().copied().collect()
    };
    let by_rater: Vec<Vec<f64>> = samples.iter().map(first).collect();
    match until {
        Until::Se(most) => {
            sampling_error(by_rater.iter().zip(weights), step).is_some_and(|error| error.is_at_most(most))
        }
        Until::Agree(most) => {
            let means: Vec<f64> = by_rater.iter().filter_map(|scores| mean(scores)).collect();
            spread(&means).is_some_and(|spread| spread.high - spread.low <= most)
        }
    }
}

/// How far the spread between samples makes a score uncertain.
#[derive(Clone, Copy, Debug)]
pub(super) struct SamplingError {
    pub se: f64,
    /// Degrees of freedom of the spread (Satterthwaite 1946).
    freedom: f64,
}

impl SamplingError {
    /// Whether the standard error is no more than this, though the spread was estimated from few samples: the
    /// 95 % interval is to be no wider than it would be if the spread were known.
    fn is_at_most(self, most: f64) -> bool {
        let widened = |freedom| t_quantile(0.975, freedom).map(|t| self.se * t / NORMAL);
        self.se <= most && widened(self.freedom).is_some_and(|se| se <= most)
    }
}

/// The quantile that Student's comes to with many samples.
const NORMAL: f64 = 1.959_963_984_540_054;

/// Of the weighted mean of a task's raters, each with its scores; a rater without a score is not in it. Not
/// defined where one has a single score. A spread is at least what rounding to the levels of the scale
/// leaves, step^2 / 12: answers that are equal by chance are not without error.
pub(super) fn sampling_error<'a>(
    raters: impl Iterator<Item = (&'a Vec<f64>, &'a f64)>,
    step: Option<f64>,
) -> Option<SamplingError> {
    let floor = step.map_or(0.0, |step| step * step / 12.0);
    let (mut variance, mut squares, mut weights) = (0.0, 0.0, 0.0);
    for (scores, weight) in raters.filter(|(scores, _)| !scores.is_empty()) {
        let n = scores.len() as f64;
        let part = weight * weight * sd(scores)?.powi(2).max(floor) / n;
        variance += part;
        squares += part * part / (n - 1.0);
        weights += weight;
    }
    let freedom = if squares > 0.0 { variance * variance / squares } else { f64::INFINITY };
    (weights > 0.0).then(|| SamplingError { se: variance.sqrt() / weights, freedom })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(samples: &[&[i32]], until: Until) -> u32 {
        let samples: Vec<Vec<Option<f64>>> = samples
            .iter()
            .map(|samples| samples.iter().map(|score| (*score >= 0).then_some(f64::from(*score))).collect())
            .collect();
        let rule = Adaptive { until, most: 6 };
        samples_needed(&samples, 3, rule, Some(1.0), &[1.0, 1.0])
    }

    #[test]
    fn the_rule_ends_where_it_first_holds() {
        let steady: &[i32] = &[50, 50, 50, 90, 10, 90];
        assert_eq!(needed(&[steady, steady], Until::Se(0.5)), 3);
        let wavering: &[i32] = &[40, 60, 50, 50, 50, 50];
        // Known from three samples of one rater, a standard error of 2.9 is worth one of 6.3.
        assert_eq!(needed(&[wavering, steady], Until::Se(6.4)), 3);
        assert_eq!(needed(&[wavering, &[50; 6]], Until::Se(6.0)), 4);
        assert_eq!(needed(&[wavering, &[50; 6]], Until::Se(2.3)), 5);
        assert_eq!(needed(&[wavering, &[50; 6]], Until::Se(0.1)), 6);
        assert_eq!(needed(&[&[40, 60, 50, 50], &[50; 6]], Until::Se(0.1)), 6);
    }

    #[test]
    fn gaps_say_nothing() {
        assert_eq!(needed(&[&[50, -1, -1, 50, 50, 50], &[50; 6]], Until::Se(1.0)), 4);
        // Who says nothing holds up nobody.
        assert_eq!(needed(&[&[-1; 6], &[50; 6]], Until::Se(1.0)), 3);
        assert_eq!(needed(&[&[-1; 6], &[-1; 6]], Until::Se(1.0)), 6);
    }

    #[test]
    fn raters_may_come_together() {
        assert_eq!(needed(&[&[40, 40, 40, 60], &[50; 6]], Until::Agree(10.0)), 3);
        assert_eq!(needed(&[&[40, 40, 40, 60], &[50; 6]], Until::Agree(5.0)), 4);
    }
}

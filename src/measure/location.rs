//! Where values lie: medians, trimmed means, standings; and lines through them.

use super::{mean, rank, sd, squares};
use crate::domain::agreement::Line;

/// The middle value, or the mean of the two in the middle.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let upper = *sorted.get(half)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    mean(&[*sorted.get(half - 1)?, upper])
}

/// The mean without the lowest and the highest fifth, rounded down: of five values, one at each end.
pub fn trimmed_mean(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 5;
    mean(sorted.get(cut..sorted.len() - cut)?)
}

/// (value - mean) / sd of each; not defined where none differs from another.
pub fn z_scores(values: &[f64]) -> Option<Vec<f64>> {
    let (mean, sd) = (mean(values)?, sd(values)?);
    (sd > 0.0).then(|| values.iter().map(|value| (value - mean) / sd).collect())
}

/// The share of values below each, and of those equal to it a half, in per cent.
pub fn percentile_ranks(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    rank::average_ranks(values).into_iter().map(|rank| (rank - 0.5) / n * 100.0).collect()
}

/// The line of least squares of y on x; not defined where x never varies.
pub fn line(x: &[f64], y: &[f64]) -> Option<Line> {
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let below = squares(x);
    let above: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let slope = (below > 0.0).then(|| above / below)?;
    Some(Line { slope, intercept: mean_y - slope * mean_x })
}

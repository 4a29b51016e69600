//! Which score stands where another should.

use crate::domain::agreement::Confusion;

/// Counts by the score that was given first (rows) and second (columns).
pub fn confusion(truth: &[f64], rater: &[f64]) -> Confusion {
    let mut levels: Vec<f64> = truth.iter().chain(rater).copied().collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let place = |score: f64| levels.partition_point(|level| *level < score);
    let mut counts = vec![vec![0; levels.len()]; levels.len()];
    for (truth, rater) in truth.iter().zip(rater) {
        if let Some(count) = counts.get_mut(place(*truth)).and_then(|row| row.get_mut(place(*rater))) {
            *count += 1;
        }
    }
    Confusion { levels, counts }
}

//! Agreement beyond chance: Cohen's kappa, plain and weighted, and Fleiss' kappa.

use std::collections::BTreeMap;

use super::{mean, squares};

/// A score as a category: scores are the same or not, whatever lies between them.
fn category(score: f64) -> u64 {
    // Minus nought is nought.
    (score + 0.0).to_bits()
}

/// Cohen (1960): (p_o - p_e) / (1 - p_e), where p_o is the share of equal scores and p_e what it would be
/// if the raters drew their scores by chance, each with its own shares. Not defined where both give one
/// and the same score to everything.
pub fn cohen(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let equal = x.iter().zip(y).filter(|(x, y)| category(**x) == category(**y)).count() as f64;
    let mut counts: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (x, y) in x.iter().zip(y) {
        counts.entry(category(*x)).or_default().0 += 1;
        counts.entry(category(*y)).or_default().1 += 1;
    }
    // In whole numbers, so that certainty is exactly 1.
    let by_chance: u64 = counts.values().map(|(x, y)| x * y).sum();
    let by_chance = by_chance as f64 / (n * n);
    (n > 0.0 && by_chance < 1.0).then(|| (equal / n - by_chance) / (1.0 - by_chance))
}

/// Cohen's weighted kappa (1968) with the square of the distance in points as the weight of a
/// disagreement: 1 - mean (x - y)^2 / (var x + var y + (mean x - mean y)^2), the variances over n.
pub fn quadratic(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let apart = mean(x)? - mean(y)?;
    let expected = (squares(x) + squares(y)) / n + apart * apart;
    let observed: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / n;
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Fleiss (1971), over rows of equally many ratings: the mean share of agreeing pairs in a row, beyond
/// that of pairs drawn from all ratings. Not defined where all ratings are the same.
pub fn fleiss(rows: &[Vec<f64>]) -> Option<f64> {
    let k = rows.first()?.len();
    if k < 2 {
        return None;
    }
    let mut totals: BTreeMap<u64, u64> = BTreeMap::new();
    let mut agreeing = 0_u64;
    for row in rows {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for score in row {
            *counts.entry(category(*score)).or_default() += 1;
            *totals.entry(category(*score)).or_default() += 1;
        }
        agreeing += counts.values().map(|count| count * (count - 1)).sum::<u64>();
    }
    let all = (rows.len() * k) as f64;
    let observed = agreeing as f64 / (all * (k - 1) as f64);
    let by_chance: f64 = totals.values().map(|count| (*count as f64 / all).powi(2)).sum();
    (totals.len() > 1).then(|| (observed - by_chance) / (1.0 - by_chance))
}

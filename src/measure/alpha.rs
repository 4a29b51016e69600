//! Krippendorff's alpha: agreement of any number of raters, with holes.

use std::collections::BTreeMap;

use super::rank::average_ranks;
use super::{Table, squares};
use crate::domain::agreement::Alpha;

/// Krippendorff, "Content Analysis" (2004), chapter 11: 1 - D_o / D_e. D_o is the mean distance of two
/// ratings of one item, D_e that of any two ratings. Only items with two ratings or more count. Not
/// defined where all their ratings are the same.
///
/// With squared distances both are sums of squares, so no pair needs to be looked at. The ordinal distance
/// is that of ranks which equal ratings share: the same squares, of ranks.
pub fn alpha(table: &Table) -> Alpha {
    let units: Vec<Vec<f64>> = (0..table.items())
        .map(|item| table.row(item).flatten().collect::<Vec<f64>>())
        .filter(|ratings| ratings.len() > 1)
        .collect();
    let all: Vec<f64> = units.concat();
    let mut ranks = average_ranks(&all).into_iter();
    let ranked: Vec<Vec<f64>> = units.iter().map(|unit| ranks.by_ref().take(unit.len()).collect()).collect();
    Alpha { nominal: nominal(&units), ordinal: of_squares(&ranked), interval: of_squares(&units) }
}

fn of_squares(units: &[Vec<f64>]) -> Option<f64> {
    let all = units.concat();
    // Over ordered pairs, squared distances add up to 2 m times the sum of squares.
    let within: f64 = units.iter().map(|unit| 2.0 * paired(unit.len()) * squares(unit)).sum();
    of_sums(all.len() as f64, squares(&all), within)
}

/// From the number of ratings, the sum of squares of all of them, and the distances within items.
pub(super) fn of_sums(n: f64, squares: f64, within: f64) -> Option<f64> {
    let any = 2.0 * n * squares / (n - 1.0);
    (any > 0.0).then(|| 1.0 - within / any)
}

/// A unit of m ratings counts its pairs by 1 / (m - 1), so that it weighs as much as it has ratings.
fn paired(m: usize) -> f64 {
    m as f64 / (m - 1) as f64
}

fn nominal(units: &[Vec<f64>]) -> Option<f64> {
    let mut totals: BTreeMap<u64, u64> = BTreeMap::new();
    let mut within = 0.0;
    for unit in units {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        for rating in unit {
            *counts.entry(rating.to_bits()).or_default() += 1;
            *totals.entry(rating.to_bits()).or_default() += 1;
        }
        within += differing(&counts) as f64 / (unit.len() - 1) as f64;
    }
    let n: u64 = totals.values().sum();
    let any = differing(&totals) as f64 / (n as f64 - 1.0);
    (any > 0.0).then(|| 1.0 - within / any)
}

/// Ordered pairs of unlike members.
fn differing(counts: &BTreeMap<u64, u64>) -> u64 {
    let all: u64 = counts.values().sum();
    counts.values().map(|count| count * (all - count)).sum()
}

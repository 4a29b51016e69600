//! What depends on the order of scores alone.

use super::pearson;

/// Positions in rising order of their values.
fn order(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| value(values, *a).total_cmp(&value(values, *b)));
    order
}

fn value(values: &[f64], place: usize) -> f64 {
    values.get(place).copied().unwrap_or_default()
}

/// Runs of equal values in rising order: the positions of each.
fn ties(values: &[f64]) -> Vec<Vec<usize>> {
    let order = order(values);
    order.chunk_by(|a, b| value(values, *a) == value(values, *b)).map(<[usize]>::to_vec).collect()
}

/// Ranks from 1; equal values share the mean of theirs.
pub(super) fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for tied in ties(values) {
        let rank = before as f64 + (tied.len() + 1) as f64 / 2.0;
        for place in &tied {
            if let Some(slot) = ranks.get_mut(*place) {
                *slot = rank;
            }
        }
        before += tied.len();
    }
    ranks
}

/// Spearman's rho: Pearson's correlation of the ranks, which equal values share.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    pearson(&average_ranks(x), &average_ranks(y))
}

/// Kendall's tau-b (1945): pairs of items in the same order less those in opposite order, over the
/// geometric mean of the pairs that are not tied in x and in y. By merge sort, after Knight (1966).
pub fn kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    let pairs = |count: usize| (count as u64) * (count as u64).saturating_sub(1) / 2;
    let all = pairs(x.len());
    let tied = |values: &[f64]| ties(values).iter().map(|tied| pairs(tied.len())).sum::<u64>();
    let (tied_x, tied_y) = (tied(x), tied(y));
    // In the order of x, and of y where x is tied, each exchange that sorts y is a discordant pair.
    let mut both: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    both.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let tied_both: u64 = both.chunk_by(|a, b| a == b).map(|tied| pairs(tied.len())).sum();
    let mut ys: Vec<f64> = both.iter().map(|pair| pair.1).collect();
    let discordant = exchanges(&mut ys);
    let not_tied = all + tied_both - tied_x - tied_y;
    let (free_x, free_y) = (all - tied_x, all - tied_y);
    if free_x == 0 || free_y == 0 {
        return None;
    }
    let difference = not_tied as f64 - 2.0 * discordant as f64;
    Some((difference / (free_x as f64).sqrt() / (free_y as f64).sqrt()).clamp(-1.0, 1.0))
}

/// Sorts, and counts how many pairs stood in falling order.
fn exchanges(values: &mut [f64]) -> u64 {
    if values.len() < 2 {
        return 0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut count = exchanges(left) + exchanges(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut lefts, mut rights) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(one), Some(other)) = (lefts.peek(), rights.peek()) {
        if one <= other {
            merged.extend(lefts.next());
        } else {
            count += lefts.len() as u64;
            merged.extend(rights.next());
        }
    }
    merged.extend(lefts);
    merged.extend(rights);
    values.copy_from_slice(&merged);
    count
}

/// Jaccard's index of the two highest tenths. What is tied with the last of a tenth belongs to it.
pub fn top_jaccard(x: &[f64], y: &[f64]) -> Option<f64> {
    let tenth = x.len().div_ceil(10);
    let least = |values: &[f64]| {
        let place = values.len().checked_sub(tenth)?;
        order(values).get(place).map(|place| value(values, *place))
    };
    let (least_x, least_y) = (least(x)?, least(y)?);
    let (mut both, mut either) = (0_u32, 0_u32);
    for (x, y) in x.iter().zip(y) {
        both += u32::from(*x >= least_x && *y >= least_y);
        either += u32::from(*x >= least_x || *y >= least_y);
    }
    (either > 0).then(|| f64::from(both) / f64::from(either))
}

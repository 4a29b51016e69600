//! The figures of two raters, and of all of them.

use super::{Table, alpha, cohen, components, fleiss, icc, kendall, mean, mean_squares, pearson, quadratic};
use super::{sd, spearman, top_jaccard};
use crate::domain::agreement::{Overall, Pair};

/// The share of a normal distribution between its mean less and plus so many standard deviations is 95 %.
const LIMITS: f64 = 1.96;

/// Rounding must not make two scores that are a step apart more than that.
const ROUNDING: f64 = 1e-9;

/// Two raters, over the items that both have rated. `step` is the distance of neighbouring levels in
/// points, where the scale has an order.
pub fn pair(table: &Table, a: usize, b: usize, step: Option<f64>) -> Pair {
    let (x, y) = table.both(a, b);
    let differences: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - x).collect();
    let n = differences.len() as f64;
    let share = |most: f64| {
        let near = differences.iter().filter(|difference| difference.abs() <= most).count();
        (n > 0.0).then(|| near as f64 / n)
    };
    let bias = mean(&differences);
    let absolute: Vec<f64> = differences.iter().map(|difference| difference.abs()).collect();
    let squared: Vec<f64> = differences.iter().map(|difference| difference * difference).collect();
    Pair {
        a,
        b,
        items: x.len(),
        exact: share(0.0),
        within_one: step.and_then(|step| share(step + ROUNDING)),
        kappa: cohen(&x, &y),
        kappa_quadratic: quadratic(&x, &y),
        pearson: pearson(&x, &y),
        spearman: spearman(&x, &y),
        kendall: kendall(&x, &y),
        mae: mean(&absolute),
        rmse: mean(&squared).map(f64::sqrt),
        bias,
        // Bland and Altman (1986).
        limits: bias.zip(sd(&differences)).map(|(bias, sd)| (bias - LIMITS * sd, bias + LIMITS * sd)),
        top_jaccard: top_jaccard(&x, &y),
    }
}

/// All raters together. What needs a full table is reckoned over the complete items.
pub fn overall(table: &Table) -> Overall {
    let rows = table.complete();
    let squares = mean_squares(&rows);
    let agreeing = rows.iter().filter(|row| row.iter().all(|score| Some(score) == row.first())).count();
    let several = table.raters() > 1 && !rows.is_empty();
    Overall {
        items: (0..table.items()).filter(|item| table.row(*item).flatten().next().is_some()).count(),
        complete: rows.len(),
        exact: several.then(|| agreeing as f64 / rows.len() as f64),
        fleiss: fleiss(&rows),
        alpha: alpha(table),
        icc: squares.as_ref().map(icc).unwrap_or_default(),
        components: squares.as_ref().map(components),
    }
}

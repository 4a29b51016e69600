//! Statistics of ratings: agreement, errors, effects, resampling. Pure; what is not defined is `None`.
//!
//! `tests/statistics/` holds every figure against an independent implementation.

mod agreement;
mod alpha;
mod anova;
mod bootstrap;
mod cells;
mod combine;
mod confusion;
mod drift;
mod effects;
mod kappa;
mod location;
mod normal;
mod pair;
mod rank;
pub mod sheet;
mod stability;
mod table;
mod validation;

pub use agreement::agreement;
pub use alpha::alpha;
pub use anova::{components, icc, mean_squares};
pub use bootstrap::{
    ENOUGH, Rounds, interval, interval_of_weighted, interval_with, resampled, resampled_here,
};
pub use combine::{combine, rater_effects};
pub use confusion::confusion;
pub use drift::{Comparison, change};
pub use effects::{Effects, effects};
pub use kappa::{cohen, fleiss, quadratic};
pub use location::{line, median, percentile_ranks, trimmed_mean, z_scores};
pub use normal::{normal_below, t_quantile};
pub use pair::{overall, pair};
pub use rank::{kendall, spearman, top_jaccard};
pub use stability::{Stabilities, stability};
pub use table::Table;
pub use validation::validation;

/// Arithmetic mean; `None` of nothing. Adds deviations from the first value, so that equal values
/// average to themselves to the last bit.
pub fn mean(values: &[f64]) -> Option<f64> {
    let first = *values.first()?;
    let deviations: f64 = values.iter().map(|value| value - first).sum();
    Some(first + deviations / values.len() as f64)
}

/// Sum of squared deviations from the mean.
fn squares(values: &[f64]) -> f64 {
    let Some(mean) = mean(values) else { return 0.0 };
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// Sample standard deviation (n - 1); `None` below two values.
pub fn sd(values: &[f64]) -> Option<f64> {
    (values.len() > 1).then(|| (squares(values) / (values.len() - 1) as f64).sqrt())
}

/// Pearson's product-moment correlation; not defined where either never varies.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let (squares_x, squares_y) = (squares(x), squares(y));
    if squares_x <= 0.0 || squares_y <= 0.0 {
        return None;
    }
    let products: f64 = x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    // Rounding must not carry a perfect correlation beyond 1.
    Some((products / squares_x.sqrt() / squares_y.sqrt()).clamp(-1.0, 1.0))
}

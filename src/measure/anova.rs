//! Two-way analysis of variance of complete rows: intraclass correlations and variance components.

use super::mean;
use crate::domain::agreement::{Components, Icc};

/// Mean squares of a table of n rows (items) by k columns (raters), without repetition.
#[derive(Clone, Copy, Debug)]
pub struct MeanSquares {
    pub rows: f64,
    pub columns: f64,
    pub error: f64,
    n: f64,
    k: f64,
}

/// `None` below two rows or two columns.
pub fn mean_squares(rows: &[Vec<f64>]) -> Option<MeanSquares> {
    let k = rows.first()?.len();
    let (n, raters) = (rows.len() as f64, k as f64);
    if rows.len() < 2 || k < 2 {
        return None;
    }
    let row_means: Vec<f64> = rows.iter().filter_map(|row| mean(row)).collect();
    let grand = mean(&row_means)?;
    let column_means: Vec<f64> = (0..k)
        .filter_map(|column| {
            mean(&rows.iter().filter_map(|row| row.get(column).copied()).collect::<Vec<f64>>())
        })
        .collect();
    let of = |means: &[f64]| means.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>();
    let residuals = rows.iter().zip(&row_means).map(|(row, row_mean)| {
        let cells = row.iter().zip(&column_means);
        cells.map(|(cell, column_mean)| (cell - row_mean - column_mean + grand).powi(2)).sum::<f64>()
    });
    // What is left by the rounding of sums is nothing.
    let largest = rows.iter().flatten().map(|cell| (cell - grand).powi(2)).fold(0.0, f64::max);
    let clean = |square: f64| if square <= largest * 1e-24 { 0.0 } else { square };
    Some(MeanSquares {
        rows: clean(raters * of(&row_means) / (n - 1.0)),
        columns: clean(n * of(&column_means) / (raters - 1.0)),
        error: clean(residuals.sum::<f64>() / ((n - 1.0) * (raters - 1.0))),
        n,
        k: raters,
    })
}

/// Sums over rows, of ratings that were centred before. Faster than going over the table again, and less exact:
/// for resampling.
pub(super) struct Sums {
    n: f64,
    columns: Vec<f64>,
    rows: f64,
    squares: f64,
}

impl Sums {
    pub(super) fn new(k: usize) -> Self {
        Self { n: 0.0, columns: vec![0.0; k], rows: 0.0, squares: 0.0 }
    }

    /// A row with its sum and its sum of squares.
    pub(super) fn add(&mut self, row: &[f64], sum: f64, squares: f64) {
        self.n += 1.0;
        self.columns.iter_mut().zip(row).for_each(|(total, cell)| *total += cell);
        self.rows += sum * sum;
        self.squares += squares;
    }

    pub(super) fn mean_squares(&self) -> Option<MeanSquares> {
        let (n, k) = (self.n, self.columns.len() as f64);
        if n < 2.0 || k < 2.0 {
            return None;
        }
        let total: f64 = self.columns.iter().sum();
        let correction = total * total / (n * k);
        let rows = self.rows / k - correction;
        let columns = self.columns.iter().map(|column| column * column).sum::<f64>() / n - correction;
        let error = self.squares - correction - rows - columns;
        let clean = |square: f64, freedom: f64| {
            if square <= self.squares * 1e-12 { 0.0 } else { square / freedom }
        };
        Some(MeanSquares {
            rows: clean(rows, n - 1.0),
            columns: clean(columns, k - 1.0),
            error: clean(error, (n - 1.0) * (k - 1.0)),
            n,
            k,
        })
    }
}

/// Shrout and Fleiss (1979), in the notation of McGraw and Wong (1996): ICC(2,1) and ICC(2,k) for raters
/// that stand for others, ICC(3,1) for these raters alone. Not defined where nothing varies.
pub fn icc(squares: &MeanSquares) -> Icc {
    let MeanSquares { rows, columns, error, n, k } = *squares;
    // Sums that cancel leave rounding behind, which is no variance.
    let nothing = (rows + columns + error) * 1e-12;
    let ratio = |above: f64, below: f64| (below.abs() > nothing).then(|| above / below);
    Icc {
        single: ratio(rows - error, rows + (k - 1.0) * error + k * (columns - error) / n),
        mean: ratio(rows - error, rows + (columns - error) / n),
        consistency: ratio(rows - error, rows + (k - 1.0) * error),
    }
}

/// Expected mean squares solved for the variances (Searle, Casella and McCulloch 1992).
pub fn components(squares: &MeanSquares) -> Components {
    let MeanSquares { rows, columns, error, n, k } = *squares;
    Components { item: (rows - error) / k, rater: (columns - error) / n, residual: error }
}

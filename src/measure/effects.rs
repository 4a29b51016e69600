//! An additive model of items and raters, by least squares: what each rater adds to every item.

use super::{Table, mean};

/// Fitted values of `rating = item + rater`, the raters' effects adding up to 0.
#[derive(Clone, Debug)]
pub struct Effects {
    /// What each item would get from the mean of all raters; `None` where nobody rated it.
    pub items: Vec<Option<f64>>,
    /// How much higher than that mean each rater rates; `None` where it rated nothing.
    pub raters: Vec<Option<f64>>,
}

/// Fits the two-way model without interaction (Searle, "Linear Models", 1971, chapter 7) to a table with
/// holes. `None` where the raters fall into groups that share no item: then nothing tells how they differ.
///
/// With the items eliminated, what is left is a system of one equation per rater.
pub fn effects(table: &Table) -> Option<Effects> {
    let k = table.raters();
    let present: Vec<bool> = (0..k).map(|rater| table.column(rater).iter().any(Option::is_some)).collect();
    let mut system = vec![vec![0.0; k]; k];
    let mut right = vec![0.0; k];
    for item in 0..table.items() {
        add_item(&table.row(item).collect::<Vec<_>>(), &mut system, &mut right);
    }
    // The effects add up to 0: added to every equation, which makes the system regular.
    for (row, _) in system.iter_mut().zip(&present).filter(|(_, present)| **present) {
        for (cell, _) in row.iter_mut().zip(&present).filter(|(_, present)| **present) {
            *cell += 1.0;
        }
    }
    for (rater, (row, present)) in system.iter_mut().zip(&present).enumerate() {
        if let Some(cell) = row.get_mut(rater).filter(|_| !present) {
            *cell = 1.0;
        }
    }
    let solved = solve(system, right)?;
    let items = (0..table.items())
        .map(|item| {
            let left: Vec<f64> =
                table.row(item).zip(&solved).filter_map(|(rating, effect)| Some(rating? - effect)).collect();
            mean(&left)
        })
        .collect();
    let raters = solved.into_iter().zip(present).map(|(effect, present)| present.then_some(effect)).collect();
    Some(Effects { items, raters })
}

/// The part of an item in the raters' equations: its ratings less their own mean.
fn add_item(row: &[Option<f64>], system: &mut [Vec<f64>], right: &mut [f64]) {
    let rated: Vec<f64> = row.iter().flatten().copied().collect();
    let Some(mean) = mean(&rated) else { return };
    let share = 1.0 / rated.len() as f64;
    let equations = system.iter_mut().zip(right);
    for (a, (rating, (equation, right))) in row.iter().zip(equations).enumerate() {
        let Some(rating) = rating else { continue };
        *right += rating - mean;
        for (b, cell) in equation.iter_mut().enumerate() {
            if row.get(b).is_some_and(Option::is_some) {
                *cell += if a == b { 1.0 - share } else { -share };
            }
        }
    }
}

/// Gauss's elimination with the largest pivot; `None` where the system is singular.
fn solve(mut system: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let k = right.len();
    let largest = system.iter().flatten().fold(0.0_f64, |largest, cell| largest.max(cell.abs()));
    for step in 0..k {
        let size = |row: usize| system.get(row).and_then(|row| row.get(step)).map_or(0.0, |cell| cell.abs());
        let pivot = (step..k).max_by(|a, b| size(*a).total_cmp(&size(*b)))?;
        if size(pivot) <= largest * 1e-12 {
            return None;
        }
        system.swap(step, pivot);
        right.swap(step, pivot);
        let (done, below) = system.split_at_mut(step + 1);
        let (done_right, below_right) = right.split_at_mut(step + 1);
        let (row, value) = (done.last()?, *done_right.last()?);
        for (other, other_value) in below.iter_mut().zip(below_right) {
            let factor = other.get(step)? / row.get(step)?;
            other.iter_mut().zip(row).for_each(|(cell, above)| *cell -= factor * above);
            *other_value -= factor * value;
        }
    }
    let mut solved = vec![0.0; k];
    for step in (0..k).rev() {
        let row = system.get(step)?;
        let known: f64 = row.iter().zip(&solved).skip(step + 1).map(|(cell, value)| cell * value).sum();
        *solved.get_mut(step)? = (right.get(step)? - known) / row.get(step)?;
    }
    Some(solved)
}

//! Pairs of scores, counted by what they are. A round of resampling counts them anew and adds up, in place of
//! reckoning every figure from all scores.

use super::bootstrap::{Rounds, interval, resampled};
use super::mean;
use crate::domain::chance::Chance;
use crate::domain::validation::Bounds;

/// Gold and a rater on the same items. Items of which both say the same are one cell.
pub(super) struct Cells {
    /// Of each item.
    cell_of: Vec<usize>,
    cells: Vec<Cell>,
    /// Different scores of both.
    levels: usize,
    /// Scores are kept as deviations from these, so that sums of squares lose nothing.
    centers: (f64, f64),
}

struct Cell {
    /// Positions among the levels.
    levels: (usize, usize),
    gold: f64,
    rater: f64,
    /// Rater less gold.
    apart: f64,
}

/// Exact, kappa, quadratic kappa, Pearson's r, MAE, bias, slope and intercept.
type Figures = [Option<f64>; 8];

impl Cells {
    /// `None` where there is no item.
    pub(super) fn new(gold: &[f64], rater: &[f64]) -> Option<Self> {
        let centers = (mean(gold)?, mean(rater)?);
        // Minus nought is nought.
        let pairs: Vec<(f64, f64)> = gold.iter().zip(rater).map(|(x, y)| (x + 0.0, y + 0.0)).collect();
        let mut levels: Vec<f64> = pairs.iter().flat_map(|(x, y)| [*x, *y]).collect();
        levels.sort_by(f64::total_cmp);
        levels.dedup();
        let place = |score: f64| levels.partition_point(|level| *level < score);
        let at: Vec<(usize, usize)> = pairs.iter().map(|(x, y)| (place(*x), place(*y))).collect();
        let mut kinds = at.clone();
        kinds.sort_unstable();
        kinds.dedup();
        let score = |level: usize| levels.get(level).copied().unwrap_or_default();
        let cell = |(x, y): &(usize, usize)| Cell {
            levels: (*x, *y),
            gold: score(*x) - centers.0,
            rater: score(*y) - centers.1,
            apart: score(*y) - score(*x),
        };
        Some(Self {
            cell_of: at.iter().map(|at| kinds.partition_point(|kind| kind < at)).collect(),
            cells: kinds.iter().map(cell).collect(),
            levels: levels.len(),
            centers,
        })
    }

    /// Intervals of all figures, by resampling items.
    pub(super) fn bounds(&self, rounds: Rounds, stream: u64) -> Bounds {
        if rounds.count == 0 {
            return Bounds::default();
        }
        let drawn = resampled(rounds, stream, |chance| self.figures(&self.draw(chance)));
        let [exact, kappa, kappa_quadratic, pearson, mae, bias, slope, intercept] =
            drawn.map(|figures| interval(&figures, self.cell_of.len()));
        Bounds { exact, kappa, kappa_quadratic, pearson, mae, bias, slope, intercept }
    }

    /// How often each cell comes up among as many items drawn with replacement.
    fn draw(&self, chance: &mut Chance) -> Vec<u32> {
        let mut counts = vec![0; self.cells.len()];
        for _ in 0..self.cell_of.len() {
            let cell = self.cell_of.get(chance.below(self.cell_of.len()));
            if let Some(count) = cell.and_then(|cell| counts.get_mut(*cell)) {
                *count += 1;
            }
        }
        counts
    }

    /// The formulas of `kappa`, `pair` and `location`, from sums.
    fn figures(&self, counts: &[u32]) -> Figures {
        let mut sums = Sums::default();
        let mut by_level = vec![(0_u64, 0_u64); self.levels];
        for (cell, count) in self.cells.iter().zip(counts).filter(|(_, count)| **count > 0) {
            sums.add(cell, f64::from(*count));
            let (gold, rater) = cell.levels;
            by_level.get_mut(gold).into_iter().for_each(|level| level.0 += u64::from(*count));
            by_level.get_mut(rater).into_iter().for_each(|level| level.1 += u64::from(*count));
        }
        let by_chance: u64 = by_level.iter().map(|(gold, rater)| gold * rater).sum();
        sums.figures(by_chance as f64, self.centers)
    }
}

#[derive(Default)]
struct Sums {
    n: f64,
    equal: f64,
    gold: f64,
    rater: f64,
    gold_squares: f64,
    rater_squares: f64,
    products: f64,
    apart: f64,
    absolute: f64,
    squared: f64,
}

impl Sums {
    fn add(&mut self, cell: &Cell, count: f64) {
        let Cell { gold, rater, apart, levels } = *cell;
        self.n += count;
        self.equal += if levels.0 == levels.1 { count } else { 0.0 };
        self.gold += count * gold;
        self.rater += count * rater;
        self.gold_squares += count * gold * gold;
        self.rater_squares += count * rater * rater;
        self.products += count * gold * rater;
        self.apart += count * apart;
        self.absolute += count * apart.abs();
        self.squared += count * apart * apart;
    }

    /// `by_chance` pairs of an item of gold's and one of the rater's would have the same score.
    fn figures(&self, by_chance: f64, centers: (f64, f64)) -> Figures {
        let n = self.n;
        if n <= 0.0 {
            return [None; 8];
        }
        let (exact, by_chance) = (self.equal / n, by_chance / (n * n));
        let bias = self.apart / n;
        let (gold, rater) =
            (varied(self.gold_squares, self.gold, n), varied(self.rater_squares, self.rater, n));
        let together = self.products - self.gold * self.rater / n;
        let expected = (gold + rater) / n + bias * bias;
        let slope = (rater > 0.0).then(|| together / rater);
        [
            Some(exact),
            (by_chance < 1.0).then(|| (exact - by_chance) / (1.0 - by_chance)),
            (expected > 0.0).then(|| 1.0 - self.squared / n / expected),
            (gold > 0.0 && rater > 0.0).then(|| (together / gold.sqrt() / rater.sqrt()).clamp(-1.0, 1.0)),
            Some(self.absolute / n),
            Some(bias),
            slope,
            slope.map(|slope| centers.0 + self.gold / n - slope * (centers.1 + self.rater / n)),
        ]
    }
}

/// Sum of squared deviations from the mean. What is left by the rounding of sums is nothing.
fn varied(squares: f64, sum: f64, n: f64) -> f64 {
    let varied = squares - sum * sum / n;
    if varied <= squares * 1e-12 { 0.0 } else { varied }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Table, line, pair};

    /// The same figures by the functions that reckon from all scores.
    fn anew(gold: &[f64], rater: &[f64]) -> Figures {
        let column = |scores: &[f64]| scores.iter().copied().map(Some).collect();
        let pair = pair(&Table::new(vec![column(gold), column(rater)]), 0, 1, None);
        let line = line(rater, gold);
        [
            pair.exact,
            pair.kappa,
            pair.kappa_quadratic,
            pair.pearson,
            pair.mae,
            pair.bias,
            line.map(|line| line.slope),
            line.map(|line| line.intercept),
        ]
    }

    fn check(found: Figures, expected: Figures) {
        for (place, (found, expected)) in found.into_iter().zip(expected).enumerate() {
            match (found, expected) {
                (Some(found), Some(expected)) => {
                    assert!((found - expected).abs() < 1e-9, "figure {place}: {found}, not {expected}");
                }
                _ => assert_eq!(found, expected, "figure {place}"),
            }
        }
    }

    #[test]
    fn a_round_gives_the_figures_of_the_items_it_draws() {
        let mut dice = Chance::new(11);
        for (items, levels) in [(1, 3), (2, 2), (7, 2), (40, 3), (300, 101), (300, 1_000_000)] {
            let mut score = |_| dice.below(levels) as f64 * 100.0 / levels as f64;
            let gold: Vec<f64> = (0..items).map(&mut score).collect();
            let rater: Vec<f64> = gold.iter().map(|gold| (gold + score(0)) / 2.0).collect();
            let cells = Cells::new(&gold, &rater).unwrap();
            for seed in 0..50 {
                let counts = cells.draw(&mut Chance::new(seed));
                let mut chance = Chance::new(seed);
                let drawn: Vec<usize> = (0..items).map(|_| chance.below(items)).collect();
                let of = |scores: &[f64]| drawn.iter().map(|item| scores[*item]).collect::<Vec<f64>>();
                check(cells.figures(&counts), anew(&of(&gold), &of(&rater)));
            }
        }
    }

    #[test]
    fn what_never_varies_has_neither_correlation_nor_line() {
        let cells = Cells::new(&[0.0, 50.0, 100.0], &[70.1, 70.1, 70.1]).unwrap();
        let [exact, kappa, quadratic, pearson, mae, bias, slope, intercept] = cells.figures(&[1, 1, 1]);
        assert_eq!((exact, kappa, quadratic.is_some()), (Some(0.0), Some(0.0), true));
        assert_eq!((pearson, slope, intercept), (None, None, None));
        assert!(mae.is_some() && (bias.unwrap() - 20.1).abs() < 1e-12);
        assert!(Cells::new(&[], &[]).is_none());
    }

    #[test]
    fn rounds_make_intervals_around_the_figures() {
        let gold: Vec<f64> = (0..200).map(|item| f64::from(item % 5) * 25.0).collect();
        let rater: Vec<f64> = (0..200).map(|item| f64::from(item * 7 % 5 * (item % 3)) * 12.5).collect();
        let cells = Cells::new(&gold, &rater).unwrap();
        let bounds = cells.bounds(Rounds { count: 500, seed: 1 }, 3);
        let figures = anew(&gold, &rater);
        let Bounds { exact, kappa, kappa_quadratic, pearson, mae, bias, slope, intercept } = bounds;
        let all = [exact, kappa, kappa_quadratic, pearson, mae, bias, slope, intercept];
        for (figure, bounds) in figures.into_iter().zip(all) {
            let (figure, bounds) = (figure.unwrap(), bounds.unwrap());
            assert!(bounds.low < figure && figure < bounds.high, "{figure}: {bounds:?}");
        }
        assert_eq!(cells.bounds(Rounds { count: 500, seed: 1 }, 3), bounds);
        assert_ne!(cells.bounds(Rounds { count: 500, seed: 2 }, 3), bounds);
        assert_eq!(cells.bounds(Rounds { count: 0, seed: 1 }, 3), Bounds::default());
    }
}

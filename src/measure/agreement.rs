//! Everything that `agree` tells of a run.

use super::bootstrap::{Rounds, interval, resampled};
use super::{Table, alpha, anova, mean, overall, pair, sheet, squares};
use crate::domain::Sheet;
use crate::domain::agreement::{Agreement, Disputed, Group, Interval, Level, Retest};
use crate::domain::chance::Chance;

/// What is resampled at the same time draws from streams of its own; `validation` has further ones.
const TASKS: u64 = 1;
const OCCUPATIONS: u64 = 2;

/// The agreement of a run's raters, with so many of the most disputed tasks.
pub fn agreement(of: &Sheet, rounds: Rounds, disputed: usize) -> Agreement {
    let tasks = sheet::tasks(of);
    let step = of.rubric.step;
    let several = of.occupations.len() > 1;
    Agreement {
        raters: of.raters.iter().map(|rater| rater.id.clone()).collect(),
        // A score of an occupation is a mean: it lies on no step.
        occupations: several.then(|| level(&sheet::occupations(of), None, rounds, OCCUPATIONS)),
        groups: groups(of),
        retests: (0..of.raters.len()).filter_map(|rater| retest(of, rater)).collect(),
        disputed: most_disputed(&tasks, disputed),
        tasks: level(&tasks, step, rounds, TASKS),
        rounds: rounds.count,
        seed: rounds.seed,
    }
}

pub(super) fn level(table: &Table, step: Option<f64>, rounds: Rounds, stream: u64) -> Level {
    let (alpha, icc) = intervals(table, rounds, stream);
    Level {
        overall: overall(table),
        alpha,
        icc,
        pairs: table.pairs().map(|(a, b)| pair(table, a, b, step)).collect(),
    }
}

fn groups(of: &Sheet) -> Vec<Group> {
    let by_name = sheet::by_major_group(of);
    if by_name.len() < 2 {
        return Vec::new();
    }
    let group = |(name, places): (&str, Vec<usize>)| {
        let items = places.iter().filter_map(|place| of.items.get(*place));
        let table = sheet::table(of.raters.len(), items);
        let pairs: Vec<_> = table.pairs().map(|(a, b)| pair(&table, a, b, None)).collect();
        Group {
            name: name.to_owned(),
            overall: overall(&table),
            pearson: mean(&pairs.iter().filter_map(|pair| pair.pearson).collect::<Vec<f64>>()),
            mae: mean(&pairs.iter().filter_map(|pair| pair.mae).collect::<Vec<f64>>()),
        }
    };
    by_name.into_iter().map(group).collect()
}

fn retest(of: &Sheet, rater: usize) -> Option<Retest> {
    let table = sheet::samples(of, rater);
    if table.raters() < 2 {
        return None;
    }
    let variances: Vec<f64> = (0..table.items())
        .map(|item| table.row(item).flatten().collect::<Vec<f64>>())
        .filter(|samples| samples.len() > 1)
        .map(|samples| squares(&samples) / (samples.len() - 1) as f64)
        .collect();
    let (overall, samples) = (overall(&table), table.raters());
    Some(Retest { rater, samples, overall, sd_within: mean(&variances).map(f64::sqrt) })
}

/// Widest first; of equals, the first in the catalogue.
fn most_disputed(tasks: &Table, most: usize) -> Vec<Disputed> {
    let mut all: Vec<Disputed> = (0..tasks.items())
        .filter_map(|item| {
            let scores: Vec<Option<f64>> = tasks.row(item).collect();
            let low = scores.iter().flatten().copied().min_by(f64::total_cmp)?;
            let high = scores.iter().flatten().copied().max_by(f64::total_cmp)?;
            (high > low).then_some(Disputed { item, range: high - low, scores })
        })
        .collect();
    all.sort_by(|a, b| b.range.total_cmp(&a.range).then(a.item.cmp(&b.item)));
    all.truncate(most);
    all
}

/// Intervals of alpha (interval distance) and of ICC(2,1). Both follow from sums over items, so a round
/// adds up instead of reckoning anew.
fn intervals(table: &Table, rounds: Rounds, stream: u64) -> (Option<Interval>, Option<Interval>) {
    if rounds.count == 0 {
        return (None, None);
    }
    let center = mean(&(0..table.items()).flat_map(|item| table.row(item).flatten()).collect::<Vec<f64>>());
    let Some(center) = center else { return (None, None) };
    let units: Vec<Unit> = (0..table.items()).filter_map(|item| Unit::of(table, item, center)).collect();
    let rows: Vec<Row> = table.complete().iter().map(|row| Row::of(row, center)).collect();
    let drawn = resampled(rounds, stream, |chance| [alpha_again(&units, chance), icc_again(&rows, chance)]);
    let [alphas, iccs] = &drawn;
    (interval(alphas, units.len()), interval(iccs, rows.len()))
}

/// What an item adds to alpha.
struct Unit {
    ratings: f64,
    sum: f64,
    squares: f64,
    within: f64,
}

impl Unit {
    fn of(table: &Table, item: usize, center: f64) -> Option<Self> {
        let ratings: Vec<f64> = table.row(item).flatten().map(|rating| rating - center).collect();
        let m = ratings.len() as f64;
        (ratings.len() > 1).then(|| Self {
            ratings: m,
            sum: ratings.iter().sum(),
            squares: ratings.iter().map(|rating| rating * rating).sum(),
            within: 2.0 * m / (m - 1.0) * squares(&ratings),
        })
    }
}

fn alpha_again(units: &[Unit], chance: &mut Chance) -> Option<f64> {
    let (mut n, mut sum, mut squares, mut within) = (0.0, 0.0, 0.0, 0.0);
    for _ in 0..units.len() {
        let unit = units.get(chance.below(units.len()))?;
        n += unit.ratings;
        sum += unit.sum;
        squares += unit.squares;
        within += unit.within;
    }
    alpha::of_sums(n, squares - sum * sum / n, within)
}

/// What a complete item adds to the analysis of variance.
struct Row {
    ratings: Vec<f64>,
    sum: f64,
    squares: f64,
}

impl Row {
    fn of(row: &[f64], center: f64) -> Self {
        let ratings: Vec<f64> = row.iter().map(|rating| rating - center).collect();
        let squares = ratings.iter().map(|rating| rating * rating).sum();
        Self { sum: ratings.iter().sum(), ratings, squares }
    }
}

fn icc_again(rows: &[Row], chance: &mut Chance) -> Option<f64> {
    let mut sums = anova::Sums::new(rows.first()?.ratings.len());
    for _ in 0..rows.len() {
        let Row { ratings, sum, squares } = rows.get(chance.below(rows.len()))?;
        sums.add(ratings, *sum, *squares);
    }
    anova::icc(&sums.mean_squares()?).single
}

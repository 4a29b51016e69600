//! Tables out of a run's ratings: tasks by raters, occupations by raters, samples of one rater.

use std::collections::BTreeMap;

use super::combine::Combiner;
use super::{Table, mean};
use crate::domain::{Sheet, SheetItem};

/// Each rater's score of each task: the mean of its samples.
pub fn tasks(sheet: &Sheet) -> Table {
    table(sheet.raters.len(), &sheet.items)
}

/// The same of some of the items.
pub fn table<'a>(raters: usize, items: impl IntoIterator<Item = &'a SheetItem> + Clone) -> Table {
    let column = |rater| items.clone().into_iter().map(|item| score(item, rater)).collect();
    Table::new((0..raters).map(column).collect())
}

/// The mean of a rater's samples of a task.
pub fn score(item: &SheetItem, rater: usize) -> Option<f64> {
    mean(&item.scores(rater).collect::<Vec<f64>>()).map(settled)
}

/// The score of each task over all raters: what theirs combine to, as the sheet says. `tasks` has the raters'
/// own scores; effects that are to be taken away are fitted to them.
pub fn combined(sheet: &Sheet, tasks: &Table) -> Vec<Option<f64>> {
    let combiner = Combiner::of(sheet, tasks);
    let score = |item| combiner.as_ref()?.combined(&tasks.row(item).collect::<Vec<_>>()).map(settled);
    (0..tasks.items()).map(score).collect()
}

/// The places of the items of each major group, which is `none` where codes have none.
pub fn by_major_group(sheet: &Sheet) -> BTreeMap<&str, Vec<usize>> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, item) in sheet.items.iter().enumerate() {
        let group = sheet.occupations.get(item.occupation).and_then(|occupation| occupation.major_group());
        by_name.entry(group.unwrap_or("none")).or_default().push(place);
    }
    by_name
}

/// Each rater's score of each occupation: the weighted mean over the tasks that it rated.
pub fn occupations(sheet: &Sheet) -> Table {
    let column = |rater: usize| {
        let mut scores = vec![None; sheet.occupations.len()];
        for (place, items) in sheet.by_occupation() {
            let rated = items.iter().filter_map(|item| Some((score(item, rater)?, item.weight)));
            if let Some(slot) = scores.get_mut(place) {
                *slot = weighted_mean(rated).map(settled);
            }
        }
        scores
    };
    Table::new((0..sheet.raters.len()).map(column).collect())
}

/// The score of an occupation with its lowest and its highest rater.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Headline {
    pub score: f64,
    pub low: f64,
    pub high: f64,
}

/// Of each occupation, as the sheet says how raters are combined; `None` where nobody has a score.
pub fn headlines(sheet: &Sheet) -> Vec<Option<Headline>> {
    let combiner = Combiner::of(sheet, &tasks(sheet));
    let by_rater = occupations(sheet);
    let raters = sheet.raters.len();
    let mut all = vec![None; sheet.occupations.len()];
    for (place, items) in sheet.by_occupation() {
        let weighed: Vec<(Vec<Option<f64>>, f64)> = items
            .iter()
            .map(|item| ((0..raters).map(|rater| score(item, rater)).collect(), item.weight))
            .collect();
        let headline = || {
            let score = combiner.as_ref()?.occupation(&weighed).map(settled)?;
            let of_raters: Vec<f64> = by_rater.row(place).flatten().collect();
            let low = of_raters.iter().copied().reduce(f64::min)?;
            let high = of_raters.iter().copied().reduce(f64::max)?;
            Some(Headline { score, low, high })
        };
        if let Some(slot) = all.get_mut(place) {
            *slot = headline();
        }
    }
    all
}

/// The samples of one rater, each as a rater of its own.
pub fn samples(sheet: &Sheet, rater: usize) -> Table {
    let of = |item: &SheetItem| item.ratings.get(rater).map_or(0, Vec::len);
    let most = sheet.items.iter().map(of).max().unwrap_or(0);
    let column = |sample: usize| {
        let rating = |item: &SheetItem| item.ratings.get(rater)?.get(sample)?.score.ok();
        sheet.items.iter().map(rating).collect()
    };
    Table::new((0..most).map(column).collect())
}

/// Without the last bits, in which two sums of the same weights and scores may differ: to ranks and to counts
/// of equal scores they would be different scores. A billionth of a point is left.
pub(super) fn settled(mean: f64) -> f64 {
    const PARTS: f64 = (1_u64 << 30) as f64;
    (mean * PARTS).round() / PARTS
}

/// Mean of `(value, weight)`; `None` when the weights sum to nothing. Adds deviations from the first
/// value, as all means here do.
pub fn weighted_mean(values: impl IntoIterator<Item = (f64, f64)>) -> Option<f64> {
    let (mut first, mut deviations, mut weights) = (None, 0.0, 0.0);
    for (value, weight) in values {
        let first = *first.get_or_insert(value);
        deviations += weight * (value - first);
        weights += weight;
    }
    first.filter(|_| weights > 0.0).map(|first| first + deviations / weights)
}

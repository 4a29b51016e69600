//! Two runs compared, where the task is the same, and what the difference is due to.

mod causes;
mod rater;

use std::collections::HashSet;

use self::causes::Scores;
use super::{cohen, mean, pearson, sd, spearman};
use crate::domain::catalogue::lot;
use crate::domain::drift::{Causes, Change, Mover, OccupationChange, RaterChange, TaskChange};
use crate::domain::{Bands, Sheet, SheetItem};

/// How two runs are compared.
pub struct Comparison<'a> {
    pub bands: &'a Bands,
    /// A difference of more points than this is one to be told.
    pub threshold: f64,
    /// How many of the movers to tell.
    pub movers: usize,
    /// How many anchors both runs have asked afresh, from which seed.
    pub anchors: Option<(u64, u64)>,
}

/// From the earlier run to the later.
pub fn change(before: &Sheet, after: &Sheet, by: &Comparison<'_>) -> Change {
    let twins = Twins::of(before, after);
    let common = common_raters(before, after);
    let names = |sheet: &Sheet, other: &Sheet| -> Vec<String> {
        let is_new = |id: &&String| !other.raters.iter().any(|rater| rater.id == **id);
        sheet.raters.iter().map(|rater| &rater.id).filter(is_new).cloned().collect()
    };
    let context = Context { before, after, twins: &twins, common: &common };
    let raters = |items: &[(usize, usize)]| -> Vec<RaterChange> {
        common.iter().map(|pair| rater::rater(&context, *pair, items, by.threshold)).collect()
    };
    let anchors: Vec<(usize, usize)> =
        by.anchors.map(|(count, seed)| context.anchors(count, seed)).unwrap_or_default();
    let scores = causes::scores(&context, by.bands);
    Change {
        tasks: twins.counts,
        rubric_changed: !context.is_same_rubric(),
        combine: (before.combine, after.combine),
        raters: raters(&twins.kept),
        anchors: if anchors.is_empty() { Vec::new() } else { raters(&anchors) },
        raters_gone: names(before, after),
        raters_new: names(after, before),
        occupations: OccupationChange { equated: causes::equated(&context), ..occupations(&scores, by) },
        causes: mean_causes(&scores.both),
        movers: most_moved(scores.both, by.movers),
    }
}

/// Positions in the one run and in the other.
struct Twins {
    /// Tasks of the same code, id and text.
    kept: Vec<(usize, usize)>,
    counts: TaskChange,
}

impl Twins {
    fn of(before: &Sheet, after: &Sheet) -> Self {
        let places = before.places();
        let (mut kept, mut counts) = (Vec::new(), TaskChange::default());
        for ((code, id), later) in ordered(after) {
            let earlier = places.get(&(code, id)).and_then(|place| Some((*place, before.items.get(*place)?)));
            match earlier {
                None => counts.new += 1,
                Some((place, item)) if after.items.get(later).is_some_and(|new| new.text == item.text) => {
                    kept.push((place, later));
                }
                Some(_) => counts.reworded += 1,
            }
        }
        counts.kept = kept.len();
        counts.gone = before.items.len().saturating_sub(counts.kept + counts.reworded);
        Self { kept, counts }
    }
}

/// Items with their keys, in the order of the catalogue.
fn ordered(sheet: &Sheet) -> impl Iterator<Item = ((&str, &str), usize)> {
    sheet.items.iter().enumerate().map(|(place, item)| ((code(sheet, item), item.id.as_str()), place))
}

fn code<'s>(sheet: &'s Sheet, item: &SheetItem) -> &'s str {
    sheet.occupations.get(item.occupation).map_or("", |occupation| occupation.code.as_str())
}

/// Raters of the same name.
fn common_raters(before: &Sheet, after: &Sheet) -> Vec<(usize, usize)> {
    let place = |id: &str| after.raters.iter().position(|rater| rater.id == id);
    before.raters.iter().enumerate().filter_map(|(one, rater)| Some((one, place(&rater.id)?))).collect()
}

struct Context<'a> {
    before: &'a Sheet,
    after: &'a Sheet,
    twins: &'a Twins,
    common: &'a [(usize, usize)],
}

impl<'a> Context<'a> {
    fn pairs(&self, items: &[(usize, usize)]) -> impl Iterator<Item = (&'a SheetItem, &'a SheetItem)> {
        let (before, after) = (&self.before.items, &self.after.items);
        items.iter().filter_map(move |(one, two)| Some((before.get(*one)?, after.get(*two)?)))
    }

    /// Those of the kept tasks that are anchors in both runs.
    fn anchors(&self, count: u64, seed: u64) -> Vec<(usize, usize)> {
        let (one, two) = (anchors_of(self.before, count, seed), anchors_of(self.after, count, seed));
        let both = |pair: &&(usize, usize)| one.contains(&pair.0) && two.contains(&pair.1);
        self.twins.kept.iter().filter(both).copied().collect()
    }

    /// The names under which a rater answered.
    fn served(&self, (one, two): (usize, usize)) -> (Vec<String>, Vec<String>) {
        let names = |sheet: &Sheet, rater: usize| {
            sheet.raters.get(rater).map(|rater| rater.served.clone()).unwrap_or_default()
        };
        (names(self.before, one), names(self.after, two))
    }

    fn is_same_rubric(&self) -> bool {
        self.before.rubric.sha256 == self.after.rubric.sha256
    }
}

/// Places of the tasks with the lowest lots.
fn anchors_of(sheet: &Sheet, count: u64, seed: u64) -> HashSet<usize> {
    let mut lots: Vec<(u64, usize)> =
        ordered(sheet).map(|((code, id), place)| (lot(seed, code, id), place)).collect();
    lots.sort_unstable();
    lots.into_iter().take(usize::try_from(count).unwrap_or(usize::MAX)).map(|(_, place)| place).collect()
}

fn occupations(scores: &Scores, by: &Comparison<'_>) -> OccupationChange {
    let movers = &scores.both;
    let all = |own: fn(&Mover) -> f64, others: &[f64]| {
        mean(&movers.iter().map(own).chain(others.iter().copied()).collect::<Vec<f64>>())
    };
    let (before, after) = (all(|mover| mover.before, &scores.gone), all(|mover| mover.after, &scores.new));
    let shifts: Vec<f64> = movers.iter().map(|mover| mover.after - mover.before).collect();
    let (x, y): (Vec<f64>, Vec<f64>) = movers.iter().map(|mover| (mover.before, mover.after)).unzip();
    let names: Vec<&str> =
        movers.iter().flat_map(|mover| [mover.bands.0.as_str(), mover.bands.1.as_str()]).collect();
    // Kappa knows no order: any number will do for a name.
    let number = |name: &str| names.iter().position(|known| *known == name).unwrap_or_default() as f64;
    let (one, two): (Vec<f64>, Vec<f64>) =
        movers.iter().map(|mover| (number(&mover.bands.0), number(&mover.bands.1))).unzip();
    OccupationChange {
        count: movers.len(),
        new: scores.new.len(),
        gone: scores.gone.len(),
        before,
        after,
        exchanged: before.zip(after).map(|(before, after)| after - before - mean(&shifts).unwrap_or(0.0)),
        shift: mean(&shifts),
        sd: sd(&shifts),
        beyond: share(&shifts, |shift| shift.abs() > by.threshold),
        pearson: pearson(&x, &y),
        spearman: spearman(&x, &y),
        equated: None,
        kappa: cohen(&one, &two),
        flips: movers.iter().filter(|mover| mover.bands.0 != mover.bands.1).count(),
    }
}

fn share(values: &[f64], holds: impl Fn(f64) -> bool) -> Option<f64> {
    let count = values.iter().filter(|value| holds(**value)).count();
    (!values.is_empty()).then(|| count as f64 / values.len() as f64)
}

fn mean_causes(movers: &[Mover]) -> Causes {
    let of = |part: fn(&Causes) -> f64| {
        mean(&movers.iter().map(|mover| part(&mover.causes)).collect::<Vec<f64>>()).unwrap_or_default()
    };
    Causes {
        inputs: of(|causes| causes.inputs),
        raters: of(|causes| causes.raters),
        answers: of(|causes| causes.answers),
    }
}

/// Farthest first; of equals, in the order of their codes.
fn most_moved(mut movers: Vec<Mover>, most: usize) -> Vec<Mover> {
    let distance = |mover: &Mover| (mover.after - mover.before).abs();
    movers.sort_by(|a, b| distance(b).total_cmp(&distance(a)).then_with(|| a.code.cmp(&b.code)));
    movers.retain(|mover| distance(mover) > 0.0);
    movers.truncate(most);
    movers
}

#[cfg(test)]
mod tests;

//! Two runs compared, where the task is the same, and what the difference is due to.

use std::collections::{HashMap, HashSet};

use super::sheet::{score, settled, weighted_mean};
use super::{Table, cohen, effects, mean, pearson, quadratic, sd, spearman, squares};
use crate::domain::catalogue::lot;
use crate::domain::drift::{Causes, Change, Mover, OccupationChange, RaterChange, TaskChange, Verdict};
use crate::domain::{Bands, Sheet, SheetItem};

/// A shift of more standard errors than this is no chance, in 95 of 100 cases.
const BEYOND_CHANCE: f64 = 1.96;

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
        common.iter().map(|pair| context.rater(*pair, items, by.threshold)).collect()
    };
    let anchors: Vec<(usize, usize)> =
        by.anchors.map(|(count, seed)| context.anchors(count, seed)).unwrap_or_default();
    let movers = context.movers(by.bands);
    Change {
        tasks: twins.counts,
        rubric_changed: before.rubric.sha256 != after.rubric.sha256,
        raters: raters(&twins.kept),
        anchors: if anchors.is_empty() { Vec::new() } else { raters(&anchors) },
        raters_gone: names(before, after),
        raters_new: names(after, before),
        occupations: OccupationChange { equated: context.equated(), ..occupations(&movers, by) },
        causes: mean_causes(&movers),
        movers: most_moved(movers, by.movers),
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

impl Context<'_> {
    fn pairs<'s>(
        &'s self,
        items: &'s [(usize, usize)],
    ) -> impl Iterator<Item = (&'s SheetItem, &'s SheetItem)> {
        items
            .iter()
            .filter_map(|(one, two)| Some((self.before.items.get(*one)?, self.after.items.get(*two)?)))
    }

    /// Those of the kept tasks that are anchors in both runs.
    fn anchors(&self, count: u64, seed: u64) -> Vec<(usize, usize)> {
        let (one, two) = (anchors_of(self.before, count, seed), anchors_of(self.after, count, seed));
        let both = |pair: &&(usize, usize)| one.contains(&pair.0) && two.contains(&pair.1);
        self.twins.kept.iter().filter(both).copied().collect()
    }

    fn rater(&self, (one, two): (usize, usize), items: &[(usize, usize)], threshold: f64) -> RaterChange {
        let rated: Vec<(f64, f64)> = self
            .pairs(items)
            .filter_map(|(before, after)| Some((score(before, one)?, score(after, two)?)))
            .collect();
        let (x, y): (Vec<f64>, Vec<f64>) = rated.iter().copied().unzip();
        let shifts: Vec<f64> = rated.iter().map(|(before, after)| after - before).collect();
        let n = shifts.len() as f64;
        let shift = mean(&shifts);
        let se = sd(&shifts).map(|sd| sd / n.sqrt());
        let names = |sheet: &Sheet, rater: usize| {
            sheet.raters.get(rater).map(|rater| rater.served.clone()).unwrap_or_default()
        };
        let served = (names(self.before, one), names(self.after, two));
        RaterChange {
            id: self.before.raters.get(one).map(|rater| rater.id.clone()).unwrap_or_default(),
            tasks: shifts.len(),
            shift,
            se,
            rmsd: mean(&shifts.iter().map(|shift| shift * shift).collect::<Vec<f64>>()).map(f64::sqrt),
            noise: self.noise((one, two), items),
            beyond: share(&shifts, |shift| shift.abs() > threshold),
            kappa_quadratic: quadratic(&x, &y),
            spearman: spearman(&x, &y),
            verdict: self.verdict((one, two), items, &served, shift.zip(se)),
            served,
        }
    }

    /// What the root mean squared difference would be if only the samples differed: each run's mean of R
    /// samples has the variance v / R.
    fn noise(&self, (one, two): (usize, usize), items: &[(usize, usize)]) -> Option<f64> {
        let variance = |item: &SheetItem, rater: usize| -> Option<f64> {
            let samples: Vec<f64> = item.scores(rater).collect();
            let n = samples.len() as f64;
            (samples.len() > 1).then(|| squares(&samples) / (n - 1.0) / n)
        };
        let pairs = self.pairs(items);
        let variances: Vec<f64> = pairs
            .filter_map(|(before, after)| Some(variance(before, one)? + variance(after, two)?))
            .collect();
        mean(&variances).map(f64::sqrt)
    }

    fn verdict(
        &self,
        (one, two): (usize, usize),
        items: &[(usize, usize)],
        served: &(Vec<String>, Vec<String>),
        shift: Option<(f64, f64)>,
    ) -> Verdict {
        let (mut all, mut other_question, mut other_score) = (0_usize, 0_usize, 0_usize);
        for (before, after) in self.pairs(items) {
            let (before, after) = (before.ratings.get(one), after.ratings.get(two));
            for (before, after) in before.into_iter().flatten().zip(after.into_iter().flatten()) {
                all += 1;
                other_question += usize::from(before.key != after.key);
                other_score += usize::from(before.score != after.score);
            }
        }
        let is_beyond = shift.is_some_and(|(shift, se)| shift.abs() > BEYOND_CHANCE * se);
        match () {
            () if other_question * 2 > all && self.before.rubric.sha256 != self.after.rubric.sha256 => {
                Verdict::Rubric
            }
            () if other_question * 2 > all => Verdict::Settings,
            () if other_score == 0 => Verdict::SameAnswers,
            () if served.0 != served.1 => Verdict::Served,
            () if is_beyond => Verdict::Moved,
            () => Verdict::Chance,
        }
    }

    /// Every occupation that both runs have scored.
    fn movers(&self, bands: &Bands) -> Vec<Mover> {
        let (all_one, all_two): (Vec<usize>, Vec<usize>) =
            ((0..self.before.raters.len()).collect(), (0..self.after.raters.len()).collect());
        let (common_one, common_two): (Vec<usize>, Vec<usize>) = self.common.iter().copied().unzip();
        let kept_one: HashMap<usize, f64> = self.kept_weights(|pair| pair.0);
        let kept_two: HashMap<usize, f64> = self.kept_weights(|pair| pair.1);
        let own = |_: usize, item: &SheetItem| Some(item.weight);
        let one = By::new(self.before, &all_one, own);
        let two = By::new(self.after, &all_two, own);
        let kept = |weights: &HashMap<usize, f64>, place: usize| weights.get(&place).copied();
        let one_kept = By::new(self.before, &all_one, |place, _| kept(&kept_one, place));
        let two_kept = By::new(self.after, &all_two, |place, _| kept(&kept_two, place));
        let one_common = By::new(self.before, &common_one, |place, _| kept(&kept_one, place));
        let two_common = By::new(self.after, &common_two, |place, _| kept(&kept_two, place));
        let mut movers = Vec::new();
        for occupation in &self.before.occupations {
            let at = |by: &By| by.0.get(occupation.code.as_str()).copied();
            let (Some(before), Some(after)) = (at(&one), at(&two)) else { continue };
            // Without tasks or raters in common, all of it is due to what was exchanged.
            let same = |by: &By, else_: f64| at(by).map_or(else_, |scored| scored.score);
            let inputs =
                (after.score - same(&two_kept, after.score)) - (before.score - same(&one_kept, before.score));
            let (kept_before, kept_after) = (same(&one_kept, before.score), same(&two_kept, after.score));
            let answers = match (at(&one_common), at(&two_common)) {
                (Some(before), Some(after)) => after.score - before.score,
                _ => 0.0,
            };
            movers.push(Mover {
                code: occupation.code.clone(),
                title: occupation.title.clone(),
                before: before.score,
                after: after.score,
                bands: (before.band(bands), after.band(bands)),
                causes: Causes { inputs, raters: kept_after - kept_before - answers, answers },
            });
        }
        movers
    }

    /// Kept tasks with the weight that they had before, by their place in one of the runs.
    fn kept_weights(&self, place: fn(&(usize, usize)) -> usize) -> HashMap<usize, f64> {
        let weight = |pair: &(usize, usize)| Some((place(pair), self.before.items.get(pair.0)?.weight));
        self.twins.kept.iter().filter_map(weight).collect()
    }

    /// The change with what each rater adds taken away, by one additive model of tasks and raters for both runs:
    /// a rater that was replaced by a milder one does not show, a rater that has become milder does.
    fn equated(&self) -> Option<f64> {
        let (one, two) = (self.before.raters.len(), self.after.raters.len());
        // Raters by their place in the fit: those of the earlier run, then those that are new.
        let mut places = vec![None; two];
        for (earlier, later) in self.common {
            *places.get_mut(*later)? = Some(*earlier);
        }
        let mut columns = one;
        let places: Vec<usize> = places
            .into_iter()
            .map(|place| {
                place.unwrap_or_else(|| {
                    columns += 1;
                    columns - 1
                })
            })
            .collect();
        let mut table = vec![Vec::with_capacity(self.twins.kept.len()); columns];
        for (before, after) in self.pairs(&self.twins.kept) {
            for (column, cells) in table.iter_mut().enumerate() {
                let later = places.iter().position(|place| *place == column).filter(|_| column >= one);
                cells.push(if column < one {
                    score(before, column)
                } else {
                    later.and_then(|rater| score(after, rater))
                });
            }
        }
        let effects = effects(&Table::new(table))?.raters;
        let effect = |column: usize| effects.get(column).copied().flatten();
        let adjusted = |item: &SheetItem, raters: usize, place: &dyn Fn(usize) -> usize| {
            let left = (0..raters).filter_map(|rater| Some(score(item, rater)? - effect(place(rater))?));
            mean(&left.collect::<Vec<f64>>())
        };
        let mut by_occupation: HashMap<usize, Vec<(f64, f64)>> = HashMap::new();
        for (before, after) in self.pairs(&self.twins.kept) {
            let later = adjusted(after, two, &|rater| places.get(rater).copied().unwrap_or(rater));
            if let Some((earlier, later)) = adjusted(before, one, &|rater| rater).zip(later) {
                by_occupation.entry(before.occupation).or_default().push((later - earlier, before.weight));
            }
        }
        let mut shifts: Vec<(usize, f64)> = by_occupation
            .into_iter()
            .filter_map(|(occupation, shifts)| Some((occupation, weighted_mean(shifts)?)))
            .collect();
        shifts.sort_unstable_by_key(|shift| shift.0);
        mean(&shifts.into_iter().map(|shift| shift.1).collect::<Vec<f64>>())
    }
}

/// Places of the tasks with the lowest lots.
fn anchors_of(sheet: &Sheet, count: u64, seed: u64) -> HashSet<usize> {
    let mut lots: Vec<(u64, usize)> =
        ordered(sheet).map(|((code, id), place)| (lot(seed, code, id), place)).collect();
    lots.sort_unstable();
    lots.into_iter().take(usize::try_from(count).unwrap_or(usize::MAX)).map(|(_, place)| place).collect()
}

/// Scores by the code of the occupation: the weighted mean over tasks of each rater, then over raters.
struct By<'s>(HashMap<&'s str, Scored>);

#[derive(Clone, Copy)]
struct Scored {
    score: f64,
    /// Over its tasks.
    sd: Option<f64>,
}

impl Scored {
    fn band(self, bands: &Bands) -> String {
        bands.name(bands.place(self.score, self.sd)).to_owned()
    }
}

impl<'s> By<'s> {
    fn new(sheet: &'s Sheet, raters: &[usize], weight: impl Fn(usize, &SheetItem) -> Option<f64>) -> Self {
        let mut place = 0;
        let mut by = HashMap::with_capacity(sheet.occupations.len());
        for (occupation, items) in sheet.by_occupation() {
            let weighed: Vec<(&SheetItem, f64)> = items
                .iter()
                .zip(place..)
                .filter_map(|(item, place)| Some((item, weight(place, item)?)))
                .collect();
            place += items.len();
            if let (Some(scored), Some(occupation)) =
                (scored(sheet, raters, &weighed), sheet.occupations.get(occupation))
            {
                by.insert(occupation.code.as_str(), scored);
            }
        }
        Self(by)
    }
}

fn scored(sheet: &Sheet, raters: &[usize], items: &[(&SheetItem, f64)]) -> Option<Scored> {
    let weight = |rater: usize| sheet.raters.get(rater).map_or(1.0, |rater| rater.weight);
    let of_rater = |rater: usize| {
        weighted_mean(items.iter().filter_map(|(item, weight)| Some((score(item, rater)?, *weight))))
    };
    let over_raters = |of: &dyn Fn(usize) -> Option<f64>| {
        weighted_mean(raters.iter().filter_map(|rater| Some((of(*rater)?, weight(*rater)))))
    };
    let tasks: Vec<f64> =
        items.iter().filter_map(|(item, _)| over_raters(&|rater| score(item, rater))).collect();
    Some(Scored { score: settled(over_raters(&of_rater)?), sd: sd(&tasks) })
}

fn occupations(movers: &[Mover], by: &Comparison<'_>) -> OccupationChange {
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

//! What the change of each occupation's score is due to, and what is left of it without the raters' effects.

use std::collections::HashMap;

use super::Context;
use crate::domain::drift::{Causes, Mover};
use crate::domain::{Bands, Sheet, SheetItem};
use crate::measure::combine::Combiner;
use crate::measure::sheet::{self, score, settled, weighted_mean};
use crate::measure::{Table, effects, mean, sd};

/// An item with the weight that it has here.
type Weighed<'s> = Vec<(&'s SheetItem, f64)>;

/// The occupations of two runs.
pub(super) struct Scores {
    /// Those that have a score in both.
    pub both: Vec<Mover>,
    /// The scores of those that have none in the other run.
    pub gone: Vec<f64>,
    pub new: Vec<f64>,
}

/// Every occupation that a run has scored.
pub(super) fn scores(of: &Context<'_>, bands: &Bands) -> Scores {
    let (before, after) = (Run::new(of.before), Run::new(of.after));
    let split = Split::new(of);
    let mut later = after.scores();
    let mut scores = Scores { both: Vec::new(), gone: Vec::new(), new: Vec::new() };
    for occupation in &of.before.occupations {
        let code = occupation.code.as_str();
        let Some(one) = before.score(code) else { continue };
        let Some(two) = later.remove(code) else {
            scores.gone.push(one.score);
            continue;
        };
        scores.both.push(Mover {
            code: occupation.code.clone(),
            title: occupation.title.clone(),
            before: one.score,
            after: two.score,
            bands: (one.band(bands), two.band(bands)),
            causes: split.causes((&before, one.score), (&after, two.score), code),
        });
    }
    // In the order of the later run, so that sums are the same every time.
    let new = of.after.occupations.iter().filter_map(|occupation| later.get(occupation.code.as_str()));
    scores.new = new.map(|scored| scored.score).collect();
    scores
}

/// A run with its items by the code of their occupation.
struct Run<'s> {
    sheet: &'s Sheet,
    items: HashMap<&'s str, Weighed<'s>>,
    combiner: Option<Combiner>,
}

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

impl<'s> Run<'s> {
    fn new(sheet: &'s Sheet) -> Self {
        let mut items: HashMap<&str, Weighed<'_>> = HashMap::with_capacity(sheet.occupations.len());
        for item in &sheet.items {
            items.entry(super::code(sheet, item)).or_default().push((item, item.weight));
        }
        Self { sheet, items, combiner: Combiner::of(sheet, &sheet::tasks(sheet)) }
    }

    fn scores(&self) -> HashMap<&'s str, Scored> {
        let codes = self.sheet.occupations.iter().map(|occupation| occupation.code.as_str());
        codes.filter_map(|code| Some((code, self.score(code)?))).collect()
    }

    fn score(&self, code: &str) -> Option<Scored> {
        let items = self.items.get(code)?;
        let all = 0..self.sheet.raters.len();
        let task =
            |item: &SheetItem| -> Vec<Option<f64>> { all.clone().map(|rater| score(item, rater)).collect() };
        let combiner = self.combiner.as_ref()?;
        let tasks: Vec<f64> = items.iter().filter_map(|(item, _)| combiner.combined(&task(item))).collect();
        Some(Scored { score: self.of(items)?, sd: sd(&tasks) })
    }

    /// What the raters' scores of these items combine to.
    fn of(&self, items: &Weighed<'_>) -> Option<f64> {
        let raters: Vec<usize> = (0..self.sheet.raters.len()).collect();
        self.combiner.as_ref()?.occupation(&rated(items, &raters)).map(settled)
    }
}

/// What these raters said of each item.
fn rated(items: &Weighed<'_>, raters: &[usize]) -> Vec<(Vec<Option<f64>>, f64)> {
    let scores = |item: &SheetItem| raters.iter().map(|rater| score(item, *rater)).collect();
    items.iter().map(|(item, weight)| (scores(item), *weight)).collect()
}

/// Kept tasks and common raters: what is the same in both runs.
struct Split<'a> {
    common: &'a [(usize, usize)],
    /// By the code of their occupation, with the weights that they had before.
    kept: HashMap<&'a str, (Weighed<'a>, Weighed<'a>)>,
    /// The common raters of each run, combined as the earlier run does it.
    combiners: Option<(Combiner, Combiner)>,
}

impl<'a> Split<'a> {
    fn new(of: &Context<'a>) -> Self {
        let mut kept: HashMap<&str, (Weighed<'_>, Weighed<'_>)> = HashMap::new();
        for (before, after) in of.pairs(&of.twins.kept) {
            let (one, two) = kept.entry(super::code(of.before, before)).or_default();
            one.push((before, before.weight));
            two.push((after, before.weight));
        }
        Self { common: of.common, kept, combiners: combiners(of) }
    }

    fn causes(&self, before: (&Run<'_>, f64), after: (&Run<'_>, f64), code: &str) -> Causes {
        let change = after.1 - before.1;
        let Some((one, two)) = self.kept.get(code).filter(|kept| kept.0.iter().any(|item| item.1 > 0.0))
        else {
            // No task stands in both runs, so none was rated otherwise.
            return Causes { inputs: change, ..Causes::default() };
        };
        let Some((kept_before, kept_after)) = before.0.of(one).zip(after.0.of(two)) else {
            // There are such tasks, and in one of the runs nobody rated them.
            return Causes { raters: change, ..Causes::default() };
        };
        let inputs = (after.1 - kept_after) - (before.1 - kept_before);
        let answers = self.answers(one, two).unwrap_or_default();
        Causes { inputs, raters: kept_after - kept_before - answers, answers }
    }

    /// The change of those raters that have rated kept tasks of the occupation in both runs.
    fn answers(&self, one: &Weighed<'_>, two: &Weighed<'_>) -> Option<f64> {
        let (places_one, places_two): (Vec<usize>, Vec<usize>) = self.common.iter().copied().unzip();
        let (mut before, mut after) = (rated(one, &places_one), rated(two, &places_two));
        for place in 0..self.common.len() {
            let has = |tasks: &[(Vec<Option<f64>>, f64)]| {
                tasks.iter().any(|(scores, _)| scores.get(place).copied().flatten().is_some())
            };
            if !(has(&before) && has(&after)) {
                // Where it rated none of them in one of the runs, it is no common rater of this occupation.
                let all = before.iter_mut().chain(after.iter_mut());
                all.filter_map(|(scores, _)| scores.get_mut(place)).for_each(|score| *score = None);
            }
        }
        let (of_before, of_after) = self.combiners.as_ref()?;
        Some(settled(of_after.occupation(&after)?) - settled(of_before.occupation(&before)?))
    }
}

/// One way of combining for both runs, so that another way or other weights are no other answers.
fn combiners(of: &Context<'_>) -> Option<(Combiner, Combiner)> {
    let weight = |pair: &(usize, usize)| of.before.raters.get(pair.0).map_or(1.0, |rater| rater.weight);
    let weights: Vec<f64> = of.common.iter().map(weight).collect();
    let (one, two): (Vec<&SheetItem>, Vec<&SheetItem>) = of.pairs(&of.twins.kept).unzip();
    let table = |items: &[&SheetItem], place: fn(&(usize, usize)) -> usize| {
        let column = |pair| items.iter().map(|item| score(item, place(pair))).collect();
        Table::new(of.common.iter().map(column).collect())
    };
    let new = |table: &Table| Combiner::new(of.before.combine, weights.clone(), table);
    new(&table(&one, |pair| pair.0)).zip(new(&table(&two, |pair| pair.1)))
}

/// The change with what each rater adds taken away, by one additive model of tasks and raters for both runs:
/// a rater that was replaced by a milder one does not show, a rater that has become milder does. What is left
/// is averaged with the raters' weights.
pub(super) fn equated(of: &Context<'_>) -> Option<f64> {
    let (one, two) = (of.before.raters.len(), of.after.raters.len());
    // Raters by their place in the fit: those of the earlier run, then those that are new.
    let mut places = vec![None; two];
    for (earlier, later) in of.common {
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
    let mut table = vec![Vec::with_capacity(of.twins.kept.len()); columns];
    for (before, after) in of.pairs(&of.twins.kept) {
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
    let adjusted =
        |sheet: &Sheet, item: &SheetItem, place: &dyn Fn(usize) -> usize| {
            let left = sheet.raters.iter().enumerate();
            weighted_mean(left.filter_map(|(rater, known)| {
                Some((score(item, rater)? - effect(place(rater))?, known.weight))
            }))
        };
    let mut by_occupation: HashMap<usize, Vec<(f64, f64)>> = HashMap::new();
    for (before, after) in of.pairs(&of.twins.kept) {
        let later = adjusted(of.after, after, &|rater| places.get(rater).copied().unwrap_or(rater));
        if let Some((earlier, later)) = adjusted(of.before, before, &|rater| rater).zip(later) {
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

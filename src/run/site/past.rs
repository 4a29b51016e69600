//! Which runs a site shows: one in full, those before it as its history, those under other rubrics beside it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Run;
use crate::cli::Shown;
use crate::domain::Sheet;
use crate::measure::sheet::{Headline, headlines};
use crate::report::plain;
use crate::run::drift::{self, Side};
use crate::run::{Desk, Failure, outcome, sheets};
use crate::site::{Companion, Past, PastScore};

/// The runs that are meant.
pub(super) struct Chosen {
    pub shown: Run,
    /// The oldest first; the last is the one that is shown.
    pub history: Vec<Run>,
    /// Under other rubrics, one for each.
    pub beside: Vec<Run>,
}

pub(super) fn choose(desk: &Desk, args: &Shown) -> Result<Chosen, Failure> {
    let shown = shown(desk, args.runs.first().map(String::as_str))?;
    let is_named = args.runs.len() > 1;
    let others = others(desk, args)?;
    let is_past = |run: &&Run| {
        run.0.began < shown.0.began
            && run.1.rubric.id == shown.1.rubric.id
            && (is_named || drift::is_comparable(&run.1, &shown.1))
    };
    let mut history: Vec<Run> = others.iter().filter(is_past).cloned().collect();
    history.drain(..history.len().saturating_sub(args.history.saturating_sub(1)));
    history.push(shown.clone());
    // A trial on a few tasks must not stand for a whole run.
    let is_beside = |run: &Run| {
        run.1.rubric.id != shown.1.rubric.id && (is_named || run.1.selection == shown.1.selection)
    };
    // The last run under a rubric takes the place of those before it.
    let beside: BTreeMap<String, Run> =
        others.into_iter().filter(is_beside).map(|run| (run.1.rubric.id.clone(), run)).collect();
    Ok(Chosen { shown, history, beside: beside.into_values().collect() })
}

/// The runs that may stand with the one that is shown, the oldest first: those that are named with it; where none is named
/// at all, any.
fn others(desk: &Desk, args: &Shown) -> Result<Vec<Run>, Failure> {
    let mut others = match args.runs.as_slice() {
        [] => sheets::sound_runs(desk)?.runs,
        [_, names @ ..] => {
            names.iter().map(|name| sheets::find_sound(desk, name)).collect::<Result<_, _>>()?
        }
    };
    others.sort_by_key(|run| run.0.began);
    Ok(others)
}

/// The run of that name, or the last one under the rubric of the config; where there is none, the last run.
pub(in crate::run) fn shown(desk: &Desk, named: Option<&str>) -> Result<Run, Failure> {
    if let Some(name) = named {
        return sheets::find_sound(desk, name);
    }
    let found =
        sheets::sound_runs(desk)?.runs.into_iter().rev().find(|run| run.1.rubric.name == desk.config.rubric);
    found.map_or_else(|| sheets::find_sound(desk, sheets::LATEST), Ok)
}

/// The history of a run, and each occupation's scores in it.
pub(super) struct History {
    pub runs: Vec<Past>,
    /// By code, in the order of the runs.
    scores: HashMap<String, Vec<Option<PastScore>>>,
}

impl History {
    pub fn of(&self, code: &str) -> Vec<Option<PastScore>> {
        self.scores.get(code).cloned().unwrap_or_else(|| vec![None; self.runs.len()])
    }
}

/// One run's ratings are in memory at a time, and those of the run before it.
pub(super) fn history(desk: &Desk, runs: &[Run]) -> Result<History, Failure> {
    let mut history = History { runs: Vec::new(), scores: HashMap::new() };
    let mut before: Option<Side> = None;
    for (place, run) in runs.iter().enumerate() {
        let side = drift::side_of(desk, run)?;
        let change = before.as_ref().map(|before| {
            drift::compare(desk, (&before.1, &before.2), (&side.1, &side.2), &outcome::DIFFERING)
        });
        history.runs.push(Past {
            run: run.0.id.clone(),
            began: run.0.began,
            mean: run.1.mean_score,
            occupations: side.1.occupations.len(),
            models: side.1.raters.iter().map(|rater| rater.id.clone()).collect(),
            change,
        });
        for (code, Headline { score, low, high }) in scores(&side.1) {
            let row = history.scores.entry(code).or_insert_with(|| vec![None; runs.len()]);
            if let Some(slot) = row.get_mut(place) {
                *slot = Some(PastScore { score, low, high });
            }
        }
        before = Some(side);
    }
    Ok(history)
}

/// Those that have one, by code.
fn scores(sheet: &Sheet) -> impl Iterator<Item = (String, Headline)> {
    let codes = sheet.occupations.iter().map(|occupation| occupation.code.clone()).collect::<Vec<_>>();
    codes.into_iter().zip(headlines(sheet)).filter_map(|(code, headline)| Some((code, headline?)))
}

/// Scores under other rubrics, by code.
pub(super) fn beside(desk: &Desk, runs: &[Run]) -> Result<HashMap<String, Vec<Companion>>, Failure> {
    let mut by_code: HashMap<String, Vec<Companion>> = HashMap::new();
    for run in runs {
        let (_, sheet, _) = drift::side_of(desk, run)?;
        let rubric: Arc<str> = run.1.rubric.id.as_str().into();
        let title: Arc<str> = title(desk, run).into();
        let summary: Arc<str> = match crate::run::setup::rubric(desk, Some(&run.1.rubric.name)) {
            // Of an edited rubric it may be another thing that is measured.
            Ok(rubric) if rubric.sha256.to_string() == run.1.rubric.sha256 => plain(&rubric.summary).into(),
            _ => "".into(),
        };
        let name: Arc<str> = run.0.id.as_str().into();
        let models: Arc<[String]> = sheet.raters.iter().map(|rater| rater.id.clone()).collect();
        for (code, Headline { score, low, high }) in scores(&sheet) {
            let bands = &desk.config.bands;
            let band = if bands.cuts().is_empty() { "" } else { bands.name(bands.place(score, None)) };
            by_code.entry(code).or_default().push(Companion {
                models: Arc::clone(&models),
                began: run.0.began,
                rubric: Arc::clone(&rubric),
                title: Arc::clone(&title),
                summary: Arc::clone(&summary),
                run: Arc::clone(&name),
                score,
                low,
                high,
                band: band.to_owned(),
            });
        }
    }
    Ok(by_code)
}

/// As its rubric calls it; where that is not at hand any more, its id.
fn title(desk: &Desk, run: &Run) -> String {
    let rubric = crate::run::setup::rubric(desk, Some(&run.1.rubric.name));
    let title = rubric.map_or_else(|_| run.1.rubric.id.clone(), |rubric| rubric.title);
    plain(&title).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sheet::{SheetItem, SheetOccupation, SheetRater, SheetRating};

    #[test]
    fn an_occupation_that_no_run_has_has_an_empty_place_for_each() {
        let some = PastScore { score: 1.0, low: 0.0, high: 2.0 };
        let past = |run: &str| Past {
            run: run.into(),
            began: crate::domain::Instant::BEGINNING,
            mean: None,
            occupations: 1,
            models: Vec::new(),
            change: None,
        };
        let scores = [("1".to_owned(), vec![None, Some(some)])].into();
        let history = History { runs: vec![past("a"), past("b")], scores };
        assert_eq!(history.of("1"), [None, Some(some)]);
        assert_eq!(history.of("2"), [None, None]);
    }

    #[test]
    fn only_occupations_with_a_score_have_a_headline() {
        let rated = |score| SheetRating { sample: 1, score, key: None, rationale: String::new() };
        let item = |occupation, ratings: Vec<Vec<SheetRating>>| SheetItem {
            occupation,
            weight: 1.0,
            ratings,
            ..SheetItem::default()
        };
        let named = |code: &str| SheetOccupation { code: code.into(), title: String::new() };
        let rater = |id: &str| SheetRater { id: id.into(), weight: 1.0, ..SheetRater::default() };
        let refused = crate::domain::GapReason::Refused;
        let sheet = Sheet {
            raters: vec![rater("a"), rater("b")],
            occupations: vec![named("1"), named("2")],
            items: vec![
                item(0, vec![vec![rated(Err(refused))], vec![rated(Err(refused))]]),
                item(1, vec![vec![rated(Ok(40.0))], vec![rated(Ok(60.0))]]),
            ],
            ..Sheet::default()
        };
        let found: Vec<(String, f64, f64, f64)> =
            scores(&sheet).map(|(code, line)| (code, line.score, line.low, line.high)).collect();
        assert_eq!(found, [("2".to_owned(), 50.0, 40.0, 60.0)]);
    }
}

//! From runs in the store to what a site shows.

use std::collections::HashMap;

use super::past::{self, Chosen, History};
use super::settings;
use crate::ask;
use crate::domain::{RunInfo, ScoredOccupation, ScoredTask, Sheet};
use crate::measure::{self, Rounds};
use crate::pass::{Collector, Gathered, Job, Rater};
use crate::read::FactBook;
use crate::report::{Report as _, plain};
use crate::run::manifest::Manifest;
use crate::run::rebuild::{self, Rebuilt};
use crate::run::{Desk, Failure, commentaries, runs};
use crate::site::{Asked, Companion, Entry, Receipt, Site};
use crate::store::KeptRun;

/// So many tasks are named on which raters are farthest apart.
const DISPUTED: usize = 20;

pub(super) fn gather(desk: &Desk, chosen: &Chosen) -> Result<Site, Failure> {
    let Rebuilt { job, mut run, gathered, facts } = rebuild::rebuilt(desk, &chosen.shown)?;
    facts.notes().iter().for_each(|note| desk.talk.say(note));
    let sheet = sheet(&run, &gathered)?;
    let agreement = measure::agreement(&sheet, Rounds { count: run.rounds, seed: run.seed }, DISPUTED);
    let commentary = commentaries::kept(desk, &job.store, &run, &gathered, &|code| facts.of(code))?;
    let settings = settings::settings(desk, chosen, &commentary);
    // Names of columns are among them, and stand on every page.
    run.models.iter_mut().for_each(|model| model.id = plain(&model.id).into());
    let mut known = Known {
        alphas: alphas(&sheet),
        titles: job.catalogue.other_titles()?,
        beside: past::beside(desk, &chosen.beside)?,
        history: past::history(desk, &chosen.history)?,
        facts,
    };
    let totals = gathered.totals;
    let standings = totals.standings.iter().copied().chain(std::iter::repeat(None));
    let scored = gathered.occupations.into_iter().zip(commentary).zip(standings);
    let entries = scored.map(|(((scored, tasks), commentary), standing)| Entry {
        standing,
        commentary,
        ..known.entry(scored, tasks)
    });
    let entries = entries.collect();
    Ok(Site {
        settings,
        receipt: receipt(&chosen.shown),
        bands: desk.config.bands.clone(),
        asked: job.raters.iter().map(|rater| asked(&job, rater)).collect(),
        totals,
        runs: known.history.runs,
        inputs: known.facts.inputs().to_vec(),
        entries,
        agreement,
        run,
    })
}

/// What there is about occupations besides their scores, by their codes.
struct Known {
    alphas: HashMap<String, Option<f64>>,
    titles: HashMap<String, Vec<String>>,
    beside: HashMap<String, Vec<Companion>>,
    history: History,
    facts: FactBook,
}

impl Known {
    /// Without what is not known by code.
    fn entry(&mut self, scored: ScoredOccupation, tasks: Vec<ScoredTask>) -> Entry {
        let code = &scored.occupation.code;
        Entry {
            standing: None,
            alpha: self.alphas.get(code).copied().flatten(),
            alternates: self.titles.remove(code).unwrap_or_default(),
            facts: self.facts.of(code),
            companions: self.beside.remove(code).unwrap_or_default(),
            past: self.history.of(code),
            commentary: None,
            scored,
            tasks,
        }
    }
}

/// The ratings as a table, out of which agreement is reckoned.
fn sheet(run: &RunInfo, gathered: &Gathered) -> Result<Sheet, Failure> {
    let mut collector = Collector::new(run, false);
    for (scored, tasks) in &gathered.occupations {
        for task in tasks {
            collector.task(&scored.occupation, task)?;
        }
    }
    collector.end(&gathered.totals)?;
    Ok(collector.sheet)
}

/// Of the raters over the tasks of each occupation.
fn alphas(sheet: &Sheet) -> HashMap<String, Option<f64>> {
    let alpha = |items| measure::alpha(&measure::sheet::table(sheet.raters.len(), items)).interval;
    sheet
        .by_occupation()
        .filter_map(|(place, items)| Some((sheet.occupations.get(place)?.code.clone(), alpha(items))))
        .collect()
}

fn asked(job: &Job, rater: &Rater) -> Option<Asked> {
    let model = &rater.model;
    rater.asker.as_ref()?;
    Some(Asked {
        settings: model.settings.clone(),
        price: model.price_asked(),
        schema: ask::schema_of(&job.rubric, model),
    })
}

fn receipt((kept, manifest): &(KeptRun, Manifest)) -> Receipt {
    Receipt {
        run: kept.id.clone(),
        began: kept.began,
        program: manifest.program.clone(),
        record: kept.digest,
        command: runs::again(manifest),
        cost_usd: manifest.cost_usd,
        cached: manifest.answers.cached,
        asked: manifest.answers.asked,
    }
}

//! From runs in the store to what a site shows.

use std::collections::HashMap;

use anyhow::anyhow;

use super::past::{self, Chosen};
use super::{Run, settings};
use crate::domain::{Sheet, Totals};
use crate::measure::{self, Rounds};
use crate::pass::score as pass;
use crate::pass::{Collector, Gathered, Job};
use crate::report::{Both, Record};
use crate::run::manifest::Manifest;
use crate::run::{Desk, Exit, Failure, facts, rebuild, runs, score, setup};
use crate::site::{Entry, Receipt, Site};

/// So many tasks are named on which raters are farthest apart.
const DISPUTED: usize = 20;

pub(super) fn gather(desk: &Desk, chosen: &Chosen) -> Result<Site, Failure> {
    let args = rebuild::rebuild(&chosen.shown.1)?;
    let job = setup::job(desk, &args, true)?;
    let method = score::method(desk, &args, &job, true)?;
    let (run, fit) = (score::run_info(&job, &method), score::fit(desk, &args));
    let method = score::with_effects(&job, method, (&run, fit))?;
    let mut gathered = Gathered::default();
    let mut record = Record::new(run.clone());
    pass::score(&job, fit, &method, &mut Both(&mut gathered, &mut record), Totals::default(), &|| false)?;
    hold_to_the_run(&chosen.shown, record)?;
    let sheet = sheet(&run, &gathered)?;
    let rounds = Rounds { count: run.rounds, seed: run.seed };
    let agreement = measure::agreement(&sheet, rounds, DISPUTED);
    let facts = facts::book(desk, &args, &job.catalogue)?;
    let history = past::history(desk, &chosen.history)?;
    let mut beside = past::beside(desk, &chosen.beside)?;
    let (alphas, mut titles) = (alphas(&sheet), job.catalogue.other_titles()?);
    let standings = gathered.totals.standings.clone();
    let mut entries = Vec::with_capacity(gathered.occupations.len());
    for (place, (scored, tasks)) in gathered.occupations.into_iter().enumerate() {
        let code = scored.occupation.code.clone();
        entries.push(Entry {
            standing: standings.get(place).copied().flatten(),
            alpha: alphas.get(&code).copied().flatten(),
            alternates: titles.remove(&code).unwrap_or_default(),
            facts: facts.of(&code),
            companions: beside.remove(&code).unwrap_or_default(),
            past: history.of(&code),
            commentary: None,
            scored,
            tasks,
        });
    }
    Ok(Site {
        settings: settings::settings(desk, &job),
        receipt: receipt(&chosen.shown),
        bands: desk.config.bands.clone(),
        asked: job
            .raters
            .iter()
            .map(|rater| Some((rater.model.settings.clone(), rater.model.price_asked())))
            .collect(),
        schema: schema(&job),
        totals: gathered.totals,
        runs: history.runs,
        inputs: facts.inputs().to_vec(),
        entries,
        agreement,
        run,
    })
}

/// A site shows a run, and nothing that has become of it since.
fn hold_to_the_run((kept, _): &Run, record: Record) -> Result<(), Failure> {
    let (digest, _, _) = record.finish()?;
    if digest == kept.digest {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        anyhow!("the ratings of run {} cannot be made again: its catalogue, rubric, models or answers are no longer what they were", kept.id),
    )
    .hint(format!("put back what was changed (score-tasks runs show {} has the hashes), or score again", kept.id)))
}

/// The ratings as a table, out of which agreement is reckoned.
fn sheet(run: &crate::domain::RunInfo, gathered: &Gathered) -> Result<Sheet, Failure> {
    use crate::report::Report as _;
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

/// Of the first model that is asked; models whose servers take none differ only in that.
fn schema(job: &Job) -> String {
    crate::ask::schema(&job.rubric, crate::domain::Form::Schema)
}

fn receipt((kept, manifest): &(crate::store::KeptRun, Manifest)) -> Receipt {
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

//! Commentary on a run's scores: the facts sheets, and what the store has for just these. Asks nothing.

use std::sync::Arc;

use super::{Desk, Failure};
use crate::domain::commentary::Commentary;
use crate::domain::{Brief, FactSheet, Facts, Model, RunInfo, ScoredOccupation, ScoredTask};
use crate::pass::{Gathered, Narration, Settled};
use crate::rate::Parts;
use crate::store::Store;
use crate::{ask, read};

/// Facts about an occupation, by its code.
pub(super) type FactsOf<'a> = &'a dyn Fn(&str) -> Facts;

pub(super) fn brief(desk: &Desk) -> Result<Arc<Brief>, Failure> {
    Ok(Arc::new(read::brief(Some(&desk.config.prompts()))?))
}

/// A sheet for each occupation; `None` where there is no score that could be commented on.
pub(super) fn sheets(run: &RunInfo, gathered: &Gathered, facts: FactsOf<'_>) -> Vec<Option<FactSheet>> {
    let sheet = |(scored, tasks): &(ScoredOccupation, Vec<ScoredTask>)| {
        // Without a score there is nothing to write about.
        scored.score?;
        Some(ask::fact_sheet(run, scored, tasks, &facts(&scored.occupation.code)))
    };
    gathered.occupations.iter().map(sheet).collect()
}

/// The commentary that a page shows beside each occupation's scores: the first that holds, of the authors in
/// their order. What was written about other scores or other facts is not found, so it is left out.
pub(super) fn kept(
    desk: &Desk,
    store: &Store,
    run: &RunInfo,
    gathered: &Gathered,
    facts: FactsOf<'_>,
) -> Result<Vec<Option<Commentary>>, Failure> {
    let brief = brief(desk)?;
    let sheets = sheets(run, gathered, facts);
    let mut found: Vec<Option<Commentary>> = vec![None; sheets.len()];
    let is_asked = run.models.iter().any(|model| !matches!(model.provider, "mock" | "label"));
    for model in authors(desk) {
        // What a mock makes up is not to be read beside what models were really asked.
        if is_asked && model.provider_name() == "mock" {
            continue;
        }
        // Those for which an earlier author has written are settled.
        let open: Vec<(usize, &FactSheet)> = sheets
            .iter()
            .enumerate()
            .filter_map(|(place, sheet)| {
                let is_open = found.get(place).is_some_and(Option::is_none);
                sheet.as_ref().filter(|_| is_open).map(|sheet| (place, sheet))
            })
            .collect();
        let asked = open.iter().map(|(_, sheet)| (*sheet).clone()).collect();
        let narration = Narration::new((Arc::clone(&brief), model), asked, store.clone(), 0)?;
        for ((place, sheet), settled) in open.iter().zip(narration.settle()?) {
            if let Some(slot) = found.get_mut(*place) {
                *slot = commentary(model, settled, sheet);
            }
        }
    }
    Ok(found)
}

/// Who may have written: those that the config names for it, or all of its models.
pub(super) fn authors(desk: &Desk) -> Vec<&Model> {
    let config = &desk.config;
    let known = |name: &String| config.known_models.iter().find(|model| *model.id == **name);
    if !config.site.commentary.is_empty() {
        return config.site.commentary.iter().filter_map(known).collect();
    }
    let first: Vec<&Model> = config.models.iter().filter_map(known).collect();
    let rest = config.known_models.iter().filter(|model| !first.iter().any(|one| one.id == model.id));
    let rest: Vec<&Model> = rest.collect();
    [first, rest].concat()
}

fn commentary(model: &Model, settled: Settled<Parts>, sheet: &FactSheet) -> Option<Commentary> {
    let Settled { question, answer, outcome, .. } = settled;
    let (answer, Parts { overview, pressure, holds, tools, questions }) = (answer?, outcome.ok()?);
    Some(Commentary {
        overview,
        pressure,
        holds,
        tools,
        questions,
        author: answer.served,
        model: model.id.to_string(),
        provider: model.provider_name().to_owned(),
        at: answer.at,
        key: question.key,
        facts: sheet.statements.iter().filter(|one| one.id.starts_with('F')).cloned().collect(),
    })
}

//! `explain`: how one number was made, enough to make it again by hand. Asks nothing.

use std::io::Write as _;

use anyhow::anyhow;

use super::{Desk, Exit, Failure, score, setup};
use crate::cli;
use crate::domain::scored::Origin;
use crate::domain::{Combine, Explanation, GapReason, Sample, Selection, Share};
use crate::pass::explain::{self as pass, Wanted};
use crate::pass::score::{Method, Weights};
use crate::read::{Catalogue, Found};
use crate::report;

pub(super) fn explain(desk: &Desk, args: &cli::Explain) -> Result<Exit, Failure> {
    let (typed, args) = (args.target.as_str(), &*args.score);
    let format = score::format(desk, args)?;
    if !matches!(format, report::Format::Table | report::Format::Json) {
        return Err(Failure::usage(anyhow!("an explanation is a table or JSON: --format table or json")));
    }
    let as_json = format == report::Format::Json;
    let mut task = None;
    let job = setup::job_about(desk, args, true, |catalogue| {
        let target = target(catalogue, typed, setup::share(args))?;
        task = target.task;
        Ok(Selection { occupations: Some(vec![target.occupation]), share: setup::share(args) })
    })?;
    let (base, own_first) = setup::weighting(desk, args.weights.as_deref(), &job.catalogue)?;
    let weights = Weights::new(&job, base, own_first)?;
    let mut tally = setup::tally(desk, args, &job.raters);
    // Intervals are in the report; here is what they are of.
    tally.rounds.count = 0;
    let method = Method { weights, tally, offline: true };
    if method.tally.combination.how == Combine::Effects {
        return Err(Failure::usage(anyhow!("what a model adds to every task hangs on all tasks of a run, not on this one"))
            .hint("--combine mean explains the scores it was taken from; the run's report has each model's `effect`"));
    }
    let run = score::run_info(&job, &method);
    let mut sink = score::sink(desk, args)?;
    score::introduce(desk, &job);
    let wanted = Wanted { fit: score::fit(desk, args), task: task.as_deref(), all: as_json };
    let explanation = pass::explain(&job, &method, &wanted)?;
    if as_json {
        report::explanation_json(&run, &method.tally.bands, &explanation, &mut sink)?;
    } else {
        sink.write_all(report::explanation_text(&run, &method.tally.bands, &explanation).as_bytes())?;
    }
    sink.finish()?;
    let attribution = &run.catalogue.attribution;
    if !as_json && args.output.is_some() && !attribution.is_empty() {
        desk.talk.say(format_args!("To be shown with what is published of this: {attribution}"));
    }
    let missing = not_asked(&explanation);
    if missing > 0 && args.as_of.is_none() {
        let missing = report::count(missing, "answer");
        desk.talk.say(format_args!("Not there yet: {missing}. `score-tasks score` asks for them."));
    }
    Ok(Exit::Done)
}

/// Questions that nobody has put yet.
fn not_asked(explanation: &Explanation) -> u64 {
    let samples = explanation.tasks.iter().flat_map(|term| &term.scored.models).flat_map(|of| &of.samples);
    let is_open = |sample: &&Sample| {
        matches!(&sample.outcome, Err(gap) if gap.reason == GapReason::NotAsked)
            && matches!(sample.origin, Origin::Unanswered { .. })
    };
    samples.filter(is_open).count() as u64
}

/// What is to be explained.
struct Target {
    occupation: usize,
    task: Option<String>,
}

/// An occupation, or one of its tasks. Titles and ids may have slashes in them, so every one may be the last
/// of the occupation's name; what is literally a name is one.
fn target(catalogue: &Catalogue, typed: &str, share: Share) -> Result<Target, Failure> {
    let typed = typed.trim();
    let is_named = |name: &str| name.eq_ignore_ascii_case(typed);
    let literal = |at: &usize| {
        let occupation = catalogue.occupations.get(*at);
        occupation.is_some_and(|one| is_named(&one.code) || is_named(&one.title))
    };
    let whole = setup::occupation(catalogue, typed);
    if let Ok(occupation) = whole.as_ref()
        && literal(occupation)
    {
        return Ok(Target { occupation: *occupation, task: None });
    }
    let mut found = Vec::new();
    // The nearest that can be said where nothing is found.
    let mut near = None;
    for (slash, _) in typed.match_indices('/') {
        let (Some(name), Some(id)) = (typed.get(..slash), typed.get(slash + 1..)) else { continue };
        let id = id.trim();
        match catalogue.resolve(name)? {
            Found::One(occupation) if has_task(catalogue, occupation, share, id)? => {
                found.push(Target { occupation, task: Some(id.to_owned()) });
            }
            Found::One(occupation) => near = Some(no_task(catalogue, occupation, id)),
            Found::Several(_) => near = setup::occupation(catalogue, name).err(),
            Found::Nothing { .. } => {}
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(target), true) => Ok(target),
        (Some(_), false) => {
            Err(Failure::new(Exit::Occupation, anyhow!("`{typed}` may be a task of several occupations"))
                .hint("name the occupation by its code"))
        }
        (None, _) => match (whole, near) {
            (Ok(occupation), _) => Ok(Target { occupation, task: None }),
            (Err(_), Some(near)) => Err(near),
            (Err(failure), None) => Err(failure),
        },
    }
}

/// Whether the task is among those that are selected.
fn has_task(catalogue: &Catalogue, occupation: usize, share: Share, id: &str) -> Result<bool, Failure> {
    let selection = Selection { occupations: Some(vec![occupation]), share };
    for placed in catalogue.walk(&selection)? {
        if placed?.1.id == id {
            return Ok(true);
        }
    }
    Ok(false)
}

fn no_task(catalogue: &Catalogue, occupation: usize, id: &str) -> Failure {
    let (code, title) =
        catalogue.occupations.get(occupation).map_or(("", ""), |one| (one.code.as_str(), one.title.as_str()));
    Failure::new(Exit::Occupation, anyhow!("no task `{id}` among those of {title}"))
        .hint(format!("score-tasks explain {code} shows their ids"))
}

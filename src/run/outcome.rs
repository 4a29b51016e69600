//! What came of a run, put together from what is kept of it: for summaries, webhooks and commands.

use super::drift::{self, Side};
use super::manifest::Manifest;
use super::month;
use super::{Desk, Exit, Failure, runs, sheets};
use crate::cli::Differing;
use crate::domain::{Instant, Month, Sheet};
use crate::measure::{self, mean};
use crate::report::{Against, ModelSummary, RunSummary, Summary};
use crate::store::KeptRun;

/// A run as it is kept.
pub(super) type Run = (KeptRun, Manifest);

/// How runs are compared where nobody says how.
const DIFFERING: Differing = Differing { threshold: 10.0, movers: 10, fail_above: None };

/// What is known besides what is kept.
#[derive(Clone, Copy, Default)]
pub(super) struct Told<'a> {
    pub schedule: Option<&'a str>,
    pub exit: Option<Exit>,
    /// The run to compare with; `None`: the last one that can be.
    pub against: Option<&'a str>,
}

pub(super) fn of(desk: &Desk, run: Option<&Run>, told: Told<'_>) -> Result<Summary, Failure> {
    let began = run.map_or_else(|| desk.clock.now(), |(run, _)| run.began);
    let month = Month::of(began);
    let mut summary = bare(told, began);
    summary.month_cost_usd = month::spent(desk, month)? as f64 / 1e9;
    summary.month_budget_usd = desk.config.usd_per_month;
    if let Some(run) = run {
        summary.schedule = told.schedule.map(str::to_owned).or_else(|| run.1.schedule.clone());
        summary.run = Some(run_summary(desk, run, told)?);
    }
    summary.next = next(&summary, told.exit);
    Ok(summary)
}

/// Where nothing more can be found out.
pub(super) fn bare(told: Told<'_>, began: Instant) -> Summary {
    let mut summary = Summary {
        schedule: told.schedule.map(str::to_owned),
        exit: told.exit.map(|exit| (exit.code(), exit.name())),
        began: began.to_string(),
        month: Month::of(began).to_string(),
        ..Summary::default()
    };
    summary.next = next(&summary, told.exit);
    summary
}

fn run_summary(desk: &Desk, (run, manifest): &Run, told: Told<'_>) -> Result<RunSummary, Failure> {
    let side = drift::side(desk, &run.id)?;
    let before = match told.against {
        Some(name) => Some(sheets::find_run(desk, name)?),
        None => comparable(desk, (run, manifest), told.schedule)?,
    };
    let against = before.map(|before| against(desk, &before, &side)).transpose()?;
    Ok(RunSummary {
        name: run.id.clone(),
        seconds: manifest.seconds,
        selection: manifest.selection.clone(),
        rubric: manifest.rubric.shown(),
        catalogue: manifest.catalog.name.clone(),
        occupations: manifest.occupations,
        tasks: manifest.tasks,
        needed: manifest.answers.needed,
        asked: manifest.answers.asked,
        gaps: manifest.gaps.iter().map(|(reason, count)| (reason.clone(), *count)).collect(),
        score: manifest.mean_score,
        models: models(&side.1),
        cost_usd: manifest.cost_usd,
        notes: manifest.notes.clone(),
        again: runs::again(manifest),
        against,
    })
}

fn against(desk: &Desk, (run, manifest): &Run, after: &Side) -> Result<Against, Failure> {
    let before = drift::side(desk, &run.id)?;
    let change = drift::compare(desk, (&before.1, &before.2), (&after.1, &after.2), &DIFFERING);
    Ok(Against { name: run.id.clone(), began: manifest.began.clone(), change })
}

/// Each rater's mean over the occupations.
fn models(sheet: &Sheet) -> Vec<ModelSummary> {
    let scores = measure::sheet::occupations(sheet);
    let score = |rater| mean(&scores.column(rater).iter().flatten().copied().collect::<Vec<f64>>());
    let raters = sheet.raters.iter().enumerate();
    raters
        .map(|(place, rater)| ModelSummary {
            id: rater.id.clone(),
            served: rater.served.clone(),
            score: score(place),
        })
        .collect()
}

/// The run before of the same schedule, else the last one that is like it.
fn comparable(
    desk: &Desk,
    (run, manifest): (&KeptRun, &Manifest),
    schedule: Option<&str>,
) -> Result<Option<Run>, Failure> {
    let schedule = schedule.or(manifest.schedule.as_deref());
    let mut earlier = sheets::all_runs(desk)?;
    let place = earlier.iter().position(|(one, _)| one.id == run.id).unwrap_or(earlier.len());
    earlier.truncate(place);
    let of_schedule = |(_, one): &Run| schedule.is_some() && one.schedule.as_deref() == schedule;
    let is_like = |(_, one): &Run| drift::is_comparable(one, manifest) && kind(one) == kind(manifest);
    let found = earlier.iter().rposition(of_schedule).or_else(|| earlier.iter().rposition(is_like));
    Ok(found.map(|place| earlier.swap_remove(place)))
}

/// What the releases of a catalogue have in common: its name without numbers.
fn kind(manifest: &Manifest) -> String {
    manifest.catalog.name.chars().filter(|c| c.is_alphabetic()).collect()
}

/// What is to be done now, if anything.
fn next(summary: &Summary, exit: Option<Exit>) -> Vec<String> {
    let mut next = Vec::new();
    let mut add = |text: String| next.push(text);
    match exit {
        Some(Exit::Gaps) => add("Run it again to ask for the ratings that are missing.".to_owned()),
        Some(Exit::Account) => {
            add("`score-tasks models check` says which key or account is refused.".to_owned())
        }
        Some(Exit::Cost) => add(format!(
            "Raise --max-cost or budget.usd_per_month, or wait for the next month; `score-tasks runs costs --month \
             {}` shows what was spent.",
            summary.month
        )),
        Some(Exit::Gate) => add("Look at what moved before the scores are used.".to_owned()),
        Some(Exit::Interrupted) => add("Run it again to go on; what was answered is kept.".to_owned()),
        Some(Exit::Done) | None => {}
        Some(_) => {
            add("The program's own messages say what was wrong; `score-tasks doctor` helps to find it."
                .to_owned())
        }
    }
    if let Some(run) = &summary.run {
        match &run.against {
            Some(against) => {
                add(format!(
                    "`score-tasks runs diff {} {}` shows all of the change.",
                    against.name, run.name
                ));
            }
            None => add(format!("`score-tasks runs show {}` shows all of the run.", run.name)),
        }
    }
    if next.is_empty() {
        next.push("Nothing.".to_owned());
    }
    next
}

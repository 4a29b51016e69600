//! What came of a run, put together from what is kept of it: for summaries, webhooks and commands.

use super::drift::{self, Side};
use super::manifest::Manifest;
use super::month;
use super::sheets::Sound;
use super::{Desk, Exit, Failure, runs, sheets};
use crate::cli::Differing;
use crate::domain::{AllowedGaps, Instant, Month, Sheet};
use crate::measure::{self, mean};
use crate::report::{Against, ModelSummary, RunSummary, Summary};
use crate::store::KeptRun;

/// A run as it is kept.
pub(super) type Run = (KeptRun, Manifest);

/// How runs are compared where nobody says how.
pub(super) const DIFFERING: Differing = Differing { threshold: 10.0, movers: 10, fail_above: None };

/// What is known besides what is kept.
#[derive(Clone, Copy, Default)]
pub(super) struct Told<'a> {
    pub schedule: Option<&'a str>,
    pub exit: Option<Exit>,
    /// The run to compare with; `None`: the last one that can be.
    pub against: Option<&'a str>,
}

/// What could be found out.
pub(super) struct Found {
    pub summary: Summary,
    /// Why there is nothing to compare the run with, though there may be an earlier one: it cannot be read.
    pub unread: Option<String>,
}

pub(super) fn of(desk: &Desk, run: Option<&Run>, told: Told<'_>) -> Result<Found, Failure> {
    let began = run.map_or_else(|| desk.clock.now(), |(run, _)| run.began);
    let month = Month::of(began);
    let mut summary = bare(told, began, None);
    summary.month_cost_usd = month::spent(desk, month)? as f64 / 1e9;
    summary.month_budget_usd = desk.config.usd_per_month;
    let mut unread = None;
    if let Some(run) = run {
        summary.schedule = told.schedule.map(str::to_owned).or_else(|| run.1.schedule.clone());
        let (found, why) = run_summary(desk, run, told)?;
        (summary.run, unread) = (Some(found), why);
    }
    summary.next = next(&summary, told.exit);
    Ok(Found { summary, unread })
}

/// Where nothing more can be found out. `unread`: the run that was kept, and cannot be read.
pub(super) fn bare(told: Told<'_>, began: Instant, unread: Option<&str>) -> Summary {
    let mut summary = Summary {
        schedule: told.schedule.map(str::to_owned),
        exit: told.exit.map(|exit| (exit.code(), exit.name())),
        began: began.to_string(),
        month: Month::of(began).to_string(),
        unread_run: unread.map(str::to_owned),
        ..Summary::default()
    };
    summary.next = next(&summary, told.exit);
    summary
}

fn run_summary(desk: &Desk, kept: &Run, told: Told<'_>) -> Result<(RunSummary, Option<String>), Failure> {
    let (run, manifest) = kept;
    let side = drift::side_of(desk, kept)?;
    let earlier = match told.against {
        Some(name) => Earlier::named(desk, name)?,
        None => comparable(desk, (run, manifest), told.schedule)?,
    };
    let against = earlier.found.map(|before| against(desk, before, &side));
    let unread = if against.is_none() { said_unread(&earlier.unread) } else { None };
    let mut notes = manifest.notes.clone();
    notes.extend(said_unread(&earlier.unread));
    let summary = RunSummary {
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
        notes,
        again: runs::again(manifest),
        against,
    };
    Ok((summary, unread))
}

fn said_unread(runs: &[String]) -> Option<String> {
    match runs {
        [] => None,
        [one] => Some(format!("run {one} cannot be read; score-tasks cache verify says more")),
        several => {
            Some(format!("runs {} cannot be read; score-tasks cache verify says more", several.join(", ")))
        }
    }
}

fn against(desk: &Desk, ((run, manifest), before): (Run, Side), after: &Side) -> Against {
    let change = drift::compare(desk, (&before.1, &before.2), (&after.1, &after.2), &DIFFERING);
    Against { name: run.id, began: manifest.began, change }
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

/// The run to compare with.
#[derive(Default)]
struct Earlier {
    found: Option<(Run, Side)>,
    /// Those that might have been it, and cannot be read.
    unread: Vec<String>,
}

impl Earlier {
    fn named(desk: &Desk, name: &str) -> Result<Self, Failure> {
        let run = sheets::find_sound(desk, name)?;
        let side = drift::side_of(desk, &run)?;
        Ok(Self { found: Some((run, side)), unread: Vec::new() })
    }
}

/// The run before of the same schedule, else the last one that is like it; rather one without more gaps than
/// are allowed. One that cannot be read leaves its place to the one before it.
fn comparable(
    desk: &Desk,
    (run, manifest): (&KeptRun, &Manifest),
    schedule: Option<&str>,
) -> Result<Earlier, Failure> {
    let schedule = schedule.or(manifest.schedule.as_deref());
    let allowed = allowed_gaps(desk, schedule);
    let Sound { runs: mut earlier, damaged: unread } = sheets::sound_runs(desk)?;
    let place = earlier.iter().position(|(one, _)| one.id == run.id).unwrap_or(earlier.len());
    earlier.truncate(place);
    let mut candidates = Vec::new();
    for (place, one) in earlier.into_iter().enumerate() {
        let is_of_schedule = is_of_schedule(&one.1, manifest, schedule);
        let is_like = is_of_schedule || kind(&one.1) == kind(manifest);
        if is_like && drift::is_comparable(&one.1, manifest) && !is_same_occasion(&one.1, manifest) {
            candidates.push(((is_of_schedule, one.1.exit(allowed) == Exit::Done, place), one));
        }
    }
    candidates.sort_by_key(|(rank, _)| *rank);
    let mut all = Earlier { found: None, unread };
    while let Some((_, one)) = candidates.pop() {
        match drift::side_of(desk, &one) {
            Ok(side) => {
                all.found = Some((one, side));
                break;
            }
            Err(_) => all.unread.push(one.0.id),
        }
    }
    Ok(all)
}

fn is_of_schedule(one: &Manifest, run: &Manifest, schedule: Option<&str>) -> bool {
    // Another config may have a schedule of that name.
    let is_other =
        one.schedule_key.is_some() && run.schedule_key.is_some() && one.schedule_key != run.schedule_key;
    schedule.is_some() && one.schedule.as_deref() == schedule && !is_other
}

/// An earlier try, which has nothing to say of what has changed since the occasion before.
fn is_same_occasion(one: &Manifest, run: &Manifest) -> bool {
    let (Some(schedule), Some(due)) = (&run.schedule, &run.due) else { return false };
    match &run.schedule_key {
        Some(key) => one.is_of(schedule, key, due),
        None => one.schedule.as_ref() == Some(schedule) && one.due.as_ref() == Some(due),
    }
}

/// The gaps that a schedule may leave, or else any run.
pub(super) fn allowed_gaps(desk: &Desk, schedule: Option<&str>) -> AllowedGaps {
    let found = desk.config.schedules.iter().find(|one| Some(one.name.as_str()) == schedule);
    found.and_then(|schedule| schedule.allow_gaps).unwrap_or(desk.config.allow_gaps)
}

/// What the releases of a catalogue have in common: its name without numbers.
fn kind(manifest: &Manifest) -> String {
    manifest.catalog.name.chars().filter(|c| c.is_alphabetic()).collect()
}

/// The same run, ended otherwise.
pub(super) fn go_on(summary: &mut Summary, exit: Exit) {
    summary.next = next(summary, Some(exit));
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

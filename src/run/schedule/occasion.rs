//! One occasion from its first word in the store to its last: what `score` does, for a schedule.

use std::path::PathBuf;

use super::super::interrupt::Interrupts;
use super::super::outcome::Told;
use super::super::score::{Outcome, Scheduled};
use super::super::{Desk, Exit, Failure, after, delivery, score, sheets};
use super::known;
use crate::cli;
use crate::config::{Schedule, Serving};
use crate::domain::{Age, Instant};
use crate::pace::Stopwatch;
use crate::store::{self, Try};

/// How an occasion ended.
pub(super) struct Ended {
    pub exit: Exit,
    pub run: Option<String>,
    pub seconds: f64,
    pub cost_usd: f64,
    pub gaps: u64,
    pub at: Instant,
    /// Not all who were to be told have been.
    pub is_undelivered: bool,
}

/// Carries an occasion out. What goes wrong in it is told, and is its exit code; only where the store cannot be
/// written it is a failure of the schedules themselves.
pub(super) fn carry_out(
    desk: &Desk,
    schedule: &Schedule,
    due: Instant,
    interrupts: &Interrupts,
) -> Result<Ended, Failure> {
    let (path, name, key) = (&desk.config.cache, &schedule.name, known::key(desk, schedule));
    let watch = Stopwatch::start();
    let number = store::begin_occasion(path, &key, due, desk.clock.now())?;
    // This one, or the first of those that were cut off.
    let began = known::tries(desk, schedule)?.first_begun(due).unwrap_or(due);
    let at_home = at_home(desk);
    desk.talk.say(format_args!("{name}, due {}", schedule.timetable.zone.shown(due)));
    let kept = kept(desk, schedule, &key, due)?;
    let scheduled = Scheduled { schedule: name, key: &key, due, interrupts };
    let outcome = kept.unwrap_or_else(|| {
        let flags = flags(&at_home, schedule, due, (began, desk.clock.now()));
        score::carry_out(&at_home, &flags, Some(&scheduled)).unwrap_or_else(failed)
    });
    interrupts.stay();
    let Outcome { exit, run, gaps, cost_nano_usd } = outcome;
    let told = Told { schedule: Some(name), exit: Some(exit), against: None };
    let wanted = &schedule.after;
    let is_judged = exit != Exit::Interrupted && !wanted.is_nothing();
    let judged = is_judged.then(|| after::judge(&at_home, wanted, run.as_deref(), told, exit));
    let exit = judged.as_ref().map_or(exit, |judged| judged.exit);
    let at = desk.clock.now();
    // On disk before anybody is told: that may take long, and be cut off.
    let end = |detail| store::end_occasion(path, number, (at, exit.code()), run.as_deref(), detail);
    let tells = judged.is_some() && wanted.tells();
    end(if tells { Try::UNDELIVERED } else { "" })?;
    let is_delivered =
        judged.is_none_or(|judged| delivery::deliver(&at_home, wanted, &judged, Some(interrupts)));
    let is_undelivered = tells && !is_delivered;
    match (&run, is_undelivered) {
        (Some(run), true) => {
            desk.talk.say(format_args!("score-tasks runs announce {run} tells of it again."));
        }
        _ if tells && is_delivered => end("").unwrap_or_else(|error| desk.talk.warn(error)),
        _ => {}
    }
    let run_named = run.as_deref().map_or_else(|| "no run".to_owned(), |run| format!("run {run}"));
    desk.talk.say(format_args!("{name} ended with exit {}, {run_named}", exit.code()));
    let seconds = f64::from(watch.ms()) / 1_000.0;
    Ok(Ended { exit, run, seconds, cost_usd: cost_nano_usd as f64 / 1e9, gaps, at, is_undelivered })
}

/// The run of this occasion, where a try was cut off after it was kept. A second one would be compared with it,
/// and find that nothing has changed.
fn kept(desk: &Desk, schedule: &Schedule, key: &str, due: Instant) -> Result<Option<Outcome>, Failure> {
    let due = due.to_string();
    let mut runs = sheets::sound_runs(desk)?.runs.into_iter().rev();
    let Some((run, manifest)) = runs.find(|(_, one)| one.is_of(&schedule.name, key, &due)) else {
        return Ok(None);
    };
    let id = run.id;
    desk.talk.say(format_args!(
        "{} was scored already, as run {id}: only what comes after it is left",
        schedule.name
    ));
    let allowed = schedule.allow_gaps.unwrap_or(desk.config.allow_gaps);
    Ok(Some(Outcome {
        exit: manifest.exit(allowed),
        run: Some(id),
        gaps: manifest.answers.gaps,
        cost_nano_usd: (manifest.cost_usd * 1e9).round() as u64,
    }))
}

fn failed(failure: Failure) -> Outcome {
    failure.print();
    Outcome { exit: failure.exit, run: None, gaps: 0, cost_nano_usd: 0 }
}

/// Paths are meant from the config's folder, nobody is there to be asked, and the report is what its file's
/// name says.
fn at_home(desk: &Desk) -> Desk {
    let mut global = desk.global.clone();
    global.dir = Some(desk.config.root.clone());
    global.no_input = true;
    global.json = false;
    Desk { config: desk.config.clone(), global, talk: desk.talk, clock: desk.clock.clone() }
}

/// What would be typed. Its times are those of the occasion's first try, so that nothing is asked anew after one
/// that was cut off.
fn flags(desk: &Desk, schedule: &Schedule, due: Instant, (began, now): (Instant, Instant)) -> cli::Score {
    let scored = schedule.scored.clone();
    let since = match schedule.serving {
        Serving::All | Serving::Unanswered => None,
        Serving::MaxAge(age) => Some(began.before(age)),
        Serving::Fresh => Some(began),
    };
    cli::Score {
        occupation: scored.occupations,
        group: scored.groups,
        all: scored.all,
        items: scored.items,
        columns: scored.columns,
        models: scored.models,
        samples: scored.samples,
        rubric: scored.rubric,
        weights: scored.weights,
        combine: scored.combine,
        catalog: scored.catalog,
        limit: scored.limit,
        pick: scored.pick,
        seed: scored.seed,
        max_cost: schedule.max_cost,
        // Whoever sets a budget for the month has agreed to what is within it; nobody is there to be asked.
        yes: desk.config.usd_per_month.is_some(),
        anchors: schedule.anchors,
        anchors_since: schedule.anchors.map(|_| began),
        since,
        changed: schedule.serving == Serving::Unanswered,
        batch: schedule.batch == Some(true),
        online: schedule.batch == Some(false),
        deadline: schedule.deadline.map(|age| left_of(age, began, now)),
        allow_gaps: schedule.allow_gaps,
        output: output(schedule, due),
        ..cli::Score::default()
    }
}

fn left_of(age: Age, began: Instant, now: Instant) -> Age {
    Age(began.0.saturating_add(age.0).saturating_sub(now.0).max(0))
}

fn output(schedule: &Schedule, due: Instant) -> Option<PathBuf> {
    let date = schedule.timetable.zone.date(due);
    let output = schedule.output.as_ref()?;
    Some(PathBuf::from(output.replace("{date}", &date).replace("{name}", &schedule.name)))
}

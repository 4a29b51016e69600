//! One occasion from its first word in the store to its last: what `score` does, for a schedule.

use std::path::PathBuf;

use super::super::interrupt::Interrupts;
use super::super::score::{Outcome, Scheduled};
use super::super::{Desk, Exit, Failure, after, score};
use super::due::words;
use crate::cli;
use crate::config::{Schedule, Serving};
use crate::domain::{Age, Instant};
use crate::pace::Stopwatch;
use crate::store;

/// How an occasion ended.
pub(super) struct Ended {
    pub exit: Exit,
    pub run: Option<String>,
    pub seconds: f64,
    pub cost_usd: f64,
    pub gaps: u64,
    pub at: Instant,
}

/// Carries an occasion out. What goes wrong in it is told, and is its exit code; only where the store cannot be
/// written it is a failure of the schedules themselves.
pub(super) fn carry_out(
    desk: &Desk,
    schedule: &Schedule,
    due: Instant,
    interrupts: &Interrupts,
) -> Result<Ended, Failure> {
    let (path, name) = (&desk.config.cache, &schedule.name);
    let watch = Stopwatch::start();
    let number = store::begin_occasion(path, name, due, desk.clock.now())?;
    // This one, or the first of those that were cut off.
    let tries = store::tries(path, name, &words(schedule))?;
    let began = tries.first_begun(due).unwrap_or(due);
    let at_home = at_home(desk);
    desk.talk.say(format_args!("{name}, due {}", schedule.timetable.zone.shown(due)));
    let scheduled = Scheduled { schedule: name, due, interrupts };
    let outcome =
        score::carry_out(&at_home, &flags(schedule, due, (began, desk.clock.now())), Some(&scheduled));
    interrupts.stay();
    let Outcome { exit, run, gaps, cost_nano_usd } = outcome.unwrap_or_else(failed);
    let exit = match exit {
        Exit::Interrupted => exit,
        _ => after::after(&at_home, &schedule.after, name, run.as_deref(), exit).unwrap_or_else(|failure| {
            failure.print();
            failure.exit
        }),
    };
    let at = desk.clock.now();
    store::end_occasion(path, number, (at, exit.code()), run.as_deref(), "")?;
    let run_named = run.as_deref().map_or_else(|| "no run".to_owned(), |run| format!("run {run}"));
    desk.talk.say(format_args!("{name} ended with exit {}, {run_named}", exit.code()));
    let seconds = f64::from(watch.ms()) / 1_000.0;
    Ok(Ended { exit, run, seconds, cost_usd: cost_nano_usd as f64 / 1e9, gaps, at })
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
fn flags(schedule: &Schedule, due: Instant, (began, now): (Instant, Instant)) -> cli::Score {
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

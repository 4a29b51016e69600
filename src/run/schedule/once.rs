//! `schedule run --once` and `--now`: what is due, or named, and no longer.

use super::super::holder::holder;
use super::super::interrupt::Interrupts;
use super::super::{Desk, Exit, Failure};
use super::due::{overdue, words};
use super::{chosen, lock, occasion};
use crate::cli::ScheduleRun;
use crate::config::Schedule;
use crate::domain::{Age, Instant};
use crate::store;

/// A scheduler that wakes a schedule up for the first time, and so late, means the occasion that has just been.
const GRACE: &str = "1h";

pub(super) fn once(desk: &Desk, args: &ScheduleRun) -> Result<Exit, Failure> {
    let schedules = chosen(desk, if args.now.is_empty() { &args.names } else { &args.now })?;
    let interrupts = Interrupts::listen_as_service(desk.talk)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let waits = args.wait.then_some((&interrupts, &runtime));
    let Some(_lock) = lock::take(desk, &holder(desk, "schedule run"), waits)? else {
        return Ok(Exit::Interrupted);
    };
    let mut exits = Vec::new();
    for schedule in schedules {
        if interrupts.stopped() {
            exits.push(Exit::Interrupted);
            break;
        }
        if let Some(due) = due(desk, schedule, !args.now.is_empty())? {
            exits.push(occasion::carry_out(desk, schedule, due, &interrupts)?.exit);
        }
    }
    if exits.is_empty() {
        desk.talk.say("Nothing is due.");
    }
    Ok(exits.into_iter().max_by_key(|exit| gravity(*exit)).unwrap_or(Exit::Done))
}

fn due(desk: &Desk, schedule: &Schedule, is_wanted_now: bool) -> Result<Option<Instant>, Failure> {
    let now = desk.clock.now();
    let (path, words) = (&desk.config.cache, words(schedule));
    let is_new = store::tries(path, &schedule.name, &words)?.seen.is_none();
    let tries = store::see(path, &schedule.name, &words, now)?;
    // No jitter: whoever wakes this up has had its own.
    let due = overdue(schedule, &tries, now, GRACE.parse().unwrap_or(Age(0)));
    if is_wanted_now {
        return Ok(Some(due.unwrap_or(now)));
    }
    if due.is_none() && is_new {
        let next = schedule.timetable.next(now).map(|next| schedule.timetable.zone.shown(next));
        let name = &schedule.name;
        let next = next.unwrap_or_else(|| "never".to_owned());
        desk.talk.say(format_args!("{name} is new here, and first due {next}; --now {name} runs it now"));
    }
    Ok(due)
}

/// What is worst for whoever reads one code for several runs.
fn gravity(exit: Exit) -> u8 {
    match exit {
        Exit::Done => 0,
        Exit::Gaps => 1,
        Exit::Gate => 2,
        Exit::Cost => 3,
        Exit::Occupation => 4,
        Exit::Usage => 5,
        Exit::Account => 6,
        Exit::Failed => 7,
        Exit::Interrupted => 8,
    }
}

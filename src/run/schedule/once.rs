//! `schedule run --once` and `--now`: what is due, or named, and no longer.

use super::super::holder::holder;
use super::super::interrupt::{self, Interrupts};
use super::super::{Desk, Exit, Failure};
use super::due::overdue;
use super::{chosen, known, lock, occasion};
use crate::cli::ScheduleRun;
use crate::config::Schedule;
use crate::domain::{Age, Instant};
use crate::store::{self, Locked};

/// A scheduler that wakes a schedule up for the first time, and so late, means the occasion that has just been.
const GRACE: &str = "1h";
/// One whose clock is a little ahead of this one's means the occasion that is about to be.
const LEEWAY: Age = Age(60_000);

pub(super) fn once(desk: &Desk, args: &ScheduleRun) -> Result<Exit, Failure> {
    let schedules = chosen(desk, if args.now.is_empty() { &args.names } else { &args.now })?;
    let holder = holder(desk, "schedule run");
    let at_hand = if args.now.is_empty() || args.wait {
        None
    } else {
        match lock::try_take(desk, &holder)? {
            Locked::Taken(lock) => Some(lock),
            Locked::Held { by } => return hand_over(desk, &schedules, &by),
        }
    };
    let interrupts = Interrupts::listen_as_service(desk.talk)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let waits = args.wait.then_some((&interrupts, &runtime));
    let lock = match at_hand {
        Some(lock) => Some(lock),
        None => lock::take(desk, &holder, waits)?,
    };
    let Some(_lock) = lock else { return Ok(Exit::Interrupted) };
    let mut exits = Vec::new();
    for schedule in schedules {
        let due = due(desk, schedule, !args.now.is_empty())?;
        if let Some(due) = due {
            if due > desk.clock.now() {
                let at = schedule.timetable.zone.shown(due);
                desk.talk.say(format_args!("{} is due at {at}, which is waited for", schedule.name));
            }
            let until = runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = interrupt::stop(Some(&interrupts)) => Woken::Stop,
                    () = desk.clock.wait_until(due) => Woken::Due,
                }
            });
            if until == Woken::Stop {
                exits.push(Exit::Interrupted);
                break;
            }
            exits.push(occasion::carry_out(desk, schedule, due, &interrupts)?.exit);
        }
    }
    if exits.is_empty() {
        desk.talk.say("Nothing is due.");
    }
    Ok(exits.into_iter().max_by_key(|exit| gravity(*exit)).unwrap_or(Exit::Done))
}

/// Why a wait is over.
#[derive(PartialEq, Eq)]
enum Woken {
    Due,
    Stop,
}

/// Whoever has the schedules finds an occasion that was begun and not ended, and goes on with it.
fn hand_over(desk: &Desk, schedules: &[&Schedule], by: &str) -> Result<Exit, Failure> {
    for schedule in schedules {
        let now = desk.clock.now();
        known::see(desk, schedule, now)?;
        store::begin_occasion(&desk.config.cache, &known::key(desk, schedule), now, now)?;
        desk.talk.say(format_args!(
            "{} is left to {by}: a service begins it within seconds, or else the next `schedule run` does. \
             `score-tasks schedule next` shows what came of it",
            schedule.name
        ));
    }
    Ok(Exit::Done)
}

fn due(desk: &Desk, schedule: &Schedule, is_wanted_now: bool) -> Result<Option<Instant>, Failure> {
    let now = desk.clock.now();
    let is_new = known::tries(desk, schedule)?.seen.is_none();
    let tries = known::see(desk, schedule, now)?;
    // No jitter: whoever wakes this up has had its own.
    let due = overdue(schedule, &tries, now, GRACE.parse().unwrap_or(Age(0)));
    if is_wanted_now {
        return Ok(Some(due.unwrap_or(now)));
    }
    let next = schedule.timetable.next(now);
    let due = due.or_else(|| next.filter(|next| next.before(LEEWAY) <= now && !tries.is_done(*next)));
    if due.is_none() && is_new {
        let next = next.map(|next| schedule.timetable.zone.shown(next));
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

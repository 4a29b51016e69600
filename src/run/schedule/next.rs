//! `schedule next`: what comes when, and what came of the last occasion.

use serde_json::json;

use super::super::output::{print_grid, print_json};
use super::super::{Desk, Exit, Failure};
use super::due::overdue;
use super::{chosen, known, warning};
use crate::config::Schedule;
use crate::domain::{Age, Instant};
use crate::report::Align;
use crate::store::Tries;

/// An occasion to come.
struct Coming<'a> {
    schedule: &'a Schedule,
    due: Instant,
    /// It should have been carried out already, and will be at the next start.
    is_overdue: bool,
    tries: &'a Tries,
}

pub(super) fn next(desk: &Desk, names: &[String], count: usize) -> Result<Exit, Failure> {
    let schedules = chosen(desk, names)?;
    let mut known = Vec::new();
    for schedule in schedules {
        let tries = known::tries(desk, schedule)?;
        known.push((schedule, tries));
    }
    let now = desk.clock.now();
    let mut coming: Vec<Coming<'_>> =
        known.iter().flat_map(|(schedule, tries)| of_one(schedule, tries, now, count)).collect();
    coming.sort_by_key(|coming| coming.due);
    coming.truncate(count);
    if desk.global.json {
        print_json(&coming.iter().map(as_json).collect())?;
    } else {
        let header = ["schedule", "due", "UTC", "last", "run"];
        print_grid(&header, &[Align::Left; 5], coming.iter().map(row).collect())?;
    }
    for text in known.iter().filter_map(|(schedule, _)| warning(desk, schedule)) {
        desk.talk.say(text);
    }
    Ok(Exit::Done)
}

fn of_one<'a>(schedule: &'a Schedule, tries: &'a Tries, now: Instant, count: usize) -> Vec<Coming<'a>> {
    let overdue = overdue(schedule, tries, now, Age(0));
    let mut at = now;
    let later = std::iter::from_fn(|| {
        at = schedule.timetable.next(at)?;
        Some((at, false))
    });
    let all = overdue.map(|due| (due, true)).into_iter().chain(later).take(count);
    all.map(|(due, is_overdue)| Coming { schedule, due, is_overdue, tries }).collect()
}

fn row(coming: &Coming<'_>) -> Vec<String> {
    let zone = &coming.schedule.timetable.zone;
    let utc: String = coming.due.to_string().chars().take(16).collect();
    let last = coming.tries.last();
    let outcome =
        last.and_then(|last| last.ended).map(|(at, exit)| format!("exit {exit}, {}", zone.date(at)));
    let overdue = if coming.is_overdue { ", overdue" } else { "" };
    vec![
        coming.schedule.name.clone(),
        format!("{}{overdue}", zone.shown(coming.due)),
        format!("{}Z", utc.replace('T', " ")),
        outcome.unwrap_or_else(|| "-".to_owned()),
        last.and_then(|last| last.run.clone()).unwrap_or_else(|| "-".to_owned()),
    ]
}

fn as_json(coming: &Coming<'_>) -> serde_json::Value {
    let Coming { schedule, due, is_overdue, tries } = coming;
    let last = tries.last().and_then(|last| {
        let (ended, exit) = last.ended?;
        Some(json!({
            "due": last.due.to_string(), "began": last.began.to_string(), "ended": ended.to_string(),
            "exit": exit, "run": last.run,
        }))
    });
    json!({
        "schedule": schedule.name,
        "due": due.to_string(),
        "local": schedule.timetable.zone.stamped(*due),
        "zone": schedule.timetable.zone.name(),
        "overdue": is_overdue,
        "last": last,
    })
}

//! `schedule`: what is scored again by the clock, by this program or by another scheduler.

mod due;
mod known;
mod lock;
mod next;
mod occasion;
mod once;
mod print;
mod service;
mod state;

use anyhow::anyhow;

use super::{Desk, Exit, Failure};
use crate::cli;
use crate::config::Schedule;
use crate::domain::names;
use crate::pass::Rater;
use crate::run::money;

pub(super) fn schedule(desk: Desk, command: &cli::Schedule) -> Result<Exit, Failure> {
    if desk.config.schedules.is_empty() {
        let error = anyhow!("config.toml has no [[schedule]]");
        return Err(Failure::usage(error).hint("score-tasks help config shows how one is written"));
    }
    match command {
        cli::Schedule::Run(args) if args.once || !args.now.is_empty() => once::once(&desk, args),
        cli::Schedule::Run(args) => service::service(desk, args),
        cli::Schedule::Next { names, count } => next::next(&desk, names, usize::from(*count)),
        cli::Schedule::Print(args) => print::print(&desk, args),
    }
}

/// Those that are named, in the config's order; all if none is.
fn chosen<'a>(desk: &'a Desk, named: &[String]) -> Result<Vec<&'a Schedule>, Failure> {
    let all = &desk.config.schedules;
    for name in named {
        if !all.iter().any(|schedule| schedule.name == *name) {
            let known = || all.iter().map(|schedule| schedule.name.as_str());
            let hint = match names::nearest(name, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known are {}", known().collect::<Vec<_>>().join(", ")),
            };
            return Err(Failure::usage(anyhow!("no schedule `{name}`")).hint(hint));
        }
    }
    let is_named = |schedule: &&Schedule| named.is_empty() || named.contains(&schedule.name);
    Ok(all.iter().filter(is_named).collect())
}

/// What is to be known before a schedule that asks paid models runs without anybody there.
fn warning(desk: &Desk, schedule: &Schedule) -> Option<String> {
    let named = &schedule.scored.models;
    let models = if named.is_empty() { &desk.config.models } else { named };
    let costs = |name: &&String| {
        let found = desk.config.known_models.iter().find(|model| *model.id == ***name);
        found.is_some_and(|model| money::may_cost(&Rater { model: model.clone(), asker: None }))
    };
    let paid: Vec<&str> = models.iter().filter(costs).map(String::as_str).collect();
    if schedule.max_cost.is_some() || desk.config.usd_per_month.is_some() || paid.is_empty() {
        return None;
    }
    Some(format!(
        "{} asks {} without max_cost or budget.usd_per_month: a run that may cost more than USD {} (confirm_above_usd) stops with exit 5",
        schedule.name,
        paid.join(", "),
        desk.config.confirm_above_usd
    ))
}

/// For `doctor`: how many there are, and what is to be known of them.
pub(super) fn examined(desk: &Desk) -> (Option<String>, Vec<String>) {
    let schedules = &desk.config.schedules;
    let next = schedules.iter().filter_map(|schedule| {
        let next = schedule.timetable.next(desk.clock.now())?;
        Some(format!("{} next {}", schedule.name, schedule.timetable.zone.shown(next)))
    });
    let line = (!schedules.is_empty()).then(|| next.collect::<Vec<String>>().join("; "));
    (line, schedules.iter().filter_map(|schedule| warning(desk, schedule)).collect())
}

//! `plan`: what a run would ask, and what that may cost; sends nothing.

use std::collections::BTreeMap;

use super::month::MonthBudget;
use super::output::Either;
use super::score::fit;
use super::{Desk, Exit, Failure, asking, served, setup};
use crate::cli;
use crate::pass::plan::ModelPlan;
use crate::report::{self, Align};

/// Counts and prices what is missing.
pub(super) fn plan(desk: &Desk, args: &cli::Score) -> Result<Exit, Failure> {
    let out = Either::new(desk, args)?;
    let job = setup::job(desk, args, true)?;
    let plans = asking::plans(&job, fit(desk, args), args)?;
    if let Some(rule) = job.adaptive {
        let most = report::count(u64::from(rule.most), "sample");
        desk.talk.say(format_args!("As if every task needed {most}, the most that any may have."));
    }
    served::retiring(desk, &job).iter().for_each(|note| desk.talk.say(note));
    let may_cost = plans.iter().any(|plan| plan.cost_nano_usd_most.is_none_or(|most| most > 0));
    if may_cost && let Some(month) = MonthBudget::of(desk)? {
        desk.talk.say(month.said());
    }
    show(desk, out, &plans)
}

/// As a table or JSON, to where the flags say.
pub(super) fn show(desk: &Desk, out: Either, plans: &[ModelPlan]) -> Result<Exit, Failure> {
    let header = [
        "model",
        "needed",
        "cached",
        "calls",
        "tokens in",
        "tokens out, at most",
        "USD, at most",
        "time, at least",
    ];
    let aligns = [[Align::Left].as_slice(), &[Align::Right; 7]].concat();
    out.put(
        |width| {
            let table = report::grid(&header, &aligns, plans.iter().map(plan_row).collect(), width);
            table + &reasons(plans)
        },
        || serde_json::Value::from(plans.iter().map(plan_json).collect::<Vec<_>>()),
    )?;
    desk.talk.say("Nothing was sent.");
    Ok(Exit::Done)
}

/// A line for each model that is asked: how many questions are due, and why.
fn reasons(plans: &[ModelPlan]) -> String {
    let line = |plan: &ModelPlan| {
        let told = plan.reasons.iter().map(|(reason, count)| format!("{count} {}", reason.said()));
        let told = told.collect::<Vec<_>>().join(", ");
        format!("  {}: {told}\n", report::plain(&plan.model))
    };
    let on_their_way: u64 = plans.iter().map(|plan| plan.on_their_way).sum();
    let batches = match on_their_way {
        0 => String::new(),
        count => format!("\n  {count} more are on their way in batches: score-tasks batch list\n"),
    };
    let lines: String = plans.iter().filter(|plan| plan.calls > 0).map(line).collect();
    if lines.is_empty() { batches } else { format!("\n{lines}{batches}") }
}

fn plan_row(plan: &ModelPlan) -> Vec<String> {
    vec![
        plan.model.to_string(),
        plan.needed.to_string(),
        plan.cached.to_string(),
        plan.calls.to_string(),
        plan.tokens_in.to_string(),
        plan.tokens_out_most.to_string(),
        plan.cost_nano_usd_most
            .map_or_else(|| "not known".to_owned(), |most| format!("{:.2}", most as f64 / 1e9)),
        time(plan),
    ]
}

fn time(plan: &ModelPlan) -> String {
    match plan.minutes {
        _ if plan.in_batches => "batches: up to 24 h".to_owned(),
        None => "no limit set".to_owned(),
        Some(minutes) => format!("{minutes:.1} min"),
    }
}

fn plan_json(plan: &ModelPlan) -> serde_json::Value {
    serde_json::json!({
        "model": &*plan.model,
        "needed": plan.needed,
        "cached": plan.cached,
        "on_their_way": plan.on_their_way,
        "calls": plan.calls,
        "reasons": plan.reasons.iter().map(|(why, count)| (why.name(), *count)).collect::<BTreeMap<_, _>>(),
        "tokens_in": plan.tokens_in,
        "tokens_out_at_most": plan.tokens_out_most,
        "cost_usd_at_most": plan.cost_nano_usd_most.map(|most| most as f64 / 1e9),
        "price_from": plan.priced.as_deref(),
        "in_batches": plan.in_batches,
        "minutes_at_least": plan.minutes,
    })
}

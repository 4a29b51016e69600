//! What a run will cost at most, and whether that is all right.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::anyhow;

use super::month::MonthBudget;
use super::{Desk, Exit, Failure};
use crate::cli;
use crate::domain::{Provider, Source};
use crate::pass::Rater;
use crate::pass::plan::ModelPlan;
use crate::report::count;

/// Says what is missing and its price, and asks where that is the user's to decide. Runs in which
/// nothing can cost anything have no plans and are not held up. Returns the budget in billionths of a US dollar.
pub(super) fn agree(desk: &Desk, args: &cli::Score, plans: &[ModelPlan]) -> Result<Option<u64>, Failure> {
    let nano = |usd: f64| (usd * 1e9).round() as u64;
    let month = MonthBudget::of(desk)?;
    let limits = [args.max_cost.map(nano), month.as_ref().map(MonthBudget::left)];
    let budget = limits.into_iter().flatten().min();
    let calls: u64 = plans.iter().map(|plan| plan.calls).sum();
    if calls == 0 {
        return Ok(budget);
    }
    let unpriced: Vec<&ModelPlan> =
        plans.iter().filter(|plan| plan.calls > 0 && plan.cost_nano_usd_most.is_none()).collect();
    if let (Some(plan), Some(_)) = (unpriced.first(), budget) {
        return Err(cannot_be_kept(&plan.model, args));
    }
    let most: u64 = plans.iter().filter_map(|plan| plan.cost_nano_usd_most).sum();
    let usd = most as f64 / 1e9;
    let left = month.as_ref().map_or_else(String::new, |month| format!("; {}", month.said()));
    desk.talk.say(format_args!("{}: {}{left}", count(calls, "call"), estimate(plans, usd)));
    if let Some(month) = month.filter(|month| month.left() == 0 && most > 0) {
        return Err(month.used_up());
    }
    let is_small = unpriced.is_empty() && most <= nano(desk.config.confirm_above_usd);
    if args.yes || args.max_cost.is_some() {
        return Ok(budget);
    }
    // Nobody is asked, so no more than that is spent: further attempts are in no estimate.
    if is_small {
        let unasked = nano(desk.config.confirm_above_usd);
        return Ok(Some(budget.map_or(unasked, |budget| budget.min(unasked))));
    }
    confirm(desk, usd, unpriced.is_empty())?;
    Ok(budget)
}

/// A limit on money says nothing of what has no price.
fn cannot_be_kept(name: &str, args: &cli::Score) -> Failure {
    let limit = if args.max_cost.is_some() { "--max-cost" } else { "budget.usd_per_month" };
    let error = anyhow!("the price of {name} is not known, so {limit} cannot be kept");
    Failure::new(Exit::Cost, error).hint(format!(
        "[models.{name}] price = {{ input = ..., output = ... }} in USD per million tokens; the prices that \
         score-tasks has hold only where `extra` asks for no tier, tool or route of its own"
    ))
}

/// Whether anybody may send a bill: not for mocks, recordings and labels, whatever their price says.
pub(super) fn may_cost(rater: &Rater) -> bool {
    let is_asked = matches!(&rater.model.source, Source::Asked(Provider::Http(_)));
    is_asked && rater.model.price_asked().is_none_or(|priced| priced.price.input + priced.price.output > 0.0)
}

fn estimate(plans: &[ModelPlan], usd: f64) -> String {
    let mut sources: Vec<&str> = plans.iter().filter_map(|plan| plan.priced.as_deref()).collect();
    sources.retain(|source| *source != "free");
    sources.sort_unstable();
    sources.dedup();
    let prices = match sources.as_slice() {
        [] => String::new(),
        sources => format!(" (prices: {})", sources.join(", ")),
    };
    let unknown: Vec<&str> = plans
        .iter()
        .filter(|plan| plan.cost_nano_usd_most.is_none() && plan.calls > 0)
        .map(|plan| &*plan.model)
        .collect();
    let beside = if unknown.is_empty() {
        String::new()
    } else {
        format!(", and the price of {} is not known", unknown.join(", "))
    };
    format!("up to about USD {usd:.2}{prices}{beside}")
}

fn confirm(desk: &Desk, usd: f64, is_known: bool) -> Result<(), Failure> {
    let what =
        if is_known { format!("may cost USD {usd:.2}") } else { "has a price that is not known".to_owned() };
    let refused = || Failure::new(Exit::Cost, anyhow!("this {what}, and nobody has agreed to it"));
    let can_ask = !desk.global.no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if !can_ask {
        return Err(
            refused().hint("--yes agrees; --max-cost USD sets a limit; confirm_above_usd is in config.toml")
        );
    }
    anstream::eprint!("This {what}. Go on? [y/N] ");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(refused()) }
}

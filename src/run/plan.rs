//! `plan`: what a run would ask, and what that may cost; sends nothing.

use std::io::Write as _;

use anyhow::anyhow;

use super::score::{fit, format, sink};
use super::{Desk, Exit, Failure, setup};
use crate::cli;
use crate::pass::plan::{self, ModelPlan};
use crate::report::{self, Align};

/// Counts and prices what is missing.
pub(super) fn plan(desk: &Desk, args: &cli::Score) -> Result<Exit, Failure> {
    table_or_json(desk, args)?;
    let job = setup::job(desk, args, true)?;
    show(desk, args, &plan::plan(&job, fit(args), &job.whole())?)
}

/// As a table or JSON, to where the flags say.
pub(super) fn show(desk: &Desk, args: &cli::Score, plans: &[ModelPlan]) -> Result<Exit, Failure> {
    let format = table_or_json(desk, args)?;
    let text = if format == report::Format::Json {
        format!("{:#}\n", serde_json::Value::from(plans.iter().map(plan_json).collect::<Vec<_>>()))
    } else {
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
        report::grid(&header, &aligns, plans.iter().map(plan_row).collect(), report::terminal_width())
    };
    let mut sink = sink(desk, args)?;
    sink.write_all(text.as_bytes())?;
    sink.finish()?;
    desk.talk.say("Nothing was sent.");
    Ok(Exit::Done)
}

fn table_or_json(desk: &Desk, args: &cli::Score) -> Result<report::Format, Failure> {
    match format(desk, args)? {
        format @ (report::Format::Table | report::Format::Json) => Ok(format),
        _ => Err(Failure::usage(anyhow!("a plan is a table or JSON: --format table or json"))),
    }
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
        plan.minutes.map_or_else(|| "no limit set".to_owned(), |minutes| format!("{minutes:.1} min")),
    ]
}

fn plan_json(plan: &ModelPlan) -> serde_json::Value {
    serde_json::json!({
        "model": &*plan.model,
        "needed": plan.needed,
        "cached": plan.cached,
        "calls": plan.calls,
        "tokens_in": plan.tokens_in,
        "tokens_out_at_most": plan.tokens_out_most,
        "cost_usd_at_most": plan.cost_nano_usd_most.map(|most| most as f64 / 1e9),
        "price_from": plan.priced.as_deref(),
        "minutes_at_least": plan.minutes,
    })
}

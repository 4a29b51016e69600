//! The figures of each model at the end of a run, and what is to be done about models that closed.

use super::output::Talk;
use super::{Exit, clients, cost};
use crate::domain::Model;
use crate::pass::collect::{Closed, Collected, LaneSummary};
use crate::provider::Closing;
use crate::report::count;

/// A line for each model that was asked over a network, or for all of them.
pub(super) fn tell(talk: &Talk, models: &[&Model], collected: &Collected, everyone: bool) {
    for lane in
        collected.lanes.iter().filter(|lane| lane.asked > 0 || lane.refusals > 0 || lane.lost_calls > 0)
    {
        if everyone || is_remote(models, lane) {
            talk.say(line(lane));
        }
    }
}

/// What a mock did is of no interest unless it was given a price.
fn is_remote(models: &[&Model], lane: &LaneSummary) -> bool {
    let mut asked = models.iter().filter(|model| model.id == lane.model);
    asked.any(|model| clients::server(model).is_some()) || lane.cost_nano_usd != Some(0)
}

fn line(lane: &LaneSummary) -> String {
    let mut parts = vec![format!("{} asked, {} cached", lane.asked, lane.cached)];
    let mut add = |part: String| parts.push(part);
    if lane.retries > 0 {
        add(count(lane.retries, "retry").replace("retrys", "retries"));
    }
    if lane.refusals > 0 {
        add(format!(
            "turned away {}, waited {:.1} s",
            count(lane.refusals, "time"),
            lane.waited_ms as f64 / 1_000.0
        ));
    }
    if let (Some(half), Some(most)) = (lane.latency_p50_ms, lane.latency_p95_ms) {
        add(format!("latency {} / {} ms (p50 / p95)", half, most));
    }
    let usage = lane.usage;
    let cached =
        if usage.cache_read > 0 { format!(" ({} from its cache)", usage.cache_read) } else { String::new() };
    add(format!("{} tokens in{cached}, {} out", usage.input, usage.output));
    add(lane.cost_nano_usd.map_or_else(|| "cost not known".to_owned(), cost));
    if lane.lost_calls > 0 {
        let calls = count(lane.lost_calls, "call");
        let most = lane.cost_nano_usd.map(|_| format!("{} at most", cost(lane.lost_nano_usd_most)));
        add(format!("{calls} lost that may be billed, {}", most.unwrap_or("cost not known".to_owned())));
    }
    if let Some(share) = lane.share_of_rate {
        add(format!("{:.1} % of its rate", share * 100.0));
    }
    format!("{}: {}", lane.model, parts.join(", "))
}

/// Says why models were asked no further; returns the exit code that this calls for.
pub(super) fn closed(talk: &Talk, collected: &Collected) -> Option<Exit> {
    let mut exit = None;
    for lane in &collected.lanes {
        for (number, what) in [
            (lane.not_recorded, "not in the recording"),
            (lane.too_old, "answered in the recording, but before the time that is asked for"),
        ] {
            if number > 0 {
                talk.say(format_args!("{}: {} {what}", lane.model, count(number, "question")));
            }
        }
        let Some(closed) = &lane.closed else { continue };
        let (code, said) = match closed {
            Closed::Budget => (
                Some(Exit::Cost),
                "stopped at what may be spent: --max-cost, budget.usd_per_month, or confirm_above_usd where nobody \
                 agreed to more"
                    .to_owned(),
            ),
            Closed::Failing { detail } => {
                (None, format!("stopped after failing the same way again and again: {detail}"))
            }
            Closed::ByProvider { why, detail } => (account(*why), format!("{}: {detail}", reason(*why))),
        };
        talk.say(format_args!("{}: {said}", lane.model));
        exit = exit.max(code);
    }
    exit
}

fn account(why: Closing) -> Option<Exit> {
    match why {
        Closing::Key | Closing::Credit | Closing::Quota => Some(Exit::Account),
        Closing::Model => None,
    }
}

fn reason(why: Closing) -> &'static str {
    match why {
        Closing::Key => "the key is refused",
        Closing::Credit => "the account has nothing left to spend",
        Closing::Quota => "a quota is used up",
        Closing::Model => "the provider does not have this model, or no longer",
    }
}

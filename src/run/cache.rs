//! `cache`: the store of answers, counted and checked.

use anyhow::anyhow;

use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure, day, exchange};
use crate::ask::key;
use crate::cli::Cache;
use crate::report::{Align, count};
use crate::store::{self, Damage, Keys, ModelStats, Stats, StoreError, Verified};

/// How keys are made, for rooms that may not know.
pub(super) const KEYS: Keys = Keys { context: key::context, question: key::question };

const RESTORE: &str =
    "damaged answers are never served: restore the file from a copy, or ask anew with --fresh";

pub(super) fn cache(desk: &Desk, command: &Cache) -> Result<Exit, Failure> {
    let path = &desk.config.cache;
    let is_there = path.exists();
    if !is_there && !matches!(command, Cache::Import { .. }) {
        desk.talk.say(format_args!("{} is not there yet: nothing has been asked", path.display()));
    }
    match command {
        Cache::Stats => stats(desk, &if is_there { store::stats(path)? } else { Stats::default() }),
        Cache::Export { output } => exchange::export(desk, output.as_deref()),
        Cache::Import { file } => exchange::import(desk, file),
        Cache::Verify => verify(desk, &if is_there { check(desk)? } else { Verified::default() }),
    }
}

fn stats(desk: &Desk, stats: &Stats) -> Result<Exit, Failure> {
    let answers: u64 = stats.models.iter().map(|model| model.answers).sum();
    if desk.global.json {
        let models: Vec<_> = stats.models.iter().map(model_json).collect();
        print_json(&serde_json::json!({
            "path": desk.config.cache.display().to_string(), "schema": stats.schema, "bytes": stats.bytes,
            "questions": stats.questions, "answers": answers, "models": models,
            "lost_calls": stats.lost_calls, "lost_usd_at_most": stats.lost_nano_usd_most as f64 / 1e9,
            "lost_unpriced": stats.lost_unpriced,
        }))?;
    } else if answers > 0 {
        let header =
            ["provider", "model", "answers", "incomplete", "tokens in", "tokens out", "USD", "first", "last"];
        let aligns = [[Align::Left; 2].as_slice(), &[Align::Right; 7]].concat();
        print_grid(&header, &aligns, stats.models.iter().map(model_row).collect())?;
        let path = desk.config.cache.display();
        let megabytes = stats.bytes as f64 / 1e6;
        let questions = stats.questions;
        desk.talk
            .say(format_args!("{answers} answers to {questions} questions, {megabytes:.1} MB in {path}"));
        if stats.lost_calls > 0 {
            let lost = count(stats.lost_calls, "call");
            let most = known_of(stats.lost_nano_usd_most, stats.lost_unpriced, stats.lost_calls);
            desk.talk.say(format_args!("{lost} brought nothing and may be billed, USD at most: {most}"));
        }
    }
    Ok(Exit::Done)
}

fn model_row(model: &ModelStats) -> Vec<String> {
    vec![
        model.provider.clone(),
        model.model.clone(),
        model.answers.to_string(),
        model.incomplete.to_string(),
        model.tokens_in.to_string(),
        model.tokens_out.to_string(),
        known_of(model.cost_nano_usd, model.unpriced, model.answers),
        day(model.first),
        day(model.last),
    ]
}

/// What is not known is not nothing.
fn known_of(nano_usd: u64, unpriced: u64, all: u64) -> String {
    let known = format!("{:.4}", nano_usd as f64 / 1e9);
    match unpriced {
        0 => known,
        unpriced if unpriced == all => "not known".to_owned(),
        some => format!("{known} and {some} not known"),
    }
}

fn model_json(model: &ModelStats) -> serde_json::Value {
    serde_json::json!({
        "provider": model.provider, "model": model.model, "answers": model.answers,
        "incomplete": model.incomplete, "tokens_in": model.tokens_in, "tokens_out": model.tokens_out,
        "cost_usd": model.cost_nano_usd as f64 / 1e9, "unpriced": model.unpriced,
        "first": model.first.to_string(), "last": model.last.to_string(),
    })
}

fn verify(desk: &Desk, verified: &Verified) -> Result<Exit, Failure> {
    let Verified { answers, contexts, damage } = verified;
    if desk.global.json {
        let damage: Vec<_> =
            damage.iter().map(|one| serde_json::json!({"place": one.place, "what": one.what})).collect();
        print_json(&serde_json::json!({"answers": answers, "contexts": contexts, "damage": damage}))?;
    }
    if damage.is_empty() {
        let (answers, contexts) = (count(*answers, "answer"), count(*contexts, "context"));
        desk.talk.say(format_args!("As they were written: {answers}, {contexts}"));
        return Ok(Exit::Done);
    }
    Err(damaged(damage, &format!("of {answers} are not as they were written")))
}

/// The first places of damage, behind their number and `what` is the matter with them.
pub(super) fn damaged(damage: &[Damage], what: &str) -> Failure {
    let lines: Vec<String> =
        damage.iter().take(20).map(|one| format!("  {}: {}", one.place, one.what)).collect();
    let error = anyhow!("{} {what}\n{}", damage.len(), lines.join("\n"));
    Failure::new(Exit::Gate, error).hint(RESTORE)
}

/// Everything in the store recomputed from what it is made of.
pub(super) fn check(desk: &Desk) -> Result<Verified, Failure> {
    store::verify(&desk.config.cache, &KEYS).map_err(|error| match error {
        // What the check found is not a reason to run the check.
        StoreError::Damaged { .. } => Failure::new(Exit::Gate, error).hint(RESTORE),
        error => error.into(),
    })
}

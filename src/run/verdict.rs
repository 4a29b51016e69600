//! What `models check` makes of what came back: in words, with the next step, and as JSON.

use serde_json::{Value, json};

use super::check::Checked;
use super::{Desk, Exit, clients, models};
use crate::config::Keys;
use crate::domain::{Allowance, Answer, Bucket, Finish, Gap, Model, Rating, Rubric};
use crate::pass::collect::Probed;
use crate::provider::{Closing, ProviderError};
use crate::rate;
use crate::report::plain;

pub(super) struct Verdict {
    /// What this model alone would make of the exit code.
    pub exit: Exit,
    pub said: String,
    /// The next step.
    pub hint: Option<String>,
    /// What the server says of its limits.
    pub limits: Option<String>,
}

impl Verdict {
    fn new(exit: Exit, said: impl Into<String>) -> Self {
        Self { exit, said: plain(&said.into()).into_owned(), hint: None, limits: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

pub(super) fn of(desk: &Desk, rubric: &Rubric, checked: &Checked<'_>) -> Verdict {
    let model = checked.model;
    let probed = match &checked.probed {
        Ok(probed) => probed,
        Err(failure) => {
            let said = format!("{:#}", failure.error);
            return Verdict { hint: failure.hint.clone(), ..Verdict::new(failure.exit, said) };
        }
    };
    let verdict = match &probed.answer {
        Ok(answer) => answered(rubric, model, probed, answer),
        Err(error) => failed(desk, model, error),
    };
    Verdict { limits: limits(&probed.allowance), ..verdict }
}

/// A tiny question costs less than the digits of a run show.
pub(super) fn dollars(nano_usd: u64) -> String {
    format!("USD {:.6}", nano_usd as f64 / 1e9)
}

/// How an answer keeps to the form that was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shape {
    Held,
    Json,
    Other,
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Self::Held => "schema held",
            Self::Json => "JSON but off the schema",
            Self::Other => "not JSON",
        }
    }
}

/// The strict view, beside that of `rate`, which reads whatever can be read without doubt.
fn shape(rubric: &Rubric, text: &str, outcome: &Result<Rating, Gap>) -> Shape {
    let Ok(value) = serde_json::from_str::<Value>(text.trim()) else { return Shape::Other };
    let holds = |field: &str| match field {
        "score" => value.get(field).is_some_and(|score| score.is_i64() || score.is_u64()),
        field => value.get(field).is_some_and(Value::is_string),
    };
    let is_whole = rubric.fields.iter().all(|field| holds(field));
    let is_bare = value.as_object().is_some_and(|members| members.len() == rubric.fields.len());
    if is_whole && is_bare && outcome.is_ok() { Shape::Held } else { Shape::Json }
}

fn answered(rubric: &Rubric, model: &Model, probed: &Probed, answer: &Answer) -> Verdict {
    let outcome = rate::rating(rubric, answer);
    let shape = shape(rubric, &answer.text, &outcome);
    let shown = match answer.finish {
        Finish::Complete | Finish::Truncated => shape.name(),
        other => other.name(),
    };
    let price = match answer.cost_nano_usd {
        None => "price not known".to_owned(),
        Some(0) => "free".to_owned(),
        Some(nano_usd) => dollars(nano_usd),
    };
    let served = match answer.served.as_str() {
        "" => String::new(),
        served if served == model.model => String::new(),
        served => format!(", served as {served}"),
    };
    let (latency, usage) = (probed.latency_ms, answer.usage);
    let figures = format!(
        "answered in {latency} ms, {shown}, {} tokens in, {} out, {price}{served}",
        usage.input, usage.output
    );
    let id = &model.id;
    match outcome {
        Ok(_) if shape == Shape::Held => Verdict::new(Exit::Done, figures),
        Ok(_) => Verdict::new(Exit::Done, figures).hint("the score can be read in it all the same"),
        Err(_) if answer.finish == Finish::Truncated => {
            let limit = model.settings.max_output_tokens;
            Verdict::new(Exit::Gaps, format!("{figures}; cut off at {limit} tokens, before the score"))
                .hint(format!("raise models.{id}.max_output_tokens: what a model thinks counts, too"))
        }
        Err(gap) if matches!(answer.finish, Finish::Refused | Finish::Blocked) => {
            Verdict::new(Exit::Gaps, format!("{figures}: {}", gap.detail))
                .hint("a model that declines this will hardly rate tasks")
        }
        Err(gap) => Verdict::new(Exit::Gaps, format!("{figures}; no score: {}", gap.detail))
            .hint(format!("models.{id}.form says how it is made to answer in JSON: score-tasks help config")),
    }
}

fn failed(desk: &Desk, model: &Model, error: &ProviderError) -> Verdict {
    let detail = error.to_string();
    let id = &model.id;
    match error {
        ProviderError::Closed { why, .. } => closed(desk, model, *why, &detail),
        ProviderError::Busy { wait_ms, .. } => {
            let wait = wait_ms.map_or_else(
                || "in a while".to_owned(),
                |wait_ms| format!("in {} s", wait_ms.div_ceil(1_000)),
            );
            Verdict::new(Exit::Failed, format!("turned away: {detail}"))
                .hint(format!("the server is there and takes the key; try again {wait}"))
        }
        ProviderError::Broken { .. } => {
            Verdict::new(Exit::Failed, format!("no answer: {detail}")).hint(to_be_reached(model, &detail))
        }
        ProviderError::Rejected { .. } => {
            Verdict::new(Exit::Usage, format!("the question was refused: {detail}")).hint(format!(
                "a setting of [models.{id}] that this model does not take? score-tasks help config"
            ))
        }
        ProviderError::NotRecorded => {
            Verdict::new(Exit::Done, "the recording opens; it has nothing on this question")
        }
    }
}

/// What to do about a call that broke.
fn to_be_reached(model: &Model, detail: &str) -> String {
    let replied = detail.starts_with(|c: char| c.is_ascii_digit());
    match clients::server(model) {
        Some(server) if !replied => {
            format!("is it running, and is models.{}.base_url right? {}", model.id, server.base_url)
        }
        _ => "try again; if it stays so, the fault is the server's".to_owned(),
    }
}

fn closed(desk: &Desk, model: &Model, why: Closing, detail: &str) -> Verdict {
    let id = &model.id;
    let server = clients::server(model);
    let host = server.map_or("the provider", clients::host);
    match why {
        Closing::Key => match server.and_then(|server| server.api_key_env.as_ref()) {
            Some(variable) => {
                Verdict::new(Exit::Account, format!("the key in {variable} is refused: {detail}")).hint(
                    format!("put one that {host} takes into {variable}, or name another with api_key_env"),
                )
            }
            None => Verdict::new(Exit::Account, format!("{host} wants a key: {detail}"))
                .hint(format!("models.{id}.api_key_env names the variable that holds it")),
        },
        Closing::Credit => {
            Verdict::new(Exit::Account, format!("the account has nothing left to spend: {detail}"))
                .hint(format!("top it up, or raise its spending limit, at {host}"))
        }
        Closing::Quota => Verdict::new(Exit::Account, format!("a quota is used up: {detail}"))
            .hint("wait until it is whole again, or have it raised"),
        Closing::Model => {
            let told = format!("{host} has no model `{}`, or no longer: {detail}", model.model);
            let retired =
                desk.config.in_table.get(id).and_then(|known| models::retirement(known, desk.clock.now()));
            let told = match retired {
                Some(retired) => format!("{told}; {}", retired.text),
                None => told,
            };
            Verdict::new(Exit::Usage, told).hint(format!(
                "models.{id}.model is the provider's own name for it, and base_url ends where its API begins"
            ))
        }
    }
}

/// The limits in a reply's headers.
fn limits(allowance: &Allowance) -> Option<String> {
    let limits: Vec<String> = buckets(allowance)
        .into_iter()
        .filter_map(|(what, bucket)| {
            let left = bucket.remaining.map_or_else(String::new, |left| format!(" ({left} left)"));
            Some(format!("{} {what}{left}", bucket.limit?))
        })
        .collect();
    (!limits.is_empty()).then(|| format!("its limits, by its own headers: {}", limits.join(", ")))
}

fn buckets(allowance: &Allowance) -> [(&'static str, Bucket); 4] {
    let Allowance { requests, tokens, input_tokens, output_tokens } = *allowance;
    [
        ("requests", requests),
        ("tokens", tokens),
        ("input tokens", input_tokens),
        ("output tokens", output_tokens),
    ]
}

pub(super) fn json(keys: &Keys, rubric: &Rubric, checked: &Checked<'_>, verdict: &Verdict) -> Value {
    let model = checked.model;
    let server = clients::server(model);
    let variable = server.and_then(|server| server.api_key_env.as_deref());
    let probed = checked.probed.as_ref().ok();
    let answer = probed.and_then(|probed| probed.answer.as_ref().ok());
    let outcome = answer.map(|answer| rate::rating(rubric, answer));
    let shape =
        answer.zip(outcome.as_ref()).map(|(answer, outcome)| shape(rubric, &answer.text, outcome).name());
    let is_fine = verdict.exit == Exit::Done;
    json!({
        "id": &*model.id,
        "provider": model.provider_name(),
        "model": model.model,
        "host": server.map(clients::host),
        "ok": is_fine,
        "exit_code": verdict.exit.code(),
        "problem": (!is_fine).then_some(&verdict.said),
        "hint": verdict.hint,
        "key_variable": variable,
        "key_from": variable.and_then(|name| keys.place(name)).map(|place| place.name()),
        "served": answer.map(|answer| &answer.served),
        "finish": answer.map(|answer| answer.finish.name()),
        "form_asked": server.map(|server| server.form.name()),
        "form_found": shape,
        "score_readable": outcome.map(|outcome| outcome.is_ok()),
        "latency_ms": probed.map(|probed| probed.latency_ms),
        "tokens_in": answer.map(|answer| answer.usage.input),
        "tokens_out": answer.map(|answer| answer.usage.output),
        "cost_usd": answer.and_then(|answer| answer.cost_nano_usd).map(|nano| nano as f64 / 1e9),
        "price_from": model.price.as_ref().map(|priced| &*priced.source),
        "request_id": answer.map(|answer| &answer.request_id).filter(|id| !id.is_empty()),
        "limits": probed.and_then(|probed| limits_json(&probed.allowance)),
    })
}

/// `None` where the server says nothing of its limits.
fn limits_json(allowance: &Allowance) -> Option<Value> {
    let members = buckets(allowance).into_iter().map(|(what, bucket)| {
        let Bucket { limit, remaining, reset_ms } = bucket;
        let value = json!({"limit": limit, "remaining": remaining, "reset_ms": reset_ms});
        (what.replace(' ', "_"), value)
    });
    (*allowance != Allowance::default()).then(|| Value::Object(members.collect()))
}

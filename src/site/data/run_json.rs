//! `data/run.json`: the run, its receipt, what is missing in it, and how far its models agree.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::agreement::{Interval, Level, Pair};
use crate::report::{ReportError, gaps_json, run_json};
use crate::site::Site;

/// Where the numbers come from.
#[derive(Serialize)]
pub(super) struct Receipt<'a> {
    /// Only where the scores are made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
    name: &'a str,
    began: String,
    program: &'a str,
    record_sha256: String,
    command: &'a str,
    cost_usd: f64,
    answers_cached: u64,
    answers_asked: u64,
    rubric: &'a str,
    rubric_version: &'a str,
    rubric_sha256: String,
    catalogue: &'a str,
    catalogue_sha256: String,
    attribution: &'a str,
}

impl<'a> Receipt<'a> {
    pub(super) fn of(site: &'a Site) -> Self {
        let (receipt, run) = (&site.receipt, &site.run);
        let notice = || site.settings.told("they come from mock models and say nothing about any job");
        Self {
            notice: site.settings.is_demo.then(notice),
            name: &receipt.run,
            began: receipt.began.to_string(),
            program: &receipt.program,
            record_sha256: receipt.record.to_string(),
            command: &receipt.command,
            cost_usd: receipt.cost_usd,
            answers_cached: receipt.cached,
            answers_asked: receipt.asked,
            rubric: &run.rubric.id,
            rubric_version: &run.rubric.version,
            rubric_sha256: run.rubric.sha256.to_string(),
            catalogue: &run.catalogue.name,
            catalogue_sha256: run.catalogue.sha256.to_string(),
            attribution: &run.catalogue.attribution,
        }
    }
}

#[derive(Serialize)]
struct Document<'a, Run: Serialize, Gaps: Serialize> {
    schema: &'static str,
    receipt: Receipt<'a>,
    /// As in `score --format json`.
    run: Run,
    gaps: Gaps,
    agreement: Value,
    inputs: Vec<Value>,
    history: Vec<Value>,
}

pub(super) fn bytes(site: &Site) -> Result<Vec<u8>, ReportError> {
    let input = |input: &crate::domain::FactInput| json!({ "name": input.name, "file": input.file, "sha256": input.sha256.to_string(), "licence": input.licence });
    let document = Document {
        schema: "score-tasks/site-run/1",
        receipt: Receipt::of(site),
        run: run_json(&site.run, &site.totals),
        gaps: gaps_json(&site.totals),
        agreement: agreement(site),
        inputs: site.inputs.iter().map(input).collect(),
        history: site.runs.iter().map(past).collect(),
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn past(of: &crate::site::Past) -> Value {
    json!({
        "run": of.run, "began": of.began.to_string(), "mean_score": of.mean,
        "occupations": of.occupations, "models": of.models,
        "causes_of_change": of.change.as_ref().map(|change| json!({
            "inputs": change.causes.inputs, "raters": change.causes.raters, "answers": change.causes.answers,
        })),
    })
}

fn agreement(site: &Site) -> Value {
    let of = &site.agreement;
    json!({
        "raters": of.raters,
        "tasks": level(&of.tasks, &of.raters),
        "occupations": of.occupations.as_ref().map(|occupations| level(occupations, &of.raters)),
    })
}

fn level(of: &Level, raters: &[String]) -> Value {
    let interval = |interval: Option<Interval>| interval.map(|interval| [interval.low, interval.high]);
    let name = |place: usize| raters.get(place).map(String::as_str);
    let pair = |pair: &Pair| {
        json!({
            "a": name(pair.a), "b": name(pair.b), "items": pair.items, "spearman": pair.spearman,
            "kappa_quadratic": pair.kappa_quadratic, "mae": pair.mae, "bias": pair.bias,
        })
    };
    json!({
        "items": of.overall.items,
        "items_rated_by_all": of.overall.complete,
        "alpha_interval": of.overall.alpha.interval,
        "alpha_interval_95": interval(of.alpha),
        "icc_2_1": of.overall.icc.single,
        "icc_2_1_95": interval(of.icc),
        "icc_2_k": of.overall.icc.mean,
        "pairs": of.pairs.iter().map(pair).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn the_headline_of_agreement_and_the_receipt_are_there() {
        let document: Value = serde_json::from_slice(&bytes(&sample::site()).unwrap()).unwrap();
        assert_eq!(document["agreement"]["tasks"]["alpha_interval"], 0.813);
        assert_eq!(document["receipt"]["command"], "score-tasks score --onet 30.1 --offline");
        assert_eq!(document["gaps"]["by_reason"]["refused"], 1);
        assert_eq!(document["run"]["models"][1]["weight"], 2.0);
        assert_eq!(document["history"][1]["causes_of_change"]["raters"], 2.0);
        assert_eq!(document["receipt"]["notice"], Value::Null);
    }

    #[test]
    fn a_receipt_of_made_up_scores_says_so() {
        let mut site = sample::site();
        site.settings.is_demo = true;
        let document: Value = serde_json::from_slice(&bytes(&site).unwrap()).unwrap();
        assert!(
            document["receipt"]["notice"].as_str().unwrap().starts_with("Demonstration, made-up scores: ")
        );
    }
}

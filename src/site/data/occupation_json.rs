//! `data/occupations/CODE.json`: all that the site knows of an occupation.

use serde::Serialize;
use serde_json::{Value, json};

use super::facts;
use super::run_json::Receipt;
use crate::report::{ReportError, occupation_json};
use crate::site::{Companion, Entry, Site};

#[derive(Serialize)]
struct Document<'a, Occupation: Serialize> {
    schema: &'static str,
    run: Receipt<'a>,
    /// As in `score --format json`.
    occupation: Occupation,
    description: &'a str,
    standing: Option<Value>,
    alpha_interval: Option<f64>,
    facts: Value,
    companions: Vec<Value>,
    history: Vec<Value>,
    commentary: Option<Value>,
}

pub(super) fn bytes(site: &Site, entry: &Entry) -> Result<Vec<u8>, ReportError> {
    let document = Document {
        schema: "score-tasks/site-occupation/1",
        run: Receipt::of(site),
        occupation: occupation_json(&site.run, &entry.scored, &entry.tasks),
        description: &entry.scored.occupation.description,
        standing: entry
            .standing
            .map(|standing| json!({ "z": standing.z, "percentile": standing.percentile })),
        alpha_interval: entry.alpha,
        facts: facts::facts(&entry.facts),
        companions: entry.companions.iter().map(companion).collect(),
        history: history(site, entry),
        commentary: entry.commentary.as_ref().map(facts::commentary),
    };
    let mut bytes = serde_json::to_vec(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn companion(of: &Companion) -> Value {
    json!({
        "rubric": &*of.rubric, "title": &*of.title, "run": &*of.run,
        "score": of.score, "low": of.low, "high": of.high, "band": of.band,
    })
}

/// Runs in which the occupation has a score.
fn history(site: &Site, entry: &Entry) -> Vec<Value> {
    let both = site.runs.iter().zip(&entry.past);
    both.filter_map(|(run, past)| {
        let past = (*past)?;
        Some(json!({
            "run": run.run, "began": run.began.to_string(),
            "score": past.score, "low": past.low, "high": past.high,
        }))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn the_document_has_the_reports_shape_with_facts_and_history() {
        let site = sample::site();
        let document: Value = serde_json::from_slice(&bytes(&site, &site.entries[0]).unwrap()).unwrap();
        assert_eq!(document["schema"], "score-tasks/site-occupation/1");
        assert_eq!(document["run"]["name"], "2026-06-02-full");
        assert_eq!(document["occupation"]["code"], "15-1252.00");
        assert_eq!(document["occupation"]["tasks"][0]["models"][1]["samples"][1]["score"], 84.0);
        assert_eq!(document["facts"]["pay"]["median"]["usd"], 133_080);
        assert_eq!(document["companions"][0]["score"], 71.0);
        assert_eq!(document["history"].as_array().unwrap().len(), 2);
        assert_eq!(document["commentary"], Value::Null);
    }

    #[test]
    fn a_thousand_documents_take_no_time_to_speak_of() {
        let mut site = sample::site();
        let tasks = site.entries[0].tasks.clone();
        site.entries[0].tasks = tasks.into_iter().cycle().take(20).collect();
        for _ in 0..1_000 {
            assert!(!bytes(&site, &site.entries[0]).unwrap().is_empty());
        }
    }
}

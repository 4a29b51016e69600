//! config.toml as written: types checked by serde, unknown keys found with their line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use crate::domain::names;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Raw {
    pub run: Run,
    pub cache: Cache,
    pub budget: Budget,
    pub bands: Bands,
    pub data: Data,
    pub facts: Facts,
    pub batch: Batch,
    pub models: BTreeMap<String, Model>,
    pub schedule: Vec<Schedule>,
    pub service: Service,
    pub site: Site,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Data {
    pub onet_base_url: Option<String>,
}

/// Files that pages take facts from.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Facts {
    pub onet: Option<String>,
    pub wages: Vec<String>,
    pub projections: Option<String>,
    pub projection_words: Option<Vec<Words>>,
    pub sector_series: Option<String>,
    pub sector_map: Option<String>,
    pub sector_name: Option<String>,
    pub sector_direction: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Words {
    pub from: i64,
    pub words: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Batch {
    pub poll_s: Option<f64>,
    pub settle_s: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Run {
    pub catalog: Option<String>,
    pub models: Option<Vec<String>>,
    pub rubric: Option<String>,
    pub samples: Option<u32>,
    pub weights: Option<String>,
    pub allow_gaps: Option<CountOrText>,
    pub reask: Option<u32>,
    pub confirm_above_usd: Option<f64>,
    pub combine: Option<String>,
    pub bootstrap: Option<u32>,
}

/// `allow_gaps = 12` and `allow_gaps = "5%"` are both natural to write.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum CountOrText {
    Count(u64),
    Text(String),
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Cache {
    pub path: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Budget {
    pub usd_per_month: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Bands {
    pub rule: Option<String>,
    pub cuts: Option<Vec<f64>>,
    pub names: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Model {
    pub provider: Option<String>,
    pub model: Option<String>,
    pub base_url: Option<String>,
    pub server: Option<String>,
    pub endpoint: Option<String>,
    pub api_key_env: Option<String>,
    pub allow_unencrypted_http: Option<bool>,
    pub form: Option<String>,
    pub output_limit: Option<String>,
    pub takes_temperature: Option<bool>,
    pub use_table: Option<bool>,
    pub cache_from_tokens: Option<u32>,
    pub extra: Option<toml::Table>,
    pub timeout_s: Option<u32>,
    pub of: Option<String>,
    pub file: Option<String>,
    pub requests_per_minute: Option<u32>,
    pub tokens_per_minute: Option<u32>,
    pub input_tokens_per_minute: Option<u32>,
    pub output_tokens_per_minute: Option<u32>,
    pub limit_group: Option<String>,
    pub max_in_flight: Option<usize>,
    pub max_output_tokens: Option<u32>,
    pub temperature: Option<f64>,
    pub effort: Option<String>,
    pub max_attempts: Option<u32>,
    pub price: Option<Price>,
    pub weight: Option<f64>,
    pub batch: Option<bool>,
    pub batch_requests: Option<u64>,
    pub batch_queue_tokens: Option<u64>,
    pub mock: Option<Mock>,
}

#[derive(Deserialize)]
pub(super) struct Price {
    pub input: f64,
    pub output: f64,
    pub cache_read: Option<f64>,
    pub cache_write: Option<f64>,
    pub batch_input: Option<f64>,
    pub batch_output: Option<f64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Mock {
    pub bias: Option<f64>,
    pub spread: Option<f64>,
    pub noise: Option<f64>,
    pub wavering: Option<f64>,
    pub wording: Option<f64>,
    pub latency_ms: Option<u64>,
    pub busy: Option<f64>,
    pub broken: Option<f64>,
    pub answers: BTreeMap<String, f64>,
}

/// What is scored again, when, and what happens afterwards.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Schedule {
    pub name: Option<String>,
    pub cron: Option<String>,
    pub zone: Option<String>,
    pub jitter: Option<String>,
    pub all: bool,
    pub occupations: Vec<String>,
    pub groups: Vec<String>,
    pub items: Option<String>,
    pub columns: Vec<String>,
    pub catalog: Option<String>,
    pub limit: Option<u64>,
    pub pick: Option<u64>,
    pub seed: Option<u64>,
    pub models: Option<Vec<String>>,
    pub rubric: Option<String>,
    pub samples: Option<u32>,
    pub weights: Option<String>,
    pub combine: Option<String>,
    pub max_age: Option<String>,
    pub fresh: bool,
    pub changed: bool,
    pub batch: Option<bool>,
    pub deadline: Option<String>,
    pub anchors: Option<u64>,
    pub max_cost: Option<f64>,
    pub allow_gaps: Option<CountOrText>,
    pub output: Option<String>,
    pub after: After,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct After {
    pub fail_above: Option<f64>,
    pub summary: Option<String>,
    pub webhook: Option<String>,
    pub webhook_secret_env: Option<String>,
    pub command: Vec<String>,
}

/// What is published.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Service {
    pub listen: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Site {
    pub title: Option<String>,
    pub base_url: Option<String>,
    pub publisher: Option<String>,
    pub licence: Option<String>,
    pub commentary: Option<Vec<String>>,
}

/// Known keys by table; `*` stands for any name. What is not listed is checked by name elsewhere.
const KEYS: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "run", "cache", "budget", "bands", "data", "facts", "batch", "models", "schedule", "service",
            "site",
        ],
    ),
    (
        "run",
        &[
            "catalog",
            "models",
            "rubric",
            "samples",
            "weights",
            "allow_gaps",
            "reask",
            "confirm_above_usd",
            "combine",
            "bootstrap",
        ],
    ),
    (
        "schedule",
        &[
            "name",
            "cron",
            "zone",
            "jitter",
            "all",
            "occupations",
            "groups",
            "items",
            "columns",
            "catalog",
            "limit",
            "pick",
            "seed",
            "models",
            "rubric",
            "samples",
            "weights",
            "combine",
            "max_age",
            "fresh",
            "changed",
            "batch",
            "deadline",
            "anchors",
            "max_cost",
            "allow_gaps",
            "output",
            "after",
        ],
    ),
    ("schedule.after", &["fail_above", "summary", "webhook", "webhook_secret_env", "command"]),
    ("service", &["listen"]),
    ("site", &["title", "base_url", "publisher", "licence", "commentary"]),
    ("data", &["onet_base_url"]),
    (
        "facts",
        &[
            "onet",
            "wages",
            "projections",
            "projection_words",
            "sector_series",
            "sector_map",
            "sector_name",
            "sector_direction",
        ],
    ),
    ("facts.projection_words", &["from", "words"]),
    ("batch", &["poll_s", "settle_s"]),
    ("cache", &["path"]),
    ("budget", &["usd_per_month"]),
    ("bands", &["rule", "cuts", "names"]),
    (
        "models.*",
        &[
            "provider",
            "model",
            "base_url",
            "server",
            "endpoint",
            "api_key_env",
            "allow_unencrypted_http",
            "form",
            "output_limit",
            "takes_temperature",
            "use_table",
            "cache_from_tokens",
            "extra",
            "timeout_s",
            "of",
            "file",
            "requests_per_minute",
            "tokens_per_minute",
            "input_tokens_per_minute",
            "output_tokens_per_minute",
            "limit_group",
            "max_in_flight",
            "max_output_tokens",
            "temperature",
            "effort",
            "max_attempts",
            "price",
            "weight",
            "batch",
            "batch_requests",
            "batch_queue_tokens",
            "mock",
        ],
    ),
    ("models.*.price", &["input", "output", "cache_read", "cache_write", "batch_input", "batch_output"]),
    (
        "models.*.mock",
        &["bias", "spread", "noise", "wavering", "wording", "latency_ms", "busy", "broken", "answers"],
    ),
];

/// Reads the text; all unknown keys are reported together.
pub(super) fn read(text: &str) -> Result<Raw, Vec<String>> {
    let table = DeTable::parse(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
    let mut problems = Vec::new();
    unknown_keys(text, table.get_ref(), "", "", &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])
}

/// Whether a config.toml found on the way up is this program's.
pub(super) fn is_ours(text: &str) -> bool {
    // One that does not parse but opens a [run] is ours, and its error must be shown.
    match DeTable::parse(text) {
        Ok(table) => table.get_ref().contains_key("run"),
        Err(_) => text.lines().any(|line| line.replace(' ', "").starts_with("[run")),
    }
}

fn unknown_keys(text: &str, table: &DeTable<'_>, shown: &str, pattern: &str, problems: &mut Vec<String>) {
    let known = KEYS.iter().find(|(name, _)| *name == pattern).map(|(_, keys)| *keys);
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if let Some(known) = known.filter(|known| !known.contains(&name)) {
            let line = text.get(..key.span().start).unwrap_or_default().matches('\n').count() + 1;
            problems.push(format!("line {line}: {}", unknown(name, shown, known)));
        }
        let join = |base: &str, part: &str| {
            if base.is_empty() { part.to_owned() } else { format!("{base}.{part}") }
        };
        let part = if pattern == "models" { "*" } else { name };
        for inner in tables(value.get_ref()) {
            unknown_keys(text, inner, &join(shown, name), &join(pattern, part), problems);
        }
    }
}

/// A table, or those of an array: `[[schedule]]` is one of several.
fn tables<'a, 'i>(value: &'a DeValue<'i>) -> Vec<&'a DeTable<'i>> {
    match value {
        DeValue::Table(table) => vec![table],
        DeValue::Array(values) => values.iter().flat_map(|value| tables(value.get_ref())).collect(),
        _ => Vec::new(),
    }
}

fn unknown(name: &str, table: &str, known: &[&str]) -> String {
    let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
    match names::nearest(name, known.iter().copied()) {
        Some(near) => format!("unknown key `{name}`{place}, did you mean `{near}`?"),
        None => format!("unknown key `{name}`{place}; known are {}", known.join(", ")),
    }
}

//! What a run was about, as it is kept beside its ratings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::score::Scheduled;
use super::{Desk, Exit, Failure, served};
use crate::cli;
use crate::domain::{AllowedGaps, Fit, Instant, Rubric, RunInfo, Totals, Until, Weighting};
use crate::pass::collect::{Collected, LaneSummary};
use crate::report::{Record, RecordSize};
use crate::store::{NewRun, Store};

pub(super) const SCHEMA: &str = "score-tasks/run/1";

/// Everything but the ratings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub schema: String,
    /// Version of this program.
    pub program: String,
    pub began: String,
    pub seconds: f64,
    /// The flags that say what was scored.
    pub selection: String,
    pub rubric: RubricNamed,
    pub catalog: CatalogNamed,
    /// SHA-256 of config.toml.
    pub config_sha256: String,
    pub weights: String,
    /// The weights as told, by flag or config: `auto` stays `auto`.
    #[serde(default)]
    pub weights_told: String,
    #[serde(default)]
    pub combine: String,
    pub samples: u32,
    /// Further samples, and the most of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_se: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_agree: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_samples: Option<u32>,
    /// Rounds of resampling behind intervals.
    #[serde(default)]
    pub bootstrap: u32,
    /// Tasks of a fixed set that were asked afresh, whatever was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchors: Option<u64>,
    /// From when on answers to them counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchors_since: Option<String>,
    pub models: Vec<ModelAsked>,
    pub occupations: u64,
    pub tasks: u64,
    pub mean_score: Option<f64>,
    pub answers: Answers,
    pub gaps: BTreeMap<String, u64>,
    pub cost_usd: f64,
    /// Answers of this time serve: `--since` and `--as-of` of the same report.
    pub since: Option<String>,
    pub as_of: String,
    /// What was said of it that its figures do not show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The schedule that it was made for, and when that was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// By which its occasions are kept apart from those of another config with a schedule of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_key: Option<String>,
}

impl Manifest {
    /// Whether it was made for this occasion. Runs of old do not say of which config their schedule was.
    pub(super) fn is_of(&self, schedule: &str, key: &str, due: &str) -> bool {
        let is_key = self.schedule_key.as_deref().is_none_or(|own| own == key);
        is_key && self.schedule.as_deref() == Some(schedule) && self.due.as_deref() == Some(due)
    }

    /// How it ended, as far as this shows.
    pub(super) fn exit(&self, allowed: AllowedGaps) -> Exit {
        let ratings = self.tasks * self.models.len() as u64 * u64::from(self.samples);
        if allowed.covers(self.answers.gaps, ratings) { Exit::Done } else { Exit::Gaps }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RubricNamed {
    /// The folder's name.
    pub name: String,
    pub id: String,
    pub version: String,
    pub sha256: String,
}

impl RubricNamed {
    /// The variant that was asked; `None` where it was the rubric as it is.
    pub(super) fn variant(&self) -> Option<&str> {
        self.name.split_once(Rubric::JOINT).map(|(_, variant)| variant)
    }

    /// Id, variant and version, for people.
    pub(super) fn shown(&self) -> String {
        let variant = self.variant().map(|variant| format!("{}{variant}", Rubric::JOINT)).unwrap_or_default();
        format!("{}{variant} {}", self.id, self.version)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CatalogNamed {
    pub name: String,
    pub sha256: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ModelAsked {
    pub id: String,
    pub provider: String,
    pub model: String,
    /// The names under which it answered.
    pub served: Vec<String>,
    /// Answers that were asked for in this run, and what they cost; `None` where the price is not known, and in
    /// runs of old.
    #[serde(default)]
    pub asked: Option<u64>,
    #[serde(default)]
    pub cost_usd: Option<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Answers {
    pub needed: u64,
    pub cached: u64,
    pub asked: u64,
    pub gaps: u64,
}

/// What is known of a run when its report is written.
pub(super) struct Ended<'a> {
    pub began: Instant,
    pub seconds: f64,
    pub args: &'a cli::Score,
    pub run: &'a RunInfo,
    pub totals: &'a Totals,
    pub fit: Fit,
    pub anchors_since: Option<Instant>,
    /// What was asked in it.
    pub collected: &'a Collected,
    pub scheduled: Option<&'a Scheduled<'a>>,
}

/// A run that has been kept.
pub(super) struct Kept {
    pub name: String,
    /// What is to be said of it.
    pub notes: Vec<String>,
}

/// Keeps a run and its ratings.
pub(super) fn keep(desk: &Desk, store: &Store, ended: &Ended<'_>, record: Record) -> Result<Kept, Failure> {
    let (digest, size, record) = record.finish()?;
    let mut manifest = manifest(desk, ended, size);
    manifest.notes = served::notes(desk, &manifest);
    let notes = manifest.notes.clone();
    let manifest = serde_json::to_string(&manifest).map_err(|error| Failure::new(Exit::Failed, error))?;
    let id = name(ended.began);
    let name = store.keep_run(NewRun { id, began: ended.began, manifest, digest, record })?;
    Ok(Kept { name, notes })
}

/// `20261127-233934`: when it began, in UTC.
fn name(began: Instant) -> String {
    let digits: String = began.to_string().chars().filter(char::is_ascii_digit).take(14).collect();
    let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("{day}-{time}")
}

fn manifest(desk: &Desk, ended: &Ended<'_>, size: RecordSize) -> Manifest {
    let Ended { began, seconds, args, run, totals, fit, anchors_since, collected, scheduled } = ended;
    let models = run.models.iter().zip(&totals.served).map(|(model, served)| ModelAsked {
        id: model.id.to_string(),
        provider: model.provider.to_owned(),
        model: model.model.clone(),
        served: served.iter().map(ToString::to_string).collect(),
        asked: Some(lanes(collected, &model.id).map(|lane| lane.asked).sum()),
        cost_usd: cost(collected, &model.id),
    });
    let rubric = &run.rubric;
    let (until_se, until_agree) = match run.adaptive.map(|rule| rule.until) {
        Some(Until::Se(points)) => (Some(points), None),
        Some(Until::Agree(points)) => (None, Some(points)),
        None => (None, None),
    };
    let weights_told = args.weights.as_deref().or(desk.config.weights.map(Weighting::name));
    Manifest {
        schema: SCHEMA.to_owned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        began: began.to_string(),
        seconds: *seconds,
        selection: selection(args),
        rubric: RubricNamed {
            name: rubric.name.clone(),
            id: rubric.id.clone(),
            version: rubric.version.clone(),
            sha256: rubric.sha256.to_string(),
        },
        catalog: CatalogNamed { name: run.catalogue.name.clone(), sha256: run.catalogue.sha256.to_string() },
        config_sha256: desk.config.sha256.to_string(),
        weights: run.weighting.name().to_owned(),
        weights_told: weights_told.unwrap_or("auto").to_owned(),
        combine: run.combine.name().to_owned(),
        samples: run.samples,
        until_se,
        until_agree,
        max_samples: run.adaptive.map(|rule| rule.most),
        bootstrap: run.rounds,
        anchors: args.anchors,
        anchors_since: anchors_since.map(|since| since.to_string()),
        models: models.collect(),
        occupations: size.occupations,
        tasks: size.tasks,
        mean_score: size.mean_score(),
        answers: Answers {
            needed: totals.needed,
            cached: totals.cached,
            asked: totals.asked,
            gaps: totals.gap_count(),
        },
        gaps: totals.gaps.iter().map(|(reason, count)| (reason.name().to_owned(), *count)).collect(),
        cost_usd: totals.cost_nano_usd as f64 / 1e9,
        since: (fit.from != Instant::BEGINNING).then(|| fit.from.to_string()),
        as_of: fit.to.to_string(),
        notes: Vec::new(),
        schedule: scheduled.map(|scheduled| scheduled.schedule.to_owned()),
        due: scheduled.map(|scheduled| scheduled.due.to_string()),
        schedule_key: scheduled.map(|scheduled| scheduled.key.to_owned()),
    }
}

/// The lanes of one model: each part of a run has its own.
fn lanes<'a>(collected: &'a Collected, id: &'a str) -> impl Iterator<Item = &'a LaneSummary> {
    collected.lanes.iter().filter(move |lane| *lane.model == *id)
}

/// `None` where answers were paid for at a price that is not known.
fn cost(collected: &Collected, id: &str) -> Option<f64> {
    let paid = |lane: &&LaneSummary| lane.asked > 0;
    let nano_usd: Option<u64> = lanes(collected, id).filter(paid).map(|lane| lane.cost_nano_usd).sum();
    Some(nano_usd? as f64 / 1e9)
}

/// The flags that say what was scored, as they would be typed.
fn selection(args: &cli::Score) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut add = |flag: &str, value: &dyn std::fmt::Display| words.push(format!("{flag} {}", quoted(value)));
    args.occupation.iter().for_each(|occupation| add("-o", occupation));
    args.group.iter().for_each(|group| add("--group", group));
    if let Some(items) = &args.items {
        add("--items", &items.display());
    }
    args.columns.iter().filter(|_| args.items.is_some()).for_each(|pair| add("--columns", pair));
    if let Some(catalog) = &args.catalog {
        add("--catalog", catalog);
    }
    if let Some(limit) = args.limit {
        add("--limit", &limit);
    }
    if let Some(pick) = args.pick {
        add("--pick", &pick);
        add("--seed", &args.seed.unwrap_or(0));
    }
    if args.all {
        words.insert(0, "--all".to_owned());
    }
    words.join(" ")
}

/// As a shell takes it for one word.
pub(super) fn quoted(value: &dyn std::fmt::Display) -> String {
    let text = value.to_string();
    let is_bare = |c: char| c.is_alphanumeric() || "-_./,:=+@%~".contains(c);
    match () {
        // The shell makes a folder of it at the beginning of a word.
        () if !text.is_empty() && !text.starts_with('~') && text.chars().all(is_bare) => text,
        () if text.contains(['"', '$', '`', '\\', '!']) => format!("'{}'", text.replace('\'', "'\\''")),
        () => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_as_a_shell_takes_them() {
        for (word, shown) in [
            ("15-1252.00", "15-1252.00"),
            ("AI/ML Engineers", "\"AI/ML Engineers\""),
            ("it's", "\"it's\""),
            ("a;b", "\"a;b\""),
            ("", "\"\""),
            ("~x", "\"~x\""),
            ("$HOME's", "'$HOME'\\''s'"),
            ("back\\slash", "'back\\slash'"),
        ] {
            assert_eq!(quoted(&word), shown);
        }
    }
}

//! What was written to what is meant: ranges, names, defaults. Collects every problem.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Config;
use super::known::KnownModel;
use super::raw::{self, CountOrText, Raw};
use crate::domain::{AllowedGaps, Bands, Combine, Hash, Model, Weighting, names};

/// More samples of one task than anybody pays for.
pub(super) const MOST_SAMPLES: u32 = 1_000;

pub(super) struct Checker {
    problems: Vec<String>,
    /// Models that the built-in table has, by their names here.
    pub(super) in_table: BTreeMap<Arc<str>, &'static KnownModel>,
}

pub(super) fn check(
    raw: Raw,
    sha256: Hash,
    file: Option<PathBuf>,
    root: PathBuf,
) -> Result<Config, Vec<String>> {
    let mut checker = Checker { problems: Vec::new(), in_table: BTreeMap::new() };
    let known_models: Vec<Model> =
        raw.models.into_iter().map(|(id, model)| checker.model(&id, model, &root)).collect();
    checker.groups(&known_models);
    let models = raw.run.models.unwrap_or_default();
    checker.model_names("run.models", &models, &known_models);
    let samples = checker.in_range("run.samples", raw.run.samples.unwrap_or(1), 1, MOST_SAMPLES);
    let config = Config {
        sha256,
        catalog: raw.run.catalog.unwrap_or_else(|| "demo".to_owned()),
        models,
        rubric: raw.run.rubric.unwrap_or_else(|| "exposure".to_owned()),
        samples,
        weights: checker.weights("run.weights", raw.run.weights.as_deref()),
        allow_gaps: checker.allow_gaps("run.allow_gaps", raw.run.allow_gaps),
        combine: checker.combine("run.combine", raw.run.combine.as_deref()),
        bootstrap: checker.in_range("run.bootstrap", raw.run.bootstrap.unwrap_or(1_000), 0, 100_000),
        reask: checker.in_range("run.reask", raw.run.reask.unwrap_or(1), 0, 100),
        cache: root.join(raw.cache.path.as_deref().unwrap_or("cache/answers.sqlite")),
        bands: checker.bands(raw.bands),
        confirm_above_usd: checker.number(
            "run.confirm_above_usd",
            raw.run.confirm_above_usd.unwrap_or(1.0),
            0.0,
            1e9,
        ),
        batch_poll_ms: checker.seconds("batch.poll_s", raw.batch.poll_s, 60.0),
        batch_settle_ms: checker.seconds("batch.settle_s", raw.batch.settle_s, 60.0),
        usd_per_month: raw
            .budget
            .usd_per_month
            .map(|usd| checker.number("budget.usd_per_month", usd, 0.0, 1e9)),
        onet_base_url: checker.download(raw.data.onet_base_url),
        facts: checker.facts(raw.facts, &root),
        schedules: checker.schedules(raw.schedule, &known_models),
        listen: checker.listen(raw.service.listen),
        site: checker.site(raw.site, &known_models),
        known_models,
        in_table: std::mem::take(&mut checker.in_table),
        file,
        root: normal(&root),
    };
    if checker.problems.is_empty() { Ok(config) } else { Err(checker.problems) }
}

fn normal(root: &Path) -> PathBuf {
    if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() }
}

impl Checker {
    pub(super) fn wrong(&mut self, key: &str, what: impl std::fmt::Display) {
        self.problems.push(format!("{key}: {what}"));
    }

    pub(super) fn in_range(&mut self, key: &str, value: u32, low: u32, high: u32) -> u32 {
        if !(low..=high).contains(&value) {
            self.wrong(key, format_args!("{value} is not from {low} to {high}"));
        }
        value
    }

    pub(super) fn share(&mut self, key: &str, value: Option<f64>) -> f64 {
        self.number(key, value.unwrap_or(0.0), 0.0, 1.0)
    }

    pub(super) fn number(&mut self, key: &str, value: f64, low: f64, high: f64) -> f64 {
        if !(low..=high).contains(&value) {
            self.wrong(key, format_args!("{value} is not from {low} to {high}"));
        }
        value
    }

    /// In milliseconds.
    fn seconds(&mut self, key: &str, written: Option<f64>, usual: f64) -> u64 {
        (self.number(key, written.unwrap_or(usual), 0.001, 86_400.0) * 1_000.0).round() as u64
    }

    pub(super) fn weights(&mut self, key: &str, name: Option<&str>) -> Option<Weighting> {
        let name = name.filter(|name| *name != "auto")?;
        let found = Weighting::from_name(name);
        if found.is_none() {
            let all = Weighting::ALL.map(Weighting::name).join(", ");
            self.wrong(key, format_args!("no such weights: `{name}`; known are auto, {all}"));
        }
        found
    }

    pub(super) fn combine(&mut self, key: &str, name: Option<&str>) -> Combine {
        let Some(name) = name else { return Combine::default() };
        Combine::from_name(name).unwrap_or_else(|| {
            let all = Combine::ALL.map(Combine::name).join(", ");
            self.wrong(key, format_args!("no such combination: `{name}`; known are {all}"));
            Combine::default()
        })
    }

    pub(super) fn allow_gaps(&mut self, key: &str, written: Option<CountOrText>) -> AllowedGaps {
        match written {
            None => AllowedGaps::Count(0),
            Some(CountOrText::Count(count)) => AllowedGaps::Count(count),
            Some(CountOrText::Text(text)) => text.parse().unwrap_or_else(|error: String| {
                self.wrong(key, error);
                AllowedGaps::Count(0)
            }),
        }
    }

    fn bands(&mut self, raw: raw::Bands) -> Bands {
        match raw.rule.as_deref() {
            None | Some("cuts") => {}
            Some("ilo") if raw.cuts.is_none() && raw.names.is_none() => return Bands::Ilo,
            Some("ilo") => self.wrong("bands.rule", "the rule `ilo` has cuts and names of its own"),
            Some(other) => self.wrong("bands.rule", format_args!("`{other}` is neither cuts nor ilo")),
        }
        let cuts = raw.cuts.unwrap_or_else(|| vec![20.0, 40.0, 60.0, 80.0]);
        let names = raw.names.unwrap_or_else(|| {
            ["Minimal", "Low", "Partial", "High", "Very high"].map(str::to_owned).to_vec()
        });
        match Bands::new(cuts, names) {
            Ok(bands) => bands,
            Err(error) => {
                self.wrong("bands", error);
                Bands::none()
            }
        }
    }

    /// Models that may write commentary; where none are named, any may.
    pub(super) fn authors(&mut self, named: Option<Vec<String>>, known: &[Model]) -> Vec<String> {
        let Some(named) = named else { return Vec::new() };
        self.model_names("site.commentary", &named, known);
        if let Some(label) = named.iter().find(|name| name.starts_with("label:")) {
            self.wrong("site.commentary", format_args!("`{label}` is a column, which writes nothing"));
        }
        named
    }

    pub(super) fn model_names(&mut self, key: &str, models: &[String], known: &[Model]) {
        if models.is_empty() {
            self.wrong(key, "names no model");
        }
        for name in models.iter().filter(|name| !name.starts_with("label:")) {
            if !known.iter().any(|model| *model.id == **name) {
                self.wrong(key, unknown_model(name, known));
            }
        }
    }
}

/// The message for a model that the config does not have.
pub fn unknown_model(name: &str, known: &[Model]) -> String {
    let ids = || known.iter().map(|model| &*model.id);
    match names::nearest(name, ids()) {
        Some(near) => format!("no model `{name}`, did you mean `{near}`?"),
        None => format!("no model `{name}`; known are {}", ids().collect::<Vec<_>>().join(", ")),
    }
}

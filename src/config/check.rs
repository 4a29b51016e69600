//! What was written to what is meant: ranges, names, defaults. Collects every problem.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Config;
use super::raw::{self, CountOrText, Raw};
use crate::domain::{
    AllowedGaps, AnswerFault, Bands, MockTraits, Model, Price, Provider, Settings, Source, Weather,
    Weighting, names,
};

/// More samples of one task than anybody pays for.
const MOST_SAMPLES: u32 = 1_000;

struct Checker {
    problems: Vec<String>,
}

pub(super) fn check(raw: Raw, file: Option<PathBuf>, root: PathBuf) -> Result<Config, Vec<String>> {
    let mut checker = Checker { problems: Vec::new() };
    let known_models: Vec<Model> =
        raw.models.into_iter().map(|(id, model)| checker.model(&id, model)).collect();
    let models = raw.run.models.unwrap_or_default();
    checker.model_names(&models, &known_models);
    let samples = checker.in_range("run.samples", raw.run.samples.unwrap_or(1), 1, MOST_SAMPLES);
    let config = Config {
        catalog: raw.run.catalog.unwrap_or_else(|| "demo".to_owned()),
        models,
        rubric: raw.run.rubric.unwrap_or_else(|| "exposure".to_owned()),
        samples,
        weights: checker.weights(raw.run.weights.as_deref()),
        allow_gaps: checker.allow_gaps(raw.run.allow_gaps),
        reask: checker.in_range("run.reask", raw.run.reask.unwrap_or(1), 0, 100),
        cache: root.join(raw.cache.path.as_deref().unwrap_or("cache/answers.sqlite")),
        bands: checker.bands(raw.bands),
        known_models,
        file,
        root: normal(&root),
    };
    if checker.problems.is_empty() { Ok(config) } else { Err(checker.problems) }
}

fn normal(root: &Path) -> PathBuf {
    if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() }
}

impl Checker {
    fn wrong(&mut self, key: &str, what: impl std::fmt::Display) {
        self.problems.push(format!("{key}: {what}"));
    }

    fn in_range(&mut self, key: &str, value: u32, low: u32, high: u32) -> u32 {
        if !(low..=high).contains(&value) {
            self.wrong(key, format_args!("{value} is not from {low} to {high}"));
        }
        value
    }

    fn share(&mut self, key: &str, value: Option<f64>) -> f64 {
        self.number(key, value.unwrap_or(0.0), 0.0, 1.0)
    }

    fn number(&mut self, key: &str, value: f64, low: f64, high: f64) -> f64 {
        if !(low..=high).contains(&value) {
            self.wrong(key, format_args!("{value} is not from {low} to {high}"));
        }
        value
    }

    fn weights(&mut self, name: Option<&str>) -> Option<Weighting> {
        let name = name.filter(|name| *name != "auto")?;
        let found = Weighting::from_name(name);
        if found.is_none() {
            let all = Weighting::ALL.map(Weighting::name).join(", ");
            self.wrong("run.weights", format_args!("no such weights: `{name}`; known are auto, {all}"));
        }
        found
    }

    fn allow_gaps(&mut self, written: Option<CountOrText>) -> AllowedGaps {
        match written {
            None => AllowedGaps::Count(0),
            Some(CountOrText::Count(count)) => AllowedGaps::Count(count),
            Some(CountOrText::Text(text)) => text.parse().unwrap_or_else(|error: String| {
                self.wrong("run.allow_gaps", error);
                AllowedGaps::Count(0)
            }),
        }
    }

    fn bands(&mut self, raw: raw::Bands) -> Bands {
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

    fn model_names(&mut self, models: &[String], known: &[Model]) {
        if models.is_empty() {
            self.wrong("run.models", "names no model");
        }
        for name in models.iter().filter(|name| !name.starts_with("label:")) {
            if !known.iter().any(|model| *model.id == **name) {
                self.wrong("run.models", unknown_model(name, known));
            }
        }
    }

    fn model(&mut self, id: &str, raw: raw::Model) -> Model {
        let at = |key: &str| format!("models.{id}.{key}");
        if raw.provider.as_deref() != Some("mock") {
            self.provider(&at("provider"), raw.provider.as_deref());
        }
        let price = raw.price.map_or(Price::default(), |price| Price {
            input: self.number(&at("price.input"), price.input, 0.0, 1e6),
            output: self.number(&at("price.output"), price.output, 0.0, 1e6),
        });
        Model {
            id: id.into(),
            model: raw.model.unwrap_or_else(|| id.to_owned()),
            source: Source::Asked(Provider::Mock(self.mock(id, raw.mock.unwrap_or_default()))),
            settings: Settings {
                temperature_hundredths: self.temperature(&at("temperature"), raw.temperature),
                max_output_tokens: self.in_range(
                    &at("max_output_tokens"),
                    raw.max_output_tokens.unwrap_or(400),
                    1,
                    1_000_000,
                ),
                effort: raw.effort,
            },
            requests_per_minute: raw
                .requests_per_minute
                .map(|rate| self.in_range(&at("requests_per_minute"), rate, 1, 10_000_000)),
            max_in_flight: self.window(&at("max_in_flight"), raw.max_in_flight.unwrap_or(64)),
            max_attempts: self.in_range(&at("max_attempts"), raw.max_attempts.unwrap_or(6), 1, 100),
            price,
            weight: self.number(&at("weight"), raw.weight.unwrap_or(1.0), 1e-9, 1e9),
        }
    }

    fn provider(&mut self, key: &str, name: Option<&str>) {
        match name {
            None => self.wrong(key, "is missing; this version has `mock`"),
            Some(name) => {
                self.wrong(key, format_args!("`{name}` is not in this version, which has `mock`"));
            }
        }
    }

    fn window(&mut self, key: &str, value: usize) -> usize {
        if !(1..=100_000).contains(&value) {
            self.wrong(key, format_args!("{value} is not from 1 to 100000"));
        }
        value
    }

    fn temperature(&mut self, key: &str, value: Option<f64>) -> Option<u32> {
        let value = self.number(key, value?, 0.0, 2.0);
        let hundredths = (value * 100.0).round();
        if (hundredths - value * 100.0).abs() > 1e-6 {
            self.wrong(key, format_args!("{value} has more than two decimals"));
        }
        Some(hundredths as u32)
    }

    fn mock(&mut self, id: &str, raw: raw::Mock) -> MockTraits {
        let at = |key: &str| format!("models.{id}.mock.{key}");
        MockTraits {
            bias: raw.bias.map(|bias| self.number(&at("bias"), bias, -100.0, 100.0)),
            spread: self.number(&at("spread"), raw.spread.unwrap_or(6.0), 0.0, 100.0),
            noise: self.number(&at("noise"), raw.noise.unwrap_or(3.0), 0.0, 100.0),
            weather: Weather {
                latency_ms: raw.latency_ms.unwrap_or(0),
                busy: self.share(&at("busy"), raw.busy),
                broken: self.share(&at("broken"), raw.broken),
                answers: self.faults(&at("answers"), raw.answers),
            },
        }
    }

    fn faults(&mut self, key: &str, raw: BTreeMap<String, f64>) -> Vec<(AnswerFault, f64)> {
        let mut faults = Vec::new();
        let mut sum = 0.0;
        for (name, share) in raw {
            sum += self.number(&format!("{key}.{name}"), share, 0.0, 1.0);
            match AnswerFault::from_name(&name) {
                Some(fault) => faults.push((fault, share)),
                None => {
                    let all = AnswerFault::ALL.map(AnswerFault::name).join(", ");
                    self.wrong(key, format_args!("no such fault: `{name}`; known are {all}"));
                }
            }
        }
        if sum > 1.0 + 1e-9 {
            self.wrong(key, format_args!("the shares add up to {sum}, more than 1"));
        }
        faults
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

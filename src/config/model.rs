//! A model of the config: who answers, what is really sent, at which limits and prices.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::check::Checker;
use super::known::{KnownModel, Temperature};
use super::raw;
use super::server::is_among;
use crate::domain::{
    AnswerFault, BatchLimits, Dialect, InBatches, Limits, MockTraits, Model, Price, Priced, Provider,
    Recording, Settings, Source, Weather, names,
};

/// What a model may write where the config does not say: room for a score and its reasons.
const OUTPUT_TOKENS: u32 = 400;
/// The same where it thinks first: thoughts count as output, and a limit that cuts them leaves nothing.
const OUTPUT_TOKENS_THINKING: u32 = 8_000;

/// Members of a request that make it dearer or cheaper, or send it elsewhere; the table knows the usual price
/// of the model alone,
const SET_PRICE: [&str; 8] = [
    "service_tier",
    "speed",
    "inference_geo",
    "tools",
    "web_search_options",
    "plugins",
    "models",
    "provider",
];
/// which is what these ask for in so many words.
const USUAL: [&str; 3] = ["default", "standard", "standard_only"];

/// The providers of config.toml.
const PROVIDERS: [&str; 6] = ["anthropic", "openai", "openai-responses", "gemini", "mock", "replay"];

impl Checker {
    pub(super) fn model(&mut self, id: &str, raw: raw::Model, root: &Path) -> Model {
        let name = raw.model.clone().unwrap_or_else(|| id.to_owned());
        let (provider, known) = self.provider(id, &name, &raw, root);
        if let Some(known) = known {
            self.in_table.insert(id.into(), known);
        }
        let asked = match &provider {
            Provider::Replay(recording) => &*recording.of,
            asked => asked,
        };
        let settings = self.settings(id, &raw, known, asked);
        let price = self.price(id, raw.price.as_ref(), known, &provider);
        let batches = self.batches(id, &raw, &provider);
        Model {
            limits: self.limits(id, &raw),
            id: id.into(),
            model: name,
            source: Source::Asked(provider),
            settings,
            max_attempts: self.in_range(
                &format!("models.{id}.max_attempts"),
                raw.max_attempts.unwrap_or(6),
                1,
                100,
            ),
            price,
            weight: self.number(&format!("models.{id}.weight"), raw.weight.unwrap_or(1.0), 1e-9, 1e9),
            in_batches: raw.batch == Some(true) && batches.is_some(),
            batches,
        }
    }

    fn provider(
        &mut self,
        id: &str,
        name: &str,
        raw: &raw::Model,
        root: &Path,
    ) -> (Provider, Option<&'static KnownModel>) {
        let written = raw.provider.as_deref();
        if written == Some("replay") {
            let (of, known) = self.asked(id, "of", raw.of.as_deref(), name, raw);
            let file = raw.file.as_deref().unwrap_or_else(|| {
                self.wrong(
                    &format!("models.{id}.file"),
                    "is missing: an export (.jsonl) or a store (.sqlite)",
                );
                ""
            });
            return (Provider::Replay(Recording { file: root.join(file), of: Box::new(of) }), known);
        }
        for (key, value) in [("of", &raw.of), ("file", &raw.file)] {
            if value.is_some() {
                self.wrong(&format!("models.{id}.{key}"), "goes with provider = \"replay\"");
            }
        }
        self.asked(id, "provider", written, name, raw)
    }

    fn asked(
        &mut self,
        id: &str,
        key: &str,
        written: Option<&str>,
        name: &str,
        raw: &raw::Model,
    ) -> (Provider, Option<&'static KnownModel>) {
        if let Some(dialect) = written.and_then(Dialect::from_name) {
            if raw.mock.is_some() {
                self.wrong(&format!("models.{id}.mock"), "goes with provider = \"mock\"");
            }
            let (server, known) = self.server(id, name, dialect, raw);
            return (Provider::Http(server), known);
        }
        if written != Some("mock") {
            self.wrong(&format!("models.{id}.{key}"), no_provider(key, written));
        }
        (Provider::Mock(self.mock(id, raw.mock.as_ref())), None)
    }

    /// What is really sent, and so a part of the question.
    fn settings(
        &mut self,
        id: &str,
        raw: &raw::Model,
        known: Option<&KnownModel>,
        asked: &Provider,
    ) -> Settings {
        let at = |key: &str| format!("models.{id}.{key}");
        let thinks =
            known.is_some_and(|known| !known.efforts.is_empty()) && raw.effort.as_deref() != Some("none");
        let usual = if thinks { OUTPUT_TOKENS_THINKING } else { OUTPUT_TOKENS };
        let most = known.and_then(|known| known.max_output).unwrap_or(1_000_000);
        let settings = Settings {
            temperature_hundredths: self.temperature(&at("temperature"), raw.temperature),
            max_output_tokens: self.in_range(
                &at("max_output_tokens"),
                raw.max_output_tokens.unwrap_or(usual.min(most)),
                1,
                most,
            ),
            effort: raw.effort.clone(),
            extra: match asked {
                Provider::Http(server) => server.extra.to_string(),
                _ => String::new(),
            },
        };
        if let Some(known) = known {
            self.check_taken(id, raw, known, &settings);
        }
        settings
    }

    /// A setting that a model is known to refuse would cost a refused request for every question.
    fn check_taken(&mut self, id: &str, raw: &raw::Model, known: &KnownModel, settings: &Settings) {
        let at = |key: &str| format!("models.{id}.{key}");
        let name = &known.name;
        let takes = raw.takes_temperature.unwrap_or(match known.temperature {
            Temperature::Yes | Temperature::Unknown => true,
            Temperature::No => false,
            Temperature::EffortNone => settings.effort.as_deref() == Some("none"),
        });
        if settings.temperature_hundredths.is_some() && !takes {
            let when = match known.temperature {
                Temperature::EffortNone => " unless effort = \"none\"",
                _ => "",
            };
            self.wrong(
                &at("temperature"),
                format_args!("{name} takes none{when}: leave it out, or set takes_temperature = true"),
            );
        }
        if let Some(effort) = settings.effort.as_ref().filter(|effort| !known.efforts.contains(effort)) {
            // An empty list may as well be a gap in the table.
            if !known.efforts.is_empty() {
                let all = known.efforts.join(", ");
                self.wrong(&at("effort"), format_args!("{name} does not take `{effort}`, but {all}"));
            }
        }
    }

    fn temperature(&mut self, key: &str, value: Option<f64>) -> Option<u32> {
        let value = self.number(key, value?, 0.0, 2.0);
        let hundredths = (value * 100.0).round();
        if (hundredths - value * 100.0).abs() > 1e-6 {
            self.wrong(key, format_args!("{value} has more than two decimals"));
        }
        Some(hundredths as u32)
    }

    fn price(
        &mut self,
        id: &str,
        raw: Option<&raw::Price>,
        known: Option<&KnownModel>,
        provider: &Provider,
    ) -> Option<Priced> {
        let free = || Some(Priced { price: Price::default(), source: "free".into() });
        // A replay is paid for already, and costs nothing whatever it did then.
        if matches!(provider, Provider::Replay(_)) {
            return free();
        }
        if let Some(raw) = raw {
            let mut usd =
                |key: &str, value: f64| self.number(&format!("models.{id}.price.{key}"), value, 0.0, 1e6);
            let price = Price {
                input: usd("input", raw.input),
                output: usd("output", raw.output),
                cache_read: raw.cache_read.map(|rate| usd("cache_read", rate)),
                cache_write: raw.cache_write.map(|rate| usd("cache_write", rate)),
                batch: raw
                    .batch_input
                    .zip(raw.batch_output)
                    .map(|(input, output)| (usd("batch_input", input), usd("batch_output", output))),
                long: None,
            };
            if raw.batch_input.is_some() != raw.batch_output.is_some() {
                self.wrong(&format!("models.{id}.price"), "batch_input and batch_output go together");
            }
            return Some(Priced { price, source: "config".into() });
        }
        match provider {
            Provider::Http(server) => match known {
                Some(_) if sets_price(&server.extra) => None,
                Some(known) => Some(known.priced()),
                None if server.bills_nobody => free(),
                None => None,
            },
            _ => free(),
        }
    }

    /// How it can be asked in batches; `None`: not at all.
    fn batches(&mut self, id: &str, raw: &raw::Model, provider: &Provider) -> Option<InBatches> {
        let at = |key: &str| format!("models.{id}.{key}");
        let api = match provider {
            Provider::Http(server) => server.batch,
            Provider::Mock(_) | Provider::Replay(_) => None,
        };
        let Some(api) = api else {
            let is_set =
                [raw.batch == Some(true), raw.batch_requests.is_some(), raw.batch_queue_tokens.is_some()];
            for key in
                ["batch", "batch_requests", "batch_queue_tokens"].iter().zip(is_set).filter(|(_, set)| *set)
            {
                self.wrong(&at(key.0), "goes with a server of openai, anthropic, gemini or mistral");
            }
            return None;
        };
        let limits = api.limits();
        let requests = raw.batch_requests.unwrap_or(limits.requests);
        if !(1..=limits.requests).contains(&requests) {
            let most = limits.requests;
            self.wrong(&at("batch_requests"), format_args!("{requests} is not from 1 to {most}"));
        }
        if raw.batch_queue_tokens == Some(0) {
            self.wrong(&at("batch_queue_tokens"), "0 would let nothing through");
        }
        let limits = BatchLimits { requests, ..limits };
        Some(InBatches { limits, queue_tokens: raw.batch_queue_tokens })
    }

    fn limits(&mut self, id: &str, raw: &raw::Model) -> Limits {
        let mut rate = |key: &str, value: Option<u32>| {
            value.map(|rate| self.in_range(&format!("models.{id}.{key}"), rate, 1, 1_000_000_000))
        };
        let limits = Limits {
            requests_per_minute: rate("requests_per_minute", raw.requests_per_minute),
            tokens_per_minute: rate("tokens_per_minute", raw.tokens_per_minute),
            input_tokens_per_minute: rate("input_tokens_per_minute", raw.input_tokens_per_minute),
            output_tokens_per_minute: rate("output_tokens_per_minute", raw.output_tokens_per_minute),
            max_in_flight: raw.max_in_flight,
            group: raw.limit_group.as_deref().map(Arc::from),
        };
        if let Some(window) = raw.max_in_flight.filter(|window| !(1..=100_000).contains(window)) {
            let key = format!("models.{id}.max_in_flight");
            self.wrong(&key, format_args!("{window} is not from 1 to 100000"));
        }
        limits
    }

    /// Models that share a gate must agree on what it lets through.
    pub(super) fn groups(&mut self, models: &[Model]) {
        let mut first: BTreeMap<&str, &Model> = BTreeMap::new();
        for model in models {
            let Some(group) = model.limits.group.as_deref() else { continue };
            let known = first.entry(group).or_insert(model);
            if known.limits != model.limits {
                let key = format!("models.{}.limit_group", model.id);
                let other = &known.id;
                self.wrong(&key, format_args!("`{other}` is of the same group and has other limits"));
            }
        }
    }

    /// Where data is downloaded from.
    pub(super) fn download(&mut self, written: Option<String>) -> String {
        let Some(mut written) = written else { return super::ONET_BASE_URL.to_owned() };
        self.url("data.onet_base_url", &written, false);
        if !written.ends_with('/') {
            written.push('/');
        }
        written
    }

    fn mock(&mut self, id: &str, raw: Option<&raw::Mock>) -> MockTraits {
        let (none, usual) = (raw::Mock::default(), MockTraits::default());
        let raw = raw.unwrap_or(&none);
        let at = |key: &str| format!("models.{id}.mock.{key}");
        MockTraits {
            bias: raw.bias.map(|bias| self.number(&at("bias"), bias, -100.0, 100.0)),
            spread: self.number(&at("spread"), raw.spread.unwrap_or(usual.spread), 0.0, 100.0),
            noise: self.number(&at("noise"), raw.noise.unwrap_or(usual.noise), 0.0, 100.0),
            wavering: self.number(&at("wavering"), raw.wavering.unwrap_or(usual.wavering), 0.0, 1.0),
            wording: self.number(&at("wording"), raw.wording.unwrap_or(usual.wording), 0.0, 100.0),
            weather: Weather {
                latency_ms: raw.latency_ms.unwrap_or(0),
                busy: self.share(&at("busy"), raw.busy),
                broken: self.share(&at("broken"), raw.broken),
                answers: self.faults(&at("answers"), &raw.answers),
            },
        }
    }

    fn faults(&mut self, key: &str, raw: &BTreeMap<String, f64>) -> Vec<(AnswerFault, f64)> {
        let mut faults = Vec::new();
        let mut sum = 0.0;
        for (name, share) in raw {
            sum += self.number(&format!("{key}.{name}"), *share, 0.0, 1.0);
            match AnswerFault::from_name(name) {
                Some(fault) => faults.push((fault, *share)),
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

fn sets_price(extra: &str) -> bool {
    let members: BTreeMap<String, serde_json::Value> = serde_json::from_str(extra).unwrap_or_default();
    let is_usual = |value: &serde_json::Value| value.as_str().is_some_and(|value| USUAL.contains(&value));
    members.iter().any(|(name, value)| is_among(&SET_PRICE, name) && !is_usual(value))
}

fn no_provider(key: &str, written: Option<&str>) -> String {
    // A replay is not of a replay.
    let known = PROVIDERS.into_iter().filter(|name| key == "provider" || *name != "replay");
    let all = known.clone().collect::<Vec<_>>().join(", ");
    match written {
        None => format!("is missing; known are {all}"),
        Some(name) => match names::nearest(name, known) {
            Some(near) => format!("no provider `{name}`, did you mean `{near}`?"),
            None => format!("no provider `{name}`; known are {all}"),
        },
    }
}

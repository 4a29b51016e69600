//! The server behind a model: where it is, what it is, and what is special about it.

use std::collections::BTreeMap;

use url::Url;

use super::check::Checker;
use super::flavour::{self, Flavour};
use super::known::{self, KnownModel};
use super::raw;
use crate::domain::{Dialect, Form, OutputLimit, Server};

/// Gemini's table of sampling members, some of which this program sets itself.
const GENERATION: &str = "generationConfig";
/// What of that we set.
const OURS_IN_GENERATION: [&str; 7] = [
    "temperature",
    "maxOutputTokens",
    "responseMimeType",
    "responseJsonSchema",
    "responseSchema",
    "thinkingConfig",
    "candidateCount",
];
/// Members of a request that are ours in some dialect.
const OURS: [&str; 20] = [
    "model",
    "messages",
    "input",
    "instructions",
    "system",
    "contents",
    "systemInstruction",
    "temperature",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "generationConfig",
    "response_format",
    "text",
    "output_config",
    "reasoning_effort",
    "reasoning",
    "stream",
    "store",
    "n",
];

impl Checker {
    pub(super) fn server(
        &mut self,
        id: &str,
        name: &str,
        dialect: Dialect,
        raw: &raw::Model,
    ) -> (Server, Option<&'static KnownModel>) {
        let at = |key: &str| format!("models.{id}.{key}");
        let named = raw.server.as_deref().map(|written| self.flavour(&at("server"), written, dialect));
        let owner = named.unwrap_or_else(|| flavour::owner(dialect));
        let base_url = raw.base_url.as_deref().unwrap_or(owner.base_url);
        let url = self.url(&at("base_url"), base_url, raw.allow_unencrypted_http.unwrap_or(false));
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let flavour = named.unwrap_or_else(|| flavour::at_host(host, dialect));
        let vendor = if flavour.name == "azure" { "openai" } else { flavour.name };
        // Whoever knows better than the table does without it.
        let known = known::find(vendor, name).filter(|_| raw.use_table != Some(false));
        let base_url = base_url.trim_end_matches('/').to_owned();
        let authority = url.as_ref().map(place).unwrap_or_default();
        let is_home = !flavour.base_url.is_empty() && base_url == flavour.base_url;
        let endpoint =
            raw.endpoint.clone().unwrap_or(if is_home { flavour.name.to_owned() } else { authority });
        let form = raw.form.as_deref().map(|written| self.form(&at("form"), written));
        let holds_to_schema = known.and_then(|known| known.schema).unwrap_or(true);
        let output_limit =
            raw.output_limit.as_deref().map(|name| self.output_limit(&at("output_limit"), name));
        let mut server = Server {
            dialect,
            endpoint,
            api_key_env: match raw.api_key_env.as_deref() {
                Some(name) => Some(name),
                None if flavour.api_key_env.is_empty() => None,
                None => Some(flavour.api_key_env),
            }
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
            // Where a provider speaks the dialect of another, it takes the key as that one does.
            key_header: if speaks(flavour, dialect) {
                flavour.key_header
            } else {
                flavour::owner(dialect).key_header
            },
            form: form.unwrap_or(if holds_to_schema { flavour.form } else { Form::Object }),
            output_limit: output_limit
                .or_else(|| known.and_then(KnownModel::output_limit))
                .unwrap_or(flavour.output_limit),
            cache_from: raw.cache_from_tokens.or_else(|| known.and_then(|known| known.cache_min)),
            counts_max_tokens: flavour.counts_max_tokens,
            counts_requests_by_day: flavour.name == "groq",
            bills_nobody: false,
            batch: flavour.batch.filter(|_| speaks(flavour, dialect)),
            timeout_s: self.in_range(&at("timeout_s"), raw.timeout_s.unwrap_or(600), 1, 86_400),
            extra: self.extra(&at("extra"), raw.extra.as_ref(), flavour, dialect).into(),
            base_url,
        };
        // A program on this machine; nobody sends a bill for it. One that takes a key, or is a gateway by
        // trade, may be asking those who do.
        let is_gateway = server.api_key_env.is_some() || flavour.name == "litellm";
        server.bills_nobody = !is_gateway && url.as_ref().is_some_and(is_loopback);
        (server, known)
    }

    fn flavour(&mut self, key: &str, written: &str, dialect: Dialect) -> &'static Flavour {
        if let Some(flavour) = flavour::named(written).filter(|flavour| speaks(flavour, dialect)) {
            return flavour;
        }
        let all: Vec<&str> = flavour::names().collect();
        self.wrong(
            key,
            match flavour::named(written) {
                Some(_) => format!("`{written}` does not speak {}", dialect.name()),
                None => format!("no such server: `{written}`; known are {}", all.join(", ")),
            },
        );
        flavour::owner(dialect)
    }

    /// TLS always, unless the address is this machine's or the config says otherwise in so many words.
    pub(super) fn url(&mut self, key: &str, written: &str, allow_unencrypted: bool) -> Option<Url> {
        if written.is_empty() {
            self.wrong(key, "is missing: the address of the server, as in http://127.0.0.1:8080/v1");
            return None;
        }
        let url = match Url::parse(written) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => url,
            _ => {
                self.wrong(key, format_args!("`{}` is not an address; write https://HOST/v1", safe(written)));
                return None;
            }
        };
        let is_bare = url.username().is_empty() && url.password().is_none();
        if !is_bare || url.query().is_some() || url.fragment().is_some() {
            self.wrong(key, "holds a user, a password, a query or a fragment; keys come from api_key_env");
        }
        if url.scheme() == "http" && !is_loopback(&url) && !allow_unencrypted {
            self.wrong(key, "is not encrypted: write https, or set allow_unencrypted_http = true beside it");
        }
        Some(url)
    }

    fn form(&mut self, key: &str, written: &str) -> Form {
        Form::from_name(written).unwrap_or_else(|| {
            let all = Form::ALL.map(Form::name).join(", ");
            self.wrong(key, format_args!("no such form: `{written}`; known are {all}"));
            Form::Schema
        })
    }

    fn output_limit(&mut self, key: &str, written: &str) -> OutputLimit {
        match written {
            "max_tokens" => OutputLimit::MaxTokens,
            "max_completion_tokens" => OutputLimit::MaxCompletionTokens,
            _ => {
                self.wrong(key, format_args!("`{written}` is neither max_tokens nor max_completion_tokens"));
                OutputLimit::MaxTokens
            }
        }
    }

    /// What the server and the config want in every request, as JSON with sorted keys.
    fn extra(
        &mut self,
        key: &str,
        written: Option<&toml::Table>,
        flavour: &Flavour,
        dialect: Dialect,
    ) -> String {
        let mut all: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(flavour.extra).unwrap_or_default();
        for (name, value) in written.into_iter().flatten() {
            for taken in ours(name, value, dialect) {
                self.wrong(key, format_args!("`{taken}` is set by score-tasks itself"));
            }
            match serde_json::to_value(value) {
                Ok(value) => drop(all.insert(name.clone(), value)),
                Err(error) => self.wrong(key, format_args!("`{name}`: {error}")),
            }
        }
        if all.is_empty() {
            return String::new();
        }
        serde_json::to_string(&all).unwrap_or_default()
    }
}

/// Members of a request that are made here. Gemini keeps those of sampling in a table of their own, of which
/// the rest is free.
fn ours(name: &str, value: &toml::Value, dialect: Dialect) -> Vec<String> {
    match value.as_table().filter(|_| dialect == Dialect::Gemini && name == GENERATION) {
        Some(inner) => {
            let taken = inner.keys().filter(|name| is_among(&OURS_IN_GENERATION, name));
            taken.map(|inner| format!("{name}.{inner}")).collect()
        }
        None if is_among(&OURS, name) => vec![name.to_owned()],
        None => Vec::new(),
    }
}

/// Some servers take a member's name in either spelling: `maxOutputTokens`, `max_output_tokens`.
pub(super) fn is_among(names: &[&str], name: &str) -> bool {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    names.iter().any(|known| plain(known) == plain(name))
}

fn speaks(flavour: &Flavour, dialect: Dialect) -> bool {
    let is_openai = flavour.dialect == Dialect::OpenAiChat && dialect == Dialect::OpenAiResponses;
    flavour.dialect == dialect || is_openai
}

/// Host, port, and the path where it is not the usual one: gateways tell servers apart by it.
fn place(url: &Url) -> String {
    match url.path().trim_end_matches('/') {
        // The version of an interface is not another server.
        path if path.is_empty() || is_version(path) => url.authority().to_owned(),
        path => format!("{}{path}", url.authority()),
    }
}

fn is_version(path: &str) -> bool {
    let version = path.strip_prefix("/v").unwrap_or_default();
    version.starts_with(|c: char| c.is_ascii_digit()) && !version.contains('/')
}

/// An address as written, without what may be a password or a key.
fn safe(written: &str) -> &str {
    let host = written.rsplit_once('@').map_or(written, |(_, host)| host);
    host.split(['?', '#']).next().unwrap_or_default()
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

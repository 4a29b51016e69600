//! Anthropic Messages.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Decoded, Envelope, Said, USER, schema, sealed, temperature, versioned};
use crate::domain::{Context, Finish, Server, Usage};

/// The last version of the interface that lets models have a temperature.
const WITH_TEMPERATURE: &str = "2023-06-01";
pub(super) const NEWEST: &str = "2026-10-21";

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    max_tokens: u32,
    system: [System<'a>; 1],
    messages: [Message<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig<'a>>,
}

#[derive(Serialize)]
struct System<'a> {
    r#type: &'static str,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

#[derive(Serialize)]
struct CacheControl {
    r#type: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
struct OutputConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format>,
}

#[derive(Serialize)]
struct Format {
    r#type: &'static str,
    schema: Box<RawValue>,
}

pub(super) fn envelope(server: &Server, context: &Context) -> Result<Envelope, String> {
    let temperature = temperature(context);
    let version = if temperature.is_some() { WITH_TEMPERATURE } else { NEWEST };
    let format = schema(context, server.form)?.map(|schema| Format { r#type: "json_schema", schema });
    let effort = context.settings.effort.as_deref();
    let is_cached = super::is_worth_caching(server, context);
    let request = Request {
        model: &context.model,
        max_tokens: context.settings.max_output_tokens,
        system: [System {
            r#type: "text",
            text: &context.system,
            cache_control: is_cached.then_some(CacheControl { r#type: "ephemeral" }),
        }],
        messages: [Message { role: "user", content: USER }],
        temperature,
        output_config: (effort.is_some() || format.is_some()).then_some(OutputConfig { effort, format }),
    };
    let path = versioned(&server.base_url, "/v1", "/messages");
    sealed(path, vec![("anthropic-version", version)], &request, &context.settings.extra)
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    model: Option<String>,
    content: Vec<Block>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    stop_details: Option<StopDetails>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Block {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct StopDetails {
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    explanation: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Counts {
    input_tokens: Option<u32>,
    cache_creation_input_tokens: Option<u32>,
    cache_read_input_tokens: Option<u32>,
    output_tokens: Option<u32>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OutputDetails {
    thinking_tokens: Option<u32>,
}

pub(super) fn decode(body: &[u8]) -> Decoded {
    let reply: Reply = serde_json::from_slice(body).ok()?;
    let texts = reply.content.iter().filter(|block| block.r#type == "text");
    let text: String = texts.filter_map(|block| block.text.as_deref()).collect();
    let finish = match reply.stop_reason.as_deref() {
        Some("refusal") => Finish::Refused,
        Some("max_tokens" | "model_context_window_exceeded") => Finish::Truncated,
        _ => Finish::Complete,
    };
    let text = match reply.stop_details {
        Some(details) if finish == Finish::Refused && text.is_empty() => refusal(details),
        _ => text,
    };
    Some(Ok(Said {
        served: reply.model.unwrap_or_default(),
        finish,
        text,
        usage: reply.usage.and_then(usage),
    }))
}

/// Why it declined, where it wrote nothing itself.
fn refusal(details: StopDetails) -> String {
    [details.category, details.explanation].into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// Unlike with the others, what is read from and written to the cache comes on top of the input.
fn usage(counts: Counts) -> Option<Usage> {
    counts.input_tokens.or(counts.output_tokens)?;
    let cache_read = counts.cache_read_input_tokens.unwrap_or(0);
    let cache_write = counts.cache_creation_input_tokens.unwrap_or(0);
    let plain = counts.input_tokens.unwrap_or(0);
    Some(Usage {
        input: plain.saturating_add(cache_read).saturating_add(cache_write),
        cache_read,
        cache_write,
        output: counts.output_tokens.unwrap_or(0),
        reasoning: counts.output_tokens_details.unwrap_or_default().thinking_tokens.unwrap_or(0),
    })
}

//! Gemini generateContent.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Decoded, Envelope, Said, USER, schema, sealed, temperature, versioned};
use crate::domain::{Context, Finish, Form, Server, Usage};
use crate::provider::{Closing, ProviderError};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    system_instruction: Content<'a>,
    contents: [Content<'a>; 1],
    generation_config: GenerationConfig,
}

#[derive(Serialize)]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: [Part<'a>; 1],
}

#[derive(Serialize)]
struct Part<'a> {
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    max_output_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
    /// What the config adds.
    #[serde(flatten)]
    more: Members,
}

type Members = serde_json::Map<String, serde_json::Value>;

/// Of the extra members, those that go into `generationConfig`; and the others.
fn split(extra: &str) -> Result<(Members, String), String> {
    if extra.is_empty() {
        return Ok((Members::new(), String::new()));
    }
    let mut all: Members = serde_json::from_str(extra).map_err(|error| error.to_string())?;
    let more = match all.remove("generationConfig") {
        Some(serde_json::Value::Object(more)) => more,
        _ => Members::new(),
    };
    let rest = if all.is_empty() { String::new() } else { serde_json::Value::from(all).to_string() };
    Ok((more, rest))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", untagged)]
enum ThinkingConfig {
    Level { thinking_level: String },
    Budget { thinking_budget: u32 },
}

impl ThinkingConfig {
    /// Models of 2.5 take a budget in tokens; those budgets are what Google's own OpenAI-compatible
    /// interface makes of the same words.
    fn of(model: &str, effort: &str) -> Self {
        if !model.contains("gemini-2.5") {
            return Self::Level { thinking_level: effort.to_uppercase() };
        }
        let thinking_budget = match effort {
            "none" => 0,
            "minimal" | "low" => 1_024,
            "medium" => 8_192,
            _ => 24_576,
        };
        Self::Budget { thinking_budget }
    }
}

pub(super) fn envelope(server: &Server, context: &Context) -> Result<Envelope, String> {
    let effort = context.settings.effort.as_deref();
    let (more, extra) = split(&context.settings.extra)?;
    let request = Request {
        system_instruction: Content { role: None, parts: [Part { text: &context.system }] },
        contents: [Content { role: Some("user"), parts: [Part { text: USER }] }],
        generation_config: GenerationConfig {
            temperature: temperature(context),
            max_output_tokens: context.settings.max_output_tokens,
            response_mime_type: (server.form != Form::Plain).then_some("application/json"),
            response_json_schema: schema(context, server.form)?,
            thinking_config: effort.map(|effort| ThinkingConfig::of(&context.model, effort)),
            more,
        },
    };
    let model = resource(&context.model);
    let path = versioned(&server.base_url, "/v1beta", &format!("/{model}:generateContent"));
    sealed(path, Vec::new(), &request, &extra)
}

/// The model's name in an address.
pub(super) fn resource(model: &str) -> String {
    if model.contains('/') { model.to_owned() } else { format!("models/{model}") }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    #[serde(default)]
    candidates: Option<Vec<Candidate>>,
    #[serde(default)]
    prompt_feedback: Option<PromptFeedback>,
    #[serde(default)]
    usage_metadata: Option<Counts>,
    #[serde(default)]
    model_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    content: Option<Spoken>,
    #[serde(default)]
    finish_reason: Option<String>,
    #[serde(default)]
    finish_message: Option<String>,
}

#[derive(Deserialize)]
struct Spoken {
    #[serde(default)]
    parts: Vec<SpokenPart>,
}

#[derive(Deserialize)]
struct SpokenPart {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    thought: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PromptFeedback {
    #[serde(default)]
    block_reason: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Counts {
    prompt_token_count: Option<u32>,
    cached_content_token_count: Option<u32>,
    candidates_token_count: Option<u32>,
    thoughts_token_count: Option<u32>,
}

pub(super) fn decode(body: &[u8]) -> Decoded {
    let reply: Reply = serde_json::from_slice(body).ok()?;
    let blocked = reply.prompt_feedback.and_then(|feedback| feedback.block_reason);
    let candidate = reply.candidates.into_iter().flatten().next();
    if candidate.as_ref().and_then(|one| one.finish_reason.as_deref()) == Some("PUP_LIMITED_DISABLED") {
        let detail = "the account is restricted (PUP_LIMITED_DISABLED)".to_owned();
        return Some(Err(ProviderError::Closed { why: Closing::Key, detail }));
    }
    let (finish, text) = match (candidate, blocked) {
        (Some(candidate), _) => spoken(candidate),
        (None, Some(reason)) => (Finish::Blocked, format!("the prompt was blocked: {reason}")),
        (None, None) => return None,
    };
    let served = reply.model_version.unwrap_or_default();
    Some(Ok(Said { served, finish, text, usage: reply.usage_metadata.and_then(usage) }))
}

fn spoken(candidate: Candidate) -> (Finish, String) {
    let parts = candidate.content.map(|content| content.parts).unwrap_or_default();
    let said = parts.into_iter().filter(|part| part.thought != Some(true));
    let text: String = said.filter_map(|part| part.text).collect();
    let reason = candidate.finish_reason.unwrap_or_default();
    let finish = match reason.as_str() {
        "MAX_TOKENS" | "CONTINUATION" => Finish::Truncated,
        "" | "STOP" | "FINISH_REASON_UNSPECIFIED" | "OTHER" | "MALFORMED_RESPONSE" => Finish::Complete,
        // All the rest are filters of one kind or another.
        _ => Finish::Blocked,
    };
    match candidate.finish_message {
        Some(message) if text.is_empty() && finish == Finish::Blocked => (finish, message),
        None if text.is_empty() && finish == Finish::Blocked => (finish, reason),
        _ => (finish, text),
    }
}

/// Thoughts are billed as output, but are not among the candidates' tokens.
fn usage(counts: Counts) -> Option<Usage> {
    counts.prompt_token_count.or(counts.candidates_token_count)?;
    let reasoning = counts.thoughts_token_count.unwrap_or(0);
    Some(Usage {
        input: counts.prompt_token_count.unwrap_or(0),
        cache_read: counts.cached_content_token_count.unwrap_or(0),
        cache_write: 0,
        output: counts.candidates_token_count.unwrap_or(0).saturating_add(reasoning),
        reasoning,
    })
}

//! OpenAI Responses.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::chat::{CompletionDetails, PromptDetails};
use super::errors::Problem;
use super::{Decoded, Envelope, Said, USER, schema, sealed, temperature};
use crate::domain::{Context, Finish, Form, Server, Usage};
use crate::provider::ProviderError;

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    instructions: &'a str,
    input: &'a str,
    max_output_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text>,
    /// What is kept is kept by us.
    store: bool,
}

#[derive(Serialize)]
struct Reasoning<'a> {
    effort: &'a str,
}

#[derive(Serialize)]
struct Text {
    format: Format,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format {
    JsonSchema { name: &'static str, strict: bool, schema: Box<RawValue> },
    JsonObject,
}

pub(super) fn envelope(server: &Server, context: &Context) -> Result<Envelope, String> {
    let format = match schema(context, server.form)? {
        Some(schema) => Some(Format::JsonSchema { name: "rating", strict: true, schema }),
        None if server.form == Form::Object => Some(Format::JsonObject),
        None => None,
    };
    let request = Request {
        model: &context.model,
        instructions: &context.system,
        input: USER,
        max_output_tokens: context.settings.max_output_tokens,
        temperature: temperature(context),
        reasoning: context.settings.effort.as_deref().map(|effort| Reasoning { effort }),
        text: format.map(|format| Text { format }),
        store: false,
    };
    sealed("/responses".to_owned(), Vec::new(), &request, &context.settings.extra)
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    model: Option<String>,
    status: String,
    #[serde(default)]
    error: Option<Failure>,
    #[serde(default)]
    incomplete_details: Option<Incomplete>,
    #[serde(default)]
    output: Vec<Item>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Incomplete {
    #[serde(default)]
    reason: Option<String>,
}

/// Thoughts and messages; only messages have content of these kinds.
#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    content: Option<Vec<Part>>,
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Counts {
    input_tokens: Option<u32>,
    output_tokens: Option<u32>,
    input_tokens_details: Option<PromptDetails>,
    output_tokens_details: Option<CompletionDetails>,
}

pub(super) fn decode(body: &[u8]) -> Decoded {
    let reply: Reply = serde_json::from_slice(body).ok()?;
    let reason = reply.incomplete_details.and_then(|details| details.reason).unwrap_or_default();
    let failure = reply.error.as_ref().map_or("", |failure| failure.code.as_str());
    let ended = match (reply.status.as_str(), reason.as_str()) {
        _ if failure.ends_with("_policy") || failure.ends_with("_policy_violation") => Finish::Blocked,
        ("completed", _) => Finish::Complete,
        ("incomplete", "content_filter") => Finish::Blocked,
        ("incomplete", _) => Finish::Truncated,
        (status, _) => return Some(Err(failed(status, reply.error))),
    };
    let parts = || {
        let messages = reply.output.iter().filter(|item| item.r#type == "message");
        messages.flat_map(|item| item.content.iter().flatten())
    };
    let text: String =
        parts().filter(|part| part.r#type == "output_text").filter_map(|part| part.text.as_deref()).collect();
    let refusal: String = parts().filter_map(|part| part.refusal.as_deref()).collect();
    let is_refused = text.is_empty() && !refusal.is_empty() && ended == Finish::Complete;
    let (finish, text) = if is_refused { (Finish::Refused, refusal) } else { (ended, text) };
    Some(Ok(Said {
        served: reply.model.unwrap_or_default(),
        finish,
        text,
        usage: reply.usage.and_then(usage),
    }))
}

fn failed(status: &str, failure: Option<Failure>) -> ProviderError {
    let Some(Failure { code, message }) = failure else {
        let detail = format!("the answer has the status `{status}`");
        return ProviderError::broken(true, detail);
    };
    Problem { code, message, ..Problem::default() }.without_status()
}

fn usage(counts: Counts) -> Option<Usage> {
    counts.input_tokens.or(counts.output_tokens)?;
    let input = counts.input_tokens_details.unwrap_or_default();
    let output = counts.output_tokens_details.unwrap_or_default();
    Some(Usage {
        input: counts.input_tokens.unwrap_or(0),
        cache_read: input.cached_tokens.unwrap_or(0),
        cache_write: input.cache_write_tokens.unwrap_or(0),
        output: counts.output_tokens.unwrap_or(0),
        reasoning: output.reasoning_tokens.unwrap_or(0),
    })
}

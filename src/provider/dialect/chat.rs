//! OpenAI Chat Completions, and what compatible servers make of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{Decoded, Envelope, Said, USER, schema, sealed, temperature};
use crate::domain::{Context, Finish, Form, OutputLimit, Server, Usage};
use crate::provider::ProviderError;

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: [Message<'a>; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat {
    JsonSchema { json_schema: JsonSchema },
    JsonObject,
}

#[derive(Serialize)]
struct JsonSchema {
    name: &'static str,
    strict: bool,
    schema: Box<RawValue>,
}

pub(super) fn envelope(server: &Server, context: &Context) -> Result<Envelope, String> {
    let limit = context.settings.max_output_tokens;
    let is_new_name = server.output_limit == OutputLimit::MaxCompletionTokens;
    let response_format = match schema(context, server.form)? {
        Some(schema) => Some(ResponseFormat::JsonSchema {
            json_schema: JsonSchema { name: "rating", strict: true, schema },
        }),
        None if server.form == Form::Object => Some(ResponseFormat::JsonObject),
        None => None,
    };
    let request = Request {
        model: &context.model,
        messages: [
            Message { role: "system", content: &context.system },
            Message { role: "user", content: USER },
        ],
        max_tokens: (!is_new_name).then_some(limit),
        max_completion_tokens: is_new_name.then_some(limit),
        temperature: temperature(context),
        reasoning_effort: context.settings.effort.as_deref(),
        response_format,
    };
    sealed("/chat/completions".to_owned(), Vec::new(), &request, &context.settings.extra)
}

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(borrow, default)]
    model: Option<Cow<'a, str>>,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
    #[serde(default)]
    usage: Option<Counts>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow, default)]
    finish_reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Spoken<'a>,
}

#[derive(Deserialize)]
struct Spoken<'a> {
    #[serde(borrow, default)]
    content: Option<Content<'a>>,
    #[serde(borrow, default)]
    refusal: Option<Cow<'a, str>>,
}

/// Text, or parts of which some may be thoughts.
enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<Part>),
}

/// By hand: what serde derives for either of two reads the text twice.
impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or its parts")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.visit_string(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(parts)).map(Content::Parts)
    }
}

#[derive(Deserialize)]
struct Part {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Counts {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PromptDetails {
    pub cached_tokens: Option<u32>,
    pub cache_write_tokens: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct CompletionDetails {
    pub reasoning_tokens: Option<u32>,
}

pub(super) fn decode(body: &[u8]) -> Decoded {
    let reply: Reply<'_> = serde_json::from_slice(body).ok()?;
    let choice = reply.choices.into_iter().next()?;
    let text = match choice.message.content {
        Some(Content::Text(text)) => text.into_owned(),
        Some(Content::Parts(parts)) => {
            parts.into_iter().filter(|part| part.r#type == "text").map(|part| part.text).collect()
        }
        None => String::new(),
    };
    let refusal = choice.message.refusal.filter(|refusal| !refusal.is_empty());
    let finish = match choice.finish_reason.as_deref() {
        Some("error") => {
            let detail = "the server ended the answer with an error".to_owned();
            return Some(Err(ProviderError::broken(true, detail)));
        }
        Some("content_filter") => Finish::Blocked,
        _ if refusal.is_some() && text.is_empty() => Finish::Refused,
        Some("length" | "model_length") => Finish::Truncated,
        _ => Finish::Complete,
    };
    let text = if finish == Finish::Refused { refusal.unwrap_or_default().into_owned() } else { text };
    let usage = reply.usage.and_then(usage);
    Some(Ok(Said { served: reply.model.unwrap_or_default().into_owned(), finish, text, usage }))
}

/// Cached and reasoning tokens are parts of the prompt's and the completion's.
fn usage(counts: Counts) -> Option<Usage> {
    counts.prompt_tokens.or(counts.completion_tokens)?;
    let prompt = counts.prompt_tokens_details.unwrap_or_default();
    let completion = counts.completion_tokens_details.unwrap_or_default();
    Some(Usage {
        input: counts.prompt_tokens.unwrap_or(0),
        cache_read: prompt.cached_tokens.unwrap_or(0),
        cache_write: prompt.cache_write_tokens.unwrap_or(0),
        output: counts.completion_tokens.unwrap_or(0),
        reasoning: completion.reasoning_tokens.unwrap_or(0),
    })
}

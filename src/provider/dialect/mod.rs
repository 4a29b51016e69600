//! The forms in which models are asked and answer. Pure: bytes in, bytes out.
//!
//! `chat`, `responses`, `anthropic` and `gemini` are one form each; `errors` reads what is wrong out
//! of any of them, `waits` and `limits` what a server says of its limits.

mod anthropic;
mod chat;
mod errors;
mod gemini;
mod limits;
mod responses;
mod waits;

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde::Serialize;
use serde_json::value::RawValue;

use super::ProviderError;
use crate::domain::{Context, Dialect, Finish, Form, Instant, Server, Usage};

pub use limits::allowance;

/// Everything of a request that the questions of a context share. The user text goes between head
/// and tail, as a JSON string.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Behind the server's address.
    pub path: String,
    pub headers: Vec<(&'static str, &'static str)>,
    pub head: Bytes,
    pub tail: Bytes,
}

/// A reply as it was received.
pub struct Received<'a> {
    pub status: u16,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// When: some servers give times of day.
    pub now: Instant,
}

/// What a model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub served: String,
    pub finish: Finish,
    pub text: String,
    /// `None`: the provider did not say.
    pub usage: Option<Usage>,
}

/// The envelope for a context's questions.
pub fn envelope(server: &Server, context: &Context) -> Result<Envelope, String> {
    match server.dialect {
        Dialect::OpenAiChat => chat::envelope(server, context),
        Dialect::OpenAiResponses => responses::envelope(server, context),
        Dialect::Anthropic => anthropic::envelope(server, context),
        Dialect::Gemini => gemini::envelope(server, context),
    }
}

/// Reads a reply.
pub fn decode(dialect: Dialect, received: &Received<'_>) -> Result<Said, ProviderError> {
    if !(200..300).contains(&received.status) {
        return errors::judge(received);
    }
    let said = match dialect {
        Dialect::OpenAiChat => read(chat::decode, received.body),
        Dialect::OpenAiResponses => read(responses::decode, received.body),
        Dialect::Anthropic => read(anthropic::decode, received.body),
        Dialect::Gemini => read(gemini::decode, received.body),
    };
    // Some servers report failures with the status of success.
    said.unwrap_or_else(|| errors::judge(received))
}

/// Reads a reply that is no answer, to a call that puts no question.
pub fn failure(received: &Received<'_>) -> ProviderError {
    match errors::judge(received) {
        Err(error) => error,
        Ok(said) => ProviderError::Rejected { detail: said.text },
    }
}

/// What a dialect wants in the head of calls that put no question.
pub fn headers(dialect: Dialect) -> &'static [(&'static str, &'static str)] {
    match dialect {
        Dialect::Anthropic => &[("anthropic-version", anthropic::NEWEST)],
        Dialect::OpenAiChat | Dialect::OpenAiResponses | Dialect::Gemini => &[],
    }
}

/// Counts that are in no form we know are as good as none: they must not cost the answer beside them.
fn read(decode: fn(&[u8]) -> Decoded, body: &[u8]) -> Decoded {
    decode(body).or_else(|| decode(&without_counts(body)?))
}

fn without_counts(body: &[u8]) -> Option<Vec<u8>> {
    let mut members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body).ok()?;
    let counts = [members.remove("usage"), members.remove("usageMetadata")];
    counts.iter().flatten().next()?;
    serde_json::to_vec(&members).ok()
}

/// Outcomes of a decoder: `None` when the body is no answer in this dialect.
type Decoded = Option<Result<Said, ProviderError>>;

/// Stands for the user text while an envelope is made. No JSON string holds it unescaped.
const USER: &str = "\u{1}user\u{1}";
const USER_AS_JSON: &str = r#""\u0001user\u0001""#;

/// Cuts a body where the user text goes, and puts the extra members at its end.
fn sealed(
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: &impl Serialize,
    extra: &str,
) -> Result<Envelope, String> {
    let text = serde_json::to_string(body).map_err(|error| error.to_string())?;
    let (head, tail) = text.split_once(USER_AS_JSON).ok_or("the body has no place for the user text")?;
    let tail = match (tail.strip_suffix('}'), extra.strip_prefix('{')) {
        (Some(open), Some(members)) => format!("{open},{members}"),
        _ => tail.to_owned(),
    };
    Ok(Envelope { path, headers, head: Bytes::from(head.to_owned()), tail: Bytes::from(tail) })
}

/// A schema that goes into the body as it is: the order of its keys is the order of the answer.
fn schema(context: &Context, form: Form) -> Result<Option<Box<RawValue>>, String> {
    match form {
        Form::Schema | Form::BoundedSchema => {
            RawValue::from_string(context.schema.clone()).map(Some).map_err(|error| error.to_string())
        }
        Form::Object | Form::Plain => Ok(None),
    }
}

fn temperature(context: &Context) -> Option<f64> {
    context.settings.temperature_hundredths.map(|hundredths| f64::from(hundredths) / 100.0)
}

/// Whether the text that all questions share is long enough for the provider's prompt cache.
pub fn is_worth_caching(server: &Server, context: &Context) -> bool {
    // A token is about four bytes of English.
    server.cache_from.is_some_and(|least| context.system.len() / 4 >= least as usize)
}

/// The name of a model of Gemini's in an address.
pub fn gemini_resource(model: &str) -> String {
    gemini::resource(model)
}

/// The address of an endpoint, whether or not the base already ends in the version.
pub fn versioned(base_url: &str, version: &str, rest: &str) -> String {
    if base_url.ends_with(version) { rest.to_owned() } else { format!("{version}{rest}") }
}

#[cfg(test)]
mod tests;

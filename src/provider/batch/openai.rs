//! OpenAI's batches: a file of requests, a batch that names it, a file of answers and one of errors.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::item::{Found, request_id, worded};
use super::{Ending, Page, Remote, RemoteState};
use crate::domain::Instant;

pub(super) const FILES: &str = "/files";
pub(super) const CREATE: &str = "/batches";
/// Our name's place among the metadata.
pub(super) const NAME: &str = "score_tasks";

pub(super) fn path(id: &str) -> String {
    format!("/batches/{id}")
}

pub(super) fn content(file: &str) -> String {
    format!("/files/{file}/content")
}

pub(super) fn list(after: Option<&str>) -> (String, Vec<(&'static str, String)>) {
    let mut query = vec![("limit", "100".to_owned())];
    query.extend(after.map(|id| ("after", id.to_owned())));
    (CREATE.to_owned(), query)
}

#[derive(Serialize)]
struct Create<'a> {
    input_file_id: &'a str,
    endpoint: &'a str,
    completion_window: &'static str,
    metadata: HashMap<&'static str, &'a str>,
}

pub(super) fn create(name: &str, endpoint: &str, file: &str) -> Vec<u8> {
    let create = Create {
        input_file_id: file,
        endpoint,
        completion_window: "24h",
        metadata: HashMap::from([(NAME, name)]),
    };
    serde_json::to_vec(&create).unwrap_or_default()
}

#[derive(Deserialize)]
struct Batch {
    id: String,
    status: String,
    #[serde(default)]
    created_at: Option<i64>,
    #[serde(default)]
    output_file_id: Option<String>,
    #[serde(default)]
    error_file_id: Option<String>,
    #[serde(default)]
    errors: Option<Errors>,
    #[serde(default)]
    request_counts: Option<Counts>,
    #[serde(default)]
    metadata: Option<HashMap<String, Value>>,
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    data: Option<Vec<Problem>>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Counts {
    total: u64,
    completed: u64,
    failed: u64,
}

pub(super) fn remote(body: &[u8]) -> Option<Remote> {
    serde_json::from_slice(body).ok().map(described)
}

fn described(batch: Batch) -> Remote {
    let state = match batch.status.as_str() {
        "completed" => RemoteState::Ended(Ending::Completed),
        "expired" => RemoteState::Ended(Ending::Expired),
        "cancelled" => RemoteState::Ended(Ending::Cancelled),
        "failed" => RemoteState::Ended(failed(batch.errors)),
        _ => RemoteState::Running,
    };
    // Zero until they are counted; no batch is empty.
    let counts = batch.request_counts.filter(|counts| counts.total > 0);
    Remote {
        id: batch.id,
        name: our_name(batch.metadata),
        created: batch.created_at.and_then(in_seconds),
        total: counts.as_ref().map(|counts| counts.total),
        done: counts.map(|counts| counts.completed.saturating_add(counts.failed)),
        state,
        results: present([batch.output_file_id, batch.error_file_id]),
    }
}

fn failed(errors: Option<Errors>) -> Ending {
    let first = errors.and_then(|errors| errors.data).into_iter().flatten().next();
    let (code, message) = first.map(|first| (first.code, first.message)).unwrap_or_default();
    let code = code.unwrap_or_else(|| "failed".to_owned());
    let detail = worded("", &message.unwrap_or_default());
    Ending::Failed { code, detail }
}

pub(super) fn our_name(metadata: Option<HashMap<String, Value>>) -> Option<String> {
    metadata?.get(NAME)?.as_str().map(str::to_owned)
}

pub(super) fn in_seconds(seconds: i64) -> Option<Instant> {
    seconds.checked_mul(1_000).map(Instant)
}

/// The names of those files that there are.
pub(super) fn present(files: [Option<String>; 2]) -> Vec<String> {
    files.into_iter().flatten().filter(|file| !file.is_empty()).collect()
}

#[derive(Deserialize)]
struct List {
    data: Vec<Batch>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    last_id: Option<String>,
}

pub(super) fn page(body: &[u8]) -> Option<Page> {
    let list: List = serde_json::from_slice(body).ok()?;
    let last = list.last_id.or_else(|| list.data.last().map(|batch| batch.id.clone()));
    let next = last.filter(|_| list.has_more);
    Some(Page { batches: list.data.into_iter().map(described).collect(), next })
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    custom_id: Cow<'a, str>,
    #[serde(borrow, default)]
    response: Option<Response<'a>>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(default)]
    status_code: Option<u16>,
    #[serde(borrow, default)]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

/// One line of either file.
pub(super) fn item(line: &[u8]) -> Option<(String, Found<'_>)> {
    let Line { custom_id, response, error } = serde_json::from_slice(line).ok()?;
    let found = match (response, error) {
        (Some(Response { status_code: Some(status), body: Some(body), request_id: id }), _) => {
            Found::Replied { status, body: Cow::Borrowed(body.get().as_bytes()), request_id: request_id(id) }
        }
        (_, Some(error)) => refused(&error),
        (Some(Response { status_code: Some(status), .. }), None) if !(200..300).contains(&status) => {
            Found::Replied { status, body: Cow::Borrowed(b""), request_id: String::new() }
        }
        _ => Found::Odd,
    };
    Some((custom_id.into_owned(), found))
}

/// Mostly `batch_expired` and `batch_cancelled`.
fn refused(error: &Value) -> Found<'static> {
    let word = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let (code, message) = (word("code"), error.as_str().unwrap_or_else(|| word("message")));
    let detail = worded(code, message);
    if code.contains("invalid") { Found::Rejected(detail) } else { Found::Unanswered(detail) }
}

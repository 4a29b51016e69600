//! Gemini's batches: a file of requests, a long-running operation, a file of answers.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::item::{Found, worded};
use super::submit::Names;
use super::{Ending, Page, Remote, RemoteState};
use crate::domain::Instant;
use crate::provider::dialect::{gemini_resource, versioned};

const VERSION: &str = "/v1beta";

pub(super) fn path(base: &str, id: &str) -> String {
    versioned(base, VERSION, &format!("/batches/{id}"))
}

pub(super) fn content(base: &str, file: &str) -> String {
    versioned(base, VERSION, &format!("/files/{file}:download?alt=media"))
}

pub(super) fn list(base: &str, after: Option<&str>) -> (String, Vec<(&'static str, String)>) {
    let mut query = vec![("pageSize", "100".to_owned())];
    query.extend(after.map(|token| ("pageToken", token.to_owned())));
    (versioned(base, VERSION, "/batches"), query)
}

/// Uploads have a path in front of the version.
pub(super) fn upload_address(base: &str) -> String {
    format!("{}/upload{VERSION}/files", base.strip_suffix(VERSION).unwrap_or(base))
}

pub(super) fn file(name: &str) -> Vec<u8> {
    json!({"file": {"displayName": name, "mimeType": "application/jsonl"}}).to_string().into_bytes()
}

pub(super) fn file_name(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    value.get("file")?.get("name")?.as_str().map(str::to_owned)
}

pub(super) fn create_path(base: &str, model: &str) -> String {
    versioned(base, VERSION, &format!("/{}:batchGenerateContent", gemini_resource(model)))
}

pub(super) fn create(names: &Names<'_>, file: &str) -> Vec<u8> {
    let batch = json!({"displayName": names.name, "inputConfig": {"fileName": file}});
    json!({ "batch": batch }).to_string().into_bytes()
}

#[derive(Deserialize)]
struct Operation {
    name: String,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    error: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    display_name: Option<String>,
    state: String,
    create_time: Option<String>,
    output: Option<Output>,
    batch_stats: Option<Stats>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    #[serde(default)]
    responses_file: Option<String>,
}

/// Numbers of 64 bits are strings in Google's JSON.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    request_count: Value,
    successful_request_count: Value,
    failed_request_count: Value,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Status {
    code: i64,
    message: String,
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

pub(super) fn remote(body: &[u8]) -> Option<Remote> {
    serde_json::from_slice(body).ok().map(described)
}

fn described(operation: Operation) -> Remote {
    let metadata = operation.metadata.unwrap_or_default();
    // `BATCH_STATE_` and `JOB_STATE_` are two names for one thing.
    let state = match metadata.state.rsplit_once("STATE_").map_or("", |(_, state)| state) {
        "SUCCEEDED" | "PARTIALLY_SUCCEEDED" => RemoteState::Ended(Ending::Completed),
        "EXPIRED" => RemoteState::Ended(Ending::Expired),
        "CANCELLED" => RemoteState::Ended(Ending::Cancelled),
        "FAILED" => {
            let Status { code, message } = operation.error.unwrap_or_default();
            let code = if code == 0 { "failed".to_owned() } else { code.to_string() };
            RemoteState::Ended(Ending::Failed { code, detail: worded("", &message) })
        }
        _ => RemoteState::Running,
    };
    let stats = metadata.batch_stats.unwrap_or_default();
    let total = number(&stats.request_count);
    let ended = [&stats.successful_request_count, &stats.failed_request_count].map(number);
    let done = ended.into_iter().flatten().fold(0, u64::saturating_add);
    Remote {
        id: operation.name,
        name: metadata.display_name,
        created: metadata.create_time.and_then(|at| Instant::parse(&at).ok()),
        total,
        done: total.map(|_| done),
        state,
        results: metadata.output.and_then(|output| output.responses_file).into_iter().collect(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    #[serde(default)]
    operations: Vec<Operation>,
    #[serde(default)]
    next_page_token: Option<String>,
}

pub(super) fn page(body: &[u8]) -> Option<Page> {
    let list: List = serde_json::from_slice(body).ok()?;
    let next = list.next_page_token.filter(|token| !token.is_empty());
    Some(Page { batches: list.operations.into_iter().map(described).collect(), next })
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow, default)]
    response: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

pub(super) fn item(line: &[u8]) -> Option<(String, Found<'_>)> {
    let Line { key, response, error } = serde_json::from_slice(line).ok()?;
    let replied = |status, body| Found::Replied { status, body, request_id: String::new() };
    let found = match (response, error) {
        (Some(response), _) => replied(200, Cow::Borrowed(response.get().as_bytes())),
        (None, Some(error)) => {
            let status =
                serde_json::from_str::<Status>(error.get()).map_or(500, |status| status_of(status.code));
            replied(status, Cow::Owned(format!(r#"{{"error":{}}}"#, error.get()).into_bytes()))
        }
        (None, None) => Found::Odd,
    };
    Some((key.into_owned(), found))
}

/// Errors have the codes of Google's own calls, or those of HTTP.
fn status_of(code: i64) -> u16 {
    match code {
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        400..600 => u16::try_from(code).unwrap_or(500),
        _ => 500,
    }
}

//! Anthropic's message batches: all requests in one body, the answers at an address of their own.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::item::Found;
use super::{Ending, Page, Remote, RemoteState};
use crate::domain::Instant;
use crate::provider::dialect::versioned;

pub(super) fn batches(base: &str) -> String {
    versioned(base, "/v1", "/messages/batches")
}

pub(super) fn path(base: &str, id: &str) -> String {
    format!("{}/{id}", batches(base))
}

pub(super) fn list(base: &str, after: Option<&str>) -> (String, Vec<(&'static str, String)>) {
    let mut query = vec![("limit", "100".to_owned())];
    query.extend(after.map(|id| ("after_id", id.to_owned())));
    (batches(base), query)
}

#[derive(Deserialize)]
struct Batch {
    id: String,
    processing_status: String,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    request_counts: Option<Counts>,
    #[serde(default)]
    results_url: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Counts {
    processing: u64,
    succeeded: u64,
    errored: u64,
    canceled: u64,
    expired: u64,
}

pub(super) fn remote(body: &[u8]) -> Option<Remote> {
    serde_json::from_slice(body).ok().map(described)
}

fn described(batch: Batch) -> Remote {
    let counts = batch.request_counts.unwrap_or_default();
    let done = [counts.succeeded, counts.errored, counts.canceled, counts.expired];
    let done = done.into_iter().fold(0, u64::saturating_add);
    let total = done.saturating_add(counts.processing);
    let state = match batch.processing_status.as_str() {
        "ended" if counts.canceled > 0 => RemoteState::Ended(Ending::Cancelled),
        "ended" if counts.expired > 0 => RemoteState::Ended(Ending::Expired),
        "ended" => RemoteState::Ended(Ending::Completed),
        _ => RemoteState::Running,
    };
    Remote {
        id: batch.id,
        name: None,
        created: batch.created_at.and_then(|at| Instant::parse(&at).ok()),
        total: (total > 0).then_some(total),
        done: (total > 0).then_some(done),
        state,
        results: batch.results_url.into_iter().filter(|url| !url.is_empty()).collect(),
    }
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
    let next = list.last_id.filter(|_| list.has_more);
    Some(Page { batches: list.data.into_iter().map(described).collect(), next })
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    custom_id: Cow<'a, str>,
    #[serde(borrow)]
    result: Outcome<'a>,
}

#[derive(Deserialize)]
struct Outcome<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

/// The error of a call of its own: `{"type": "error", "error": {"type": ...}}`.
#[derive(Deserialize)]
struct Refused {
    error: Kind,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(default)]
    r#type: String,
}

pub(super) fn item(line: &[u8]) -> Option<(String, Found<'_>)> {
    let Line { custom_id, result } = serde_json::from_slice(line).ok()?;
    let found = match (result.r#type.as_ref(), result.message, result.error) {
        ("succeeded", Some(message), _) => replied(200, message),
        ("errored", _, Some(error)) => replied(status_of(error), error),
        ("errored", ..) => Found::Unanswered("errored, without a reason".to_owned()),
        ("expired", ..) => Found::Unanswered("the batch expired before it was asked".to_owned()),
        ("canceled", ..) => Found::Unanswered("the batch was cancelled before it was asked".to_owned()),
        _ => Found::Odd,
    };
    Some((custom_id.into_owned(), found))
}

fn replied(status: u16, body: &RawValue) -> Found<'_> {
    Found::Replied { status, body: Cow::Borrowed(body.get().as_bytes()), request_id: String::new() }
}

/// The status that a call of its own would have had with this error.
fn status_of(error: &RawValue) -> u16 {
    let refused = serde_json::from_str::<Refused>(error.get());
    match refused.map(|refused| refused.error.r#type).unwrap_or_default().as_str() {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}

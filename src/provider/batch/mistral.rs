//! Mistral's batches: files and lines as OpenAI has them, jobs of its own.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::item::worded;
use super::openai::{NAME, in_seconds, our_name, present};
use super::submit::Names;
use super::{Ending, Page, Remote, RemoteState};

pub(super) const JOBS: &str = "/batch/jobs";
const PAGE: usize = 100;

pub(super) fn path(id: &str) -> String {
    format!("{JOBS}/{id}")
}

/// Pages have numbers, from 0.
pub(super) fn list(after: Option<&str>) -> (String, Vec<(&'static str, String)>) {
    let page = after.unwrap_or("0").to_owned();
    let query = vec![("page", page), ("page_size", PAGE.to_string()), ("order_by", "-created".to_owned())];
    (JOBS.to_owned(), query)
}

pub(super) fn create(names: &Names<'_>, endpoint: &str, file: &str) -> Vec<u8> {
    let job = json!({
        "input_files": [file],
        "endpoint": endpoint,
        "model": names.model,
        "metadata": {NAME: names.name},
        "timeout_hours": 24,
    });
    job.to_string().into_bytes()
}

#[derive(Deserialize)]
struct Job {
    id: String,
    status: String,
    #[serde(default)]
    created_at: Option<i64>,
    #[serde(default)]
    total_requests: Option<u64>,
    #[serde(default)]
    completed_requests: Option<u64>,
    #[serde(default)]
    errors: Vec<Problem>,
    #[serde(default)]
    output_file: Option<String>,
    #[serde(default)]
    error_file: Option<String>,
    #[serde(default)]
    metadata: Option<HashMap<String, Value>>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    message: String,
}

pub(super) fn remote(body: &[u8]) -> Option<Remote> {
    serde_json::from_slice(body).ok().map(described)
}

fn described(job: Job) -> Remote {
    let state = match job.status.as_str() {
        "SUCCESS" => RemoteState::Ended(Ending::Completed),
        "TIMEOUT_EXCEEDED" => RemoteState::Ended(Ending::Expired),
        "CANCELLED" => RemoteState::Ended(Ending::Cancelled),
        "FAILED" => {
            let message = job.errors.into_iter().next().map(|first| first.message).unwrap_or_default();
            RemoteState::Ended(Ending::Failed { code: "failed".to_owned(), detail: worded("", &message) })
        }
        _ => RemoteState::Running,
    };
    let total = job.total_requests.filter(|total| *total > 0);
    Remote {
        id: job.id,
        name: our_name(job.metadata),
        created: job.created_at.and_then(in_seconds),
        total,
        done: total.and(job.completed_requests),
        state,
        results: present([job.output_file, job.error_file]),
    }
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    data: Option<Vec<Job>>,
}

pub(super) fn page(body: &[u8], after: Option<&str>) -> Option<Page> {
    let list: List = serde_json::from_slice(body).ok()?;
    let jobs = list.data.unwrap_or_default();
    let number: u64 = after.and_then(|page| page.parse().ok()).unwrap_or(0);
    let next = (jobs.len() >= PAGE).then(|| (number + 1).to_string());
    Some(Page { batches: jobs.into_iter().map(described).collect(), next })
}

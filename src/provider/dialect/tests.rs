//! Replies of every provider, made and judged by their official SDKs (tests/wire/), each with the
//! outcome that it must have; and the requests that the same SDKs must accept.

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::*;
use crate::provider::Closing;

const RESPONSES: &str = include_str!("../../../tests/wire/responses.json");

fn headers(fixture: &Value) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in fixture["headers"].as_object().unwrap() {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.insert(name, HeaderValue::from_str(value.as_str().unwrap()).unwrap());
    }
    map
}

fn body(fixture: &Value) -> Vec<u8> {
    if let Some(text) = fixture["text"].as_str() {
        return text.as_bytes().to_vec();
    }
    serde_json::to_vec(&fixture["body"]).unwrap()
}

fn outcome(fixture: &Value) -> Result<Said, ProviderError> {
    let now = fixture["now"].as_str().unwrap_or("2026-11-24T12:00:00Z");
    let received = Received {
        status: u16::try_from(fixture["status"].as_u64().unwrap()).unwrap(),
        headers: &headers(fixture),
        body: &body(fixture),
        now: Instant::parse(now).unwrap(),
    };
    decode(Dialect::from_name(fixture["dialect"].as_str().unwrap()).unwrap(), &received)
}

/// The outcome in the words of the fixtures.
fn worded(outcome: &Result<Said, ProviderError>) -> Value {
    match outcome {
        Ok(said) => {
            let usage = said.usage.unwrap_or_default();
            json!({"kind": "answer", "finish": said.finish.name(), "text": said.text, "served": said.served,
                "usage": {"input": usage.input, "cache_read": usage.cache_read, "cache_write": usage.cache_write,
                    "output": usage.output, "reasoning": usage.reasoning}})
        }
        Err(ProviderError::Busy { wait_ms, .. }) => json!({"kind": "busy", "wait_ms": wait_ms}),
        Err(ProviderError::Broken { .. }) => json!({"kind": "broken"}),
        Err(ProviderError::Rejected { .. }) => json!({"kind": "rejected"}),
        Err(ProviderError::Closed { why, .. }) => {
            let why = match why {
                Closing::Key => "key",
                Closing::Credit => "credit",
                Closing::Quota => "quota",
                Closing::Model => "model",
            };
            json!({"kind": "closed", "why": why})
        }
        Err(ProviderError::NotRecorded) => json!({"kind": "not recorded"}),
    }
}

/// What is about the reading of the answer's text is checked with it, in tests/dialects.rs.
fn expected(fixture: &Value) -> Value {
    let mut expected = fixture["expect"].clone();
    expected
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !["rating", "gap", "rationale"].contains(&key.as_str()));
    expected
}

#[test]
fn replies_have_the_outcome_that_the_sdks_confirm() {
    let fixtures: Vec<Value> = serde_json::from_str(RESPONSES).unwrap();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for fixture in fixtures.iter().filter(|fixture| fixture["gzip_base64"].is_null()) {
        checked += 1;
        let outcome = outcome(fixture);
        let (mut found, expected) = (worded(&outcome), expected(fixture));
        // Where a filter or a model declines without a word, we may say why.
        if expected["text"] == ""
            && ["blocked", "refused"].contains(&expected["finish"].as_str().unwrap_or(""))
        {
            found["text"] = json!("");
        }
        if found != expected {
            let detail = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            wrong.push(format!("{}: {found}\n    not {expected}\n    {detail}", fixture["name"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked > 350, "{checked}");
}

//! What providers say of batches, in the shapes of their SDKs' types, and what we make of it.

mod described;

use std::sync::Arc;

use serde_json::{Value, json};

use super::item::Item;
use super::lines::Line;
use super::results::read;
use super::*;
use crate::domain::{Context, Dialect, Finish, Form, Hash, KeyHeader, OutputLimit, Settings};
use crate::provider::Reply;

const NOW: Instant = Instant(1_795_521_600_000);

fn server(dialect: Dialect, base_url: &str) -> Server {
    Server {
        dialect,
        base_url: base_url.to_owned(),
        endpoint: "test".to_owned(),
        api_key_env: Some("TEST_KEY".to_owned()),
        key_header: KeyHeader::Bearer,
        form: Form::Schema,
        output_limit: OutputLimit::MaxCompletionTokens,
        cache_from: None,
        counts_max_tokens: false,
        counts_requests_by_day: false,
        bills_nobody: false,
        batch: None,
        timeout_s: 1,
        extra: "".into(),
    }
}

fn question(user: &str, temperature: Option<u32>) -> Keyed<Question> {
    let settings = Settings {
        temperature_hundredths: temperature,
        max_output_tokens: 300,
        effort: None,
        extra: String::new(),
    };
    let context = Context {
        provider: "openai".to_owned(),
        endpoint: "test".to_owned(),
        model: "m-1".to_owned(),
        dialect: "openai".to_owned(),
        system: "Rate.".to_owned(),
        settings,
        schema: "{\n  \"type\": \"object\"\n}".to_owned(),
    };
    let key = Hash::of(format!("{temperature:?}").as_bytes());
    let context = Arc::new(Keyed { key, it: context });
    let it = Question { context, user: user.to_owned(), sample: 1, attempt: 1 };
    Keyed { key: Hash::of(user.as_bytes()), it }
}

fn batches(dialect: Dialect, api: BatchApi) -> Batches {
    let base = if api == BatchApi::Anthropic { "http://127.0.0.1:9" } else { "http://127.0.0.1:9/v1" };
    let secret = SecretString::from("sk-canary-key");
    Batches::new(&server(dialect, base), api, Some(&secret), || NOW).unwrap()
}

fn spooled(batches: &Batches, questions: &[Keyed<Question>]) -> (Vec<u8>, u64) {
    let mut spool = batches.spool().unwrap();
    questions.iter().for_each(|question| spool.add(question).unwrap());
    let bytes = spool.bytes();
    let mut upload = Box::pin(spool.upload("", "").unwrap());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut body = Vec::new();
    while let std::task::Poll::Ready(Some(frame)) = http_body::Body::poll_frame(upload.as_mut(), &mut context)
    {
        body.extend_from_slice(&frame.unwrap().into_data().unwrap());
    }
    assert!(upload.progress.is_whole());
    (body, bytes)
}

#[test]
fn a_question_in_a_batch_is_what_it_would_be_alone() {
    let questions = [question("Weld \"pipes\"\n\u{2028}", None), question("Bake bread", None)];
    for (dialect, api, body, url) in [
        (Dialect::OpenAiChat, BatchApi::OpenAi, "body", Some("/v1/chat/completions")),
        (Dialect::OpenAiResponses, BatchApi::OpenAi, "body", Some("/v1/responses")),
        (Dialect::Anthropic, BatchApi::Anthropic, "params", None),
        (Dialect::Gemini, BatchApi::Gemini, "request", None),
        (Dialect::OpenAiChat, BatchApi::Mistral, "body", None),
    ] {
        let batches = batches(dialect, api);
        let (spooled, bytes) = spooled(&batches, &questions);
        assert_eq!(spooled.len() as u64, bytes);
        let lines: Vec<Value> = if api == BatchApi::Anthropic {
            let whole: Value = serde_json::from_slice(&spooled).unwrap();
            whole["requests"].as_array().unwrap().clone()
        } else {
            let lines = std::str::from_utf8(&spooled).unwrap().lines();
            lines.map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        assert_eq!(lines.len(), 2, "{api:?}");
        let most: u64 = questions.iter().map(|question| batches.bytes(question).unwrap()).sum();
        assert!((most..most + 20).contains(&bytes) || bytes == most, "{api:?}: {bytes} {most}");
        for (line, question) in lines.iter().zip(&questions) {
            let key = if api == BatchApi::Gemini { "key" } else { "custom_id" };
            assert_eq!(line[key], question.key.to_string());
            assert_eq!(line["url"].as_str(), url);
            let envelope =
                crate::provider::dialect::envelope(&batches.calls.server, &question.it.context.it).unwrap();
            let mut alone = Vec::new();
            crate::provider::http::write_to(&mut alone, &envelope, &question.it.user);
            assert_eq!(line[body], serde_json::from_slice::<Value>(&alone).unwrap());
        }
    }
}

#[test]
fn questions_that_need_different_headers_do_not_go_together() {
    let batches = batches(Dialect::Anthropic, BatchApi::Anthropic);
    let mut spool = batches.spool().unwrap();
    assert!(spool.is_empty());
    spool.add(&question("a", None)).unwrap();
    assert!(matches!(spool.add(&question("b", Some(70))), Err(ProviderError::Rejected { .. })));
}

#[test]
fn large_batches_are_read_from_disk_whole() {
    let batches = batches(Dialect::OpenAiChat, BatchApi::OpenAi);
    let questions: Vec<_> =
        (0..40).map(|number| question(&format!("{number}{}", "x".repeat(50_000)), None)).collect();
    let (body, bytes) = spooled(&batches, &questions);
    assert!(bytes > 2_000_000 && body.len() as u64 == bytes);
    assert_eq!(body.iter().filter(|byte| **byte == b'\n').count(), 40);
}

fn line(api: BatchApi, line: &Value) -> Result<(String, Item), ProviderError> {
    raw(api, line.to_string().into_bytes()).unwrap()
}

fn raw(api: BatchApi, bytes: Vec<u8>) -> Option<Result<(String, Item), ProviderError>> {
    read(&server(dialect(api), "https://api.test"), api, &Line::Whole(bytes), NOW)
}

fn dialect(api: BatchApi) -> Dialect {
    match api {
        BatchApi::OpenAi | BatchApi::Mistral => Dialect::OpenAiChat,
        BatchApi::Anthropic => Dialect::Anthropic,
        BatchApi::Gemini => Dialect::Gemini,
    }
}

fn chat(usage: Value) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-x", "usage": usage,
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": "{\"score\": 7}", "refusal": null}}]})
}

fn message() -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x",
        "content": [{"type": "text", "text": "{\"score\": 7}"}], "stop_reason": "end_turn",
        "stop_sequence": null, "usage": {"input_tokens": 10, "output_tokens": 3}})
}

fn answered(found: Result<(String, Item), ProviderError>) -> (String, Reply) {
    match found {
        Ok((id, Item::Answered(reply))) => (id, *reply),
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_are_those_of_calls_of_their_own() {
    let counts = json!({"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13});
    let body = chat(counts);
    let mistral = json!({"id": "batch-1", "custom_id": "k", "response": {"status_code": 200, "body": body},
        "error": null});
    let openai = json!({"id": "batch_req_1", "custom_id": "k", "error": null,
        "response": {"status_code": 200, "request_id": "req-1", "body": body}});
    let anthropic = json!({"custom_id": "k", "result": {"type": "succeeded", "message": message()}});
    let gemini = json!({"key": "k", "response": {"modelVersion": "gemini-x",
        "candidates": [{"content": {"parts": [{"text": "{\"score\": 7}"}], "role": "model"},
            "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 3}}});
    for (api, found, request_id) in [
        (BatchApi::OpenAi, openai, "req-1"),
        (BatchApi::Mistral, mistral, ""),
        (BatchApi::Anthropic, anthropic, ""),
        (BatchApi::Gemini, gemini, ""),
    ] {
        let (id, reply) = answered(line(api, &found));
        assert_eq!((id.as_str(), reply.text.as_str()), ("k", "{\"score\": 7}"), "{api:?}");
        assert_eq!((reply.finish, reply.request_id.as_str()), (Finish::Complete, request_id));
        let usage = reply.usage.unwrap();
        assert_eq!((usage.input, usage.output), (10, 3));
        // Kept as it stands in the line.
        assert!(found.to_string().contains(std::str::from_utf8(&reply.wire).unwrap()));
        assert!(serde_json::from_slice::<Value>(&reply.wire).unwrap().is_object());
    }
}

#[test]
fn counts_that_are_missing_are_no_counts_of_zero() {
    let found = json!({"custom_id": "k", "response": {"status_code": 200, "body": chat(Value::Null)}});
    assert_eq!(answered(line(BatchApi::OpenAi, &found)).1.usage, None);
}

/// The kind of an item, in a word.
fn kind(found: &Result<(String, Item), ProviderError>) -> &'static str {
    match found {
        Ok((_, Item::Answered(_))) => "answered",
        Ok((_, Item::Unanswered { .. })) => "unanswered",
        Ok((_, Item::Rejected { .. })) => "rejected",
        Ok((_, Item::Lost { .. })) => "lost",
        Err(ProviderError::Broken { maybe_billed: true, .. }) => "nobody's",
        Err(_) => "error",
    }
}

#[test]
fn what_is_no_answer_says_whether_to_ask_again() {
    let failed = |status: u16, error: Value| {
        json!({"custom_id": "k", "error": null,
            "response": {"status_code": status, "request_id": "r", "body": {"error": error}}})
    };
    let coded = |code: &str| json!({"message": "m", "type": "t", "param": null, "code": code});
    let bare =
        |code: &str| json!({"custom_id": "k", "response": null, "error": {"code": code, "message": "m"}});
    let errored = |kind: &str, words: &str| {
        json!({"custom_id": "k", "result": {"type": "errored", "error": {"type": "error",
            "request_id": "req_1", "error": {"type": kind, "message": words}}}})
    };
    let ended = |how: &str| json!({"custom_id": "k", "result": {"type": how}});
    let google = |code: u16, words: &str| json!({"key": "k", "error": {"code": code, "message": words}});
    use BatchApi::{Anthropic, Gemini, Mistral, OpenAi};
    for (api, found, expected) in [
        (OpenAi, failed(400, coded("invalid_value")), "rejected"),
        (OpenAi, failed(429, coded("rate_limit_exceeded")), "unanswered"),
        (OpenAi, failed(500, coded("server_error")), "unanswered"),
        (OpenAi, failed(504, coded("server_error")), "unanswered"),
        (OpenAi, failed(429, coded("insufficient_quota")), "unanswered"),
        (OpenAi, failed(400, coded("content_filter")), "answered"),
        (OpenAi, bare("batch_expired"), "unanswered"),
        (OpenAi, bare("batch_cancelled"), "unanswered"),
        (OpenAi, bare("invalid_request"), "rejected"),
        (OpenAi, json!({"custom_id": "k", "response": {"status_code": 200, "body": {"x": 1}}}), "lost"),
        (OpenAi, json!({"custom_id": "k", "response": {"status_code": 200, "body": null}}), "lost"),
        (OpenAi, json!({"custom_id": "k", "response": {"status_code": 502, "body": null}}), "unanswered"),
        (OpenAi, json!({"custom_id": "k", "response": null, "error": null}), "lost"),
        (OpenAi, json!({"id": "batch_req_1"}), "nobody's"),
        (Mistral, failed(422, coded("invalid")), "rejected"),
        (Mistral, json!({"custom_id": "k", "response": null, "error": "cancelled"}), "unanswered"),
        (Anthropic, errored("invalid_request_error", "max_tokens: too many"), "rejected"),
        (Anthropic, errored("invalid_request_error", "Your credit balance is too low"), "unanswered"),
        (Anthropic, errored("request_too_large", "large"), "rejected"),
        (Anthropic, errored("api_error", "oops"), "unanswered"),
        (Anthropic, errored("overloaded_error", "oops"), "unanswered"),
        (Anthropic, errored("rate_limit_error", "oops"), "unanswered"),
        (Anthropic, ended("canceled"), "unanswered"),
        (Anthropic, ended("expired"), "unanswered"),
        (Anthropic, ended("vanished"), "lost"),
        (Anthropic, ended("succeeded"), "lost"),
        (Gemini, google(3, "bad"), "rejected"),
        (Gemini, google(8, "quota"), "unanswered"),
        (Gemini, google(13, "internal"), "unanswered"),
        (Gemini, google(400, "bad"), "rejected"),
        (Gemini, json!({"key": "k", "response": {"promptFeedback": {"blockReason": "SAFETY"}}}), "answered"),
        (Gemini, json!({"key": "k", "response": {}}), "lost"),
        (Gemini, json!({"key": "k"}), "lost"),
    ] {
        let read = line(api, &found);
        assert_eq!(kind(&read), expected, "{api:?} {found}: {read:?}");
    }
}

#[test]
fn lines_that_cannot_be_read_are_their_questions_where_they_say_whose_they_are() {
    let cut = br#"{"id": "x", "custom_id" : "k\u0031", "response": {"status_code": 200, "bo"#.to_vec();
    let (id, item) = raw(BatchApi::OpenAi, cut.clone()).unwrap().unwrap();
    assert_eq!(id, "k1");
    assert!(matches!(item, Item::Lost { body, .. } if body == cut));
    let none = raw(BatchApi::OpenAi, b"<html>".to_vec()).unwrap();
    assert_eq!(kind(&none), "nobody's");
    // A name within a text is none.
    let within = br#"{"text": "{\"custom_id\": \"k\"}""#.to_vec();
    assert_eq!(kind(&raw(BatchApi::OpenAi, within).unwrap()), "nobody's");
    assert!(raw(BatchApi::OpenAi, b" \r".to_vec()).is_none());
    let long = Line::TooLong(br#"{"custom_id":"k","result":{"type":"succeeded","message":"#.to_vec());
    let server = server(Dialect::Anthropic, "https://api.test");
    let (id, item) = read(&server, BatchApi::Anthropic, &long, NOW).unwrap().unwrap();
    assert_eq!(id, "k");
    assert!(matches!(item, Item::Lost { detail, .. } if detail.contains("more than 8 MB")));
}

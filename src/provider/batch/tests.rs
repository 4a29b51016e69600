//! What providers say of batches, in the shapes of their SDKs' types, and what we make of it.

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

fn openai(status: &str, more: Value) -> Value {
    let mut batch = json!({"id": "batch_1", "object": "batch", "endpoint": "/v1/chat/completions",
        "errors": null, "input_file_id": "file-1", "completion_window": "24h", "status": status,
        "output_file_id": null, "error_file_id": null, "created_at": 1_714_508_499,
        "request_counts": {"total": 5, "completed": 2, "failed": 1},
        "metadata": {"score_tasks": "score-tasks-1", "other": "x"}});
    batch.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    batch
}

fn parsed(api: BatchApi, body: &Value) -> Remote {
    remote(api, body.to_string().as_bytes()).unwrap()
}

#[test]
fn batches_of_openai_are_described() {
    let files = json!({"output_file_id": "file-2", "error_file_id": "file-3"});
    let found = parsed(BatchApi::OpenAi, &openai("expired", files));
    assert_eq!(
        found,
        Remote {
            id: "batch_1".to_owned(),
            name: Some("score-tasks-1".to_owned()),
            created: Some(Instant(1_714_508_499_000)),
            total: Some(5),
            done: Some(3),
            state: RemoteState::Ended(Ending::Expired),
            results: vec!["file-2".to_owned(), "file-3".to_owned()],
        }
    );
    for running in ["validating", "in_progress", "finalizing", "cancelling", "something new"] {
        let found = parsed(BatchApi::OpenAi, &openai(running, json!({"metadata": null})));
        assert_eq!((found.state, found.name), (RemoteState::Running, None), "{running}");
    }
    for (word, ending) in [("completed", Ending::Completed), ("cancelled", Ending::Cancelled)] {
        let found = parsed(BatchApi::OpenAi, &openai(word, json!({})));
        assert_eq!(found.state, RemoteState::Ended(ending));
    }
    let none = json!({"request_counts": {"total": 0, "completed": 0, "failed": 0}});
    assert_eq!(parsed(BatchApi::OpenAi, &openai("validating", none)).total, None);
}

#[test]
fn a_batch_that_failed_says_why() {
    let why = "Enqueued token limit reached for gpt-x. Limit: 90,000 enqueued tokens.";
    let errors = json!({"errors": {"object": "list", "data": [
        {"code": "token_limit_exceeded", "line": null, "message": why, "param": null}]}});
    let failed = |code: &str, detail: &str| {
        RemoteState::Ended(Ending::Failed { code: code.to_owned(), detail: detail.to_owned() })
    };
    let found = parsed(BatchApi::OpenAi, &openai("failed", errors));
    assert_eq!(found.state, failed("token_limit_exceeded", why));
    let found = parsed(BatchApi::OpenAi, &openai("failed", json!({})));
    assert_eq!(found.state, failed("failed", "no reason given"));
    let found = parsed(BatchApi::Mistral, &mistral("FAILED"));
    assert_eq!(found.state, failed("failed", "too bad"));
    let mut operation = gemini("BATCH_STATE_FAILED");
    operation["error"] = json!({"code": 13, "message": "internal"});
    assert_eq!(parsed(BatchApi::Gemini, &operation).state, failed("13", "internal"));
}

fn anthropic(status: &str, counts: [u64; 5]) -> Value {
    let [processing, succeeded, errored, canceled, expired] = counts;
    json!({"id": "msgbatch_1", "type": "message_batch", "processing_status": status,
        "request_counts": {"processing": processing, "succeeded": succeeded, "errored": errored,
            "canceled": canceled, "expired": expired},
        "created_at": "2026-11-23T14:00:00.250000+00:00", "expires_at": "2026-11-24T14:00:00Z",
        "ended_at": null, "archived_at": null, "cancel_initiated_at": null,
        "results_url": if status == "ended" { json!("https://api.test/v1/x") } else { Value::Null }})
}

#[test]
fn batches_of_the_others_are_described() {
    let found = parsed(BatchApi::Anthropic, &anthropic("in_progress", [5, 0, 0, 0, 0]));
    assert_eq!((found.total, found.done, &found.state), (Some(5), Some(0), &RemoteState::Running));
    assert_eq!((found.created, found.name), (Some(Instant(1_795_442_400_250)), None));
    assert_eq!(parsed(BatchApi::Anthropic, &anthropic("canceling", [5, 0, 0, 0, 0])).state, found.state);
    for (counts, ending) in [
        ([0, 3, 2, 0, 0], Ending::Completed),
        ([0, 3, 0, 2, 0], Ending::Cancelled),
        ([0, 3, 0, 0, 2], Ending::Expired),
    ] {
        let found = parsed(BatchApi::Anthropic, &anthropic("ended", counts));
        assert_eq!((found.total, found.done, found.state), (Some(5), Some(5), RemoteState::Ended(ending)));
        assert_eq!(found.results, ["https://api.test/v1/x"]);
    }
    let found = parsed(BatchApi::Gemini, &gemini("BATCH_STATE_SUCCEEDED"));
    assert_eq!((found.id.as_str(), found.name.as_deref()), ("batches/abc", Some("score-tasks-1")));
    assert_eq!((found.total, found.done), (Some(5), Some(4)));
    assert_eq!(found.state, RemoteState::Ended(Ending::Completed));
    assert_eq!(found.results, ["files/batch-abc"]);
    assert_eq!(parsed(BatchApi::Gemini, &gemini("JOB_STATE_PAUSED")).state, RemoteState::Running);
    assert_eq!(parsed(BatchApi::Gemini, &json!({"name": "batches/abc"})).state, RemoteState::Running);
    let found = parsed(BatchApi::Mistral, &mistral("TIMEOUT_EXCEEDED"));
    assert_eq!(found.state, RemoteState::Ended(Ending::Expired));
    assert_eq!((found.total, found.done), (Some(5), Some(4)));
    assert_eq!(found.results, ["f-2"]);
    for running in ["QUEUED", "RUNNING", "CANCELLATION_REQUESTED"] {
        assert_eq!(parsed(BatchApi::Mistral, &mistral(running)).state, RemoteState::Running);
    }
}

fn gemini(state: &str) -> Value {
    json!({"name": "batches/abc", "done": true, "metadata": {
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
        "model": "models/gemini-x", "displayName": "score-tasks-1", "state": state,
        "createTime": "2026-11-23T14:00:00.25Z", "name": "batches/abc",
        "output": {"responsesFile": "files/batch-abc"},
        "batchStats": {"requestCount": "5", "successfulRequestCount": "3", "failedRequestCount": "1"}}})
}

fn mistral(status: &str) -> Value {
    json!({"id": "b-1", "object": "batch", "input_files": ["f-1"], "metadata": {"score_tasks": "score-tasks-1"},
        "endpoint": "/v1/chat/completions", "model": "mistral-x", "agent_id": null, "output_file": "f-2",
        "error_file": null, "errors": [{"message": "too bad", "count": 1}], "status": status,
        "created_at": 1_714_508_499, "total_requests": 5, "completed_requests": 4,
        "succeeded_requests": 3, "failed_requests": 1, "started_at": null, "completed_at": null})
}

#[test]
fn pages_lead_to_the_next() {
    let next = |page: Option<Page>| page.unwrap().next;
    let list = |batch: Value, has_more: bool| {
        json!({"object": "list", "data": [batch], "first_id": "a", "last_id": "z", "has_more": has_more})
            .to_string()
    };
    let page = openai::page(list(openai("completed", json!({})), true).as_bytes()).unwrap();
    assert_eq!((page.batches.len(), page.next.as_deref()), (1, Some("z")));
    assert_eq!(next(openai::page(list(openai("completed", json!({})), false).as_bytes())), None);
    let messages = |has_more| list(anthropic("ended", [0, 1, 0, 0, 0]), has_more);
    assert_eq!(next(anthropic::page(messages(true).as_bytes())).as_deref(), Some("z"));
    assert_eq!(next(anthropic::page(messages(false).as_bytes())), None);
    let operations = json!({"operations": [gemini("BATCH_STATE_RUNNING")], "nextPageToken": "t"});
    assert_eq!(next(gemini::page(operations.to_string().as_bytes())).as_deref(), Some("t"));
    assert_eq!(gemini::page(b"{}").unwrap(), Page { batches: Vec::new(), next: None });
    let jobs = |count: usize| json!({"total": 230, "data": vec![mistral("SUCCESS"); count]}).to_string();
    assert_eq!(next(mistral::page(jobs(100).as_bytes(), None)).as_deref(), Some("1"));
    assert_eq!(next(mistral::page(jobs(100).as_bytes(), Some("1"))).as_deref(), Some("2"));
    assert_eq!(next(mistral::page(jobs(30).as_bytes(), Some("2"))), None);
    assert!(openai::page(b"[]").is_none());
}

#[test]
fn what_is_sent_to_make_a_batch() {
    let sent = |body: Vec<u8>| serde_json::from_slice::<Value>(&body).unwrap();
    let names = submit::Names { name: "score-tasks-1", model: "m" };
    assert_eq!(
        sent(openai::create(names.name, "/v1/responses", "file-1")),
        json!({"input_file_id": "file-1", "endpoint": "/v1/responses", "completion_window": "24h",
            "metadata": {"score_tasks": "score-tasks-1"}})
    );
    assert_eq!(
        sent(mistral::create(&names, "/v1/chat/completions", "f-1")),
        json!({"input_files": ["f-1"], "endpoint": "/v1/chat/completions", "model": "m",
            "metadata": {"score_tasks": "score-tasks-1"}, "timeout_hours": 24})
    );
    assert_eq!(
        sent(gemini::create(&names, "files/1")),
        json!({"batch": {"displayName": "score-tasks-1", "inputConfig": {"fileName": "files/1"}}})
    );
    let base = "https://generativelanguage.googleapis.com";
    assert_eq!(gemini::upload_address(&format!("{base}/v1beta")), format!("{base}/upload/v1beta/files"));
    assert_eq!(gemini::create_path(base, "g"), "/v1beta/models/g:batchGenerateContent");
    assert_eq!(gemini::content(base, "x"), "/v1beta/files/x:download?alt=media");
}

#[test]
fn names_from_outside_lead_nowhere_else() {
    let batches = batches(Dialect::OpenAiChat, BatchApi::OpenAi);
    for wrong in ["", "..", "../files", "a/b", "a?b", "a#b", "a%2fb", "ä"] {
        assert!(batches.path(wrong).is_err(), "{wrong}");
        assert!(batches.address(wrong).is_err(), "{wrong}");
    }
    assert_eq!(batches.path("batch_1-x").unwrap(), "/batches/batch_1-x");
}

//! Batches as their providers describe them, lists of them, and what makes one.

use super::*;

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

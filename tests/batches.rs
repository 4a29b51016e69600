//! Batches handed to providers on the loopback, from the first byte to the last answer.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails"
)]
#![expect(clippy::disallowed_methods, reason = "a test may wait")]

mod common {
    pub mod batch_server;
    pub mod server;
}

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use common::batch_server::{BatchScript, BatchServer, Counts, rating_of};
use common::server::{Answer, Hook, Script, Seen, Server as Scripted};
use score_tasks::domain::{
    BatchApi, Context, Dialect, Form, Hash, Instant, KeyHeader, Keyed, OutputLimit, Question, Server,
    Settings,
};
use score_tasks::provider::{
    Batches, Closing, Ending, Item, ProviderError, Remote, RemoteState, SetUpError, Spool,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const KEY: &str = "sk-canary-77aa";
const NAME: &str = "score-tasks-0123456789abcdef01234567";
const MODEL: &str = "model-1";
/// The interfaces, by the dialects that go with them.
const BOTH: [Dialect; 3] = [Dialect::OpenAiChat, Dialect::OpenAiResponses, Dialect::Anthropic];

fn now() -> Instant {
    Instant(1_795_521_600_000)
}

fn server(dialect: Dialect, url: &str) -> Server {
    let is_anthropic = dialect == Dialect::Anthropic;
    Server {
        dialect,
        base_url: if is_anthropic { url.to_owned() } else { format!("{url}/v1") },
        endpoint: "test".to_owned(),
        api_key_env: Some("TEST_KEY".to_owned()),
        key_header: if is_anthropic { KeyHeader::XApiKey } else { KeyHeader::Bearer },
        form: Form::Schema,
        output_limit: OutputLimit::MaxCompletionTokens,
        cache_from: None,
        counts_max_tokens: false,
        counts_requests_by_day: false,
        bills_nobody: false,
        batch: None,
        timeout_s: 5,
        extra: "".into(),
    }
}

fn api(dialect: Dialect) -> BatchApi {
    if dialect == Dialect::Anthropic { BatchApi::Anthropic } else { BatchApi::OpenAi }
}

fn set_up(dialect: Dialect, url: &str) -> Result<Batches, SetUpError> {
    let secret = SecretString::from(KEY);
    Batches::new(&server(dialect, url), api(dialect), Some(&secret), now)
}

fn batches(dialect: Dialect, provider: &BatchServer) -> Batches {
    set_up(dialect, &provider.url).unwrap()
}

fn question(model: &str, user: &str) -> Keyed<Question> {
    let settings =
        Settings { temperature_hundredths: None, max_output_tokens: 300, effort: None, extra: String::new() };
    let context = Context {
        provider: String::new(),
        endpoint: String::new(),
        model: model.to_owned(),
        dialect: String::new(),
        system: "Rate what follows.".to_owned(),
        settings,
        schema: r#"{"type":"object"}"#.to_owned(),
    };
    let context = Arc::new(Keyed { key: Hash::of(model.as_bytes()), it: context });
    let it = Question { context, user: user.to_owned(), sample: 1, attempt: 1 };
    Keyed { key: Hash::of(user.as_bytes()), it }
}

fn questions(count: usize) -> Vec<Keyed<Question>> {
    (0..count).map(|number| question(MODEL, &format!("Task {number}: \"weld\"\n\tpipes"))).collect()
}

fn spool(batches: &Batches, questions: &[Keyed<Question>]) -> Spool {
    let mut spool = batches.spool().unwrap();
    questions.iter().for_each(|question| spool.add(question).unwrap());
    spool
}

async fn submit(batches: &Batches, questions: &[Keyed<Question>]) -> Result<Remote, ProviderError> {
    batches.submit(NAME, MODEL, spool(batches, questions)).await
}

/// Polls until it has come to its end.
async fn ended(batches: &Batches, id: &str) -> (Remote, Ending) {
    for _ in 0..500 {
        match batches.status(id).await {
            Ok(remote) => match remote.state.clone() {
                RemoteState::Ended(ending) => return (remote, ending),
                RemoteState::Running => {}
            },
            Err(ProviderError::Busy { .. }) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no end");
}

async fn items(batches: &Batches, remote: &Remote) -> Vec<(String, Item)> {
    let mut results = batches.results(remote).await.unwrap();
    let mut items = Vec::new();
    while let Some(item) = results.next().await {
        items.push(item.unwrap());
    }
    items
}

/// By kind: answered, unanswered, rejected, lost.
fn kinds(items: &[(String, Item)]) -> [usize; 4] {
    let mut kinds = [0; 4];
    for (_, item) in items {
        kinds[match item {
            Item::Answered(_) => 0,
            Item::Unanswered { .. } => 1,
            Item::Rejected { .. } => 2,
            Item::Lost { .. } => 3,
        }] += 1;
    }
    kinds
}

#[track_caller]
fn check_answers(questions: &[Keyed<Question>], items: &[(String, Item)]) {
    let by_key: BTreeMap<String, &Keyed<Question>> =
        questions.iter().map(|question| (question.key.to_string(), question)).collect();
    for (key, item) in items {
        if let Item::Answered(reply) = item {
            assert_eq!(reply.text, rating_of(&by_key[key].it.user));
            assert_eq!(reply.served, MODEL);
            assert!(reply.usage.unwrap().input > 10 && !reply.wire.is_empty());
        }
    }
    let mut keys: Vec<&String> = items.iter().map(|(key, _)| key).collect();
    keys.sort();
    assert!(keys.into_iter().eq(by_key.keys()), "every question once");
}

fn billed(counts: &Counts) -> u64 {
    counts.items.values().map(|item| item.billed).sum()
}

#[tokio::test]
async fn a_batch_goes_all_the_way() {
    for dialect in BOTH {
        let latency = Duration::from_millis(60);
        let script = BatchScript { latency, shuffled: true, busy_every: Some(3), ..BatchScript::default() };
        let provider = BatchServer::start(BatchScript { key: Some(KEY.to_owned()), ..script });
        let batches = batches(dialect, &provider);
        // More than stays in memory.
        let questions = questions(6_000);
        let spool = spool(&batches, &questions);
        let most: u64 = questions.iter().map(|question| batches.bytes(question).unwrap()).sum();
        assert!(spool.bytes().abs_diff(most) < 20 && most > 1_000_000);
        let remote = batches.submit(NAME, MODEL, spool).await.unwrap();
        assert_eq!(remote.state, RemoteState::Running);
        let is_named = dialect != Dialect::Anthropic;
        assert_eq!(remote.name.as_deref(), is_named.then_some(NAME));
        let (remote, ending) = ended(&batches, &remote.id).await;
        assert_eq!(ending, Ending::Completed);
        assert_eq!((remote.total, remote.done), (Some(6_000), Some(6_000)));
        let items = items(&batches, &remote).await;
        assert_eq!(kinds(&items), [6_000, 0, 0, 0]);
        check_answers(&questions, &items);
        let keys = items.iter().map(|(key, _)| key.clone());
        assert!(!keys.eq(questions.iter().map(|question| question.key.to_string())), "shuffled");
        let counts = provider.counts();
        assert_eq!((counts.batches, counts.refused, billed(&counts)), (1, 0, 6_000));
        assert!(counts.tokens[MODEL].input > 3_000 && counts.polls >= 1);
    }
}

#[tokio::test]
async fn errors_expiry_and_cancelling_leave_each_question_its_own_end() {
    for dialect in BOTH {
        let script = BatchScript { errored_percent: 20, rejected_percent: 10, ..BatchScript::default() };
        let provider = BatchServer::start(BatchScript { expires: Some(2), ..script });
        let batches = batches(dialect, &provider);
        let questions = questions(200);
        let first = submit(&batches, &questions).await.unwrap();
        let (remote, ending) = ended(&batches, &first.id).await;
        let found = items(&batches, &remote).await;
        check_answers(&questions, &found);
        let [answered, unanswered, rejected, lost] = kinds(&found);
        assert_eq!((ending, lost, answered + unanswered + rejected), (Ending::Completed, 0, 200));
        assert!((20..60).contains(&unanswered) && (5..40).contains(&rejected), "{unanswered} {rejected}");

        let second = submit(&batches, &questions).await.unwrap();
        let (remote, ending) = ended(&batches, &second.id).await;
        assert_eq!(ending, Ending::Expired);
        let [_, unanswered, _, lost] = kinds(&items(&batches, &remote).await);
        assert!(unanswered >= 100 && lost == 0);

        provider.change(|script| script.latency = Duration::from_secs(1_000));
        let third = submit(&batches, &questions).await.unwrap();
        batches.cancel(&third.id).await.unwrap();
        let (remote, ending) = ended(&batches, &third.id).await;
        assert_eq!(ending, Ending::Cancelled);
        assert!(kinds(&items(&batches, &remote).await)[1] >= 190);
        let late = batches.cancel(&third.id).await;
        assert!(
            matches!(late, Err(ProviderError::Rejected { .. } | ProviderError::Broken { .. })),
            "{late:?}"
        );
        let ids: Vec<String> =
            batches.list(Instant::BEGINNING).await.unwrap().into_iter().map(|remote| remote.id).collect();
        assert_eq!(ids.len(), 3);
        assert!([first.id, second.id, third.id].iter().all(|id| ids.contains(id)));
    }
}

#[tokio::test]
async fn more_than_may_be_queued_fails_as_a_batch() {
    let latency = Duration::from_secs(10);
    let script = BatchScript { queued_tokens: Some(50_000), latency, ..BatchScript::default() };
    let provider = BatchServer::start(script);
    let batches = batches(Dialect::OpenAiChat, &provider);
    let questions = questions(100);
    let first = submit(&batches, &questions).await.unwrap();
    let second = submit(&batches, &questions).await.unwrap();
    let (remote, ending) = ended(&batches, &second.id).await;
    let Ending::Failed { code, detail } = ending else { panic!("{ending:?}") };
    assert_eq!(code, "token_limit_exceeded");
    assert!(detail.contains("Enqueued token limit"), "{detail}");
    assert!(items(&batches, &remote).await.is_empty());
    assert_eq!(batches.status(&first.id).await.unwrap().state, RemoteState::Running);
    assert_eq!((provider.counts().open_peak, provider.open()), (2, 1));
}

#[tokio::test]
async fn a_batch_that_nobody_heard_of_is_found_by_listing() {
    for dialect in BOTH {
        let provider = BatchServer::start(BatchScript { drops: Some(1), ..BatchScript::default() });
        let batches = batches(dialect, &provider);
        let unheard = submit(&batches, &questions(3)).await;
        assert!(matches!(unheard, Err(ProviderError::Broken { maybe_billed: true, .. })), "{unheard:?}");
        let listed = batches.list(Instant::BEGINNING).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].name.as_deref() == Some(NAME), dialect != Dialect::Anthropic);
        assert_eq!(items(&batches, &listed[0]).await.len(), 3);
        // A clock that is wrong hides none of the newest.
        assert_eq!(batches.list(Instant::END).await.unwrap(), listed);
    }
}

#[tokio::test]
async fn lists_have_many_pages() {
    for dialect in BOTH {
        let provider = BatchServer::start(BatchScript::default());
        let batches = batches(dialect, &provider);
        for _ in 0..230 {
            submit(&batches, &questions(1)).await.unwrap();
        }
        let listed = batches.list(Instant::BEGINNING).await.unwrap();
        let mut ids: Vec<String> = listed.iter().map(|remote| remote.id.clone()).collect();
        assert!(listed.is_sorted_by(|a, b| a.created >= b.created));
        ids.sort();
        assert_eq!(ids, provider.ids());
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_nothing_is_made() {
    for dialect in BOTH {
        let script = BatchScript { max_requests: 5, max_bytes: 20_000, ..BatchScript::default() };
        let provider = BatchServer::start(script);
        let batches = batches(dialect, &provider);
        let twice = [question(MODEL, "a"), question(MODEL, "a")];
        let mixed = [question(MODEL, "a"), question("model-2", "b")];
        let large = [question(MODEL, &"x".repeat(30_000))];
        let mut wrong = vec![questions(6), twice.to_vec(), large.to_vec()];
        if dialect != Dialect::Anthropic {
            wrong.push(mixed.to_vec());
        }
        for questions in wrong {
            let refused = submit(&batches, &questions).await;
            assert!(matches!(refused, Err(ProviderError::Rejected { .. })), "{refused:?}");
        }
        let empty = batches.submit(NAME, MODEL, batches.spool().unwrap()).await;
        assert!(matches!(empty, Err(ProviderError::Rejected { .. })));
        let odd = batches.submit("a\r\nb", MODEL, spool(&batches, &questions(1))).await;
        assert!(matches!(odd, Err(ProviderError::Rejected { .. })));
        let unknown = batches.status("batch_999").await;
        assert!(matches!(unknown, Err(ProviderError::Rejected { .. })), "{unknown:?}");
        assert_eq!(provider.counts().batches, 0);
    }
}

#[tokio::test]
async fn keys_and_lines_that_are_wrong_say_so() {
    for dialect in BOTH {
        let script = BatchScript { key: Some("another".to_owned()), ..BatchScript::default() };
        let provider = BatchServer::start(script);
        let batches = batches(dialect, &provider);
        let no_key = submit(&batches, &questions(2)).await;
        assert!(matches!(no_key, Err(ProviderError::Closed { why: Closing::Key, .. })), "{no_key:?}");
        let no_key = batches.list(Instant::BEGINNING).await;
        assert!(matches!(no_key, Err(ProviderError::Closed { why: Closing::Key, .. })));
        let url = provider.url.clone();
        drop(provider);
        let batches = set_up(dialect, &url).unwrap();
        let nobody = submit(&batches, &questions(2)).await;
        assert!(matches!(nobody, Err(ProviderError::Broken { maybe_billed: false, .. })), "{nobody:?}");
    }
}

#[tokio::test]
async fn polls_that_are_turned_away_say_until_when() {
    for dialect in BOTH {
        let provider = BatchServer::start(BatchScript { busy_every: Some(1), ..BatchScript::default() });
        let batches = batches(dialect, &provider);
        let remote = submit(&batches, &questions(1)).await.unwrap();
        match batches.status(&remote.id).await {
            Err(ProviderError::Busy { wait_ms: Some(20), .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// A provider that replies as it is told.
fn told(reply: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Scripted {
    let hook: Hook = Arc::new(move |seen| Some(reply(seen)));
    Scripted::start(Script { hook: Some(hook), ..Script::default() })
}

fn json(value: &Value) -> Answer {
    Answer { body: value.to_string().into_bytes(), ..Answer::default() }
}

fn lines(values: &[Value]) -> Answer {
    Answer {
        body: values.iter().map(|value| format!("{value}\n")).collect::<String>().into(),
        ..Answer::default()
    }
}

/// As it goes into addresses and files.
fn key_of(user: &str) -> String {
    question(MODEL, user).key.to_string()
}

fn chat(text: &str) -> Value {
    json!({"model": MODEL, "choices": [{"finish_reason": "stop", "message": {"content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
}

#[tokio::test]
async fn gemini_takes_a_file_in_two_calls() {
    let provider = told(|seen| {
        let host = seen.header("host").unwrap();
        let operation = |state: &str, output: Value| {
            json!({"name": "batches/b1", "metadata": {"displayName": NAME, "state": state, "output": output,
                "createTime": "2026-11-23T14:00:00Z"}})
        };
        let has_key = seen.header("x-goog-api-key") == Some(KEY);
        match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", "/upload/v1beta/files") => {
                assert!(has_key && seen.header("x-goog-upload-command") == Some("start"));
                assert_eq!(seen.body["file"]["displayName"], NAME);
                json(&json!({})).header("x-goog-upload-url", format!("http://{host}/put?upload_id=1"))
            }
            // The address is the permission; the key is not needed.
            ("POST", "/put") => {
                assert!(!has_key && seen.header("x-goog-upload-command") == Some("upload, finalize"));
                json(&json!({"file": {"name": "files/f1"}}))
            }
            ("POST", "/v1beta/models/model-1:batchGenerateContent") => {
                assert!(has_key);
                let batch = json!({"displayName": NAME, "inputConfig": {"fileName": "files/f1"}});
                assert_eq!(seen.body, json!({"batch": batch}));
                json(&operation("BATCH_STATE_PENDING", Value::Null))
            }
            ("GET", "/v1beta/batches/b1") => {
                json(&operation("BATCH_STATE_SUCCEEDED", json!({"responsesFile": "files/r1"})))
            }
            ("GET", "/v1beta/batches") => {
                json(&json!({"operations": [operation("BATCH_STATE_RUNNING", Value::Null)]}))
            }
            ("GET", "/v1beta/files/r1:download") => lines(&[
                json!({"key": key_of("b"), "error": {"code": 8, "message": "quota"}}),
                json!({"key": key_of("a"), "response": {"candidates": [{"finishReason": "STOP",
                    "content": {"role": "model", "parts": [{"text": "yes"}]}}]}}),
            ]),
            ("POST", "/v1beta/batches/b1:cancel") => json(&json!({})),
            other => panic!("{other:?}"),
        }
    });
    let server = Server { key_header: KeyHeader::XGoogApiKey, ..server(Dialect::Gemini, "") };
    let server = Server { base_url: provider.url.clone(), ..server };
    let batches = Batches::new(&server, BatchApi::Gemini, Some(&SecretString::from(KEY)), now).unwrap();
    let remote = submit(&batches, &[question(MODEL, "a"), question(MODEL, "b")]).await.unwrap();
    assert_eq!((remote.id.as_str(), &remote.state), ("batches/b1", &RemoteState::Running));
    let (ended, ending) = ended(&batches, &remote.id).await;
    assert_eq!(ending, Ending::Completed);
    let items = items(&batches, &ended).await;
    assert_eq!((kinds(&items), items[1].0.clone()), ([1, 1, 0, 0], key_of("a")));
    assert_eq!(batches.list(Instant::BEGINNING).await.unwrap().len(), 1);
    batches.cancel(&remote.id).await.unwrap();
}

#[tokio::test]
async fn mistral_takes_a_file_and_a_job() {
    let provider = told(|seen| {
        let job = |status: &str| {
            json!({"id": "j-1", "status": status, "created_at": 1_795_442_400, "total_requests": 2,
                "completed_requests": 2, "metadata": {"score_tasks": NAME}, "output_file": "o-1",
                "error_file": "e-1", "errors": []})
        };
        let reply = |id: &str, status: u16, body: Value| {
            json!({"id": "x", "custom_id": key_of(id), "error": null,
                "response": {"status_code": status, "body": body}})
        };
        match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", "/v1/files") => json(&json!({"id": "f-1", "object": "file", "purpose": "batch"})),
            ("POST", "/v1/batch/jobs") => {
                assert_eq!(
                    (&seen.body["input_files"], &seen.body["model"]),
                    (&json!(["f-1"]), &json!(MODEL))
                );
                json(&job("QUEUED"))
            }
            ("GET", "/v1/batch/jobs/j-1") => json(&job("SUCCESS")),
            ("GET", "/v1/batch/jobs") => json(&json!({"total": 1, "data": [job("RUNNING")]})),
            ("GET", "/v1/files/o-1/content") => lines(&[reply("a", 200, chat("yes"))]),
            ("GET", "/v1/files/e-1/content") => lines(&[reply("b", 422, json!({"message": "no"}))]),
            ("POST", "/v1/batch/jobs/j-1/cancel") => json(&job("CANCELLATION_REQUESTED")),
            other => panic!("{other:?}"),
        }
    });
    let server = server(Dialect::OpenAiChat, &provider.url);
    let batches = Batches::new(&server, BatchApi::Mistral, Some(&SecretString::from(KEY)), now).unwrap();
    let remote = submit(&batches, &[question(MODEL, "a"), question(MODEL, "b")]).await.unwrap();
    assert_eq!((remote.id.as_str(), remote.name.as_deref()), ("j-1", Some(NAME)));
    let (ended, _) = ended(&batches, &remote.id).await;
    assert_eq!(kinds(&items(&batches, &ended).await), [1, 0, 1, 0]);
    assert_eq!(batches.list(Instant::BEGINNING).await.unwrap().len(), 1);
    batches.cancel(&remote.id).await.unwrap();
}

/// An ended batch of Anthropic's, with its results at this address.
fn message_batch(address: &str) -> Answer {
    json(&json!({"id": "m1", "processing_status": "ended", "results_url": address,
        "request_counts": {"succeeded": 1}}))
}

#[tokio::test]
async fn the_key_goes_nowhere_else() {
    let other = told(|_| lines(&[]));
    let elsewhere = format!("{}/results", other.url);
    for address in [elsewhere.clone(), elsewhere.replace("127.0.0.1", "localhost"), "ftp://x/y".to_owned()] {
        let provider = told(move |_| message_batch(&address));
        let batches = set_up(Dialect::Anthropic, &provider.url).unwrap();
        let remote = batches.status("m1").await.unwrap();
        let refused = batches.results(&remote).await.err().unwrap();
        assert!(matches!(&refused, ProviderError::Rejected { detail } if detail.contains("not followed")));
    }
    assert_eq!(other.requests(), 0);
}

#[tokio::test]
async fn results_are_read_whatever_is_wrong_with_some() {
    let provider = told(|seen| {
        if !seen.path.ends_with("/results") {
            let host = seen.header("host").unwrap();
            return message_batch(&format!("http://{host}/v1/messages/batches/m1/results"));
        }
        let says = |id: &str, text: &str| {
            let message = json!({"model": MODEL, "content": [{"type": "text", "text": text}]});
            json!({"custom_id": id, "result": {"type": "succeeded", "message": message}}).to_string()
        };
        let long = says("long", &"x".repeat(9_000_000));
        let body =
            [&says("echo", KEY), "", "no json", &long, r#"{"custom_id":"cut","re"#, &says("last", "y")];
        Answer { body: body.join("\n").into_bytes(), ..Answer::default() }
    });
    let batches = set_up(Dialect::Anthropic, &provider.url).unwrap();
    let remote = batches.status("m1").await.unwrap();
    let mut results = batches.results(&remote).await.unwrap();
    let mut found = Vec::new();
    while let Some(item) = results.next().await {
        found.push(match item {
            Ok((id, Item::Answered(reply))) => {
                assert!(!String::from_utf8_lossy(&reply.wire).contains(KEY));
                assert_eq!(reply.usage, None);
                format!("{id}: {}", reply.text)
            }
            Ok((id, Item::Lost { body, .. })) => format!("{id}: lost, {}", body.len() > 200_000),
            Err(ProviderError::Broken { maybe_billed: true, body, .. }) => {
                format!("nobody's: {}", String::from_utf8_lossy(&body))
            }
            other => panic!("{other:?}"),
        });
    }
    let expected = ["echo: [key]", "nobody's: no json", "long: lost, true", "cut: lost, false", "last: y"];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn results_that_break_off_may_be_opened_again() {
    let provider = told(|seen| {
        if !seen.path.ends_with("/results") {
            let host = seen.header("host").unwrap();
            return message_batch(&format!("http://{host}/v1/messages/batches/m1/results"));
        }
        lines(&[json!({"custom_id": "a", "result": {"type": "expired"}})]).header("content-length", 5_000)
    });
    let batches = Batches::new(
        &Server { timeout_s: 1, ..server(Dialect::Anthropic, &provider.url) },
        BatchApi::Anthropic,
        None,
        now,
    )
    .unwrap();
    let remote = batches.status("m1").await.unwrap();
    for _ in 0..2 {
        let mut results = batches.results(&remote).await.unwrap();
        assert!(matches!(results.next().await, Some(Ok((id, Item::Unanswered { .. }))) if id == "a"));
        let broken = results.next().await;
        let is_broken = matches!(&broken, Some(Err(ProviderError::Broken { maybe_billed: false, .. })));
        assert!(is_broken, "{broken:?}");
        assert!(results.next().await.is_none());
    }
}

#[tokio::test]
async fn a_server_that_fails_while_a_batch_is_made_may_have_made_it() {
    for (status, body, expected) in [
        (500, "{}", "maybe"),
        (502, "<html>", "maybe"),
        (503, "{}", "maybe"),
        (504, "{}", "maybe"),
        (200, "{}", "maybe"),
        (429, "{}", "busy"),
        (400, "{}", "rejected"),
        (404, "{}", "rejected"),
        (401, "{}", "closed"),
    ] {
        for dialect in [Dialect::OpenAiChat, Dialect::Anthropic] {
            let provider = told(move |seen| match seen.path.as_str() {
                "/v1/files" => json(&json!({"id": "f-1"})),
                _ => Answer { status, body: body.into(), ..Answer::default() },
            });
            let batches = set_up(dialect, &provider.url).unwrap();
            let found = match submit(&batches, &questions(2)).await {
                Err(ProviderError::Broken { maybe_billed: true, .. }) => "maybe",
                Err(ProviderError::Busy { .. }) => "busy",
                Err(ProviderError::Rejected { .. }) => "rejected",
                Err(ProviderError::Closed { .. }) => "closed",
                other => panic!("{status}: {other:?}"),
            };
            assert_eq!(found, expected, "{status} {dialect:?}");
        }
    }
    // A file alone costs nothing.
    let provider = told(|_| Answer { status: 500, body: "{}".into(), ..Answer::default() });
    let batches = set_up(Dialect::OpenAiChat, &provider.url).unwrap();
    let file = submit(&batches, &questions(2)).await;
    assert!(matches!(file, Err(ProviderError::Broken { maybe_billed: false, .. })), "{file:?}");
}

/// Reads so many bytes every tenth of a second until all is in, then replies; with none it only listens.
async fn slow(listener: tokio::net::TcpListener, bytes: usize) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut piece, mut read, mut length) = (vec![0; bytes], 0, usize::MAX);
    while read < length {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let count = if bytes == 0 { 0 } else { stream.read(&mut piece).await.unwrap() };
        if read == 0 && bytes > 0 {
            let head = String::from_utf8_lossy(&piece[..count]).into_owned();
            let body = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            length = head.find("\r\n\r\n").unwrap() + 4 + body.parse::<usize>().unwrap();
        }
        read += count;
    }
    let body = r#"{"id":"m1","processing_status":"in_progress"}"#;
    let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(reply.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn an_upload_takes_as_long_as_it_moves() {
    let large: Vec<_> =
        (0..40).map(|number| question(MODEL, &format!("{number} {}", "x".repeat(500_000)))).collect();
    for (bytes, goes_well) in [(800_000, true), (0, false)] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Server { timeout_s: 1, ..server(Dialect::Anthropic, &url) };
        let batches = Batches::new(&server, BatchApi::Anthropic, None, now).unwrap();
        let begun = tokio::time::Instant::now();
        let submitted = tokio::select! {
            submitted = submit(&batches, &large) => submitted,
            () = async { slow(listener, bytes).await; std::future::pending().await } => unreachable!(),
        };
        if goes_well {
            assert_eq!(submitted.unwrap().id, "m1");
            assert!(begun.elapsed() > Duration::from_millis(1_500), "longer than one bound");
        } else {
            let is_surely_not_there = matches!(&submitted, Err(ProviderError::Broken { maybe_billed: false, detail, .. })
                    if detail.contains("nothing was sent"));
            assert!(is_surely_not_there, "{submitted:?}");
        }
    }
}

#[tokio::test]
async fn results_may_be_packed() {
    let provider = told(|seen| {
        if !seen.path.ends_with("/results") {
            let host = seen.header("host").unwrap();
            return message_batch(&format!("http://{host}/v1/messages/batches/m1/results"));
        }
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        for number in 0..1_000 {
            let line = json!({"custom_id": number.to_string(), "result": {"type": "expired"}});
            writeln!(packer, "{line}").unwrap();
        }
        let body = packer.finish().unwrap();
        Answer { body, ..Answer::default() }.header("content-encoding", "gzip")
    });
    let batches = set_up(Dialect::Anthropic, &provider.url).unwrap();
    let remote = batches.status("m1").await.unwrap();
    assert_eq!(kinds(&items(&batches, &remote).await), [0, 1_000, 0, 0]);
}

/// For the official SDKs, tests/wire/check_batches.py, and for measuring, with as many requests in a batch as
/// BATCH_REQUESTS says.
#[test]
#[ignore = "serves until its input ends"]
fn serve() {
    let script = BatchScript { latency: Duration::from_secs(1), ..BatchScript::default() };
    let most = std::env::var("BATCH_REQUESTS").map_or(50, |most| most.parse().unwrap());
    let provider = BatchServer::start(BatchScript { max_requests: most, ..script });
    println!("port {}", provider.port);
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).unwrap();
    println!("{:?}", provider.counts());
}

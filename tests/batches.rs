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
}

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use common::batch_server::{BatchScript, BatchServer, Counts, rating_of};
use score_tasks::domain::{
    BatchApi, Context, Dialect, Form, Hash, Instant, KeyHeader, Keyed, OutputLimit, Question, Server,
    Settings,
};
use score_tasks::provider::{
    Batches, Closing, Ending, Item, ProviderError, Remote, RemoteState, SetUpError, Spool,
};
use secrecy::SecretString;

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
        assert!(counts.tokens[MODEL].input > 3_000 && counts.polls >= 2);
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

        provider.change(|script| script.latency = Duration::from_secs(10));
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
        assert_eq!(batches.list(Instant::END).await.unwrap(), []);
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

/// For the official SDKs: tests/wire/check_batches.py.
#[test]
#[ignore = "serves until its input ends"]
fn serve() {
    let script = BatchScript { latency: Duration::from_millis(300), ..BatchScript::default() };
    let provider = BatchServer::start(BatchScript { max_requests: 50, ..script });
    println!("port {}", provider.port);
    std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink()).unwrap();
    println!("{:?}", provider.counts());
}

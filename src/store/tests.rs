//! The store as its users see it: what is put is there, word for word, and only what fits serves.

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::domain::{Context, Finish, Instant, Settings, Usage};

pub(super) fn question(model: &str, number: u32) -> Keyed<Question> {
    let context = Context {
        provider: "mock".into(),
        endpoint: "mock".into(),
        model: model.into(),
        dialect: "mock".into(),
        system: "Rate.".into(),
        settings: Settings {
            temperature_hundredths: None,
            max_output_tokens: 9,
            effort: None,
            extra: String::new(),
        },
        schema: "{}".into(),
    };
    let context = Arc::new(Keyed { key: context_key(&context), it: context });
    let it = Question { context, user: format!("task {number}"), sample: 1, attempt: 1 };
    Keyed { key: question_key(&it), it }
}

/// Stands in for the asking room's keys, which this room may not know.
fn context_key(context: &Context) -> Hash {
    Hash::of(format!("{context:?}").as_bytes())
}

fn question_key(question: &Question) -> Hash {
    let Question { context, user, sample, attempt } = question;
    Hash::of(format!("{} {sample} {attempt} {user}", context.key).as_bytes())
}

pub(super) fn keys() -> Keys {
    Keys { context: context_key, question: question_key }
}

pub(super) fn answer(at: i64, text: &str, finish: Finish) -> Answer {
    Answer {
        at: Instant(at),
        served: "m-1".into(),
        finish,
        text: text.into(),
        usage: Usage { input: 10, cache_read: 4, cache_write: 1, output: 3, reasoning: 2 },
        cost_nano_usd: Some(7),
        priced: "config".into(),
        latency_ms: 5,
        request_id: "req_1".into(),
    }
}

/// A reply that holds the text.
fn wire(text: &str) -> Vec<u8> {
    format!("{{\"choices\":[{text:?}]}}").into_bytes()
}

pub(super) fn entry(number: u32, at: i64, text: &str) -> Entry {
    Entry::new(question("m", number), answer(at, text, Finish::Complete), wire(text))
}

pub(super) fn put(store: &Store, entries: Vec<Entry>) -> Vec<Result<(), StoreError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let kept = entries.into_iter().map(|entry| async { store.put(entry).await?.kept().await });
    runtime.block_on(futures::future::join_all(kept))
}

fn texts(store: &Store, number: u32, fit: Fit) -> Option<String> {
    let found = store.get(vec![question("m", number).key], fit).unwrap();
    found.into_iter().next().unwrap().map(|answer| answer.text)
}

#[test]
fn what_is_put_is_there_after_reopening_in_the_order_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/answers.sqlite");
    let entries: Vec<Entry> = (0..300).map(|n| entry(n, i64::from(n), &format!("ä {n} \0 é"))).collect();
    let wanted: Vec<Answer> = entries.iter().map(|entry| entry.answer.clone()).collect();
    let store = Store::open(&path).unwrap();
    assert!(put(&store, entries).iter().all(Result::is_ok));
    drop(store);
    let store = Store::open(&path).unwrap();
    let mut keys: Vec<Hash> = (0..300).map(|n| question("m", n).key).collect();
    keys.push(question("m", 999).key);
    let found = store.get(keys, Fit::ANY).unwrap();
    assert_eq!(found.last(), Some(&None));
    let found: Vec<Answer> = found.into_iter().flatten().collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_answer_is_kept_and_the_newest_that_fits_serves() {
    let store = Store::in_memory().unwrap();
    put(&store, vec![entry(1, 100, "old"), entry(1, 300, "new"), entry(1, 200, "middle")]);
    let between = |from, to| Fit { from: Instant(from), to: Instant(to) };
    for (fit, expected) in [
        (Fit::ANY, Some("new")),
        (between(0, 299), Some("middle")),
        (between(0, 200), Some("middle")),
        (between(0, 100), Some("old")),
        (between(301, 400), None),
        (between(0, 99), None),
    ] {
        assert_eq!(texts(&store, 1, fit).as_deref(), expected, "{fit:?}");
    }
}

#[test]
fn a_failure_serves_only_where_there_is_nothing_else() {
    let store = Store::in_memory().unwrap();
    let failed = |at| Entry::new(question("m", 1), answer(at, "broke", Finish::Failed), Vec::new());
    put(&store, vec![failed(1)]);
    assert_eq!(texts(&store, 1, Fit::ANY).as_deref(), Some("broke"));
    put(&store, vec![entry(1, 2, "said"), failed(3)]);
    assert_eq!(texts(&store, 1, Fit::ANY).as_deref(), Some("said"));
}

#[test]
fn two_stores_on_one_file_see_each_others_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.sqlite");
    let (one, other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
    // Enough for each to make a dictionary that the other does not know yet.
    std::thread::scope(|scope| {
        scope.spawn(|| put(&one, (0..500).map(|n| entry(n, 1, "from one")).collect()));
        scope.spawn(|| put(&other, (500..1000).map(|n| entry(n, 1, "from the other")).collect()));
    });
    for store in [&one, &other] {
        assert_eq!(texts(store, 3, Fit::ANY).as_deref(), Some("from one"));
        assert_eq!(texts(store, 777, Fit::ANY).as_deref(), Some("from the other"));
    }
    assert_eq!(stats(&path).unwrap().questions, 1000);
    assert!(verify(&path, &keys()).unwrap().damage.is_empty());
}

pub(super) fn sql(path: &Path, statement: &str) {
    #[expect(clippy::disallowed_types, reason = "tests do to the file what the store never would")]
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(statement).unwrap();
}

fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("answers.sqlite");
    let store = Store::open(&path).unwrap();
    put(&store, (0..40).map(|n| entry(n, 1, &format!("answer {n}"))).collect());
    path
}

#[test]
fn a_newer_schema_is_refused_and_nothing_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    sql(&path, "PRAGMA user_version = 99");
    let error = Store::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer score-tasks"), "{error}");
    sql(&path, "PRAGMA user_version = 5");
    assert_eq!(stats(&path).unwrap().questions, 40);
}

#[test]
fn the_database_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.sqlite");
    sql(&path, "CREATE TABLE theirs (x); PRAGMA user_version = 1;");
    for outcome in [Store::open(&path), Store::open_to_read(&path)] {
        let error = outcome.err().unwrap();
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
    }
    assert!(stats(&path).is_err());
    sql(&path, "CREATE TABLE answer (still_free)");
}

#[test]
fn a_store_opened_to_read_serves_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_to_read(&filled(folder.path())).unwrap();
    assert_eq!(texts(&store, 7, Fit::ANY).as_deref(), Some("answer 7"));
    let outcome = put(&store, vec![entry(99, 1, "new")]);
    assert!(matches!(outcome.as_slice(), [Err(StoreError::ReadOnly { .. })]), "{outcome:?}");
    assert_eq!(texts(&store, 99, Fit::ANY), None);
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.sqlite");
    write_a_text_file(&path);
    let error = Store::open(&path).err().unwrap();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("answers.sqlite"), "{error}");
}

#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn write_a_text_file(path: &Path) {
    std::fs::write(path, "this is no database, but it is long enough to be looked at".repeat(100)).unwrap();
}

#[test]
fn every_kind_of_damage_is_found_and_never_served() {
    for (statement, what) in [
        ("UPDATE answer SET key = (SELECT key FROM answer WHERE id = 2) WHERE id = 1", "key"),
        ("UPDATE answer SET at = at + 1 WHERE id = 1", "digest"),
        ("UPDATE answer SET tokens_out = 4 WHERE id = 1", "digest"),
        ("UPDATE answer SET served = 'm-2' WHERE id = 1", "digest"),
        ("UPDATE answer SET request_id = 'req_2' WHERE id = 1", "digest"),
        ("UPDATE answer SET priced = 'free' WHERE id = 1", "digest"),
        ("UPDATE answer SET tokens_cache_read = 3 WHERE id = 1", "digest"),
        ("UPDATE answer SET wire_bytes = wire_bytes - 1 WHERE id = 1", "digest"),
        ("UPDATE context SET extra = '{}' WHERE id = 1", "content gives"),
        ("UPDATE answer SET finish = 'refused' WHERE id = 1", "digest"),
        (
            "UPDATE answer SET (body, dictionary) = (SELECT body, dictionary FROM answer WHERE id = 2) WHERE id = 1",
            "key",
        ),
        ("UPDATE answer SET body = zeroblob(20) WHERE id = 1", "decompressed"),
        ("UPDATE context SET system = 'Rate well.'", "content gives"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM context", "context"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        assert!(verify(&path, &keys()).unwrap().damage.is_empty());
        sql(&path, statement);
        let damage = verify(&path, &keys()).unwrap().damage;
        assert!(damage.iter().any(|one| one.what.contains(what)), "{statement}: {damage:?}");
    }
}

#[test]
fn damaged_bodies_are_an_error_not_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    sql(&path, "UPDATE answer SET tokens_out = 4 WHERE key = (SELECT key FROM answer WHERE id = 1)");
    let store = Store::open(&path).unwrap();
    let all: Vec<Hash> = (0..40).map(|n| question("m", n).key).collect();
    let error = store.get(all, Fit::ANY).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_lock_held_by_another_program_is_told_as_such() {
    let path = Path::new("x.sqlite");
    let busy = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(5), None);
    assert!(matches!(schema::sql(path, &busy), StoreError::Locked { .. }));
    let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(13), None);
    assert!(schema::sql(path, &full).hint().unwrap().contains("make room"));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    write_a_text_file(&file);
    let error = Store::open(&file.join("answers.sqlite")).err().unwrap();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(error.hint().unwrap().contains("cache.path"));
}

#[test]
fn the_bundled_sqlite_has_the_wal_reset_fixed() {
    // 3.7.0 to 3.51.2 could corrupt a database when a WAL was reset.
    assert!(rusqlite::version_number() >= 3_051_003, "{}", rusqlite::version());
}

/// An answer of this model at a time, for so much.
fn paid(model: &str, number: u32, at: &str, (nano_usd, priced): (u64, &str)) -> Entry {
    let at = Instant::parse(at).unwrap();
    let answer = Answer {
        cost_nano_usd: (!priced.is_empty()).then_some(nano_usd),
        priced: priced.into(),
        ..answer(at.0, "x", Finish::Complete)
    };
    Entry::new(question(model, number), answer, wire("x"))
}

fn lose(store: &Store, model: &str, at: &str, cost_nano_usd_most: Option<u64>) {
    let at = Instant::parse(at).unwrap();
    let lost = LostCall { at, why: "cut".into(), cost_nano_usd_most, body: Vec::new() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { store.note(question(model, 77), lost).await?.kept().await }).unwrap();
}

#[test]
fn what_was_spent_is_summed_by_the_time_at_which_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answers.sqlite");
    let store = Store::open(&path).unwrap();
    put(
        &store,
        vec![
            paid("a", 1, "2027-02-28T23:59:59.999Z", (1, "config")),
            paid("a", 2, "2027-03-01", (20, "config")),
            paid("a", 3, "2027-03-31T23:59:59.999Z", (300, "2026-11-01, batch")),
            paid("a", 4, "2027-03-15", (0, "")),
            paid("b", 5, "2027-03-15", (4_000, "free")),
            paid("a", 6, "2027-04-01", (50_000, "config")),
        ],
    );
    lose(&store, "a", "2027-03-02", Some(600_000));
    lose(&store, "a", "2027-03-02", None);
    lose(&store, "lost", "2027-04-02", Some(7_000_000));
    let month = |from: &str, to: &str| (Instant::parse(from).unwrap(), Instant::parse(to).unwrap());
    let (from, to) = month("2027-03-01", "2027-04-01");
    let found = spent(&path, from, to).unwrap();
    assert_eq!(found, Spent { nano_usd: 4_320, lost_nano_usd_most: 600_000, open_nano_usd_most: 0 });
    assert_eq!(found.at_most(), 604_320);
    let of = |month: &str, model: &str| Costs {
        month: month.into(),
        provider: "mock".into(),
        model: model.into(),
        ..Costs::default()
    };
    let march = vec![
        Costs {
            answers: 3,
            by_batch: 1,
            unpriced: 1,
            tokens_in: 30,
            tokens_out: 9,
            nano_usd: 320,
            lost_calls: 2,
            lost_unpriced: 1,
            lost_nano_usd_most: 600_000,
            ..of("2027-03", "a")
        },
        Costs { answers: 1, tokens_in: 10, tokens_out: 3, nano_usd: 4_000, ..of("2027-03", "b") },
    ];
    assert_eq!(costs(&path, from, to).unwrap(), march);
    let all = costs(&path, Instant::BEGINNING, Instant::END).unwrap();
    let named: Vec<_> = all.iter().map(|one| (one.month.as_str(), one.model.as_str())).collect();
    assert_eq!(
        named,
        [("2027-02", "a"), ("2027-03", "a"), ("2027-03", "b"), ("2027-04", "a"), ("2027-04", "lost")]
    );
}

#[test]
fn what_was_only_asked_is_not_known() {
    let store = Store::in_memory().unwrap();
    put(&store, vec![entry(1, 100, "x")]);
    lose(&store, "lost", "2027-03-02", None);
    lose(&store, "m", "2027-03-02", None);
    let has = |number| store.has(vec![question("m", number).key]).unwrap();
    assert_eq!((has(1), has(2)), (vec![true], vec![false]));
    let context = |model| question(model, 1).it.context.key;
    let contexts = ["m", "lost", "other"].map(context).to_vec();
    assert_eq!(store.has_contexts(contexts).unwrap(), [true, false, false]);
    let model = |model: &str| {
        let (provider, endpoint) = ("mock".to_owned(), "mock".to_owned());
        store.has_model(Asked { provider, endpoint, model: model.to_owned() }).unwrap()
    };
    assert_eq!(["m", "lost", "other"].map(model), [true, false, false]);
}

//! The cost of each station of the line, per task. `cargo bench` prints it; docs/PERFORMANCE.md says
//! how to read it.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench that cannot be set up may stop")]

use std::sync::Arc;

use divan::{Bencher, black_box, counter::ItemsCount};
use score_tasks::ask::{Asker, key};
use score_tasks::domain::{
    Answer, Finish, Fit, Hash, Instant, Keyed, Limits, MockTraits, Model, Provider, Question, Selection,
    Settings, Source, Task,
};
use score_tasks::provider::{Mock, endpoint};
use score_tasks::read::{self, Catalogue};
use score_tasks::store::{Entry, Store};
use score_tasks::{rate, tally};

const MANY: usize = 2_000;

fn main() {
    divan::main();
}

fn traits() -> MockTraits {
    MockTraits::default()
}

fn model() -> Model {
    Model {
        id: "mock-a".into(),
        model: "mock-a".to_owned(),
        source: Source::Asked(Provider::Mock(traits())),
        settings: Settings {
            temperature_hundredths: None,
            max_output_tokens: 400,
            effort: None,
            extra: String::new(),
        },
        limits: Limits::default(),
        max_attempts: 6,
        price: None,
        weight: 1.0,
        batches: None,
        in_batches: false,
    }
}

/// Many different questions: the demo's tasks, numbered.
fn questions() -> Vec<Keyed<Question>> {
    let catalogue = Catalogue::demo().unwrap();
    let rubric = Arc::new(read::rubric("exposure", None).unwrap());
    let asker = Asker::new(rubric, &model(), endpoint(&Provider::Mock(traits()))).unwrap();
    let tasks: Vec<_> = catalogue.walk(&Selection::default()).unwrap().map(Result::unwrap).collect();
    let numbered = tasks.iter().cycle().take(MANY).enumerate().map(|(number, (occupation, task))| {
        let task = Task { text: format!("{} ({number})", task.text), ..Task::clone(task) };
        asker.question(&catalogue.occupations[*occupation], &task, 1).unwrap()
    });
    numbered.collect()
}

fn answer(question: &Keyed<Question>) -> Answer {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let reply = runtime.block_on(Mock::new("mock-a", &traits()).answer(question, 1)).ok().unwrap();
    Answer {
        at: Instant(0),
        served: reply.served,
        finish: Finish::Complete,
        text: reply.text,
        usage: reply.usage.unwrap_or_default(),
        cost_nano_usd: Some(0),
        priced: "free".into(),
        latency_ms: 0,
        request_id: String::new(),
    }
}

#[divan::bench]
fn render_and_key(bencher: Bencher) {
    let catalogue = Catalogue::demo().unwrap();
    let rubric = Arc::new(read::rubric("exposure", None).unwrap());
    let asker = Asker::new(rubric, &model(), endpoint(&Provider::Mock(traits()))).unwrap();
    let (occupation, task) = catalogue.walk(&Selection::default()).unwrap().next().unwrap().unwrap();
    let occupation = &catalogue.occupations[occupation];
    bencher.bench(|| asker.question(black_box(occupation), black_box(&task), 1));
}

#[divan::bench]
fn key_alone(bencher: Bencher) {
    let question = questions().swap_remove(7);
    bencher.bench(|| key::question(black_box(&question.it)));
}

#[divan::bench]
fn mock_answer(bencher: Bencher) {
    let question = questions().swap_remove(7);
    let mock = Mock::new("mock-a", &traits());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    bencher.bench_local(|| runtime.block_on(mock.answer(black_box(&question), 1)).is_ok());
}

#[divan::bench]
fn rate_answer(bencher: Bencher) {
    let rubric = read::rubric("exposure", None).unwrap();
    let answer = answer(&questions()[7]);
    bencher.bench(|| rate::rating(black_box(&rubric), black_box(&answer)));
}

#[divan::bench]
fn weigh_task(bencher: Bencher) {
    let task = Task { importance: Some(4.0), relevance: Some(80.0), ..Task::default() };
    bencher.bench(|| tally::weigh(score_tasks::domain::Weighting::Time, black_box(&task)));
}

/// Durable: every answer is on disk when this returns.
#[divan::bench(sample_count = 10)]
fn store_put(bencher: Bencher) {
    let questions = questions();
    let answers: Vec<Answer> = questions.iter().map(answer).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    bencher
        .counter(ItemsCount::new(MANY))
        .with_inputs(|| {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("answers.sqlite")).unwrap();
            let entries: Vec<Entry> = questions
                .iter()
                .zip(&answers)
                .map(|(question, answer)| Entry::new(question.clone(), answer.clone(), Vec::new()))
                .collect();
            (folder, store, entries)
        })
        .bench_local_values(|(folder, store, entries)| {
            let kept = entries.into_iter().map(|entry| async { store.put(entry).await?.kept().await });
            runtime.block_on(futures::future::try_join_all(kept)).unwrap();
            (folder, store)
        });
}

#[divan::bench(sample_count = 20)]
fn store_get(bencher: Bencher) {
    let questions = questions();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("answers.sqlite")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let same = answer(&questions[7]);
    let kept = questions.iter().map(|question| async {
        let entry = Entry::new(question.clone(), same.clone(), Vec::new());
        store.put(entry).await?.kept().await
    });
    runtime.block_on(futures::future::try_join_all(kept)).unwrap();
    let keys: Vec<Hash> = questions.iter().map(|question| question.key).collect();
    bencher.counter(ItemsCount::new(MANY)).bench_local(|| store.get(keys.clone(), Fit::ANY).unwrap());
}

//! Whatever the order in which answers come back, the report is the same to the byte.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common {
    pub mod line;
}

use std::sync::Arc;

use common::line::{collected, job, models, scored};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use score_tasks::domain::{Fit, Limits, Model, Provider, Source, Weather, Weighting};
use score_tasks::pass::Job;
use score_tasks::read::{self, Catalogue};
use score_tasks::report::Format;
use score_tasks::store::Store;

/// How a run goes about it; none of this may show in its report.
#[derive(Clone, Debug)]
struct Manner {
    /// Of each model.
    max_in_flight: [usize; 3],
    latency_ms: [u64; 3],
    requests_per_minute: [Option<u32>; 3],
    busy: [f64; 3],
    broken: [f64; 3],
    chunk: usize,
}

/// What is answered; two runs of one kind are compared.
#[derive(Clone, Debug)]
struct Kind {
    /// Share of refusals, unreadable answers, and readable answers in a bad shape.
    bad: (f64, f64, f64),
    samples: u32,
    reask: u32,
}

fn manner() -> impl Strategy<Value = Manner> {
    (
        prop::array::uniform3(1..=200_usize),
        // None at all, and longer than any wait of a busy model.
        prop::array::uniform3(prop_oneof![Just(0), 1..=3_u64, 1..=500_u64]),
        prop::array::uniform3(prop::option::weighted(0.3, 3_000..=600_000_u32)),
        prop::array::uniform3(prop_oneof![Just(0.0), 0.0..0.5]),
        prop::array::uniform3(prop_oneof![Just(0.0), 0.0..0.3]),
        1..=300_usize,
    )
        .prop_map(|(max_in_flight, latency_ms, requests_per_minute, busy, broken, chunk)| Manner {
            max_in_flight,
            latency_ms,
            requests_per_minute,
            busy,
            broken,
            chunk,
        })
}

fn kind() -> impl Strategy<Value = Kind> {
    let share = || prop_oneof![Just(0.0), 0.0..0.3];
    ((share(), share(), share()), 1..=2_u32, 0..=2_u32).prop_map(|(bad, samples, reask)| Kind {
        bad,
        samples,
        reask,
    })
}

/// Three raters of different weight. A call is made as often as it takes, for one that is given up
/// would be another answer.
fn three(kind: &Kind) -> Vec<Model> {
    let (refusal, empty, think) = kind.bad;
    let model = |name: &str, weight: f64| {
        format!(
            "[models.{name}]\nprovider = \"mock\"\nweight = {weight}\nmax_attempts = 100\n\
             mock = {{ answers = {{ refusal = {refusal}, empty = {empty}, think = {think} }} }}\n"
        )
    };
    models(&format!("[run]\nmodels = [\"a\"]\n{}{}{}", model("a", 1.0), model("b", 3.0), model("c", 0.7)))
}

/// The same rater, working in another manner.
fn in_manner(model: Model, at: usize, manner: &Manner) -> Model {
    let Source::Asked(Provider::Mock(mut traits)) = model.source.clone() else { panic!("no mock") };
    let [latency_ms, busy, broken] = [
        manner.latency_ms.get(at).copied().unwrap() as f64,
        manner.busy.get(at).copied().unwrap(),
        manner.broken.get(at).copied().unwrap(),
    ];
    traits.weather = Weather { latency_ms: latency_ms as u64, busy, broken, ..traits.weather };
    Model {
        source: Source::Asked(Provider::Mock(traits)),
        limits: Limits {
            max_in_flight: manner.max_in_flight.get(at).copied(),
            requests_per_minute: manner.requests_per_minute.get(at).copied().unwrap(),
            ..model.limits
        },
        ..model
    }
}

/// The report of a run on a store of its own.
fn report(kind: &Kind, manner: Option<&Manner>) -> Vec<u8> {
    let mut models = three(kind);
    if let Some(manner) = manner {
        models = models.into_iter().enumerate().map(|(at, model)| in_manner(model, at, manner)).collect();
    }
    let rubric = read::rubric("exposure", None).unwrap();
    let job = job(Catalogue::demo().unwrap(), &rubric, models, &Store::in_memory().unwrap());
    let chunk = manner.map_or(job.chunk, |manner| manner.chunk);
    let job = Arc::new(Job { samples: kind.samples, reask: kind.reask, chunk, ..job });
    let count = collected(&job, Fit::ANY);
    scored(&job, Fit::ANY, Weighting::Importance, &count, Format::Json)
}

#[test]
fn any_order_of_answers_gives_the_same_bytes() {
    let config = ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() };
    // The same cases in every run.
    let chance = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, chance);
    let outcome = runner.run(&(kind(), manner()), |(kind, manner)| {
        let (plain, other) = (report(&kind, None), report(&kind, Some(&manner)));
        // Not shown on failure: a report is a megabyte.
        prop_assert!(plain == other, "the reports differ");
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// The order of answers must not decide which of two equal questions is asked, nor how often.
#[test]
fn the_narrowest_and_the_widest_window_agree() {
    let kind = Kind { bad: (0.1, 0.1, 0.1), samples: 3, reask: 1 };
    let plain = report(&kind, None);
    for (max_in_flight, chunk) in [(1, 1), (1, 300), (200, 1), (200, 300), (2, 3)] {
        let manner = Manner {
            max_in_flight: [max_in_flight; 3],
            latency_ms: [9, 0, 40],
            requests_per_minute: [None; 3],
            busy: [0.2; 3],
            broken: [0.1; 3],
            chunk,
        };
        assert!(report(&kind, Some(&manner)) == plain, "{manner:?}");
    }
}

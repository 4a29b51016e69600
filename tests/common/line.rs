//! The line in process: a job on the mock, collected under a stopped clock and scored into bytes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

use std::sync::Arc;
use std::time::Duration;

use score_tasks::ask::Asker;
use score_tasks::config::Config;
use score_tasks::domain::{
    Bands, Combine, Fit, Model, Rubric, RunInfo, RunModel, Selection, Source, Totals, Unwatched, Watch,
    Weighting,
};
use score_tasks::measure::Rounds;
use score_tasks::pace::Clock;
use score_tasks::pass::collect::{BatchOrders, Collected, Orders, client, collect};
use score_tasks::pass::score::{self, Method, Weights};
use score_tasks::pass::{CHUNK, Job, Rater};
use score_tasks::provider;
use score_tasks::read::Catalogue;
use score_tasks::report::{self, Format};
use score_tasks::store::Store;
use score_tasks::tally::{self, Combination};
use tokio::sync::watch;

/// Of the resampling behind intervals; few, as their worth is tested elsewhere.
const ROUNDS: Rounds = Rounds { count: 20, seed: 0 };

/// The models of a config.toml, in the order of their names.
pub fn models(config: &str) -> Vec<Model> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, config).unwrap();
    let config = Config::load(Some(&file), folder.path()).unwrap_or_else(|error| panic!("{error}"));
    config.known_models
}

/// A job over all of the catalogue: one sample, one further attempt.
pub fn job(catalogue: Catalogue, rubric: &Rubric, models: Vec<Model>, store: &Store) -> Job {
    let rubric = Arc::new(rubric.clone());
    Job {
        catalogue: Arc::new(catalogue),
        selection: Selection::default(),
        raters: models.into_iter().map(|model| rater(&rubric, model)).collect(),
        rubric,
        samples: 1,
        adaptive: None,
        anchors: None,
        only_unanswered: false,
        reask: 1,
        store: store.clone(),
        chunk: CHUNK,
    }
}

fn rater(rubric: &Arc<Rubric>, model: Model) -> Rater {
    let Source::Asked(asked) = &model.source else { panic!("{} is not asked", model.id) };
    let asker = Asker::new(Arc::clone(rubric), &model, provider::endpoint(asked)).unwrap();
    Rater { model, asker: Some(asker) }
}

/// Runs the collecting pass to its end.
///
/// The clock is stopped, so no latency and no wait is real. A stopped clock moves by itself only
/// where nothing is left to do, and not at all while a feeder thread runs, which may well be
/// waiting for an answer that waits for the clock. So it is pushed on here, in uneven steps: small
/// ones let answers come one by one, large ones get over long waits.
pub fn collected(job: &Arc<Job>, fit: Fit) -> Collected {
    let mut clock = tokio::runtime::Builder::new_current_thread();
    let runtime = clock.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let progress: Arc<dyn Watch> = Arc::new(Unwatched);
        let (_stop, stopped) = watch::channel(false);
        let clients = job.raters.iter().map(|rater| client(&rater.model, None, None).unwrap()).collect();
        let part = job.whole();
        let orders = Orders {
            fit,
            clients,
            budget_nano_usd: None,
            progress,
            clock: Clock::default(),
            in_batches: BatchOrders::default(),
            stop: stopped,
        };
        let pass = collect(job, &part, &orders);
        tokio::pin!(pass);
        for step in [1, 1, 1, 2, 1, 7, 1, 40, 1, 600].into_iter().cycle() {
            tokio::select! {
                biased;
                outcome = &mut pass => return outcome.unwrap(),
                () = tokio::time::advance(Duration::from_millis(step)) => std::thread::yield_now(),
            }
        }
        unreachable!("the steps never end")
    })
}

/// Scores what is kept, as the report `format`.
pub fn scored(job: &Job, fit: Fit, weighting: Weighting, collected: &Collected, format: Format) -> Vec<u8> {
    let run = RunInfo {
        rubric: Arc::clone(&job.rubric),
        catalogue: job.catalogue.id.clone(),
        weighting,
        samples: job.samples,
        adaptive: job.adaptive,
        combine: Combine::Mean,
        rounds: ROUNDS.count,
        seed: ROUNDS.seed,
        offline: false,
        models: job.raters.iter().map(|rater| named(&rater.model)).collect(),
        notes: Vec::new(),
    };
    let totals = Totals {
        needed: collected.needed,
        cached: collected.cached,
        asked: collected.asked,
        cost_nano_usd: collected.cost_nano_usd,
        ..Totals::default()
    };
    let names = ["Low", "Middle", "High"].map(str::to_owned).to_vec();
    let weights = Weights::new(job, weighting, false).unwrap();
    let model_weights: Vec<f64> = job.raters.iter().map(|rater| rater.model.weight).collect();
    let tally = tally::Method {
        combination: Combination::mean(&model_weights),
        bands: Bands::new(vec![40.0, 50.0], names).unwrap(),
        rounds: ROUNDS,
    };
    let method = Method { weights, tally, offline: false };
    let mut bytes = Vec::new();
    let mut report = report::new(format, run, Box::new(&mut bytes), 100).unwrap();
    score::score(job, fit, &method, report.as_mut(), totals, &|| false).unwrap();
    drop(report);
    bytes
}

fn named(model: &Model) -> RunModel {
    RunModel {
        id: Arc::clone(&model.id),
        provider: model.provider_name(),
        model: model.model.clone(),
        weight: model.weight,
    }
}

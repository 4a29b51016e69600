//! The whole line in process, on the mock: from the demo catalogue to the bytes of a report, every
//! figure of which is reckoned once more by hand.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a test fails"
)]

mod common {
    pub mod line;
    pub mod program;
    pub mod report;
}

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use common::line::{collected, job, models, scored};
use common::program::Project;
use common::report::assert_same;
use score_tasks::ask;
use score_tasks::domain::{
    Answer, Finish, Fit, GapReason, Hash, Instant, Keyed, Question, Rubric, Scale, TaskType, Usage, Weighting,
};
use score_tasks::pace;
use score_tasks::pass::collect::Collected;
use score_tasks::pass::due::Reason;
use score_tasks::pass::plan;
use score_tasks::pass::{Job, Rater};
use score_tasks::rate;
use score_tasks::read::{self, Catalogue, Columns};
use score_tasks::report::Format;
use score_tasks::store::{Entry, Store};
use serde_json::Value;

/// Three raters of different weight and price, whose answers are often in a bad shape.
const THREE: &str = r#"
[run]
models = ["one"]
[models.one]
provider = "mock"
price = { input = 0.5, output = 2 }
[models.one.mock]
answers = { refusal = 0.15, out_of_range = 0.1, fenced = 0.3 }
[models.three]
provider = "mock"
weight = 0.5
[models.three.mock]
answers = { refusal = 0.4, truncated = 0.2 }
[models.two]
provider = "mock"
weight = 2
price = { input = 0.25, output = 1.25 }
[models.two.mock]
answers = { duplicate_keys = 0.1, think = 0.3 }
"#;

/// Two raters without faults.
const TWO: &str =
    "[run]\nmodels = [\"one\"]\n[models.one]\nprovider = \"mock\"\n[models.two]\nprovider = \"mock\"\n";

fn rubric(name: &str) -> Rubric {
    read::rubric(name, None).unwrap()
}

fn demo() -> Catalogue {
    Catalogue::demo().unwrap()
}

fn table(csv: &str) -> Catalogue {
    Catalogue::table_from_bytes("items.csv", csv.as_bytes().to_vec(), &Columns::default()).unwrap()
}

fn demo_job(config: &str) -> Job {
    job(demo(), &rubric("exposure"), models(config), &Store::in_memory().unwrap())
}

fn json(job: &Job, fit: Fit, collected: &Collected) -> Vec<u8> {
    scored(job, fit, Weighting::Importance, collected, Format::Json)
}

fn parsed(report: &[u8]) -> Value {
    serde_json::from_slice(report).unwrap()
}

fn each<'v>(value: &'v Value, list: &str) -> std::slice::Iter<'v, Value> {
    value[list].as_array().unwrap().iter()
}

/// All samples of a report.
fn samples(report: &Value) -> Vec<&Value> {
    each(report, "occupations")
        .flat_map(|occupation| each(occupation, "tasks"))
        .flat_map(|task| each(task, "models"))
        .flat_map(|model| each(model, "samples"))
        .collect()
}

/// Waits until the clock shows another millisecond, the grain of an answer's date. Nothing sleeps.
fn next_instant() -> Instant {
    let before = pace::now();
    loop {
        let now = pace::now();
        if now > before {
            return now;
        }
    }
}

// The reckoning by hand. It shares no code with the program, and takes from the report only the
// samples, and from the demo's files only the ratings.

/// Reading JSON may cost the last bit of a number.
fn same(found: &Value, expected: Option<f64>, what: &str) {
    match (found.as_f64(), expected) {
        (None, None) => assert!(found.is_null(), "{what}: {found} is not a number"),
        (Some(found), Some(expected)) => {
            assert!((found - expected).abs() < 1e-9, "{what}: {found}, by hand {expected}");
        }
        (found, expected) => panic!("{what}: {found:?}, by hand {expected:?}"),
    }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Some((squares / (values.len() as f64 - 1.0)).sqrt())
}

/// Of (value, weight) pairs.
fn weighted(pairs: &[(f64, f64)]) -> Option<f64> {
    let weight: f64 = pairs.iter().map(|pair| pair.1).sum();
    (weight > 0.0).then(|| pairs.iter().map(|pair| pair.0 * pair.1).sum::<f64>() / weight)
}

fn lowest(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::min)
}

fn highest(values: &[f64]) -> Option<f64> {
    values.iter().copied().reduce(f64::max)
}

/// The place of the value nearest the target; the first of equals.
fn nearest(target: f64, values: &[Option<f64>]) -> usize {
    let distance = |value: &Option<f64>| value.map_or(f64::INFINITY, |value| (value - target).abs());
    (0..values.len())
        .reduce(|best, next| if distance(&values[next]) < distance(&values[best]) { next } else { best })
        .unwrap()
}

/// `IM`, `RT` and the seven `FT` of the demo's tasks, by code and id.
struct DemoRatings(HashMap<(String, String, String), f64>);

impl DemoRatings {
    fn read() -> Self {
        let text = include_str!("../src/read/demo/Task Ratings.txt");
        let mut all = HashMap::new();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.split('\t').collect();
            let scale = format!("{}{}", cells[2], cells[3].replace("n/a", ""));
            all.insert((cells[0].to_owned(), cells[1].to_owned(), scale), cells[4].parse().unwrap());
        }
        Self(all)
    }

    fn of(&self, code: &str, id: &str, scale: &str) -> Option<f64> {
        self.0.get(&(code.to_owned(), id.to_owned(), scale.to_owned())).copied()
    }

    /// The weight of a task, and whether a part of it is imputed.
    fn weight(&self, weighting: Weighting, code: &str, id: &str, kind: TaskType) -> (f64, bool) {
        let rated = |scale: &str| self.of(code, id, scale);
        let importance = rated("IM");
        let by_kind = match kind {
            TaskType::Core => 100.0,
            TaskType::Supplemental => 50.0,
            TaskType::Untyped => 75.0,
        };
        let relevance = rated("RT");
        let share = relevance.unwrap_or(by_kind) / 100.0;
        let frequencies: Option<Vec<f64>> = (1..=7).map(|category| rated(&format!("FT{category}"))).collect();
        let times = frequencies.as_ref().and_then(|shares| {
            let a_year = [1.0, 4.0, 24.0, 104.0, 250.0, 750.0, 2000.0];
            weighted(&a_year.into_iter().zip(shares.iter().copied()).collect::<Vec<_>>())
        });
        match weighting {
            Weighting::Equal | Weighting::Given => (1.0, false),
            Weighting::Core => (if kind == TaskType::Core { 2.0 } else { 1.0 }, false),
            Weighting::Importance => (importance.unwrap_or(3.0), importance.is_none()),
            Weighting::ImportanceRelevance => {
                (importance.unwrap_or(3.0) * share, importance.is_none() || relevance.is_none())
            }
            Weighting::Time => (times.unwrap_or(104.0) * share, times.is_none() || relevance.is_none()),
        }
    }
}

fn kind(task: &Value) -> TaskType {
    task["type"].as_str().unwrap_or_default().parse().unwrap()
}

/// Checks a task against its samples; returns the mean of each model.
fn check_task(task: &Value, model_weights: &[f64]) -> Vec<Option<f64>> {
    let what = task["id"].as_str().unwrap();
    let mut means = Vec::new();
    for model in each(task, "models") {
        let scores: Vec<f64> = each(model, "samples").filter_map(|sample| sample["score"].as_f64()).collect();
        same(&model["score"], mean(&scores), what);
        same(&model["sd"], deviation(&scores), what);
        means.push(mean(&scores));
    }
    let present: Vec<f64> = means.iter().flatten().copied().collect();
    let pairs: Vec<(f64, f64)> =
        means.iter().zip(model_weights).filter_map(|(mean, weight)| Some(((*mean)?, *weight))).collect();
    let score = weighted(&pairs);
    same(&task["score"], score, what);
    same(&task["low"], lowest(&present), what);
    same(&task["high"], highest(&present), what);
    same(&task["sd"], deviation(&present), what);
    check_rationale(task, score, &means);
    means
}

/// The rationale shown is that of the sample nearest its model's mean, of the model nearest the score.
fn check_rationale(task: &Value, score: Option<f64>, means: &[Option<f64>]) {
    let Some(score) = score else {
        assert!(task["rationale"].is_null(), "{task}");
        return;
    };
    let model = nearest(score, means);
    let chosen = &task["models"][model];
    let scores: Vec<Option<f64>> = each(chosen, "samples").map(|sample| sample["score"].as_f64()).collect();
    let sample = &chosen["samples"][nearest(means[model].unwrap(), &scores)];
    let shown = &task["rationale"];
    assert_eq!(
        [&shown["text"], &shown["model"], &shown["sample"]],
        [&sample["rationale"], &chosen["model"], &sample["sample"]],
        "{task}"
    );
    assert!(shown["text"].as_str().unwrap().len() > 50, "{task}");
}

fn band(score: f64) -> &'static str {
    match score {
        ..40.0 => "Low",
        40.0..50.0 => "Middle",
        _ => "High",
    }
}

fn check_occupation(occupation: &Value, ratings: &DemoRatings, weighting: Weighting, model_weights: &[f64]) {
    let code = occupation["code"].as_str().unwrap();
    let tasks: Vec<&Value> = each(occupation, "tasks").collect();
    let weights: Vec<(f64, bool)> = tasks
        .iter()
        .map(|task| ratings.weight(weighting, code, task["id"].as_str().unwrap(), kind(task)))
        .collect();
    let all: f64 = weights.iter().map(|weight| weight.0).sum();
    let imputed = weights.iter().filter(|weight| weight.1).count();
    assert_eq!(occupation["imputed_weights"], imputed, "{code}");
    let mut by_model = vec![Vec::new(); model_weights.len()];
    for (task, (weight, _)) in tasks.iter().zip(&weights) {
        same(&task["weight"], Some(weight / all), code);
        for (pairs, mean) in by_model.iter_mut().zip(check_task(task, model_weights)) {
            pairs.extend(mean.map(|mean| (mean, *weight)));
        }
    }
    let scores: Vec<Option<f64>> = by_model.iter().map(|pairs| weighted(pairs)).collect();
    let coverages: Vec<f64> =
        by_model.iter().map(|pairs| pairs.iter().map(|pair| pair.1).sum::<f64>() / all).collect();
    for ((model, score), coverage) in each(occupation, "models").zip(&scores).zip(&coverages) {
        same(&model["score"], *score, code);
        same(&model["coverage"], Some(*coverage), code);
    }
    let present: Vec<f64> = scores.iter().flatten().copied().collect();
    let pairs: Vec<(f64, f64)> =
        scores.iter().zip(model_weights).filter_map(|(score, weight)| Some(((*score)?, *weight))).collect();
    same(&occupation["score"], weighted(&pairs), code);
    same(&occupation["low"], lowest(&present), code);
    same(&occupation["high"], highest(&present), code);
    same(&occupation["coverage"], mean(&coverages), code);
    assert_eq!(occupation["band"], band(weighted(&pairs).unwrap()), "{code}");
    let (low, high) = (band(lowest(&present).unwrap()), band(highest(&present).unwrap()));
    let span = if low == high { low.to_owned() } else { format!("{low} to {high}") };
    assert_eq!(occupation["band_span"], span, "{code}");
}

/// The counts and costs of a run in which no question was asked more than once.
fn check_run(report: &Value, prices: &[(f64, f64)]) {
    let mut gaps: BTreeMap<String, u64> = BTreeMap::new();
    for sample in samples(report) {
        if let Some(reason) = sample["gap"].as_str() {
            *gaps.entry(reason.to_owned()).or_default() += 1;
        }
    }
    let total: u64 = gaps.values().sum();
    assert_eq!(report["gaps"], serde_json::json!({ "total": total, "by_reason": gaps }));
    assert_eq!(report["run"]["answers"]["gaps"], total);
    let mut cost = 0.0;
    for task in each(report, "occupations").flat_map(|occupation| each(occupation, "tasks")) {
        for (model, (input, output)) in each(task, "models").zip(prices) {
            for sample in each(model, "samples") {
                let tokens = |key: &str| sample[key].as_f64().unwrap();
                let expected = (tokens("tokens_in") * input + tokens("tokens_out") * output) / 1e6;
                same(&sample["cost_usd"], Some(expected), "a sample's cost");
                cost += expected;
            }
        }
    }
    same(&report["run"]["cost_usd"], Some(cost), "the run's cost");
}

#[test]
fn every_figure_follows_from_the_samples_and_the_ratings() {
    let ratings = DemoRatings::read();
    let mut job = demo_job(THREE);
    (job.samples, job.reask) = (3, 0);
    let job = Arc::new(job);
    let count = collected(&job, Fit::ANY);
    assert_eq!((count.needed, count.cached, count.asked), (151 * 9, 0, 151 * 9));
    // In the order of their names: one, three, two.
    let (weights, prices) = ([1.0, 0.5, 2.0], [(0.5, 2.0), (0.0, 0.0), (0.25, 1.25)]);
    for weighting in [
        Weighting::Importance,
        Weighting::ImportanceRelevance,
        Weighting::Time,
        Weighting::Core,
        Weighting::Equal,
    ] {
        let report = parsed(&scored(&job, Fit::ANY, weighting, &count, Format::Json));
        assert_eq!(report["run"]["weights"], weighting.name());
        assert_eq!(samples(&report).len(), 151 * 9);
        for occupation in each(&report, "occupations") {
            check_occupation(occupation, &ratings, weighting, &weights);
        }
        check_run(&report, &prices);
    }
}

#[test]
fn scales_of_every_kind_reach_every_report() {
    let labels = vec![("E0".into(), 0.0), ("E1".into(), 100.0), ("E2".into(), 37.5)];
    let percent = Scale::Integer { min: 0, max: 100 };
    let scales = [
        percent.clone(),
        Scale::Integer { min: -2, max: 8 },
        Scale::Ordinal { min: 1, max: 5 },
        Scale::Nominal { labels },
    ];
    for scale in scales {
        let rubric = Rubric { scale: scale.clone(), ..rubric("exposure") };
        let job = Arc::new(job(demo(), &rubric, models(TWO), &Store::in_memory().unwrap()));
        let count = collected(&job, Fit::ANY);
        let report = parsed(&json(&job, Fit::ANY, &count));
        assert_eq!(report["gaps"]["total"], 0, "{scale:?}");
        let mut seen = HashSet::new();
        for sample in samples(&report) {
            let (score, level) = (sample["score"].as_f64().unwrap(), &sample["level"]);
            let expected = match &scale {
                _ if scale == percent => {
                    assert!(level.is_null() && score.fract() == 0.0, "{sample}");
                    score
                }
                Scale::Nominal { labels } => labels.iter().find(|(label, _)| *level == **label).unwrap().1,
                Scale::Integer { min, max } | Scale::Ordinal { min, max } => {
                    let level = level.as_i64().unwrap();
                    (level - min) as f64 / (max - min) as f64 * 100.0
                }
            };
            assert!((score - expected).abs() < 1e-9 && (0.0..=100.0).contains(&score), "{sample}");
            seen.insert(level.to_string());
        }
        assert!(scale == percent || seen.len() > 2, "{scale:?}: {seen:?}");
        for occupation in each(&report, "occupations") {
            check_occupation(occupation, &DemoRatings::read(), Weighting::Importance, &[1.0, 1.0]);
        }
        for format in [Format::Table, Format::Jsonl, Format::Csv, Format::Md] {
            let text = scored(&job, Fit::ANY, Weighting::Importance, &count, format);
            let text = String::from_utf8(text).unwrap();
            for occupation in &job.catalogue.occupations {
                // A table cuts long titles, and Markdown puts a backslash before some signs.
                let start: String = occupation.title.chars().take_while(|c| c.is_alphabetic()).collect();
                assert!(text.contains(&start), "{format:?} of {scale:?} is without {start}");
            }
        }
    }
}

#[test]
fn a_gap_is_never_a_number() {
    let config = "[run]\nmodels = [\"a\"]\n[models.a]\nprovider = \"mock\"\n[models.b]\nprovider = \"mock\"\n\
                  mock = { answers = { refusal = 1.0 } }\n[models.c]\nprovider = \"mock\"\n\
                  mock = { answers = { out_of_range = 1.0 } }\n";
    let all = models(config);
    let store = Store::in_memory().unwrap();
    let run = |models: &[usize]| {
        let models = models.iter().map(|at| all[*at].clone()).collect();
        let job = Arc::new(job(demo(), &rubric("exposure"), models, &store));
        let count = collected(&job, Fit::ANY);
        parsed(&json(&job, Fit::ANY, &count))
    };
    let (alone, mixed, none) = (run(&[0]), run(&[0, 1, 2]), run(&[1, 2]));
    for (lonely, occupation) in each(&alone, "occupations").zip(each(&mixed, "occupations")) {
        // Two raters without a rating shift nothing: they only lower the coverage.
        assert_eq!(
            ["score", "low", "high", "band"].map(|key| &occupation[key]),
            ["score", "low", "high", "band"].map(|key| &lonely[key])
        );
        same(&occupation["coverage"], Some(1.0 / 3.0), "coverage");
    }
    for report in [&mixed, &none] {
        assert_eq!(report["gaps"]["by_reason"], serde_json::json!({ "refused": 151, "out_of_range": 151 }));
        assert_eq!(report["run"]["answers"]["gaps"], 302);
        for sample in samples(report) {
            let has = |key: &str| !sample[key].is_null();
            assert!(has("gap") != has("score") && has("gap") == has("detail"), "{sample}");
            assert!(has("key"), "{sample}");
        }
    }
    for occupation in each(&none, "occupations") {
        for value in ["score", "low", "high", "band", "band_span"].map(|key| &occupation[key]) {
            assert!(value.is_null(), "{occupation}");
        }
        same(&occupation["coverage"], Some(0.0), "coverage");
        for task in each(occupation, "tasks") {
            assert!(
                ["score", "low", "high", "sd", "rationale"].iter().all(|key| task[key].is_null()),
                "{task}"
            );
        }
    }
    // No format may make a zero of it either.
    let models = vec![all[1].clone(), all[2].clone()];
    let silent = Arc::new(job(demo(), &rubric("exposure"), models, &store));
    let csv = scored(&silent, Fit::ANY, Weighting::Importance, &Collected::nothing(), Format::Csv);
    let mut reader = csv::Reader::from_reader(csv.as_slice());
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 302);
    for (column, name) in names.iter().enumerate().filter(|(_, name)| name.contains("0_100")) {
        assert!(rows.iter().all(|row| row[column].is_empty()), "{name}");
    }
}

#[test]
fn a_second_run_asks_nothing_and_gives_the_same_bytes() {
    for config in [TWO, THREE] {
        let mut job = demo_job(config);
        // Until all have a score: what has none is asked again by every run.
        (job.samples, job.reask) = (2, 50);
        let job = Arc::new(job);
        let first = collected(&job, Fit::ANY);
        let second = collected(&job, Fit::ANY);
        assert!(first.asked >= first.needed && first.cached == 0, "{first:?}");
        assert_eq!(
            second,
            Collected {
                needed: first.needed,
                cached: first.needed,
                newest: first.newest,
                lanes: second.lanes.clone(),
                ..Collected::nothing()
            },
            "{config}"
        );
        let [first, second] = [first, second].map(|count| json(&job, Fit::ANY, &count));
        assert_same(&first, &second, &["answers", "cost_usd"], "the second run");
    }
}

#[test]
fn an_older_report_can_be_repeated_after_everything_was_asked_anew() {
    let store = Store::in_memory().unwrap();
    let before = job(demo(), &rubric("exposure"), models(TWO), &store);
    let before = Arc::new(before);
    let count = collected(&before, Fit::ANY);
    let first = json(&before, Fit::ANY, &count);
    let then = Fit { to: pace::now(), ..Fit::ANY };
    let from = next_instant();

    // Weather is no part of a question: the same keys, other answers.
    let stormy =
        TWO.replace("provider = \"mock\"", "provider = \"mock\"\nmock = { answers = { refusal = 0.5 } }");
    let after = Arc::new(job(demo(), &rubric("exposure"), models(&stormy), &store));
    let fresh = Fit { from, ..Fit::ANY };
    let asked = collected(&after, fresh);
    assert!(asked.asked > count.asked && asked.cached == 0, "{asked:?}");
    let second = json(&after, fresh, &asked);
    assert!(parsed(&second)["gaps"]["total"].as_u64().unwrap() > 50);

    // Other numbers too: whatever the first model is asked is now answered with 7.
    let sevens = next_instant();
    put_sevens(&store, &before, sevens);
    let third = parsed(&json(&after, Fit::ANY, &asked));
    assert!(samples(&third).iter().filter(|sample| sample["score"] == 7.0).count() >= 151);

    assert_same(&json(&after, then, &count), &first, &[], "the first report repeated");
    let between = Fit { from, to: Instant(sevens.0 - 1) };
    assert_same(&json(&before, between, &asked), &second, &[], "the second report repeated");
}

/// Every first attempt at the questions of a job.
fn questions(job: &Job, rater: &Rater) -> Vec<Keyed<Question>> {
    let asker = rater.asker.as_ref().unwrap();
    job.chunks(&job.whole())
        .unwrap()
        .flat_map(|chunk| job.questions(asker, &chunk.unwrap(), &job.whole()).unwrap())
        .collect()
}

/// Gives the first rater's questions a further answer each.
fn put_sevens(store: &Store, job: &Job, at: Instant) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for question in questions(job, &job.raters[0]) {
        let answer = Answer {
            at,
            served: "one".to_owned(),
            finish: Finish::Complete,
            text: r#"{"score": 7, "rationale": "Seven."}"#.to_owned(),
            usage: Usage { input: 1, output: 1, ..Usage::default() },
            cost_nano_usd: Some(1),
            priced: "config".into(),
            latency_ms: 1,
            request_id: String::new(),
        };
        runtime.block_on(async {
            store.put(Entry::new(question, answer, Vec::new())).await.unwrap().kept().await.unwrap()
        });
    }
}

#[test]
fn equal_questions_are_asked_once() {
    // The rubric `items` shows the text alone, so rows of one text are one question.
    let mut csv = String::from("id,text\n");
    for row in 0..120 {
        csv.push_str(&format!("{row},Water the plants of kind {} in the morning.\n", row % 7));
    }
    for chunk in [1, 2, 7, 50, 256] {
        let store = Store::in_memory().unwrap();
        let mut job = job(table(&csv), &rubric("items"), models(TWO), &store);
        (job.samples, job.chunk) = (2, chunk);
        let job = Arc::new(job);
        let planned: Vec<u64> = plan::plan(&job, Fit::ANY, &job.whole(), Reason::TooOld)
            .unwrap()
            .iter()
            .map(|plan| plan.calls)
            .collect();
        assert_eq!(planned, [14, 14], "chunks of {chunk}");
        let count = collected(&job, Fit::ANY);
        assert_eq!((count.needed, count.cached, count.asked), (480, 480 - 28, 28), "chunks of {chunk}");
        let report = parsed(&scored(&job, Fit::ANY, Weighting::Equal, &count, Format::Json));
        let tasks: Vec<&Value> = each(&report["occupations"][0], "tasks").collect();
        assert_eq!(tasks.len(), 120);
        for (row, task) in tasks.iter().enumerate() {
            assert_eq!(task["models"], tasks[row % 7]["models"]);
        }
        assert_eq!(collected(&job, Fit::ANY).asked, 0);
    }
}

#[test]
fn a_gap_is_reported_under_the_key_of_the_answer_that_shows_it() {
    let config =
        TWO.replace("provider = \"mock\"", "provider = \"mock\"\nmock = { answers = { refusal = 1.0 } }");
    let mut job = demo_job(&config);
    job.reask = 0;
    let job = Arc::new(job);
    let count = collected(&job, Fit::ANY);
    let first = json(&job, Fit::ANY, &count);
    // A second attempt is now allowed, but nobody makes it.
    let mut patient = demo_job(&config);
    patient.store = job.store.clone();
    let report = parsed(&json(&patient, Fit::ANY, &count));
    assert_eq!(report, parsed(&first));
    assert!(samples(&report).iter().all(|sample| sample["gap"] == "refused"));
}

#[test]
fn unreadable_answers_get_a_second_attempt_under_another_key() {
    let config = TWO.replace(
        "provider = \"mock\"",
        "provider = \"mock\"\nmock = { answers = { empty = 0.2, refusal = 0.1, duplicate_keys = 0.1 } }",
    );
    let job = Arc::new(demo_job(&config));
    let count = collected(&job, Fit::ANY);
    let (mut again, mut given_up) = (0, 0);
    let report = parsed(&json(&job, Fit::ANY, &count));
    let shown: HashSet<&str> =
        samples(&report).iter().map(|sample| sample["key"].as_str().unwrap()).collect();
    for rater in &job.raters {
        for first in questions(&job, rater) {
            let answer = kept(&job.store, first.key).unwrap();
            let second = rate::rating(&job.rubric, &answer).err().and_then(|gap| ask::again(&first, &gap));
            let Some(second) = second else {
                assert!(shown.contains(first.key.to_string().as_str()));
                continue;
            };
            again += 1;
            assert_ne!(first.key, second.key);
            assert_eq!((second.it.attempt, ask::first_key(&second)), (2, first.key));
            assert!(shown.contains(second.key.to_string().as_str()), "the last attempt is reported");
            let answer = kept(&job.store, second.key).expect("a second attempt is kept");
            if let Err(gap) = rate::rating(&job.rubric, &answer) {
                given_up += 1;
                assert!(gap.reason != GapReason::NotAsked);
            }
        }
    }
    assert!(again > 60 && given_up > 10, "{again} asked again, {given_up} given up");
    assert_eq!((count.needed, count.asked), (302, 302 + again));
    assert_eq!(report["gaps"]["total"], given_up);
    // The next run asks only what has no score yet, and goes on with the next attempt.
    let once = Arc::new(Job { reask: 0, store: job.store.clone(), ..demo_job(&config) });
    let second = collected(&once, Fit::ANY);
    assert_eq!((second.asked, second.cached), (given_up, 302 - given_up), "the second run");
    let report = parsed(&json(&once, Fit::ANY, &second));
    assert!(report["gaps"]["total"].as_u64().unwrap() < given_up, "the third attempts mend some");
}

#[test]
fn calls_that_break_are_gaps_until_they_are_made_again() {
    let broken =
        TWO.replace("provider = \"mock\"", "provider = \"mock\"\nmax_attempts = 2\nmock = { broken = 1.0 }");
    let store = Store::in_memory().unwrap();
    let in_weather = |config: &str| Arc::new(job(demo(), &rubric("exposure"), models(config), &store));
    let gaps = |job: &Arc<Job>, fit: Fit, count: &Collected| {
        parsed(&json(job, fit, count))["gaps"]["by_reason"].clone()
    };
    let job = in_weather(&broken);
    for _ in 0..2 {
        // Each run tries again; nothing that came counts as an answer.
        let count = collected(&job, Fit::ANY);
        let lanes = count.lanes.clone();
        assert_eq!(count, Collected { needed: 302, newest: count.newest, lanes, ..Collected::nothing() });
        assert_eq!(gaps(&job, Fit::ANY, &count), serde_json::json!({ "failed": 302 }));
    }
    let clear = in_weather(TWO);
    let count = collected(&clear, Fit::ANY);
    assert_eq!((count.cached, count.asked), (0, 302));
    let good = json(&clear, Fit::ANY, &count);
    assert_eq!(gaps(&clear, Fit::ANY, &count), serde_json::json!({}));
    // Asked anew in bad weather, the good answers still serve whoever does not insist on new ones.
    let fresh = Fit { from: next_instant(), ..Fit::ANY };
    let again = collected(&job, fresh);
    assert_eq!(gaps(&job, fresh, &again), serde_json::json!({ "failed": 302 }));
    assert_same(&json(&job, Fit::ANY, &count), &good, &[], "after the failures");
}

fn kept(store: &Store, key: Hash) -> Option<Answer> {
    store.get(vec![key], Fit::ANY).unwrap().remove(0)
}

#[test]
fn the_time_that_a_run_prints_repeats_its_report() {
    let project = Project::new(TWO);
    let words = ["--all", "--json", "--allow-gaps", "100%", "--models", "one,two"];
    let first = project.succeed(&words);
    let hint = first.stderr.lines().last().unwrap();
    let (_, time) = hint.split_once("--as-of ").expect(hint);
    project.write(
        "config.toml",
        TWO.replace("provider = \"mock\"", "provider = \"mock\"\nmock = { answers = { refusal = 0.5 } }"),
    );
    let fresh = project.succeed(&[&words[..], &["--fresh"]].concat());
    assert!(fresh.stderr.contains("0 cached"), "{}", fresh.stderr);
    let changed = parsed(&fresh.stdout);
    assert!(changed["gaps"]["total"].as_u64().unwrap() > 50);
    let repeated = project.succeed(&[&words[..], &["--as-of", time]].concat());
    assert_same(&repeated.stdout, &first.stdout, &["answers", "offline", "cost_usd"], "--as-of");
    // Without it, the newest answers serve.
    let newest = project.succeed(&[&words[..], &["--offline"]].concat());
    assert_same(&newest.stdout, &fresh.stdout, &["answers", "offline", "cost_usd"], "--offline");
}

/// Clocks are set back, and stores are copied from machines whose clocks are ahead. An answer that
/// collecting counts as there must be there for the report, else its gap can never be filled.
#[test]
fn an_answer_dated_ahead_of_the_clock_is_no_gap() {
    let project = Project::new(TWO);
    let store = Store::open(&project.path("cache/answers.sqlite")).unwrap();
    let job = job(demo(), &rubric("exposure"), models(TWO), &store);
    put_sevens(&store, &job, Instant(pace::now().0 + 3_600_000));
    drop((job, store));
    let ran = project.run(&["--all", "--json", "--models", "one"]);
    assert_eq!(parsed(&ran.stdout)["gaps"]["total"], 0, "{}", ran.stderr);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

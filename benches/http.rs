//! What a question costs over HTTP, beside the barest loop on the same client and bodies, and beside the
//! official Python SDK; and whether a window of 400 is kept full over HTTP/1.1 and HTTP/2.
//!
//! `cargo bench --bench http` runs all of it; docs/PERFORMANCE.md says how to read it. Every figure is
//! taken in a process of its own, against a server in another.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot be set up may stop"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "measures the outside: processes, clocks, files, and a client without the program around it"
)]

#[path = "../tests/common/server/mod.rs"]
mod server;

#[path = "http/h2.rs"]
mod h2;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use score_tasks::ask::Asker;
use score_tasks::config::Config;
use score_tasks::domain::{Fit, Model, Provider, Selection, Server, Source, Unwatched};
use score_tasks::pace::Clock;
use score_tasks::pass::collect::{BatchOrders, Collected, Orders, client, collect};
use score_tasks::pass::{CHUNK, Job, Rater};
use score_tasks::provider::{self, dialect, endpoint};
use score_tasks::read::{self, Catalogue, Columns};
use score_tasks::store::Store;

const WINDOW: usize = 64;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", latency_ms] => server::main_loop(server::Script {
            latency: Duration::from_millis(latency_ms.parse().unwrap()),
            log: false,
            ..server::Script::default()
        }),
        ["serve-h2", latency_ms, folder] => h2::serve(latency_ms.parse().unwrap(), folder.as_ref()),
        ["serve-limited", kind] => server::main_loop(server::Script {
            latency: Duration::from_millis(400),
            limit: limit(kind),
            log: false,
            ..server::Script::default()
        }),
        ["limited", url, kind] => print_cost(&limited(kind).0.to_string(), |count| rate(url, kind, count)),
        ["rates"] => rates(),
        ["bare", url, count] => print_cost(count, |count| bare(url, count)),
        ["ours", url, count, window] => print_cost(count, |count| ours(url, count, window.parse().unwrap())),
        _ => all(),
    }
}

/// Runs every measurement in a process of its own and prints the medians.
fn all() {
    println!("CPU per question, {WINDOW} in flight, against a server in another process:");
    let local = Served::start(&["serve", "0"], &[]);
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        bare.push(local.measure(&["bare", &local.url, "30000"]));
        ours.push(local.measure(&["ours", &local.url, "30000", "64"]));
    }
    let (bare, ours) = (median(bare), median(ours));
    println!("  barest loop  {bare}\n  score-tasks  {ours}\n  ratio        {:.2}", ours.cpu_us / bare.cpu_us);
    python(&local, &ours);
    let large = local.measure(&["ours", &local.url, "100000", "64"]);
    println!("100,000 questions: {large}");
    println!("400 in flight, each answered after half a second (the ideal is 800 a second):");
    let slow = Served::start(&["serve", "500"], &[]);
    println!("  HTTP/1.1  {}", slow.measure(&["ours", &slow.url, "60000", "400"]));
    let folder = tempfile::tempdir().unwrap();
    let slow = Served::start(&["serve-h2", "500", folder.path().to_str().unwrap()], &[]);
    let roots = folder.path().join("root.pem");
    println!(
        "  HTTP/2, at most 100 streams a connection  {}",
        slow.measure_with(
            &["ours", &slow.url, "60000", "400"],
            &[("SSL_CERT_FILE", roots.to_str().unwrap())],
        )
    );
}

/// What a limited server takes, by the kind of its limit.
fn limit(kind: &str) -> server::Limit {
    match kind {
        "requests" => server::Limit::RequestsPerMinute { limit: 600, burst: 3 },
        "tokens" => {
            server::Limit::TokensPerMinute { limit: 100_000, capacity: 10_000, counts_max_tokens: false }
        }
        "windows" | "unknown" => server::Limit::Window {
            requests: 20,
            every: Duration::from_secs(2),
            retry_after: server::RetryAfter::Seconds(2),
        },
        other => panic!("no limit on {other}"),
    }
}

/// How many questions take a minute at that limit, and how the config says it.
fn limited(kind: &str) -> (usize, &'static str) {
    match kind {
        "requests" => (601, "requests_per_minute = 600"),
        // Twenty in every two seconds, and a wait of two for those that come too early.
        "windows" => (200, "requests_per_minute = 600"),
        "unknown" => (200, ""),
        // Some 1,400 tokens each, as the server counts: a quarter of the bytes of body and answer.
        _ => (72, "tokens_per_minute = 100000"),
    }
}

/// `cargo bench --bench http -- rates`: a minute of real time at each limit, and 200 rows in windows.
fn rates() {
    for kind in ["requests", "tokens", "windows", "unknown"] {
        let mut served = Served::start(&["serve-limited", kind], &[]);
        let cost = served.measure(&["limited", &served.url, kind]);
        println!("{kind}: {cost}; the server counted {}", served.end());
    }
}

fn rate(url: &str, kind: &str, count: usize) -> (f64, Instant) {
    let rubric = "max_in_flight = 64";
    run(url, count, &format!("{}\n{rubric}", limited(kind).1))
}

/// The official SDK under asyncio, where a Python that has it is named by OPENAI_PYTHON.
fn python(local: &Served, ours: &Cost) {
    let Ok(python) = std::env::var("OPENAI_PYTHON") else {
        println!("  openai SDK   not measured: OPENAI_PYTHON names a Python that has it");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/openai_sdk.py");
    let mut command = Command::new(python);
    let cost = Cost::read(command.args([script, &format!("{}/v1", local.url), "3000"]));
    println!("  openai SDK   {cost}\n  ratio        {:.1}", cost.cpu_us / ours.cpu_us);
}

/// A server in a process of its own.
struct Served {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    url: String,
}

impl Served {
    fn start(words: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = this(words, variables).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let line = line.trim();
        let url = if line.contains("://") { line.to_owned() } else { format!("http://127.0.0.1:{line}") };
        Self { child, output, url }
    }

    /// What it says at its end.
    fn end(&mut self) -> String {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        rest.trim().to_owned()
    }

    fn measure(&self, words: &[&str]) -> Cost {
        self.measure_with(words, &[])
    }

    fn measure_with(&self, words: &[&str], variables: &[(&str, &str)]) -> Cost {
        Cost::read(&mut this(words, variables))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The servers end with their input.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn this(words: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(words).envs(variables.iter().copied());
    command
}

/// What a process has used.
struct Cost {
    cpu_us: f64,
    per_second: f64,
    rss_mb: f64,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cpu_us, per_second, rss_mb } = self;
        write!(f, "{cpu_us:6.1} us CPU, {per_second:7.0} a second, {rss_mb:4.0} MB")
    }
}

impl Cost {
    /// From the last line that a process prints: three numbers.
    fn read(command: &mut Command) -> Self {
        let output = command.stderr(Stdio::inherit()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let last = text.lines().last().unwrap_or_else(|| panic!("{command:?} printed nothing"));
        let numbers: Vec<f64> = last.split(' ').map(|word| word.parse().unwrap()).collect();
        Self { cpu_us: numbers[0], per_second: numbers[1], rss_mb: numbers[2] }
    }
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|a, b| a.cpu_us.total_cmp(&b.cpu_us));
    costs.swap_remove(costs.len() / 2)
}

/// Measures from the moment at which a run is set up, and prints what `Cost::read` takes.
fn print_cost(count: &str, run: impl FnOnce(usize) -> (f64, Instant)) {
    let count: usize = count.parse().unwrap();
    let (cpu_before, start) = run(count);
    let cpu_us = (cpu_seconds() - cpu_before) * 1e6 / count as f64;
    println!("{cpu_us:.3} {:.1} {:.1}", count as f64 / start.elapsed().as_secs_f64(), peak_mb());
}

/// User and system time of this process, threads that have ended included.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // Fields 14 and 15 of the whole line, in hundredths of a second.
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn peak_mb() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1_024.0
}

/// Rows that are all different and about as long as O*NET's tasks.
fn items(folder: &std::path::Path, count: usize) -> std::path::PathBuf {
    let path = folder.join("items.csv");
    let mut text = String::from("id,text\n");
    for row in 0..count {
        text.push_str(&format!(
            "{row},\"Check the records of case {row} for errors, correct them, and tell the person who asked.\"\n"
        ));
    }
    std::fs::write(&path, text).unwrap();
    path
}

fn model(url: &str, settings: &str) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let text = format!(
        "[run]\nmodels = [\"m\"]\n[models.m]\nprovider = \"openai\"\nbase_url = \"{url}/v1\"\n\
         {settings}\n"
    );
    std::fs::write(&file, text).unwrap();
    let config = Config::load(Some(&file), folder.path()).unwrap_or_else(|error| panic!("{error}"));
    config.known_models.into_iter().next().unwrap()
}

fn server_of(model: &Model) -> &Server {
    match &model.source {
        Source::Asked(Provider::Http(server)) => server,
        _ => panic!("no server"),
    }
}

fn asker(model: &Model) -> Asker {
    let Source::Asked(asked) = &model.source else { panic!("nobody is asked") };
    Asker::new(Arc::new(read::rubric("exposure", None).unwrap()), model, endpoint(asked)).unwrap()
}

fn job(model: Model, table: &std::path::Path, store: Store) -> Job {
    Job {
        catalogue: Arc::new(Catalogue::table(table, &Columns::default()).unwrap()),
        selection: Selection::default(),
        rubric: Arc::new(read::rubric("exposure", None).unwrap()),
        raters: vec![Rater { asker: Some(asker(&model)), model }],
        samples: 1,
        adaptive: None,
        anchors: None,
        only_unanswered: false,
        reask: 0,
        store,
        chunk: CHUNK,
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// The least that could be done: bodies that were made before are posted, replies are read and dropped.
fn bare(url: &str, count: usize) -> (f64, Instant) {
    let folder = tempfile::tempdir().unwrap();
    let job = job(model(url, ""), &items(folder.path(), count), Store::in_memory().unwrap());
    let asker = job.raters[0].asker.as_ref().unwrap();
    let server = server_of(&job.raters[0].model);
    let mut bodies = Vec::with_capacity(count);
    for chunk in job.chunks(&job.whole()).unwrap() {
        for question in job.questions(asker, &chunk.unwrap(), &job.whole()).unwrap() {
            let envelope = dialect::envelope(server, &question.it.context.it).unwrap();
            let user = serde_json::to_vec(&question.it.user).unwrap();
            bodies.push(Bytes::from([&envelope.head[..], &user, &envelope.tail].concat()));
        }
    }
    let client = provider::client_builder(true).build().unwrap();
    let url = format!("{url}/v1/chat/completions");
    let (cpu, start) = (cpu_seconds(), Instant::now());
    runtime().block_on(async {
        let calls = bodies.into_iter().map(|body| {
            let request = client.post(&url).header("content-type", "application/json").body(body);
            async { request.send().await.unwrap().bytes().await.unwrap().len() }
        });
        let bytes: usize =
            futures::stream::iter(calls).buffer_unordered(WINDOW).fold(0, async |a, b| a + b).await;
        assert!(bytes > count * 100);
    });
    (cpu, start)
}

/// The collecting pass: read, render, hash, look up, ask, decode, rate, compress, commit durably.
fn ours(url: &str, count: usize, window: usize) -> (f64, Instant) {
    run(url, count, &format!("requests_per_minute = 60000000\nmax_in_flight = {window}"))
}

fn run(url: &str, count: usize, settings: &str) -> (f64, Instant) {
    let folder = tempfile::tempdir().unwrap();
    let table = items(folder.path(), count);
    let store = Store::open(&folder.path().join("answers.sqlite")).unwrap();
    let job = Arc::new(job(model(url, settings), &table, store));
    let clients = vec![client(&job.raters[0].model, None, None).unwrap()];
    let (_stop, stop) = tokio::sync::watch::channel(false);
    let progress = Arc::new(Unwatched);
    let orders = Orders {
        fit: Fit::ANY,
        clients,
        budget_nano_usd: None,
        progress,
        clock: Clock::default(),
        in_batches: BatchOrders::default(),
        stop,
    };
    let (cpu, start) = (cpu_seconds(), Instant::now());
    let collected: Collected = runtime().block_on(collect(&job, &job.whole(), &orders)).unwrap();
    assert_eq!(collected.asked, count as u64);
    (cpu, start)
}

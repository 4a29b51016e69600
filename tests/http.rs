//! The real program against a server on the loopback that fails in every way in which providers do.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "a panic is how a test fails; and it uses only some of what tests share"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests make their own files, and read a clock to see how long something took"
)]

mod common {
    pub mod dice;
    pub mod program;
    pub mod server;
    pub mod table;
    pub mod talk;
}

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::program::{BINARY, Project, Ran, finished};
use common::server::{Answer, Faults, Hook, Limit, Outcome, RetryAfter, Script, Server, Usage, score_of};
use common::table::table;
use common::talk::counted;
use score_tasks::store;
use serde_json::Value;

const KEY: &str = "sk-canary-7f3a9c51e2";
const RUN: [&str; 6] = ["--items", "items.csv", "--json", "--output", "report.json", "--yes"];

/// A model at a server, with a price, and what else a test wants of it.
fn model(name: &str, provider: &str, server: &Server, more: &str) -> String {
    let base = if provider.starts_with("openai") { "/v1" } else { "" };
    format!(
        "[models.{name}]\nprovider = \"{provider}\"\nbase_url = \"{}{base}\"\napi_key_env = \"TEST_KEY\"\n\
         price = {{ input = 1.0, output = 10.0 }}\ntimeout_s = 1\n{more}\n",
        server.url
    )
}

fn config(reask: u32, models: &[String]) -> String {
    let name =
        |model: &String| model.strip_prefix("[models.")?.split_once(']').map(|(name, _)| name.to_owned());
    let names: Vec<String> = models.iter().filter_map(name).collect();
    format!("[run]\nmodels = {names:?}\nrubric = \"items\"\nreask = {reask}\n{}", models.join(""))
}

fn project(config: &str, rows: usize) -> Project {
    let project = Project::new(config);
    project.write("items.csv", table(rows));
    project.write(".env", format!("TEST_KEY={KEY}\n"));
    project
}

fn report(project: &Project) -> Value {
    serde_json::from_slice(&std::fs::read(project.path("report.json")).unwrap()).unwrap()
}

fn gaps(report: &Value) -> u64 {
    report["gaps"]["total"].as_u64().unwrap()
}

fn ok(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}

#[test]
fn every_dialect_brings_the_score_that_the_server_gave() {
    let server = Server::start(Script { key: Some(KEY.to_owned()), ..Script::default() });
    let models: Vec<String> = ["openai", "openai-responses", "anthropic", "gemini"]
        .map(|provider| model(provider, provider, &server, ""))
        .into();
    let project = project(&config(0, &models), 40);
    ok(&project.run(&RUN));
    let report = report(&project);
    assert_eq!(gaps(&report), 0);
    // By what was asked in each dialect, for the server forgets which model it was.
    let log = server.log();
    assert_eq!(log.len(), 160);
    let scores: Vec<u64> = log.iter().map(|logged| score_of(&logged.user)).collect();
    for occupation in report["occupations"].as_array().unwrap() {
        for task in occupation["tasks"].as_array().unwrap() {
            let models = task["models"].as_array().unwrap();
            assert_eq!(models.len(), 4);
            let score = models[0]["score"].as_f64().unwrap();
            assert!(models.iter().all(|model| model["score"].as_f64() == Some(score)), "{task}");
            assert!(scores.contains(&(score as u64)));
            for model in models {
                let sample = &model["samples"][0];
                assert!(
                    sample["tokens_in"].as_u64().unwrap() > 100 && sample["cost_usd"].as_f64().unwrap() > 0.0
                );
            }
        }
    }
}

#[test]
fn ten_thousand_questions_through_every_fault() {
    let rows = 10_000;
    let faults = Faults {
        seed: 7,
        busy_429: 0.05,
        error_500: 0.03,
        reset: 0.02,
        reset_mid_body: 0.02,
        stall: 0.01,
        malformed: 0.03,
        retry_after: RetryAfter::Millis(5),
        ..Faults::default()
    };
    let usage = Usage::Fixed { prompt: 1_000, completion: 100 };
    let server = Server::start(Script { faults, usage, ..Script::default() });
    let more = "requests_per_minute = 600000\nmax_in_flight = 200\nmax_attempts = 12";
    let project = project(&config(8, &[model("m", "openai", &server, more)]), rows);
    let ran = project.run(&RUN);
    ok(&ran);
    let report = report(&project);
    assert_eq!(gaps(&report), 0);
    // What was answered with a score was not asked again.
    let answered = server.answered();
    assert_eq!(answered.len(), rows);
    assert!(answered.values().all(|times| *times == 1));
    // Money to the cent: what came back is in the store, what was lost on the way is told apart.
    let (mut whole, mut lost) = (0, 0);
    for logged in server.log() {
        match logged.outcome {
            Outcome::Answered | Outcome::Spoiled => whole += 1,
            Outcome::Reset | Outcome::Stalled => lost += 1,
            _ => {}
        }
    }
    let stats = store::stats(&project.path("cache/answers.sqlite")).unwrap();
    let kept: u64 = stats.models.iter().map(|model| model.answers).sum();
    assert_eq!(kept, whole);
    assert_eq!(stats.models[0].cost_nano_usd, whole * 2_000_000);
    assert_eq!(stats.lost_calls, lost);
    assert!(lost > 300 && whole > rows as u64 + 200, "{lost} lost, {whole} whole");
    let usd = report["run"]["cost_usd"].as_f64().unwrap();
    assert!((usd - whole as f64 * 0.002).abs() < 1e-9, "{usd}");
    // A second run has nothing to ask.
    let requests = server.requests();
    assert_eq!(counted(&project.run(&RUN).stderr), (rows as u64, 0));
    assert_eq!(server.requests(), requests);
}

#[test]
fn equal_questions_are_one_call_and_one_row_more_is_one_more() {
    let server = Server::start(Script { latency: Duration::from_millis(20), ..Script::default() });
    let project = project(&config(0, &[model("m", "openai", &server, "")]), 0);
    let row = |text: &str, id: usize| format!("{id},{text}\n");
    let same: String = (0..20).map(|id| row("Water the plants.", id)).collect();
    project.write("items.csv", format!("id,text\n{same}"));
    ok(&project.run(&RUN));
    assert_eq!((server.requests(), gaps(&report(&project))), (1, 0));
    project.write("items.csv", format!("id,text\n{same}{}", row("Prune the hedge.", 20)));
    ok(&project.run(&RUN));
    assert_eq!((server.requests(), gaps(&report(&project))), (2, 0));
}

#[test]
fn another_key_asks_nothing_and_another_server_asks_all() {
    let (one, other) = (Server::start(Script::default()), Server::start(Script::default()));
    let project = project(&config(0, &[model("m", "openai", &one, "")]), 200);
    ok(&project.run(&RUN));
    project.write(".env", "TEST_KEY=sk-rotated\n");
    ok(&project.run(&RUN));
    assert_eq!(one.requests(), 200);
    project.write("config.toml", config(0, &[model("m", "openai", &other, "")]));
    ok(&project.run(&RUN));
    assert_eq!((one.requests(), other.requests()), (200, 200));
}

#[test]
fn broken_json_is_mended_for_nothing_or_asked_again_by_the_next_run() {
    // A fifth is broken: half of that is fenced or in prose, and only looks so.
    let faults = Faults { seed: 3, malformed: 0.1, fenced: 0.05, prose: 0.05, ..Faults::default() };
    let ill = Server::start(Script { faults, ..Script::default() });
    let well = Server::start(Script::default());
    let alias = "endpoint = \"lab\"";
    let project = project(&config(0, &[model("m", "openai", &ill, alias)]), 200);
    let first = project.run(&RUN);
    assert_eq!(first.code, Some(3), "{}", first.stderr);
    let left = gaps(&report(&project));
    assert_eq!((ill.requests(), ill.count(Outcome::Spoiled)), (200, left));
    assert!((10..35).contains(&left), "{left}");
    project.write("config.toml", config(0, &[model("m", "openai", &well, alias)]));
    ok(&project.run(&RUN));
    assert_eq!((well.requests(), gaps(&report(&project))), (left, 0));
}

/// Ten a second in windows, ten times as fast: all rows, and hardly a refusal.
#[test]
fn a_narrow_window_loses_no_row_and_refuses_little() {
    for rate in ["requests_per_minute = 6000", "max_in_flight = 32"] {
        let every = Duration::from_millis(200);
        let limit = Limit::Window { requests: 20, every, retry_after: RetryAfter::Millis(200) };
        let server = Server::start(Script { limit, ..Script::default() });
        let project = project(&config(0, &[model("m", "openai", &server, rate)]), 200);
        ok(&project.run(&RUN));
        assert_eq!(gaps(&report(&project)), 0);
        let (requests, refused) = (server.requests(), server.count(Outcome::Busy));
        assert_eq!(requests - refused, 200);
        assert!(refused * 20 <= requests, "{rate}: {refused} of {requests} refused");
    }
}

#[test]
fn nobody_is_asked_for_as_long_as_the_server_says() {
    let hook: Hook = Arc::new(|seen| {
        (seen.number == 30)
            .then(|| seen.fails(429, "rate_limit_exceeded", "slow").header("retry-after-ms", "700"))
    });
    let server =
        Server::start(Script { hook: Some(hook), latency: Duration::from_millis(3), ..Script::default() });
    let more = "requests_per_minute = 12000\nmax_in_flight = 4";
    let project = project(&config(0, &[model("m", "openai", &server, more)]), 120);
    ok(&project.run(&RUN));
    let log = server.log();
    let refused = log.iter().find(|logged| logged.outcome == Outcome::Busy).unwrap();
    // Those in flight at that moment came before it or with it.
    let during = log
        .iter()
        .filter(|logged| logged.number > refused.number)
        .map(|logged| logged.at - refused.at)
        .filter(|since| *since > Duration::from_millis(15) && *since < Duration::from_millis(699))
        .count();
    assert_eq!(during, 0);
    assert_eq!(log.len(), 121);
}

#[test]
fn a_budget_is_never_passed() {
    // Ten times as many tokens as anybody would expect, and dear ones.
    for (prompt, completion) in [(20_000, 4_000), (300, 50)] {
        let usage = Usage::Fixed { prompt, completion };
        let latency = Duration::from_millis(2);
        let server = Server::start(Script { usage, latency, ..Script::default() });
        let project = project(&config(0, &[model("m", "openai", &server, "max_output_tokens = 100")]), 2_000);
        let ran = project.run(&[&RUN[..], &["--max-cost", "1.00"]].concat());
        let stats = store::stats(&project.path("cache/answers.sqlite")).unwrap();
        let kept: u64 = stats.models.iter().map(|model| model.answers).sum();
        let spent = stats.models[0].cost_nano_usd;
        assert_eq!(spent, kept * (prompt * 1_000 + completion * 10_000));
        assert_eq!(kept, server.requests(), "everything is saved");
        if kept < 2_000 {
            assert_eq!(ran.code, Some(5), "{}", ran.stderr);
            assert!(ran.stderr.contains("--max-cost"), "{}", ran.stderr);
            assert!((900_000_000..=1_000_000_000).contains(&spent), "{spent}");
        } else {
            panic!("2,000 calls for {spent}: no test of a budget");
        }
    }
}

#[test]
fn what_costs_is_agreed_to_first() {
    let server = Server::start(Script::default());
    let dear = "price = { input = 1000.0, output = 10000.0 }";
    let text = config(
        0,
        &[model("m", "openai", &server, "").replace("price = { input = 1.0, output = 10.0 }", dear)],
    );
    let project = project(&text, 50);
    let words = &RUN[..RUN.len() - 1];
    let ran = project.run(words);
    assert_eq!((ran.code, server.requests()), (Some(5), 0), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("50 calls: up to about USD") && ran.stderr.contains("--yes agrees"),
        "{}",
        ran.stderr
    );
    // Without a price nobody knows what a server that takes a key will charge.
    let unpriced = text.replace(dear, "");
    project.write("config.toml", &unpriced);
    let ran = project.run(words);
    assert_eq!((ran.code, server.requests()), (Some(5), 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("price"), "{}", ran.stderr);
    // But who runs a server himself gets no bill.
    project.write("config.toml", unpriced.replace("api_key_env = \"TEST_KEY\"", ""));
    ok(&project.run(words));
    assert_eq!(server.requests(), 50);
}

#[test]
fn closed_accounts_end_their_lane_and_the_others_go_on() {
    for (status, code, words) in [
        (401, "invalid_api_key", "the key is refused"),
        (429, "credit_balance_exhausted", "nothing left to spend"),
        (402, "billing_error", "nothing left to spend"),
    ] {
        let hook: Hook = Arc::new(move |seen| Some(seen.fails(status, code, "no")));
        let (shut, open) = (
            Server::start(Script { hook: Some(hook), ..Script::default() }),
            Server::start(Script::default()),
        );
        let models = [model("shut", "openai", &shut, ""), model("open", "anthropic", &open, "")];
        let project = project(&config(0, &models), 300);
        let ran = project.run(&RUN);
        assert_eq!(ran.code, Some(4), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        assert_eq!((open.requests(), gaps(&report(&project))), (300, 300));
        assert!(shut.requests() <= 4, "{} asked of a closed account", shut.requests());
    }
}

#[test]
fn a_missing_key_is_named_and_nothing_is_sent() {
    let server = Server::start(Script::default());
    let project = project(&config(0, &[model("m", "openai", &server, "")]), 3);
    std::fs::remove_file(project.path(".env")).unwrap();
    let ran = project.run(&RUN);
    assert_eq!((ran.code, server.requests()), (Some(4), 0));
    assert!(ran.stderr.contains("TEST_KEY (for m)"), "{}", ran.stderr);
}

#[test]
fn what_always_fails_is_given_up_soon() {
    let faults = Faults { error_500: 1.0, ..Faults::default() };
    let server = Server::start(Script { faults, ..Script::default() });
    let more = "requests_per_minute = 600000\nmax_in_flight = 400\nmax_attempts = 2";
    let project = project(&config(0, &[model("m", "openai", &server, more)]), 1_000);
    let ran = project.run(&RUN);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("failing the same way"), "{}", ran.stderr);
    assert!(server.requests() <= 50, "{}", server.requests());
}

#[test]
fn a_retired_model_is_said_to_be_so() {
    let hook: Hook = Arc::new(|seen| Some(seen.fails(404, "model_not_found", "The model is gone.")));
    let server = Server::start(Script { hook: Some(hook), ..Script::default() });
    let project = project(&config(0, &[model("m", "openai", &server, "")]), 100);
    let ran = project.run(&RUN);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("does not have this model, or no longer"), "{}", ran.stderr);
    assert!(server.requests() <= 4);
    assert!(report(&project)["gaps"]["by_reason"]["retired"].as_u64().unwrap() >= 1);
}

/// A redirect would take the key along to whoever is named in it.
#[test]
fn redirects_are_not_followed_and_the_key_stays_home() {
    let thief = Server::start(Script::default());
    let redirect_to = format!("{}/v1/chat/completions", thief.url);
    let faults = Faults { redirect_307: 1.0, redirect_to, ..Faults::default() };
    let server = Server::start(Script { faults, ..Script::default() });
    let project = project(&config(0, &[model("m", "openai", &server, "max_attempts = 1")]), 3);
    let ran = project.run(&RUN);
    assert_eq!((ran.code, thief.requests()), (Some(3), 0), "{}", ran.stderr);
    let report = report(&project);
    let detail = report["occupations"][0]["tasks"][0]["models"][0]["samples"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("redirect"), "{detail}");
}

#[test]
fn bodies_without_end_and_bombs_are_cut() {
    for faults in [
        Faults { endless_body: 1.0, ..Faults::default() },
        Faults { gzip_bomb: 1.0, ..Faults::default() },
        Faults { stall_before: 1.0, ..Faults::default() },
        Faults { stall: 1.0, ..Faults::default() },
    ] {
        let server = Server::start(Script { faults, ..Script::default() });
        let project = project(&config(0, &[model("m", "openai", &server, "max_attempts = 1")]), 4);
        let start = Instant::now();
        let ran = project.run(&RUN);
        assert_eq!(ran.code, Some(3), "{}", ran.stderr);
        assert_eq!(report(&project)["gaps"]["by_reason"]["failed"], 4);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        assert!(ran.stderr.contains("lost that may be billed"), "{}", ran.stderr);
    }
}

/// Every failure there is, with all that can be logged: the key is nowhere.
#[test]
fn the_key_is_nowhere() {
    let hook: Hook = Arc::new(|seen| match seen.number {
        // Some servers send back what they were sent.
        5 => Some(seen.fails(401, "invalid_api_key", seen.header("authorization").unwrap_or("none"))),
        number if number % 7 == 6 => {
            let page = format!("<html>{KEY} is what came: {KEY}</html>");
            Some(Answer { body: page.into_bytes(), ..Answer::default() })
        }
        _ => None,
    });
    let all = 0.06;
    let faults = Faults {
        busy_429: all,
        error_500: all,
        reset: all,
        reset_mid_body: all,
        stall: all,
        malformed: all,
        truncated: all,
        refusal: all,
        error_in_200: all,
        redirect_307: all,
        gzip_bomb: all,
        retry_after: RetryAfter::Millis(5),
        redirect_to: "http://127.0.0.1:9/".to_owned(),
        ..Faults::default()
    };
    let server = Server::start(Script { faults, hook: Some(hook), ..Script::default() });
    let models = [
        model("one", "openai", &server, "max_attempts = 2"),
        model("two", "anthropic", &server, "max_attempts = 2"),
        model("three", "gemini", &server, "max_attempts = 2"),
    ];
    let project = project(&config(1, &models), 60);
    let mut seen = Vec::new();
    for format in ["json", "text"] {
        let ran = project.run(&[&RUN[..], &["-vvv", "--log-format", format, "--fresh"]].concat());
        assert!(ran.code.is_some_and(|code| code != 101), "{}", ran.stderr);
        assert!(ran.stderr.contains("call"), "nothing was logged");
        seen.push(ran.stderr.into_bytes());
        seen.push(ran.stdout);
    }
    for words in [&["doctor"][..], &["models", "list", "--json"], &["cache", "export"], &["cache", "stats"]] {
        let ran = project.run(words);
        seen.push(ran.stderr.into_bytes());
        seen.push(ran.stdout);
    }
    for folder in ["cache", "."] {
        for entry in std::fs::read_dir(project.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with(".env") {
                seen.push(std::fs::read(path).unwrap());
            }
        }
    }
    // What could not be read is kept packed, where no search would find the key.
    let store = rusqlite::Connection::open(project.path("cache/answers.sqlite")).unwrap();
    let mut bodies = store.prepare("SELECT body FROM lost_call WHERE body IS NOT NULL").unwrap();
    let before = seen.len();
    for body in bodies.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap() {
        seen.push(zstd::decode_all(body.unwrap().as_slice()).unwrap());
    }
    assert!(seen.len() > before, "nothing was unreadable");
    assert!(server.requests() > 100);
    for text in seen {
        let found = text.windows(KEY.len()).position(|window| window == KEY.as_bytes());
        assert!(found.is_none(), "{}", String::from_utf8_lossy(&text[found.unwrap_or(0)..]));
    }
}

/// Killed at thirty moments, against a server that counts: no more is asked twice than was in flight or
/// not yet committed.
#[test]
fn what_a_kill_costs_is_what_was_in_flight() {
    const WINDOW: usize = 16;
    let server = Server::start(Script { latency: Duration::from_millis(4), ..Script::default() });
    let more = format!("requests_per_minute = 600000\nmax_in_flight = {WINDOW}");
    let project = project(&config(0, &[model("m", "openai", &server, &more)]), 14_000);
    let mut twice = Vec::new();
    let mut before = 0;
    for kill in 0..30_u64 {
        let mut child = project.program(BINARY).args(RUN).spawn().unwrap();
        let target = server.requests() + 200 + (kill * 37) % 400;
        let deadline = Instant::now() + Duration::from_secs(20);
        while server.requests() < target && Instant::now() < deadline && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let repeated: u32 = server.answered().values().map(|times| times - 1).sum();
        twice.push(repeated - before);
        before = repeated;
    }
    ok(&project.run(&RUN));
    let repeated: u32 = server.answered().values().map(|times| times - 1).sum();
    twice.push(repeated - before);
    let mean = f64::from(repeated) / 30.0;
    println!("asked again after each of 30 kills: {twice:?}, mean {mean:.2}");
    // In flight, in the batch that is being committed, and in the one that forms meanwhile. A run is killed
    // after 400 answers on average.
    assert!(twice.iter().all(|times| *times as usize <= WINDOW + 2 * 256), "{twice:?}");
    assert!(mean <= 200.0, "{twice:?}");
    assert_eq!(gaps(&report(&project)), 0);
}

#[test]
fn an_interrupted_run_goes_on() {
    let server = Server::start(Script { latency: Duration::from_millis(3), ..Script::default() });
    let project = project(&config(0, &[model("m", "openai", &server, "max_in_flight = 8")]), 2_000);
    let child = project.program(BINARY).args(RUN).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while server.requests() < 300 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = finished(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]));
    assert_eq!(sent.code, Some(0));
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", String::from_utf8_lossy(&ended.stderr));
    ok(&project.run(&RUN));
    assert_eq!(server.requests(), 2_000, "what was in flight came back and was kept");
}

/// A string where a number should be is as good; the official SDKs confirm the shape of the reply.
#[test]
fn a_score_in_quotes_is_a_score() {
    let hook: Hook = Arc::new(|seen| Some(seen.says("{\"score\": \"42\", \"rationale\": \"r\"}")));
    let server = Server::start(Script { hook: Some(hook), ..Script::default() });
    let project = project(&config(0, &[model("m", "gemini", &server, "")]), 2);
    ok(&project.run(&RUN));
    assert_eq!(report(&project)["occupations"][0]["score"], 42.0);
}

/// What came with the status of success may have been paid for, whatever it is.
#[test]
fn what_cannot_be_read_is_kept_whole() {
    let page = format!("<html>{}</html>", "half an answer ".repeat(400));
    let body = page.clone().into_bytes();
    let hook: Hook = Arc::new(move |_| Some(Answer { body: body.clone(), ..Answer::default() }));
    let server = Server::start(Script { hook: Some(hook), ..Script::default() });
    let project = project(&config(0, &[model("m", "openai", &server, "max_attempts = 1")]), 1);
    assert_eq!(project.run(&RUN).code, Some(3));
    let store = rusqlite::Connection::open(project.path("cache/answers.sqlite")).unwrap();
    let kept: Vec<u8> = store.query_row("SELECT body FROM lost_call", [], |row| row.get(0)).unwrap();
    assert_eq!(zstd::decode_all(kept.as_slice()).unwrap(), page.as_bytes());
}

/// Parts of a run share one budget, of which lost calls take their share: anchors, then the rest.
#[test]
fn calls_that_are_lost_count_against_the_budget_of_every_part() {
    let hook: Hook =
        Arc::new(|_| Some(Answer { body: b"<html>no answer</html>".to_vec(), ..Answer::default() }));
    let server = Server::start(Script { hook: Some(hook), ..Script::default() });
    let dear = model("m", "openai", &server, "max_attempts = 1")
        .replace("price = { input = 1.0, output = 10.0 }", "price = { input = 10.0, output = 100.0 }");
    let project = project(&config(0, &[dear]), 40);
    let ran = project.run(&[&RUN[..], &["--anchors", "10", "--max-cost", "0.5"]].concat());
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    let stats = project.run(&["cache", "stats", "--json"]).stdout;
    let stats: Value = serde_json::from_slice(&stats).unwrap();
    let lost = stats["lost_usd_at_most"].as_f64().unwrap();
    assert!(lost > 0.3 && lost <= 0.5, "{lost}");
}

/// Anchors stand for this run: one that fails is a gap, whatever was answered before, and what was paid for
/// is not paid for again by who goes on.
#[test]
fn an_anchor_that_fails_is_no_old_answer() {
    let is_down = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let down = Arc::clone(&is_down);
    let hook: Hook = Arc::new(move |seen| {
        let fails = down.load(std::sync::atomic::Ordering::Relaxed);
        fails.then(|| seen.fails(500, "internal_error", "down"))
    });
    let server = Server::start(Script { hook: Some(hook), ..Script::default() });
    let project = project(&config(0, &[model("m", "openai", &server, "max_attempts = 1")]), 30);
    let anchored = [&RUN[..], &["--anchors", "6"]].concat();
    ok(&project.run(&anchored));
    assert_eq!((server.requests(), gaps(&report(&project))), (36 - 6, 0));
    is_down.store(true, std::sync::atomic::Ordering::Relaxed);
    let ran = project.run(&anchored);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert_eq!(gaps(&report(&project)), 6);
    let since = ran.stderr.split("--anchors-since ").nth(1).unwrap().split_whitespace().next().unwrap();
    is_down.store(false, std::sync::atomic::Ordering::Relaxed);
    let before = server.requests();
    ok(&project.run(&[&anchored[..], &["--anchors-since", since]].concat()));
    assert_eq!((server.requests() - before, gaps(&report(&project))), (6, 0));
    ok(&project.run(&[&anchored[..], &["--anchors-since", since]].concat()));
    assert_eq!(server.requests() - before, 6);
}

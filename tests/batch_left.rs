//! Batches that an earlier run has left: taken over by runs of the same questions, left in peace by others, and
//! never given up because somebody in between says no.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests end programs, which needs a moment of real time")]

mod common {
    pub mod batch_server;
    pub mod batch_trial;
    pub mod dice;
    pub mod gatekeeper;
    pub mod program;
    pub mod table;
}

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use common::batch_server::{BatchScript, BatchServer};
use common::batch_trial::{Trial, billed, most_billed, script};
use common::gatekeeper::gatekeeper;
use serde_json::Value;

/// So long that nobody waits for it.
const NEVER: Duration = Duration::from_secs(100_000);
const TWO: &str = "id,text\n1,Something else entirely.\n2,And one more.\n";

fn never() -> BatchScript {
    BatchScript { latency: NEVER, ..script() }
}

fn hurry(trial: &Trial) {
    for server in [&trial.openai, &trial.anthropic] {
        server.change(|script| script.latency = Duration::ZERO);
    }
}

fn gaps(trial: &Trial) -> u64 {
    trial.report()["run"]["answers"]["gaps"].as_u64().unwrap()
}

/// The most that is to be paid for what is out.
fn open_usd(trial: &Trial) -> f64 {
    let listed = trial.json(&["batch", "list"]);
    listed.as_array().unwrap().iter().map(|batch| batch["cost_usd_at_most"].as_f64().unwrap()).sum()
}

fn lost_calls(trial: &Trial) -> u64 {
    trial.json(&["runs", "costs"])["total"]["lost_calls"].as_u64().unwrap()
}

/// From now on the provider of `gpt` is behind this.
fn put_before_gpt(trial: &Trial, address: &str) -> String {
    let before = std::fs::read_to_string(trial.project.path("config.toml")).unwrap();
    let place = trial.openai.url.replace("http://", "");
    let to = format!("base_url = \"http://{address}/v1\"\nendpoint = \"{place}\"");
    let after = before.replace(&format!("base_url = \"{}/v1\"", trial.openai.url), &to);
    trial.project.write("config.toml", after);
    before
}

#[test]
fn what_a_run_frees_while_it_reads_is_asked_once() {
    // Many and large, so that the batches come in while the tasks are still being read.
    let limits = ["batch_requests = 500", "batch_requests = 500"];
    let trial = Trial::new(4_000, [never(), never()], limits);
    assert_eq!(trial.score(&["--batch", "--no-wait"]).code, Some(0));
    assert_eq!(trial.run(&["batch", "cancel", "--all"]).code, Some(0));
    hurry(&trial);
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    let counts = trial.counts();
    assert_eq!((counts.iter().map(billed).sum::<u64>(), most_billed(&counts)), (8_000, 1));
    trial.check_account();
}

#[test]
fn a_run_asks_nothing_of_what_another_run_was_about() {
    let trial = Trial::new(200, [never(), never()], ["", ""]);
    assert_eq!(trial.score(&["--batch", "--no-wait", "-m", "gpt"]).code, Some(0));
    assert_eq!(trial.run(&["batch", "cancel", "--all"]).code, Some(0));
    hurry(&trial);
    trial.project.write("small.csv", TWO);
    let small =
        ["--items", "small.csv", "--batch", "--yes", "-m", "gpt", "--json", "--output", "report.json"];
    let ran = trial.run(&small);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!((billed(&trial.counts()[0]), gaps(&trial)), (2, 0));
    assert!(ran.stderr.contains("2 answers: 0 cached, 2 asked"), "{}", ran.stderr);
}

#[test]
fn answers_under_another_rubric_are_not_judged_by_this_one() {
    let grades = BatchScript { answer: |_| r#"{"score": "E1", "rationale": "x"}"#.to_owned(), ..script() };
    let trial = Trial::new(60, [grades, script()], ["", ""]);
    let first = trial.score(&["--batch", "--no-wait", "-m", "gpt", "--rubric", "eloundou"]);
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    assert_eq!(trial.openai.open(), 0, "the answers are made");
    trial.openai.change(|script| script.answer = common::batch_server::rating_of);
    trial.project.write("small.csv", TWO);
    let ran = trial.run(&["--items", "small.csv", "--batch", "--yes", "-m", "gpt", "--output", "r.json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(billed(&trial.counts()[0]), 62);
    let ran = trial.score(&["--offline", "-m", "gpt", "--rubric", "eloundou"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
}

#[test]
fn whoever_stands_before_the_provider_and_says_no_costs_nothing() {
    let login = "location: https://login.example/\r\n".to_owned();
    for (status, headers) in
        [("403 Forbidden", String::new()), ("302 Found", login), ("400 Bad Request", String::new())]
    {
        let trial = Trial::new(50, [script(), script()], ["", ""]);
        assert_eq!(trial.score(&["--batch", "--no-wait", "-m", "gpt"]).code, Some(0));
        let says = move |_: &str| (status.to_owned(), headers.clone(), "<html>no</html>".to_owned());
        let before = put_before_gpt(&trial, &gatekeeper(Arc::new(says)));
        for words in [&["batch", "collect"][..], &["batch", "collect", "--wait"]] {
            let ran = trial.run(words);
            assert_eq!(ran.code, Some(1), "{status}: {}", ran.stderr);
            assert!(ran.stderr.contains("cannot be looked at"), "{}", ran.stderr);
        }
        trial.project.write("config.toml", before);
        assert_eq!(lost_calls(&trial), 0);
        let ran = trial.score(&["--batch", "-m", "gpt"]);
        assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
        assert_eq!(most_billed(&trial.counts()), 1);
    }
}

#[test]
fn another_accounts_key_finds_nothing_and_loses_nothing() {
    let trial = Trial::new(60, [script(), script()], ["endpoint = \"openai\"", "endpoint = \"anthropic\""]);
    assert_eq!(trial.score(&["--batch", "--no-wait"]).code, Some(0));
    let before = std::fs::read_to_string(trial.project.path("config.toml")).unwrap();
    let (openai, anthropic) = (BatchServer::start(script()), BatchServer::start(script()));
    let after = before.replace(&trial.openai.url, &openai.url);
    trial.project.write("config.toml", after.replace(&trial.anthropic.url, &anthropic.url));
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(3), 120), "{}", ran.stderr);
    assert_eq!((billed(&openai.counts()), billed(&anthropic.counts())), (0, 0));
    trial.project.write("config.toml", before);
    let ran = trial.run(&["batch", "collect", "--wait"]);
    assert!(ran.stderr.contains("120 answers brought in"), "{}", ran.stderr);
    trial.check_account();
}

#[test]
fn results_that_are_gone_are_told_and_given_up_by_the_user_alone() {
    let trial = Trial::new(50, [script(), script()], ["", ""]);
    assert_eq!(trial.score(&["--batch", "--no-wait", "-m", "gpt"]).code, Some(0));
    let id = trial.openai.ids()[0].clone();
    let says = move |line: &str| {
        if line.contains("/content") {
            let body = r#"{"error":{"message":"No such File object","type":"invalid_request_error"}}"#;
            return ("404 Not Found".to_owned(), String::new(), body.to_owned());
        }
        let counts = r#""request_counts":{"total":50,"completed":50,"failed":0}"#;
        let body = format!(
            r#"{{"id":"{id}","object":"batch","status":"completed","created_at":1,"output_file_id":"file-1",{counts}}}"#
        );
        ("200 OK".to_owned(), String::new(), body)
    };
    let before = put_before_gpt(&trial, &gatekeeper(Arc::new(says)));
    let ran = trial.run(&["batch", "collect", "--wait"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("No such File object"), "{}", ran.stderr);
    assert_eq!(lost_calls(&trial), 0);
    let name = trial.json(&["batch", "list"])[0]["name"].as_str().unwrap().to_owned();
    let ran = trial.run(&["batch", "forget", &name]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("50 questions given up"), "{}", ran.stderr);
    assert_eq!(lost_calls(&trial), 50);
    trial.project.write("config.toml", before);
    let ran = trial.score(&["--batch", "-m", "gpt"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
}

#[test]
fn money_is_one_for_all_parts_of_a_run() {
    for limit in ["0.5", "0.9", "1.2"] {
        let trial = Trial::new(300, [never(), never()], ["", ""]);
        let words = ["--items", "items.csv", "--batch", "--no-wait", "--anchors", "100", "--max-cost", limit];
        let ran = trial.run(&words);
        assert_eq!(ran.code, Some(5), "{}", ran.stderr);
        let (open, most) = (open_usd(&trial), limit.parse::<f64>().unwrap());
        assert!(open > most * 0.8 && open <= most, "{open} of {most}");
    }
    let trial = Trial::new(300, [never(), never()], ["", ""]);
    let before = std::fs::read_to_string(trial.project.path("config.toml")).unwrap();
    trial.project.write("config.toml", before + "\n[budget]\nusd_per_month = 1.0\n");
    for _ in 0..2 {
        trial.score(&["--batch", "--no-wait"]);
        assert!(open_usd(&trial) <= 1.0, "{}", open_usd(&trial));
    }
}

#[test]
fn what_was_only_planned_is_not_submitted_by_whoever_comes_later() {
    for words in
        [&["batch", "collect", "--wait"][..], &["--items", "items.csv", "--batch", "--max-cost", "0.01"]]
    {
        // So little may be queued that most of it stays where it is.
        let narrow = "batch_requests = 20\nbatch_queue_tokens = 20000";
        let trial = Trial::new(300, [never(), never()], [narrow, ""]);
        let run = ["--items", "items.csv", "--yes", "--batch", "-m", "gpt"];
        let mut child = trial.command(&run).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Before its first commit a store has no tables.
        let listed = || -> Value {
            serde_json::from_slice(&trial.run(&["batch", "list", "--json"]).stdout).unwrap_or_default()
        };
        while listed().as_array().is_none_or(|listed| listed.len() < 15) {
            std::thread::sleep(Duration::from_millis(10));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(trial.counts()[0].batches, 1);
        hurry(&trial);
        let words = [words, if words[0] == "batch" { &[][..] } else { &["-m", "gpt", "--output", "r.json"] }];
        let ran = trial.run(&words.concat());
        let spent = trial.json(&["runs", "costs"])["total"]["cost_usd"].as_f64().unwrap();
        // The one that was out, and what USD 0.01 allow.
        assert!(spent < 0.013 + 0.01, "{spent}: {}", ran.stderr);
        assert_eq!(trial.json(&["batch", "list"]), Value::Array(Vec::new()));
    }
}

#[test]
fn a_deadline_is_for_this_runs_questions_and_all_of_them() {
    // Not for those of another run.
    let trial = Trial::new(100, [never(), never()], ["", ""]);
    assert_eq!(trial.score(&["--batch", "--no-wait", "-m", "gpt"]).code, Some(0));
    trial.project.write("small.csv", TWO);
    let words =
        ["--items", "small.csv", "--batch", "--yes", "-m", "gpt", "--deadline", "1s", "--output", "r.json"];
    let ran = trial.run(&words);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(trial.counts()[0].cancels, 1);
    assert_eq!(trial.json(&["batch", "list"])[0]["questions"], 100);
    // Not for those that money comes back for too late.
    let trial = Trial::new(100, [never(), never()], ["", ""]);
    let words = ["--batch", "--deadline", "1s", "--max-cost", "0.3", "-m", "gpt"];
    let ran = trial.run(&[&["--items", "items.csv", "--output", "r.json"], &words[..]].concat());
    assert!(matches!(ran.code, Some(0 | 5)), "{}", ran.stderr);
    assert_eq!(trial.counts()[0].batches, 1);
    // But for anchors, whose older answers stand by.
    let trial = Trial::new(50, [script(), script()], ["", ""]);
    assert_eq!(trial.score(&["--batch", "-m", "gpt"]).code, Some(0));
    trial.openai.change(|script| script.latency = NEVER);
    let ran = trial.score(&["--batch", "-m", "gpt", "--anchors", "10", "--deadline", "1s"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    let counts = &trial.counts()[0];
    assert!(counts.online > 0 && billed(counts) + counts.online == 60, "{counts:?}");
}

#[test]
fn a_model_that_the_config_has_lost_holds_up_none_but_its_own() {
    let trial = Trial::new(50, [script(), script()], ["", ""]);
    assert_eq!(trial.score(&["--batch", "--no-wait"]).code, Some(0));
    let before = std::fs::read_to_string(trial.project.path("config.toml")).unwrap();
    let after = before
        .replace("[models.gpt]", "[models.gpt2]")
        .replace("\"gpt\", \"claude\"", "\"gpt2\", \"claude\"");
    trial.project.write("config.toml", after);
    let ran = trial.run(&["batch", "collect", "--wait"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("50 answers brought in"), "{}", ran.stderr);
    assert!(ran.stderr.contains("put [models.gpt] back"), "{}", ran.stderr);
    // The same question to the same provider is still on its way, whatever the model is called here.
    let ran = trial.score(&["--batch", "-m", "gpt2"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(3), 50), "{}", ran.stderr);
    assert!(ran.stderr.contains("50 are in batches"), "{}", ran.stderr);
    trial.project.write("config.toml", before);
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert_eq!(most_billed(&trial.counts()), 1);
}

#[test]
fn one_provider_that_takes_its_time_holds_up_no_other() {
    let trial = Trial::new(50, [never(), script()], ["", ""]);
    assert_eq!(trial.score(&["--batch", "--no-wait"]).code, Some(0));
    let mut command = trial.command(&["batch", "collect", "--wait"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while trial.json(&["batch", "list"]).as_array().unwrap().len() > 1 {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(trial.json(&["batch", "list"])[0]["model"], "gpt");
}

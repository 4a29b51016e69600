//! What is done when a run is over: summaries, webhooks, commands, gates.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests read files, and the clock")]

mod common {
    pub mod program;
    pub mod receiver;
    pub mod service;
}

use std::path::Path;
use std::time::{Duration, Instant};

use common::program::{BINARY, Project, Ran, finished};
use common::receiver::{Posted, Receiver};
use common::service::{Service, be_the_child};
use serde_json::Value;
use sha2::{Digest, Sha256};

const SECRET: &str = "canary-5b1f-of-the-receiver";

fn config(bias: f64) -> String {
    format!(
        "[run]\nmodels = [\"moved\", \"still\"]\nrubric = \"items\"\n\
         [models.moved]\nprovider = \"mock\"\nmock = {{ bias = {bias}, noise = 2 }}\n\
         [models.still]\nprovider = \"mock\"\nmock = {{ bias = 0, noise = 2 }}\n\
         [models.unused]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"MY_KEY\"\n"
    )
}

fn table(ending: &str) -> String {
    let rows: String =
        (0..60).map(|n| format!("{n},group {},Sort the letters of day {n} {ending}\n", n % 6)).collect();
    format!("id,group,text\n{rows}")
}

/// A project with one run.
fn one_run() -> Project {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table("today"));
    project.write(".env", format!("HOOK_SECRET={SECRET}\n"));
    score(&project);
    project
}

/// With a second one, in which a rater has moved by five points.
fn two_runs() -> Project {
    let project = one_run();
    project.write("config.toml", config(5.0));
    score(&project);
    project
}

fn score(project: &Project) {
    project.succeed(&["--items", "items.csv", "-q", "--output", "report.json"]);
}

fn latest(project: &Project) -> String {
    let shown: Value = serde_json::from_slice(&project.succeed(&["runs", "show", "--json"]).stdout).unwrap();
    shown["id"].as_str().unwrap().to_owned()
}

/// HMAC-SHA256 as RFC 2104 has it, of a key no longer than a block.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let pad = |with: u8| -> Vec<u8> {
        let mut block = key.to_vec();
        block.resize(64, 0);
        block.iter().map(|byte| byte ^ with).collect()
    };
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn assert_signed(posted: &Posted) {
    let timestamp = &posted.headers["x-score-tasks-timestamp"];
    let message = [timestamp.as_bytes(), b".", &posted.body].concat();
    let expected = format!("sha256={}", hmac(SECRET.as_bytes(), &message));
    assert_eq!(posted.headers["x-score-tasks-signature"], expected);
}

/// Every file below a folder that has these bytes in it.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            found.extend(files_with(&entry.path(), bytes));
        } else if std::fs::read(entry.path()).unwrap().windows(bytes.len()).any(|part| part == bytes) {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    found
}

#[test]
#[ignore = "no test: the other tests start it"]
fn child() {
    be_the_child();
}

/// The program, on a clock that leaps over its waits.
fn leaping(project: &Project, words: &[&str]) -> Ran {
    let (code, stderr) = Service::start(project, words, "2027-06-01", "2028-01-01").end();
    Ran { code, stdout: Vec::new(), stderr }
}

#[test]
fn an_outcome_is_posted_until_it_is_taken_and_signed_each_time() {
    let project = two_runs();
    let receiver = Receiver::start(&[(503, ""), (503, ""), (204, "")]);
    let ran = leaping(
        &project,
        &[
            "runs",
            "announce",
            "--schedule",
            "nightly",
            "--webhook",
            &receiver.url(),
            "--webhook-secret-env",
            "HOOK_SECRET",
            "-vv",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("Delivered to 127.0.0.1:"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("of-mine"), "an address may be a secret: {}", ran.stderr);
    let posted = receiver.posted();
    assert_eq!(posted.len(), 3);
    let run = latest(&project);
    for one in &posted {
        assert_signed(one);
        assert_eq!((&one.path, &one.body), (&"/hook/of-mine".to_owned(), &posted[0].body));
        assert_eq!(one.headers["x-score-tasks-delivery"], run);
        assert_eq!(one.headers["content-type"], "application/json");
        assert!(one.headers["user-agent"].starts_with("score-tasks/"));
    }
    let body: Value = serde_json::from_slice(&posted[0].body).unwrap();
    for (member, value) in [
        ("schema", Value::from("score-tasks/finished/1")),
        ("schedule", "nightly".into()),
        ("run", run.into()),
        ("exit", 0.into()),
        ("exit_name", "done".into()),
        ("gaps", 0.into()),
        ("month_cost_usd", 0.0.into()),
    ] {
        assert_eq!(body[member], value, "{member}");
    }
    let moved = body["models"][0]["change"].as_f64().unwrap();
    assert!((moved - 5.0).abs() < 1.0 && body["change"].as_f64().unwrap() > 1.5, "{body}");
    assert!(body["text"].as_str().unwrap().starts_with("nightly ended with 0 (done): run "));
    assert!(body["summary_markdown"].as_str().unwrap().starts_with("# nightly\n"));
    // The secret is where its owner put it, and nowhere else.
    assert_eq!(files_with(&project.path("."), SECRET.as_bytes()), [".env"]);
    assert!(!ran.stderr.contains(SECRET));
    assert!(!String::from_utf8(posted[0].body.clone()).unwrap().contains(SECRET));
}

#[test]
fn what_cannot_be_delivered_is_told_and_loses_nothing() {
    let project = one_run();
    let announce = |url: &str| {
        let signed = ["--webhook-secret-env", "HOOK_SECRET"];
        leaping(&project, &[&["runs", "announce", "--webhook", url, "-q"], &signed[..]].concat())
    };
    // Nobody is there.
    let ran = announce("http://127.0.0.1:9/hook");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("warning: the outcome was not delivered: 127.0.0.1:9: cannot connect"),
        "{}",
        ran.stderr
    );
    // Tries that would not help are not made, and nobody is sent elsewhere.
    for (status, headers, said) in [
        (400, "", "status 400: it says"),
        (302, "Location: http://127.0.0.1:9/elsewhere\r\n", "status 302: it sends on to elsewhere"),
    ] {
        let receiver = Receiver::start(&[(status, headers)]);
        let ran = announce(&receiver.url());
        assert_eq!((ran.code, receiver.posted().len()), (Some(1), 1), "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let receiver = Receiver::start(&[(500, "")]);
    assert_eq!((announce(&receiver.url()).code, receiver.posted().len()), (Some(1), 5));
    // Whoever says when to come again is obeyed.
    let receiver = Receiver::start(&[(429, "Retry-After: 2\r\n"), (200, "")]);
    assert_eq!(announce(&receiver.url()).code, Some(0));
    let times: Vec<i64> = receiver
        .posted()
        .iter()
        .map(|posted| posted.headers["x-score-tasks-timestamp"].parse().unwrap())
        .collect();
    assert!(times.len() == 2 && times[1] - times[0] >= 2, "{times:?}");
    for (words, code, said) in [
        (&["--webhook", "http://hooks.example/x"][..], 2, "must begin with https://"),
        (&["--webhook", "nowhere"], 2, "address is none"),
        (
            &["--webhook", "https://hooks.example/x", "--webhook-secret-env", "ABSENT"],
            4,
            "no secret in ABSENT",
        ),
        (&["--webhook-secret-env", "X"], 2, "--webhook"),
        (&["--summary", "."], 1, "the summary was not written"),
        (&["20200101"], 2, "there is no run"),
    ] {
        let ran = project.run(&[&["runs", "announce"], words].concat());
        assert_eq!(ran.code, Some(code), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
}

#[cfg(unix)]
#[test]
fn a_command_gets_the_summary_and_no_keys() {
    let project = two_runs();
    let script = "cat > got.md; env > env.txt; pwd > where.txt; echo to you";
    let words = ["runs", "announce", "--schedule", "nightly", "--summary", "deep/summary.md", "--"];
    let mut command = project.program(BINARY);
    command.env("PATH", "/usr/bin:/bin").env("HARMLESS", "yes");
    for variable in ["MY_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"] {
        command.env(variable, "sk-canary");
    }
    let ran = finished(command.args(words).args(["sh", "-c", script]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // stdout is ours alone.
    assert!(ran.stdout.is_empty() && !ran.stderr.contains("to you"), "{}", ran.stderr);
    let text = |name: &str| std::fs::read_to_string(project.path(name)).unwrap();
    let summary = text("deep/summary.md");
    assert!(summary.starts_with("# nightly\n") && summary.contains("ended with 0 (done)"), "{summary}");
    assert_eq!(text("got.md"), summary);
    let env = text("env.txt");
    for line in [
        "HARMLESS=yes".to_owned(),
        format!("SCORE_TASKS_RUN={}", latest(&project)),
        "SCORE_TASKS_EXIT=0".to_owned(),
        "SCORE_TASKS_SCHEDULE=nightly".to_owned(),
    ] {
        assert!(env.lines().any(|one| one == line), "{line}: {env}");
    }
    assert!(env.contains("/deep/summary.md") && !env.contains("sk-canary"), "{env}");
    assert_eq!(Path::new(text("where.txt").trim()), project.path(".").canonicalize().unwrap());
    // One that fails, one that does not listen, one that leaves something behind that holds its streams.
    let run = |script: &str| {
        let mut command = project.program(BINARY);
        finished(command.env("PATH", "/usr/bin:/bin").args(["runs", "announce", "--", "sh", "-c", script]))
    };
    let ran = run("echo one >&2; echo two >&2; exit 9");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("warning: sh failed: exit code 9\n  one\n  two"), "{}", ran.stderr);
    assert!(run("echo it says so; exit 1").stderr.contains("exit code 1\n  it says so"));
    assert!(run("kill -9 $$").stderr.contains("ended by a signal"));
    assert_eq!(run("exec <&-; exit 0").code, Some(0));
    let began = Instant::now();
    assert_eq!(run("sleep 30 & exit 0").code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(20));
    let ran = project.run(&["runs", "announce", "--", "./no-such-program"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
}

#[test]
fn the_gate_is_that_of_drift_and_open_without_a_run_before() {
    let project = one_run();
    let announce = |most: &str| project.run(&["runs", "announce", "--fail-above", most, "--summary", "s.md"]);
    let ran = announce("0");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("The gate is open: there is no earlier run"), "{}", ran.stderr);
    project.write("config.toml", config(5.0));
    score(&project);
    assert_eq!(announce("6").code, Some(0));
    let text = || std::fs::read_to_string(project.path("s.md")).unwrap();
    assert!(text().contains("Gate: open."), "{}", text());
    let ran = announce("3");
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: moved by more than 3 points: moved +"), "{}", ran.stderr);
    assert!(text().contains("Gate: **shut**: moved by more than 3 points"), "{}", text());
    assert!(text().contains("ended with 6 (gate)"), "{}", text());
    // Other tasks altogether are not what the gate is for, so it does not open.
    project.write("items.csv", "id,group,text\n1,A,Sing.\n");
    score(&project);
    assert_eq!(announce("50").code, Some(6));
}

#[test]
fn a_summary_is_about_the_run_before_or_one_that_is_named() {
    let project = two_runs();
    let summary = |words: &[&str]| {
        String::from_utf8(project.succeed(&[&["runs", "summary"], words].concat()).stdout).unwrap()
    };
    let text = summary(&[]);
    assert!(text.contains("another model, provider or setting behind the name"), "{text}");
    assert!(text.contains("60 tasks with the same text, 0 reworded, 0 new, 0 gone"), "{text}");
    assert!(text.lines().count() <= 60);
    assert!(summary(&["latest~1"]).contains("There is no earlier run to compare it with"));
    project.write("items.csv", table("tomorrow"));
    score(&project);
    assert!(summary(&[]).contains("60 reworded"));
    assert!(summary(&["latest~1", "--against", "latest~2"]).contains("60 tasks with the same text"));
    // What is like it is what it is compared with: another rubric is not.
    project.succeed(&["--items", "items.csv", "--rubric", "exposure", "-q", "--output", "r.json"]);
    assert!(summary(&[]).contains("There is no earlier run"));
}

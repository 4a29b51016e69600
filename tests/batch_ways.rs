//! What may come in the way of batches: deadlines, full queues, lost replies, tight budgets, second thoughts.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests end programs, which needs a moment of real time")]

mod common {
    pub mod batch_server;
    pub mod batch_trial;
    pub mod dice;
    pub mod program;
    pub mod table;
}

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::batch_server::BatchScript;
use common::batch_trial::{KEY, Trial, billed, most_billed, script};
use serde_json::Value;

/// So long that nobody waits for it.
const NEVER: Duration = Duration::from_secs(100_000);

fn never() -> BatchScript {
    BatchScript { latency: NEVER, ..script() }
}

fn plain(items: usize) -> Trial {
    Trial::new(items, [script(), script()], ["", ""])
}

fn gaps(trial: &Trial) -> u64 {
    trial.report()["run"]["answers"]["gaps"].as_u64().unwrap()
}

/// Both providers have every question of so many items once, and were paid for it.
fn assert_paid_once(trial: &Trial, items: u64) {
    let counts = trial.counts();
    assert_eq!((counts.iter().map(billed).sum::<u64>(), most_billed(&counts)), (2 * items, 1));
    trial.check_account();
}

#[test]
fn what_was_submitted_is_collected_by_another_process() {
    let trial = plain(300);
    let ran = trial.score(&["--batch", "--no-wait"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("600 questions in batches"), "{}", ran.stderr);
    assert!(!trial.project.path("report.json").exists(), "there is no report of half a run");
    let listed = trial.json(&["batch", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!((&listed[0]["state"], &listed[0]["questions"]), (&"submitted".into(), &300.into()));
    // Until they are in, nobody asks the same: not a run that asks at once, either.
    let ran = trial.score(&["--online"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(3), 600), "{}", ran.stderr);
    assert!(ran.stderr.contains("batch collect --wait brings them in"), "{}", ran.stderr);
    assert_eq!(trial.counts().map(|counts| counts.online), [0, 0]);
    let plan = trial.json(&["plan", "--items", "items.csv"]);
    assert_eq!((&plan[0]["on_their_way"], &plan[0]["calls"]), (&300.into(), &0.into()));
    assert_eq!(trial.json(&["batch", "status"])[0]["provider_state"], "completed: to be collected");
    let collected = trial.run(&["batch", "collect", "--wait"]);
    assert_eq!(collected.code, Some(0), "{}", collected.stderr);
    assert!(collected.stderr.contains("600 answers brought in"), "{}", collected.stderr);
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert_paid_once(&trial, 300);
}

#[test]
fn at_the_deadline_what_is_left_is_asked_at_once() {
    let trial = Trial::new(120, [never(), never()], ["", ""]);
    let ran = trial.score(&["--batch", "--deadline", "1s"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("the deadline is here"), "{}", ran.stderr);
    let counts = trial.counts();
    assert!(counts.iter().all(|counts| counts.cancels == 1 && counts.online > 0), "{counts:?}");
    let asked: u64 = counts.iter().map(|counts| billed(counts) + counts.online).sum();
    assert_eq!(asked, 240, "what the batches had answered by then is not asked again");
    trial.check_account();
}

#[test]
fn a_queue_that_is_full_is_learnt_and_waited_for() {
    // A question has some 900 tokens, so that some 40 fit.
    let narrow = BatchScript { queued_tokens: Some(40_000), latency: Duration::from_millis(30), ..script() };
    for limit in ["", "batch_queue_tokens = 30000"] {
        let trial = Trial::new(200, [narrow.clone(), script()], [limit, ""]);
        let ran = trial.score(&["--batch"]);
        assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
        assert_paid_once(&trial, 200);
    }
}

#[test]
fn a_batch_whose_making_was_not_heard_of_is_found_again() {
    let deaf = || BatchScript { drops: Some(2), latency: Duration::from_millis(50), ..script() };
    let trial = Trial::new(300, [deaf(), deaf()], ["batch_requests = 100", "batch_requests = 100"]);
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert_eq!(trial.counts().map(|counts| counts.batches), [3, 3]);
    assert_paid_once(&trial, 300);
}

#[test]
fn batches_of_somebody_else_are_left_alone() {
    let trial = Trial::new(100, [script(), script()], ["", ""]);
    // The same account, the same number of questions, another store.
    let other = Trial::new(100, [script(), script()], ["", ""]);
    let config = std::fs::read_to_string(trial.project.path("config.toml")).unwrap();
    other.project.write("config.toml", &config);
    other.project.write(
        "items.csv",
        "id,text\n".to_owned() + &(0..100).map(|n| format!("{n},Other {n}.\n")).collect::<String>(),
    );
    assert_eq!(other.score(&["--batch", "--no-wait"]).code, Some(0));
    trial.anthropic.change(|script| script.drops = Some(2));
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert_eq!(other.run(&["batch", "collect", "--wait"]).code, Some(0));
    let counts = trial.counts();
    assert_eq!((counts[1].batches, most_billed(&counts)), (2, 1));
}

#[test]
fn a_limit_on_money_is_never_passed() {
    let trial = plain(300);
    let ran = trial.run(&["--items", "items.csv", "--batch", "--max-cost", "0.2", "--output", "report.json"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    let spent = trial.json(&["runs", "costs"])["total"]["cost_usd"].as_f64().unwrap();
    assert!(spent > 0.1 && spent <= 0.2, "{spent}");
    trial.check_account();
    // Without waiting, what there is money for is submitted, and no more.
    let trial = plain(300);
    let ran = trial.run(&["--items", "items.csv", "--batch", "--no-wait", "--max-cost", "0.5"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    let open: f64 = trial
        .json(&["batch", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|batch| batch["cost_usd_at_most"].as_f64().unwrap())
        .sum();
    assert!(open > 0.4 && open <= 0.5, "{open}");
    assert_eq!(trial.score(&["--batch"]).code, Some(0));
    assert_paid_once(&trial, 300);
}

#[test]
fn what_is_cancelled_is_asked_again_where_it_was_not_answered() {
    let trial = Trial::new(100, [never(), never()], ["", ""]);
    assert_eq!(trial.score(&["--batch", "--no-wait"]).code, Some(0));
    let ran = trial.run(&["batch", "cancel", "--all"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = trial.run(&["batch", "collect", "--wait"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("without an answer"), "{}", ran.stderr);
    let unknown = trial.run(&["batch", "cancel", "ffff"]);
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
    for server in [&trial.openai, &trial.anthropic] {
        server.change(|script| script.latency = Duration::ZERO);
    }
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert_paid_once(&trial, 100);
}

fn start(trial: &Trial, words: &[&str]) -> Child {
    let mut command =
        trial.command(&[&["--items", "items.csv", "--yes", "--output", "report.json"], words].concat());
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Until the providers have so many batches.
fn wait_for(trial: &Trial, batches: u64) {
    while trial.counts().iter().map(|counts| counts.batches).sum::<u64>() < batches {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn interrupted_the_run_leaves_its_batches_and_the_next_one_takes_them_over() {
    let trial = Trial::new(100, [never(), never()], ["", ""]);
    let child = start(&trial, &["--batch"]);
    wait_for(&trial, 2);
    // While it looks after them nobody else does.
    let second = trial.run(&["batch", "collect"]);
    assert_eq!(second.code, Some(1), "{}", second.stderr);
    assert!(second.stderr.contains(&format!("process {}", child.id())), "{}", second.stderr);
    let ended = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(ended.success());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    for server in [&trial.openai, &trial.anthropic] {
        server.change(|script| script.latency = Duration::ZERO);
    }
    let ran = trial.score(&["--batch"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert_eq!(trial.counts().map(|counts| counts.batches), [1, 1]);
    assert_paid_once(&trial, 100);
}

#[test]
fn what_is_refused_or_unreadable_is_a_gap_with_its_reason() {
    let odd = BatchScript { rejected_percent: 10, errored_percent: 10, ..script() };
    let vague = BatchScript { answer: |_| "I would rather not say.".to_owned(), ..script() };
    let trial = Trial::new(200, [odd, vague], ["", ""]);
    let ran = trial.score(&["--batch"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let gaps = &trial.report()["gaps"]["by_reason"];
    assert_eq!(gaps["unreadable"], 200, "each was asked twice");
    // A tenth of 200 by the hash of a key that has the port in it: all but ever within four standard deviations.
    assert!((3..=37).contains(&gaps["failed"].as_u64().unwrap()), "{gaps}");
    assert_eq!(trial.counts()[1].items.len(), 400);
    trial.check_account();
}

#[test]
fn a_key_that_is_refused_ends_it_and_is_told_nowhere() {
    let trial = plain(50);
    let mut command = trial.command(&["--items", "items.csv", "--batch", "--yes", "-vvv"]);
    command.env("TEST_KEY", "sk-another-key-987654321");
    let ran = common::program::finished(&mut command);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(!ran.stderr.contains("sk-another-key"), "{}", ran.stderr);
    assert_eq!(trial.json(&["batch", "list"]), Value::Array(Vec::new()));
    let ran = trial.score(&["--batch", "-vvv"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(!ran.stderr.contains(KEY), "{}", ran.stderr);
    for entry in std::fs::read_dir(trial.project.path("cache")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains(KEY));
    }
}

#[test]
fn anchors_are_asked_anew_in_batches_too() {
    let trial = plain(100);
    assert_eq!(trial.score(&["--batch"]).code, Some(0));
    let ran = trial.score(&["--batch", "--anchors", "10"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    let counts = trial.counts();
    assert_eq!((counts.iter().map(billed).sum::<u64>(), most_billed(&counts)), (220, 2));
    trial.check_account();
}

#[test]
fn models_without_batches_are_asked_at_once_and_said_to_be() {
    let trial = plain(10);
    let mock = "\n[models.mock-a]\nprovider = \"mock\"\n";
    let config = std::fs::read_to_string(trial.project.path("config.toml")).unwrap();
    trial.project.write("config.toml", config + mock);
    let ran = trial.score(&["--batch", "-m", "gpt,mock-a"]);
    assert_eq!((ran.code, gaps(&trial)), (Some(0), 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("mock-a has no interface for batches"), "{}", ran.stderr);
    for (words, said) in [
        (&["--batch", "-m", "mock-a"][..], "none of these models can be asked in batches"),
        (&["--deadline", "1h", "-m", "gpt"], "--deadline is about batches, and none of these models is"),
        (&["--no-wait", "-m", "gpt"], "--no-wait is about batches"),
    ] {
        let ran = trial.score(words);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

//! What comes after runs of schedules, and what is left of that after kills, stops and damage.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests look at files, and into the store"
)]

mod common {
    pub mod program;
    pub mod receiver;
    pub mod service;
}

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::program::{BINARY, Project, finished};
use common::receiver::Receiver;
use common::service::{Service, be_the_child};
use rusqlite::Connection;
use score_tasks::domain::hash::Fields;
use serde_json::Value;

/// The program itself, in the processes that the other tests start.
#[test]
#[ignore = "no test: the other tests start it"]
fn child() {
    be_the_child();
}

const ONCE: [&str; 3] = ["schedule", "run", "--once"];
const FEBRUARY: &str = "2027-02-01T03:00:02Z";
const MARCH: &str = "2027-03-01T03:00:02Z";

fn config(bias: f64, after: &str) -> String {
    format!(
        "[run]\nmodels = [\"moved\", \"still\"]\nrubric = \"items\"\n\
         [models.moved]\nprovider = \"mock\"\nmock = {{ bias = {bias}, noise = 2 }}\n\
         [models.still]\nprovider = \"mock\"\nmock = {{ bias = 0, noise = 2 }}\n\
         [[schedule]]\nname = \"monthly\"\ncron = \"0 3 1 * *\"\nitems = \"items.csv\"\nfresh = true\n\
         output = \"results/{{date}}.json\"\n[schedule.after]\n{after}"
    )
}

fn project(after: &str) -> Project {
    let project = Project::new(&config(0.0, after));
    let rows: String =
        (0..60).map(|n| format!("{n},group {},Sort the letters of day {n}\n", n % 6)).collect();
    project.write("items.csv", format!("id,group,text\n{rows}"));
    project
}

fn once(project: &Project, at: &str) -> (Option<i32>, String) {
    Service::start(project, &ONCE, at, "2028-01-01").end()
}

/// February as it was, and March with a model that has moved, which the gate does not let pass.
fn february_and_march(after: &str) -> Project {
    let project = project(after);
    let (code, seen) = once(&project, FEBRUARY);
    assert_eq!(code, Some(0), "{seen}");
    project.write("config.toml", config(5.0, after));
    let (code, seen) = once(&project, MARCH);
    assert_eq!(code, Some(6), "{seen}");
    project
}

fn json(project: &Project, words: &[&str]) -> Value {
    serde_json::from_slice(&project.succeed(&[words, &["--json"]].concat()).stdout).unwrap()
}

fn runs(project: &Project) -> Vec<Value> {
    json(project, &["runs", "list"]).as_array().unwrap().clone()
}

fn last(project: &Project) -> Value {
    json(project, &["schedule", "next", "-n", "1"])[0]["last"].clone()
}

fn store(project: &Project) -> Connection {
    Connection::open(project.path("cache/answers.sqlite")).unwrap()
}

fn text(project: &Project, name: &str) -> String {
    std::fs::read_to_string(project.path(name)).unwrap()
}

#[test]
fn a_run_is_followed_by_summary_gate_webhook_and_command() {
    let receiver = Receiver::start(&[(200, "")]);
    let after = format!(
        "fail_above = 3\nsummary = \"summary.md\"\nwebhook = \"{}\"\n\
         command = [\"/bin/sh\", \"-c\", \"cat > got.md; echo $SCORE_TASKS_EXIT > exit.txt\"]\n",
        receiver.url()
    );
    let project = project(&after);
    let (code, seen) = once(&project, FEBRUARY);
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("The gate is open: there is no earlier run"), "{seen}");
    assert!(text(&project, "summary.md").starts_with("# monthly\n"));
    assert_eq!(text(&project, "got.md"), text(&project, "summary.md"));
    project.write("config.toml", config(5.0, &after));
    let (code, seen) = once(&project, MARCH);
    assert_eq!(code, Some(6), "{seen}");
    assert!(seen.contains("error: moved by more than 3 points"), "{seen}");
    assert!(text(&project, "got.md").contains("Gate: **shut**"), "{}", text(&project, "got.md"));
    assert_eq!(text(&project, "exit.txt"), "6\n");
    let posted: Vec<Value> =
        receiver.posted().iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    assert_eq!(posted.len(), 2);
    assert_eq!((&posted[0]["exit"], &posted[1]["exit"]), (&0.into(), &6.into()));
    assert_eq!((&posted[1]["gate"], &posted[1]["schedule"]), (&false.into(), &"monthly".into()));
    assert_eq!(posted[1]["against"], runs(&project)[0]["id"]);
    assert_eq!(posted[1]["allowed_mentions"]["parse"], Value::Array(Vec::new()));
    assert_eq!(last(&project)["exit"], 6);
    // By hand the same comes after it.
    let now = Service::start(&project, &["schedule", "run", "--now", "monthly"], "2027-03-05", "2028-01-01");
    assert_eq!(now.end().0, Some(0));
    let posted = receiver.posted();
    assert_eq!(posted.len(), 1);
    let posted: Value = serde_json::from_slice(&posted[0].body).unwrap();
    assert_eq!(posted["against"], runs(&project)[1]["id"]);
}

/// A run tells again what it told: with the exit code of its occasion, to whom its schedule says.
#[test]
fn announced_again_it_is_the_same_outcome() {
    let receiver = Receiver::start(&[(200, "")]);
    let after = format!("fail_above = 3\nwebhook = \"{}\"\n", receiver.url());
    let project = february_and_march(&after);
    let told = receiver.posted();
    let ran = project.run(&["runs", "announce", "latest"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    let again = receiver.posted();
    assert_eq!(again.len(), 1);
    let members = |body: &[u8]| -> Vec<Value> {
        let body: Value = serde_json::from_slice(body).unwrap();
        ["exit", "gate", "gate_found", "schedule", "run", "against"].map(|name| body[name].clone()).to_vec()
    };
    assert_eq!(members(&again[0].body), members(&told[1].body));
    let ran = project.run(&["runs", "announce", "latest", "--fail-above", "50"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    // A run that had ended otherwise is not said to have ended well.
    store(&project).execute("UPDATE occasion SET exit = 5 WHERE exit = 0", []).unwrap();
    receiver.posted();
    project.succeed(&["runs", "announce", "latest~1"]);
    let body: Value = serde_json::from_slice(&receiver.posted()[0].body).unwrap();
    assert_eq!(body["exit"], 5);
}

/// Killed between keeping the run and noting the end of the occasion, it is not compared with itself.
#[test]
fn what_was_kept_is_not_scored_again_and_the_gate_stays_shut() {
    let project = february_and_march("fail_above = 3\n");
    let cut_off = || {
        let cut = "UPDATE occasion SET ended = NULL, exit = NULL, run = NULL \
                   WHERE id = (SELECT max(id) FROM occasion)";
        assert_eq!(store(&project).execute(cut, []).unwrap(), 1);
    };
    cut_off();
    let (code, seen) = once(&project, "2027-03-01T04:00:00Z");
    assert_eq!(code, Some(6), "{seen}");
    assert!(seen.contains("was scored already, as run 20270301-"), "{seen}");
    assert_eq!(runs(&project).len(), 2);
    assert_eq!(last(&project)["run"], runs(&project)[1]["id"]);
    // An old program may have kept two for one occasion: they are not compared with each other either.
    twin_of_the_last(&project);
    let ran = project.run(&["runs", "announce", "twin", "--fail-above", "3"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    assert!(ran.stderr.contains("moved by more than 3 points"), "{}", ran.stderr);
}

/// The last run once more, a moment later, under another name.
fn twin_of_the_last(project: &Project) {
    let store = store(project);
    let (began, manifest, digest): (i64, String, [u8; 32]) = store
        .query_row("SELECT began + 1, manifest, digest FROM run ORDER BY began DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    let whole = Fields::new("score-tasks/run/1")
        .text("id", "twin")
        .number("began", began.cast_unsigned())
        .text("manifest", &manifest)
        .bytes("record", &digest)
        .finish();
    let insert =
        "INSERT INTO run (id, began, manifest, digest, manifest_digest) VALUES ('twin', ?1, ?2, ?3, ?4)";
    store.execute(insert, rusqlite::params![began, manifest, digest, whole.0]).unwrap();
}

/// Waits for what a command makes.
fn until_there(project: &Project, name: &str) {
    let start = Instant::now();
    while !project.path(name).exists() {
        assert!(start.elapsed() < Duration::from_secs(30), "no {name}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// How a program ended that was sent a signal, and how soon.
fn signalled(child: Child, name: &str) -> (Option<i32>, String, Duration) {
    let start = Instant::now();
    let sent = finished(std::process::Command::new("kill").args([name, &child.id().to_string()]));
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap(), start.elapsed())
}

fn now(project: &Project) -> Child {
    let mut command = project.program(BINARY);
    command.args(["schedule", "run", "--now", "monthly"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_kill_while_it_is_told_does_not_open_the_occasion_again() {
    let after = "fail_above = 3\ncommand = [\"/bin/sh\", \"-c\", \"echo > began.txt; exec sleep 60\"]\n";
    let project = project("");
    assert_eq!(once(&project, FEBRUARY).0, Some(0));
    project.write("config.toml", config(5.0, after));
    let service = Service::start(&project, &ONCE, MARCH, "2028-01-01");
    until_there(&project, "began.txt");
    service.signal("-KILL");
    assert_eq!(service.end().0, None);
    assert_eq!(last(&project)["exit"], 6);
    let (code, seen) = once(&project, "2027-03-01T04:00:00Z");
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("Nothing is due."), "{seen}");
    assert_eq!(runs(&project).len(), 2);
}

#[test]
fn a_signal_ends_what_is_told_and_the_occasion_stays_done() {
    let receiver = Receiver::start(&[(503, "Retry-After: 60\r\n")]);
    for after in [
        "command = [\"/bin/sh\", \"-c\", \"echo > began.txt; exec sleep 60\"]\n".to_owned(),
        format!("webhook = \"{}\"\n", receiver.url()),
    ] {
        let project = project(&after);
        let child = now(&project);
        let start = Instant::now();
        while !project.path("began.txt").exists() && receiver.posted().is_empty() {
            assert!(start.elapsed() < Duration::from_secs(30), "nobody was told");
            thread::sleep(Duration::from_millis(5));
        }
        let (code, seen, took) = signalled(child, "-TERM");
        assert_eq!(code, Some(0), "{seen}");
        assert!(took < Duration::from_secs(10), "{took:?}: {seen}");
        assert!(seen.contains("the program was told to stop"), "{seen}");
        assert!(seen.contains("score-tasks runs announce 20"), "{seen}");
        assert_eq!(last(&project)["exit"], 0);
        let details = "SELECT count(*) FROM occasion WHERE detail = 'undelivered'";
        assert_eq!(store(&project).query_row(details, [], |row| row.get(0)), Ok(1));
        assert_eq!(receiver.posted().len(), 0, "a further try");
    }
}

/// Damage to what is to be compared does not open the gate, and damage to something else does not shut it.
#[test]
fn what_cannot_be_read_opens_no_gate() {
    let damage_record = |project: &Project, month: &str| {
        let damage = format!(
            "UPDATE run_record SET bytes = x'00' WHERE digest IN (SELECT digest FROM run WHERE id LIKE '{month}%')"
        );
        assert!(store(project).execute(&damage, []).unwrap() > 0);
    };
    let two = || {
        let project = project("fail_above = 3\nsummary = \"summary.md\"\n");
        assert_eq!(once(&project, FEBRUARY).0, Some(0));
        // Runs with the same ratings share a record.
        project.write("config.toml", config(1.0, "fail_above = 3\nsummary = \"summary.md\"\n"));
        assert_eq!(once(&project, MARCH).0, Some(0));
        project.write("config.toml", config(5.0, "fail_above = 3\nsummary = \"summary.md\"\n"));
        project
    };
    let april = "2027-04-01T03:00:02Z";
    // The one before it: then that before that serves.
    let project = two();
    damage_record(&project, "20270301");
    let (code, seen) = once(&project, april);
    assert_eq!(code, Some(6), "{seen}");
    assert!(text(&project, "summary.md").contains("Since run 20270201"), "{}", text(&project, "summary.md"));
    assert!(text(&project, "summary.md").contains("run 20270301"), "{}", text(&project, "summary.md"));
    // All of them.
    let project = two();
    for month in ["20270201", "20270301"] {
        damage_record(&project, month);
    }
    let (code, seen) = once(&project, april);
    assert_eq!(code, Some(1), "{seen}");
    assert!(seen.contains("the gate cannot be judged"), "{seen}");
    let summary = text(&project, "summary.md");
    assert!(!summary.contains("No run came of it"), "{summary}");
    // What an older run was about is changed: the others serve.
    let project = two();
    store(&project).execute("UPDATE run SET manifest = '{}' WHERE id LIKE '20270201%'", []).unwrap();
    let (code, seen) = once(&project, april);
    assert_eq!(code, Some(6), "{seen}");
    assert!(text(&project, "summary.md").contains("Since run 20270301"), "{}", text(&project, "summary.md"));
    // The run itself, before it is told.
    let ran = {
        damage_record(&project, "20270401");
        project.run(&["runs", "announce", "20270401", "--summary", "again.md"])
    };
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    let summary = text(&project, "again.md");
    assert!(summary.contains("is kept, and could not be read"), "{summary}");
}

/// A gap is no reason to let a shift pass.
#[test]
fn a_shut_gate_outranks_gaps() {
    let project = project("fail_above = 3\n");
    assert_eq!(once(&project, FEBRUARY).0, Some(0));
    let broken =
        config(5.0, "fail_above = 3\n").replace("noise = 2 }", "noise = 2, answers = { refusal = 0.2 } }");
    project.write("config.toml", broken);
    let (code, seen) = once(&project, MARCH);
    assert_eq!(code, Some(6), "{seen}");
    assert!(seen.contains("missing."), "{seen}");
}

/// The schedules of two configs do not take each other's occasions for done.
#[test]
fn two_configs_on_one_store_have_occasions_of_their_own() {
    let project = project("fail_above = 3\n");
    assert_eq!(once(&project, FEBRUARY).0, Some(0));
    let other = config(0.0, "").replace("items.csv", "../items.csv");
    project.write("other/config.toml", format!("{other}[cache]\npath = \"../cache/answers.sqlite\"\n"));
    let words = [&["-C", "other"], &ONCE[..]].concat();
    let (code, seen) = Service::start(&project, &words, FEBRUARY, "2028-01-01").end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("of another config, or of this one in another place"), "{seen}");
    assert_eq!(runs(&project).len(), 2);
    let (_, seen) = once(&project, "2027-02-01T03:10:00Z");
    assert!(seen.contains("Nothing is due."), "{seen}");
}

#[test]
fn a_clock_that_was_ahead_silences_nothing() {
    let project = project("");
    let (_, seen) = once(&project, "2029-01-15");
    assert!(seen.contains("Nothing is due."), "{seen}");
    let (_, seen) = once(&project, "2027-01-15");
    assert!(seen.contains("the clock was ahead"), "{seen}");
    let (code, seen) = once(&project, FEBRUARY);
    assert!(code == Some(0) && seen.contains("monthly ended with exit 0"), "{seen}");
}

#[test]
fn once_waits_for_what_is_due_within_a_minute() {
    let project = project("");
    once(&project, "2027-01-15");
    let (_, seen) = once(&project, "2027-02-01T02:58:00Z");
    assert!(seen.contains("Nothing is due."), "{seen}");
    let (_, seen) = once(&project, "2027-02-01T02:59:10Z");
    assert!(seen.contains("monthly ended with exit 0"), "{seen}");
    assert_eq!(runs(&project)[0]["due"], "2027-02-01T03:00:00.000Z");
    let (_, seen) = once(&project, FEBRUARY);
    assert!(seen.contains("Nothing is due."), "{seen}");
}

/// Whoever wants a run now gets it from the service that has the schedules.
#[test]
fn a_service_takes_up_what_is_wanted_now() {
    let project = project("");
    let mut service = Service::start(&project, &["schedule", "run"], "2027-01-05", "2027-01-06");
    service.until("Next: monthly at 2027-02-01");
    let words = ["schedule", "run", "--now", "monthly"];
    let (code, seen) = Service::start(&project, &words, "2027-01-05", "2027-01-06").end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("is left to score-tasks schedule run, process"), "{seen}");
    service.until("monthly ended with exit 0");
    service.leave("monthly at 2027-02-01");
    assert_eq!(runs(&project).len(), 1);
}

/// A store that cannot be used for a while does not end the service.
#[test]
fn a_service_waits_for_a_store_that_cannot_be_used() {
    let project = project("");
    let mut service = Service::start(&project, &["schedule", "run"], "2027-01-05", "2027-01-31");
    service.until("Next: monthly at 2027-02-01");
    let (here, aside) = (project.path("cache/answers.sqlite"), project.path("cache/aside"));
    std::fs::rename(&here, &aside).unwrap();
    std::fs::create_dir(&here).unwrap();
    service.signal("-HUP");
    service.until("The schedules wait for the store");
    std::fs::remove_dir(&here).unwrap();
    std::fs::rename(&aside, &here).unwrap();
    service.leave("monthly at 2027-02-01");
}

/// A budget for the month is agreement enough where nobody is there.
#[test]
fn a_monthly_budget_is_agreement() {
    let paid = "models = [\"far\"]\n[budget]\nusd_per_month = 50\n[models.far]\nprovider = \"openai\"\nmodel = \"m\"\n\
                base_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"\"\nprice = { input = 1000, output = 1000 }\n";
    let after = config(0.0, "");
    let project = project("");
    project.write("config.toml", after.replace("[schedule.after]\n", paid));
    let (code, seen) = once(&project, FEBRUARY);
    assert!(!seen.contains("nobody has agreed"), "{seen}");
    assert_ne!(code, Some(5), "{seen}");
    let ran = project.run(&["schedule", "next"]);
    assert!(!ran.stderr.contains("without max_cost"), "{}", ran.stderr);
}

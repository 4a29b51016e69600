//! Schedules: a year of them in virtual time with all that can happen, and the service as others see it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests look at files, and speak to a service as a guest does"
)]

mod common {
    pub mod program;
    pub mod service;
}

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use common::program::{BINARY, Project, finished};
use common::service::{Service, answers, be_the_child};
use serde_json::Value;

/// The program itself, in the processes that the other tests start.
#[test]
#[ignore = "no test: the other tests start it"]
fn child() {
    be_the_child();
}

const ROWS: u64 = 200;
const ANCHORS: u64 = 10;
/// 2 % of the rows; none of them is an anchor.
const REWORDED: u64 = 4;

const SERVICE: [&str; 2] = ["schedule", "run"];

/// Two mocks, the second of which may be replaced.
fn models(second: &str, latency_ms: u64) -> String {
    let mut text = "[run]\nmodels = [\"first\", \"second\"]\nrubric = \"items\"\n".to_owned();
    for (name, model) in [("first", "first"), ("second", second)] {
        text += &format!(
            "[models.{name}]\nprovider = \"mock\"\nmodel = \"{model}\"\nmax_in_flight = 4\n\
             mock = {{ latency_ms = {latency_ms} }}\n"
        );
    }
    text
}

const MONTHLY: &str = "[[schedule]]\nname = \"monthly\"\ncron = \"0 3 1 * *\"\nitems = \"items.csv\"\n\
                       output = \"results/{date}.json\"\n";

/// Answers may be 100 days old, but for the anchors.
fn year_config(second: &str) -> String {
    format!("{}{MONTHLY}max_age = \"100d\"\nanchors = {ANCHORS}\n", models(second, 10))
}

fn table(rows: u64, reworded: bool) -> String {
    let mut text = "id,text\n".to_owned();
    for row in 0..rows {
        let ending = if reworded && row % 50 == 11 { "in the evening" } else { "every morning" };
        text += &format!("{row},Sort the letters of counter {row} {ending}.\n");
    }
    text
}

fn json(project: &Project, words: &[&str]) -> Value {
    serde_json::from_slice(&project.succeed(&[words, &["--json"]].concat()).stdout).unwrap()
}

/// The year, month by month, as it is lived.
struct Year {
    project: Project,
    /// How many answers were asked for, by month, as the runs and the store say.
    asked: Vec<u64>,
    /// How many of them had come before a crash.
    kept: Vec<(usize, u64)>,
}

impl Year {
    fn start(&self, from: &str, until: &str) -> Service {
        Service::start(&self.project, &SERVICE, from, until)
    }

    /// What the store must hold when this month, from 1 on, is over.
    fn total(&self, month: usize) -> u64 {
        self.asked.iter().take(month).sum()
    }

    /// Lets the service run from one day to another, and end in peace.
    fn live(&self, from: &str, until: &str, next: &str) {
        self.start(from, until).leave(&format!("monthly at {next} 03:00"));
    }

    /// The service dies in the middle of a month's run.
    fn crash(&mut self, month: usize, from: &str, until: &str) {
        let before = self.total(month - 1);
        let kept = self.start(from, until).kill_at(&self.project, before + 40) - before;
        assert!(kept < self.asked[month - 1], "the run of month {month} was over");
        self.kept.push((month, kept));
    }

    /// Every question that had to be asked in these months was, and none twice.
    fn assert_asked_until(&self, month: usize) {
        assert_eq!(answers(&self.project), self.total(month), "until month {month}");
    }

    fn kept(&self, month: usize) -> u64 {
        self.kept.iter().filter(|(crashed, _)| *crashed == month).map(|(_, kept)| kept).sum()
    }
}

/// Per month: anchors of both models; all in January, and in May, when January's answers are 120 days old; in July
/// the new second model; in September the first model's answers of May are too old, and of the second those of
/// the reworded rows are missing; October is made up for on the 20th, when the second's of July are too old.
fn expected() -> Vec<u64> {
    let anchors = 2 * ANCHORS;
    let (july, september) = (ROWS + ANCHORS, ROWS + ANCHORS + REWORDED);
    let october = ROWS - REWORDED + ANCHORS;
    vec![
        2 * ROWS,
        anchors,
        anchors,
        anchors,
        2 * ROWS,
        anchors,
        july,
        anchors,
        september,
        october,
        anchors,
        anchors,
    ]
}

#[test]
fn a_year_with_crashes_a_new_model_new_texts_and_a_missed_month() {
    let project = Project::new(&year_config("second"));
    project.write("items.csv", table(ROWS, false));
    let mut year = Year { project, asked: expected(), kept: Vec::new() };

    year.crash(1, "2027-01-01", "2027-01-15");
    year.crash(5, "2027-01-01T05:00:00Z", "2027-05-15");
    year.live("2027-05-01T06:00:00Z", "2027-06-15", "2027-07-01");
    year.assert_asked_until(6);

    year.project.write("config.toml", year_config("second-2"));
    year.crash(7, "2027-06-20", "2027-07-15");
    year.live("2027-07-02", "2027-08-15", "2027-09-01");
    year.assert_asked_until(8);

    year.project.write("items.csv", table(ROWS, true));
    year.live("2027-08-20", "2027-09-15", "2027-10-01");
    year.assert_asked_until(9);

    // Nobody is there on 1 October.
    year.live("2027-10-20", "2027-12-31", "2028-01-01");
    year.assert_asked_until(12);

    assert_runs(&year);
    assert_causes(&year.project);
}

/// Twelve runs, each for its month, each with what it had to ask.
fn assert_runs(year: &Year) {
    let runs = json(&year.project, &["runs", "list"]);
    let runs = runs.as_array().unwrap();
    let due: Vec<&str> = runs.iter().map(|run| run["due"].as_str().unwrap()).collect();
    let months: Vec<String> = (1..=12).map(|month| format!("2027-{month:02}-01T03:00:00.000Z")).collect();
    assert_eq!(due, months);
    for (month, run) in (1..).zip(runs) {
        assert_eq!(run["schedule"], "monthly");
        // What a crashed try had got is there for the next one.
        let asked = year.asked[month - 1] - year.kept(month);
        assert_eq!(run["answers"]["asked"], asked, "month {month}");
        assert_eq!((&run["answers"]["needed"], &run["answers"]["gaps"]), (&(2 * ROWS).into(), &0.into()));
        let report = format!("results/2027-{month:02}-01.json");
        assert!(year.project.path(&report).exists(), "{report}");
    }
    assert!(runs[9]["began"].as_str().unwrap().starts_with("2027-10-20"), "{}", runs[9]);
    let next = json(&year.project, &["schedule", "next", "-n", "1"]);
    assert_eq!(next[0]["last"]["exit"], 0);
    assert_eq!(next[0]["last"]["run"], runs[11]["id"]);
}

/// Only July and September have a cause, and it is the right one.
fn assert_causes(project: &Project) {
    let drift = json(project, &["drift", "--last", "12"]);
    let steps = drift["runs"].as_array().unwrap();
    assert_eq!(steps.len(), 12);
    for (month, step) in (1..).zip(steps).skip(1) {
        let change = &step["since_previous"];
        let verdicts: Vec<&str> = change["raters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rater| rater["verdict"].as_str().unwrap())
            .collect();
        let causes =
            ["inputs", "raters", "answers"].map(|cause| change["causes"][cause].as_f64().unwrap() != 0.0);
        let expected = match month {
            7 => [false, false, true],
            9 => [true, false, false],
            _ => [false; 3],
        };
        assert_eq!(causes, expected, "month {month}: {}", change["causes"]);
        assert_eq!(change["tasks"]["reworded"], if month == 9 { REWORDED } else { 0 }, "month {month}");
        assert_eq!(verdicts.contains(&"settings"), month == 7, "month {month}: {verdicts:?}");
        assert!(!verdicts.contains(&"moved"), "month {month}: {verdicts:?}");
        assert_eq!(change["rubric_changed"], false);
    }
}

fn monthly(latency_ms: u64) -> Project {
    let project = Project::new(&format!("{}{MONTHLY}", models("second", latency_ms)));
    project.write("items.csv", table(ROWS, false));
    project
}

#[test]
fn the_second_service_on_a_store_names_the_first_and_gets_the_store_after_a_kill() {
    let project = monthly(0);
    let mut first = Service::start(&project, &SERVICE, "2027-01-05", "2027-01-06");
    first.until("Next: monthly at 2027-02-01 03:00 UTC");
    for words in [&SERVICE[..], &["schedule", "run", "--once"]] {
        let second = project.run(words);
        assert_eq!(second.code, Some(1), "{}", second.stderr);
        let holder = format!("score-tasks schedule run, process {} on ", first.id());
        assert!(second.stderr.contains(&holder), "{}", second.stderr);
        assert!(second.stderr.contains("--wait"), "{}", second.stderr);
    }
    let waiting = [&SERVICE[..], &["--wait"]].concat();
    let mut third = Service::start(&project, &waiting, "2027-01-05", "2027-01-06");
    third.until("Waiting for the end of score-tasks schedule run");
    first.signal("-KILL");
    assert_eq!(first.end().0, None);
    third.leave("monthly at 2027-02-01");
}

#[test]
fn a_signal_in_the_middle_of_a_run_keeps_what_came_and_the_next_start_goes_on() {
    let project = monthly(10);
    let mut service = Service::start(&project, &SERVICE, "2027-01-31", "2027-02-02");
    service.reach(&project, 40);
    service.signal("-TERM");
    let (code, seen) = service.end();
    assert_eq!(code, Some(130), "{seen}");
    assert!(seen.contains("The schedule goes on with it at its next start."), "{seen}");
    assert!(!project.path("results/2027-02-01.json").exists());
    let kept = answers(&project);
    assert!((40..2 * ROWS).contains(&kept), "{kept}");
    let overdue = json(&project, &["schedule", "next", "-n", "1"]);
    assert_eq!((&overdue[0]["overdue"], &overdue[0]["last"]["exit"]), (&true.into(), &130.into()));
    Service::start(&project, &SERVICE, "2027-02-02", "2027-02-03").leave("monthly at 2027-03-01");
    assert_eq!(answers(&project), 2 * ROWS);
    let runs = json(&project, &["runs", "list"]);
    assert_eq!(runs.as_array().unwrap().len(), 1);
    assert_eq!(runs[0]["answers"]["asked"], 2 * ROWS - kept);
}

/// A run that asks everything afresh asks it once, crash or no crash, and again at the next occasion.
#[test]
fn a_fresh_run_that_crashed_goes_on_where_it_was() {
    let project = monthly(10);
    let config = std::fs::read_to_string(project.path("config.toml")).unwrap();
    project.write("config.toml", format!("{config}fresh = true\n"));
    let start = |from: &str, until: &str| Service::start(&project, &SERVICE, from, until);
    start("2027-01-31", "2027-02-02").leave("monthly at 2027-03-01");
    assert_eq!(answers(&project), 2 * ROWS);
    let kept = start("2027-02-28", "2027-03-02").kill_at(&project, 2 * ROWS + 50);
    assert!(kept < 4 * ROWS, "the run was over");
    // A crash leaves no word, so the next start finds it begun and not ended; and a second crash in between.
    let kept = start("2027-03-05", "2027-03-06").kill_at(&project, kept + 50);
    start("2027-03-10", "2027-03-11").leave("monthly at 2027-04-01");
    assert_eq!(answers(&project), 4 * ROWS);
    let runs = json(&project, &["runs", "list"]);
    assert_eq!(runs.as_array().unwrap().len(), 2);
    assert_eq!(runs[1]["answers"]["asked"], 4 * ROWS - kept);
    assert!(runs[1]["since"].as_str().unwrap().starts_with("2027-03-01T03:00:0"), "{}", runs[1]);
}

/// Nobody is there to agree to a cost, so nothing is asked that may cost more than `confirm_above_usd`.
#[test]
fn what_costs_more_than_was_agreed_to_is_not_asked() {
    let paid = "[models.far]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
                api_key_env = \"\"\nprice = { input = 1000, output = 1000 }\n";
    let config = format!("{}{MONTHLY}models = [\"far\"]\n{paid}", models("second", 0));
    let project = Project::new(&config);
    project.write("items.csv", table(ROWS, false));
    let once = ["schedule", "run", "--once"];
    let (code, seen) = Service::start(&project, &once, "2027-02-01T03:00:02Z", "2028-01-01").end();
    assert_eq!(code, Some(5), "{seen}");
    assert!(seen.contains("nobody has agreed to it"), "{seen}");
}

#[test]
fn a_hangup_reads_the_config_again_and_a_broken_one_changes_nothing() {
    let project = monthly(0);
    let mut service = Service::start(&project, &SERVICE, "2027-01-05", "2027-01-06");
    service.until("Next: monthly at 2027-02-01 03:00 UTC");
    let good = format!("{}{MONTHLY}zone = \"Europe/Berlin\"\n", models("second", 0));
    project.write("config.toml", &good);
    service.signal("-HUP");
    service.until("config.toml was read again and is in use.");
    service.until("Next: monthly at 2027-02-01 03:00 CET (2027-02-01T02:00:00.000Z)");
    project.write("config.toml", good.replace("0 3 1 * *", "0 3 32 * *"));
    service.signal("-HUP");
    service.until("schedule.monthly.cron: ");
    service.until("the one before stays in use");
    service.leave("monthly at 2027-02-01 03:00 CET");
}

#[test]
fn once_does_what_is_due_and_no_more() {
    let project = monthly(0);
    let once = |from: &str| {
        let service = Service::start(&project, &["schedule", "run", "--once"], from, "2028-01-01");
        let (code, seen) = service.end();
        assert_eq!(code, Some(0), "{seen}");
        (answers(&project), seen)
    };
    let (asked, seen) = once("2027-01-15");
    assert_eq!(asked, 0);
    assert!(seen.contains("monthly is new here, and first due 2027-02-01 03:00 UTC"), "{seen}");
    assert!(seen.contains("Nothing is due."), "{seen}");
    assert_eq!(once("2027-02-01T03:00:02Z").0, 2 * ROWS);
    let (asked, seen) = once("2027-02-01T03:00:30Z");
    assert_eq!(asked, 2 * ROWS);
    assert!(seen.contains("Nothing is due."), "{seen}");
    // By hand it also runs when it is not due, and what is kept serves.
    let now = ["schedule", "run", "--now", "monthly"];
    let (code, seen) = Service::start(&project, &now, "2027-02-10", "2028-01-01").end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("400 cached, 0 asked"), "{seen}");
    assert!(project.path("results/2027-02-10.json").exists());
}

/// The gravest exit code of several, and a key that is missing is told.
#[test]
fn what_goes_wrong_is_the_exit_code() {
    let config = format!(
        "{}{MONTHLY}[[schedule]]\nname = \"other\"\ncron = \"0 3 1 * *\"\nall = true\nmodels = [\"far\"]\n\
         rubric = \"exposure\"\n[models.far]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
         api_key_env = \"NO_SUCH_KEY\"\n",
        models("second", 0)
    );
    let project = Project::new(&config);
    project.write("items.csv", table(ROWS, false));
    let once = ["schedule", "run", "--once"];
    let (code, seen) = Service::start(&project, &once, "2027-02-01T03:00:02Z", "2028-01-01").end();
    assert_eq!(code, Some(4), "{seen}");
    assert!(seen.contains("NO_SUCH_KEY") && seen.contains("monthly ended with exit 0"), "{seen}");
    // It has ended, so it is not tried again.
    let (code, seen) = Service::start(&project, &once, "2027-02-01T03:10:00Z", "2028-01-01").end();
    assert_eq!(code, Some(0), "{seen}");
}

/// What a guest gets: the status, and the text.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn listening(service: &mut Service) -> String {
    let line = service.until("Health and metrics at http://");
    line.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

#[test]
fn health_and_metrics_are_shown_while_a_run_is_under_way() {
    let project = monthly(20);
    let words = [&SERVICE[..], &["--listen", "127.0.0.1:0"]].concat();
    let mut service = Service::start(&project, &words, "2027-01-31", "2027-02-02");
    let address = listening(&mut service);
    // Guests who say nothing keep nobody out.
    let _idle: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(&address).unwrap()).collect();
    let start = Instant::now();
    get(&address, "/health");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let start = Instant::now();
    while !get(&address, "/metrics").1.contains("score_tasks_schedule_running{schedule=\"monthly\"} 1\n") {
        assert!(start.elapsed() < Duration::from_secs(30), "no run is under way");
        thread::sleep(Duration::from_millis(2));
    }
    service.until("monthly ended with exit 0");
    service.until("Next: monthly at 2027-03-01");
    let (status, health) = get(&address, "/health");
    let health: Value = serde_json::from_str(&health).unwrap();
    assert_eq!((status, &health["status"]), (200, &"ok".into()));
    assert_eq!(health["next"]["schedule"], "monthly");
    assert_eq!(health["next"]["at"], "2027-03-01T03:00:00.000Z");
    assert_eq!(health["schedules"]["monthly"]["last"]["exit"], 0);
    assert!(health["holder"].as_str().unwrap().contains(&format!("process {}", service.id())));
    let (_, metrics) = get(&address, "/metrics");
    for line in [
        "score_tasks_build_info{version=\"0.1.0\"} 1",
        "score_tasks_schedule_runs_total{schedule=\"monthly\",exit=\"0\"} 1",
        "score_tasks_schedule_last_run_gaps{schedule=\"monthly\"} 0",
        "score_tasks_schedule_last_run_cost_usd{schedule=\"monthly\"} 0",
        "score_tasks_schedule_next_due_timestamp_seconds{schedule=\"monthly\"} 1803870000",
        "score_tasks_schedule_running{schedule=\"monthly\"} 0",
        "score_tasks_schedule_undelivered_total{schedule=\"monthly\"} 0",
        "# TYPE score_tasks_schedule_runs_total counter",
    ] {
        assert!(metrics.lines().any(|found| found == line), "no `{line}` in\n{metrics}");
    }
    assert_eq!(get(&address, "/").0, 404);
    service.signal("-TERM");
    assert_eq!(service.end().0, Some(0));
}

#[test]
fn health_tells_of_a_failure_and_nobody_listens_to_other_machines() {
    let project = monthly(0);
    for words in [["--listen", "0.0.0.0:9464"], ["--listen", "here"]] {
        let ran = finished(project.program(BINARY).args(SERVICE).args(words));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("127.0.0.1:9464"), "{}", ran.stderr);
    }
    let keyless = "[models.far]\nprovider = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
                   api_key_env = \"NO_SUCH_KEY\"\n[service]\nlisten = \"127.0.0.1:0\"\n";
    let config = format!("{}{MONTHLY}models = [\"far\"]\n{keyless}", models("second", 0));
    project.write("config.toml", config);
    let mut service = Service::start(&project, &SERVICE, "2027-01-31", "2027-02-02");
    let address = listening(&mut service);
    service.until("monthly ended with exit 4");
    service.until("Next: monthly at 2027-03-01");
    let (status, health) = get(&address, "/health");
    assert_eq!(status, 503, "{health}");
    assert!(health.contains("\"failing\""), "{health}");
    service.signal("-TERM");
    assert_eq!(service.end().0, Some(0));
}

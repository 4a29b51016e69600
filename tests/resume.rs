//! The real program, killed at any moment: what it has acknowledged stays, and running it again goes
//! on where it was.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests make their own files, and a kill needs a moment of real time"
)]

mod common {
    pub mod dice;
    pub mod program;
    pub mod report;
    pub mod table;
    pub mod talk;
}

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use common::dice::Dice;
use common::program::{BINARY, Project, finished};
use common::report::assert_same;
use common::table::table;
use common::talk::{counted, told};
use score_tasks::ask::key;
use score_tasks::store::{self, Keys, Stats};

const ITEMS: usize = 4_000;
const MODELS: [&str; 2] = ["mock-a", "mock-b"];
const NEEDED: u64 = (ITEMS * MODELS.len()) as u64;
const KILLS: usize = 50;
const WINDOW: usize = 16;

/// Two mock models, whose answers take so long.
fn config(latency_ms: [u64; 2], max_in_flight: usize) -> String {
    let mut config = String::from("[run]\nmodels = [\"mock-a\", \"mock-b\"]\nrubric = \"items\"\n");
    for (name, latency_ms) in MODELS.iter().zip(latency_ms) {
        config.push_str(&format!(
            "[models.{name}]\nprovider = \"mock\"\nmax_in_flight = {max_in_flight}\n\
             price = {{ input = 1, output = 2 }}\nmock = {{ latency_ms = {latency_ms} }}\n"
        ));
    }
    config
}

fn project(config: &str, items: usize) -> Project {
    let project = Project::new(config);
    project.write("items.csv", table(items));
    project
}

const RUN: [&str; 5] = ["--items", "items.csv", "--json", "--output", "report.json"];

/// What is in the store, by model. Before the first commit there is nothing to be read.
fn answers(project: &Project) -> [u64; 2] {
    match stats(project) {
        Some(stats) => MODELS.map(|name| {
            let found = stats.models.iter().find(|model| model.model == name);
            found.map_or(0, |model| model.answers)
        }),
        None => [0, 0],
    }
}

/// `None` while the file or its tables are not there.
fn stats(project: &Project) -> Option<Stats> {
    store::stats(&project.path("cache/answers.sqlite")).ok()
}

/// The project of the whole test, run again and again.
struct Trial {
    project: Project,
    /// What the store held after the last kill.
    kept: [u64; 2],
}

impl Trial {
    fn new() -> Self {
        // Narrow windows, so that most of a run's time goes by while answers come in.
        Self { project: project(&config([1, 1], WINDOW), ITEMS), kept: [0, 0] }
    }

    fn start(&self) -> Child {
        let stderr = File::create(self.project.path("stderr.txt")).unwrap();
        self.project.program(BINARY).args(RUN).stdout(Stdio::null()).stderr(stderr).spawn().unwrap()
    }

    /// Runs it, and kills it so long after it has told so many times how far it is; true if it has
    /// ended before.
    fn killed_after(&mut self, lines: usize, moment: Duration) -> bool {
        let mut child = self.start();
        let mut deadline = None;
        while deadline.is_none_or(|deadline| Instant::now() < deadline) {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{}", self.stderr());
                return true;
            }
            if deadline.is_none() && self.stderr().matches("> mock-").count() >= lines {
                deadline = Some(Instant::now() + moment);
            }
            thread::sleep(Duration::from_micros(300));
        }
        // On Unix this is SIGKILL: nothing in the program can see it coming.
        child.kill().unwrap();
        child.wait().unwrap();
        self.look();
        false
    }

    fn stderr(&self) -> String {
        std::fs::read_to_string(self.project.path("stderr.txt")).unwrap()
    }

    /// Nothing that was there is gone, and whatever the program has told is there.
    fn look(&mut self) {
        let now = answers(&self.project);
        let stderr = self.stderr();
        let told = MODELS.map(|name| told(&stderr, name));
        for (at, name) in MODELS.iter().enumerate() {
            let (now, before, told) = (now.get(at), self.kept.get(at), told.get(at));
            assert!(now >= before, "{name}: {before:?} answers before the kill, {now:?} after it");
            assert!(now >= told, "{name}: {told:?} were acknowledged, {now:?} are kept");
        }
        self.kept = now;
        // A report stands under its name when it is whole, or not at all.
        if let Ok(report) = std::fs::read_to_string(self.project.path("report.json")) {
            assert!(report.ends_with("}}\n"), "half a report");
        }
    }

    /// A run that came to its end between two kills has asked what was missing, and reported the same.
    fn check_end(&self, undisturbed: &[u8]) {
        let kept: u64 = self.kept.iter().sum();
        assert_eq!(counted(&self.stderr()), (kept, NEEDED - kept), "{}", self.stderr());
        assert_whole(&self.project);
        let report = std::fs::read(self.project.path("report.json")).unwrap();
        assert_same(&report, undisturbed, &APART, "after the kills");
    }

    /// The last run, which nobody disturbs, and all that can be known of those before it.
    ///
    /// How often a killed run has asked in vain cannot be seen: the mock keeps no count, and what was
    /// in flight or not yet committed has left no trace. That is at most the window of each lane and
    /// what `collect` lets wait for the disk (2 x (16 + 2,000)). What can be seen is that nothing is
    /// in the store twice, so no run has asked what an earlier one had acknowledged; and that the one
    /// that ends asks exactly what is missing.
    fn finish(&self, undisturbed: &[u8]) {
        let ended = self.start().wait().unwrap();
        assert!(ended.success(), "{}", self.stderr());
        self.check_end(undisturbed);
        let again = self.project.succeed(&RUN);
        assert_eq!(counted(&again.stderr), (NEEDED, 0), "{}", again.stderr);
        assert_same(&offline(&self.project), undisturbed, &APART, "without asking");
    }
}

/// What two reports of the same answers may differ in.
const APART: [&str; 3] = ["answers", "cost_usd", "offline"];

fn offline(project: &Project) -> Vec<u8> {
    project.succeed(&["--items", "items.csv", "--json", "--offline"]).stdout
}

/// Every answer that is needed is there, once, and as it was written.
fn assert_whole(project: &Project) {
    let stats = stats(project).unwrap();
    let answers: u64 = stats.models.iter().map(|model| model.answers).sum();
    assert_eq!((stats.questions, answers), (NEEDED, NEEDED));
    assert_undamaged(project);
}

fn assert_undamaged(project: &Project) {
    let keys = Keys { context: key::context, question: key::question };
    let verified = store::verify(&project.path("cache/answers.sqlite"), &keys).unwrap();
    assert!(verified.damage.is_empty(), "{:?}", verified.damage);
}

#[test]
fn killed_at_fifty_moments_it_loses_nothing_and_asks_nothing_twice() {
    let undisturbed = Trial::new();
    let start = Instant::now();
    let ran = undisturbed.project.succeed(&RUN);
    let length = start.elapsed();
    assert_eq!(counted(&ran.stderr), (0, NEEDED));
    assert_whole(&undisturbed.project);
    let report = offline(&undisturbed.project);

    let mut dice = Dice::new(0x006b_696c_6c00);
    let (mut kills, mut rounds) = (0, 1);
    let mut trial = Trial::new();
    let mut at: Vec<u64> = Vec::new();
    while kills < KILLS {
        // Hits each stretch of the way, however fast the machine is: a little after the start, or
        // after one of the lines that come at every tenth of a model's way; every sixth anywhere.
        let (lines, reach) = if kills % 6 == 5 { (0, 0.7) } else { (dice.below(4), 0.06) };
        let share = dice.below(1_000) as f64 / 1_000.0;
        if trial.killed_after(lines, length.mul_f64(reach * share)) {
            trial.check_end(&report);
            (trial, rounds) = (Trial::new(), rounds + 1);
        } else {
            kills += 1;
            at.push(trial.kept.iter().sum());
        }
    }
    trial.finish(&report);
    println!("a run takes {length:?}; {kills} kills in {rounds} rounds; answers kept after each: {at:?}");
}

#[test]
fn two_at_once_on_one_store_agree() {
    let project = project(&config([1, 1], 64), ITEMS);
    // No common words for both: each writes a report of its own.
    let children: Vec<(&str, Child)> = ["one.json", "two.json"]
        .map(|name| {
            let mut command = project.program(BINARY);
            command.args(["--items", "items.csv", "--json", "--output", name]);
            (name, command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        })
        .into();
    let reports: Vec<Vec<u8>> = children
        .into_iter()
        .map(|(name, child)| {
            let output = child.wait_with_output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(0), "{name}: {stderr}");
            let (cached, asked) = counted(&stderr);
            assert_eq!(cached + asked, NEEDED, "{name}: {stderr}");
            std::fs::read(project.path(name)).unwrap()
        })
        .collect();
    let [one, two] = reports.as_slice() else { panic!("two reports") };
    assert_same(one, two, &APART, "two at once");
    assert_same(&offline(&project), one, &APART, "both and what is kept");
    // What both found missing was asked by both: there is no lock on questions. All are kept.
    let stats = stats(&project).unwrap();
    assert_eq!(stats.questions, NEEDED);
    assert_undamaged(&project);
}

/// What Ctrl-C sends.
fn interrupt(child: &Child) {
    let sent = finished(Command::new("kill").args(["-INT", &child.id().to_string()]));
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
}

/// A child, and its stderr line by line.
struct Watched {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
    seen: String,
}

impl Watched {
    fn start(project: &Project, words: &[&str]) -> Self {
        let mut command = project.program(BINARY);
        let mut child = command.args(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines, seen: String::new() }
    }

    /// Reads on until a line holds this.
    fn until(&mut self, part: &str) {
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            self.seen.push_str(&line);
            self.seen.push('\n');
            if line.contains(part) {
                return;
            }
        }
        panic!("no `{part}` in:\n{}", self.seen);
    }

    fn interrupt(&self) {
        interrupt(&self.child);
    }

    /// The exit code, and all of stderr.
    fn end(mut self) -> (Option<i32>, String) {
        for line in self.lines.by_ref() {
            self.seen.push_str(&line.unwrap());
            self.seen.push('\n');
        }
        (self.child.wait().unwrap().code(), self.seen)
    }
}

#[test]
fn an_interrupt_lets_calls_come_back_and_says_how_to_go_on() {
    let items = 1_500;
    let project = project(&config([8, 8], 4), items);
    let mut run = Watched::start(&project, &RUN);
    run.until("mock-a: 300 of 1500");
    run.interrupt();
    let (code, stderr) = run.end();
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("Stopping when what is in flight has come back"), "{stderr}");
    assert!(stderr.contains("Run the same command again to go on."), "{stderr}");
    assert!(!project.path("report.json").exists(), "an interrupted run has no report");
    let kept: u64 = answers(&project).iter().sum();
    assert!(stderr.contains(&format!("Interrupted; saved: {kept} answers.")), "{kept}: {stderr}");
    assert!((300..2 * items as u64).contains(&kept), "{kept}");
    // Latency is no part of a question, so the rest may come at once.
    project.write("config.toml", config([0, 0], 64));
    let ran = project.succeed(&RUN);
    assert_eq!(counted(&ran.stderr), (kept, 2 * items as u64 - kept), "{}", ran.stderr);
    assert_undamaged(&project);
}

/// `--fresh` asks everything anew each time it is given, so the same command would not go on: it
/// would pay for the saved answers once more.
#[test]
fn an_interrupted_fresh_run_is_told_what_really_goes_on() {
    let project = project(&config([8, 8], 4), 1_500);
    let mut run = Watched::start(&project, &[&RUN[..], &["--fresh"]].concat());
    run.until("mock-a: 300 of 1500");
    run.interrupt();
    let (code, stderr) = run.end();
    assert_eq!(code, Some(130), "{stderr}");
    let kept: u64 = answers(&project).iter().sum();
    project.write("config.toml", config([0, 0], 64));
    let since = stderr.split("--since ").nth(1).and_then(|rest| rest.split(' ').next());
    let again =
        project.succeed(&[&RUN[..], &["--since", since.unwrap_or_else(|| panic!("{stderr}"))]].concat());
    assert_eq!(counted(&again.stderr), (kept, 3_000 - kept), "{}", again.stderr);
}

#[test]
fn a_second_interrupt_leaves_at_once() {
    // One model is quick, so that there are answers to lose; the other has calls in flight for long.
    let project = project(&config([0, 60_000], 64), 1_500);
    let mut run = Watched::start(&project, &RUN);
    run.until("mock-a: 300 of 1500");
    run.interrupt();
    run.until("again to leave at once");
    let second = Instant::now();
    run.interrupt();
    let (code, stderr) = run.end();
    assert_eq!(code, Some(130), "{stderr}");
    assert!(second.elapsed() < Duration::from_secs(10), "it waited for the calls: {:?}", second.elapsed());
    let (kept, told) = (answers(&project)[0], told(&stderr, MODELS[0]));
    assert!(kept >= told && told >= 300, "{told} were acknowledged, {kept} are kept");
    assert_undamaged(&project);
    project.write("config.toml", config([0, 0], 64));
    assert_eq!(counted(&project.succeed(&RUN).stderr), (kept, 3_000 - kept));
}

/// Making a large report takes a while, and a reader may be slow: Ctrl-C must end that too.
#[test]
fn an_interrupt_while_the_report_is_made_ends_the_run() {
    let project = project(&config([0, 0], 64), ITEMS);
    let mut command = project.program(BINARY);
    command.args(["--items", "items.csv", "--format", "csv", "--quiet"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    // The report has begun, and cannot end, for it is larger than any pipe and nobody reads on.
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    interrupt(&child);
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() < Duration::from_secs(10) => thread::sleep(Duration::from_millis(1)),
            None => {
                child.kill().unwrap();
                panic!("the interrupt was not heard");
            }
        }
    };
    assert_eq!(status.code(), Some(130));
    assert_whole(&project);
}

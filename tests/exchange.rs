//! Answers that travel: out of one project as JSON lines, into another, and back as a recording.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests make their own files")]

mod common {
    pub mod dice;
    pub mod program;
    pub mod report;
    pub mod table;
}

use std::path::Path;

use common::program::{BINARY, Project, Ran, finished};
use common::report::assert_same;
use common::table::table;

/// Raters whose answers are often in a bad shape, so that there are further attempts and gaps.
const ASKED: &str = r#"
[run]
models = ["one", "two"]
rubric = "items"
samples = 2
allow_gaps = "100%"
[models.one]
provider = "mock"
mock = { answers = { refusal = 0.2, fenced = 0.2, sixteen_digits = 0.1, truncated = 0.1 } }
[models.two]
provider = "mock"
price = { input = 0.25, output = 1.25 }
mock = { bias = 4.0, answers = { out_of_range = 0.1, empty = 0.1, think = 0.2 } }
"#;

const RUN: [&str; 3] = ["--items", "items.csv", "--json"];

/// What differs between asking and being told again.
const COUNTS: [&str; 2] = ["answers", "cost_usd"];

/// The same raters, but what they say is looked up.
fn replayed(file: &str) -> String {
    let replay = format!("provider = \"replay\"\nof = \"mock\"\nfile = {file:?}");
    ASKED.replace("provider = \"mock\"", &replay)
}

fn asked(items: usize) -> (Project, Ran) {
    let project = Project::new(ASKED);
    project.write("items.csv", table(items));
    let ran = project.succeed(&RUN);
    project.succeed(&["cache", "export", "--output", "published.jsonl"]);
    (project, ran)
}

fn read(project: &Project, name: &str) -> Vec<u8> {
    std::fs::read(project.path(name)).unwrap()
}

#[test]
fn a_recording_repeats_a_run_byte_for_byte() {
    let (project, ran) = asked(60);
    for file in ["published.jsonl", "published.sqlite"] {
        let reader = Project::new(&replayed(file));
        reader.write("items.csv", table(60));
        let name = if file.ends_with("jsonl") { file } else { "cache/answers.sqlite" };
        reader.write(file, read(&project, name));
        let again = reader.succeed(&RUN);
        assert_same(&ran.stdout, &again.stdout, &COUNTS, file);
        // What is kept of it serves without the recording.
        std::fs::remove_file(reader.path(file)).unwrap();
        let offline = reader.succeed(&["--items", "items.csv", "--json", "--offline"]);
        assert_same(&ran.stdout, &offline.stdout, &["answers", "cost_usd", "offline"], file);
        reader.succeed(&["cache", "verify"]);
    }
}

#[test]
fn what_was_not_recorded_stays_a_gap() {
    let (project, _) = asked(20);
    let reader = Project::new(&replayed("published.jsonl").replace("100%", "0"));
    reader.write("items.csv", table(23));
    reader.write("published.jsonl", read(&project, "published.jsonl"));
    let ran = reader.run(&RUN);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(report["gaps"]["by_reason"]["not_asked"], 3 * 2 * 2, "{}", report["gaps"]);
    assert!(ran.stderr.contains("not in the recording"), "{}", ran.stderr);
}

#[test]
fn a_recording_that_was_changed_is_none() {
    let (project, _) = asked(5);
    let reader = Project::new(&replayed("published.jsonl"));
    reader.write("items.csv", table(5));
    let text = String::from_utf8(read(&project, "published.jsonl")).unwrap();
    reader.write("published.jsonl", text.replacen("\"complete\"", "\"refused\"", 1));
    let ran = reader.run(&RUN);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("its digest does not fit its content"), "{}", ran.stderr);
    assert!(ran.stdout.is_empty());
}

#[test]
fn answers_go_from_store_to_store() {
    let (project, ran) = asked(40);
    let other = Project::new(ASKED);
    other.write("items.csv", table(40));
    // Through a pipe, as between two machines.
    let export = project.succeed(&["cache", "export", "-q"]).stdout;
    assert_eq!(export, read(&project, "published.jsonl"));
    let mut import = other.program(BINARY);
    import.args(["cache", "import", "-", "--json"]);
    import.stdin(std::fs::File::open(project.path("published.jsonl")).unwrap());
    let imported = finished(&mut import);
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    let counts: serde_json::Value = serde_json::from_slice(&imported.stdout).unwrap();
    let answers = std::str::from_utf8(&export).unwrap().matches("{\"kind\":\"answer\"").count();
    assert_eq!((&counts["taken_in"], &counts["there_already"]), (&answers.into(), &0.into()));
    assert_eq!(other.succeed(&["cache", "export"]).stdout, export);
    let offline = other.succeed(&["--items", "items.csv", "--json", "--offline"]);
    assert_same(&ran.stdout, &offline.stdout, &["answers", "cost_usd", "offline"], "imported");
}

#[test]
fn answers_that_a_disk_does_not_take_come_back() {
    if !cfg!(unix) || !Path::new("/bin/sh").exists() {
        println!("skipped: there is no /bin/sh to set limits with");
        return;
    }
    let project =
        Project::new("[run]\nmodels = [\"a\"]\nrubric = \"items\"\n[models.a]\nprovider = \"mock\"\n");
    project.write("items.csv", table(1_500));
    // No file can grow beyond so many blocks of 512 bytes; a store needs about 700.
    let script = "trap '' XFSZ; ulimit -f 400 && exec \"$0\" \"$@\"";
    let mut command = project.program("/bin/sh");
    command.env("TMPDIR", project.path("cache"));
    let ran = finished(command.args(["-c", script, BINARY]).args(RUN).stdout(std::process::Stdio::null()));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("it could not take: in "), "{}", ran.stderr);
    assert!(ran.stderr.contains("`score-tasks cache import "), "{}", ran.stderr);
    assert!(!ran.stderr.contains("lost"), "{}", ran.stderr);
    let told = ran.stderr.split(" answers it could not take").next().unwrap();
    let rescued: u64 = told.rsplit(' ').next().unwrap().parse().unwrap();
    let stats = |project: &Project| -> u64 {
        let stats = project.succeed(&["cache", "stats", "--json"]).stdout;
        serde_json::from_slice::<serde_json::Value>(&stats).unwrap()["answers"].as_u64().unwrap()
    };
    let before = stats(&project);
    let doctor = project.run(&["doctor"]).stdout;
    assert!(String::from_utf8(doctor).unwrap().contains("answers.rescued-1.jsonl`, and then remove"));
    for file in std::fs::read_dir(project.path("cache")).unwrap() {
        let file = file.unwrap().path();
        if file.to_str().unwrap().contains(".rescued-") {
            project.succeed(&["cache", "import", file.to_str().unwrap()]);
        }
    }
    assert_eq!(stats(&project), before + rescued);
    project.succeed(&["cache", "verify"]);
    // None of them is asked again.
    let rest = project.succeed(&RUN);
    let (cached, asked) = (before + rescued, 1_500 - before - rescued);
    assert!(rest.stderr.contains(&format!("{cached} cached, {asked} asked")), "{}", rest.stderr);
}

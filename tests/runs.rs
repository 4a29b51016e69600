//! Runs that are kept, compared and watched: `runs`, `drift`, anchors, agreement of runs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic is how a test fails"
)]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "tests do to files what the program never would"
)]

mod common {
    pub mod program;
}

use common::program::{BINARY, Project, finished};
use score_tasks::domain::{Answer, Fit, Hash, Instant};
use score_tasks::store::Store;
use serde_json::Value;

/// Two raters in the middle of the scale, where nothing is squashed.
fn config(bias: f64) -> String {
    format!(
        "[run]\nmodels = [\"moved\", \"still\"]\nrubric = \"items\"\nsamples = 2\n\
         [models.moved]\nprovider = \"mock\"\nmock = {{ bias = {bias}, noise = 2 }}\n\
         [models.still]\nprovider = \"mock\"\nmock = {{ bias = 0, noise = 2 }}\n"
    )
}

/// A table of items in twenty groups; the text of every fiftieth ends in another word.
fn table(items: usize, reworded: &str) -> String {
    let mut text = "id,group,text\n".to_owned();
    for number in 0..items {
        let ending = if number % 50 == 7 { reworded } else { "today" };
        text +=
            &format!("{number},group {},Sort the letters of day {number} by sender {ending}\n", number % 20);
    }
    text
}

const RUN: [&str; 4] = ["--items", "items.csv", "--quiet", "--json"];

fn json(project: &Project, words: &[&str]) -> Value {
    serde_json::from_slice(&project.succeed(&[words, &["--json"]].concat()).stdout).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_rater_that_moved_is_named_with_its_shift() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table(1_000, "today"));
    project.succeed(&RUN);
    project.write("config.toml", config(5.0));
    project.succeed(&RUN);
    let drift = json(&project, &["drift"]);
    let change = &drift["runs"][1]["since_previous"];
    let (moved, still) = (&change["raters"][0], &change["raters"][1]);
    assert_eq!((&moved["model"], &moved["verdict"]), (&"moved".into(), &"settings".into()));
    assert_eq!((&still["model"], &still["verdict"]), (&"still".into(), &"same_answers".into()));
    assert_eq!(number(&still["shift"]), 0.0);
    // Towards the ends of the scale a mock's scores are squashed, so a little is missing.
    let (shift, se) = (number(&moved["shift"]), number(&moved["se"]));
    assert!((shift - 5.0).abs() < 0.5 + 2.0 * se, "{shift} with {se}");
    assert_eq!(change["tasks"]["kept"], 1_000);
    let causes = &change["causes"];
    assert!((number(&causes["answers"]) - shift / 2.0).abs() < 0.2, "{causes}");
    assert_eq!((number(&causes["inputs"]), number(&causes["raters"])), (0.0, 0.0));
    let ran = project.run(&["drift", "--fail-above", "3"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    assert!(ran.stderr.contains("moved +"), "{}", ran.stderr);
    project.succeed(&["drift", "--fail-above", "6"]);
}

#[test]
fn reworded_tasks_are_told_from_raters_that_moved() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table(1_000, "today"));
    project.succeed(&RUN);
    project.write("items.csv", table(1_000, "tomorrow"));
    project.succeed(&RUN);
    let diff = json(&project, &["runs", "diff", "latest~1", "latest"]);
    let tasks = &diff["tasks"];
    assert_eq!((&tasks["kept"], &tasks["reworded"]), (&980.into(), &20.into()));
    assert_eq!((&tasks["new"], &tasks["gone"]), (&0.into(), &0.into()));
    for rater in diff["raters"].as_array().unwrap() {
        assert_eq!((&rater["verdict"], number(&rater["shift"])), (&"same_answers".into(), 0.0));
    }
    let causes = &diff["causes"];
    assert_eq!((number(&causes["answers"]), number(&causes["raters"])), (0.0, 0.0));
    // All of the change, to the last digit that rounding leaves.
    let shift = number(&diff["occupations"]["shift"]);
    assert!((number(&causes["inputs"]) - shift).abs() < 1e-6 && shift != 0.0, "{causes} {shift}");
    let text = String::from_utf8(project.succeed(&["runs", "diff", "latest~1", "latest"]).stdout).unwrap();
    assert!(text.contains("980 tasks with the same text, 20 reworded, 0 new, 0 gone"), "{text}");
}

/// A gate that cannot be judged is not passed.
#[test]
fn the_gate_of_drift_is_shut_where_a_figure_is_not_defined() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", "id,group,text,x,y\n1,A,Plan.,50,40\n2,A,Speak.,60,\n");
    let run = |labels: &str| project.succeed(&[&RUN[..], &["--allow-gaps", "9", "-m", labels]].concat());
    run("label:x,label:y");
    project.write("items.csv", "id,group,text,x,y\n1,A,Plan.,50,\n2,A,Speak.,60,70\n");
    run("label:x,label:y");
    let ran = project.run(&["drift", "--fail-above", "50"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    assert!(ran.stderr.contains("label:y: its shift is not defined"), "{}", ran.stderr);
    let ran = project.run(&["runs", "diff", "latest~1", "latest", "--fail-above", "50"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    for bound in ["NaN", "inf", "-1", "x"] {
        let flag = format!("--fail-above={bound}");
        let ran = project.run(&["drift", &flag]);
        assert_eq!(ran.code, Some(2), "{bound}: {}", ran.stderr);
        assert!(ran.stderr.contains("points from 0 to 100"), "{}", ran.stderr);
    }
    assert_eq!(project.run(&["drift", "--last", "1"]).code, Some(2));
    // Other raters altogether: the run has its row.
    project.write("items.csv", "id,group,text,x,z\n1,A,Plan.,50,52\n2,A,Speak.,60,66\n");
    run("label:z");
    let text = String::from_utf8(project.succeed(&["drift"]).stdout).unwrap();
    for part in ["no rater in common with the run before", "label:x", "no longer asked", "label:z", "new"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Other tasks altogether.
    project.write("items.csv", "id,group,text,z\n1,A,Sing.,50\n2,A,Dance.,60\n");
    run("label:z");
    for words in [&["drift"][..], &["runs", "diff", "latest~1", "latest"]] {
        let ran = project.run(words);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("have no task with the same text"), "{}", ran.stderr);
        let ran = project.run(&[words, &["--fail-above", "50"]].concat());
        assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    }
}

/// What `runs list` shows of two runs is what the causes and the exchanged occupations add up to.
#[test]
fn causes_add_up_to_the_change_of_the_mean_that_runs_list_shows() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", "id,group,text,x,y,z\n1,A,Plan.,50,40,90\n2,B,Speak.,60,70,62\n");
    let labels = ["-m", "label:x,label:y,label:z"];
    project.succeed(&[&RUN[..], &labels].concat());
    let table = "id,group,text,x,y,z\n1,A,Plan.,54,40,90\n3,C,Sing.,10,20,36\n4,C,Dance.,20,20,90\n";
    project.write("items.csv", table);
    project.succeed(&[&RUN[..], &labels, &["--combine", "median"]].concat());
    let runs = json(&project, &["runs", "list"]);
    let diff = json(&project, &["runs", "diff", "latest~1", "latest"]);
    assert_eq!((&diff["combine_changed"], &diff["combine_after"]), (&true.into(), &"median".into()));
    let (causes, occupations) = (&diff["causes"], &diff["occupations"]);
    assert_eq!((&occupations["new"], &occupations["gone"]), (&1.into(), &1.into()));
    let parts = ["inputs", "raters", "answers"].iter().map(|part| number(&causes[part])).sum::<f64>();
    let all = parts + number(&occupations["exchanged_shift"]);
    let shown = number(&runs[1]["mean_score"]) - number(&runs[0]["mean_score"]);
    assert!((all - shown).abs() < 1e-6, "{all} is not {shown}: {diff}");
    assert_eq!((&diff["raters"][0]["verdict"], number(&diff["raters"][0]["shift"])), (&"labels".into(), 4.0));
    let text = String::from_utf8(project.succeed(&["runs", "diff", "latest~1", "latest"]).stdout).unwrap();
    for part in
        ["combined in another way: median, before mean", "other occupations: 1 new, 1 gone", "labels differ"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

/// A milder rater in place of one: the scores move, and with the raters' effects taken away they do not.
#[test]
fn a_rater_that_was_replaced_can_be_equated() {
    let all = |models: &str| {
        let model = |name: &str, bias: f64| {
            format!(
                "[models.{name}]\nprovider = \"mock\"\nmock = {{ bias = {bias}, noise = 1, spread = 2 }}\n"
            )
        };
        let models_ = [model("old", 6.0), model("new", -6.0), model("still", 0.0)].concat();
        format!("[run]\nmodels = [{models}]\nrubric = \"items\"\nsamples = 2\n{models_}")
    };
    let project = Project::new(&all("\"old\", \"still\""));
    project.write("items.csv", table(600, "today"));
    project.succeed(&RUN);
    project.write("config.toml", all("\"new\", \"still\""));
    project.succeed(&RUN);
    let diff = json(&project, &["runs", "diff", "latest~1", "latest"]);
    assert_eq!((&diff["raters_gone"][0], &diff["raters_new"][0]), (&"old".into(), &"new".into()));
    let occupations = &diff["occupations"];
    assert!(number(&occupations["shift"]) < -5.0, "{occupations}");
    assert!(number(&occupations["equated_shift"]).abs() < 0.2, "{occupations}");
    assert!((number(&diff["causes"]["raters"]) - number(&occupations["shift"])).abs() < 1e-6);
}

#[test]
fn runs_are_listed_and_shown_and_the_same_ratings_are_kept_once() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table(40, "today"));
    project.succeed(&RUN);
    project.succeed(&RUN);
    let runs = json(&project, &["runs", "list"]);
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["record_sha256"], runs[1]["record_sha256"]);
    assert_ne!(runs[0]["id"], runs[1]["id"]);
    assert_eq!((&runs[0]["answers"]["asked"], &runs[1]["answers"]["asked"]), (&160.into(), &0.into()));
    let shown = json(&project, &["runs", "show", runs[0]["id"].as_str().unwrap()]);
    assert_eq!(shown, runs[0]);
    assert_eq!(json(&project, &["runs", "show"])["id"], runs[1]["id"]);
    // Looking is no run, and what is damaged is found.
    project.succeed(&[&RUN[..], &["--offline"]].concat());
    assert_eq!(json(&project, &["runs", "list"]).as_array().unwrap().len(), 2);
    project.succeed(&["cache", "verify"]);
    let store = rusqlite::Connection::open(project.path("cache/answers.sqlite")).unwrap();
    let cut = "UPDATE run_record SET bytes = substr(bytes, 1, length(bytes) - 40)";
    assert_eq!(store.execute(cut, []).unwrap(), 1);
    drop(store);
    let ran = project.run(&["cache", "verify"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    assert!(ran.stderr.contains("record of a run"), "{}", ran.stderr);
}

/// The command that `runs show` prints, run by a shell.
fn made_again(project: &Project, run: &str) -> Value {
    let shown = String::from_utf8(project.succeed(&["runs", "show", run]).stdout).unwrap();
    let again = shown.lines().find_map(|line| line.trim().strip_prefix("again ")).unwrap().trim();
    let flags = again.strip_prefix("score-tasks ").unwrap();
    let script = format!("{BINARY} {flags} --json");
    let ran = finished(project.program("/bin/sh").args(["-c", &script]));
    assert_eq!(ran.code, Some(0), "{script}: {}", ran.stderr);
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// The command that `runs show` prints makes the report of the run again, whatever was asked since.
#[test]
fn a_run_says_how_to_make_its_report_again() {
    const TABLE: &[&str] = &["--items", "items.csv"];
    let flags: [&[&str]; 9] = [
        TABLE,
        &["--items", "items.csv", "--combine", "median", "--weights", "equal"],
        &["--items", "items.csv", "--until-se", "0.8", "--max-samples", "6"],
        &["--items", "items.csv", "--until-agree", "1.5", "--max-samples", "5", "--combine", "trimmed"],
        &["--items", "items.csv", "--group", "group 3", "--limit", "2"],
        &["--items", "items.csv", "--pick", "7", "--seed", "3", "-n", "1"],
        &[
            "--items",
            "other $HOME's.csv",
            "--columns",
            "text=The Question,group=",
            "--models",
            "label:No;1,still",
        ],
        &["-o", "AI/ML Engineers", "--limit", "5", "--rubric", "augmentation", "-m", "still"],
        &["--items", "items.csv", "--combine", "effects"],
    ];
    let project = Project::new(&config(0.0).replace("[run]", "[run]\ncombine = \"trimmed\""));
    project.write("items.csv", table(30, "today"));
    let mut other = "id,group,The Question,No;1\n".to_owned();
    for number in 0..5 {
        other += &format!("{number},{},Sort the letters of day {number},{}\n", number % 2, 20 * number);
    }
    project.write("other $HOME's.csv", other);
    let score = |flags: &[&str]| -> Value {
        serde_json::from_slice(&project.succeed(&[flags, &["--json"]].concat()).stdout).unwrap()
    };
    let reports = flags.map(score);
    assert_eq!(reports[0]["run"].get("adaptive"), None);
    let rule = serde_json::json!({"until_se": 0.8, "max_samples": 6});
    assert_eq!(reports[2]["run"]["adaptive"], rule);
    // What is asked or set since is of no account.
    project.write("config.toml", config(0.0).replace("[run]", "[run]\nweights = \"equal\""));
    project.succeed(&[&RUN[..], &["--fresh"]].concat());
    for (place, report) in reports.iter().enumerate() {
        let run = format!("latest~{}", flags.len() - place);
        assert_eq!(made_again(&project, &run)["occupations"], report["occupations"], "{:?}", flags[place]);
        let shown = json(&project, &["runs", "show", &run]);
        assert_eq!(shown["combine"], report["run"]["combine"]);
        assert_eq!(shown.get("until_se"), report["run"]["adaptive"].get("until_se"));
    }
}

/// Occupations from stdin are those that it named.
#[test]
fn a_run_of_what_stdin_named_can_be_made_again() {
    let project = Project::new(&config(0.0));
    let script = format!("printf 'Lawyers\\nAI/ML Engineers\\n' | {BINARY} -o - --rubric exposure --json");
    let ran = finished(project.program("/bin/sh").args(["-c", &script]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(made_again(&project, "latest")["occupations"], report["occupations"]);
}

/// Later answers to the same questions, as a server may give them.
fn answered_anew(project: &Project, edit: impl Fn(&mut Answer)) {
    project.succeed(&["cache", "export", "--output", "export.jsonl"]);
    let store = Store::open_to_read(&project.path("cache/answers.sqlite")).unwrap();
    let mut lines = String::new();
    for line in std::fs::read_to_string(project.path("export.jsonl")).unwrap().lines() {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if line["kind"] == "answer" {
            let key = Hash::from_hex(line["key"].as_str().unwrap()).unwrap();
            let mut kept = store.whole(key, Fit::ANY).unwrap().unwrap();
            // Behind the end of the run, and ahead of the clock, as of a store that was copied here.
            kept.answer.at = Instant(kept.answer.at.0 + 60_000);
            edit(&mut kept.answer);
            line["at"] = kept.answer.at.to_string().into();
            line["text"] = kept.answer.text.clone().into();
            line["served"] = kept.answer.served.clone().into();
            line["digest"] = score_tasks::store::digest(key, &kept).to_string().into();
        }
        lines += &format!("{line}\n");
    }
    drop(store);
    project.write("anew.jsonl", lines);
    project.succeed(&["cache", "import", "anew.jsonl"]);
}

/// What a rater said stands beside the score that it said it with, whatever it says now.
#[test]
fn rationales_are_those_of_the_run() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table(10, "today"));
    project.succeed(&RUN);
    answered_anew(&project, |answer| {
        let mut said: Value = serde_json::from_str(&answer.text).unwrap();
        said["score"] = if answer.served.contains("moved") { 99 } else { 97 }.into();
        said["rationale"] = "It has come round.".into();
        answer.text = said.to_string();
    });
    project.succeed(&RUN);
    let said = |words: &[&str]| -> Vec<(f64, bool)> {
        let agreement = json(&project, words);
        let models = agreement["disputed"][0]["models"].as_array().unwrap().clone();
        let of = |model: &Value| model["rationale"].as_str().unwrap().contains("come round");
        models.iter().map(|model| (number(&model["score"]), of(model))).collect()
    };
    for (score, is_new) in said(&["agree", "latest~1"]) {
        assert!(score < 97.0 && !is_new, "{score}");
    }
    assert_eq!(said(&["agree", "latest"]), [(99.0, true), (97.0, true)]);
    for (score, is_new) in said(&["agree", "latest~1", "latest"]) {
        assert_eq!(score >= 97.0, is_new, "{score}");
    }
}

/// Names come from servers.
#[test]
fn what_a_server_says_of_itself_does_not_move_the_cursor() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table(3, "today"));
    project.succeed(&RUN);
    answered_anew(&project, |answer| answer.served = "evil\u{1b}[2J\u{202e}\rname".to_owned());
    project.succeed(&RUN);
    for words in [
        &["runs", "show"][..],
        &["runs", "list"],
        &["agree"],
        &["drift"],
        &["runs", "diff", "latest~1", "latest"],
    ] {
        let shown = String::from_utf8(project.succeed(words).stdout).unwrap();
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\r']), "{words:?}: {shown:?}");
    }
    let shown = String::from_utf8(project.succeed(&["runs", "show"]).stdout).unwrap();
    assert!(shown.contains("answered by evil[2J name"), "{shown}");
}

#[test]
fn anchors_are_asked_afresh_and_compared() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table(200, "today"));
    let anchored = [&RUN[..], &["--anchors", "25"]].concat();
    let asked = |runs: &Value, place: usize| runs[place]["answers"]["asked"].as_u64().unwrap();
    project.succeed(&anchored);
    project.succeed(&anchored);
    let runs = json(&project, &["runs", "list"]);
    // All of them, then the anchors alone: two models, two samples.
    assert_eq!((asked(&runs, 0), asked(&runs, 1)), (800, 100));
    assert_eq!(runs[1]["answers"]["cached"], 700);
    let drift = json(&project, &["drift"]);
    let anchors = drift["runs"][1]["since_previous"]["anchors"].as_array().unwrap();
    assert_eq!((anchors.len(), &anchors[0]["tasks"]), (2, &25.into()));
    for (flag, value) in [("--limit", "3"), ("--pick", "3")] {
        assert_eq!(project.run(&[&anchored[..], &[flag, value]].concat()).code, Some(2));
    }
}

#[test]
fn agreement_is_the_same_from_a_run_a_report_and_the_store() {
    let project = Project::new(&config(3.0));
    project.write("items.csv", table(120, "today"));
    project.succeed(&[&RUN[..], &["--output", "report.json"]].concat());
    project.succeed(&["--items", "items.csv", "--format", "jsonl", "--offline", "--output", "report.jsonl"]);
    let of_run = json(&project, &["agree"]);
    assert_eq!(of_run["tasks"]["all"]["complete"], 120);
    assert_eq!(of_run["retests"].as_array().unwrap().len(), 2);
    let said = of_run["disputed"][0]["models"][0]["rationale"].as_str().unwrap();
    assert!(!said.is_empty());
    for words in
        [&["agree", "report.json"][..], &["agree", "report.jsonl"], &["agree", "--items", "items.csv"]]
    {
        assert_eq!(json(&project, words), of_run, "{words:?}");
    }
    let ran = project.run(&["agree", "--min-alpha", "0.99"]);
    assert_eq!(ran.code, Some(6), "{}", ran.stderr);
    // Two wordings of a rubric, or two runs of one, side by side.
    let twice = json(&project, &["agree", "latest", "report.json"]);
    assert_eq!(twice["raters"].as_array().unwrap().len(), 4);
    for (words, said) in [
        (&["agree", "nothing"][..], "there is no run `nothing`"),
        (&["agree", "latest~7"], "there is no run `latest~7`"),
        (&["agree", "absent.json"], "absent.json"),
        (&["agree", "latest", "--items", "items.csv"], "name a run, or select tasks"),
        (&["agree", "latest", "--models", "still"], "name a run, or select tasks"),
    ] {
        let ran = project.run(words);
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
}

#[test]
fn a_report_that_is_damaged_is_told_by_its_place() {
    let project = Project::new(&config(0.0));
    project.write("items.csv", table(10, "today"));
    project.succeed(&["--items", "items.csv", "--format", "jsonl", "--quiet", "--output", "report.jsonl"]);
    let whole = std::fs::read_to_string(project.path("report.jsonl")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    for (text, said) in [
        (lines[..lines.len() - 1].join("\n"), "no line of kind `run`"),
        (whole.replace("report/1", "report/9"), "not score-tasks/report/1"),
        (whole.replacen("\"weight\":", "\"weight\":x", 1), "line 1"),
        ("{}".to_owned(), "missing field"),
        (String::new(), "EOF"),
    ] {
        project.write("broken.jsonl", &text);
        let ran = project.run(&["agree", "broken.jsonl"]);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("broken.jsonl") && ran.stderr.contains(said), "{}", ran.stderr);
    }
}

/// Changes the store behind the program's back.
fn meddle(project: &Project, sql: &str) {
    let store = rusqlite::Connection::open(project.path("cache/answers.sqlite")).unwrap();
    assert!(store.execute(sql, []).unwrap() > 0, "{sql}");
}

/// What was changed in the store is not served, and is found.
#[test]
fn a_run_that_was_changed_is_an_error_wherever_it_is_read() {
    for (sql, reads) in [
        ("UPDATE run SET manifest = replace(manifest, '\"tasks\":40', '\"tasks\":41')", "runs list"),
        ("UPDATE run SET began = began + 1", "runs show"),
        ("UPDATE run SET digest = randomblob(32)", "agree"),
        ("DELETE FROM run_record", "agree"),
        ("UPDATE run_record SET bytes = (SELECT bytes FROM other)", "agree"),
    ] {
        let project = Project::new(&config(0.0));
        project.write("items.csv", table(40, "today"));
        project.succeed(&RUN);
        let store = rusqlite::Connection::open(project.path("cache/answers.sqlite")).unwrap();
        // A record that can be read, with another score in it.
        let packed: Vec<u8> = store.query_row("SELECT bytes FROM run_record", [], |row| row.get(0)).unwrap();
        let text = String::from_utf8(zstd::decode_all(&packed[..]).unwrap()).unwrap();
        let start = text.find("\"score\":").unwrap() + 8;
        let end = start + text[start..].find([',', '}']).unwrap();
        let other = format!("{}99.0{}", &text[..start], &text[end..]);
        let other = zstd::encode_all(other.as_bytes(), 3).unwrap();
        store.execute("CREATE TABLE other (bytes BLOB)", []).unwrap();
        store.execute("INSERT INTO other VALUES (?1)", [other]).unwrap();
        drop(store);
        project.succeed(&["agree"]);
        project.succeed(&["cache", "verify"]);
        meddle(&project, sql);
        let ran = project.run(&reads.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, Some(1), "{sql}: {}", ran.stderr);
        assert!(ran.stderr.contains("is damaged"), "{sql}: {}", ran.stderr);
        assert!(ran.stderr.contains("score-tasks cache verify"), "{sql}: {}", ran.stderr);
        assert!(ran.stdout.is_empty());
        let ran = project.run(&["cache", "verify"]);
        assert_eq!(ran.code, Some(6), "{sql}: {}", ran.stderr);
    }
}

/// Flags of asking mean nothing where nothing is asked; what variables say is a default.
#[test]
fn flags_of_comparing_follow_the_rules_of_all_others() {
    let project = Project::new(&config(3.0));
    project.write("items.csv", table(40, "today"));
    let labels: String = (0..40).map(|number| format!("{number},group {},{number}\n", number % 20)).collect();
    project.write("gold.csv", format!("id,group,label\n{labels}"));
    project.succeed(&RUN);
    const GOLD: &[&str] = &["validate", "--gold", "gold.csv", "--rubric", "items"];
    let selected = ["--items", "items.csv"];
    for (command, run) in [(&["agree"][..], &["agree", "latest"][..]), (GOLD, &[GOLD, &["latest"]].concat())]
    {
        for (flags, said) in [
            (&["--fresh"][..], "nothing is asked here: leave out --fresh"),
            (&["--anchors", "3"], "leave out --anchors"),
            (&["--dry-run"], "leave out --dry-run"),
            (&["--until-se", "1"], "leave out --until-se"),
            (&["--until-agree", "1"], "leave out --until-agree"),
            (&["--max-samples", "9"], "leave out --max-samples"),
            (&["--max-cost", "1"], "leave out --max-cost"),
            (&["--yes"], "leave out --yes"),
            (&["--limit", "2", "--pick", "2"], "--limit and --pick exclude each other"),
            (&["--max-age", "3d", "--since", "2026-01-01"], "--max-age and --since exclude each other"),
            (&["--format", "csv"], "--format table or json"),
        ] {
            let ran = project.run(&[command, &selected, flags].concat());
            assert_eq!(ran.code, Some(2), "{command:?} {flags:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{flags:?}: {}", ran.stderr);
        }
        for flags in [&selected[..], &["--limit", "2"], &["--pick", "2"], &["--all"], &["-o", "x"]] {
            let ran = project.run(&[run, flags].concat());
            assert_eq!(ran.code, Some(2), "{run:?} {flags:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("name a run, or select tasks"), "{flags:?}: {}", ran.stderr);
        }
        project.succeed(&[command, &selected, &["--offline", "--limit", "9", "--seed", "4"]].concat());
        let with = |variables: &[(&str, &str)], words: &[&str]| {
            let mut command = project.program(BINARY);
            let ran = finished(command.envs(variables.iter().copied()).args(words));
            assert_eq!(ran.code, Some(0), "{variables:?} {words:?}: {}", ran.stderr);
            String::from_utf8(ran.stdout).unwrap()
        };
        let plainly = with(&[], run);
        for variables in [
            &[("SCORE_TASKS_ITEMS", "absent.csv"), ("SCORE_TASKS_LIMIT", "2"), ("SCORE_TASKS_PICK", "3")][..],
            &[("SCORE_TASKS_OCCUPATION", "Lawyers"), ("SCORE_TASKS_ALL", "1")],
            &[("SCORE_TASKS_FORMAT", "csv")],
            &[("SCORE_TASKS_FRESH", "1"), ("SCORE_TASKS_SINCE", "2026-01-01"), ("SCORE_TASKS_DRY_RUN", "1")],
            &[("SCORE_TASKS_UNTIL_SE", "1"), ("SCORE_TASKS_UNTIL_AGREE", "1"), ("SCORE_TASKS_ANCHORS", "2")],
        ] {
            assert_eq!(with(variables, run), plainly, "{variables:?}");
        }
        let words = [command, &selected].concat();
        assert_eq!(with(&[("SCORE_TASKS_FRESH", "1"), ("SCORE_TASKS_UNTIL_SE", "0.1")], &words), plainly);
        let first = [command, &selected, &["--limit", "9"]].concat();
        assert_eq!(with(&[("SCORE_TASKS_PICK", "3")], &first), with(&[], &first));
        // A flag that is typed wins over a variable.
        let json = with(&[("SCORE_TASKS_FORMAT", "table")], &[run, &["--json"]].concat());
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), self::json(&project, run));
    }
    let csv = |words: &[&str]| {
        let mut command = project.program(BINARY);
        finished(command.env("SCORE_TASKS_FORMAT", "csv").args(words))
    };
    for words in [&["plan", "--items", "items.csv"][..], &["--dry-run", "--items", "items.csv"]] {
        assert_eq!(csv(words).stdout, project.succeed(words).stdout, "{words:?}");
    }
    assert!(String::from_utf8(csv(&RUN[..2]).stdout).unwrap().starts_with("occupation_code,"));
}

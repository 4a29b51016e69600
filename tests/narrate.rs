//! Commentary on a run's scores: asked once, checked, kept like any answer, left out when the scores are others.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

mod common {
    pub mod program;
}

use common::program::{BINARY, Project};
use serde_json::Value;

/// A rater whose scores can be moved, and authors that do not rate.
fn config(bias: f64, writer: &str) -> String {
    format!(
        "[run]\nmodels = [\"rater\"]\nrubric = \"items\"\nreask = 0\n\
         [models.rater]\nprovider = \"mock\"\nmock = {{ bias = {bias} }}\n\
         [models.writer]\nprovider = \"mock\"\n{writer}\n\
         [models.other]\nprovider = \"mock\"\n"
    )
}

/// A table of so many occupations, three tasks each.
fn table(occupations: usize) -> String {
    let mut text = "id,group,text,weight\n".to_owned();
    for number in 0..occupations * 3 {
        let group = number / 3;
        text += &format!(
            "{number},\"Group {group}, it's\",Sort the letters of day {number} by sender,{}\n",
            1 + number % 2
        );
    }
    text
}

/// A project with a run of that table.
fn scored(occupations: usize, writer: &str) -> Project {
    let project = Project::new(&config(0.0, writer));
    project.write("the items.csv", table(occupations));
    project.succeed(&["--items", "the items.csv", "--quiet"]);
    project
}

fn json(project: &Project, words: &[&str], code: i32) -> Value {
    let ran = project.run(&[&["narrate", "-m", "writer", "--json"], words].concat());
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// How many occupations are in this state.
fn count(told: &Value, state: &str) -> usize {
    told["occupations"].as_array().unwrap().iter().filter(|row| row["state"] == state).count()
}

#[test]
fn commentary_is_asked_once_and_then_found() {
    let project = scored(5, "");
    let nothing = json(&project, &["--offline"], 3);
    assert_eq!((count(&nothing, "missing"), &nothing["asked"]), (5, &0.into()));
    let first = json(&project, &[], 0);
    assert_eq!((count(&first, "asked"), &first["asked"]), (5, &5.into()));
    let again = json(&project, &[], 0);
    assert_eq!((count(&again, "kept"), &again["asked"]), (5, &0.into()));
    let shown = |told: &Value| told["occupations"][3]["commentary"].clone();
    assert_eq!(shown(&again), shown(&first));
    let one = shown(&first);
    assert_eq!(
        (&one["model"], &one["provider"], &one["served"]),
        (&"writer".into(), &"mock".into(), &"writer".into())
    );
    let cited = one["pressure"][0]["cites"][0].as_str().unwrap();
    assert!(["T9", "T10", "T11"].contains(&cited), "{one}");
    // What is asked is a question like any other.
    let ran = project.succeed(&["cache", "verify"]);
    assert!(ran.stderr.contains("20 answers"), "{}", ran.stderr);
    project.succeed(&["cache", "export", "--output", "all.jsonl"]);
    let copy = Project::new(&config(0.0, ""));
    copy.write("the items.csv", table(5));
    copy.write("all.jsonl", std::fs::read(project.path("all.jsonl")).unwrap());
    copy.succeed(&["cache", "import", "all.jsonl"]);
    copy.succeed(&["--items", "the items.csv", "--quiet"]);
    assert_eq!(json(&copy, &["--offline"], 0)["occupations"], again["occupations"]);
}

#[test]
fn what_was_written_about_other_scores_is_left_out() {
    let project = scored(3, "");
    json(&project, &[], 0);
    project.write("config.toml", config(12.0, ""));
    project.succeed(&["--items", "the items.csv", "--quiet"]);
    let stale = json(&project, &["--offline"], 3);
    assert_eq!(count(&stale, "missing"), 3);
    assert!(stale["occupations"][0]["commentary"].is_null(), "{stale}");
    // The rater of the earlier run is not in this config.
    let ran = project.run(&["narrate", "-m", "writer", "--run", "latest~1"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot be made again as it was"), "{}", ran.stderr);
    project.write("config.toml", config(0.0, ""));
    assert_eq!(count(&json(&project, &["--run", "latest~1"], 0), "kept"), 3);
}

#[test]
fn what_is_wrapped_is_read_and_what_is_wrong_is_asked_again() {
    let wrapped = "mock = { answers = { fenced = 0.25, prose = 0.25, think = 0.25, two_objects = 0.25 } }";
    assert_eq!(count(&json(&scored(12, wrapped), &[], 0), "asked"), 12);
    let wrong =
        "mock = { answers = { out_of_range = 0.3, duplicate_keys = 0.1, truncated = 0.2, refusal = 0.1 } }";
    let project = scored(40, wrong);
    let mut left = 40;
    let mut told = Vec::new();
    for _ in 0..20 {
        let ran = project.run(&["narrate", "-m", "writer", "--json"]);
        let value: Value = serde_json::from_slice(&ran.stdout).unwrap();
        // Only what is not there yet is asked, each once: reask is 0.
        assert_eq!(value["asked"], left);
        left = count(&value, "left_out");
        assert_eq!(ran.code, Some(if left == 0 { 0 } else { 3 }), "{}", ran.stderr);
        told.push(ran.stderr);
        if left == 0 {
            break;
        }
    }
    assert!(left == 0 && told.len() > 2, "{told:?}");
    for part in
        ["remark 1 of overview: 4711 stands in no statement", "duplicate field", "truncated: ", "refused: "]
    {
        assert!(told[0].contains(part), "{part}: {}", told[0]);
    }
    let within_one = project_with_reask(wrong);
    assert_eq!(count(&json(&within_one, &[], 0), "asked"), 40);
}

/// As many attempts within one run as it takes.
fn project_with_reask(writer: &str) -> Project {
    let project = Project::new(&config(0.0, writer).replace("reask = 0", "reask = 40"));
    project.write("the items.csv", table(40));
    project.succeed(&["--items", "the items.csv", "--quiet"]);
    project
}

#[test]
fn nothing_is_paid_for_that_nobody_agreed_to() {
    let project = scored(4, "price = { input = 3.0, output = 15.0 }");
    let ran = project.run(&["narrate", "-m", "writer", "--max-cost", "0.00001"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("stopped at what may be spent"), "{}", ran.stderr);
    // A server that would answer is not there: nothing may be sent to it.
    let server = "provider = \"openai\"\nmodel = \"x\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"\"\n\
         price = { input = 300.0, output = 1500.0 }";
    project
        .write("config.toml", config(0.0, "").replacen("provider = \"mock\"\n\n", &format!("{server}\n"), 1));
    let ran = project.run(&["narrate", "-m", "writer"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("4 calls: up to about USD") && ran.stderr.contains("nobody has agreed"),
        "{}",
        ran.stderr
    );
    let plan = json(&project, &["--dry-run"], 0);
    assert_eq!((&plan[0]["calls"], &plan[0]["tokens_out_at_most"]), (&4.into(), &12_000.into()));
}

#[test]
fn what_was_written_before_a_kill_is_not_asked_again() {
    let project = scored(60, "max_in_flight = 1\nmock = { latency_ms = 60 }");
    let mut child = project.program(BINARY).args(["narrate", "-m", "writer", "-q"]).spawn().unwrap();
    let kept = || {
        count(
            &serde_json::from_slice(&project.run(&["narrate", "-m", "writer", "--json", "--offline"]).stdout)
                .unwrap(),
            "kept",
        )
    };
    while kept() < 5 {
        std::thread::yield_now();
        assert!(child.try_wait().unwrap().is_none(), "it was over before it could be killed");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = kept();
    let after = json(&project, &[], 0);
    assert_eq!((after["asked"].as_u64().unwrap() as usize, count(&after, "kept")), (60 - before, before));
}

#[test]
fn pages_show_the_first_author_that_the_config_names() {
    let site = |names: &str| config(0.0, "") + &format!("[site]\ncommentary = [{names}]\n");
    let project = scored(2, "");
    project.write("config.toml", site("\"other\", \"writer\""));
    let shown = |told: &Value| told["occupations"][1]["commentary"]["model"].clone();
    assert_eq!(shown(&json(&project, &[], 0)), "writer");
    let ran = project.succeed(&["narrate", "--json"]);
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!((&told["model"], shown(&told)), (&"other".into(), "other".into()));
    project.write("config.toml", site("\"other\""));
    let ran = project.succeed(&["narrate", "-m", "rater"]);
    assert!(ran.stderr.contains("rater is not among site.commentary"), "{}", ran.stderr);
    for (names, part) in
        [("\"othr\"", "did you mean `other`"), ("\"label:x\"", "writes nothing"), ("", "no model")]
    {
        project.write("config.toml", site(names));
        let ran = project.run(&["narrate"]);
        assert!(ran.code == Some(2) && ran.stderr.contains(part), "{}", ran.stderr);
    }
}

#[test]
fn only_occupations_of_the_run_can_be_named() {
    let project = Project::new(
        "[run]\nmodels = [\"a\", \"b\"]\n[models.a]\nprovider = \"mock\"\n[models.b]\nprovider = \"mock\"\n",
    );
    assert_eq!(project.run(&["narrate"]).code, Some(2));
    project.succeed(&["-o", "Lawyers", "-o", "Technical Writers", "-q", "-n", "2", "--combine", "median"]);
    let ran = project.run(&["narrate", "-o", "AI/ML Engineers"]);
    assert_eq!(ran.code, Some(7), "{}", ran.stderr);
    assert!(ran.stderr.contains("is not in run"), "{}", ran.stderr);
    assert_eq!(project.run(&["narrate", "--group", "15"]).code, Some(7));
    let ran = project.succeed(&["narrate", "--group", "23"]);
    assert!(ran.stderr.contains("1 commentary: 0 kept, 1 asked, 0 left out"), "{}", ran.stderr);
    // By the first model of the run, whatever else the environment wants.
    let mut command = project.program(BINARY);
    command.args(["narrate", "--all"]).env("SCORE_TASKS_LIMIT", "1").env("SCORE_TASKS_SAMPLES", "1");
    let ran = common::program::finished(&mut command);
    assert!(ran.stderr.contains("2 commentaries: 1 kept, 1 asked, 0 left out"), "{}", ran.stderr);
}

//! Rescoring by need: what is due, why, and what `--changed` leaves alone.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod common {
    pub mod program;
}

use common::program::Project;
use serde_json::{Value, json};

fn config(more: &str) -> String {
    format!(
        "[run]\nmodels = [\"a\"]\nrubric = \"items\"\nreask = 0\n[models.a]\nprovider = \"mock\"\n{more}\n"
    )
}

const ITEMS: [&str; 2] = ["--items", "items.csv"];
const RUN: [&str; 6] = ["--items", "items.csv", "--allow-gaps", "100%", "-q", "--json"];

fn project() -> Project {
    let project = Project::new(&config(""));
    project.write("items.csv", "id,text\n1,Plan the day.\n2,Sort letters.\n3,Answer mail.\n4,File papers.\n");
    project
}

/// Why questions are due, of the only model.
fn reasons(project: &Project, flags: &[&str]) -> Value {
    let plan: Value =
        serde_json::from_slice(&project.succeed(&[&["plan", "--json"], &ITEMS[..], flags].concat()).stdout)
            .unwrap();
    let sum: u64 =
        plan[0]["reasons"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(plan[0]["calls"], sum, "{flags:?}");
    plan[0]["reasons"].clone()
}

#[test]
fn a_plan_says_why_each_question_is_due() {
    let project = project();
    assert_eq!(reasons(&project, &[]), json!({"new_model": 4}));
    assert_eq!(reasons(&project, &["-n", "2", "--fresh"]), json!({"new_model": 8}));
    project.succeed(&RUN);
    for (flags, expected) in [
        (&[][..], json!({})),
        (&["-n", "3"], json!({"further_sample": 8})),
        (&["--fresh"], json!({"fresh": 4})),
        (&["--fresh", "-n", "2"], json!({"fresh": 4, "further_sample": 4})),
        (&["--since", "2999-01-01"], json!({"too_old": 4})),
        (&["--rubric", "exposure"], json!({"new_rubric_or_settings": 4})),
        (&["--anchors", "3"], json!({"anchor": 3})),
        (&["--anchors", "3", "-n", "2"], json!({"anchor": 3, "further_sample": 4})),
        (&["--anchors", "3", "--changed"], json!({"anchor": 3})),
        (&["--changed"], json!({})),
        (&["--changed", "-n", "2"], json!({"further_sample": 4})),
    ] {
        assert_eq!(reasons(&project, flags), expected, "{flags:?}");
    }
    // One is new, one says it in other words.
    project.write("items.csv", "id,text\n1,Plan the week.\n2,Sort letters.\n3,Answer mail.\n5,Sing.\n");
    assert_eq!(reasons(&project, &["--since", "2999-01-01"]), json!({"too_old": 2, "new_or_reworded": 2}));
    assert_eq!(reasons(&project, &["-n", "2"]), json!({"new_or_reworded": 4, "further_sample": 2}));
    let text = String::from_utf8(project.succeed(&[&["plan"], &ITEMS[..]].concat()).stdout).unwrap();
    assert!(text.ends_with("\n\n  a: 2 new or reworded\n"), "{text}");
    project.write("config.toml", config("max_output_tokens = 300"));
    assert_eq!(reasons(&project, &[]), json!({"new_rubric_or_settings": 4}));
    project.write("config.toml", config("model = \"another\""));
    assert_eq!(reasons(&project, &["--changed"]), json!({"new_model": 4}));
}

#[test]
fn what_brought_no_score_is_due_but_for_changed() {
    for (weather, reason) in [
        ("mock = { answers = { refusal = 1.0 } }", "no_score"),
        ("mock = { broken = 1.0 }\nmax_attempts = 1", "failed"),
    ] {
        let project = project();
        project.write("config.toml", config(weather));
        project.run(&RUN);
        assert_eq!(reasons(&project, &[]), json!({reason: 4}));
        assert_eq!(reasons(&project, &["--changed"]), json!({}));
        project.write("config.toml", config(""));
        // Plan, collect and score are of one mind.
        let asked = |flags: &[&str]| {
            let ran = project.run(&[&RUN[..], flags].concat());
            let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
            (report["run"]["answers"]["asked"].as_u64().unwrap(), report["gaps"]["total"].as_u64().unwrap())
        };
        assert_eq!(asked(&["--changed"]), (0, 4), "{reason}");
        project.write("items.csv", "id,text\n1,Plan the day.\n2,Sort letters.\n3,Answer mail.\n9,Sing.\n");
        assert_eq!(asked(&["--changed"]), (1, 3), "{reason}");
        assert_eq!(asked(&[]), (3, 0), "{reason}");
    }
}

#[test]
fn changed_and_flags_of_time_exclude_each_other() {
    let project = project();
    for flags in [&["--fresh"][..], &["--max-age", "3d"], &["--since", "2026-01-01"], &["--offline"]] {
        let ran = project.run(&[&RUN[..], &["--changed"], flags].concat());
        assert_eq!(ran.code, Some(2), "{flags:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("exclude each other"), "{flags:?}: {}", ran.stderr);
    }
}

/// The name that a mock answers under is its model's.
#[test]
fn a_model_that_answers_under_another_name_is_told() {
    let project = project();
    let noted = |words: &[&str]| {
        let ran = project.succeed(&[&ITEMS[..], words, &["--output", "report.json"]].concat());
        ran.stderr
            .lines()
            .filter(|line| line.contains("answers as") || line.contains("several"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(noted(&[]).is_empty() && noted(&["--fresh"]).is_empty());
    project.write("config.toml", config("model = \"another\""));
    let told = noted(&[]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("> a now answers as another; in run ") && told[0].contains("it was a: drift"),
        "{told:?}"
    );
    assert!(noted(&["--fresh"]).is_empty(), "nothing has changed since");
    let shown = String::from_utf8(project.succeed(&["runs", "show", "latest~1"]).stdout).unwrap();
    assert!(shown.contains("note") && shown.contains("a now answers as another"), "{shown}");
}

//! Numbers explained: what is printed is reckoned again from what is printed, and is what `score` reports.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a panic is how a test fails"
)]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

mod common {
    pub mod calculator;
    pub mod program;
}

use std::collections::BTreeMap;

use common::calculator::{Checked, cells, check};
use common::program::{BINARY, Project, finished};
use serde_json::Value;
use serde_json::value::RawValue;

const CONFIG: &str = "[run]\nmodels = [\"a\", \"b\"]\n[models.a]\nprovider = \"mock\"\n\
    [models.b]\nprovider = \"mock\"\nweight = 2.5\n";

/// Every third answer or so is no answer.
const COY: &str = "[run]\nmodels = [\"a\", \"coy\"]\nreask = 1\n[models.a]\nprovider = \"mock\"\n\
    [models.coy]\nprovider = \"mock\"\n[models.coy.mock]\nanswers = { refusal = 0.6 }\n";

/// Tasks with and without ratings, types and weights.
const WEAVERS: &str = "title = \"Weavers/Spinners\"\nslug = \"weavers\"\n\
    [[tasks]]\ntext = \"Set up the loom for a new pattern.\"\ntype = \"core\"\nimportance = 4.37\nrelevance = 81.5\nweight = 0.3\n\
    [[tasks]]\ntext = \"Mend broken threads while the loom runs.\"\ntype = \"supplemental\"\nimportance = 3.9\n\
    [[tasks]]\ntext = \"Choose yarn that suits a pattern.\"\nrelevance = 66.6\nweight = 7\n\
    [[tasks]]\nid = \"fold/pack\"\ntext = \"Fold and pack the finished cloth.\"\n";

fn text(project: &Project, words: &[&str]) -> String {
    String::from_utf8(project.succeed(words).stdout).unwrap()
}

/// Explains what these words score, and holds it against the report.
fn explained(project: &Project, target: &str, flags: &[&str]) -> Checked {
    let printed = text(project, &[&["explain", target], flags].concat());
    let checked = check(&printed);
    let report = text(
        project,
        &[&["score", "--offline", "--allow-gaps", "100%"], flags, &selected(flags, target)].concat(),
    );
    assert!(report.lines().any(|line| line == checked.headline), "{}\n{report}", checked.headline);
    same_as_reported(project, target, flags);
    checked
}

/// A table is scored as a whole.
fn selected<'a>(flags: &[&str], target: &'a str) -> Vec<&'a str> {
    if flags.contains(&"--items") { Vec::new() } else { vec!["-o", target] }
}

/// The text of a value inside a document, as it stands there.
fn raw<'a>(document: &'a str, path: &str) -> &'a str {
    path.split('.').fold(document, |text, part| match part.parse::<usize>() {
        Ok(at) => serde_json::from_str::<Vec<&'a RawValue>>(text).unwrap()[at].get(),
        Err(_) => {
            let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(text).unwrap();
            members.get(part).map_or_else(|| panic!("no {part} of {path} in {text}"), |value| value.get())
        }
    })
}

fn length(document: &str, path: &str) -> usize {
    serde_json::from_str::<Vec<&RawValue>>(raw(document, path)).unwrap().len()
}

/// Every number of the explanation is that of the report, to the last digit.
fn same_as_reported(project: &Project, target: &str, flags: &[&str]) {
    let of = text(project, &[&["explain", target, "--json"], flags].concat());
    let score = |flags: &[&str]| {
        let words =
            [&["score", "--offline", "--json", "--allow-gaps", "100%"], flags, &selected(flags, target)];
        text(project, &words.concat())
    };
    let report = score(flags);
    let same = |one: &str, other: &str| {
        assert_eq!(raw(&of, one), raw(&report, other), "{one} of {target} {flags:?}");
    };
    for name in ["score", "low", "high", "band", "band_span", "coverage", "weights", "imputed_weights"] {
        same(&format!("occupation.{name}"), &format!("occupations.0.{name}"));
    }
    for name in ["sha256", "id", "version"] {
        same(&format!("rubric.{name}"), &format!("run.rubric.{name}"));
    }
    same("catalog.sha256", "run.catalog.sha256");
    let (models, tasks) = (length(&report, "run.models"), length(&report, "occupations.0.tasks"));
    assert_eq!((length(&of, "models"), length(&of, "tasks")), (models, tasks));
    for model in 0..models {
        for name in ["score", "coverage"] {
            same(&format!("models.{model}.{name}"), &format!("occupations.0.models.{model}.{name}"));
        }
        for name in ["id", "provider", "model", "weight"] {
            same(&format!("models.{model}.{name}"), &format!("run.models.{model}.{name}"));
        }
    }
    for task in 0..tasks {
        for name in ["id", "text", "weight", "score", "low", "high", "sd"] {
            same(&format!("tasks.{task}.{name}"), &format!("occupations.0.tasks.{task}.{name}"));
        }
        for model in 0..models {
            let part = format!("tasks.{task}.models.{model}");
            same_model(&of, &report, &part);
        }
    }
    for at in 0..length(&of, "otherwise") {
        let other: Value = serde_json::from_str(raw(&of, &format!("otherwise.{at}"))).unwrap();
        let name = other["name"].as_str();
        let again = match (other["by"].as_str().unwrap(), name) {
            ("weights", Some(name)) => score(&with(flags, "--weights", name)),
            ("model", Some(name)) => score(&with(flags, "-m", name)),
            _ => continue,
        };
        for part in ["score", "low", "high", "band", "coverage", "imputed_weights"] {
            let (one, other) = (format!("otherwise.{at}.{part}"), format!("occupations.0.{part}"));
            assert_eq!(raw(&of, &one), raw(&again, &other), "{part} of {target} by {name:?}");
        }
    }
}

/// The flags with another value for one of them.
fn with<'a>(flags: &[&'a str], flag: &'a str, value: &'a str) -> Vec<&'a str> {
    let mut words = flags.to_vec();
    if let Some(at) = words.iter().position(|word| *word == flag) {
        words.drain(at..at + 2);
    }
    words.extend([flag, value]);
    words
}

fn same_model(of: &str, report: &str, part: &str) {
    let there = format!("occupations.0.{part}");
    for name in ["model", "score", "sd"] {
        assert_eq!(raw(of, &format!("{part}.{name}")), raw(report, &format!("{there}.{name}")), "{part}");
    }
    for sample in 0..length(report, &format!("{there}.samples")) {
        let read = |document, part: &str| -> Value {
            serde_json::from_str(raw(document, &format!("{part}.samples.{sample}"))).unwrap()
        };
        let (one, other) = (read(of, part), read(report, &there));
        for name in
            ["sample", "score", "gap", "key", "served", "tokens_in", "tokens_out", "cost_usd", "column"]
        {
            let absent = |value: &Value| value.is_null();
            assert!(one[name] == other[name] || absent(&one[name]) && absent(&other[name]), "{one} {other}");
        }
    }
}

#[test]
fn a_pocket_calculator_comes_to_the_same() {
    let project = Project::new(CONFIG);
    project.succeed(&["-o", "AI/ML Engineers", "-n", "2", "--weights", "importance"]);
    let checked = explained(&project, "AI/ML Engineers", &["-n", "2", "--weights", "importance"]);
    assert_eq!((checked.models.len(), checked.tasks.len()), (2, 12));
    assert_eq!(checked.models.iter().map(|model| model.weight).collect::<Vec<_>>(), [1.0, 2.5]);
    assert!(checked.tasks.iter().all(|task| task.samples.iter().all(Option::is_some)));
    let names: Vec<&str> = checked.variants.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "weights importance, as above",
            "weights equal",
            "weights core",
            "weights importance_relevance",
            "weights time",
            "a alone",
            "b alone",
            "median of models",
            "trimmed mean of models"
        ]
    );
    assert_eq!(checked.variants[0].1, checked.score);
    assert_eq!(checked.variants[5].1, checked.models[0].score);
    // Of two models the median is the plain mean.
    let scores: Vec<f64> = checked.models.iter().filter_map(|model| model.score).collect();
    assert!((checked.variants[7].1.unwrap() - f64::midpoint(scores[0], scores[1])).abs() < 0.000_11);
    // And so under every other weighting, with one sample and with three.
    project.succeed(&["-o", "AI/ML Engineers", "-n", "3"]);
    for weights in ["equal", "core", "importance_relevance", "time"] {
        for samples in ["1", "3"] {
            let other = explained(&project, "AI/ML Engineers", &["-n", samples, "--weights", weights]);
            assert_eq!(other.tasks[0].samples[0].is_some(), samples == "3");
        }
    }
}

/// A hundredth more in any figure that has a point, one at a time.
#[test]
fn the_calculator_notices_every_figure_that_is_off() {
    let project = Project::new(CONFIG);
    project.succeed(&["-o", "Lawyers", "-n", "2"]);
    let printed = text(&project, &["explain", "Lawyers", "-n", "2", "--weights", "importance_relevance"]);
    check(&printed);
    let end = printed.find("Rounded, as `score` shows it").unwrap();
    let mut figures = 0;
    let is_inside = |c: char| c.is_ascii_digit() || c == '.';
    for (start, _) in printed.match_indices(is_inside).filter(|(at, _)| *at < end) {
        let before = printed[..start].chars().next_back().unwrap();
        let figure = printed[start..].split(|c| !is_inside(c)).next().unwrap();
        let Ok(value) = figure.parse::<f64>() else { continue };
        // Not the middle of a figure, nor a code, nor the end of a sentence.
        if is_inside(before) || before == '-' || !figure.trim_end_matches('.').contains('.') {
            continue;
        }
        let wrong = format!("{}{}{}", &printed[..start], value + 0.01, &printed[start + figure.len()..]);
        let noticed = std::panic::catch_unwind(|| check(&wrong)).is_err();
        // The sum of v*S beside the quotient is for the eye.
        let line = printed[..start].lines().count();
        let line = printed.lines().nth(line - 1).unwrap();
        assert!(noticed || line.starts_with("  S = ("), "{figure} in {line}");
        figures += 1;
    }
    assert!(figures > 100, "{figures}");
}

#[test]
fn gaps_are_shown_and_left_out() {
    let project = Project::new(COY);
    project.succeed(&["-o", "Lawyers", "-n", "2", "--allow-gaps", "100%"]);
    let checked = explained(&project, "Lawyers", &["-n", "2"]);
    let coy: Vec<(Option<f64>, &str)> =
        checked.tasks.iter().map(|task| (task.scores[1], task.samples[1].as_deref().unwrap())).collect();
    let gaps = coy.iter().filter(|(score, _)| score.is_none()).count();
    assert!(gaps > 0 && gaps < coy.len(), "{coy:?}");
    assert!(coy.iter().any(|(score, samples)| score.is_some() && samples.contains("refused")), "{coy:?}");
    assert!(coy.contains(&(None, "refused, refused")), "{coy:?}");
    let models = &checked.models;
    assert!(models[0].coverage == 1.0 && models[1].coverage < 1.0);
    // Further attempts are questions of their own.
    let of: Value =
        serde_json::from_str(&text(&project, &["explain", "Lawyers", "-n", "2", "--json"])).unwrap();
    let all = of["tasks"].as_array().unwrap().iter().flat_map(|task| {
        task["models"][1]["samples"].as_array().unwrap().iter().map(|one| one["attempt"].as_u64().unwrap())
    });
    let all: Vec<u64> = all.collect();
    assert!(all.contains(&1) && all.contains(&2), "{all:?}");
    // Nothing at all is no zero.
    let none = explained(&project, "Lawyers", &["-n", "2", "--as-of", "2020-01-01"]);
    assert_eq!((none.score, none.headline.as_str()), (None, "  Exposure   not scored"));
    assert!(none.tasks.iter().all(|task| task.samples[0].as_deref() == Some("not_asked, not_asked")));
}

#[test]
fn imputed_weights_say_so_and_from_what() {
    let project = Project::new(CONFIG);
    project.write("occupations/weavers.toml", WEAVERS);
    project.succeed(&["-o", "weavers", "-n", "2"]);
    let made_of = |weights: &str| -> Vec<String> {
        let checked = explained(&project, "weavers", &["-n", "2", "--weights", weights]);
        checked.tasks.into_iter().map(|task| task.made_of).collect()
    };
    assert_eq!(made_of("core"), ["core", "supplemental", "no type", "no type"]);
    assert_eq!(made_of("importance"), ["IM=4.37", "IM=3.9", "IM=3 (imputed)", "IM=3 (imputed)"]);
    assert_eq!(
        made_of("importance_relevance"),
        [
            "IM=4.37, RT=81.5",
            "IM=3.9, RT=50 (imputed by type: supplemental)",
            "IM=3 (imputed), RT=66.6",
            "IM=3 (imputed), RT=75 (imputed by type: no type)"
        ]
    );
    assert_eq!(made_of("time")[0], "times=104 (imputed), RT=81.5");
    assert_eq!(made_of("given"), ["given=0.3", "given=1 (imputed)", "given=7", "given=1 (imputed)"]);
    assert_eq!(made_of("equal"), ["1", "1", "1", "1"]);
    // What `auto` comes to.
    explained(&project, "Weavers/Spinners", &["-n", "2"]);
    explained(&project, "weavers", &["-n", "2", "--limit", "3", "-m", "b"]);
}

#[test]
fn labels_of_a_table_are_explained_too() {
    let project = Project::new(CONFIG);
    project.write("mail.csv", "id,text,weight,a,b\n1,First.,4,E1,E0\n2,Second.,2,E2,\n3,Third.,0.25,E0,E9\n");
    let flags = ["--items", "mail.csv", "-m", "label:a,label:b", "--rubric", "eloundou"];
    let checked = explained(&project, "mail", &flags);
    let samples: Vec<&str> = checked.tasks.iter().map(|task| task.samples[0].as_deref().unwrap()).collect();
    assert_eq!(samples, ["E1=100", "E2=50", "E0=0"]);
    assert_eq!(checked.tasks[2].samples[1].as_deref(), Some("out_of_range"));
    assert_eq!(
        checked.models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>(),
        ["label:a", "label:b"]
    );
    let one = text(&project, &[&["explain", "mail/2"], &flags[..]].concat());
    assert!(one.contains("    cell       `E2`, column a of the table\n"), "{one}");
    let of: Value =
        serde_json::from_str(&text(&project, &[&["explain", "mail/2", "--json"], &flags[..]].concat()))
            .unwrap();
    let samples = |model: usize| of["tasks"][0]["models"][model]["samples"][0].clone();
    assert_eq!((samples(0)["cell"].as_str(), samples(0)["column"].as_str()), (Some("E2"), Some("a")));
    assert_eq!((samples(1)["cell"].as_str(), samples(1)["gap"].as_str()), (Some(""), Some("not_asked")));
    // A model beside people.
    project.succeed(&["--items", "mail.csv", "-m", "label:a,b", "--rubric", "eloundou", "-n", "2"]);
    explained(
        &project,
        "mail",
        &["--items", "mail.csv", "-m", "label:a,b", "--rubric", "eloundou", "-n", "2"],
    );
}

/// The lines of an export by their key.
fn exported(project: &Project) -> BTreeMap<String, Value> {
    let export = text(project, &["cache", "export"]);
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|line| Some((line["key"].as_str()?.to_owned(), line))).collect()
}

#[test]
fn every_number_is_followed_to_its_answer() {
    let project = Project::new(COY);
    project.succeed(&["-o", "Lawyers", "-n", "2", "--allow-gaps", "100%"]);
    let kept = exported(&project);
    let of: Value =
        serde_json::from_str(&text(&project, &["explain", "Lawyers", "-n", "2", "--json"])).unwrap();
    assert_eq!(of["schema"], "score-tasks/explanation/1");
    let mut seen = 0;
    let samples = |task: &Value| -> Vec<Value> {
        let models = task["models"].as_array().unwrap().iter();
        models.flat_map(|model| model["samples"].as_array().unwrap().clone()).collect()
    };
    for sample in of["tasks"].as_array().unwrap().iter().flat_map(samples) {
        let answer = &kept[sample["key"].as_str().unwrap()];
        for name in ["context", "digest", "at", "served", "attempt", "sample", "finish", "latency_ms"] {
            assert_eq!(sample[name], answer[name], "{name}");
        }
        assert!(kept.contains_key(sample["context"].as_str().unwrap()));
        assert!(sample.get("text").is_none(), "only of one task");
        seen += 1;
    }
    assert_eq!(seen, 13 * 4);
    // One task, with what was said word for word.
    let one: Value =
        serde_json::from_str(&text(&project, &["explain", "lawyers/900042", "-n", "2", "--json"])).unwrap();
    let printed = text(&project, &["explain", "23-1011/900042", "-n", "2"]);
    assert_eq!(one["target"]["task"], "900042");
    assert_eq!(one["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(one["tasks"][0]["weight"], of["tasks"][0]["weight"]);
    for sample in samples(&one["tasks"][0]) {
        let answer = &kept[sample["key"].as_str().unwrap()];
        assert_eq!(sample["text"], answer["text"]);
        for name in ["key", "context", "digest", "at"] {
            assert!(printed.contains(sample[name].as_str().unwrap()), "{name}: {printed}");
        }
        for line in sample["text"].as_str().unwrap().lines() {
            assert!(printed.contains(&format!("             | {line}\n")), "{line}: {printed}");
        }
    }
    for name in ["rubric", "catalog"] {
        assert!(printed.contains(one[name]["sha256"].as_str().unwrap()));
    }
}

#[test]
fn an_answer_that_came_later_is_not_taken_for_the_one_of_then() {
    let project = Project::new(CONFIG);
    let first = project.succeed(&["-o", "Lawyers", "--limit", "2"]).stderr;
    let then = first.split("--as-of ").nth(1).unwrap().trim().to_owned();
    let flags = ["--limit", "2", "--as-of", &then];
    let before = text(&project, &[&["explain", "Lawyers", "--json"], &flags[..]].concat());
    let before_for_people = text(&project, &[&["explain", "Lawyers"], &flags[..]].concat());
    assert!(before_for_people.contains(&format!("  answers    as of {then}\n")), "{before_for_people}");
    std::thread::sleep(std::time::Duration::from_millis(5));
    project.succeed(&["-o", "Lawyers", "--limit", "2", "--fresh", "-n", "2"]);
    assert_eq!(text(&project, &[&["explain", "Lawyers", "--json"], &flags[..]].concat()), before);
    assert_eq!(text(&project, &[&["explain", "Lawyers"], &flags[..]].concat()), before_for_people);
    let now = text(&project, &["explain", "Lawyers", "--limit", "2", "--json"]);
    let digest = "tasks.0.models.0.samples.0.digest";
    assert_ne!(raw(&now, digest), raw(&before, digest));
    let since = text(&project, &["explain", "Lawyers", "--limit", "2", "-n", "2", "--since", &then]);
    assert!(since.contains(&format!("  answers    since {then}\n")), "{since}");
    explained(&project, "Lawyers", &["--limit", "2", "-n", "2", "--as-of", &then]);
}

#[test]
fn a_task_is_explained_by_its_models() {
    let project = Project::new(CONFIG);
    project.write("occupations/weavers.toml", WEAVERS);
    project.succeed(&["-o", "weavers", "-n", "2", "--weights", "importance"]);
    // Titles and ids have slashes in them.
    for target in ["weavers/fold/pack", "Weavers/Spinners/fold/pack", "WEAVERS / fold/pack"] {
        let printed = text(&project, &["explain", target, "-n", "2", "--weights", "importance"]);
        let rows: Vec<Vec<String>> = printed.lines().map(cells).collect();
        let row =
            |first: &str| rows.iter().find(|row| row.first().is_some_and(|cell| cell == first)).unwrap();
        let mut sums = (0.0, 0.0);
        let mut means = Vec::new();
        for name in ["a", "b"] {
            let row = row(name);
            let samples: Vec<f64> = row[2].split(", ").map(|sample| sample.parse().unwrap()).collect();
            let (v, x): (f64, f64) = (row[1].parse().unwrap(), row[3].parse().unwrap());
            assert_eq!(samples.iter().sum::<f64>() / samples.len() as f64, x);
            sums = (sums.0 + v * x, sums.1 + v);
            means.push(x);
        }
        let line = printed.lines().find_map(|line| line.strip_prefix("  score = (")).unwrap();
        let score: f64 = line.rsplit(" = ").next().unwrap().parse().unwrap();
        assert!((score - sums.0 / sums.1).abs() < 0.000_06, "{line}");
        let median = format!("  Median of the models: {}\n", f64::midpoint(means[0], means[1]));
        assert!(printed.contains(&median), "{printed}");
        // Weights of the four: 4.37, 3.9 and twice 3, imputed.
        assert_eq!(row("importance, as above")[1..], ["IM=3 (imputed)", "3", "14.27", "21.0231 %"]);
        assert_eq!(row("equal")[1..], ["1", "1", "4", "25 %"]);
        let report: Value = serde_json::from_str(&text(
            &project,
            &["-o", "weavers", "-n", "2", "--weights", "importance", "--json", "--offline"],
        ))
        .unwrap();
        let reported = report["occupations"][0]["tasks"][3]["score"].as_f64().unwrap();
        assert!((score - reported).abs() < 0.000_06);
        let shown = rows.iter().find(|row| row.first().is_some_and(|cell| cell == "21.0 %")).unwrap();
        assert_eq!(shown[1], format!("{reported:.0}"));
    }
}

#[test]
fn what_is_not_there_is_told_apart() {
    let project = Project::new(CONFIG);
    project.write("t.csv", "id,text,group\n1,x,a\nb/1,y,a\n1,z,a/b\n1,u,a 1\n");
    for (target, says) in [
        ("Zebra Tamers", "no occupation `Zebra Tamers` in demo"),
        ("Lawyers/1", "no task `1` among those of Lawyers"),
        ("AI/ML Engineers/1", "no task `1` among those of AI/ML Engineers"),
        ("Zebra/1", "no occupation `Zebra/1` in demo"),
        ("Application Engineer", "may be any of 2 occupations"),
        ("Application Engineer/900013", "`Application Engineer` may be any of 2 occupations"),
    ] {
        let ran = project.run(&["explain", target]);
        assert_eq!((ran.code, ran.stdout.len()), (Some(7), 0), "{target}");
        assert!(ran.stderr.contains(says), "{target}: {}", ran.stderr);
    }
    let table = |target: &str| project.run(&["explain", target, "--items", "t.csv", "--rubric", "items"]);
    let several = table("a/b/1");
    assert_eq!(several.code, Some(7));
    assert!(several.stderr.contains("`a/b/1` may be a task of several occupations"), "{}", several.stderr);
    // What is literally there comes before what is like it.
    let title = |target: &str| {
        let printed = String::from_utf8(table(target).stdout).unwrap();
        printed.lines().next().unwrap().trim().split("   ").next().unwrap().to_owned()
    };
    assert_eq!(title("a/1"), "a, task 1");
    assert_eq!(title("a-1"), "a 1");
    assert_eq!(title("a/b"), "a/b");
    // Outside of the selected tasks.
    assert_eq!(project.run(&["explain", "Lawyers/900044", "--limit", "1"]).code, Some(7));
}

#[test]
fn flags_that_mean_something_else_are_refused() {
    let project = Project::new(CONFIG);
    for words in [
        &["-o", "Lawyers"][..],
        &["--all"],
        &["--group", "23"],
        &["--fresh"],
        &["--format", "csv"],
        &["--limit", "2", "--pick", "2"],
    ] {
        assert_eq!(project.run(&[&["explain", "Lawyers"], words].concat()).code, Some(2), "{words:?}");
    }
    assert_eq!(project.run(&["explain"]).code, Some(2));
    // Variables are defaults, and do not count.
    let mut command = project.program(BINARY);
    command.env("SCORE_TASKS_OCCUPATION", "Technical Writers").env("SCORE_TASKS_FRESH", "1");
    let ran = finished(command.args(["explain", "Lawyers", "--limit", "1", "--output", "why.json"]));
    assert_eq!((ran.code, ran.stdout.len()), (Some(0), 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("Not there yet: 2 answers."), "{}", ran.stderr);
    let written: Value = serde_json::from_slice(&std::fs::read(project.path("why.json")).unwrap()).unwrap();
    assert_eq!(written["target"]["code"], "23-1011.00");
    assert!(!project.path("cache").exists(), "nothing is written but what was asked for");
}

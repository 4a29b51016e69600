//! `stability`: the noise that a mock was told to have is found again, and bands are counted.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod common {
    pub mod program;
}

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::program::{Project, Ran};
use serde_json::Value;

/// Most of the demo's scores are then in the middle: near the ends the mock bends them.
const BIAS: f64 = -16.0;

/// Raters that differ in their names alone.
fn config(names: &[&str], wording: f64, noise: f64) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let mut text = format!("[run]\nmodels = [{}]\n", quoted.join(", "));
    for name in names {
        write!(text, "[models.{name}]\nprovider = \"mock\"\nmodel = \"{name}\"\n").unwrap();
        write!(
            text,
            "[models.{name}.mock]\nbias = {BIAS:?}\nspread = 0\nnoise = {noise}\nwording = {wording}\n"
        )
        .unwrap();
    }
    text
}

fn json(ran: &Ran) -> Value {
    serde_json::from_slice(&ran.stdout).unwrap()
}

fn stability(project: &Project, words: &[&str]) -> Value {
    json(&project.succeed(&[&["stability", "--all", "--json"], words].concat()))
}

fn noise<'a>(of: &'a Value, figure: &str) -> &'a Value {
    &of["noise"][figure]
}

const NAMES: [&str; 12] =
    ["ada", "bea", "cleo", "dora", "eve", "fay", "gina", "hanna", "ida", "jana", "kira", "lea"];

/// Rows in twenty groups whose scores are so far from both ends that the mock does not bend them: there it
/// takes about 4 % off the spread of the demo's tasks, off that of samples as well as off that of wordings.
fn middling_items() -> String {
    let project = Project::new(&config(&["plain"], 0.0, 0.0).replace(&format!("{BIAS:?}"), "0.0"));
    let row = |number: usize| {
        let word = |place: usize| {
            let letters = "abcdefghiklmnoprstuv".as_bytes();
            let mixed = (number * 7 + place * 13 + 5) * 2_654_435_761;
            let letter = |shift: usize| char::from(letters[(mixed >> shift) % letters.len()]);
            [3, 8, 13, 18, 23].map(letter).iter().collect::<String>()
        };
        format!("{number},group {},{}\n", number / 40, (0..6).map(word).collect::<Vec<_>>().join(" "))
    };
    let rows: Vec<String> = (0..800).map(row).collect();
    project.write("items.csv", format!("id,group,text\n{}", rows.concat()));
    let report = json(&project.succeed(&["--items", "items.csv", "--json", "-q"]));
    let mut kept = "id,group,text\n".to_owned();
    for occupation in report["occupations"].as_array().unwrap() {
        for task in occupation["tasks"].as_array().unwrap() {
            let score = task["score"].as_f64().unwrap();
            let number: usize = task["id"].as_str().unwrap().parse().unwrap();
            if (38.0..62.0).contains(&score) {
                kept += &rows[number];
            }
        }
    }
    kept
}

#[test]
fn the_noise_that_was_put_in_is_found_again() {
    let project = Project::new(&config(&NAMES, 6.0, 3.0).replace(&format!("{BIAS:?}"), "0.0"));
    project.write("items.csv", middling_items());
    let found = json(&project.succeed(&["stability", "--items", "items.csv", "--json", "-n", "3"]));
    let (mut inside, mut sum) = (0, 0.0);
    for rater in found["raters"].as_array().unwrap() {
        let sd = noise(rater, "wording_sd").as_f64().unwrap();
        let interval = noise(rater, "interval_95").as_array().unwrap();
        let [low, high] = [&interval[0], &interval[1]].map(|end| end.as_f64().unwrap());
        assert!((5.0..7.0).contains(&sd) && low < sd && sd < high, "{rater:#}");
        let sampling = noise(rater, "sampling_sd").as_f64().unwrap();
        assert!((sampling - 3.0 / 3_f64.sqrt()).abs() < 0.15, "{sampling}");
        inside += u32::from(low <= 6.0 && 6.0 <= high);
        sum += sd;
    }
    // Of twelve intervals of 95 %, that more than two miss is one case in fifty.
    assert!(inside >= 10, "{inside} of 12");
    let mean = sum / 12.0;
    assert!((mean - 6.0).abs() < 0.15, "{mean}");
    // Twelve raters, each with a noise of its own: their mean has the twelfth part of its variance.
    let combined = noise(&found["combined"], "wording_sd").as_f64().unwrap();
    assert!((combined - 6.0 / 12_f64.sqrt()).abs() < 0.2, "{combined}");
}

#[test]
fn the_demo_shows_it_too() {
    let project = Project::new(&config(&NAMES, 6.0, 3.0));
    let found = stability(&project, &["-n", "3"]);
    let raters = found["raters"].as_array().unwrap();
    let sds = raters.iter().map(|rater| noise(rater, "wording_sd").as_f64().unwrap());
    let mean = sds.sum::<f64>() / raters.len() as f64;
    assert!((5.5..6.1).contains(&mean), "{mean}");
}

#[test]
fn where_there_is_none_the_interval_has_0() {
    let project = Project::new(&config(&NAMES[..6], 0.0, 3.0));
    for seed in ["0", "1"] {
        let found = stability(&project, &["-n", "3", "--seed", seed]);
        let all = found["raters"].as_array().unwrap().iter().chain([&found["combined"]]);
        for rater in all {
            let sd = noise(rater, "wording_sd").as_f64().unwrap();
            let low = noise(rater, "interval_95")[0].as_f64().unwrap();
            assert!(sd < 0.8, "{rater:#}");
            assert_eq!(low, 0.0, "{rater:#}");
        }
    }
}

/// Score and band by occupation, as a report has them.
fn reported(project: &Project, rubric: &str) -> BTreeMap<String, (f64, String)> {
    let report = json(&project.succeed(&["--all", "--offline", "-n", "2", "--json", "--rubric", rubric]));
    let of = |one: &Value| {
        let band = one["band"].as_str().unwrap().to_owned();
        (one["code"].as_str().unwrap().to_owned(), (one["score"].as_f64().unwrap(), band))
    };
    report["occupations"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn scores_and_bands_are_those_of_the_reports() {
    // So much that bands flip.
    let project = Project::new(&config(&NAMES[..2], 25.0, 3.0));
    let found = stability(&project, &["-n", "2"]);
    let names = ["exposure", "exposure+paraphrase", "exposure+reordered"];
    let reports = names.map(|name| reported(&project, name));
    let (mut flips, mut near) = (0, 0);
    for one in found["occupations"].as_array().unwrap() {
        let code = one["code"].as_str().unwrap();
        let in_reports: Vec<&(f64, String)> = reports.iter().map(|report| &report[code]).collect();
        for (wording, (score, band)) in one["wordings"].as_array().unwrap().iter().zip(&in_reports) {
            assert_eq!(wording["score"].as_f64().unwrap(), *score);
            assert_eq!(wording["band"].as_str().unwrap(), band);
        }
        let flipped = in_reports.iter().any(|(_, band)| *band != in_reports[0].1);
        assert_eq!(one["flips"], flipped);
        flips += u64::from(flipped);
        let distance = [20.0, 40.0, 60.0, 80.0]
            .map(|cut| (in_reports[0].0 - cut).abs())
            .into_iter()
            .fold(100.0, f64::min);
        near += u64::from(distance <= 5.0);
    }
    assert!(flips > 0);
    assert_eq!(found["flips"]["all"]["flips"], flips);
    assert_eq!(found["flips"]["all"]["occupations"], 12);
    assert_eq!(found["flips"]["near_a_cut"]["occupations"], near);
}

#[test]
fn the_same_answers_and_seed_give_the_same_bytes_and_ask_nothing() {
    let project = Project::new(&config(&NAMES[..2], 6.0, 3.0));
    let words = ["stability", "--all", "-n", "2", "--occupations", "5", "--seed", "7"];
    let first = project.succeed(&words);
    assert!(first.stderr.contains("> 5 of 12 occupations, from 5 major groups"), "{}", first.stderr);
    let second = project.succeed(&words);
    assert!(second.stderr.contains(" 0 asked, 0 gaps"), "{}", second.stderr);
    assert_eq!(first.stdout, second.stdout);
    assert_eq!(first.stdout, project.succeed(&[&words[..], &["--offline"]].concat()).stdout);
    let other = project.succeed(&[&words[..7], &["8"]].concat());
    assert_ne!(first.stdout, other.stdout);
}

#[test]
fn a_dry_run_asks_nothing_and_counts_all_wordings() {
    let project = Project::new(&config(&NAMES[..1], 6.0, 3.0));
    let plan = |words: &[&str]| json(&project.succeed(&[words, &["--all", "--json"]].concat()))[0].clone();
    let (one, all) = (plan(&["plan"]), plan(&["stability", "--dry-run"]));
    assert_eq!(all["calls"].as_u64().unwrap(), 3 * one["calls"].as_u64().unwrap());
    assert!(all["tokens_in"].as_u64().unwrap() > 2 * one["tokens_in"].as_u64().unwrap());
    assert!(!project.path("cache/answers.sqlite").exists());
    // A score of the base leaves the variants to be asked.
    project.succeed(&["--all", "-q"]);
    let left = plan(&["stability", "--dry-run"]);
    assert_eq!((left["cached"].as_u64(), left["calls"].as_u64()), (one["calls"].as_u64(), Some(302)));
}

#[test]
fn costs_are_agreed_to_for_all_wordings_together() {
    let project = Project::new(
        "[run]\nmodels = [\"m\"]\n[models.m]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
         model = \"m\"\nprice = { input = 100, output = 100 }\n",
    );
    let plan = json(&project.succeed(&["stability", "--all", "--dry-run", "--json"]));
    let most = plan[0]["cost_usd_at_most"].as_f64().unwrap();
    let ran = project.run(&["stability", "--all", "--no-input"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("this may cost USD {most:.2}")), "{}", ran.stderr);
    assert!(ran.stderr.contains("> 453 calls: up to about"), "{}", ran.stderr);
}

#[test]
fn own_variants_are_found_and_broken_ones_refused() {
    let project = Project::new(&config(&NAMES[..1], 6.0, 3.0));
    let variant = |file: &str| format!("prompts/exposure/variants/curt/{file}");
    project.write(&variant("system.md"), "Say how much of the task AI does, from 0 to 100.");
    let found = stability(&project, &["-n", "2", "--variants", "curt"]);
    let names: Vec<&str> =
        found["wordings"].as_array().unwrap().iter().map(|one| one["rubric"].as_str().unwrap()).collect();
    assert_eq!(names, ["exposure", "exposure+curt"]);
    assert_eq!(found["schema"], "score-tasks/stability/1");

    let refused = |expected: &str| {
        for words in [&["stability", "--all"][..], &["rubrics", "lint", "exposure"]] {
            let ran = project.run(words);
            let said = String::from_utf8(ran.stdout).unwrap() + &ran.stderr;
            assert_eq!(ran.code, Some(2), "{said}");
            assert!(said.contains(expected), "{said}, not {expected}");
        }
    };
    project.write(&variant("system.md"), "Rate {{ task.txt }}.");
    refused("prompts/exposure/variants/curt/system.md: line 1: no such name: `task.txt`");
    project.write(&variant("system.md"), "Rate it.");
    project.write(&variant("variant.toml"), "scale = { kind = \"ordinal\", min = 1, max = 5 }");
    refused("prompts/exposure/variants/curt/variant.toml: a variant has the scale of its rubric");
    // Two of the same words are one wording.
    project.write(&variant("variant.toml"), "note = \"short\"");
    project.write("prompts/exposure/variants/twin/system.md", "Rate it.");
    let ran = project.run(&["stability", "--all"]);
    assert!(ran.stderr.contains("exposure+curt and exposure+twin say the same"), "{}", ran.stderr);
}

#[test]
fn what_has_no_wording_is_refused_with_a_way_out() {
    let project = Project::new(&config(&NAMES[..1], 6.0, 3.0));
    project.write("items.csv", "id,text,human\n1,Knead the dough.,40\n");
    for (words, expected, hint) in [
        (
            &["--items", "items.csv", "-m", "label:human"][..],
            "`label:human` cannot be asked in other words",
            "--models A,B",
        ),
        (
            &["--all", "--rubric", "items"],
            "the rubric `items` has no variants",
            "prompts/items/variants/NAME",
        ),
        (&["--all", "--rubric", "exposure+reordered"], "is a variant", "--rubric exposure"),
        (&["--all", "--variants", "none"], "has no variant `none`", "rubrics show exposure"),
        (&["--all", "--limit", "3"], "leave out --limit", "--occupations"),
        (&["--all", "--until-se", "1"], "leave out --until-se", "--samples"),
        (&["--all", "--format", "csv"], "a table or JSON", ""),
    ] {
        let ran = project.run(&[&["stability"], words].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(expected) && ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn one_sample_says_that_it_cannot_tell() {
    let project = Project::new(&config(&NAMES[..1], 6.0, 3.0));
    let found = stability(&project, &[]);
    let rater = &found["raters"][0];
    assert!(noise(rater, "wording_sd").is_null() && noise(rater, "sampling_sd").is_null());
    // Both together: sqrt(36 + 9).
    let sd = noise(rater, "between_sd").as_f64().unwrap();
    assert!((5.7..7.7).contains(&sd), "{sd}");
    assert_eq!(noise(rater, "of"), "between_sd");
    let told = String::from_utf8(project.succeed(&["stability", "--all"]).stdout).unwrap();
    assert!(told.contains("With one sample, sampling cannot be told from wording"), "{told}");
}

#[test]
fn what_may_be_spent_is_for_all_wordings_and_the_rest_is_asked_later() {
    let name = &NAMES[..1];
    let price = "[models.ada]\nprice = { input = 1000, output = 1000 }\n";
    let project = Project::new(&config(name, 6.0, 3.0).replace("[models.ada]\n", price));
    // The tasks of one wording cost about 200 dollars.
    let ran = project.run(&["stability", "--all", "--max-cost", "300"]);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(ran.stderr.contains("> exposure: 0 cached, 151 asked"), "{}", ran.stderr);
    let asked = ran.stderr.split("> exposure+paraphrase: 0 cached, ").nth(1).unwrap();
    let asked: u64 = asked.split(' ').next().unwrap().parse().unwrap();
    assert!((1..151).contains(&asked), "{}", ran.stderr);
    // Nobody is asked under a further wording, and the report has gaps.
    assert!(!ran.stderr.contains("> exposure+reordered"), "{}", ran.stderr);
    let gaps = 302 - asked;
    assert!(
        ran.stderr.contains(&format!("453 answers: 0 cached, {} asked, {gaps} gaps", 151 + asked)),
        "{}",
        ran.stderr
    );
    let again = project.succeed(&["stability", "--all"]);
    assert!(
        again.stderr.contains(&format!("{} cached, {gaps} asked, 0 gaps", 151 + asked)),
        "{}",
        again.stderr
    );
}

#[test]
fn a_run_under_a_variant_is_called_by_it_and_no_part_of_the_rubrics_series() {
    let project = Project::new(&config(&NAMES[..1], 6.0, 3.0));
    for rubric in ["exposure", "exposure", "exposure+paraphrase", "exposure"] {
        project.succeed(&["-o", "Lawyers", "-q", "--rubric", rubric]);
    }
    let list = String::from_utf8(project.succeed(&["runs", "list"]).stdout).unwrap();
    assert_eq!(list.matches("exposure+paraphrase 1").count(), 1, "{list}");
    let series = json(&project.succeed(&["drift", "--json"]));
    assert_eq!(series["runs"].as_array().unwrap().len(), 3);
}

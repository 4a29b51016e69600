//! Published data: occupation scores made again from published labels, and a full O*NET release.
//!
//! The data is not part of the project. Where SCORE_TASKS_DATA names its folder these tests use it;
//! elsewhere they say so and pass. A small table stands here for all who do not have it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests read and make their own files")]

mod common {
    pub mod measures;
    pub mod program;
    pub mod report;
}

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use common::measures::{MEASURES, data, project_with_measures};
use common::program::Project;
use common::report::assert_same;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A run over a table of labels under one measure: the occupations, each with its raters' scores
/// from 0 to 1.
fn scored(project: &Project, items: &Path, measure: &str, columns: &[&str]) -> (Value, Scores) {
    let raters: Vec<String> = columns.iter().map(|column| format!("label:{column}")).collect();
    let ran = project.succeed(&[
        "--items",
        items.to_str().unwrap(),
        "--models",
        &raters.join(","),
        "--weights",
        "core",
        "--rubric",
        measure,
        "--json",
        "--allow-gaps",
        "100%",
    ]);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let mut scores = Scores::new();
    for occupation in report["occupations"].as_array().unwrap() {
        let models = occupation["models"].as_array().unwrap();
        let shares = models.iter().map(|model| model["score"].as_f64().map(|score| score / 100.0));
        scores.insert(occupation["code"].as_str().unwrap().to_owned(), shares.collect());
    }
    (report, scores)
}

type Scores = BTreeMap<String, Vec<Option<f64>>>;

#[test]
fn published_occupation_scores_follow_from_the_published_labels() {
    let Some(data) = data().map(|data| data.join("gpts-are-gpts")) else { return };
    let project = project_with_measures();
    let items = data.join("full_labelset.tsv");
    let mut published = csv::Reader::from_path(data.join("occ_level.csv")).unwrap();
    let headers = published.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = published.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 923);
    let mut largest = 0.0_f64;
    for (measure, ..) in MEASURES {
        let (report, scores) = scored(&project, &items, measure, &["human_labels", "gpt4_exposure"]);
        assert_eq!(scores.len(), 923, "{measure}");
        assert_eq!(report["gaps"]["total"], 0, "{measure}");
        for (rater, prefix) in ["human_rating", "dv_rating"].into_iter().enumerate() {
            let column = headers.iter().position(|name| name == format!("{prefix}_{measure}")).unwrap();
            for row in &rows {
                let expected: f64 = row[column].parse().unwrap();
                let found = scores[&row[0]][rater].unwrap();
                let apart = (found - expected).abs();
                largest = largest.max(apart);
                assert!(apart < 1e-12, "{prefix}_{measure} of {}: {found}, published {expected}", &row[0]);
            }
        }
    }
    println!("923 occupations x 6 published figures; the largest difference is {largest:e}");
}

/// Two occupations, three raters, a core task counting twice; with labels that are missing, badly
/// written or unknown.
const SMALL: &str = "\
O*NET-SOC Code,Task ID,Task,Task Type,Title,one,two,three
11-1011.00,1.0,Set the budget.,Core,Chief Executives,E0,E1,E1
11-1011.00,2.0,Appoint managers.,Core,Chief Executives,E1,E1,
11-1011.00,3.0,Speak in public.,Supplemental,Chief Executives,E2, e2 ,n/a
51-3011.00,4.0,Knead the dough.,Core,Bakers,E2,E0,E7
51-3011.00,5.0,Slice the bread.,,Bakers,E1,E2,n/a
";

#[test]
fn labels_of_a_small_table_give_the_scores_reckoned_by_hand() {
    let project = project_with_measures();
    project.write("small.csv", SMALL);
    let (one, two) = ([("11-1011.00", 0), ("51-3011.00", 0)], [("11-1011.00", 1), ("51-3011.00", 1)]);
    // Chief Executives weigh 2, 2, 1; Bakers 2 and, without a type, 1.
    for (measure, expected_one, expected_two) in [
        ("alpha", [2.0 / 5.0, 1.0 / 3.0], [4.0 / 5.0, 0.0]),
        ("beta", [2.5 / 5.0, 2.0 / 3.0], [4.5 / 5.0, 0.5 / 3.0]),
        ("gamma", [3.0 / 5.0, 3.0 / 3.0], [5.0 / 5.0, 1.0 / 3.0]),
    ] {
        let (report, scores) =
            scored(&project, &project.path("small.csv"), measure, &["one", "two", "three"]);
        for (places, expected) in [(one, expected_one), (two, expected_two)] {
            for ((code, rater), expected) in places.into_iter().zip(expected) {
                let found = scores[code][rater].unwrap();
                assert!((found - expected).abs() < 1e-12, "{measure} of {code}: {found}, by hand {expected}");
            }
        }
        // The third has one label that is one: the rest are gaps, and no zeros.
        assert_eq!(scores["11-1011.00"][2], Some(1.0), "{measure}");
        assert_eq!(scores["51-3011.00"][2], None, "{measure}");
        let occupations = report["occupations"].as_array().unwrap();
        assert_eq!(occupations[0]["models"][2]["coverage"], 2.0 / 5.0);
        assert_eq!(occupations[1]["models"][2]["coverage"], 0.0);
        assert_eq!(report["gaps"]["by_reason"], serde_json::json!({ "not_asked": 3, "out_of_range": 1 }));
        assert_eq!(report["run"]["cost_usd"], 0.0);
    }
}

/// The example of docs/METHOD.md, to the figure.
#[test]
fn the_worked_example_of_the_method() {
    let project = Project::new("[run]\nmodels = [\"m\"]\n[models.m]\nprovider = \"mock\"\n");
    project.write("example.csv", "id,text,weight,a,b\n1,First.,4,50,80\n2,Second.,2,20,\n");
    let raters = "label:a,label:b";
    let words =
        ["--items", "example.csv", "--models", raters, "--rubric", "items", "--json", "--allow-gaps", "1"];
    let report: Value = serde_json::from_slice(&project.succeed(&words).stdout).unwrap();
    let occupation = &report["occupations"][0];
    let scores =
        |one: &Value| [&one["score"], &one["low"], &one["high"]].map(|score| score.as_f64().unwrap());
    assert_eq!(scores(occupation), [60.0, 40.0, 80.0]);
    assert_eq!(scores(&occupation["tasks"][0]), [65.0, 50.0, 80.0]);
    assert_eq!(scores(&occupation["tasks"][1]), [20.0, 20.0, 20.0]);
    let coverage = |one: &Value| one["coverage"].as_f64().unwrap();
    assert_eq!((coverage(&occupation["models"][0]), coverage(&occupation["models"][1])), (1.0, 4.0 / 6.0));
    assert!((coverage(occupation) - 5.0 / 6.0).abs() < 1e-15);
    assert_eq!(occupation["weights"], "given");
}

fn full_run(project: &Project, release: &Path) -> Vec<u8> {
    let release = release.to_str().unwrap();
    let words = ["--catalog", release, "--all", "--models", "mock-a,mock-b", "--json"];
    project.succeed(&words).stdout
}

/// The release in a zip, under a folder of its own, as O*NET offers it.
fn zipped(folder: &Path) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("db_30_1_text/{}", path.file_name().unwrap().to_str().unwrap());
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(path).unwrap()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_full_release_is_scored_once_and_from_a_zip_all_the_same() {
    let Some(folder) = data().map(|data| data.join("onet/db_30_1_text")) else { return };
    let mock = |name: &str| format!("[models.{name}]\nprovider = \"mock\"\n");
    let config = format!("[run]\nmodels = [\"mock-a\"]\n{}{}", mock("mock-a"), mock("mock-b"));
    let project = Project::new(&config);
    let first = full_run(&project, &folder);
    let report: Value = serde_json::from_slice(&first).unwrap();
    let occupations = report["occupations"].as_array().unwrap();
    let tasks: usize = occupations.iter().map(|one| one["tasks"].as_array().unwrap().len()).sum();
    assert_eq!((occupations.len(), tasks), (923, 18_796));
    let answers = |report: &Value| report["run"]["answers"].clone();
    let counts = |cached: u64, asked: u64| serde_json::json!({ "needed": 37_592, "cached": cached, "asked": asked, "gaps": 0 });
    assert_eq!(answers(&report), counts(0, 37_592));
    assert!(occupations.iter().all(|one| one["coverage"] == 1.0 && !one["score"].is_null()));
    drop(report);

    let second = full_run(&project, &folder);
    assert_same(&second, &first, &["answers"], "the second run");
    assert_eq!(answers(&serde_json::from_slice(&second).unwrap()), counts(37_592, 0));

    project.write("release.zip", zipped(&folder));
    let from_zip = full_run(&project, &project.path("release.zip"));
    assert_same(&from_zip, &second, &[], "from a zip");
}

//! `validate`: published figures made again from published labels, and small tables reckoned by hand.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common {
    pub mod measures;
    pub mod program;
}

use common::measures::{data, project_with_measures};
use common::program::{Project, Ran};
use serde_json::{Value, json};

fn json_of(ran: &Ran) -> Value {
    serde_json::from_slice(&ran.stdout).unwrap()
}

fn text_of(ran: &Ran) -> String {
    String::from_utf8(ran.stdout.clone()).unwrap()
}

/// As many decimals as were published.
fn rounded(value: &Value, decimals: usize) -> String {
    format!("{:.decimals$}", value.as_f64().unwrap())
}

#[test]
fn published_agreement_follows_from_the_published_labels() {
    let Some(data) = data() else { return };
    let table = data.join("gpts-are-gpts/full_labelset.tsv");
    let table = table.to_str().unwrap();
    let project = project_with_measures();
    let raters = "label:gpt4_exposure,label:gpt4_exposure_alt_rubric";
    let words = |rubric: &'static str| {
        ["validate", "--items", table, "-m", raters, "--weights", "core", "--rubric", rubric, "--gold", table]
            .into_iter()
            .chain(["--labels", "human_labels", "--bootstrap", "100"])
            .collect::<Vec<&str>>()
    };
    for (measure, exact, pearson) in
        [("alpha", "80.78", "0.2226"), ("beta", "65.64", "0.5908"), ("gamma", "82.09", "0.6544")]
    {
        let json = json_of(&project.succeed(&[words(measure), vec!["--json"]].concat()));
        let gpt4 = &json["tasks"]["raters"][0];
        assert_eq!((&gpt4["rater"], &gpt4["n"]), (&json!("label:gpt4_exposure"), &json!(19_265)));
        assert_eq!(rounded(&json!(gpt4["exact"].as_f64().unwrap() * 100.0), 2), exact, "{measure}");
        assert_eq!(rounded(&gpt4["pearson"], 4), pearson, "{measure}");
        if measure != "beta" {
            continue;
        }
        for (figure, decimals, expected) in [
            ("kappa", 4, "0.4367"),
            ("kappa_quadratic", 4, "0.5866"),
            ("icc21", 4, "0.5867"),
            ("alpha_interval", 4, "0.5854"),
            ("mae", 2, "18.56"),
            ("bias", 2, "3.98"),
        ] {
            assert_eq!(rounded(&gpt4[figure], decimals), expected, "{figure}");
        }
        let occupations = &json["occupations"]["raters"][0];
        assert_eq!(occupations["n"], 923);
        assert_eq!(rounded(&occupations["pearson"], 4), "0.8762");
        assert_eq!(rounded(&occupations["spearman"], 4), "0.9007");
        assert_eq!(rounded(&occupations["mae"], 2), "8.24");
    }
    let text = text_of(&project.succeed(&words("beta")));
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("  label:gpt4_exposure  ")).collect();
    for figure in ["65.64 %", "0.4367", "0.5866", "0.5908", "18.56", "+3.98", "0.5854", "0.5867"] {
        assert!(lines[0].contains(figure), "{figure}: {text}");
    }
    let occupations = lines.iter().find(|line| line.contains(" 923 ")).unwrap();
    for figure in ["0.8762", "0.9007", "8.24"] {
        assert!(occupations.contains(figure), "{figure}: {text}");
    }
}

/// Two occupations, and three raters: one with a hole, one that always says the same.
const ITEMS: &str = "\
code,id,text,weight,a,b,same
11-1011.00,1,Plan.,2,60,80,50
11-1011.00,2,Speak.,1,30,,50
51-3011.00,3,Knead.,1,10,20,50
51-3011.00,4,Slice.,3,40,40,50
51-3011.00,5,Sell.,1,70,90,50
";

/// Two people, with a label off the scale and two cells without one; in another order, with a short code and
/// with rows about other tasks. Its `type` is no task type.
const GOLD: &str = "\
code,id,type,p,q
51-3011.00,4,easy,140,40
51-3011.00,3,easy,0,20
11-1011,1,hard,70,50
11-1011.00,2,hard,20,
99-9999.00,9,hard,50,50
51-3011.00,6,hard,50,50
";

fn small() -> Project {
    let project =
        Project::new("[run]\nmodels = [\"m\"]\nrubric = \"items\"\n[models.m]\nprovider = \"mock\"\n");
    project.write("items.csv", ITEMS);
    project.write("gold.csv", GOLD);
    project
}

const SELECTED: &[&str] = &["validate", "--items", "items.csv", "-m", "label:a,label:b,label:same"];
const AGAINST: &[&str] = &["--gold", "gold.csv", "--labels", "p,q"];

fn check(found: &Value, expected: &[(&str, Option<f64>)]) {
    for (figure, expected) in expected {
        let found = &found[figure];
        match expected {
            Some(expected) => {
                let apart = (found.as_f64().unwrap() - expected).abs();
                assert!(apart < 1e-8, "{figure} is {found}, by hand {expected}");
            }
            None => assert!(found.is_null(), "{figure} is {found}, and not defined"),
        }
    }
}

#[test]
fn a_small_table_gives_the_figures_reckoned_by_hand() {
    let project = small();
    let ran = project.succeed(&[SELECTED, AGAINST, &["--json", "--bootstrap", "50"]].concat());
    let json = json_of(&ran);
    assert_eq!(json["schema"], "score-tasks/validation/1");
    for part in [
        "gold.csv: 6 rows, 4 about rated tasks; 2 about others, such as `51-3011.00 6`",
        "without a row: 1 rated task",
        "Not on the scale, and so missing: 1 label; `140` is not a whole number from 0 to 100",
    ] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let gold = &json["gold"];
    assert_eq!((&gold["matched"], &gold["unmatched"], &gold["tasks"]), (&json!(4), &json!(2), &json!(4)));
    assert_eq!(gold["gaps"], json!({"not_asked": 1, "out_of_range": 1}));

    // Gold of the tasks 1 to 4: 60, 20, 10, 40.
    let tasks = &json["tasks"]["raters"];
    check(
        &tasks[0],
        &[
            ("n", Some(4.0)),
            ("exact", Some(0.75)),
            ("mae", Some(2.5)),
            ("rmse", Some(5.0)),
            ("bias", Some(2.5)),
            ("slope", Some(27.0 / 26.0)),
            ("intercept", Some(32.5 - 35.0 * 27.0 / 26.0)),
        ],
    );
    check(&tasks[1], &[("n", Some(3.0)), ("mae", Some(10.0)), ("bias", Some(10.0))]);
    check(
        &tasks[2],
        &[
            ("n", Some(4.0)),
            ("kappa", Some(0.0)),
            ("kappa_quadratic", Some(0.0)),
            ("mae", Some(22.5)),
            ("bias", Some(17.5)),
            ("pearson", None),
            ("spearman", None),
            ("slope", None),
            ("intercept", None),
            ("pearson_bounds", None),
        ],
    );
    assert!(tasks[2]["mae_bounds"].is_null());
    check(
        &json["tasks"]["combined"],
        &[("n", Some(4.0)), ("mae", Some((10.0 / 3.0 + 20.0 + 50.0 / 3.0 + 10.0 / 3.0) / 4.0))],
    );

    // Both sides over the tasks that both have: of b one task of the first occupation.
    let occupations = &json["occupations"]["raters"];
    check(
        &occupations[0],
        &[("n", Some(2.0)), ("mae", Some(5.0 / 3.0)), ("bias", Some(5.0 / 3.0)), ("within_one", None)],
    );
    check(&occupations[1], &[("n", Some(2.0)), ("mae", Some(11.25)), ("bias", Some(11.25))]);

    let groups = &json["groups"];
    assert_eq!((&groups[0]["group"], &groups[1]["group"]), (&json!("11"), &json!("51")));
    check(
        &groups[0]["raters"][0],
        &[("n", Some(2.0)), ("mae", Some(5.0)), ("bias", Some(5.0)), ("pearson", Some(1.0))],
    );
    check(&groups[0]["raters"][1], &[("n", Some(1.0)), ("mae", Some(20.0)), ("pearson", None)]);

    let confusion = &json["confusion"]["raters"][1];
    assert_eq!(confusion["levels"], json!([10.0, 20.0, 40.0, 60.0, 80.0]));
    assert_eq!(
        confusion["counts"],
        json!([[0, 1, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]])
    );

    // One over 25, 500 / 3 and 675, over their mean.
    let precisions = [1.0 / 25.0, 3.0 / 500.0, 1.0 / 675.0];
    let mean = precisions.iter().sum::<f64>() / 3.0;
    let weights = [("label:a", precisions[0]), ("label:b", precisions[1]), ("label:same", precisions[2])];
    check(&json["suggested_weights"], &weights.map(|(rater, precision)| (rater, Some(precision / mean))));

    // The people: 70 and 50, 0 and 20, and two tasks with one label.
    let among = &json["people"]["among"];
    check(&among["pairs"][0], &[("n", Some(2.0)), ("mae", Some(20.0)), ("bias", Some(0.0))]);
    assert_eq!((&among["pairs"][0]["a"], &among["pairs"][0]["b"]), (&json!("p"), &json!("q")));
    assert_eq!(json["people"]["all"]["pairs"].as_array().unwrap().len(), 10);
    check(&json["people"]["all"]["all"], &[("items", Some(4.0)), ("complete", Some(2.0))]);
}

#[test]
fn what_is_not_defined_is_a_dash_for_people() {
    let project = small();
    let text = text_of(&project.succeed(&[SELECTED, AGAINST].concat()));
    let same: Vec<&str> = text.lines().filter(|line| line.contains("  label:same  ")).collect();
    assert!(same[0].contains("22.50") && same[0].contains("  -  "), "{text}");
    // Calibration: neither slope nor intercept.
    assert_eq!(same[1].split_whitespace().collect::<Vec<_>>(), ["label:same", "-", "-"], "{text}");
    for part in [
        "the mean of p, q of gold.csv",
        "People among themselves",
        "Suggested weights",
        "to be judged on other gold",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

#[test]
fn a_run_a_report_and_a_selection_say_the_same() {
    let project = small();
    let score = ["--items", "items.csv", "-m", "label:a,label:b,label:same", "--allow-gaps", "9"];
    project.succeed(&[&score[..], &["--output", "report.json"]].concat());
    let select = project.succeed(&[SELECTED, AGAINST, &["--json"]].concat()).stdout;
    for target in
        [&["validate"][..], &["validate", "latest"], &["validate", "report.json", "--rubric", "items"]]
    {
        let found = project.succeed(&[target, AGAINST, &["--json"]].concat());
        assert!(found.stdout == select, "{target:?}");
    }
    let ran = project.run(&[&["validate", "report.json"], AGAINST].concat());
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--rubric NAME; the ratings are under items 1"), "{}", ran.stderr);
    // Another rubric than that of the ratings reads them otherwise, and that is said.
    let ran = project.run(&[&["validate", "--rubric", "eloundou"], AGAINST].concat());
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("the ratings had another"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no label on the scale of the rubric: `70` is not a label"),
        "{}",
        ran.stderr
    );
}

#[test]
fn gates_end_with_six_after_the_figures() {
    let project = small();
    let base = [SELECTED, AGAINST, &["--bootstrap", "0"]].concat();
    let json = json_of(&project.succeed(&[&base[..], &["--json"]].concat()));
    let combined = &json["tasks"]["combined"];
    let figure = |name: &str| combined[name].as_f64().unwrap();
    let gates = [
        ("--min-alpha", figure("alpha_interval"), 0.01, "Krippendorff's alpha"),
        ("--max-mae", figure("mae"), -0.01, "the mean absolute error"),
        ("--min-pearson", figure("pearson"), 0.001, "Pearson's r"),
    ];
    for (flag, figure, beyond, what) in gates {
        project.succeed(&[&base[..], &[flag, &figure.to_string()]].concat());
        let ran = project.run(&[&base[..], &[flag, &(figure + beyond).to_string()]].concat());
        assert_eq!(ran.code, Some(6), "{flag}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(what) && text_of(&ran).contains("Against gold"),
            "{flag}: {}",
            ran.stderr
        );
        // A gate must not stand open for what is no number.
        assert_eq!(project.run(&[&base[..], &[flag, "nan"]].concat()).code, Some(2), "{flag}");
    }
    let both = project.run(&[&base[..], &["--min-alpha", "1", "--max-mae", "0"]].concat());
    assert!(both.stderr.contains("alpha is") && both.stderr.contains("error is"), "{}", both.stderr);
    let constant = ["validate", "--items", "items.csv", "-m", "label:same", "--min-pearson", "-1"];
    let ran = project.run(&[&constant[..], AGAINST].concat());
    assert_eq!(ran.code, Some(6));
    assert!(ran.stderr.contains("Pearson's r is not defined, at least -1 is asked for"), "{}", ran.stderr);
}

/// Forty tasks of one occupation, one label and one rater, with many different scores.
fn many() -> Project {
    let project = small();
    let rows: String =
        (0..40).map(|id| format!("{id},Task {id}.,{},{}\n", id * 37 % 101, id * 53 % 101)).collect();
    project.write("many.csv", format!("id,text,score,model\n{rows}"));
    project
}

const MANY: &[&str] = &["validate", "--items", "many.csv", "-m", "label:model", "--gold", "many.csv"];

#[test]
fn a_seed_gives_the_same_bytes() {
    let project = many();
    let of = |words: &[&str]| project.succeed(&[MANY, words].concat());
    let (json, text) = (of(&["--json", "--seed", "7"]), of(&["--seed", "7"]));
    assert_eq!(of(&["--json", "--seed", "7"]).stdout, json.stdout);
    assert_eq!(of(&["--seed", "7"]).stdout, text.stdout);
    let (one, other) = (json_of(&json), json_of(&of(&["--json", "--seed", "8"])));
    let (one, other) = (&one["tasks"]["combined"], &other["tasks"]["combined"]);
    assert_eq!(one["pearson"], other["pearson"]);
    for figure in ["exact", "kappa", "kappa_quadratic", "pearson", "mae", "bias", "slope", "intercept"] {
        let name = format!("{figure}_bounds");
        let (low, high) = (one[&name][0].as_f64().unwrap(), one[&name][1].as_f64().unwrap());
        let middle = one[figure].as_f64().unwrap();
        assert!(low <= middle && middle <= high, "{figure}: {middle} in {low} to {high}");
        if !["exact", "kappa"].contains(&figure) {
            assert_ne!(one[&name], other[&name], "{figure}");
        }
    }
    let none = json_of(&of(&["--json", "--bootstrap", "0"]));
    assert!(none["tasks"]["combined"]["mae_bounds"].is_null());
    // One rater, one occupation, one person, many scores: what that leaves out.
    assert!(none["occupations"].is_null() && none["people"].is_null());
    assert_eq!(
        none["confusion"]["raters"][0],
        json!({"rater": "label:model", "levels": null, "counts": null})
    );
    let text = text_of(&text);
    assert!(text.contains("Tasks by gold and label:model: none, or too many different scores"), "{text}");
    assert!(!text.contains("combined") && !text.contains("Suggested"), "{text}");
}

#[test]
fn labels_without_occupations_are_found_by_id() {
    let project = small();
    project.write("ids.csv", "id,human\n1,60\n2,20\n3,10\n4,40\n7,1\n");
    let json = json_of(&project.succeed(&[SELECTED, &["--gold", "ids.csv", "--json"]].concat()));
    assert_eq!((&json["gold"]["matched"], &json["gold"]["unmatched"]), (&json!(4), &json!(1)));
    check(&json["tasks"]["raters"][0], &[("n", Some(4.0)), ("mae", Some(2.5))]);
    project.write("renamed.csv", "Number,Verdict,label\n1,60,x\n2,20,x\n3,10,x\n4,40,x\n");
    let renamed = ["--gold", "renamed.csv", "--gold-columns", "id=Number", "--labels", "Verdict", "--json"];
    let json = json_of(&project.succeed(&[SELECTED, &renamed].concat()));
    check(&json["tasks"]["raters"][0], &[("n", Some(4.0)), ("mae", Some(2.5))]);
}

#[test]
fn a_model_gets_a_line_for_the_config() {
    let config = |name: &str| format!("[models.{name}]\nprovider = \"mock\"\n");
    let project =
        Project::new(&format!("[run]\nmodels = [\"x\", \"y.z\"]\n{}{}", config("x"), config("\"y.z\"")));
    project.succeed(&["-o", "27-3042", "-q"]);
    let report = json_of(&project.succeed(&["-o", "27-3042", "--json"]));
    let tasks = report["occupations"][0]["tasks"].as_array().unwrap();
    let rows: String = tasks
        .iter()
        .enumerate()
        .map(|(n, task)| format!("27-3042,{},{}\n", task["id"].as_str().unwrap(), n * 9 % 100))
        .collect();
    project.write("gold.csv", format!("group,id,Gold\n{rows}"));
    let text = text_of(&project.succeed(&["validate", "--gold", "gold.csv"]));
    let weights: Vec<f64> = ["[models.x]", "[models.\"y.z\"]"]
        .into_iter()
        .map(|head| {
            let mut lines = text.lines().skip_while(|line| line.trim() != head).skip(1);
            lines.next().unwrap().trim().strip_prefix("weight = ").unwrap().parse().unwrap()
        })
        .collect();
    assert!((weights.iter().sum::<f64>() - 2.0).abs() < 2e-4, "{text}");
    // Pasted, they are a config.
    let pasted = format!(
        "[run]\nmodels = [\"x\", \"y.z\"]\n{}weight = {}\n{}weight = {}\n",
        config("x"),
        weights[0],
        config("\"y.z\""),
        weights[1]
    );
    project.write("config.toml", pasted);
    let json = json_of(&project.succeed(&["validate", "-o", "27-3042", "--gold", "gold.csv", "--json"]));
    assert_eq!(json["weights"], json!(weights));
}

#[test]
fn bad_input_is_named() {
    let project = many();
    project.write("twice.csv", "code,id,text,a\n11-1011.00,1,A.,5\n51-3011.00,1,B.,6\n");
    project.write("strangers.csv", "code,id,label\n11-1011.00,8,5\n99-9999.00,1,5\n");
    project.write("nobody.csv", "id,p,q\n1,2,3\n");
    project.write("several.csv", "id,label,human\n1,2,3\n");
    project.write("off.csv", "id,label\n1,high\n2,\n");
    project.write("unnumbered.csv", "label\n5\n6\n");
    let selected = |words: &[&'static str]| [SELECTED, words].concat();
    let cases: Vec<(Vec<&str>, &[&str])> = vec![
        (selected(&["--gold", "gold.csv", "--labels", "qq"]), &["--labels: gold.csv has no column `qq`"]),
        (
            selected(&["--gold", "many.csv", "--labels", "scores"]),
            &["no column `scores`", "did you mean `score`?"],
        ),
        (selected(&["--gold", "gold.csv", "--labels", "p,p"]), &["`p` is named twice"]),
        (
            selected(&["--gold", "nobody.csv"]),
            &["which columns of nobody.csv are the labels?", "its columns are id, p, q"],
        ),
        (selected(&["--gold", "several.csv"]), &["several columns of several.csv may be the labels"]),
        (selected(&["--gold", "absent.csv"]), &["absent.csv"]),
        (
            selected(&["--gold", "gold.csv", "--labels", "p", "--gold-columns", "id"]),
            &["--gold-columns id: write NAME=COLUMN"],
        ),
        (
            selected(&["--gold", "gold.csv", "--labels", "p", "--gold-columns", "id=idd"]),
            &["has no column `idd`, which was named for `id`", "did you mean `id`?"],
        ),
        (
            selected(&["--gold", "strangers.csv"]),
            &[
                "it has `11-1011.00 8`, `99-9999.00 1`; the ratings have `11-1011.00 1`, `11-1011.00 2`, `51-3011.00 3`",
            ],
        ),
        (
            selected(&["--gold", "off.csv"]),
            &[
                "2 matched rows of off.csv and no label on the scale of the rubric: the score is not a whole number from 0 to 100: `high`",
            ],
        ),
        (selected(&["--gold", "unnumbered.csv"]), &["unnumbered.csv has no column of task ids"]),
        (
            vec!["validate", "--items", "twice.csv", "-m", "label:a", "--gold", "off.csv"],
            &["`1` is a task of several of them", "--gold-columns group=COLUMN"],
        ),
        (
            vec!["validate", "--items", "many.csv", "-m", "m", "--gold", "many.csv"],
            &["no task that has a label has a rating, too"],
        ),
    ];
    for (words, parts) in cases {
        let ran = project.run(&words);
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.stderr);
        for part in parts {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
        assert!(ran.stdout.is_empty());
    }
    // Without ids, rows that are worded like the tasks are those tasks.
    project.write("bare.csv", "text,label,model\nOne.,5,6\nTwo.,7,9\n");
    let ran =
        project.succeed(&["validate", "--items", "bare.csv", "-m", "label:model", "--gold", "bare.csv"]);
    assert!(ran.stderr.contains("bare.csv: 2 rows, 2 about rated tasks\n"), "{}", ran.stderr);
    project.write("worded.csv", "id,text,label\n0,Task 0.,5\n1,Other.,6\n");
    let ran =
        project.succeed(&["validate", "--items", "many.csv", "-m", "label:model", "--gold", "worded.csv"]);
    assert!(ran.stderr.contains("Worded unlike the task that was rated: 1 row"), "{}", ran.stderr);
}

/// The raters are combined as the report did it.
#[test]
fn the_combination_that_is_judged_is_that_of_the_run() {
    let project = small();
    project.write("items.csv", "code,id,text,a,b,c\n1,1,Plan.,10,20,90\n1,2,Speak.,30,40,50\n");
    project.write("gold.csv", "code,id,p\n1,1,20\n1,2,40\n");
    let mae = |combine: &str| {
        let words =
            ["--items", "items.csv", "-m", "label:a,label:b,label:c", "--combine", combine, "--quiet"];
        project.succeed(&[&words[..], &["--output", "report.json"]].concat());
        let gold = ["--gold", "gold.csv", "--labels", "p", "--rubric", "items", "--bootstrap", "0", "--json"];
        let of = |words: &[&str]| {
            let json = json_of(&project.succeed(words));
            json["tasks"]["combined"]["mae"].as_f64().unwrap()
        };
        let of_report = of(&[&["validate", "report.json"], &gold[..]].concat());
        let of_flags = of(&[&["validate"], &words[..6], &gold[..]].concat());
        assert_eq!(of_report, of_flags, "{combine}");
        of_report
    };
    assert_eq!((mae("mean"), mae("median"), mae("trimmed"), mae("effects")), (10.0, 0.0, 10.0, 10.0));
}

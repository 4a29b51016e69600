//! Every statistic against independent implementations: `tests/statistics/golden.jsonl`, made by
//! `make_golden.py` from scipy, scikit-learn, statsmodels, pingouin and krippendorff.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails"
)]
#![expect(clippy::disallowed_methods, reason = "tests read their own files")]

use score_tasks::domain::agreement::Pair;
use score_tasks::measure::{self, Table};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn golden(kind: &str) -> Vec<Value> {
    let text = std::fs::read_to_string("tests/statistics/golden.jsonl").unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["kind"] == kind).collect()
}

/// How many figures were compared, so that none is passed over in silence.
#[derive(Default)]
struct Compared {
    figures: u32,
    undefined: u32,
}

impl Compared {
    fn check(&mut self, place: &str, name: &str, found: Option<f64>, expected: &Value) {
        let expected = expected.as_f64();
        assert!(!found.is_some_and(f64::is_nan), "{place}: {name} is NaN");
        match (found, expected) {
            (Some(found), Some(expected)) => {
                let apart = (found - expected).abs();
                let most = TOLERANCE * expected.abs().max(1.0);
                assert!(apart <= most, "{place}: {name} is {found}, not {expected}");
                self.figures += 1;
            }
            (None, None) => self.undefined += 1,
            _ => panic!("{place}: {name} is {found:?}, not {expected:?}"),
        }
    }

    fn check_all(&mut self, place: &str, name: &str, found: &[Option<f64>], expected: &Value) {
        let expected = expected.as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{place}: {name}");
        for (found, expected) in found.iter().zip(expected) {
            self.check(place, name, *found, expected);
        }
    }
}

fn table(line: &Value) -> Table {
    let rows: Vec<Vec<Option<f64>>> = line["ratings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(Value::as_f64).collect())
        .collect();
    let raters = rows.iter().map(Vec::len).max().unwrap_or(0);
    Table::new((0..raters).map(|rater| rows.iter().map(|row| row[rater]).collect()).collect())
}

#[test]
fn pairs_of_raters() {
    let mut compared = Compared::default();
    for line in golden("table") {
        let table = table(&line);
        let step = line["levels"][2].as_f64();
        let mut pairs = table.pairs();
        for expected in line["pairs"].as_array().unwrap() {
            let (a, b) = pairs.next().unwrap();
            let place = format!("{} {a} {b}", line["name"]);
            let found: Pair = measure::pair(&table, a, b, step);
            assert_eq!(found.items as u64, expected["n"].as_u64().unwrap(), "{place}");
            for (name, figure) in [
                ("exact", found.exact),
                ("within_one", found.within_one),
                ("kappa", found.kappa),
                ("pearson", found.pearson),
                ("spearman", found.spearman),
                ("kendall", found.kendall),
                ("mae", found.mae),
                ("rmse", found.rmse),
                ("bias", found.bias),
                ("loa_low", found.limits.map(|limits| limits.0)),
                ("loa_high", found.limits.map(|limits| limits.1)),
                ("top_jaccard", found.top_jaccard),
            ] {
                // Where scores lie between the levels, scikit-learn has no kappa.
                if name != "kappa" || !expected["kappa"].is_null() || is_on_levels(&line) {
                    compared.check(&place, name, figure, &expected[name]);
                }
            }
            if is_on_levels(&line) {
                compared.check(
                    &place,
                    "kappa_quadratic",
                    found.kappa_quadratic,
                    &expected["kappa_quadratic"],
                );
            }
            let (x, y) = table.both(a, b);
            let line = if x.len() > 1 { measure::line(&x, &y) } else { None };
            compared.check(&place, "slope", line.map(|line| line.slope), &expected["slope"]);
            compared.check(&place, "intercept", line.map(|line| line.intercept), &expected["intercept"]);
        }
        assert!(pairs.next().is_none());
    }
    assert!(compared.figures > 12_000 && compared.undefined > 500, "{}", compared.figures);
}

fn is_on_levels(line: &Value) -> bool {
    let levels: Vec<f64> = line["levels"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    let ratings = line["ratings"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
    let name = line["name"].as_str().unwrap();
    !name.contains("halves")
        && !name.contains("thirds")
        && ratings.filter_map(Value::as_f64).all(|rating| ((rating - levels[0]) / levels[2]).fract() == 0.0)
}

#[test]
fn all_raters_together() {
    let mut compared = Compared::default();
    for line in golden("table") {
        let (table, expected, place) = (table(&line), &line["all"], line["name"].to_string());
        let found = measure::overall(&table);
        let squares = measure::mean_squares(&table.complete());
        assert_eq!(found.complete as u64, expected["n_complete"].as_u64().unwrap(), "{place}");
        for (name, figure) in [
            ("fleiss", found.fleiss),
            ("alpha_nominal", found.alpha.nominal),
            ("alpha_ordinal", found.alpha.ordinal),
            ("alpha_interval", found.alpha.interval),
            ("icc21", found.icc.single),
            ("icc2k", found.icc.mean),
            ("icc31", found.icc.consistency),
            ("ms_rows", squares.map(|squares| squares.rows)),
            ("ms_columns", squares.map(|squares| squares.columns)),
            ("ms_error", squares.map(|squares| squares.error)),
            ("exact_all", found.exact),
        ] {
            compared.check(&place, name, figure, &expected[name]);
        }
    }
    assert!(compared.figures > 1_500 && compared.undefined > 200, "{}", compared.figures);
}

#[test]
fn variance_components_solve_the_expected_mean_squares() {
    for line in golden("table") {
        let rows = table(&line).complete();
        let Some(squares) = measure::mean_squares(&rows) else { continue };
        let (n, k) = (rows.len() as f64, rows[0].len() as f64);
        let found = measure::components(&squares);
        for (found, expected) in [
            (found.residual + k * found.item, squares.rows),
            (found.residual + n * found.rater, squares.columns),
            (found.residual, squares.error),
        ] {
            assert!((found - expected).abs() <= TOLERANCE * expected.abs().max(1.0), "{}", line["name"]);
        }
    }
}

#[test]
fn single_raters() {
    let mut compared = Compared::default();
    for line in golden("table") {
        let table = table(&line);
        for expected in line["columns"].as_array().unwrap() {
            let rater = expected["rater"].as_u64().unwrap() as usize;
            let place = format!("{} {rater}", line["name"]);
            let values: Vec<f64> = table.column(rater).iter().flatten().copied().collect();
            compared.check(&place, "mean", measure::mean(&values), &expected["mean"]);
            compared.check(&place, "sd", measure::sd(&values), &expected["sd"]);
            compared.check(&place, "median", measure::median(&values), &expected["median"]);
            compared.check(&place, "trimmed", measure::trimmed_mean(&values), &expected["trimmed_mean"]);
            let z = measure::z_scores(&values);
            let z: Vec<Option<f64>> = (0..values.len()).map(|place| z.as_ref().map(|z| z[place])).collect();
            compared.check_all(&place, "z", &z, &expected["z"]);
            let ranks: Vec<Option<f64>> = measure::percentile_ranks(&values).into_iter().map(Some).collect();
            compared.check_all(&place, "percentile", &ranks, &expected["percentile"]);
        }
    }
    assert!(compared.figures > 20_000, "{}", compared.figures);
}

#[test]
fn effects_of_items_and_raters() {
    let mut compared = Compared::default();
    let mut islands = 0;
    for line in golden("table") {
        let (table, expected, place) = (table(&line), &line["two_way"], line["name"].to_string());
        match measure::effects(&table) {
            None => {
                islands += 1;
                assert!(expected["item"].is_null(), "{place}");
            }
            Some(found) => {
                // Nobody has rated anything: nothing to fit, and nothing fitted.
                if expected["item"].is_null() {
                    assert!(found.items.iter().all(Option::is_none), "{place}");
                    continue;
                }
                compared.check_all(&place, "item", &found.items, &expected["item"]);
                compared.check_all(&place, "rater", &found.raters, &expected["rater"]);
            }
        }
    }
    assert!(compared.figures > 3_900 && islands > 4, "{} {islands}", compared.figures);
}

#[test]
fn confusion_matrices() {
    for line in golden("gold") {
        let numbers = |name: &str| -> Vec<f64> {
            line[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
        };
        let (truth, rater) = (numbers("truth"), numbers("rater"));
        let found = measure::confusion(&truth, &rater);
        assert_eq!(found.levels, numbers("labels"), "{}", line["name"]);
        let expected: Vec<Vec<u64>> = serde_json::from_value(line["confusion"].clone()).unwrap();
        assert_eq!(found.counts, expected, "{}", line["name"]);
    }
}

#[test]
fn distributions() {
    let mut compared = Compared::default();
    for line in golden("normal") {
        for (x, expected) in line["x"].as_array().unwrap().iter().zip(line["cdf"].as_array().unwrap()) {
            compared.check(
                "normal",
                &x.to_string(),
                Some(measure::normal_below(x.as_f64().unwrap())),
                expected,
            );
        }
    }
    for line in golden("t_quantile") {
        let found = measure::t_quantile(line["p"].as_f64().unwrap(), line["df"].as_f64().unwrap());
        compared.check("t", &line.to_string(), found, &line["q"]);
    }
    assert_eq!((compared.figures, compared.undefined), (161 + 56, 0));
}

//! Raters against gold, for people and for machines.

use serde_json::{Map, Value, json};

use super::agreement::{
    bounds_json, level_json, levels_grid, pair_cells, pair_header, pair_json, pairs, resampling_note,
    rubric_json,
};
use super::cells::{coefficient, percent, points, signed, undefined};
use super::layout::{Align, grid};
use super::table::count;
use super::text::plain;
use crate::domain::agreement::{Confusion, Interval};
use crate::domain::validation::{Against, Bounds, Errors, Gold, People, Validation};
use crate::domain::{Sheet, SheetRater};

const SCHEMA: &str = "score-tasks/validation/1";

/// The tables have many columns, and are this wide however narrow the terminal is.
const WIDEST: usize = 160;

/// Tables for a terminal.
pub fn validation_text(of: &Validation, sheet: &Sheet, gold: &Gold, width: usize) -> String {
    let mut text = format!(
        "  {} {}   {} with gold, {}, {}\n",
        plain(&sheet.rubric.id),
        plain(&sheet.rubric.version),
        count(of.gold_tasks as u64, "task"),
        count(of.gold_occupations as u64, "occupation"),
        count(sheet.raters.len() as u64, "rater"),
    );
    text += &format!("  gold: {}\n", plain(&gold_in_words(gold)));
    for (what, level) in [("tasks", Some(&of.tasks)), ("occupations", of.occupations.as_ref())] {
        text += &level.map_or_else(String::new, |level| level_text(of, what, level, width));
    }
    text += &resampling_note(of.rounds, of.seed);
    if !of.groups.is_empty() {
        text += &format!("\n  By major group, on tasks\n{}", groups(of, width));
    }
    text += &confusions(of, width);
    text += &of.people.as_ref().map_or_else(String::new, |people| people_text(people, sheet, gold, width));
    text + &weights(of, sheet)
}

fn gold_in_words(gold: &Gold) -> String {
    match gold.labels.as_slice() {
        [one] => format!("{one} of {}", gold.name),
        several => format!("the mean of {} of {}", several.join(", "), gold.name),
    }
}

/// Raters with their names. The combination of one rater is that rater, and not shown again.
fn named<'a, T>(of: &'a Validation, by_rater: &'a [T]) -> impl Iterator<Item = (&'a str, &'a T)> {
    let shown = if by_rater.len() > 2 { by_rater.len() } else { 1 };
    of.names.iter().skip(1).map(String::as_str).zip(by_rater).take(shown)
}

fn level_text(of: &Validation, what: &str, level: &[Against], width: usize) -> String {
    let width = width.max(WIDEST);
    let mut text = format!("\n  Against gold, on {what}\n{}", figures(of, level, width));
    text += &format!(
        "\n  Calibration, on {what}: gold = intercept + slope x rater; reported, not applied\n{}",
        calibration(of, level, width)
    );
    // Few items have none.
    if named(of, level).any(|(_, against)| against.bounds != Bounds::default()) {
        let rows = named(of, level).map(|(name, against)| bounds_row(name, &against.bounds));
        let header = ["rater", "equal", "kappa", "quadratic", "r", "MAE", "bias"];
        let grid = grid(&header, &[Align::Left; 7], rows.collect(), width);
        text += &format!("\n  95 % intervals, on {what}\n{grid}");
    }
    text
}

fn figures(of: &Validation, level: &[Against], width: usize) -> String {
    let near = level.iter().any(|against| against.pair.within_one.is_some());
    let rows = named(of, level).map(|(name, against)| {
        let both = [against.alpha, against.icc].map(coefficient);
        [vec![name.to_owned()], pair_cells(&against.pair, near), both.to_vec()].concat()
    });
    let header = [vec!["rater"], pair_header(near, "bias"), vec!["alpha", "ICC(2,1)"]].concat();
    let aligns = [&[Align::Left], [Align::Right; 15].as_slice()].concat();
    grid(&header, &aligns, rows.collect(), width)
}

fn calibration(of: &Validation, level: &[Against], width: usize) -> String {
    let with = |value: String, bounds: String| format!("{value} {bounds}").trim_end().to_owned();
    let rows = named(of, level).map(|(name, against)| {
        let Bounds { slope, intercept, .. } = against.bounds;
        vec![
            name.to_owned(),
            with(points(against.line.map(|line| line.intercept)), in_points(intercept)),
            with(coefficient(against.line.map(|line| line.slope)), in_units(slope)),
        ]
    });
    grid(&["rater", "intercept", "slope"], &[Align::Left; 3], rows.collect(), width)
}

fn bounds_row(name: &str, bounds: &Bounds) -> Vec<String> {
    let Bounds { exact, kappa, kappa_quadratic, pearson, mae, bias, .. } = *bounds;
    let defined = |text: String| if text.is_empty() { undefined() } else { text };
    let share = exact.map_or_else(String::new, |Interval { low, high }| {
        format!("[{}, {}]", percent(Some(low), 2), percent(Some(high), 2))
    });
    let cells = [
        share,
        in_units(kappa),
        in_units(kappa_quadratic),
        in_units(pearson),
        in_points(mae),
        bias.map_or_else(String::new, |Interval { low, high }| {
            format!("[{}, {}]", signed(Some(low)), signed(Some(high)))
        }),
    ];
    std::iter::once(name.to_owned()).chain(cells.map(defined)).collect()
}

fn in_units(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |Interval { low, high }| format!("[{low:.4}, {high:.4}]"))
}

fn in_points(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |Interval { low, high }| format!("[{low:.2}, {high:.2}]"))
}

fn groups(of: &Validation, width: usize) -> String {
    let mut rows = Vec::new();
    for group in &of.groups {
        for (place, (name, errors)) in named(of, &group.errors).enumerate() {
            let group = if place == 0 { group.name.clone() } else { String::new() };
            let Errors { items, mae, bias, pearson } = *errors;
            rows.push(vec![
                group,
                name.to_owned(),
                items.to_string(),
                points(mae),
                signed(bias),
                coefficient(pearson),
            ]);
        }
    }
    let aligns = [[Align::Left; 2].as_slice(), &[Align::Right; 4]].concat();
    grid(&["group", "rater", "n", "MAE", "bias", "r"], &aligns, rows, width)
}

fn confusions(of: &Validation, width: usize) -> String {
    let one = |(name, confusion): (&str, &Option<Confusion>)| match confusion {
        Some(confusion) => format!(
            "\n  Tasks by gold (down) and {} (across)\n{}",
            plain(name),
            confusion_grid(confusion, width.max(WIDEST))
        ),
        None => {
            format!("\n  Tasks by gold and {}: none, or too many different scores for a table\n", plain(name))
        }
    };
    named(of, &of.confusions).map(one).collect()
}

fn confusion_grid(confusion: &Confusion, width: usize) -> String {
    // At most two decimals, and no noughts at the end.
    let level = |level: &f64| ((level * 100.0).round() / 100.0).to_string();
    let levels: Vec<String> = confusion.levels.iter().map(level).collect();
    let header: Vec<&str> = std::iter::once("").chain(levels.iter().map(String::as_str)).collect();
    let row = |(level, counts): (&String, &Vec<u64>)| {
        std::iter::once(level.clone()).chain(counts.iter().map(u64::to_string)).collect()
    };
    let rows = levels.iter().zip(&confusion.counts).map(row).collect();
    grid(&header, &vec![Align::Right; header.len()], rows, width)
}

fn people_text(people: &People, sheet: &Sheet, gold: &Gold, width: usize) -> String {
    let levels = [("people", &people.among), ("people and raters", &people.all)];
    let names = everybody(sheet, gold);
    format!(
        "\n  People among themselves, and as raters beside the others, on tasks\n{}\n  Pairs of people, on tasks\n{}",
        levels_grid("", &levels, width),
        pairs(&names, &people.among, width),
    )
}

/// The people, then the raters.
fn everybody(sheet: &Sheet, gold: &Gold) -> Vec<String> {
    gold.labels.iter().chain(sheet.raters.iter().map(|rater| &rater.id)).cloned().collect()
}

/// Lines for config.toml. A rater alone needs no weight.
fn weights(of: &Validation, sheet: &Sheet) -> String {
    if sheet.raters.len() < 2 {
        return String::new();
    }
    let line = |(rater, weight): (&SheetRater, &Option<f64>)| {
        let name = plain(&rater.id);
        match weight {
            None => format!("  # {name}: not defined\n"),
            // Not a model of the config.
            Some(weight) if rater.provider == "label" => format!("  # {name}: {weight:.4}\n"),
            Some(weight) => format!("  [models.{}]\n  weight = {weight:.4}\n", toml_key(&name)),
        }
    };
    let lines: String = sheet.raters.iter().zip(&of.suggested_weights).map(line).collect();
    format!(
        "\n  Suggested weights, 1 / mean squared error on tasks, for config.toml\n{lines}  \
         Weights fitted on this gold are to be judged on other gold.\n"
    )
}

fn toml_key(name: &str) -> String {
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare && !name.is_empty() { name.to_owned() } else { format!("{name:?}") }
}

/// The same as one JSON document, with every digit.
pub fn validation_json(of: &Validation, sheet: &Sheet, gold: &Gold) -> Value {
    let ids: Vec<&str> = sheet.raters.iter().map(|rater| rater.id.as_str()).collect();
    let groups = of.groups.iter().map(|group| {
        let errors: Vec<Value> = of
            .names
            .iter()
            .skip(1)
            .zip(&group.errors)
            .map(|(name, errors)| errors_json(name, errors))
            .collect();
        with_combined(json!({"group": group.name}), errors)
    });
    let confusions = of.names.iter().skip(1).zip(&of.confusions).map(|(name, confusion)| {
        let (levels, counts) = confusion.as_ref().map(|one| (&one.levels, &one.counts)).unzip();
        json!({"rater": name, "levels": levels, "counts": counts})
    });
    let weights = sheet.raters.iter().zip(&of.suggested_weights);
    let weights: Map<String, Value> =
        weights.map(|(rater, weight)| (rater.id.clone(), json!(weight))).collect();
    json!({
        "schema": SCHEMA,
        "rubric": rubric_json(sheet),
        "catalog": sheet.catalogue,
        "raters": ids,
        "weights": sheet.raters.iter().map(|rater| rater.weight).collect::<Vec<_>>(),
        "gold": gold_json(of, gold),
        "bootstrap": {"rounds": of.rounds, "seed": of.seed, "level": 0.95},
        "tasks": level_of_gold_json(of, &of.tasks),
        "occupations": of.occupations.as_ref().map(|level| level_of_gold_json(of, level)),
        "groups": groups.collect::<Vec<_>>(),
        "confusion": with_combined(json!({}), confusions.collect()),
        "suggested_weights": weights,
        "people": of.people.as_ref().map(|people| json!({
            "among": level_json(&gold.labels, &people.among),
            "all": level_json(&everybody(sheet, gold), &people.all),
        })),
    })
}

/// The raters in a list, and beside it their combination, which comes last.
fn with_combined(mut object: Value, mut by_rater: Vec<Value>) -> Value {
    if let Some(members) = object.as_object_mut() {
        let combined = by_rater.pop().unwrap_or_default();
        members.insert("raters".to_owned(), by_rater.into());
        members.insert("combined".to_owned(), combined);
    }
    object
}

fn gold_json(of: &Validation, gold: &Gold) -> Value {
    let gaps: Map<String, Value> =
        gold.gaps.iter().map(|(reason, count)| (reason.name().to_owned(), json!(count))).collect();
    json!({
        "name": gold.name, "sha256": gold.sha256, "labels": gold.labels, "rows": gold.rows,
        "matched": gold.matched, "unmatched": gold.rows - gold.matched, "tasks_without_row": gold.tasks_without,
        "worded_otherwise": gold.other_text, "tasks": of.gold_tasks, "occupations": of.gold_occupations,
        "gaps": gaps,
    })
}

fn level_of_gold_json(of: &Validation, level: &[Against]) -> Value {
    with_combined(json!({}), level.iter().map(|against| against_json(of, against)).collect())
}

/// A pair's figures under the rater's name, with what only gold makes sense of.
fn against_json(of: &Validation, against: &Against) -> Value {
    let Against { pair, alpha, icc, line, bounds } = against;
    let mut value = pair_json(&of.names, pair);
    let Bounds { exact, kappa, kappa_quadratic, pearson, mae, bias, slope, intercept } = *bounds;
    if let Some(members) = value.as_object_mut() {
        members.remove("a");
        let rater = members.remove("b");
        for (name, value) in [
            ("rater", rater.unwrap_or_default()),
            ("alpha_interval", json!(alpha)),
            ("icc21", json!(icc)),
            ("slope", json!(line.map(|line| line.slope))),
            ("intercept", json!(line.map(|line| line.intercept))),
        ] {
            members.insert(name.to_owned(), value);
        }
        for (name, interval) in [
            ("exact", exact),
            ("kappa", kappa),
            ("kappa_quadratic", kappa_quadratic),
            ("pearson", pearson),
            ("mae", mae),
            ("bias", bias),
            ("slope", slope),
            ("intercept", intercept),
        ] {
            members.insert(format!("{name}_bounds"), json!(interval.map(bounds_json)));
        }
    }
    value
}

fn errors_json(name: &str, errors: &Errors) -> Value {
    let Errors { items, mae, bias, pearson } = *errors;
    json!({"rater": name, "n": items, "mae": mae, "bias": bias, "pearson": pearson})
}

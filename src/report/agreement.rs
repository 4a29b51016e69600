//! Agreement for people and for machines.

use serde_json::{Value, json};

use super::cells::{coefficient, percent, points, signed, undefined};
use super::layout::{Align, grid};
use super::table::count;
use super::text::plain;
use crate::domain::Sheet;
use crate::domain::agreement::{Agreement, Alpha, Disputed, Icc, Interval, Level, Overall, Pair};

const SCHEMA: &str = "score-tasks/agreement/1";

/// A rationale beside a disputed task is cut here, in characters, for people.
const EXCERPT: usize = 160;

/// Tables of pairs have many columns, and are this wide however narrow the terminal is.
const WIDE: usize = 140;

/// What each rater says of each disputed task, by task and rater.
pub type Rationales = Vec<Vec<String>>;

/// Tables for a terminal.
pub fn agreement_text(of: &Agreement, sheet: &Sheet, rationales: &Rationales, width: usize) -> String {
    let mut text = format!(
        "  {} {}   {}, {}, {}\n",
        plain(&sheet.rubric.id),
        plain(&sheet.rubric.version),
        count(of.tasks.overall.items as u64, "task"),
        count(sheet.occupations.len() as u64, "occupation"),
        count(of.raters.len() as u64, "rater"),
    );
    if of.raters.len() > 1 {
        text += &format!("\n{}", all_raters(of, width));
        text += &format!("\n  Pairs, on tasks\n{}", pairs(&of.raters, &of.tasks, width));
        if let Some(level) = &of.occupations {
            text += &format!("\n  Pairs, on occupations\n{}", pairs(&of.raters, level, width));
        }
        if !of.groups.is_empty() {
            text += &format!("\n  By major group, on tasks\n{}", groups(of, width));
        }
    }
    if !of.retests.is_empty() {
        text += &format!("\n  Each rater with itself, between samples\n{}", retests(of, width));
    }
    if !of.disputed.is_empty() {
        text += &format!("\n  The most disputed tasks\n{}", disputed(of, sheet, rationales));
    }
    text
}

fn all_raters(of: &Agreement, width: usize) -> String {
    let mut levels = vec![("tasks", &of.tasks)];
    levels.extend(of.occupations.as_ref().map(|level| ("occupations", level)));
    levels_grid("all raters", &levels, width) + &resampling_note(of.rounds, of.seed)
}

/// The figures of all raters together, a column per level.
pub(super) fn levels_grid(title: &str, levels: &[(&str, &Level)], width: usize) -> String {
    let line = |name: &str, cell: &dyn Fn(&Level) -> String| {
        let cells = levels.iter().map(|(_, level)| cell(level));
        std::iter::once(name.to_owned()).chain(cells).collect::<Vec<String>>()
    };
    let mut rows = vec![
        line("rated by all", &|level| level.overall.complete.to_string()),
        line("all raters equal", &|level| percent(level.overall.exact, 2)),
        line("Krippendorff's alpha, interval", &|level| {
            coefficient(level.overall.alpha.interval) + &bounds(level.alpha)
        }),
        line("  ordinal", &|level| coefficient(level.overall.alpha.ordinal)),
        line("  nominal", &|level| coefficient(level.overall.alpha.nominal)),
        line("Fleiss' kappa", &|level| coefficient(level.overall.fleiss)),
        line("ICC(2,1), one rater", &|level| icc(level.overall.icc.single) + &bounds(level.icc)),
        line("ICC(2,k), their mean", &|level| icc(level.overall.icc.mean)),
        line("ICC(3,1), but for a constant", &|level| icc(level.overall.icc.consistency)),
    ];
    for (name, part) in [("variance: of items", 0), ("  of raters", 1), ("  the rest", 2)] {
        rows.push(line(name, &|level| share(&level.overall, part)));
    }
    let header: Vec<&str> = std::iter::once(title).chain(levels.iter().map(|(name, _)| *name)).collect();
    grid(&header, &[Align::Left, Align::Left, Align::Left], rows, width)
}

/// Empty where nothing was resampled.
pub(super) fn resampling_note(rounds: u32, seed: u64) -> String {
    match rounds {
        0 => String::new(),
        rounds => format!("  [95 % intervals: {rounds} rounds of resampled items, seed {seed}]\n"),
    }
}

/// A variance component, and its share of all variance.
fn share(overall: &Overall, part: usize) -> String {
    let Some(parts) = overall.components else { return undefined() };
    let parts = [parts.item, parts.rater, parts.residual];
    let all: f64 = parts.iter().sum();
    let part = parts.get(part).copied().unwrap_or_default();
    // Estimates may fall below nought, and then shares mean nothing.
    if all > 0.0 && parts.iter().all(|part| *part >= 0.0) {
        format!("{part:.1} ({:.0} %)", part / all * 100.0)
    } else {
        format!("{part:.1}")
    }
}

/// Each pair of raters in a line.
pub(super) fn pairs(raters: &[String], level: &Level, width: usize) -> String {
    let name = |rater: usize| raters.get(rater).cloned().unwrap_or_default();
    let near = level.pairs.iter().any(|pair| pair.within_one.is_some());
    let row = |pair: &Pair| [vec![name(pair.a), name(pair.b)], pair_cells(pair, near)].concat();
    let header = [vec!["a", "b"], pair_header(near, "b - a")].concat();
    let aligns = [&[Align::Left; 2], [Align::Right; 13].as_slice()].concat();
    grid(&header, &aligns, level.pairs.iter().map(row).collect(), width.max(WIDE))
}

/// Over the cells of a pair; `near` where the scale has steps.
pub(super) fn pair_header(near: bool, bias: &str) -> Vec<&str> {
    let mut header = vec!["n", "equal"];
    if near {
        header.push("within 1");
    }
    header.extend(["kappa", "quadratic", "r", "rho", "tau-b", "MAE", "RMSE", bias, "limits", "top 10 %"]);
    header
}

pub(super) fn pair_cells(pair: &Pair, near: bool) -> Vec<String> {
    let mut row = vec![pair.items.to_string(), percent(pair.exact, 2)];
    if near {
        row.push(percent(pair.within_one, 2));
    }
    row.extend(
        [pair.kappa, pair.kappa_quadratic, pair.pearson, pair.spearman, pair.kendall].map(coefficient),
    );
    row.extend([pair.mae, pair.rmse].map(points));
    row.push(signed(pair.bias));
    row.push(pair.limits.map_or_else(undefined, |(low, high)| format!("{low:+.1} to {high:+.1}")));
    row.push(percent(pair.top_jaccard, 2));
    row
}

fn groups(of: &Agreement, width: usize) -> String {
    let rows = of.groups.iter().map(|group| {
        let overall = &group.overall;
        vec![
            group.name.clone(),
            overall.items.to_string(),
            coefficient(overall.alpha.interval),
            icc(overall.icc.single),
            coefficient(group.pearson),
            points(group.mae),
        ]
    });
    let header = ["group", "tasks", "alpha, interval", "ICC(2,1)", "mean r", "mean MAE"];
    let aligns = [&[Align::Left], [Align::Right; 5].as_slice()].concat();
    grid(&header, &aligns, rows.collect(), width)
}

fn retests(of: &Agreement, width: usize) -> String {
    let rows = of.retests.iter().map(|retest| {
        let overall = &retest.overall;
        vec![
            of.raters.get(retest.rater).cloned().unwrap_or_default(),
            retest.samples.to_string(),
            overall.complete.to_string(),
            percent(overall.exact, 2),
            coefficient(overall.alpha.interval),
            icc(overall.icc.single),
            points(retest.sd_within),
        ]
    });
    let header = ["rater", "samples", "tasks", "all equal", "alpha, interval", "ICC(2,1)", "sd within"];
    let aligns = [&[Align::Left], [Align::Right; 6].as_slice()].concat();
    grid(&header, &aligns, rows.collect(), width)
}

fn disputed(of: &Agreement, sheet: &Sheet, rationales: &Rationales) -> String {
    let mut text = String::new();
    for (place, Disputed { item, range, scores }) in of.disputed.iter().enumerate() {
        let Some(item) = sheet.items.get(*item) else { continue };
        let title = sheet.occupations.get(item.occupation).map_or("", |occupation| occupation.title.as_str());
        text += &format!("  {range:>4.0}  {}: {}\n", plain(title), plain(&item.text));
        for (rater, score) in scores.iter().enumerate() {
            let said = rationales.get(place).and_then(|said| said.get(rater)).map_or("", String::as_str);
            let name = of.raters.get(rater).map_or("", String::as_str);
            let score = score.map_or_else(|| "-".to_owned(), |score| format!("{score:.0}"));
            let line = format!("        {} {score}  {}", plain(name), plain(super::text::cut(said, EXCERPT)));
            text += &format!("{}\n", line.trim_end());
        }
    }
    text
}

/// Of raters who agree less than chance would have it, an ICC may be any number, and read like a good one.
fn icc(value: Option<f64>) -> String {
    coefficient(value.filter(|value| value.abs() <= 1.0))
}

fn bounds(interval: Option<Interval>) -> String {
    interval.map_or_else(String::new, |Interval { low, high }| format!(" [{low:.3}, {high:.3}]"))
}

/// The same as one JSON document, with every digit.
pub fn agreement_json(of: &Agreement, sheet: &Sheet, rationales: &Rationales) -> Value {
    let name = |rater: usize| of.raters.get(rater).cloned();
    let groups = of.groups.iter().map(|group| {
        json!({
            "group": group.name, "mean_pearson": group.pearson, "mean_mae": group.mae,
            "all": overall_json(&group.overall),
        })
    });
    let retests = of.retests.iter().map(|retest| {
        json!({
            "rater": name(retest.rater), "samples": retest.samples, "sd_within": retest.sd_within,
            "all": overall_json(&retest.overall),
        })
    });
    json!({
        "schema": SCHEMA,
        "rubric": rubric_json(sheet),
        "catalog": sheet.catalogue,
        "raters": of.raters,
        "bootstrap": {"rounds": of.rounds, "seed": of.seed, "level": 0.95},
        "tasks": level_json(&of.raters, &of.tasks),
        "occupations": of.occupations.as_ref().map(|level| level_json(&of.raters, level)),
        "groups": groups.collect::<Vec<_>>(),
        "retests": retests.collect::<Vec<_>>(),
        "disputed": disputed_json(of, sheet, rationales),
    })
}

pub(super) fn rubric_json(sheet: &Sheet) -> Value {
    json!({"id": sheet.rubric.id, "version": sheet.rubric.version, "sha256": sheet.rubric.sha256})
}

pub(super) fn level_json(raters: &[String], level: &Level) -> Value {
    json!({
        "all": overall_json(&level.overall),
        "alpha_interval_bounds": level.alpha.map(bounds_json),
        "icc21_bounds": level.icc.map(bounds_json),
        "pairs": level.pairs.iter().map(|pair| pair_json(raters, pair)).collect::<Vec<_>>(),
    })
}

pub(super) fn bounds_json(interval: Interval) -> Value {
    json!([interval.low, interval.high])
}

pub(super) fn overall_json(overall: &Overall) -> Value {
    let Overall { items, complete, exact, fleiss, alpha, icc, components } = *overall;
    let Alpha { nominal, ordinal, interval } = alpha;
    let Icc { single, mean, consistency } = icc;
    json!({
        "items": items, "complete": complete, "exact": exact, "fleiss_kappa": fleiss,
        "alpha_nominal": nominal, "alpha_ordinal": ordinal, "alpha_interval": interval,
        "icc21": single, "icc2k": mean, "icc31": consistency,
        "variance": components.map(|parts| {
            json!({"item": parts.item, "rater": parts.rater, "residual": parts.residual})
        }),
    })
}

/// The figures of a pair; raters by name.
pub(super) fn pair_json(raters: &[String], pair: &Pair) -> Value {
    json!({
        "a": raters.get(pair.a), "b": raters.get(pair.b), "n": pair.items, "exact": pair.exact,
        "within_one": pair.within_one, "kappa": pair.kappa, "kappa_quadratic": pair.kappa_quadratic,
        "pearson": pair.pearson, "spearman": pair.spearman, "kendall_tau_b": pair.kendall,
        "mae": pair.mae, "rmse": pair.rmse, "bias": pair.bias,
        "limits_low": pair.limits.map(|limits| limits.0), "limits_high": pair.limits.map(|limits| limits.1),
        "top_decile_jaccard": pair.top_jaccard,
    })
}

fn disputed_json(of: &Agreement, sheet: &Sheet, rationales: &Rationales) -> Vec<Value> {
    let one = |(place, disputed): (usize, &Disputed)| {
        let item = sheet.items.get(disputed.item)?;
        let occupation = sheet.occupations.get(item.occupation)?;
        let models = disputed.scores.iter().enumerate().map(|(rater, score)| {
            let said = rationales.get(place).and_then(|said| said.get(rater)).filter(|said| !said.is_empty());
            json!({"model": of.raters.get(rater), "score": score, "rationale": said})
        });
        Some(json!({
            "code": occupation.code, "title": occupation.title, "id": item.id, "text": item.text,
            "range": disputed.range, "models": models.collect::<Vec<_>>(),
        }))
    };
    of.disputed.iter().enumerate().filter_map(one).collect()
}

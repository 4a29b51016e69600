//! How far numbers hang on the wording of the rubric, for people and for machines.

use serde_json::{Value, json};

use super::cells::{percent, points, signed};
use super::layout::{Align, grid};
use super::table::count;
use super::text::plain;
use crate::domain::stability::{Flips, Noise, OccupationStability, RaterStability, Share, Stability};

const SCHEMA: &str = "score-tasks/stability/1";

/// Tables for a terminal.
pub fn stability_text(of: &Stability, width: usize) -> String {
    let tasks: usize = of.occupations.iter().map(|one| one.tasks).sum();
    let mut text = format!(
        "  {} {}   {} in {}, {}, {}\n\n",
        plain(&of.rubric.id),
        plain(&of.rubric.version),
        count(tasks as u64, "task"),
        count(of.occupations.len() as u64, "occupation"),
        count(of.raters.len() as u64, "rater"),
        count(of.samples.into(), "sample"),
    );
    let rows = of.wordings.iter().map(|wording| vec![wording.short.clone(), wording.note.clone()]);
    text += &grid(&["wording", ""], &[Align::Left; 2], rows.collect(), width);
    text += &format!("\n  Noise of wording, in points per task\n{}", noises(of, width));
    text += &notes(of);
    text += &format!("\n  Mean shift against the base\n{}", shifts(of, width));
    text += &format!("\n  Occupations\n{}", occupations(of, width));
    text += &bands(of);
    text
}

/// Those who rated, and then all of them, where there are several.
fn shown(of: &Stability) -> impl Iterator<Item = &RaterStability> {
    let together = (of.raters.len() > 1).then_some(&of.combined);
    of.raters.iter().chain(together)
}

fn noises(of: &Stability, width: usize) -> String {
    let rows = shown(of).map(|rater| {
        let Noise { total, sampling, sd, se, interval, .. } = rater.noise;
        let interval = interval.map_or_else(
            || "-".to_owned(),
            |interval| format!("{:.2} to {:.2}", interval.low, interval.high),
        );
        vec![
            rater.id.clone(),
            rater.tasks.to_string(),
            points(total),
            points(sampling),
            points(sd),
            points(se),
            interval,
        ]
    });
    let header = ["rater", "tasks", "between", "sampling", "wording", "SE", "95 %"];
    let aligns = [&[Align::Left], [Align::Right; 6].as_slice()].concat();
    grid(&header, &aligns, rows.collect(), width)
}

/// What has to be known to read the table of noise.
fn notes(of: &Stability) -> String {
    let mut text = String::new();
    let noise = || shown(of).map(|rater| &rater.noise);
    if noise().any(|noise| noise.total.is_some() && noise.sd.is_none()) {
        text += match of.samples {
            0 | 1 => {
                "  With one sample, sampling cannot be told from wording: SE and 95 % are of `between`, which has\n  \
                 both. --samples 3 tells them apart.\n"
            }
            _ => {
                "  Where `sampling` is not known, it cannot be told from wording: SE and 95 % are of `between`,\n  \
                 which has both.\n"
            }
        };
    }
    if noise().any(|noise| noise.variance.is_some_and(|variance| variance < 0.0)) {
        text += "  Wordings differ by less than sampling explains, so `wording` is cut at 0.\n";
    }
    if of.rounds > 0 && noise().any(|noise| noise.total.is_some() && noise.interval.is_none()) {
        text +=
            "  No intervals: they come from resampling occupations, and fewer than eight know too little.\n";
    }
    text
}

fn shifts(of: &Stability, width: usize) -> String {
    let variants = of.wordings.iter().skip(1);
    let mut header = vec!["rater".to_owned()];
    header.extend(variants.flat_map(|wording| [wording.short.clone(), "SE".to_owned()]));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows = shown(of).map(|rater| {
        let cells = rater.shifts.iter().flat_map(|shift| [signed(shift.points), points(shift.se)]);
        std::iter::once(rater.id.clone()).chain(cells).collect()
    });
    let mut aligns = vec![Align::Right; header.len()];
    if let Some(first) = aligns.first_mut() {
        *first = Align::Left;
    }
    grid(&header, &aligns, rows.collect(), width)
}

fn occupations(of: &Stability, width: usize) -> String {
    let mut header: Vec<&str> = of.wordings.iter().map(|wording| wording.short.as_str()).collect();
    header.extend(["sd", "S_j", "band", "code", "occupation"]);
    let mut aligns = vec![Align::Right; of.wordings.len() + 2];
    aligns.extend([Align::Left; 3]);
    let rows = of.occupations.iter().map(|one| {
        let mut cells: Vec<String> = one.outcomes.iter().map(|outcome| tenth(outcome.score)).collect();
        cells.extend([points(one.sd), percent(one.stability, 0), band(one)]);
        cells.extend([one.code.clone(), one.title.clone()]);
        cells
    });
    grid(&header, &aligns, rows.collect(), width)
}

/// The band, or those of all wordings in their order.
fn band(one: &OccupationStability) -> String {
    let names: Vec<&str> =
        one.outcomes.iter().map(|outcome| outcome.band.as_deref().unwrap_or("-")).collect();
    match (one.flips, names.first()) {
        (Some(true), _) => names.join(" / "),
        (_, Some(first)) => (*first).to_owned(),
        (_, None) => String::new(),
    }
}

fn bands(of: &Stability) -> String {
    let Flips { all, points, near, far } = of.flips;
    let share = |share: Share| format!("{} of {}", share.count, share.of);
    let mut text = format!("\n  In another band under at least one variant: {}", share(all));
    if near.of + far.of > 0 {
        text += &format!(
            "\n    of those whose score is within {points} of a cut: {}; of the others: {}",
            share(near),
            share(far)
        );
    }
    if let Some(stability) = of.stability {
        text += &format!(
            "\n  Share of the weight that would stay on its side of the nearest cut (mean S_j): {}",
            percent(Some(stability), 0)
        );
    }
    text + "\n"
}

fn tenth(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

pub fn stability_json(of: &Stability) -> Value {
    let wordings: Vec<Value> = of
        .wordings
        .iter()
        .map(|name| json!({"name": name.short, "rubric": name.shown, "note": name.note, "sha256": name.sha256}))
        .collect();
    let rubric = &of.rubric;
    json!({
        "schema": SCHEMA,
        "rubric": {"id": rubric.id, "version": rubric.version, "sha256": rubric.sha256},
        "catalogue": of.catalogue, "weights": of.weights, "samples": of.samples,
        "wordings": wordings,
        "raters": of.raters.iter().map(|rater| rater_json(of, rater)).collect::<Vec<_>>(),
        "combined": rater_json(of, &of.combined),
        "occupations": of.occupations.iter().map(|one| occupation_json(of, one)).collect::<Vec<_>>(),
        "flips": {
            "all": share_json(of.flips.all), "near_points": of.flips.points,
            "near_a_cut": share_json(of.flips.near), "far_from_cuts": share_json(of.flips.far),
        },
        "mean_stability": of.stability,
        "stability_sd": of.combined.noise.figure(),
        "bootstrap": {"rounds": of.rounds, "seed": of.seed, "of": "occupations"},
    })
}

fn share_json(share: Share) -> Value {
    json!({"flips": share.count, "occupations": share.of, "share": share.value()})
}

fn rater_json(of: &Stability, rater: &RaterStability) -> Value {
    let Noise { total, sampling, variance, sd, se, interval } = rater.noise;
    let shifts: Vec<Value> = of
        .wordings
        .iter()
        .skip(1)
        .zip(&rater.shifts)
        .map(|(wording, shift)| json!({"wording": wording.short, "points": shift.points, "se": shift.se}))
        .collect();
    json!({
        "id": rater.id, "tasks": rater.tasks, "shifts": shifts,
        "noise": {
            "between_sd": total, "sampling_sd": sampling, "wording_variance": variance, "wording_sd": sd,
            "of": if sd.is_some() { "wording_sd" } else { "between_sd" },
            "se": se, "interval_95": interval.map(|interval| [interval.low, interval.high]),
        },
    })
}

fn occupation_json(of: &Stability, one: &OccupationStability) -> Value {
    let outcomes: Vec<Value> = of
        .wordings
        .iter()
        .zip(&one.outcomes)
        .map(|(wording, outcome)| json!({"wording": wording.short, "score": outcome.score, "band": outcome.band}))
        .collect();
    json!({
        "code": one.code, "title": one.title, "tasks": one.tasks, "wordings": outcomes, "sd": one.sd,
        "to_nearest_cut": one.distance, "flips": one.flips, "stability": one.stability,
    })
}

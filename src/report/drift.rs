//! The difference of two runs, and of a series of them, for people and for machines.

use serde_json::{Value, json};

use super::cells::{coefficient, percent, points, signed};
use super::layout::{Align, grid};
use super::table::count;
use super::text::plain;
use crate::domain::drift::{Causes, Change, Mover, RaterChange};

/// One difference in full.
pub fn change_text(of: &Change, width: usize) -> String {
    let tasks = of.tasks;
    let mut text = format!(
        "  {} with the same text, {} reworded, {} new, {} gone\n",
        count(tasks.kept as u64, "task"),
        tasks.reworded,
        tasks.new,
        tasks.gone
    );
    if of.rubric_changed {
        text += "  The rubric is another one.\n";
    }
    for (names, what) in [(&of.raters_gone, "no longer asked"), (&of.raters_new, "new")] {
        if !names.is_empty() {
            text += &format!("  {what}: {}\n", plain(&names.join(", ")));
        }
    }
    let (before, after) = of.combine;
    if before != after {
        text += &format!("  Raters are combined in another way: {after}, before {before}.\n");
    }
    text += &format!("\n  The score of the mean occupation\n{}", causes(of, width));
    text += &format!("\n  Raters, on tasks with the same text\n{}", raters(&of.raters, width));
    for (rater, what) in of.raters.iter().map(|rater| (rater, rater.verdict.said())) {
        text += &format!("  {}: {what}{}\n", plain(&rater.id), served(rater));
    }
    if !of.anchors.is_empty() {
        text += &format!(
            "\n  Raters, on the anchors, which both runs asked afresh\n{}",
            raters(&of.anchors, width)
        );
    }
    text += &occupations(of);
    if !of.movers.is_empty() {
        text += &format!("\n  Moved most\n{}", movers(&of.movers, width));
    }
    text
}

fn served(rater: &RaterChange) -> String {
    let (before, after) = &rater.served;
    if before == after || before.is_empty() || after.is_empty() {
        return String::new();
    }
    format!(" ({}, before {})", plain(&after.join(", ")), plain(&before.join(", ")))
}

fn causes(of: &Change, width: usize) -> String {
    let Causes { inputs, raters, answers } = of.causes;
    let all = &of.occupations;
    let is_combination = of.combine.0 != of.combine.1;
    let other_raters = if is_combination { "other raters, combined in another way" } else { "other raters" };
    let mut rows = vec![
        ("other tasks, texts or weights".to_owned(), Some(inputs)),
        (other_raters.to_owned(), Some(raters)),
        ("the same raters on the same tasks".to_owned(), Some(answers)),
    ];
    if all.new + all.gone > 0 {
        let both = count(all.count as u64, "occupation");
        rows.push((format!("{both} in both"), Some(inputs + raters + answers)));
        rows.push((format!("other occupations: {} new, {} gone", all.new, all.gone), all.exchanged));
    }
    let change = all.before.zip(all.after);
    let means = change.map_or_else(String::new, |(before, after)| format!(", {before:.2} to {after:.2}"));
    rows.push((format!("all{means}"), change.map(|(before, after)| after - before)));
    let rows = rows.into_iter().map(|(name, points)| vec![name, signed(points)]).collect();
    let equated = of.occupations.equated.map_or_else(String::new, |shift| {
        format!("  With what each rater adds taken away: {}\n", signed(Some(shift)))
    });
    grid(&["because of", "points"], &[Align::Left, Align::Right], rows, width) + &equated
}

fn raters(changes: &[RaterChange], width: usize) -> String {
    let rows = changes.iter().map(|change| {
        vec![
            change.id.clone(),
            change.tasks.to_string(),
            signed(change.shift),
            points(change.se),
            points(change.rmsd),
            points(change.noise),
            percent(change.beyond, 1),
            coefficient(change.kappa_quadratic),
            coefficient(change.spearman),
        ]
    });
    let header = ["rater", "tasks", "shift", "SE", "RMSD", "by chance", "beyond", "kappa", "rho"];
    let aligns = [&[Align::Left], [Align::Right; 8].as_slice()].concat();
    grid(&header, &aligns, rows.collect(), width)
}

fn occupations(of: &Change) -> String {
    let all = &of.occupations;
    format!(
        "\n  {}: shift {}, sd {}, r {}, rho {}; {} in another band (kappa {})\n",
        count(all.count as u64, "occupation"),
        signed(all.shift),
        points(all.sd),
        coefficient(all.pearson),
        coefficient(all.spearman),
        all.flips,
        coefficient(all.kappa),
    )
}

fn movers(movers: &[Mover], width: usize) -> String {
    let rows = movers.iter().map(|mover| {
        let Causes { inputs, raters, answers } = mover.causes;
        let bands = if mover.bands.0 == mover.bands.1 {
            mover.bands.0.clone()
        } else {
            format!("{} to {}", mover.bands.0, mover.bands.1)
        };
        vec![
            format!("{:.1}", mover.before),
            format!("{:.1}", mover.after),
            signed(Some(inputs)),
            signed(Some(raters)),
            signed(Some(answers)),
            bands,
            mover.code.clone(),
            mover.title.clone(),
        ]
    });
    let header = ["before", "after", "inputs", "raters", "answers", "band", "code", "occupation"];
    let aligns = [[Align::Right; 5].as_slice(), &[Align::Left; 3]].concat();
    grid(&header, &aligns, rows.collect(), width)
}

/// A series of runs, each against the first and the one before.
pub struct Step {
    pub run: String,
    /// `None` for the first.
    pub since_previous: Option<Change>,
    pub since_first: Option<Change>,
}

pub fn series_text(steps: &[Step], width: usize) -> String {
    let mut rows = Vec::new();
    for step in steps {
        let (Some(previous), Some(first)) = (&step.since_previous, &step.since_first) else {
            rows.push(vec![step.run.clone(), "the first".to_owned()]);
            continue;
        };
        let since_first = |id: &str| shown(first).iter().find(|one| one.id == id).and_then(|one| one.shift);
        for rater in shown(previous) {
            rows.push(vec![
                step.run.clone(),
                rater.id.clone(),
                rater.tasks.to_string(),
                signed(rater.shift),
                points(rater.se),
                signed(since_first(&rater.id)),
                rater.verdict.said().to_owned(),
            ]);
        }
        if shown(previous).is_empty() {
            let said = "no rater in common with the run before".to_owned();
            rows.push(row(&step.run, "-", None, said));
        }
        for id in &previous.raters_gone {
            rows.push(row(&step.run, id, None, "no longer asked".to_owned()));
        }
        for id in &previous.raters_new {
            rows.push(row(&step.run, id, since_first(id), "new".to_owned()));
        }
        let (before, after) = previous.combine;
        if before != after {
            rows.push(row(&step.run, "(combined)", None, format!("by {after}, before by {before}")));
        }
        let occupations = &previous.occupations;
        if occupations.new + occupations.gone > 0 {
            rows.push(vec![
                step.run.clone(),
                "(occupations)".to_owned(),
                String::new(),
                signed(occupations.exchanged),
                String::new(),
                signed(first.occupations.exchanged),
                format!("{} new, {} gone", occupations.new, occupations.gone),
            ]);
        }
        if previous.tasks.reworded + previous.tasks.new + previous.tasks.gone > 0 {
            let tasks = previous.tasks;
            rows.push(vec![
                step.run.clone(),
                "(tasks)".to_owned(),
                tasks.kept.to_string(),
                signed(Some(previous.causes.inputs)),
                String::new(),
                signed(Some(first.causes.inputs)),
                format!("{} reworded, {} new, {} gone", tasks.reworded, tasks.new, tasks.gone),
            ]);
        }
    }
    let header = ["run", "rater", "tasks", "shift", "SE", "since first", "because"];
    let right = Align::Right;
    let aligns = [Align::Left, Align::Left, right, right, right, right, Align::Left];
    grid(&header, &aligns, rows, width)
}

/// What has no shift since the run before.
fn row(run: &str, of: &str, since_first: Option<f64>, because: String) -> Vec<String> {
    let nothing = || "-".to_owned();
    vec![run.to_owned(), of.to_owned(), nothing(), nothing(), nothing(), signed(since_first), because]
}

/// Anchors tell a change of the instrument from one of the work; where there are none, all kept tasks must do.
pub fn shown(change: &Change) -> &[RaterChange] {
    if change.anchors.is_empty() { &change.raters } else { &change.anchors }
}

pub fn change_json(of: &Change) -> Value {
    let occupations = &of.occupations;
    json!({
        "tasks": {
            "kept": of.tasks.kept, "reworded": of.tasks.reworded, "new": of.tasks.new, "gone": of.tasks.gone,
        },
        "rubric_changed": of.rubric_changed,
        "combine_changed": of.combine.0 != of.combine.1,
        "combine_before": of.combine.0.name(), "combine_after": of.combine.1.name(),
        "raters_gone": of.raters_gone, "raters_new": of.raters_new,
        "causes": causes_json(&of.causes),
        "raters": of.raters.iter().map(rater_json).collect::<Vec<_>>(),
        "anchors": of.anchors.iter().map(rater_json).collect::<Vec<_>>(),
        "occupations": {
            "count": occupations.count, "new": occupations.new, "gone": occupations.gone,
            "mean_before": occupations.before, "mean_after": occupations.after,
            "exchanged_shift": occupations.exchanged, "shift": occupations.shift, "sd": occupations.sd,
            "beyond_threshold": occupations.beyond, "equated_shift": occupations.equated,
            "pearson": occupations.pearson, "spearman": occupations.spearman,
            "band_kappa": occupations.kappa, "band_flips": occupations.flips,
        },
        "movers": of.movers.iter().map(mover_json).collect::<Vec<_>>(),
    })
}

fn causes_json(causes: &Causes) -> Value {
    json!({"inputs": causes.inputs, "raters": causes.raters, "answers": causes.answers})
}

fn rater_json(of: &RaterChange) -> Value {
    json!({
        "model": of.id, "tasks": of.tasks, "shift": of.shift, "se": of.se, "rmsd": of.rmsd,
        "rmsd_by_chance": of.noise, "beyond_threshold": of.beyond, "kappa_quadratic": of.kappa_quadratic,
        "spearman": of.spearman, "verdict": of.verdict.name(),
        "served_before": of.served.0, "served_after": of.served.1,
    })
}

fn mover_json(mover: &Mover) -> Value {
    json!({
        "code": mover.code, "title": mover.title, "before": mover.before, "after": mover.after,
        "band_before": mover.bands.0, "band_after": mover.bands.1, "causes": causes_json(&mover.causes),
    })
}

pub fn series_json(steps: &[Step]) -> Value {
    let step = |step: &Step| {
        json!({
            "run": step.run,
            "since_previous": step.since_previous.as_ref().map(change_json),
            "since_first": step.since_first.as_ref().map(change_json),
        })
    };
    json!({"schema": "score-tasks/drift/1", "runs": steps.iter().map(step).collect::<Vec<_>>()})
}

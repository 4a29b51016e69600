//! `runs`: what was scored when, with what, and how two runs differ.

use super::manifest::{Manifest, quoted};
use super::output::{print, print_grid, print_json};
use super::{Desk, Exit, Failure, announce, costs, drift, sheets};
use crate::cli::Runs;
use crate::report::{Align, plain};
use crate::store::KeptRun;

pub(super) fn runs(desk: &Desk, command: &Runs) -> Result<Exit, Failure> {
    match command {
        Runs::List => list(desk),
        Runs::Costs { month } => costs::costs(desk, *month),
        Runs::Summary { run, against } => announce::summary(desk, run.as_deref(), against.as_deref()),
        Runs::Announce(args) => announce::announce(desk, args),
        Runs::Diff { before, after, differing } => drift::diff(desk, before, after, differing),
        Runs::Show { run } => show(desk, run.as_deref().unwrap_or(sheets::LATEST)),
    }
}

fn list(desk: &Desk) -> Result<Exit, Failure> {
    let runs = sheets::all_runs(desk)?;
    if desk.global.json {
        let all: Vec<_> = runs.iter().map(|(run, manifest)| run_json(run, manifest)).collect();
        print_json(&serde_json::Value::from(all))?;
        return Ok(Exit::Done);
    }
    if runs.is_empty() {
        desk.talk.say("No run is kept yet.");
        return Ok(Exit::Done);
    }
    let header = ["run", "selection", "rubric", "models", "tasks", "score", "asked", "gaps", "USD"];
    let aligns = [[Align::Left; 4].as_slice(), &[Align::Right; 5]].concat();
    print_grid(&header, &aligns, runs.iter().map(|(run, manifest)| row(run, manifest)).collect())?;
    Ok(Exit::Done)
}

fn row(run: &KeptRun, manifest: &Manifest) -> Vec<String> {
    let models: Vec<&str> = manifest.models.iter().map(|model| model.id.as_str()).collect();
    vec![
        run.id.clone(),
        manifest.selection.clone(),
        manifest.rubric.shown(),
        models.join(", "),
        manifest.tasks.to_string(),
        manifest.mean_score.map_or_else(|| "-".to_owned(), |score| format!("{score:.1}")),
        manifest.answers.asked.to_string(),
        manifest.answers.gaps.to_string(),
        format!("{:.4}", manifest.cost_usd),
    ]
}

fn run_json(run: &KeptRun, manifest: &Manifest) -> serde_json::Value {
    // It was read from JSON, so it can be written.
    let mut value = serde_json::to_value(manifest).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.insert("id".to_owned(), run.id.clone().into());
        members.insert("record_sha256".to_owned(), run.digest.to_string().into());
    }
    value
}

fn show(desk: &Desk, name: &str) -> Result<Exit, Failure> {
    let (run, manifest) = sheets::find_run(desk, name)?;
    if desk.global.json {
        print_json(&run_json(&run, &manifest))?;
        return Ok(Exit::Done);
    }
    let mut lines: Vec<(&str, String)> = vec![
        ("run", run.id.clone()),
        ("began", format!("{}, took {:.1} s", manifest.began, manifest.seconds)),
        ("selection", manifest.selection.clone()),
        ("catalogue", format!("{}  {}", manifest.catalog.name, manifest.catalog.sha256)),
        ("rubric", format!("{}  {}", manifest.rubric.shown(), manifest.rubric.sha256)),
        ("config", manifest.config_sha256.clone()),
        ("weights", format!("{}, {} per task and model", manifest.weights, samples(manifest.samples))),
    ];
    if !manifest.combine.is_empty() {
        let rounds = match manifest.bootstrap {
            0 => "no intervals".to_owned(),
            rounds => format!("intervals from {rounds} rounds of resampling (run.bootstrap)"),
        };
        lines.push(("combined", format!("{}; {rounds}", manifest.combine)));
    }
    if let (Some(schedule), Some(due)) = (&manifest.schedule, &manifest.due) {
        lines.push(("schedule", format!("{schedule}, due {due}")));
    }
    for model in &manifest.models {
        let served = if model.served.is_empty() { "nobody".to_owned() } else { model.served.join(", ") };
        lines.push((
            "model",
            format!("{}  {} {}, answered by {served}", model.id, model.provider, model.model),
        ));
    }
    lines.extend(manifest.notes.iter().map(|note| ("note", note.clone())));
    let gaps: Vec<String> = manifest.gaps.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let answers = &manifest.answers;
    lines.extend([
        ("scored", format!("{} tasks, {} occupations", manifest.tasks, manifest.occupations)),
        (
            "score",
            manifest.mean_score.map_or_else(|| "-".to_owned(), |score| format!("{score:.2} on average")),
        ),
        ("answers", format!("{} needed, {} cached, {} asked", answers.needed, answers.cached, answers.asked)),
        ("gaps", if gaps.is_empty() { "none".to_owned() } else { gaps.join(", ") }),
        ("cost", format!("USD {:.4}", manifest.cost_usd)),
        ("record", run.digest.to_string()),
        ("program", format!("score-tasks {}", manifest.program)),
        ("again", again(&manifest)),
    ]);
    // Names come from servers, tables and files.
    let text: String =
        lines.into_iter().map(|(name, what)| format!("  {name:<10} {}\n", plain(&what))).collect();
    print(&text)?;
    Ok(Exit::Done)
}

fn samples(count: u32) -> String {
    crate::report::count(u64::from(count), "sample")
}

/// The command that makes the same report from the same answers.
pub(super) fn again(manifest: &Manifest) -> String {
    let models: Vec<&str> = manifest.models.iter().map(|model| model.id.as_str()).collect();
    let mut words = format!("score-tasks {}", manifest.selection);
    let mut add = |flag: &str, value: &dyn std::fmt::Display| {
        words += &format!(" --{flag} {}", quoted(value));
    };
    add("rubric", &manifest.rubric.name);
    add("models", &models.join(","));
    add("samples", &manifest.samples);
    // Runs of old say only what came of it.
    let weights = Some(&manifest.weights_told).filter(|told| !told.is_empty());
    add("weights", weights.unwrap_or(&manifest.weights));
    if !manifest.combine.is_empty() {
        add("combine", &manifest.combine);
    }
    for (flag, points) in [("until-se", manifest.until_se), ("until-agree", manifest.until_agree)] {
        if let Some(points) = points {
            add(flag, &points);
        }
    }
    if let Some(most) = manifest.max_samples {
        add("max-samples", &most);
    }
    if let (Some(count), Some(since)) = (manifest.anchors, &manifest.anchors_since) {
        add("anchors", &count);
        add("anchors-since", since);
    }
    if let Some(since) = &manifest.since {
        add("since", since);
    }
    add("as-of", &manifest.as_of);
    words
}

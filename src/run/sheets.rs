//! Which ratings a command is about: a run's, a report's, or what the store has for a selection.

use std::io::BufReader;
use std::path::Path;

use anyhow::anyhow;

use super::manifest::Manifest;
use super::{Desk, Exit, Failure, score, setup};
use crate::cli;
use crate::domain::{Answer, Fit, Instant, Sheet, SheetItem, SheetRating, Totals};
use crate::pass::score::{Method, Weights};
use crate::pass::{Collector, score as pass};
use crate::rate;
use crate::read;
use crate::report::Rationales;
use crate::store::{self, KeptRun, Store, StoreError};

/// The last run goes by this name.
pub(super) const LATEST: &str = "latest";

/// The ratings that are meant, and a name for where they are from.
pub(super) struct Ratings {
    pub name: String,
    pub sheet: Sheet,
    /// The folder of the rubric, where it is known.
    pub rubric: Option<String>,
    /// Of each rater, where what it said is kept; `None` where its ratings bring that along.
    pub origins: Vec<Option<Origin>>,
    /// How many tasks it asked afresh, whatever was kept.
    pub anchors: Option<u64>,
}

/// Which answers a run used, and under which rubric they are read.
#[derive(Clone)]
pub(super) struct Origin {
    /// The folder's name.
    rubric: String,
    fit: Fit,
}

impl Origin {
    fn of(run: &KeptRun, manifest: &Manifest) -> Result<Self, Failure> {
        let time = |text: &str| {
            Instant::parse(text)
                .map_err(|error| Failure::new(Exit::Failed, anyhow!("run {}: {error}", run.id)))
        };
        let from = manifest.since.as_deref().map_or(Ok(Instant::BEGINNING), time)?;
        Ok(Self { rubric: manifest.rubric.name.clone(), fit: Fit { from, to: time(&manifest.as_of)? } })
    }
}

/// A report's file, a run, what is selected, or else the last run.
pub(super) fn ratings(desk: &Desk, target: Option<&str>, args: &cli::Score) -> Result<Ratings, Failure> {
    let selects = args.all || args.items.is_some() || !args.occupation.is_empty() || !args.group.is_empty();
    match target {
        None if selects => selected(desk, args),
        None => of_run(desk, LATEST),
        Some(name) => self::target(desk, name),
    }
}

/// A report's file, or a run.
pub(super) fn target(desk: &Desk, name: &str) -> Result<Ratings, Failure> {
    if is_file(name) { of_report(desk, name) } else { of_run(desk, name) }
}

fn is_file(target: &str) -> bool {
    let ending = Path::new(target).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    matches!(ending.to_ascii_lowercase().as_str(), "json" | "jsonl" | "ndjson")
}

fn of_report(desk: &Desk, target: &str) -> Result<Ratings, Failure> {
    let path = desk.folder().join(target);
    let place = path.display().to_string();
    let sheet = read::sheet(read::once(&path)?, &place)?;
    if sheet.items.is_empty() {
        return Err(Failure::usage(anyhow!("{place}: has no tasks")));
    }
    Ok(Ratings { name: target.to_owned(), sheet, rubric: None, origins: Vec::new(), anchors: None })
}

/// A run by its name, the beginning of it, or as `latest`, `latest~1` and so on.
fn of_run(desk: &Desk, name: &str) -> Result<Ratings, Failure> {
    of_kept(desk, find_run(desk, name)?)
}

/// The ratings of a run that is at hand.
pub(super) fn of_kept(desk: &Desk, (run, manifest): (KeptRun, Manifest)) -> Result<Ratings, Failure> {
    let record = store::record(&desk.config.cache, run.digest)?;
    // It is our own, so what is wrong with it is damage.
    let record = BufReader::with_capacity(1 << 16, record);
    let sheet = read::sheet(record, &format!("the record of run {}", run.id)).map_err(|error| {
        let path = desk.config.cache.display().to_string();
        StoreError::Damaged { path, detail: error.to_string() }
    })?;
    let origins = vec![Some(Origin::of(&run, &manifest)?); sheet.raters.len()];
    let (rubric, anchors) = (Some(manifest.rubric.name), manifest.anchors);
    Ok(Ratings { name: run.id, sheet, rubric, origins, anchors })
}

/// All runs with what they were about, the oldest first.
pub(super) fn all_runs(desk: &Desk) -> Result<Vec<(KeptRun, Manifest)>, Failure> {
    if !desk.config.cache.exists() {
        return Ok(Vec::new());
    }
    store::runs(&desk.config.cache)?.into_iter().map(with_manifest).collect()
}

fn with_manifest(run: KeptRun) -> Result<(KeptRun, Manifest), Failure> {
    let manifest = serde_json::from_str(&run.manifest).map_err(|error| {
        Failure::new(Exit::Failed, anyhow!("run {}: what it was about cannot be read: {error}", run.id))
    })?;
    Ok((run, manifest))
}

/// The runs that can be read, for whoever must not fail because of one that has nothing to do with it.
#[derive(Default)]
pub(super) struct Sound {
    /// The oldest first.
    pub runs: Vec<(KeptRun, Manifest)>,
    /// The names of those that cannot be read.
    pub damaged: Vec<String>,
}

pub(super) fn sound_runs(desk: &Desk) -> Result<Sound, Failure> {
    if !desk.config.cache.exists() {
        return Ok(Sound::default());
    }
    let (kept, damaged) = store::sound_runs(&desk.config.cache)?;
    let mut sound = Sound { runs: Vec::new(), damaged };
    for run in kept {
        let id = run.id.clone();
        match with_manifest(run) {
            Ok(run) => sound.runs.push(run),
            Err(_) => sound.damaged.push(id),
        }
    }
    Ok(sound)
}

pub(super) fn find_run(desk: &Desk, name: &str) -> Result<(KeptRun, Manifest), Failure> {
    find(desk, all_runs(desk)?, name)
}

/// The same among those that can be read. Where they are counted, it is said which are left out.
pub(super) fn find_sound(desk: &Desk, name: &str) -> Result<(KeptRun, Manifest), Failure> {
    let Sound { runs, damaged } = sound_runs(desk)?;
    if damaged.iter().any(|id| id == name) {
        let path = desk.config.cache.display().to_string();
        return Err(
            StoreError::Damaged { path, detail: format!("run {name} is not as it was written") }.into()
        );
    }
    if name.starts_with(LATEST) && !damaged.is_empty() {
        desk.talk.warn(format_args!("{} cannot be read, and is left out", damaged.join(", ")));
    }
    find(desk, runs, name)
}

fn find(desk: &Desk, mut runs: Vec<(KeptRun, Manifest)>, name: &str) -> Result<(KeptRun, Manifest), Failure> {
    if runs.is_empty() {
        let error = anyhow!("no run is kept in {}", desk.config.cache.display());
        return Err(Failure::usage(error).hint("score-tasks --occupation \"AI/ML Engineers\" makes one"));
    }
    let unknown = |error| Failure::usage(error).hint("score-tasks runs list shows them");
    if let Some(back) = name.strip_prefix(LATEST) {
        let back: Option<usize> =
            if back.is_empty() { Some(0) } else { back.strip_prefix('~').and_then(|n| n.parse().ok()) };
        let place = back.and_then(|back| runs.len().checked_sub(back + 1));
        return match place {
            Some(place) => Ok(runs.swap_remove(place)),
            None => Err(unknown(anyhow!("there is no run `{name}`: {} are kept", runs.len()))),
        };
    }
    let exact = runs.iter().position(|(run, _)| run.id == name);
    let beginning: Vec<usize> = match exact {
        Some(place) => vec![place],
        None => (0..runs.len())
            .filter(|place| runs.get(*place).is_some_and(|(run, _)| run.id.starts_with(name)))
            .collect(),
    };
    match beginning.as_slice() {
        [place] => Ok(runs.swap_remove(*place)),
        [] => Err(unknown(anyhow!(
            "there is no run `{name}`, and no file of that name ends in .json or .jsonl"
        ))),
        several => Err(unknown(anyhow!("`{name}` is the beginning of {} runs", several.len()))),
    }
}

/// What the store has for the selected tasks; nothing is asked.
fn selected(desk: &Desk, args: &cli::Score) -> Result<Ratings, Failure> {
    let job = setup::job(desk, args, true)?;
    let (base, own_first) = setup::weighting(desk, args.weights.as_deref(), &job.catalogue)?;
    let weights = Weights::new(&job, base, own_first)?;
    let mut tally = setup::tally(desk, args, &job.raters);
    // Only the ratings are wanted.
    tally.rounds.count = 0;
    let method = Method { weights, tally, offline: true };
    let run = score::run_info(&job, &method);
    let mut collector = Collector::new(&run, true);
    pass::score(&job, score::fit(desk, args), &method, &mut collector, Totals::default(), &|| false)?;
    Ok(Ratings {
        name: "selection".to_owned(),
        sheet: collector.sheet,
        rubric: Some(job.rubric.name.clone()),
        origins: Vec::new(),
        anchors: None,
    })
}

/// What each rater said of these items: as it stands in the ratings, or as the store has it.
pub(super) fn rationales(desk: &Desk, ratings: &Ratings, items: &[usize]) -> Result<Rationales, Failure> {
    let items: Vec<&SheetItem> = items.iter().filter_map(|item| ratings.sheet.items.get(*item)).collect();
    let mut by_item: Rationales = vec![Vec::new(); items.len()];
    for rater in 0..ratings.sheet.raters.len() {
        // The first sample that is a score stands for the others.
        let rated = |item: &&SheetItem| -> Option<SheetRating> {
            item.ratings.get(rater)?.iter().find(|rating| rating.score.is_ok()).cloned()
        };
        let told: Vec<Option<SheetRating>> = items.iter().map(rated).collect();
        let is_missing = |told: &&SheetRating| told.rationale.is_empty() && told.key.is_some();
        let missing: Vec<&SheetRating> = told.iter().flatten().filter(is_missing).collect();
        let origin = ratings.origins.get(rater).and_then(Option::as_ref);
        let mut kept = kept_rationales(desk, origin, &missing)?.into_iter();
        for (said, told) in by_item.iter_mut().zip(&told) {
            said.push(match told {
                Some(told) if is_missing(&told) => kept.next().unwrap_or_default(),
                Some(told) => told.rationale.clone(),
                None => String::new(),
            });
        }
    }
    Ok(by_item)
}

/// What was said with these scores; empty where the store or the rubric is not at hand, or says otherwise.
fn kept_rationales(
    desk: &Desk,
    origin: Option<&Origin>,
    ratings: &[&SheetRating],
) -> Result<Vec<String>, Failure> {
    let nothing = vec![String::new(); ratings.len()];
    let Some(Origin { rubric, fit }) = origin else { return Ok(nothing) };
    let Ok(rubric) = setup::rubric(desk, Some(rubric)) else { return Ok(nothing) };
    if ratings.is_empty() || !desk.config.cache.exists() {
        return Ok(nothing);
    }
    let store = Store::open_to_read(&desk.config.cache)?;
    let answers = store.get(ratings.iter().filter_map(|rating| rating.key).collect(), *fit)?;
    let said = |(answer, told): (Option<Answer>, &&SheetRating)| {
        let rating = rate::rating(&rubric, &answer?).ok()?;
        let is_its = told.score.is_ok_and(|score| (score - rating.score.value()).abs() < 1e-9);
        is_its.then_some(rating.rationale)
    };
    Ok(answers.into_iter().zip(ratings).map(|pair| said(pair).unwrap_or_default()).collect())
}

//! `doctor`: what is used and why, and whether it works. Goes on after a finding.

use super::output::print;
use super::{Desk, Exit, Failure, cache, setup};
use crate::cli::Global;
use crate::domain::Selection;
use crate::{ask, store};

/// Stores with more answers are only counted; `cache verify` reads them whole.
const QUICK_TO_CHECK: u64 = 200_000;

/// Findings so far.
struct Examination {
    text: String,
    problems: u32,
}

impl Examination {
    fn fine(&mut self, what: &str, found: impl std::fmt::Display) {
        self.text += &format!("  ok   {what:10} {found}\n");
    }

    fn bad(&mut self, what: &str, failure: &Failure) {
        self.problems += 1;
        let detail = format!("{:#}", failure.error).replace('\n', "\n                    ");
        self.text += &format!("  BAD  {what:10} {detail}\n");
        if let Some(hint) = &failure.hint {
            self.text += &format!("                  {hint}\n");
        }
    }

    fn note(&mut self, what: &str, outcome: Result<String, Failure>) {
        match outcome {
            Ok(found) => self.fine(what, found),
            Err(failure) => self.bad(what, &failure),
        }
    }
}

pub(super) fn doctor(global: &Global) -> Result<Exit, Failure> {
    let mut found = Examination { text: String::new(), problems: 0 };
    match Desk::open(global) {
        Err(failure) => found.bad("config", &failure),
        Ok(desk) => examine(&desk, &mut found),
    }
    print(&found.text)?;
    match found.problems {
        0 => Ok(Exit::Done),
        count => Err(Failure::usage(anyhow::anyhow!("{count} to mend"))),
    }
}

fn examine(desk: &Desk, found: &mut Examination) {
    found.fine("config", config(desk));
    found.note("catalogue", catalogue(desk));
    found.note("rubric", rubric(desk));
    // Raters are made for a catalogue and a rubric; what is wrong with those has been said.
    if found.problems == 0 {
        found.note("models", models(desk));
    }
    found.note("store", answers(desk));
    found.note("disk", disk(desk));
}

fn config(desk: &Desk) -> String {
    match (&desk.config.file, &desk.global.config) {
        (None, _) => "built-in defaults: no config.toml with a [run] from here upwards".to_owned(),
        (Some(file), Some(_)) => format!("{}, as told by --config or SCORE_TASKS_CONFIG", file.display()),
        (Some(file), None) => format!("{}, the nearest upwards", file.display()),
    }
}

fn catalogue(desk: &Desk) -> Result<String, Failure> {
    let catalogue = setup::catalogue(desk, None)?;
    let tasks = catalogue.count(&Selection::default())?;
    let (weights, _) = setup::weighting(desk, None, &catalogue)?;
    let occupations = catalogue.occupations.len();
    Ok(format!("{}, {occupations} occupations, {tasks} tasks, weights {weights}", catalogue.id.name))
}

fn rubric(desk: &Desk) -> Result<String, Failure> {
    let rubric = setup::rubric(desk, None)?;
    let errors = ask::lint(&rubric, None).into_iter().filter(|problem| problem.is_error);
    let errors: Vec<String> = errors.map(|problem| problem.text).collect();
    if errors.is_empty() {
        return Ok(format!("{} {}", rubric.id, rubric.version));
    }
    Err(Failure::usage(anyhow::anyhow!("{}", errors.join("\n"))))
}

fn models(desk: &Desk) -> Result<String, Failure> {
    let rubric = std::sync::Arc::new(setup::rubric(desk, None)?);
    let raters = setup::raters(desk, &[], &rubric, &setup::catalogue(desk, None)?)?;
    let names: Vec<&str> = raters.iter().map(|rater| &*rater.model.id).collect();
    Ok(format!("{} of {} defined", names.join(", "), desk.config.known_models.len()))
}

fn answers(desk: &Desk) -> Result<String, Failure> {
    let path = &desk.config.cache;
    let shown = path.display();
    if !path.exists() {
        return Ok(format!("{shown}, to be made by the first answer"));
    }
    let stats = store::stats(path)?;
    let answers: u64 = stats.models.iter().map(|model| model.answers).sum();
    if answers > QUICK_TO_CHECK {
        return Ok(format!("{shown}, {answers} answers; score-tasks cache verify reads them all"));
    }
    let verified = cache::check(desk)?;
    match verified.damage.len() {
        0 => Ok(format!("{shown}, {answers} answers, every hash recomputed")),
        damaged => Err(Failure::new(Exit::Gate, anyhow::anyhow!("{shown}: {damaged} damaged"))
            .hint("score-tasks cache verify")),
    }
}

#[cfg(unix)]
fn disk(desk: &Desk) -> Result<String, Failure> {
    // The nearest folder that is there: the store's own may not be made yet.
    let folder = desk.config.cache.ancestors().skip(1).find(|folder| folder.is_dir());
    let folder = folder.unwrap_or(std::path::Path::new("."));
    let disk = rustix::fs::statvfs(folder).map_err(std::io::Error::from)?;
    let megabytes = disk.f_bavail.saturating_mul(disk.f_frsize) / 1_000_000;
    if megabytes < 100 {
        let error = anyhow::anyhow!("only {megabytes} MB left where the answers are kept");
        return Err(Failure::new(Exit::Failed, error).hint("make room, or move the store with cache.path"));
    }
    Ok(format!("{megabytes} MB free where the answers are kept"))
}

#[cfg(not(unix))]
fn disk(_: &Desk) -> Result<String, Failure> {
    Ok("free space is not looked up on this system".to_owned())
}

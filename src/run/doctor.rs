//! `doctor`: what is used and why, and whether it works. Goes on after a finding.

use anyhow::anyhow;

use super::findings::Findings;
use super::output::print;
use super::{Desk, Exit, Failure, cache, clients, models, raters, schedule, setup};
use crate::cli::Global;
use crate::config::Keys;
use crate::domain::{Limits, Model, Provider, Selection, Source};
use crate::pace::Clock;
use crate::{ask, store};

/// Stores with more answers are only counted; `cache verify` reads them whole.
const QUICK_TO_CHECK: u64 = 200_000;

pub(super) fn doctor(global: &Global, clock: Clock) -> Result<Exit, Failure> {
    let mut found = Findings::new(10);
    match Desk::open(global, clock) {
        Err(failure) => found.bad("config", &failure),
        Ok(desk) => examine(&desk, &mut found),
    }
    print(found.text())?;
    match found.problems() {
        0 => Ok(Exit::Done),
        count => Err(Failure::usage(anyhow!("{count} to mend"))),
    }
}

fn examine(desk: &Desk, found: &mut Findings) {
    found.fine("config", config(desk));
    found.note("catalogue", catalogue(desk));
    found.note("rubric", rubric(desk));
    // Raters are made for a catalogue and a rubric; what is wrong with those has been said.
    if found.problems() == 0 {
        found.note("models", raters(desk));
    }
    each_model(desk, found);
    let (schedules, warnings) = schedule::examined(desk);
    if let Some(line) = schedules {
        found.fine("schedules", line);
    }
    for warning in warnings {
        found.warn("schedules", &warning, Some("max_cost sets a limit for each of its runs"));
    }
    found.note("store", answers(desk));
    for file in store::rescued(&desk.config.cache) {
        let what = format!("{} holds answers that the store could not take", file.display());
        let hint = format!("{}, and then remove the file", store::import(&file));
        found.warn("rescued", &what, Some(&hint));
    }
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
        return Ok(format!("{} {}", rubric.shown(), rubric.version));
    }
    Err(Failure::usage(anyhow!("{}", errors.join("\n"))))
}

fn raters(desk: &Desk) -> Result<String, Failure> {
    let rubric = std::sync::Arc::new(setup::rubric(desk, None)?);
    let raters =
        raters::raters(desk, (&[], raters::Manner::Config), &rubric, &setup::catalogue(desk, None)?)?;
    let names: Vec<&str> = raters.iter().map(|rater| &*rater.model.id).collect();
    Ok(format!("{} of {} defined", names.join(", "), desk.config.known_models.len()))
}

/// A line for each model of [run]: where it is asked, with which key, at which price and limits.
fn each_model(desk: &Desk, found: &mut Findings) {
    let keys = match Keys::beside(&desk.config.root) {
        Ok(keys) => keys,
        Err(error) => return found.bad("keys", &error.into()),
    };
    let named = |name: &String| desk.config.known_models.iter().find(|model| *model.id == **name);
    for model in desk.config.models.iter().filter_map(named) {
        one_model(desk, &keys, model, found);
    }
}

fn one_model(desk: &Desk, keys: &Keys, model: &Model, found: &mut Findings) {
    let id = &model.id;
    if let [missing] = clients::missing(keys, &[model]).as_slice() {
        let failure = Failure::new(Exit::Account, anyhow!("no key in {missing}"));
        return found.bad("model", &failure.hint(clients::WHERE_KEYS_ARE));
    }
    if let Source::Asked(Provider::Replay(recording)) = &model.source
        && !recording.file.exists()
    {
        let failure = Failure::usage(anyhow!("{id}: {} is not there", recording.file.display()));
        return found.bad("model", &failure.hint(format!("models.{id}.file names an export or a store")));
    }
    let mut parts = vec![models::whereabouts(model).map_or_else(
        || format!("{id}: {}", model.provider_name()),
        |place| format!("{id}: {} at {place}", model.provider_name()),
    )];
    if let Source::Asked(Provider::Mock(_)) = &model.source {
        parts.push("made-up answers, no network".to_owned());
    }
    if let Some(server) = clients::server(model) {
        parts.push(match &server.api_key_env {
            None => "no key needed".to_owned(),
            Some(variable) => {
                let place = keys.place(variable).map_or("nowhere", |place| place.name());
                format!("key in {variable} ({place})")
            }
        });
        parts.push(price(model));
        parts.push(limits(&model.limits));
    }
    let line = parts.join(", ");
    let retirement =
        desk.config.in_table.get(id).and_then(|known| models::retirement(known, desk.clock.now()));
    match retirement.filter(|_| clients::server(model).is_some()) {
        None => found.fine("model", line),
        Some(end) if !end.is_near => found.fine("model", format!("{line}, {}", end.text)),
        Some(end) => found.warn(
            "model",
            &format!("{line}, {}", end.text),
            Some("its kept answers serve on; score-tasks models prices shows what else there is"),
        ),
    }
}

fn price(model: &Model) -> String {
    match &model.price {
        None => "price not known: --max-cost cannot be kept".to_owned(),
        Some(priced) if &*priced.source == "free" => "free".to_owned(),
        Some(priced) => {
            let source = match &*priced.source {
                "config" => "from the config".to_owned(),
                day => format!("table of {day}"),
            };
            format!("USD {} per million tokens ({source})", models::price(model))
        }
    }
}

fn limits(limits: &Limits) -> String {
    let rates = [
        ("requests", limits.requests_per_minute),
        ("tokens", limits.tokens_per_minute),
        ("input tokens", limits.input_tokens_per_minute),
        ("output tokens", limits.output_tokens_per_minute),
    ];
    let set: Vec<String> =
        rates.into_iter().filter_map(|(what, rate)| Some(format!("{} {what}", rate?))).collect();
    if set.is_empty() { "no limits set".to_owned() } else { format!("{} a minute", set.join(" and ")) }
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
        damaged => {
            Err(Failure::new(Exit::Gate, anyhow!("{shown}: {damaged} damaged"))
                .hint("score-tasks cache verify"))
        }
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
        let error = anyhow!("only {megabytes} MB left where the answers are kept");
        return Err(Failure::new(Exit::Failed, error).hint("make room, or move the store with cache.path"));
    }
    Ok(format!("{megabytes} MB free where the answers are kept"))
}

#[cfg(not(unix))]
fn disk(_: &Desk) -> Result<String, Failure> {
    Ok("free space is not looked up on this system".to_owned())
}

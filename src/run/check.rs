//! `models check`: one tiny question to each model, and what its answer tells.

use std::sync::Arc;

use anyhow::anyhow;

use super::findings::Findings;
use super::output::{print, print_json};
use super::{Desk, Exit, Failure, clients, verdict};
use crate::ask::Asker;
use crate::config::{Keys, unknown_model};
use crate::domain::{
    Hash, Keyed, Model, Occupation, Provider, Question, Rubric, Scale, Source, Task, TextLimits,
};
use crate::pass::PassError;
use crate::pass::collect::{Probe, Probed, probe};
use crate::provider;
use crate::report::count;
use crate::store::Store;

const SYSTEM: &str = "This is a test of the connection. Answer with one JSON object and nothing before or after it: \
     {\"score\": <any whole number from 0 to 100>, \"rationale\": \"<one word>\"}";
const USER: &str = "ping";

/// What became of one model.
pub(super) struct Checked<'a> {
    pub model: &'a Model,
    /// An error where it could not even be asked.
    pub probed: Result<Probed, Failure>,
}

pub(super) fn check(desk: &Desk, named: &[String]) -> Result<Exit, Failure> {
    let models = wanted(desk, named)?;
    let keys = Keys::beside(&desk.config.root)?;
    let rubric = Arc::new(rubric());
    let ready: Vec<Result<Probe, Failure>> =
        models.iter().map(|model| ready(desk, &keys, model, &rubric)).collect();
    foretell(desk, &ready);
    let checked = ask(desk, &models, ready)?;
    let judged: Vec<verdict::Verdict> = checked.iter().map(|one| verdict::of(desk, &rubric, one)).collect();
    if desk.global.json {
        let rows: Vec<_> = checked
            .iter()
            .zip(&judged)
            .map(|(one, verdict)| verdict::json(&keys, &rubric, one, verdict))
            .collect();
        print_json(&rows.into())?;
    } else {
        show(&checked, &judged)?;
    }
    conclude(desk, &checked);
    let worst = judged.iter().map(|verdict| verdict.exit).max().unwrap_or(Exit::Done);
    match judged.iter().filter(|verdict| verdict.exit != Exit::Done).count() {
        0 => Ok(Exit::Done),
        bad => {
            let all = count(judged.len() as u64, "model");
            Err(Failure::new(worst, anyhow!("{bad} of {all} did not pass")))
        }
    }
}

/// The models that are meant: by default those of a run that are asked anything.
fn wanted<'a>(desk: &'a Desk, named: &[String]) -> Result<Vec<&'a Model>, Failure> {
    let known = &desk.config.known_models;
    let mut names: Vec<&str> = match named {
        [] => {
            desk.config.models.iter().map(String::as_str).filter(|name| !name.starts_with("label:")).collect()
        }
        named => named.iter().map(|name| name.trim()).collect(),
    };
    if names.is_empty() {
        return Err(Failure::usage(anyhow!("none of the models of [run] is asked anything"))
            .hint("score-tasks models check NAME checks any model of config.toml"));
    }
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(*name));
    let find = |name: &str| {
        known.iter().find(|model| *model.id == *name).ok_or_else(|| {
            Failure::usage(anyhow!("{}", unknown_model(name, known))).hint("score-tasks models list")
        })
    };
    names.into_iter().map(find).collect()
}

/// A score and a word: what every rubric asks for, at its smallest.
fn rubric() -> Rubric {
    Rubric {
        name: "check".to_owned(),
        id: "check".to_owned(),
        version: "1".to_owned(),
        title: "Check".to_owned(),
        summary: String::new(),
        scale: Scale::Integer { min: 0, max: 100 },
        fields: vec!["score".to_owned(), "rationale".to_owned()],
        limits: TextLimits { text_chars: 100, rationale_chars: 100 },
        system: SYSTEM.to_owned(),
        user: USER.to_owned(),
        sha256: Hash::of(SYSTEM.as_bytes()),
        variant: None,
    }
}

fn ready(desk: &Desk, keys: &Keys, model: &Model, rubric: &Arc<Rubric>) -> Result<Probe, Failure> {
    let variable = clients::server(model).and_then(|server| server.api_key_env.as_deref());
    if let Some(variable) = variable.filter(|name| keys.place(name).is_none()) {
        return Err(
            Failure::new(Exit::Account, anyhow!("no key in {variable}")).hint(clients::WHERE_KEYS_ARE)
        );
    }
    let nobody = || Failure::usage(anyhow!("nobody is asked for {}", model.id));
    let client = clients::one(keys, model, &mut clients::Recordings::new())?.ok_or_else(nobody)?;
    let Source::Asked(asked) = &model.source else { return Err(nobody()) };
    let question = question(rubric, model, asked)?;
    Ok(Probe { model: model.clone(), client, question, clock: desk.clock.clone() })
}

fn question(rubric: &Arc<Rubric>, model: &Model, asked: &Provider) -> Result<Keyed<Question>, Failure> {
    let asker = Asker::new(Arc::clone(rubric), model, provider::endpoint(asked))?;
    let nowhere = Occupation { code: String::new(), title: String::new(), description: String::new() };
    Ok(asker.question(&nowhere, &Task { id: "check".to_owned(), ..Task::default() }, 1)?)
}

/// What it may cost is said before anything is sent.
fn foretell(desk: &Desk, ready: &[Result<Probe, Failure>]) {
    let probes = || ready.iter().flatten();
    let most: u64 = probes().filter_map(Probe::nano_usd_at_most).sum();
    let unknown: Vec<&str> =
        probes().filter(|probe| probe.nano_usd_at_most().is_none()).map(|probe| &*probe.model.id).collect();
    if most == 0 && unknown.is_empty() {
        return;
    }
    let beside = match unknown.as_slice() {
        [] => String::new(),
        names => format!(", and the price of {} is not known", names.join(", ")),
    };
    let calls = count(probes().count() as u64, "tiny question");
    desk.talk.say(format_args!("{calls}: {} at most{beside}", verdict::dollars(most)));
}

/// All that can be asked, at once; in the order of the models.
fn ask<'a>(
    desk: &Desk,
    models: &[&'a Model],
    ready: Vec<Result<Probe, Failure>>,
) -> Result<Vec<Checked<'a>>, Failure> {
    let mut probes = Vec::new();
    let mut kept_out: Vec<Option<Failure>> = Vec::new();
    for one in ready {
        match one {
            Ok(probe) => {
                probes.push(probe);
                kept_out.push(None);
            }
            Err(failure) => kept_out.push(Some(failure)),
        }
    }
    let probed = if probes.is_empty() { Vec::new() } else { send(desk, &probes)? };
    let mut probed = probed.into_iter();
    let pairs = models.iter().zip(kept_out);
    pairs
        .map(|(model, failure)| {
            let probed = match failure {
                Some(failure) => Err(failure),
                None => Ok(probed.next().ok_or(PassError::Lost)?),
            };
            Ok(Checked { model, probed })
        })
        .collect()
}

fn send(desk: &Desk, probes: &[Probe]) -> Result<Vec<Probed>, Failure> {
    let store = Store::open(&desk.config.cache)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(probe(&store, probes))?)
}

fn show(checked: &[Checked<'_>], judged: &[verdict::Verdict]) -> Result<(), Failure> {
    let width = checked.iter().map(|one| one.model.id.chars().count()).max().unwrap_or(0);
    let mut found = Findings::new(width);
    for (one, verdict) in checked.iter().zip(judged) {
        let (id, hint) = (&*one.model.id, verdict.hint.as_deref());
        match (verdict.exit, hint) {
            (Exit::Done, None) => found.fine(id, &verdict.said),
            (Exit::Done, hint) => found.warn(id, &verdict.said, hint),
            (exit, hint) => {
                let failure = Failure::new(exit, anyhow!("{}", verdict.said));
                found.bad(id, &Failure { hint: hint.map(str::to_owned), ..failure });
            }
        }
        if let Some(limits) = &verdict.limits {
            found.more(limits);
        }
    }
    print(found.text())
}

fn conclude(desk: &Desk, checked: &[Checked<'_>]) {
    let answers = || checked.iter().filter_map(|one| one.probed.as_ref().ok()?.answer.as_ref().ok());
    let answered = answers().count() as u64;
    if answered == 0 {
        return;
    }
    let spent: u64 = answers().filter_map(|answer| answer.cost_nano_usd).sum();
    let unpriced = answers().filter(|answer| answer.cost_nano_usd.is_none()).count() as u64;
    let spent = if spent == 0 { "free".to_owned() } else { verdict::dollars(spent) };
    let spent = match unpriced {
        0 => spent,
        unpriced => format!("{spent}, and {} at a price that is not known", count(unpriced, "answer")),
    };
    desk.talk.say(format_args!(
        "{}, {spent}; kept in {}",
        count(answered, "answer"),
        desk.config.cache.display()
    ));
}

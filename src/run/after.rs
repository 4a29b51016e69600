//! What is done when a run is over: its summary, the gate, a webhook, a command.

use anyhow::anyhow;

use super::outcome::{self, Told};
use super::program;
use super::{Desk, Exit, Failure, drift, sheets};
use crate::config::Keys;
use crate::domain::{After, Instant, Webhook, chance};
use crate::pace;
use crate::provider::{Receiver, WebhookError};
use crate::report::{self, Summary};
use crate::write;

/// How often something is posted that does not get through.
const TRIES: u32 = 5;

/// What came of it.
pub(super) struct Done {
    /// The run's own, unless the gate is shut.
    pub exit: Exit,
    /// Something was not delivered, written or run, and that was told.
    pub is_incomplete: bool,
}

/// Does what is wanted after a run of a schedule. `run`: what it was kept as; `None`: it came to nothing.
///
/// What goes wrong here is told and loses nothing: the run is kept, and its exit code stays. The gate alone
/// changes it, where the run itself ended well.
pub(super) fn after(
    desk: &Desk,
    wanted: &After,
    name: &str,
    run: Option<&str>,
    exit: Exit,
) -> Result<Exit, Failure> {
    let schedule = (!name.is_empty()).then_some(name);
    Ok(carry_out(desk, wanted, run, Told { schedule, exit: Some(exit), against: None }, exit)?.exit)
}

/// The same, and whether all of it was done.
pub(super) fn carry_out(
    desk: &Desk,
    wanted: &After,
    run: Option<&str>,
    told: Told<'_>,
    exit: Exit,
) -> Result<Done, Failure> {
    let mut is_incomplete = false;
    let summed = run
        .map(|run| sheets::find_run(desk, run))
        .transpose()
        .and_then(|run| outcome::of(desk, run.as_ref(), told));
    // Even where the store cannot be read whoever waits for word gets some.
    let mut summary = summed.unwrap_or_else(|failure| {
        failure.print();
        is_incomplete = true;
        outcome::bare(told, desk.clock.now())
    });
    let gate = gate(desk, wanted, &mut summary, exit);
    let exit = gate.as_ref().map_or(exit, |failure| failure.exit);
    if gate.is_some() {
        summary.exit = Some((exit.code(), exit.name()));
    }
    let text = report::summary_markdown(&summary);
    let path = wanted.summary.as_ref().map(|path| desk.config.root.join(path));
    if let Some(path) = &path
        && let Err(error) = write::file(path, text.as_bytes())
    {
        desk.talk.warn(format_args!("the summary was not written: {:#}", anyhow!(error)));
        is_incomplete = true;
    }
    if let Some(webhook) = &wanted.webhook {
        is_incomplete |= !announced(desk, webhook, &summary)?;
    }
    if let Some(name) = wanted.command.first() {
        let variables = variables(&summary, path.as_deref(), exit);
        let secret_env = wanted.webhook.as_ref().and_then(|webhook| webhook.secret_env.as_deref());
        let told = program::Told { variables, stdin: &text, secret_env };
        if let Err(why) = runtime()?.block_on(program::run(desk, &wanted.command, &told)) {
            desk.talk.warn(format_args!("{name} failed: {why}"));
            is_incomplete = true;
        }
    }
    if let Some(failure) = gate {
        failure.print();
    }
    Ok(Done { exit, is_incomplete })
}

/// What the gate has against a run that ended well; it is told in the summary.
fn gate(desk: &Desk, wanted: &After, summary: &mut Summary, exit: Exit) -> Option<Failure> {
    let most = wanted.fail_above?;
    let Some(against) = summary.run.as_ref().and_then(|run| run.against.as_ref()) else {
        if summary.run.is_some() {
            desk.talk.say("The gate is open: there is no earlier run to compare this one with.");
        }
        return None;
    };
    let run = summary.run.as_ref().map(|run| run.name.clone()).unwrap_or_default();
    let found = drift::judge(&against.change, (&against.name, &run), most).err();
    summary.gate = Some(found.as_ref().map(|failure| failure.error.to_string()).unwrap_or_default());
    found.filter(|_| exit == Exit::Done)
}

fn variables(summary: &Summary, path: Option<&std::path::Path>, exit: Exit) -> Vec<(&'static str, String)> {
    let run = summary.run.as_ref().map(|run| run.name.clone()).unwrap_or_default();
    let path = path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    vec![
        ("SCORE_TASKS_RUN", run),
        ("SCORE_TASKS_SCHEDULE", summary.schedule.clone().unwrap_or_default()),
        ("SCORE_TASKS_EXIT", exit.code().to_string()),
        ("SCORE_TASKS_SUMMARY", path.map_or_else(String::new, |path| path.display().to_string())),
    ]
}

/// Whether it was delivered; why not is told.
fn announced(desk: &Desk, webhook: &Webhook, summary: &Summary) -> Result<bool, Failure> {
    let receiver = match receiver(desk, webhook) {
        Ok(receiver) => receiver,
        Err(failure) => {
            desk.talk.warn(format_args!("the outcome was not delivered: {:#}", failure.error));
            return Ok(false);
        }
    };
    let id = summary.run.as_ref().map_or_else(|| summary.began.clone(), |run| run.name.clone());
    let body = report::summary_json(summary).to_string();
    match runtime()?.block_on(deliver(desk, &receiver, &id, body.as_bytes())) {
        Ok(()) => {
            desk.talk.say(format_args!("Delivered to {}", receiver.host()));
            Ok(true)
        }
        Err(error) => {
            desk.talk.warn(format_args!("the outcome was not delivered: {error}"));
            Ok(false)
        }
    }
}

/// The address checked, and the secret found.
pub(super) fn receiver(desk: &Desk, webhook: &Webhook) -> Result<Receiver, Failure> {
    let secret = match &webhook.secret_env {
        None => None,
        // Unsigned, it would not be believed.
        Some(variable) => Some(Keys::beside(&desk.config.root)?.get(variable).ok_or_else(|| {
            Failure::new(Exit::Account, anyhow!("no secret in {variable}"))
                .hint("set it in the environment, or in a file .env beside config.toml")
        })?),
    };
    Receiver::new(&webhook.url, secret).map_err(Failure::usage)
}

async fn deliver(desk: &Desk, receiver: &Receiver, id: &str, body: &[u8]) -> Result<(), WebhookError> {
    let mut tried = 1;
    loop {
        let now = desk.clock.now();
        let wait_ms = match receiver.deliver(id, body, now).await {
            Err(WebhookError::Again { wait_ms, .. }) if tried < TRIES => wait_ms,
            outcome => return outcome,
        };
        let chance = chance::mix(now.0.cast_unsigned());
        let wait_ms = wait_ms.unwrap_or_else(|| pace::backoff_ms(tried, chance));
        desk.clock.wait_until(Instant(desk.clock.now().0.saturating_add_unsigned(wait_ms))).await;
        tried += 1;
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

//! Who is told what came of a run: a file, a webhook, a command. What goes wrong here is told, and loses nothing.

use anyhow::anyhow;

use super::after::Judged;
use super::interrupt::{self, Interrupts};
use super::program;
use super::{Desk, Exit, Failure};
use crate::config::Keys;
use crate::domain::{After, Instant, Webhook, chance};
use crate::pace;
use crate::provider::{Receiver, WebhookError};
use crate::report::{self, Summary};
use crate::write;

/// How often something is posted that does not get through.
const TRIES: u32 = 5;

/// Whether all was done that is wanted; what was not is told. Told to stop, it makes no further try and ends the
/// command: a service manager does not wait for long.
pub(super) fn deliver(desk: &Desk, wanted: &After, judged: &Judged, interrupts: Option<&Interrupts>) -> bool {
    let Judged { summary, exit, .. } = judged;
    let text = report::summary_markdown(summary);
    let path = wanted.summary.as_ref().map(|path| desk.config.root.join(path));
    let mut is_done = true;
    if let Some(path) = &path
        && let Err(error) = write::file(path, text.as_bytes())
    {
        desk.talk.warn(format_args!("the summary was not written: {:#}", anyhow!(error)));
        is_done = false;
    }
    if let Some(webhook) = &wanted.webhook {
        is_done &= announced(desk, webhook, summary, interrupts);
    }
    if let Some(name) = wanted.command.first() {
        let variables = variables(summary, path.as_deref(), *exit);
        let secret_env = wanted.webhook.as_ref().and_then(|webhook| webhook.secret_env.as_deref());
        let told = program::Told { variables, stdin: &text, secret_env };
        let run = async {
            tokio::select! {
                biased;
                () = interrupt::stop(interrupts) => Err(STOPPED.to_owned()),
                ran = program::run(desk, &wanted.command, &told) => ran,
            }
        };
        let ran = runtime().map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(run));
        if let Err(why) = ran {
            desk.talk.warn(format_args!("{name} failed: {why}"));
            is_done = false;
        }
    }
    is_done
}

/// Why something was given up.
const STOPPED: &str = "the program was told to stop";

fn variables(summary: &Summary, path: Option<&std::path::Path>, exit: Exit) -> Vec<(&'static str, String)> {
    let path = path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()));
    vec![
        ("SCORE_TASKS_RUN", summary.run_name().unwrap_or_default().to_owned()),
        ("SCORE_TASKS_SCHEDULE", summary.schedule.clone().unwrap_or_default()),
        ("SCORE_TASKS_EXIT", exit.code().to_string()),
        ("SCORE_TASKS_SUMMARY", path.map_or_else(String::new, |path| path.display().to_string())),
    ]
}

/// Whether it was delivered; why not is told.
fn announced(desk: &Desk, webhook: &Webhook, summary: &Summary, interrupts: Option<&Interrupts>) -> bool {
    let id = summary.run_name().unwrap_or(&summary.began);
    let body = report::summary_json(summary).to_string();
    let posted =
        receiver(desk, webhook).map_err(|failure| format!("{:#}", failure.error)).and_then(|receiver| {
            let delivery = post(desk, &receiver, (id, body.as_bytes()), interrupts);
            runtime().map_err(|error| error.to_string())?.block_on(delivery)?;
            Ok(receiver.host())
        });
    match &posted {
        Ok(host) => desk.talk.say(format_args!("Delivered to {host}")),
        Err(why) => desk.talk.warn(format_args!("the outcome was not delivered: {why}")),
    }
    posted.is_ok()
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

/// Posts until it gets through, or no further try would help, or is to be made.
async fn post(
    desk: &Desk,
    receiver: &Receiver,
    (id, body): (&str, &[u8]),
    interrupts: Option<&Interrupts>,
) -> Result<(), String> {
    if interrupts.is_some_and(Interrupts::stopped) {
        return Err(STOPPED.to_owned());
    }
    let mut tried = 1;
    loop {
        let now = desk.clock.now();
        // What was sent may have been taken, so its reply is waited for, which is not for long.
        let (error, wait_ms) = match receiver.deliver(id, body, now).await {
            Ok(()) => return Ok(()),
            Err(error @ WebhookError::Again { wait_ms, .. }) if tried < TRIES => (error, wait_ms),
            Err(error) => return Err(error.to_string()),
        };
        let chance = chance::mix(now.0.cast_unsigned());
        let wait_ms = wait_ms.unwrap_or_else(|| pace::backoff_ms(tried, chance));
        tokio::select! {
            biased;
            () = interrupt::stop(interrupts) => return Err(format!("{error}; {STOPPED}")),
            () = desk.clock.wait_until(Instant(desk.clock.now().0.saturating_add_unsigned(wait_ms))) => {}
        }
        tried += 1;
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

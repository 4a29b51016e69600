//! `runs summary` and `runs announce`: what came of a run, shown or told again.

use super::manifest::Manifest;
use super::outcome::{self, Told};
use super::output::{print, print_json};
use super::{Desk, Exit, Failure, after, sheets};
use crate::cli::Announce;
use crate::domain::{After, Webhook};
use crate::report;

pub(super) fn summary(desk: &Desk, run: Option<&str>, against: Option<&str>) -> Result<Exit, Failure> {
    let run = sheets::find_run(desk, run.unwrap_or(sheets::LATEST))?;
    let summary = outcome::of(desk, Some(&run), Told { against, ..Told::default() })?;
    if desk.global.json {
        print_json(&report::summary_json(&summary))?;
    } else {
        print(&report::summary_markdown(&summary))?;
    }
    Ok(Exit::Done)
}

/// What would be done after the run, done now.
pub(super) fn announce(desk: &Desk, args: &Announce) -> Result<Exit, Failure> {
    let (run, manifest) = sheets::find_run(desk, args.run.as_deref().unwrap_or(sheets::LATEST))?;
    let webhook =
        args.webhook.clone().map(|url| Webhook { url, secret_env: args.webhook_secret_env.clone() });
    // What can be seen to be wrong is told before anything is done.
    if let Some(webhook) = &webhook {
        after::receiver(desk, webhook)?;
    }
    // A path in a flag is meant from the working folder.
    let summary = args.summary.as_ref().map(|path| desk.folder().join(path));
    let summary = summary.map(|path| std::path::absolute(&path).unwrap_or(path));
    let wanted = After { fail_above: args.fail_above, summary, webhook, command: args.command.clone() };
    let exit = ended(desk, &manifest);
    let told = Told { schedule: args.schedule.as_deref(), exit: Some(exit), against: None };
    let done = after::carry_out(desk, &wanted, Some(&run.id), told, exit)?;
    Ok(match done.exit {
        Exit::Gate => Exit::Gate,
        // Here it is all there was to do.
        _ if done.is_incomplete => Exit::Failed,
        _ => Exit::Done,
    })
}

/// How it ended, as far as its record shows.
fn ended(desk: &Desk, manifest: &Manifest) -> Exit {
    let answers = &manifest.answers;
    let ratings = manifest.tasks * manifest.models.len() as u64 * u64::from(manifest.samples);
    if desk.config.allow_gaps.covers(answers.gaps, ratings) { Exit::Done } else { Exit::Gaps }
}

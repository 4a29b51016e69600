//! `runs summary` and `runs announce`: what came of a run, shown or told again.

use super::manifest::Manifest;
use super::outcome::{self, Found, Told};
use super::output::{print, print_json};
use super::{Desk, Exit, Failure, after, delivery, sheets};
use crate::cli::Announce;
use crate::domain::{After, Webhook};
use crate::report;
use crate::store;

pub(super) fn summary(desk: &Desk, run: Option<&str>, against: Option<&str>) -> Result<Exit, Failure> {
    let run = sheets::find_run(desk, run.unwrap_or(sheets::LATEST))?;
    let Found { summary, .. } = outcome::of(desk, Some(&run), Told { against, ..Told::default() })?;
    if desk.global.json {
        print_json(&report::summary_json(&summary))?;
    } else {
        print(&report::summary_markdown(&summary))?;
    }
    Ok(Exit::Done)
}

/// What would be done after the run, done now.
pub(super) fn announce(desk: &Desk, args: &Announce) -> Result<Exit, Failure> {
    let (run, manifest) = sheets::find_sound(desk, args.run.as_deref().unwrap_or(sheets::LATEST))?;
    let of = args.schedule.as_deref().or(manifest.schedule.as_deref());
    let schedule = desk.config.schedules.iter().find(|schedule| Some(schedule.name.as_str()) == of);
    let wanted = wanted(desk, args, schedule.map(|schedule| &schedule.after));
    // What can be seen to be wrong is told before anything is done.
    if let Some(webhook) = &wanted.webhook {
        delivery::receiver(desk, webhook)?;
    }
    let exit = ended(desk, &run.id, &manifest, args)?;
    let told = Told { schedule: of, exit: Some(exit), against: None };
    let judged = after::judge(desk, &wanted, Some(&run.id), told, exit);
    let is_done = delivery::deliver(desk, &wanted, &judged, None) && !judged.is_incomplete;
    Ok(match judged.exit {
        Exit::Gate => Exit::Gate,
        // Here it is all there was to do; and a gate that cannot be judged is none that is open.
        _ if !is_done || (judged.exit == Exit::Failed && exit != Exit::Failed) => Exit::Failed,
        _ => Exit::Done,
    })
}

/// What the flags say, and where they say nothing of gate and webhook, what the schedule does.
fn wanted(desk: &Desk, args: &Announce, scheduled: Option<&After>) -> After {
    // A path in a flag is meant from the working folder.
    let summary = args.summary.as_ref().map(|path| desk.folder().join(path));
    let summary = summary.map(|path| std::path::absolute(&path).unwrap_or(path));
    let told = args.webhook.clone().map(|url| Webhook { url, secret_env: args.webhook_secret_env.clone() });
    After {
        fail_above: args.fail_above.or_else(|| scheduled?.fail_above),
        summary,
        webhook: told.or_else(|| scheduled?.webhook.clone()),
        command: args.command.clone(),
    }
}

/// How it ended: as its occasion says, else as far as its record shows. A gate of the flags' own is judged anew.
fn ended(desk: &Desk, run: &str, manifest: &Manifest, args: &Announce) -> Result<Exit, Failure> {
    let allowed = outcome::allowed_gaps(desk, manifest.schedule.as_deref());
    let occasion = store::occasion_of(&desk.config.cache, run)?;
    let exit = occasion.and_then(|(_, exit)| Exit::of(exit));
    let exit = exit.filter(|exit| args.fail_above.is_none() || *exit != Exit::Gate);
    Ok(exit.unwrap_or_else(|| manifest.exit(allowed)))
}

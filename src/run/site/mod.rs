//! `site`: from runs in the store to pages on disk.

mod check;
mod folder;
mod gather;
mod past;
mod settings;

use std::collections::BTreeSet;
use std::sync::Mutex;

use anyhow::anyhow;

use super::manifest::Manifest;
use super::{Desk, Exit, Failure};
use crate::cli::{self, SiteBuild};
use crate::report::count;
use crate::site::{self, File};
use crate::store::KeptRun;

pub(super) use check::open;
use folder::Folder;
pub(super) use past::shown as chosen;

/// A run as it is kept.
type Run = (KeptRun, Manifest);

pub(super) fn site(desk: &Desk, command: &cli::Site) -> Result<Exit, Failure> {
    match command {
        cli::Site::Build(args) => build(desk, args),
        cli::Site::Check { folder } => check::check(desk, folder),
    }
}

pub(super) fn build(desk: &Desk, args: &SiteBuild) -> Result<Exit, Failure> {
    let chosen = past::choose(desk, &args.shown)?;
    let out = desk.folder().join(&args.out);
    // What cannot be written need not be made.
    Folder::check(&out)?;
    let site = gather::gather(desk, &chosen)?;
    let folder = Folder::open(&out)?;
    hold_its_size(&folder, &site, args)?;
    let written = Mutex::new(Written::default());
    site::write(&site, &|file: &File| -> Result<(), Failure> {
        folder.put(file)?;
        // What another thread has counted so far is not wrong because it has failed since.
        let mut written = written.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        written.bytes += file.bytes.len() as u64;
        written.paths.insert(file.path.clone());
        Ok(())
    })?;
    let Written { bytes, paths } = written.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let removed = folder.finish(&paths)?;
    tell(desk, args, &site, (paths.len(), bytes, removed));
    Ok(Exit::Done)
}

/// A trial run of a few occupations must not take the place of a site of all, unless it is meant to.
fn hold_its_size(folder: &Folder, site: &site::Site, args: &SiteBuild) -> Result<(), Failure> {
    let (before, now) = (folder.occupations(), site.entries.len());
    if !args.shown.runs.is_empty() || now * 2 >= before {
        return Ok(());
    }
    let run = &site.receipt.run;
    Err(Failure::usage(anyhow!(
        "run {run} has {}, and the site in {} has {before}: nothing was changed",
        count(now as u64, "occupation"),
        args.out.display()
    ))
    .hint(format!(
        "--run NAME says which run is meant (score-tasks runs list shows them); --run {run} is this one"
    )))
}

#[derive(Default)]
struct Written {
    bytes: u64,
    paths: BTreeSet<String>,
}

fn tell(desk: &Desk, args: &SiteBuild, site: &site::Site, (files, bytes, removed): (usize, u64, usize)) {
    let gone = if removed > 0 {
        format!(", {} removed", count(removed as u64, "older file"))
    } else {
        String::new()
    };
    desk.talk.say(format_args!(
        "Run {}: {}, {} in {}{gone}",
        site.receipt.run,
        count(site.entries.len() as u64, "occupation"),
        format_args!("{} with {:.1} MB", count(files as u64, "file"), bytes as f64 / 1e6),
        args.out.display()
    ));
    if site.settings.is_demo {
        desk.talk.say("Scores made up by mocks are among them: every page says so.");
    }
    if site.settings.base_url.is_none() {
        desk.talk.say("Without [site] base_url there is no feed, no sitemap and no preview picture.");
    }
    desk.talk
        .say(format_args!("Next: score-tasks site check {0}; score-tasks serve {0}", args.out.display()));
}

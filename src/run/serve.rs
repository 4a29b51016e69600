//! `serve`: a built site on this machine, shown as a host would; built anew when what it is made of changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;

use super::interrupt::{Interrupts, stop};
use super::output::Talk;
use super::{Desk, Exit, Failure, facts, rebuild, site};
use crate::cli;
use crate::domain::Instant;
use crate::pace::Clock;
use crate::read::{self, Behind, Folder, Stamp};
use crate::serve::{Files, Found, Server};

/// Builds the site once more.
type Rebuild = Box<dyn Fn() -> Result<(), Failure>>;

/// How often what is watched is looked at.
const LOOK_AGAIN_MS: i64 = 1_000;

/// Shows a built site; with `--watch` one that is built first, and again whenever something changes.
pub(super) fn serve(desk: &Desk, args: &cli::Serve) -> Result<Exit, Failure> {
    if !args.watch {
        return show(desk, args, None, &[]);
    }
    let build = cli::SiteBuild { out: args.folder.clone(), shown: args.shown.clone() };
    let (global, clock) = (desk.global.clone(), desk.clock.clone());
    // The config may be what has changed, so it is read again.
    let again: Rebuild =
        Box::new(move || site::build(&Desk::open(&global, clock.clone())?, &build).map(|_| ()));
    again()?;
    show(desk, args, Some(again), &watched(desk, args)?)
}

/// What a site is made of, as far as it stands in files.
fn watched(desk: &Desk, args: &cli::Serve) -> Result<Vec<PathBuf>, Failure> {
    let config = &desk.config;
    let mut paths = vec![config.prompts(), config.occupations(), config.cache.clone()];
    paths.extend(config.file.clone());
    let mut log = config.cache.clone().into_os_string();
    log.push("-wal");
    paths.push(log.into());
    let run = rebuild::rebuild(&site::chosen(desk, args.shown.runs.first().map(String::as_str))?.1)?;
    paths.extend(run.items.as_ref().map(|items| desk.folder().join(items)));
    paths.extend(facts::release(desk, &run));
    let facts = &config.facts;
    paths.extend(facts.onet.iter().chain(&facts.wages).chain(&facts.projections).cloned());
    paths.extend(facts.sector.iter().flat_map(|sector| [sector.series.clone(), sector.map.clone()]));
    Ok(paths)
}

/// Shows the site until it is told to stop. With `rebuild`, that is called whenever one of `watched` has changed:
/// files, or folders, whose files are meant as well.
fn show(
    desk: &Desk,
    args: &cli::Serve,
    rebuild: Option<Rebuild>,
    watched: &[PathBuf],
) -> Result<Exit, Failure> {
    // Whoever ends it need not be told.
    let interrupts = Interrupts::listen(Talk { quiet: true })?;
    let path = desk.folder().join(&args.folder);
    site::open(&path)?;
    if !args.listen.ip().is_loopback() {
        let address = args.listen;
        desk.talk.warn(format_args!(
            "{address} can be reached from other machines; the site is shown to all of them"
        ));
    }
    let server =
        Server::of_site(args.listen, files(path, base(desk)), crate::site::headers()).map_err(|error| {
            Failure::new(Exit::Failed, anyhow!("cannot listen at {}: {error}", args.listen))
                .hint("another program may have this port; --listen 127.0.0.1:0 takes a free one")
        })?;
    desk.talk.say(format_args!("http://{}/  (Ctrl-C ends it)", server.address));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let mut watch = Watch::new(watched);
    let mut until_changed = || {
        runtime.block_on(async {
            tokio::select! {
                () = stop(Some(&interrupts)) => None,
                changed = watch.change(&desk.clock), if rebuild.is_some() => Some(changed),
            }
        })
    };
    // A build waits for the store, which nothing that is waited for in a runtime may do.
    while let (Some(changed), Some(rebuild)) = (until_changed(), &rebuild) {
        desk.talk.say(format_args!("{} has changed: building anew", changed.display()));
        match rebuild() {
            Ok(()) => desk.talk.say("Built"),
            // The site that is there goes on being shown.
            Err(failure) => failure.print(),
        }
    }
    Ok(Exit::Done)
}

/// The folder is looked up each time: a build may have put another one in its place. The site is found at the root, and
/// at the path of its address as well, which is where its page for whatever is not there leads to.
fn files(folder: PathBuf, base: Option<String>) -> Files {
    Arc::new(move |path| {
        let path = base.as_deref().and_then(|base| path.strip_prefix(base)).unwrap_or(path);
        match Folder::open(&folder).ok()?.show(path)? {
            Behind::File(bytes) => Some(Found::File(bytes)),
            Behind::Folder => Some(Found::Folder),
        }
    })
}

/// The path of the site's address, as requests have it: `exposure/` of `https://example.org/exposure/`.
fn base(desk: &Desk) -> Option<String> {
    let (_, rest) = desk.config.site.base_url.as_deref()?.split_once("://")?;
    rest.split_once('/').map(|(_, path)| path.to_owned()).filter(|path| !path.is_empty())
}

/// Files, and how they were when something was last made of them.
struct Watch<'a> {
    watched: &'a [PathBuf],
    seen: Seen,
}

impl<'a> Watch<'a> {
    fn new(watched: &'a [PathBuf]) -> Self {
        Self { watched, seen: Seen::of(watched) }
    }

    /// Returns when something has changed, with its name.
    async fn change(&mut self, clock: &Clock) -> PathBuf {
        loop {
            clock.wait_until(Instant(clock.now().0.saturating_add(LOOK_AGAIN_MS))).await;
            // On a clock that leaps, others have their turn as well.
            tokio::task::yield_now().await;
            let now = Seen::of(self.watched);
            if now == self.seen {
                continue;
            }
            // What is being written changes again: whoever builds of half a file builds twice.
            clock.wait_until(Instant(clock.now().0.saturating_add(LOOK_AGAIN_MS / 5))).await;
            let changed = now.first_unlike(&self.seen);
            self.seen = Seen::of(self.watched);
            return changed;
        }
    }
}

/// How files were when they were looked at.
#[derive(PartialEq)]
struct Seen(Vec<(PathBuf, Option<Stamp>)>);

impl Seen {
    fn of(watched: &[PathBuf]) -> Self {
        let mut seen = Vec::new();
        for path in watched {
            seen.push((path.clone(), read::stamp(path)));
            let within = if path.is_dir() { names(path) } else { Vec::new() };
            seen.extend(within.into_iter().map(|path| (path.clone(), read::stamp(&path))));
        }
        Self(seen)
    }

    /// The first that is not as it was.
    fn first_unlike(&self, other: &Self) -> PathBuf {
        let mine = self.0.iter().find(|one| !other.0.contains(one));
        let theirs = || other.0.iter().find(|one| !self.0.contains(one));
        mine.or_else(theirs).map(|(path, _)| path.clone()).unwrap_or_default()
    }
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let names = Folder::open(folder).and_then(|folder| folder.names()).unwrap_or_default();
    names.into_iter().map(|name| folder.join(name)).collect()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make their own files")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_is_seen_wherever_it_is_made_among_what_is_watched_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| {
            std::fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            std::fs::write(path(name), text).unwrap();
        };
        write("prompts/exposure/system.md", "old");
        write("config.toml", "1");
        let watched = [path("config.toml"), path("prompts"), path("cache/answers.sqlite-wal")];
        let clock = Clock::leaping_from(Instant::parse("2027-01-01").unwrap());
        let mut watch = Watch::new(&watched);
        let seen = async |watch: &mut Watch<'_>| {
            tokio::select! {
                biased;
                changed = watch.change(&clock) => Some(changed),
                () = async { for _ in 0..50 { tokio::task::yield_now().await } } => None,
            }
        };
        write("elsewhere", "x");
        assert_eq!(seen(&mut watch).await, None);
        for (name, text) in
            [("config.toml", "22"), ("prompts/exposure/user.md", "new"), ("cache/answers.sqlite-wal", "new")]
        {
            write(name, text);
            let changed = seen(&mut watch).await.unwrap();
            assert!(
                path(name).starts_with(&changed) || changed.starts_with(path("prompts")),
                "{name}: {changed:?}"
            );
            assert_eq!(seen(&mut watch).await, None, "{name}");
        }
        std::fs::remove_file(path("cache/answers.sqlite-wal")).unwrap();
        assert_eq!(seen(&mut watch).await, Some(path("cache/answers.sqlite-wal")));
    }
}

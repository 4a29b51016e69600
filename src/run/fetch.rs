//! `data fetch`: a release of O*NET over the network, in as many runs as it takes.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use serde::{Deserialize, Serialize};

use super::data::{self, FileHash};
use super::interrupt::Interrupts;
use super::output::Talk;
use super::{Desk, Exit, Failure};
use crate::domain::Release;
use crate::progress::{Transfer, megabytes};
use crate::provider::{Download, DownloadError, Downloaded, Kept};
use crate::read::{self, Catalogue};
use crate::write::{self, Part};

/// The largest archive that is taken. That of 30.1 has 13 MB.
const MOST: u64 = 200_000_000;

/// A release on its way.
struct Fetch<'a> {
    desk: &'a Desk,
    release: Release,
    url: String,
    part: Part,
    origin: PathBuf,
}

/// Written beside a file that is not whole yet: what its bytes are of.
#[derive(Serialize, Deserialize)]
struct Origin {
    url: String,
    /// The server's name for the version; without one it cannot be gone on with.
    mark: Option<String>,
    size: Option<u64>,
}

pub(super) fn fetch(desk: &Desk, release: Release) -> Result<Exit, Failure> {
    if data::is_there(desk, &release.name()) {
        return there_already(desk, release);
    }
    let Some(mut fetch) = Fetch::open(desk, release)? else {
        let error = anyhow!("{} is being downloaded by another program", release.title());
        return Err(Failure::new(Exit::Failed, error).hint("wait until it has ended"));
    };
    // The other program may have ended just now.
    if data::is_there(desk, &release.name()) {
        drop(fetch);
        return there_already(desk, release);
    }
    if !fetch.download_until_stopped()? {
        return Ok(Exit::Interrupted);
    }
    fetch.put_in_place()
}

fn there_already(desk: &Desk, release: Release) -> Result<Exit, Failure> {
    // Of a run that was killed at its very end, or of one that gave way to an import by hand.
    let (part, origin) = (beside(desk, release, "part"), beside(desk, release, "part-of"));
    if (part.exists() || origin.exists())
        && let Some(part) = Part::open(&part)?
    {
        part.remove()?;
        write::remove(&origin)?;
    }
    let (title, name) = (release.title(), release.name());
    desk.talk.say(format_args!("{title} is there already. Use it with --catalog {name}"));
    Ok(Exit::Done)
}

/// A file beside the archive, for what is not whole yet.
fn beside(desk: &Desk, release: Release, ending: &str) -> PathBuf {
    desk.config.catalogs().join(format!("{}.zip.{ending}", release.name()))
}

impl<'a> Fetch<'a> {
    /// `None` while another program is at it.
    fn open(desk: &'a Desk, release: Release) -> Result<Option<Self>, Failure> {
        let name = release.name();
        let (path, origin) = (beside(desk, release, "part"), beside(desk, release, "part-of"));
        let zip = data::zip_path(desk, &name);
        let is_placed = data::kept_at(desk, &name).exists();
        // Put in place by a run that was killed before it could write that down.
        let cut_short = is_placed && !path.exists() && origin.exists();
        if is_placed && !cut_short {
            return Err(data::left_over(desk, &name).hint("remove it, and run the same command again"));
        }
        let Some(mut part) = Part::open(if cut_short { &zip } else { &path })? else { return Ok(None) };
        if cut_short {
            // What another program has just ended must stay where it is.
            if data::is_there(desk, &name) {
                return Ok(None);
            }
            part.rename(&path)?;
        }
        let url = format!("{}{}", desk.config.onet_base_url, release.archive());
        Ok(Some(Self { desk, release, url, part, origin }))
    }

    /// False where the user has stopped it.
    fn download_until_stopped(&mut self) -> Result<bool, Failure> {
        // Nothing but bytes is in flight, so the first signal ends it.
        let mut stop = Interrupts::listen(Talk { quiet: true })?.stop;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ended = runtime.block_on(async {
            tokio::select! {
                ended = self.download() => ended.map(|()| true),
                Ok(_) = stop.wait_for(|stopped| *stopped) => Ok(false),
            }
        });
        if let Ok(false) = ended {
            let next = self.next_try();
            self.desk.talk.say(format_args!("Interrupted; {next}"));
        }
        // Nothing has come that may stay.
        if self.part.bytes() == 0 {
            self.clear_away()?;
        }
        ended
    }

    async fn download(&mut self) -> Result<(), Failure> {
        let origin = self.origin().filter(|origin| origin.url == self.url);
        let have = self.part.bytes();
        if origin.as_ref().is_some_and(|origin| origin.size == Some(have)) {
            return Ok(());
        }
        let kept = origin.as_ref().and_then(|origin| origin.kept(have));
        self.desk.talk.say(format_args!("Downloading {}", self.url));
        let download = Download { url: &self.url, kept, most: MOST };
        let mut arriving = match download.begin().await {
            Ok(arriving) => arriving,
            Err(error) => return Err(self.failed(error)),
        };
        self.begin(&arriving.file, have)?;
        let mut progress = progress(self.desk, arriving.file.size, self.part.bytes());
        loop {
            match arriving.next().await {
                Ok(Some(bytes)) => self.part.append(&bytes)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    drop(progress);
                    return Err(self.failed(error));
                }
            }
            progress.at(self.part.bytes());
        }
    }

    /// Makes ready for what comes. Bytes never lie beside the origin of others: the old ones go first.
    fn begin(&mut self, file: &Downloaded, have: u64) -> Result<(), Failure> {
        if file.from > 0 {
            self.desk.talk.say(format_args!("Going on after {}", megabytes(file.from)));
            return Ok(());
        }
        if have > 0 {
            self.desk.talk.say("What is there of it is of no use; from the beginning.");
        }
        self.part.clear()?;
        let origin = Origin { url: self.url.clone(), mark: file.mark.clone(), size: file.size };
        let json = serde_json::to_string(&origin).map_err(|error| Failure::new(Exit::Failed, error))?;
        Ok(write::file(&self.origin, format!("{json}\n").as_bytes())?)
    }

    fn origin(&self) -> Option<Origin> {
        let files = read::whole_files(&self.origin).ok()?;
        serde_json::from_slice(&files.first()?.1).ok()
    }

    /// Checks what is in the file, and makes a catalogue of it.
    fn put_in_place(mut self) -> Result<Exit, Failure> {
        let archive = self.release.archive();
        let bytes = self.part.content()?;
        let hashes = vec![FileHash::of(&archive, &bytes)];
        let catalogue = match self.checked(&archive, bytes) {
            Ok(catalogue) => catalogue,
            Err(error) => {
                self.clear_away()?;
                return Err(Failure::usage(error).hint(format!("nothing is kept of it; {}", self.by_hand())));
            }
        };
        let name = self.release.name();
        let zip = data::zip_path(self.desk, &name);
        let ended = data::keep(self.desk, &name, &catalogue, hashes, || self.part.rename(&zip))?;
        write::remove(&self.origin)?;
        Ok(ended)
    }

    fn checked(&self, name: &str, bytes: Vec<u8>) -> anyhow::Result<Catalogue> {
        if is_web_page(&bytes) {
            return Err(anyhow!("{}: what came is a web page, not a zip archive", self.url));
        }
        let catalogue = Catalogue::from_zip(name, bytes);
        let catalogue =
            catalogue.with_context(|| format!("{}: what came is no release of O*NET", self.url))?;
        // Where it does not say what it is, the address has to do.
        let (found, expected) = (&catalogue.id.name, self.release.title());
        if found.starts_with("O*NET ") && *found != expected {
            return Err(anyhow!("{}: what came is {found}, not {expected}", self.url));
        }
        Ok(catalogue)
    }

    fn clear_away(&self) -> Result<(), Failure> {
        self.part.remove()?;
        Ok(write::remove(&self.origin)?)
    }

    /// Why it was not downloaded, with the next step.
    fn failed(&mut self, error: DownloadError) -> Failure {
        if let DownloadError::TooLarge { .. } = error
            && let Err(error) = self.part.clear()
        {
            return error.into();
        }
        let by_hand = self.by_hand();
        let (exit, hint) = match &error {
            DownloadError::Unreachable { .. } => (Exit::Failed, by_hand),
            DownloadError::BrokenOff { .. } => (Exit::Failed, self.next_try()),
            DownloadError::Refused { status: 404 | 410, .. } => {
                let release = self.release;
                let hint = format!(
                    "there may be no release {release}; https://www.onetcenter.org/database.html has the newest one"
                );
                (Exit::Usage, hint)
            }
            DownloadError::Refused { .. } => (Exit::Failed, format!("try again later, or {by_hand}")),
            DownloadError::SentOn { .. } => {
                let hint = format!(
                    "if releases are to be had there, data.onet_base_url in config.toml names the folder; or {by_hand}"
                );
                (Exit::Usage, hint)
            }
            DownloadError::TooLarge { .. } => (Exit::Usage, format!("nothing is kept of it; {by_hand}")),
        };
        Failure::new(exit, error).hint(hint)
    }

    fn by_hand(&self) -> String {
        let archive = self.release.archive();
        format!("download it in a browser or elsewhere, then: score-tasks data import PATH/TO/{archive}")
    }

    /// What the same command would do now.
    fn next_try(&self) -> String {
        let bytes = self.part.bytes();
        match self.origin().is_some_and(|origin| origin.kept(bytes).is_some()) {
            true => format!("the same command goes on after {}", megabytes(bytes)),
            false => "the same command begins anew".to_owned(),
        }
    }
}

impl Origin {
    /// So many bytes as something to go on with.
    fn kept(&self, bytes: u64) -> Option<Kept<'_>> {
        let mark = self.mark.as_deref()?;
        let is_rest = self.size.is_none_or(|size| bytes < size);
        (bytes > 0 && is_rest).then_some(Kept { bytes, mark })
    }
}

fn progress(desk: &Desk, size: Option<u64>, from: u64) -> Transfer {
    if desk.global.quiet {
        Transfer::Silent
    } else if std::io::stderr().is_terminal() && !desk.global.no_progress {
        Transfer::bar(size, from)
    } else {
        Transfer::lines(size, from)
    }
}

/// Networks that want a login, and servers that are tidied up, answer so.
fn is_web_page(bytes: &[u8]) -> bool {
    let start = bytes.get(..1_000).unwrap_or(bytes).trim_ascii_start().to_ascii_lowercase();
    [&b"<!doctype html"[..], b"<html"].iter().any(|tag| start.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_gone_on_with_where_the_server_names_its_version() {
        let origin =
            |mark: Option<&str>, size| Origin { url: String::new(), mark: mark.map(str::to_owned), size };
        let kept = |origin: Origin, bytes| origin.kept(bytes).map(|kept| kept.bytes);
        assert_eq!(kept(origin(Some("x"), Some(9)), 5), Some(5));
        assert_eq!(kept(origin(Some("x"), None), 5), Some(5));
        assert_eq!(kept(origin(Some("x"), Some(9)), 0), None);
        assert_eq!(kept(origin(Some("x"), Some(9)), 9), None, "nothing is missing");
        assert_eq!(kept(origin(Some("x"), Some(9)), 10), None, "it is something else");
        assert_eq!(kept(origin(None, Some(9)), 5), None);
    }

    #[test]
    fn web_pages_are_told_from_archives() {
        assert!(is_web_page(b"\r\n <!DOCTYPE HTML>\n<html>") && is_web_page(b"<html lang=en>"));
        assert!(!is_web_page(b"PK\x03\x04<html>") && !is_web_page(b""));
    }
}

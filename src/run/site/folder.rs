//! The folder of a site: files that are the same stay untouched, what no longer belongs to it goes, and nothing that is
//! not ours is touched.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::anyhow;

use crate::read;
use crate::run::Failure;
use crate::site::File;
use crate::write::{self, Journal};

/// Names the files of the site, one a line: only what is named here is ever replaced or removed.
const LIST: &str = ".score-tasks-site";

/// A folder that is a site's, or becomes one.
pub(super) struct Folder {
    root: PathBuf,
    /// The files of the site that was there before.
    before: BTreeSet<String>,
    /// A file is in the list before it is in the folder, so that a build that is cut short leaves none unnamed.
    list: Mutex<Journal>,
}

impl Folder {
    /// A folder with anything else in it is not touched.
    pub fn check(root: &Path) -> Result<(), Failure> {
        if root.join(LIST).exists() || write::is_free(root)? {
            return Ok(());
        }
        Err(Failure::usage(anyhow!("{} is there and is no site of ours", root.display()))
            .hint("name a new or an empty folder with --out"))
    }

    /// Makes it where it is not there.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        Self::check(root)?;
        let list = root.join(LIST);
        let mut text = String::new();
        if list.exists() {
            read::once(&list)?.read_to_string(&mut text)?;
        }
        let before = text.lines().filter(|line| is_inside(line)).map(str::to_owned).collect();
        let list = Mutex::new(Journal::open(&list)?);
        // Whatever links lead there, as the system sees it: what is written must stay below it.
        Ok(Self { root: root.canonicalize()?, before, list })
    }

    /// How many pages of occupations the site that was there before has.
    pub fn occupations(&self) -> usize {
        self.before.iter().filter(|path| path.starts_with("data/occupations/")).count()
    }

    /// Writes a file, unless it is there already with the same bytes.
    pub fn put(&self, file: &File) -> Result<(), Failure> {
        let path = self.root.join(&file.path);
        let is_ours = self.before.contains(&file.path);
        if !is_ours && path.symlink_metadata().is_ok() {
            return Err(Failure::usage(anyhow!(
                "{} is there and is not of an earlier build",
                path.display()
            ))
            .hint("move it away, or build into another folder with --out"));
        }
        self.hold_inside(&path)?;
        if !is_ours {
            // What another thread wrote into it before it failed stands there.
            let mut list = self.list.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            list.add(&file.path)?;
        }
        Ok(write::page(&path, &file.bytes)?)
    }

    /// A link to elsewhere among the folders would carry what is written away.
    fn hold_inside(&self, path: &Path) -> Result<(), Failure> {
        let nearest = path.ancestors().skip(1).find_map(|folder| folder.canonicalize().ok());
        if nearest.is_some_and(|folder| folder.starts_with(&self.root)) {
            return Ok(());
        }
        Err(Failure::usage(anyhow!("{} leads out of {}", path.display(), self.root.display()))
            .hint("remove the link, or build into another folder with --out"))
    }

    /// Removes what only the older site had; says how many files that were.
    pub fn finish(self, now: &BTreeSet<String>) -> Result<usize, Failure> {
        let gone: Vec<&String> = self.before.difference(now).collect();
        for path in &gone {
            self.hold_inside(&self.root.join(path))?;
            write::remove_page(&self.root, path)?;
        }
        drop(self.list);
        let list: String = now.iter().map(|path| format!("{path}\n")).collect();
        write::file(&self.root.join(LIST), list.as_bytes())?;
        Ok(gone.len())
    }
}

/// A list that somebody has edited must not lead out of the folder.
fn is_inside(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('/')
        && !path.contains('\\')
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn nothing_outside_is_ever_removed() {
        for path in ["o/a/index.html", "index.html", "data/x.csv", ".headers"] {
            assert!(is_inside(path), "{path}");
        }
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./x", "a\\b", "o/"] {
            assert!(!is_inside(path), "{path}");
        }
    }
}

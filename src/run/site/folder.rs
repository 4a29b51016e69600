//! The folder of a site: files that are the same stay untouched, and what no longer belongs to it goes.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::read;
use crate::run::Failure;
use crate::site::File;
use crate::write;

/// Names the files of the site, one a line: only what is named here is ever removed.
const LIST: &str = ".score-tasks-site";

/// A folder that is a site's, or becomes one.
pub(super) struct Folder {
    root: PathBuf,
    /// The files of the site that was there before.
    before: BTreeSet<String>,
}

impl Folder {
    /// A folder with anything else in it is not touched.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let list = root.join(LIST);
        if !list.exists() {
            if !write::is_free(root)? {
                return Err(Failure::usage(anyhow!("{} is there and is no site of ours", root.display()))
                    .hint("name a new or an empty folder with --out"));
            }
            return Ok(Self { root: root.to_owned(), before: BTreeSet::new() });
        }
        let mut text = String::new();
        read::once(&list)?.read_to_string(&mut text)?;
        let before = text.lines().filter(|line| is_inside(line)).map(str::to_owned).collect();
        Ok(Self { root: root.to_owned(), before })
    }

    /// Writes a file, unless it is there already with the same bytes.
    pub fn put(&self, file: &File) -> Result<(), Failure> {
        Ok(write::page(&self.root.join(&file.path), &file.bytes)?)
    }

    /// Removes what only the older site had; says how many files that were.
    pub fn finish(&self, now: &BTreeSet<String>) -> Result<usize, Failure> {
        // The list holds both until the old ones are gone, so that a kill leaves nothing unnamed behind.
        let list = |paths: &mut dyn Iterator<Item = &String>| -> String {
            paths.map(|path| format!("{path}\n")).collect()
        };
        let path = self.root.join(LIST);
        let gone: Vec<&String> = self.before.difference(now).collect();
        for path in &gone {
            write::remove_page(&self.root, path)?;
        }
        write::file(&path, list(&mut now.iter()).as_bytes())?;
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

//! A folder of files as it is shown to others: all names in it, and the bytes behind one, never of what lies outside.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::ReadError;
use super::files::{MAX_BYTES, Stamp, read_whole};

/// Paths in it have `/` between names.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Without links, so that what leads out of it can be told.
    root: PathBuf,
}

/// What lies behind a path.
#[derive(Debug, PartialEq, Eq)]
pub enum Behind {
    File(Vec<u8>),
    Folder,
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let label = path.display().to_string();
        let root = path.canonicalize().map_err(|source| ReadError::Io { file: label.clone(), source })?;
        if root.is_dir() { Ok(Self { root }) } else { Err(ReadError::file(&label, "is not a folder")) }
    }

    /// All files, sorted. Links to folders are not followed, for they may lead in a ring.
    pub fn names(&self) -> Result<Vec<String>, ReadError> {
        let mut names = Vec::new();
        let mut ahead = vec![(self.root.clone(), String::new())];
        while let Some((folder, path)) = ahead.pop() {
            let io = |source| ReadError::Io { file: folder.display().to_string(), source };
            for entry in fs::read_dir(&folder).map_err(io)? {
                let entry = entry.map_err(io)?;
                let Ok(name) = entry.file_name().into_string() else {
                    let label = entry.path().display().to_string();
                    return Err(ReadError::file(&label, "the name is not UTF-8"));
                };
                let path = if path.is_empty() { name } else { format!("{path}/{name}") };
                if entry.file_type().map_err(io)?.is_dir() {
                    ahead.push((entry.path(), path));
                } else if entry.path().is_file() {
                    names.push(path);
                }
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// One of the names.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, ReadError> {
        let bytes = read_whole(&self.root.join(name), MAX_BYTES)?;
        bytes.ok_or_else(|| ReadError::file(name, "is no longer there"))
    }

    /// What a stranger gets for a path: nothing that is hidden, and nothing that lies outside, not even by a link.
    pub fn show(&self, path: &str) -> Option<Behind> {
        let is_odd =
            |name: &str| name.starts_with('.') || name.is_empty() || name.contains(['\\', '\0', ':']);
        let path = path.strip_suffix('/').unwrap_or(path);
        if !path.is_empty() && path.split('/').any(is_odd) {
            return None;
        }
        let real = self.root.join(path).canonicalize().ok()?;
        let inside = real.strip_prefix(&self.root).ok()?;
        let is_hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
        if inside.components().any(is_hidden) {
            return None;
        }
        if real.is_dir() {
            return Some(Behind::Folder);
        }
        read_whole(&real, MAX_BYTES).ok().flatten().map(Behind::File)
    }
}

/// What changes when a file is written to, put in its place or taken away; `None` where there is none.
pub fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path).ok().as_ref().map(Stamp::of)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests make their own files")]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let all = tempfile::tempdir().unwrap();
        let site = all.path().join("site");
        for (name, text) in
            [("index.html", "i"), ("o/1/index.html", "1"), (".git/config", "g"), (".env", "e")]
        {
            fs::create_dir_all(site.join(name).parent().unwrap()).unwrap();
            fs::write(site.join(name), text).unwrap();
        }
        fs::write(all.path().join("secret"), "s").unwrap();
        let folder = Folder::open(&site).unwrap();
        (all, folder)
    }

    #[test]
    fn what_is_in_a_folder_is_shown_by_its_path() {
        let (_all, folder) = folder();
        assert_eq!(folder.show("index.html"), Some(Behind::File(b"i".to_vec())));
        assert_eq!(folder.show("o/1/index.html"), Some(Behind::File(b"1".to_vec())));
        assert_eq!(
            [folder.show(""), folder.show("o/1/"), folder.show("o")],
            [const { Some(Behind::Folder) }; 3]
        );
        assert_eq!(folder.names().unwrap(), [".env", ".git/config", "index.html", "o/1/index.html"]);
    }

    #[test]
    fn nothing_outside_and_nothing_hidden_is_shown() {
        let (_all, folder) = folder();
        for path in [
            "../secret",
            "o/../../secret",
            "/etc/passwd",
            "//etc/passwd",
            ".env",
            ".git/config",
            "o//1",
            "..",
            "x",
            "a\0b",
            "c:\\x",
        ] {
            assert_eq!(folder.show(path), None, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_neither_out_nor_to_what_is_hidden() {
        let (all, folder) = folder();
        let site = all.path().join("site");
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, site.join(name)).unwrap();
        link(&all.path().join("secret"), "out");
        link(all.path(), "up");
        link(&site.join(".env"), "shown");
        link(&site.join("index.html"), "same");
        for path in ["out", "up/secret", "up", "shown"] {
            assert_eq!(folder.show(path), None, "{path}");
        }
        assert_eq!(folder.show("same"), Some(Behind::File(b"i".to_vec())));
        assert!(!folder.names().unwrap().iter().any(|name| name.starts_with("up/")));
    }
}

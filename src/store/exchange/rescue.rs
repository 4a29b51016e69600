//! Answers that a failing store could not take: they are paid for, so they go into an export beside it.

#![expect(clippy::disallowed_types, reason = "where the store's own file fails there is only another one")]

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::form::Writer;
use crate::domain::Hash;
use crate::store::rows::New;

/// So many files of earlier mishaps are passed over.
const MOST_FILES: u32 = 10_000;

/// One file for as long as the store is open, however many commits fail.
pub(in crate::store) struct Rescue {
    store: PathBuf,
    temp: PathBuf,
    file: Option<Begun>,
}

struct Begun {
    path: PathBuf,
    file: File,
    bytes: u64,
    contexts: HashSet<Hash>,
}

impl Rescue {
    /// Beside this store, or else in this folder.
    pub(in crate::store) fn new(store: &Path, temp: PathBuf) -> Self {
        Self { store: store.to_owned(), temp, file: None }
    }

    /// Returns where the answers are, or why they are nowhere.
    pub(in crate::store) fn keep(&mut self, answers: &[New<'_>]) -> Result<&Path, String> {
        let goes_on = self.file.as_mut().is_some_and(|begun| begun.add(answers).is_ok());
        if !goes_on {
            let beside = self.store.parent().unwrap_or(Path::new("")).to_owned();
            let begun = self.begin(&beside, answers);
            let begun = begun.or_else(|here| {
                let there = self.begin(&self.temp, answers);
                there.map_err(|there| format!("beside it: {here}; in {}: {there}", self.temp.display()))
            });
            self.file = Some(begun?);
        }
        self.file.as_ref().map(|begun| begun.path.as_path()).ok_or_else(String::new)
    }

    fn begin(&self, folder: &Path, answers: &[New<'_>]) -> io::Result<Begun> {
        let stem = self.store.file_stem().unwrap_or_default().to_string_lossy();
        let mut number = 1;
        let (path, file) = loop {
            let path = folder.join(format!("{stem}.rescued-{number}.jsonl"));
            match new_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < MOST_FILES => {
                    number += 1
                }
                opened => break (path, opened?),
            }
        };
        let mut begun = Begun { path, file, bytes: 0, contexts: HashSet::new() };
        let written = begun.add(answers);
        if let Err(error) = written {
            // It is empty, or nearly; if it stays it only takes a number.
            let _ = std::fs::remove_file(&begun.path);
            return Err(error);
        }
        Ok(begun)
    }
}

impl Begun {
    /// Adds to the file and flushes it to disk. On an error it is cut back to what it was.
    fn add(&mut self, answers: &[New<'_>]) -> io::Result<()> {
        match self.write(answers) {
            Ok((bytes, contexts)) => (self.bytes, self.contexts) = (bytes, contexts),
            Err(error) => {
                // A line that stays half is refused when the file is read, and its neighbours are not.
                let _ = self.file.set_len(self.bytes);
                return Err(error);
            }
        }
        Ok(())
    }

    fn write(&self, answers: &[New<'_>]) -> io::Result<(u64, HashSet<Hash>)> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.bytes))?;
        let out = BufWriter::new(file);
        let mut writer = match self.bytes {
            0 => Writer::new(out)?,
            _ => Writer::after(out, self.contexts.clone()),
        };
        for answer in answers {
            writer.answer(answer)?;
        }
        let contexts = writer.finish()?;
        file.sync_all()?;
        Ok((file.stream_position()?, contexts))
    }
}

/// A file that nobody else may read: it may end in a folder that all share. Never one that is there.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

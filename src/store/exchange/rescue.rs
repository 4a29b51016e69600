//! Answers that a failing store could not take: they are paid for, so they go into an export beside it.

#![expect(clippy::disallowed_types, reason = "where the store's own file fails there is only another one")]

use std::collections::HashSet;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::form::Writer;
use crate::domain::Hash;
use crate::store::writing::New;

/// Into so many halves of halves a commit is cut that does not fit as a whole.
const MOST_HALVINGS: u32 = 6;
/// So many files of earlier mishaps are passed over.
const MOST_FILES: u32 = 10_000;

/// What became of answers that the store could not take. Shared, and filled as long as the store is open:
/// the first error is the one that people read, and by then it tells of all that came later.
#[derive(Clone, Debug, Default)]
pub struct Rescued(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    files: Vec<PathBuf>,
    kept: usize,
    lost: usize,
    why_lost: String,
}

impl Rescued {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where they are.
    pub fn files(&self) -> Vec<PathBuf> {
        self.log().files.clone()
    }

    /// How many are nowhere.
    pub fn lost(&self) -> usize {
        self.log().lost
    }
}

impl fmt::Display for Rescued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Log { files, kept, lost, why_lost } = &*self.log();
        let count = |number: usize| format!("{number} answer{}", if number == 1 { "" } else { "s" });
        if *kept > 0 {
            write!(f, "{} it could not take: in ", count(*kept))?;
            match files.as_slice() {
                [file] => write!(f, "{}", file.display())?,
                [first, .., last] => {
                    write!(f, "{} files, {} to {}", files.len(), first.display(), last.display())?;
                }
                [] => {}
            }
        }
        if *kept > 0 && *lost > 0 {
            f.write_str("; ")?;
        }
        if *lost > 0 {
            write!(f, "{} could be written nowhere, and lost ({why_lost})", count(*lost))?;
        }
        Ok(())
    }
}

/// One file for as long as the store is open, however many commits fail, and as long as it can be added to.
pub(in crate::store) struct Rescue {
    store: PathBuf,
    temp: PathBuf,
    file: Option<Begun>,
    rescued: Rescued,
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
        Self { store: store.to_owned(), temp, file: None, rescued: Rescued::default() }
    }

    pub(in crate::store) fn keep(&mut self, answers: &[New<'_>]) -> Rescued {
        self.keep_pieces(answers, MOST_HALVINGS);
        self.rescued.clone()
    }

    /// Where there is no room for all of them there may be for some.
    fn keep_pieces(&mut self, answers: &[New<'_>], halvings: u32) {
        let why = match self.write(answers) {
            Ok(new_file) => {
                let mut log = self.rescued.log();
                log.kept += answers.len();
                log.files.extend(new_file);
                return;
            }
            Err(why) => why,
        };
        if answers.len() > 1 && halvings > 0 {
            let (first, second) = answers.split_at(answers.len() / 2);
            self.keep_pieces(first, halvings - 1);
            self.keep_pieces(second, halvings - 1);
            return;
        }
        let mut log = self.rescued.log();
        log.lost += answers.len();
        log.why_lost = why;
    }

    /// Returns the file if it is a new one.
    fn write(&mut self, answers: &[New<'_>]) -> Result<Option<PathBuf>, String> {
        if self.file.as_mut().is_some_and(|begun| begun.add(answers).is_ok()) {
            return Ok(None);
        }
        let [beside, in_temp] = places(&self.store, &self.temp);
        let begun = self.begin(&beside, answers).or_else(|here| {
            let there = self.begin(&in_temp, answers);
            there.map_err(|there| format!("beside it: {here}; in {}: {there}", self.temp.display()))
        })?;
        let path = begun.path.clone();
        self.file = Some(begun);
        Ok(Some(path))
    }

    fn begin(&self, place: &Place, answers: &[New<'_>]) -> io::Result<Begun> {
        let mut number = 1;
        let (path, file) = loop {
            let path = place.folder.join(format!("{}{number}{ENDING}", place.prefix));
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

/// Where files of rescued answers go, and how their names begin.
struct Place {
    folder: PathBuf,
    prefix: String,
}

const ENDING: &str = ".jsonl";

/// Beside the store, and in the folder for temporary files, which the stores of other projects share: there
/// the name says which store it is.
fn places(store: &Path, temp: &Path) -> [Place; 2] {
    let stem = store.file_stem().unwrap_or_default().to_string_lossy();
    let whole = std::path::absolute(store).unwrap_or_else(|_| store.to_owned());
    let mut which = Hash::of(whole.as_os_str().as_encoded_bytes()).to_string();
    which.truncate(8);
    [
        Place {
            folder: whole.parent().unwrap_or(Path::new("")).to_owned(),
            prefix: format!("{stem}.rescued-"),
        },
        Place { folder: temp.to_owned(), prefix: format!("{stem}-{which}.rescued-") },
    ]
}

/// The files of earlier mishaps with this store. They stay until somebody has taken them in
/// and away.
pub fn rescued(store: &Path) -> Vec<PathBuf> {
    rescued_in(&places(store, &std::env::temp_dir()))
}

fn rescued_in(places: &[Place]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for Place { folder, prefix } in places {
        // A folder that is not there holds none.
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let number =
                name.to_str().and_then(|name| name.strip_prefix(prefix.as_str())?.strip_suffix(ENDING));
            if number.is_some_and(|number| number.parse::<u32>().is_ok()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    files
}

/// A file that nobody else may read: it may end in a folder that all share. Never one that is there.
fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::entry;

    #[test]
    fn however_many_files_it_takes_all_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("my answers.sqlite");
        let mut rescue = Rescue::new(&store, folder.path().join("not there"));
        let entries = [entry(1, 1, "four"), entry(2, 1, "five")];
        let answers = entries.each_ref().map(|entry| entry.as_new());
        let told = rescue.keep(&answers);
        let name = |number| folder.path().join(format!("my answers.rescued-{number}.jsonl"));
        assert_eq!(told.to_string(), format!("2 answers it could not take: in {}", name(1).display()));
        // As if the file could be added to no more.
        rescue.file = None;
        rescue.keep(&answers[..1]);
        let both = format!("in 2 files, {} to {}", name(1).display(), name(2).display());
        assert_eq!(told.to_string(), format!("3 answers it could not take: {both}"));
        rescue.file = None;
        rescue.store = folder.path().join("not there either/answers.sqlite");
        rescue.keep(&answers[1..]);
        assert_eq!(told.lost(), 1);
        // The first was taken in and removed; the second still waits, and another store's is none of ours.
        std::fs::remove_file(name(1)).unwrap();
        new_file(&folder.path().join("my answers 2.rescued-1.jsonl")).unwrap();
        assert_eq!(rescued_in(&places(&store, Path::new("not there"))), [name(2)]);
        assert!(
            told.to_string().contains("; 1 answer could be written nowhere, and lost (beside it: "),
            "{told}"
        );
    }
}

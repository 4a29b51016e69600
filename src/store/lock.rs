//! A lock beside the store: one holder at a time, by name. The system frees it with the process, however that ends.

#![expect(clippy::disallowed_types, reason = "a lock is a file beside the store")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// Held until it is dropped.
#[must_use = "it is free again as soon as it is dropped"]
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// What came of trying to take it.
#[derive(Debug)]
pub enum Locked {
    Taken(Lock),
    /// Somebody has it, and says so.
    Held {
        by: String,
    },
}

impl Lock {
    /// Takes the lock for `purpose` (`schedule`, `batch`) of the store at `path`, and says in it who has it.
    pub fn take(path: &Path, purpose: &str, holder: &str) -> Result<Locked, StoreError> {
        let lock = beside(&real(path), purpose);
        let fail = |error: std::io::Error| StoreError::Disk {
            path: lock.display().to_string(),
            detail: error.to_string(),
        };
        make_folder(&lock).map_err(fail)?;
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&lock);
        let mut file = file.map_err(fail)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).and_then(|()| writeln!(file, "{holder}")).map_err(fail)?;
                Ok(Locked::Taken(Self { file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut by = String::new();
                // Windows does not let a locked file be read; then nobody is named.
                let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut by));
                let by = read.ok().map(|_| by.trim().to_owned()).filter(|by| !by.is_empty());
                Ok(Locked::Held { by: by.unwrap_or_else(|| "another program".to_owned()) })
            }
            Err(TryLockError::Error(error)) => Err(fail(error)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The name goes first: whoever reads it now must not take it for one that has the lock.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// Where the store itself is: who comes by way of a link is to find the same lock. One that is not there yet is in
/// a folder that may be.
fn real(path: &Path) -> PathBuf {
    let of_folder = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(of_folder).unwrap_or_else(|| path.to_owned())
}

fn beside(path: &Path, purpose: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{purpose}.lock"));
    name.into()
}

#[expect(clippy::disallowed_methods, reason = "the folder of the store, which may not be there yet")]
fn make_folder(lock: &Path) -> std::io::Result<()> {
    match lock.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => std::fs::create_dir_all(folder),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_who_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("cache/answers.sqlite");
        let Locked::Taken(first) = Lock::take(&store, "batch", "process 1").unwrap() else { panic!() };
        match Lock::take(&store, "batch", "process 2").unwrap() {
            Locked::Held { by } => assert_eq!(by, "process 1"),
            Locked::Taken(_) => panic!("two have it"),
        }
        // Another purpose is another lock.
        let Locked::Taken(_other) = Lock::take(&store, "schedule", "process 2").unwrap() else { panic!() };
        #[cfg(unix)]
        {
            File::create(&store).unwrap();
            let link = folder.path().join("link.sqlite");
            std::os::unix::fs::symlink(&store, &link).unwrap();
            assert!(matches!(Lock::take(&link, "batch", "process 3").unwrap(), Locked::Held { .. }));
        }
        drop(first);
        let Locked::Taken(_second) = Lock::take(&store, "batch", "process 2").unwrap() else { panic!() };
    }
}

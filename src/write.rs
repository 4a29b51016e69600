//! Files that the program writes for people: whole or not at all, downloads aside.

#![expect(clippy::disallowed_types, reason = "the one place that writes files for people")]

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be written")]
pub struct WriteError {
    path: String,
    source: std::io::Error,
}

impl WriteError {
    fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |source| Self { path: path.display().to_string(), source }
    }
}

/// A file in the making: under its name only once it is complete.
///
/// What is there and is not a regular file, such as a pipe or `/dev/null`, is written to as it is.
pub struct Draft {
    path: PathBuf,
    target: Target,
}

enum Target {
    New(BufWriter<NamedTempFile>),
    Stream(BufWriter<File>),
}

impl Draft {
    /// Makes the folder if it is not there.
    pub fn new(path: &Path) -> Result<Self, WriteError> {
        // A link stays a link: the file behind it is meant.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let metadata = path.metadata().ok();
        if metadata.as_ref().is_some_and(|found| !found.is_file()) {
            let stream = OpenOptions::new().write(true).open(&path).map_err(WriteError::at(&path))?;
            return Ok(Self { path, target: Target::Stream(BufWriter::with_capacity(1 << 16, stream)) });
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        make_folder(folder)?;
        // The same folder, so that putting it in place is a rename and cannot be half done.
        let mut draft = tempfile::Builder::new();
        draft.prefix(".score-tasks-").suffix(".tmp");
        // As private as any other new file (the umask applies), or as the one that it replaces.
        if let Some(permissions) = metadata.map(|found| found.permissions()).or_else(ordinary) {
            draft.permissions(permissions);
        }
        let file = draft.tempfile_in(folder).map_err(WriteError::at(&path))?;
        Ok(Self { path, target: Target::New(BufWriter::with_capacity(1 << 16, file)) })
    }

    /// Puts the file in place; an older one is replaced.
    pub fn finish(self) -> Result<(), WriteError> {
        let path = self.path;
        match self.target {
            Target::Stream(mut stream) => stream.flush().map_err(WriteError::at(&path)),
            Target::New(file) => {
                let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
                let file = file.map_err(WriteError::at(&path))?;
                file.persist(&path).map_err(|error| error.error).map_err(WriteError::at(&path))?;
                Ok(())
            }
        }
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.target {
            Target::New(file) => file.write(bytes),
            Target::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.target {
            Target::New(file) => file.flush(),
            Target::Stream(stream) => stream.flush(),
        }
    }
}

#[cfg(unix)]
fn ordinary() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn ordinary() -> Option<Permissions> {
    None
}

/// Writes a file whole.
pub fn file(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    let mut draft = Draft::new(path)?;
    draft.write_all(content).map_err(WriteError::at(path))?;
    draft.finish()
}

/// Writes a file unless there is one; says whether it did.
pub fn new_file(path: &Path, content: &[u8]) -> Result<bool, WriteError> {
    if path.exists() {
        return Ok(false);
    }
    file(path, content)?;
    Ok(true)
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes folders for people")]
fn make_folder(folder: &Path) -> Result<(), WriteError> {
    std::fs::create_dir_all(folder).map_err(WriteError::at(folder))
}

/// Writes a folder of files whole: it has its name only once everything is in it.
#[expect(clippy::disallowed_methods, reason = "the one place that makes folders for people")]
pub fn folder(path: &Path, files: &[(String, Vec<u8>)]) -> Result<(), WriteError> {
    let parent = path.parent().unwrap_or(Path::new("."));
    make_folder(parent)?;
    let draft = tempfile::tempdir_in(parent).map_err(WriteError::at(path))?;
    for (name, bytes) in files {
        file(&draft.path().join(name), bytes)?;
    }
    std::fs::rename(draft.path(), path).map_err(WriteError::at(path))?;
    // Under its own name now, so there is nothing left to clear away.
    let _ = draft.keep();
    Ok(())
}

/// Whether nothing is there, or a folder with nothing in it.
pub fn is_free(folder: &Path) -> Result<bool, WriteError> {
    match folder.read_dir() {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(WriteError::at(folder)(error)),
    }
}

/// Writes one of many files that are made again whenever they are wanted: whole or not at all, and not at all where the
/// same bytes are there.
#[expect(clippy::disallowed_methods, reason = "the one place that writes files for people")]
pub fn page(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    let length = content.len() as u64;
    let is_same = path.metadata().is_ok_and(|found| found.is_file() && found.len() == length)
        && std::fs::read(path).is_ok_and(|found| found == content);
    if is_same {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Beside it, so that whoever reads it meanwhile has the old one or the new one.
    let draft = path.with_file_name(format!(".{name}.tmp"));
    let written = match std::fs::write(&draft, content) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make_folder(path.parent().unwrap_or(Path::new(".")))?;
            std::fs::write(&draft, content)
        }
        written => written,
    };
    written.and_then(|()| std::fs::rename(&draft, path)).map_err(WriteError::at(path))
}

/// A list that grows line by line.
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Goes on with what is there; makes it, and its folder, where there is none.
    pub fn open(path: &Path) -> Result<Self, WriteError> {
        make_folder(path.parent().unwrap_or(Path::new(".")))?;
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(WriteError::at(path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    pub fn add(&mut self, line: &str) -> Result<(), WriteError> {
        self.file.write_all(format!("{line}\n").as_bytes()).map_err(WriteError::at(&self.path))
    }
}

/// Removes a file below a folder, and the folders that it leaves empty. One that is not there is no error.
pub fn remove_page(root: &Path, path: &str) -> Result<(), WriteError> {
    let file = root.join(path);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(WriteError::at(&file)(error)),
        _ => {}
    }
    let folders = file.ancestors().skip(1).take_while(|folder| *folder != root);
    for folder in folders {
        // The first that is not empty ends it.
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// A file that grows over several runs of the program until it is whole.
///
/// Only one program at a time has it: two would write between each other's bytes.
pub struct Part {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Part {
    /// Goes on with what is there. `None` while another program has it.
    pub fn open(path: &Path) -> Result<Option<Self>, WriteError> {
        make_folder(path.parent().unwrap_or(Path::new(".")))?;
        let mut open = OpenOptions::new();
        let open = open.read(true).write(true).create(true).truncate(false).open(path);
        let mut file = open.map_err(WriteError::at(path))?;
        // Where a file system has no locks, nobody is kept out.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Ok(None);
        }
        // Whoever had it may have moved it on between the two.
        if !path.exists() {
            return Ok(None);
        }
        let bytes = file.seek(SeekFrom::End(0)).map_err(WriteError::at(path))?;
        Ok(Some(Self { path: path.to_owned(), file, bytes }))
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins anew.
    pub fn clear(&mut self) -> Result<(), WriteError> {
        let cleared = self.file.set_len(0).and_then(|()| self.file.rewind());
        cleared.map_err(WriteError::at(&self.path))?;
        self.bytes = 0;
        Ok(())
    }

    /// With the system when it returns, so a program that is killed loses nothing of it.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.file.write_all(bytes).map_err(WriteError::at(&self.path))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// All that is in it.
    pub fn content(&mut self) -> Result<Vec<u8>, WriteError> {
        let mut content = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or_default());
        let read = self.file.rewind().and_then(|()| self.file.read_to_end(&mut content));
        read.map_err(WriteError::at(&self.path))?;
        Ok(content)
    }

    /// Gives it another name, on disk when it returns. It stays this program's until it is dropped.
    #[expect(clippy::disallowed_methods, reason = "the one place that puts files in place")]
    pub fn rename(&mut self, to: &Path) -> Result<(), WriteError> {
        let renamed = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, to));
        renamed.map_err(WriteError::at(to))?;
        to.clone_into(&mut self.path);
        Ok(())
    }

    /// Removes it. What is appended later goes nowhere.
    pub fn remove(&self) -> Result<(), WriteError> {
        remove(&self.path)
    }
}

/// Removes a file of the program's own; none is fine.
pub fn remove(path: &Path) -> Result<(), WriteError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(WriteError::at(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_replaced_whole_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/report.json");
        file(&path, b"one").unwrap();
        let ordinary = mode(&path);
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let mut draft = Draft::new(&path).unwrap();
        draft.write_all(b"two").unwrap();
        assert_eq!(path.metadata().unwrap().len(), 3, "nothing is under the name before it is complete");
        draft.finish().unwrap();
        assert_eq!(mode(&path), 0o600);
        assert_ne!(ordinary, 0o600, "a report is as readable as any other file");
        assert!(!new_file(&path, b"three").unwrap());
        drop(Draft::new(&path).unwrap());
        assert_eq!(folder.path().join("deep").read_dir().unwrap().count(), 1, "no litter");
    }

    #[test]
    fn links_and_devices_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (link, behind) = (folder.path().join("link"), folder.path().join("behind"));
        file(&behind, b"old").unwrap();
        symlink(&behind, &link).unwrap();
        file(&link, b"new, longer").unwrap();
        assert!(link.is_symlink());
        assert_eq!(behind.metadata().unwrap().len(), 11);
        // A link to a device: were it replaced, only the link would be lost.
        let device = folder.path().join("device");
        symlink("/dev/full", &device).unwrap();
        let full = file(&device, b"x").unwrap_err();
        assert!(full.to_string().contains("/dev/full"), "{full}");
        assert!(device.is_symlink() && !Path::new("/dev/full").is_file());
    }

    #[test]
    fn a_part_grows_over_several_openings() {
        let folder = tempfile::tempdir().unwrap();
        let (path, whole) = (folder.path().join("deep/x.part"), folder.path().join("deep/x"));
        let mut part = Part::open(&path).unwrap().unwrap();
        part.append(b"one ").unwrap();
        assert!(Part::open(&path).unwrap().is_none(), "one program at a time has it");
        drop(part);
        let mut part = Part::open(&path).unwrap().unwrap();
        assert_eq!(part.bytes(), 4);
        part.append(b"two").unwrap();
        assert_eq!(part.content().unwrap(), b"one two");
        part.append(b"!").unwrap();
        part.rename(&whole).unwrap();
        assert!(!path.exists() && Part::open(&whole).unwrap().is_none());
        part.clear().unwrap();
        part.append(b"new").unwrap();
        assert_eq!((part.bytes(), part.content().unwrap()), (3, b"new".to_vec()));
        part.remove().unwrap();
        assert_eq!(folder.path().join("deep").read_dir().unwrap().count(), 0, "no litter");
        remove(&whole).unwrap();
    }
}

//! Files that the program writes for people: whole or not at all.

use std::io::{BufWriter, Write};
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
pub struct Draft {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Draft {
    /// Makes the folder if it is not there.
    pub fn new(path: &Path) -> Result<Self, WriteError> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        make_folder(folder)?;
        // The same folder, so that putting it in place is a rename and cannot be half done.
        let file = NamedTempFile::new_in(folder).map_err(WriteError::at(path))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 16, file) })
    }

    /// Puts the file in place; an older one is replaced.
    pub fn finish(self) -> Result<(), WriteError> {
        let path = self.path;
        let file = self
            .file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .map_err(WriteError::at(&path))?;
        readable(&file).map_err(WriteError::at(&path))?;
        file.persist(&path).map_err(|error| error.error).map_err(WriteError::at(&path))?;
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Temporary files are private; a report is as readable as any other file.
#[cfg(unix)]
fn readable(file: &NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &NamedTempFile) -> std::io::Result<()> {
    Ok(())
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
    std::fs::rename(draft.keep(), path).map_err(WriteError::at(path))
}

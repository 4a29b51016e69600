//! Where files come from: a folder, a zip archive, memory, or the program itself. The only place of
//! this room that opens anything.
#![expect(clippy::disallowed_types, reason = "the one place of this room that opens files")]

use std::borrow::Cow;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::ReadError;
use super::archive::Archive;
use super::error::{NOT_UTF8, shown};

/// No file or entry may be larger.
pub(super) const MAX_BYTES: u64 = 512 << 20;

/// What is read into memory to be understood may not be larger: what is made of it takes several
/// times as much. The largest such file of an O*NET release has 15 MB.
pub(super) const MAX_READ: u64 = 32 << 20;

/// Named files that belong together.
pub(super) enum Files {
    Folder(PathBuf),
    Archive(Archive),
    Memory { name: String, files: Vec<(String, Vec<u8>)> },
    Embedded(&'static [(&'static str, &'static str)]),
}

impl Files {
    /// A folder or a zip archive.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let name = path.display().to_string();
        let kind = fs::metadata(path).map_err(|source| absent_or_io(&name, source))?;
        if kind.is_dir() {
            return Ok(Self::Folder(path.to_path_buf()));
        }
        if !kind.is_file() {
            return Err(ReadError::file(&name, "is neither a folder nor a file"));
        }
        let file = File::open(path).map_err(|source| ReadError::Io { file: name.clone(), source })?;
        Archive::open(file_name(path), Box::new(file), kind.len()).map(Self::Archive)
    }

    pub fn from_zip(name: &str, bytes: Vec<u8>) -> Result<Self, ReadError> {
        let packed = bytes.len() as u64;
        Archive::open(name.to_owned(), Box::new(io::Cursor::new(bytes)), packed).map(Self::Archive)
    }

    /// The bytes of one file, or `None` when there is no such file.
    pub fn read(&self, wanted: &str) -> Result<Option<Cow<'_, [u8]>>, ReadError> {
        match self {
            Self::Folder(folder) => Ok(read_whole(&folder.join(wanted), MAX_READ)?.map(Cow::Owned)),
            Self::Archive(archive) => Ok(archive.read(wanted)?.map(Cow::Owned)),
            Self::Memory { files, .. } => {
                let found = files.iter().find(|(name, _)| name == wanted);
                Ok(found.map(|(_, bytes)| Cow::Borrowed(bytes.as_slice())))
            }
            Self::Embedded(files) => {
                let found = files.iter().find(|(name, _)| *name == wanted);
                Ok(found.map(|(_, text)| Cow::Borrowed(text.as_bytes())))
            }
        }
    }

    /// Whether there is such a file, without reading it.
    pub fn has(&self, wanted: &str) -> bool {
        match self {
            Self::Folder(folder) => is_file(&folder.join(wanted)),
            Self::Archive(archive) => archive.has(wanted),
            Self::Memory { files, .. } => files.iter().any(|(name, _)| name == wanted),
            Self::Embedded(files) => files.iter().any(|(name, _)| *name == wanted),
        }
    }

    /// What the whole is called, without an ending.
    pub fn stem(&self) -> String {
        match self {
            Self::Folder(folder) => {
                // `.` and `..` have no name of their own until they are resolved.
                let named = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                file_name(&named)
            }
            Self::Archive(archive) => stem(Path::new(archive.name())),
            Self::Memory { name, .. } => name.clone(),
            Self::Embedded(_) => "built in".to_owned(),
        }
    }

    /// How messages name the whole.
    pub fn label(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Archive(archive) => archive.name().to_owned(),
            Self::Memory { .. } | Self::Embedded(_) => self.stem(),
        }
    }

    /// How messages name one of the files.
    pub fn label_of(&self, file: &str) -> String {
        match self {
            Self::Archive(archive) => format!("{}: {file}", archive.name()),
            _ => file.to_owned(),
        }
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Files").field(&self.label()).finish()
    }
}

/// A file that is read as a stream, more than once.
#[derive(Debug, Clone)]
pub(super) enum Source {
    File { path: PathBuf, name: String, stamp: Stamp },
    Memory { name: String, bytes: Arc<[u8]> },
}

/// What changes when a file is written to: its length and time of last change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    bytes: u64,
    changed_ns: Option<u128>,
}

impl Stamp {
    pub(super) fn of(kind: &fs::Metadata) -> Self {
        let changed = kind.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Self { bytes: kind.len(), changed_ns: changed.map(|since| since.as_nanos()) }
    }
}

impl Source {
    pub fn file(path: &Path) -> Result<Self, ReadError> {
        let label = path.display().to_string();
        let kind = fs::metadata(path).map_err(|source| absent_or_io(&label, source))?;
        if !kind.is_file() {
            let what =
                "is not a regular file; a table is read more than once, so it cannot be a pipe or a folder";
            return Err(ReadError::file(&label, what));
        }
        Ok(Self::File { path: path.to_path_buf(), name: file_name(path), stamp: Stamp::of(&kind) })
    }

    pub fn name(&self) -> &str {
        match self {
            Self::File { name, .. } | Self::Memory { name, .. } => name,
        }
    }

    /// A new stream from the beginning. Refuses when the file is no longer as it was found.
    pub fn stream(&self) -> Result<Box<dyn Read + Send>, ReadError> {
        match self {
            Self::Memory { bytes, .. } => Ok(Box::new(io::Cursor::new(Arc::clone(bytes)))),
            Self::File { path, stamp, .. } => {
                let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
                let (kind, file) = opened.map_err(|source| self.io(source))?;
                if Stamp::of(&kind) != *stamp {
                    return Err(self.changed());
                }
                Ok(Box::new(file))
            }
        }
    }

    /// An error when the file is no longer as it was found.
    pub fn check_unchanged(&self) -> Result<(), ReadError> {
        match self {
            Self::Memory { .. } => Ok(()),
            Self::File { path, stamp, .. } => {
                let kind = fs::metadata(path).map_err(|source| self.io(source))?;
                if Stamp::of(&kind) == *stamp { Ok(()) } else { Err(self.changed()) }
            }
        }
    }

    pub fn changed(&self) -> ReadError {
        ReadError::Changed { file: self.name().to_owned() }
    }

    fn io(&self, source: io::Error) -> ReadError {
        ReadError::Io { file: self.name().to_owned(), source }
    }
}

/// A file that is read once, from its beginning to its end: it may as well be a pipe.
pub fn once(path: &Path) -> Result<BufReader<File>, ReadError> {
    let label = path.display().to_string();
    let kind = fs::metadata(path).map_err(|source| absent_or_io(&label, source))?;
    if kind.is_dir() {
        return Err(ReadError::file(&label, "is a folder"));
    }
    let file = File::open(path).map_err(|source| ReadError::Io { file: label, source })?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// The bytes of a file, or `None` when there is none.
pub(super) fn read_whole(path: &Path, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let label = path.display().to_string();
    let io = |source| ReadError::Io { file: label.clone(), source };
    // Asked before opening: opening a pipe would wait for its other end.
    let kind = match fs::metadata(path) {
        Ok(kind) => kind,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(source) => return Err(io(source)),
    };
    if !kind.is_file() {
        return Err(ReadError::file(&label, "is not a regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len().min(most)).unwrap_or_default() + 1);
    let file = File::open(path).map_err(io)?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > most {
        return Err(ReadError::file(&label, format!("is larger than {most} bytes")));
    }
    Ok(Some(bytes))
}

/// A file of text, or `None` when there is none.
pub(super) fn read_text(path: &Path, most: u64) -> Result<Option<String>, ReadError> {
    let Some(bytes) = read_whole(path, most)? else { return Ok(None) };
    utf8(&path.display().to_string(), bytes).map(Some)
}

/// The bytes as text, or an error with the line that is not.
pub(super) fn utf8(file: &str, bytes: Vec<u8>) -> Result<String, ReadError> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n').count();
        ReadError::line(file, line as u64, format!("is {NOT_UTF8}"))
    })
}

/// The names in a folder, sorted; empty when there is no such folder. Names that are not UTF-8 or
/// begin with a dot are left out.
pub(super) fn names_in(folder: &Path) -> Result<Vec<String>, ReadError> {
    let io = |source| ReadError::Io { file: folder.display().to_string(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(source) => return Err(io(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(io)?.file_name().into_string();
        names.extend(name.ok().filter(|name| !name.starts_with('.')));
    }
    names.sort();
    Ok(names)
}

pub(super) fn is_file(path: &Path) -> bool {
    path.is_file()
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The file's name without its last ending.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn absent_or_io(label: &str, source: io::Error) -> ReadError {
    if is_absent(&source) {
        ReadError::file(&shown(label), "there is no such file or folder")
    } else {
        ReadError::Io { file: shown(label), source }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests make their own files")]

    use super::*;

    #[test]
    fn a_folder_gives_files_by_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.txt"), "x").unwrap();
        let files = Files::open(folder.path()).unwrap();
        assert_eq!(files.read("a.txt").unwrap().unwrap().as_ref(), b"x");
        assert!(files.read("b.txt").unwrap().is_none());
        assert_eq!(files.label_of("a.txt"), "a.txt");
    }

    #[test]
    fn what_is_not_there_is_said() {
        let error = Files::open(Path::new("/no/such/place")).unwrap_err();
        assert_eq!(error.to_string(), "/no/such/place: there is no such file or folder");
        let folder = tempfile::tempdir().unwrap();
        let error = Source::file(folder.path()).unwrap_err();
        assert!(error.to_string().contains("is not a regular file"), "{error}");
    }

    #[test]
    fn a_source_notices_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        fs::write(&path, "one").unwrap();
        let source = Source::file(&path).unwrap();
        source.check_unchanged().unwrap();
        fs::write(&path, "other").unwrap();
        assert!(matches!(source.check_unchanged(), Err(ReadError::Changed { .. })));
        assert!(matches!(source.stream().err(), Some(ReadError::Changed { .. })));
    }

    #[test]
    fn sizes_and_encodings_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t");
        fs::write(&path, b"ok\nb\xffd\n").unwrap();
        assert!(read_whole(&path, 3).unwrap_err().to_string().contains("larger than 3 bytes"));
        let error = read_text(&path, 100).unwrap_err();
        assert!(error.to_string().ends_with("line 2: is not UTF-8"), "{error}");
        assert_eq!(error.hint().as_deref(), Some("save the file as UTF-8"));
    }

    #[test]
    fn names_are_sorted_and_hidden_ones_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b", "a", ".c"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(names_in(folder.path()).unwrap(), ["a", "b"]);
        assert!(names_in(&folder.path().join("none")).unwrap().is_empty());
    }
}

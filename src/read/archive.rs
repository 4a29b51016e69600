//! Zip archives from anywhere: checked before anything is read, read in memory by wanted name, never
//! unpacked.

use std::collections::HashMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use zip::ZipArchive;
use zip::read::{ArchiveOffset, Config};

use super::ReadError;
use super::error::shown;
use super::files::{MAX_BYTES, MAX_READ};

const MAX_ENTRIES: usize = 10_000;
/// Above `SMALL`, no honest table is packed tighter; bombs start at about 1,000.
const MAX_RATIO: u64 = 200;
const SMALL: u64 = 1 << 20;
/// The list of entries may not be longer, so that a million of them is refused before they are kept.
const MAX_DIRECTORY: u64 = 8 << 20;

/// What an archive is read from.
pub(super) trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

/// An archive whose entries have all been checked.
pub(super) struct Archive {
    name: String,
    zip: Mutex<ZipArchive<Budgeted>>,
    /// Entries at the top or in one folder, by the last part of their name.
    wanted: HashMap<String, Vec<usize>>,
}

impl Archive {
    pub fn open(name: String, bytes: Box<dyn Bytes>, packed: u64) -> Result<Self, ReadError> {
        let left = Arc::new(AtomicU64::new(MAX_DIRECTORY));
        let budgeted = Budgeted { bytes, left: Arc::clone(&left) };
        // Known(0): data in front of an archive would make the reader search the whole file.
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let zip = ZipArchive::with_config(config, budgeted).map_err(|error| not_a_zip(&name, &error))?;
        left.store(u64::MAX, Ordering::Relaxed);
        if zip.has_duplicate_names() {
            return Err(ReadError::file(&name, "has two entries of the same name"));
        }
        if zip.len() > MAX_ENTRIES {
            return Err(ReadError::file(
                &name,
                format!("has {} entries; {MAX_ENTRIES} are allowed", zip.len()),
            ));
        }
        let wanted = check_all(&name, &zip, packed)?;
        Ok(Self { name, zip: Mutex::new(zip), wanted })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn has(&self, wanted: &str) -> bool {
        self.wanted.contains_key(wanted)
    }

    /// The bytes of the entry whose name ends in `wanted`.
    pub fn read(&self, wanted: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let index = match self.wanted.get(wanted).map(Vec::as_slice) {
            None | Some([]) => return Ok(None),
            Some([index]) => *index,
            Some(_) => return Err(ReadError::file(&self.name, format!("has more than one file `{wanted}`"))),
        };
        let mut zip = self.zip.lock().unwrap_or_else(PoisonError::into_inner);
        let bad = |why: String| entry_error(&self.name, wanted, &why);
        let entry = zip.by_index(index).map_err(|error| bad(error.to_string()))?;
        let declared = entry.size();
        if declared > MAX_READ {
            return Err(bad(format!("is {declared} bytes long; {MAX_READ} are allowed for this file")));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(declared).unwrap_or_default() + 1);
        // One byte more than declared tells a lie about the size without unpacking all of it.
        let read = entry.take(declared + 1).read_to_end(&mut bytes);
        read.map_err(|error| bad(format!("cannot be unpacked: {error}")))?;
        if bytes.len() as u64 != declared {
            return Err(bad(format!("is not {declared} bytes long, as the archive says")));
        }
        Ok(Some(bytes))
    }

    /// Unpacks everything once, to nowhere: for what is handed on to a reader that trusts the declared sizes.
    pub fn check_contents(&self, most: u64) -> Result<(), ReadError> {
        let mut zip = self.zip.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = most;
        for index in 0..zip.len() {
            let bad = |name: &str, why: String| entry_error(&self.name, name, &why);
            let entry = zip.by_index(index).map_err(|error| bad("", error.to_string()))?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let declared = entry.size();
            let rest = left.checked_sub(declared);
            left = rest
                .ok_or_else(|| ReadError::file(&self.name, format!("unpacks to more than {most} bytes")))?;
            let unpacked = io::copy(&mut entry.take(declared + 1), &mut io::sink());
            match unpacked.map_err(|error| bad(&name, format!("cannot be unpacked: {error}")))? {
                unpacked if unpacked == declared => {}
                _ => return Err(bad(&name, format!("is not {declared} bytes long, as the archive says"))),
            }
        }
        Ok(())
    }
}

fn not_a_zip(name: &str, error: &zip::result::ZipError) -> ReadError {
    let what = format!("is not a zip archive that can be read: {error}");
    ReadError::hinted(
        name,
        what,
        "give the folder or the .zip of an O*NET text release; a table is given with --items",
    )
}

fn entry_error(archive: &str, entry: &str, what: &str) -> ReadError {
    ReadError::Entry { archive: archive.to_owned(), entry: shown(entry), what: what.to_owned() }
}

/// Checks every entry, wanted or not: an archive with one hostile entry is not trusted at all.
fn check_all(
    archive: &str,
    zip: &ZipArchive<Budgeted>,
    packed: u64,
) -> Result<HashMap<String, Vec<usize>>, ReadError> {
    let mut wanted: HashMap<String, Vec<usize>> = HashMap::new();
    for index in 0..zip.len() {
        let entry = zip.by_index_data(index).map_err(|error| ReadError::file(archive, error.to_string()))?;
        let raw = String::from_utf8_lossy(entry.name_raw()).into_owned();
        let bad = |what: &str| entry_error(archive, &raw, what);
        let name = entry.name().map_err(|error| bad(&error.to_string()))?.into_owned();
        check_name(&name).and_then(|()| check_name(&raw)).map_err(bad)?;
        if entry.external_attributes() >> 16 & 0o170_000 == 0o120_000 {
            return Err(bad("is a symbolic link"));
        }
        if entry.encrypted() {
            return Err(bad("is encrypted"));
        }
        check_size(entry.size(), entry.compressed_size(), packed).map_err(|what| bad(&what))?;
        if let Some(last) = base_name(&name) {
            wanted.entry(last.to_owned()).or_default().push(index);
        }
    }
    Ok(wanted)
}

/// Nothing is ever unpacked, but a name that climbs is a sign of an attack.
fn check_name(name: &str) -> Result<(), &'static str> {
    let drive = name.chars().nth(1) == Some(':');
    if name.starts_with('/') || drive {
        Err("has an absolute name")
    } else if name.contains('\\') {
        Err("has a backslash in its name")
    } else if name.split('/').any(|part| part == ".." || part == ".") {
        Err("has a name that climbs out of its folder")
    } else if name.is_empty() || name.chars().any(char::is_control) {
        Err("has an empty name or control characters in it")
    } else {
        Ok(())
    }
}

fn check_size(size: u64, compressed: u64, packed: u64) -> Result<(), String> {
    if size > MAX_BYTES {
        return Err(format!("says that it is {size} bytes long; {MAX_BYTES} are allowed"));
    }
    if compressed > packed {
        return Err(format!("says that it takes {compressed} bytes in an archive of {packed}"));
    }
    if size > SMALL && size / MAX_RATIO > compressed {
        return Err(format!("unpacks to more than {MAX_RATIO} times its size"));
    }
    Ok(())
}

/// The last part of `file` or `folder/file`; `None` for folders, deeper files and macOS's shadows.
fn base_name(name: &str) -> Option<&str> {
    match name.split_once('/') {
        None => Some(name),
        Some(("__MACOSX", _)) => None,
        Some((_, last)) => (!last.is_empty() && !last.contains('/')).then_some(last),
    }
}

/// Stops reading when the budget is used up.
struct Budgeted {
    bytes: Box<dyn Bytes>,
    left: Arc<AtomicU64>,
}

impl Read for Budgeted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        let left = self.left.load(Ordering::Relaxed);
        let rest = left.checked_sub(read as u64);
        let rest = rest.ok_or_else(|| io::Error::other("the list of entries is too long"))?;
        // Without limit stays without limit.
        self.left.store(if left == u64::MAX { left } else { rest }, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Budgeted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn open(bytes: Vec<u8>) -> Result<Archive, ReadError> {
        let packed = bytes.len() as u64;
        Archive::open("t.zip".to_owned(), Box::new(Cursor::new(bytes)), packed)
    }

    fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
        assert_eq!(old.len(), new.len());
        let mut bytes = bytes.to_vec();
        while let Some(at) = bytes.windows(old.len()).position(|part| part == old) {
            bytes[at..at + new.len()].copy_from_slice(new);
        }
        bytes
    }

    /// Changes bytes of the only entry's record in the list of entries.
    fn patched(bytes: &[u8], offset: usize, new: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let start = bytes.windows(4).position(|part| part == b"PK\x01\x02").unwrap() + offset;
        bytes[start..start + new.len()].copy_from_slice(new);
        bytes
    }

    fn check(bytes: Vec<u8>, expected: &str) {
        let read = open(bytes).and_then(|archive| archive.read("a.txt"));
        let error = read.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}, not {expected}");
        assert!(error.starts_with("t.zip: "), "{error}");
    }

    #[test]
    fn reads_from_the_top_or_one_folder_and_leaves_the_rest() {
        for name in ["a.txt", "db_30_1_text/a.txt"] {
            let junk = ("__MACOSX/a.txt", &b"junk"[..]);
            let deep = ("x/y/a.txt", &b"deep"[..]);
            let archive = open(zipped(&[junk, (name, b"good"), deep, ("db_30_1_text/", b"")])).unwrap();
            assert_eq!(archive.read("a.txt").unwrap().unwrap(), b"good");
            assert!(archive.read("b.txt").unwrap().is_none());
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        let plain = zipped(&[("aa/x.txt", b""), ("a.txt", b"good")]);
        for (name, expected) in [
            ("../x.txt", "entry `../x.txt`: has a name that climbs out of its folder"),
            ("a/../xtx", "has a name that climbs"),
            ("./x/x/..", "has a name that climbs"),
            ("/a/x.txt", "has an absolute name"),
            ("C:/x.txt", "has an absolute name"),
            ("a\\xx.txt", "has a backslash in its name"),
            ("a\u{1b}/x.txt", "control characters"),
        ] {
            check(replace(&plain, b"aa/x.txt", name.as_bytes()), expected);
        }
    }

    #[test]
    fn names_that_stand_twice_are_refused() {
        let two = zipped(&[("a.txt", b"one"), ("b.txt", b"two")]);
        check(replace(&two, b"b.txt", b"a.txt"), "has two entries of the same name");
        check(zipped(&[("x/a.txt", b"one"), ("y/a.txt", b"two")]), "has more than one file `a.txt`");
    }

    #[test]
    fn symbolic_links_are_refused() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink("a.txt", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        check(zip.finish().unwrap().into_inner(), "entry `a.txt`: is a symbolic link");
    }

    #[test]
    fn bombs_are_refused_unread() {
        check(
            zipped(&[("a.txt", b"good"), ("b.txt", &vec![0; 4 << 20])]),
            "entry `b.txt`: unpacks to more than 200",
        );
        let stored = zipped(&[("a.txt", b"good")]);
        check(patched(&stored, 24, &0x7000_0000_u32.to_le_bytes()), "536870912 are allowed");
        check(patched(&stored, 20, &0x0100_0000_u32.to_le_bytes()), "says that it takes 16777216 bytes");
    }

    #[test]
    fn large_files_are_refused_unread() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let mut dice = 1_u64;
        zip.start_file("a.txt", SimpleFileOptions::default()).unwrap();
        for _ in 0..=MAX_READ >> 10 {
            // An eighth of it is as good as random, so that the ratio is an honest one.
            let mut page = [b'x'; 1 << 10];
            for byte in page.iter_mut().take(128) {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (dice >> 56) as u8;
            }
            zip.write_all(&page).unwrap();
        }
        check(zip.finish().unwrap().into_inner(), "33554432 are allowed for this file");
    }

    #[test]
    fn lies_about_the_size_are_found() {
        let zeros = zipped(&[("a.txt", &vec![0; 1 << 20])]);
        check(patched(&zeros, 24, &10_u32.to_le_bytes()), "larger than its declared");
        check(patched(&zipped(&[("a.txt", b"good")]), 24, &5_u32.to_le_bytes()), "is not 5 bytes long");
        let checksum = patched(&zipped(&[("a.txt", b"good")]), 16, &[1, 2, 3, 4]);
        check(checksum, "entry `a.txt`: cannot be unpacked");
    }

    #[test]
    fn encrypted_entries_are_refused() {
        check(
            patched(&zipped(&[("a.txt", b"good")]), 8, &1_u16.to_le_bytes()),
            "entry `a.txt`: is encrypted",
        );
    }

    #[test]
    fn crowds_are_refused() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..=MAX_ENTRIES {
            zip.start_file(format!("{number}.txt"), SimpleFileOptions::default()).unwrap();
        }
        check(zip.finish().unwrap().into_inner(), "has 10001 entries; 10000 are allowed");
    }

    #[test]
    fn a_list_of_entries_without_end_is_cut_off() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for number in 0..200 {
            let name = format!("{}{number}", "x".repeat(65_000));
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
        }
        check(zip.finish().unwrap().into_inner(), "the list of entries is too long");
    }

    #[test]
    fn what_is_no_archive_is_said() {
        check(b"id,text\n".to_vec(), "is not a zip archive that can be read");
        check(Vec::new(), "is not a zip archive that can be read");
        let whole = zipped(&[("a.txt", b"good")]);
        for cut in 0..whole.len() {
            assert!(open(whole[..cut].to_vec()).and_then(|archive| archive.read("a.txt")).is_err(), "{cut}");
        }
    }
}

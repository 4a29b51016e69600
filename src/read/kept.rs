//! Files read as they are, to be kept: what `data import` copies and `data verify` compares.

use std::path::Path;

use super::ReadError;
use super::files::{MAX_BYTES, names_in, read_whole};

/// The files of a folder that end in `.txt`, by name; or the one file that `path` is.
pub fn whole_files(path: &Path) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    if path.is_dir() {
        return small_files(path, "txt");
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes = read_whole(path, MAX_BYTES)?;
    Ok(bytes.map(|bytes| vec![(name, bytes)]).unwrap_or_default())
}

/// The files of a folder with this ending, sorted by name; none where there is no folder.
pub fn small_files(folder: &Path, ending: &str) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    let mut files = Vec::new();
    for name in names_in(folder)? {
        let has_ending = name.rsplit_once('.').is_some_and(|(_, found)| found == ending);
        if let Some(bytes) = if has_ending { read_whole(&folder.join(&name), MAX_BYTES)? } else { None } {
            files.push((name, bytes));
        }
    }
    Ok(files)
}

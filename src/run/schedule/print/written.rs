//! What runs write, and in which folders: whoever prints for other machines has to carry them from run to run.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::{Failure, Printing, plain};

/// A file that runs write.
pub(super) struct Written {
    /// Its key in config.toml.
    pub key: String,
    /// As it is written there; `{name}` and `{date}` stand for what a run puts there.
    pub file: PathBuf,
    /// The folder that is there before the run, whole.
    pub folder: PathBuf,
    /// Where it would lie if it had a folder of its own.
    wanted: &'static str,
}

impl Printing<'_> {
    /// The store, reports and summaries.
    pub(super) fn written(&self) -> Vec<Written> {
        let cache = &self.desk.config.cache;
        let cache = cache.strip_prefix(&self.desk.config.root).unwrap_or(cache);
        let mut all = vec![self.file("cache.path".to_owned(), cache, "cache")];
        for schedule in &self.schedules {
            let key = format!("schedule.{}", schedule.name);
            let output = schedule.output.as_deref().map(Path::new);
            all.extend(output.map(|file| self.file(format!("{key}.output"), file, "results")));
            let summary = schedule.after.summary.as_deref();
            all.extend(summary.map(|file| self.file(format!("{key}.after.summary"), file, "results")));
        }
        all
    }

    fn file(&self, key: String, file: &Path, wanted: &'static str) -> Written {
        // What stands for a name or a date is made by the run, in a folder that is there.
        let is_plain = |folder: &&Path| !folder.display().to_string().contains('{');
        let folder = file.ancestors().skip(1).find(is_plain).unwrap_or(Path::new(""));
        Written { key, folder: plain(&self.folder.join(folder)), file: file.to_owned(), wanted }
    }

    /// From the config's folder, if it lies in it.
    pub(super) fn inside(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.folder).unwrap_or(path).to_owned()
    }

    /// The folder of the store, from the config's.
    pub(super) fn store(&self) -> PathBuf {
        let cache = &self.desk.config.cache;
        let folder = cache.parent().unwrap_or(Path::new("."));
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        self.inside(&plain(&folder))
    }

    /// Folders outside of the config's.
    pub(super) fn outside(&self) -> Vec<PathBuf> {
        let folders = self.written().into_iter().map(|written| written.folder);
        outermost(folders.filter(|folder| !folder.starts_with(&self.folder)).collect())
    }

    /// Folders that are carried from run to run, from the config's where they lie in it. A folder is carried as a
    /// whole, so none of them may be the one with config.toml in it, and each must be the same on another machine.
    pub(super) fn carried(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut folders = Vec::new();
        for written in self.written() {
            let Written { key, file, folder, wanted } = written;
            let shown = file.display();
            let name = if file.components().any(|part| part.as_os_str() == "..") || file.is_absolute() {
                PathBuf::from(file.file_name().unwrap_or_default())
            } else {
                plain(&file)
            };
            let better = Path::new(wanted).join(name);
            let hint = format!(
                "write {} = {:?}",
                key.rsplit('.').next().unwrap_or(&key),
                better.display().to_string()
            );
            if self.folder.starts_with(&folder) {
                let why =
                    "has no folder of its own below config.toml's; on another machine folders are kept whole";
                return Err(Failure::usage(anyhow!("{key} = {shown:?} {why}")).hint(hint));
            }
            if !file.is_absolute() && !folder.starts_with(&self.folder) {
                let why = "leads out of config.toml's folder, which lies elsewhere on another machine";
                return Err(Failure::usage(anyhow!("{key} = {shown:?} {why}")).hint(hint));
            }
            folders.push(self.inside(&folder));
        }
        Ok(outermost(folders))
    }
}

/// Without those that lie in another.
fn outermost(mut folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !kept.iter().any(|outer| folder.starts_with(outer)) {
            kept.push(folder);
        }
    }
    kept
}

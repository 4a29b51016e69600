//! config.toml to `Config`: found, read, checked; all problems at once, each with its place.

mod check;
mod flavour;
pub mod known;
mod model;
mod raw;
mod schedule;
mod secrets;
mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::{AllowedGaps, Bands, Combine, Hash, Model, Weighting};

use known::KnownModel;

pub use check::unknown_model;
pub use flavour::usual_key_variables;
pub use schedule::{Schedule, Scored, Serving, parse_listen};
pub use secrets::{KeyPlace, Keys};

/// The config that is used where no file is found: the project's own config.toml.
pub const BUILT_IN: &str = include_str!("../config.toml");

/// Where O*NET publishes its releases.
const ONET_BASE_URL: &str = "https://www.onetcenter.org/dl_files/database/";

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{path} cannot be read: {detail}")]
    Unreadable { path: String, detail: String },
    /// Holds the problems, one per line.
    #[error("{path} has {}\n{}", if problems.len() == 1 { "a problem" } else { "problems" }, problems.join("\n"))]
    Problems { path: String, problems: Vec<String> },
}

/// A checked config; relative paths are resolved against the folder of its file.
#[derive(Clone, Debug)]
pub struct Config {
    /// `None`: the built-in defaults.
    pub file: Option<PathBuf>,
    /// Of the file, or of the built-in defaults.
    pub sha256: Hash,
    /// The folder of the file, or the working folder.
    pub root: PathBuf,
    pub catalog: String,
    pub models: Vec<String>,
    pub rubric: String,
    pub samples: u32,
    /// `None`: auto.
    pub weights: Option<Weighting>,
    pub allow_gaps: AllowedGaps,
    pub reask: u32,
    /// How raters are combined.
    pub combine: Combine,
    /// Rounds of resampling behind intervals; 0 is none.
    pub bootstrap: u32,
    pub cache: PathBuf,
    pub bands: Bands,
    /// Above this the user is asked before anything is paid for.
    pub confirm_above_usd: f64,
    /// How long to wait before a batch is looked at for the first time, in milliseconds; the waits grow.
    pub batch_poll_ms: u64,
    /// For so long after it was submitted, a batch may not yet be in a provider's list.
    pub batch_settle_ms: u64,
    /// The most that all runs of the store may spend in a calendar month; `None`: as much as they like.
    pub usd_per_month: Option<f64>,
    /// Where releases of O*NET are downloaded from; ends in a slash.
    pub onet_base_url: String,
    /// What is scored again by the clock.
    pub schedules: Vec<Schedule>,
    /// Where the service of schedules shows how it is; `None`: nowhere.
    pub listen: Option<SocketAddr>,
    /// Whose commentary pages show, the first that has written; empty: any model's.
    pub commentary: Vec<String>,
    /// Every model of the file, by name.
    pub known_models: Vec<Model>,
    /// What the built-in table has on them, by their names here.
    pub in_table: BTreeMap<Arc<str>, &'static KnownModel>,
}

impl Config {
    /// Uses `named`, else the nearest config.toml with a `[run]` upwards of `folder`, else the
    /// built-in defaults.
    pub fn load(named: Option<&Path>, folder: &Path) -> Result<Self, ConfigError> {
        let file = named.map(Path::to_owned).or_else(|| discover(folder));
        let Some(file) = file else {
            return Self::parse(BUILT_IN, None, folder.to_owned());
        };
        let text = read_text(&file)?;
        let root = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Self::parse(&text, Some(file), root)
    }

    fn parse(text: &str, file: Option<PathBuf>, root: PathBuf) -> Result<Self, ConfigError> {
        let shown = file.as_deref().unwrap_or(Path::new("config.toml")).display().to_string();
        let problems = |problems| ConfigError::Problems { path: shown.clone(), problems };
        let raw = raw::read(text).map_err(problems)?;
        check::check(raw, Hash::of(text.as_bytes()), file, root).map_err(problems)
    }

    /// Folder of the rubrics beside the config.
    pub fn prompts(&self) -> PathBuf {
        self.root.join("prompts")
    }

    /// Folder of the own occupations beside the config.
    pub fn occupations(&self) -> PathBuf {
        self.root.join("occupations")
    }

    /// Folder of the imported catalogues: beside the store, which is never thrown away either.
    pub fn catalogs(&self) -> PathBuf {
        self.cache.parent().unwrap_or(Path::new("")).join("catalogs")
    }
}

fn discover(folder: &Path) -> Option<PathBuf> {
    // Other programs have a config.toml too; ours has a [run].
    let is_ours =
        |path: &PathBuf| read_bytes(path).is_ok_and(|bytes| raw::is_ours(&String::from_utf8_lossy(&bytes)));
    folder.ancestors().map(|above| above.join("config.toml")).find(is_ours)
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    let unreadable = |detail| ConfigError::Unreadable { path: path.display().to_string(), detail };
    let bytes = read_bytes(path).map_err(|error| unreadable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        unreadable(format!("line {line} is not UTF-8"))
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads config.toml")]
fn read_bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    std::fs::read(path)
}

#[cfg(test)]
mod tests;

//! What a catalogue is called, and which part of it is to be scored.

use super::Hash;
use super::hash::Fields;

/// The name and content of a catalogue, as reports cite it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueId {
    /// For example `O*NET 30.1`.
    pub name: String,
    /// Over the names and bytes of the files that were read.
    pub sha256: Hash,
    /// The sentence that a licence asks to be shown with exported text; empty when there is none.
    pub attribution: String,
}

/// Which tasks of a catalogue a run is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Positions of the chosen occupations in the catalogue, in the catalogue's order; `None` is all.
    pub occupations: Option<Vec<usize>>,
    pub share: Share,
}

/// All tasks, the first few, or a seeded random few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Share {
    #[default]
    All,
    First(u64),
    Random {
        count: u64,
        seed: u64,
    },
}

/// A task's lot in a random selection: the tasks with the lowest ones are drawn. It hangs on nothing but the
/// seed and the task's name, so the same tasks are drawn whatever else the catalogue has.
pub fn lot(seed: u64, code: &str, id: &str) -> u64 {
    let lot = Fields::new("score-tasks/pick/1")
        .number("seed", seed)
        .text("occupation", code)
        .text("task", id)
        .finish();
    lot.0.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

//! What a catalogue is called, and which part of it is to be scored.

use super::Hash;

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

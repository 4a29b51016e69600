//! Pages: the report of a run as a static site that needs no server and no script.
//!
//! Knows reports and nothing of where they come from. The same [`Site`] gives the same bytes.

mod model;

pub use model::{Companion, Entry, Input, Past, PastScore, Receipt, Settings, Site};

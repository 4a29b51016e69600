//! Pages: the report of a run as a static site that needs no server and no script.
//!
//! Knows reports and nothing of where they come from. The same [`Site`] gives the same bytes.

mod check;
mod headers;
mod model;

pub use check::{Checked, Finding, Findings, Kind as Concern, Largest, MOST_OF_A_KIND, check, kilobytes};
pub use headers::{POLICY, headers};
pub use model::{Companion, Entry, Input, Past, PastScore, Receipt, Settings, Site};

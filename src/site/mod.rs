//! Pages: the report of a run as a static site that needs no server and no script.
//!
//! Knows reports and nothing of where they come from. The same [`Site`] gives the same bytes.

mod address;
mod assets;
mod build;
mod chart;
mod check;
mod data;
mod frame;
mod groups;
mod headers;
mod linked;
mod model;
mod pages;
#[cfg(test)]
mod sample;
mod sources;
mod words;

pub use build::write;
pub use model::{Asked, Companion, Entry, Past, PastScore, Receipt, Settings, Site};

/// A file of a site.
pub struct File {
    /// From the root of the site, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
}
pub use check::{Checked, Finding, Findings, Kind as Concern, Largest, MOST_OF_A_KIND, check, kilobytes};
pub use headers::{POLICY, headers};

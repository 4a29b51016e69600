//! Pages: the report of a run as a static site that needs no server and no script.
//!
//! Knows reports and nothing of where they come from. The same [`Site`] gives the same bytes.

mod address;
mod chart;
mod data;
mod frame;
mod groups;
mod linked;
mod model;
mod pages;
mod policy;
#[cfg(test)]
mod sample;
mod words;

pub use model::{Companion, Entry, Input, Past, PastScore, Receipt, Settings, Site};

/// A file of a site.
pub struct File {
    /// From the root of the site, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
}

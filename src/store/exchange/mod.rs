//! Answers as JSON lines: out of a store, into one, and beside one whose disk fails.

mod export;
mod form;
mod import;
mod rescue;

pub use export::{ExportError, Exported, export};
pub(super) use import::Taken;
pub use import::{Export, ImportError, Imported, Refused};
pub(super) use rescue::Rescue;
pub use rescue::{Rescued, rescued};

#[cfg(test)]
mod tests;

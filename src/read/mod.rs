//! Reading: occupations, tasks and rubrics out of files, into the nouns of `domain`.
//!
//! The line through this room:
//! ```text
//! files (folder, zip, built in) -> delimited | jsonl -> rows -> onet | table -> Catalogue -> Walk
//! files (release, workbooks, csv) -> facts -> FactBook
//! ```
//! Only `files` opens anything. Whatever is wrong with an input is said with its file, line and column.

mod archive;
mod brief;
mod catalogue;
mod columns;
mod counted;
mod delimited;
mod error;
mod facts;
mod files;
mod folder;
mod jsonl;
mod kept;
mod layout;
mod onet;
mod own;
mod packed;
mod ratings;
#[cfg(test)]
mod real_data;
mod rows;
mod rubric;
mod search;
mod sheet;
mod soc;
mod table;
mod titles;
mod variants;
mod walk;

pub use brief::{brief, embedded_brief_files};
pub use catalogue::Catalogue;
pub use columns::Columns;
pub use error::ReadError;
pub use facts::FactBook;
pub use files::{Stamp, once};
pub use folder::{Behind, Folder, stamp};
pub use kept::{small_files, whole_files};
pub use own::{OwnOccupation, TEMPLATE_TASK, new_own_template, own, own_files};
pub use rubric::{embedded_rubric_files, rubric, rubric_names};
pub use search::{Candidate, Found};
pub use sheet::sheet;
pub use variants::variant_names;
pub use walk::Walk;

//! score-tasks: puts tasks to language models under a rubric, keeps every answer, and reports scores
//! with their spread.
//!
//! The rooms stand in the order in which a task walks through them:
//!
//! ```text
//! read      tables         -> Task
//! ask       Task           -> Question, Key
//! pace      when to ask: rates, windows, waits
//! provider  Question       -> Reply, or what to do instead; the only sockets
//! store     Answer on disk, under its Key; exports and imports
//! rate      Answer         -> Rating | Gap
//! tally     Ratings        -> scores of tasks and occupations
//! report    scores         -> any Write
//! ```
//!
//! Beside the line: `schedule` tells when something comes due, `site` makes pages of reports, and `serve` shows how a
//! service is.
//!
//! A room imports [`domain`] and nothing else of this crate; the three passes in [`pass`] import rooms, and
//! [`pass::collect`] alone spends money; [`run`] wires it all to the command line. docs/ARCHITECTURE.md says
//! why, tests/architecture.rs checks it.

pub mod domain;

pub mod read;

pub mod ask;
pub mod pace;
pub mod provider;
pub mod store;

pub mod schedule;
pub mod serve;
pub mod site;

pub mod measure;
pub mod rate;
pub mod report;
pub mod tally;

pub mod pass;

pub mod cli;
pub mod config;
pub mod progress;
pub mod run;
pub mod write;

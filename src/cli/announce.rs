//! Flags of telling of a run.

use std::path::PathBuf;

use clap::Args;

use super::score::points;

/// Who is told, and how.
#[derive(Args, Debug)]
pub struct Announce {
    /// Its name or the beginning of it, `latest` or `latest~1`; default: the last run
    pub run: Option<String>,
    /// As if this schedule had begun it: its name is told, and its last run compared with
    #[arg(long, value_name = "NAME")]
    pub schedule: Option<String>,
    /// Post the outcome as JSON to this address: https://, or http:// on this machine; default: that of the
    /// schedule that it was made for
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,
    /// The variable with the secret that signs what is posted, in the environment or in .env
    #[arg(long, value_name = "NAME", requires = "webhook")]
    pub webhook_secret_env: Option<String>,
    /// Write the summary as Markdown into this file
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Exit code 6 where a rater (on anchors, if there are any) or the mean occupation moved by more; default:
    /// as its schedule says
    #[arg(long, value_name = "POINTS", value_parser = points)]
    pub fail_above: Option<f64>,
    /// A program and its arguments, run in the config's folder with the summary on its standard input
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

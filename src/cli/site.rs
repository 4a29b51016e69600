//! `site`: pages of runs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand, Debug)]
pub enum Site {
    /// Turn a run into a static site: pages, charts, data files; asks nothing
    Build(SiteBuild),
}

#[derive(Args, Debug, Clone)]
pub struct SiteBuild {
    /// The folder, made if it is not there; of an older site in it, what no longer belongs is removed
    #[arg(long, value_name = "DIR", default_value = "site")]
    pub out: PathBuf,
    /// The run to show, by name, `latest`, `latest~1`; further ones are its history, or scores under other rubrics.
    /// Default: the last run under the config's rubric, with those before it that are like it, and the last run under
    /// every other rubric
    #[arg(long = "run", value_name = "RUN")]
    pub runs: Vec<String>,
    /// So many runs of history at most
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub history: usize,
}

//! The flags of `site` and `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand, Debug)]
pub enum Site {
    /// Turn a run into a static site: pages, charts, data files; asks nothing
    Build(SiteBuild),
    /// Check a built site: markup, links, accessibility, security policy, sizes, contrast
    ///
    /// Ends with 6 where something was found. Needs no browser and no network.
    Check {
        /// The folder that the site was built into
        #[arg(value_name = "DIR", default_value = "site")]
        folder: PathBuf,
    },
}

#[derive(Args, Debug, Clone)]
pub struct SiteBuild {
    /// The folder, made if it is not there; of an older site in it, what no longer belongs is removed
    #[arg(long, value_name = "DIR", default_value = "site")]
    pub out: PathBuf,
    #[command(flatten)]
    pub shown: Shown,
}

/// What a site is to show.
#[derive(Args, Debug, Clone)]
pub struct Shown {
    /// The run to show, by name, `latest`, `latest~1`; further ones are its history, or scores under other rubrics.
    /// Default: the last run under the config's rubric, with those before it that are like it, and the last run under
    /// every other rubric
    #[arg(long = "run", value_name = "RUN")]
    pub runs: Vec<String>,
    /// So many runs of history at most
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub history: usize,
}

#[derive(Args, Debug)]
pub struct Serve {
    /// The folder that the site was built into
    #[arg(value_name = "DIR", default_value = "site")]
    pub folder: PathBuf,
    /// The address; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Build the site, and build it again whenever something changes that it is made of
    #[arg(long)]
    pub watch: bool,
    #[command(flatten)]
    pub shown: Shown,
}

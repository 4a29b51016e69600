//! The flags of `site` and `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand, Debug)]
pub enum Site {
    /// Check a built site: markup, links, accessibility, security policy, sizes, contrast
    ///
    /// Ends with 6 where something was found. Needs no browser and no network.
    Check {
        /// The folder that the site was built into
        #[arg(value_name = "DIR", default_value = "site")]
        folder: PathBuf,
    },
}

#[derive(Args, Debug)]
pub struct Serve {
    /// The folder that the site was built into
    #[arg(value_name = "DIR", default_value = "site")]
    pub folder: PathBuf,
    /// The address; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
}

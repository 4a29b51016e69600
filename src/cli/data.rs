//! The flags of `data`.

use std::path::PathBuf;

use clap::Subcommand;

use crate::domain::Release;

#[derive(Subcommand, Debug)]
pub enum Data {
    /// Download an O*NET text release, check it, and keep it to be used as --catalog onet
    Fetch {
        /// Only O*NET has releases that can be fetched
        #[arg(value_parser = ["onet"])]
        what: String,
        /// The release, as in 30_1 or 30.1
        #[arg(long, value_name = "RELEASE", default_value = "30_1", value_parser = Release::parse)]
        release: Release,
    },
    /// Check an O*NET text release (folder or zip) and keep a copy, to be used as --catalog NAME
    Import {
        /// The folder or the zip
        path: PathBuf,
        /// The name to use it by; default: its own, such as onet-30-1
        #[arg(long)]
        name: Option<String>,
    },
    /// The catalogues at hand
    List,
    /// Read imported catalogues again and compare them with what was imported
    Verify {
        /// All of them by default
        name: Option<String>,
    },
}

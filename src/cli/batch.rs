//! `batch`: what is on its way in the providers' batch interfaces.

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};

#[derive(Subcommand, Debug)]
pub enum Batch {
    /// Batches of this store that are on their way, as the store has them; asks nobody
    List {
        /// Those that are over as well
        #[arg(long)]
        all: bool,
    },
    /// The same as the providers have them now
    Status,
    /// Bring in what has ended, and say what is left; what was never submitted is free to be asked again
    Collect(Collecting),
    /// Ask the providers to stop; what is answered by then is paid for, and `batch collect` brings it in
    Cancel {
        /// The batch's name, or the beginning of it
        #[arg(required_unless_present = "all")]
        names: Vec<String>,
        /// All that are on their way
        #[arg(long, conflicts_with = "names")]
        all: bool,
    },
    /// Give up batches that can no longer be read: they count as lost and perhaps billed, and their questions are
    /// asked again
    Forget {
        /// The batch's name, or the beginning of it
        #[arg(required = true)]
        names: Vec<String>,
    },
}

#[derive(Args, Debug)]
pub struct Collecting {
    /// Stay until all of them have ended
    #[arg(long, env = "SCORE_TASKS_WAIT", value_parser = FalseyValueParser::new())]
    pub wait: bool,
}

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
    /// Bring in what has ended, hand over what an earlier run could not, and say what is left
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
}

#[derive(Args, Debug)]
pub struct Collecting {
    /// Stay until all of them have ended
    #[arg(long, env = "SCORE_TASKS_WAIT", value_parser = FalseyValueParser::new())]
    pub wait: bool,
}

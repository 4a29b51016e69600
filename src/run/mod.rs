//! From the command line to the rooms and back: the only place that names every room.

mod after;
mod agree;
mod announce;
mod asking;
mod batch;
mod batches;
mod cache;
mod check;
mod clients;
mod commentaries;
mod costs;
mod data;
mod delivery;
mod doctor;
mod drift;
mod ending;
mod exchange;
mod explain;
mod facts;
mod failure;
mod fetch;
mod find;
mod findings;
mod gold;
mod help;
mod holder;
mod init;
mod interrupt;
mod logs;
mod manifest;
mod models;
mod money;
mod month;
mod narrate;
mod occupations;
mod outcome;
mod output;
mod plan;
mod program;
mod raters;
mod rebuild;
mod rubrics;
mod runs;
mod schedule;
mod score;
mod serve;
mod served;
mod setup;
mod sheets;
mod site;
mod stability;
mod summary;
mod validate;
mod verdict;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::cli::{Cli, Command, Global};
use crate::config::Config;
use crate::domain::Instant;
use crate::pace::Clock;

pub use failure::{Exit, Failure};
use output::Talk;

/// Runs a command line to its end; returns the exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> i32 {
    main_at(words, Clock::default())
}

/// The same at another time of day.
pub fn main_at(words: impl IntoIterator<Item = OsString>, clock: Clock) -> i32 {
    let cli = match Cli::read(words) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    output::choose_color(cli.global.color);
    logs::start(&cli.global);
    match dispatch(cli, clock) {
        Ok(exit) => exit.code(),
        Err(failure) => {
            failure.print();
            failure.exit.code()
        }
    }
}

/// What every command has at hand.
pub(crate) struct Desk {
    pub config: Config,
    pub global: Global,
    pub talk: Talk,
    pub clock: Clock,
}

impl Desk {
    fn open(global: &Global, clock: Clock) -> Result<Self, Failure> {
        let folder = global.dir.clone().unwrap_or_else(|| PathBuf::from("."));
        // Upwards needs the whole path; a folder that is not there is told by name.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        if !folder.is_dir() {
            return Err(Failure::usage(anyhow::anyhow!("{} is not a folder", folder.display())));
        }
        let named = global.config.as_ref().map(|file| folder.join(file));
        let config = Config::load(named.as_deref(), &folder)?;
        Ok(Self { config, global: global.clone(), talk: Talk { quiet: global.quiet }, clock })
    }

    /// The folder from which paths on the command line are meant.
    fn folder(&self) -> PathBuf {
        self.global.dir.clone().unwrap_or_default()
    }
}

fn dispatch(cli: Cli, clock: Clock) -> Result<Exit, Failure> {
    let global = cli.global;
    let desk = || Desk::open(&global, clock.clone());
    match cli.command {
        None => score::score(&desk()?, &cli.score),
        Some(Command::Score(args)) => score::score(&desk()?, &args),
        Some(Command::Plan(args)) => plan::plan(&desk()?, &args),
        Some(Command::Explain(args)) => explain::explain(&desk()?, &args),
        Some(Command::Agree(args)) => agree::agree(&desk()?, &args),
        Some(Command::Stability(args)) => stability::stability(&desk()?, &args),
        Some(Command::Drift(args)) => drift::drift(&desk()?, &args),
        Some(Command::Validate(args)) => validate::validate(&desk()?, &args),
        Some(Command::Site(command)) => site::site(&desk()?, &command),
        Some(Command::Narrate(args)) => narrate::narrate(&desk()?, &args),
        Some(Command::Runs(command)) => runs::runs(&desk()?, &command),
        Some(Command::Batch(command)) => batch::batch(&desk()?, &command),
        Some(Command::Schedule(command)) => schedule::schedule(desk()?, &command),
        Some(Command::Serve(args)) => serve::serve(&desk()?, &args),
        Some(Command::Find { query, catalog }) => find::find(&desk()?, &query, catalog.as_deref()),
        Some(Command::Init { folder }) => init::init(&global, &folder),
        Some(Command::Doctor) => doctor::doctor(&global, clock),
        Some(Command::Data(command)) => data::data(&desk()?, command),
        Some(Command::Occupations(command)) => occupations::occupations(&desk()?, command),
        Some(Command::Models(command)) => models::models(&desk()?, &command),
        Some(Command::Rubrics(command)) => rubrics::rubrics(&desk()?, command),
        Some(Command::Cache(command)) => cache::cache(&desk()?, &command),
        Some(Command::Completions { shell }) => help::completions(shell),
        Some(Command::Man) => help::man(),
        Some(Command::Help { topic }) => help::help(&topic),
    }
}

/// A time as a date: enough for people.
pub(crate) fn day(at: Instant) -> String {
    at.to_string().chars().take(10).collect()
}

/// Billionths of a dollar, for people.
pub(crate) fn cost(nano_usd: u64) -> String {
    format!("USD {:.4}", nano_usd as f64 / 1e9)
}

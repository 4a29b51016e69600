//! Flags of commentary.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::score::dollars;

/// About what, by whom, and for how much.
#[derive(Args, Debug)]
pub struct Narrate {
    /// Only this occupation of the run, by code, title or slug; repeatable; `-` reads lines from stdin
    #[arg(short, long, value_name = "CODE|TITLE|SLUG")]
    pub occupation: Vec<String>,
    /// Only the run's occupations of a group: the start of a code such as 15, or a group of the table
    #[arg(long, value_name = "GROUP")]
    pub group: Vec<String>,
    /// All occupations of the run; the default
    #[arg(long, conflicts_with_all = ["occupation", "group"])]
    pub all: bool,
    /// The run that is commented on: its name or the beginning of it, `latest~1`; default: the last run
    /// under the config's rubric
    #[arg(long, value_name = "RUN")]
    pub run: Option<String>,
    /// The author, a model of config.toml; default: the first of site.commentary, or else of the run
    #[arg(short, long, value_name = "NAME")]
    pub model: Option<String>,
    /// Spend no more than this, in US dollars; calls in flight are counted at their dearest
    #[arg(long, value_name = "USD", value_parser = dollars, env = "SCORE_TASKS_MAX_COST")]
    pub max_cost: Option<f64>,
    /// Agree to the estimated cost
    #[arg(short, long, env = "SCORE_TASKS_YES", value_parser = FalseyValueParser::new())]
    pub yes: bool,
    /// Count and price what is missing, and stop
    #[arg(long, env = "SCORE_TASKS_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub dry_run: bool,
    /// Ask nothing; tell what is there and what is missing
    #[arg(long, env = "SCORE_TASKS_OFFLINE", value_parser = FalseyValueParser::new())]
    pub offline: bool,
}

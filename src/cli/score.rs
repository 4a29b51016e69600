//! The flags of scoring, which other commands that are about a selection take, too.

use std::path::PathBuf;

use clap::builder::{FalseyValueParser, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::domain::{Age, AllowedGaps, Combine, Instant};

/// What to score, with what, and how to show it.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Scoring")]
pub struct Score {
    /// Occupation by code, title or slug; repeatable; `-` reads lines from stdin
    #[arg(short, long, value_name = "CODE|TITLE|SLUG", env = "SCORE_TASKS_OCCUPATION")]
    pub occupation: Vec<String>,
    /// All occupations of a group: the start of a code such as 15, or a group of the table
    #[arg(long, value_name = "GROUP", env = "SCORE_TASKS_GROUP")]
    pub group: Vec<String>,
    /// All occupations of the catalogue
    #[arg(long, env = "SCORE_TASKS_ALL", value_parser = FalseyValueParser::new())]
    pub all: bool,
    /// Score the rows of a table: .csv, .tsv or .jsonl with columns id, text; group, title, type, weight
    #[arg(long, value_name = "FILE", env = "SCORE_TASKS_ITEMS")]
    pub items: Option<PathBuf>,
    /// Columns of the table under other names, such as text=Question,id=No
    #[arg(long, value_name = "NAME=COLUMN", value_delimiter = ',', env = "SCORE_TASKS_COLUMNS")]
    pub columns: Vec<String>,
    /// Models of config.toml, or label:COLUMN for ratings that stand in the table
    #[arg(short, long, value_name = "A,B", value_delimiter = ',', env = "SCORE_TASKS_MODELS")]
    pub models: Vec<String>,
    /// Answers per task and model
    #[arg(short = 'n', long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), env = "SCORE_TASKS_SAMPLES")]
    pub samples: Option<u32>,
    /// The rubric: a folder of prompts/, or a built-in one
    #[arg(long, value_name = "NAME", env = "SCORE_TASKS_RUBRIC")]
    pub rubric: Option<String>,
    /// auto, equal, core, importance, importance_relevance, time or given
    #[arg(long, value_name = "NAME", env = "SCORE_TASKS_WEIGHTS")]
    pub weights: Option<String>,
    /// How models are combined: mean (by their weight), median, trimmed, or effects (rater effects removed)
    #[arg(long, value_name = "NAME", value_parser = combine(), env = "SCORE_TASKS_COMBINE")]
    pub combine: Option<Combine>,
    /// demo, onet (the newest release fetched), an imported catalogue, or a release's folder or zip
    #[arg(long, value_name = "PATH", env = "SCORE_TASKS_CATALOG")]
    pub catalog: Option<String>,
    /// Only the first N tasks
    #[arg(long, value_name = "N", env = "SCORE_TASKS_LIMIT")]
    pub limit: Option<u64>,
    /// Only N tasks, drawn at random by --seed
    #[arg(long, value_name = "N", env = "SCORE_TASKS_PICK")]
    pub pick: Option<u64>,
    /// Seed of --pick, 0 by default: the same seed draws the same tasks
    #[arg(long, value_name = "S", env = "SCORE_TASKS_SEED")]
    pub seed: Option<u64>,
    /// Count and price what is missing, and stop
    #[arg(long, env = "SCORE_TASKS_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub dry_run: bool,
    /// Spend no more than this, in US dollars; calls in flight are counted at their dearest
    #[arg(long, value_name = "USD", value_parser = dollars, env = "SCORE_TASKS_MAX_COST")]
    pub max_cost: Option<f64>,
    /// Agree to the estimated cost
    #[arg(short, long, env = "SCORE_TASKS_YES", value_parser = FalseyValueParser::new())]
    pub yes: bool,
    /// Ask through the providers' batch interfaces where there are any: cheaper, and within a day
    #[arg(long, env = "SCORE_TASKS_BATCH", value_parser = FalseyValueParser::new())]
    pub batch: bool,
    /// Ask at once, also models that the config would have asked in batches
    #[arg(long, env = "SCORE_TASKS_ONLINE", value_parser = FalseyValueParser::new())]
    pub online: bool,
    /// Leave as soon as all batches are submitted; `batch collect`, or the same command later, brings them in
    #[arg(long, env = "SCORE_TASKS_NO_WAIT", value_parser = FalseyValueParser::new())]
    pub no_wait: bool,
    /// Ask at once what batches have not answered after so long: 90m, 6h
    #[arg(long, value_name = "AGE", env = "SCORE_TASKS_DEADLINE")]
    pub deadline: Option<Age>,
    /// Ask nothing; report what is kept
    #[arg(long, env = "SCORE_TASKS_OFFLINE", value_parser = FalseyValueParser::new())]
    pub offline: bool,
    /// Ask everything anew; older answers are kept but do not serve
    #[arg(long, env = "SCORE_TASKS_FRESH", value_parser = FalseyValueParser::new())]
    pub fresh: bool,
    /// Ask only what has no answer at all: new or reworded tasks, models, rubrics, samples
    #[arg(long, env = "SCORE_TASKS_CHANGED", value_parser = FalseyValueParser::new())]
    pub changed: bool,
    /// Further samples of each task until the standard error of its score, from samples, is at most X points
    #[arg(long, value_name = "X", value_parser = points, env = "SCORE_TASKS_UNTIL_SE")]
    pub until_se: Option<f64>,
    /// Further samples of each task until the models' means are at most X points apart
    #[arg(long, value_name = "X", value_parser = points, env = "SCORE_TASKS_UNTIL_AGREE")]
    pub until_agree: Option<f64>,
    /// With --until-se or --until-agree: no more samples of a task and model than this
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(3..=1000), env = "SCORE_TASKS_MAX_SAMPLES")]
    pub max_samples: u32,
    /// Ask N tasks anew, always the same ones: they tell a change of the models from one of the tasks
    #[arg(long, value_name = "N", env = "SCORE_TASKS_ANCHORS")]
    pub anchors: Option<u64>,
    /// With --anchors: answers to them from this time on count; goes on where an earlier run ended
    #[arg(long, value_name = "TIME", value_parser = Instant::parse, env = "SCORE_TASKS_ANCHORS_SINCE")]
    pub anchors_since: Option<Instant>,
    /// Only answers younger than this serve: 12h, 30d, 4w
    #[arg(long, value_name = "AGE", env = "SCORE_TASKS_MAX_AGE")]
    pub max_age: Option<Age>,
    /// Only answers from this time on serve; goes on where an interrupted --fresh ended
    #[arg(long, value_name = "TIME", value_parser = Instant::parse, env = "SCORE_TASKS_SINCE")]
    pub since: Option<Instant>,
    /// The report as it was then, from the answers of then; asks nothing
    #[arg(long, value_name = "TIME", value_parser = Instant::parse, env = "SCORE_TASKS_AS_OF")]
    pub as_of: Option<Instant>,
    /// Ratings that may be missing before the exit code is 3
    #[arg(long, value_name = "N|P%", env = "SCORE_TASKS_ALLOW_GAPS")]
    pub allow_gaps: Option<AllowedGaps>,
    /// How to show the result; by default as the ending of --output says, else a table
    #[arg(long, value_name = "FORMAT", env = "SCORE_TASKS_FORMAT")]
    pub format: Option<Format>,
    /// Write the report to this file instead of stdout
    #[arg(long, value_name = "FILE", env = "SCORE_TASKS_OUTPUT")]
    pub output: Option<PathBuf>,
}

pub(super) fn points(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(points) if (0.0..=100.0).contains(&points) => Ok(points),
        _ => Err("write a number of points from 0 to 100".to_owned()),
    }
}

/// The names are checked before they come here.
fn combine() -> impl TypedValueParser<Value = Combine> {
    let names = PossibleValuesParser::new(Combine::ALL.map(Combine::name));
    names.map(|name| Combine::from_name(&name).unwrap_or_default())
}

pub(super) fn dollars(text: &str) -> Result<f64, String> {
    match text.trim_start_matches('$').parse::<f64>() {
        Ok(usd) if (0.0..=1e9).contains(&usd) => Ok(usd),
        _ => Err("write a number of US dollars, such as 2.50".to_owned()),
    }
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Table,
    Json,
    Jsonl,
    Csv,
    Md,
}

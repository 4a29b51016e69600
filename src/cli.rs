//! The flags as typed. What they mean is decided in `run`.

mod compare;
mod rules;

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::domain::{Age, AllowedGaps, Instant, Release};
pub use compare::{Agree, Validate};

/// Scores the tasks of occupations, or any table, with several language models under a rubric.
///
/// Every answer is kept for ever under the hash of its question, so nothing is paid for twice and
/// every number can be traced to the answers behind it. Without a subcommand: `score`.
#[derive(Parser, Debug)]
#[command(name = "score-tasks", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(
    after_help = "Try: score-tasks --occupation \"AI/ML Engineers\"      More: score-tasks help config"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub score: Score,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Flags that every command takes.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Everywhere")]
pub struct Global {
    /// Work in this folder
    #[arg(short = 'C', value_name = "DIR", global = true, env = "SCORE_TASKS_DIR")]
    pub dir: Option<PathBuf>,
    /// Use this config.toml instead of the nearest one upwards
    #[arg(long, value_name = "FILE", global = true, env = "SCORE_TASKS_CONFIG")]
    pub config: Option<PathBuf>,
    /// The same as --format json, where a command has that
    #[arg(long, global = true, env = "SCORE_TASKS_JSON", value_parser = FalseyValueParser::new())]
    pub json: bool,
    /// Say nothing on stderr but errors
    #[arg(short, long, global = true, env = "SCORE_TASKS_QUIET", value_parser = FalseyValueParser::new())]
    pub quiet: bool,
    /// Colours on stderr; NO_COLOR is obeyed
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true, env = "SCORE_TASKS_COLOR")]
    pub color: Color,
    /// No progress bars
    #[arg(long, global = true, env = "SCORE_TASKS_NO_PROGRESS", value_parser = FalseyValueParser::new())]
    pub no_progress: bool,
    /// Ask nothing of the user; what would need an answer fails
    #[arg(long, global = true, env = "SCORE_TASKS_NO_INPUT", value_parser = FalseyValueParser::new())]
    pub no_input: bool,
    /// Log what goes wrong and a line per model; -vv logs every call
    #[arg(short, long, global = true, action = ArgAction::Count, env = "SCORE_TASKS_VERBOSE")]
    pub verbose: u8,
    /// How logs look
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        global = true,
        env = "SCORE_TASKS_LOG_FORMAT"
    )]
    pub log_format: LogFormat,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Color {
    Auto,
    Always,
    Never,
}

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
    /// Ask nothing; report what is kept
    #[arg(long, env = "SCORE_TASKS_OFFLINE", value_parser = FalseyValueParser::new())]
    pub offline: bool,
    /// Ask everything anew; older answers are kept but do not serve
    #[arg(long, env = "SCORE_TASKS_FRESH", value_parser = FalseyValueParser::new())]
    pub fresh: bool,
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

fn dollars(text: &str) -> Result<f64, String> {
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

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Score tasks (what happens without a subcommand)
    Score(Score),
    /// Count and price what is missing; sends nothing
    Plan(Score),
    /// How far raters agree: with each other, on tasks and on occupations, and with themselves
    Agree(Agree),
    /// People's labels against each rater and their combination: errors, agreement, calibration, weights
    Validate(Validate),
    /// Runs: what was scored when, with what
    #[command(subcommand)]
    Runs(Runs),
    /// Search occupations: own ones, O*NET titles, alternate titles
    Find {
        /// Words of a title
        query: String,
        /// demo, onet (the newest release fetched), an imported catalogue, or a release's folder or zip
        #[arg(long, value_name = "PATH", env = "SCORE_TASKS_CATALOG")]
        catalog: Option<String>,
    },
    /// Start a project: config.toml, prompts/, occupations/, .gitignore
    Init {
        /// The folder, made if it is not there
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// What is used and why: config, catalogue, rubric, models, store, disk
    Doctor,
    /// Catalogues: fetch, import, list, verify
    #[command(subcommand)]
    Data(Data),
    /// Occupations of the catalogue and your own
    #[command(subcommand)]
    Occupations(Occupations),
    /// Models of the config
    #[command(subcommand)]
    Models(Models),
    /// Rubrics: what raters are told
    #[command(subcommand)]
    Rubrics(Rubrics),
    /// The store of answers
    #[command(subcommand)]
    Cache(Cache),
    /// Print a completion script for a shell
    Completions {
        /// The shell that is to complete
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff); `score-tasks man | man -l -`
    Man,
    /// Explain exit codes, environment variables, the config, costs, or a command
    Help {
        /// exit-codes, env, config, costs, or a command
        topic: Vec<String>,
    },
}

#[derive(Subcommand, Debug)]
pub enum Runs {
    /// All runs, the oldest first
    List,
    /// One run: models asked and served, hashes, gaps, cost, and how to make its report again
    Show {
        /// Its name or the beginning of it, `latest` or `latest~1`; default: the last run
        run: Option<String>,
    },
}

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

#[derive(Subcommand, Debug)]
pub enum Occupations {
    /// All occupations with their number of tasks
    List(CatalogArg),
    /// One occupation with its tasks and weights
    Show {
        /// Its code, title or slug
        occupation: String,
        #[command(flatten)]
        catalog: CatalogArg,
    },
    /// Write a file to fill in: occupations/SLUG.toml
    New {
        /// Its title; the file is named after it
        title: String,
    },
    /// Read occupations/*.toml and report every problem
    Check(CatalogArg),
}

#[derive(Args, Debug, Clone)]
pub struct CatalogArg {
    /// demo, onet (the newest release fetched), an imported catalogue, or a release's folder or zip
    #[arg(long, value_name = "PATH", env = "SCORE_TASKS_CATALOG")]
    pub catalog: Option<String>,
}

#[derive(Subcommand, Debug)]
pub enum Models {
    /// The models of the config, with limits, prices and settings
    List,
    /// Ask each model one tiny question: key, model, form of answer, latency, cost
    Check {
        /// Models of config.toml; default: those that a run asks
        models: Vec<String>,
    },
    /// The built-in table of prices, with its date
    Prices {
        /// Only models whose name or provider has this in it
        name: Option<String>,
    },
}

#[derive(Subcommand, Debug)]
pub enum Rubrics {
    /// The rubrics at hand
    List,
    /// A rubric's scale, schema and texts
    Show {
        /// A folder of prompts/, or a built-in rubric
        name: String,
    },
    /// Check a rubric before it costs anything
    Lint {
        /// A folder of prompts/, or a built-in rubric
        name: String,
        /// A table the rubric is meant for: its columns are known to the templates
        #[arg(long, value_name = "FILE")]
        items: Option<PathBuf>,
    },
    /// Print the first question as it would be sent, with its key
    Render {
        /// A folder of prompts/, or a built-in rubric
        name: String,
        #[command(flatten)]
        score: Box<Score>,
    },
}

#[derive(Subcommand, Debug)]
pub enum Cache {
    /// Answers by model
    Stats,
    /// Check the file, and recompute every hash
    Verify,
    /// Write answers as JSON lines, to keep, to share, or to be replayed
    Export {
        /// The file; default: stdout
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Take in answers from an export; every hash is checked, what is there already is passed over
    Import {
        /// The export
        file: PathBuf,
    },
}

impl Cli {
    /// Parses the command line; prints help or a usage error and gives the exit code otherwise.
    pub fn read(words: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self, i32> {
        let mut command = Self::command();
        let parsed = command.try_get_matches_from_mut(words).and_then(|matches| {
            if let Some(error) = rules::misplaced(&mut command, &matches) {
                return Err(error);
            }
            let mut cli = Self::from_arg_matches(&matches)?;
            let (score, matches) = match (&mut cli.command, matches.subcommand()) {
                (Some(Command::Score(score) | Command::Plan(score)), Some((_, inner))) => (score, inner),
                _ => (&mut cli.score, &matches),
            };
            rules::exclude(&mut command, score, matches).map_or(Ok(cli), Err)
        });
        parsed.map_err(|error| {
            // Nothing can be done about a closed stream; the code says enough.
            let _ = error.print();
            error.exit_code()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &str) -> Result<Cli, i32> {
        let words = std::iter::once("score-tasks").chain(words.split_whitespace());
        Cli::read(words.map(std::ffi::OsString::from))
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn score_options_before_a_subcommand_are_refused() {
        assert_eq!(read("--dry-run score -o X").unwrap_err(), 2);
        assert_eq!(read("-o X plan").unwrap_err(), 2);
        assert_eq!(read("--limit 3 find x").unwrap_err(), 2);
    }

    #[test]
    fn global_flags_stand_anywhere() {
        assert!(read("--json cache stats").unwrap().global.json);
        assert!(read("cache stats --json").unwrap().global.json);
        assert!(read("--json -o X").unwrap().global.json);
    }

    #[test]
    fn the_bare_form_scores() {
        let cli = read("-o A -o B -m x,y -n 3").unwrap();
        assert_eq!(cli.score.occupation, ["A", "B"]);
        assert_eq!(cli.score.models, ["x", "y"]);
        assert_eq!(cli.score.samples, Some(3));
        assert!(cli.command.is_none());
    }
}

//! The flags as typed. What they mean is decided in `run`.

mod announce;
mod batch;
mod compare;
mod data;
mod explain;
mod narrate;
mod rules;
mod schedule;
mod score;
mod site;
mod stability;

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::domain::Month;
pub use batch::{Batch, Collecting};

pub use announce::Announce;
pub use compare::{Agree, Differing, Drift, Validate};
pub use data::Data;
pub use explain::Explain;
pub use narrate::Narrate;
pub use schedule::{Printed, Schedule, ScheduleRun, Scheduler};
pub use score::{Format, Score};
pub use site::{Serve, Shown, Site, SiteBuild};
pub use stability::Stability;

use rules::About;

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

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Score tasks (what happens without a subcommand)
    Score(Score),
    /// Count and price what is missing; sends nothing
    Plan(Score),
    /// How one number was made, term by term; asks nothing
    Explain(Explain),
    /// How far raters agree: with each other, on tasks and on occupations, and with themselves
    Agree(Agree),
    /// People's labels against each rater and their combination: errors, agreement, calibration, weights
    Validate(Validate),
    /// How far the numbers hang on the wording of the rubric: shifts, noise, other bands
    Stability(Stability),
    /// Whether raters change over runs, and because of what
    Drift(Drift),
    /// Commentary on a run's scores by a model: checked, kept like any answer
    Narrate(Narrate),
    /// Runs: what was scored when, with what
    #[command(subcommand)]
    Runs(Runs),
    /// Batches on their way at providers: list, status, collect, cancel
    #[command(subcommand)]
    Batch(Batch),
    /// Score again by the clock: as a service, or for another scheduler
    #[command(subcommand)]
    Schedule(Schedule),
    /// Pages: a run as a static site
    #[command(subcommand)]
    Site(Site),
    /// Show a built site on this machine, as a host would
    Serve(Serve),
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
    /// Explain exit codes, environment variables, the config, costs, what comes after a run, or a command
    Help {
        /// exit-codes, env, config, costs, after, or a command
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
    /// What came of a run, as a few lines of Markdown: scores, what changed since the run before, costs
    Summary {
        /// Its name or the beginning of it, `latest` or `latest~1`; default: the last run
        run: Option<String>,
        /// The run to compare it with; default: the last one before it that is like it
        #[arg(long, value_name = "RUN")]
        against: Option<String>,
    },
    /// Tell of a run that is over: write its summary, post it, run a command, check the gate
    Announce(Announce),
    /// What was paid: by month and model, and by run
    Costs {
        /// Only this month, in UTC
        #[arg(long, value_name = "YYYY-MM")]
        month: Option<Month>,
    },
    /// What changed from one run (or report) to another: causes, movers, other bands
    Diff {
        /// The earlier run
        before: String,
        /// The later run
        after: String,
        #[command(flatten)]
        differing: Differing,
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
            let (score, matches, about) = match (&mut cli.command, matches.subcommand()) {
                (Some(Command::Score(score)), Some((_, inner))) => (score, inner, About::Report),
                (Some(Command::Plan(score)), Some((_, inner))) => (score, inner, About::Plan),
                (Some(Command::Stability(stability)), Some((_, inner))) => {
                    (&mut *stability.score, inner, About::Wordings)
                }
                (Some(Command::Explain(explain)), Some((_, inner))) => {
                    (&mut *explain.score, inner, About::Target)
                }
                (Some(Command::Agree(agree)), Some((_, inner))) => {
                    let about = About::Ratings { named: !agree.targets.is_empty() };
                    (&mut *agree.score, inner, about)
                }
                (Some(Command::Validate(validate)), Some((_, inner))) => {
                    (&mut *validate.score, inner, About::Ratings { named: validate.target.is_some() })
                }
                _ => (&mut cli.score, &matches, About::Report),
            };
            rules::check(&mut command, score, matches, about).map_or(Ok(cli), Err)
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

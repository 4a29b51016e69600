//! Flags of the commands that compare ratings.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::Score;
use super::score::points;

/// Which ratings are compared, and how.
#[derive(Args, Debug)]
pub struct Agree {
    /// Runs (`runs list`) or reports (.json, .jsonl); default: what the flags select, or the last run
    #[arg(value_name = "RUN|REPORT")]
    pub targets: Vec<String>,
    /// Rounds of resampling behind the intervals, drawn by --seed; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub bootstrap: u32,
    /// How many of the most disputed tasks to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub disputed: usize,
    /// Exit code 6 where Krippendorff's alpha (interval, on tasks) is below this
    #[arg(long, value_name = "ALPHA", value_parser = number, allow_negative_numbers = true)]
    pub min_alpha: Option<f64>,
    #[command(flatten)]
    pub score: Box<Score>,
}

/// Which ratings are held against which labels, and what is to be reached.
#[derive(Args, Debug)]
pub struct Validate {
    /// A run (`runs list`) or a report (.json, .jsonl); default: what the flags select, or the last run
    #[arg(value_name = "RUN|REPORT")]
    pub target: Option<String>,
    /// The labels that count as true: .csv, .tsv or .jsonl with columns group (occupation code), id, labels
    #[arg(long, value_name = "FILE")]
    pub gold: PathBuf,
    /// Columns of that table under other names, such as group=Code,id=No
    #[arg(long, value_name = "NAME=COLUMN", value_delimiter = ',')]
    pub gold_columns: Vec<String>,
    /// Its columns of labels, one per person; default: the one called label, gold, score or human
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub labels: Vec<String>,
    /// Rounds of resampling behind the intervals, drawn by --seed; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub bootstrap: u32,
    /// Exit code 6 where alpha (interval, on tasks) of the combination and the labels is below this
    #[arg(long, value_name = "ALPHA", value_parser = number, allow_negative_numbers = true)]
    pub min_alpha: Option<f64>,
    /// Exit code 6 where the mean absolute error of the combination on tasks is above this, in points
    #[arg(long, value_name = "POINTS", value_parser = number)]
    pub max_mae: Option<f64>,
    /// Exit code 6 where Pearson's r of the combination and the labels on tasks is below this
    #[arg(long, value_name = "R", value_parser = number, allow_negative_numbers = true)]
    pub min_pearson: Option<f64>,
    #[command(flatten)]
    pub score: Box<Score>,
}

/// Nothing is below what is not a number, so that would be a gate that stands open.
fn number(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| "write a number".to_owned())
}

/// One run alone has nothing to drift from.
fn at_least_two() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(2..)
}

/// Which runs are compared over time.
#[derive(Args, Debug)]
pub struct Drift {
    /// Two runs or more, the oldest first; default: those with the rubric and selection of the last one
    #[arg(value_name = "RUN")]
    pub runs: Vec<String>,
    /// Of those, only the last N
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = at_least_two())]
    pub last: usize,
    #[command(flatten)]
    pub differing: Differing,
}

/// How runs are compared.
#[derive(Args, Debug)]
pub struct Differing {
    /// A difference of more points than this counts as one
    #[arg(long, value_name = "POINTS", default_value_t = 10.0, value_parser = points)]
    pub threshold: f64,
    /// How many of the occupations that moved most to show
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub movers: usize,
    /// Exit code 6 where a rater (on anchors, if there are any) or the mean occupation moved by more
    #[arg(long, value_name = "POINTS", value_parser = points)]
    pub fail_above: Option<f64>,
}

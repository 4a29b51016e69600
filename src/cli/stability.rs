//! The flags of `stability`.

use clap::Args;

use super::Score;

/// What is asked in several wordings, and what counts as near.
#[derive(Args, Debug)]
pub struct Stability {
    #[command(flatten)]
    pub score: Box<Score>,
    /// How many of the selected occupations, drawn by --seed and spread over major groups in proportion
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub occupations: u32,
    /// Variants of the rubric: folders of prompts/NAME/variants/; default: all
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub variants: Vec<String>,
    /// Rounds of resampling behind the intervals; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub bootstrap: u32,
    /// A score no farther from a cut than this is near it
    #[arg(long, value_name = "POINTS", default_value_t = 5.0, value_parser = super::score::points)]
    pub near: f64,
}

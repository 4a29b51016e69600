//! The flags of `explain`.

use clap::Args;

use super::Score;

/// Which number, and under which settings it was made.
#[derive(Args, Debug)]
pub struct Explain {
    /// Occupation by code, title or slug; with /TASK behind it, one of its tasks by its id
    #[arg(value_name = "OCCUPATION[/TASK]")]
    pub target: String,
    #[command(flatten)]
    pub score: Box<Score>,
}

//! Parts of the JSON report for whoever publishes them one by one, in the shapes of `score --format json`.

use serde::Serialize;

use super::shape;
use crate::domain::{RunInfo, ScoredOccupation, ScoredTask, Totals};

/// An occupation with its tasks.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    head: shape::Occupation<'a>,
    tasks: Vec<shape::Task<'a>>,
}

/// What the report says of an occupation. To be written at once: nothing of it is copied.
pub fn occupation_json<'a>(
    run: &'a RunInfo,
    occupation: &'a ScoredOccupation,
    tasks: &'a [ScoredTask],
) -> impl Serialize + 'a {
    Whole {
        head: shape::Occupation::new(run, occupation),
        tasks: tasks.iter().map(|task| shape::Task::new(run, task)).collect(),
    }
}

/// What the report says of the run as a whole.
pub fn run_json<'a>(run: &'a RunInfo, totals: &'a Totals) -> impl Serialize + 'a {
    shape::Run::new(run, totals)
}

/// The ratings that are missing, by reason.
pub fn gaps_json(totals: &Totals) -> impl Serialize {
    shape::Gaps::new(totals)
}

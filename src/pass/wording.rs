//! A report that is kept as the ratings and scores under one wording of the rubric.

use super::Collector;
use crate::domain::stability::{Outcome, Wording, WordingName};
use crate::domain::{Occupation, RunInfo, ScoredOccupation, ScoredTask, Totals};
use crate::report::{Report, ReportError};

/// Takes a report in, with what it makes of the ratings.
pub struct Worded {
    ratings: Collector,
    name: WordingName,
    scores: Vec<Option<f64>>,
    occupations: Vec<Outcome>,
}

impl Worded {
    pub fn new(run: &RunInfo) -> Self {
        Self {
            ratings: Collector::new(run, false),
            name: WordingName::of(&run.rubric),
            scores: Vec::new(),
            occupations: Vec::new(),
        }
    }

    pub fn finish(self) -> Wording {
        let Self { ratings, name, scores, occupations } = self;
        Wording { name, sheet: ratings.sheet, scores, occupations }
    }
}

impl Report for Worded {
    fn task(&mut self, occupation: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        self.scores.push(task.score);
        self.ratings.task(occupation, task)
    }

    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        let ScoredOccupation { score, band, .. } = occupation;
        self.occupations.push(Outcome { score: *score, band: band.clone() });
        self.ratings.occupation(occupation)
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        self.ratings.end(totals)
    }
}

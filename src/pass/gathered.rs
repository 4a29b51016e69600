//! A report that is kept as it comes, for commands that need all of an occupation at once.

use crate::domain::{Occupation, ScoredOccupation, ScoredTask, Totals};
use crate::report::{Report, ReportError};

/// Takes a report in. It holds all tasks with all samples, so it is for commands that cannot do with less.
#[derive(Default)]
pub struct Gathered {
    pub occupations: Vec<(ScoredOccupation, Vec<ScoredTask>)>,
    pub totals: Totals,
    /// Of the occupation that is not over.
    tasks: Vec<ScoredTask>,
}

impl Report for Gathered {
    fn task(&mut self, _: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        self.tasks.push(task.clone());
        Ok(())
    }

    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        self.occupations.push((occupation.clone(), std::mem::take(&mut self.tasks)));
        Ok(())
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        self.totals = totals.clone();
        Ok(())
    }
}

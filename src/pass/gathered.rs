//! A report that is held whole: for pages, which say of each occupation where it stands among all.

use crate::domain::{Occupation, ScoredOccupation, ScoredTask, Totals};
use crate::report::{Report, ReportError};

/// Takes a report in, task by task.
#[derive(Default)]
pub struct Gathered {
    pub occupations: Vec<(ScoredOccupation, Vec<ScoredTask>)>,
    pub totals: Totals,
    /// Of the occupation that is not yet complete.
    open: Vec<ScoredTask>,
}

impl Report for Gathered {
    fn task(&mut self, _: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        self.open.push(task.clone());
        Ok(())
    }

    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        self.occupations.push((occupation.clone(), std::mem::take(&mut self.open)));
        Ok(())
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        self.totals = totals.clone();
        Ok(())
    }
}

//! The report as Markdown, for issues, wikis and mail.

use std::io::Write;

use super::heaviest::Heaviest;
use super::table::{count, range, rounded};
use super::text::markdown;
use super::{Report, ReportError};
use crate::domain::{Occupation, RunInfo, ScoredOccupation, ScoredTask, Totals};

pub(super) struct Markdown<'a> {
    run: RunInfo,
    out: Box<dyn Write + 'a>,
    /// Shown only where there is a single occupation.
    tasks: Heaviest,
    occupations: Vec<ScoredOccupation>,
}

impl<'a> Markdown<'a> {
    pub(super) fn new(run: RunInfo, out: Box<dyn Write + 'a>) -> Self {
        Self { run, out, tasks: Heaviest::default(), occupations: Vec::new() }
    }
}

impl Report for Markdown<'_> {
    fn task(&mut self, _: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        if self.occupations.is_empty() {
            self.tasks.add(task);
        }
        Ok(())
    }

    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        self.occupations.push(occupation.clone());
        Ok(())
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        let run = &self.run;
        writeln!(self.out, "# {}\n", markdown(&run.rubric.title))?;
        let models: Vec<String> = run.models.iter().map(|model| markdown(&model.id)).collect();
        writeln!(
            self.out,
            "{}, weights `{}`, {} a task, models {}.\n",
            markdown(&run.catalogue.name),
            run.weighting,
            count(u64::from(run.samples), "sample"),
            models.join(", ")
        )?;
        writeln!(self.out, "| code | occupation | score | lowest to highest model | band | coverage |")?;
        writeln!(self.out, "|---|---|--:|---|---|--:|")?;
        for one in &self.occupations {
            writeln!(
                self.out,
                "| {} | {} | {} | {} | {} | {:.0} % |",
                markdown(&one.occupation.code),
                markdown(&one.occupation.title),
                rounded(one.score),
                range(one.spread),
                markdown(one.band_span.as_deref().unwrap_or_default()),
                one.coverage * 100.0
            )?;
        }
        if self.occupations.len() == 1 {
            let (lines, left_out) = self.tasks.take();
            writeln!(self.out, "\n| weight | score | range | task |\n|--:|--:|---|---|")?;
            for line in lines {
                let cells: Vec<String> = line.cells().iter().map(|cell| markdown(cell)).collect();
                writeln!(self.out, "| {} |", cells.join(" | "))?;
            }
            if left_out > 0 {
                writeln!(self.out, "\n{left_out} lighter tasks are left out.")?;
            }
        }
        for (reason, count) in &totals.gaps {
            writeln!(self.out, "\n{count} ratings missing: {}.", reason.name())?;
        }
        if !run.catalogue.attribution.is_empty() {
            writeln!(self.out, "\n{}", markdown(&run.catalogue.attribution))?;
        }
        Ok(self.out.flush()?)
    }
}

//! The report as Markdown, for issues, wikis and mail.

use std::io::Write;

use super::heaviest::Heaviest;
use super::table::{count, range, rounded};
use super::text::markdown;
use super::{Report, ReportError};
use crate::domain::{Occupation, RunInfo, ScoredOccupation, ScoredTask, Totals, Uncertainty};

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
        writeln!(
            self.out,
            "| code | occupation | score | lowest to highest model | SE | 95 % over tasks | rank % | band | sure of it | coverage |"
        )?;
        writeln!(self.out, "|---|---|--:|---|--:|---|--:|---|--:|--:|")?;
        let standings = totals.standings.iter().copied().chain(std::iter::repeat(None));
        for (one, standing) in self.occupations.iter().zip(standings) {
            let Uncertainty { se, intervals, band_stability, .. } = one.uncertainty;
            writeln!(
                self.out,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.0} % |",
                markdown(&one.occupation.code),
                markdown(&one.occupation.title),
                rounded(one.score),
                range(one.spread),
                shown(se, |se| format!("{se:.1}")),
                shown(intervals.tasks, |tasks| format!("{:.0}-{:.0}", tasks.low, tasks.high)),
                shown(standing, |standing| format!("{:.0}", standing.percentile)),
                markdown(one.band_span.as_deref().unwrap_or_default()),
                shown(band_stability, |share| format!("{:.0} %", share * 100.0)),
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

/// Empty where it is not defined.
fn shown<T>(value: Option<T>, how: impl FnOnce(T) -> String) -> String {
    value.map_or_else(String::new, how)
}

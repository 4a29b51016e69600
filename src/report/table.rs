//! The report for people at a terminal: one occupation with its tasks, or a list of occupations.

use std::io::Write;

use super::heaviest::{FAR_APART, Heaviest, Line};
use super::layout::{Align, grid};
use super::text::plain;
use super::{Report, ReportError};
use crate::domain::agreement::Interval;
use crate::domain::{
    Occupation, RunInfo, ScoredOccupation, ScoredTask, Spread, Standing, Totals, Uncertainty,
};

/// Below this share of scored weight an occupation is flagged.
const THIN_COVERAGE: f64 = 0.9;

pub(super) struct Table<'a> {
    run: RunInfo,
    out: Box<dyn Write + 'a>,
    width: usize,
    tasks: Heaviest,
    occupations: Vec<ScoredOccupation>,
}

impl<'a> Table<'a> {
    pub(super) fn new(run: RunInfo, out: Box<dyn Write + 'a>, width: usize) -> Self {
        Self { run, out, width, tasks: Heaviest::default(), occupations: Vec::new() }
    }
}

impl Report for Table<'_> {
    fn task(&mut self, _: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        // Only a single occupation is shown with its tasks.
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
        let occupations = std::mem::take(&mut self.occupations);
        let text = match occupations.as_slice() {
            [one] => self.one(one),
            many => self.many(many, &totals.standings),
        };
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(gaps(totals).as_bytes())?;
        Ok(self.out.flush()?)
    }
}

impl Table<'_> {
    fn one(&mut self, occupation: &ScoredOccupation) -> String {
        let run = &self.run;
        let mut name = plain(&occupation.occupation.title).into_owned();
        if occupation.occupation.code != occupation.occupation.title {
            name = format!("{name}  {}", plain(&occupation.occupation.code));
        }
        let facts = format!(
            "{}, {}, {}",
            count(occupation.tasks, "task"),
            count(run.models.len() as u64, "model"),
            count(u64::from(run.samples), "sample")
        );
        let used = name.chars().count() + facts.chars().count() + 2;
        let space = self.width.saturating_sub(used).max(2);
        let mut text = format!("  {name}{}{facts}\n\n", " ".repeat(space));
        text += &format!("  {}   {}\n", run.rubric.title, headline(occupation));
        text += &self.by_model(occupation);
        text += &self.certainty(occupation);
        text += &caveats(occupation);
        let (lines, left_out) = self.tasks.take();
        let far = lines.iter().any(|line| line.range.ends_with('!'));
        text.push('\n');
        let rows = lines.into_iter().map(Line::cells).collect();
        let aligns = [Align::Right, Align::Right, Align::Left, Align::Left];
        text += &grid(&["weight", "score", "range", "task"], &aligns, rows, self.width);
        if left_out > 0 {
            text += &format!("  ... and {left_out} lighter tasks; --format csv has all of them\n");
        }
        if far {
            text += &format!("\n  ! models {FAR_APART} or more points apart\n");
        }
        text
    }

    /// Each model's own score, where there are several.
    fn by_model(&self, occupation: &ScoredOccupation) -> String {
        if self.run.models.len() < 2 {
            return String::new();
        }
        let each: Vec<String> = self
            .run
            .models
            .iter()
            .zip(&occupation.models)
            .map(|(model, mean)| format!("{} {}", plain(&model.id), rounded(mean.score)))
            .collect();
        format!("  {}   {}\n", " ".repeat(self.run.rubric.title.chars().count()), each.join(", "))
    }

    /// Small print: what the score would be with other models, other answers, other tasks.
    fn certainty(&self, occupation: &ScoredOccupation) -> String {
        let Uncertainty { se, sampling_se, task_se, intervals, band_stability, .. } = occupation.uncertainty;
        let error = |se: Option<f64>, of: &str| se.map(|se| format!("{se:.1} {of}"));
        let errors = [error(se, "of models"), error(sampling_se, "of samples"), error(task_se, "of tasks")];
        let errors: Vec<String> = errors.into_iter().flatten().collect();
        let mut parts = Vec::new();
        if let Some(Interval { low, high }) = intervals.tasks {
            parts.push(format!("95 % over tasks {low:.0} to {high:.0}"));
        }
        if let Some(share) = band_stability {
            parts.push(format!("{:.0} % sure of its bands", share * 100.0));
        }
        let mut lines = Vec::new();
        if !errors.is_empty() {
            lines.push(format!("standard error {}", errors.join(", ")));
        }
        if !parts.is_empty() {
            lines.push(parts.join("; "));
        }
        let margin = " ".repeat(self.run.rubric.title.chars().count());
        lines.into_iter().map(|line| format!("  {margin}   {line}\n")).collect()
    }

    fn many(&self, occupations: &[ScoredOccupation], standings: &[Option<Standing>]) -> String {
        let standings = standings.iter().copied().chain(std::iter::repeat(None));
        let mut sorted: Vec<(&ScoredOccupation, Option<Standing>)> =
            occupations.iter().zip(standings).collect();
        sorted.sort_by(|(a, _), (b, _)| {
            let score = |one: &ScoredOccupation| one.score.unwrap_or(f64::NEG_INFINITY);
            score(b).total_cmp(&score(a)).then_with(|| a.occupation.code.cmp(&b.occupation.code))
        });
        let rows = sorted
            .into_iter()
            .map(|(one, standing)| {
                vec![
                    rounded(one.score),
                    range(one.spread),
                    one.uncertainty.se.map_or_else(String::new, |se| format!("{se:.1}")),
                    standing.map_or_else(String::new, |standing| format!("{:.0}", standing.percentile)),
                    one.band_span.clone().unwrap_or_default(),
                    one.tasks.to_string(),
                    one.occupation.code.clone(),
                    one.occupation.title.clone() + thin(one),
                ]
            })
            .collect();
        let header = ["score", "range", "SE", "rank %", "band", "tasks", "code", "occupation"];
        let right = Align::Right;
        let left = Align::Left;
        let aligns = [right, left, right, right, left, right, left, left];
        format!("  {}\n\n{}", self.run.rubric.title, grid(&header, &aligns, rows, self.width))
    }
}

pub(super) fn headline(occupation: &ScoredOccupation) -> String {
    let Some(score) = occupation.score else { return "not scored".to_owned() };
    let band = occupation.band_span.as_deref().unwrap_or_default();
    match occupation.spread {
        Some(Spread { low, high }) if occupation.models.len() > 1 => {
            format!("{score:.0}   models {low:.0} to {high:.0}   {band}")
        }
        _ => format!("{score:.0}   one model   {band}"),
    }
}

pub(super) fn caveats(occupation: &ScoredOccupation) -> String {
    let mut text = String::new();
    if occupation.coverage < THIN_COVERAGE {
        text += &format!("  Only {:.0} % of the weight is scored.\n", occupation.coverage * 100.0);
    }
    if occupation.imputed > 0 {
        text += &format!("  {} imputed for want of ratings.\n", count(occupation.imputed, "weight"));
    }
    text
}

fn thin(occupation: &ScoredOccupation) -> &'static str {
    if occupation.coverage < THIN_COVERAGE { " (thin coverage)" } else { "" }
}

fn gaps(totals: &Totals) -> String {
    if totals.gaps.is_empty() {
        return String::new();
    }
    let reasons: Vec<String> =
        totals.gaps.iter().map(|(reason, count)| format!("{count} {}", reason.name())).collect();
    format!("\n  {} without a score: {}\n", count(totals.gap_count(), "rating"), reasons.join(", "))
}

/// `1 task`, `2 tasks`.
pub fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

pub(super) fn rounded(score: Option<f64>) -> String {
    score.map_or_else(|| "-".to_owned(), |score| format!("{score:.0}"))
}

/// Lowest to highest rater; empty where all are the same, as with a single one.
pub(super) fn range(spread: Option<Spread>) -> String {
    match spread {
        Some(Spread { low, high }) if low < high => format!("{low:.0}-{high:.0}"),
        _ => String::new(),
    }
}

//! The report for people at a terminal: one occupation with its tasks, or a list of occupations.

use std::io::Write;

use super::layout::{Align, grid};
use super::text::plain;
use super::{Report, ReportError};
use crate::domain::{Occupation, RunInfo, ScoredOccupation, ScoredTask, Spread, Totals};

/// Models that lie this many points apart on a task are marked.
const FAR_APART: f64 = 15.0;
/// Of an occupation with more tasks, the heaviest are shown.
const MOST_TASKS: usize = 60;
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
        if self.run.occupations == 1 {
            self.tasks.add(Line::new(task));
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
            many => self.many(many),
        };
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(gaps(totals).as_bytes())?;
        Ok(self.out.flush()?)
    }
}

impl Table<'_> {
    fn one(&mut self, occupation: &ScoredOccupation) -> String {
        let run = &self.run;
        let name = format!("{}  {}", plain(&occupation.occupation.title), plain(&occupation.occupation.code));
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

    fn many(&self, occupations: &[ScoredOccupation]) -> String {
        let mut sorted: Vec<&ScoredOccupation> = occupations.iter().collect();
        sorted.sort_by(|a, b| {
            let score = |one: &ScoredOccupation| one.score.unwrap_or(f64::NEG_INFINITY);
            score(b).total_cmp(&score(a)).then_with(|| a.occupation.code.cmp(&b.occupation.code))
        });
        let rows = sorted
            .into_iter()
            .map(|one| {
                vec![
                    rounded(one.score),
                    range(one.spread),
                    one.band_span.clone().unwrap_or_default(),
                    one.tasks.to_string(),
                    one.occupation.code.clone(),
                    one.occupation.title.clone() + thin(one),
                ]
            })
            .collect();
        let header = ["score", "range", "band", "tasks", "code", "occupation"];
        let aligns = [Align::Right, Align::Left, Align::Left, Align::Right, Align::Left, Align::Left];
        format!("  {}\n\n{}", self.run.rubric.title, grid(&header, &aligns, rows, self.width))
    }
}

fn headline(occupation: &ScoredOccupation) -> String {
    let Some(score) = occupation.score else { return "not scored".to_owned() };
    let band = occupation.band_span.as_deref().unwrap_or_default();
    match occupation.spread {
        Some(Spread { low, high }) if occupation.models.len() > 1 => {
            format!("{score:.0}   models {low:.0} to {high:.0}   {band}")
        }
        _ => format!("{score:.0}   one model   {band}"),
    }
}

fn caveats(occupation: &ScoredOccupation) -> String {
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
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

pub(super) fn rounded(score: Option<f64>) -> String {
    score.map_or_else(|| "-".to_owned(), |score| format!("{score:.0}"))
}

pub(super) fn range(spread: Option<Spread>) -> String {
    spread.map_or_else(String::new, |Spread { low, high }| format!("{low:.0}-{high:.0}"))
}

/// A task as shown.
struct Line {
    weight: f64,
    order: u64,
    score: String,
    range: String,
    text: String,
}

impl Line {
    fn new(task: &ScoredTask) -> Self {
        let apart = task.spread.is_some_and(|spread| spread.high - spread.low >= FAR_APART);
        Self {
            weight: task.weight,
            order: 0,
            score: rounded(task.score),
            range: range(task.spread) + if apart { " !" } else { "" },
            text: task.task.text.clone(),
        }
    }

    fn cells(self) -> Vec<String> {
        vec![format!("{:.1} %", self.weight * 100.0), self.score, self.range, self.text]
    }
}

/// Keeps the heaviest tasks of however many.
#[derive(Default)]
struct Heaviest {
    lines: Vec<Line>,
    seen: u64,
}

impl Heaviest {
    fn add(&mut self, line: Line) {
        self.lines.push(Line { order: self.seen, ..line });
        self.seen += 1;
        // Now and then, so that memory stays small and sorting is not felt.
        if self.lines.len() >= 16 * MOST_TASKS {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.lines.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.order.cmp(&b.order)));
        self.lines.truncate(MOST_TASKS);
    }

    /// The heaviest, heaviest first, and how many others there were.
    fn take(&mut self) -> (Vec<Line>, u64) {
        self.shrink();
        let lines = std::mem::take(&mut self.lines);
        let left_out = self.seen - lines.len() as u64;
        (lines, left_out)
    }
}

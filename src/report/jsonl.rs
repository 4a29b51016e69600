//! JSON lines: each task as it is scored, each occupation after its tasks, the run at the end.
//! Every line says by `kind` what it is.

use std::io::Write;

use serde::Serialize;

use super::shape;
use super::{Report, ReportError};
use crate::domain::{Occupation, RunInfo, ScoredOccupation, ScoredTask, Totals};

pub(super) struct Jsonl<'a> {
    run: RunInfo,
    out: Box<dyn Write + 'a>,
    /// Of the occupations so far.
    codes: Vec<String>,
}

#[derive(Serialize)]
struct Line<'a, T: Serialize> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    occupation_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occupation_title: Option<&'a str>,
    #[serde(flatten)]
    it: T,
}

#[derive(Serialize)]
struct End<'a> {
    schema: &'static str,
    run: shape::Run<'a>,
    standings: Vec<shape::StandingShape<'a>>,
    gaps: shape::Gaps,
}

impl<'a> Jsonl<'a> {
    pub(super) fn new(run: RunInfo, out: Box<dyn Write + 'a>) -> Result<Self, ReportError> {
        Ok(Self { run, out, codes: Vec::new() })
    }

    fn line<T: Serialize>(
        out: &mut dyn Write,
        kind: &'static str,
        occupation: Option<&Occupation>,
        it: T,
    ) -> Result<(), ReportError> {
        let line = Line {
            kind,
            occupation_code: occupation.map(|occupation| occupation.code.as_str()),
            occupation_title: occupation.map(|occupation| occupation.title.as_str()),
            it,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
        Ok(())
    }
}

impl Report for Jsonl<'_> {
    fn task(&mut self, occupation: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        Self::line(&mut self.out, "task", Some(occupation), shape::Task::new(&self.run, task))
    }

    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        self.codes.push(occupation.occupation.code.clone());
        Self::line(&mut self.out, "occupation", None, shape::Occupation::new(&self.run, occupation))
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        let run = shape::Run::new(&self.run, totals);
        let standings = shape::standings(self.codes.iter(), totals);
        let end = End { schema: shape::SCHEMA, run, standings, gaps: shape::Gaps::new(totals) };
        Self::line(&mut self.out, "run", None, end)?;
        Ok(self.out.flush()?)
    }
}

//! The record of a run: its report in JSON lines, with what cannot be looked up elsewhere and no more.
//!
//! The same ratings give the same bytes, whatever was cached and whatever it cost.

use std::io::{self, BufWriter, Read, Seek as _, SeekFrom, Write};

use serde::Serialize;
use tempfile::SpooledTempFile;

use super::shape;
use super::{Report, ReportError};
use crate::domain::hash::Running;
use crate::domain::scored::Origin;
use crate::domain::{Hash, Occupation, RunInfo, Sample, ScoredOccupation, ScoredTask, Totals};

/// Records up to this size never touch the disk before they are kept.
const IN_MEMORY: usize = 32 * 1024 * 1024;

/// A record under way.
pub struct Record {
    run: RunInfo,
    out: BufWriter<Spool>,
    size: RecordSize,
}

/// How much a record is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordSize {
    pub occupations: u64,
    pub tasks: u64,
    /// Of the occupations' scores.
    sum: f64,
    scored: u64,
}

impl RecordSize {
    /// Mean of the occupations' scores.
    pub fn mean_score(&self) -> Option<f64> {
        (self.scored > 0).then(|| self.sum / self.scored as f64)
    }
}

struct Spool {
    file: SpooledTempFile,
    hash: Running,
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[derive(Serialize)]
struct Task<'a> {
    kind: &'static str,
    occupation_code: &'a str,
    occupation_title: &'a str,
    id: &'a str,
    text: &'a str,
    weight: f64,
    models: Vec<Rated<'a>>,
}

#[derive(Serialize)]
struct Rated<'a> {
    model: &'a str,
    samples: Vec<Rating>,
}

#[derive(Serialize)]
struct Rating {
    sample: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<&'static str>,
    /// Of the question, whose answer the store has.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Serialize)]
struct End<'a> {
    kind: &'static str,
    schema: &'static str,
    run: shape::Run<'a>,
}

impl Record {
    pub fn new(run: RunInfo) -> Self {
        let spool = Spool { file: SpooledTempFile::new(IN_MEMORY), hash: Running::default() };
        Self {
            run: RunInfo { offline: false, notes: Vec::new(), ..run },
            out: BufWriter::with_capacity(1 << 16, spool),
            size: RecordSize::default(),
        }
    }

    /// The record's digest, what it is about, and its bytes.
    pub fn finish(self) -> Result<(Hash, RecordSize, Box<dyn Read + Send>), ReportError> {
        let Spool { mut file, hash } = self.out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok((hash.finish(), self.size, Box::new(file)))
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), ReportError> {
        serde_json::to_writer(&mut self.out, line)?;
        Ok(self.out.write_all(b"\n")?)
    }
}

impl Report for Record {
    fn task(&mut self, occupation: &Occupation, scored: &ScoredTask) -> Result<(), ReportError> {
        self.size.tasks += 1;
        let models = self.run.models.iter().zip(&scored.models);
        let line = Task {
            kind: "task",
            occupation_code: &occupation.code,
            occupation_title: &occupation.title,
            id: &scored.task.id,
            text: &scored.task.text,
            weight: scored.weight,
            models: models
                .map(|(model, scored)| Rated {
                    model: &model.id,
                    samples: scored.samples.iter().map(rating).collect(),
                })
                .collect(),
        };
        serde_json::to_writer(&mut self.out, &line)?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Follows from its tasks.
    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        self.size.occupations += 1;
        if let Some(score) = occupation.score {
            self.size.sum += score;
            self.size.scored += 1;
        }
        Ok(())
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        let Totals { served, effects, .. } = totals.clone();
        let totals = Totals { served, effects, ..Totals::default() };
        let run = self.run.clone();
        self.line(&End { kind: "run", schema: shape::SCHEMA, run: shape::Run::new(&run, &totals) })?;
        Ok(self.out.flush()?)
    }
}

fn rating(sample: &Sample) -> Rating {
    let key = match &sample.origin {
        Origin::Answer { key, .. } | Origin::Unanswered { key } => Some(key.to_string()),
        Origin::Label { .. } => None,
    };
    Rating {
        sample: sample.number,
        score: sample.outcome.as_ref().ok().map(|rating| rating.score.value()),
        gap: sample.outcome.as_ref().err().map(|gap| gap.reason.name()),
        key,
    }
}

/// Two reports of the same run.
pub struct Both<'a>(pub &'a mut dyn Report, pub &'a mut dyn Report);

impl Report for Both<'_> {
    fn task(&mut self, occupation: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        self.0.task(occupation, task)?;
        self.1.task(occupation, task)
    }

    fn occupation(&mut self, occupation: &ScoredOccupation) -> Result<(), ReportError> {
        self.0.occupation(occupation)?;
        self.1.occupation(occupation)
    }

    fn end(&mut self, totals: &Totals) -> Result<(), ReportError> {
        self.0.end(totals)?;
        self.1.end(totals)
    }
}

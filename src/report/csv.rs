//! CSV for spreadsheets and statistics: one row per task and model.

use std::collections::BTreeSet;
use std::io::Write;

use super::text::{cut, harmless_cell};
use super::{Report, ReportError};
use crate::domain::scored::Origin;
use crate::domain::{ModelScore, Occupation, RunInfo, Sample, ScoredOccupation, ScoredTask, Totals};

const COLUMNS: [&str; 21] = [
    "occupation_code",
    "occupation_title",
    "task_id",
    "task_text",
    "task_type",
    "task_weight_share",
    "task_score_0_100",
    "task_low_0_100",
    "task_high_0_100",
    "task_sampling_se_points",
    "model",
    "model_score_0_100",
    "model_sd_points",
    "samples",
    "samples_rated",
    "gap",
    "level",
    "rationale",
    "tokens_in",
    "tokens_out",
    "question_sha256",
];

pub(super) struct Csv<'a> {
    run: RunInfo,
    rows: csv::Writer<Box<dyn Write + 'a>>,
}

impl<'a> Csv<'a> {
    pub(super) fn new(run: RunInfo, out: Box<dyn Write + 'a>) -> Result<Self, ReportError> {
        let mut rows = csv::Writer::from_writer(out);
        rows.write_record(COLUMNS)?;
        Ok(Self { run, rows })
    }
}

impl Report for Csv<'_> {
    fn task(&mut self, occupation: &Occupation, task: &ScoredTask) -> Result<(), ReportError> {
        for model in &task.models {
            self.rows.write_record(row(&self.run, occupation, task, model))?;
        }
        Ok(())
    }

    fn occupation(&mut self, _: &ScoredOccupation) -> Result<(), ReportError> {
        Ok(())
    }

    fn end(&mut self, _: &Totals) -> Result<(), ReportError> {
        Ok(self.rows.flush()?)
    }
}

fn row(run: &RunInfo, occupation: &Occupation, scored: &ScoredTask, model: &ModelScore) -> [String; 21] {
    let text = |text: &str| harmless_cell(text).into_owned();
    let rated: Vec<&Sample> = model.samples.iter().filter(|sample| sample.outcome.is_ok()).collect();
    let first = rated.first().and_then(|sample| sample.outcome.as_ref().ok());
    let levels: Vec<String> = rated
        .iter()
        .filter_map(|sample| sample.outcome.as_ref().ok())
        .map(|rating| rating.level.to_string())
        .collect();
    let tokens = tokens(model);
    [
        text(&occupation.code),
        text(&occupation.title),
        text(&scored.task.id),
        text(&scored.task.text),
        scored.task.kind.name().to_owned(),
        scored.weight.to_string(),
        number(scored.score),
        number(scored.spread.map(|spread| spread.low)),
        number(scored.spread.map(|spread| spread.high)),
        number(scored.sampling_se),
        text(run.models.get(model.model).map_or("", |model| &model.id)),
        number(model.score),
        number(model.sd),
        model.samples.len().to_string(),
        rated.len().to_string(),
        gaps(model),
        text(&levels.join(" ")),
        text(first.map_or("", |rating| cut(&rating.rationale, run.rubric.limits.rationale_chars))),
        number(tokens.map(|(tokens_in, _)| tokens_in)),
        number(tokens.map(|(_, tokens_out)| tokens_out)),
        keys(model),
    ]
}

/// Missing is empty.
fn number<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn gaps(model: &ModelScore) -> String {
    let gaps = model.samples.iter().filter_map(|sample| sample.outcome.as_ref().err());
    let reasons: BTreeSet<&str> = gaps.map(|gap| gap.reason.name()).collect();
    reasons.into_iter().collect::<Vec<_>>().join(" ")
}

fn keys(model: &ModelScore) -> String {
    let keys: Vec<String> = model
        .samples
        .iter()
        .filter_map(|sample| match &sample.origin {
            Origin::Answer { key, .. } | Origin::Unanswered { key } => Some(key.to_string()),
            Origin::Label { .. } => None,
        })
        .collect();
    keys.join(" ")
}

fn tokens(model: &ModelScore) -> Option<(u64, u64)> {
    let counts = model.samples.iter().filter_map(|sample| match &sample.origin {
        Origin::Answer { tokens_in, tokens_out, .. } => Some((u64::from(*tokens_in), u64::from(*tokens_out))),
        _ => None,
    });
    counts.reduce(|sum, one| (sum.0 + one.0, sum.1 + one.1))
}

//! The JSON shapes of the contract `score-tasks/report/1`, shared by the JSON formats.

mod run;

use serde::Serialize;

use crate::domain::agreement::Interval;
use crate::domain::scored::{ModelMean, Origin};
use crate::domain::uncertainty::{Intervals, Standing};
use crate::domain::{
    Level, ModelScore, RunInfo, RunModel, Sample, Scale, ScoredOccupation, ScoredTask, Totals,
};

pub(super) use run::Run;

pub(super) const SCHEMA: &str = "score-tasks/report/1";

fn usd(nano: u64) -> f64 {
    nano as f64 / 1e9
}

/// An occupation without its tasks.
#[derive(Serialize)]
pub(super) struct Occupation<'a> {
    code: &'a str,
    title: &'a str,
    score: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    band: Option<&'a str>,
    band_span: Option<&'a str>,
    coverage: f64,
    weights: &'static str,
    imputed_weights: u64,
    sd: Option<f64>,
    se: Option<f64>,
    sampling_se: Option<f64>,
    task_se: Option<f64>,
    #[serde(skip_serializing_if = "IntervalShapes::is_empty")]
    intervals: IntervalShapes,
    band_stability: Option<f64>,
    models: Vec<OccupationModel<'a>>,
}

/// By what was resampled: lowest and highest.
#[derive(Serialize)]
struct IntervalShapes {
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<[f64; 2]>,
}

impl IntervalShapes {
    fn new(intervals: Intervals) -> Self {
        let pair = |interval: Option<Interval>| interval.map(|interval| [interval.low, interval.high]);
        Self {
            models: pair(intervals.raters),
            samples: pair(intervals.samples),
            tasks: pair(intervals.tasks),
        }
    }

    fn is_empty(&self) -> bool {
        self.models.is_none() && self.samples.is_none() && self.tasks.is_none()
    }
}

/// Where an occupation stands among those of the run.
#[derive(Serialize)]
pub(super) struct StandingShape<'a> {
    code: &'a str,
    z: Option<f64>,
    percentile: f64,
}

/// Of the occupations that have a score; `codes` are of all, in their order.
pub(super) fn standings<'a>(
    codes: impl Iterator<Item = &'a String>,
    totals: &Totals,
) -> Vec<StandingShape<'a>> {
    let standing = |(code, standing): (&'a String, &Option<Standing>)| {
        standing.map(|Standing { z, percentile }| StandingShape { code, z, percentile })
    };
    codes.zip(&totals.standings).filter_map(standing).collect()
}

#[derive(Serialize)]
struct OccupationModel<'a> {
    model: &'a str,
    score: Option<f64>,
    coverage: f64,
}

impl<'a> Occupation<'a> {
    pub(super) fn new(run: &'a RunInfo, scored: &'a ScoredOccupation) -> Self {
        Self {
            code: &scored.occupation.code,
            title: &scored.occupation.title,
            score: scored.score,
            low: scored.spread.map(|spread| spread.low),
            high: scored.spread.map(|spread| spread.high),
            band: scored.band.as_deref(),
            band_span: scored.band_span.as_deref(),
            coverage: scored.coverage,
            weights: scored.weighting.name(),
            imputed_weights: scored.imputed,
            sd: scored.uncertainty.sd,
            se: scored.uncertainty.se,
            sampling_se: scored.uncertainty.sampling_se,
            task_se: scored.uncertainty.task_se,
            intervals: IntervalShapes::new(scored.uncertainty.intervals),
            band_stability: scored.uncertainty.band_stability,
            models: run.models.iter().zip(&scored.models).map(occupation_model).collect(),
        }
    }
}

fn occupation_model<'a>((model, mean): (&'a RunModel, &'a ModelMean)) -> OccupationModel<'a> {
    OccupationModel { model: &model.id, score: mean.score, coverage: mean.coverage }
}

#[derive(Serialize)]
pub(super) struct Task<'a> {
    id: &'a str,
    text: &'a str,
    #[serde(rename = "type", skip_serializing_if = "str::is_empty")]
    kind: &'a str,
    weight: f64,
    score: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    sd: Option<f64>,
    sampling_se: Option<f64>,
    rationale: Option<Rationale<'a>>,
    models: Vec<TaskModel<'a>>,
}

#[derive(Serialize)]
struct Rationale<'a> {
    text: &'a str,
    model: &'a str,
    sample: u32,
}

#[derive(Serialize)]
struct TaskModel<'a> {
    model: &'a str,
    score: Option<f64>,
    sd: Option<f64>,
    samples: Vec<SampleShape<'a>>,
}

/// Either a score or a gap, and the way back to the answer.
#[derive(Serialize)]
struct SampleShape<'a> {
    sample: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    /// What the rater said on the rubric's own scale, where that is not the score itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<LevelShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rationale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(flatten)]
    origin: OriginShape<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum LevelShape<'a> {
    Number(i64),
    Label(&'a str),
}

#[derive(Serialize)]
#[serde(untagged)]
enum OriginShape<'a> {
    Answer { key: String, served: &'a str, tokens_in: u32, tokens_out: u32, cost_usd: Option<f64> },
    Unanswered { key: String },
    Label { column: &'a str },
}

impl<'a> Task<'a> {
    pub(super) fn new(run: &'a RunInfo, scored: &'a ScoredTask) -> Self {
        Self {
            id: &scored.task.id,
            text: &scored.task.text,
            kind: scored.task.kind.name(),
            weight: scored.weight,
            score: scored.score,
            low: scored.spread.map(|spread| spread.low),
            high: scored.spread.map(|spread| spread.high),
            sd: scored.sd,
            sampling_se: scored.sampling_se,
            rationale: representative(run, scored),
            models: scored.models.iter().map(|model| task_model(run, model)).collect(),
        }
    }
}

fn representative<'a>(run: &'a RunInfo, scored: &'a ScoredTask) -> Option<Rationale<'a>> {
    let (model, sample) = scored.representative?;
    let chosen = scored.models.get(model)?.samples.get(sample)?;
    let rating = chosen.outcome.as_ref().ok()?;
    Some(Rationale {
        text: super::text::cut(&rating.rationale, run.rubric.limits.rationale_chars),
        model: &run.models.get(model)?.id,
        sample: chosen.number,
    })
}

fn task_model<'a>(run: &'a RunInfo, model: &'a ModelScore) -> TaskModel<'a> {
    TaskModel {
        model: run.models.get(model.model).map_or("", |model| &model.id),
        score: model.score,
        sd: model.sd,
        samples: model.samples.iter().map(|sample| sample_shape(run, sample)).collect(),
    }
}

fn sample_shape<'a>(run: &'a RunInfo, sample: &'a Sample) -> SampleShape<'a> {
    let rating = sample.outcome.as_ref().ok();
    let gap = sample.outcome.as_ref().err();
    SampleShape {
        sample: sample.number,
        score: rating.map(|rating| rating.score.value()),
        level: rating.and_then(|rating| level(&run.rubric.scale, &rating.level)),
        rationale: rating
            .map(|rating| super::text::cut(&rating.rationale, run.rubric.limits.rationale_chars)),
        gap: gap.map(|gap| gap.reason.name()),
        detail: gap.map(|gap| gap.detail.as_str()),
        origin: origin(&sample.origin),
    }
}

fn level<'a>(scale: &Scale, level: &'a Level) -> Option<LevelShape<'a>> {
    match level {
        Level::Number(_) if scale.is_percent() => None,
        Level::Number(number) => Some(LevelShape::Number(*number)),
        Level::Label(label) => Some(LevelShape::Label(label)),
    }
}

fn origin(origin: &Origin) -> OriginShape<'_> {
    match origin {
        Origin::Answer { key, served, tokens_in, tokens_out, cost_nano_usd, .. } => OriginShape::Answer {
            key: key.to_string(),
            served,
            tokens_in: *tokens_in,
            tokens_out: *tokens_out,
            cost_usd: cost_nano_usd.map(usd),
        },
        Origin::Unanswered { key } => OriginShape::Unanswered { key: key.to_string() },
        Origin::Label { column } => OriginShape::Label { column },
    }
}

#[derive(Serialize)]
pub(super) struct Gaps {
    total: u64,
    by_reason: std::collections::BTreeMap<&'static str, u64>,
}

impl Gaps {
    pub(super) fn new(totals: &Totals) -> Self {
        let by_reason = totals.gaps.iter().map(|(reason, count)| (reason.name(), *count)).collect();
        Self { total: totals.gap_count(), by_reason }
    }
}

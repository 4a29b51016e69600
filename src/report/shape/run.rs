//! What a report in JSON says of the run as a whole.

use serde::Serialize;

use super::usd;
use crate::domain::{Adaptive, RunInfo, Totals, Until};

#[derive(Serialize)]
pub(in crate::report) struct Run<'a> {
    rubric: RubricShape<'a>,
    catalog: Catalog<'a>,
    weights: &'static str,
    combine: &'static str,
    samples: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    adaptive: Option<AdaptiveShape>,
    #[serde(skip_serializing_if = "Bootstrap::is_none")]
    bootstrap: Bootstrap,
    offline: bool,
    models: Vec<ModelShape<'a>>,
    answers: Answers,
    cost_usd: f64,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

/// Until when further samples were asked for.
#[derive(Serialize)]
struct AdaptiveShape {
    #[serde(skip_serializing_if = "Option::is_none")]
    until_se: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until_agree: Option<f64>,
    max_samples: u32,
}

impl From<Adaptive> for AdaptiveShape {
    fn from(Adaptive { until, most }: Adaptive) -> Self {
        let (until_se, until_agree) = match until {
            Until::Se(points) => (Some(points), None),
            Until::Agree(points) => (None, Some(points)),
        };
        Self { until_se, until_agree, max_samples: most }
    }
}

/// How intervals came about.
#[derive(Serialize)]
struct Bootstrap {
    rounds: u32,
    seed: u64,
    level: f64,
}

impl Bootstrap {
    fn is_none(&self) -> bool {
        self.rounds == 0
    }
}

#[derive(Serialize)]
struct RubricShape<'a> {
    id: &'a str,
    version: &'a str,
    sha256: String,
    /// Points between neighbouring levels of the scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<f64>,
}

#[derive(Serialize)]
struct Catalog<'a> {
    name: &'a str,
    sha256: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    attribution: &'a str,
}

#[derive(Serialize)]
struct ModelShape<'a> {
    id: &'a str,
    provider: &'a str,
    model: &'a str,
    weight: f64,
    /// What it adds to every task, where that was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<f64>,
    served: Vec<&'a str>,
}

#[derive(Serialize)]
struct Answers {
    needed: u64,
    cached: u64,
    asked: u64,
    gaps: u64,
}

impl<'a> Run<'a> {
    pub(in crate::report) fn new(run: &'a RunInfo, totals: &'a Totals) -> Self {
        Self {
            rubric: RubricShape {
                id: &run.rubric.id,
                version: &run.rubric.version,
                sha256: run.rubric.sha256.to_string(),
                step: run.rubric.scale.step(),
            },
            catalog: Catalog {
                name: &run.catalogue.name,
                sha256: run.catalogue.sha256.to_string(),
                attribution: &run.catalogue.attribution,
            },
            weights: run.weighting.name(),
            combine: run.combine.name(),
            samples: run.samples,
            adaptive: run.adaptive.map(AdaptiveShape::from),
            bootstrap: Bootstrap { rounds: run.rounds, seed: run.seed, level: 0.95 },
            offline: run.offline,
            models: models(run, totals),
            answers: Answers {
                needed: totals.needed,
                cached: totals.cached,
                asked: totals.asked,
                gaps: totals.gap_count(),
            },
            cost_usd: usd(totals.cost_nano_usd),
            notes: &run.notes,
        }
    }
}

fn models<'a>(run: &'a RunInfo, totals: &'a Totals) -> Vec<ModelShape<'a>> {
    let effect = |place: usize| totals.effects.get(place).copied().flatten();
    let both = run.models.iter().zip(&totals.served).enumerate();
    both.map(|(place, (model, served))| ModelShape {
        id: &model.id,
        provider: model.provider,
        model: &model.model,
        weight: model.weight,
        effect: effect(place),
        served: served.iter().map(|name| &**name).collect(),
    })
    .collect()
}

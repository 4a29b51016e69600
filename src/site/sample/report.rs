//! A made-up run: its tasks, raters, agreement and history.

use std::sync::Arc;

use crate::domain::agreement::{
    Agreement, Alpha, Disputed, Group, Icc, Interval, Level as Agreed, Overall, Pair, Retest,
};
use crate::domain::drift::{Causes, Change, Mover, OccupationChange, RaterChange, TaskChange, Verdict};
use crate::domain::scored::Origin;
use crate::domain::{
    Bands, CatalogueId, Combine, Hash, Instant, Level, ModelScore, Price, Priced, Rating, Rubric, RunInfo,
    RunModel, Sample, Scale, Score, ScoredTask, Settings as Sent, Spread, Task, TaskType, TextLimits,
    Weighting,
};
use crate::site::{Asked, Past, Receipt};

/// A model's samples of a task.
pub fn model(place: usize, levels: &[i64]) -> ModelScore {
    let samples: Vec<Sample> =
        levels.iter().enumerate().map(|(at, level)| sample(place, at, *level)).collect();
    let sum: i64 = levels.iter().sum();
    let score = (!levels.is_empty()).then(|| sum as f64 / levels.len() as f64);
    ModelScore { model: place, score, sd: None, samples }
}

pub fn sample(model: usize, at: usize, level: i64) -> Sample {
    let scale = Scale::Integer { min: 0, max: 100 };
    let score = Score::new(&scale, &Level::Number(level)).unwrap();
    let rationale = format!("Model {model} says {level}.");
    Sample {
        number: at as u32 + 1,
        outcome: Ok(Rating { level: Level::Number(level), score, rationale }),
        origin: Origin::Answer {
            key: Hash::of(format!("{model} {at} {level}").as_bytes()),
            at: Instant::parse("2026-06-02").unwrap(),
            served: "mock".into(),
            tokens_in: 612,
            tokens_out: 94,
            cost_nano_usd: Some(1_100_000),
        },
    }
}

/// A task with the levels that each model gave.
pub fn task(id: &str, by_model: &[&[i64]]) -> ScoredTask {
    let models: Vec<ModelScore> =
        by_model.iter().enumerate().map(|(place, levels)| model(place, levels)).collect();
    let scores: Vec<f64> = models.iter().filter_map(|model| model.score).collect();
    let score = (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64);
    let ends = scores.iter().copied().fold(None, |ends: Option<Spread>, score| {
        let Spread { low, high } = ends.unwrap_or(Spread { low: score, high: score });
        Some(Spread { low: low.min(score), high: high.max(score) })
    });
    ScoredTask {
        task: Arc::new(Task {
            id: id.to_owned(),
            text: format!("Task {id}."),
            kind: TaskType::Core,
            ..Task::default()
        }),
        weight: 0.5,
        score,
        spread: ends,
        sd: None,
        sampling_se: None,
        representative: score.map(|_| (0, 0)),
        models,
    }
}

pub fn run() -> RunInfo {
    let model = |id: &str, weight| RunModel {
        id: id.into(),
        provider: "openai",
        model: format!("{id}-2026-05-01"),
        weight,
    };
    RunInfo {
        rubric: Arc::new(Rubric {
            name: "exposure".into(),
            id: "task-exposure".into(),
            version: "3".into(),
            title: "What today's AI could do alone".into(),
            summary: "The share of a task that today's AI could do alone.".into(),
            scale: Scale::Integer { min: 0, max: 100 },
            fields: vec!["score".into(), "rationale".into()],
            limits: TextLimits { text_chars: 2_000, rationale_chars: 600 },
            system: "You rate tasks.\nAnswer in JSON.".into(),
            user: "Task: {{ task.text }}".into(),
            sha256: Hash::of(b"rubric"),
            variant: None,
        }),
        catalogue: CatalogueId {
            name: "O*NET 30.1".into(),
            sha256: Hash::of(b"catalogue"),
            attribution:
                "Includes information from the O*NET 30.1 Database, used under the CC BY 4.0 license.".into(),
        },
        weighting: Weighting::Importance,
        combine: Combine::Mean,
        rounds: 1_000,
        seed: 7,
        samples: 2,
        adaptive: None,
        offline: false,
        models: vec![model("alpha", 1.0), model("beta", 2.0)],
        notes: vec!["Three tasks of the release have no importance.".into()],
    }
}

pub fn bands() -> Bands {
    let names = ["Minimal", "Low", "Partial", "High", "Very high"].map(str::to_owned).to_vec();
    Bands::new(vec![20.0, 40.0, 60.0, 80.0], names).unwrap()
}

pub fn asked() -> Asked {
    let settings = Sent {
        temperature_hundredths: Some(70),
        max_output_tokens: 400,
        effort: Some("low".into()),
        extra: String::new(),
    };
    let schema = r#"{"type":"object","properties":{"score":{"type":"integer"}}}"#.into();
    Asked { settings, price: Some(priced()), schema }
}

pub fn priced() -> Priced {
    Priced { price: Price { input: 1.25, output: 10.0, ..Price::default() }, source: "2026-05-01".into() }
}

pub fn receipt() -> Receipt {
    Receipt {
        run: "2026-06-02-full".into(),
        began: Instant::parse("2026-06-02").unwrap(),
        program: "score-tasks 0.1.0".into(),
        record: Hash::of(b"record"),
        command: "score-tasks score --onet 30.1 --offline".into(),
        cost_usd: 0.022,
        cached: 8,
        asked: 12,
    }
}

pub fn agreement() -> Agreement {
    let overall = Overall {
        items: 5,
        complete: 4,
        alpha: Alpha { interval: Some(0.813), ordinal: Some(0.8), nominal: Some(0.0) },
        icc: Icc { single: Some(0.792), mean: Some(0.884), consistency: Some(0.9) },
        ..Overall::default()
    };
    let pair = Pair {
        a: 0,
        b: 1,
        items: 4,
        spearman: Some(0.714),
        kappa_quadratic: Some(0.655),
        mae: Some(9.83),
        bias: Some(8.25),
        ..Pair::default()
    };
    let level = Agreed {
        overall,
        alpha: Some(Interval { low: 0.701, high: 0.889 }),
        icc: Some(Interval { low: 0.652, high: 0.861 }),
        pairs: vec![pair],
    };
    Agreement {
        raters: vec!["alpha".into(), "beta".into()],
        occupations: Some(Agreed { alpha: None, icc: None, ..level.clone() }),
        tasks: level,
        groups: vec![Group { name: "15".into(), overall, pearson: Some(0.91), mae: Some(12.5) }],
        retests: vec![Retest { rater: 0, samples: 2, overall, sd_within: Some(1.9) }],
        disputed: vec![Disputed { item: 3, range: 9.0, scores: vec![Some(11.0), Some(20.0)] }],
        rounds: 1_000,
        seed: 7,
    }
}

pub fn runs() -> Vec<Past> {
    let past = |run: &str, began: &str, mean, change| Past {
        run: run.into(),
        began: Instant::parse(began).unwrap(),
        mean: Some(mean),
        occupations: 2,
        models: vec!["alpha".into(), "beta".into()],
        change,
    };
    vec![
        past("2026-03-02-full", "2026-03-02", 38.5, None),
        past("2026-06-02-full", "2026-06-02", 41.5, Some(change())),
    ]
}

pub fn change() -> Change {
    Change {
        tasks: TaskChange { kept: 4, reworded: 1, new: 0, gone: 0 },
        raters: vec![RaterChange {
            id: "alpha".into(),
            tasks: 4,
            shift: Some(2.4),
            se: Some(0.6),
            rmsd: Some(3.1),
            noise: Some(1.4),
            verdict: Verdict::Moved,
            ..RaterChange::default()
        }],
        raters_new: vec!["beta".into()],
        occupations: OccupationChange {
            count: 1,
            new: 1,
            before: Some(38.5),
            after: Some(41.5),
            shift: Some(5.0),
            exchanged: Some(-2.0),
            flips: 1,
            ..OccupationChange::default()
        },
        causes: Causes { inputs: 0.5, raters: 2.0, answers: 2.5 },
        movers: vec![Mover {
            code: "15-1252.00".into(),
            title: "Software Developers".into(),
            before: 47.0,
            after: 52.0,
            bands: ("Partial".into(), "Partial".into()),
            causes: Causes { inputs: 0.5, raters: 2.0, answers: 2.5 },
        }],
        ..Change::default()
    }
}

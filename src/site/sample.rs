//! Made-up reports for the tests of pages and charts.

use std::sync::Arc;

use crate::domain::scored::Origin;
use crate::domain::{
    Hash, Instant, Level, ModelScore, Rating, Sample, Scale, Score, ScoredTask, Spread, Task, TaskType,
};

/// A model's samples of a task.
pub fn model(place: usize, levels: &[i64]) -> ModelScore {
    let samples: Vec<Sample> =
        levels.iter().enumerate().map(|(at, level)| sample(place, at, *level)).collect();
    let sum: i64 = levels.iter().sum();
    let score = (!levels.is_empty()).then(|| sum as f64 / levels.len() as f64);
    ModelScore { model: place, score, sd: None, samples }
}

fn sample(model: usize, at: usize, level: i64) -> Sample {
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

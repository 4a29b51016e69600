//! The score of one task from the samples of each model.

use std::sync::Arc;

use super::adaptive::sampling_error;
use super::{Combination, score_of, spread};
use crate::domain::scored::Origin;
use crate::domain::{ModelScore, Sample, ScoredTask, Task};
use crate::measure::{mean, sd};

/// Combines what the models said of a task.
///
/// `samples[m]` are those of model `m`; `share` is the task's part of the occupation's weight. A gap is left
/// out of every mean, never counted as a number.
///
/// `step` is the distance of neighbouring levels, in points, where the scale has an order.
pub fn task(
    task: Arc<Task>,
    share: f64,
    samples: Vec<Vec<Sample>>,
    step: Option<f64>,
    combination: &Combination,
) -> ScoredTask {
    let is_label =
        |samples: &Vec<Sample>| samples.iter().all(|sample| matches!(sample.origin, Origin::Label { .. }));
    let scores = |samples: &Vec<Sample>| samples.iter().filter_map(score_of).collect::<Vec<f64>>();
    let asked = samples.iter().zip(&combination.weights).filter(|(samples, _)| !is_label(samples));
    let asked: Vec<(Vec<f64>, &f64)> = asked.map(|(samples, weight)| (scores(samples), weight)).collect();
    let error = sampling_error(asked.iter().map(|(scores, weight)| (scores, *weight)), step);
    let models: Vec<ModelScore> =
        samples.into_iter().enumerate().map(|(model, samples)| model_score(model, samples)).collect();
    let means: Vec<f64> = models.iter().filter_map(|model| model.score).collect();
    let score = combination.of(&models.iter().map(|model| model.score).collect::<Vec<_>>());
    ScoredTask {
        task,
        weight: share,
        score,
        spread: spread(&means),
        sd: sd(&means),
        sampling_se: error.filter(|_| combination.is_mean()).map(|error| error.se),
        representative: score.and_then(|score| representative(&models, score)),
        models,
    }
}

fn model_score(model: usize, samples: Vec<Sample>) -> ModelScore {
    let scores: Vec<f64> = samples.iter().filter_map(score_of).collect();
    ModelScore { model, score: mean(&scores), sd: sd(&scores), samples }
}

/// The model nearest the combined score, of it the sample nearest that model's mean; the first of
/// equals. Models and samples without a rationale are passed over.
fn representative(models: &[ModelScore], combined: f64) -> Option<(usize, usize)> {
    let model = nearest(combined, models.iter().map(|m| m.score.filter(|_| has_rationale(m))))?;
    let chosen = models.get(model)?;
    let sample = nearest(
        chosen.score?,
        chosen.samples.iter().map(|sample| score_of(sample).filter(|_| says_why(sample))),
    )?;
    Some((model, sample))
}

fn has_rationale(model: &ModelScore) -> bool {
    model.samples.iter().any(says_why)
}

fn says_why(sample: &Sample) -> bool {
    sample.outcome.as_ref().is_ok_and(|rating| !rating.rationale.is_empty())
}

fn nearest(target: f64, values: impl Iterator<Item = Option<f64>>) -> Option<usize> {
    values
        .enumerate()
        .filter_map(|(index, value)| value.map(|value| (index, (value - target).abs())))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Gap, GapReason, Hash, Level, Rating, Scale, Score};

    fn sample(number: u32, score: Option<i64>) -> Sample {
        let scale = Scale::Integer { min: 0, max: 100 };
        let outcome = match score {
            Some(score) => {
                let level = Level::Number(score);
                let rationale = format!("because {score}");
                Ok(Rating { score: Score::new(&scale, &level).unwrap(), level, rationale })
            }
            None => Err(Gap::new(GapReason::Refused, "no")),
        };
        Sample { number, outcome, origin: Origin::Unanswered { key: Hash([0; 32]) } }
    }

    fn model(scores: &[Option<i64>]) -> Vec<Sample> {
        scores.iter().enumerate().map(|(n, score)| sample(n as u32 + 1, *score)).collect()
    }

    fn tally(models: Vec<Vec<Sample>>, weights: &[f64]) -> ScoredTask {
        task(Arc::new(Task::default()), 0.5, models, None, &Combination::mean(weights))
    }

    #[test]
    fn mean_of_model_means_so_uneven_samples_do_not_reweigh() {
        let models = vec![model(&[Some(10), Some(20), Some(30)]), model(&[Some(60), None, None])];
        let scored = tally(models, &[1.0, 1.0]);
        assert_eq!(scored.score, Some(40.0));
        assert_eq!(scored.spread.map(|s| (s.low, s.high)), Some((20.0, 60.0)));
        assert_eq!(scored.models[0].sd, Some(10.0));
        assert_eq!(scored.models[1].sd, None);
        assert!((scored.sd.unwrap() - 28.284_271_247_461_9).abs() < 1e-12);
    }

    #[test]
    fn model_weights_count() {
        let models = vec![model(&[Some(0)]), model(&[Some(100)])];
        assert_eq!(tally(models, &[1.0, 3.0]).score, Some(75.0));
    }

    #[test]
    fn nothing_rated_is_no_score() {
        let scored = tally(vec![model(&[None]), model(&[None, None])], &[1.0, 1.0]);
        assert_eq!((scored.score, scored.spread, scored.representative), (None, None, None));
    }

    #[test]
    fn representative_is_nearest_then_first() {
        // Means 40 and 60, combined 50: both ten away, so the first model; its samples 30, 50: first.
        let models = vec![model(&[Some(30), Some(50)]), model(&[Some(60), Some(60)])];
        assert_eq!(tally(models, &[1.0, 1.0]).representative, Some((0, 0)));
        let models = vec![model(&[Some(0)]), model(&[None, Some(52)]), model(&[Some(100)])];
        assert_eq!(tally(models, &[1.0, 1.0, 1.0]).representative, Some((1, 1)));
    }
}

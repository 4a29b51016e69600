//! The score of an occupation, added up task by task so that memory does not grow with its tasks.

use super::{Sums, Weighed, mean, spread, weighted_mean};
use crate::domain::scored::ModelMean;
use crate::domain::{Bands, Occupation, ScoredOccupation, ScoredTask, Weighting};

/// Running sums of one occupation.
pub struct OccupationTally {
    /// Per model, over the tasks it scored.
    models: Vec<Sums>,
    weight: f64,
    tasks: u64,
    imputed: u64,
}

impl OccupationTally {
    pub fn new(models: usize) -> Self {
        Self { models: vec![Sums::default(); models], weight: 0.0, tasks: 0, imputed: 0 }
    }

    /// Adds a task with its weight, not divided by the occupation's sum.
    pub fn add(&mut self, weighed: Weighed, task: &ScoredTask) {
        self.weight += weighed.weight;
        self.tasks += 1;
        self.imputed += u64::from(weighed.imputed);
        for (sums, model) in self.models.iter_mut().zip(&task.models) {
            if let Some(score) = model.score {
                sums.add(score, weighed.weight);
            }
        }
    }

    /// S\[m\] is the weighted mean over the tasks that model m scored; S their (weighted) mean.
    pub fn finish(
        self,
        occupation: Occupation,
        weighting: Weighting,
        model_weights: &[f64],
        bands: &Bands,
    ) -> ScoredOccupation {
        let all = self.weight;
        let models: Vec<ModelMean> = self
            .models
            .iter()
            .map(|sums| ModelMean {
                score: sums.mean(),
                coverage: if all > 0.0 { sums.weight / all } else { 0.0 },
            })
            .collect();
        let scores: Vec<f64> = models.iter().filter_map(|model| model.score).collect();
        let weighted = models
            .iter()
            .zip(model_weights)
            .filter_map(|(model, weight)| model.score.map(|score| (score, *weight)));
        let coverages: Vec<f64> = models.iter().map(|model| model.coverage).collect();
        let score = weighted_mean(weighted);
        let spread = spread(&scores);
        ScoredOccupation {
            occupation,
            weighting,
            score,
            spread,
            band: score.map(|score| bands.of(score).to_owned()),
            band_span: spread.map(|spread| bands.span(spread)),
            coverage: mean(&coverages).unwrap_or(0.0),
            tasks: self.tasks,
            imputed: self.imputed,
            models,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{ModelScore, Task};

    fn scored(scores: [Option<f64>; 2]) -> ScoredTask {
        let models = scores
            .into_iter()
            .enumerate()
            .map(|(model, score)| ModelScore { model, score, sd: None, samples: Vec::new() })
            .collect();
        ScoredTask {
            task: Arc::new(Task::default()),
            weight: 0.0,
            score: None,
            spread: None,
            sd: None,
            models,
            representative: None,
        }
    }

    fn bands() -> Bands {
        Bands::new(vec![50.0], vec!["Low".into(), "High".into()]).unwrap()
    }

    fn nurses() -> Occupation {
        Occupation { code: "1".into(), title: "Nurses".into(), description: String::new() }
    }

    #[test]
    fn weighted_over_tasks_then_mean_over_models() {
        let mut tally = OccupationTally::new(2);
        tally.add(Weighed { weight: 2.0, imputed: false }, &scored([Some(50.0), Some(20.0)]));
        tally.add(Weighed { weight: 1.0, imputed: true }, &scored([Some(80.0), None]));
        let result = tally.finish(nurses(), Weighting::Equal, &[1.0, 1.0], &bands());
        assert_eq!(result.models[0].score, Some(60.0));
        assert_eq!(result.models[1].score, Some(20.0));
        assert_eq!(result.score, Some(40.0));
        assert_eq!(result.band.as_deref(), Some("Low"));
        assert_eq!(result.band_span.as_deref(), Some("Low to High"));
        assert!((result.coverage - 5.0 / 6.0).abs() < 1e-15);
        assert_eq!((result.tasks, result.imputed), (2, 1));
    }

    #[test]
    fn equal_scores_average_to_themselves_whatever_the_weights() {
        let mut tally = OccupationTally::new(2);
        for weight in [3.37, 1.52, 4.66, 2.9, 3.32, 3.42] {
            tally.add(Weighed { weight, imputed: false }, &scored([Some(50.0), Some(50.0)]));
        }
        let result = tally.finish(nurses(), Weighting::Equal, &[0.1, 0.7], &bands());
        assert_eq!((result.score, result.band.as_deref()), (Some(50.0), Some("High")));
    }

    #[test]
    fn no_score_and_no_weight_are_not_zero() {
        let mut tally = OccupationTally::new(2);
        tally.add(Weighed { weight: 0.0, imputed: false }, &scored([Some(50.0), None]));
        let result = tally.finish(nurses(), Weighting::Equal, &[1.0, 1.0], &bands());
        assert_eq!((result.score, result.spread, result.coverage), (None, None, 0.0));
    }
}

//! The score of an occupation, added up task by task so that memory does not grow with its tasks.

use super::uncertainty::{Evidence, Plain};
use super::{Combination, Sums, Weighed, spread};
use crate::domain::scored::ModelMean;
use crate::domain::{Bands, Combine, Occupation, ScoredOccupation, ScoredTask, Weighting};
use crate::measure::{Rounds, mean};

/// How scores of tasks become that of an occupation.
#[derive(Clone, Debug)]
pub struct Method {
    pub combination: Combination,
    pub bands: Bands,
    /// Of the resampling behind intervals.
    pub rounds: Rounds,
}

/// Running sums of one occupation.
pub struct OccupationTally {
    /// Per model, over the tasks it scored.
    models: Vec<Sums>,
    /// Over the tasks' combined scores.
    combined: Sums,
    /// The same, unweighted: for their spread.
    plain: Vec<Plain>,
    weight: f64,
    tasks: u64,
    imputed: u64,
    evidence: Evidence,
}

impl OccupationTally {
    pub fn new(models: usize) -> Self {
        Self {
            models: vec![Sums::default(); models],
            combined: Sums::default(),
            plain: vec![Plain::default(); models],
            weight: 0.0,
            tasks: 0,
            imputed: 0,
            evidence: Evidence::new(models),
        }
    }

    /// Adds a task with its weight, not divided by the occupation's sum.
    pub fn add(&mut self, weighed: Weighed, task: &ScoredTask, method: &Method) {
        self.weight += weighed.weight;
        self.tasks += 1;
        self.imputed += u64::from(weighed.imputed);
        for ((sums, plain), model) in self.models.iter_mut().zip(&mut self.plain).zip(&task.models) {
            if let Some(score) = model.score {
                sums.add(score, weighed.weight);
                plain.add(score);
            }
        }
        if let Some(score) = task.score {
            self.combined.add(score, weighed.weight);
        }
        self.evidence.add(weighed.weight, task, method.bands.cuts());
    }

    /// S\[m\] is the weighted mean over the tasks that model m scored; S is what they combine to.
    pub fn finish(self, occupation: Occupation, weighting: Weighting, method: &Method) -> ScoredOccupation {
        let Method { combination, bands, rounds } = method;
        let all = self.weight;
        let models: Vec<ModelMean> = self
            .models
            .iter()
            .map(|sums| ModelMean {
                score: sums.mean(),
                coverage: if all > 0.0 { sums.weight / all } else { 0.0 },
            })
            .collect();
        let by_model: Vec<Option<f64>> = models.iter().map(|model| model.score).collect();
        let scores: Vec<f64> = by_model.iter().flatten().copied().collect();
        // With what raters add taken away task by task, it need not matter who rated which.
        let score = match combination.how {
            Combine::Effects => self.combined.mean(),
            _ => combination.of(&by_model),
        };
        let spread = spread(&scores);
        let coverages: Vec<f64> = models.iter().map(|model| model.coverage).collect();
        let in_bands: Vec<usize> = by_model
            .iter()
            .zip(&self.plain)
            .filter_map(|(score, plain)| Some(bands.place((*score)?, plain.sd())))
            .collect();
        let place = score.map(|score| bands.place(score, self.evidence.sd_of_tasks()));
        ScoredOccupation {
            occupation,
            weighting,
            score,
            spread,
            band: place.map(|place| bands.name(place).to_owned()),
            band_span: bands.span(in_bands.iter().copied()),
            coverage: mean(&coverages).unwrap_or(0.0),
            tasks: self.tasks,
            imputed: self.imputed,
            models,
            uncertainty: self.evidence.finish(&by_model, score, combination, *rounds),
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
            sampling_se: None,
            models,
            representative: None,
        }
    }

    fn method(weights: &[f64]) -> Method {
        let bands = Bands::new(vec![50.0], vec!["Low".into(), "High".into()]).unwrap();
        Method { combination: Combination::mean(weights), bands, rounds: Rounds { count: 0, seed: 0 } }
    }

    fn nurses() -> Occupation {
        Occupation { code: "1".into(), title: "Nurses".into(), description: String::new() }
    }

    #[test]
    fn weighted_over_tasks_then_mean_over_models() {
        let mut tally = OccupationTally::new(2);
        tally.add(
            Weighed { weight: 2.0, imputed: false },
            &scored([Some(50.0), Some(20.0)]),
            &method(&[1.0, 1.0]),
        );
        tally.add(Weighed { weight: 1.0, imputed: true }, &scored([Some(80.0), None]), &method(&[1.0, 1.0]));
        let result = tally.finish(nurses(), Weighting::Equal, &method(&[1.0, 1.0]));
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
            tally.add(
                Weighed { weight, imputed: false },
                &scored([Some(50.0), Some(50.0)]),
                &method(&[1.0, 1.0]),
            );
        }
        let result = tally.finish(nurses(), Weighting::Equal, &method(&[0.1, 0.7]));
        assert_eq!((result.score, result.band.as_deref()), (Some(50.0), Some("High")));
    }

    #[test]
    fn no_score_and_no_weight_are_not_zero() {
        let mut tally = OccupationTally::new(2);
        tally.add(Weighed { weight: 0.0, imputed: false }, &scored([Some(50.0), None]), &method(&[1.0, 1.0]));
        let result = tally.finish(nurses(), Weighting::Equal, &method(&[1.0, 1.0]));
        assert_eq!((result.score, result.spread, result.coverage), (None, None, 0.0));
    }
}

//! Rounds of further samples, for the tasks whose score is not yet known well enough.

use super::{Job, Part, PassError};
use crate::domain::{Adaptive, Fit, GapReason, Sample};
use crate::tally;

impl Job {
    /// All samples that may count.
    pub fn most(&self) -> Part {
        let most = self.adaptive.map_or(self.samples, |rule| rule.most.max(self.samples));
        Part { samples: 1..=most, ..self.whole() }
    }

    /// Of the tasks that were wanted last, those that want one sample more than they have after `round` of
    /// them; `None` where none does. A task that has enough stays so.
    pub fn next_round(&self, fit: Fit, last: &Part, round: u32) -> Result<Option<Part>, PassError> {
        let Some(rule) = self.adaptive else { return Ok(None) };
        let so_far = Part { samples: 1..=round, ..last.clone() };
        let mut is_wanted = Vec::new();
        for chunk in self.chunks(&so_far)? {
            let chunk = chunk?;
            let mut by_rater = Vec::new();
            for rater in &self.raters {
                by_rater.push(self.samples(rater, &chunk, fit, &so_far)?.into_iter());
            }
            for _ in &chunk {
                let samples: Vec<Vec<Sample>> =
                    by_rater.iter_mut().map(|rater| rater.next().unwrap_or_default()).collect();
                is_wanted.push(self.needed(rule, &samples) > round);
            }
        }
        if !is_wanted.contains(&true) {
            return Ok(None);
        }
        let mut answers = is_wanted.into_iter();
        let tasks = match &last.tasks {
            None => answers.collect(),
            Some(before) => before.iter().map(|was| *was && answers.next().unwrap_or(false)).collect(),
        };
        Ok(Some(Part::of(tasks, round + 1..=round + 1)))
    }

    /// How many of a task's samples count; `samples` are by rater. Where it was not asked to the end, those
    /// that were, and the one that is due.
    pub(super) fn counting(&self, samples: &[Vec<Sample>]) -> usize {
        let Some(rule) = self.adaptive else { return usize::MAX };
        let needed = self.needed(rule, samples) as usize;
        let asked = self.raters.iter().zip(samples).filter(|(rater, _)| rater.asker.is_some());
        let begun =
            asked.map(|(_, samples)| samples.iter().take_while(|sample| is_asked(sample)).count()).max();
        needed.min(begun.unwrap_or(0) + 1).max(self.samples as usize)
    }

    fn needed(&self, rule: Adaptive, samples: &[Vec<Sample>]) -> u32 {
        // Labels are given once, so there is nothing to go on asking for.
        let asked = self.raters.iter().zip(samples).filter(|(rater, _)| rater.asker.is_some());
        let (weights, asked): (Vec<f64>, Vec<Vec<Option<f64>>>) =
            asked.map(|(rater, samples)| (rater.model.weight, scores(samples))).unzip();
        tally::samples_needed(&asked, self.samples, rule, self.rubric.scale.step(), &weights)
    }
}

fn is_asked(sample: &Sample) -> bool {
    !matches!(&sample.outcome, Err(gap) if gap.reason == GapReason::NotAsked)
}

/// Of each sample its score, if it has one.
fn scores(samples: &[Sample]) -> Vec<Option<f64>> {
    samples.iter().map(|sample| sample.outcome.as_ref().ok().map(|rating| rating.score.value())).collect()
}

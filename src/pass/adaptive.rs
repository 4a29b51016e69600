//! Rounds of further samples, for the tasks whose score is not yet known well enough.

use super::{Job, Part, PassError};
use crate::domain::{Adaptive, Fit, Sample};
use crate::tally::{self, Combination};

/// The tasks that want one sample more than they have after `round` of them; `None` where none does.
pub fn next_round(
    job: &Job,
    fit: Fit,
    rule: Adaptive,
    combination: &Combination,
    round: u32,
) -> Result<Option<Part>, PassError> {
    let step = job.rubric.scale.step();
    let mut wanted = Vec::new();
    let so_far = Part { samples: 1..=round, ..job.whole() };
    for chunk in job.chunks(&so_far)? {
        let chunk = chunk?;
        let mut by_rater = Vec::new();
        for rater in job.raters.iter().filter(|rater| rater.asker.is_some()) {
            by_rater.push(job.samples(rater, &chunk, fit, &so_far)?.into_iter());
        }
        for _ in &chunk {
            let samples: Vec<Vec<Option<f64>>> =
                by_rater.iter_mut().map(|rater| scores(&rater.next().unwrap_or_default())).collect();
            let needed = tally::samples_needed(&samples, job.samples, rule, step, combination);
            wanted.push(needed > round);
        }
    }
    Ok(wanted.contains(&true).then(|| Part::of(wanted, round + 1..=round + 1)))
}

impl Job {
    /// All samples that may count.
    pub(super) fn most(&self) -> Part {
        let most = self.adaptive.map_or(self.samples, |rule| rule.most.max(self.samples));
        Part { samples: 1..=most, ..self.whole() }
    }

    /// How many of a task's samples count; `samples` are by rater, labels among them.
    pub(super) fn counting(&self, samples: &[Vec<Sample>], combination: &Combination) -> usize {
        let Some(rule) = self.adaptive else { return usize::MAX };
        let asked = self.raters.iter().zip(samples).filter(|(rater, _)| rater.asker.is_some());
        let asked: Vec<Vec<Option<f64>>> = asked.map(|(_, samples)| scores(samples)).collect();
        tally::samples_needed(&asked, self.samples, rule, self.rubric.scale.step(), combination) as usize
    }
}

/// Of each sample its score, if it has one.
fn scores(samples: &[Sample]) -> Vec<Option<f64>> {
    samples.iter().map(|sample| sample.outcome.as_ref().ok().map(|rating| rating.score.value())).collect()
}

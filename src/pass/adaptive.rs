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

/// Of each sample its score, if it has one.
pub(super) fn scores(samples: &[Sample]) -> Vec<Option<f64>> {
    samples.iter().map(|sample| sample.outcome.as_ref().ok().map(|rating| rating.score.value())).collect()
}

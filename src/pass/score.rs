//! The third pass: answers to ratings to means to a report. No network, and the same answers give
//! the same bytes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::{Job, PassError, Placed, Rater};
use crate::domain::scored::Origin;
use crate::domain::{Bands, Fit, GapReason, Sample, ScoredTask, Totals, Weighting};
use crate::report::Report;
use crate::tally::{self, OccupationTally};

/// How ratings become scores.
pub struct Method {
    pub weighting: Weighting,
    /// From [`weight_sums`].
    pub weights: Vec<f64>,
    pub bands: Bands,
    /// Nothing was collected, so what is cached is counted here.
    pub offline: bool,
}

/// A chunk of tasks with the samples of every rater: by rater, by task, by sample.
type Chunk = (Vec<Placed>, Vec<Vec<Vec<Sample>>>);

/// One rater's samples of one chunk of tasks.
type Rated = Result<(Vec<Placed>, Vec<Vec<Sample>>), PassError>;

/// Scores the selection into `report`. `totals` brings what the collecting pass counted, and is
/// given back with the gaps and the served models.
pub fn score(
    job: &Job,
    fit: Fit,
    method: &Method,
    report: &mut dyn Report,
    totals: Totals,
) -> Result<Totals, PassError> {
    thread::scope(|scope| {
        // Look-up, reading and reckoning overlap: a thread per rater runs a few chunks ahead.
        let raters: Vec<Receiver<Rated>> = job
            .raters
            .iter()
            .map(|rater| {
                let (sender, receiver) = sync_channel(2);
                scope.spawn(move || rate_all(job, rater, fit, &sender));
                receiver
            })
            .collect();
        Scorer::new(job, method, report, totals).run(&raters)
    })
}

/// The sum of the weights of each occupation's selected tasks, by the occupation's position. An
/// occupation whose tasks all weigh nothing is an error: it would have no score.
pub fn weight_sums(job: &Job, weighting: Weighting) -> Result<Vec<f64>, PassError> {
    let mut sums: Vec<Option<f64>> = vec![None; job.catalogue.occupations.len()];
    for placed in job.catalogue.walk(&job.selection)? {
        let (occupation, task) = placed?;
        if let Some(sum) = sums.get_mut(occupation) {
            *sum = Some(sum.unwrap_or(0.0) + tally::weigh(weighting, &task).weight);
        }
    }
    if let Some(weightless) = sums.iter().position(|sum| *sum == Some(0.0)) {
        let occupation = job.occupation(weightless).map_or_else(String::new, |one| one.title.clone());
        return Err(PassError::Weightless { occupation, weighting });
    }
    Ok(sums.into_iter().map(Option::unwrap_or_default).collect())
}

fn rate_all(job: &Job, rater: &Rater, fit: Fit, sender: &SyncSender<Rated>) {
    let chunks = match job.chunks() {
        Ok(chunks) => chunks,
        Err(error) => {
            let _ = sender.send(Err(error));
            return;
        }
    };
    for chunk in chunks {
        let rated = chunk.and_then(|chunk| {
            let samples = job.samples(rater, &chunk, fit)?;
            Ok((chunk, samples))
        });
        let failed = rated.is_err();
        // A closed channel means that the report has failed, which is told there.
        if sender.send(rated).is_err() || failed {
            return;
        }
    }
}

/// Adds up and reports, in the order of the catalogue.
struct Scorer<'a> {
    job: &'a Job,
    method: &'a Method,
    model_weights: Vec<f64>,
    report: &'a mut dyn Report,
    totals: Totals,
    current: Option<(usize, OccupationTally)>,
}

impl<'a> Scorer<'a> {
    fn new(job: &'a Job, method: &'a Method, report: &'a mut dyn Report, totals: Totals) -> Self {
        let model_weights = job.raters.iter().map(|rater| rater.model.weight).collect();
        let served = vec![Default::default(); job.raters.len()];
        let totals = Totals { served, ..totals };
        Self { job, method, model_weights, report, totals, current: None }
    }

    fn run(mut self, raters: &[Receiver<Rated>]) -> Result<Totals, PassError> {
        while let Some((chunk, by_rater)) = next_chunk(raters)? {
            let mut by_rater: Vec<_> = by_rater.into_iter().map(Vec::into_iter).collect();
            for placed in chunk {
                let samples: Vec<Vec<Sample>> =
                    by_rater.iter_mut().map(|rater| rater.next().unwrap_or_default()).collect();
                self.task(placed, samples)?;
            }
        }
        self.close()?;
        if self.method.offline {
            let missing = self.totals.gaps.get(&GapReason::NotAsked).copied().unwrap_or(0);
            self.totals.cached = self.totals.needed.saturating_sub(missing);
        }
        self.report.end(&self.totals)?;
        Ok(self.totals)
    }

    fn task(&mut self, (place, task): Placed, samples: Vec<Vec<Sample>>) -> Result<(), PassError> {
        if self.current.as_ref().is_none_or(|(current, _)| *current != place) {
            self.close()?;
            self.current = Some((place, OccupationTally::new(self.job.raters.len())));
        }
        self.count(&samples);
        let weighed = tally::weigh(self.method.weighting, &task);
        let sum = self.method.weights.get(place).copied().unwrap_or(0.0);
        let share = if sum > 0.0 { weighed.weight / sum } else { 0.0 };
        let scored: ScoredTask = tally::task(task, share, samples, &self.model_weights);
        if let Some((_, tally)) = &mut self.current {
            tally.add(weighed, &scored);
        }
        let occupation = self.job.occupation(place).ok_or(PassError::Lost)?;
        Ok(self.report.task(occupation, &scored)?)
    }

    fn close(&mut self) -> Result<(), PassError> {
        let Some((place, tally)) = self.current.take() else { return Ok(()) };
        let occupation = self.job.occupation(place).ok_or(PassError::Lost)?.clone();
        let scored = tally.finish(occupation, &self.model_weights, &self.method.bands);
        Ok(self.report.occupation(&scored)?)
    }

    fn count(&mut self, samples: &[Vec<Sample>]) {
        for (samples, served) in samples.iter().zip(&mut self.totals.served) {
            self.totals.ratings += samples.len() as u64;
            for sample in samples {
                if let Err(gap) = &sample.outcome {
                    *self.totals.gaps.entry(gap.reason).or_default() += 1;
                }
                if let Origin::Answer { served: name, .. } = &sample.origin
                    && !name.is_empty()
                    && !served.contains(name)
                {
                    served.insert(name.clone());
                }
            }
        }
    }
}

/// The next chunk from every rater; all walk the same tasks in the same chunks.
fn next_chunk(raters: &[Receiver<Rated>]) -> Result<Option<Chunk>, PassError> {
    let mut tasks = None;
    let mut by_rater = Vec::with_capacity(raters.len());
    for rater in raters {
        // A thread that is done has hung up.
        let Ok(rated) = rater.recv() else { return Ok(None) };
        let (chunk, samples) = rated?;
        tasks.get_or_insert(chunk);
        by_rater.push(samples);
    }
    Ok(tasks.map(|tasks| (tasks, by_rater)))
}

//! The third pass: answers to ratings to means to a report. No network, and the same answers give
//! the same bytes.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::{Collector, Job, PassError, Placed, Rater};
use crate::domain::scored::Origin;
use crate::domain::{Fit, GapReason, RunInfo, Sample, ScoredTask, Standing, Totals, Weighting};
use crate::measure;
use crate::report::Report;
use crate::tally::{self, OccupationTally};

/// How ratings become scores.
pub struct Method {
    pub weights: Weights,
    pub tally: tally::Method,
    /// Nothing was collected, so what is cached is counted here.
    pub offline: bool,
}

/// How the tasks of each occupation are weighed, and what their weights add up to.
pub struct Weights {
    base: Weighting,
    /// By the position of the occupation.
    of: Vec<(Weighting, f64)>,
}

impl Weights {
    /// Weighs the selected tasks. With `own_first`, an occupation all of whose tasks bring a weight of
    /// their own is weighed by it, whatever else is selected; the others by `base`.
    ///
    /// An occupation whose tasks all weigh nothing is an error: it would have no score.
    pub fn new(job: &Job, base: Weighting, own_first: bool) -> Result<Self, PassError> {
        let mut sums: Vec<Option<Weighing>> = vec![None; job.catalogue.occupations.len()];
        for placed in job.catalogue.walk(&job.selection)? {
            let (occupation, task) = placed?;
            if let Some(sum) = sums.get_mut(occupation) {
                let sum = sum.get_or_insert(Weighing { base: 0.0, own: own_first.then_some(0.0) });
                sum.base += tally::weigh(base, &task).weight;
                sum.own = sum.own.zip(task.weight).map(|(sum, weight)| sum + weight);
            }
        }
        let mut of = Vec::with_capacity(sums.len());
        for (place, sum) in sums.into_iter().enumerate() {
            let (weighting, sum) = match sum {
                Some(Weighing { own: Some(own), .. }) => (Weighting::Given, own),
                Some(Weighing { base: sum, .. }) => (base, sum),
                None => (base, 1.0),
            };
            if sum <= 0.0 {
                let occupation = job.occupation(place).map_or_else(String::new, |one| one.title.clone());
                return Err(PassError::Weightless { occupation, weighting });
            }
            of.push((weighting, sum));
        }
        Ok(Self { base, of })
    }

    /// The weights of occupations whose tasks bring none of their own.
    pub fn base(&self) -> Weighting {
        self.base
    }

    /// How the tasks of an occupation are weighed, and what their weights add up to.
    pub(super) fn of(&self, place: usize) -> (Weighting, f64) {
        self.of.get(place).copied().unwrap_or((self.base, 1.0))
    }
}

#[derive(Clone, Copy)]
struct Weighing {
    base: f64,
    /// `None` once a task has brought no weight of its own.
    own: Option<f64>,
}

/// A chunk of tasks with the samples of every rater: by rater, by task, by sample.
type Chunk = (Vec<Placed>, Vec<Vec<Vec<Sample>>>);

/// One rater's samples of one chunk of tasks.
type Rated = Result<(Vec<Placed>, Vec<Vec<Sample>>), PassError>;

/// Scores the selection into `report`. `totals` brings what the collecting pass counted, and is
/// given back with the gaps and the served models. Ends without a report when `stopped` says so.
pub fn score(
    job: &Job,
    fit: Fit,
    method: &Method,
    report: &mut dyn Report,
    totals: Totals,
    stopped: &dyn Fn() -> bool,
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
        Scorer::new(job, method, report, totals).run(raters, stopped)
    })
}

fn rate_all(job: &Job, rater: &Rater, fit: Fit, sender: &SyncSender<Rated>) {
    let part = job.most();
    let chunks = match job.chunks(&part) {
        Ok(chunks) => chunks,
        Err(error) => {
            let _ = sender.send(Err(error));
            return;
        }
    };
    for chunk in chunks {
        let rated = chunk.and_then(|chunk| {
            let samples = job.samples(rater, &chunk, fit, &part)?;
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
    /// Of the occupations so far, in their order.
    scores: Vec<Option<f64>>,
    /// Ratings that come from answers, not from labels.
    answers: u64,
    report: &'a mut dyn Report,
    totals: Totals,
    current: Option<(usize, OccupationTally)>,
}

impl<'a> Scorer<'a> {
    fn new(job: &'a Job, method: &'a Method, report: &'a mut dyn Report, totals: Totals) -> Self {
        let served = vec![Default::default(); job.raters.len()];
        let effects = method.tally.combination.effects.clone();
        let totals = Totals { served, effects, ..totals };
        Self { job, method, scores: Vec::new(), answers: 0, report, totals, current: None }
    }

    fn run(mut self, raters: Vec<Receiver<Rated>>, stopped: &dyn Fn() -> bool) -> Result<Totals, PassError> {
        while let Some((chunk, by_rater)) = next_chunk(&raters)? {
            if stopped() {
                return Err(PassError::Interrupted);
            }
            let mut by_rater: Vec<_> = by_rater.into_iter().map(Vec::into_iter).collect();
            for placed in chunk {
                let samples: Vec<Vec<Sample>> =
                    by_rater.iter_mut().map(|rater| rater.next().unwrap_or_default()).collect();
                self.task(placed, samples)?;
            }
        }
        self.close()?;
        self.totals.labels = self.totals.ratings - self.answers;
        if self.method.offline || self.job.adaptive.is_some() {
            // Only now is it known, where the number of samples hangs on what they are.
            self.totals.needed = self.answers;
        }
        if self.method.offline {
            let missing = self.totals.gaps.get(&GapReason::NotAsked).copied().unwrap_or(0);
            self.totals.cached = self.totals.needed.saturating_sub(missing);
        }
        self.totals.standings = standings(&self.scores);
        self.report.end(&self.totals)?;
        Ok(self.totals)
    }

    fn task(&mut self, (place, task): Placed, mut samples: Vec<Vec<Sample>>) -> Result<(), PassError> {
        if self.current.as_ref().is_none_or(|(current, _)| *current != place) {
            self.close()?;
            self.current = Some((place, OccupationTally::new(self.job.raters.len())));
        }
        let counting = self.job.counting(&samples);
        samples.iter_mut().for_each(|samples| samples.truncate(counting));
        self.count(&samples);
        let (weighting, sum) = self.method.weights.of(place);
        let weighed = tally::weigh(weighting, &task);
        let share = weighed.weight / sum;
        let scored: ScoredTask =
            tally::task(task, share, samples, self.job.rubric.scale.step(), &self.method.tally.combination);
        if let Some((_, tally)) = &mut self.current {
            tally.add(weighed, &scored, &self.method.tally);
        }
        let occupation = self.job.occupation(place).ok_or(PassError::Lost)?;
        Ok(self.report.task(occupation, &scored)?)
    }

    fn close(&mut self) -> Result<(), PassError> {
        let Some((place, tally)) = self.current.take() else { return Ok(()) };
        let occupation = self.job.occupation(place).ok_or(PassError::Lost)?.clone();
        let (weighting, _) = self.method.weights.of(place);
        let scored = tally.finish(occupation, weighting, &self.method.tally);
        self.scores.push(scored.score);
        Ok(self.report.occupation(&scored)?)
    }

    fn count(&mut self, samples: &[Vec<Sample>]) {
        for (samples, served) in samples.iter().zip(&mut self.totals.served) {
            self.totals.ratings += samples.len() as u64;
            for sample in samples {
                self.answers += u64::from(!matches!(sample.origin, Origin::Label { .. }));
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

/// Where each occupation stands among those that have a score; nothing where there is only one.
fn standings(scores: &[Option<f64>]) -> Vec<Option<Standing>> {
    let scored: Vec<f64> = scores.iter().flatten().copied().collect();
    if scored.len() < 2 {
        return Vec::new();
    }
    let z = measure::z_scores(&scored);
    let mut ranks = measure::percentile_ranks(&scored).into_iter().enumerate();
    let standing = |score: &Option<f64>| {
        score.and_then(|_| ranks.next()).map(|(place, percentile)| Standing {
            z: z.as_ref().and_then(|z| z.get(place).copied()),
            percentile,
        })
    };
    scores.iter().map(standing).collect()
}

/// What each rater adds to every item of the selection, for the combination that takes it away.
///
/// `None` where the raters fall into groups that share no item.
pub fn effects(
    job: &Job,
    fit: Fit,
    method: &Method,
    run: &RunInfo,
) -> Result<Option<Vec<Option<f64>>>, PassError> {
    let mut collector = Collector::new(run, false);
    score(job, fit, method, &mut collector, Totals::default(), &|| false)?;
    let table = measure::sheet::tasks(&collector.sheet);
    let weights: Vec<f64> = job.raters.iter().map(|rater| rater.model.weight).collect();
    Ok(measure::rater_effects(&table, &weights))
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

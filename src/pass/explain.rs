//! One number taken apart, as the third pass puts it together: the same weights, the same means, and the way
//! from each sample to the answer behind it. No network, and nothing is written.

use std::sync::Arc;

use super::score::Method;
use super::{Job, Part, PassError, Placed, Rater, Settled, sample};
use crate::domain::explanation::{
    Explanation, Link, ModelSums, OtherWeight, Sums, Target, Term, Variant, Way,
};
use crate::domain::{Combine, Fit, ModelScore, Sample, ScoredOccupation, ScoredTask, Weighting};
use crate::measure;
use crate::store;
use crate::tally::{self, Combination, OccupationTally};

/// Which part of a job is explained, and how far.
pub struct Wanted<'a> {
    pub fit: Fit,
    /// The id of a task; `None`: the occupation.
    pub task: Option<&'a str>,
    /// Whether the answers of all tasks are followed to their digests, or of one alone.
    pub all: bool,
}

/// Explains the first occupation of the job's selection; all its tasks are held in memory.
pub fn explain(job: &Job, method: &Method, wanted: &Wanted<'_>) -> Result<Explanation, PassError> {
    let (place, mut tasks) = terms(job, method, wanted.fit)?;
    let (weighting, weight) = method.weights.of(place);
    let of = Weighed { job, method, place, tasks: &tasks };
    let occupation = of.tally(weighting)?;
    let variants = of.variants(&occupation)?;
    let target = match wanted.task {
        Some(id) => {
            let task = tasks.iter().position(|term| term.scored.task.id == id).ok_or(PassError::Lost)?;
            Some((task, of.target(task, weighting)?))
        }
        None => None,
    };
    let models = (0..job.raters.len()).map(|model| model_sums(&tasks, model)).collect();
    let scores = occupation.models.iter().map(|model| model.score);
    let combined = combined(job, scores);
    let followed = target.as_ref().map_or_else(|| heaviest(&tasks), |(task, _)| *task);
    for (at, term) in tasks.iter_mut().enumerate() {
        if wanted.all || at == followed {
            follow(job, term)?;
        }
    }
    Ok(Explanation {
        fit: wanted.fit,
        formula: tally::formula(weighting),
        occupation,
        weight,
        tasks,
        models,
        combined,
        variants,
        followed,
        target: target.map(|(_, target)| target),
    })
}

/// The tasks of the first occupation, each weighed and scored as `score` does it.
fn terms(job: &Job, method: &Method, fit: Fit) -> Result<(usize, Vec<Term>), PassError> {
    let combination = &method.tally.combination;
    let part = job.most();
    let mut first = None;
    let mut terms = Vec::new();
    for chunk in job.chunks(&part)? {
        let chunk = chunk?;
        let mut by_rater = Vec::with_capacity(job.raters.len());
        for rater in &job.raters {
            by_rater.push(rated(job, rater, &chunk, fit, &part)?.into_iter());
        }
        for (place, task) in chunk {
            if *first.get_or_insert(place) != place {
                return Ok((first.unwrap_or(place), terms));
            }
            let rated = by_rater.iter_mut().map(|rater| rater.next().unwrap_or_default());
            let (mut samples, mut links): (Vec<Vec<Sample>>, Vec<Vec<Option<Link>>>) = rated.unzip();
            let counting = job.counting(&samples);
            samples.iter_mut().for_each(|samples| samples.truncate(counting));
            links.iter_mut().for_each(|links| links.truncate(counting));
            let (weighting, sum) = method.weights.of(place);
            let weighed = tally::weigh(weighting, &task);
            let made_of = tally::ingredients(weighting, &task);
            let scored =
                tally::task(task, weighed.weight / sum, samples, job.rubric.scale.step(), combination);
            terms.push(Term { scored, weight: weighed.weight, imputed: weighed.imputed, made_of, links });
        }
    }
    Ok((first.ok_or(PassError::Lost)?, terms))
}

/// A rater's samples of one task, and where each is from.
type Rated = (Vec<Sample>, Vec<Option<Link>>);

fn rated(job: &Job, rater: &Rater, chunk: &[Placed], fit: Fit, part: &Part) -> Result<Vec<Rated>, PassError> {
    let Some(asker) = &rater.asker else {
        let label = |(_, task): &Placed| (vec![job.label(&rater.model, task)], vec![None]);
        return Ok(chunk.iter().map(label).collect());
    };
    let settled = job.settle_all(job.questions(asker, chunk, part)?, chunk, fit, part)?;
    let mut linked = settled.into_iter().map(|settled| {
        let link = link(&settled);
        (sample(settled), Some(link))
    });
    let per_task = part.samples_each() as usize;
    Ok(chunk.iter().map(|_| linked.by_ref().take(per_task).unzip()).collect())
}

fn link(settled: &Settled) -> Link {
    let question = &settled.question;
    Link {
        context: question.it.context.key,
        question: question.key,
        attempt: question.it.attempt,
        answer: settled.answer.clone(),
        digest: None,
    }
}

fn model_weights(job: &Job) -> Vec<f64> {
    job.raters.iter().map(|rater| rater.model.weight).collect()
}

fn model_sums(tasks: &[Term], model: usize) -> ModelSums {
    let mut of = ModelSums::default();
    for term in tasks {
        if let Some(score) = term.scored.models.get(model).and_then(|model| model.score) {
            of.sums.add(term.weight, score);
            of.rated += 1;
        }
    }
    of
}

/// The sums behind the mean over models.
fn combined(job: &Job, scores: impl Iterator<Item = Option<f64>>) -> Sums {
    let mut sums = Sums::default();
    for (weight, score) in model_weights(job).into_iter().zip(scores) {
        if let Some(score) = score {
            sums.add(weight, score);
        }
    }
    sums
}

/// The first of the heaviest.
fn heaviest(tasks: &[Term]) -> usize {
    let heavier =
        |a: &(usize, &Term), b: &(usize, &Term)| a.1.weight.total_cmp(&b.1.weight).then(b.0.cmp(&a.0));
    tasks.iter().enumerate().max_by(heavier).map_or(0, |(at, _)| at)
}

/// Adds the digests of a task's answers, as they are kept.
fn follow(job: &Job, term: &mut Term) -> Result<(), PassError> {
    for link in term.links.iter_mut().flatten().flatten() {
        let Some(answer) = &link.answer else { continue };
        // Of its own moment, so that what has come since does not stand in for it.
        let fit = Fit { from: answer.at, to: answer.at };
        let kept = job.store.whole(link.question, fit)?.filter(|kept| kept.answer == *answer);
        link.digest = kept.map(|kept| store::digest(link.question, &kept));
    }
    Ok(())
}

/// The tasks of an occupation, to be added up in whatever way.
struct Weighed<'a> {
    job: &'a Job,
    method: &'a Method,
    place: usize,
    tasks: &'a [Term],
}

impl Weighed<'_> {
    /// As `score` adds it up under this weighting.
    fn tally(&self, weighting: Weighting) -> Result<ScoredOccupation, PassError> {
        let mut tally = OccupationTally::new(self.job.raters.len());
        for term in self.tasks {
            tally.add(tally::weigh(weighting, &term.scored.task), &term.scored, &self.method.tally);
        }
        self.finish(tally, weighting, &self.method.tally)
    }

    /// As `score` adds it up with this model alone.
    fn alone(&self, weighting: Weighting, model: usize) -> Result<ScoredOccupation, PassError> {
        let method = tally::Method { combination: Combination::default(), ..self.method.tally.clone() };
        let mut tally = OccupationTally::new(1);
        for term in self.tasks {
            let weighed = tally::weigh(weighting, &term.scored.task);
            tally.add(weighed, &only(&term.scored, model), &method);
        }
        self.finish(tally, weighting, &method)
    }

    fn finish(
        &self,
        tally: OccupationTally,
        weighting: Weighting,
        method: &tally::Method,
    ) -> Result<ScoredOccupation, PassError> {
        let occupation = self.job.occupation(self.place).ok_or(PassError::Lost)?.clone();
        Ok(tally.finish(occupation, weighting, method))
    }

    /// Every other weighting that the catalogue can give, then each model, then their median.
    fn variants(&self, now: &ScoredOccupation) -> Result<Vec<Variant>, PassError> {
        let mut variants = Vec::new();
        for weighting in self.others(now.weighting) {
            variants.push(variant(Way::Weights(weighting), self.tally(weighting)?));
        }
        let models = now.models.len();
        if models < 2 {
            return Ok(variants);
        }
        for model in 0..models {
            variants.push(variant(Way::Model(model), self.alone(now.weighting, model)?));
        }
        for how in Combine::ALL.into_iter().filter(|how| *how != self.method.tally.combination.how) {
            // Effects are those of the whole run, which only it has reckoned.
            if how != Combine::Effects {
                let combination = Combination { how, ..self.method.tally.combination.clone() };
                let method = tally::Method { combination, ..self.method.tally.clone() };
                let mut tally = OccupationTally::new(models);
                for term in self.tasks {
                    tally.add(tally::weigh(now.weighting, &term.scored.task), &term.scored, &method);
                }
                variants.push(variant(Way::Combined(how), self.finish(tally, now.weighting, &method)?));
            }
        }
        Ok(variants)
    }

    fn others(&self, now: Weighting) -> impl Iterator<Item = Weighting> {
        self.job.catalogue.weightings.iter().copied().filter(move |weighting| *weighting != now)
    }

    fn target(&self, task: usize, weighting: Weighting) -> Result<Target, PassError> {
        let term = self.tasks.get(task).ok_or(PassError::Lost)?;
        let models = || term.scored.models.iter().map(|model| model.score);
        let weight = |weighting, term: &Term| tally::weigh(weighting, &term.scored.task).weight;
        let other = |weighting| OtherWeight {
            weighting,
            made_of: tally::ingredients(weighting, &term.scored.task),
            weight: weight(weighting, term),
            all: self.tasks.iter().map(|term| weight(weighting, term)).sum(),
        };
        Ok(Target {
            combined: combined(self.job, models()),
            median: measure::median(&models().flatten().collect::<Vec<f64>>()),
            weights: self.others(weighting).map(other).collect(),
        })
    }
}

/// A task as one model has it.
fn only(task: &ScoredTask, model: usize) -> ScoredTask {
    let scored = task.models.get(model);
    let score = scored.and_then(|scored| scored.score);
    let models = scored
        .map(|scored| ModelScore { model: 0, score, sd: scored.sd, samples: scored.samples.clone() })
        .into_iter()
        .collect();
    ScoredTask {
        task: Arc::clone(&task.task),
        weight: task.weight,
        score,
        spread: None,
        sd: None,
        sampling_se: None,
        models,
        representative: None,
    }
}

fn variant(way: Way, of: ScoredOccupation) -> Variant {
    Variant {
        way,
        score: of.score,
        spread: of.spread,
        band: of.band,
        coverage: of.coverage,
        imputed: of.imputed,
    }
}

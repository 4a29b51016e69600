//! The three passes over the same lazily made questions, and what they share.
//!
//! `plan` counts and prices what is missing, `collect` sees that every question has an answer on
//! disk and is the only one that pays, `score` turns answers into a report. All of them decide
//! through [`Job::settle`] which answer counts, so they cannot disagree.

mod adaptive;
pub mod collect;
pub mod due;
pub mod explain;
mod gathered;
mod narrate;
mod part;
pub mod plan;
pub mod score;
mod settle;
mod sheet;
mod wording;

use std::sync::Arc;

use crate::ask::{AskError, Asker};
use crate::domain::scored::Origin;
use crate::domain::{
    Adaptive, Answer, Fit, Keyed, Model, Occupation, Question, Rubric, Sample, Selection, Source, Task,
    Weighting,
};
use crate::rate;
use crate::read::{Catalogue, ReadError};
use crate::report::ReportError;
use crate::store::{Store, StoreError};

pub use gathered::Gathered;
pub use narrate::Narration;
pub use part::{Anchors, Part};
pub use settle::Settled;
use settle::Settling;
pub use sheet::Collector;
pub use wording::Worded;

/// Tasks are read, looked up and handed on in chunks of about so many questions, so memory does not
/// grow with their number.
pub const CHUNK: usize = 256;

/// Why a pass stopped.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error("all tasks of {occupation} have the weight 0 under the weights `{weighting}`")]
    Weightless { occupation: String, weighting: Weighting },
    #[error("interrupted")]
    Interrupted,
    #[error("a worker thread ended without a result")]
    Lost,
}

/// Everything a run is about.
pub struct Job {
    /// Shared with the jobs that put the same tasks in other words.
    pub catalogue: Arc<Catalogue>,
    pub selection: Selection,
    pub rubric: Arc<Rubric>,
    pub raters: Vec<Rater>,
    pub samples: u32,
    /// Further samples of the tasks that want them.
    pub adaptive: Option<Adaptive>,
    /// Tasks for which only answers of this run serve.
    pub anchors: Option<Anchors>,
    /// What was answered before is settled, whatever came of it: only what has no answer at all is asked.
    pub only_unanswered: bool,
    /// Further attempts in one run after an answer in which no score could be read.
    pub reask: u32,
    pub store: Store,
    pub chunk: usize,
}

/// A rater, ready to work.
pub struct Rater {
    pub model: Model,
    /// `None` for a column of labels: there is nobody to ask.
    pub asker: Option<Asker>,
}

/// A task with its place in the catalogue.
pub type Placed = (usize, Arc<Task>);

impl Job {
    pub fn occupation(&self, index: usize) -> Option<&Occupation> {
        self.catalogue.occupations.get(index)
    }

    pub fn models(&self) -> Vec<&Model> {
        self.raters.iter().map(|rater| &rater.model).collect()
    }

    /// The first question of every task and sample of a chunk, sample by sample within a task.
    pub fn questions(
        &self,
        asker: &Asker,
        chunk: &[Placed],
        part: &Part,
    ) -> Result<Vec<Keyed<Question>>, PassError> {
        let mut questions = Vec::with_capacity(chunk.len() * part.samples_each() as usize);
        for (place, task) in chunk {
            let Some(occupation) = self.occupation(*place) else { continue };
            for sample in part.samples.clone() {
                questions.push(asker.question(occupation, task, sample)?);
            }
        }
        Ok(questions)
    }

    /// Finds the answer that counts for each question: that of the first attempt with a rating,
    /// or else of the last attempt made.
    pub fn settle(&self, questions: Vec<Keyed<Question>>, fit: Fit) -> Result<Vec<Settled>, PassError> {
        let read = |_: &Keyed<Question>, answer: &Answer| rate::rating(&self.rubric, answer);
        Settling { store: &self.store, fit, only_unanswered: self.only_unanswered, read: &read }
            .settle(questions)
    }

    /// The same for questions about a chunk, of which anchors are settled by answers of this run alone.
    pub(super) fn settle_all(
        &self,
        questions: Vec<Keyed<Question>>,
        chunk: &[Placed],
        fit: Fit,
        part: &Part,
    ) -> Result<Vec<Settled>, PassError> {
        let Some(anchors) = &self.anchors else { return self.settle(questions, fit) };
        let each = part.samples_each() as usize;
        let is_anchor: Vec<bool> = chunk.iter().map(|placed| anchors.has(placed)).collect();
        let of = |at: usize| is_anchor.get(at / each.max(1)).copied().unwrap_or(false);
        let (fresh, kept): (Vec<_>, Vec<_>) = questions.into_iter().enumerate().partition(|(at, _)| of(*at));
        let plain =
            |questions: Vec<(usize, Keyed<Question>)>| questions.into_iter().map(|(_, it)| it).collect();
        let all = fresh.len() + kept.len();
        let fresh_fit = Fit { from: anchors.from.max(fit.from), ..fit };
        let mut fresh = self.settle(plain(fresh), fresh_fit)?.into_iter();
        let mut kept = self.settle(plain(kept), fit)?.into_iter();
        Ok((0..all).filter_map(|at| if of(at) { fresh.next() } else { kept.next() }).collect())
    }

    /// A rater's samples of every task of a chunk.
    pub fn samples(
        &self,
        rater: &Rater,
        chunk: &[Placed],
        fit: Fit,
        part: &Part,
    ) -> Result<Vec<Vec<Sample>>, PassError> {
        let Some(asker) = &rater.asker else {
            return Ok(chunk.iter().map(|(_, task)| vec![self.label(&rater.model, task)]).collect());
        };
        let questions = self.questions(asker, chunk, part)?;
        let mut settled = self.settle_all(questions, chunk, fit, part)?.into_iter();
        let per_task = part.samples_each() as usize;
        Ok(chunk.iter().map(|_| settled.by_ref().take(per_task).map(sample).collect()).collect())
    }

    fn label(&self, model: &Model, task: &Task) -> Sample {
        let column = match &model.source {
            Source::Label { column } => column.as_str(),
            Source::Asked(_) => "",
        };
        let outcome = rate::label(&self.rubric, task.column(column).unwrap_or_default());
        Sample { number: 1, outcome, origin: Origin::Label { column: column.into() } }
    }
}

fn sample(settled: Settled) -> Sample {
    let Settled { question, answer, outcome, .. } = settled;
    let origin = match answer {
        Some(answer) => Origin::Answer {
            key: question.key,
            at: answer.at,
            served: answer.served.into(),
            tokens_in: answer.usage.input,
            tokens_out: answer.usage.output,
            cost_nano_usd: answer.cost_nano_usd,
        },
        None => Origin::Unanswered { key: question.key },
    };
    Sample { number: question.it.sample, outcome, origin }
}

/// An iterator over chunks of tasks.
pub struct Chunks<'a> {
    walk: Box<dyn Iterator<Item = Result<Placed, ReadError>> + Send + 'a>,
    size: usize,
}

impl Iterator for Chunks<'_> {
    type Item = Result<Vec<Placed>, PassError>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk: Result<Vec<Placed>, ReadError> = self.walk.by_ref().take(self.size).collect();
        match chunk {
            Ok(chunk) if chunk.is_empty() => None,
            Ok(chunk) => Some(Ok(chunk)),
            Err(error) => Some(Err(error.into())),
        }
    }
}

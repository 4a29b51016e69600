//! What a lane works off: where its questions come from, and what their answers are worth.

use std::sync::Arc;

use crate::ask::Asker;
use crate::domain::{Answer, Fit, Gap, Instant, Keyed, Question};
use crate::pass::{Job, Part, PassError, Settled};
use crate::rate;
use crate::store::Store;

/// First attempts, a chunk at a time.
pub(in crate::pass) type Chunks<'a> =
    Box<dyn Iterator<Item = Result<Vec<Keyed<Question>>, PassError>> + Send + 'a>;

/// Questions to one model that belong together. The lane knows no more of them.
pub(in crate::pass) trait Work: Send + Sync {
    fn store(&self) -> &Store;
    /// Further attempts in one run after an answer of which nothing could be read.
    fn reask(&self) -> u32;
    /// About so many questions are handed on together.
    fn chunk(&self) -> usize;
    fn total(&self) -> Result<u64, PassError>;
    fn chunks(&self) -> Result<Chunks<'_>, PassError>;
    /// What is kept of these, in their order.
    fn look_up(&self, questions: Vec<Keyed<Question>>, fit: Fit) -> Result<Vec<Found>, PassError>;
    /// Why an answer is of no use; `None` where it is.
    fn gap(&self, question: &Keyed<Question>, answer: &Answer) -> Option<Gap>;
    /// How long the system text is, where it is the same for every question.
    fn constant_system_bytes(&self) -> Option<usize>;
}

/// What is known of one question.
pub(in crate::pass) struct Found {
    /// The time of the answer that counts.
    pub at: Option<Instant>,
    /// What must be asked; `None` where it is settled.
    pub due: Option<Keyed<Question>>,
}

impl<T> From<Settled<T>> for Found {
    fn from(settled: Settled<T>) -> Self {
        Self { at: settled.answer.map(|answer| answer.at), due: settled.due }
    }
}

/// The tasks of a job, or of a part of it, for one of its raters.
pub(super) struct Tasks {
    pub job: Arc<Job>,
    pub rater: usize,
    pub part: Part,
}

impl Tasks {
    fn asker(&self) -> Option<&Asker> {
        self.job.raters.get(self.rater)?.asker.as_ref()
    }
}

impl Work for Tasks {
    fn store(&self) -> &Store {
        &self.job.store
    }

    fn reask(&self) -> u32 {
        self.job.reask
    }

    fn chunk(&self) -> usize {
        self.job.chunk
    }

    fn total(&self) -> Result<u64, PassError> {
        Ok(self.job.tasks_in(&self.part)? * u64::from(self.part.samples_each()))
    }

    fn chunks(&self) -> Result<Chunks<'_>, PassError> {
        let Some(asker) = self.asker() else { return Ok(Box::new(std::iter::empty())) };
        let chunks = self.job.chunks(&self.part)?;
        Ok(Box::new(chunks.map(move |chunk| self.job.questions(asker, &chunk?, &self.part))))
    }

    fn look_up(&self, questions: Vec<Keyed<Question>>, fit: Fit) -> Result<Vec<Found>, PassError> {
        Ok(self.job.settle(questions, fit)?.into_iter().map(Found::from).collect())
    }

    fn gap(&self, _: &Keyed<Question>, answer: &Answer) -> Option<Gap> {
        rate::rating(&self.job.rubric, answer).err()
    }

    fn constant_system_bytes(&self) -> Option<usize> {
        self.asker().and_then(Asker::constant_system_bytes)
    }
}

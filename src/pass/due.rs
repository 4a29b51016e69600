//! Why a question has to be asked: for plans, which say what a run would pay for.

use std::collections::HashMap;

use super::{PassError, Settled};
use crate::ask::key;
use crate::domain::{Context, Hash, Keyed, Question};
use crate::store::{Asked, Store};

/// Why no answer serves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// The store has no answer of this model at this server.
    NewModel,
    /// It has, but none under this rubric and these settings.
    NewContext,
    /// It has those, too, but none to this text.
    NewQuestion,
    /// The first sample of the same task is there.
    FurtherSample,
    /// An answer is there, from before or after the time that is asked for;
    TooOld,
    /// the same, where everything is asked anew,
    Fresh,
    /// and where the task is one of those that every run asks anew.
    Anchor,
    /// The last attempt brought no score, and a further one is due.
    NoScore,
    /// The last call failed.
    Failed,
}

impl Reason {
    pub const ALL: [Self; 9] = [
        Self::NewModel,
        Self::NewContext,
        Self::NewQuestion,
        Self::FurtherSample,
        Self::TooOld,
        Self::Fresh,
        Self::Anchor,
        Self::NoScore,
        Self::Failed,
    ];

    /// For machines.
    pub fn name(self) -> &'static str {
        match self {
            Self::NewModel => "new_model",
            Self::NewContext => "new_rubric_or_settings",
            Self::NewQuestion => "new_or_reworded",
            Self::FurtherSample => "further_sample",
            Self::TooOld => "too_old",
            Self::Fresh => "fresh",
            Self::Anchor => "anchor",
            Self::NoScore => "no_score",
            Self::Failed => "failed",
        }
    }

    /// For people.
    pub fn said(self) -> &'static str {
        match self {
            Self::NewModel => "new model",
            Self::NewContext => "new rubric or settings",
            Self::NewQuestion => "new or reworded",
            Self::FurtherSample => "further sample",
            Self::TooOld => "too old",
            Self::NoScore => "no score",
            Self::Fresh | Self::Anchor | Self::Failed => self.name(),
        }
    }
}

/// Finds the reasons of one model's questions, a chunk at a time.
pub(super) struct Reasons<'a> {
    store: &'a Store,
    outdated: Reason,
    /// Hardly ever is there more than one context.
    contexts: HashMap<Hash, bool>,
    is_model_known: Option<bool>,
}

impl<'a> Reasons<'a> {
    /// `outdated`: why an answer does not serve that is there, but of another time.
    pub(super) fn new(store: &'a Store, outdated: Reason) -> Self {
        Self { store, outdated, contexts: HashMap::new(), is_model_known: None }
    }

    /// Of questions that are due, in their order.
    pub(super) fn of<T>(&mut self, due: &[Settled<T>]) -> Result<Vec<Reason>, PassError> {
        let unanswered: Vec<&Keyed<Question>> =
            due.iter().filter(|settled| settled.answer.is_none()).map(|settled| &settled.question).collect();
        let mut unanswered = self.unanswered(&unanswered)?.into_iter();
        let mut reasons = Vec::with_capacity(due.len());
        for settled in due {
            reasons.push(match settled.answer {
                None => unanswered.next().unwrap_or(Reason::NewQuestion),
                // Another attempt follows what could be read; what failed is made once more.
                Some(_) if is_further_attempt(settled) => Reason::NoScore,
                Some(_) => Reason::Failed,
            });
        }
        Ok(reasons)
    }

    fn unanswered(&mut self, questions: &[&Keyed<Question>]) -> Result<Vec<Reason>, PassError> {
        self.learn_contexts(questions)?;
        let is_known = |question: &Keyed<Question>| {
            self.contexts.get(&question.it.context.key).copied().unwrap_or_default()
        };
        // In a context without an answer there is nothing to look for.
        let asked: Vec<&Keyed<Question>> =
            questions.iter().copied().filter(|question| is_known(question)).collect();
        let keys = asked.iter().flat_map(|question| [question.key, first_sample(&question.it)]).collect();
        let found = self.store.has(keys)?;
        let mut found = found.chunks(2);
        let mut reasons = Vec::with_capacity(questions.len());
        for question in questions {
            reasons.push(match is_known(question).then(|| found.next()).flatten() {
                Some([true, _]) => self.outdated,
                Some([false, true]) => Reason::FurtherSample,
                Some(_) => Reason::NewQuestion,
                None if self.is_model_known == Some(true) => Reason::NewContext,
                None => Reason::NewModel,
            });
        }
        Ok(reasons)
    }

    fn learn_contexts(&mut self, questions: &[&Keyed<Question>]) -> Result<(), PassError> {
        let mut new: Vec<&Keyed<Context>> = Vec::new();
        for question in questions {
            let context = &*question.it.context;
            let is_new = !self.contexts.contains_key(&context.key);
            if is_new && new.last().is_none_or(|last| last.key != context.key) {
                new.push(context);
            }
        }
        let Some(one) = new.first() else { return Ok(()) };
        let known = self.store.has_contexts(new.iter().map(|context| context.key).collect())?;
        if known.contains(&false) && self.is_model_known.is_none() {
            let Context { provider, endpoint, model, .. } = &one.it;
            let (provider, endpoint, model) = (provider.clone(), endpoint.clone(), model.clone());
            self.is_model_known = Some(self.store.has_model(Asked { provider, endpoint, model })?);
        }
        self.contexts.extend(new.iter().map(|context| context.key).zip(known));
        Ok(())
    }
}

fn is_further_attempt<T>(settled: &Settled<T>) -> bool {
    settled.due.as_ref().is_some_and(|due| due.it.attempt != settled.question.it.attempt)
}

/// The key of the first sample of the same task.
fn first_sample(question: &Question) -> Hash {
    key::question(&Question { sample: 1, attempt: 1, ..question.clone() })
}

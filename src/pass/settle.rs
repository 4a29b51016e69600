//! Which answer counts: the one function by which all passes decide, whatever is read from answers.

use super::PassError;
use crate::ask;
use crate::domain::{Answer, Finish, Fit, Gap, GapReason, Hash, Keyed, Question, Rating};
use crate::store::Store;

/// What is known of a question and its further attempts. `T` is what is read from an answer.
pub struct Settled<T = Rating> {
    /// The attempt that counts: its answer, if there is one, is the one below.
    pub question: Keyed<Question>,
    pub answer: Option<Answer>,
    pub outcome: Result<T, Gap>,
    /// What must be asked for an answer that is not there yet; `None` when it is settled.
    pub due: Option<Keyed<Question>>,
}

/// What is read from the answer to a question.
type Reading<'a, T> = &'a dyn Fn(&Keyed<Question>, &Answer) -> Result<T, Gap>;

/// How answers are looked up and read.
pub(super) struct Settling<'a, T> {
    pub store: &'a Store,
    pub fit: Fit,
    /// What was answered before is settled, whatever came of it.
    pub only_unanswered: bool,
    pub read: Reading<'a, T>,
}

impl<T> Settling<'_, T> {
    /// The attempt that counts for each question: the first of which something could be read, or else the last
    /// one made. Looks all of them up together, attempt by attempt.
    pub(super) fn settle(&self, questions: Vec<Keyed<Question>>) -> Result<Vec<Settled<T>>, PassError> {
        let mut settled: Vec<Option<Settled<T>>> = Vec::new();
        settled.resize_with(questions.len(), || None);
        let mut open: Vec<(usize, Keyed<Question>)> = questions.into_iter().enumerate().collect();
        while !open.is_empty() {
            let keys: Vec<Hash> = open.iter().map(|(_, question)| question.key).collect();
            let answers = self.store.get(keys, self.fit)?;
            let mut next = Vec::new();
            for ((index, question), answer) in open.into_iter().zip(answers) {
                let Some(slot) = settled.get_mut(index) else { continue };
                if let Some(again) = self.settle_one(slot, question, answer) {
                    next.push((index, again));
                }
            }
            open = next;
        }
        Ok(settled.into_iter().flatten().collect())
    }

    /// Takes note of one attempt; returns the next one to look at.
    fn settle_one(
        &self,
        slot: &mut Option<Settled<T>>,
        question: Keyed<Question>,
        answer: Option<Answer>,
    ) -> Option<Keyed<Question>> {
        let Some(answer) = answer else {
            match slot {
                Some(_) if self.only_unanswered => {}
                // A further attempt that was not made leaves the earlier one standing, but is due.
                Some(earlier) => earlier.due = Some(question),
                None => {
                    let outcome = Err(Gap::new(GapReason::NotAsked, "no answer is kept"));
                    *slot = Some(Settled { due: Some(question.clone()), question, answer: None, outcome });
                }
            }
            return None;
        };
        let outcome = (self.read)(&question, &answer);
        let is_failed = matches!(answer.finish, Finish::Failed | Finish::Retired);
        let due = (is_failed && !self.only_unanswered).then(|| question.clone());
        let again = outcome.as_ref().err().and_then(|gap| ask::again(&question, gap));
        *slot = Some(Settled { question, answer: Some(answer), outcome, due });
        again
    }
}

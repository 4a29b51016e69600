//! What is asked once more: questions that ended without an answer, and further attempts at those whose answer
//! is no rating.

use std::collections::HashMap;
use std::sync::Arc;

use super::looking::Heard;
use crate::ask;
use crate::domain::{Answer, Event, Finish, Hash, Keyed, Question};
use crate::pass::PassError;
use crate::pass::collect::call::none;
use crate::pass::collect::lane::Lane;
use crate::rate;
use crate::store::Entry;

/// Collects what is to be asked once more.
pub(super) struct Again {
    lane: Arc<Lane>,
    questions: Vec<Keyed<Question>>,
    /// Of the questions that were asked before in this run.
    counts: HashMap<Hash, Counts>,
    /// Those that were tried too often, and why nothing came.
    given_up: Vec<Keyed<Question>>,
}

#[derive(Clone, Copy)]
struct Counts {
    /// How often nothing came.
    tries: u32,
    /// Further attempts that may be made after answers that are no rating.
    reask: u32,
}

impl Again {
    pub(super) fn new(lane: &Arc<Lane>) -> Self {
        Self { lane: Arc::clone(lane), questions: Vec::new(), counts: HashMap::new(), given_up: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    pub(super) fn take(&mut self) -> Vec<Keyed<Question>> {
        std::mem::take(&mut self.questions)
    }

    /// Takes note of what came of a question.
    pub(super) fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Answered { question, answer } => self.answered(&question, &answer),
            Heard::Unanswered { question, counts } => self.unanswered(question, counts),
            Heard::Lost { question, nano_usd_most } => {
                {
                    let mut counts = self.lane.tally.counts();
                    counts.lost_calls += 1;
                    counts.lost_nano_usd_most += nano_usd_most.unwrap_or(0);
                }
                self.unanswered(question, true);
            }
        }
    }

    fn answered(&mut self, question: &Keyed<Question>, answer: &Answer) {
        let gap = rate::rating(&self.lane.job.rubric, answer).err();
        let before = self.counts.remove(&question.key);
        let reask = before.map_or(self.lane.job.reask, |counts| counts.reask);
        let next = gap.as_ref().and_then(|gap| ask::again(question, gap)).filter(|_| reask > 0);
        let cost_nano_usd = answer.cost_nano_usd.unwrap_or(0);
        if !matches!(answer.finish, Finish::Failed | Finish::Retired) {
            self.lane.tally.counts().billed(answer.usage, cost_nano_usd);
        }
        self.lane.saw(answer.at);
        let model = self.lane.id();
        match (next, gap) {
            (Some(next), _) => {
                self.counts.insert(next.key, Counts { tries: 0, reask: reask - 1 });
                self.questions.push(next);
            }
            (None, Some(gap)) => self.lane.tell(Event::Gap { model, reason: gap.reason, cost_nano_usd }),
            (None, None) => self.lane.tell(Event::Answered { model, cost_nano_usd }),
        }
    }

    fn unanswered(&mut self, question: Keyed<Question>, counts: bool) {
        let reask = self.lane.job.reask;
        let entry = self.counts.entry(question.key).or_insert(Counts { tries: 0, reask });
        entry.tries += u32::from(counts);
        if entry.tries >= self.lane.model.max_attempts {
            self.given_up.push(question);
            return;
        }
        self.lane.tally.counts().retries += 1;
        self.questions.push(question);
    }

    /// Writes down that some questions have no answer after so many tries.
    pub(super) async fn give_up(&mut self) -> Result<(), PassError> {
        for question in std::mem::take(&mut self.given_up) {
            let why = format!("nothing came of it in {} batches", self.lane.model.max_attempts);
            let answer = none(Finish::Failed, why, (self.lane.clock.now(), 0));
            self.lane.saw(answer.at);
            let reason = crate::domain::GapReason::Failed;
            self.lane.job.store.put(Entry::new(question, answer, Vec::new())).await?.kept().await?;
            self.lane.tell(Event::Gap { model: self.lane.id(), reason, cost_nano_usd: 0 });
        }
        Ok(())
    }
}

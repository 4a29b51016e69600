//! What came of the questions of this run, told to its lane; and which of them may be asked once more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::looking::{Came, Heard};
use crate::ask;
use crate::domain::{Answer, Event, Finish, GapReason, Hash, Keyed, Question};
use crate::pass::PassError;
use crate::pass::collect::call::none;
use crate::pass::collect::lane::Lane;
use crate::store::Entry;

/// Keeps count of what was tried. The feeder finds by itself what is missing, so nothing is held here but
/// numbers, and those of exceptions alone.
pub(super) struct Tries {
    lane: Arc<Lane>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: HashMap<Hash, Counts>,
    /// Questions that have become due since this was last asked for.
    freed: u64,
    /// Those that were tried too often, and are to be written down as failed.
    given_up: Vec<Keyed<Question>>,
}

#[derive(Clone, Copy)]
struct Counts {
    /// How often nothing came.
    tries: u32,
    /// Further attempts that this run may make after answers that are no rating.
    reask: u32,
    /// It is not asked again by this run.
    is_over: bool,
}

impl Tries {
    pub(super) fn new(lane: &Arc<Lane>) -> Self {
        Self { lane: Arc::clone(lane), state: Mutex::default() }
    }

    /// Whether this run may ask it.
    pub(super) fn allow(&self, question: &Keyed<Question>) -> bool {
        self.state().counts.get(&question.key).is_none_or(|counts| !counts.is_over)
    }

    /// How many have become due since this was last taken back.
    pub(super) fn freed(&self) -> u64 {
        self.state().freed
    }

    /// A feeder begins, and finds them.
    pub(super) fn found(&self) {
        self.state().freed = 0;
    }

    /// Takes note of what came of a question. Those that are none of this run's are only in the store.
    pub(super) fn hear(&self, heard: Heard) {
        let Heard { question, came, is_own } = heard;
        let was_waited_for = self.lane.waiting().remove(&question.key).is_some();
        if !is_own && !was_waited_for {
            return;
        }
        match came {
            Came::Answered(answer) => self.answered(&question, &answer),
            Came::Nothing { counts } => self.nothing(question, counts),
            Came::Lost { nano_usd_most } => {
                {
                    let mut counts = self.lane.tally.counts();
                    counts.lost_calls += 1;
                    counts.lost_nano_usd_most += nano_usd_most.unwrap_or(0);
                }
                self.nothing(question, true);
            }
        }
    }

    fn answered(&self, question: &Keyed<Question>, answer: &Answer) {
        let gap = self.lane.work.gap(question, answer);
        let cost_nano_usd = answer.cost_nano_usd.unwrap_or(0);
        let is_failed = matches!(answer.finish, Finish::Failed | Finish::Retired);
        if !is_failed {
            self.lane.tally.counts().billed(answer.usage, cost_nano_usd);
        }
        self.lane.saw(answer.at);
        let mut state = self.state();
        let before = state.counts.remove(&question.key);
        let reask = before.map_or(self.lane.work.reask(), |counts| counts.reask);
        let next = gap.as_ref().and_then(|gap| ask::again(question, gap));
        let goes_on = next.is_some() && reask > 0;
        if let Some(next) = next {
            let reask = reask.saturating_sub(1);
            state.counts.insert(next.key, Counts { tries: 0, reask, is_over: !goes_on });
        } else if is_failed {
            // The feeder would take it for one that is to be tried again, as the next run does.
            state.counts.insert(question.key, Counts { tries: 0, reask, is_over: true });
        }
        state.freed += u64::from(goes_on);
        drop(state);
        let model = self.lane.id();
        match gap {
            _ if goes_on => {}
            Some(gap) => self.lane.tell(Event::Gap { model, reason: gap.reason, cost_nano_usd }),
            None => self.lane.tell(Event::Answered { model, cost_nano_usd }),
        }
    }

    fn nothing(&self, question: Keyed<Question>, counts: bool) {
        let most = self.lane.model.max_attempts;
        let mut state = self.state();
        if counts {
            let new = Counts { tries: 0, reask: self.lane.work.reask(), is_over: false };
            let entry = state.counts.entry(question.key).or_insert(new);
            entry.tries += 1;
            if entry.tries >= most {
                entry.is_over = true;
                state.given_up.push(question);
                return;
            }
            self.lane.tally.counts().retries += 1;
        }
        state.freed += 1;
    }

    /// Writes down that some questions have no answer after so many tries.
    pub(super) async fn give_up(&self) -> Result<(), PassError> {
        let given_up = std::mem::take(&mut self.state().given_up);
        for question in given_up {
            let why = format!("nothing came of it in {} batches", self.lane.model.max_attempts);
            let answer = none(Finish::Failed, why, (self.lane.clock.now(), 0));
            self.lane.saw(answer.at);
            self.lane.work.store().put(Entry::new(question, answer, Vec::new())).await?.kept().await?;
            let (model, reason) = (self.lane.id(), GapReason::Failed);
            self.lane.tell(Event::Gap { model, reason, cost_nano_usd: 0 });
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

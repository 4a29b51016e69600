//! A lane's feeder: makes the questions, looks up what is kept, and hands on what must be asked.

use tokio::sync::mpsc;

use super::lane::Lane;
use crate::domain::{Event, Hash, Keyed, Question};
use crate::pass::PassError;

impl Lane {
    /// Hands on what is due. Returns how many ratings are needed, and due.
    pub(super) fn feed(&self, queue: &mpsc::Sender<Vec<Keyed<Question>>>) -> Result<(u64, u64), PassError> {
        self.start()?;
        // Why it ended is told by whoever ended it.
        self.feed_each(true, &mut |questions| Ok(queue.blocking_send(questions).is_ok()))
    }

    /// Says how much there is.
    pub(super) fn start(&self) -> Result<(), PassError> {
        let total = self.work.total()?;
        self.tell(Event::Started { model: self.id(), questions: total });
        Ok(())
    }

    /// Reads, looks up and hands on what is due, until nobody takes it; what is cached is counted to the end.
    /// Returns how many ratings are needed, and due. `is_first`: in this pass, so that it is told.
    pub(super) fn feed_each(
        &self,
        is_first: bool,
        hand_on: &mut dyn FnMut(Vec<Keyed<Question>>) -> Result<bool, PassError>,
    ) -> Result<(u64, u64), PassError> {
        let store = self.work.store();
        let has_batches = self.is_remote() && (self.model.in_batches || store.has_open_batches()?);
        let (mut needed, mut due) = (0, 0);
        let mut is_open = true;
        for chunk in self.work.chunks()? {
            let (in_chunk, mut questions) = self.due_in(chunk?)?;
            needed += in_chunk;
            due += questions.len() as u64;
            let cached = in_chunk - questions.len() as u64;
            if is_first {
                self.tell(Event::Cached { model: self.id(), count: cached });
            }
            if has_batches && !questions.is_empty() {
                questions = self.leave_out_on_their_way(questions)?;
            }
            if !questions.is_empty() {
                is_open = is_open && !self.ended() && hand_on(questions)?;
            }
            if self.stopped() {
                break;
            }
        }
        Ok((needed, due))
    }

    /// The questions of a chunk that must be asked, and how many ratings it holds in all.
    fn due_in(&self, questions: Vec<Keyed<Question>>) -> Result<(u64, Vec<Keyed<Question>>), PassError> {
        let all = questions.len() as u64;
        // Reserved before the look-up: a key released meanwhile has its answer on disk already.
        let firsts: Vec<Hash> = questions.iter().map(|question| question.key).collect();
        let mut reserved = Vec::with_capacity(questions.len());
        let mut mine = Vec::with_capacity(questions.len());
        for (question, first) in questions.into_iter().zip(firsts) {
            if self.under_way().insert(first) {
                reserved.push(first);
                mine.push(question);
            }
        }
        let mut due = Vec::new();
        for (found, first) in self.work.look_up(mine, self.fit)?.into_iter().zip(reserved) {
            if let Some(at) = found.at {
                self.saw(at);
            }
            match found.due {
                Some(question) => due.push(question),
                None => {
                    self.under_way().remove(&first);
                }
            }
        }
        Ok((all, due))
    }

    /// What is in a batch already is paid for there.
    fn leave_out_on_their_way(
        &self,
        questions: Vec<Keyed<Question>>,
    ) -> Result<Vec<Keyed<Question>>, PassError> {
        let keys = questions.iter().map(|question| question.key).collect();
        let on_their_way = self.work.store().on_their_way(keys)?;
        let mut left = Vec::with_capacity(questions.len());
        for (question, batch) in questions.into_iter().zip(on_their_way) {
            match batch {
                Some(batch) => {
                    self.waiting().insert(question.key, batch);
                }
                None => left.push(question),
            }
        }
        // What came in between the look at the answers and the look at the batches is no longer missing.
        let due = self.work.look_up(left, self.fit)?.into_iter().filter_map(|found| found.due);
        Ok(due.collect())
    }
}

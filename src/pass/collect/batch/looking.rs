//! Batches at the provider: looked at now and then, and brought in when they have ended.

use std::collections::VecDeque;

use super::courier::{Courier, Step};
use super::open::Open;
use crate::domain::{Answer, Finish, Hash, Keyed, LostCall, Question};
use crate::pass::PassError;
use crate::pass::collect::call::{answer, nano_usd_at_most, none};
use crate::pass::collect::summary::Closed;
use crate::provider::{Ending, Item, ProviderError, Remote, RemoteState};
use crate::store::{Entry, Receipt};

/// Results are taken in so many at a time.
const AT_ONCE: usize = 256;
/// Questions are read from the disk in pages of so many.
const PAGE: u32 = 500;
/// A provider's code for more tokens than may be queued.
const QUEUE_FULL: &str = "token_limit_exceeded";
/// So many batches in a row that the provider could do nothing with are no accident.
const MOST_FAILED: u32 = 3;
/// Batches become smaller so often at the first refusal; then a refusal more is waited for each time, twice as many as
/// the time before, up to two to this power.
const QUICK: u32 = 4;
const LONGEST_PATIENCE: u32 = 10;
/// The waits for a full queue grow up to so many times the first.
const LONGEST_HOLD: u32 = 32;

/// What came of a question, told once it is on disk.
pub struct Heard {
    pub question: Keyed<Question>,
    pub came: Came,
    /// This run has put it into the batch.
    pub is_own: bool,
}

pub enum Came {
    Answered(Box<Answer>),
    /// Nothing, and nobody was billed; `counts`: as a try.
    Nothing {
        counts: bool,
    },
    /// It may have been billed, and nothing came that could be read.
    Lost {
        nano_usd_most: Option<u64>,
    },
}

/// Whom it is told.
pub type Hear<'a> = &'a mut (dyn FnMut(Heard) + Send);

impl Courier {
    pub(super) async fn look(&mut self, open: &mut Open, hear: Hear<'_>) -> Result<Step, PassError> {
        let remote = match self.client.status(&open.batch.remote).await {
            Ok(remote) => remote,
            Err(error) => return Ok(self.trouble(open, error)),
        };
        let ending = match &remote.state {
            RemoteState::Running => {
                open.troubles = 0;
                open.done = remote.done.unwrap_or(open.done);
                open.wait_longer(&self.watch, self.pauses.poll_ms);
                return Ok(Step::On);
            }
            RemoteState::Ended(ending) => ending.clone(),
        };
        let has_answers = remote.has_results() || remote.done.unwrap_or(0) > 0;
        if let (Ending::Failed { code, detail }, false) = (&ending, has_answers) {
            return self.failed(open, (code, detail), hear).await;
        }
        if ending == Ending::Completed && !remote.has_results() {
            let detail = "the provider says that it is completed, and has no results of it".to_owned();
            return Ok(self.trouble(open, ProviderError::Rejected { detail }));
        }
        match self.bring_in(open, (&remote, &ending), hear).await? {
            Ok(()) => {
                (self.failed, self.full, self.smaller) = (0, 0, 0);
                self.limits.went_well(open.batch.tokens_most);
                Ok(Step::Over)
            }
            Err(error) => Ok(self.trouble(open, error)),
        }
    }

    /// The provider could not begin with it; nobody was billed.
    async fn failed(
        &mut self,
        open: &mut Open,
        (code, detail): (&str, &str),
        hear: Hear<'_>,
    ) -> Result<Step, PassError> {
        if code == QUEUE_FULL {
            self.wait_for_room(open, detail);
        } else {
            self.failed += 1;
        }
        let detail = format!("the provider could not begin with it: {code}: {detail}");
        self.free_all(open, (&detail, false), hear).await?;
        self.end(open, &detail).await?;
        if self.failed >= MOST_FAILED {
            return Ok(Step::Closed(Closed::Failing { detail }));
        }
        Ok(Step::Over)
    }

    /// The provider's queue is full: by a limit that it tells of, or that is found by making batches smaller; or by
    /// batches of other programs, which take their time. So batches become smaller quickly at first, and ever more
    /// slowly.
    fn wait_for_room(&mut self, open: &Open, detail: &str) {
        // Others that were on their way when it was refused say nothing new.
        if self.held_until_ms > self.watch.ms() {
            return;
        }
        let told = limit_in(detail);
        self.full += 1;
        let patience = 1 << self.smaller.saturating_sub(QUICK).min(LONGEST_PATIENCE);
        if told.is_some() || self.full >= patience {
            self.limits.learn(told.unwrap_or(open.batch.tokens_most / 2));
            (self.full, self.smaller) = (0, self.smaller + 1);
        }
        let longer = u64::from(patience.min(LONGEST_HOLD));
        let wait_ms = u32::try_from(self.pauses.poll_ms.saturating_mul(longer)).unwrap_or(u32::MAX);
        self.held_until_ms = self.watch.ms().saturating_add(wait_ms);
        if self.smaller == QUICK {
            self.notice(format!("the provider's queue is full, and is tried again later: {detail}"));
        }
    }

    /// Everything that is on its way in it may be asked again, and nobody was billed.
    pub(super) async fn free_all(
        &mut self,
        open: &mut Open,
        (why, counts): (&str, bool),
        hear: Hear<'_>,
    ) -> Result<(), PassError> {
        let (id, mut after) = (open.batch.id, 0);
        loop {
            let page = self.store.batch_page(id, after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = *last;
            let items = page.iter().map(|(_, question)| (question.key, why.to_owned())).collect();
            self.store.batch_unanswered(id, items).await?;
            for (_, question) in page {
                open.left = open.left.saturating_sub(1);
                hear(Heard { question, came: Came::Nothing { counts }, is_own: open.is_own });
            }
        }
    }

    /// Whatever is on its way in it may have been billed, and nothing more comes of it.
    async fn lose_all(&mut self, open: &mut Open, why: &str, hear: Hear<'_>) -> Result<(), PassError> {
        let mut after = 0;
        loop {
            let page = self.store.batch_page(open.batch.id, after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = *last;
            for (_, question) in page {
                self.lost(open, question, (why, Vec::new()), hear).await?;
            }
        }
    }

    /// Takes in what an ended batch brought. What was taken in before is not taken in twice, so it can be
    /// begun again at any time.
    async fn bring_in(
        &mut self,
        open: &mut Open,
        (remote, ending): (&Remote, &Ending),
        hear: Hear<'_>,
    ) -> Result<Result<(), ProviderError>, PassError> {
        let mut results = match self.client.results(remote).await {
            Ok(results) => results,
            Err(error) => return Ok(Err(error)),
        };
        let mut lines = Vec::with_capacity(AT_ONCE);
        // Lines that nobody can tell of which question they are.
        let mut odd = 0;
        let mut broken = None;
        loop {
            let next = results.next().await;
            if let Some(Err(ProviderError::Broken { maybe_billed: true, detail, .. })) = &next {
                tracing::warn!(batch = %open.batch.name, "{detail}");
                odd += 1;
                continue;
            }
            let is_over = !matches!(next, Some(Ok(_)));
            match next {
                Some(Ok((id, item))) => lines.extend(Hash::from_hex(&id).map(|key| (key, item))),
                Some(Err(error)) => broken = Some(error),
                None => {}
            }
            if is_over || lines.len() == AT_ONCE {
                self.take_in(open, std::mem::take(&mut lines), hear).await?;
            }
            if is_over {
                break;
            }
        }
        if let Some(error) = broken {
            return Ok(Err(error));
        }
        let word = match ending {
            Ending::Completed => "completed",
            Ending::Expired => "expired",
            Ending::Cancelled => "cancelled",
            Ending::Failed { .. } => "failed",
        };
        let missing = format!("{word}, and nothing came back");
        // What is missing of a batch that was completed may have been billed: it may be what could not be read.
        if odd > 0 || *ending == Ending::Completed {
            self.lose_all(open, &missing, hear).await?;
        }
        self.free_all(open, (&missing, true), hear).await?;
        self.end(open, word).await?;
        Ok(Ok(()))
    }

    async fn take_in(
        &mut self,
        open: &mut Open,
        lines: Vec<(Hash, Item)>,
        hear: Hear<'_>,
    ) -> Result<(), PassError> {
        let keys = lines.iter().map(|(key, _)| *key).collect();
        let questions = self.store.batch_questions(open.batch.id, keys).await?;
        let mut receipts: VecDeque<(Receipt, Heard)> = VecDeque::new();
        let mut unanswered = Vec::new();
        for ((key, item), question) in lines.into_iter().zip(questions) {
            // Taken in before, or not of this batch.
            let Some(question) = question else { continue };
            match item {
                Item::Answered(reply) => {
                    let (answer, wire) = answer(&self.model, &question, *reply, (self.clock.now(), 0));
                    receipts.push_back(self.keep(open, question, answer, wire).await?);
                }
                Item::Rejected { detail } => {
                    let answer = none(Finish::Failed, detail, (self.clock.now(), 0));
                    receipts.push_back(self.keep(open, question, answer, Vec::new()).await?);
                }
                Item::Unanswered { detail } => unanswered.push((key, detail, question)),
                Item::Lost { detail, body } => self.lost(open, question, (&detail, body), hear).await?,
            }
        }
        for (receipt, heard) in receipts {
            receipt.kept().await?;
            hear(heard);
        }
        let (items, questions): (Vec<_>, Vec<_>) =
            unanswered.into_iter().map(|(key, detail, question)| ((key, detail), question)).unzip();
        self.store.batch_unanswered(open.batch.id, items).await?;
        open.left = open.left.saturating_sub(questions.len() as u64);
        let is_own = open.is_own;
        let came = |question| Heard { question, came: Came::Nothing { counts: true }, is_own };
        questions.into_iter().for_each(|question| hear(came(question)));
        Ok(())
    }

    async fn keep(
        &self,
        open: &mut Open,
        question: Keyed<Question>,
        answer: Answer,
        wire: Vec<u8>,
    ) -> Result<(Receipt, Heard), PassError> {
        open.spent_nano_usd += answer.cost_nano_usd.unwrap_or(0);
        open.left = open.left.saturating_sub(1);
        let came = Came::Answered(Box::new(answer.clone()));
        let heard = Heard { question: question.clone(), came, is_own: open.is_own };
        let entry = Entry::of_batch(question, answer, wire, open.batch.id);
        Ok((self.store.put(entry).await?, heard))
    }

    async fn lost(
        &self,
        open: &mut Open,
        question: Keyed<Question>,
        (why, body): (&str, Vec<u8>),
        hear: Hear<'_>,
    ) -> Result<(), PassError> {
        let nano_usd_most = nano_usd_at_most(&self.model, &question);
        open.spent_nano_usd += nano_usd_most.unwrap_or(0);
        let lost =
            LostCall { at: self.clock.now(), why: why.to_owned(), cost_nano_usd_most: nano_usd_most, body };
        self.store.batch_lost(open.batch.id, question.clone(), lost).await?;
        open.left = open.left.saturating_sub(1);
        hear(Heard { question, came: Came::Lost { nano_usd_most }, is_own: open.is_own });
        Ok(())
    }
}

/// The limit that a refusal tells of, such as `Limit: 90,000 enqueued tokens`.
fn limit_in(detail: &str) -> Option<u64> {
    let lower = detail.to_lowercase();
    let (_, behind) = lower.split_once("limit:")?;
    let number = behind.trim_start();
    let end = number.find(|c: char| !c.is_ascii_digit() && c != ',' && c != '_').unwrap_or(number.len());
    number.get(..end)?.replace([',', '_'], "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::limit_in;

    #[test]
    fn a_limit_is_read_where_it_is_told() {
        let said =
            "Enqueued token limit reached for gpt in organization org-1. Limit: 90,000 enqueued tokens.";
        assert_eq!(limit_in(said), Some(90_000));
        assert_eq!(limit_in("limit: 2000000"), Some(2_000_000));
        assert_eq!(limit_in("the limit is reached"), None);
        assert_eq!(limit_in("Limit: none"), None);
    }
}

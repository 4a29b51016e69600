//! Batches at the provider: looked at now and then, and brought in when they have ended.

use std::collections::VecDeque;

use super::courier::{Courier, Open, Step};
use crate::domain::{Answer, Finish, Hash, Keyed, LostCall, Question};
use crate::pass::PassError;
use crate::pass::collect::call::{answer, nano_usd_at_most, none};
use crate::pass::collect::summary::Closed;
use crate::provider::ProviderError;
use crate::provider::{Ending, Item, Remote, RemoteState};
use crate::store::{Entry, Receipt};

/// Results are taken in so many at a time.
const AT_ONCE: usize = 256;
/// Questions are read from the disk in pages of so many.
const PAGE: u32 = 500;
/// A provider's code for more tokens than may be queued.
const QUEUE_FULL: &str = "token_limit_exceeded";
/// So many batches in a row that the provider could do nothing with are no accident.
const MOST_FAILED: u32 = 3;

/// What came of a question, told once it is on disk.
pub enum Heard {
    Answered {
        question: Keyed<Question>,
        answer: Box<Answer>,
    },
    /// Nothing came and nobody was billed; `counts`: as a try.
    Unanswered {
        question: Keyed<Question>,
        counts: bool,
    },
    /// It may have been billed, and nothing came that could be read.
    Lost {
        question: Keyed<Question>,
        nano_usd_most: Option<u64>,
    },
}

/// Whom it is told.
pub type Hear<'a> = &'a mut (dyn FnMut(Heard) + Send);

impl Courier {
    pub(super) async fn look(&mut self, open: &mut Open, hear: Hear<'_>) -> Result<Step, PassError> {
        let remote = match self.client.status(&open.batch.remote).await {
            Ok(remote) => remote,
            Err(ProviderError::Rejected { detail }) => {
                return self.gone(open, &detail, hear).await;
            }
            Err(error) => return self.trouble(open, error),
        };
        open.troubles = 0;
        let ending = match &remote.state {
            RemoteState::Running => {
                open.done = remote.done.unwrap_or(open.done);
                open.wait_longer(&self.watch, self.pauses.poll_ms);
                return Ok(Step::On);
            }
            RemoteState::Ended(ending) => ending.clone(),
        };
        if let Ending::Failed { code, detail } = &ending {
            return self.failed(open, (code, detail), hear).await;
        }
        self.failed = 0;
        match self.bring_in(open, (&remote, &ending), hear).await? {
            Ok(()) => Ok(Step::Over),
            Err(error) => self.trouble(open, error),
        }
    }

    /// The provider could not begin with it; nobody was billed.
    async fn failed(
        &mut self,
        open: &mut Open,
        (code, detail): (&str, &str),
        hear: Hear<'_>,
    ) -> Result<Step, PassError> {
        let queue_is_full = code == QUEUE_FULL;
        let others = self.open.iter().filter(|other| other.is_with_provider()).map(Open::tokens).sum();
        if queue_is_full && (open.batch.items > 1 || others > 0) {
            self.limits.learn(open.batch.tokens_most, others);
            // What fills it may be another program's, and takes its time.
            let wait_ms = u32::try_from(self.pauses.poll_ms).unwrap_or(u32::MAX);
            self.held_until_ms = self.watch.ms().saturating_add(wait_ms);
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

    /// Everything that is on its way in it may be asked again, and nobody was billed.
    pub(super) async fn free_all(
        &mut self,
        open: &Open,
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
                hear(Heard::Unanswered { question, counts });
            }
        }
    }

    /// The provider does not know it any more. What it did may have been billed.
    async fn gone(&mut self, open: &mut Open, detail: &str, hear: Hear<'_>) -> Result<Step, PassError> {
        let why = format!("the provider no longer has it: {detail}");
        tracing::warn!(batch = %open.batch.name, "{why}");
        self.lose_all(open, &why, hear).await?;
        self.end(open, &why).await?;
        Ok(Step::Over)
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
        let counts = matches!(ending, Ending::Completed | Ending::Expired);
        // What is missing may be what could not be read.
        if odd > 0 {
            self.lose_all(open, &format!("{missing}, but {odd} lines that cannot be read"), hear).await?;
        }
        self.free_all(open, (&missing, counts), hear).await?;
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
        questions.into_iter().for_each(|question| hear(Heard::Unanswered { question, counts: true }));
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
        let heard = Heard::Answered { question: question.clone(), answer: Box::new(answer.clone()) };
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
        hear(Heard::Lost { question, nano_usd_most });
        Ok(())
    }
}

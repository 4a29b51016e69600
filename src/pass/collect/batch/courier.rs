//! A model's batches on their way: handed over, found again after a crash, looked after, brought in.
//!
//! What is done is on disk first. A batch that may or may not have reached the provider is looked for in the
//! provider's list before it is handed over again, so that none is paid for twice.

use std::collections::VecDeque;
use std::sync::Arc;

use super::looking::Hear;
use super::{Limits, Pauses};
use crate::domain::{Batch, BatchState, Model};
use crate::pace::{self, Clock, Stopwatch};
use crate::pass::PassError;
use crate::pass::collect::budget::Reserved;
use crate::pass::collect::summary::Closed;
use crate::provider::Batches;
use crate::provider::{Closing, ProviderError};
use crate::store::{Change, Store};

/// The waits between looks grow by a quarter, up to so many times the first.
const LONGEST_WAIT: u64 = 10;

/// Looks after the batches of one model.
pub struct Courier {
    pub(super) store: Store,
    pub(super) client: Arc<Batches>,
    /// At the price of batches.
    pub(super) model: Model,
    pub(super) clock: Clock,
    pub(super) limits: Arc<Limits>,
    pub(super) pauses: Pauses,
    pub(super) watch: Stopwatch,
    pub(super) open: VecDeque<Open>,
    /// Nothing is handed over before this, in milliseconds of the watch: the provider's queue was full.
    pub(super) held_until_ms: u32,
    /// Batches in a row that the provider could not begin with.
    pub(super) failed: u32,
}

/// A batch that is not in the store yet with all that came of it.
pub(super) struct Open {
    pub batch: Batch,
    pub reserved: Option<Reserved>,
    /// When to look at it next, in milliseconds of the courier's watch.
    pub next_ms: u32,
    wait_ms: u64,
    /// How often in a row it could not be reached.
    pub troubles: u32,
    /// How many of it the provider says are done.
    pub done: u64,
    /// What it has cost so far, in billionths of a US dollar.
    pub spent_nano_usd: u64,
    is_cancelled: bool,
}

/// What became of a step with one batch.
pub(super) enum Step {
    /// It is as it was, or further on its way.
    On,
    /// It is over.
    Over,
    /// The provider wants nothing more of this model.
    Closed(Closed),
}

impl Courier {
    /// With the batches of this model that an earlier run has left. Those that were not complete are given up.
    pub async fn new(
        (store, client): (Store, Arc<Batches>),
        model: Model,
        (clock, pauses): (Clock, Pauses),
        limits: Arc<Limits>,
    ) -> Result<Self, PassError> {
        let watch = Stopwatch::start();
        let mut courier = Self {
            store,
            client,
            model,
            clock,
            limits,
            pauses,
            watch,
            open: VecDeque::new(),
            held_until_ms: 0,
            failed: 0,
        };
        for batch in courier.store.batches(true).await? {
            if *batch.model != *courier.model.id || batch.endpoint != courier.limits.place().0 {
                continue;
            }
            if batch.state == BatchState::Forming {
                courier.drop_batch(batch.id, "an earlier run ended while it was put together").await?;
            } else {
                courier.open.push_back(Open::new(batch, None, 0));
            }
        }
        Ok(courier)
    }

    /// Takes over a batch that is complete on disk.
    pub(super) async fn take(&mut self, id: i64, reserved: Option<Reserved>) -> Result<(), PassError> {
        let all = self.store.batches(true).await?;
        if let Some(batch) = all.into_iter().find(|batch| batch.id == id) {
            self.open.push_back(Open::new(batch, reserved, self.watch.ms()));
        }
        Ok(())
    }

    /// Does with every batch what it is time for.
    pub async fn step(&mut self, hear: Hear<'_>) -> Result<Option<Closed>, PassError> {
        let mut closed = None;
        // In turn, so that each sees all the others.
        for _ in 0..self.open.len() {
            let Some(mut open) = self.open.pop_front() else { break };
            let is_time = open.next_ms <= self.watch.ms() && closed.is_none();
            let step = if is_time { self.one(&mut open, hear).await } else { Ok(Step::On) };
            match step {
                Ok(Step::On) => self.open.push_back(open),
                Ok(Step::Over) => open.settle(),
                Ok(Step::Closed(why)) => {
                    closed = Some(why);
                    self.open.push_back(open);
                }
                // What is under way stays on disk, whatever becomes of this run.
                Err(error) => return Err(error),
            }
        }
        Ok(closed)
    }

    async fn one(&mut self, open: &mut Open, hear: Hear<'_>) -> Result<Step, PassError> {
        match open.batch.state {
            BatchState::Planned if self.has_room(&open.batch) => Box::pin(self.hand_over(open)).await,
            BatchState::Planned if self.is_too_large(&open.batch) => self.split(open, hear).await,
            BatchState::Submitting => Box::pin(self.find_again(open)).await,
            BatchState::Submitted => Box::pin(self.look(open, hear)).await,
            _ => Ok(Step::On),
        }
    }

    fn has_room(&self, batch: &Batch) -> bool {
        if self.held_until_ms > self.watch.ms() {
            return false;
        }
        let queued: u64 = self.open.iter().filter(|open| open.is_with_provider()).map(Open::tokens).sum();
        // One at a time is always tried: what is counted here is an estimate.
        queued == 0 && !self.is_too_large(batch)
            || self.limits.now().queue_tokens.is_none_or(|most| queued + batch.tokens_most <= most)
    }

    /// It was put together before it was known how little may be queued.
    fn is_too_large(&self, batch: &Batch) -> bool {
        let most = self.limits.now().queue_tokens;
        batch.items > 1 && most.is_some_and(|most| batch.tokens_most > most)
    }

    async fn split(&mut self, open: &mut Open, hear: Hear<'_>) -> Result<Step, PassError> {
        self.free_all(open, ("more than may be queued at a time", false), hear).await?;
        self.drop_batch(open.batch.id, "too large for the provider's queue: put together anew").await?;
        Ok(Step::Over)
    }

    /// All that came of it is in the store.
    pub(super) async fn end(&mut self, open: &mut Open, detail: &str) -> Result<(), PassError> {
        let change = Change::Collected { at: self.clock.now(), detail: detail.to_owned() };
        self.store.change_batch(open.batch.id, change).await?;
        open.batch.state = BatchState::Collected;
        Ok(())
    }

    pub(super) async fn drop_batch(&self, id: i64, detail: &str) -> Result<(), PassError> {
        let change = Change::Dropped { at: self.clock.now(), detail: detail.to_owned() };
        Ok(self.store.change_batch(id, change).await?)
    }

    /// A look that failed is taken again later; what is under way is not given up for it.
    pub(super) fn trouble(&self, open: &mut Open, error: ProviderError) -> Result<Step, PassError> {
        let wait_ms = match &error {
            ProviderError::Closed { .. } => return Ok(Step::Closed(closing(&error))),
            ProviderError::Busy { wait_ms: Some(wait_ms), .. } => *wait_ms,
            _ => pace::backoff_ms(open.troubles + 1, chance(&open.batch)),
        };
        open.troubles += 1;
        tracing::warn!(batch = %open.batch.name, wait_ms, "it could not be looked at: {error}");
        // A look that follows too soon is what a busy server needs least.
        open.wait(&self.watch, wait_ms.max(self.pauses.poll_ms));
        Ok(Step::On)
    }

    /// Asks the provider to stop with all of them, and gives up those that it does not have.
    pub async fn cancel(&mut self, only: Option<&str>) -> Result<Vec<(String, ProviderError)>, PassError> {
        let mut refused = Vec::new();
        for mut open in std::mem::take(&mut self.open) {
            let is_meant = only.is_none_or(|name| name == open.batch.name) && !open.is_cancelled;
            match open.batch.state {
                BatchState::Planned if is_meant => self.drop_batch(open.batch.id, "cancelled").await?,
                BatchState::Submitted if is_meant => {
                    match self.client.cancel(&open.batch.remote).await {
                        Ok(()) => open.is_cancelled = true,
                        Err(error) => refused.push((open.batch.name.clone(), error)),
                    }
                    // What is done of it comes in soon.
                    open.wait(&self.watch, self.pauses.poll_ms);
                    self.open.push_back(open);
                }
                _ => self.open.push_back(open),
            }
        }
        Ok(refused)
    }

    /// Gives up what the provider does not have: its questions are free again.
    pub(super) async fn drop_planned(&mut self, why: &str) -> Result<(), PassError> {
        for open in std::mem::take(&mut self.open) {
            match open.batch.state {
                BatchState::Planned => self.drop_batch(open.batch.id, why).await?,
                BatchState::Dropped => {}
                _ => self.open.push_back(open),
            }
        }
        Ok(())
    }

    /// Until something is to be done; `None`: nothing is under way.
    pub fn next_wait_ms(&self) -> Option<u64> {
        let now = self.watch.ms();
        let next = |open: &Open| match open.batch.state {
            // Until there is room: when the queue is looked into again, or another batch ends.
            BatchState::Planned if !self.has_room(&open.batch) && !self.is_too_large(&open.batch) => {
                Some(self.held_until_ms).filter(|held| *held > now)
            }
            _ => Some(open.next_ms),
        };
        let next = self.open.iter().filter_map(next).min()?;
        Some(u64::from(next.saturating_sub(now)))
    }

    /// How many batches are under way, their questions, and how many of these are done.
    pub fn under_way(&self) -> (usize, u64, u64) {
        let sum = |of: fn(&Open) -> u64| self.open.iter().map(of).sum();
        (self.open.len(), sum(|open| open.batch.items), sum(|open| open.done))
    }

    /// Whether the provider has everything that it can have.
    pub(super) fn has_handed_over(&self) -> bool {
        self.open.iter().all(|open| match open.batch.state {
            BatchState::Submitted => true,
            BatchState::Planned => !self.has_room(&open.batch),
            _ => false,
        })
    }
}

impl Open {
    fn new(batch: Batch, reserved: Option<Reserved>, next_ms: u32) -> Self {
        Self {
            batch,
            reserved,
            next_ms,
            wait_ms: 0,
            troubles: 0,
            done: 0,
            spent_nano_usd: 0,
            is_cancelled: false,
        }
    }

    pub(super) fn is_with_provider(&self) -> bool {
        matches!(self.batch.state, BatchState::Submitting | BatchState::Submitted)
    }

    pub(super) fn tokens(&self) -> u64 {
        self.batch.tokens_most
    }

    /// What was set aside for it beyond what it has cost is free again.
    fn settle(self) {
        if let Some(reserved) = self.reserved {
            reserved.spend(self.spent_nano_usd);
        }
    }

    pub(super) fn wait(&mut self, watch: &Stopwatch, ms: u64) {
        self.next_ms = watch.ms().saturating_add(u32::try_from(ms).unwrap_or(u32::MAX));
    }

    /// The longer it takes, the less often it is looked at.
    pub(super) fn wait_longer(&mut self, watch: &Stopwatch, first_ms: u64) {
        let longer = self.wait_ms + self.wait_ms / 4;
        self.wait_ms = longer.clamp(first_ms, first_ms.saturating_mul(LONGEST_WAIT));
        self.wait(watch, self.wait_ms);
    }
}

pub(super) fn closing(error: &ProviderError) -> Closed {
    match error {
        ProviderError::Closed { why, detail } => Closed::ByProvider { why: *why, detail: detail.clone() },
        ProviderError::Busy { detail, .. } => {
            Closed::ByProvider { why: Closing::Quota, detail: detail.clone() }
        }
        error => Closed::Failing { detail: error.to_string() },
    }
}

/// Differs from batch to batch.
pub(super) fn chance(batch: &Batch) -> u64 {
    batch.name.bytes().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

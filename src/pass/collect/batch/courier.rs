//! A model's batches on their way: handed over, found again after a crash, looked after, brought in.
//!
//! What is done is on disk first. A batch that may or may not have reached the provider is looked for in the
//! provider's list before it is handed over again, so that none is paid for twice.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::looking::Hear;
use super::open::Open;
use super::{Limits, Pauses};
use crate::domain::{Batch, BatchState, Model};
use crate::pace::{Clock, Stopwatch};
use crate::pass::PassError;
use crate::pass::collect::budget::Reserved;
use crate::pass::collect::summary::Closed;
use crate::provider::{Batches, Closing, ProviderError};
use crate::store::{Change, Store};

/// Refused so often in a row, a look at a batch is not taken again by this run.
const MOST_REFUSALS: u32 = 3;

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
    /// How often in a row it was, since batches were last made smaller; and how often they were.
    pub(super) full: u32,
    pub(super) smaller: u32,
    /// Batches in a row that the provider could not begin with.
    pub(super) failed: u32,
    /// Of our batches and those of the account: which it is known not to be.
    pub(super) not_it: HashSet<(i64, String)>,
    /// Batches that are over since this began.
    ended: HashSet<i64>,
    notices: Vec<String>,
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
    /// With the batches of this model that an earlier run has left, or an earlier round of this one (`own`). What the provider never got is given up: nobody
    /// has agreed to pay for it now.
    pub async fn new(
        (store, client): (Store, Arc<Batches>),
        model: Model,
        (clock, pauses): (Clock, Pauses),
        limits: Arc<Limits>,
        own: &[i64],
    ) -> Result<Self, PassError> {
        let mut courier = Self {
            store,
            client,
            model,
            clock,
            limits,
            pauses,
            watch: Stopwatch::start(),
            open: VecDeque::new(),
            held_until_ms: 0,
            full: 0,
            smaller: 0,
            failed: 0,
            not_it: HashSet::new(),
            ended: HashSet::new(),
            notices: Vec::new(),
        };
        for batch in courier.store.batches(true).await? {
            if *batch.model == *courier.model.id {
                let is_own = own.contains(&batch.id);
                courier.take_over(batch, is_own).await?;
            }
        }
        Ok(courier)
    }

    async fn take_over(&mut self, batch: Batch, is_own: bool) -> Result<(), PassError> {
        if matches!(batch.state, BatchState::Forming | BatchState::Planned) {
            return self.drop_batch(batch.id, "an earlier run ended before it was submitted").await;
        }
        if let Some(why) = self.not_of_this_model(&batch).await? {
            self.notices.push(format!("{} is left alone: {why}", batch.name));
            return Ok(());
        }
        let mut open = Open::left_behind(batch);
        open.is_own = is_own;
        self.open.push_back(open);
        Ok(())
    }

    /// Why a batch cannot be read by what the config now has under the name of its model.
    async fn not_of_this_model(&self, batch: &Batch) -> Result<Option<String>, PassError> {
        let (endpoint, _) = self.limits.place();
        if batch.endpoint != endpoint {
            let at = &batch.endpoint;
            return Ok(Some(format!("it is at {at}, and config.toml has {} at {endpoint}", batch.model)));
        }
        let first = self.store.batch_page(batch.id, 0, 1).await?;
        let Some((_, question)) = first.first() else { return Ok(None) };
        let asked = &question.it.context.it;
        let (model, form) = (&self.model.model, self.model.provider_name());
        if asked.model == *model && asked.provider == form {
            return Ok(None);
        }
        let was = format!("it was put to {} by {}", asked.model, asked.provider);
        Ok(Some(format!("{was}, and config.toml has {model} by {form} under this name")))
    }

    /// Takes a batch that this run has completed on disk.
    pub(super) async fn take(&mut self, id: i64, reserved: Option<Reserved>) -> Result<(), PassError> {
        if let Some(batch) = self.store.batch(id).await? {
            self.open.push_back(Open::own(batch, reserved, self.watch.ms()));
        }
        Ok(())
    }

    /// Does with every batch what it is time for.
    pub async fn step(&mut self, hear: Hear<'_>) -> Result<Option<Closed>, PassError> {
        let mut closed = None;
        // In turn, so that each sees all the others.
        for _ in 0..self.open.len() {
            let Some(mut open) = self.open.pop_front() else { break };
            let is_time = open.next_ms <= self.watch.ms() && open.stuck.is_none() && closed.is_none();
            let step = if is_time { self.one(&mut open, hear).await } else { Ok(Step::On) };
            match step {
                Ok(Step::On) => self.open.push_back(open),
                Ok(Step::Over) => {
                    self.ended.insert(open.batch.id);
                    open.settle();
                }
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
            BatchState::Planned if self.is_too_large(&open.batch) => self.split(open, hear).await,
            BatchState::Planned if self.has_room(&open.batch) => Box::pin(self.hand_over(open)).await,
            BatchState::Submitting => Box::pin(self.find_again(open)).await,
            BatchState::Submitted => Box::pin(self.look(open, hear)).await,
            BatchState::Planned => Ok(Step::On),
            BatchState::Forming | BatchState::Collected | BatchState::Dropped => Ok(Step::Over),
        }
    }

    fn has_room(&self, batch: &Batch) -> bool {
        if self.held_until_ms > self.watch.ms() {
            return false;
        }
        let queued: u64 = self.open.iter().filter(|open| open.is_with_provider()).map(Open::tokens).sum();
        // One at a time is always tried: what is counted here is an estimate. Since the queue was last full, no more.
        let is_free = self.smaller == 0 && self.full == 0;
        queued == 0
            || (is_free
                && self.limits.now().queue_tokens.is_none_or(|most| queued + batch.tokens_most <= most))
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

    /// A look that failed is taken again later; what is under way is not given up for it. One that is refused
    /// again and again is left to the user, who can tell whether the key, the account or the address is wrong.
    pub(super) fn trouble(&mut self, open: &mut Open, error: ProviderError) -> Step {
        let name = &open.batch.name;
        open.troubles += 1;
        let wait_ms = match &error {
            ProviderError::Closed { .. } => return Step::Closed(closing(&error)),
            ProviderError::Rejected { detail } if open.troubles >= MOST_REFUSALS => {
                self.notices.push(format!("{name} cannot be looked at: {detail}"));
                open.stuck = Some(detail.clone());
                return Step::On;
            }
            ProviderError::Busy { wait_ms: Some(wait_ms), .. } => *wait_ms,
            // A look that follows too soon is what a busy server needs least.
            _ => self.pauses.poll_ms.saturating_mul(1 << (open.troubles - 1).min(3)),
        };
        // The first is hardly worth a word.
        if open.troubles == 2 {
            self.notices.push(format!("{name} could not be looked at, and is again later: {error}"));
        }
        tracing::warn!(batch = %name, wait_ms, "it could not be looked at: {error}");
        open.wait(&self.watch, wait_ms.max(self.pauses.poll_ms));
        Step::On
    }

    /// Something to be told to people.
    pub(super) fn notice(&mut self, text: String) {
        self.notices.push(text);
    }

    /// What is to be told since this was last asked for.
    pub fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Asks the provider to stop with those that are meant, and gives up those that it does not have. Returns which
    /// could not be cancelled now.
    pub async fn cancel(&mut self, is_meant: &dyn Fn(&Batch) -> bool) -> Result<Vec<String>, PassError> {
        let mut refused = Vec::new();
        for _ in 0..self.open.len() {
            let Some(mut open) = self.open.pop_front() else { break };
            if is_meant(&open.batch) && !open.is_cancelled {
                match open.batch.state {
                    BatchState::Planned => {
                        self.drop_batch(open.batch.id, "cancelled before it was submitted").await?;
                        continue;
                    }
                    BatchState::Submitted => refused.extend(self.cancel_one(&mut open).await),
                    _ => refused.push(format!("{}: the provider may not have it yet", open.batch.name)),
                }
            }
            self.open.push_back(open);
        }
        Ok(refused)
    }

    async fn cancel_one(&mut self, open: &mut Open) -> Option<String> {
        let outcome = self.client.cancel(&open.batch.remote).await;
        // What is done of it comes in soon; and one that had ended already cannot be cancelled.
        open.wait(&self.watch, self.pauses.poll_ms.min(1_000));
        match outcome {
            Ok(()) => {
                open.is_cancelled = true;
                None
            }
            Err(error) => Some(format!("{}: {error}", open.batch.name)),
        }
    }

    /// Gives up what the provider does not have: its questions are free again.
    pub(super) async fn drop_planned(&mut self, why: &str) -> Result<(), PassError> {
        for _ in 0..self.open.len() {
            let Some(open) = self.open.pop_front() else { break };
            match open.batch.state {
                BatchState::Planned => self.drop_batch(open.batch.id, why).await?,
                BatchState::Dropped => {}
                _ => self.open.push_back(open),
            }
        }
        Ok(())
    }

    /// What is left with the provider will be billed: the money for it is not free for others of this run.
    pub(super) fn leave(&mut self) {
        for reserved in self.open.iter_mut().filter_map(|open| open.reserved.take()) {
            reserved.write_off();
        }
    }

    /// Until something is to be done; `None`: nothing is under way that this can do something for.
    pub fn next_wait_ms(&self) -> Option<u64> {
        let now = self.watch.ms();
        let next = |open: &Open| match open.batch.state {
            _ if open.stuck.is_some() => None,
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

    /// Whether any look was refused that is taken again.
    pub fn is_in_trouble(&self) -> bool {
        self.open.iter().any(|open| open.troubles > 0 && open.stuck.is_none())
    }

    /// Those that cannot be looked at.
    pub fn stuck(&self) -> usize {
        self.open.iter().filter(|open| open.stuck.is_some()).count()
    }

    /// Batches that are over since this began.
    pub(super) fn ended(&self) -> HashSet<i64> {
        self.ended.clone()
    }

    /// Those of this run that are under way.
    pub(super) fn own(&self) -> HashSet<i64> {
        self.open.iter().filter(|open| open.is_own).map(|open| open.batch.id).collect()
    }

    /// Whether anything is to come of this run's batches, or of these.
    pub(super) fn is_worth_waiting(&self, also: &HashSet<i64>) -> bool {
        self.open.iter().any(|open| open.stuck.is_none() && (open.is_own || also.contains(&open.batch.id)))
    }

    /// Of this run's batches: questions of which nothing has come yet, and the most that they may cost.
    pub(super) fn own_left(&self) -> (u64, u64) {
        let own = || self.open.iter().filter(|open| open.is_own);
        let most = own().map(|open| open.batch.cost_nano_usd_most.unwrap_or(0)).sum();
        (own().map(|open| open.left).sum(), most)
    }

    /// Whether the provider has everything that it can have.
    pub(super) fn has_handed_over(&self) -> bool {
        self.open.iter().all(|open| match open.batch.state {
            BatchState::Submitted => true,
            BatchState::Planned => !self.has_room(&open.batch) && !self.is_too_large(&open.batch),
            _ => open.stuck.is_some(),
        })
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

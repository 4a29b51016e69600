//! Questions to batches: put together on disk, within the provider's limits and the money that there is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use super::super::budget::Reserved;
use super::super::call::{bytes, nano_usd_at_most};
use super::super::lane::Lane;
use super::super::summary::Closed;
use super::Limits;
use crate::domain::{Hash, InBatches, Instant, Keyed, Question, batch};
use crate::pass::PassError;
use crate::provider::Batches;
use crate::store::{Change, NewBatch};

/// So many questions go to the disk at a time.
const AT_ONCE: usize = 500;

/// Where money is short, a further batch is begun when there is some for so much of the last one.
const SMALLER: u64 = 4;

/// A batch that is complete on disk, with the money that is set aside for it.
pub(super) struct Ready {
    pub id: i64,
    pub reserved: Option<Reserved>,
}

/// What is known of money that is set aside for others and may come back.
pub(super) struct Money {
    is_waited_for: bool,
    has_run_out: AtomicBool,
    /// Nothing more is put together.
    is_closed: watch::Sender<bool>,
}

impl Money {
    pub(super) fn new(is_waited_for: bool) -> Self {
        Self { is_waited_for, has_run_out: AtomicBool::new(false), is_closed: watch::Sender::new(false) }
    }

    pub(super) fn has_run_out(&self) -> bool {
        self.has_run_out.load(Ordering::Relaxed)
    }

    pub(super) fn close(&self) {
        self.is_closed.send_replace(true);
    }
}

/// Puts questions together; hands every batch on as soon as it is complete.
pub(super) struct Former {
    lane: Arc<Lane>,
    client: Arc<Batches>,
    limits: Arc<Limits>,
    runtime: Handle,
    out: mpsc::Sender<Ready>,
    money: Arc<Money>,
    current: Option<Forming>,
    /// The most that the last batch can cost, in billionths of a US dollar.
    last_nano_usd: u64,
}

struct Forming {
    id: i64,
    count: u64,
    bytes: u64,
    tokens: u64,
    cost_nano_usd_most: Option<u64>,
    reserved: Option<Reserved>,
    /// Not on disk yet.
    questions: Vec<Keyed<Question>>,
}

/// What one more question adds.
struct Load {
    bytes: u64,
    tokens: u64,
    cost_nano_usd_most: Option<u64>,
}

impl Former {
    /// Made on the async thread, for use on one that may block.
    pub(super) fn new(
        lane: &Arc<Lane>,
        (client, limits): (&Arc<Batches>, &Arc<Limits>),
        money: &Arc<Money>,
        out: mpsc::Sender<Ready>,
    ) -> Self {
        let (lane, client, limits) = (Arc::clone(lane), Arc::clone(client), Arc::clone(limits));
        let (runtime, money) = (Handle::current(), Arc::clone(money));
        Self { lane, client, limits, runtime, out, money, current: None, last_nano_usd: 0 }
    }

    /// Puts a question in; false when nothing more is taken.
    pub(super) fn add(&mut self, question: Keyed<Question>) -> Result<bool, PassError> {
        if *self.money.is_closed.borrow() {
            return Ok(false);
        }
        let bytes = match self.client.bytes(&question) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.lane.close(Closed::Failing { detail: error.to_string() });
                return Ok(false);
            }
        };
        let load = self.load(&question, bytes);
        if self.current.as_ref().is_some_and(|forming| !self.has_room(forming, &load)) && !self.complete()? {
            return Ok(false);
        }
        let Some(reserved) = self.reserve(load.cost_nano_usd_most)? else { return Ok(false) };
        let mut forming = match self.current.take() {
            Some(forming) => forming,
            None => self.begin(question.key)?,
        };
        forming.take(question, &load, reserved);
        if forming.questions.len() >= AT_ONCE {
            self.lane.work.store().fill_batch(forming.id, std::mem::take(&mut forming.questions))?;
        }
        self.current = Some(forming);
        Ok(true)
    }

    /// Hands on what is begun.
    pub(super) fn finish(mut self) -> Result<(), PassError> {
        self.complete().map(|_| ())
    }

    /// Gives up what is begun: its questions are free again.
    pub(super) fn abandon(mut self) -> Result<(), PassError> {
        match self.current.take() {
            Some(forming) => self.give_up(forming.id),
            None => Ok(()),
        }
    }

    fn give_up(&self, id: i64) -> Result<(), PassError> {
        let at = self.lane.clock.now();
        let detail = "the run ended while it was put together".to_owned();
        Ok(self.lane.work.store().change_batch_now(id, Change::Dropped { at, detail })?)
    }

    fn load(&self, question: &Keyed<Question>, bytes_sent: u64) -> Load {
        let model = &self.lane.model;
        // A token is about four bytes of English; some providers count what may come back as well.
        let tokens = bytes(question).div_ceil(4) as u64 + u64::from(model.settings.max_output_tokens);
        Load { bytes: bytes_sent, tokens, cost_nano_usd_most: nano_usd_at_most(model, question) }
    }

    fn has_room(&self, forming: &Forming, load: &Load) -> bool {
        let InBatches { limits, queue_tokens } = self.limits.now();
        let fits_queue = queue_tokens.is_none_or(|most| forming.tokens + load.tokens <= most);
        forming.count < limits.requests && forming.bytes + load.bytes <= limits.bytes && fits_queue
    }

    /// Money for one more question. What is begun is handed on before it is waited for, so that it can come in.
    /// `None`: there will be none.
    fn reserve(&mut self, most: Option<u64>) -> Result<Option<Reserved>, PassError> {
        let most = most.unwrap_or(0);
        let budget = Arc::clone(&self.lane.budget);
        if let Some(reserved) = budget.reserve_now(most) {
            return Ok(Some(reserved));
        }
        if !self.complete()? {
            return Ok(None);
        }
        if !self.money.is_waited_for {
            self.money.has_run_out.store(true, Ordering::Relaxed);
            return Ok(None);
        }
        let mut stop = self.lane.stop.clone();
        let mut closed = self.lane.is_closed.clone_receiver();
        let mut over = self.money.is_closed.subscribe();
        // Enough for a batch that is worth it, where there will be so much; each takes up to a day.
        let worthwhile = (self.last_nano_usd / SMALLER).max(most);
        let reserved = self.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => Err(()),
                _ = closed.wait_for(|closed| *closed) => Err(()),
                _ = over.wait_for(|over| *over) => Err(()),
                reserved = async {
                    drop(budget.reserve(worthwhile).await);
                    budget.reserve(most).await
                } => Ok(reserved),
            }
        });
        match reserved {
            Ok(Some(reserved)) => return Ok(Some(reserved)),
            Ok(None) => self.lane.close(Closed::Budget),
            Err(()) => {}
        }
        Ok(None)
    }

    fn begin(&self, first: Hash) -> Result<Forming, PassError> {
        let Lane { work, model, clock, .. } = &*self.lane;
        let made: Instant = clock.now();
        let name = batch::name(first, made, std::process::id());
        let (endpoint, api) = self.limits.place();
        let endpoint = endpoint.to_owned();
        let new = NewBatch { name, model: model.id.to_string(), endpoint, api, made };
        let id = work.store().begin_batch(new)?;
        Ok(Forming {
            id,
            count: 0,
            bytes: 0,
            tokens: 0,
            cost_nano_usd_most: Some(0),
            reserved: None,
            questions: Vec::new(),
        })
    }

    /// Hands on what is begun; false when nobody takes it.
    fn complete(&mut self) -> Result<bool, PassError> {
        let Some(forming) = self.current.take() else { return Ok(true) };
        let Forming { id, tokens, cost_nano_usd_most, reserved, questions, .. } = forming;
        self.last_nano_usd = cost_nano_usd_most.unwrap_or(0);
        let store = self.lane.work.store();
        store.fill_batch(id, questions)?;
        store.change_batch_now(id, Change::Planned { cost_nano_usd_most, tokens_most: tokens })?;
        if self.out.blocking_send(Ready { id, reserved }).is_ok() {
            return Ok(true);
        }
        // Whoever hands over has left.
        self.give_up(id)?;
        Ok(false)
    }
}

impl Forming {
    fn take(&mut self, question: Keyed<Question>, load: &Load, reserved: Reserved) {
        self.count += 1;
        self.bytes += load.bytes;
        self.tokens += load.tokens;
        let both = self.cost_nano_usd_most.zip(load.cost_nano_usd_most);
        self.cost_nano_usd_most = both.map(|(all, one)| all + one);
        self.reserved = Some(match self.reserved.take() {
            Some(all) => all.and(reserved),
            None => reserved,
        });
        self.questions.push(question);
    }
}

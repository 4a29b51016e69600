//! One model's way to its answers.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures::StreamExt;
use tokio::sync::{mpsc, watch};

use super::Gates;
use super::breaker::Breaker;
use super::budget::Budget;
use super::call::Sent;
use super::summary::{Closed, LaneSummary, Tally};
use super::work::Work;
use super::{Collected, Orders};
use crate::ask;
use crate::domain::{
    Event, Finish, Fit, GapReason, Hash, Instant, Keyed, Model, Provider, Question, Source, Watch,
};
use crate::pace::{Clock, Gate};
use crate::pass::PassError;
use crate::provider::Client;
use crate::store::Receipt;

/// Answers of a lane that may be on their way to the disk. A kill loses them, so of those that were
/// paid for there are no more than a commit takes while they come as fast as any server can send them.
const UNACKNOWLEDGED: usize = 256;
/// Of mocks and recordings, as many as make a good commit.
const UNACKNOWLEDGED_FREE: usize = 2_000;
/// Questions that may wait to be asked again, beside those in flight.
const ASKED_AGAIN: usize = 64;

/// The answers to one question, not yet known to be on disk.
struct Answered {
    first: Hash,
    receipts: VecDeque<(Receipt, News)>,
}

/// What is told of an answer once it is on disk.
struct News {
    failed: bool,
    gap: Option<GapReason>,
    /// A further attempt follows.
    goes_on: bool,
    cost_nano_usd: u64,
}

/// Turns true once and for all, and wakes those who wait for it.
pub(super) struct Flag(watch::Sender<bool>);

impl Flag {
    fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(super) fn clone_receiver(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

pub(super) struct Lane {
    pub(super) work: Arc<dyn Work>,
    pub(super) model: Model,
    pub(super) client: Arc<Client>,
    pub(super) gate: Arc<Gate>,
    pub(super) budget: Arc<Budget>,
    pub(super) breaker: Breaker,
    pub(super) tally: Tally,
    pub(super) fit: Fit,
    progress: Arc<dyn Watch>,
    pub(super) clock: Clock,
    pub(super) stop: watch::Receiver<bool>,
    /// First-attempt keys on their way, so that equal questions are asked once.
    under_way: Mutex<HashSet<Hash>>,
    /// Questions that are in batches of earlier runs, each with its batch.
    waiting: Mutex<HashMap<Hash, i64>>,
    /// Milliseconds, as in an [`Instant`].
    newest: AtomicI64,
    /// The dearest call so far, in billionths of a US dollar.
    dearest: AtomicU64,
    closed: OnceLock<Closed>,
    pub(super) is_closed: Flag,
}

impl Lane {
    /// Asks this model in batches if its `in_batches` says so.
    pub(super) fn new(
        work: Arc<dyn Work>,
        (mut model, client): (Model, Arc<Client>),
        orders: &Orders,
        budget: &Arc<Budget>,
        gates: &Gates,
    ) -> Self {
        model.price = model.price_asked();
        let gate = gate(&*work, &model, budget);
        let gate = match &model.limits.group {
            Some(group) => {
                let mut gates = gates.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(gates.entry(Arc::clone(group)).or_insert(gate))
            }
            None => gate,
        };
        Self {
            work,
            client,
            gate,
            budget: Arc::clone(budget),
            breaker: Breaker::default(),
            tally: Tally::new(),
            model,
            fit: orders.fit,
            progress: Arc::clone(&orders.progress),
            clock: orders.clock.clone(),
            stop: orders.stop.clone(),
            under_way: Mutex::new(HashSet::new()),
            waiting: Mutex::default(),
            newest: AtomicI64::new(Instant::BEGINNING.0),
            dearest: AtomicU64::new(0),
            closed: OnceLock::new(),
            is_closed: Flag::new(),
        }
    }

    pub(super) async fn run(self: Arc<Self>) -> Result<Collected, PassError> {
        // Chunks, not questions: each hand-over wakes a thread. Enough of them that the window never runs
        // dry while the feeder looks up the next one.
        let chunks = self.gate.widest().div_ceil(self.work.chunk().max(1)) + 1;
        let (sender, queue) = mpsc::channel(chunks);
        let feeder = Arc::clone(&self);
        #[expect(clippy::disallowed_methods, reason = "a feeder per lane, joined below")]
        let fed = tokio::task::spawn_blocking(move || feeder.feed(&sender));
        let failed = self.ask_all(queue).await;
        let fed = fed.await.map_err(|_| PassError::Lost)?;
        self.tell(Event::Ended { model: self.id() });
        failed?;
        let (needed, due) = fed?;
        Ok(self.collected(needed, due))
    }

    /// What was due is looked for anew.
    pub(super) fn begin_anew(&self) {
        self.under_way().clear();
    }

    pub(super) fn collected(&self, needed: u64, due: u64) -> Collected {
        let counts = self.tally.counts();
        let summary = LaneSummary {
            model: self.id(),
            cached: needed - due,
            asked: counts.asked,
            retries: counts.retries,
            refusals: counts.refusals,
            waited_ms: self.gate.waited_ms(),
            latency_p50_ms: counts.latency_ms(0.5),
            latency_p95_ms: counts.latency_ms(0.95),
            usage: counts.usage,
            cost_nano_usd: self.model.price.as_ref().map(|_| counts.cost_nano_usd),
            lost_calls: counts.lost_calls,
            lost_nano_usd_most: counts.lost_nano_usd_most,
            share_of_rate: counts.share_of(self.model.limits.requests_per_minute),
            closed: self.closed.get().cloned(),
            not_recorded: counts.not_recorded,
            too_old: counts.too_old,
            on_their_way: counts.on_their_way + self.waiting().len() as u64,
        };
        Collected {
            needed,
            cached: needed - due,
            asked: counts.asked,
            cost_nano_usd: counts.cost_nano_usd,
            newest: Instant(self.newest.load(Ordering::Relaxed)),
            open: Vec::new(),
            open_nano_usd_most: 0,
            interrupted: self.stopped(),
            lanes: vec![summary],
        }
    }

    /// Keeps the window full. After the first error nothing new is begun, but what is in flight is
    /// still waited for: it is paid for.
    async fn ask_all(&self, mut queue: mpsc::Receiver<Vec<Keyed<Question>>>) -> Result<(), PassError> {
        let chunks = futures::stream::poll_fn(|context| queue.poll_recv(context));
        let questions = chunks.map(futures::stream::iter).flatten();
        // One question at a time stands at the gate: each one that does costs with every reply that comes.
        let answers = questions
            .then(async |question| (self.let_through(&question).await, question))
            .map(|(sent, question)| self.see_to(question, sent))
            .buffer_unordered(self.gate.widest() + ASKED_AGAIN);
        let mut answers = std::pin::pin!(answers);
        // Beside the window, so that answers on their way to the disk do not hold up further calls. They
        // get there in the order in which they were put, so only the first is waited for.
        let most = if self.is_remote() { UNACKNOWLEDGED } else { UNACKNOWLEDGED_FREE };
        let mut unacknowledged = VecDeque::new();
        let mut is_over = false;
        let mut first_error = Ok(());
        while !(is_over && unacknowledged.is_empty()) {
            let outcome = tokio::select! {
                biased;
                outcome = self.keep(&mut unacknowledged), if !unacknowledged.is_empty() => outcome,
                answered = answers.next(), if !is_over && unacknowledged.len() < most => match answered {
                    Some(answered) => answered.map(|answered| unacknowledged.push_back(answered)),
                    None => {
                        is_over = true;
                        Ok(())
                    }
                },
            };
            if outcome.is_err() && first_error.is_ok() {
                self.is_closed.0.send_replace(true);
                first_error = outcome;
            }
        }
        first_error
    }

    pub(super) fn under_way(&self) -> std::sync::MutexGuard<'_, HashSet<Hash>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a question, and its further attempts, until it has a rating or is given up for this run.
    /// `sent`: the leave to make the first call; without it nothing is asked.
    async fn see_to(
        &self,
        question: Keyed<Question>,
        mut sent: Option<Box<Sent>>,
    ) -> Result<Answered, PassError> {
        let mut answered = Answered { first: ask::first_key(&question), receipts: VecDeque::new() };
        let mut open = Some(question);
        let mut left = self.work.reask();
        while let Some(question) = open.take() {
            let Some(entry) = self.answer(question, sent.take()).await? else { break };
            let answer = &entry.answer;
            let gap = self.work.gap(&entry.question, answer);
            if left > 0 {
                open = gap.as_ref().and_then(|gap| ask::again(&entry.question, gap));
                left -= 1;
            }
            let news = News {
                failed: matches!(answer.finish, Finish::Failed | Finish::Retired),
                gap: gap.map(|gap| gap.reason).filter(|_| open.is_none()),
                goes_on: open.is_some(),
                // What was recorded by somebody else is not paid for again.
                cost_nano_usd: if self.is_replay() { 0 } else { answer.cost_nano_usd.unwrap_or(0) },
            };
            self.saw(answer.at);
            let receipt = self.work.store().put(entry).await?;
            answered.receipts.push_back((receipt, news));
            if let Some(next) = &open {
                // Rare, and large: boxed, so that every question does not carry the room for it.
                sent = Box::pin(self.let_through(next)).await;
            }
        }
        Ok(answered)
    }

    pub(super) fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<Hash, i64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_remote(&self) -> bool {
        matches!(self.model.source, Source::Asked(Provider::Http(_)))
    }

    fn is_replay(&self) -> bool {
        matches!(self.model.source, Source::Asked(Provider::Replay(_)))
    }

    /// Counts and tells of the first of these answers once it is on disk. Dropped while it waits, it
    /// goes on where it was.
    async fn keep(&self, unacknowledged: &mut VecDeque<Answered>) -> Result<(), PassError> {
        let Some(Answered { first, receipts }) = unacknowledged.front_mut() else { return Ok(()) };
        let outcome = self.all_kept(receipts).await;
        self.under_way().remove(first);
        unacknowledged.pop_front();
        outcome
    }

    async fn all_kept(&self, receipts: &mut VecDeque<(Receipt, News)>) -> Result<(), PassError> {
        while let Some((receipt, news)) = receipts.front_mut() {
            receipt.wait().await?;
            self.kept(news);
            receipts.pop_front();
        }
        Ok(())
    }

    fn kept(&self, news: &News) {
        let cost_nano_usd = news.cost_nano_usd;
        if !news.failed {
            let mut counts = self.tally.counts();
            counts.asked += 1;
            counts.cost_nano_usd += cost_nano_usd;
        }
        match news.gap {
            _ if news.goes_on => {}
            Some(reason) => self.tell(Event::Gap { model: self.id(), reason, cost_nano_usd }),
            None => self.tell(Event::Answered { model: self.id(), cost_nano_usd }),
        }
    }

    /// From now on this lane asks nothing; the others go on.
    pub(super) fn close(&self, closed: Closed) {
        if self.closed.set(closed).is_ok() {
            self.is_closed.0.send_replace(true);
        }
    }

    /// An answer of this time is part of the run.
    pub(super) fn saw(&self, at: Instant) {
        self.newest.fetch_max(at.0, Ordering::Relaxed);
    }

    pub(super) fn dearest(&self) -> u64 {
        self.dearest.load(Ordering::Relaxed)
    }

    pub(super) fn remember_dearest(&self, nano_usd: u64) {
        self.dearest.fetch_max(nano_usd, Ordering::Relaxed);
    }

    pub(super) fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub(super) fn ended(&self) -> bool {
        self.stopped() || *self.is_closed.0.borrow()
    }

    pub(super) fn id(&self) -> Arc<str> {
        Arc::clone(&self.model.id)
    }

    pub(super) fn tell(&self, event: Event) {
        self.progress.tell(event);
    }
}

/// The gate of a model. The first call goes alone where it fills a cache that makes the others
/// cheaper, and where money is limited: what a call costs is known for sure only after the first.
fn gate(work: &dyn Work, model: &Model, budget: &Budget) -> Arc<Gate> {
    let Source::Asked(Provider::Http(server)) = &model.source else {
        // What is recorded is read as fast as it can be.
        let free = crate::domain::Limits::default();
        let is_replay = matches!(model.source, Source::Asked(Provider::Replay(_)));
        return Arc::new(Gate::new(if is_replay { &free } else { &model.limits }, false, false));
    };
    // A token is about four bytes of English.
    let tokens = work.constant_system_bytes().map_or(0, |bytes| bytes / 4);
    let fills_cache = server.cache_from.is_some_and(|least| tokens >= least as usize);
    let alone_first = fills_cache || budget.is_limited();
    Arc::new(Gate::new(&model.limits, server.counts_max_tokens, alone_first))
}

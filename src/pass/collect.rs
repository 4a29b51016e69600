//! The second pass: one lane per model sees that every question has an answer on disk.
//!
//! A lane is a feeder thread that finds what is missing, a bounded queue, and a window of calls in
//! flight. Lanes share nothing but the store, so a slow model never holds up a fast one.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tokio::sync::{mpsc, watch};

use super::{Job, PassError, Rater};
use crate::ask::{self, Asker};
use crate::domain::{
    Answer, Event, Finish, Fit, GapReason, Hash, Instant, Keyed, Model, Question, Source, Watch,
};
use crate::pace::{self, Gate, Stopwatch};
use crate::provider::{Mock, ProviderError, Reply};
use crate::rate;
use crate::store::{Entry, Receipt};

/// What the pass did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// Ratings the run needs.
    pub needed: u64,
    /// Of those, the ones that called for no new answer.
    pub cached: u64,
    /// Answers received and kept, further attempts included.
    pub asked: u64,
    pub cost_nano_usd: u64,
    /// The time of the newest answer that was found or received; [`Instant::BEGINNING`] without one.
    pub newest: Instant,
    /// Stopped before the end; what was received is kept.
    pub interrupted: bool,
}

impl Collected {
    /// Nothing was collected.
    pub fn nothing() -> Self {
        Self {
            needed: 0,
            cached: 0,
            asked: 0,
            cost_nano_usd: 0,
            newest: Instant::BEGINNING,
            interrupted: false,
        }
    }
}

/// Asks what is missing. `stop` turning true ends it once what is in flight has come back.
pub async fn collect(
    job: &Arc<Job>,
    fit: Fit,
    progress: &Arc<dyn Watch>,
    stop: &watch::Receiver<bool>,
) -> Result<Collected, PassError> {
    let lanes = (0..job.raters.len()).map(|rater| {
        let lane = Lane::new(job, rater, fit, progress, stop);
        async move {
            match lane {
                Some(lane) => Arc::new(lane).run().await,
                None => Ok(Collected::nothing()),
            }
        }
    });
    let mut all = Collected::nothing();
    // Every lane is heard out, so that what is in flight in one is kept when another fails.
    let outcomes = futures::future::join_all(lanes).await;
    for outcome in outcomes {
        let one = outcome?;
        all.needed += one.needed;
        all.cached += one.cached;
        all.asked += one.asked;
        all.cost_nano_usd += one.cost_nano_usd;
        all.newest = all.newest.max(one.newest);
        all.interrupted |= one.interrupted;
    }
    Ok(all)
}

/// Answers of a lane that may be on their way to the disk: as many as make a good commit.
const UNACKNOWLEDGED: usize = 2_000;

/// The answers to one question, not yet known to be on disk.
struct Answered {
    first: Hash,
    receipts: Vec<(Receipt, News)>,
}

/// What is told of an answer once it is on disk.
struct News {
    failed: bool,
    gap: Option<GapReason>,
    /// A further attempt follows.
    goes_on: bool,
    cost_nano_usd: u64,
}

/// One model's way to its answers.
struct Lane {
    job: Arc<Job>,
    rater: usize,
    model: Model,
    mock: Mock,
    gate: Gate,
    fit: Fit,
    progress: Arc<dyn Watch>,
    stop: watch::Receiver<bool>,
    /// First-attempt keys on their way, so that equal questions are asked once.
    under_way: Mutex<HashSet<Hash>>,
    asked: AtomicU64,
    cost_nano_usd: AtomicU64,
    /// Milliseconds, as in an [`Instant`].
    newest: AtomicI64,
    /// Set by the first error.
    halted: AtomicBool,
}

impl Lane {
    fn new(
        job: &Arc<Job>,
        rater: usize,
        fit: Fit,
        progress: &Arc<dyn Watch>,
        stop: &watch::Receiver<bool>,
    ) -> Option<Self> {
        let model = job.raters.get(rater)?.model.clone();
        let Source::Asked(crate::domain::Provider::Mock(traits)) = &model.source else { return None };
        Some(Self {
            job: Arc::clone(job),
            rater,
            mock: Mock::new(&model.model, traits),
            gate: Gate::new(model.requests_per_minute),
            model,
            fit,
            progress: Arc::clone(progress),
            stop: stop.clone(),
            under_way: Mutex::new(HashSet::new()),
            asked: AtomicU64::new(0),
            cost_nano_usd: AtomicU64::new(0),
            newest: AtomicI64::new(Instant::BEGINNING.0),
            halted: AtomicBool::new(false),
        })
    }

    async fn run(self: Arc<Self>) -> Result<Collected, PassError> {
        // Deep enough that the window never runs dry while the feeder looks up the next chunk.
        let (sender, queue) = mpsc::channel(self.model.max_in_flight + 2 * self.job.chunk);
        let feeder = Arc::clone(&self);
        #[expect(clippy::disallowed_methods, reason = "a feeder per lane, joined below")]
        let fed = tokio::task::spawn_blocking(move || feeder.feed(&sender));
        let failed = self.ask_all(queue).await;
        let fed = fed.await.map_err(|_| PassError::Lost)?;
        self.tell(Event::Ended { model: self.id() });
        failed?;
        let (needed, due) = fed?;
        Ok(Collected {
            needed,
            cached: needed - due,
            asked: self.asked.load(Ordering::Relaxed),
            cost_nano_usd: self.cost_nano_usd.load(Ordering::Relaxed),
            newest: Instant(self.newest.load(Ordering::Relaxed)),
            interrupted: self.stopped(),
        })
    }

    /// Keeps the window full. After the first error nothing new is begun, but what is in flight is
    /// still waited for: it is paid for.
    async fn ask_all(&self, mut queue: mpsc::Receiver<Keyed<Question>>) -> Result<(), PassError> {
        let questions = futures::stream::poll_fn(|context| queue.poll_recv(context));
        // Two windows, so that answers on their way to the disk do not hold up further calls.
        let mut kept = questions
            .map(|question| self.see_to(question))
            .buffer_unordered(self.model.max_in_flight)
            .map(|answered| self.keep(answered))
            .buffer_unordered(UNACKNOWLEDGED);
        let mut first_error = Ok(());
        while let Some(outcome) = kept.next().await {
            if outcome.is_err() && first_error.is_ok() {
                self.halted.store(true, Ordering::Relaxed);
                first_error = outcome;
            }
        }
        first_error
    }

    /// Reads, looks up and hands on what is due. Returns how many ratings are needed, and due.
    fn feed(&self, queue: &mpsc::Sender<Keyed<Question>>) -> Result<(u64, u64), PassError> {
        let rater = self.job.raters.get(self.rater).ok_or(PassError::Lost)?;
        let (Rater { asker: Some(asker), .. }, samples) = (rater, u64::from(self.job.samples)) else {
            return Ok((0, 0));
        };
        let total = self.job.catalogue.count(&self.job.selection)? * samples;
        self.tell(Event::Started { model: self.id(), questions: total });
        let (mut needed, mut due) = (0, 0);
        for chunk in self.job.chunks()? {
            let (in_chunk, questions) = self.due_in(asker, &chunk?)?;
            needed += in_chunk;
            due += questions.len() as u64;
            let cached = in_chunk - questions.len() as u64;
            self.tell(Event::Cached { model: self.id(), count: cached });
            for question in questions {
                // Why it ended is told by whoever ended it.
                if self.ended() || queue.blocking_send(question).is_err() {
                    return Ok((needed, due));
                }
            }
        }
        Ok((needed, due))
    }

    /// The questions of a chunk that must be asked, and how many ratings it holds in all.
    fn due_in(
        &self,
        asker: &Asker,
        chunk: &[super::Placed],
    ) -> Result<(u64, Vec<Keyed<Question>>), PassError> {
        let questions = self.job.questions(asker, chunk)?;
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
        for (settled, first) in self.job.settle(mine, self.fit)?.into_iter().zip(reserved) {
            if let Some(answer) = &settled.answer {
                self.newest.fetch_max(answer.at.0, Ordering::Relaxed);
            }
            match settled.due {
                Some(question) => due.push(question),
                None => {
                    self.under_way().remove(&first);
                }
            }
        }
        Ok((all, due))
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, HashSet<Hash>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a question, and its further attempts, until it has a rating or is given up.
    async fn see_to(&self, question: Keyed<Question>) -> Result<Answered, PassError> {
        let mut answered = Answered { first: ask::first_key(&question), receipts: Vec::new() };
        let mut open = Some(question);
        while let Some(question) = open.take() {
            let Some(answer) = self.answer(&question).await else { break };
            let outcome = rate::rating(&self.job.rubric, &answer);
            let gap = outcome.err();
            open = gap.as_ref().and_then(|gap| ask::again(&question, gap, self.job.reask));
            let news = News {
                failed: answer.finish == Finish::Failed,
                gap: gap.map(|gap| gap.reason).filter(|_| open.is_none()),
                goes_on: open.is_some(),
                cost_nano_usd: answer.cost_nano_usd,
            };
            self.newest.fetch_max(answer.at.0, Ordering::Relaxed);
            let receipt = self.job.store.put(Entry { question, answer }).await?;
            answered.receipts.push((receipt, news));
        }
        Ok(answered)
    }

    /// Counts and tells of answers once they are on disk.
    async fn keep(&self, answered: Result<Answered, PassError>) -> Result<(), PassError> {
        let Answered { first, receipts } = answered?;
        for (receipt, news) in receipts {
            receipt.kept().await?;
            self.kept(&news);
        }
        self.under_way().remove(&first);
        Ok(())
    }

    fn kept(&self, news: &News) {
        let cost_nano_usd = news.cost_nano_usd;
        if !news.failed {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.cost_nano_usd.fetch_add(cost_nano_usd, Ordering::Relaxed);
        }
        match news.gap {
            _ if news.goes_on => {}
            Some(reason) => self.tell(Event::Gap { model: self.id(), reason, cost_nano_usd }),
            None => self.tell(Event::Answered { model: self.id(), cost_nano_usd }),
        }
    }

    /// Gets one answer; `None` when the run is stopped before the question was sent.
    async fn answer(&self, question: &Keyed<Question>) -> Option<Answer> {
        let mut broken = 0;
        for call in 1_u32.. {
            if self.ended() || !self.may_send().await {
                return None;
            }
            let watch = Stopwatch::start();
            match self.mock.answer(question, call).await {
                Ok(reply) => return Some(self.received(reply, watch)),
                Err(ProviderError::Busy { after_ms, detail }) => self.wait(after_ms, detail).await,
                Err(ProviderError::Broken { detail }) => {
                    broken += 1;
                    if broken >= self.model.max_attempts {
                        return Some(self.failed(detail, watch));
                    }
                    self.wait(pace::backoff_ms(broken), detail).await;
                }
            }
        }
        None
    }

    /// Waits for the model's turn; false when the run is stopped first.
    async fn may_send(&self) -> bool {
        let mut stop = self.stop.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => false,
            () = self.gate.pass() => true,
        }
    }

    /// Waits as told, unless the run is stopped.
    async fn wait(&self, wait_ms: u64, why: String) {
        self.tell(Event::Waiting { model: self.id(), wait_ms, why });
        let mut stop = self.stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = pace::wait(wait_ms) => {}
        }
    }

    fn received(&self, reply: Reply, watch: Stopwatch) -> Answer {
        let Reply { served, finish, text, tokens_in, tokens_out } = reply;
        Answer {
            at: pace::now(),
            served,
            finish,
            text,
            tokens_in,
            tokens_out,
            cost_nano_usd: self.model.price.nano_usd(u64::from(tokens_in), u64::from(tokens_out)),
            latency_ms: watch.ms(),
        }
    }

    fn failed(&self, detail: String, watch: Stopwatch) -> Answer {
        let served = String::new();
        let reply = Reply { served, finish: Finish::Failed, text: detail, tokens_in: 0, tokens_out: 0 };
        self.received(reply, watch)
    }

    fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    fn ended(&self) -> bool {
        self.stopped() || self.halted.load(Ordering::Relaxed)
    }

    fn id(&self) -> Arc<str> {
        Arc::clone(&self.model.id)
    }

    fn tell(&self, event: Event) {
        self.progress.tell(event);
    }
}

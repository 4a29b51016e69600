//! A lane that hands its questions over in batches, at their price, and waits for what comes of them.
//!
//! `forming` puts questions together on disk, `courier` looks after the batches of a model (`open`): `handing` to
//! the provider, `looking` at them there and bringing in what they gave; `tries` keeps count. A courier needs no
//! job, so batches can be collected by whoever comes later.

mod courier;
mod forming;
mod handing;
mod limits;
mod looking;
mod open;
mod tries;

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::forming::{Former, Money, Ready};
use self::tries::Tries;
use super::Collected;
use super::lane::Lane;
use super::summary::Closed;
use crate::domain::{Event, Instant};
use crate::pace;
use crate::pass::PassError;
use crate::provider::Batches;

pub use self::courier::Courier;
pub use self::limits::{Limits, Pauses};
pub use self::looking::{Came, Heard};

/// How to ask in batches.
#[derive(Clone, Default)]
pub struct BatchOrders {
    /// By rater: its provider's interface for batches; `None`: it is asked at once.
    pub clients: Vec<Option<Arc<Batches>>>,
    pub pauses: Pauses,
    /// Whether what is handed over is left to be collected by somebody else.
    pub leaves: bool,
    /// From then on what is left is asked at once.
    pub deadline: Option<Instant>,
    /// Batches that earlier rounds of the same run have handed over.
    pub own: Vec<i64>,
}

/// Without an event the batches are looked after again after so long.
const LONGEST_REST_MS: u64 = 60_000;
/// Questions that have become due again are put together once no batch is out, or once there are so many of what a
/// batch may hold: a quarter.
const WORTH_A_BATCH: u64 = 4;

type Fed = Result<(u64, u64), PassError>;

/// A lane that asks in batches.
pub(super) struct BatchLane<'a> {
    lane: Arc<Lane>,
    client: Arc<Batches>,
    limits: Arc<Limits>,
    orders: &'a BatchOrders,
    courier: Courier,
    tries: Arc<Tries>,
    ready: mpsc::Receiver<Ready>,
    hand_on: mpsc::Sender<Ready>,
    /// Whoever is putting batches together just now.
    former: Option<JoinHandle<Fed>>,
    money: Arc<Money>,
    /// How many ratings are needed, and how many were due, as the first feeder found them.
    fed: Option<(u64, u64)>,
    is_late: bool,
    told: String,
}

impl<'a> BatchLane<'a> {
    pub(super) async fn new(
        lane: Arc<Lane>,
        client: Arc<Batches>,
        orders: &'a BatchOrders,
    ) -> Result<Self, PassError> {
        let limits = Arc::new(Limits::of(&lane.model).ok_or(PassError::Lost)?);
        let courier = Courier::new(
            (lane.work.store().clone(), Arc::clone(&client)),
            lane.model.clone(),
            (lane.clock.clone(), orders.pauses),
            Arc::clone(&limits),
            &orders.own,
        );
        // One that waits to be taken is enough: forming is quicker than handing over.
        let (hand_on, ready) = mpsc::channel(1);
        Ok(Self {
            courier: courier.await?,
            tries: Arc::new(Tries::new(&lane)),
            money: Arc::new(Money::new(!orders.leaves)),
            lane,
            client,
            limits,
            orders,
            ready,
            hand_on,
            former: None,
            fed: None,
            is_late: false,
            told: String::new(),
        })
    }

    /// To the end; true when the deadline came first, so that what is left is to be asked at once.
    pub(super) async fn run(mut self) -> Result<(Collected, bool), PassError> {
        self.lane.start()?;
        self.feed();
        let outcome = self.look_after_all().await;
        self.wind_up().await?;
        self.lane.tell(Event::Ended { model: self.lane.id() });
        outcome?;
        let (needed, due) = self.fed.unwrap_or((0, 0));
        let (_, open_nano_usd_most) = self.courier.own_left();
        let open = self.courier.own().into_iter().collect();
        let collected = Collected { open, open_nano_usd_most, ..self.lane.collected(needed, due) };
        Ok((collected, self.is_late && !self.lane.ended()))
    }

    /// What was put together and not handed over is free again; what is out is counted.
    async fn wind_up(&mut self) -> Result<(), PassError> {
        self.ready.close();
        while let Some(ready) = self.ready.recv().await {
            self.courier.take(ready.id, ready.reserved).await?;
        }
        if let Some(former) = self.former.take() {
            let fed = joined(Some(former)).await?;
            self.fed.get_or_insert(fed);
        }
        self.courier.drop_planned("the run ended before it was submitted").await?;
        self.courier.leave();
        if self.money.has_run_out() {
            self.lane.close(Closed::Budget);
        }
        let own = self.courier.own();
        self.lane.waiting().retain(|_, batch| !own.contains(batch));
        self.lane.tally.counts().on_their_way = self.courier.own_left().0;
        self.tell_notices();
        Ok(())
    }

    /// Puts together what is missing, on a thread of its own.
    fn feed(&mut self) {
        self.tries.found();
        let former = Former::new(&self.lane, (&self.client, &self.limits), &self.money, self.hand_on.clone());
        let (lane, tries) = (Arc::clone(&self.lane), Arc::clone(&self.tries));
        let is_first = self.fed.is_none();
        #[expect(clippy::disallowed_methods, reason = "a feeder per lane, joined at its end")]
        let fed = tokio::task::spawn_blocking(move || feed(&lane, &tries, former, is_first));
        self.former = Some(fed);
    }

    async fn look_after_all(&mut self) -> Result<(), PassError> {
        loop {
            while let Ok(Ready { id, reserved }) = self.ready.try_recv() {
                self.courier.take(id, reserved).await?;
            }
            let tries = Arc::clone(&self.tries);
            if let Some(closed) = self.courier.step(&mut |heard| tries.hear(heard)).await? {
                self.lane.close(closed);
                return Ok(());
            }
            self.tries.give_up().await?;
            self.mind_the_deadline().await?;
            self.tell();
            let asks = !self.is_late && !self.lane.ended();
            if !asks {
                self.courier.drop_planned("the run ended before it was submitted").await?;
            }
            if self.lane.stopped() {
                return Ok(());
            }
            if asks && self.former.is_none() && self.has_work() {
                self.feed();
            } else if self.is_over() {
                return Ok(());
            }
            self.rest().await?;
        }
    }

    /// Whether enough has become due again to put it together.
    fn has_work(&mut self) -> bool {
        // What was brought in before the feeder had noted that it waits for it.
        let ended = self.courier.ended();
        let missed = {
            let mut waiting = self.lane.waiting();
            let before = waiting.len();
            waiting.retain(|_, batch| !ended.contains(batch));
            before > waiting.len()
        };
        let freed = self.tries.freed();
        let is_enough = freed >= self.limits.now().limits.requests.div_ceil(WORTH_A_BATCH);
        missed || (freed > 0 && (is_enough || !self.is_worth_waiting()))
    }

    fn is_worth_waiting(&self) -> bool {
        let batches: HashSet<i64> = self.lane.waiting().values().copied().collect();
        self.courier.is_worth_waiting(&batches)
    }

    fn is_over(&self) -> bool {
        let hands_on = self.former.is_some();
        !hands_on && (!self.is_worth_waiting() || (self.orders.leaves && self.courier.has_handed_over()))
    }

    /// Waits until something is to be done.
    async fn rest(&mut self) -> Result<(), PassError> {
        let wait_ms = self.courier.next_wait_ms().unwrap_or(LONGEST_REST_MS).min(LONGEST_REST_MS);
        let left_ms =
            self.orders.deadline.filter(|_| !self.is_late).map(|deadline| {
                u64::try_from(deadline.0.saturating_sub(self.lane.clock.now().0)).unwrap_or(0)
            });
        let wait_ms = left_ms.map_or(wait_ms, |left| wait_ms.min(left.max(1)));
        let mut stop = self.lane.stop.clone();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            Some(Ready { id, reserved }) = self.ready.recv() => self.courier.take(id, reserved).await?,
            fed = fed(&mut self.former) => {
                self.former = None;
                let fed = fed?;
                self.fed.get_or_insert(fed);
            }
            () = pace::wait(wait_ms) => {}
        }
        Ok(())
    }

    /// Once it is past, nothing more is handed over, and the provider is asked to stop with the rest: at every look,
    /// for it may refuse at first.
    async fn mind_the_deadline(&mut self) -> Result<(), PassError> {
        let is_past = self.orders.deadline.is_some_and(|deadline| self.lane.clock.now() >= deadline);
        if !is_past {
            return Ok(());
        }
        if !self.is_late {
            self.is_late = true;
            self.money.close();
            self.note("the deadline is here: what is left is asked at once".to_owned());
        }
        let own = self.courier.own();
        let waited_for: HashSet<i64> = self.lane.waiting().values().copied().collect();
        let is_meant =
            |batch: &crate::domain::Batch| own.contains(&batch.id) || waited_for.contains(&batch.id);
        for refused in self.courier.cancel(&is_meant).await? {
            tracing::warn!("it could not be cancelled: {refused}");
        }
        Ok(())
    }

    /// Says how things stand, where they have changed.
    fn tell(&mut self) {
        self.tell_notices();
        let (batches, questions, done) = self.courier.under_way();
        if batches == 0 {
            return;
        }
        let batches = if batches == 1 { "1 batch".to_owned() } else { format!("{batches} batches") };
        let text = format!("{batches} under way, {done} of {questions} questions done");
        if text != self.told {
            self.told.clone_from(&text);
            self.note(text);
        }
    }

    fn tell_notices(&mut self) {
        for text in self.courier.notices() {
            self.note(text);
        }
    }

    fn note(&self, text: String) {
        self.lane.tell(Event::Note { model: self.lane.id(), text });
    }
}

/// Never, where nobody is at it.
async fn fed(former: &mut Option<JoinHandle<Fed>>) -> Fed {
    match former {
        Some(handle) => handle.await.map_err(|_| PassError::Lost)?,
        None => std::future::pending().await,
    }
}

async fn joined(mut former: Option<JoinHandle<Fed>>) -> Fed {
    fed(&mut former).await
}

/// Reads, looks up and puts together what is due. Returns how many ratings are needed, and due.
fn feed(lane: &Lane, tries: &Tries, mut former: Former, is_first: bool) -> Fed {
    lane.begin_anew();
    let mut is_open = true;
    let counts = lane.feed_each(is_first, &mut |questions| {
        for question in questions {
            if is_open && tries.allow(&question) {
                is_open = former.add(question)?;
            }
        }
        Ok(is_open)
    })?;
    if lane.ended() {
        former.abandon()?
    } else {
        former.finish()?
    }
    Ok(counts)
}

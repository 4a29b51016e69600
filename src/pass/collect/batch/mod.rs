//! A lane that hands its questions over in batches, at their price, and waits for what comes of them.
//!
//! `forming` puts questions together on disk, `courier` looks after the batches of a model: `handing` to the
//! provider, `looking` at them there and bringing in what they gave. A courier needs no job, so batches can be
//! collected by whoever comes later.

mod again;
mod courier;
mod forming;
mod handing;
mod limits;
mod looking;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::again::Again;
use self::forming::{Former, Money, Ready};
use super::Collected;
use super::lane::Lane;
use super::summary::Closed;
use crate::domain::{Event, Instant};
use crate::pace;
use crate::pass::PassError;
use crate::provider::Batches;

pub use self::courier::Courier;
pub use self::limits::{Limits, Pauses};
pub use self::looking::Heard;

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
}

/// Without an event the batches are looked after again after so long.
const LONGEST_REST_MS: u64 = 60_000;

type Fed = Result<(u64, u64), PassError>;

/// A lane that asks in batches.
pub(super) struct BatchLane<'a> {
    lane: Arc<Lane>,
    client: Arc<Batches>,
    limits: Arc<Limits>,
    orders: &'a BatchOrders,
    courier: Courier,
    again: Again,
    ready: mpsc::Receiver<Ready>,
    hand_on: mpsc::Sender<Ready>,
    /// Whoever is putting batches together just now.
    former: Option<JoinHandle<Fed>>,
    money: Arc<Money>,
    fed: (u64, u64),
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
            (lane.job.store.clone(), Arc::clone(&client)),
            lane.model.clone(),
            (lane.clock.clone(), orders.pauses),
            Arc::clone(&limits),
        );
        let courier = courier.await?;
        // One that waits to be taken is enough: forming is quicker than handing over.
        let (hand_on, ready) = mpsc::channel(1);
        let again = Again::new(&lane);
        let (former, told) = (None, String::new());
        let (fed, is_late) = ((0, 0), false);
        let money = Arc::new(Money { is_waited_for: !orders.leaves, ..Money::default() });
        Ok(Self {
            lane,
            client,
            limits,
            orders,
            courier,
            again,
            ready,
            hand_on,
            former,
            money,
            fed,
            is_late,
            told,
        })
    }

    /// To the end; true when the deadline came first, so that what is left is to be asked at once.
    pub(super) async fn run(mut self) -> Result<(Collected, bool), PassError> {
        self.feed();
        let outcome = self.look_after_all().await;
        self.ready.close();
        while let Some(ready) = self.ready.recv().await {
            self.courier.take(ready.id, ready.reserved).await?;
        }
        self.join().await?;
        self.courier.drop_planned("the run ended before it was submitted").await?;
        if self.money.ran_out.load(Ordering::Relaxed) {
            self.lane.close(Closed::Budget);
        }
        // Those of an earlier run that have come in meanwhile are no longer on their way.
        self.lane.tally.counts().on_their_way = self.courier.under_way().1;
        self.lane.tell(Event::Ended { model: self.lane.id() });
        outcome?;
        let (needed, due) = self.fed;
        Ok((self.lane.collected(needed, due), self.is_late && !self.lane.ended()))
    }

    /// Puts together what is missing, on a thread of its own.
    fn feed(&mut self) {
        let (lane, former) = (Arc::clone(&self.lane), self.new_former());
        #[expect(clippy::disallowed_methods, reason = "a feeder per lane, joined at its end")]
        let fed = tokio::task::spawn_blocking(move || feed(&lane, former));
        self.former = Some(fed);
    }

    /// Puts together once more what ended without an answer, or with one that is no rating.
    fn feed_again(&mut self) {
        let (lane, mut former) = (Arc::clone(&self.lane), self.new_former());
        let questions = self.again.take();
        #[expect(clippy::disallowed_methods, reason = "a feeder per lane, joined at its end")]
        let fed = tokio::task::spawn_blocking(move || {
            for question in questions {
                if !former.add(question)? {
                    break;
                }
            }
            end(&lane, former)?;
            Ok((0, 0))
        });
        self.former = Some(fed);
    }

    fn new_former(&self) -> Former {
        Former::new(&self.lane, (&self.client, &self.limits), &self.money, self.hand_on.clone())
    }

    async fn look_after_all(&mut self) -> Result<(), PassError> {
        loop {
            while let Ok(Ready { id, reserved }) = self.ready.try_recv() {
                self.courier.take(id, reserved).await?;
            }
            let again = &mut self.again;
            if let Some(closed) = self.courier.step(&mut |heard| again.hear(heard)).await? {
                self.lane.close(closed);
                return Ok(());
            }
            self.again.give_up().await?;
            self.mind_the_deadline().await?;
            if self.lane.ended() {
                self.courier.drop_planned("the run ended before it was submitted").await?;
            } else if self.former.is_none() && !self.is_late && !self.again.is_empty() {
                self.feed_again();
            }
            self.tell();
            if self.lane.stopped() || self.is_over() {
                return Ok(());
            }
            self.rest().await?;
        }
    }

    fn is_over(&self) -> bool {
        let nothing_comes =
            self.former.is_none() && (self.again.is_empty() || self.lane.ended() || self.is_late);
        let nothing_is_out = self.courier.next_wait_ms().is_none();
        nothing_comes && (nothing_is_out || (self.orders.leaves && self.courier.has_handed_over()))
    }

    /// Waits until something is to be done.
    async fn rest(&mut self) -> Result<(), PassError> {
        let wait_ms = self.courier.next_wait_ms().unwrap_or(LONGEST_REST_MS).min(LONGEST_REST_MS);
        let mut stop = self.lane.stop.clone();
        let mut former = self.former.take();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {}
            Some(Ready { id, reserved }) = self.ready.recv() => self.courier.take(id, reserved).await?,
            fed = joined(&mut former), if former.is_some() => {
                former = None;
                self.note_fed(fed?);
            }
            () = pace::wait(wait_ms), if former.is_none() || self.courier.next_wait_ms().is_some() => {}
        }
        self.former = former;
        Ok(())
    }

    fn note_fed(&mut self, (needed, due): (u64, u64)) {
        self.fed.0 += needed;
        self.fed.1 += due;
    }

    async fn join(&mut self) -> Result<(), PassError> {
        let mut former = self.former.take();
        if former.is_some() {
            let fed = joined(&mut former).await?;
            self.note_fed(fed);
        }
        Ok(())
    }

    /// Once it is past, nothing more is handed over, and the provider is asked to stop with the rest.
    async fn mind_the_deadline(&mut self) -> Result<(), PassError> {
        let is_past = self.orders.deadline.is_some_and(|deadline| self.lane.clock.now() >= deadline);
        if !is_past || self.is_late {
            return Ok(());
        }
        self.is_late = true;
        let text = "the deadline is here: what is left is asked at once".to_owned();
        self.lane.tell(Event::Note { model: self.lane.id(), text });
        self.courier.drop_planned("the deadline came before it was submitted").await?;
        for (batch, error) in self.courier.cancel(None).await? {
            tracing::warn!(batch, "it could not be cancelled: {error}");
        }
        Ok(())
    }

    /// Says how things stand, where they have changed.
    fn tell(&mut self) {
        let (batches, questions, done) = self.courier.under_way();
        if batches == 0 {
            return;
        }
        let batches = if batches == 1 { "1 batch".to_owned() } else { format!("{batches} batches") };
        let text = format!("{batches} under way, {done} of {questions} questions done");
        if text != self.told {
            self.told.clone_from(&text);
            self.lane.tell(Event::Note { model: self.lane.id(), text });
        }
    }
}

async fn joined(former: &mut Option<JoinHandle<Fed>>) -> Fed {
    match former {
        Some(handle) => handle.await.map_err(|_| PassError::Lost)?,
        None => std::future::pending().await,
    }
}

/// Reads, looks up and puts together what is due. Returns how many ratings are needed, and due.
fn feed(lane: &Lane, mut former: Former) -> Fed {
    let mut is_open = true;
    let counts = lane.feed_each(&mut |questions| {
        for question in questions {
            is_open = is_open && former.add(question)?;
        }
        Ok(is_open)
    })?;
    end(lane, former)?;
    Ok(counts)
}

fn end(lane: &Lane, former: Former) -> Result<(), PassError> {
    if lane.ended() { former.abandon() } else { former.finish() }
}

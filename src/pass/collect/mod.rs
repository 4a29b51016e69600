//! The second pass: one lane per model sees that every question has an answer on disk.
//!
//! A lane is a feeder thread that finds what is missing, a bounded queue, a gate, and a window of
//! calls in flight. Lanes share the store and the budget, and a gate only where the config says that
//! their models share a limit; so a slow model never holds up a fast one.

mod batch;
mod breaker;
mod budget;
mod call;
mod feeding;
mod lane;
mod probe;
mod summary;
mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use tokio::sync::watch;

use self::batch::BatchLane;
use self::budget::Budget;
use self::lane::Lane;
use self::work::Tasks;
use super::{Job, Part, PassError};
use crate::domain::{Fit, Instant, Model, Provider, Source, Watch};
use crate::pace::{self, Clock, Gate};
use crate::provider::Batches;
use crate::provider::{Client, Http, Mock, Recorded, Replay, SetUpError};

pub use self::batch::{BatchOrders, Came, Courier, Heard, Limits, Pauses};
pub use self::probe::{Probe, Probed, probe};
pub use self::summary::{Closed, LaneSummary};
pub(super) use self::work::{Chunks, Found, Work};

/// How to collect.
pub struct Orders {
    pub fit: Fit,
    /// By rater: who is asked; `None` for labels.
    pub clients: Vec<Option<Arc<Client>>>,
    /// The most that may be spent, in billionths of a US dollar.
    pub budget_nano_usd: Option<u64>,
    pub progress: Arc<dyn Watch>,
    pub clock: Clock,
    /// For raters that are asked in batches.
    pub in_batches: BatchOrders,
    /// Turning true ends the pass once what is in flight has come back.
    pub stop: watch::Receiver<bool>,
}

/// What the pass did.
#[derive(Clone, Debug, PartialEq)]
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
    /// Batches that this run has handed over and not brought in, and the most that they may cost.
    pub open: Vec<i64>,
    pub open_nano_usd_most: u64,
    /// Stopped before the end; what was received is kept.
    pub interrupted: bool,
    /// One for each model that was asked, in the order of the raters.
    pub lanes: Vec<LaneSummary>,
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
            open: Vec::new(),
            open_nano_usd_most: 0,
            interrupted: false,
            lanes: Vec::new(),
        }
    }

    /// What was spent, and what calls that were lost and batches that are out may cost.
    pub fn spent_at_most(&self) -> u64 {
        let lost: u64 = self.lanes.iter().map(|lane| lane.lost_nano_usd_most).sum();
        self.cost_nano_usd + lost + self.open_nano_usd_most
    }

    /// Takes in what another lane of the same round did.
    fn join(&mut self, other: Self) {
        self.open.extend(&other.open);
        self.open_nano_usd_most += other.open_nano_usd_most;
        self.sum_up(other);
    }

    /// Takes in what another round did. It knows of the batches of those before it, so what it says of them holds.
    pub fn add(&mut self, other: Self) {
        self.lanes.iter_mut().for_each(|lane| lane.on_their_way = 0);
        self.open.clone_from(&other.open);
        self.open_nano_usd_most = other.open_nano_usd_most;
        self.sum_up(other);
    }

    fn sum_up(&mut self, other: Self) {
        self.needed += other.needed;
        self.cached += other.cached;
        self.asked += other.asked;
        self.cost_nano_usd += other.cost_nano_usd;
        self.newest = self.newest.max(other.newest);
        self.interrupted |= other.interrupted;
        self.lanes.extend(other.lanes);
    }
}

/// Who is asked for a model; `None` for labels. `recorded` is where a replay finds its answers.
pub fn client(
    model: &Model,
    key: Option<&SecretString>,
    recorded: Option<Arc<dyn Recorded>>,
) -> Result<Option<Arc<Client>>, SetUpError> {
    let Source::Asked(provider) = &model.source else { return Ok(None) };
    Ok(Some(Arc::new(match provider {
        Provider::Mock(traits) => Client::Mock(Box::new(Mock::new(&model.model, traits))),
        Provider::Http(server) => {
            let in_flight = Gate::new(&model.limits, false, false).widest();
            Client::Http(Box::new(Http::new(server, key, in_flight, pace::now)?))
        }
        Provider::Replay(_) => match recorded {
            Some(recorded) => Client::Replay(Replay::new(recorded)),
            None => return Ok(None),
        },
    })))
}

/// Those of models that share a limit, by its name.
type Gates = Mutex<HashMap<Arc<str>, Arc<Gate>>>;

/// Asks what is missing of a part of a job.
pub async fn collect(job: &Arc<Job>, part: &Part, orders: &Orders) -> Result<Collected, PassError> {
    let budget = Arc::new(Budget::new(orders.budget_nano_usd));
    let gates = Gates::default();
    let (mut lanes, mut in_batches) = (Vec::new(), Vec::new());
    for (place, rater) in job.raters.iter().enumerate() {
        let Some(client) = orders.clients.get(place).cloned().flatten() else { continue };
        let work: Arc<dyn Work> = Arc::new(Tasks { job: Arc::clone(job), rater: place, part: part.clone() });
        let (budget, gates) = (&budget, &gates);
        let lane = move |in_batches| {
            let model = Model { in_batches, ..rater.model.clone() };
            Arc::new(Lane::new(Arc::clone(&work), (model, Arc::clone(&client)), orders, budget, gates))
        };
        match orders.in_batches.clients.get(place).cloned().flatten() {
            Some(batches) => in_batches.push(in_batches_first(lane, orders, batches)),
            None => lanes.push(lane(false)),
        }
    }
    // Every lane is heard out, so that what is in flight in one is kept when another fails.
    let (lanes, in_batches) = futures::future::join(
        futures::future::join_all(lanes.into_iter().map(Lane::run)),
        futures::future::join_all(in_batches),
    )
    .await;
    let mut all = Collected::nothing();
    for outcome in lanes.into_iter().chain(in_batches) {
        all.join(outcome?);
    }
    Ok(all)
}

/// Asks questions that are ready, and of which the orders' first client is asked, all at once.
pub(super) async fn collect_ready(
    work: Arc<dyn Work>,
    model: Model,
    orders: &Orders,
) -> Result<Collected, PassError> {
    let Some(client) = orders.clients.first().cloned().flatten() else { return Ok(Collected::nothing()) };
    let budget = Arc::new(Budget::new(orders.budget_nano_usd));
    let model = Model { in_batches: false, ..model };
    Arc::new(Lane::new(work, (model, client), orders, &budget, &Gates::default())).run().await
}

/// A lane that asks in batches, and at once what is left of them at the deadline.
async fn in_batches_first(
    lane: impl Fn(bool) -> Arc<Lane>,
    orders: &Orders,
    client: Arc<Batches>,
) -> Result<Collected, PassError> {
    let first = BatchLane::new(lane(true), client, &orders.in_batches).await?;
    let (mut all, is_left) = first.run().await?;
    if is_left {
        let rest = lane(false).run().await?;
        // Its questions are those of the batches.
        let (open, open_nano_usd_most) = (all.open.clone(), all.open_nano_usd_most);
        all.add(Collected { needed: 0, cached: 0, open, open_nano_usd_most, ..rest });
    }
    Ok(all)
}

//! What one batch may hold and what may be queued: by the provider, by the config, and as learnt on the way.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::{InBatches, Model, Provider, Source};

/// How long to wait for a provider, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pauses {
    /// Before a batch is looked at for the first time.
    pub poll_ms: u64,
    /// Before one that was submitted and is not in the provider's list counts as not submitted.
    pub settle_ms: u64,
}

/// The limits of one model.
pub struct Limits {
    told: InBatches,
    /// The most tokens that were seen to be let into the queue at a time.
    learnt: AtomicU64,
    endpoint: String,
    api: &'static str,
}

impl Limits {
    /// `None`: it cannot be asked in batches.
    pub fn of(model: &Model) -> Option<Self> {
        let Source::Asked(Provider::Http(server)) = &model.source else { return None };
        Some(Self {
            told: model.batches.clone()?,
            learnt: AtomicU64::new(u64::MAX),
            endpoint: server.endpoint.clone(),
            api: server.batch?.name(),
        })
    }

    pub(super) fn now(&self) -> InBatches {
        let learnt = Some(self.learnt.load(Ordering::Relaxed)).filter(|most| *most < u64::MAX);
        let queue_tokens = self.told.queue_tokens.into_iter().chain(learnt).min();
        InBatches { limits: self.told.limits, queue_tokens }
    }

    /// Who is asked, as in questions, and through which interface.
    pub(super) fn place(&self) -> (&str, &'static str) {
        (&self.endpoint, self.api)
    }

    /// A batch of so many tokens went well: where that is nearly the limit, there may be more room than was thought.
    pub(super) fn went_well(&self, tokens: u64) {
        let wider = |most: u64| (most < u64::MAX && tokens >= most / 2).then(|| most.saturating_mul(2));
        // Nothing to widen is no failure.
        let _ = self.learnt.fetch_update(Ordering::Relaxed, Ordering::Relaxed, wider);
    }

    /// No more than so many tokens may be queued.
    pub(super) fn learn(&self, most: u64) {
        self.learnt.fetch_min(most.max(1), Ordering::Relaxed);
    }
}

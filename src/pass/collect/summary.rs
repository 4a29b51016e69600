//! What a lane did, counted in little space: the figures at the end of a run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::Usage;
use crate::pace::Stopwatch;
use crate::provider::Closing;

/// Why a lane asked nothing more before all was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// The provider turned it away for good.
    ByProvider { why: Closing, detail: String },
    /// It failed the same way too often.
    Failing { detail: String },
    /// What may be spent is spent.
    Budget,
}

/// The figures of one model.
#[derive(Clone, PartialEq, Debug)]
pub struct LaneSummary {
    pub model: Arc<str>,
    pub cached: u64,
    /// Answers received and kept, further attempts included.
    pub asked: u64,
    /// Calls made again after they had broken.
    pub retries: u64,
    /// Calls turned away.
    pub refusals: u64,
    /// How long the model was left alone because of that.
    pub waited_ms: u64,
    /// Of answers, from sending to the last byte.
    pub latency_p50_ms: Option<u32>,
    pub latency_p95_ms: Option<u32>,
    pub usage: Totals,
    /// `None`: the price is not known.
    pub cost_nano_usd: Option<u64>,
    /// Calls that may have been billed and brought nothing, and the most they may have cost.
    pub lost_calls: u64,
    pub lost_nano_usd_most: u64,
    /// Of the requests a minute that the config allows.
    pub share_of_rate: Option<f64>,
    pub closed: Option<Closed>,
    /// Questions to which a replay had no answer,
    pub not_recorded: u64,
    /// and those to which it had only one from before the time that is asked for.
    pub too_old: u64,
    /// Questions in batches that have not come in.
    pub on_their_way: u64,
}

/// Sums of tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    pub input: u64,
    pub cache_read: u64,
    pub cache_write: u64,
    pub output: u64,
    pub reasoning: u64,
}

impl Totals {
    fn add(&mut self, usage: Usage) {
        self.input += u64::from(usage.input);
        self.cache_read += u64::from(usage.cache_read);
        self.cache_write += u64::from(usage.cache_write);
        self.output += u64::from(usage.output);
        self.reasoning += u64::from(usage.reasoning);
    }
}

/// The figures while the lane is under way.
pub(super) struct Tally(Mutex<Counts>);

pub(super) struct Counts {
    pub asked: u64,
    pub retries: u64,
    pub refusals: u64,
    pub usage: Totals,
    pub cost_nano_usd: u64,
    pub lost_calls: u64,
    pub lost_nano_usd_most: u64,
    pub not_recorded: u64,
    pub too_old: u64,
    pub on_their_way: u64,
    latencies: Latencies,
    began: Option<Stopwatch>,
    sent: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Counts {
            asked: 0,
            retries: 0,
            refusals: 0,
            usage: Totals::default(),
            cost_nano_usd: 0,
            lost_calls: 0,
            lost_nano_usd_most: 0,
            not_recorded: 0,
            too_old: 0,
            on_their_way: 0,
            latencies: Latencies::default(),
            began: None,
            sent: 0,
        }))
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    pub(super) fn sent(&mut self) {
        self.sent += 1;
        self.began.get_or_insert_with(Stopwatch::start);
    }

    pub(super) fn answered(&mut self, usage: Usage, latency_ms: u32) {
        self.usage.add(usage);
        self.latencies.add(latency_ms);
    }

    /// An answer out of a batch.
    pub(super) fn billed(&mut self, usage: Usage, cost_nano_usd: u64) {
        self.asked += 1;
        self.usage.add(usage);
        self.cost_nano_usd += cost_nano_usd;
    }

    /// Requests sent a minute, over the time of the lane, per request allowed.
    pub(super) fn share_of(&self, per_minute: Option<u32>) -> Option<f64> {
        let minutes = f64::from(self.began?.ms()) / 60_000.0;
        // The first is sent at once; a lane of one request has no rate.
        (self.sent > 1 && minutes > 0.0)
            .then(|| (self.sent - 1) as f64 / minutes / f64::from(per_minute.unwrap_or(0)))
            .filter(|share| share.is_finite())
    }

    pub(super) fn has_answered(&self) -> bool {
        self.latencies.count > 0
    }

    pub(super) fn latency_ms(&self, share: f64) -> Option<u32> {
        self.latencies.quantile(share)
    }
}

/// Counts of latencies in classes that are each a twentieth wider than the one before.
struct Latencies {
    classes: Vec<u32>,
    count: u64,
}

const CLASSES: usize = 460;
const WIDER: f64 = 1.05;

impl Default for Latencies {
    fn default() -> Self {
        Self { classes: vec![0; CLASSES], count: 0 }
    }
}

impl Latencies {
    fn add(&mut self, ms: u32) {
        let class = (f64::from(ms) + 1.0).ln() / WIDER.ln();
        if let Some(count) = self.classes.get_mut((class as usize).min(CLASSES - 1)) {
            *count += 1;
        }
        self.count += 1;
    }

    /// Within five per cent.
    fn quantile(&self, share: f64) -> Option<u32> {
        let wanted = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let class = self.classes.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        })?;
        Some((WIDER.powf(class as f64 + 0.5) - 1.0).round() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_near() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.quantile(0.5), None);
        (1..=1000).for_each(|ms| latencies.add(ms));
        for (share, expected) in [(0.5, 500.0), (0.95, 950.0)] {
            let found = f64::from(latencies.quantile(share).unwrap());
            assert!((found - expected).abs() / expected < 0.05, "{share}: {found}");
        }
        latencies.add(u32::MAX);
        assert!(latencies.quantile(1.0).unwrap() > 1_000_000);
    }
}

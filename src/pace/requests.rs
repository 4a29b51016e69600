//! How many requests a minute a server is sent: the lowest of what the config allows, what the server
//! says, and what was found out by being turned away.

use std::time::Duration;

use tokio::time::Instant;

use super::rate::Rate;

/// Where many calls are turned away, the rate becomes what went through before, less this,
const LESS: f64 = 0.9;
/// but not less than this share of what it was.
const LEAST_SHARE: f64 = 0.7;
/// Where few are, the limit is near or the server is busy for reasons of its own: a little less will do,
const A_LITTLE_LESS: f64 = 0.97;
/// and never below this share of what is allowed, or of what went through in all this time: slowness
/// would not help.
const FLOOR: f64 = 0.5;
/// From this share of calls on many are turned away; or so much of the time is spent waiting for it.
const MANY: f64 = 0.2;
/// By how much one call moves the share of calls that are turned away.
const NEWS: f64 = 0.02;
/// Shorter waits are not worth a lower rate.
const COSTLY: Duration = Duration::from_secs(1);
/// A lowered rate stays for so many times the wait that lowered it,
const QUIET: u32 = 10;
/// and then grows by so much each second.
const GROWTH: f64 = 0.005;
/// Where it is known what is allowed, by at least this share of that: a rate far below it soon returns.
const RETURN: f64 = 0.02;

pub(super) struct Requests {
    /// By the config.
    set: Option<f64>,
    /// By the server.
    told: Option<f64>,
    /// By being turned away, and since when.
    learned: Option<(f64, Instant)>,
    first_learned: Option<f64>,
    /// Of all these the one that holds; `None`: nothing is known.
    rate: Option<Rate>,
    /// The share of calls turned away of late.
    refused: f64,
    /// Let through since the last wait ended, and since the beginning; without those turned away.
    recent: Count,
    all: Count,
}

struct Count {
    calls: f64,
    since: Instant,
}

impl Count {
    fn new() -> Self {
        Self { calls: 0.0, since: Instant::now() }
    }

    fn per_minute(&self, until: Instant) -> f64 {
        let minutes = until.saturating_duration_since(self.since).as_secs_f64().max(0.001) / 60.0;
        self.calls.max(0.0) / minutes
    }
}

impl Requests {
    pub(super) fn new(per_minute: Option<u32>) -> Self {
        let set = per_minute.map(f64::from);
        Self {
            set,
            told: None,
            learned: None,
            first_learned: None,
            rate: set.map(Rate::new),
            refused: 0.0,
            recent: Count::new(),
            all: Count::new(),
        }
    }

    pub(super) fn is_known(&self) -> bool {
        self.rate.is_some()
    }

    pub(super) fn per_minute(&self) -> Option<f64> {
        self.rate.as_ref().map(Rate::per_minute)
    }

    /// Takes a turn, or says when there is one.
    pub(super) fn take(&mut self) -> Result<(), Instant> {
        self.grow();
        if let Some(rate) = &mut self.rate {
            rate.take()?;
        }
        self.recent.calls += 1.0;
        self.all.calls += 1.0;
        Ok(())
    }

    pub(super) fn tell(&mut self, per_minute: u64) {
        if per_minute > 0 {
            self.told = Some(per_minute as f64);
            self.apply();
        }
    }

    pub(super) fn answered(&mut self) {
        self.refused *= 1.0 - NEWS;
    }

    pub(super) fn turned_away(&mut self) {
        self.refused += NEWS * (1.0 - self.refused);
        self.recent.calls -= 1.0;
        self.all.calls -= 1.0;
    }

    /// From `until` on with another rate: what went through before, over the time until it may go on,
    /// is what the server really takes.
    pub(super) fn slow_down(&mut self, now: Instant, until: Instant) {
        let wait = until.saturating_duration_since(now);
        let cycle = until.saturating_duration_since(self.recent.since).as_secs_f64().max(1e-6);
        let is_costly = wait >= COSTLY && wait.as_secs_f64() / cycle >= MANY;
        let is_much = self.refused >= MANY || is_costly;
        let went = (self.recent.per_minute(until) * LESS).max(1.0);
        let rate = match self.per_minute() {
            None => went,
            Some(current) if is_much => {
                let least = (current * LEAST_SHARE).max(self.all.per_minute(until) * FLOOR);
                went.max(least).min(current * A_LITTLE_LESS)
            }
            Some(current) => {
                let allowed = self.allowed().or(self.first_learned).unwrap_or(current);
                (current * A_LITTLE_LESS).max(allowed * FLOOR).min(current)
            }
        };
        self.first_learned.get_or_insert(rate);
        self.learned = Some((rate, until + wait * QUIET));
        self.apply();
    }

    /// Counts anew from the end of a wait on.
    pub(super) fn wait_until(&mut self, until: Instant) {
        self.recent = Count { calls: 0.0, since: until };
    }

    pub(super) fn forget_savings(&mut self) {
        if let Some(rate) = &mut self.rate {
            rate.forget_savings();
        }
    }

    /// The lower of what the config and the server allow.
    fn allowed(&self) -> Option<f64> {
        [self.set, self.told].into_iter().flatten().min_by(f64::total_cmp)
    }

    fn apply(&mut self) {
        let known = [self.allowed(), self.learned.map(|(rate, _)| rate)];
        let lowest = known.into_iter().flatten().min_by(f64::total_cmp);
        match (&mut self.rate, lowest) {
            (Some(rate), Some(lowest)) => rate.change(lowest),
            (rate, lowest) => *rate = lowest.map(Rate::new),
        }
    }

    /// A rate that was lowered comes back bit by bit.
    fn grow(&mut self) {
        let Some((rate, since)) = self.learned else { return };
        let now = Instant::now();
        let seconds = now.saturating_duration_since(since).as_secs_f64();
        if seconds < 1.0 {
            return;
        }
        let step = (rate * GROWTH).max(self.allowed().unwrap_or(0.0) * RETURN);
        let grown = rate + step * seconds;
        let is_whole = self.allowed().is_some_and(|most| grown >= most);
        self.learned = (!is_whole).then_some((grown, now));
        self.apply();
    }
}

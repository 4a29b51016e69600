//! So many tokens a minute: what is used is owed, and nothing passes while anything is owed.
//!
//! governor cannot do this: what a call uses is known only once it is over, and then something must be
//! given back, or more be owed.

use std::time::Duration;

use tokio::time::Instant;

/// What may be saved up while nothing is sent, in seconds of the rate: enough for late timers.
const SAVED_S: f64 = 0.05;

pub(super) struct Tokens {
    per_minute: f64,
    /// Below zero: owed.
    level: f64,
    at: Instant,
}

impl Tokens {
    pub(super) fn new(per_minute: f64) -> Self {
        Self { per_minute, level: 0.0, at: Instant::now() }
    }

    pub(super) fn per_minute(&self) -> f64 {
        self.per_minute
    }

    pub(super) fn change(&mut self, per_minute: f64) {
        self.refill();
        self.per_minute = per_minute;
    }

    /// Nothing is saved up for after a wait.
    pub(super) fn forget_savings(&mut self) {
        self.refill();
        self.level = self.level.min(0.0);
    }

    /// `Err` says when the debt will be paid.
    pub(super) fn ready(&mut self) -> Result<(), Instant> {
        self.refill();
        if self.level >= 0.0 {
            return Ok(());
        }
        Err(self.at + Duration::from_secs_f64(-self.level / self.per_second()))
    }

    /// A negative amount is owed.
    pub(super) fn give_back(&mut self, tokens: f64) {
        self.refill();
        self.level += tokens;
    }

    /// The server has only so many left, of which the next call will want so many.
    pub(super) fn at_most(&mut self, remaining: f64, wanted: f64) {
        self.refill();
        self.level = self.level.min(remaining - wanted);
    }

    fn per_second(&self) -> f64 {
        self.per_minute / 60.0
    }

    fn refill(&mut self) {
        let now = Instant::now();
        let earned = (now - self.at).as_secs_f64() * self.per_second();
        let most = (self.per_second() * SAVED_S).max(self.level);
        self.level = (self.level + earned).min(most);
        self.at = now;
    }
}

//! So many requests a minute: governor on tokio's clock, with a rate that can be changed.

use std::num::NonZeroU32;
use std::ops::Add;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>;

/// Lets requests through one by one, evenly spaced.
pub(super) struct Rate {
    per_minute: f64,
    limiter: Limiter,
    /// The limiter has seen no request yet, so it does not know of the last one.
    is_new: bool,
    last: Option<tokio::time::Instant>,
}

impl Rate {
    /// The first request may go at once.
    pub(super) fn new(per_minute: f64) -> Self {
        Self { per_minute, limiter: limiter(per_minute), is_new: true, last: None }
    }

    pub(super) fn per_minute(&self) -> f64 {
        self.per_minute
    }

    /// From the next request on.
    pub(super) fn change(&mut self, per_minute: f64) {
        if (per_minute - self.per_minute).abs() > 1e-9 {
            self.per_minute = per_minute;
            self.limiter = limiter(per_minute);
            self.is_new = true;
        }
    }

    /// Nothing is saved up for after a wait.
    pub(super) fn forget_savings(&mut self) {
        self.limiter = limiter(self.per_minute);
        self.is_new = true;
    }

    /// Takes a turn, or says when there is one.
    pub(super) fn take(&mut self) -> Result<(), tokio::time::Instant> {
        let now = tokio::time::Instant::now();
        if let Some(last) = self.last.filter(|_| self.is_new) {
            let due = last + period(self.per_minute);
            if now < due {
                return Err(due);
            }
        }
        self.limiter.check().map_err(|not_yet| now + not_yet.wait_time_from(TokioClock.now()))?;
        (self.is_new, self.last) = (false, Some(now));
        Ok(())
    }
}

fn period(per_minute: f64) -> Duration {
    Duration::from_secs_f64(60.0 / per_minute.max(0.001))
}

/// Two may follow each other closely only where the second is late: timers wake up to a millisecond
/// after their time, and a limiter that never lets anyone catch up loses that each time. At high rates
/// a period is shorter than the grain of timers, and 20 ms of requests go together.
fn limiter(per_minute: f64) -> Limiter {
    let period = period(per_minute);
    let burst = NonZeroU32::new((per_minute / 3_000.0) as u32).unwrap_or(NonZeroU32::MIN);
    let burst = burst.saturating_add(1);
    let quota = Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MAX)).allow_burst(burst);
    let limiter = RateLimiter::direct_with_clock(quota, TokioClock);
    // Only one is to go at once.
    if let Some(rest) = NonZeroU32::new(burst.get() - 1) {
        let _ = limiter.check_n(rest);
    }
    limiter
}

/// governor on tokio's clock, so that a test can stop time.
#[derive(Clone, Debug)]
struct TokioClock;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct TokioInstant(tokio::time::Instant);

impl Clock for TokioClock {
    type Instant = TokioInstant;

    fn now(&self) -> TokioInstant {
        TokioInstant(tokio::time::Instant::now())
    }
}

impl Add<Nanos> for TokioInstant {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0 + Duration::from(nanos))
    }
}

impl Reference for TokioInstant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_duration_since(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

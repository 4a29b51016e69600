//! When to ask: the only room that waits, and the only one that looks at the clock.

use std::num::NonZeroU32;
use std::ops::Add;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::Mutex;

use crate::domain::Instant;

/// The time of day.
#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "the one place that reads the clock")]
pub fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Instant(since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// Measures how long a call took.
#[derive(Clone, Copy)]
pub struct Stopwatch(tokio::time::Instant);

impl Stopwatch {
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    pub fn ms(self) -> u32 {
        u32::try_from(self.0.elapsed().as_millis()).unwrap_or(u32::MAX)
    }
}

/// Waits so many milliseconds.
#[expect(clippy::disallowed_methods, reason = "the one place that waits")]
pub async fn wait(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

/// How long to wait before a broken call is made again: half a second, doubling up to half a minute.
pub fn backoff_ms(try_number: u32) -> u64 {
    500_u64.saturating_mul(1 << try_number.saturating_sub(1).min(6)).min(30_000)
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>;

/// Lets the questions of one model through at its rate, first come, first served.
pub struct Gate {
    /// `None`: no limit is set.
    limiter: Option<Limiter>,
    /// One sleeper at a time: the rest queue here in order, so nobody starves and nobody polls.
    queue: Mutex<()>,
}

impl Gate {
    pub fn new(requests_per_minute: Option<u32>) -> Self {
        let limiter = requests_per_minute.and_then(NonZeroU32::new).map(|rate| {
            // A burst of 20 ms makes up for the timer's grain of a millisecond; at 3,000 a minute
            // and below it is a single request, so a run starts as smoothly as it goes on.
            let burst = NonZeroU32::new(rate.get() / 3_000).unwrap_or(NonZeroU32::MIN);
            RateLimiter::direct_with_clock(Quota::per_minute(rate).allow_burst(burst), TokioClock)
        });
        Self { limiter, queue: Mutex::new(()) }
    }

    /// Returns when the next question may be sent.
    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    pub async fn pass(&self) {
        let Some(limiter) = &self.limiter else { return };
        let _turn = self.queue.lock().await;
        while let Err(not_yet) = limiter.check() {
            let until = tokio::time::Instant::now() + not_yet.wait_time_from(TokioClock.now());
            tokio::time::sleep_until(until).await;
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    async fn seconds_for(passes: u32, requests_per_minute: u32) -> f64 {
        let gate = Gate::new(Some(requests_per_minute));
        let start = tokio::time::Instant::now();
        for _ in 0..passes {
            gate.pass().await;
        }
        start.elapsed().as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn keeps_the_rate_from_the_first_second() {
        // The first request goes at once, the rest one period apart.
        for (passes, rate, expected) in [(11, 60, 10.0), (1_000, 10, 5_994.0), (6_001, 60_000, 5.98)] {
            let seconds = seconds_for(passes, rate).await;
            let error = (seconds - expected).abs() / expected;
            assert!(error < 0.01, "{passes} at {rate} a minute took {seconds} s, not {expected}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn no_limit_is_no_wait() {
        let gate = Gate::new(None);
        let start = tokio::time::Instant::now();
        gate.pass().await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[test]
    fn backoff_doubles_and_ends() {
        let waits: Vec<u64> = (1..=9).map(backoff_ms).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
    }
}

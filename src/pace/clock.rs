//! A clock that goes as this machine's does, or stands elsewhere in time and leaps over every wait for a time of day.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::{now, wait};
use crate::domain::Instant;

/// The longest wait before the time of day is looked at again: a machine may sleep meanwhile, or be set.
const LOOK_AGAIN_MS: u64 = 30_000;

/// Where the time of day is read. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// `None`: it is this machine's.
    leap: Option<Leap>,
}

#[derive(Clone, Debug)]
struct Leap {
    /// How far it is ahead of this machine's, in milliseconds.
    ahead: Arc<AtomicI64>,
    /// Nobody waits for what is later ever to come.
    end: Instant,
}

impl Clock {
    /// One on which it is `now`. It goes on from there, and nobody waits on it: what a year of a schedule does
    /// can be seen in seconds.
    pub fn leaping_from(now: Instant) -> Self {
        Self::leaping(now, Instant::END)
    }

    /// The same up to an end: a wait for a later time does not come to its own.
    pub fn leaping(from: Instant, end: Instant) -> Self {
        let ahead = Arc::new(AtomicI64::new(from.0.saturating_sub(now().0)));
        Self { leap: Some(Leap { ahead, end }) }
    }

    pub fn now(&self) -> Instant {
        let ahead = self.leap.as_ref().map_or(0, |leap| leap.ahead.load(Ordering::Relaxed));
        Instant(now().0.saturating_add(ahead))
    }

    /// Returns when it is `time`, or later.
    pub async fn wait_until(&self, time: Instant) {
        if let Some(Leap { ahead, end }) = &self.leap {
            if time > *end {
                return std::future::pending().await;
            }
            let left = time.0.saturating_sub(self.now().0).max(0);
            ahead.fetch_add(left, Ordering::Relaxed);
            return;
        }
        loop {
            let left = u64::try_from(time.0.saturating_sub(self.now().0)).unwrap_or(0);
            if left == 0 {
                return;
            }
            wait(left.min(LOOK_AGAIN_MS)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_leaping_clock_is_there_at_once() {
        let clock = Clock::leaping_from(Instant::parse("2027-01-01").unwrap());
        let year_later = Instant::parse("2028-01-01").unwrap();
        assert!(clock.now() < year_later);
        clock.clone().wait_until(year_later).await;
        assert!(clock.now() >= year_later && clock.now().0 - year_later.0 < 60_000);
        clock.wait_until(Instant::parse("2027-06-01").unwrap()).await;
        assert!(clock.now() >= year_later);
    }

    #[tokio::test(start_paused = true)]
    async fn it_leaps_no_further_than_its_end() {
        let day = |text| Instant::parse(text).unwrap();
        let clock = Clock::leaping(day("2027-01-01"), day("2027-12-31"));
        clock.wait_until(day("2027-12-31")).await;
        let later = clock.wait_until(day("2028-01-01"));
        assert!(tokio::time::timeout(std::time::Duration::from_secs(3_600), later).await.is_err());
        assert!(clock.now() < day("2028-01-01"));
    }
}

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
    /// How far it is ahead of this machine's, in milliseconds; `None`: it is this machine's.
    ahead: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// One on which it is `now`. It goes on from there, and nobody waits on it: what a year of a schedule does
    /// can be seen in seconds.
    pub fn leaping_from(now: Instant) -> Self {
        Self { ahead: Some(Arc::new(AtomicI64::new(now.0.saturating_sub(self::now().0)))) }
    }

    pub fn now(&self) -> Instant {
        let ahead = self.ahead.as_ref().map_or(0, |ahead| ahead.load(Ordering::Relaxed));
        Instant(now().0.saturating_add(ahead))
    }

    /// Returns when it is `time`, or later.
    pub async fn wait_until(&self, time: Instant) {
        if let Some(ahead) = &self.ahead {
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
}

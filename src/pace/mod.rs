//! When to ask: the only room that waits, and the only one that looks at the clock.

mod clock;
mod gate;
mod rate;
mod requests;
mod tokens;

use std::time::Duration;

use crate::domain::Instant;

pub use clock::Clock;
pub use gate::{Gate, LONGEST_WAIT_MS, Pass};

/// The time of day, as this machine has it.
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

/// How long to wait where nobody says how long: half a second, doubling up to half a minute, and of
/// that between the half and the whole, by chance, so that those who failed together do not come back
/// together.
pub fn backoff_ms(try_number: u32, chance: u64) -> u64 {
    let most = 500_u64.saturating_mul(1 << try_number.saturating_sub(1).min(6)).min(30_000);
    most / 2 + chance % (most / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_ends_and_spreads() {
        let ends = |chance: u64| (1..=9).map(|n| backoff_ms(n, chance)).collect::<Vec<u64>>();
        assert_eq!(ends(0), [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
        for try_number in 1..=9 {
            let waits: Vec<u64> = (0..1000).map(|n| backoff_ms(try_number, n * 7919)).collect();
            let most = waits.iter().max().unwrap();
            assert!(waits.iter().all(|wait| wait * 2 + 1 >= *most), "{try_number}");
            assert!(waits.iter().collect::<std::collections::BTreeSet<_>>().len() > 100);
        }
    }
}

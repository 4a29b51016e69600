//! A batch that is not in the store yet with all that came of it.

use crate::domain::{Batch, BatchState};
use crate::pace::Stopwatch;
use crate::pass::collect::budget::Reserved;

/// The waits between looks grow by a quarter, up to so many times the first.
const LONGEST_WAIT: u64 = 10;

/// How far a batch is, and when to look at it next.
pub(super) struct Open {
    pub batch: Batch,
    /// This run has put it together; else an earlier one left it.
    pub is_own: bool,
    pub reserved: Option<Reserved>,
    /// When to look at it next, in milliseconds of the courier's watch.
    pub next_ms: u32,
    wait_ms: u64,
    /// How often in a row it could not be looked at.
    pub troubles: u32,
    /// What is wrong with it, where looking again would not help: it is left alone by this run.
    pub stuck: Option<String>,
    /// How many of it the provider says are done.
    pub done: u64,
    /// Questions of which it is not known yet what came of them.
    pub left: u64,
    /// What it has cost so far, in billionths of a US dollar.
    pub spent_nano_usd: u64,
    pub is_cancelled: bool,
}

impl Open {
    /// One that this run has put together.
    pub(super) fn own(batch: Batch, reserved: Option<Reserved>, next_ms: u32) -> Self {
        Self { is_own: true, reserved, next_ms, ..Self::left_behind(batch) }
    }

    /// One that an earlier run has left.
    pub(super) fn left_behind(batch: Batch) -> Self {
        Self {
            left: batch.items.saturating_sub(batch.answered + batch.unanswered),
            batch,
            is_own: false,
            reserved: None,
            next_ms: 0,
            wait_ms: 0,
            troubles: 0,
            stuck: None,
            done: 0,
            spent_nano_usd: 0,
            is_cancelled: false,
        }
    }

    pub(super) fn is_with_provider(&self) -> bool {
        matches!(self.batch.state, BatchState::Submitting | BatchState::Submitted)
    }

    pub(super) fn tokens(&self) -> u64 {
        self.batch.tokens_most
    }

    pub(super) fn wait(&mut self, watch: &Stopwatch, ms: u64) {
        self.next_ms = watch.ms().saturating_add(u32::try_from(ms).unwrap_or(u32::MAX));
    }

    /// The longer it takes, the less often it is looked at.
    pub(super) fn wait_longer(&mut self, watch: &Stopwatch, first_ms: u64) {
        let longer = self.wait_ms + self.wait_ms / 4;
        self.wait_ms = longer.clamp(first_ms, first_ms.saturating_mul(LONGEST_WAIT));
        self.wait(watch, self.wait_ms);
    }

    /// What was set aside for it beyond what it has cost is free again.
    pub(super) fn settle(self) {
        if let Some(reserved) = self.reserved {
            reserved.spend(self.spent_nano_usd);
        }
    }
}

/// Differs from batch to batch.
pub(super) fn chance(batch: &Batch) -> u64 {
    batch.name.bytes().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

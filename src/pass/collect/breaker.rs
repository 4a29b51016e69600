//! Stops a model that fails the same way again and again.

use std::sync::{Mutex, PoisonError};

/// So many failures of one kind running, and no answer between them, are no accident.
const MOST: u32 = 50;
/// By the beginning of what the server says failures are told apart: further on come names and numbers.
const KIND: usize = 48;

#[derive(Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Default)]
struct State {
    kind: String,
    running: u32,
    /// Calls that were sent before this are of the round that was counted last: a connection that
    /// breaks takes all calls on it along, and that is one failure.
    counted: u64,
    /// Calls sent so far.
    sent: u64,
}

impl Breaker {
    /// A call is sent; its number is told again when it fails.
    pub(super) fn sent(&self) -> u64 {
        let mut state = self.state();
        state.sent += 1;
        state.sent
    }

    /// Takes note of a failure; true when it is one too many. Before anything was answered every call
    /// counts, for then nothing speaks for the server.
    pub(super) fn failed(&self, number: u64, has_answered: bool, detail: &str) -> bool {
        let kind: String = detail.chars().take(KIND).collect();
        let mut state = self.state();
        if state.kind != kind {
            (state.kind, state.running, state.counted) = (kind, 0, 0);
        }
        if !has_answered || number > state.counted {
            state.running += 1;
            state.counted = state.sent;
        }
        state.running >= MOST
    }

    pub(super) fn succeeded(&self) {
        self.state().running = 0;
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_failure_over_and_over_breaks() {
        let breaker = Breaker::default();
        let fails = |detail: &str| breaker.failed(breaker.sent(), true, detail);
        assert!(!(0..49).any(|_| fails("500: boom")));
        breaker.succeeded();
        assert!(!(0..200).any(|n| fails(if n % 2 == 0 { "500: boom" } else { "502: bad" })));
        assert!((0..50).any(|_| fails("500: boom")));
    }

    #[test]
    fn calls_that_fail_together_are_one_failure() {
        let breaker = Breaker::default();
        let numbers: Vec<u64> = (0..90).map(|_| breaker.sent()).collect();
        assert!(!numbers.iter().any(|number| breaker.failed(*number, true, "reset")));
        // Unless nothing was ever answered.
        assert!(numbers.iter().any(|number| breaker.failed(*number, false, "reset")));
    }
}

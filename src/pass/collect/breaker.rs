//! Stops a model that fails the same way again and again.

use std::sync::{Mutex, PoisonError};

/// So many failures of one kind running, and no answer between them, are no accident.
const MOST: u32 = 50;
/// By the beginning of what the server says failures are told apart: further on come names and numbers.
const KIND: usize = 48;

#[derive(Default)]
pub(super) struct Breaker(Mutex<(String, u32)>);

impl Breaker {
    /// Takes note of a failure; true when it is one too many.
    pub(super) fn failed(&self, detail: &str) -> bool {
        let kind: String = detail.chars().take(KIND).collect();
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 == kind {
            last.1 += 1;
        } else {
            *last = (kind, 1);
        }
        last.1 >= MOST
    }

    pub(super) fn succeeded(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_failure_over_and_over_breaks() {
        let breaker = Breaker::default();
        assert!(!(0..49).any(|_| breaker.failed("500: boom")));
        breaker.succeeded();
        assert!(!(0..200).any(|n| breaker.failed(if n % 2 == 0 { "500: boom" } else { "502: bad" })));
        assert!((0..50).any(|_| breaker.failed("500: boom")));
    }
}

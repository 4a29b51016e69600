//! Money: what may be spent is reserved before a call is sent, so the limit is never passed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What all lanes of a run may spend together, in billionths of a US dollar.
pub(super) struct Budget {
    limit: Option<u64>,
    state: Mutex<State>,
    settled: Notify,
}

#[derive(Default)]
struct State {
    /// By calls that are over, those that may have been billed for nothing included.
    spent: u64,
    /// For calls in flight, at the most that they can cost.
    reserved: u64,
}

/// Money set aside for one call. Dropped, it is free again: the call was not billed.
pub(super) struct Reserved {
    budget: Arc<Budget>,
    nano_usd: u64,
}

impl Reserved {
    /// The call is over and has cost so much.
    pub(super) fn spend(self, nano_usd: u64) {
        self.budget.state().spent += nano_usd;
    }

    /// Both together.
    pub(super) fn and(mut self, mut other: Self) -> Self {
        self.nano_usd += std::mem::take(&mut other.nano_usd);
        self
    }

    /// The call may have been billed; that must be assumed.
    pub(super) fn write_off(self) -> u64 {
        let nano_usd = self.nano_usd;
        self.spend(nano_usd);
        nano_usd
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.budget.state().reserved -= self.nano_usd;
        self.budget.settled.notify_waiters();
    }
}

impl Budget {
    pub(super) fn new(limit: Option<u64>) -> Self {
        Self { limit, state: Mutex::default(), settled: Notify::new() }
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Sets so much aside, if it is there now.
    pub(super) fn reserve_now(self: &Arc<Self>, nano_usd: u64) -> Option<Reserved> {
        let mut state = self.state();
        let free = self
            .limit
            .map_or(u64::MAX, |limit| limit.saturating_sub(state.spent).saturating_sub(state.reserved));
        (nano_usd <= free).then(|| {
            state.reserved += nano_usd;
            Reserved { budget: Arc::clone(self), nano_usd }
        })
    }

    /// Sets so much aside. Waits while calls in flight may yet cost less than was set aside for them;
    /// `None` when it would not fit even then.
    pub(super) async fn reserve(self: &Arc<Self>, nano_usd: u64) -> Option<Reserved> {
        loop {
            let settled = self.settled.notified();
            tokio::pin!(settled);
            // From here on a call that settles is not missed.
            settled.as_mut().enable();
            if let Some(reserved) = self.reserve_now(nano_usd) {
                return Some(reserved);
            }
            if self.state().reserved == 0 {
                return None;
            }
            settled.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_reserved_cannot_be_spent_twice() {
        let budget = Arc::new(Budget::new(Some(100)));
        let one = budget.reserve(60).await.unwrap();
        let waiting = budget.reserve(50);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        one.spend(10);
        let two = waiting.await.unwrap();
        assert_eq!(two.write_off(), 50);
        assert!(budget.reserve(41).await.is_none());
        drop(budget.reserve(40).await.unwrap());
        assert!(budget.reserve(40).await.is_some());
    }

    #[tokio::test]
    async fn no_limit_is_no_wait() {
        let budget = Arc::new(Budget::new(None));
        assert!(budget.reserve(u64::MAX / 2).await.is_some());
    }
}

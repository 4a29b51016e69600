//! What happens during a run, told to whoever watches.

use std::sync::Arc;

use super::GapReason;

/// Something worth showing while answers are collected.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A model's lane starts: so many questions belong to it.
    Started { model: Arc<str>, questions: u64 },
    /// So many further questions were found answered in the store.
    Cached { model: Arc<str>, count: u64 },
    /// A further answer is on disk.
    Answered { model: Arc<str>, cost_nano_usd: u64 },
    /// A question is settled without a rating.
    Gap { model: Arc<str>, reason: GapReason, cost_nano_usd: u64 },
    /// The lane is told to wait.
    Waiting { model: Arc<str>, wait_ms: u64, why: String },
    /// What a lane is about, in words.
    Note { model: Arc<str>, text: String },
    /// All questions of the lane are settled, or it was stopped.
    Ended { model: Arc<str> },
}

/// Listens to events; called from any thread.
pub trait Watch: Send + Sync {
    fn tell(&self, event: Event);
}

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn tell(&self, _: Event) {}
}

//! What a model said, word for word, and how the call ended.

use std::sync::Arc;

use super::{Instant, Usage};

/// How a call ended. What came of the model is paid for; what a filter or the provider turned away is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finish {
    /// The model ended by itself.
    Complete,
    /// Cut off by the limit on output tokens.
    Truncated,
    /// The model declined.
    Refused,
    /// The provider's content filter stepped in.
    Blocked,
    /// The provider no longer has the model.
    Retired,
    /// No answer came, after all attempts; the text says why. Never stands in for an answer.
    Failed,
}

impl Finish {
    pub const ALL: [Self; 6] =
        [Self::Complete, Self::Truncated, Self::Refused, Self::Blocked, Self::Retired, Self::Failed];

    /// The word that is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Refused => "refused",
            Self::Blocked => "blocked",
            Self::Retired => "retired",
            Self::Failed => "failed",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finish| finish.name() == name)
    }
}

/// One answer, as it is kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When it was received.
    pub at: Instant,
    /// The model that the provider says has answered.
    pub served: String,
    pub finish: Finish,
    /// Word for word.
    pub text: String,
    pub usage: Usage,
    /// Billionths of a US dollar, by the prices known at the time of the call; `None`: not known.
    pub cost_nano_usd: Option<u64>,
    /// Where the price is from: `config`, `free`, or the date of the built-in table.
    pub priced: Arc<str>,
    pub latency_ms: u32,
    /// The provider's name for the call, for asking it about it; empty where it gave none.
    pub request_id: String,
}

/// An answer as a store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub answer: Answer,
    /// The reply that it was taken from; `None`: kept before replies were.
    pub wire: Option<Vec<u8>>,
}

/// A call that was sent and may have been billed, but brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostCall {
    pub at: Instant,
    pub why: String,
    /// The most that it may have cost, in billionths of a US dollar; `None`: the price is not known.
    pub cost_nano_usd_most: Option<u64>,
    /// What came in place of an answer; empty where nothing did.
    pub body: Vec<u8>,
}

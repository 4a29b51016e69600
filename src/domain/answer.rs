//! What a model said, word for word, and how the call ended.

use super::Instant;

/// How a call ended. All but `Failed` are paid for.
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
    pub tokens_in: u32,
    pub tokens_out: u32,
    /// Billionths of a US dollar, by the prices known at the time of the call.
    pub cost_nano_usd: u64,
    pub latency_ms: u32,
}

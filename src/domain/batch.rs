//! Batches: many questions handed to a provider at once, to be answered within a day at a lower price.

use super::{Hash, Instant};

/// A provider's interface for batches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchApi {
    OpenAi,
    Anthropic,
    Gemini,
    Mistral,
}

impl BatchApi {
    /// The word that is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Mistral => "mistral",
        }
    }

    /// What one batch may hold.
    pub fn limits(self) -> BatchLimits {
        let mb = |count: u64| count * 1_000_000;
        match self {
            Self::OpenAi => BatchLimits { requests: 50_000, bytes: mb(200) },
            Self::Anthropic => BatchLimits { requests: 100_000, bytes: mb(256) },
            // No limit on requests is published; files may have 2 GB, and smaller batches end sooner.
            Self::Gemini => BatchLimits { requests: 50_000, bytes: mb(1_000) },
            // Two pages of theirs say 100,000 and a million.
            Self::Mistral => BatchLimits { requests: 100_000, bytes: mb(512) },
        }
    }
}

/// The most that a batch may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchLimits {
    pub requests: u64,
    pub bytes: u64,
}

/// How a model is asked in batches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InBatches {
    pub limits: BatchLimits,
    /// The most tokens that may be queued with the provider at a time; `None`: no limit is known.
    pub queue_tokens: Option<u64>,
}

/// Where a batch is on its way. Each state is on disk before what it says is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchState {
    /// Questions are being put together; nobody was asked anything.
    Forming,
    /// Complete, and about to be submitted.
    Planned,
    /// Being submitted: the provider may or may not have it.
    Submitting,
    /// The provider has it.
    Submitted,
    /// All that came of it is in the store.
    Collected,
    /// Given up before the provider had it.
    Dropped,
}

impl BatchState {
    pub const ALL: [Self; 6] =
        [Self::Forming, Self::Planned, Self::Submitting, Self::Submitted, Self::Collected, Self::Dropped];

    /// The word that is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forming => "forming",
            Self::Planned => "planned",
            Self::Submitting => "submitting",
            Self::Submitted => "submitted",
            Self::Collected => "collected",
            Self::Dropped => "dropped",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether its questions are on their way, so that nobody else may ask them.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Collected | Self::Dropped)
    }
}

/// A batch as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub id: i64,
    /// Ours, told to the provider where it takes one: `score-tasks-` and 24 hex digits.
    pub name: String,
    /// The model's name in config.toml.
    pub model: String,
    /// Who it is, as in questions: a provider's own name, an alias, or a host.
    pub endpoint: String,
    pub api: String,
    pub state: BatchState,
    pub made: Instant,
    /// When it was last begun to submit it; [`Instant::BEGINNING`] before.
    pub submitting: Instant,
    /// When all of it was in the store, or it was given up; [`Instant::END`] before.
    pub ended: Instant,
    /// The provider's name for it; empty while there is none.
    pub remote: String,
    pub items: u64,
    /// Of those, answered.
    pub answered: u64,
    /// Of those, ended without an answer; they may be asked again.
    pub unanswered: u64,
    /// The most that it can cost, in billionths of a US dollar; `None`: the price is not known.
    pub cost_nano_usd_most: Option<u64>,
    /// Tokens at the most, as limits on what is queued count them.
    pub tokens_most: u64,
    /// What is to be said of it; empty for nothing.
    pub detail: String,
}

/// Told apart from other batches by its first question, the time and the process that makes it.
pub fn name(first: Hash, made: Instant, process: u32) -> String {
    let hash = Hash::of(format!("{first} {made} {process}").as_bytes()).to_string();
    format!("score-tasks-{}", hash.get(..24).unwrap_or(&hash))
}

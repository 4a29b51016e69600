//! Puts a question to a model and brings back what it said.

mod mock;

use thiserror::Error;

use crate::domain::Finish;

pub use mock::{Mock, endpoint};

/// No answer came; the variants say what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// Wait so long and ask again. Costs no attempt.
    #[error("asked to wait {after_ms} ms: {detail}")]
    Busy { after_ms: u64, detail: String },
    /// Ask again. Costs an attempt.
    #[error("{detail}")]
    Broken { detail: String },
}

/// An answer as it came, not yet dated and priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The model that says it has answered.
    pub served: String,
    pub finish: Finish,
    /// Word for word.
    pub text: String,
    pub tokens_in: u32,
    pub tokens_out: u32,
}

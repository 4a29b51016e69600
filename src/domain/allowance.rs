//! What a server says of its own limits: in the headers of a reply, or in place of an answer.

/// One limit as the server states it. What it does not say is `None`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    /// The most in a minute.
    pub limit: Option<u64>,
    /// What is left of it now.
    pub remaining: Option<u64>,
    /// Until it is whole again, in milliseconds.
    pub reset_ms: Option<u64>,
}

/// All limits that came with one reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Allowance {
    pub requests: Bucket,
    /// Input and output together.
    pub tokens: Bucket,
    pub input_tokens: Bucket,
    pub output_tokens: Bucket,
}

/// The limits of a model that the config sets; the gate never lets through more.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    pub requests_per_minute: Option<u32>,
    /// Input and output together.
    pub tokens_per_minute: Option<u32>,
    pub input_tokens_per_minute: Option<u32>,
    pub output_tokens_per_minute: Option<u32>,
    /// Calls at a time; `None`: as many as the rate calls for.
    pub max_in_flight: Option<usize>,
    /// Models of the same group share one gate, as they share one limit at the provider.
    pub group: Option<std::sync::Arc<str>>,
}

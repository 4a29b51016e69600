//! What is put to a model: everything that can change the answer, and nothing else.

use std::sync::Arc;

use super::Hash;

/// Settings of a call that are really sent. Hundredths, so that equal settings are equal bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `None`: not sent.
    pub temperature_hundredths: Option<u32>,
    pub max_output_tokens: u32,
    /// `None`: not sent.
    pub effort: Option<String>,
    /// Further members of the request, as canonical JSON; empty: none.
    pub extra: String,
}

/// The part of a question that many questions share: who is asked, how, and under which rubric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    pub provider: String,
    /// The provider's own name, or the host or alias of another server.
    pub endpoint: String,
    /// The exact model id that is sent.
    pub model: String,
    pub dialect: String,
    /// The rendered rubric.
    pub system: String,
    pub settings: Settings,
    /// JSON Schema of the answer, as text.
    pub schema: String,
}

/// One call. Each sample and each attempt is a question of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub context: Arc<Keyed<Context>>,
    /// The rendered task.
    pub user: String,
    /// From 1: repeated samples measure a rater's own noise.
    pub sample: u32,
    /// From 1: further attempts follow answers in which no score could be read.
    pub attempt: u32,
}

/// A thing together with the hash that identifies it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed<T> {
    pub key: Hash,
    pub it: T,
}

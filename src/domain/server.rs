//! A server that answers questions over HTTP: which dialect it speaks and what is special about it.

use std::sync::Arc;

use super::BatchApi;

/// The form of requests and replies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    OpenAiChat,
    OpenAiResponses,
    Anthropic,
    Gemini,
}

impl Dialect {
    /// The word used for the provider in config.toml, in questions and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenAiChat => "openai",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        [Self::OpenAiChat, Self::OpenAiResponses, Self::Anthropic, Self::Gemini]
            .into_iter()
            .find(|dialect| dialect.name() == name)
    }
}

/// How a model is made to answer in JSON. Whatever it is, the answer is checked by us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The server holds the model to a JSON Schema.
    Schema,
    /// The same, with bounds on numbers and lengths, for servers that know how to keep them.
    BoundedSchema,
    /// The server sees to it that it is some JSON object.
    Object,
    /// Only the prompt asks for it.
    Plain,
}

impl Form {
    pub const ALL: [Self; 4] = [Self::Schema, Self::BoundedSchema, Self::Object, Self::Plain];

    pub fn name(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::BoundedSchema => "bounded-schema",
            Self::Object => "object",
            Self::Plain => "plain",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

/// Which name a chat server has for the limit on output tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutputLimit {
    MaxTokens,
    MaxCompletionTokens,
}

/// In which header the key goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyHeader {
    Bearer,
    XApiKey,
    XGoogApiKey,
    ApiKey,
}

/// A server and how one model is asked there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    pub dialect: Dialect,
    /// Without a slash at the end.
    pub base_url: String,
    /// Who it is, in questions: the provider's own name, an alias, or the host.
    pub endpoint: String,
    /// The variable that holds the key; `None`: the server takes none.
    pub api_key_env: Option<String>,
    pub key_header: KeyHeader,
    pub form: Form,
    pub output_limit: OutputLimit,
    /// Shortest prompt, in tokens, that is worth marking for the provider's prompt cache.
    pub cache_from: Option<u32>,
    /// The server counts the limit on output tokens, not the tokens that come back.
    pub counts_max_tokens: bool,
    /// Its limit on requests, in headers, is one on days.
    pub counts_requests_by_day: bool,
    pub bills_nobody: bool,
    /// Its interface for batches, where it has one that we know.
    pub batch: Option<BatchApi>,
    pub timeout_s: u32,
    /// Members that go into the body as they are: a JSON object as text, empty for none.
    pub extra: Arc<str>,
}

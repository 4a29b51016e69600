//! Puts a question to a model and brings back what it said. The only room that opens sockets.
//!
//! `dialect` is pure: a file for each form of request and reply. `http` sends and receives. `batch` hands
//! many questions over at once. `mock` makes answers up, `replay` brings those that were recorded.

mod batch;
pub mod dialect;
mod download;
mod http;
mod mock;
mod replay;
mod webhook;

use thiserror::Error;

use crate::domain::{Allowance, Finish, Keyed, Provider, Question, Record, Usage};

pub use batch::{Batches, Ending, Item, Remote, RemoteState, Results, Spool};
pub use download::{Arriving, Download, DownloadError, Downloaded, Kept};
pub use http::{Http, SetUpError, client_builder};
pub use mock::Mock;
pub use replay::{Found, Recorded, Replay};
pub use webhook::{Receiver, WebhookError};

/// Who is asked, as a part of the question: it tells servers apart that offer models of one name.
pub fn endpoint(provider: &Provider) -> String {
    match provider {
        Provider::Mock(traits) => mock::endpoint(traits),
        Provider::Http(server) => server.endpoint.clone(),
        Provider::Replay(recording) => endpoint(&recording.of),
    }
}

/// Why nothing more is to be had from a model for now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closing {
    /// The key is missing or refused.
    Key,
    /// The account has nothing left to spend.
    Credit,
    /// A quota is used up that waiting will not bring back soon.
    Quota,
    /// The provider does not have the model, or no longer.
    Model,
}

/// No answer came; the variants say what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// Nobody asks this model for so long; `None`: for a while. `counts`: it costs an attempt.
    #[error("{detail}")]
    Busy { wait_ms: Option<u64>, counts: bool, allowance: Box<Allowance>, detail: String },
    /// Ask again. Costs an attempt. `maybe_billed`: the answer may have been made and lost; `body` is
    /// what came in its place.
    #[error("{detail}")]
    Broken { maybe_billed: bool, detail: String, body: Vec<u8> },
    /// This question cannot be answered as it is put; asking again would not help.
    #[error("{detail}")]
    Rejected { detail: String },
    /// Ask this model nothing more.
    #[error("{detail}")]
    Closed { why: Closing, detail: String },
    /// Nothing is recorded for this question.
    #[error("nothing is recorded for this question")]
    NotRecorded,
}

/// So many bytes of what could not be read are kept. Answers have a kilobyte, and an endless body is none.
const LARGEST_KEPT: usize = 256 * 1024;

impl ProviderError {
    fn broken(maybe_billed: bool, detail: String) -> Self {
        Self::Broken { maybe_billed, detail, body: Vec::new() }
    }

    /// Keeps what may have been paid for, though it could not be read.
    fn with_body(mut self, received: &[u8]) -> Self {
        if let Self::Broken { maybe_billed: true, body, .. } = &mut self {
            body.extend_from_slice(received.get(..LARGEST_KEPT).unwrap_or(received));
        }
        self
    }

    fn body_mut(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Self::Broken { body, .. } => Some(body),
            _ => None,
        }
    }
}

/// An answer as it came, not yet dated and priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The model that says it has answered.
    pub served: String,
    pub finish: Finish,
    pub text: String,
    /// `None`: the provider did not say.
    pub usage: Option<Usage>,
    /// The body as it came; empty where there was none.
    pub wire: Vec<u8>,
    /// The provider's name for the call.
    pub request_id: String,
    pub allowance: Allowance,
}

/// What comes back from a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    New(Box<Reply>),
    /// An answer that was given before.
    Recorded(Box<Record>),
}

/// Who is asked.
pub enum Client {
    Mock(Box<Mock>),
    Http(Box<Http>),
    Replay(Replay),
}

impl Client {
    /// Puts the question for the `call`th time.
    pub async fn answer(&self, question: &Keyed<Question>, call: u32) -> Result<Outcome, ProviderError> {
        match self {
            Self::Mock(mock) => mock.answer(question, call).await.map(|reply| Outcome::New(Box::new(reply))),
            // Boxed: what a call over a network holds is large, and would be moved about with every question.
            Self::Http(http) => {
                Box::pin(http.answer(question)).await.map(|reply| Outcome::New(Box::new(reply)))
            }
            Self::Replay(replay) => {
                replay.answer(question).await.map(|kept| Outcome::Recorded(Box::new(kept)))
            }
        }
    }
}

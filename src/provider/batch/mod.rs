//! Hands questions over in batches, sees how they fare, and brings back what came of them.
//!
//! A file for each provider's interface, pure: paths and shapes. `line` puts a question into a batch,
//! `spool` holds a batch on disk until it is sent, `call` sends and receives, `results` reads what
//! came, line by line. Nothing here waits between calls or makes one twice: the caller does.

mod anthropic;
mod call;
mod gemini;
mod item;
mod line;
mod lines;
mod mistral;
mod openai;
mod results;
mod spool;
mod submit;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use secrecy::SecretString;

use self::call::Calls;
use self::line::Writer;
use super::{ProviderError, SetUpError};
use crate::domain::{BatchApi, Instant, Keyed, Question, Server};

pub use self::item::Item;
pub use self::results::Results;
pub use self::spool::Spool;

/// Pages of a list that are read at the most: five thousand batches.
const MOST_PAGES: usize = 50;

/// One account's batches at one server.
pub struct Batches {
    api: BatchApi,
    calls: Arc<Calls>,
    writer: Arc<Writer>,
}

/// A batch as its provider describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The provider's name for it.
    pub id: String,
    /// Ours; `None` where the provider keeps none.
    pub name: Option<String>,
    pub created: Option<Instant>,
    /// Questions in it; `None` while the provider has not counted them.
    pub total: Option<u64>,
    /// Of those, the ones that have come to an end, in whichever way.
    pub done: Option<u64>,
    pub state: RemoteState,
    /// Where what came of it is to be had: paths, file names or addresses, as the interface has it.
    results: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteState {
    /// From being checked to being cancelled: it has not come to an end.
    Running,
    Ended(Ending),
}

/// How a batch came to its end. Whichever it was, there may be answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Completed,
    Expired,
    Cancelled,
    Failed { code: String, detail: String },
}

impl Remote {
    /// Whether there is anything to be read of what came of it.
    pub fn has_results(&self) -> bool {
        !self.results.is_empty()
    }
}

/// A part of the list of an account's batches.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    batches: Vec<Remote>,
    /// Where it goes on.
    next: Option<String>,
}

impl Batches {
    /// `clock` is for servers that give times of day.
    pub fn new(
        server: &Server,
        api: BatchApi,
        secret: Option<&SecretString>,
        clock: fn() -> Instant,
    ) -> Result<Self, SetUpError> {
        let calls = Arc::new(Calls::new(server, secret, clock)?);
        Ok(Self { api, calls, writer: Arc::new(Writer::new(server, api)) })
    }

    /// How many bytes a question takes in a batch, separators included. An error where it cannot be put.
    pub fn bytes(&self, question: &Keyed<Question>) -> Result<u64, ProviderError> {
        let mut line = Vec::new();
        self.writer.write(question, &mut line)?;
        Ok(line.len() as u64 + 1)
    }

    /// An empty body to put questions into.
    pub fn spool(&self) -> Result<Spool, ProviderError> {
        Ok(Spool::new(Arc::clone(&self.writer)))
    }

    /// Hands a batch over. `name` is ours, `model` the provider's model id.
    ///
    /// `Broken` with `maybe_billed`: the provider may have the batch, which shows when batches are listed.
    /// `Broken` without it and `Busy`: it has not, and the same questions may be handed over again.
    pub async fn submit(&self, name: &str, model: &str, spool: Spool) -> Result<Remote, ProviderError> {
        submit::submit(&self.calls, self.api, &submit::Names { name, model }, spool).await
    }

    /// Batches of the account, newest first: all that were created since then, and some that are older.
    pub async fn list(&self, since: Instant) -> Result<Vec<Remote>, ProviderError> {
        let is_old = |remote: &Remote| remote.created.is_some_and(|created| created < since);
        // The others do not say in which order theirs come.
        let comes_newest_first = matches!(self.api, BatchApi::OpenAi | BatchApi::Anthropic);
        let (mut found, mut next): (Vec<Remote>, Option<String>) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = self.page(next.as_deref()).await?;
            // An empty page says nothing.
            let is_past = comes_newest_first && !page.batches.is_empty() && page.batches.iter().all(is_old);
            found.extend(page.batches);
            next = page.next;
            if next.is_none() || is_past {
                found.sort_by_key(|remote| std::cmp::Reverse(remote.created));
                return Ok(found);
            }
        }
        // To take what was read for all of it would be to say of some that they are not there.
        let detail = format!("the account has more than {} batches of late", found.len());
        Err(ProviderError::broken(false, detail))
    }

    async fn page(&self, after: Option<&str>) -> Result<Page, ProviderError> {
        let base = self.calls.base_url();
        let (path, query) = match self.api {
            BatchApi::OpenAi => openai::list(after),
            BatchApi::Anthropic => anthropic::list(base, after),
            BatchApi::Gemini => gemini::list(base, after),
            BatchApi::Mistral => mistral::list(after),
        };
        let body = self.calls.get(&path, &query).await?;
        let page = match self.api {
            BatchApi::OpenAi => openai::page(&body),
            BatchApi::Anthropic => anthropic::page(&body),
            BatchApi::Gemini => gemini::page(&body),
            BatchApi::Mistral => mistral::page(&body, after),
        };
        page.ok_or_else(|| unreadable("the list of batches", &body))
    }

    pub async fn status(&self, id: &str) -> Result<Remote, ProviderError> {
        let body = self.calls.get(&self.path(id)?, &[]).await?;
        remote(self.api, &body).ok_or_else(|| unreadable("the state of the batch", &body))
    }

    /// Opens what came of a batch that has ended, as [`Self::status`] gave it. Nothing is held but a line.
    pub async fn results(&self, remote: &Remote) -> Result<Results, ProviderError> {
        let mut addresses = Vec::with_capacity(remote.results.len());
        for place in &remote.results {
            addresses.push(self.address(place)?);
        }
        Results::open(Arc::clone(&self.calls), self.api, addresses).await
    }

    /// Asks the provider to stop. What is answered by then is kept, and billed. One that has come to its
    /// end already is an error with some; its state tells.
    pub async fn cancel(&self, id: &str) -> Result<(), ProviderError> {
        let path = self.path(id)?;
        let path = match self.api {
            BatchApi::Gemini => format!("{path}:cancel"),
            BatchApi::OpenAi | BatchApi::Anthropic | BatchApi::Mistral => format!("{path}/cancel"),
        };
        self.calls.post(&path, Vec::new()).await.map(|_| ()).map_err(call::nothing_made)
    }

    /// A batch's path.
    fn path(&self, id: &str) -> Result<String, ProviderError> {
        let base = self.calls.base_url();
        let id = id.strip_prefix("batches/").filter(|_| self.api == BatchApi::Gemini).unwrap_or(id);
        let id = safe(id)?;
        Ok(match self.api {
            BatchApi::OpenAi => openai::path(id),
            BatchApi::Anthropic => anthropic::path(base, id),
            BatchApi::Gemini => gemini::path(base, id),
            BatchApi::Mistral => mistral::path(id),
        })
    }

    /// Where a part of the results is.
    fn address(&self, place: &str) -> Result<String, ProviderError> {
        let base = self.calls.base_url();
        let path = match self.api {
            // An address as a whole. Whose it is is looked at when it is opened.
            BatchApi::Anthropic => return Ok(place.to_owned()),
            BatchApi::OpenAi | BatchApi::Mistral => openai::content(safe(place)?),
            BatchApi::Gemini => gemini::content(base, safe(place.strip_prefix("files/").unwrap_or(place))?),
        };
        Ok(format!("{base}{path}"))
    }
}

/// Reads a provider's description of a batch.
fn remote(api: BatchApi, body: &[u8]) -> Option<Remote> {
    match api {
        BatchApi::OpenAi => openai::remote(body),
        BatchApi::Anthropic => anthropic::remote(body),
        BatchApi::Gemini => gemini::remote(body),
        BatchApi::Mistral => mistral::remote(body),
    }
}

/// A name that goes into an address as it is: nothing in it can lead elsewhere.
fn safe(name: &str) -> Result<&str, ProviderError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) && !name.starts_with('.') {
        return Ok(name);
    }
    let shown: String = name.chars().take(100).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Err(ProviderError::Rejected { detail: format!("`{shown}` is no name that an address can hold") })
}

/// Came with the status of success, to a call that costs nothing.
fn unreadable(what: &str, body: &[u8]) -> ProviderError {
    let beginning: String = String::from_utf8_lossy(body.get(..200).unwrap_or(body)).into_owned();
    let line: Vec<&str> = beginning.split(|c: char| c.is_control() || c.is_whitespace()).collect();
    ProviderError::broken(false, format!("{what} cannot be read: {}", line.join(" ")))
}

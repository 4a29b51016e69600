//! stub
use super::{ProviderError, Reply, SetUpError};
use crate::domain::{BatchApi, Instant, Keyed, Question, Server};
use secrecy::SecretString;

pub struct Batches {}
pub struct Spool {}
pub struct Results {}
#[derive(Clone, Debug)]
pub struct Remote {
    pub id: String,
    pub name: Option<String>,
    pub created: Option<Instant>,
    pub total: Option<u64>,
    pub done: Option<u64>,
    pub state: RemoteState,
}
#[derive(Clone, Debug)]
pub enum RemoteState {
    Running,
    Ended(Ending),
}
#[derive(Clone, Debug)]
pub enum Ending {
    Completed,
    Expired,
    Cancelled,
    Failed { code: String, detail: String },
}
pub enum Item {
    Answered(Box<Reply>),
    Unanswered { detail: String },
    Rejected { detail: String },
    Lost { detail: String, body: Vec<u8> },
}
fn no<T>() -> Result<T, ProviderError> {
    Err(ProviderError::Rejected { detail: String::new() })
}
impl Batches {
    pub fn new(
        _server: &Server,
        _api: BatchApi,
        _secret: Option<&SecretString>,
        _clock: fn() -> Instant,
    ) -> Result<Self, SetUpError> {
        Ok(Self {})
    }
    pub fn bytes(&self, _question: &Keyed<Question>) -> Result<u64, ProviderError> {
        no()
    }
    pub fn spool(&self) -> Result<Spool, ProviderError> {
        no()
    }
    pub async fn submit(&self, _name: &str, _model: &str, _spool: Spool) -> Result<Remote, ProviderError> {
        no()
    }
    pub async fn list(&self, _since: Instant) -> Result<Vec<Remote>, ProviderError> {
        no()
    }
    pub async fn status(&self, _id: &str) -> Result<Remote, ProviderError> {
        no()
    }
    pub async fn results(&self, _remote: &Remote) -> Result<Results, ProviderError> {
        no()
    }
    pub async fn cancel(&self, _id: &str) -> Result<(), ProviderError> {
        no()
    }
}
impl Spool {
    pub fn add(&mut self, _question: &Keyed<Question>) -> Result<(), ProviderError> {
        no()
    }
    pub fn bytes(&self) -> u64 {
        0
    }
}
impl Results {
    pub async fn next(&mut self) -> Option<Result<(String, Item), ProviderError>> {
        None
    }
}

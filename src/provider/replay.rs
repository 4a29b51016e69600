//! Answers that were given before: to repeat a published run with no network and no key.

use std::pin::Pin;
use std::sync::Arc;

use super::ProviderError;
use crate::domain::{Hash, Keyed, Question, Record};

/// What a look-up brings, in its time.
pub type Found<'a> = Pin<Box<dyn Future<Output = Result<Option<Record>, String>> + Send + 'a>>;

/// Where recorded answers are looked up.
pub trait Recorded: Send + Sync {
    /// The newest answer to the question with this key.
    fn find(&self, key: Hash) -> Found<'_>;
}

/// Answers from a recording, and knows nothing else.
pub struct Replay {
    recorded: Arc<dyn Recorded>,
}

impl Replay {
    pub fn new(recorded: Arc<dyn Recorded>) -> Self {
        Self { recorded }
    }

    pub async fn answer(&self, question: &Keyed<Question>) -> Result<Record, ProviderError> {
        match self.recorded.find(question.key).await {
            Ok(Some(kept)) => Ok(kept),
            Ok(None) => Err(ProviderError::NotRecorded),
            Err(detail) => Err(ProviderError::Rejected { detail }),
        }
    }
}

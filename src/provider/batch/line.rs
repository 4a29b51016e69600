//! A question as a part of a batch: the body that it has in a call of its own, with its key in front.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::domain::{BatchApi, Context, Dialect, Hash, Keyed, Question, Server};
use crate::provider::ProviderError;
use crate::provider::dialect::{self, Envelope};
use crate::provider::http::write_to;

/// Headers that go with all questions of a batch.
pub(super) type Headers = Vec<(&'static str, &'static str)>;

/// Writes questions in the form of one interface.
pub(super) struct Writer {
    server: Server,
    pub(super) api: BatchApi,
    /// The envelope of the context last seen: hardly ever is there more than one.
    last: Mutex<Option<(Hash, Arc<Envelope>)>>,
}

impl Writer {
    pub fn new(server: &Server, api: BatchApi) -> Self {
        Self { server: server.clone(), api, last: Mutex::new(None) }
    }

    /// Where the provider would have the questions asked one by one.
    pub fn endpoint(&self) -> &'static str {
        match self.server.dialect {
            Dialect::OpenAiChat => "/v1/chat/completions",
            Dialect::OpenAiResponses => "/v1/responses",
            // Only their own interfaces have these, and those ask for no endpoint.
            Dialect::Anthropic | Dialect::Gemini => "",
        }
    }

    /// Puts the question behind what is there. Without a separator.
    pub fn write(&self, question: &Keyed<Question>, line: &mut Vec<u8>) -> Result<Headers, ProviderError> {
        let envelope = self.envelope(&question.it.context)?;
        let (id, endpoint) = (question.key, self.endpoint());
        // Writing to memory does not fail, and neither the key nor an endpoint needs escapes.
        let _ = match self.api {
            BatchApi::OpenAi => {
                write!(line, r#"{{"custom_id":"{id}","method":"POST","url":"{endpoint}","body":"#)
            }
            BatchApi::Anthropic => write!(line, r#"{{"custom_id":"{id}","params":"#),
            BatchApi::Gemini => write!(line, r#"{{"key":"{id}","request":"#),
            BatchApi::Mistral => write!(line, r#"{{"custom_id":"{id}","body":"#),
        };
        write_to(line, &envelope, &question.it.user);
        line.push(b'}');
        Ok(envelope.headers.clone())
    }

    fn envelope(&self, context: &Keyed<Context>) -> Result<Arc<Envelope>, ProviderError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, envelope)) = last.as_ref()
            && *key == context.key
        {
            return Ok(Arc::clone(envelope));
        }
        let envelope = dialect::envelope(&self.server, &context.it);
        let mut envelope = envelope.map_err(|detail| ProviderError::Rejected { detail })?;
        envelope.head = on_one_line(envelope.head);
        envelope.tail = on_one_line(envelope.tail);
        let envelope = Arc::new(envelope);
        *last = Some((context.key, Arc::clone(&envelope)));
        Ok(envelope)
    }
}

/// A schema may have been written over many lines. Within strings JSON has no breaks, so a blank in
/// place of one means the same.
fn on_one_line(part: Bytes) -> Bytes {
    let is_break = |byte: &u8| matches!(byte, b'\n' | b'\r');
    if !part.iter().any(is_break) {
        return part;
    }
    part.iter().map(|byte| if is_break(byte) { b' ' } else { *byte }).collect::<Vec<u8>>().into()
}

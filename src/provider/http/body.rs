//! The body of a request, in three parts: of those the first and last are shared by all questions of
//! a context, so the rubric is not copied for each.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::provider::dialect::Envelope;

pub(super) struct Parts {
    /// The last part first.
    left: Vec<Bytes>,
}

impl Parts {
    pub(super) fn of(envelope: &Envelope, user: &str) -> Self {
        let mut text = Vec::with_capacity(user.len() + user.len() / 16 + 16);
        // Writing a string to memory does not fail.
        let _ = serde_json::to_writer(&mut text, user);
        Self { left: vec![envelope.tail.clone(), text.into(), envelope.head.clone()] }
    }

    pub(super) fn into_body(self) -> reqwest::Body {
        reqwest::Body::wrap(self)
    }
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.left.pop().map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.iter().map(|part| part.len() as u64).sum())
    }
}

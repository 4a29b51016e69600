//! The body of a request: the user text between the parts that all questions of a context share.

use bytes::Bytes;

use crate::provider::dialect::Envelope;

/// In one piece: to copy a rubric of some kilobytes costs less than to send it in parts.
pub(super) fn of(envelope: &Envelope, user: &str) -> Bytes {
    let Envelope { head, tail, .. } = envelope;
    // Room for escapes, so that it is hardly ever moved.
    let mut body = Vec::with_capacity(head.len() + user.len() + user.len() / 8 + 32 + tail.len());
    write_to(&mut body, envelope, user);
    body.into()
}

/// Behind what is there already.
pub(in crate::provider) fn write_to(body: &mut Vec<u8>, envelope: &Envelope, user: &str) {
    body.extend_from_slice(&envelope.head);
    // Writing a string to memory does not fail.
    let _ = serde_json::to_writer(&mut *body, user);
    body.extend_from_slice(&envelope.tail);
}

//! What came of one question in a batch.

use std::borrow::Cow;

use reqwest::header::HeaderMap;

use crate::domain::{Allowance, Dialect, Instant};
use crate::provider::dialect::{self, Received};
use crate::provider::{LARGEST_KEPT, ProviderError, Reply};

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `wire` is what a call of its own would have brought, as it stands in the results.
    Answered(Box<Reply>),
    /// Nobody was billed, and it may be asked again.
    Unanswered { detail: String },
    /// It cannot be answered as it is put.
    Rejected { detail: String },
    /// It went well, as the provider says, but is no answer that can be read: it may have been billed.
    Lost { detail: String, body: Vec<u8> },
}

/// What a line of the results says, whatever the interface.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A reply as a call of its own would have had.
    Replied {
        status: u16,
        body: Cow<'a, [u8]>,
        request_id: String,
    },
    Unanswered(String),
    Rejected(String),
    /// Nothing that is known to us.
    Odd,
}

/// `line` is all of it, to be kept where nothing better is to be had.
pub(super) fn judged(dialect: Dialect, found: Found<'_>, line: &[u8], now: Instant) -> Item {
    let (status, body, request_id) = match found {
        Found::Replied { status, body, request_id } => (status, body, request_id),
        Found::Unanswered(detail) => return Item::Unanswered { detail },
        Found::Rejected(detail) => return Item::Rejected { detail },
        Found::Odd => return lost("the line of the results is in no form that is known", line),
    };
    let received = Received { status, headers: &HeaderMap::new(), body: &body, now };
    match dialect::decode(dialect, &received) {
        Ok(said) => Item::Answered(Box::new(Reply {
            served: said.served,
            finish: said.finish,
            text: said.text,
            usage: said.usage,
            request_id,
            allowance: Allowance::default(),
            wire: body.into_owned(),
        })),
        Err(ProviderError::Rejected { detail }) => Item::Rejected { detail },
        Err(ProviderError::Broken { detail, .. }) if (200..300).contains(&status) => lost(&detail, &body),
        // Errors are not billed in a batch. What is wrong with the account or the model shows again
        // when it is asked again.
        Err(error) => Item::Unanswered { detail: error.to_string() },
    }
}

pub(super) fn lost(detail: &str, body: &[u8]) -> Item {
    let body = body.get(..LARGEST_KEPT).unwrap_or(body).to_vec();
    Item::Lost { detail: detail.to_owned(), body }
}

/// The provider's name for a call, cut to a length that makes sense.
pub(super) fn request_id(id: Option<Cow<'_, str>>) -> String {
    id.unwrap_or_default().chars().take(200).collect()
}

/// A code and a message, as far as they are there.
pub(super) fn worded(code: &str, message: &str) -> String {
    let words = [code, message].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(": ");
    let plain = words.chars().map(|c| if c.is_control() { ' ' } else { c });
    let short: String = plain.take(300).collect();
    if short.is_empty() { "no reason given".to_owned() } else { short }
}

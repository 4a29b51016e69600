//! Finds the objects of an answer that may be commentary, whatever stands around them.

use serde::Deserialize;

use crate::rate::text::excerpt;
use crate::rate::thought::{self, Tag};

/// More braces that begin nothing than any answer has: each is one more look at what follows it.
const MOST_TRIES: usize = 200;

/// An object of the form that was asked for. A key that comes twice is an error; one that was not asked for is not.
#[derive(Deserialize)]
pub(super) struct Draft {
    pub overview: Vec<Written>,
    pub pressure: Vec<Written>,
    pub holds: Vec<Written>,
    pub tools: Vec<Written>,
    pub questions: Vec<WrittenQuestion>,
}

#[derive(Deserialize)]
pub(super) struct Written {
    pub text: String,
    pub cites: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct WrittenQuestion {
    pub question: String,
    pub answer: String,
    pub cites: Vec<String>,
}

/// All that was found, in its order.
#[derive(Default)]
pub(super) struct Drafts {
    pub found: Vec<Draft>,
    /// What was wrong with the first object that was none.
    pub broken: Option<String>,
}

/// Looks at every `{` outside of thoughts.
pub(super) fn drafts(text: &str) -> Drafts {
    let mut drafts = Drafts::default();
    let (mut at, mut tries) = (0, 0);
    while let Some(next) = next_start(text, at) {
        at = match thought::tag(text, next) {
            Some(Tag::Thoughts { until }) => until,
            Some(Tag::Closes { until }) => {
                drafts = Drafts::default();
                until
            }
            None if text.as_bytes().get(next) == Some(&b'{') && tries < MOST_TRIES => {
                tries += 1;
                next + drafts.take(text.get(next..).unwrap_or_default())
            }
            None => next + 1,
        };
    }
    drafts
}

fn next_start(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(from..)?;
    let starts = |byte: &u8| *byte == b'{' || thought::may_begin(*byte);
    bytes.iter().position(starts).map(|at| from + at)
}

impl Drafts {
    /// Reads what begins here; returns by how much to go on.
    fn take(&mut self, text: &str) -> usize {
        let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Draft>();
        match objects.next() {
            Some(Ok(draft)) => {
                self.found.push(draft);
                objects.byte_offset().max(1)
            }
            Some(Err(error)) => {
                self.broken.get_or_insert(excerpt(&error.to_string()));
                1
            }
            None => 1,
        }
    }
}

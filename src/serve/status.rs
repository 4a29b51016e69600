//! Pages that are made when they are asked for, of which there are few: how a service is.

use std::sync::Arc;

use super::{Answer, Answers, plain};

/// What is shown under a path.
pub struct Page {
    pub status: u16,
    pub kind: &'static str,
    pub text: String,
}

/// Makes the page of a path; `None`: there is none. Called whenever somebody asks, so it must be quick.
pub type Pages = Arc<dyn Fn(&str) -> Option<Page> + Send + Sync>;

pub(super) fn answers(pages: Pages) -> Answers {
    Arc::new(move |asked| match pages(asked.path) {
        Some(Page { status, kind, text }) => {
            Answer { status, headers: vec![("Content-Type", kind.into())], body: text.into_bytes().into() }
        }
        None => plain(404, "there are /health and /metrics\n"),
    })
}

//! Small pieces that several pages are put together from.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::report::plain;
use crate::site::address::{self, Here};
use crate::site::chart::legend_mark;
pub use crate::site::words::capital;
use crate::site::words::{brief, said};
use crate::site::{Entry, Site};

/// Titles in tables and lists are cut here, in characters.
const LONGEST_TITLE: usize = 120;

/// A table that scrolls sideways in its own box, by keyboard, too.
pub fn wide(label: &str, table: &Markup) -> Markup {
    html! { div.tablewrap tabindex="0" role="region" aria-label=(label) { (table) } }
}

/// Text of several lines, word for word but for what hides or turns the reading direction.
pub fn verbatim(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<Cow<'_, str>>>().join("\n")
}

/// Code, whose lines are kept as they are.
pub fn block(label: &str, text: &str) -> Markup {
    html! { pre tabindex="0" role="region" aria-label=(label) { (verbatim(text)) } }
}

/// Text that was sent, whose long lines may be broken.
pub fn sent(label: &str, text: &str) -> Markup {
    html! { pre.sent tabindex="0" role="region" aria-label=(label) { (verbatim(text)) } }
}

/// A model's name behind its mark.
pub fn model_name(site: &Site, place: usize) -> Markup {
    let name = site.run.models.get(place).map_or(Cow::Borrowed(""), |model| said(&model.id));
    html! { span.named { (legend_mark(place)) " " (name) } }
}

pub fn title(entry: &Entry) -> Cow<'_, str> {
    brief(&entry.scored.occupation.title, LONGEST_TITLE)
}

/// An occupation's title as the way to its page.
pub fn link(here: &Here, entry: &Entry) -> Markup {
    html! { a href=(here.to(&address::occupation(&entry.scored.occupation.code))) { (title(entry)) } }
}

/// The same for a code that may be of no occupation of the run.
pub fn link_or_title(site: &Site, here: &Here, code: &str, other: &str) -> Markup {
    match site.entries.iter().find(|entry| entry.scored.occupation.code == code) {
        Some(entry) => link(here, entry),
        None => html! { (brief(other, LONGEST_TITLE)) },
    }
}

/// A term and what is to be said of it.
pub fn line(term: &str, what: &Markup) -> Markup {
    html! { dt { (term) } dd { (what) } }
}

/// A dash where there is nothing.
pub fn or_dash(text: &str) -> Cow<'_, str> {
    if text.is_empty() { Cow::Borrowed("–") } else { said(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbatim_text_keeps_its_lines_and_loses_what_turns_it() {
        assert_eq!(verbatim("a\n\n  b\u{202e}c"), "a\n\n  bc");
    }
}

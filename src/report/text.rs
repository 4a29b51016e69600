//! Untrusted text made fit for where it goes: terminals, spreadsheets, Markdown.

use std::borrow::Cow;

pub use crate::domain::text::plain;

/// The first so many characters.
pub(super) fn cut(text: &str, chars: usize) -> &str {
    // Bytes bound characters from above, so most texts need no count.
    if text.len() <= chars {
        return text;
    }
    let end = text.char_indices().nth(chars).map_or(text.len(), |(index, _)| index);
    text.get(..end).unwrap_or(text)
}

/// A cell that no spreadsheet takes for a formula: such text gets an apostrophe in front.
pub fn harmless_cell(text: &str) -> Cow<'_, str> {
    // A number is no formula, and must stay one.
    if text.parse::<f64>().is_ok() {
        return Cow::Borrowed(text);
    }
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

/// Text for a cell of a Markdown table: nothing in it is markup.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => safe.extend(['\\', c]),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for formula in ["=1+1", "+1+1", "-A1", "@SUM(A1)", "\t=1", "-"] {
            assert_eq!(harmless_cell(formula), format!("'{formula}"));
        }
        assert_eq!(harmless_cell("1-2"), "1-2");
        assert_eq!(harmless_cell("-5"), "-5");
    }

    #[test]
    fn markdown_is_not_markup() {
        assert_eq!(markdown("<b>|*x*\n"), "&lt;b&gt;\\|\\*x\\* ");
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(cut("äöü", 2), "äö");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("", 0), "");
    }
}

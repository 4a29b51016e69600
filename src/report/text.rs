//! Untrusted text made fit for where it goes: terminals, spreadsheets, Markdown.

use std::borrow::Cow;

/// The first so many characters.
pub(super) fn cut(text: &str, chars: usize) -> &str {
    // Bytes bound characters from above, so most texts need no count.
    if text.len() <= chars {
        return text;
    }
    let end = text.char_indices().nth(chars).map_or(text.len(), |(index, _)| index);
    text.get(..end).unwrap_or(text)
}

/// On one line, without control characters and those that turn the reading direction: what a
/// terminal shows is what the text says.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unruly) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => plain.push(' '),
            c if is_unruly(c) => {}
            c => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

fn is_unruly(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || turns || hides
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
    fn terminals_see_no_control() {
        assert_eq!(plain("a\u{1b}[31mred\nb\u{202e}c\u{e0041}"), "a[31mred bc");
        assert!(matches!(plain("plain ä"), Cow::Borrowed(_)));
    }

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

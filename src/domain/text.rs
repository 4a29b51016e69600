//! Untrusted text on one line, with nothing in it that a reader does not see.

use std::borrow::Cow;

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

/// What no text for readers has: controls, and what turns the reading direction or shows as nothing.
pub fn is_unruly(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let hides = matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || turns || hides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_see_no_control() {
        assert_eq!(plain("a\u{1b}[31mred\nb\u{202e}c\u{e0041}"), "a[31mred bc");
        assert!(matches!(plain("plain ä"), Cow::Borrowed(_)));
    }
}

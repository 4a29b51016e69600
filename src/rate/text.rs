//! Texts for people: JSON strings without their escapes, and short excerpts.

use std::borrow::Cow;

/// Longest excerpt in the detail of a gap, in characters.
const EXCERPT_CHARS: usize = 80;

/// Takes the escapes out of a JSON string as far as it goes.
///
/// An escape that the end cuts in two is dropped, one that JSON does not know stays as it is.
pub fn decoded(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (decoded, behind) = unescaped(escape);
        text.extend(decoded);
        rest = behind;
    }
    Cow::Owned(text + rest)
}

/// Reads what follows a backslash: the character it stands for, and what comes behind it.
fn unescaped(escape: &str) -> (Option<char>, &str) {
    let mut chars = escape.chars();
    let decoded = match chars.next() {
        Some('n') => '\n',
        Some('t') => '\t',
        Some('r') => '\r',
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some(same @ ('"' | '\\' | '/' | '\'')) => same,
        Some('u') => return unicode(escape, chars.as_str()),
        Some(_) => return (Some('\\'), escape),
        None => return (None, ""),
    };
    (Some(decoded), chars.as_str())
}

/// Reads the hex digits behind `\u`, and for the first half of a pair the second one as well.
fn unicode<'t>(escape: &'t str, digits: &'t str) -> (Option<char>, &'t str) {
    let (first, behind) = match unit(digits) {
        Unit::Whole(first, behind) => (first, behind),
        Unit::Cut => return (None, ""),
        Unit::Wrong => return (Some('\\'), escape),
    };
    if !(0xD800..0xDC00).contains(&first) {
        return (Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)), behind);
    }
    match behind.strip_prefix("\\u").map(unit) {
        Some(Unit::Whole(second @ 0xDC00..0xE000, behind)) => {
            (char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)), behind)
        }
        Some(Unit::Cut) => (None, ""),
        None if behind.is_empty() || behind == "\\" => (None, ""),
        _ => (Some(char::REPLACEMENT_CHARACTER), behind),
    }
}

enum Unit<'t> {
    Whole(u32, &'t str),
    Cut,
    Wrong,
}

fn unit(text: &str) -> Unit<'_> {
    let digits = text.bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
    let (number, behind) = text.split_at_checked(digits).unwrap_or_default();
    match u32::from_str_radix(number, 16) {
        Ok(unit) if digits == 4 => Unit::Whole(unit, behind),
        _ if behind.is_empty() => Unit::Cut,
        _ => Unit::Wrong,
    }
}

/// The beginning of a text on one line, with nothing in it that a terminal would obey.
pub fn excerpt(text: &str) -> String {
    let mut line = String::new();
    let mut count = 0;
    for c in text.trim().chars().map(|c| if is_unshown(c) { ' ' } else { c }) {
        if c == ' ' && line.ends_with(' ') {
            continue;
        }
        if count == EXCERPT_CHARS {
            line.pop();
            line.push('…');
            break;
        }
        line.push(c);
        count += 1;
    }
    line
}

/// Controls, separators of lines, and marks that turn the direction of writing.
fn is_unshown(c: char) -> bool {
    let marks = ['\u{200B}'..='\u{200F}', '\u{2028}'..='\u{202E}', '\u{2066}'..='\u{2069}'];
    c.is_control() || c == '\u{FEFF}' || marks.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let check = |raw: &str, expected: &str| assert_eq!(decoded(raw), expected, "{raw}");
        check("plain ü", "plain ü");
        check(r#"a\"b\\c\/d\n\t\r\b\f"#, "a\"b\\c/d\n\t\r\u{8}\u{c}");
        check(r"\u00e9\u20AC\ud83d\ude00!", "é€😀!");
        check(r"\ud83d x", "\u{FFFD} x");
        check(r"\ude00 x", "\u{FFFD} x");
        check(r"\ud83d\u0041", "\u{FFFD}A");
        check(r"it\'s \alpha \uZZZZ \u+123", r"it's \alpha \uZZZZ \u+123");
        check(r"\ü", r"\ü");
        for cut in [r"x\", r"x\u", r"x\u00e", r"x\ud83d", r"x\ud83d\", r"x\ud83d\u", r"x\ud83d\ude0"] {
            check(cut, "x");
        }
    }

    #[test]
    fn excerpts_are_short_and_harmless() {
        assert_eq!(excerpt(" a\r\n\tb\u{1b}[2J\u{202e}c "), "a b [2J c");
        assert_eq!(excerpt(&"ü".repeat(80)), "ü".repeat(80));
        assert_eq!(excerpt(&"ü".repeat(81)), "ü".repeat(79) + "…");
    }
}

//! Addresses in texts: where a remark would send its readers.

/// The first part of a text that is a host's name, an address of mail or one of the web.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '<' | '>' | '"' | '“' | '”' | ',' | ';')
    };
    text.split(is_between).filter(|token| is_address(token))
}

fn is_address(token: &str) -> bool {
    if token.contains('@') || token.contains("://") {
        return true;
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || is_dot(c);
    token.split(|c| !is_part(c)).any(is_host)
}

/// Browsers take these for dots, too.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Names with dots between them, of which the last is one of letters: `example.com`, but not `7.1`, `e.g.` or `.NET`.
fn is_host(token: &str) -> bool {
    let token = token.trim_end_matches(is_dot);
    let Some((front, last)) = token.rsplit_once(is_dot) else { return false };
    let is_name = last.chars().count() > 1 && last.chars().all(char::is_alphabetic);
    let is_named = front.rsplit(is_dot).next().is_some_and(|name| !name.is_empty());
    is_named && (is_name || last.starts_with("xn--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_words_with_dots() {
        for (text, expected) in [
            ("Visit evil.example.com.", Some("evil.example.com.")),
            ("(mail a@b.example)", Some("a@b.example")),
            ("see ftp://x", Some("ftp://x")),
            ("at example.com/path?q=1", Some("example.com/path?q=1")),
            ("at evil。com or evil．com", Some("evil。com")),
            ("at пример.рф", Some("пример.рф")),
            ("at a.xn--p1ai", Some("a.xn--p1ai")),
            ("with Node.js", Some("Node.js")),
            ("It is 7.1, e.g. for U.S. clerks, i.e. Ph.D. holders at 9 a.m. or U.S.-based ones", None),
            ("gpt-5.1 and gemini-2.5-pro, .NET, v1.2b", None),
            ("It ends. Then... goes on… so", None),
        ] {
            assert_eq!(addresses(text).next(), expected, "{text}");
        }
    }
}

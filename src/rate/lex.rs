//! Cuts the inside of a JSON object into tokens, and tells a cut token from a whole one.
//!
//! One leniency: strings may hold raw line breaks and tabs, which small models send and which
//! cannot change a score. Numbers and words are as strict as JSON has them.

use super::number::Decimal;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind<'t> {
    /// One of `{}[]:,`.
    Mark(u8),
    /// A string without its quotes, escapes as written.
    Text(&'t str),
    /// The same, but the answer ends before the closing quote.
    CutText(&'t str),
    Number(&'t str),
    /// `true`, `false` or `null`.
    Word(&'t str),
    /// A number or word at the very end of the answer: `4` may have been going to be `42`.
    Cut,
    /// Nothing that JSON knows.
    Other,
    End,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Token<'t> {
    /// Where it starts.
    pub at: usize,
    pub kind: Kind<'t>,
}

pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str, at: usize) -> Self {
        Self { text, at }
    }

    /// Just behind the last token.
    pub fn position(&self) -> usize {
        self.at
    }

    /// What is left from some place on, for excerpts.
    pub fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or_default()
    }

    pub fn token(&mut self) -> Token<'t> {
        self.at += self.run(self.at, |byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        let at = self.at;
        let kind = match self.text.as_bytes().get(at) {
            None => Kind::End,
            Some(b'"') => self.text(at + 1),
            Some(&mark @ (b'{' | b'}' | b'[' | b']' | b':' | b',')) => {
                self.at += 1;
                Kind::Mark(mark)
            }
            Some(b'-' | b'0'..=b'9') => self.number(at),
            Some(b'a'..=b'z') => self.word(at),
            Some(_) => Kind::Other,
        };
        Token { at, kind }
    }

    fn text(&mut self, from: usize) -> Kind<'t> {
        let mut escaped = false;
        let length = self.run(from, |byte| {
            let inside = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            inside
        });
        let end = from + length;
        let text = self.text.get(from..end).unwrap_or_default();
        self.at = end + 1;
        if end < self.text.len() { Kind::Text(text) } else { Kind::CutText(text) }
    }

    /// Takes all that could belong to a number, so that `30-40` is one bad number and not two good.
    fn number(&mut self, at: usize) -> Kind<'t> {
        let taken = self.take(at, |byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        match taken {
            _ if self.is_over() => Kind::Cut,
            taken if Decimal::parse(taken).is_some() => Kind::Number(taken),
            _ => Kind::Other,
        }
    }

    fn word(&mut self, at: usize) -> Kind<'t> {
        let taken = self.take(at, |byte| byte.is_ascii_alphanumeric());
        let words = ["true", "false", "null"];
        match taken {
            taken if words.contains(&taken) => Kind::Word(taken),
            taken if self.is_over() && words.iter().any(|word| word.starts_with(taken)) => Kind::Cut,
            _ => Kind::Other,
        }
    }

    fn take(&mut self, at: usize, belongs: impl FnMut(u8) -> bool) -> &'t str {
        self.at = at + self.run(at, belongs);
        self.text.get(at..self.at).unwrap_or_default()
    }

    /// White space at the end proves nothing: it may be a line feed that a file or a shell added.
    fn is_over(&self) -> bool {
        let blank = self.run(self.at, |byte| byte.is_ascii_whitespace());
        self.at + blank == self.text.len()
    }

    fn run(&self, at: usize, mut belongs: impl FnMut(u8) -> bool) -> usize {
        let bytes = self.text.as_bytes().get(at..).unwrap_or_default();
        bytes.iter().position(|byte| !belongs(*byte)).unwrap_or(bytes.len())
    }
}

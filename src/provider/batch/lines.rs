//! Cuts what arrives into lines of a bounded length.

use memchr::memchr;

use crate::provider::LARGEST_KEPT;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    /// The beginning of a line that has more bytes than a line may.
    TooLong(Vec<u8>),
}

pub(super) struct Lines {
    most: usize,
    held: Vec<u8>,
    /// So many of the bytes held have no line feed among them.
    seen: usize,
    /// The beginning of the line that goes on, where it is too long already.
    beginning: Option<Vec<u8>>,
}

impl Lines {
    pub fn new(most: usize) -> Self {
        Self { most, held: Vec::new(), seen: 0, beginning: None }
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// Nothing more comes: what is left is a line.
    pub fn end(&mut self) {
        if !self.held.is_empty() || self.beginning.is_some() {
            self.held.push(b'\n');
        }
    }

    /// The next line, if all of it is there.
    pub fn cut(&mut self) -> Option<Line> {
        let Some(at) = memchr(b'\n', self.held.get(self.seen..)?) else {
            self.seen = self.held.len();
            self.shorten();
            return None;
        };
        let mut line: Vec<u8> = self.held.drain(..=self.seen + at).collect();
        self.seen = 0;
        line.pop();
        let is_long = line.len() > self.most;
        if is_long {
            line.truncate(LARGEST_KEPT);
        }
        match self.beginning.take() {
            Some(beginning) => Some(Line::TooLong(beginning)),
            None if is_long => Some(Line::TooLong(line)),
            None => Some(Line::Whole(line)),
        }
    }

    fn shorten(&mut self) {
        if self.beginning.is_some() {
            self.held.clear();
        } else if self.held.len() > self.most {
            let mut beginning = std::mem::take(&mut self.held);
            beginning.truncate(LARGEST_KEPT);
            beginning.shrink_to_fit();
            self.beginning = Some(beginning);
        }
        self.seen = self.held.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(most: usize, pieces: &[&[u8]]) -> Vec<Line> {
        let mut lines = Lines::new(most);
        let mut found = Vec::new();
        for piece in pieces {
            lines.push(piece);
            found.extend(std::iter::from_fn(|| lines.cut()));
            assert!(lines.held.len() <= most + piece.len());
        }
        lines.end();
        found.extend(std::iter::from_fn(|| lines.cut()));
        found
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        let expected = [whole("ab"), whole(""), whole("cde"), whole("f")];
        assert_eq!(all(10, &[b"ab\n\ncde\nf"]), expected);
        let text = b"ab\n\ncde\nf";
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(all(10, &bytes), expected);
        assert_eq!(all(10, &[b"ab\n", b"\ncde", b"\nf\n"]), expected);
        assert!(all(10, &[]).is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_is_told_by_its_beginning() {
        let long = |text: &str| Line::TooLong(text.as_bytes().to_vec());
        let next = Line::Whole(b"ab".to_vec());
        assert_eq!(all(3, &[b"abcd\nab\n"]), [long("abcd"), Line::Whole(b"ab".to_vec())]);
        assert_eq!(all(3, &[b"abc", b"de", b"f", b"gh\nab\n"]), [long("abcde"), next]);
        assert_eq!(all(3, &[b"abc", b"de", b"f"]), [long("abcde")]);
    }
}

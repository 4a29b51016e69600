//! A stream of bytes that is counted, hashed where asked, and cut off when a row grows too long.

use std::io::{self, Read};

use crate::domain::Hash;
use crate::domain::hash::Running;

/// A row, with all its line breaks, may not be longer. Guards against a quote that is never closed
/// and against files without line ends.
pub(super) const MAX_ROW: u64 = 1 << 20;

/// As much as is looked at before the first row is read.
const PEEK: u64 = 64 << 10;

const BOM: &[u8] = b"\xef\xbb\xbf";

pub(super) struct Counted<'a> {
    first: io::Cursor<Vec<u8>>,
    rest: Box<dyn Read + Send + 'a>,
    /// Given out once the file has ended.
    tail: &'static [u8],
    hash: Option<Running>,
    ended: bool,
    given: u64,
    /// How much of it belongs to rows that are done with.
    settled: u64,
    most: u64,
}

impl<'a> Counted<'a> {
    /// A byte order mark is hashed but not given out.
    pub fn new(mut rest: Box<dyn Read + Send + 'a>, tail: &'static [u8], hashed: bool) -> io::Result<Self> {
        let mut first = Vec::new();
        rest.by_ref().take(PEEK).read_to_end(&mut first)?;
        let mut hash = hashed.then(Running::default);
        let mark = if first.starts_with(BOM) { BOM.len() } else { 0 };
        if let Some(hash) = &mut hash {
            hash.update(first.get(..mark).unwrap_or_default());
        }
        let mut first = io::Cursor::new(first);
        first.set_position(mark as u64);
        Ok(Self { first, rest, tail, hash, ended: false, given: 0, settled: 0, most: MAX_ROW })
    }

    /// For a reader that bounds its rows itself.
    pub fn unbounded(mut self) -> Self {
        self.most = u64::MAX;
        self
    }

    /// The first line, or as much of it as was looked at.
    pub fn first_line(&self) -> &[u8] {
        let first = self.first.get_ref().strip_prefix(BOM).unwrap_or(self.first.get_ref());
        first.split(|byte| *byte == b'\n').next().unwrap_or_default()
    }

    /// Says that all rows up to this byte are done with.
    pub fn settle(&mut self, to: u64) {
        self.settled = to;
    }

    /// Whether everything was given out, the tail included, and this is the byte after it.
    pub fn is_end(&self, byte: u64) -> bool {
        self.ended && self.tail.is_empty() && byte == self.given
    }

    /// The digest of the file, once it was read to its end.
    pub fn hash(self) -> Option<Hash> {
        self.hash.filter(|_| self.ended).map(Running::finish)
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given.saturating_sub(self.settled) > self.most {
            return Err(io::Error::other(TooLong));
        }
        let mut read = self.first.read(buffer)?;
        if read == 0 && !self.ended && !buffer.is_empty() {
            read = self.rest.read(buffer)?;
        }
        if let Some(hash) = &mut self.hash
            && !self.ended
        {
            hash.update(buffer.get(..read).unwrap_or_default());
        }
        if read == 0 && !buffer.is_empty() {
            self.ended = true;
            read = self.tail.read(buffer)?;
        }
        self.given += read as u64;
        Ok(read)
    }
}

/// The error inside the `io::Error` when a row is too long.
#[derive(Debug, thiserror::Error)]
#[error("is longer than 1 MiB")]
pub(super) struct TooLong;

/// Whether reading stopped because a row is too long.
pub(super) fn is_too_long(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<TooLong>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(bytes: &[u8]) -> Counted<'_> {
        Counted::new(Box::new(bytes), b"|", true).unwrap()
    }

    #[test]
    fn gives_out_all_without_the_mark_and_hashes_all() {
        let bytes = b"\xef\xbb\xbfa,b\n1,2\n";
        let mut stream = counted(bytes);
        assert_eq!(stream.first_line(), b"a,b");
        let mut out = String::new();
        stream.read_to_string(&mut out).unwrap();
        assert_eq!(out, "a,b\n1,2\n|");
        assert!(stream.is_end(9));
        assert_eq!(stream.hash(), Some(Hash::of(bytes)));
    }

    #[test]
    fn a_large_file_is_hashed_over_both_parts() {
        let bytes = vec![b'x'; 200_000];
        let mut stream = counted(&bytes);
        io::copy(&mut stream, &mut io::sink()).unwrap();
        assert_eq!(stream.hash(), Some(Hash::of(&bytes)));
    }

    #[test]
    fn an_endless_row_is_cut_off() {
        let mut stream = Counted::new(Box::new(io::repeat(b'x')), b"", false).unwrap();
        let error = io::copy(&mut stream, &mut io::sink()).unwrap_err();
        assert!(is_too_long(&error));
    }
}

//! Answers out of an export: each line is believed only as far as its hashes go.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

use tokio::sync::oneshot;

use super::form::{self, AnswerRead, Line, SCHEMA, Unreadable};
use crate::domain::{Answer, Context, Hash, Keyed, Question};
use crate::store::audit::Keys;
use crate::store::codec::LARGEST_BODY;
use crate::store::rows;
use crate::store::writing::{Arrival, New};
use crate::store::{Store, StoreError};

/// A batch is handed over at so many answers, or at so many bytes of lines.
const BATCH: usize = 2_000;
const BATCH_BYTES: usize = 8 << 20;
/// A body of control characters takes six bytes for each of its own.
const LONGEST_LINE: u64 = 6 * LARGEST_BODY as u64 + (1 << 20);
/// The head is short; a file of one endless line is something else.
const LONGEST_HEAD: u64 = 1 << 16;
/// So many refused lines are named, the rest counted.
const MOST_NAMED: usize = 10;

/// An answer to be taken in, whose hashes fit.
pub(in crate::store) struct Taken {
    question: Keyed<Question>,
    answer: Answer,
    wire: Option<Vec<u8>>,
}

impl Taken {
    pub(in crate::store) fn as_new(&self) -> New<'_> {
        New {
            question: &self.question,
            answer: &self.answer,
            wire: self.wire.as_deref(),
            arrival: Arrival::Copy,
        }
    }
}

/// A line that did not get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub line: u64,
    pub why: String,
}

/// What became of the lines of an export.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Answers taken in.
    pub new: u64,
    /// Answers that were there already.
    pub known: u64,
    /// Lines refused.
    pub refused: u64,
    /// The first of them.
    pub first_refused: Vec<Refused>,
}

/// Why an export could not be read, or what it holds not be kept.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("is not an export: {what}")]
    NotAnExport { what: &'static str },
    #[error("is of the form {found}, and this score-tasks knows {SCHEMA}")]
    Newer { found: String },
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An export that is being read.
pub struct Export<R> {
    lines: Lines<R>,
    contexts: HashMap<Hash, Arc<Keyed<Context>>>,
}

impl<R: BufRead> Export<R> {
    /// Reads the head, so that nothing is made or opened for a file that is something else.
    pub fn begin(from: R) -> Result<Self, ImportError> {
        let mut lines = Lines { from, longest: LONGEST_HEAD, number: 0, line: Vec::new() };
        let head = match lines.next()? {
            Next::Line { .. } => lines.line.as_slice(),
            Next::End => return Err(ImportError::NotAnExport { what: "there is nothing in it" }),
            Next::TooLong => &[],
        };
        let what = match form::read(head) {
            Ok(Line::Head) => {
                lines.longest = LONGEST_LINE;
                return Ok(Self { lines, contexts: HashMap::new() });
            }
            Err(Unreadable::Version(found)) => return Err(ImportError::Newer { found }),
            _ if head.starts_with(b"SQLite format 3\0") => "it is a store itself; export it first",
            _ if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") => {
                "it is UTF-16; export with --output, which writes UTF-8"
            }
            _ => "its first line does not say {\"schema\":\"score-tasks/answers/1\"}",
        };
        Err(ImportError::NotAnExport { what })
    }

    /// Takes in every answer whose hashes fit. Lines that do not fit are counted and change nothing.
    ///
    /// Blocks; not for use on the async thread.
    pub fn import_into(mut self, store: &Store, keys: &Keys) -> Result<Imported, ImportError> {
        let mut imported = Imported::default();
        let mut batches = Batches { store, batch: Vec::new(), bytes: 0, under_way: None };
        loop {
            let read = match self.lines.next()? {
                Next::End => break,
                Next::TooLong => {
                    self.lines.skip()?;
                    Err("is longer than any answer".to_owned())
                }
                Next::Line { is_whole } => self.understand(keys, is_whole),
            };
            match read {
                Ok(None) => {}
                Ok(Some(taken)) => batches.add(taken, self.lines.line.len(), &mut imported)?,
                Err(why) => {
                    imported.refused += 1;
                    if imported.first_refused.len() < MOST_NAMED {
                        imported.first_refused.push(Refused { line: self.lines.number, why });
                    }
                }
            }
        }
        batches.send(&mut imported)?;
        batches.settle(&mut imported)?;
        Ok(imported)
    }

    /// The answer that the line holds, if it holds one.
    fn understand(&mut self, keys: &Keys, is_whole: bool) -> Result<Option<Taken>, String> {
        if self.lines.line.trim_ascii().is_empty() {
            return Ok(None);
        }
        match form::read(&self.lines.line) {
            // Exports may be put one behind the other.
            Ok(Line::Head) => Ok(None),
            Ok(Line::Context(context)) => {
                if (keys.context)(&context.it) != context.key {
                    return Err("its key does not follow from its content".to_owned());
                }
                self.contexts.insert(context.key, Arc::from(context));
                Ok(None)
            }
            Ok(Line::Answer(read)) => self.check(keys, *read).map(Some),
            Err(Unreadable::Cut) if is_whole => Err("is no complete JSON object".to_owned()),
            Err(Unreadable::Cut) => Err("is cut off: the file ends in the middle of it".to_owned()),
            Err(Unreadable::Version(found)) => Err(format!("is the head of the form {found}")),
            Err(Unreadable::Other(why)) => Err(why),
        }
    }

    fn check(&self, keys: &Keys, read: AnswerRead) -> Result<Taken, String> {
        let AnswerRead { key, context, user, sample, attempt, answer, wire, digest } = read;
        let context = self.contexts.get(&context).map(Arc::clone);
        let context = context.ok_or_else(|| "no line before it has its context".to_owned())?;
        let it = Question { context, user, sample, attempt };
        if (keys.question)(&it) != key {
            return Err("its key does not follow from its question".to_owned());
        }
        if rows::digest(key, &answer, wire.as_deref()) != digest {
            return Err("its digest does not fit its content".to_owned());
        }
        Ok(Taken { question: Keyed { key, it }, answer, wire })
    }
}

/// Hands batches over; one is committed while the next is read.
struct Batches<'s> {
    store: &'s Store,
    batch: Vec<Taken>,
    bytes: usize,
    under_way: Option<(u64, oneshot::Receiver<Result<u64, StoreError>>)>,
}

impl Batches<'_> {
    fn add(&mut self, taken: Taken, bytes: usize, imported: &mut Imported) -> Result<(), StoreError> {
        self.batch.push(taken);
        self.bytes += bytes;
        if self.batch.len() < BATCH && self.bytes < BATCH_BYTES {
            return Ok(());
        }
        self.send(imported)
    }

    fn send(&mut self, imported: &mut Imported) -> Result<(), StoreError> {
        self.settle(imported)?;
        self.bytes = 0;
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.under_way = Some((batch.len() as u64, self.store.take(batch)?));
        }
        Ok(())
    }

    /// Waits until what was handed over is on disk.
    fn settle(&mut self, imported: &mut Imported) -> Result<(), StoreError> {
        let Some((all, outcome)) = self.under_way.take() else { return Ok(()) };
        let new = outcome.blocking_recv().map_err(|_| StoreError::Stopped)??;
        imported.new += new;
        imported.known += all - new;
        Ok(())
    }
}

/// Lines by number, one at a time, of which none may fill the memory.
struct Lines<R> {
    from: R,
    longest: u64,
    /// From 1; of `line`.
    number: u64,
    /// Without its end.
    line: Vec<u8>,
}

enum Next {
    /// Whole if it has a line break at its end.
    Line {
        is_whole: bool,
    },
    /// Its beginning was read, the rest was not.
    TooLong,
    End,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> io::Result<Next> {
        self.number += 1;
        let is_whole = self.piece()?;
        if self.line.is_empty() && !is_whole {
            return Ok(Next::End);
        }
        if !is_whole && self.line.len() as u64 == self.longest {
            return Ok(Next::TooLong);
        }
        if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
            // Some editors put that in front.
            self.line.drain(..3);
        }
        Ok(Next::Line { is_whole })
    }

    /// Leaves out the rest of a line that is too long.
    fn skip(&mut self) -> io::Result<()> {
        while !self.piece()? && !self.line.is_empty() {}
        Ok(())
    }

    /// Up to the next line break, or as much as a line may hold; whether there was a line break.
    fn piece(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.from.by_ref().take(self.longest).read_until(b'\n', &mut self.line)?;
        let is_whole = self.line.last() == Some(&b'\n');
        if is_whole {
            self.line.pop();
        }
        Ok(is_whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::keys;

    #[test]
    fn a_line_without_an_end_does_not_fill_the_memory() {
        let endless = io::BufReader::new(io::repeat(b'7'));
        assert!(matches!(Export::begin(endless), Err(ImportError::NotAnExport { .. })));
        let head = "{\"schema\":\"score-tasks/answers/1\"}\n";
        for digits in [99, 100, 101, 1_000] {
            let text = format!("{head}{}\n{{\n{}", "7".repeat(digits), "7".repeat(digits));
            let mut export = Export::begin(text.as_bytes()).unwrap();
            export.lines.longest = 100;
            let imported = export.import_into(&Store::in_memory().unwrap(), &keys()).unwrap();
            assert_eq!(imported.refused, 3);
            let why = |at: usize| imported.first_refused[at].why.as_str();
            assert_eq!(why(0) == "is longer than any answer", digits >= 100, "{digits}: {}", why(0));
            assert_eq!((imported.first_refused[1].line, why(1)), (3, "is no complete JSON object"));
        }
    }
}

//! Questions of a batch on disk, until they are sent from there: memory does not grow with their number.

use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tempfile::SpooledTempFile;

use super::line::{Headers, Writer};
use crate::domain::{BatchApi, Keyed, Question};
use crate::provider::ProviderError;

/// Up to this size it stays in memory.
const IN_MEMORY: usize = 1 << 20;
/// Read from the disk and handed on in one piece.
const PIECE: usize = 64 * 1024;

/// The body of a batch in the making.
pub struct Spool {
    pub(super) writer: Arc<Writer>,
    file: BufWriter<SpooledTempFile>,
    bytes: u64,
    pub(super) headers: Option<Headers>,
    line: Vec<u8>,
}

impl Spool {
    pub(super) fn new(writer: Arc<Writer>) -> Self {
        let file = BufWriter::with_capacity(PIECE, SpooledTempFile::new(IN_MEMORY));
        let mut spool = Self { writer, file, bytes: 0, headers: None, line: Vec::new() };
        spool.bytes = spool.frame().iter().map(|part| part.len() as u64).sum();
        spool
    }

    /// Around the questions.
    fn frame(&self) -> [&'static str; 2] {
        match self.writer.api {
            BatchApi::Anthropic => [r#"{"requests":["#, "]}"],
            BatchApi::OpenAi | BatchApi::Gemini | BatchApi::Mistral => ["", ""],
        }
    }

    /// Adds a question. Questions in one batch must differ in their keys and share a model.
    pub fn add(&mut self, question: &Keyed<Question>) -> Result<(), ProviderError> {
        self.line.clear();
        if self.writer.api == BatchApi::Anthropic && self.headers.is_some() {
            self.line.push(b',');
        }
        let headers = self.writer.write(question, &mut self.line)?;
        if self.writer.api != BatchApi::Anthropic {
            self.line.push(b'\n');
        }
        if self.headers.as_ref().is_some_and(|those| *those != headers) {
            let detail = "the questions of a batch need different headers".to_owned();
            return Err(ProviderError::Rejected { detail });
        }
        self.file.write_all(&self.line).map_err(on_disk)?;
        self.bytes += self.line.len() as u64;
        self.headers = Some(headers);
        Ok(())
    }

    /// Of the body as it would be sent now.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.headers.is_none()
    }

    /// The body, within a frame that another protocol wants around it.
    pub(super) fn upload(self, front: &str, back: &str) -> Result<Upload, ProviderError> {
        let ([open, close], bytes) = (self.frame(), self.bytes);
        let mut file = self.file.into_inner().map_err(|error| on_disk(error.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(on_disk)?;
        let in_file = bytes - (open.len() + close.len()) as u64;
        let (front, back) = (format!("{front}{open}"), format!("{close}{back}"));
        let length = front.len() as u64 + in_file + back.len() as u64;
        let progress = Arc::new(Progress { length, sent: AtomicU64::new(0) });
        Ok(Upload { front: front.into(), file, in_file, back: back.into(), progress })
    }
}

fn on_disk(error: io::Error) -> ProviderError {
    ProviderError::broken(false, format!("the questions of a batch cannot be kept on disk: {error}"))
}

/// How far a body has gone out.
pub(super) struct Progress {
    pub length: u64,
    sent: AtomicU64,
}

impl Progress {
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Before that the server cannot have understood it.
    pub fn is_whole(&self) -> bool {
        self.sent() >= self.length
    }
}

/// A body of known length that is read from disk as it is sent.
pub(super) struct Upload {
    front: Bytes,
    file: SpooledTempFile,
    /// Bytes of the file that are still to come.
    in_file: u64,
    back: Bytes,
    pub progress: Arc<Progress>,
}

impl Upload {
    /// The next piece; an empty one at the end.
    fn piece(&mut self) -> io::Result<Bytes> {
        if !self.front.is_empty() {
            return Ok(std::mem::take(&mut self.front));
        }
        if self.in_file == 0 {
            return Ok(std::mem::take(&mut self.back));
        }
        // Of a file just written, so that it comes out of the system's memory as a rule, and at once.
        let mut piece = Vec::with_capacity(PIECE);
        let read =
            Read::by_ref(&mut self.file).take(self.in_file.min(PIECE as u64)).read_to_end(&mut piece)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.in_file -= read as u64;
        Ok(piece.into())
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        Poll::Ready(match this.piece() {
            Ok(piece) if piece.is_empty() => None,
            Ok(piece) => {
                this.progress.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
                Some(Ok(Frame::data(piece)))
            }
            Err(error) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.front.is_empty() && self.in_file == 0 && self.back.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.front.len() as u64 + self.in_file + self.back.len() as u64)
    }
}

//! HTTP/1.1 as far as a test needs it: requests with a Content-Length, replies whole or spoilt.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::record::Ticket;

/// Room for a common request; a larger one makes its own.
const ROOM: usize = 8 * 1024;
const LONGEST_HEAD: usize = 64 * 1024;
/// An endless body ends after all, lest a client that takes everything fill the machine.
const ENDLESS_CHUNKS: usize = 65_536;
const CHUNK: usize = 16 * 1024;
/// What a client gets to read the first half of a body before the connection is reset.
const TO_READ: Duration = Duration::from_millis(20);

/// A whole request, as it lies in the buffer.
pub struct Request<'a> {
    pub method: &'a str,
    /// Without the query.
    pub path: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a [u8],
    /// In bytes, head and body.
    pub length: usize,
}

impl<'a> Request<'a> {
    /// The request at the front of what has come in, if all of it has.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        // The head is text. A body need not be, and may be in only up to the middle of a letter.
        let front = &bytes[..bytes.len().min(LONGEST_HEAD)];
        let text = match std::str::from_utf8(front) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&front[..error.valid_up_to()]).ok()?,
        };
        let mut lines = text.split('\n');
        let first = lines.next()?;
        let mut length = first.len() + 1;
        let mut headers = Vec::with_capacity(12);
        loop {
            let line = lines.next()?;
            length += line.len() + 1;
            // What is behind the last line feed is no line yet.
            if length > text.len() {
                return None;
            }
            match line.split_once(':') {
                Some((name, value)) => headers.push((name, value.trim_ascii())),
                None if line.trim_ascii().is_empty() => break,
                None => {}
            }
        }
        let mut request = Self { method: "", path: "", headers, body: &[], length };
        let body = request.header("content-length").and_then(|size| size.parse().ok()).unwrap_or(0);
        request.length += body;
        request.body = bytes.get(length..request.length)?;
        let mut words = first.split(' ');
        request.method = words.next()?;
        request.path = words.next()?.split('?').next()?;
        Some(request)
    }

    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The API key as it was sent, in whichever header.
    pub fn key(&self) -> Option<&'a str> {
        let names = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];
        names.iter().find_map(|name| self.header(name))
    }

    /// A body without a length is not read, so nothing can be read behind it.
    pub fn keeps_alive(&self) -> bool {
        let close = self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        !close && self.header("transfer-encoding").is_none()
    }
}

/// How a reply goes out.
#[derive(Clone, Copy, Default)]
pub enum Manner {
    #[default]
    Whole,
    /// Only the head: to HEAD.
    Headless,
    Reset,
    ResetMidBody,
    Stall(Duration),
    Never,
    /// As much of the body, then the connection is closed.
    Cut(u64),
    Endless,
}

#[derive(Default)]
pub struct Reply {
    pub status: u16,
    /// Lines, each with its end.
    pub headers: String,
    pub body: Vec<u8>,
    pub delay: Duration,
    pub manner: Manner,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    pub fn header(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        write!(self.headers, "{name}: {value}\r\n").unwrap();
        self
    }

    pub fn keeps_alive(&self) -> bool {
        !self.headers.lines().any(|line| line.eq_ignore_ascii_case("connection: close"))
    }

    fn head(&self) -> String {
        let has = |name: &str| {
            let mut lines = self.headers.lines();
            lines.any(|line| line.split(':').next().is_some_and(|given| given.eq_ignore_ascii_case(name)))
        };
        let mut head = String::with_capacity(256);
        write!(head, "HTTP/1.1 {} {}\r\n{}", self.status, phrase(self.status), self.headers).unwrap();
        if !has("content-type") {
            head.push_str("content-type: application/json\r\n");
        }
        if matches!(self.manner, Manner::Endless) {
            head.push_str("transfer-encoding: chunked\r\n");
        } else if !has("content-length") && !has("transfer-encoding") {
            write!(head, "content-length: {}\r\n", self.body.len()).unwrap();
        }
        head.push_str("\r\n");
        head
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

/// A connection, and what of it has been read and not been dealt with.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn new(stream: TcpStream) -> Self {
        // Where it cannot be set, replies are only slower.
        let _ = stream.set_nodelay(true);
        Self { stream, buffer: Vec::new() }
    }

    pub fn received(&self) -> &[u8] {
        &self.buffer
    }

    pub fn consume(&mut self, length: usize) {
        self.buffer.drain(..length);
    }

    /// Waits for more; false when there will be none.
    pub async fn read(&mut self) -> bool {
        self.buffer.reserve(ROOM);
        matches!(self.stream.read_buf(&mut self.buffer).await, Ok(count) if count > 0)
    }

    /// Sends a reply the way it wants to be sent; true if the connection can be used further.
    pub async fn send(&mut self, reply: &Reply, ticket: &mut Ticket) -> bool {
        if !self.pause(reply.delay).await {
            return false;
        }
        let head = reply.head();
        let (half, rest) = reply.body.split_at(reply.body.len() / 2);
        let begun = || [head.as_bytes(), half].concat();
        match reply.manner {
            // In one piece: two would take twice as long.
            Manner::Whole => self.finish(&[head.as_bytes(), &reply.body].concat(), ticket).await,
            Manner::Headless => self.finish(head.as_bytes(), ticket).await,
            Manner::Reset => self.reset(),
            Manner::ResetMidBody => self.write(&begun()).await && self.pause(TO_READ).await && self.reset(),
            Manner::Stall(time) => {
                self.write(&begun()).await && self.pause(time).await && self.finish(rest, ticket).await
            }
            Manner::Never => self.pause(Duration::MAX).await,
            Manner::Cut(count) => {
                let part = reply.body.get(..count as usize).unwrap_or(&reply.body);
                self.write(&[head.as_bytes(), part].concat()).await;
                false
            }
            Manner::Endless => self.write(head.as_bytes()).await && self.go_on().await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Writes the end of a reply.
    async fn finish(&mut self, mut bytes: &[u8], ticket: &mut Ticket) -> bool {
        while self.stream.writable().await.is_ok() {
            match ticket.finish(bytes.len(), || self.stream.try_write(bytes)) {
                Ok(written) if written == bytes.len() => return true,
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        }
        false
    }

    /// Lets time go by; false as soon as the client has gone.
    async fn pause(&mut self, time: Duration) -> bool {
        if time.is_zero() {
            return true;
        }
        // A client may send its next request meanwhile.
        timeout(time, async { while self.read().await {} }).await.is_err()
    }

    /// The connection is dropped next, and then closes with a reset.
    fn reset(&self) -> bool {
        let _ = self.stream.set_zero_linger();
        false
    }

    /// A string that does not end.
    async fn go_on(&mut self) -> bool {
        let chunk = format!("{CHUNK:x}\r\n{}\r\n", "a".repeat(CHUNK));
        let mut goes_on = self.write(b"7\r\n{\"id\":\"\r\n").await;
        for _ in 0..ENDLESS_CHUNKS {
            goes_on = goes_on && self.write(chunk.as_bytes()).await;
        }
        self.reset()
    }
}

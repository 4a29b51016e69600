//! A server of files on this machine, as well-behaved as a test wants it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a server listens, and lives in a thread"
)]

use std::fmt::Display;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a client has asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub path: String,
    pub range: Option<String>,
    pub if_range: Option<String>,
}

/// What it gets.
pub struct Reply {
    status: u16,
    headers: String,
    body: Vec<u8>,
    /// So many bytes of the body are sent, and then?
    sent: Option<usize>,
    then_waits: bool,
}

impl Reply {
    pub fn new(status: u16, body: &[u8]) -> Self {
        Self { status, headers: String::new(), body: body.to_owned(), sent: None, then_waits: false }
    }

    pub fn header(mut self, name: &str, value: impl Display) -> Self {
        self.headers.push_str(&format!("{name}: {value}\r\n"));
        self
    }

    /// Says how long its body is.
    pub fn sized(self) -> Self {
        let length = self.body.len();
        self.header("Content-Length", length)
    }

    /// The connection ends after so many bytes of the body.
    pub fn cut_after(self, sent: usize) -> Self {
        Self { sent: Some(sent), ..self }
    }

    /// Nothing comes after so many bytes of the body until the client has gone.
    pub fn stuck_after(self, sent: usize) -> Self {
        Self { sent: Some(sent), then_waits: true, ..self }
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        write!(stream, "HTTP/1.1 {} Such\r\nConnection: close\r\n{}\r\n", self.status, self.headers)?;
        stream.write_all(&self.body[..self.sent.unwrap_or(self.body.len())])?;
        if self.then_waits {
            while stream.read(&mut [0; 64])? > 0 {}
        }
        Ok(())
    }
}

/// A file of this version, whole or from a byte on as it is asked for.
pub fn file(bytes: &[u8], etag: &str, asked: &Asked) -> Reply {
    let from = asked.range.as_ref().filter(|_| asked.if_range.as_deref() == Some(etag)).map(|range| {
        range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')?.parse::<usize>().ok()).unwrap()
    });
    let reply = match from {
        Some(from) if from >= bytes.len() => {
            Reply::new(416, b"").header("Content-Range", format_args!("bytes */{}", bytes.len()))
        }
        Some(from) => {
            let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
            Reply::new(206, &bytes[from..]).header("Content-Range", range)
        }
        None => Reply::new(200, bytes),
    };
    reply.header("ETag", etag).header("Accept-Ranges", "bytes").sized()
}

/// What it makes of a request.
pub type Manner = Box<dyn Fn(&Asked) -> Reply + Send>;

/// Serves until the test's process ends.
pub struct FilesServer {
    port: u16,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FilesServer {
    pub fn start(manner: impl Fn(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            manner: Arc::new(Mutex::new(Box::new(manner))),
            asked: Arc::default(),
        };
        let (manner, asked) = (Arc::clone(&server.manner), Arc::clone(&server.asked));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let (manner, asked) = (Arc::clone(&manner), Arc::clone(&asked));
                thread::spawn(move || {
                    let Some(request) = read(&mut stream) else { return };
                    asked.lock().unwrap().push(request.clone());
                    let reply = (manner.lock().unwrap())(&request);
                    // The client may have gone, which is its own affair.
                    let _ = reply.send(&mut stream);
                });
            }
        });
        server
    }

    /// From now on it does so.
    pub fn now(&self, manner: impl Fn(&Asked) -> Reply + Send + 'static) {
        *self.manner.lock().unwrap() = Box::new(manner);
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// What was asked for since this was last called.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| (*value).to_owned())
    };
    Some(Asked { path, range: header("range"), if_range: header("if-range") })
}

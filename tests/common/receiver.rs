//! A receiver of webhooks on this machine, as friendly as a test wants it.
#![allow(dead_code, reason = "every test uses some of it")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "it listens, and lives in a thread")]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What was posted.
#[derive(Clone, Debug)]
pub struct Posted {
    pub path: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

/// Answers the nth request with the nth of these, and all further ones with the last: a status and headers.
pub struct Receiver {
    port: u16,
    posted: Arc<Mutex<Vec<Posted>>>,
}

impl Receiver {
    pub fn start(replies: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let posted: Arc<Mutex<Vec<Posted>>> = Arc::default();
        let receiver = Self { port: listener.local_addr().unwrap().port(), posted: Arc::clone(&posted) };
        let replies: Vec<(u16, String)> =
            replies.iter().map(|(status, headers)| (*status, (*headers).to_owned())).collect();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(request) = read(&mut stream) else { continue };
                let echoed = request.headers.get("x-score-tasks-signature").cloned().unwrap_or_default();
                let place = {
                    let mut posted = posted.lock().unwrap();
                    posted.push(request);
                    posted.len().min(replies.len()) - 1
                };
                let (status, headers) = replies.get(place).unwrap();
                let text = format!("it says {echoed}");
                let length = text.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} Such\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{text}"
                );
            }
        });
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook/of-mine", self.port)
    }

    /// What was posted since this was last called.
    pub fn posted(&self) -> Vec<Posted> {
        std::mem::take(&mut self.posted.lock().unwrap())
    }
}

fn read(stream: &mut TcpStream) -> Option<Posted> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let path = lines.next()?.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).ok()?;
    Some(Posted { path, headers, body })
}

//! A provider of language models on the loopback, for tests and benches: it answers as one would, and
//! fails as they do.
//!
//! It has a thread and a runtime of its own: no test's clock reaches it, and no test's work slows it.
//! It speaks plain HTTP/1.1 and reads no more of a request than a reply needs. `desk` decides what
//! becomes of a request, `http` carries it out.
#![allow(dead_code, unused_imports, reason = "every test and bench uses some of it, none uses all")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a panic is how a test fails, and what plays the outside has a clock of its own"
)]

mod desk;
mod faults;
mod files;
mod http;
mod limits;
mod record;
mod scan;
mod vendor;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use desk::Desk;
use http::{Connection, Reply, Request};
use vendor::{Ending, Failure, Said};

pub use faults::{Fault, Faults};
pub use limits::{Limit, RetryAfter};
pub use record::{Logged, Outcome};
pub use vendor::Dialect;

/// What the server is to do. By default it answers everything at once.
#[derive(Clone)]
pub struct Script {
    /// 0 for any that is free.
    pub port: u16,
    /// Before the first byte of an answer or of a fault. What is refused is refused at once.
    pub latency: Duration,
    pub faults: Faults,
    pub limit: Limit,
    pub usage: Usage,
    /// Requests without it get a 401. Files are free.
    pub key: Option<String>,
    /// Asked first, on the server's thread, about every request; `None` lets things take their course.
    pub hook: Option<Hook>,
    /// By path, for GET and HEAD.
    pub files: BTreeMap<String, Vec<u8>>,
    /// One download is cut off after so many bytes of its body.
    pub cut_after: Option<u64>,
    /// Off, only counts are kept.
    pub log: bool,
}

pub type Hook = Arc<dyn Fn(&Seen) -> Option<Answer> + Send + Sync>;

/// The tokens that replies tell of.
#[derive(Clone, Copy, Default)]
pub enum Usage {
    /// A quarter of the bytes: of the request's body, of the answer's text.
    #[default]
    Plausible,
    Fixed {
        prompt: u64,
        completion: u64,
    },
}

impl Default for Script {
    fn default() -> Self {
        Self {
            port: 0,
            latency: Duration::ZERO,
            faults: Faults::default(),
            limit: Limit::None,
            usage: Usage::Plausible,
            key: None,
            hook: None,
            files: BTreeMap::new(),
            cut_after: None,
            log: true,
        }
    }
}

/// A request, for a hook.
pub struct Seen {
    /// Running, from 1.
    pub number: u64,
    /// How many times this same body has come, this one included.
    pub attempt: u32,
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Null where it is no JSON.
    pub body: Value,
    /// The text of the last message of the user's.
    pub user: String,
    pub at: Instant,
    pub dialect: Dialect,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A reply in which the model says this.
    pub fn says(&self, text: &str) -> Answer {
        let model = Dialect::model_of(&self.path).map_or_else(|| self.body["model"].clone(), Value::from);
        let said = Said {
            number: self.number,
            model: model.to_string().into(),
            text,
            ending: Ending::Complete,
            tokens_in: 100,
            tokens_out: text.len() as u64 / 4,
        };
        Answer { body: self.dialect.answer(&said).into_bytes(), ..Answer::default() }
    }

    /// An error in the dialect of the request. OpenAI's `code` has a name for each, so it is given.
    pub fn fails(&self, status: u16, code: &'static str, message: &str) -> Answer {
        let failure = Failure::new(status, message, (code, Some(code)), code, code);
        Answer { status, body: self.dialect.failure(&failure).into_bytes(), ..Answer::default() }
    }
}

/// What a hook has the server reply.
pub struct Answer {
    pub status: u16,
    /// A Content-Length or a Content-Type given here stands in place of the server's own.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub delay: Duration,
    /// In place of all above but the delay.
    pub fault: Option<Fault>,
}

impl Default for Answer {
    fn default() -> Self {
        Self { status: 200, headers: Vec::new(), body: Vec::new(), delay: Duration::ZERO, fault: None }
    }
}

impl Answer {
    pub fn fault(fault: Fault) -> Self {
        Self { fault: Some(fault), ..Self::default() }
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    fn reply(&self) -> Reply {
        let reply = Reply::new(self.status, self.body.as_slice());
        self.headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }

    fn outcome(&self) -> Outcome {
        match self.status {
            200..=299 => Outcome::Answered,
            300..=399 => Outcome::Redirected,
            401 => Outcome::NoKey,
            404 => Outcome::NotFound,
            429 => Outcome::Busy,
            _ => Outcome::Error,
        }
    }
}

/// The running server. Dropped, it closes all connections and stops.
pub struct Server {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub port: u16,
    desk: Arc<Desk>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(script: Script) -> Self {
        let port = script.port;
        let desk = Arc::new(Desk::new(script));
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let inside = Arc::clone(&desk);
        let body = move || run(inside, port, &tell, stopped);
        let thread = thread::Builder::new().name("provider".to_owned()).spawn(body).unwrap();
        let port: u16 = told.recv().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        Self { url, port, desk, stop: Some(stop), thread: Some(thread) }
    }

    /// Every request so far, in the order in which they came. Empty where no log is kept.
    pub fn log(&self) -> Vec<Logged> {
        self.desk.record().log()
    }

    /// How often each body, by its `hash`, has had a whole answer. One that went out as its client left
    /// is among them.
    pub fn answered(&self) -> HashMap<u64, u32> {
        self.desk.record().answered()
    }

    /// How many requests have ended, or are to end, this way.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.desk.record().count(outcome)
    }

    pub fn requests(&self) -> u64 {
        self.desk.record().requests()
    }

    pub fn connections(&self) -> u64 {
        self.desk.record().connections()
    }

    /// Requests that are in and have no whole reply.
    pub fn in_flight(&self) -> usize {
        self.desk.record().in_flight()
    }

    pub fn in_flight_peak(&self) -> usize {
        self.desk.record().peak()
    }

    /// Puts a file there, or another in its place.
    pub fn put_file(&self, path: &str, bytes: Vec<u8>) {
        self.desk.files().put(path, bytes);
    }

    /// Cuts the next download off after so many bytes of its body.
    pub fn cut_after(&self, bytes: u64) {
        self.desk.files().cut_after(bytes);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(!matches!(ended, Some(Err(_))) || thread::panicking(), "the server's thread has panicked");
    }
}

/// For a process of its own: prints the port, runs until stdin ends, prints what was counted. A bench
/// calls it when it is started with a word of its own, and starts itself so.
pub fn main_loop(script: Script) {
    let server = Server::start(script);
    println!("{}", server.port);
    io::copy(&mut io::stdin().lock(), &mut io::sink()).unwrap();
    println!(
        r#"{{"requests":{},"answered":{},"connections":{},"in_flight_peak":{}}}"#,
        server.requests(),
        server.count(Outcome::Answered),
        server.connections(),
        server.in_flight_peak()
    );
}

/// Bytes to 64 bits, the same in every build.
pub fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    // Both halves of a product, for its lower half alone would leave the upper bits of a word where a
    // change in the next word can undo them.
    let mixed = |state: u64, word: u64| {
        let product = u128::from(state ^ word) * 0x9e37_79b9_7f4a_7c15;
        (product >> 64) as u64 ^ product as u64
    };
    let state = words.iter().fold(bytes.len() as u64, |state, word| mixed(state, u64::from_le_bytes(*word)));
    mixed(mixed(state, u64::from_le_bytes(last)), 0xbf58_476d_1ce4_e5b9)
}

/// The score that the server gives to this text of a user's, 0 to 100.
pub fn score_of(user: &str) -> u64 {
    hash(user.as_bytes()) % 101
}

fn run(desk: Arc<Desk>, port: u16, tell: &mpsc::Sender<u16>, stopped: oneshot::Receiver<()>) {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build().unwrap();
    let handle = runtime.handle().clone();
    runtime.block_on(async {
        let listener = listen(port).unwrap();
        tell.send(listener.local_addr().unwrap().port()).unwrap();
        handle.spawn(accept(handle.clone(), listener, desk));
        // It is never sent anything; it ends when the server is dropped, and the runtime with it, and
        // with that every connection.
        let _ = stopped.await;
    });
}

/// With room for a crowd: a connection that does not find it tries again only after a second.
fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(([127, 0, 0, 1], port).into())?;
    socket.listen(4096)
}

async fn accept(runtime: Handle, listener: TcpListener, desk: Arc<Desk>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                desk.record().connected();
                runtime.spawn(serve(Arc::clone(&desk), Connection::new(stream)));
            }
            // Out of descriptors, as like as not: some will be given back.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

async fn serve(desk: Arc<Desk>, mut connection: Connection) {
    loop {
        let taken = Request::parse(connection.received()).map(|request| {
            let (reply, ticket) = desk.take(&request);
            let keeps_alive = request.keeps_alive() && reply.keeps_alive();
            (reply, ticket, request.length, keeps_alive)
        });
        let Some((reply, mut ticket, length, keeps_alive)) = taken else {
            if connection.read().await {
                continue;
            }
            return;
        };
        connection.consume(length);
        if !connection.send(&reply, &mut ticket).await || !keeps_alive {
            return;
        }
    }
}

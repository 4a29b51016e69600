//! A provider on the loopback that takes batches, as OpenAI and Anthropic do, for tests.
//!
//! It has a thread and a runtime of its own, so that a client may be killed and come back. `desk` keeps
//! the batches and brings them forward, `openai` and `anthropic` are the two interfaces, `words` makes
//! answers up. A batch is worked through by the time that has gone by, whenever anything is asked.
#![allow(dead_code, unused_imports, reason = "every test uses some of it, none uses all")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a panic is how a test fails, and what plays the outside has a clock of its own"
)]

mod anthropic;
mod desk;
mod openai;
mod reply;
mod words;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use desk::Desk;
use reply::{Asked, Reply};

pub use words::rating_of;

/// What the provider is to do. By default every batch ends at once, and well.
#[derive(Clone)]
pub struct BatchScript {
    /// Requests with another one get a 401; `None`: any key will do, but one there must be.
    pub key: Option<String>,
    /// From a batch's creation to its end.
    pub latency: Duration,
    pub max_requests: usize,
    /// Of a file, or of a body.
    pub max_bytes: usize,
    /// OpenAI's: more tokens than this of one model are not queued. The batch that would be too much ends
    /// as failed.
    pub queued_tokens: Option<u64>,
    /// Of a hundred items, so many end with an error of the server's.
    pub errored_percent: u64,
    /// Of a hundred items, so many are refused as they are put.
    pub rejected_percent: u64,
    /// For the two above, by item and batch; and for the order of the results.
    pub seed: u64,
    pub shuffled: bool,
    /// This batch, counted from 1, ends half done, by running out of time.
    pub expires: Option<u64>,
    /// This batch is made, but its client hears nothing of it: the connection is closed.
    pub drops: Option<u64>,
    /// Every so many polls of a batch are turned away.
    pub busy_every: Option<u64>,
    /// What a model says to the user's text.
    pub answer: fn(&str) -> String,
}

impl Default for BatchScript {
    fn default() -> Self {
        Self {
            key: None,
            latency: Duration::ZERO,
            max_requests: 50_000,
            max_bytes: 200_000_000,
            queued_tokens: None,
            errored_percent: 0,
            rejected_percent: 0,
            seed: 1,
            shuffled: false,
            expires: None,
            drops: None,
            busy_every: None,
            answer: rating_of,
        }
    }
}

/// What became of one `custom_id`, over all batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ItemCounts {
    pub submitted: u64,
    pub answered: u64,
    pub billed: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
}

/// What the provider has counted so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub batches: u64,
    /// The most batches at a time that had not come to their end.
    pub open_peak: u64,
    pub polls: u64,
    /// Requests that were refused for what they are.
    pub refused: u64,
    pub cancels: u64,
    pub items: BTreeMap<String, ItemCounts>,
    /// Billed for items of batches, by model.
    pub tokens: BTreeMap<String, Tokens>,
    /// Calls outside of batches that were answered.
    pub online: u64,
    /// Billed for those, by model.
    pub online_tokens: BTreeMap<String, Tokens>,
}

/// The running provider. Dropped, it closes all connections and stops.
pub struct BatchServer {
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub port: u16,
    desk: Arc<Mutex<Desk>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl BatchServer {
    pub fn start(script: BatchScript) -> Self {
        let desk = Arc::new(Mutex::new(Desk::new(script)));
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let inside = Arc::clone(&desk);
        let body = move || run(inside, &tell, stopped);
        let thread = thread::Builder::new().name("batches".to_owned()).spawn(body).unwrap();
        let port: u16 = told.recv().unwrap();
        Self { url: format!("http://127.0.0.1:{port}"), port, desk, stop: Some(stop), thread: Some(thread) }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    pub fn counts(&self) -> Counts {
        let mut desk = self.desk();
        desk.advance();
        desk.counts.clone()
    }

    /// From now on it does this.
    pub fn change(&self, change: impl FnOnce(&mut BatchScript)) {
        change(&mut self.desk().script);
    }

    /// Batches that have not come to their end.
    pub fn open(&self) -> usize {
        let mut desk = self.desk();
        desk.advance();
        desk.open()
    }

    /// The providers' names for the batches, in the order of their making.
    pub fn ids(&self) -> Vec<String> {
        self.desk().batches.iter().map(|batch| batch.id.clone()).collect()
    }
}

impl Drop for BatchServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(!matches!(ended, Some(Err(_))) || thread::panicking(), "the provider's thread has panicked");
    }
}

fn run(desk: Arc<Mutex<Desk>>, tell: &mpsc::Sender<u16>, stopped: oneshot::Receiver<()>) {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build().unwrap();
    let handle = runtime.handle().clone();
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        tell.send(listener.local_addr().unwrap().port()).unwrap();
        handle.spawn(accept(handle.clone(), listener, desk));
        // It is never sent anything; it ends when the server is dropped.
        let _ = stopped.await;
    });
}

async fn accept(runtime: Handle, listener: TcpListener, desk: Arc<Mutex<Desk>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        let desk = Arc::clone(&desk);
        runtime.spawn(async move {
            let service = service_fn(move |request| serve(Arc::clone(&desk), request));
            let connection = hyper::server::conn::http1::Builder::new();
            // How a client leaves is its own affair.
            let _ = connection.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error closes the connection without a reply.
async fn serve(
    desk: Arc<Mutex<Desk>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let asked = Asked::new(&head, body);
    let reply = desk.lock().unwrap().reply(&asked);
    reply.map(Reply::response).ok_or_else(|| io::Error::other("hung up"))
}

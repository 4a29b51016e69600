//! Shows how a service is, over HTTP on this machine: the only room that listens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

/// What is shown under a path.
pub struct Page {
    pub status: u16,
    pub kind: &'static str,
    pub text: String,
}

/// Makes the page of a path; `None`: there is none. Called whenever somebody asks, so it must be quick.
pub type Pages = Arc<dyn Fn(&str) -> Option<Page> + Send + Sync>;

/// Where there are more than this at a time, the first of them has to leave.
const MOST_AT_A_TIME: usize = 32;
/// Whoever does not say what is wanted leaves the place to others.
const PATIENCE: Duration = Duration::from_secs(10);

/// After a guest who could not be let in.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers until it is dropped.
pub struct Server {
    /// With port 0, the port that it got.
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Server {
    /// Listens from now on. A thread of its own answers, whatever the others are busy with.
    pub fn start(address: SocketAddr, pages: Pages) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("serve".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = answer_all(listener, pages) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there was already reported by the panic itself.
            let _ = thread.join();
        }
    }
}

async fn answer_all(listener: TcpListener, pages: Pages) {
    let mut guests = JoinSet::new();
    let mut in_order: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    in_order.retain(|guest| !guest.is_finished());
                    // Whoever has been here longest has had the time to ask.
                    if in_order.len() >= MOST_AT_A_TIME && let Some(guest) = in_order.pop_front() {
                        guest.abort();
                    }
                    in_order.push_back(guests.spawn(one(stream, Arc::clone(&pages))));
                }
                // Out of descriptors, or a guest who has left already: the next one may fare better.
                Err(_) => pause().await,
            },
            Some(_) = guests.join_next() => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "what a system has run out of is not there at once")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

async fn one(stream: TcpStream, pages: Pages) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = respond(&request, &pages);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    // One page is one connection: nobody stays and keeps others out.
    http.keep_alive(false).max_buf_size(1 << 14).timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    // A guest who breaks off is no fault of ours.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

fn respond(request: &Request<Incoming>, pages: &Pages) -> Response<String> {
    let page = match *request.method() {
        Method::GET | Method::HEAD => pages(request.uri().path()),
        _ => Some(Page { status: 405, kind: "text/plain; charset=utf-8", text: "only GET\n".to_owned() }),
    };
    let page = page.unwrap_or_else(|| Page {
        status: 404,
        kind: "text/plain; charset=utf-8",
        text: "there are /health and /metrics\n".to_owned(),
    });
    let mut response = Response::new(page.text);
    *response.status_mut() = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(page.kind));
    response
}

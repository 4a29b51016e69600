//! Shows how a service is, and sites that were built, over HTTP on this machine: the only room that listens.

mod body;
mod files;
mod status;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{ACCEPT_ENCODING, HeaderName, HeaderValue, IF_NONE_MATCH};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

use body::Whole;
pub use files::{Files, Found};
pub use status::{Page, Pages};

/// What somebody wants.
struct Asked<'a> {
    path: &'a str,
    query: Option<&'a str>,
    if_none_match: Option<&'a str>,
    accepts_gzip: bool,
}

/// What is sent.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    body: Whole,
}

type Answers = Arc<dyn Fn(&Asked<'_>) -> Answer + Send + Sync>;

/// How guests are treated.
#[derive(Clone, Copy)]
struct Manners {
    /// Where there are more than this at a time, the first of them has to leave.
    most_at_a_time: usize,
    /// Whether they may stay to ask again.
    may_stay: bool,
}

/// One page is one connection: nobody stays and keeps others out.
const OF_STATUS: Manners = Manners { most_at_a_time: 32, may_stay: false };
/// A page of a site is many files, and a browser asks for them over a few connections.
const OF_SITE: Manners = Manners { most_at_a_time: 256, may_stay: true };

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
        Self::answering(address, status::answers(pages), OF_STATUS)
    }

    /// The same with the files of a site; `headers` go with each of them.
    pub fn of_site(
        address: SocketAddr,
        files: Files,
        headers: &'static [(&'static str, &'static str)],
    ) -> std::io::Result<Self> {
        Self::answering(address, files::answers(files, headers), OF_SITE)
    }

    fn answering(address: SocketAddr, answers: Answers, manners: Manners) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind(address))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("serve".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = answer_all(listener, answers, manners) => {}
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

async fn answer_all(listener: TcpListener, answers: Answers, manners: Manners) {
    let mut guests = JoinSet::new();
    let mut in_order: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    in_order.retain(|guest| !guest.is_finished());
                    // Whoever has been here longest has had the time to ask.
                    if in_order.len() >= manners.most_at_a_time && let Some(guest) = in_order.pop_front() {
                        guest.abort();
                    }
                    in_order.push_back(guests.spawn(one(stream, Arc::clone(&answers), manners)));
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

async fn one(stream: TcpStream, answers: Answers, manners: Manners) {
    let service = service_fn(move |request: Request<Incoming>| {
        let response = respond(&request, &answers);
        async move { Ok::<_, Infallible>(response) }
    });
    // Small files are sent at once, not when the next one is asked for.
    let _ = stream.set_nodelay(true);
    let mut http = hyper::server::conn::http1::Builder::new();
    http.keep_alive(manners.may_stay).max_buf_size(1 << 14);
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
    // A guest who breaks off is no fault of ours.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

fn respond(request: &Request<Incoming>, answers: &Answers) -> Response<Whole> {
    let header = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let answer = match *request.method() {
        Method::GET | Method::HEAD => answers(&Asked {
            path: request.uri().path(),
            query: request.uri().query(),
            if_none_match: header(IF_NONE_MATCH),
            accepts_gzip: header(ACCEPT_ENCODING).is_some_and(files::accepts_gzip),
        }),
        _ => {
            let mut answer = plain(405, "only GET\n");
            answer.headers.push(("Allow", "GET, HEAD".into()));
            answer
        }
    };
    let mut response = Response::new(answer.body);
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        // What cannot stand in a header is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value.as_ref())) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn plain(status: u16, text: &'static str) -> Answer {
    let headers = vec![("Content-Type", "text/plain; charset=utf-8".into())];
    Answer { status, headers, body: text.as_bytes().to_owned().into() }
}

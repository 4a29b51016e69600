//! Shows how a service is, and sites that were built, over HTTP on this machine: the only room that listens.

mod body;
mod files;
mod patient;
mod shelf;
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
use patient::Patient;
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
    /// Whoever does not say what is wanted for so long, or takes nothing of what is sent, leaves the place to others.
    patience: Duration,
}

/// One page is one connection: nobody stays and keeps others out.
const OF_STATUS: Manners = Manners { most_at_a_time: 32, may_stay: false, patience: PATIENCE };
/// A page of a site is many files, and a browser asks for them over a few connections.
const OF_SITE: Manners = Manners { most_at_a_time: 64, may_stay: true, patience: PATIENCE };

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
    http.timer(TokioTimer::new()).header_read_timeout(manners.patience);
    // A guest who breaks off is no fault of ours.
    let _ = http.serve_connection(TokioIo::new(Patient::new(stream, manners.patience)), service).await;
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

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "guests that behave as no other would")]
#[expect(clippy::disallowed_methods, reason = "guests that are slow")]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream as Guest;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// More than the system keeps for a guest who does not read.
    const LARGE: usize = 1 << 24;
    const PATIENCE: Duration = Duration::from_millis(300);

    /// A site of a large file and a small one, and how often its files were looked up.
    fn site(most_at_a_time: usize) -> (Server, Arc<AtomicUsize>) {
        let looked_up = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&looked_up);
        let files: Files = Arc::new(move |path| {
            count.fetch_add(1, Ordering::Relaxed);
            match path {
                "large.zip" => Some(Found::File(vec![7; LARGE])),
                "small.txt" => Some(Found::File(b"small".to_vec())),
                _ => None,
            }
        });
        let manners = Manners { most_at_a_time, may_stay: true, patience: PATIENCE };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        (Server::answering(address, files::answers(files, &[]), manners).unwrap(), looked_up)
    }

    fn guest(server: &Server, path: &str) -> Guest {
        let mut guest = Guest::connect(server.address).unwrap();
        guest.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(guest, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        guest
    }

    /// All that comes, so many bytes at a time with a rest in between, until it ends or breaks off.
    fn taken(mut guest: Guest, at_a_time: usize, rest: Duration) -> usize {
        let mut part = vec![0; at_a_time];
        let mut all = 0;
        while let Ok(length @ 1..) = guest.read(&mut part) {
            all += length;
            std::thread::sleep(rest);
        }
        all
    }

    #[test]
    fn who_takes_nothing_is_let_go_and_others_are_served_meanwhile() {
        let (server, looked_up) = site(64);
        let idle: Vec<Guest> = (0..16).map(|_| guest(&server, "/large.zip")).collect();
        while looked_up.load(Ordering::Relaxed) < idle.len() {
            std::thread::yield_now();
        }
        let mut text = String::new();
        guest(&server, "/small.txt").read_to_string(&mut text).unwrap();
        assert!(text.ends_with("\r\n\r\nsmall"), "{text}");
        std::thread::sleep(PATIENCE * 2);
        for guest in idle {
            let all = taken(guest, 1 << 20, Duration::ZERO);
            assert!(all > 0 && all < LARGE, "{all} bytes came");
        }
        assert!(taken(guest(&server, "/large.zip"), 1 << 20, Duration::ZERO) > LARGE);
    }

    #[test]
    fn who_is_slow_but_goes_on_gets_all() {
        let (server, _) = site(64);
        // Longer than is waited for somebody who takes nothing.
        let rest = PATIENCE / 30;
        assert!(taken(guest(&server, "/large.zip"), 1 << 18, rest) > LARGE);
    }

    #[test]
    fn of_too_many_at_a_time_the_first_has_to_leave() {
        let (server, looked_up) = site(2);
        let mut first = guest(&server, "/large.zip");
        first.read_exact(&mut [0; 1]).unwrap();
        let _others: Vec<Guest> = (0..2).map(|_| guest(&server, "/large.zip")).collect();
        while looked_up.load(Ordering::Relaxed) < 3 {
            std::thread::yield_now();
        }
        assert!(taken(first, 1 << 20, Duration::ZERO) < LARGE);
    }
}

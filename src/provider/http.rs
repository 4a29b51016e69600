//! Sends questions over HTTP and receives what comes back, within bounds of time and size.

mod body;
mod connections;
mod key;
mod receive;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request, Url};
use secrecy::SecretString;

use super::dialect::{self, Envelope, Received};
use super::{ProviderError, Reply};
use crate::domain::{Allowance, Bucket, Context, Hash, Instant, Keyed, Question, Server};

pub(super) use self::body::write_to;
pub(super) use self::connections::Connections;
pub use self::connections::client_builder;
pub(super) use self::key::Key;
pub(super) use self::receive::{LARGEST_REPLY, STILL, asked, begun, chain as causes, is_gzip, whole};

/// Why a provider cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    #[error("the key in {variable} has a character that no header may hold")]
    Key { variable: String },
    #[error("the connection to {endpoint} cannot be set up: {detail}")]
    Connection { endpoint: String, detail: String },
}

/// A model behind a server.
pub struct Http {
    server: Server,
    key: Key,
    connections: Connections,
    /// The envelope of the context last seen: hardly ever is there more than one.
    last: Mutex<Option<(Hash, Arc<Sealed>)>>,
    clock: fn() -> Instant,
}

/// An envelope with its address and headers, ready to be sent.
struct Sealed {
    url: Url,
    headers: HeaderMap,
    envelope: Envelope,
}

impl Http {
    /// `in_flight`: the most calls at a time. `clock` is for servers that give times of day.
    pub fn new(
        server: &Server,
        secret: Option<&SecretString>,
        in_flight: usize,
        clock: fn() -> Instant,
    ) -> Result<Self, SetUpError> {
        let key = Key::new(server, secret)?;
        let connections = Connections::to(server, in_flight)?;
        Ok(Self { server: server.clone(), key, connections, last: Mutex::new(None), clock })
    }

    /// Puts the question once.
    pub async fn answer(&self, question: &Keyed<Question>) -> Result<Reply, ProviderError> {
        let sealed = self.sealed(&question.it.context)?;
        let first_byte = Duration::from_secs(self.server.timeout_s.into());
        let connection = self.connections.least_busy();
        let mut request = Request::new(Method::POST, sealed.url.clone());
        request.headers_mut().clone_from(&sealed.headers);
        *request.body_mut() = Some(body::of(&sealed.envelope, &question.it.user).into());
        let (response, mut body) = match asked(connection.client.execute(request), first_byte).await {
            Ok(received) => received,
            Err(mut error) => {
                if let Some(body) = error.body_mut() {
                    self.key.strike(body);
                }
                return Err(error);
            }
        };
        self.key.strike(&mut body);
        let (now, headers) = ((self.clock)(), response.headers());
        let received = Received { status: response.status().as_u16(), headers, body: &body, now };
        let said = dialect::decode(self.server.dialect, &received).map_err(|error| error.with_body(&body))?;
        Ok(Reply {
            served: said.served,
            finish: said.finish,
            text: said.text,
            usage: said.usage,
            request_id: self.request_id(headers),
            allowance: self.allowance(headers, now),
            wire: body,
        })
    }

    fn allowance(&self, headers: &HeaderMap, now: Instant) -> Allowance {
        let told = dialect::allowance(headers, now);
        // A limit on days says nothing of minutes.
        if self.server.counts_requests_by_day {
            Allowance { requests: Bucket::default(), ..told }
        } else {
            told
        }
    }

    /// The provider's name for the call; one that holds the key is none.
    fn request_id(&self, headers: &HeaderMap) -> String {
        const NAMES: [HeaderName; 3] = [
            HeaderName::from_static("x-request-id"),
            HeaderName::from_static("request-id"),
            HeaderName::from_static("x-goog-request-id"),
        ];
        let id = NAMES.iter().find_map(|name| headers.get(name)?.to_str().ok()).unwrap_or_default();
        if self.key.is_in(id) { String::new() } else { id.chars().take(200).collect() }
    }

    fn sealed(&self, context: &Keyed<Context>) -> Result<Arc<Sealed>, ProviderError> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((key, sealed)) = last.as_ref()
            && *key == context.key
        {
            return Ok(Arc::clone(sealed));
        }
        let rejected = |detail: String| ProviderError::Rejected { detail };
        let envelope = dialect::envelope(&self.server, &context.it).map_err(rejected)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &envelope.headers {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self.key.put_into(&mut headers);
        let url = format!("{}{}", self.server.base_url, envelope.path);
        let url = Url::parse(&url).map_err(|error| rejected(format!("{url}: {error}")))?;
        let sealed = Arc::new(Sealed { url, headers, envelope });
        *last = Some((context.key, Arc::clone(&sealed)));
        Ok(sealed)
    }
}

/// Whether an address is this machine's.
pub(super) fn is_loopback(url: &str) -> bool {
    let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

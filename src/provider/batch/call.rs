//! Calls about batches: small ones as a whole, uploads and results piece by piece.

use std::pin::pin;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Method, Request, Response, Url};
use secrecy::SecretString;
use tokio::time::timeout;

use super::spool::Upload;
use crate::domain::{Instant, Server};
use crate::provider::dialect::{self, Received};
use crate::provider::http::{Connections, Key, asked, begun, causes, whole};
use crate::provider::{Closing, ProviderError, SetUpError};

/// One server, with what it takes to call it.
pub(super) struct Calls {
    pub server: Server,
    pub key: Key,
    connections: Connections,
    pub clock: fn() -> Instant,
}

/// Where a body goes, and what goes with it.
pub(super) struct Destination<'a> {
    pub address: &'a str,
    pub headers: &'a [(&'static str, &'a str)],
    /// Some addresses stand for themselves; then the key stays here.
    pub with_key: bool,
}

impl Calls {
    pub fn new(
        server: &Server,
        secret: Option<&SecretString>,
        clock: fn() -> Instant,
    ) -> Result<Self, SetUpError> {
        let key = Key::new(server, secret)?;
        Ok(Self { server: server.clone(), key, connections: Connections::to(server, 1)?, clock })
    }

    pub fn base_url(&self) -> &str {
        &self.server.base_url
    }

    /// Until the first byte of a reply.
    pub fn first_byte(&self) -> Duration {
        Duration::from_secs(self.server.timeout_s.into())
    }

    /// Asks for something that costs nothing.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Vec<u8>, ProviderError> {
        let mut request = self.request(Method::GET, &format!("{}{path}", self.base_url()))?;
        if !query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(query);
        }
        self.send(request).await.map(|(_, body)| body).map_err(nothing_made)
    }

    /// Sends JSON, or nothing.
    pub async fn post(&self, path: &str, json: Vec<u8>) -> Result<Vec<u8>, ProviderError> {
        let request = self.request(Method::POST, &format!("{}{path}", self.base_url()))?;
        self.post_to(request, json).await.map(|(_, body)| body)
    }

    /// Sends JSON with headers of its own; what comes back in headers counts, too.
    pub async fn start(
        &self,
        destination: &Destination<'_>,
        json: Vec<u8>,
    ) -> Result<(HeaderMap, Vec<u8>), ProviderError> {
        self.post_to(self.request_to(destination)?, json).await
    }

    async fn post_to(
        &self,
        mut request: Request,
        json: Vec<u8>,
    ) -> Result<(HeaderMap, Vec<u8>), ProviderError> {
        if !json.is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *request.body_mut() = Some(json.into());
        self.send(request).await
    }

    async fn send(&self, request: Request) -> Result<(HeaderMap, Vec<u8>), ProviderError> {
        let connection = self.connections.least_busy();
        let reply = asked(connection.client.execute(request), self.first_byte()).await;
        self.received(reply)
    }

    /// Sends what is on disk. It may take as long as it moves.
    pub async fn upload(
        &self,
        destination: &Destination<'_>,
        body: Upload,
    ) -> Result<Vec<u8>, ProviderError> {
        let mut request = self.request_to(destination)?;
        let progress = std::sync::Arc::clone(&body.progress);
        request.headers_mut().insert(CONTENT_LENGTH, progress.length.into());
        *request.body_mut() = Some(Body::wrap(body));
        let connection = self.connections.least_busy();
        let mut reply = pin!(connection.client.execute(request));
        let still = self.first_byte();
        let mut before = 0;
        let response = loop {
            match timeout(still, &mut reply).await {
                Ok(Ok(response)) => break response,
                Ok(Err(error)) => {
                    let may_be_there = progress.is_whole() && !error.is_connect();
                    return Err(ProviderError::broken(may_be_there, causes(&error)));
                }
                Err(_) if progress.sent() == before => {
                    let detail = format!("no reply, and nothing was sent for {} s", still.as_secs());
                    return Err(ProviderError::broken(progress.is_whole(), detail));
                }
                Err(_) => before = progress.sent(),
            }
        };
        self.received(whole(response, still).await).map(|(_, body)| body)
    }

    /// The beginning of a reply of any length.
    pub async fn open(&self, address: &str) -> Result<Response, ProviderError> {
        let request = self.request(Method::GET, address)?;
        let connection = self.connections.least_busy();
        let reply = begun(connection.client.execute(request), self.first_byte()).await;
        let response = reply.map_err(nothing_made)?;
        if response.status().is_success() {
            return Ok(response);
        }
        let reply = whole(response, self.first_byte()).await;
        let refused = self.received(reply).err();
        let refused = refused.unwrap_or_else(|| ProviderError::broken(false, "no results".to_owned()));
        Err(nothing_made(refused))
    }

    fn request(&self, method: Method, address: &str) -> Result<Request, ProviderError> {
        let mut request = Request::new(method, self.own(address)?);
        for (name, value) in dialect::headers(self.server.dialect) {
            request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        self.key.put_into(request.headers_mut());
        Ok(request)
    }

    fn request_to(&self, destination: &Destination<'_>) -> Result<Request, ProviderError> {
        let mut request = self.request(Method::POST, destination.address)?;
        if !destination.with_key {
            request.headers_mut().clear();
        }
        for (name, value) in destination.headers {
            let value = HeaderValue::from_str(value);
            let value = value.map_err(|error| ProviderError::Rejected { detail: error.to_string() })?;
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        Ok(request)
    }

    /// An address, if it is this server's: the key and the questions go nowhere else.
    fn own(&self, address: &str) -> Result<Url, ProviderError> {
        let rejected = |detail: String| ProviderError::Rejected { detail };
        let parse = |text: &str| Url::parse(text).map_err(|error| rejected(format!("{text}: {error}")));
        let (url, own) = (parse(address)?, parse(self.base_url())?);
        if url.origin() == own.origin() && url.username().is_empty() && url.password().is_none() {
            return Ok(url);
        }
        let (other, own) = (url.origin().ascii_serialization(), own.origin().ascii_serialization());
        Err(rejected(format!("the server sends on to {other}, which is not {own}: not followed")))
    }

    /// The body of a reply that went well; else what is to be done.
    fn received(
        &self,
        reply: Result<(Response, Vec<u8>), ProviderError>,
    ) -> Result<(HeaderMap, Vec<u8>), ProviderError> {
        let (response, mut body) = reply.map_err(|mut error| {
            if let Some(body) = error.body_mut() {
                self.key.strike(body);
            }
            error
        })?;
        self.key.strike(&mut body);
        let (status, headers) = (response.status().as_u16(), response.headers());
        if (200..300).contains(&status) {
            return Ok((headers.clone(), body));
        }
        let received = Received { status, headers, body: &body, now: (self.clock)() };
        Err(match not_the_model(status, dialect::failure(&received)) {
            // Whatever it was about, the server had it.
            ProviderError::Broken { detail, .. } => ProviderError::broken(true, detail),
            other => other,
        })
    }
}

/// What is not there is a batch or a file, unless the server says that it is the model.
fn not_the_model(status: u16, error: ProviderError) -> ProviderError {
    match error {
        ProviderError::Closed { why: Closing::Model, detail }
            if matches!(status, 404 | 410) && !detail.contains("model") =>
        {
            ProviderError::Rejected { detail }
        }
        other => other,
    }
}

/// For calls that make nothing: however they fail, there is nothing to pay for.
pub(super) fn nothing_made(error: ProviderError) -> ProviderError {
    match error {
        ProviderError::Broken { detail, .. } => ProviderError::broken(false, detail),
        other => other,
    }
}

/// For calls that make a batch: a server that fails may have made it before.
pub(super) fn maybe_made(error: ProviderError) -> ProviderError {
    match error {
        // A 503 may come from something in between.
        ProviderError::Busy { counts: true, detail, .. } => ProviderError::broken(true, detail),
        other => other,
    }
}

//! Posts an outcome to where the user wants it, signed; says whether another try may help.

#![expect(clippy::disallowed_types, reason = "one of the places that open sockets")]

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, Url};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio::time::timeout;

use super::http::{causes, client_builder, is_loopback};
use crate::domain::Instant;

/// From sending to the end of the reply.
const PATIENCE: Duration = Duration::from_secs(30);
/// So much of a reply is read: it is for people, who read a line of it.
const LARGEST_REPLY: usize = 4 * 1024;
const SHOWN: usize = 200;
/// Whoever wants to be left alone for longer is asked again sooner.
const LONGEST_WAIT_MS: u64 = 60_000;

/// Why something was not delivered. Addresses may be secrets themselves, so only their host is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("the webhook's address is none: {detail}")]
    Address { detail: String },
    #[error("the webhook's address must begin with https://, but for this machine's own")]
    Unencrypted,
    #[error("the connection to {host} cannot be set up: {detail}")]
    SetUp { host: String, detail: String },
    /// Another try may help; not before so many milliseconds, where it says so.
    #[error("{host}: {detail}")]
    Again { host: String, detail: String, wait_ms: Option<u64> },
    #[error("{host}: {detail}")]
    Refused { host: String, detail: String },
}

/// Where outcomes are posted.
pub struct Receiver {
    url: Url,
    client: Client,
    secret: Option<SecretString>,
}

impl Receiver {
    /// With a secret, what is posted is signed with it.
    pub fn new(url: &str, secret: Option<SecretString>) -> Result<Self, WebhookError> {
        let parsed = Url::parse(url).map_err(|error| WebhookError::Address { detail: error.to_string() })?;
        let is_local = is_loopback(url);
        match parsed.scheme() {
            "https" => {}
            "http" if is_local => {}
            _ => return Err(WebhookError::Unencrypted),
        }
        let client = client_builder(is_local).build();
        let host = host(&parsed);
        let client = client.map_err(|error| WebhookError::SetUp { host, detail: causes(&error) })?;
        Ok(Self { url: parsed, client, secret })
    }

    pub fn host(&self) -> String {
        host(&self.url)
    }

    /// Posts once. `id` is the same at every try, so that whoever receives it twice can tell.
    pub async fn deliver(&self, id: &str, body: &[u8], now: Instant) -> Result<(), WebhookError> {
        let again = |detail: String| WebhookError::Again { host: self.host(), detail, wait_ms: None };
        let mut request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("x-score-tasks-delivery", id)
            .body(body.to_owned());
        if let Some(secret) = &self.secret {
            let timestamp = (now.0 / 1_000).to_string();
            let signature = signature(secret, &timestamp, body).ok_or_else(|| WebhookError::Refused {
                host: self.host(),
                detail: "the secret cannot sign".to_owned(),
            })?;
            request = request
                .header("x-score-tasks-timestamp", timestamp)
                .header("x-score-tasks-signature", format!("sha256={signature}"));
        }
        let exchange = async {
            let mut response = request.send().await.map_err(|error| again(causes(&error)))?;
            let told = self.told(&mut response).await;
            self.verdict(&response, &told, now)
        };
        let waited = || again(format!("no reply within {} s", PATIENCE.as_secs()));
        timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(waited()))
    }

    fn verdict(&self, response: &Response, told: &str, now: Instant) -> Result<(), WebhookError> {
        let status = response.status().as_u16();
        let host = self.host();
        let told = if told.is_empty() { String::new() } else { format!(": {told}") };
        let detail = format!("status {status}{told}");
        match status {
            200..=299 => Ok(()),
            // Not followed: whoever answers would decide who gets to read it.
            300..=399 => Err(WebhookError::Refused {
                host,
                detail: format!("status {status}: it sends on to elsewhere"),
            }),
            408 | 429 | 500..=599 => {
                let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                let wait_ms = header.and_then(|text| wait_ms(text, now));
                Err(WebhookError::Again { host, detail, wait_ms })
            }
            _ => Err(WebhookError::Refused { host, detail }),
        }
    }

    /// The beginning of the reply on one line; a secret that is sent back is struck out.
    async fn told(&self, response: &mut Response) -> String {
        let mut received = Vec::new();
        while received.len() < LARGEST_REPLY {
            // What breaks off is of no interest: the status is there.
            let Ok(Some(chunk)) = response.chunk().await else { break };
            received.extend_from_slice(&chunk);
        }
        received.truncate(LARGEST_REPLY);
        let text = String::from_utf8_lossy(&received);
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = match &self.secret {
            Some(secret) => text.replace(secret.expose_secret(), "[secret]"),
            None => text,
        };
        let text = without_address(text, &self.url);
        text.trim().chars().take(SHOWN).collect()
    }
}

/// Shorter parts of an address than this are words that anybody may say.
const SHORTEST_SECRET: usize = 6;

/// Strikes out what of the address may be a secret: some servers repeat what they were asked for.
fn without_address(mut text: String, url: &Url) -> String {
    let whole =
        [url.as_str(), url.path(), url.path().trim_start_matches('/'), url.query().unwrap_or_default()];
    let login = [url.username(), url.password().unwrap_or_default()];
    let values: Vec<String> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
    let segments = url.path().split('/').chain(values.iter().map(String::as_str));
    for part in whole.into_iter().chain(login).chain(segments) {
        if part.len() >= SHORTEST_SECRET {
            text = text.replace(part, "[address]");
        }
    }
    text
}

fn host(url: &Url) -> String {
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}{port}", url.host_str().unwrap_or("the webhook"))
}

/// Seconds, or a date.
fn wait_ms(header: &str, now: Instant) -> Option<u64> {
    let wait = match header.trim().parse::<u64>() {
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => u64::try_from(Instant::parse_http_date(header)?.0.saturating_sub(now.0)).unwrap_or(0),
    };
    Some(wait.min(LONGEST_WAIT_MS))
}

/// HMAC-SHA256 over the time, a dot and the body, in hex.
fn signature(secret: &SecretString, timestamp: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_others_make_of_the_same() {
        // python3 -c 'import hmac; print(hmac.new(b"key", b"1.{}", "sha256").hexdigest())'
        let found = signature(&SecretString::from("key"), "1", b"{}").unwrap();
        assert_eq!(found, "1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224");
    }

    #[test]
    fn addresses_are_encrypted_but_for_this_machine() {
        let error = |url: &str| Receiver::new(url, None).err();
        assert_eq!(error("http://127.0.0.1:9/x"), None);
        assert_eq!(error("https://hooks.example/T0/secret"), None);
        for url in [
            "http://hooks.example/x",
            "ftp://127.0.0.1/x",
            "file:///etc/passwd",
            "http://127.0.0.1.evil.example/",
        ] {
            assert_eq!(error(url), Some(WebhookError::Unencrypted), "{url}");
        }
        assert!(matches!(error("hooks.example"), Some(WebhookError::Address { .. })));
        let receiver = Receiver::new("https://user:word@hooks.example:8443/T0/secret", None).unwrap();
        assert_eq!(receiver.host(), "hooks.example:8443");
    }

    #[test]
    fn what_a_server_repeats_of_the_address_is_struck_out() {
        let url = Url::parse("https://hooks.example/services/T0AAAA/secret-word?token=abcdef12&a=b").unwrap();
        for (said, told) in [
            ("no such page", "no such page"),
            ("no /services/T0AAAA/secret-word here", "no [address] here"),
            ("GET /services/T0AAAA/secret-word?token=abcdef12&a=b", "GET [address]?[address]"),
            ("unknown T0AAAA, secret-word", "unknown [address], [address]"),
            ("bad token abcdef12", "bad token [address]"),
        ] {
            assert_eq!(without_address(said.to_owned(), &url), told);
        }
    }

    #[test]
    fn waits_are_seconds_or_dates_within_bounds() {
        let now = Instant::parse("2026-11-24T12:00:00Z").unwrap();
        for (header, wait) in [
            ("3", Some(3_000)),
            ("86400", Some(60_000)),
            ("Tue, 24 Nov 2026 12:00:05 GMT", Some(5_000)),
            ("Tue, 24 Nov 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            assert_eq!(wait_ms(header, now), wait, "{header}");
        }
    }
}

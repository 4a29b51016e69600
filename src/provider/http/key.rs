//! A server's key: in one header of every request, and struck out of every reply.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::SetUpError;
use crate::domain::{KeyHeader, Server};

/// Stands where a reply held the key.
const STRUCK: &[u8] = b"[key]";
const SHORTEST_KEY: usize = 8;

/// The key of one server; none where it takes none.
pub(in crate::provider) struct Key {
    header: Option<(HeaderName, HeaderValue)>,
    secret: Option<SecretString>,
}

impl Key {
    pub fn new(server: &Server, secret: Option<&SecretString>) -> Result<Self, SetUpError> {
        let header = match (secret, &server.api_key_env) {
            (Some(secret), Some(variable)) => Some(sensitive(server.key_header, secret, variable)?),
            _ => None,
        };
        // What is shorter than a word is no secret, and would be struck out of every text.
        let secret = secret.filter(|secret| secret.expose_secret().len() >= SHORTEST_KEY).cloned();
        Ok(Self { header, secret })
    }

    pub fn put_into(&self, headers: &mut HeaderMap) {
        if let Some((name, value)) = &self.header {
            headers.insert(name.clone(), value.clone());
        }
    }

    /// Some servers send back what they were sent; the key is not to be stored or shown.
    pub fn strike(&self, body: &mut Vec<u8>) {
        let Some(secret) = &self.secret else { return };
        let secret = secret.expose_secret().as_bytes();
        while let Some(at) = memchr::memmem::find(body, secret) {
            body.splice(at..at + secret.len(), STRUCK.iter().copied());
        }
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.secret.as_ref().is_some_and(|secret| text.contains(secret.expose_secret()))
    }
}

/// The key in its header, marked so that it is never shown and never indexed by HTTP/2.
fn sensitive(
    header: KeyHeader,
    key: &SecretString,
    variable: &str,
) -> Result<(HeaderName, HeaderValue), SetUpError> {
    let (name, value) = match header {
        KeyHeader::Bearer => ("authorization", format!("Bearer {}", key.expose_secret())),
        KeyHeader::XApiKey => ("x-api-key", key.expose_secret().to_owned()),
        KeyHeader::XGoogApiKey => ("x-goog-api-key", key.expose_secret().to_owned()),
        KeyHeader::ApiKey => ("api-key", key.expose_secret().to_owned()),
    };
    let value = HeaderValue::from_str(&value);
    let mut value = value.map_err(|_| SetUpError::Key { variable: variable.to_owned() })?;
    value.set_sensitive(true);
    Ok((HeaderName::from_static(name), value))
}

//! A reply within bounds: so long until its first byte, so long in all, so many bytes.

use std::io::Read;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::time::timeout;

use crate::provider::ProviderError;

/// The most that a reply may have, unpacked. Answers have a kilobyte.
pub(in crate::provider) const LARGEST_REPLY: usize = 8 * 1024 * 1024;
/// A body may stand still for so long. Some servers send blank lines while a model thinks, so a reply
/// that has begun may still take as long as one that has not.
pub(in crate::provider) const STILL: Duration = Duration::from_secs(30);

/// Sends a request and receives the whole reply.
pub(in crate::provider) async fn asked(
    reply: impl Future<Output = reqwest::Result<Response>>,
    first_byte: Duration,
) -> Result<(Response, Vec<u8>), ProviderError> {
    whole(begun(reply, first_byte).await?, first_byte).await
}

/// Sends a request and waits for the beginning of the reply.
pub(in crate::provider) async fn begun(
    reply: impl Future<Output = reqwest::Result<Response>>,
    first_byte: Duration,
) -> Result<Response, ProviderError> {
    match timeout(first_byte, reply).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(not_sent(&error)),
        Err(_) => Err(lost(format!("no reply within {} s", first_byte.as_secs()))),
    }
}

/// Receives the rest of a reply.
pub(in crate::provider) async fn whole(
    mut response: Response,
    first_byte: Duration,
) -> Result<(Response, Vec<u8>), ProviderError> {
    let expected = response.content_length().and_then(|length| usize::try_from(length).ok());
    let mut body = Vec::with_capacity(expected.unwrap_or(0).min(LARGEST_REPLY));
    let whole = timeout(first_byte, receive(&mut response, &mut body, STILL.min(first_byte))).await;
    let whole = whole.unwrap_or_else(|_| {
        Err(lost(format!("the reply was not whole {} s after it began", first_byte.as_secs())))
    });
    let body = match whole {
        // What did come was paid for, too.
        Err(error) => return Err(error.with_body(&body)),
        Ok(()) if is_gzip(response.headers()) => unpacked(&body)?,
        Ok(()) => body,
    };
    Ok((response, body))
}

/// Appends what comes to the body, until it is whole.
async fn receive(response: &mut Response, body: &mut Vec<u8>, still: Duration) -> Result<(), ProviderError> {
    loop {
        let chunk = match timeout(still, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(error)) => return Err(lost(format!("the reply broke off: {}", chain(&error)))),
            Err(_) => return Err(lost(format!("the reply stood still for {} s", still.as_secs()))),
        };
        if body.len() + chunk.len() > LARGEST_REPLY {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
}

pub(in crate::provider) fn is_gzip(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"gzip"))
}

/// Nobody is asked to compress, but some servers do.
fn unpacked(packed: &[u8]) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(packed).take(LARGEST_REPLY as u64 + 1);
    if let Err(error) = decoder.read_to_end(&mut body) {
        return Err(lost(format!("the reply cannot be unpacked: {error}")).with_body(&body));
    }
    if body.len() > LARGEST_REPLY { Err(too_large()) } else { Ok(body) }
}

fn too_large() -> ProviderError {
    lost(format!("the reply has more than {} MB", LARGEST_REPLY / 1024 / 1024))
}

/// The question was sent and the answer may have been made.
fn lost(detail: String) -> ProviderError {
    ProviderError::broken(true, detail)
}

/// Whether the question reached the server cannot always be told; it did not where there was no
/// connection.
fn not_sent(error: &reqwest::Error) -> ProviderError {
    ProviderError::broken(!error.is_connect(), chain(error))
}

/// An error with its causes, without the address: what stands there is known, and might be secret.
pub(in crate::provider) fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(inner) = cause {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    if text.is_empty() {
        text = "the request failed".to_owned();
    }
    let kind = match error {
        _ if error.is_connect() => "cannot connect: ",
        _ if error.is_timeout() => "timed out: ",
        _ => "",
    };
    format!("{kind}{text}")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_within_bounds() {
        assert_eq!(unpacked(&packed(b"{}")).unwrap(), b"{}");
        let bomb = packed(&vec![0; LARGEST_REPLY + 1]);
        assert!(bomb.len() < 100_000);
        let error = unpacked(&bomb).unwrap_err();
        assert!(error.to_string().contains("more than 8 MB"), "{error}");
        assert!(unpacked(b"no gzip").is_err());
    }
}

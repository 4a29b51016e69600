//! What came of a batch, read line by line as it arrives.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use flate2::write::MultiGzDecoder;
use memchr::memmem;
use reqwest::Response;
use serde::Deserialize;
use tokio::time::timeout;

use super::call::Calls;
use super::item::{Found, Item, judged, lost};
use super::lines::{Line, Lines};
use super::{anthropic, gemini, openai};
use crate::domain::{BatchApi, Instant, Server};
use crate::provider::ProviderError;
use crate::provider::http::{LARGEST_REPLY, STILL, causes, is_gzip};

/// The results of one batch, in whatever order they come.
pub struct Results {
    calls: Arc<Calls>,
    api: BatchApi,
    /// What is still to be opened.
    addresses: VecDeque<String>,
    arriving: Option<Arriving>,
}

impl Results {
    /// Opens the first part, so that what is wrong shows now.
    pub(super) async fn open(
        calls: Arc<Calls>,
        api: BatchApi,
        addresses: Vec<String>,
    ) -> Result<Self, ProviderError> {
        let mut results = Self { calls, api, addresses: addresses.into(), arriving: None };
        results.go_on().await?;
        Ok(results)
    }

    /// Whether there is a further part; if so it is opened.
    async fn go_on(&mut self) -> Result<bool, ProviderError> {
        self.arriving = match self.addresses.pop_front() {
            Some(address) => {
                let response = self.calls.open(&address).await?;
                Some(Arriving::new(response, STILL.min(self.calls.first_byte())))
            }
            None => None,
        };
        Ok(self.arriving.is_some())
    }

    /// The next question's key, and what came of it.
    ///
    /// `Broken` with `maybe_billed` is a line of which nobody can tell whose it is; others follow. After
    /// any other error nothing follows, and the results may be opened once more.
    pub async fn next(&mut self) -> Option<Result<(String, Item), ProviderError>> {
        loop {
            let line = match &mut self.arriving {
                Some(arriving) => arriving.next().await,
                None => Ok(None),
            };
            let error = match line {
                Ok(Some(line)) => {
                    if let Some(item) = self.read(line) {
                        return Some(item);
                    }
                    continue;
                }
                Ok(None) => match self.go_on().await {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(error) => error,
                },
                Err(error) => error,
            };
            self.arriving = None;
            self.addresses.clear();
            return Some(Err(error));
        }
    }

    /// `None` for an empty line.
    fn read(&self, line: Line) -> Option<Result<(String, Item), ProviderError>> {
        let line = match line {
            Line::Whole(mut bytes) => {
                self.calls.key.strike(&mut bytes);
                Line::Whole(bytes)
            }
            Line::TooLong(mut bytes) => {
                self.calls.key.strike(&mut bytes);
                Line::TooLong(bytes)
            }
        };
        read(&self.calls.server, self.api, &line, (self.calls.clock)())
    }
}

/// Reads a line; `None` for an empty one.
pub(super) fn read(
    server: &Server,
    api: BatchApi,
    line: &Line,
    now: Instant,
) -> Option<Result<(String, Item), ProviderError>> {
    let (bytes, detail) = match line {
        Line::Whole(bytes) if bytes.trim_ascii().is_empty() => return None,
        Line::Whole(bytes) => {
            if let Some((id, found)) = parsed(api, bytes) {
                return Some(Ok((id, judged(server.dialect, found, bytes, now))));
            }
            (bytes, "a line of the results cannot be read".to_owned())
        }
        Line::TooLong(bytes) => {
            (bytes, format!("a line of the results has more than {} MB", LARGEST_REPLY / 1024 / 1024))
        }
    };
    Some(match id_in(api, bytes) {
        Some(id) => Ok((id, lost(&detail, bytes))),
        None => Err(ProviderError::broken(true, detail).with_body(bytes)),
    })
}

fn parsed(api: BatchApi, line: &[u8]) -> Option<(String, Found<'_>)> {
    match api {
        // Their lines are alike.
        BatchApi::OpenAi | BatchApi::Mistral => openai::item(line),
        BatchApi::Anthropic => anthropic::item(line),
        BatchApi::Gemini => gemini::item(line),
    }
}

/// The key in a line that cannot be read as a whole. Within strings quotes have a backslash in front,
/// so that what looks like a member's name is one.
fn id_in(api: BatchApi, line: &[u8]) -> Option<String> {
    let name: &[u8] = match api {
        BatchApi::Gemini => br#""key""#,
        BatchApi::OpenAi | BatchApi::Anthropic | BatchApi::Mistral => br#""custom_id""#,
    };
    let behind = line.get(memmem::find(line, name)? + name.len()..)?;
    let value = behind.trim_ascii_start().strip_prefix(b":")?;
    let mut values = serde_json::Deserializer::from_slice(value);
    String::deserialize(&mut values).ok()
}

/// A reply that goes on.
struct Arriving {
    response: Response,
    /// Nobody is asked to compress, but some servers do.
    unpacker: Option<MultiGzDecoder<Vec<u8>>>,
    lines: Lines,
    is_over: bool,
    still: Duration,
}

impl Arriving {
    fn new(response: Response, still: Duration) -> Self {
        let unpacker = is_gzip(response.headers()).then(|| MultiGzDecoder::new(Vec::new()));
        Self { response, unpacker, lines: Lines::new(LARGEST_REPLY), is_over: false, still }
    }

    async fn next(&mut self) -> Result<Option<Line>, ProviderError> {
        loop {
            if let Some(line) = self.lines.cut() {
                return Ok(Some(line));
            }
            if self.is_over {
                return Ok(None);
            }
            self.more().await?;
        }
    }

    async fn more(&mut self) -> Result<(), ProviderError> {
        let broken = |detail: String| ProviderError::broken(false, detail);
        let chunk = match timeout(self.still, self.response.chunk()).await {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(error)) => return Err(broken(format!("the results broke off: {}", causes(&error)))),
            Err(_) => {
                return Err(broken(format!("the results stood still for {} s", self.still.as_secs())));
            }
        };
        let unpacking = |error: std::io::Error| broken(format!("the results cannot be unpacked: {error}"));
        match (chunk, &mut self.unpacker) {
            (Some(chunk), None) => self.lines.push(&chunk),
            (Some(chunk), Some(unpacker)) => {
                unpacker.write_all(&chunk).map_err(unpacking)?;
                self.lines.push(&std::mem::take(unpacker.get_mut()));
            }
            (None, unpacker) => {
                if let Some(unpacker) = unpacker {
                    unpacker.try_finish().map_err(unpacking)?;
                    self.lines.push(&std::mem::take(unpacker.get_mut()));
                }
                self.lines.end();
                self.is_over = true;
            }
        }
        Ok(())
    }
}

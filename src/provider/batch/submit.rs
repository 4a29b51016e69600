//! The steps by which a batch is handed over.

use reqwest::header::HeaderMap;
use serde::Deserialize;

use super::call::{Calls, Destination, maybe_made, nothing_made};
use super::spool::Spool;
use super::{Remote, anthropic, gemini, mistral, openai, remote, safe};
use crate::domain::BatchApi;
use crate::provider::ProviderError;

/// What a batch goes by.
pub(super) struct Names<'a> {
    /// Ours.
    pub name: &'a str,
    pub model: &'a str,
}

pub(super) async fn submit(
    calls: &Calls,
    api: BatchApi,
    names: &Names<'_>,
    spool: Spool,
) -> Result<Remote, ProviderError> {
    safe(names.name)?;
    if spool.is_empty() {
        return Err(ProviderError::Rejected { detail: "there is no question in the batch".to_owned() });
    }
    let endpoint = spool.writer.endpoint();
    let made = match api {
        BatchApi::Anthropic => in_one(calls, spool).await,
        BatchApi::OpenAi => {
            let file = form(calls, names, spool).await.map_err(nothing_made)?;
            calls.post(openai::CREATE, openai::create(names.name, endpoint, &file)).await
        }
        BatchApi::Mistral => {
            let file = form(calls, names, spool).await.map_err(nothing_made)?;
            calls.post(mistral::JOBS, mistral::create(names, endpoint, &file)).await
        }
        BatchApi::Gemini => {
            let file = in_two(calls, names, spool).await.map_err(nothing_made)?;
            calls
                .post(&gemini::create_path(calls.base_url(), names.model), gemini::create(names, &file))
                .await
        }
    };
    let body = made.map_err(maybe_made)?;
    remote(api, &body).ok_or_else(|| {
        let detail = "the server's answer to a new batch cannot be read".to_owned();
        ProviderError::broken(true, detail).with_body(&body)
    })
}

/// All questions are in the body of the one call.
async fn in_one(calls: &Calls, spool: Spool) -> Result<Vec<u8>, ProviderError> {
    let address = format!("{}{}", calls.base_url(), anthropic::batches(calls.base_url()));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(spool.headers.iter().flatten().copied());
    let destination = Destination { address: &address, headers: &headers, with_key: true };
    calls.upload(&destination, spool.upload("", "")?).await
}

/// What comes back when a file is put there.
#[derive(Deserialize)]
struct Uploaded {
    id: String,
}

/// The questions are a file, sent as forms of web pages send files. Gives the file's id.
async fn form(calls: &Calls, names: &Names<'_>, spool: Spool) -> Result<String, ProviderError> {
    let name = names.name;
    // No line of JSON has a carriage return, so no line is taken for the boundary.
    let (front, back) = (
        format!(
            "--{name}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n\
             --{name}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}.jsonl\"\r\n\
             Content-Type: application/jsonl\r\n\r\n"
        ),
        format!("\r\n--{name}--\r\n"),
    );
    let address = format!("{}{}", calls.base_url(), openai::FILES);
    let kind = format!("multipart/form-data; boundary={name}");
    let headers = [("content-type", kind.as_str())];
    let destination = Destination { address: &address, headers: &headers, with_key: true };
    let body = calls.upload(&destination, spool.upload(&front, &back)?).await?;
    let uploaded = serde_json::from_slice::<Uploaded>(&body).ok();
    uploaded.map(|file| file.id).ok_or_else(|| super::unreadable("the answer to a file", &body))
}

/// A first call says what is to come and is told where to; the second brings it. Gives the file's name.
///
/// Questions could also stand in the batch itself, up to 20 MB. But then all answers come with its
/// state, whenever that is asked for, and in one piece.
async fn in_two(calls: &Calls, names: &Names<'_>, spool: Spool) -> Result<String, ProviderError> {
    let address = gemini::upload_address(calls.base_url());
    let length = spool.bytes().to_string();
    let headers = [
        ("x-goog-upload-protocol", "resumable"),
        ("x-goog-upload-command", "start"),
        ("x-goog-upload-header-content-length", length.as_str()),
        ("x-goog-upload-header-content-type", "application/jsonl"),
    ];
    let first = Destination { address: &address, headers: &headers, with_key: true };
    let (headers, body) = calls.start(&first, gemini::file(names.name)).await?;
    let Some(address) = text(&headers, "x-goog-upload-url") else {
        return Err(super::unreadable("the place for a file", &body));
    };
    let headers = [("x-goog-upload-command", "upload, finalize"), ("x-goog-upload-offset", "0")];
    // The address itself says who may write there.
    let second = Destination { address, headers: &headers, with_key: false };
    let body = calls.upload(&second, spool.upload("", "")?).await?;
    gemini::file_name(&body).ok_or_else(|| super::unreadable("the answer to a file", &body))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

//! Downloads a file, goes on where an earlier try ended, and keeps to a bound on its size.

use std::time::Duration;

use reqwest::header::{ETAG, HeaderMap, IF_RANGE, RANGE};
use tokio::time::timeout;

use super::http::builder;

/// A download that stands still for so long is given up; what has come is kept for the next try.
const STILL: Duration = Duration::from_secs(60);

/// Why a file could not be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error("{url}: {detail}")]
    Unreachable { url: String, detail: String },
    #[error("{url}: the server answers with {status}")]
    Refused { url: String, status: u16 },
    #[error("{url}: more than {most} bytes")]
    TooLarge { url: String, most: u64 },
    #[error("{url}: broke off after {bytes} bytes")]
    BrokenOff { url: String, bytes: u64 },
    #[error("{url}: {detail}")]
    NotKept { url: String, detail: String },
}

/// What is to be downloaded, and what is there of it.
pub struct Download<'a> {
    pub url: &'a str,
    /// Bytes of an earlier try, and the server's mark of the file that they belong to.
    pub have: u64,
    pub mark: Option<&'a str>,
    pub most: u64,
}

/// What the server says of the file before its bytes come.
#[derive(Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// Where the bytes that follow begin: 0 when earlier ones are of no use.
    pub from: u64,
    /// Of the whole file, where the server tells.
    pub size: Option<u64>,
    /// Names this version of the file, so that a later try can go on.
    pub mark: Option<String>,
}

impl Download<'_> {
    /// `begin` is told where the bytes start, then `keep` gets them piece by piece.
    pub async fn run(
        &self,
        begin: &mut dyn FnMut(&Downloaded) -> std::io::Result<()>,
        keep: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), DownloadError> {
        let mut response = self.request().await?;
        let file = self.described(response.status().as_u16(), response.headers())?;
        let not_kept = |error: std::io::Error| DownloadError::NotKept {
            url: self.url.to_owned(),
            detail: error.to_string(),
        };
        begin(&file).map_err(not_kept)?;
        let mut bytes = file.from;
        loop {
            let broken = || DownloadError::BrokenOff { url: self.url.to_owned(), bytes };
            let chunk = match timeout(STILL, response.chunk()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) if file.size.is_none_or(|size| size == bytes) => return Ok(()),
                _ => return Err(broken()),
            };
            bytes += chunk.len() as u64;
            self.check_size(bytes)?;
            keep(&chunk).map_err(not_kept)?;
        }
    }

    async fn request(&self) -> Result<reqwest::Response, DownloadError> {
        let unreachable = |detail: String| DownloadError::Unreachable { url: self.url.to_owned(), detail };
        let client = builder().build().map_err(|error| unreachable(error.without_url().to_string()))?;
        let mut request = client.get(self.url);
        if let (true, Some(mark)) = (self.have > 0, self.mark) {
            request = request.header(RANGE, format!("bytes={}-", self.have)).header(IF_RANGE, mark);
        }
        match timeout(STILL, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(unreachable(super::http::causes(&error))),
            Err(_) => Err(unreachable(format!("no reply within {} s", STILL.as_secs()))),
        }
    }

    fn described(&self, status: u16, headers: &HeaderMap) -> Result<Downloaded, DownloadError> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.rsplit('/').next()?.parse::<u64>().ok();
        let mark = headers.get(ETAG).and_then(|mark| mark.to_str().ok()).map(str::to_owned);
        // A weak mark says that two files mean the same, not that their bytes are.
        let mark = mark.filter(|mark| !mark.starts_with("W/"));
        let file = match status {
            200 => Downloaded { from: 0, size: number("content-length"), mark },
            206 => Downloaded { from: self.have, size: number("content-range"), mark },
            status => return Err(DownloadError::Refused { url: self.url.to_owned(), status }),
        };
        self.check_size(file.size.unwrap_or(0))?;
        Ok(file)
    }

    fn check_size(&self, bytes: u64) -> Result<(), DownloadError> {
        if bytes > self.most {
            return Err(DownloadError::TooLarge { url: self.url.to_owned(), most: self.most });
        }
        Ok(())
    }
}

//! Downloads a file, goes on where an earlier try ended, and keeps to a bound on its size.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, IF_RANGE, LOCATION, RANGE,
};
use reqwest::{Response, Url};
use tokio::time::timeout;

use super::http::{causes, client_builder, is_loopback};

/// A download that stands still for so long is given up; what has come is kept for the next try.
const STILL: Duration = Duration::from_secs(60);

/// Why a file could not be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    #[error("{url} cannot be downloaded: {detail}")]
    Unreachable { url: String, detail: String },
    #[error("{url}: the server answers with status {status}")]
    Refused { url: String, status: u16 },
    /// Not followed: whoever answers would decide where data comes from.
    #[error("{url}: the server sends on to {to}")]
    SentOn { url: String, to: String },
    #[error("{url}: has more than the {most} bytes that are allowed")]
    TooLarge { url: String, most: u64 },
    /// So many bytes of the file are good.
    #[error("{url}: the download broke off after {bytes} bytes: {detail}")]
    BrokenOff { url: String, bytes: u64, detail: String },
}

/// What is to be downloaded.
pub struct Download<'a> {
    pub url: &'a str,
    pub kept: Option<Kept<'a>>,
    /// No more bytes than this.
    pub most: u64,
}

/// What there is of a file from an earlier try.
#[derive(Clone, Copy)]
pub struct Kept<'a> {
    pub bytes: u64,
    /// The server's name for the version that they are of.
    pub mark: &'a str,
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

/// A download under way.
pub struct Arriving {
    pub file: Downloaded,
    url: String,
    most: u64,
    /// How many of the file there are with those that came.
    bytes: u64,
    response: Response,
}

impl Download<'_> {
    /// Asks for the rest of what is kept, or for the whole where that cannot be had.
    pub async fn begin(&self) -> Result<Arriving, DownloadError> {
        let response = self.request(self.kept).await?;
        let (file, response) =
            match self.described(response.status().as_u16(), response.headers(), self.kept)? {
                Some(file) => (file, response),
                None => {
                    let response = self.request(None).await?;
                    let status = response.status().as_u16();
                    let file = self.described(status, response.headers(), None)?;
                    (file.ok_or_else(|| self.refused(status))?, response)
                }
            };
        if file.size.is_some_and(|size| size > self.most) {
            return Err(DownloadError::TooLarge { url: self.url.to_owned(), most: self.most });
        }
        Ok(Arriving { bytes: file.from, file, url: self.url.to_owned(), most: self.most, response })
    }

    async fn request(&self, kept: Option<Kept<'_>>) -> Result<Response, DownloadError> {
        let unreachable = |detail: String| DownloadError::Unreachable { url: self.url.to_owned(), detail };
        let client =
            client_builder(is_loopback(self.url)).build().map_err(|error| unreachable(causes(&error)))?;
        let mut request = client.get(self.url).header(ACCEPT_ENCODING, "identity");
        if let Some(Kept { bytes, mark }) = kept {
            request = request.header(RANGE, format!("bytes={bytes}-")).header(IF_RANGE, mark);
        }
        match timeout(STILL, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(unreachable(causes(&error))),
            Err(_) => Err(unreachable(format!("no reply within {} s", STILL.as_secs()))),
        }
    }

    /// `None`: what is kept is of no use, so the whole is to be asked for.
    fn described(
        &self,
        status: u16,
        headers: &HeaderMap,
        kept: Option<Kept<'_>>,
    ) -> Result<Option<Downloaded>, DownloadError> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        // A weak mark says that two files mean the same, not that their bytes are.
        let mark = text(ETAG).filter(|mark| !mark.starts_with("W/")).map(str::to_owned);
        match (status, kept) {
            (200, _) => {
                let size = text(CONTENT_LENGTH).and_then(|size| size.parse().ok());
                Ok(Some(Downloaded { from: 0, size, mark }))
            }
            // Some servers send a part of whatever the file is now.
            (206, Some(kept)) if mark.as_deref() == Some(kept.mark) => {
                let range = text(CONTENT_RANGE).and_then(range).filter(|(from, _)| *from == kept.bytes);
                Ok(range.map(|(from, size)| Downloaded { from, size, mark }))
            }
            (206 | 416, Some(_)) => Ok(None),
            (301 | 302 | 303 | 307 | 308, _) => Err(self.sent_on(text(LOCATION).unwrap_or_default())),
            (status, _) => Err(self.refused(status)),
        }
    }

    fn refused(&self, status: u16) -> DownloadError {
        DownloadError::Refused { url: self.url.to_owned(), status }
    }

    fn sent_on(&self, location: &str) -> DownloadError {
        let to = Url::parse(self.url).and_then(|url| url.join(location));
        let to = to.map(|mut to| {
            // Tickets of a login are for nobody's screen.
            to.set_query(None);
            to.set_fragment(None);
            to.to_string()
        });
        let to = to.unwrap_or_else(|_| "another address".to_owned());
        DownloadError::SentOn { url: self.url.to_owned(), to }
    }
}

/// Where the part begins, and the size of the whole: `bytes 500-999/1000`.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = range.split_once('-')?;
    Some((from.parse().ok()?, size.parse().ok()))
}

impl Arriving {
    /// The bytes that have come; `None` once the file is whole.
    pub async fn next(&mut self) -> Result<Option<Bytes>, DownloadError> {
        let bytes = match timeout(STILL, self.response.chunk()).await {
            Ok(Ok(Some(bytes))) => bytes,
            Ok(Ok(None)) if self.file.size.is_none_or(|size| size == self.bytes) => return Ok(None),
            Ok(Ok(None)) => return Err(self.broken("the server sent no more".to_owned())),
            Ok(Err(error)) => return Err(self.broken(causes(&error))),
            Err(_) => return Err(self.broken(format!("nothing came for {} s", STILL.as_secs()))),
        };
        let sum = self.bytes + bytes.len() as u64;
        if sum > self.most {
            return Err(DownloadError::TooLarge { url: self.url.clone(), most: self.most });
        }
        if self.file.size.is_some_and(|size| sum > size) {
            return Err(self.broken("the server sends more than it said".to_owned()));
        }
        self.bytes = sum;
        Ok(Some(bytes))
    }

    fn broken(&self, detail: String) -> DownloadError {
        DownloadError::BrokenOff { url: self.url.clone(), bytes: self.bytes, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://data.example/files/db_30_1_text.zip";
    const KEPT: Option<Kept<'static>> = Some(Kept { bytes: 500, mark: "\"a\"" });

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    fn described(
        status: u16,
        pairs: &[(&'static str, &str)],
        kept: Option<Kept<'_>>,
    ) -> Result<Option<Downloaded>, DownloadError> {
        Download { url: URL, kept, most: 1_000 }.described(status, &headers(pairs), kept)
    }

    #[test]
    fn a_whole_file_begins_at_its_beginning() {
        for kept in [None, KEPT] {
            let file = described(200, &[("content-length", "9"), ("etag", "\"b\"")], kept).unwrap().unwrap();
            assert_eq!(file, Downloaded { from: 0, size: Some(9), mark: Some("\"b\"".to_owned()) });
        }
        let weak = described(200, &[("etag", "W/\"b\"")], None).unwrap().unwrap();
        assert_eq!(weak, Downloaded { from: 0, size: None, mark: None });
    }

    #[test]
    fn a_part_goes_on_only_where_it_fits() {
        let etag = ("etag", "\"a\"");
        let fits = described(206, &[etag, ("content-range", "bytes 500-999/1000")], KEPT).unwrap().unwrap();
        assert_eq!((fits.from, fits.size), (500, Some(1_000)));
        let open = described(206, &[etag, ("content-range", "bytes 500-999/*")], KEPT).unwrap().unwrap();
        assert_eq!((open.from, open.size), (500, None));
        for pairs in [
            &[etag, ("content-range", "bytes 0-999/1000")][..],
            &[etag, ("content-range", "bytes 501-999/1000")],
            &[etag, ("content-range", "500-999/1000")],
            &[etag],
            // Of another version, or of nobody knows which.
            &[("etag", "\"b\""), ("content-range", "bytes 500-999/1000")],
            &[("etag", "W/\"a\""), ("content-range", "bytes 500-999/1000")],
            &[("content-range", "bytes 500-999/1000")],
        ] {
            assert_eq!(described(206, pairs, KEPT).unwrap(), None, "{pairs:?}");
        }
        assert_eq!(described(416, &[("content-range", "bytes */400")], KEPT).unwrap(), None);
    }

    #[test]
    fn what_is_no_file_is_refused() {
        for status in [204, 206, 304, 404, 416, 429, 500, 503] {
            let error = described(status, &[], None).unwrap_err();
            assert_eq!(error.to_string(), format!("{URL}: the server answers with status {status}"));
        }
    }

    #[test]
    fn redirects_are_told_and_not_followed() {
        for (location, to) in [
            ("https://other.example/x.zip", "https://other.example/x.zip"),
            ("/login?ticket=1#top", "https://data.example/login"),
            ("x\u{9b}y", "https://data.example/files/x%C2%9By"),
        ] {
            let map = [("location".parse().unwrap(), location.as_bytes().try_into().unwrap())];
            let map: HeaderMap = map.into_iter().collect();
            let download = Download { url: URL, kept: None, most: 1_000 };
            let DownloadError::SentOn { to: found, .. } = download.described(302, &map, None).unwrap_err()
            else {
                panic!("{location}")
            };
            // A header that is no text says nothing.
            let expected = if location.is_ascii() { to } else { URL };
            assert_eq!(found, expected);
        }
    }
}

//! Files to be downloaded: whole, from a byte on, or broken off.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::hash;
use super::http::{Manner, Reply, Request};

pub struct Files {
    files: BTreeMap<String, Arc<Vec<u8>>>,
    /// Where the next download breaks off. Once.
    cut_after: Option<u64>,
}

impl Files {
    pub fn new(files: BTreeMap<String, Vec<u8>>, cut_after: Option<u64>) -> Self {
        let files = files.into_iter().map(|(path, bytes)| (path, Arc::new(bytes))).collect();
        Self { files, cut_after }
    }

    pub fn put(&mut self, path: &str, bytes: Vec<u8>) {
        self.files.insert(path.to_owned(), Arc::new(bytes));
    }

    pub fn cut_after(&mut self, bytes: u64) {
        self.cut_after = Some(bytes);
    }

    /// `None` if there is no such file.
    pub fn reply(&mut self, request: &Request) -> Option<Reply> {
        let file = Arc::clone(self.files.get(request.path)?);
        let etag = format!("\"{:016x}\"", hash(&file));
        // What has changed since is sent from its beginning.
        let unchanged = request.header("if-range").is_none_or(|known| known == etag);
        let start = request.header("range").filter(|_| unchanged).and_then(from);
        let mut reply = match start {
            None => Reply::new(200, file.to_vec()),
            Some(start) => part(&file, start),
        };
        reply = reply
            .header("content-type", "application/octet-stream")
            .header("accept-ranges", "bytes")
            .header("etag", etag);
        let breaks_off = |cut: &mut u64| request.method == "GET" && *cut < reply.body.len() as u64;
        if let Some(cut) = self.cut_after.take_if(breaks_off) {
            reply.manner = Manner::Cut(cut);
        }
        Some(reply)
    }
}

/// `bytes=N-`. All other ranges may be answered with the whole.
fn from(range: &str) -> Option<usize> {
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn part(file: &[u8], start: usize) -> Reply {
    let length = file.len();
    match file.get(start..).filter(|rest| !rest.is_empty()) {
        Some(rest) => Reply::new(206, rest)
            .header("content-range", format_args!("bytes {start}-{}/{length}", length - 1)),
        None => Reply::new(416, "").header("content-range", format_args!("bytes */{length}")),
    }
}

//! Files of a folder as a host shows them: kinds, redirects to folders, what has not changed, gzip.

use std::borrow::Cow;
use std::io::Write;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::shelf::Shelf;
use super::{Answer, Answers, Asked, plain};
use crate::domain::Hash;

/// What is behind a path.
pub enum Found {
    File(Vec<u8>),
    Folder,
}

/// Looks up a path, without a `/` in front and with the escapes of addresses resolved. What is found is shown to
/// anybody, so it must find nothing that is not meant to be: neither outside of the folder nor hidden in it.
pub type Files = Arc<dyn Fn(&str) -> Option<Found> + Send + Sync>;

/// Below this, packing saves less than its header costs.
const WORTH_PACKING: usize = 256;

/// Kinds by the endings of names; whether they are text that packs well.
const KINDS: &[(&str, &str, bool)] = &[
    ("html", "text/html; charset=utf-8", true),
    ("css", "text/css; charset=utf-8", true),
    ("js", "text/javascript; charset=utf-8", true),
    ("json", "application/json; charset=utf-8", true),
    ("jsonl", "application/jsonl; charset=utf-8", true),
    ("webmanifest", "application/manifest+json; charset=utf-8", true),
    ("svg", "image/svg+xml; charset=utf-8", true),
    ("xml", "application/xml; charset=utf-8", true),
    ("csv", "text/csv; charset=utf-8", true),
    ("md", "text/markdown; charset=utf-8", true),
    ("txt", "text/plain; charset=utf-8", true),
    ("cff", "text/plain; charset=utf-8", true),
    ("png", "image/png", false),
    ("jpg", "image/jpeg", false),
    ("webp", "image/webp", false),
    ("ico", "image/x-icon", false),
    ("woff2", "font/woff2", false),
    ("zip", "application/zip", false),
    ("parquet", "application/vnd.apache.parquet", false),
];

/// `headers` go with everything.
pub(super) fn answers(files: Files, headers: &'static [(&'static str, &'static str)]) -> Answers {
    let shelf = Shelf::default();
    Arc::new(move |asked| {
        let mut answer = Site { files: &files, shelf: &shelf }.answer(asked);
        answer.headers.extend(headers.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))));
        answer
    })
}

/// Where files are looked up, and what of them is being sent.
struct Site<'a> {
    files: &'a Files,
    shelf: &'a Shelf,
}

impl Site<'_> {
    fn answer(&self, asked: &Asked<'_>) -> Answer {
        let Some(path) = decoded(asked.path) else { return self.absent(asked) };
        let name = match path.is_empty() || path.ends_with('/') {
            true => format!("{path}index.html"),
            false => path,
        };
        match (self.files)(&name) {
            Some(Found::File(bytes)) => self.file(200, &name, bytes, asked),
            // Relative links in it would lead elsewhere without the slash.
            Some(Found::Folder)
                if matches!((self.files)(&format!("{name}/index.html")), Some(Found::File(_))) =>
            {
                let query = asked.query.map_or_else(String::new, |query| format!("?{query}"));
                let headers = vec![("Location", format!("{}/{query}", asked.path).into())];
                Answer { headers, ..plain(308, "") }
            }
            _ => self.absent(asked),
        }
    }

    /// The site's own page for what is not there.
    fn absent(&self, asked: &Asked<'_>) -> Answer {
        match (self.files)("404.html") {
            Some(Found::File(bytes)) => self.file(404, "404.html", bytes, asked),
            _ => plain(404, "not found\n"),
        }
    }

    fn file(&self, status: u16, name: &str, bytes: Vec<u8>, asked: &Asked<'_>) -> Answer {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let (kind, packs) = KINDS
            .iter()
            .find(|(known, ..)| *known == ending)
            .map_or(("application/octet-stream", false), |(_, kind, packs)| (*kind, *packs));
        let is_packed = packs && asked.accepts_gzip && bytes.len() >= WORTH_PACKING;
        let digest: String = Hash::of(&bytes).to_string().chars().take(32).collect();
        let tag = if is_packed { format!("\"{digest}-gzip\"") } else { format!("\"{digest}\"") };
        let mut headers: Vec<(&'static str, Cow<'static, str>)> = vec![
            // It may be built anew at any time: asked for each time, and seldom sent.
            ("Cache-Control", "no-cache".into()),
            ("ETag", tag.clone().into()),
        ];
        if packs {
            headers.push(("Vary", "Accept-Encoding".into()));
        }
        if status == 200 && asked.if_none_match.is_some_and(|known| knows(known, &tag)) {
            return Answer { status: 304, headers, body: Vec::new().into() };
        }
        headers.push(("Content-Type", kind.into()));
        if is_packed {
            headers.push(("Content-Encoding", "gzip".into()));
        }
        // Those who are sent the same version are sent the same bytes, however long they take.
        let bytes = self.shelf.share(&tag, || if is_packed { packed(&bytes) } else { bytes });
        Answer { status, headers, body: bytes.into() }
    }
}

/// Without the slash in front and the escapes; `None` where a name is not one after that.
fn decoded(path: &str) -> Option<String> {
    let names = path.strip_prefix('/')?.split('/').map(name);
    Some(names.collect::<Option<Vec<String>>>()?.join("/"))
}

fn name(escaped: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    // A slash within a name would be taken for one between two.
    String::from_utf8(bytes)
        .ok()
        .filter(|name| !name.contains(['/', '\\']) && !name.contains(char::is_control))
}

/// Whether a client has this already, by the tags that it names.
fn knows(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    // Memory takes all that comes.
    let _ = packer.write_all(bytes);
    packer.finish().unwrap_or_default()
}

/// Whether a client takes gzip, by its `Accept-Encoding`.
pub(super) fn accepts_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|one| {
        let (coding, rest) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = rest.split_once('=').is_some_and(|(_, weight)| weight.trim().parse() == Ok(0.0));
        ["gzip", "x-gzip", "*"].contains(&coding.trim()) && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        for accepted in ["gzip", "br, gzip;q=0.5", "gzip, deflate, br, zstd", "*"] {
            assert!(accepts_gzip(accepted), "{accepted}");
        }
        for accepted in ["", "br", "gzip;q=0", "gzip; q=0.0, br", "xgzip"] {
            assert!(!accepts_gzip(accepted), "{accepted}");
        }
    }

    #[test]
    fn a_path_is_names_and_no_way_round_them() {
        assert_eq!(decoded("/").as_deref(), Some(""));
        assert_eq!(decoded("/o/a%20b/").as_deref(), Some("o/a b/"));
        assert_eq!(decoded("/%2e%2e/x").as_deref(), Some("../x"), "the one who looks it up refuses that");
        for path in ["", "x", "*", "/a%2fb", "/a%5cb", "/%00", "/%", "/%g0", "/%ff", "/a\\b"] {
            assert_eq!(decoded(path), None, "{path}");
        }
    }

    #[test]
    fn tags_are_compared_one_by_one() {
        assert!(
            knows("\"a\"", "\"a\"")
                && knows("W/\"a\"", "\"a\"")
                && knows("\"b\", \"a\"", "\"a\"")
                && knows("*", "\"a\"")
        );
        assert!(!knows("\"b\"", "\"a\"") && !knows("", "\"a\"") && !knows("a", "\"a\""));
    }
}

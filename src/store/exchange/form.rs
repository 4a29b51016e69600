//! The lines of an export, `score-tasks/answers/1`: written, and read back with nothing left to believe.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::{Serialize, Serializer};

use crate::domain::{Answer, Context, Finish, Hash, Instant, Keyed, Question, Settings, Usage};
use crate::store::codec::LARGEST_BODY;
use crate::store::writing::New;

pub(super) const SCHEMA: &str = "score-tasks/answers/1";
/// What the schemas of all versions begin with.
const FAMILY: &str = "score-tasks/answers/";
/// What rows from before there were wires have where later ones say more.
const OLD_PRICED: &str = "config";
/// As much of foreign text as goes into a message.
const MOST_SHOWN: usize = 160;

/// A hash as 64 hex digits.
struct Hex(Hash);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Hash::from_hex(&text).map(Self).ok_or_else(|| D::Error::custom("a hash is 64 hex digits"))
    }
}

/// What a line is. The head has only a schema.
#[derive(serde::Deserialize)]
struct Peek<'a> {
    kind: Option<Cow<'a, str>>,
    schema: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
struct HeadLine {
    schema: &'static str,
}

#[derive(Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextLine<'a> {
    kind: Cow<'a, str>,
    key: Hex,
    provider: Cow<'a, str>,
    endpoint: Cow<'a, str>,
    model: Cow<'a, str>,
    dialect: Cow<'a, str>,
    system: Cow<'a, str>,
    settings: SettingsPart<'a>,
    schema: Cow<'a, str>,
}

#[derive(Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsPart<'a> {
    temperature_hundredths: Option<u32>,
    max_output_tokens: u32,
    effort: Option<Cow<'a, str>>,
    extra: Cow<'a, str>,
}

#[derive(Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerLine<'a> {
    kind: Cow<'a, str>,
    key: Hex,
    context: Hex,
    user: Cow<'a, str>,
    sample: u32,
    attempt: u32,
    at: Cow<'a, str>,
    finish: Cow<'a, str>,
    served: Cow<'a, str>,
    text: Cow<'a, str>,
    usage: UsagePart,
    cost_nano_usd: Option<u64>,
    priced: Cow<'a, str>,
    latency_ms: u32,
    request_id: Cow<'a, str>,
    /// `null`: written before replies were kept.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    wire: Option<Option<Cow<'a, str>>>,
    /// In place of `wire` where that is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wire_hex: Option<Cow<'a, str>>,
    digest: Hex,
}

#[derive(Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct UsagePart {
    input: u32,
    cache_read: u32,
    cache_write: u32,
    output: u32,
    reasoning: u32,
}

/// Tells a field that is `null` from one that is not there.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Writes lines: each context once, before the first answer that refers to it.
pub(super) struct Writer<W> {
    out: W,
    contexts: HashSet<Hash>,
}

impl<W: Write> Writer<W> {
    /// Begins with the head.
    pub(super) fn new(out: W) -> io::Result<Self> {
        let mut writer = Self { out, contexts: HashSet::new() };
        writer.line(&HeadLine { schema: SCHEMA })?;
        Ok(writer)
    }

    /// Goes on where these contexts are written already.
    pub(super) fn after(out: W, contexts: HashSet<Hash>) -> Self {
        Self { out, contexts }
    }

    pub(super) fn answer(&mut self, new: &New<'_>) -> io::Result<()> {
        let New { question, answer, wire, arrival: _ } = *new;
        let Question { context, user, sample, attempt } = &question.it;
        if !self.contexts.contains(&context.key) {
            self.context(context)?;
            self.contexts.insert(context.key);
        }
        let Usage { input, cache_read, cache_write, output, reasoning } = answer.usage;
        let (wire, wire_hex) = match wire.map(|bytes| std::str::from_utf8(bytes).map_err(|_| bytes)) {
            None => (Some(None), None),
            Some(Ok(text)) => (Some(Some(text.into())), None),
            Some(Err(bytes)) => (None, Some(hex(bytes).into())),
        };
        let line = AnswerLine {
            kind: "answer".into(),
            key: Hex(question.key),
            context: Hex(context.key),
            user: user.into(),
            sample: *sample,
            attempt: *attempt,
            at: answer.at.to_string().into(),
            finish: answer.finish.name().into(),
            served: (&answer.served).into(),
            text: (&answer.text).into(),
            usage: UsagePart { input, cache_read, cache_write, output, reasoning },
            cost_nano_usd: answer.cost_nano_usd,
            priced: (&*answer.priced).into(),
            latency_ms: answer.latency_ms,
            request_id: (&answer.request_id).into(),
            wire,
            wire_hex,
            digest: Hex(new.digest()),
        };
        self.line(&line)
    }

    /// Returns the contexts that are written.
    pub(super) fn finish(mut self) -> io::Result<HashSet<Hash>> {
        self.out.flush()?;
        Ok(self.contexts)
    }

    fn context(&mut self, context: &Keyed<Context>) -> io::Result<()> {
        let Context { provider, endpoint, model, dialect, system, settings, schema } = &context.it;
        let Settings { temperature_hundredths, max_output_tokens, effort, extra } = settings;
        let line = ContextLine {
            kind: "context".into(),
            key: Hex(context.key),
            provider: provider.into(),
            endpoint: endpoint.into(),
            model: model.into(),
            dialect: dialect.into(),
            system: system.into(),
            settings: SettingsPart {
                temperature_hundredths: *temperature_hundredths,
                max_output_tokens: *max_output_tokens,
                effort: effort.as_ref().map(Cow::from),
                extra: extra.into(),
            },
            schema: schema.into(),
        };
        self.line(&line)
    }

    fn line<T: Serialize>(&mut self, line: &T) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }
}

/// A line that was read. Nothing in it has been compared with its hashes yet.
pub(super) enum Line {
    Head,
    Context(Box<Keyed<Context>>),
    Answer(Box<AnswerRead>),
}

pub(super) struct AnswerRead {
    pub key: Hash,
    pub context: Hash,
    pub user: String,
    pub sample: u32,
    pub attempt: u32,
    pub answer: Answer,
    pub wire: Option<Vec<u8>>,
    pub digest: Hash,
}

/// Why a line cannot be read.
pub(super) enum Unreadable {
    /// It ends too early.
    Cut,
    /// A head of another version of the form.
    Version(String),
    Other(String),
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() {
            return Self::Cut;
        }
        // The line that it names is always the first.
        let (line, column) = (error.line(), error.column());
        let what = error.to_string();
        let what = what.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&what);
        Self::Other(format!("{} (column {column})", shown(what)))
    }
}

impl From<&str> for Unreadable {
    fn from(what: &str) -> Self {
        Self::Other(what.to_owned())
    }
}

pub(super) fn read(line: &[u8]) -> Result<Line, Unreadable> {
    let peek: Peek<'_> = serde_json::from_slice(line)?;
    match (peek.kind.as_deref(), peek.schema.as_deref()) {
        (None, Some(SCHEMA)) => Ok(Line::Head),
        (None, Some(schema)) if schema.starts_with(FAMILY) => Err(Unreadable::Version(shown(schema))),
        (Some("context"), _) => Ok(Line::Context(Box::new(context(serde_json::from_slice(line)?)))),
        (Some("answer"), _) => answer(serde_json::from_slice(line)?).map(Box::new).map(Line::Answer),
        (Some(other), _) => Err(Unreadable::Other(format!("no kind of line: `{}`", shown(other)))),
        (None, _) => Err("has no `kind`".into()),
    }
}

fn context(line: ContextLine<'_>) -> Keyed<Context> {
    let ContextLine { kind: _, key, provider, endpoint, model, dialect, system, settings, schema } = line;
    let SettingsPart { temperature_hundredths, max_output_tokens, effort, extra } = settings;
    let settings = Settings {
        temperature_hundredths,
        max_output_tokens,
        effort: effort.map(Cow::into_owned),
        extra: extra.into_owned(),
    };
    let context = Context {
        provider: provider.into_owned(),
        endpoint: endpoint.into_owned(),
        model: model.into_owned(),
        dialect: dialect.into_owned(),
        system: system.into_owned(),
        settings,
        schema: schema.into_owned(),
    };
    Keyed { key: key.0, it: context }
}

fn answer(line: AnswerLine<'_>) -> Result<AnswerRead, Unreadable> {
    let wire = match (line.wire, line.wire_hex) {
        (Some(None), None) => None,
        (Some(Some(text)), None) => Some(text.into_owned().into_bytes()),
        (None, Some(digits)) => {
            Some(bytes(&digits).ok_or("`wire_hex` is not hex digits of text that is not UTF-8")?)
        }
        (None, None) => return Err("has neither `wire` nor `wire_hex`".into()),
        (Some(_), Some(_)) => return Err("has `wire` and `wire_hex`".into()),
    };
    // One form for each instant, so that what is read is what will be written.
    let at = Instant::parse(&line.at).ok().filter(|at| at.to_string() == *line.at);
    let UsagePart { input, cache_read, cache_write, output, reasoning } = line.usage;
    let read = AnswerRead {
        key: line.key.0,
        context: line.context.0,
        user: line.user.into_owned(),
        sample: line.sample,
        attempt: line.attempt,
        answer: Answer {
            at: at.ok_or("`at` is not a time as in 2026-11-23T14:00:00.000Z")?,
            finish: Finish::from_name(&line.finish).ok_or("`finish` is not a known word")?,
            served: line.served.into_owned(),
            text: line.text.into_owned(),
            usage: Usage { input, cache_read, cache_write, output, reasoning },
            cost_nano_usd: line.cost_nano_usd,
            priced: Arc::from(&*line.priced),
            latency_ms: line.latency_ms,
            request_id: line.request_id.into_owned(),
        },
        wire,
        digest: line.digest.0,
    };
    fits_a_row(&read)?;
    Ok(read)
}

/// What no digest would show: a row cannot hold it, or holds something else in its place.
fn fits_a_row(read: &AnswerRead) -> Result<(), Unreadable> {
    let Answer { usage, cost_nano_usd, priced, request_id, text, .. } = &read.answer;
    if cost_nano_usd.is_some() == priced.is_empty() {
        return Err(
            "`priced` says where the price is from, and is empty where `cost_nano_usd` is null".into()
        );
    }
    if cost_nano_usd.is_some_and(|cost| i64::try_from(cost).is_err()) {
        return Err("`cost_nano_usd` is beyond all measure".into());
    }
    let says_more = (usage.cache_read, usage.cache_write, usage.reasoning) != (0, 0, 0)
        || &**priced != OLD_PRICED
        || !request_id.is_empty();
    if read.wire.is_none() && says_more {
        return Err(
            "`wire` is null, so it is of a time when no cache, no thoughts, no `request_id` and no price \
                    but that of the config were known"
                .into(),
        );
    }
    if 4 + read.user.len() + text.len() + read.wire.as_ref().map_or(0, Vec::len) > LARGEST_BODY {
        return Err("is larger than an answer can be".into());
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// `None` for what [`hex`] would not have written, or what should stand there as text.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).filter(|_| !byte.is_ascii_uppercase());
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
    let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
    std::str::from_utf8(&bytes).is_err().then_some(bytes)
}

/// Foreign text as it may go into a message: short, and harmless to a terminal.
fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(MOST_SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST_SHOWN).is_some() {
        shown.push('…');
    }
    shown.replace("\\'", "'").replace("\\\"", "\"")
}

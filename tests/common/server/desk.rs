//! Where it is decided what becomes of a request: by the hook, the key, the limit, or chance.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::faults::{Fault, gzip_bomb};
use super::files::Files;
use super::http::{Manner, Reply, Request};
use super::limits::{Cost, Gate, Limit, Refused};
use super::record::{Outcome, Record, Ticket};
use super::scan::Body;
use super::vendor::{Dialect, Ending, Failure, Said, quoted};
use super::{Answer, Script, Seen, Usage, hash, score_of};

/// Answers without a score; no digit is in any of them.
const WORDS: [&str; 3] = ["I would put this rather high.", "", r#"{"rating": "high"}"#];
/// What is left to wait for after a 429 by chance.
const BUSY_FOR: Duration = Duration::from_secs(2);

pub struct Desk {
    script: Script,
    gate: Mutex<Gate>,
    files: Mutex<Files>,
    record: Arc<Mutex<Record>>,
}

/// A request, read as far as a reply needs it.
struct Call<'a> {
    request: &'a Request<'a>,
    /// At paths of nobody's, the most common one.
    dialect: Dialect,
    body: Body<'a>,
    user: Option<Cow<'a, str>>,
    number: u64,
    attempt: u32,
    /// What the limit has to say on any reply.
    standing: String,
}

impl Call<'_> {
    fn user(&self) -> &str {
        self.user.as_deref().unwrap_or_default()
    }
}

/// A reply, and what the record says of it.
type Decided = (Reply, Outcome, Option<Fault>);

impl Desk {
    pub fn new(mut script: Script) -> Self {
        script.faults.check();
        let files = Files::new(std::mem::take(&mut script.files), script.cut_after);
        let (gate, record) = (Gate::new(script.limit), Record::new(script.log));
        let record = Arc::new(Mutex::new(record));
        Self { script, gate: Mutex::new(gate), files: Mutex::new(files), record }
    }

    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }

    pub fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap()
    }

    pub fn take(&self, request: &Request) -> (Reply, Ticket) {
        let json = String::from_utf8_lossy(request.body);
        let body = Body::read(&json);
        let user = body.user();
        let shown = user.as_deref().unwrap_or_default();
        let mut ticket = Ticket::new(&self.record, request.path, shown, request.key(), hash(request.body));
        let (number, attempt) = (ticket.number, ticket.attempt);
        let dialect = Dialect::of(request.path).unwrap_or(Dialect::Chat);
        let mut call = Call { request, dialect, body, user, number, attempt, standing: String::new() };
        let (mut reply, outcome, fault) = self.decide(&mut call);
        ticket.decide(outcome, fault);
        reply.headers.push_str(&call.standing);
        if request.method == "HEAD" && matches!(reply.manner, Manner::Whole) {
            reply.manner = Manner::Headless;
        }
        let id = if dialect == Dialect::Messages { "request-id" } else { "x-request-id" };
        (reply.header(id, format_args!("req_{number}")), ticket)
    }

    fn decide(&self, call: &mut Call) -> Decided {
        let request = call.request;
        if let Some(answer) = self.hooked(call) {
            return self.scripted(call, answer);
        }
        if request.method != "POST" {
            let file = self.files().reply(request);
            return file.map_or_else(
                || failed(call, &Failure::path(), Outcome::NotFound),
                |file| (file, Outcome::File, None),
            );
        }
        if Dialect::of(request.path).is_none() {
            return failed(call, &Failure::path(), Outcome::NotFound);
        }
        if self.script.key.as_deref().is_some_and(|key| !carries(request, key)) {
            return failed(call, &Failure::key(), Outcome::NoKey);
        }
        if call.user.is_none() {
            let lack = Failure::request("There is no Content-Length, or no message of a user.");
            return failed(call, &lack, Outcome::Invalid);
        }
        if let Err(refused) = self.let_in(call) {
            return (busy(call, &refused), Outcome::Busy, None);
        }
        self.answer(call, self.script.faults.draw(call.number))
    }

    fn hooked(&self, call: &Call) -> Option<Answer> {
        let hook = self.script.hook.as_ref()?;
        let request = call.request;
        let owned = |(name, value): &(&str, &str)| (name.to_ascii_lowercase(), (*value).to_owned());
        hook(&Seen {
            number: call.number,
            attempt: call.attempt,
            method: request.method.to_owned(),
            path: request.path.to_owned(),
            headers: request.headers.iter().map(owned).collect(),
            body: serde_json::from_slice(request.body).unwrap_or(Value::Null),
            user: call.user().to_owned(),
            at: Instant::now(),
            dialect: call.dialect,
        })
    }

    fn scripted(&self, call: &Call, answer: Answer) -> Decided {
        let delay = answer.delay;
        let (mut reply, outcome, fault) = match answer.fault {
            Some(fault) => self.answer(call, Some(fault)),
            None => (answer.reply(), answer.outcome(), None),
        };
        reply.delay = delay;
        (reply, outcome, fault)
    }

    fn let_in(&self, call: &mut Call) -> Result<(), Refused> {
        if matches!(self.script.limit, Limit::None) {
            return Ok(());
        }
        let (prompt, completion) = self.usage(call, &text(call));
        let cost = Cost { prompt, completion, max_tokens: call.body.max_tokens };
        let (outcome, standing) = self.gate.lock().unwrap().ask(&cost);
        if let Some(standing) = standing {
            standing.write_headers(call.dialect, &mut call.standing);
        }
        outcome
    }

    /// Tokens in and out.
    fn usage(&self, call: &Call, text: &str) -> (u64, u64) {
        match self.script.usage {
            Usage::Plausible => (call.request.body.len() as u64 / 4, text.len() as u64 / 4),
            Usage::Fixed { prompt, completion } => (prompt, completion),
        }
    }

    /// The answer, or what this fault makes of it.
    fn answer(&self, call: &Call, fault: Option<Fault>) -> Decided {
        let in_its_place = fault.and_then(|fault| self.instead(call, fault));
        let mut reply = in_its_place.unwrap_or_else(|| {
            let (text, ending) = worded(call, fault);
            let mut reply = self.say(call, &text, ending);
            reply.manner = self.manner(fault);
            reply
        });
        reply.delay = self.script.latency;
        (reply, fault.map_or(Outcome::Answered, outcome), fault)
    }

    fn say(&self, call: &Call, text: &str, ending: Ending) -> Reply {
        Reply::new(200, call.dialect.answer(&self.said(call, text, ending)))
    }

    fn said<'a>(&self, call: &'a Call, text: &'a str, ending: Ending) -> Said<'a> {
        let (tokens_in, tokens_out) = self.usage(call, text);
        let model = match Dialect::model_of(call.request.path) {
            Some(name) => Cow::Owned(quoted(name)),
            None => Cow::Borrowed(call.body.model.unwrap_or("null")),
        };
        Said { number: call.number, model, text, ending, tokens_in, tokens_out }
    }

    /// The reply of a fault that leaves nothing of the answer.
    fn instead(&self, call: &Call, fault: Fault) -> Option<Reply> {
        let faults = &self.script.faults;
        Some(match fault {
            Fault::Busy429 => {
                busy(call, &Refused { unit: "requests", retry_after: faults.retry_after, rest: BUSY_FOR })
            }
            Fault::Error500 => failure(call, &Failure::broken()),
            Fault::GzipBomb => Reply::new(200, gzip_bomb()).header("content-encoding", "gzip"),
            Fault::ErrorIn200 => {
                Reply::new(200, call.dialect.failure_in_200(&self.said(call, "", Ending::Complete)))
            }
            Fault::Redirect307 => Reply::new(307, "").header("location", &faults.redirect_to),
            _ => return None,
        })
    }

    fn manner(&self, fault: Option<Fault>) -> Manner {
        match fault {
            Some(Fault::Reset) => Manner::Reset,
            Some(Fault::ResetMidBody) => Manner::ResetMidBody,
            Some(Fault::Stall) => match self.script.faults.stall_for {
                Duration::ZERO => Manner::Stall(Duration::MAX),
                time => Manner::Stall(time),
            },
            Some(Fault::StallBefore) => Manner::Never,
            Some(Fault::EndlessBody) => Manner::Endless,
            _ => Manner::Whole,
        }
    }
}

/// What a model says by itself.
fn text(call: &Call) -> String {
    format!(r#"{{"score": {}, "rationale": "As its hash has it."}}"#, score_of(call.user()))
}

/// What it says under a fault, and how that ends.
fn worded(call: &Call, fault: Option<Fault>) -> (String, Ending) {
    let text = text(call);
    match fault {
        Some(Fault::Malformed) => {
            let words = WORDS.get(call.number as usize % WORDS.len()).copied().unwrap_or_default();
            (words.to_owned(), Ending::Complete)
        }
        Some(Fault::Fenced) => (format!("```json\n{text}\n```"), Ending::Complete),
        Some(Fault::Prose) => {
            (format!("Here is my rating:\n\n{text}\n\nAsk if you need more {{details}}."), Ending::Complete)
        }
        Some(Fault::Truncated) => {
            let digit = text.find(|c: char| c.is_ascii_digit()).unwrap_or_default();
            (text.get(..=digit).unwrap_or_default().to_owned(), Ending::Length)
        }
        Some(Fault::Refusal) => ("I cannot rate this task.".to_owned(), Ending::Refused),
        _ => (text, Ending::Complete),
    }
}

fn outcome(fault: Fault) -> Outcome {
    match fault {
        Fault::Busy429 => Outcome::Busy,
        Fault::Error500 => Outcome::Error,
        Fault::Reset | Fault::ResetMidBody => Outcome::Reset,
        Fault::Stall | Fault::StallBefore => Outcome::Stalled,
        Fault::Fenced | Fault::Prose => Outcome::Answered,
        Fault::Malformed | Fault::Truncated | Fault::Refusal | Fault::GzipBomb | Fault::ErrorIn200 => {
            Outcome::Spoiled
        }
        Fault::EndlessBody => Outcome::Endless,
        Fault::Redirect307 => Outcome::Redirected,
    }
}

fn failed(call: &Call, why: &Failure, outcome: Outcome) -> Decided {
    (failure(call, why), outcome, None)
}

fn failure(call: &Call, why: &Failure) -> Reply {
    Reply::new(why.status, call.dialect.failure(why))
}

fn busy(call: &Call, refused: &Refused) -> Reply {
    let Refused { unit, retry_after, rest } = *refused;
    let mut reply = failure(call, &Failure::busy(unit, retry_after.wait(rest)));
    if call.dialect != Dialect::Gemini {
        reply.headers.push_str(&retry_after.headers(rest));
    }
    reply
}

fn carries(request: &Request, key: &str) -> bool {
    request.key().is_some_and(|sent| sent.strip_prefix("Bearer ").unwrap_or(sent) == key)
}

//! What the server has seen and done: counts always, a log of every request unless it is switched off.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::faults::Fault;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outcome {
    /// A score, fenced or among prose or not.
    Answered,
    /// 429, by a fault or by the limit.
    Busy,
    /// 500, or another error of a hook's.
    Error,
    Reset,
    Stalled,
    /// Status 200 without a score: malformed, cut, refused, an error, a bomb.
    Spoiled,
    Endless,
    Redirected,
    /// 401.
    NoKey,
    /// 400: not a request that a provider would take.
    Invalid,
    /// 404.
    NotFound,
    /// A file, or a part of one.
    File,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Logged {
    /// Running, from 1.
    pub number: u64,
    pub at: Instant,
    pub path: String,
    /// The text of the last message of the user's.
    pub user: String,
    /// What came with the key, in whichever header: `Bearer` is left in.
    pub authorization: Option<String>,
    pub body_hash: u64,
    /// How many times this body has come, this one included.
    pub attempt: u32,
    pub outcome: Outcome,
    pub fault: Option<Fault>,
    /// The whole reply was handed to the system. The client may have gone before it arrived.
    pub finished: bool,
}

/// How often one body has come, and how often a whole answer went back.
#[derive(Clone, Copy, Default)]
struct Times {
    seen: u32,
    answered: u32,
}

#[derive(Default)]
pub struct Record {
    keeps_log: bool,
    log: Vec<Logged>,
    requests: u64,
    connections: u64,
    in_flight: usize,
    peak: usize,
    outcomes: BTreeMap<Outcome, u64>,
    bodies: HashMap<u64, Times>,
}

impl Record {
    pub fn new(keeps_log: bool) -> Self {
        Self { keeps_log, ..Self::default() }
    }

    pub fn connected(&mut self) {
        self.connections += 1;
    }

    fn decide(&mut self, ticket: &Ticket, fault: Option<Fault>) {
        *self.outcomes.entry(ticket.outcome).or_default() += 1;
        if let Some(logged) = self.logged(ticket) {
            (logged.outcome, logged.fault) = (ticket.outcome, fault);
        }
    }

    fn finish(&mut self, ticket: &Ticket) {
        self.in_flight -= 1;
        if let Some(logged) = self.logged(ticket) {
            logged.finished = true;
        }
        // A stall that ended has brought its answer too.
        if matches!(ticket.outcome, Outcome::Answered | Outcome::Stalled) {
            self.bodies.entry(ticket.body_hash).or_default().answered += 1;
        }
    }

    fn logged(&mut self, ticket: &Ticket) -> Option<&mut Logged> {
        self.log.get_mut(ticket.number as usize - 1)
    }

    pub fn log(&self) -> Vec<Logged> {
        self.log.clone()
    }

    pub fn requests(&self) -> u64 {
        self.requests
    }

    pub fn connections(&self) -> u64 {
        self.connections
    }

    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    pub fn peak(&self) -> usize {
        self.peak
    }

    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    pub fn answered(&self) -> HashMap<u64, u32> {
        let answered = self.bodies.iter().filter(|(_, times)| times.answered > 0);
        answered.map(|(hash, times)| (*hash, times.answered)).collect()
    }
}

/// A request on its way. Whatever becomes of it, dropping this puts it down as over.
pub struct Ticket {
    record: Arc<Mutex<Record>>,
    pub number: u64,
    /// How many times its body has come.
    pub attempt: u32,
    body_hash: u64,
    outcome: Outcome,
    finished: bool,
}

impl Ticket {
    /// Counts a request that is in.
    pub fn new(
        record: &Arc<Mutex<Record>>,
        path: &str,
        user: &str,
        authorization: Option<&str>,
        body_hash: u64,
    ) -> Self {
        let book = &mut *record.lock().unwrap();
        book.requests += 1;
        book.in_flight += 1;
        book.peak = book.peak.max(book.in_flight);
        let times = book.bodies.entry(body_hash).or_default();
        times.seen += 1;
        let (number, attempt) = (book.requests, times.seen);
        // Until it is decided.
        let outcome = Outcome::Invalid;
        if book.keeps_log {
            book.log.push(Logged {
                number,
                at: Instant::now(),
                path: path.to_owned(),
                user: user.to_owned(),
                authorization: authorization.map(str::to_owned),
                body_hash,
                attempt,
                outcome,
                fault: None,
                finished: false,
            });
        }
        Self { record: Arc::clone(record), number, attempt, body_hash, outcome, finished: false }
    }

    pub fn decide(&mut self, outcome: Outcome, fault: Option<Fault>) {
        self.outcome = outcome;
        self.record.lock().unwrap().decide(self, fault);
    }

    /// Writes what is left of a reply, of this length, and puts it down as finished if it all went out.
    /// Nobody can look between the two: a client that has its reply finds it in the record.
    pub fn finish(&mut self, left: usize, write: impl FnOnce() -> io::Result<usize>) -> io::Result<usize> {
        let mut book = self.record.lock().unwrap();
        let written = write()?;
        if written == left {
            book.finish(self);
            drop(book);
            self.finished = true;
        }
        Ok(written)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.finished {
            self.record.lock().unwrap().in_flight -= 1;
        }
    }
}

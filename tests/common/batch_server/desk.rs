//! The batches, and how they get on.

use std::collections::{BTreeMap, HashSet};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hyper::body::Bytes;

use super::reply::{Asked, Reply};
use super::words::{Put, hash, output_tokens};
use super::{BatchScript, Counts, Tokens, anthropic, openai};

pub struct Desk {
    pub script: BatchScript,
    pub counts: Counts,
    pub batches: Vec<Batch>,
    pub files: BTreeMap<String, Stored>,
}

/// A file at OpenAI's.
pub struct Stored {
    pub name: String,
    pub purpose: String,
    pub created: u64,
    pub bytes: Bytes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    OpenAi,
    Anthropic,
}

pub struct Item {
    pub custom_id: String,
    pub put: Put,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Came {
    Answered,
    Errored,
    Rejected,
    Expired,
    Cancelled,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    Open,
    Cancelling,
    Completed,
    Expired,
    Cancelled,
    /// More than may be queued.
    Failed,
}

pub struct Batch {
    pub id: String,
    /// From 1.
    number: u64,
    pub maker: Maker,
    pub endpoint: String,
    pub input: String,
    pub metadata: serde_json::Value,
    pub items: Vec<Item>,
    made: Instant,
    /// In seconds since 1970.
    pub created: u64,
    pub ended: u64,
    pub phase: Phase,
    too_much: bool,
    /// So many were through when it was cancelled.
    cancelled_at: usize,
    /// Item by item, once it has ended.
    pub came: Vec<Came>,
    /// OpenAI's file of answers and of errors; or the one that Anthropic has.
    pub output: Option<String>,
    pub errors: Option<String>,
}

/// What is needed for a new batch.
pub struct Order {
    pub maker: Maker,
    pub endpoint: String,
    pub input: String,
    pub metadata: serde_json::Value,
    pub items: Vec<Item>,
}

pub fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl Batch {
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Cancelling)
    }

    pub fn queued_tokens(&self) -> u64 {
        self.items.iter().map(|item| item.put.queued_tokens()).sum()
    }

    pub fn count(&self, came: &[Came]) -> usize {
        self.came.iter().filter(|one| came.contains(one)).count()
    }

    /// So many items are through by now.
    pub fn through(&self, script: &BatchScript) -> usize {
        let share = self.made.elapsed().as_secs_f64() / script.latency.as_secs_f64().max(1e-9);
        (self.items.len() as f64 * share.min(1.0)) as usize
    }
}

impl Desk {
    pub fn new(script: BatchScript) -> Self {
        Self { script, counts: Counts::default(), batches: Vec::new(), files: BTreeMap::new() }
    }

    /// `None`: nothing, and the line goes dead.
    pub fn reply(&mut self, asked: &Asked) -> Option<Reply> {
        self.advance();
        let reply =
            if asked.is_anthropic() { anthropic::reply(self, asked) } else { openai::reply(self, asked) };
        if reply.as_ref().is_some_and(|reply| (400..500).contains(&reply.status) && reply.status != 429) {
            self.counts.refused += 1;
        }
        reply
    }

    /// Whether a key is given and, where there is only one, whether it is that.
    pub fn takes(&self, key: Option<&str>) -> bool {
        key.is_some_and(|key| self.script.key.as_deref().map_or(!key.is_empty(), |known| known == key))
    }

    /// Counts a poll. Whether it is turned away.
    pub fn is_busy(&mut self) -> bool {
        self.counts.polls += 1;
        self.script.busy_every.is_some_and(|every| self.counts.polls.is_multiple_of(every))
    }

    pub fn open(&self) -> usize {
        self.batches.iter().filter(|batch| batch.is_open()).count()
    }

    /// Takes a batch on. `None` where its client is not to hear of it.
    pub fn take(&mut self, order: Order) -> Option<&Batch> {
        let number = self.batches.len() as u64 + 1;
        for item in &order.items {
            self.counts.items.entry(item.custom_id.clone()).or_default().submitted += 1;
        }
        let id = match order.maker {
            Maker::OpenAi => format!("batch_{number:06}"),
            Maker::Anthropic => format!("msgbatch_{number:06}"),
        };
        let Order { maker, endpoint, input, metadata, items } = order;
        let mut batch = Batch {
            id,
            number,
            maker,
            endpoint,
            input,
            metadata,
            items,
            made: Instant::now(),
            created: unix_now(),
            ended: 0,
            phase: Phase::Open,
            too_much: false,
            cancelled_at: 0,
            came: Vec::new(),
            output: None,
            errors: None,
        };
        batch.too_much = maker == Maker::OpenAi && self.is_too_much(&batch);
        self.batches.push(batch);
        self.counts.batches += 1;
        self.counts.open_peak = self.counts.open_peak.max(self.open() as u64);
        if self.script.drops == Some(number) { None } else { self.batches.last() }
    }

    fn is_too_much(&self, batch: &Batch) -> bool {
        let Some(most) = self.script.queued_tokens else { return false };
        let model = batch.items.first().map(|item| item.put.model.clone());
        let same = self.batches.iter().filter(|other| {
            other.is_open()
                && !other.too_much
                && other.items.first().map(|item| item.put.model.clone()) == model
        });
        same.map(Batch::queued_tokens).sum::<u64>() + batch.queued_tokens() > most
    }

    pub fn find(&self, maker: Maker, id: &str) -> Option<usize> {
        self.batches.iter().position(|batch| batch.maker == maker && batch.id == id)
    }

    /// Newest first: those behind `after`, at most `limit`; and whether there are more.
    pub fn page(&self, maker: Maker, after: Option<&str>, limit: usize) -> (Vec<&Batch>, bool) {
        let newest = self.batches.iter().rev().filter(|batch| batch.maker == maker);
        let mut rest = newest.skip_while(|batch| after.is_some_and(|id| batch.id != id)).peekable();
        if after.is_some() {
            rest.next();
        }
        let page: Vec<_> = rest.by_ref().take(limit).collect();
        (page, rest.peek().is_some())
    }

    /// Whether it was still to be stopped.
    pub fn cancel(&mut self, at: usize) -> bool {
        let through = self.batches[at].through(&self.script);
        let batch = &mut self.batches[at];
        if batch.phase != Phase::Open {
            return batch.phase == Phase::Cancelling;
        }
        (batch.phase, batch.cancelled_at) = (Phase::Cancelling, through);
        self.counts.cancels += 1;
        true
    }

    /// Brings all batches to where they are by now.
    pub fn advance(&mut self) {
        for at in 0..self.batches.len() {
            let batch = &self.batches[at];
            let is_over = batch.made.elapsed() >= self.script.latency;
            let phase = match batch.phase {
                Phase::Open if batch.too_much => Phase::Failed,
                Phase::Cancelling => Phase::Cancelled,
                Phase::Open if is_over && self.script.expires == Some(batch.number) => Phase::Expired,
                Phase::Open if is_over => Phase::Completed,
                _ => continue,
            };
            self.end(at, phase);
        }
    }

    fn end(&mut self, at: usize, phase: Phase) {
        let batch = &mut self.batches[at];
        (batch.phase, batch.ended) = (phase, unix_now());
        if phase == Phase::Failed {
            return;
        }
        let count = batch.items.len();
        let (through, rest) = match phase {
            Phase::Cancelled => (batch.cancelled_at, Came::Cancelled),
            Phase::Expired => (count / 2, Came::Expired),
            _ => (count, Came::Answered),
        };
        let script = &self.script;
        for (position, item) in batch.items.iter().enumerate() {
            let chance = hash(script.seed ^ batch.number << 32, item.custom_id.as_bytes()) % 100;
            let came = match chance {
                _ if position >= through => rest,
                chance if chance < script.errored_percent => Came::Errored,
                chance if chance < script.errored_percent + script.rejected_percent => Came::Rejected,
                _ => Came::Answered,
            };
            batch.came.push(came);
            if came == Came::Answered {
                let counts = self.counts.items.entry(item.custom_id.clone()).or_default();
                counts.answered += 1;
                counts.billed += 1;
                bill(&mut self.counts.tokens, &item.put, &(script.answer)(&item.put.user));
            }
        }
        let lines = match batch.maker {
            Maker::OpenAi => openai::lines(batch, script.answer),
            Maker::Anthropic => [anthropic::lines(batch, script.answer), Vec::new()],
        };
        let names = lines.map(|lines| self.keep(at, lines));
        [self.batches[at].output, self.batches[at].errors] = names;
    }

    /// Makes a file of results.
    fn keep(&mut self, at: usize, mut lines: Vec<String>) -> Option<String> {
        if lines.is_empty() {
            return None;
        }
        if self.script.shuffled {
            let seed = self.script.seed;
            lines.sort_by_cached_key(|line| hash(seed, line.as_bytes()));
        }
        let bytes: Bytes = lines.concat().into();
        Some(self.store("output.jsonl", "batch_output", bytes, at))
    }

    pub fn store(&mut self, name: &str, purpose: &str, bytes: Bytes, salt: usize) -> String {
        let id = format!("file-{:06}{salt:03}", self.files.len() + 1);
        let stored =
            Stored { name: name.to_owned(), purpose: purpose.to_owned(), created: unix_now(), bytes };
        self.files.insert(id.clone(), stored);
        id
    }

    /// Answers a call outside of batches.
    pub fn online(&mut self, put: &Put) -> String {
        let text = (self.script.answer)(&put.user);
        self.counts.online += 1;
        bill(&mut self.counts.online_tokens, put, &text);
        text
    }
}

fn bill(tokens: &mut BTreeMap<String, Tokens>, put: &Put, text: &str) {
    let tokens = tokens.entry(put.model.clone()).or_default();
    tokens.input += put.input_tokens;
    tokens.output += output_tokens(text);
}

/// The first of the ids that comes twice.
pub fn repeated(items: &[Item]) -> Option<&str> {
    let mut seen = HashSet::new();
    items.iter().map(|item| item.custom_id.as_str()).find(|id| !seen.insert(*id))
}

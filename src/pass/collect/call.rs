//! One question on its way: through the gate, to the provider, and again if need be.

use std::sync::Arc;

use tracing::{Instrument, debug, info_span, warn};

use super::lane::Lane;
use super::summary::Closed;
use crate::domain::{
    Allowance, Answer, Dialect, Event, Finish, Instant, Keyed, LostCall, Model, Provider, Question, Record,
    Source, Usage,
};
use crate::pace::{self, Pass, Stopwatch};
use crate::pass::PassError;
use crate::pass::collect::budget::Reserved;
use crate::provider::{Closing, Outcome, ProviderError, Reply};
use crate::store::Entry;

/// Turned away so often, with no answer in between, by a server that gives no reason to wait.
const MOST_REFUSALS: u32 = 100;
/// What a request holds besides its texts, in bytes.
const FRAME_BYTES: usize = 500;

/// What became of one call.
enum Call {
    /// An answer, or the word that there is none, and the reply it was taken from.
    Done(Box<(Answer, Vec<u8>)>),
    /// One that was given before.
    Copied(Box<Record>),
    /// Make it again after so long.
    Again { wait_ms: u64, why: String },
    /// Nothing more is asked.
    Over,
}

/// A call that has been let through.
pub(super) struct Sent {
    pass: Pass,
    reserved: Reserved,
    watch: Stopwatch,
    /// Among the calls of the lane.
    number: u64,
}

impl Lane {
    /// Gets one answer; `None` when the lane ends before the question was answered. `sent` is the leave to
    /// make the first call.
    pub(super) async fn answer(
        &self,
        question: Keyed<Question>,
        mut sent: Option<Box<Sent>>,
    ) -> Result<Option<Box<Entry>>, PassError> {
        let mut broken = 0;
        for call in 1_u32.. {
            let Some(leave) = sent.take() else { return Ok(None) };
            let span = info_span!(
                "call",
                model = &*self.model.id,
                question = %question.key,
                sample = question.it.sample,
                attempt = question.it.attempt,
                call
            );
            let made = self.call(&question, call, leave, &mut broken).instrument(span);
            match made.await? {
                Call::Done(done) => {
                    let (answer, wire) = *done;
                    return Ok(Some(Box::new(Entry::new(question, answer, wire))));
                }
                Call::Copied(kept) => return Ok(Some(Box::new(Entry::copy(question, *kept)))),
                Call::Again { wait_ms, why } => Box::pin(self.wait(wait_ms, why)).await,
                Call::Over => return Ok(None),
            }
            sent = Box::pin(self.let_through(&question)).await;
        }
        Ok(None)
    }

    /// Waits for the model's turn and for money; `None` when the lane ends first.
    pub(super) async fn let_through(&self, question: &Keyed<Question>) -> Option<Box<Sent>> {
        if self.ended() {
            return None;
        }
        let bytes = bytes(question);
        let mut stop = self.stop.clone();
        let mut closed = self.is_closed.clone_receiver();
        let max_output = self.model.settings.max_output_tokens;
        let pass = tokio::select! {
            biased;
            pass = self.gate.pass(bytes, max_output) => pass,
            _ = stop.wait_for(|stop| *stop) => return None,
            _ = closed.wait_for(|closed| *closed) => return None,
        };
        let Some(reserved) = self.budget.reserve(self.worst_case(question)).await else {
            self.close(Closed::Budget);
            return None;
        };
        if self.ended() {
            return None;
        }
        self.tally.counts().sent();
        Some(Box::new(Sent { pass, reserved, watch: Stopwatch::start(), number: self.breaker.sent() }))
    }

    fn worst_case(&self, question: &Keyed<Question>) -> u64 {
        let bound = nano_usd_at_most(&self.model, question);
        bound.map_or(0, |bound| bound.max(self.dearest().saturating_mul(2)))
    }

    async fn call(
        &self,
        question: &Keyed<Question>,
        call: u32,
        sent: Box<Sent>,
        broken: &mut u32,
    ) -> Result<Call, PassError> {
        match self.client.answer(question, call).await {
            Ok(Outcome::New(reply)) => Ok(Call::Done(Box::new(self.received(question, *reply, *sent)))),
            Ok(Outcome::Recorded(kept)) => Ok(self.recorded(kept, &sent)),
            // What follows a failure is rare, and large: boxed, so that every call does not carry the room for it.
            Err(error) => Box::pin(self.failed(question, error, *sent, broken)).await,
        }
    }

    async fn failed(
        &self,
        question: &Keyed<Question>,
        error: ProviderError,
        sent: Sent,
        broken: &mut u32,
    ) -> Result<Call, PassError> {
        let detail = error.to_string();
        match error {
            ProviderError::Busy { wait_ms, counts, allowance, .. } => {
                *broken += u32::from(counts);
                Ok(self.turned_away(question, (wait_ms, &allowance), sent, *broken, detail))
            }
            ProviderError::Broken { maybe_billed, body, .. } => {
                *broken += 1;
                self.gate.failed(&Allowance::default(), &sent.pass);
                warn!(latency_ms = sent.watch.ms(), maybe_billed, "the call broke: {detail}");
                let again = self.may_try_again(*broken, sent.number, &detail);
                let watch = sent.watch;
                if maybe_billed {
                    self.write_off(question, sent, &detail, body).await?;
                }
                if again {
                    self.tally.counts().retries += 1;
                    return Ok(Call::Again {
                        wait_ms: pace::backoff_ms(*broken, chance(question)),
                        why: detail,
                    });
                }
                Ok(self.without_answer(Finish::Failed, detail, watch))
            }
            ProviderError::Rejected { .. } => {
                self.gate.failed(&Allowance::default(), &sent.pass);
                warn!("the question was refused: {detail}");
                self.may_try_again(0, sent.number, &detail);
                Ok(self.without_answer(Finish::Failed, detail, sent.watch))
            }
            ProviderError::Closed { why, .. } => {
                warn!("the provider answers no more: {detail}");
                self.close(Closed::ByProvider { why, detail: detail.clone() });
                if why == Closing::Model {
                    return Ok(self.without_answer(Finish::Retired, detail, sent.watch));
                }
                Ok(Call::Over)
            }
            ProviderError::NotRecorded => {
                self.tally.counts().not_recorded += 1;
                Ok(Call::Over)
            }
        }
    }

    fn turned_away(
        &self,
        question: &Keyed<Question>,
        (told_ms, allowance): (Option<u64>, &Allowance),
        sent: Sent,
        broken: u32,
        detail: String,
    ) -> Call {
        let wait_ms = self.gate.turned_away(&sent.pass, told_ms, allowance, chance(question));
        self.tally.counts().refusals += 1;
        debug!(wait_ms, "turned away: {detail}");
        self.tell(Event::Waiting { model: self.id(), wait_ms, why: detail.clone() });
        if wait_ms > pace::LONGEST_WAIT_MS {
            let detail = format!("it asks for a wait of {} minutes: {detail}", wait_ms / 60_000);
            self.close(Closed::ByProvider { why: Closing::Quota, detail });
            return Call::Over;
        }
        if self.gate.refusals() >= MOST_REFUSALS {
            self.close(Closed::Failing { detail });
            return Call::Over;
        }
        if broken >= self.model.max_attempts {
            return self.without_answer(Finish::Failed, detail, sent.watch);
        }
        // The gate does the waiting, for all.
        Call::Again { wait_ms: 0, why: String::new() }
    }

    /// Whether a call that broke so many times is made again; closes the lane when all break alike.
    fn may_try_again(&self, broken: u32, number: u64, detail: &str) -> bool {
        let has_answered = self.tally.counts().has_answered();
        if self.breaker.failed(number, has_answered, detail) {
            self.close(Closed::Failing { detail: detail.to_owned() });
            return false;
        }
        broken < self.model.max_attempts
    }

    async fn write_off(
        &self,
        question: &Keyed<Question>,
        sent: Sent,
        why: &str,
        body: Vec<u8>,
    ) -> Result<(), PassError> {
        let most = sent.reserved.write_off();
        let cost_nano_usd_most = self.model.price.as_ref().map(|_| most);
        {
            let mut counts = self.tally.counts();
            counts.lost_calls += 1;
            counts.lost_nano_usd_most += most;
        }
        let lost = LostCall { at: self.clock.now(), why: why.to_owned(), cost_nano_usd_most, body };
        // Money that is not on record would be spent twice: what the disk refuses ends the lane.
        Ok(self.work.store().note(question.clone(), lost).await?.kept().await?)
    }

    fn received(&self, question: &Keyed<Question>, reply: Reply, sent: Sent) -> (Answer, Vec<u8>) {
        let latency_ms = sent.watch.ms();
        let allowance = reply.allowance;
        let at = self.clock.now();
        let answered = answer(&self.model, question, reply, (at, latency_ms));
        let Answer { usage, cost_nano_usd, finish, .. } = answered.0;
        self.gate.answered(&sent.pass, counted_input(&self.model, usage), usage.output, &allowance);
        self.breaker.succeeded();
        sent.reserved.spend(cost_nano_usd.unwrap_or(0));
        self.remember_dearest(cost_nano_usd.unwrap_or(0));
        self.tally.counts().answered(usage, latency_ms);
        debug!(
            latency_ms,
            tokens_in = usage.input,
            tokens_out = usage.output,
            finish = finish.name(),
            "answered"
        );
        answered
    }

    /// What was said before the time that is asked for is not what is asked for.
    fn recorded(&self, kept: Box<Record>, sent: &Sent) -> Call {
        if kept.answer.at < self.fit.from {
            self.tally.counts().too_old += 1;
            return Call::Over;
        }
        let usage = kept.answer.usage;
        self.gate.answered(&sent.pass, usage.input, usage.output, &Allowance::default());
        self.tally.counts().answered(usage, sent.watch.ms());
        Call::Copied(kept)
    }

    fn without_answer(&self, finish: Finish, detail: String, watch: Stopwatch) -> Call {
        let answer = none(finish, detail, (self.clock.now(), watch.ms()));
        Call::Done(Box::new((answer, Vec::new())))
    }

    /// Waits, unless the run is stopped.
    async fn wait(&self, wait_ms: u64, why: String) {
        if wait_ms == 0 {
            return;
        }
        self.tell(Event::Waiting { model: self.id(), wait_ms, why });
        let mut stop = self.stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = pace::wait(wait_ms) => {}
        }
    }
}

/// The record that there is no answer, and why.
pub(super) fn none(finish: Finish, why: String, (at, latency_ms): (Instant, u32)) -> Answer {
    Answer {
        at,
        served: String::new(),
        finish,
        text: why,
        usage: Usage::default(),
        cost_nano_usd: Some(0),
        priced: "free".into(),
        latency_ms,
        request_id: String::new(),
    }
}

/// A reply as it is kept: dated and priced, with what came over the wire.
pub(super) fn answer(
    model: &Model,
    question: &Keyed<Question>,
    reply: Reply,
    (at, latency_ms): (Instant, u32),
) -> (Answer, Vec<u8>) {
    let Reply { served, finish, text, usage, wire, request_id, allowance: _ } = reply;
    let usage = usage.unwrap_or_else(|| estimate(question, &text));
    let answer = Answer {
        at,
        served,
        finish,
        text,
        usage,
        cost_nano_usd: model.price.as_ref().map(|priced| priced.price.nano_usd(usage)),
        priced: model.price.as_ref().map_or_else(|| "".into(), |priced| Arc::clone(&priced.source)),
        latency_ms,
        request_id,
    };
    (answer, wire)
}

/// The most that a call can cost; `None`: the price is not known. A token has at least a byte.
pub(super) fn nano_usd_at_most(model: &Model, question: &Keyed<Question>) -> Option<u64> {
    let max_output = u64::from(model.settings.max_output_tokens);
    let priced = model.price.as_ref()?;
    Some(priced.price.nano_usd_at_most((bytes(question) + FRAME_BYTES) as u64, max_output))
}

/// What of the input counts towards the provider's limits.
fn counted_input(model: &Model, usage: Usage) -> u32 {
    let spares_cached = matches!(
        &model.source,
        Source::Asked(Provider::Http(server)) if server.dialect == Dialect::Anthropic
    );
    if spares_cached { usage.input.saturating_sub(usage.cache_read) } else { usage.input }
}

/// Where the provider does not say what was used: a token is about four bytes of English.
fn estimate(question: &Keyed<Question>, text: &str) -> Usage {
    let tokens = |bytes: usize| u32::try_from(bytes.div_ceil(4)).unwrap_or(u32::MAX);
    Usage { input: tokens(bytes(question)), output: tokens(text.len()), ..Usage::default() }
}

pub(super) fn bytes(question: &Keyed<Question>) -> usize {
    let context = &question.it.context.it;
    context.system.len() + question.it.user.len() + context.schema.len()
}

/// Differs from question to question and not from run to run.
fn chance(question: &Keyed<Question>) -> u64 {
    let bytes = question.key.0.first_chunk::<8>().copied().unwrap_or_default();
    u64::from_le_bytes(bytes)
}

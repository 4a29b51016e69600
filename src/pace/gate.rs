//! The gate in front of a model, or of several that share a limit: who may send, and when.
//!
//! First come, first served. Whoever is first waits for all of it: that the server is to be left
//! alone no longer, that there is room in flight, and that requests and tokens keep to their rates.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::backoff_ms;
use super::requests::Requests;
use super::tokens::Tokens;
use crate::domain::{Allowance, Limits};

/// How many may be in flight at a server of which no rate is known, before anything came back.
const FIRST_WINDOW: usize = 2;
/// After so many replies it may be one more: those in flight when the limit shows are turned away.
const REPLIES_EACH: usize = 5;
/// How many may be in flight where a rate is known and keeps the number down by itself.
const WIDEST_WINDOW: usize = 1_000;
/// Where no rate is known, however well it goes.
const USUAL_WINDOW: usize = 64;
/// A server that wants to be left alone for longer is not waited for.
pub const LONGEST_WAIT_MS: u64 = 60 * 60 * 1_000;
/// Calls in flight and failed, together, before one has been answered.
const RISKED: usize = 50;
/// Bytes of English in a token, until the provider has said otherwise.
const BYTES_PER_TOKEN: f64 = 4.0;
/// By how much the newest reply moves what is expected of the next.
const MEMORY: f64 = 0.05;

/// What a call is thought to use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Charge {
    bytes: usize,
    pub input: f64,
    pub output: f64,
}

/// Lets calls through.
pub struct Gate {
    limits: Limits,
    /// The server counts the most that may come back, not what does.
    counts_max_tokens: bool,
    state: Mutex<State>,
    /// One sleeper at a time: the rest queue here in order, so nobody starves and nobody polls.
    queue: tokio::sync::Mutex<()>,
    changed: Notify,
}

struct State {
    hold_until: Instant,
    /// Nobody has been let through since.
    is_held: bool,
    in_flight: usize,
    /// Nothing else may be sent until the first reply is there.
    alone: bool,
    replies: usize,
    /// Calls that failed since the last reply.
    failures: usize,
    requests: Requests,
    tokens: Option<Tokens>,
    input: Option<Tokens>,
    output: Option<Tokens>,
    /// In a row.
    refusals: u32,
    bytes_per_token: f64,
    mean_output: Option<f64>,
    waited: Duration,
}

/// The leave to send one call; when it is dropped, the call is no longer in flight.
pub struct Pass {
    gate: Arc<Gate>,
    pub charge: Charge,
    sent: Instant,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.gate.state().in_flight -= 1;
        self.gate.changed.notify_one();
    }
}

impl Gate {
    /// `alone_first`: the first call has the server to itself until it has come back.
    pub fn new(limits: &Limits, counts_max_tokens: bool, alone_first: bool) -> Self {
        let now = Instant::now();
        let tokens = |per_minute: Option<u32>| per_minute.map(f64::from).map(Tokens::new);
        let state = State {
            hold_until: now,
            is_held: false,
            in_flight: 0,
            alone: alone_first,
            replies: 0,
            failures: 0,
            requests: Requests::new(limits.requests_per_minute),
            tokens: tokens(limits.tokens_per_minute),
            input: tokens(limits.input_tokens_per_minute),
            output: tokens(limits.output_tokens_per_minute),
            refusals: 0,
            bytes_per_token: BYTES_PER_TOKEN,
            mean_output: None,
            waited: Duration::ZERO,
        };
        Self {
            limits: limits.clone(),
            counts_max_tokens,
            state: Mutex::new(state),
            queue: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        }
    }

    /// The most that can ever be in flight.
    pub fn widest(&self) -> usize {
        let is_paced = self.limits.requests_per_minute.is_some() || self.state().has_token_rate();
        self.limits.max_in_flight.unwrap_or(if is_paced { WIDEST_WINDOW } else { USUAL_WINDOW })
    }

    /// How long calls have waited for their turn behind a refusal, in all.
    pub fn waited_ms(&self) -> u64 {
        u64::try_from(self.state().waited.as_millis()).unwrap_or(u64::MAX)
    }

    /// How often calls were turned away since the last answer.
    pub fn refusals(&self) -> u32 {
        self.state().refusals
    }

    /// Returns when a call with so many bytes of prompt may be sent.
    #[expect(clippy::disallowed_methods, reason = "the one place that waits")]
    pub async fn pass(self: &Arc<Self>, bytes: usize, max_output: u32) -> Pass {
        let _turn = self.queue.lock().await;
        loop {
            // Listened for before looking, so that nothing that changes in between is missed.
            let changed = self.changed.notified();
            match self.try_pass(bytes, max_output) {
                Ok(charge) => return Pass { gate: Arc::clone(self), charge, sent: Instant::now() },
                Err(Some(until)) => {
                    tokio::select! {
                        () = changed => {}
                        () = tokio::time::sleep_until(until) => {}
                    }
                }
                Err(None) => changed.await,
            }
        }
    }

    /// `Err` says until when to wait; `None`: until something comes back.
    fn try_pass(&self, bytes: usize, max_output: u32) -> Result<Charge, Option<Instant>> {
        let widest = self.widest();
        let mut state = self.state();
        let now = Instant::now();
        if now < state.hold_until {
            return Err(Some(state.hold_until));
        }
        if state.in_flight >= state.window(widest) {
            return Err(None);
        }
        if std::mem::take(&mut state.is_held) {
            state.forget_savings();
        }
        for tokens in state.token_rates() {
            tokens.ready().map_err(Some)?;
        }
        state.requests.take().map_err(Some)?;
        let charge = state.charge(bytes, max_output, self.counts_max_tokens);
        state.take(charge);
        state.in_flight += 1;
        Ok(charge)
    }

    /// An answer came, and used so many tokens of those that the server counts.
    pub fn answered(&self, pass: &Pass, counted_input: u32, output: u32, allowance: &Allowance) {
        let mut state = self.state();
        state.learn_size(pass.charge, counted_input, output);
        let output = if self.counts_max_tokens { pass.charge.output } else { f64::from(output) };
        state.settle(pass.charge, f64::from(counted_input), output);
        state.replies += 1;
        state.failures = 0;
        state.requests.answered();
        state.alone = false;
        if pass.sent >= state.hold_until {
            state.refusals = 0;
        }
        state.hear(allowance, pass.charge, &self.limits);
        drop(state);
        self.changed.notify_one();
    }

    /// The call failed in another way than by being turned away; what it used is not known.
    pub fn failed(&self, allowance: &Allowance, pass: &Pass) {
        let mut state = self.state();
        state.failures += 1;
        state.alone = false;
        state.hear(allowance, pass.charge, &self.limits);
        drop(state);
        self.changed.notify_one();
    }

    /// The call was turned away: nobody sends for as long as the server says, or for a while. Returns
    /// the wait in milliseconds.
    pub fn turned_away(&self, pass: &Pass, told_ms: Option<u64>, allowance: &Allowance, chance: u64) -> u64 {
        let mut state = self.state();
        let now = Instant::now();
        state.settle(pass.charge, 0.0, 0.0);
        state.hear(allowance, pass.charge, &self.limits);
        state.requests.turned_away();
        // Several that were in flight together are turned away together; that is one refusal.
        let is_new = pass.sent >= state.hold_until;
        if is_new {
            state.refusals = state.refusals.saturating_add(1);
        }
        let wait_ms = told_ms.unwrap_or_else(|| backoff_ms(state.refusals, chance));
        // Who is told to wait for longer gives up; others behind the same gate are not held up by that.
        if wait_ms > LONGEST_WAIT_MS {
            return wait_ms;
        }
        let until = now + Duration::from_millis(wait_ms);
        if is_new {
            state.requests.slow_down(now, until);
        }
        if until > state.hold_until {
            let further = until - state.hold_until.max(now);
            state.waited += further;
            state.hold_until = until;
            state.is_held = true;
            state.requests.wait_until(until);
        }
        wait_ms
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_token_rate(&self) -> bool {
        self.tokens.is_some() || self.input.is_some() || self.output.is_some()
    }

    fn token_rates(&mut self) -> impl Iterator<Item = &mut Tokens> {
        [&mut self.tokens, &mut self.input, &mut self.output].into_iter().flatten()
    }

    /// Where a rate is known, it keeps the window down by itself: rate times latency. Where none is,
    /// the window grows with the replies.
    fn window(&self, widest: usize) -> usize {
        if self.alone {
            return 1;
        }
        // While nothing but failures comes back, no more calls are risked than it takes to be sure.
        let widest = match self.failures {
            0 if self.replies > 0 => widest,
            failures => widest.min(RISKED.saturating_sub(failures).max(1)),
        };
        if self.requests.is_known() || self.has_token_rate() {
            return widest;
        }
        FIRST_WINDOW.saturating_add(self.replies / REPLIES_EACH).min(widest)
    }

    fn charge(&self, bytes: usize, max_output: u32, counts_max: bool) -> Charge {
        let max = f64::from(max_output);
        let output = if counts_max { max } else { self.mean_output.unwrap_or(max) };
        Charge { bytes, input: bytes as f64 / self.bytes_per_token, output }
    }

    fn take(&mut self, charge: Charge) {
        self.give_back(-charge.input, -charge.output);
    }

    /// What was taken becomes what was used.
    fn settle(&mut self, charge: Charge, input: f64, output: f64) {
        self.give_back(charge.input - input, charge.output - output);
    }

    fn give_back(&mut self, input: f64, output: f64) {
        if let Some(tokens) = &mut self.tokens {
            tokens.give_back(input + output);
        }
        if let Some(tokens) = &mut self.input {
            tokens.give_back(input);
        }
        if let Some(tokens) = &mut self.output {
            tokens.give_back(output);
        }
    }

    fn learn_size(&mut self, charge: Charge, input: u32, output: u32) {
        if input > 0 {
            let seen = charge.bytes as f64 / f64::from(input);
            let step = if self.replies == 0 { 1.0 } else { MEMORY };
            self.bytes_per_token += step * (seen - self.bytes_per_token);
        }
        let output = f64::from(output);
        let mean = self.mean_output.get_or_insert(output);
        *mean += MEMORY * (output - *mean);
    }

    /// Takes to heart what the server says, without ever going above what the config allows.
    fn hear(&mut self, allowance: &Allowance, last: Charge, limits: &Limits) {
        if let Some(limit) = allowance.requests.limit {
            self.requests.tell(limit);
        }
        if allowance.requests.remaining == Some(0) {
            // One will be free after a period, which is sooner than all of them are.
            let period = allowance.requests.limit.filter(|limit| *limit > 0).map(|limit| 60_000 / limit);
            let wait = [period, allowance.requests.reset_ms].into_iter().flatten().min().unwrap_or(0);
            self.hold_until = self.hold_until.max(Instant::now() + Duration::from_millis(wait));
        }
        for (tokens, said, most, wanted) in [
            (&mut self.tokens, allowance.tokens, limits.tokens_per_minute, last.input + last.output),
            (&mut self.input, allowance.input_tokens, limits.input_tokens_per_minute, last.input),
            (&mut self.output, allowance.output_tokens, limits.output_tokens_per_minute, last.output),
        ] {
            if let Some(limit) = said.limit.filter(|limit| *limit > 0) {
                let rate = most.map_or(limit as f64, |most| f64::from(most).min(limit as f64));
                let tokens = tokens.get_or_insert_with(|| Tokens::new(rate));
                if (tokens.per_minute() - rate).abs() > 1e-9 {
                    tokens.change(rate);
                }
            }
            if let (Some(tokens), Some(remaining)) = (tokens, said.remaining) {
                tokens.at_most(remaining as f64, wanted);
            }
        }
    }

    /// After a wait all begin evenly, as at the start: no stampede.
    fn forget_savings(&mut self) {
        self.requests.forget_savings();
        self.token_rates().for_each(Tokens::forget_savings);
    }
}

#[cfg(test)]
mod tests;

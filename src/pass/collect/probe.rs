//! One question to a model, once and outside of any run: whether and how it answers.

use std::sync::Arc;

use super::call::{answer, nano_usd_at_most};
use crate::domain::{Allowance, Answer, Keyed, LostCall, Model, Question};
use crate::pace::{Clock, Stopwatch};
use crate::pass::PassError;
use crate::provider::{Client, Outcome, ProviderError};
use crate::store::{Entry, Store};

/// A model and what it is asked.
pub struct Probe {
    pub model: Model,
    pub client: Arc<Client>,
    pub question: Keyed<Question>,
    pub clock: Clock,
}

/// What came of it.
pub struct Probed {
    pub answer: Result<Answer, ProviderError>,
    pub latency_ms: u32,
    /// What the server says of its limits.
    pub allowance: Allowance,
}

impl Probe {
    /// The most that it can cost, in billionths of a US dollar; `None`: the price is not known.
    pub fn nano_usd_at_most(&self) -> Option<u64> {
        nano_usd_at_most(&self.model, &self.question)
    }
}

/// Asks all of them at once, each only once. What they answer is on disk before this returns.
pub async fn probe(store: &Store, probes: &[Probe]) -> Result<Vec<Probed>, PassError> {
    // Every answer is heard and kept, also when the store fails on another.
    let outcomes = futures::future::join_all(probes.iter().map(|probe| one(store, probe))).await;
    outcomes.into_iter().collect()
}

async fn one(store: &Store, probe: &Probe) -> Result<Probed, PassError> {
    let Probe { model, client, question, clock } = probe;
    let watch = Stopwatch::start();
    let outcome = client.answer(question, 1).await;
    let latency_ms = watch.ms();
    let (entry, allowance) = match outcome {
        Ok(Outcome::New(reply)) => {
            let allowance = reply.allowance;
            let (answer, wire) = answer(model, question, *reply, (clock.now(), latency_ms));
            (Entry::new(question.clone(), answer, wire), allowance)
        }
        Ok(Outcome::Recorded(kept)) => (Entry::copy(question.clone(), *kept), Allowance::default()),
        Err(error) => {
            let allowance = match &error {
                ProviderError::Busy { allowance, .. } => **allowance,
                ProviderError::Broken { maybe_billed: true, detail, body } => {
                    lost(store, probe, detail, body).await?;
                    Allowance::default()
                }
                _ => Allowance::default(),
            };
            return Ok(Probed { answer: Err(error), latency_ms, allowance });
        }
    };
    let answer = entry.answer.clone();
    store.put(entry).await?.kept().await?;
    Ok(Probed { answer: Ok(answer), latency_ms, allowance })
}

async fn lost(store: &Store, probe: &Probe, why: &str, body: &[u8]) -> Result<(), PassError> {
    let cost_nano_usd_most = probe.nano_usd_at_most();
    let lost =
        LostCall { at: probe.clock.now(), why: why.to_owned(), cost_nano_usd_most, body: body.to_vec() };
    store.note(probe.question.clone(), lost).await?.kept().await?;
    Ok(())
}

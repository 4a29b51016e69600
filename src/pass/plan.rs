//! The first pass: counts and prices what is missing. Sends nothing and writes nothing.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::due::{Reason, Reasons};
use super::{Job, Part, PassError, Rater, Settled};
use crate::domain::{Fit, Limits, Model, Priced};
use crate::store::Store;

/// What one model would be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelPlan {
    pub model: Arc<str>,
    /// Ratings the run needs from it.
    pub needed: u64,
    /// Of those, already settled by kept answers.
    pub cached: u64,
    /// Of those, in batches that have not come in.
    pub on_their_way: u64,
    /// Calls to be made. Equal questions are one call.
    pub calls: u64,
    /// Why they are due; together all of them.
    pub reasons: BTreeMap<Reason, u64>,
    /// Estimated at four bytes a token.
    pub tokens_in: u64,
    /// The most that may come back.
    pub tokens_out_most: u64,
    /// With every answer as long as it may be; `None`: the price is not known.
    pub cost_nano_usd_most: Option<u64>,
    /// Where the price is from.
    pub priced: Option<Arc<str>>,
    /// Asked in batches, at their price.
    pub in_batches: bool,
    /// From the model's rate limits; `None` when it has none, or is asked in batches.
    pub minutes: Option<f64>,
}

/// Counts for every model that is asked. `outdated` says why an answer outside of `fit` does not serve.
pub fn plan(job: &Job, fit: Fit, part: &Part, outdated: Reason) -> Result<Vec<ModelPlan>, PassError> {
    let asked = job.raters.iter().filter(|rater| rater.asker.is_some());
    asked.map(|rater| of_model(job, rater, (fit, outdated), part)).collect()
}

/// The plans of several jobs of the same raters as one, by model.
pub fn summed(plans: Vec<Vec<ModelPlan>>) -> Vec<ModelPlan> {
    let mut sums: Vec<ModelPlan> = Vec::new();
    for plan in plans.into_iter().flatten() {
        let Some(sum) = sums.iter_mut().find(|sum| sum.model == plan.model) else {
            sums.push(plan);
            continue;
        };
        sum.needed += plan.needed;
        sum.cached += plan.cached;
        sum.on_their_way += plan.on_their_way;
        sum.calls += plan.calls;
        for (reason, count) in plan.reasons {
            *sum.reasons.entry(reason).or_default() += count;
        }
        sum.tokens_in += plan.tokens_in;
        sum.tokens_out_most += plan.tokens_out_most;
        let both = sum.cost_nano_usd_most.zip(plan.cost_nano_usd_most);
        sum.cost_nano_usd_most = both.map(|(one, other)| one + other);
        // One wording is asked after the other.
        sum.minutes = sum.minutes.zip(plan.minutes).map(|(one, other)| one + other);
    }
    sums
}

fn of_model(
    job: &Job,
    rater: &Rater,
    (fit, outdated): (Fit, Reason),
    part: &Part,
) -> Result<ModelPlan, PassError> {
    let mut planning = Planning::new(&rater.model, &job.store, outdated);
    if let Some(asker) = &rater.asker {
        // Eight bytes of a key tell questions apart well enough for an estimate.
        let mut seen = HashSet::new();
        for chunk in job.chunks(part)? {
            let mut questions = job.questions(asker, &chunk?, part)?;
            planning.plan.needed += questions.len() as u64;
            questions.retain(|question| seen.insert(question.key.0.first_chunk::<8>().copied()));
            planning.add(job.settle(questions, fit)?)?;
        }
    }
    Ok(planning.finish())
}

/// A plan that is being made of what is known of questions.
pub(super) struct Planning<'a> {
    plan: ModelPlan,
    model: &'a Model,
    price: Option<Priced>,
    store: &'a Store,
    reasons: Reasons<'a>,
}

impl<'a> Planning<'a> {
    pub(super) fn new(model: &'a Model, store: &'a Store, outdated: Reason) -> Self {
        let price = model.price_asked();
        let plan = ModelPlan {
            model: Arc::clone(&model.id),
            needed: 0,
            cached: 0,
            on_their_way: 0,
            calls: 0,
            reasons: BTreeMap::new(),
            tokens_in: 0,
            tokens_out_most: 0,
            cost_nano_usd_most: price.as_ref().map(|_| 0),
            priced: price.as_ref().map(|priced| Arc::clone(&priced.source)),
            in_batches: model.in_batches,
            minutes: None,
        };
        Self { plan, model, price, store, reasons: Reasons::new(store, outdated) }
    }

    /// All of these, where each is needed once.
    pub(super) fn of<T>(mut self, settled: Vec<Settled<T>>) -> Result<ModelPlan, PassError> {
        self.plan.needed += settled.len() as u64;
        self.add(settled)?;
        Ok(self.finish())
    }

    fn add<T>(&mut self, mut settled: Vec<Settled<T>>) -> Result<(), PassError> {
        let plan = &mut self.plan;
        settled.retain(|settled| settled.due.is_some());
        plan.on_their_way += leave_out_on_their_way(self.store, &mut settled)?;
        for reason in self.reasons.of(&settled)? {
            *plan.reasons.entry(reason).or_default() += 1;
        }
        let max_output = u64::from(self.model.settings.max_output_tokens);
        for due in settled.into_iter().filter_map(|settled| settled.due) {
            let question = &due.it;
            let bytes = question.user.len() + question.context.it.system.len();
            let tokens = bytes.div_ceil(4) as u64;
            plan.calls += 1;
            plan.tokens_in += tokens;
            if let (Some(most), Some(priced)) = (&mut plan.cost_nano_usd_most, &self.price) {
                *most += priced.price.nano_usd_at_most(tokens, max_output);
            }
        }
        Ok(())
    }

    fn finish(self) -> ModelPlan {
        let Self { mut plan, model, .. } = self;
        plan.cached = plan.needed.saturating_sub(plan.calls + plan.on_their_way);
        plan.tokens_out_most = plan.calls * u64::from(model.settings.max_output_tokens);
        plan.minutes = if model.in_batches { None } else { minutes(&plan, &model.limits) };
        plan
    }
}

/// What is in a batch already is paid for there. Returns how many that were.
fn leave_out_on_their_way<T>(store: &Store, due: &mut Vec<Settled<T>>) -> Result<u64, PassError> {
    if due.is_empty() {
        return Ok(0);
    }
    let keys = due.iter().filter_map(|settled| settled.due.as_ref()).map(|question| question.key);
    let mut on_their_way = store.on_their_way(keys.collect())?.into_iter();
    let before = due.len();
    due.retain(|_| on_their_way.next().flatten().is_none());
    Ok((before - due.len()) as u64)
}

impl ModelPlan {
    /// One part of the plan in place of another.
    pub fn exchange(&mut self, out: &Self, into: &Self) {
        let exchange = |all: u64, out: u64, into: u64| all.saturating_sub(out) + into;
        self.cached = exchange(self.cached, out.cached, into.cached);
        self.on_their_way = exchange(self.on_their_way, out.on_their_way, into.on_their_way);
        self.calls = exchange(self.calls, out.calls, into.calls);
        for (reason, count) in &out.reasons {
            let left = self.reasons.entry(*reason).or_default();
            *left = left.saturating_sub(*count);
        }
        for (reason, count) in &into.reasons {
            *self.reasons.entry(*reason).or_default() += count;
        }
        self.reasons.retain(|_, count| *count > 0);
        self.tokens_in = exchange(self.tokens_in, out.tokens_in, into.tokens_in);
        self.tokens_out_most = exchange(self.tokens_out_most, out.tokens_out_most, into.tokens_out_most);
        let costs = self.cost_nano_usd_most.zip(out.cost_nano_usd_most.zip(into.cost_nano_usd_most));
        self.cost_nano_usd_most = costs.map(|(all, (out, into))| exchange(all, out, into));
        let minutes = |plan: &Self| plan.minutes.unwrap_or(0.0);
        self.minutes = self.minutes.map(|all| (all - minutes(out) + minutes(into)).max(0.0));
    }
}

/// By the limit that takes the longest.
fn minutes(plan: &ModelPlan, limits: &Limits) -> Option<f64> {
    let tokens_out = plan.tokens_out_most;
    let all = [
        (plan.calls, limits.requests_per_minute),
        (plan.tokens_in + tokens_out, limits.tokens_per_minute),
        (plan.tokens_in, limits.input_tokens_per_minute),
        (tokens_out, limits.output_tokens_per_minute),
    ];
    let minutes = all.into_iter().filter_map(|(count, rate)| Some(count as f64 / f64::from(rate?.max(1))));
    minutes.max_by(f64::total_cmp)
}

//! How a run asks in batches, and who may look after them.

use std::sync::Arc;

use anyhow::anyhow;

use super::holder::holder;
use super::{Desk, Exit, Failure, clients};
use crate::cli;
use crate::config::Keys;
use crate::domain::{Instant, Model};
use crate::pace;
use crate::pass::Rater;
use crate::pass::collect::{BatchOrders, Pauses};
use crate::provider::Batches;
use crate::provider::SetUpError;
use crate::report::count;
use crate::store::{Lock, Locked};

/// How the raters of a run are asked in batches.
pub(super) fn orders(desk: &Desk, args: &cli::Score, raters: &[Rater]) -> Result<BatchOrders, Failure> {
    let keys = Keys::beside(&desk.config.root)?;
    let one = |rater: &Rater| match rater.model.in_batches {
        true => client(&keys, &rater.model).map(Some),
        false => Ok(None),
    };
    let clients: Vec<_> = raters.iter().map(one).collect::<Result<_, _>>()?;
    if clients.iter().all(Option::is_none) {
        refuse_without_batches(args, raters)?;
    }
    for rater in raters.iter().filter(|rater| args.batch && rater.asker.is_some() && !rater.model.in_batches)
    {
        desk.talk.say(format_args!("{} has no interface for batches: it is asked at once", rater.model.id));
    }
    let deadline = args.deadline.map(|age| Instant(desk.clock.now().0.saturating_add(age.0)));
    Ok(BatchOrders { clients, pauses: pauses(desk), leaves: args.no_wait, deadline, own: Vec::new() })
}

/// Flags that say something of batches, where there are none.
fn refuse_without_batches(args: &cli::Score, raters: &[Rater]) -> Result<(), Failure> {
    let flag = match args {
        cli::Score { batch: true, .. } => "--batch",
        cli::Score { no_wait: true, .. } => "--no-wait",
        cli::Score { deadline: Some(_), .. } => "--deadline",
        _ => return Ok(()),
    };
    if raters.iter().any(|rater| rater.model.batches.is_some()) {
        let error = anyhow!("{flag} is about batches, and none of these models is asked in batches");
        return Err(
            Failure::usage(error).hint("--batch asks in batches, and so does `batch = true` with a model")
        );
    }
    Err(Failure::usage(anyhow!("none of these models can be asked in batches"))
        .hint("servers of openai, anthropic, gemini and mistral can"))
}

pub(super) fn pauses(desk: &Desk) -> Pauses {
    Pauses { poll_ms: desk.config.batch_poll_ms, settle_ms: desk.config.batch_settle_ms }
}

/// The batches of a model's account.
pub(super) fn client(keys: &Keys, model: &Model) -> Result<Arc<Batches>, Failure> {
    let no_batches = || Failure::usage(anyhow!("{} has no interface for batches", model.id));
    let server = clients::server(model).ok_or_else(no_batches)?;
    let api = server.batch.ok_or_else(no_batches)?;
    let key = server.api_key_env.as_ref().and_then(|name| keys.get(name));
    let client = Batches::new(server, api, key.as_ref(), pace::now).map_err(|error| {
        let exit = match error {
            SetUpError::Key { .. } => Exit::Account,
            SetUpError::Connection { .. } => Exit::Failed,
        };
        Failure::new(exit, error)
    })?;
    Ok(Arc::new(client))
}

/// Held by whoever looks after batches: two who did would hand over and bring in the same.
pub(super) fn lock(desk: &Desk, orders: &BatchOrders) -> Result<Option<Lock>, Failure> {
    match orders.clients.iter().any(Option::is_some) {
        true => take_lock(desk, "score --batch").map(Some),
        false => Ok(None),
    }
}

pub(super) fn take_lock(desk: &Desk, what: &str) -> Result<Lock, Failure> {
    match Lock::take(&desk.config.cache, "batch", &holder(desk, what))? {
        Locked::Taken(lock) => Ok(lock),
        Locked::Held { by } => {
            let error = anyhow!("the batches of this store are looked after by another program: {by}");
            Err(Failure::new(Exit::Failed, error)
                .hint("wait until it has ended, or end it: nothing of a batch is lost"))
        }
    }
}

/// Says how to come back for what was handed over.
pub(super) fn left(desk: &Desk, questions: u64, (rest, why): (u64, &str)) {
    if rest > 0 {
        desk.talk.say(format_args!("{rest} were not submitted, for {why}: run it again later."));
    }
    let questions = count(questions, "question");
    desk.talk.say(format_args!(
        "{questions} in batches. `score-tasks batch collect` brings in what has ended; the same command without \
         --no-wait waits for them and reports."
    ));
}

//! `batch`: what is on its way at providers, and bringing it in.

use std::sync::Arc;

use anyhow::anyhow;

use super::batches::{client, pauses, take_lock};
use super::interrupt::Interrupts;
use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure, clients, cost};
use crate::cli::{self, Collecting};
use crate::config::Keys;
use crate::domain::{Batch, Finish, Instant, Model};
use crate::pace;
use crate::pass::collect::{Closed, Courier, Heard, Limits};
use crate::provider::{Batches, Ending, Remote, RemoteState};
use crate::report::{Align, count};
use crate::store::Store;

/// How often those that wait are looked after, at the least.
const LONGEST_REST_MS: u64 = 60_000;

pub(super) fn batch(desk: &Desk, command: &cli::Batch) -> Result<Exit, Failure> {
    let Some(store) = store(desk, matches!(command, cli::Batch::List { .. } | cli::Batch::Status))? else {
        return show(desk, &[], |_| None);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match command {
        cli::Batch::List { all } => {
            let batches = runtime.block_on(store.batches(!all))?;
            show(desk, &batches, |_| None)
        }
        cli::Batch::Status => status(desk, &store, &runtime),
        cli::Batch::Collect(args) => collect(desk, &store, &runtime, args),
        cli::Batch::Cancel { names, .. } => cancel(desk, &store, &runtime, names),
    }
}

/// `None`: there is none yet.
fn store(desk: &Desk, only_reads: bool) -> Result<Option<Store>, Failure> {
    let path = &desk.config.cache;
    if !path.exists() {
        return Ok(None);
    }
    let open = if only_reads { Store::open_to_read } else { Store::open };
    Ok(Some(open(path)?))
}

fn show(desk: &Desk, batches: &[Batch], now: impl Fn(&Batch) -> Option<String>) -> Result<Exit, Failure> {
    if desk.global.json {
        let all: Vec<_> = batches.iter().map(|batch| json(batch, now(batch))).collect();
        print_json(&all.into())?;
        return Ok(Exit::Done);
    }
    if batches.is_empty() {
        desk.talk.say("No batch is on its way.");
        return Ok(Exit::Done);
    }
    let header = ["batch", "model", "made", "state", "questions", "answered", "USD, at most", ""];
    let aligns = [[Align::Left; 4].as_slice(), &[Align::Right; 3], &[Align::Left]].concat();
    let row = |batch: &Batch| {
        vec![
            batch.name.clone(),
            batch.model.clone(),
            batch.made.to_string(),
            now(batch).unwrap_or_else(|| batch.state.name().to_owned()),
            batch.items.to_string(),
            batch.answered.to_string(),
            batch
                .cost_nano_usd_most
                .map_or_else(|| "not known".to_owned(), |most| format!("{:.2}", most as f64 / 1e9)),
            batch.detail.clone(),
        ]
    };
    print_grid(&header, &aligns, batches.iter().map(row).collect())?;
    Ok(Exit::Done)
}

fn json(batch: &Batch, now: Option<String>) -> serde_json::Value {
    serde_json::json!({
        "name": batch.name,
        "model": batch.model,
        "endpoint": batch.endpoint,
        "interface": batch.api,
        "state": batch.state.name(),
        "provider_state": now,
        "made": batch.made.to_string(),
        "ended": (batch.ended != Instant::END).then(|| batch.ended.to_string()),
        "id_at_provider": (!batch.remote.is_empty()).then_some(&batch.remote),
        "questions": batch.items,
        "answered": batch.answered,
        "unanswered": batch.unanswered,
        "cost_usd_at_most": batch.cost_nano_usd_most.map(|most| most as f64 / 1e9),
        "detail": batch.detail,
    })
}

/// A model of the config that has batches on their way, and who is asked about them.
struct Account {
    model: Model,
    client: Arc<Batches>,
}

/// Of every model with open batches. One that the config no longer has is an error, for its batches are paid for.
fn accounts(desk: &Desk, open: &[Batch]) -> Result<Vec<Account>, Failure> {
    let keys = Keys::beside(&desk.config.root)?;
    let mut accounts: Vec<Account> = Vec::new();
    for batch in open {
        if accounts.iter().any(|account| *account.model.id == *batch.model) {
            continue;
        }
        let known = desk.config.known_models.iter();
        let model = known.clone().find(|model| {
            *model.id == *batch.model
                && clients::server(model).is_some_and(|server| server.endpoint == batch.endpoint)
        });
        let Some(model) = model else {
            let error = anyhow!(
                "{} is a batch of the model {} at {}, which config.toml does not have",
                batch.name,
                batch.model,
                batch.endpoint
            );
            return Err(Failure::usage(error).hint(format!(
                "put [models.{}] back into config.toml until its batches are in",
                batch.model
            )));
        };
        let mut model = model.clone();
        model.in_batches = true;
        model.price = model.price_asked();
        let missing = clients::missing(&keys, &[&model]);
        if !missing.is_empty() {
            let names = missing.join(", ");
            return Err(
                Failure::new(Exit::Account, anyhow!("no key in {names}")).hint(clients::WHERE_KEYS_ARE)
            );
        }
        let client = client(&keys, &model)?;
        accounts.push(Account { model, client });
    }
    Ok(accounts)
}

fn status(desk: &Desk, store: &Store, runtime: &tokio::runtime::Runtime) -> Result<Exit, Failure> {
    let open = runtime.block_on(store.batches(true))?;
    let accounts = accounts(desk, &open)?;
    let mut said = std::collections::BTreeMap::new();
    for batch in open.iter().filter(|batch| !batch.remote.is_empty()) {
        let Some(account) = accounts.iter().find(|account| *account.model.id == *batch.model) else {
            continue;
        };
        let words = match runtime.block_on(account.client.status(&batch.remote)) {
            Ok(remote) => words(&remote),
            Err(error) => format!("not known: {error}"),
        };
        said.insert(batch.id, words);
    }
    show(desk, &open, |batch| said.get(&batch.id).cloned())
}

fn words(remote: &Remote) -> String {
    match &remote.state {
        RemoteState::Running => {
            let done = remote.done.map_or_else(String::new, |done| format!(", {done} done"));
            format!("running{done}")
        }
        RemoteState::Ended(Ending::Completed) => "completed: to be collected".to_owned(),
        RemoteState::Ended(Ending::Expired) => "expired: to be collected".to_owned(),
        RemoteState::Ended(Ending::Cancelled) => "cancelled: to be collected".to_owned(),
        RemoteState::Ended(Ending::Failed { code, detail }) => format!("failed: {code}: {detail}"),
    }
}

/// What was brought in, over all models.
#[derive(Default)]
struct Brought {
    answered: u64,
    /// Of those, refused for good by the provider.
    failed: u64,
    unanswered: u64,
    lost: u64,
    nano_usd: u64,
    lost_nano_usd_most: u64,
}

impl Brought {
    fn hear(&mut self, heard: &Heard) {
        match heard {
            Heard::Answered { answer, .. } => {
                self.answered += 1;
                self.failed += u64::from(answer.finish == Finish::Failed);
                self.nano_usd += answer.cost_nano_usd.unwrap_or(0);
            }
            Heard::Unanswered { .. } => self.unanswered += 1,
            Heard::Lost { nano_usd_most, .. } => {
                self.lost += 1;
                self.lost_nano_usd_most += nano_usd_most.unwrap_or(0);
            }
        }
    }

    fn tell(&self, desk: &Desk) {
        let mut parts =
            vec![format!("{} brought in, {}", count(self.answered, "answer"), cost(self.nano_usd))];
        if self.failed > 0 {
            parts.push(format!("{} of them refused by the provider", self.failed));
        }
        if self.unanswered > 0 {
            let them = count(self.unanswered, "question");
            parts.push(format!("{them} without an answer, to be asked again by the next run"));
        }
        if self.lost > 0 {
            let most = cost(self.lost_nano_usd_most);
            parts.push(format!(
                "{} unreadable that may be billed, {most} at most",
                count(self.lost, "answer")
            ));
        }
        desk.talk.say(parts.join("; "));
    }
}

fn collect(
    desk: &Desk,
    store: &Store,
    runtime: &tokio::runtime::Runtime,
    args: &Collecting,
) -> Result<Exit, Failure> {
    let _lock = take_lock(desk, "batch collect")?;
    let accounts = accounts(desk, &runtime.block_on(store.batches(true))?)?;
    let interrupts = Interrupts::listen(desk.talk)?;
    let mut brought = Brought::default();
    let (mut left, mut exit) = (0, Exit::Done);
    for account in accounts {
        let id = Arc::clone(&account.model.id);
        let (batches, closed) =
            runtime.block_on(bring_in(desk, store, account, args.wait, &interrupts, &mut brought))?;
        left += batches;
        if let Some(closed) = closed {
            let (why, code) = told(closed);
            desk.talk.say(format_args!("{id}: {why}"));
            exit = code;
        }
    }
    brought.tell(desk);
    if interrupts.stopped() {
        return Ok(Exit::Interrupted);
    }
    if left > 0 {
        let batches = if left == 1 { "1 batch is".to_owned() } else { format!("{left} batches are") };
        desk.talk.say(format_args!("{batches} on their way still; --wait stays until all are in."));
    }
    Ok(exit)
}

/// Once round all batches of a model, or until none is left.
async fn bring_in(
    desk: &Desk,
    store: &Store,
    account: Account,
    to_the_end: bool,
    interrupts: &Interrupts,
    brought: &mut Brought,
) -> Result<(usize, Option<Closed>), Failure> {
    let mut courier = courier(desk, store, account).await?;
    loop {
        let closed = courier.step(&mut |heard| brought.hear(&heard)).await?;
        let (batches, ..) = courier.under_way();
        if closed.is_some() || !to_the_end || batches == 0 || interrupts.stopped() {
            return Ok((batches, closed));
        }
        let mut stop = interrupts.stop.clone();
        let wait_ms = courier.next_wait_ms().unwrap_or(LONGEST_REST_MS).min(LONGEST_REST_MS);
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = pace::wait(wait_ms) => {}
        }
    }
}

async fn courier(desk: &Desk, store: &Store, account: Account) -> Result<Courier, Failure> {
    let Account { model, client } = account;
    let no_batches = || Failure::usage(anyhow!("{} has no interface for batches", model.id));
    let limits = Arc::new(Limits::of(&model).ok_or_else(no_batches)?);
    let how = (desk.clock.clone(), pauses(desk));
    Ok(Courier::new((store.clone(), client), model, how, limits).await?)
}

fn told(closed: Closed) -> (String, Exit) {
    match closed {
        Closed::ByProvider { detail, .. } => (detail, Exit::Account),
        Closed::Failing { detail } => (detail, Exit::Failed),
        Closed::Budget => ("what may be spent is spent".to_owned(), Exit::Cost),
    }
}

fn cancel(
    desk: &Desk,
    store: &Store,
    runtime: &tokio::runtime::Runtime,
    names: &[String],
) -> Result<Exit, Failure> {
    let _lock = take_lock(desk, "batch cancel")?;
    let open = runtime.block_on(store.batches(true))?;
    let meant: Vec<&str> = match names {
        [] => open.iter().map(|batch| &*batch.name).collect(),
        names => names.iter().map(|name| one(&open, name)).collect::<Result<_, _>>()?,
    };
    let mut refused = 0;
    for account in accounts(desk, &open)? {
        let mut courier = runtime.block_on(courier(desk, store, account))?;
        for name in &meant {
            for (batch, error) in runtime.block_on(courier.cancel(Some(name)))? {
                refused += 1;
                desk.talk.say(format_args!("{batch} could not be cancelled: {error}"));
            }
        }
    }
    let batches = count(meant.len() as u64, "batch").replace("batchs", "batches");
    desk.talk
        .say(format_args!("{batches} to be cancelled; score-tasks batch collect --wait brings in the rest."));
    Ok(if refused > 0 { Exit::Failed } else { Exit::Done })
}

fn one<'a>(open: &'a [Batch], name: &str) -> Result<&'a str, Failure> {
    let is_meant = |batch: &&Batch| {
        let bare = batch.name.strip_prefix("score-tasks-").unwrap_or(&batch.name);
        batch.name.starts_with(name) || bare.starts_with(name)
    };
    let mut found = open.iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(batch), None) => Ok(&batch.name),
        (None, _) => {
            Err(Failure::usage(anyhow!("no batch {name} is on its way")).hint("score-tasks batch list"))
        }
        (Some(_), Some(_)) => {
            Err(Failure::usage(anyhow!("several batches begin with {name}")).hint("score-tasks batch list"))
        }
    }
}

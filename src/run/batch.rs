//! `batch`: what is on its way at providers, and bringing it in.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;

use super::batches::{client, pauses, take_lock};
use super::interrupt::Interrupts;
use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure, clients, cost};
use crate::cli::{self, Collecting};
use crate::config::Keys;
use crate::domain::{Batch, Finish, Instant, Model};
use crate::pace;
use crate::pass::collect::{Came, Closed, Courier, Heard, Limits};
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
        cli::Batch::Forget { names } => forget(desk, &store, &runtime, names),
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

impl Account {
    fn is_of(&self, batch: &Batch) -> bool {
        let place = clients::server(&self.model).map(|server| server.endpoint.as_str());
        *self.model.id == *batch.model && place == Some(&*batch.endpoint)
    }
}

/// Of every model with open batches, and what is to be said of those that cannot be asked about: the others are
/// not held up by them.
fn accounts(desk: &Desk, open: &[Batch]) -> Result<(Vec<Account>, Vec<String>), Failure> {
    let keys = Keys::beside(&desk.config.root)?;
    let (mut accounts, mut unknown): (Vec<Account>, Vec<String>) = (Vec::new(), Vec::new());
    let mut seen = std::collections::BTreeSet::new();
    for batch in open {
        if !seen.insert((&batch.model, &batch.endpoint)) {
            continue;
        }
        match account(desk, &keys, batch) {
            Ok(account) => accounts.push(account),
            Err(why) => unknown.push(why),
        }
    }
    Ok((accounts, unknown))
}

fn account(desk: &Desk, keys: &Keys, batch: &Batch) -> Result<Account, String> {
    let (id, place) = (&batch.model, &batch.endpoint);
    let mut known = desk.config.known_models.iter();
    let is_it = |model: &&Model| {
        *model.id == **id && clients::server(model).is_some_and(|server| server.endpoint == *place)
    };
    let Some(model) = known.find(is_it) else {
        return Err(format!(
            "{id} at {place} is not in config.toml: put [models.{id}] back to collect its batches"
        ));
    };
    let mut model = model.clone();
    model.in_batches = true;
    model.price = model.price_asked();
    if !clients::missing(keys, &[&model]).is_empty() {
        let names = clients::missing(keys, &[&model]).join(", ");
        return Err(format!("no key in {names}: {}", clients::WHERE_KEYS_ARE));
    }
    let client = client(keys, &model).map_err(|failure| failure.error.to_string())?;
    Ok(Account { model, client })
}

/// Says what is left alone; returns the exit code that this calls for.
fn left_alone(desk: &Desk, unknown: &[String]) -> Exit {
    unknown.iter().for_each(|why| desk.talk.warn(why));
    if unknown.is_empty() { Exit::Done } else { Exit::Usage }
}

fn status(desk: &Desk, store: &Store, runtime: &tokio::runtime::Runtime) -> Result<Exit, Failure> {
    let open = runtime.block_on(store.batches(true))?;
    let (accounts, unknown) = accounts(desk, &open)?;
    let mut said = std::collections::BTreeMap::new();
    for batch in open.iter().filter(|batch| !batch.remote.is_empty()) {
        let Some(account) = accounts.iter().find(|account| account.is_of(batch)) else { continue };
        let words = match runtime.block_on(account.client.status(&batch.remote)) {
            Ok(remote) => words(&remote),
            Err(error) => format!("not known: {error}"),
        };
        said.insert(batch.id, words);
    }
    show(desk, &open, |batch| said.get(&batch.id).cloned())?;
    Ok(left_alone(desk, &unknown))
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
        match &heard.came {
            Came::Answered(answer) => {
                self.answered += 1;
                self.failed += u64::from(answer.finish == Finish::Failed);
                self.nano_usd += answer.cost_nano_usd.unwrap_or(0);
            }
            Came::Nothing { .. } => self.unanswered += 1,
            Came::Lost { nano_usd_most } => {
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
    let (accounts, unknown) = accounts(desk, &runtime.block_on(store.batches(true))?)?;
    let interrupts = Interrupts::listen(desk.talk)?;
    let brought = Mutex::new(Brought::default());
    // All models at once: one that takes its time holds up none of the others.
    let rounds =
        accounts.into_iter().map(|account| bring_in(desk, store, account, args.wait, &interrupts, &brought));
    let outcomes = runtime.block_on(futures::future::join_all(rounds));
    let brought = brought.into_inner().unwrap_or_else(PoisonError::into_inner);
    brought.tell(desk);
    let (mut left, mut exit) = (0, left_alone(desk, &unknown));
    for outcome in outcomes {
        let Left { on_their_way, stuck, closed } = outcome?;
        left += on_their_way - stuck;
        if stuck > 0 || brought.lost > 0 {
            exit = exit.max(Exit::Failed);
        }
        if let Some((why, code)) = closed.map(told) {
            desk.talk.warn(why);
            exit = code;
        }
    }
    if interrupts.stopped() {
        return Ok(Exit::Interrupted);
    }
    if left > 0 {
        let batches = if left == 1 { "1 batch is".to_owned() } else { format!("{left} batches are") };
        desk.talk.say(format_args!("{batches} on their way still; --wait stays until all are in."));
    }
    Ok(exit)
}

/// What is left of a model's batches.
struct Left {
    on_their_way: usize,
    /// Of those, the ones that cannot be looked at.
    stuck: usize,
    closed: Option<Closed>,
}

/// Once round all batches of a model, or until none is left.
async fn bring_in(
    desk: &Desk,
    store: &Store,
    account: Account,
    to_the_end: bool,
    interrupts: &Interrupts,
    brought: &Mutex<Brought>,
) -> Result<Left, Failure> {
    let mut courier = courier(desk, store, account).await?;
    loop {
        let mut hear = |heard: Heard| brought.lock().unwrap_or_else(PoisonError::into_inner).hear(&heard);
        let closed = courier.step(&mut hear).await?;
        courier.notices().iter().for_each(|notice| desk.talk.warn(notice));
        let (on_their_way, ..) = courier.under_way();
        let wait_ms = courier.next_wait_ms();
        // One that is refused is looked at some times more before it is given up for now.
        let is_over = !to_the_end && !courier.is_in_trouble();
        let Some(wait_ms) = wait_ms.filter(|_| closed.is_none() && !is_over && !interrupts.stopped()) else {
            return Ok(Left { on_their_way, stuck: courier.stuck(), closed });
        };
        let mut stop = interrupts.stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = pace::wait(wait_ms.min(LONGEST_REST_MS)) => {}
        }
    }
}

async fn courier(desk: &Desk, store: &Store, account: Account) -> Result<Courier, Failure> {
    let Account { model, client } = account;
    let no_batches = || Failure::usage(anyhow!("{} has no interface for batches", model.id));
    let limits = Arc::new(Limits::of(&model).ok_or_else(no_batches)?);
    let how = (desk.clock.clone(), pauses(desk));
    Ok(Courier::new((store.clone(), client), model, how, limits, &[]).await?)
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
    let (accounts, unknown) = accounts(desk, &open)?;
    let mut refused = Vec::new();
    for account in accounts {
        let mut courier = runtime.block_on(courier(desk, store, account))?;
        refused.extend(runtime.block_on(courier.cancel(&|batch| meant.contains(&&*batch.name)))?);
    }
    for why in &refused {
        desk.talk.warn(format_args!("not cancelled: {why}"));
    }
    let count_of =
        count(meant.len().saturating_sub(refused.len()) as u64, "batch").replace("batchs", "batches");
    desk.talk.say(format_args!(
        "{count_of} cancelled; what is answered by then comes in with score-tasks batch collect --wait."
    ));
    let exit = left_alone(desk, &unknown);
    Ok(if refused.is_empty() { exit } else { Exit::Failed })
}

/// Gives batches up that the provider has.
fn forget(
    desk: &Desk,
    store: &Store,
    runtime: &tokio::runtime::Runtime,
    names: &[String],
) -> Result<Exit, Failure> {
    let _lock = take_lock(desk, "batch forget")?;
    let open = runtime.block_on(store.batches(true))?;
    let meant: Vec<&str> = names.iter().map(|name| one(&open, name)).collect::<Result<_, _>>()?;
    let mut lost = (0_u64, 0_u64);
    for name in meant {
        let now = desk.clock.now();
        let (count, most) = runtime.block_on(store.forget_batch(name.to_owned(), now))?;
        lost = (lost.0 + count, lost.1 + most);
    }
    desk.talk.say(format_args!(
        "{} given up, {} at most if they were answered; the next run asks them again",
        count(lost.0, "question"),
        cost(lost.1)
    ));
    Ok(Exit::Done)
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

//! Batches to the provider: handed over, and looked for in its list where it is not known whether they arrived.

use super::courier::{Courier, Step, closing};
use super::open::{Open, chance};
use crate::domain::{Age, Batch, BatchApi, BatchState, Hash, Instant};
use crate::pace;
use crate::pass::PassError;
use crate::provider::{ProviderError, Remote, RemoteState, Spool};
use crate::store::Change;

/// Questions are read from the disk in pages of so many.
const PAGE: u32 = 500;
/// How far a provider's clock may be from ours, in milliseconds.
const CLOCKS_APART: Age = Age(86_400_000);
/// The waits for a provider that takes no batch just now double up to so many times the first.
const LONGEST_WAIT: u64 = 32;

/// What is known of where a batch is.
enum Found {
    Ours(Box<Remote>),
    MayBeOurs,
    None,
}

enum Unread {
    Provider(ProviderError),
    Pass(PassError),
}

impl Courier {
    pub(super) async fn hand_over(&mut self, open: &mut Open) -> Result<Step, PassError> {
        let id = open.batch.id;
        let spool = match self.spool(id).await? {
            Ok(spool) => spool,
            Err(error) => return self.refused(open, &error).await,
        };
        let now = self.clock.now();
        self.store.change_batch(id, Change::Submitting(now)).await?;
        (open.batch.state, open.batch.submitting) = (BatchState::Submitting, now);
        match self.client.submit(&open.batch.name, &self.model.model, spool).await {
            Ok(remote) => {
                self.adopt(open, remote).await?;
                Ok(Step::On)
            }
            Err(ProviderError::Broken { maybe_billed: true, detail, .. }) => {
                tracing::warn!(batch = %open.batch.name, "it may have been submitted: {detail}");
                open.wait(&self.watch, self.pauses.settle_ms);
                Ok(Step::On)
            }
            Err(error) => self.not_handed_over(open, error).await,
        }
    }

    async fn spool(&self, id: i64) -> Result<Result<Spool, ProviderError>, PassError> {
        let mut spool = match self.client.spool() {
            Ok(spool) => spool,
            Err(error) => return Ok(Err(error)),
        };
        let mut after = 0;
        loop {
            let page = self.store.batch_page(id, after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(Ok(spool)) };
            after = *last;
            for (_, question) in &page {
                if let Err(error) = spool.add(question) {
                    return Ok(Err(error));
                }
            }
        }
    }

    /// The provider has it.
    async fn adopt(&mut self, open: &mut Open, remote: Remote) -> Result<(), PassError> {
        tracing::info!(batch = %open.batch.name, remote = %remote.id, items = open.batch.items, "submitted");
        let change = Change::Submitted { remote: remote.id.clone() };
        self.store.change_batch(open.batch.id, change).await?;
        (open.batch.state, open.batch.remote) = (BatchState::Submitted, remote.id);
        open.troubles = 0;
        open.wait(&self.watch, self.pauses.poll_ms);
        Ok(())
    }

    /// The provider does not have it, and says why.
    async fn not_handed_over(&mut self, open: &mut Open, error: ProviderError) -> Result<Step, PassError> {
        let wait_ms = match &error {
            // Each try sends all of it again.
            ProviderError::Busy { wait_ms, .. } => {
                let longer = (1 << open.troubles.min(5)).min(LONGEST_WAIT);
                wait_ms.unwrap_or(self.pauses.poll_ms.saturating_mul(longer))
            }
            ProviderError::Broken { .. } => pace::backoff_ms(open.troubles + 1, chance(&open.batch)),
            _ => return self.refused(open, &error).await,
        };
        open.troubles += 1;
        let detail = error.to_string();
        if open.troubles >= self.model.max_attempts && matches!(error, ProviderError::Broken { .. }) {
            return self.refused(open, &error).await;
        }
        tracing::warn!(batch = %open.batch.name, wait_ms, "not submitted: {detail}");
        if open.troubles == 2 {
            self.notice(format!("{} is not taken, and is tried again: {detail}", open.batch.name));
        }
        self.store.change_batch(open.batch.id, Change::NotSubmitted { detail }).await?;
        open.batch.state = BatchState::Planned;
        open.wait(&self.watch, wait_ms);
        Ok(Step::On)
    }

    /// Nothing more is handed over; its questions are free again.
    async fn refused(&mut self, open: &mut Open, error: &ProviderError) -> Result<Step, PassError> {
        self.drop_batch(open.batch.id, &error.to_string()).await?;
        open.batch.state = BatchState::Dropped;
        Ok(Step::Closed(closing(error)))
    }

    /// Whether the provider has a batch of which it was not heard that it has it.
    pub(super) async fn find_again(&mut self, open: &mut Open) -> Result<Step, PassError> {
        let since = open.batch.submitting;
        let settled = Instant(since.0.saturating_add(self.pauses.settle_ms.cast_signed()));
        let left = settled.0.saturating_sub(self.clock.now().0);
        if let Ok(left) = u64::try_from(left)
            && left > 0
        {
            open.wait(&self.watch, left.min(self.pauses.settle_ms));
            return Ok(Step::On);
        }
        let listed = match self.client.list(since.before(CLOCKS_APART)).await {
            Ok(listed) => listed,
            Err(error) => return Ok(self.trouble(open, error)),
        };
        let named = listed.iter().find(|remote| remote.name.as_deref() == Some(&*open.batch.name));
        let found = match named {
            Some(remote) => Found::Ours(Box::new(remote.clone())),
            None => match self.unnamed(&open.batch, listed).await {
                Ok(found) => found,
                Err(Unread::Provider(error)) => return Ok(self.trouble(open, error)),
                Err(Unread::Pass(error)) => return Err(error),
            },
        };
        open.troubles = 0;
        match found {
            Found::Ours(remote) => {
                self.adopt(open, *remote).await?;
                open.next_ms = self.watch.ms();
            }
            Found::MayBeOurs => open.wait_longer(&self.watch, self.pauses.poll_ms),
            Found::None => return self.absent(open).await,
        }
        Ok(Step::On)
    }

    /// It is not in the provider's list; lists may lag, so it is looked for once more, as long after.
    async fn absent(&mut self, open: &mut Open) -> Result<Step, PassError> {
        let settle_ms = self.pauses.settle_ms.cast_signed();
        let sure = Instant(open.batch.submitting.0.saturating_add(settle_ms.saturating_mul(2)));
        if let left @ 1.. = sure.0.saturating_sub(self.clock.now().0) {
            open.wait(&self.watch, left.min(settle_ms).cast_unsigned());
            return Ok(Step::On);
        }
        let detail = "the provider did not get it".to_owned();
        if !open.is_own {
            // To hand it over again is for a run whose budget has agreed to it.
            self.drop_batch(open.batch.id, &detail).await?;
            return Ok(Step::Over);
        }
        self.store.change_batch(open.batch.id, Change::NotSubmitted { detail }).await?;
        open.batch.state = BatchState::Planned;
        open.next_ms = self.watch.ms();
        Ok(Step::On)
    }

    /// Where a provider keeps no names, a batch is known by what comes of it: the questions' keys.
    async fn unnamed(&mut self, batch: &Batch, listed: Vec<Remote>) -> Result<Found, Unread> {
        if batch.api != BatchApi::Anthropic.name() {
            return Ok(Found::None);
        }
        let ids = listed.iter().map(|remote| remote.id.clone()).collect();
        let known = self.store.are_batches(ids).await.map_err(|error| Unread::Pass(error.into()))?;
        let mut found = Found::None;
        for (remote, is_known) in listed.into_iter().zip(known) {
            let pair = (batch.id, remote.id.clone());
            if is_known || self.not_it.contains(&pair) || !may_be(&remote, batch) {
                continue;
            }
            if matches!(remote.state, RemoteState::Running) {
                found = Found::MayBeOurs;
            } else if self.brings_ours(batch, &remote).await? {
                return Ok(Found::Ours(Box::new(remote)));
            } else {
                self.not_it.insert(pair);
            }
        }
        Ok(found)
    }

    async fn brings_ours(&self, batch: &Batch, remote: &Remote) -> Result<bool, Unread> {
        let mut results = match self.client.results(remote).await {
            Ok(results) => results,
            // What cannot be had any more is older than ours.
            Err(ProviderError::Rejected { .. }) => return Ok(false),
            Err(error) => return Err(Unread::Provider(error)),
        };
        let Some(first) = results.next().await else { return Ok(false) };
        let (id, _) = first.map_err(Unread::Provider)?;
        let Some(key) = Hash::from_hex(&id) else { return Ok(false) };
        let found = self.store.batch_questions(batch.id, vec![key]).await;
        let found = found.map_err(|error| Unread::Pass(error.into()))?;
        Ok(found.into_iter().any(|question| question.is_some()))
    }
}

/// By its size and its time.
fn may_be(remote: &Remote, batch: &Batch) -> bool {
    let fits = remote.total.is_none_or(|total| total == 0 || total == batch.items);
    let since = batch.submitting;
    let latest = Instant(since.0.saturating_add(CLOCKS_APART.0));
    fits && remote.created.is_none_or(|created| since.before(CLOCKS_APART) <= created && created <= latest)
}

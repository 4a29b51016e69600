//! `schedule run`: waits for each occasion, carries it out, and waits again.

use std::net::SocketAddr;

use anyhow::anyhow;

use super::super::holder::holder;
use super::super::interrupt::{self, Interrupts};
use super::super::{Desk, Exit, Failure};
use super::due::{Due, waiting};
use super::state::State;
use super::{known, lock, occasion, warning};
use crate::cli::ScheduleRun;
use crate::config::{Schedule, parse_listen};
use crate::domain::Instant;
use crate::pace;
use crate::serve::Server;
use crate::store::StoreError;

/// Why a wait is over.
enum Woken {
    Due,
    Stop,
    Reload,
}

pub(super) fn service(desk: Desk, args: &ScheduleRun) -> Result<Exit, Failure> {
    let listen = listen(&desk, args)?;
    let interrupts = Interrupts::listen_as_service(desk.talk)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let holder = holder(&desk, "schedule run");
    let waits = args.wait.then_some((&interrupts, &runtime));
    let Some(_lock) = lock::take(&desk, &holder, waits)? else { return Ok(Exit::Done) };
    let state = State::new(&desk, holder)?;
    let _server = listen.map(|address| serve(&desk, address, &state)).transpose()?;
    Service { desk, state, interrupts, runtime, troubles: 0 }.serve()
}

fn listen(desk: &Desk, args: &ScheduleRun) -> Result<Option<SocketAddr>, Failure> {
    match &args.listen {
        None => Ok(desk.config.listen),
        Some(written) => match parse_listen(written) {
            Ok(address) => Ok(Some(address)),
            Err(error) => Err(Failure::usage(anyhow!("--listen: {error}"))),
        },
    }
}

fn serve(desk: &Desk, address: SocketAddr, state: &State) -> Result<Server, Failure> {
    let pages = state.clone();
    let server = Server::start(address, std::sync::Arc::new(move |path| pages.page(path)));
    let server = server.map_err(|error| {
        Failure::new(Exit::Failed, anyhow!("cannot listen at {address}: {error}"))
            .hint("another program may have this port; --listen 127.0.0.1:0 takes a free one")
    })?;
    desk.talk.say(format_args!("Health and metrics at http://{}/health and /metrics", server.address));
    Ok(server)
}

struct Service {
    desk: Desk,
    state: State,
    interrupts: Interrupts,
    runtime: tokio::runtime::Runtime,
    /// How often, one after the other, the store could not be used.
    troubles: u32,
}

/// How often it is looked for what somebody wants now.
const LOOK_MS: u64 = 3_000;
/// How long a store that cannot be used is left alone: twice as long each time.
const REST_MS: u64 = 10_000;
const LONGEST_REST_MS: u64 = 600_000;

/// Whether the store may be usable again by itself, or by somebody who makes room. What is damaged, or was
/// written by others, stays so.
fn may_pass(failure: &Failure) -> bool {
    let store = failure.error.downcast_ref::<StoreError>();
    store.is_some_and(|error| {
        !matches!(
            error,
            StoreError::Damaged { .. }
                | StoreError::Newer { .. }
                | StoreError::Older { .. }
                | StoreError::Foreign { .. }
        )
    })
}

fn rest_ms(troubles: u32) -> u64 {
    REST_MS.saturating_mul(1 << troubles.saturating_sub(1).min(16)).min(LONGEST_REST_MS)
}

/// Returns when something is due that was not: another program wants it now. The store is looked at, for it is what
/// they share.
async fn wanted(desk: &Desk) {
    let is_due = |schedule: &Schedule| {
        let now = desk.clock.now();
        // One that cannot be read now can be read later.
        let tries = known::tries(desk, schedule).ok();
        tries.and_then(|tries| waiting(schedule, &tries, now)).is_some_and(|due| due.at <= now)
    };
    loop {
        pace::wait(LOOK_MS).await;
        if desk.config.schedules.iter().any(is_due) {
            return;
        }
    }
}

impl Service {
    fn serve(&mut self) -> Result<Exit, Failure> {
        self.warn();
        loop {
            match self.step() {
                Ok(None) => {}
                Ok(Some(exit)) => return Ok(exit),
                Err(failure) if may_pass(&failure) => {
                    if self.rest(&failure) {
                        return Ok(Exit::Done);
                    }
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Waits for what is next, and does it. The exit code, where that is the end.
    fn step(&mut self) -> Result<Option<Exit>, Failure> {
        let Some((schedule, due)) = self.upcoming()? else {
            return Err(Failure::usage(anyhow!("no schedule ever comes due again")));
        };
        if due.at > self.desk.clock.now() {
            self.is_well();
        }
        let at = schedule.timetable.zone.shown(due.at);
        self.desk.talk.say(format_args!("Next: {} at {at} ({})", schedule.name, due.at));
        match self.wait(due) {
            Woken::Stop => return Ok(Some(Exit::Done)),
            Woken::Reload => self.reload(),
            Woken::Due => {
                if self.carry_out()? == Exit::Interrupted {
                    return Ok(Some(Exit::Interrupted));
                }
                self.is_well();
            }
        }
        Ok(None)
    }

    fn is_well(&mut self) {
        self.troubles = 0;
        self.state.trouble(None);
    }

    /// The store cannot be used now: that is said and shown, and it is left alone for a while. Whether it was told
    /// to stop meanwhile.
    fn rest(&mut self, failure: &Failure) -> bool {
        failure.print();
        self.troubles = self.troubles.saturating_add(1);
        self.state.trouble(Some(format!("{:#}", failure.error)));
        let until = Instant(self.desk.clock.now().0.saturating_add_unsigned(rest_ms(self.troubles)));
        self.desk.talk.say(format_args!("The schedules wait for the store; next try at {until}"));
        let Self { desk, interrupts, runtime, .. } = self;
        runtime.block_on(async {
            tokio::select! {
                biased;
                () = interrupt::stop(Some(interrupts)) => true,
                () = desk.clock.wait_until(until) => false,
            }
        })
    }

    /// Of all schedules the one that is first to begin.
    fn upcoming(&self) -> Result<Option<(Schedule, Due)>, Failure> {
        let mut first: Option<(&Schedule, Due)> = None;
        for schedule in &self.desk.config.schedules {
            let now = self.desk.clock.now();
            let tries = known::see(&self.desk, schedule, now)?;
            let Some(due) = waiting(schedule, &tries, now) else { continue };
            self.state.waits(&schedule.name, due.at);
            if first.is_none_or(|(_, earliest)| due.at < earliest.at) {
                first = Some((schedule, due));
            }
        }
        Ok(first.map(|(schedule, due)| (schedule.clone(), due)))
    }

    fn wait(&mut self, due: Due) -> Woken {
        let Self { desk, interrupts, runtime, .. } = self;
        let mut stop = interrupts.stop.clone();
        runtime.block_on(async {
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => Woken::Stop,
                Ok(()) = interrupts.reload.changed() => Woken::Reload,
                () = desk.clock.wait_until(due.at) => Woken::Due,
                () = wanted(desk) => Woken::Due,
            }
        })
    }

    /// What is due now. A machine that has slept may have slept through more than what was waited for, and then it
    /// is the last of it.
    fn carry_out(&self) -> Result<Exit, Failure> {
        let upcoming = self.upcoming()?.filter(|(_, due)| due.at <= self.desk.clock.now());
        let Some((schedule, due)) = upcoming else { return Ok(Exit::Done) };
        self.state.begins(&schedule.name);
        let ended = occasion::carry_out(&self.desk, &schedule, due.due, &self.interrupts)?;
        self.state.ends(&schedule.name, &ended);
        Ok(ended.exit)
    }

    /// A config that cannot be used leaves the one in use as it is.
    fn reload(&mut self) {
        let talk = self.desk.talk;
        match Desk::open(&self.desk.global, self.desk.clock.clone()) {
            Err(failure) => {
                failure.print();
                talk.say("config.toml was read again and cannot be used; the one before stays in use.");
            }
            Ok(read) if read.config.schedules.is_empty() => {
                talk.say("config.toml was read again and has no [[schedule]]; the one before stays in use.");
            }
            Ok(read) if read.config.cache != self.desk.config.cache => {
                talk.say(
                    "config.toml names another store, which takes a new start; the one before stays in use.",
                );
            }
            Ok(read) => {
                if read.config.listen != self.desk.config.listen {
                    talk.say("Where it listens changes with a new start.");
                }
                self.desk = read;
                match self.state.adopt(&self.desk) {
                    Ok(()) => talk.say("config.toml was read again and is in use."),
                    Err(failure) => failure.print(),
                }
                self.warn();
            }
        }
    }

    fn warn(&self) {
        for text in self.desk.config.schedules.iter().filter_map(|schedule| warning(&self.desk, schedule)) {
            self.desk.talk.say(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_busy_or_full_is_tried_again_and_a_damaged_one_is_not() {
        let path = || "answers.sqlite".to_owned();
        let passes = |error: StoreError| may_pass(&error.into());
        assert!(passes(StoreError::Locked { path: path() }) && passes(StoreError::Full { path: path() }));
        assert!(!passes(StoreError::Damaged { path: path(), detail: String::new() }));
        assert!(!passes(StoreError::Newer { path: path(), found: 9, known: 5 }));
        assert!(!may_pass(&Failure::usage(anyhow!("something else"))));
        let waits: Vec<u64> = [1, 2, 3, 7, 99].into_iter().map(rest_ms).collect();
        assert_eq!(waits, [10_000, 20_000, 40_000, 600_000, 600_000]);
    }
}

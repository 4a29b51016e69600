//! `schedule run`: waits for each occasion, carries it out, and waits again.

use std::net::SocketAddr;

use anyhow::anyhow;

use super::super::holder::holder;
use super::super::interrupt::Interrupts;
use super::super::{Desk, Exit, Failure};
use super::due::{Due, waiting, words};
use super::state::State;
use super::{lock, occasion, warning};
use crate::cli::ScheduleRun;
use crate::config::{Schedule, parse_listen};
use crate::serve::Server;
use crate::store;

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
    Service { desk, state, interrupts, runtime }.serve()
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
}

impl Service {
    fn serve(&mut self) -> Result<Exit, Failure> {
        self.warn();
        loop {
            let Some((schedule, due)) = self.upcoming()? else {
                return Err(Failure::usage(anyhow!("no schedule ever comes due again")));
            };
            let at = schedule.timetable.zone.shown(due.at);
            self.desk.talk.say(format_args!("Next: {} at {at} ({})", schedule.name, due.at));
            match self.wait(due) {
                Woken::Stop => return Ok(Exit::Done),
                Woken::Reload => self.reload(),
                Woken::Due => {
                    if self.carry_out()? == Exit::Interrupted {
                        return Ok(Exit::Interrupted);
                    }
                }
            }
        }
    }

    /// Of all schedules the one that is first to begin.
    fn upcoming(&self) -> Result<Option<(Schedule, Due)>, Failure> {
        let mut first: Option<(&Schedule, Due)> = None;
        for schedule in &self.desk.config.schedules {
            let now = self.desk.clock.now();
            let tries = store::see(&self.desk.config.cache, &schedule.name, &words(schedule), now)?;
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

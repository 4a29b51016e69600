//! Ctrl-C, and the polite end that a service manager asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

use super::output::Talk;
use super::{Exit, Failure};

/// Listens from now on until the program ends.
///
/// The first signal turns `stop` true, so that what is in flight can come back and half-written files
/// are cleared away; the second leaves at once. Either way nothing acknowledged is lost.
pub(super) struct Interrupts {
    pub stop: watch::Receiver<bool>,
    at_once: Arc<AtomicBool>,
    /// Counts how often a service was asked to read its config again.
    pub reload: watch::Receiver<u64>,
}

impl Interrupts {
    /// For a program that runs once.
    pub(super) fn listen(talk: Talk) -> Result<Self, Failure> {
        // Told to read its config again, it ends as it always did: it has read it once.
        Self::of(talk, false)
    }

    /// For a service, which is also asked to read its config again, and may be told to stop while it only waits.
    pub(super) fn listen_as_service(talk: Talk) -> Result<Self, Failure> {
        Self::of(talk, true)
    }

    /// A thread of its own, so that signals are heard whatever the others are busy with.
    fn of(talk: Talk, reloads: bool) -> Result<Self, Failure> {
        let (sender, stop) = watch::channel(false);
        let (asked, reload) = watch::channel(0);
        let at_once = Arc::new(AtomicBool::new(false));
        let may_leave = Arc::clone(&at_once);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        // Heard from now on, not only once the thread has begun.
        let mut signals = runtime.block_on(async { Signals::open(reloads) })?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                while let Some(signal) = signals.next().await {
                    match signal {
                        Signal::Reload => asked.send_modify(|count| *count += 1),
                        Signal::Stop if *sender.borrow() || may_leave.load(Ordering::Relaxed) => {
                            std::process::exit(Exit::Interrupted.code());
                        }
                        Signal::Stop => {
                            talk.say(
                                "Stopping when what is in flight has come back; again to leave at once.",
                            );
                            sender.send_replace(true);
                        }
                    }
                }
            });
        })?;
        Ok(Self { stop, at_once, reload })
    }

    /// What was begun is over: from now on the first signal lets things come to their end again.
    pub(super) fn stay(&self) {
        self.at_once.store(false, Ordering::Relaxed);
    }

    /// From now on the first signal leaves at once: nothing is in flight and nothing half written.
    pub(super) fn leave_at_once(&self) {
        self.at_once.store(true, Ordering::Relaxed);
    }

    pub(super) fn stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

/// Returns when it is time to stop; never where nobody listens for that.
pub(super) async fn stop(interrupts: Option<&Interrupts>) {
    let Some(interrupts) = interrupts else { return std::future::pending().await };
    if interrupts.stop.clone().wait_for(|stop| *stop).await.is_err() {
        // Signals are heard no more.
        std::future::pending().await
    }
}

/// What a service is told.
enum Signal {
    Stop,
    Reload,
}

/// Open all the time, so that none is missed between two.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    term: tokio::signal::unix::Signal,
    /// Only a service hears it; it ends any other program.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn open(reloads: bool) -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            term: signal(SignalKind::terminate())?,
            hangup: reloads.then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    /// `None` where signals are heard no more.
    async fn next(&mut self) -> Option<Signal> {
        tokio::select! {
            heard = self.interrupt.recv() => heard.map(|()| Signal::Stop),
            heard = self.term.recv() => heard.map(|()| Signal::Stop),
            heard = hung_up(&mut self.hangup) => heard.map(|()| Signal::Reload),
        }
    }
}

/// `None` where signals are heard no more; never where nobody asked for this one.
#[cfg(unix)]
async fn hung_up(hangup: &mut Option<tokio::signal::unix::Signal>) -> Option<()> {
    match hangup {
        Some(hangup) => hangup.recv().await,
        None => std::future::pending().await,
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn open(_reloads: bool) -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Option<Signal> {
        tokio::signal::ctrl_c().await.ok().map(|()| Signal::Stop)
    }
}

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
}

impl Interrupts {
    /// A thread of its own, so that signals are heard whatever the others are busy with.
    pub(super) fn listen(talk: Talk) -> Result<Self, Failure> {
        let (sender, stop) = watch::channel(false);
        let at_once = Arc::new(AtomicBool::new(false));
        let may_leave = Arc::clone(&at_once);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                while next().await {
                    if *sender.borrow() || may_leave.load(Ordering::Relaxed) {
                        std::process::exit(Exit::Interrupted.code());
                    }
                    talk.say("Stopping when what is in flight has come back; again to leave at once.");
                    sender.send_replace(true);
                }
            });
        })?;
        Ok(Self { stop, at_once })
    }

    /// From now on the first signal leaves at once: nothing is in flight and nothing half written.
    pub(super) fn leave_at_once(&self) {
        self.at_once.store(true, Ordering::Relaxed);
    }

    pub(super) fn stopped(&self) -> bool {
        *self.stop.borrow()
    }
}

/// Waits for a signal; false where signals cannot be heard.
#[cfg(unix)]
async fn next() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else { return false };
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome.is_ok(),
        _ = term.recv() => true,
    }
}

#[cfg(not(unix))]
async fn next() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}

//! One at a time on one store: who has the schedules, and what is said to the next who wants them.

use anyhow::anyhow;

use super::super::interrupt::Interrupts;
use super::super::{Desk, Exit, Failure};
use crate::pace;
use crate::store::{Lock, Locked};

/// How often whoever waits looks again.
const LOOK_AGAIN_MS: u64 = 500;

/// Looks once.
pub(super) fn try_take(desk: &Desk, holder: &str) -> Result<Locked, Failure> {
    Ok(Lock::take(&desk.config.cache, "schedule", holder)?)
}

/// Takes the schedules of the store. `None`: it was told to stop while it waited.
pub(super) fn take(
    desk: &Desk,
    holder: &str,
    waits: Option<(&Interrupts, &tokio::runtime::Runtime)>,
) -> Result<Option<Lock>, Failure> {
    let mut is_told = false;
    loop {
        let by = match try_take(desk, holder)? {
            Locked::Taken(lock) => return Ok(Some(lock)),
            Locked::Held { by } => by,
        };
        let Some((interrupts, runtime)) = waits else {
            return Err(Failure::new(Exit::Failed, anyhow!("another has the schedules of this store: {by}"))
                .hint("end that one first, or wait for its end with --wait"));
        };
        if !is_told {
            desk.talk.say(format_args!("Waiting for the end of {by}"));
            is_told = true;
        }
        runtime.block_on(pace::wait(LOOK_AGAIN_MS));
        if interrupts.stopped() {
            return Ok(None);
        }
    }
}

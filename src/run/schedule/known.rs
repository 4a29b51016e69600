//! What the store knows of a schedule, and what it is called there.

use super::super::{Desk, Failure};
use super::due::words;
use crate::config::Schedule;
use crate::domain::Instant;
use crate::domain::hash::Fields;
use crate::store::{self, Tries};

/// Between a schedule's name and what tells its config from others; no name has it.
const OF: char = '@';
/// Enough of a digest to tell a few configs apart.
const SHOWN: usize = 12;

/// What a schedule's occasions are kept under: two configs on one store may both have one of that name.
pub(super) fn key(desk: &Desk, schedule: &Schedule) -> String {
    let place = desk.config.file.as_ref().unwrap_or(&desk.config.root);
    let place = place.canonicalize().unwrap_or_else(|_| place.clone());
    let digest = Fields::new("score-tasks/config/1").text("path", &place.display().to_string()).finish();
    let digest: String = digest.to_string().chars().take(SHOWN).collect();
    format!("{}{OF}{digest}", schedule.name)
}

pub(super) fn tries(desk: &Desk, schedule: &Schedule) -> Result<Tries, Failure> {
    Ok(store::tries(&desk.config.cache, &key(desk, schedule), &words(schedule))?)
}

/// The same, and notes that it is there from now on. What is odd about it is said.
pub(super) fn see(desk: &Desk, schedule: &Schedule, now: Instant) -> Result<Tries, Failure> {
    let (path, name, key) = (&desk.config.cache, &schedule.name, key(desk, schedule));
    let before = tries(desk, schedule)?;
    if let Some(seen) = before.seen.filter(|seen| *seen > now) {
        desk.talk.warn(format_args!(
            "{name} was first seen at {seen}, which is yet to come: the clock was ahead. It counts as new from now on"
        ));
    }
    if before.seen.is_none()
        && before.all.is_empty()
        && store::knows_others(path, &format!("{name}{OF}"), &key)?
    {
        desk.talk.say(format_args!(
            "The store has occasions of a schedule {name} of another config, or of this one in another place; this \
             one is new"
        ));
    }
    Ok(store::see(path, &key, &words(schedule), now)?)
}

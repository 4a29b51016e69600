//! What is due: decided from a timetable, the time and the tries so far, and from nothing else.

use crate::config::Schedule;
use crate::domain::hash::Fields;
use crate::domain::{Age, Instant};
use crate::store::Tries;

/// An occasion that is to be carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Due {
    /// When it is begun.
    pub at: Instant,
    /// The time that the schedule names.
    pub due: Instant,
}

/// The words by which a timetable is told from another.
pub(super) fn words(schedule: &Schedule) -> String {
    format!("{} {}", schedule.timetable.expression.text(), schedule.timetable.zone.name())
}

/// When an occasion is begun: what somebody wants at a time of his own, at once.
fn begun(schedule: &Schedule, due: Instant) -> Instant {
    if schedule.timetable.last(due) == Some(due) {
        return Instant(due.0.saturating_add(jitter(schedule, due).0));
    }
    due
}

/// By how much the service begins later: drawn from name and occasion, so that it is the same every time.
pub(super) fn jitter(schedule: &Schedule, due: Instant) -> Age {
    let drawn = Fields::new("score-tasks/jitter/1")
        .text("schedule", &schedule.name)
        .number("due", due.0.cast_unsigned())
        .finish();
    let number = drawn.0.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let most = schedule.jitter.0.max(0).cast_unsigned();
    Age((number % (most + 1)).cast_signed())
}

/// The occasion that is due and not done: the last one, or one that was cut off and is no older. Those before
/// it are not made up for, and none is due from before the schedule was there, but for so long a grace.
pub(super) fn overdue(schedule: &Schedule, tries: &Tries, now: Instant, grace: Age) -> Option<Instant> {
    let since = tries.seen.unwrap_or(now).before(grace);
    let last = schedule.timetable.last(now).filter(|last| *last > since);
    let cut_off = tries.cut_off();
    match (last, cut_off) {
        (Some(last), cut_off) if cut_off.is_none_or(|cut_off| cut_off < last) => {
            (!tries.is_done(last)).then_some(last)
        }
        (_, cut_off) => cut_off,
    }
}

/// What the service waits for: an occasion that is overdue, or else the next one.
pub(super) fn waiting(schedule: &Schedule, tries: &Tries, now: Instant) -> Option<Due> {
    match overdue(schedule, tries, now, Age(0)) {
        Some(due) => Some(Due { at: begun(schedule, due).max(now), due }),
        None => schedule.timetable.next(now).map(|due| Due { at: begun(schedule, due), due }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Scored, Serving};
    use crate::domain::After;
    use crate::schedule::{Expression, Timetable, Zone};
    use crate::store::Try;

    fn monthly(jitter: &str) -> Schedule {
        Schedule {
            name: "monthly".to_owned(),
            timetable: Timetable {
                expression: Expression::parse("0 3 1 * *").unwrap(),
                zone: Zone::parse("UTC").unwrap(),
            },
            jitter: jitter.parse().unwrap(),
            scored: Scored::default(),
            serving: Serving::All,
            batch: None,
            deadline: None,
            anchors: None,
            max_cost: None,
            allow_gaps: None,
            output: None,
            after: After::default(),
        }
    }

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    fn tries(seen: &str, all: &[(&str, Option<i32>)]) -> Tries {
        let one = |(due, exit): &(&str, Option<i32>)| Try {
            due: at(due),
            began: at(due),
            ended: exit.map(|exit| (at(due), exit)),
            run: None,
            detail: String::new(),
        };
        Tries { seen: Some(at(seen)), all: all.iter().map(one).collect() }
    }

    #[test]
    fn the_last_occasion_is_made_up_for_and_none_before_it() {
        let (march, april, may) = ("2027-03-01T03:00:00Z", "2027-04-01T03:00:00Z", "2027-05-01T03:00:00Z");
        let now = at("2027-04-15");
        for (what, known, expected) in [
            ("new, so nothing was missed", tries("2027-04-10", &[]), None),
            ("down since before April", tries("2027-01-10", &[(march, Some(0))]), Some(april)),
            ("down over March and April", tries("2027-01-10", &[]), Some(april)),
            ("done", tries("2027-01-10", &[(april, Some(0))]), None),
            ("done, if badly", tries("2027-01-10", &[(april, Some(1))]), None),
            ("interrupted", tries("2027-01-10", &[(april, Some(130))]), Some(april)),
            ("crashed", tries("2027-01-10", &[(april, None)]), Some(april)),
            ("crashed, then done", tries("2027-01-10", &[(april, None), (april, Some(3))]), None),
            ("a crash in March is over", tries("2027-01-10", &[(march, None)]), Some(april)),
            (
                "begun by hand, and cut off",
                tries("2027-01-10", &[(april, Some(0)), ("2027-04-12", None)]),
                Some("2027-04-12"),
            ),
            (
                "new, begun by hand, cut off",
                tries("2027-04-10", &[("2027-04-12", Some(130))]),
                Some("2027-04-12"),
            ),
        ] {
            let found = overdue(&monthly("0s"), &known, now, Age(0));
            assert_eq!(found, expected.map(at), "{what}");
        }
        let waits = waiting(&monthly("0s"), &tries("2027-04-10", &[]), now).unwrap();
        assert_eq!((waits.at, waits.due), (at(may), at(may)));
    }

    #[test]
    fn a_scheduler_that_wakes_a_new_schedule_up_has_an_hour_of_grace() {
        let hour = "1h".parse().unwrap();
        let due = |now: &str| overdue(&monthly("0s"), &tries(now, &[]), at(now), hour);
        assert_eq!(due("2027-04-01T03:00:20Z"), Some(at("2027-04-01T03:00:00Z")));
        assert_eq!(due("2027-04-01T04:00:20Z"), None);
    }

    #[test]
    fn jitter_is_within_bounds_and_the_same_every_time() {
        let schedule = monthly("10m");
        // What somebody wanted at a time of his own does not wait.
        let wanted = tries("2027-01-10", &[("2027-01-12T10:00:00Z", None)]);
        let now = at("2027-01-12T10:00:05Z");
        assert_eq!(waiting(&schedule, &wanted, now).unwrap().at, now);
        let mut due = at("2027-01-01");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..24 {
            due = schedule.timetable.next(due).unwrap();
            let late = jitter(&schedule, due);
            assert!((0..=600_000).contains(&late.0));
            assert_eq!(late, jitter(&schedule, due));
            assert_eq!(jitter(&monthly("0s"), due), Age(0));
            seen.insert(late);
        }
        assert!(seen.len() > 20, "{seen:?}");
    }
}

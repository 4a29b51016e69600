//! Timetables: when a cron expression comes due in a time zone, and how other schedulers say the same. Pure.

mod expression;
mod translate;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::domain::{Age, Instant};
pub use expression::Expression;
pub use translate::every_hour;

/// A time zone by its IANA name.
#[derive(Clone, Debug)]
pub struct Zone {
    zone: TimeZone,
    name: String,
}

impl Zone {
    /// Reads `Europe/Berlin`. Where this machine has no database of zones, the program's own is used.
    pub fn parse(name: &str) -> Result<Self, String> {
        match TimeZone::get(name) {
            Ok(zone) => Ok(Self { name: zone.iana_name().unwrap_or(name).to_owned(), zone }),
            Err(_) => Err(format!("no time zone `{name}`; write an IANA name such as UTC or Europe/Berlin")),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn at(&self, at: Instant) -> Option<Zoned> {
        Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(self.zone.clone()))
    }

    /// `2027-03-28 03:00 CEST`, for people.
    pub fn shown(&self, at: Instant) -> String {
        let shown = self.at(at).map(|at| at.strftime("%Y-%m-%d %H:%M %Z").to_string());
        shown.unwrap_or_else(|| at.to_string())
    }

    /// With the offset, for programs: `2027-03-28T03:00:00+02:00`.
    pub fn stamped(&self, at: Instant) -> String {
        let shown = self.at(at).map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string());
        shown.unwrap_or_else(|| at.to_string())
    }

    /// `2027-03-28`, the day that it is there.
    pub fn date(&self, at: Instant) -> String {
        let shown = self.at(at).map(|at| at.strftime("%Y-%m-%d").to_string());
        shown.unwrap_or_else(|| at.to_string())
    }
}

/// When something comes due.
#[derive(Clone, Debug)]
pub struct Timetable {
    pub expression: Expression,
    pub zone: Zone,
}

/// Spans in which the last occasion is looked for, the shortest first: 29 February may be eight years off.
const SPANS: [&str; 5] = ["2h", "2d", "40d", "400d", "3000d"];

impl Timetable {
    /// The first occasion after a time; `None`: there is none.
    pub fn next(&self, after: Instant) -> Option<Instant> {
        let next = self.expression.cron().find_next_occurrence(&self.zone.at(after)?, false).ok()?;
        Some(Instant(next.timestamp().as_millisecond()))
    }

    /// The last occasion at that time or before it. Looked for forwards, so that it is one of those that
    /// `next` tells, also where clocks are put forward or back.
    pub fn last(&self, at: Instant) -> Option<Instant> {
        SPANS.iter().filter_map(|span| span.parse::<Age>().ok()).find_map(|span| {
            let mut last = self.next(Instant(at.before(span).0 - 1)).filter(|first| *first <= at)?;
            while let Some(next) = self.next(last).filter(|next| *next <= at) {
                last = next;
            }
            Some(last)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timetable(expression: &str, zone: &str) -> Timetable {
        Timetable { expression: Expression::parse(expression).unwrap(), zone: Zone::parse(zone).unwrap() }
    }

    /// The occasions after a time, as UTC to the minute.
    fn occasions(timetable: &Timetable, after: &str, count: usize) -> Vec<String> {
        let mut at = Instant::parse(after).unwrap();
        let next = std::iter::from_fn(|| {
            at = timetable.next(at)?;
            Some(at.to_string().get(..16).unwrap().to_owned())
        });
        next.take(count).collect()
    }

    #[test]
    fn occasions_follow_the_clock_of_the_zone() {
        for (expression, zone, after, expected) in [
            ("0 3 1 * *", "UTC", "2027-01-01", ["2027-01-01T03:00", "2027-02-01T03:00"]),
            ("0 3 1 * *", "UTC", "2027-01-01T03:00:00Z", ["2027-02-01T03:00", "2027-03-01T03:00"]),
            ("0 3 1 * *", "Europe/Berlin", "2027-03-01T12:00:00Z", ["2027-04-01T01:00", "2027-05-01T01:00"]),
            ("30 6 * * mon-fri", "America/New_York", "2027-01-01", ["2027-01-01T11:30", "2027-01-04T11:30"]),
            // Either of the two days is enough.
            ("0 0 13 * fri", "UTC", "2027-08-01", ["2027-08-06T00:00", "2027-08-13T00:00"]),
            ("0 0 13 * fri", "UTC", "2027-07-10", ["2027-07-13T00:00", "2027-07-16T00:00"]),
            ("0 0 29 2 *", "UTC", "2027-01-01", ["2028-02-29T00:00", "2032-02-29T00:00"]),
            ("0 12 * * 7", "UTC", "2027-01-01", ["2027-01-03T12:00", "2027-01-10T12:00"]),
        ] {
            assert_eq!(occasions(&timetable(expression, zone), after, 2), expected, "{expression} {zone}");
        }
    }

    /// 2027: New York skips 02:00 to 03:00 on 14 March and has 01:00 to 02:00 twice on 7 November; Berlin skips
    /// 02:00 to 03:00 on 28 March and has 02:00 to 03:00 twice on 31 October.
    #[test]
    fn an_hour_that_is_missing_runs_right_after_it_and_one_that_comes_twice_runs_once() {
        for (expression, zone, after, expected) in [
            (
                "30 2 * * *",
                "America/New_York",
                "2027-03-13T12:00:00Z",
                ["2027-03-14T07:00", "2027-03-15T06:30"],
            ),
            (
                "30 1 * * *",
                "America/New_York",
                "2027-11-06T12:00:00Z",
                ["2027-11-07T05:30", "2027-11-08T06:30"],
            ),
            ("30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00Z", ["2027-03-28T01:00", "2027-03-29T00:30"]),
            ("30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00Z", ["2027-10-31T00:30", "2027-11-01T01:30"]),
        ] {
            assert_eq!(occasions(&timetable(expression, zone), after, 2), expected, "{expression} {zone}");
        }
    }

    #[test]
    fn the_last_occasion_is_one_of_those_that_come() {
        for (expression, zone) in [
            ("30 2 * * *", "America/New_York"),
            ("30 1 * * *", "America/New_York"),
            ("30 2 * * *", "Europe/Berlin"),
            ("0 3 1 * *", "Europe/Berlin"),
            ("*/20 * * * *", "Europe/Berlin"),
        ] {
            let timetable = timetable(expression, zone);
            let mut before = timetable.next(Instant::parse("2027-03-01").unwrap()).unwrap();
            // Days around both changes, and any others.
            for _ in 0..300 {
                let next = timetable.next(before).unwrap();
                assert!(next > before);
                assert_eq!(timetable.last(before), Some(before), "{expression} {zone}");
                assert_eq!(timetable.last(Instant(next.0 - 1)), Some(before), "{expression} {zone}");
                before = next;
            }
        }
        let rare = timetable("0 0 29 2 *", "UTC");
        let last = rare.last(Instant::parse("2027-01-01").unwrap()).unwrap();
        assert_eq!(last, Instant::parse("2024-02-29").unwrap());
    }

    #[test]
    fn zones_are_known_by_their_names_and_times_shown_in_them() {
        assert!(Zone::parse("Europe/Atlantis").unwrap_err().contains("Europe/Berlin"));
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let at = Instant::parse("2027-06-30T22:30:00Z").unwrap();
        assert_eq!(berlin.shown(at), "2027-07-01 00:30 CEST");
        assert_eq!(berlin.stamped(at), "2027-07-01T00:30:00+02:00");
        assert_eq!(berlin.date(at), "2027-07-01");
    }
}

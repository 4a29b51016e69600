//! The same occasions as other schedulers write them: systemd's calendar, and crontabs without time zones.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{Timetable, Zone};
use crate::domain::{Age, Instant};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_A_DAY: i32 = 24 * 60;
/// For so long clocks that are put forward are looked at: every date of the rule comes up in this time.
const FORESEEN: &str = "10000d";

/// Occasions that are left out by the clock because it is put forward.
struct LeftOut {
    /// The hours that they have.
    hours: BTreeSet<u16>,
    /// What the clock shows right after what is left out, which is when they come due.
    then: DateTime,
    /// By how many hours, rounded up, the clock is put forward.
    by: u16,
    /// They have midnight between them and what comes after.
    crosses_midnight: bool,
}

/// `0,30 * * * *`: a crontab that wakes up every hour, at each minute at which one of the timetables may come due.
/// Two whole hours apart clocks show the same minute, so it is the zone's minutes, and those of UTC; in what other
/// zone a cron may be, it comes late by less than an hour.
pub fn every_hour<'a>(all: impl IntoIterator<Item = &'a Timetable>, now: Instant) -> String {
    let mut wanted: BTreeSet<u16> = BTreeSet::new();
    for timetable in all {
        let offsets = timetable.offsets(now).into_iter().chain([0]);
        for offset in offsets {
            let minutes = timetable.expression.minutes().into_iter();
            wanted.extend(
                minutes.filter_map(|minute| u16::try_from((i32::from(minute) - offset).rem_euclid(60)).ok()),
            );
        }
    }
    let minutes: Vec<u16> = wanted.into_iter().collect();
    format!("{} * * * *", unless_all(&minutes, 60, "-"))
}

impl Timetable {
    /// Values of `OnCalendar=`, each with the zone. Where cron takes either of two kinds of day, they are two,
    /// for systemd takes only days that are both.
    pub fn on_calendar(&self) -> Vec<String> {
        let expression = &self.expression;
        let time = format!(
            "{}:{}:00",
            unless_all(&expression.hours(), 24, ".."),
            unless_all(&expression.minutes(), 60, "..")
        );
        let months = expression.months().map_or_else(|| "*".to_owned(), |months| ranges(&months, "..", 2));
        self.calendar(&months, &time, false)
    }

    /// The same for what systemd skips because clocks are put forward: when it comes due instead, in the months in
    /// which that may be. There may be nothing due then on other days.
    pub fn on_calendar_after_gaps(&self, now: Instant) -> Vec<String> {
        let (hours, minutes) = (self.expression.hours(), self.expression.minutes());
        let number = |value: i8| u16::try_from(value).unwrap_or_default();
        let mut times: BTreeMap<(u16, u16, bool), BTreeSet<u16>> = BTreeMap::new();
        for LeftOut { then, crosses_midnight, .. } in self.left_out(now) {
            let (hour, minute) = (number(then.hour()), number(then.minute()));
            let is_named = !crosses_midnight && hours.contains(&hour) && minutes.contains(&minute);
            if !is_named {
                times.entry((hour, minute, crosses_midnight)).or_default().insert(number(then.month()));
            }
        }
        let lines = times.into_iter().flat_map(|((hour, minute, crosses_midnight), months)| {
            let months: Vec<u16> = months.into_iter().collect();
            self.calendar(&ranges(&months, "..", 2), &format!("{hour:02}:{minute:02}:00"), crosses_midnight)
        });
        lines.collect()
    }

    fn calendar(&self, months: &str, time: &str, is_any_day: bool) -> Vec<String> {
        let zone = self.zone.name();
        let line = |weekdays: Option<&[u16]>, days: Option<&[u16]>| {
            let weekdays = weekdays.map(named).unwrap_or_default();
            let days = days.map_or_else(|| "*".to_owned(), |days| ranges(days, "..", 2));
            format!("{weekdays}*-{months}-{days} {time} {zone}")
        };
        let (days, weekdays) = (self.expression.days(), self.expression.weekdays());
        match (&days, &weekdays) {
            _ if is_any_day => vec![line(None, None)],
            (Some(days), Some(weekdays)) => vec![line(None, Some(days)), line(Some(weekdays), None)],
            _ => vec![line(weekdays.as_deref(), days.as_deref())],
        }
    }

    /// Lines of a crontab whose clock shows UTC: one for each offset that the zone has in the year to come.
    /// They may wake up more often than there is something due, never less: where midnight lies between the two
    /// clocks, every day is named.
    pub fn utc_lines(&self, now: Instant) -> Vec<String> {
        let mut lines: Vec<String> =
            self.offsets(now).into_iter().flat_map(|minutes| self.shifted(minutes)).collect();
        let mut seen = BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        lines
    }

    /// The same expression in numbers, which every cron reads, with Sunday as 0. What a cron that knows the zone
    /// skips because clocks are put forward gets further hours, in which it has come due; on most days there is
    /// nothing due in them.
    pub fn plain(&self, now: Instant) -> String {
        let expression = &self.expression;
        let mut hours: BTreeSet<u16> = expression.hours().into_iter().collect();
        let mut is_any_day = false;
        for left_out in self.left_out(now) {
            let later = left_out.hours.iter().map(|hour| hour + left_out.by);
            is_any_day |= left_out.crosses_midnight || later.clone().any(|hour| hour > 23);
            hours.extend(later.map(|hour| hour % 24));
        }
        let hours: Vec<u16> = hours.into_iter().collect();
        self.line(&expression.minutes(), &hours, is_any_day)
    }

    /// The shortest time in which so many occasions follow on each other, and no longer than so long.
    pub fn shortest(&self, count: usize, now: Instant, most: Age) -> Age {
        let until = Instant(now.0.saturating_add("400d".parse::<Age>().map_or(0, |age| age.0)));
        let mut at = now;
        let next = std::iter::from_fn(|| {
            at = self.next(at).filter(|next| *next < until)?;
            Some(at.0)
        });
        // Of what comes every minute, more than a day.
        let all: Vec<i64> = next.take(2_000).collect();
        let spans = all.iter().zip(all.iter().skip(count)).map(|(first, last)| Age(last - first));
        spans.min().unwrap_or(most).min(most)
    }

    /// Occasions that the clock leaves out, in the years to come.
    fn left_out(&self, now: Instant) -> Vec<LeftOut> {
        let until = now.0.saturating_add(FORESEEN.parse::<Age>().map_or(0, |age| age.0));
        let Ok(from) = Timestamp::from_millisecond(now.0) else { return Vec::new() };
        let zone = &self.zone.zone;
        // A clock that leaves nothing out.
        let steady = Zone { zone: TimeZone::UTC, name: "UTC".to_owned() };
        let steady = Self { expression: self.expression.clone(), zone: steady };
        let mut before = zone.to_offset(from);
        let mut all = Vec::new();
        for change in zone.following(from).take_while(|change| change.timestamp().as_millisecond() < until) {
            let after = change.offset();
            let (first, then) =
                (before.to_datetime(change.timestamp()), after.to_datetime(change.timestamp()));
            let minutes = (after.seconds() - before.seconds()).max(0).unsigned_abs() / 60;
            before = after;
            let hours = steady.hours_between(first, then);
            if !hours.is_empty() {
                let by = u16::try_from(minutes.div_ceil(60)).unwrap_or(1);
                all.push(LeftOut { hours, then, by, crosses_midnight: first.date() != then.date() });
            }
        }
        all
    }

    /// Of occasions in UTC from a time to before another.
    fn hours_between(&self, first: DateTime, then: DateTime) -> BTreeSet<u16> {
        let instant =
            |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|at| Instant(at.timestamp().as_millisecond()));
        let (Some(first), Some(then)) = (instant(first), instant(then)) else { return BTreeSet::new() };
        let mut at = Instant(first.0 - 1);
        let next = std::iter::from_fn(|| {
            at = self.next(at).filter(|next| *next < then)?;
            self.zone.at(at)
        });
        next.filter_map(|at| u16::try_from(at.hour()).ok()).collect()
    }

    /// How many minutes the zone is ahead of UTC, over the year to come.
    fn offsets(&self, now: Instant) -> BTreeSet<i32> {
        let week = "1w".parse::<Age>().map_or(0, |age| age.0);
        let weeks = (0..53).filter_map(|number| self.zone.at(Instant(now.0.saturating_add(number * week))));
        weeks.map(|at| at.offset().seconds() / 60).collect()
    }

    fn shifted(&self, offset: i32) -> Vec<String> {
        let expression = &self.expression;
        let mut by_hour: BTreeMap<i32, BTreeSet<u16>> = BTreeMap::new();
        let mut crosses_midnight = false;
        for hour in expression.hours() {
            for minute in expression.minutes() {
                let local = i32::from(hour) * 60 + i32::from(minute);
                let utc = (local - offset).rem_euclid(MINUTES_A_DAY);
                crosses_midnight |= utc != local - offset;
                by_hour.entry(utc / 60).or_default().insert(u16::try_from(utc % 60).unwrap_or_default());
            }
        }
        let mut by_minutes: BTreeMap<BTreeSet<u16>, Vec<u16>> = BTreeMap::new();
        for (hour, minutes) in by_hour {
            by_minutes.entry(minutes).or_default().push(u16::try_from(hour).unwrap_or_default());
        }
        let line = |(minutes, hours): (BTreeSet<u16>, Vec<u16>)| {
            self.line(&minutes.into_iter().collect::<Vec<u16>>(), &hours, crosses_midnight)
        };
        by_minutes.into_iter().map(line).collect()
    }

    /// A line of a crontab on the expression's days, or on any.
    fn line(&self, minutes: &[u16], hours: &[u16], is_any_day: bool) -> String {
        let star = |values: Option<Vec<u16>>| {
            values.filter(|_| !is_any_day).map_or_else(|| "*".to_owned(), |values| ranges(&values, "-", 1))
        };
        let expression = &self.expression;
        let (days, months, weekdays) =
            (star(expression.days()), star(expression.months()), star(expression.weekdays()));
        let (minutes, hours) = (unless_all(minutes, 60, "-"), unless_all(hours, 24, "-"));
        format!("{minutes} {hours} {days} {months} {weekdays}")
    }
}

/// A star where every value there is stands.
fn unless_all(values: &[u16], all: usize, between: &str) -> String {
    // systemd's times are read more easily with two digits; crontabs have one.
    let digits = if between == ".." { 2 } else { 1 };
    if values.len() == all { "*".to_owned() } else { ranges(values, between, digits) }
}

/// `1..3,5`: what follows on each other as a range.
fn ranges(values: &[u16], between: &str, digits: usize) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *value => *last = *value,
            _ => runs.push((*value, *value)),
        }
    }
    let shown = |(first, last): &(u16, u16)| match last - first {
        0 => format!("{first:0digits$}"),
        1 => format!("{first:0digits$},{last:0digits$}"),
        _ => format!("{first:0digits$}{between}{last:0digits$}"),
    };
    runs.iter().map(shown).collect::<Vec<String>>().join(",")
}

/// Weekdays as systemd names them, with a blank behind them.
fn named(weekdays: &[u16]) -> String {
    // Its week begins on Monday.
    let place = |day: &u16| (usize::from(*day) + 6) % 7;
    let mut places: Vec<usize> = weekdays.iter().map(place).collect();
    places.sort_unstable();
    let names: Vec<&str> = places.into_iter().filter_map(|place| WEEKDAYS.get(place).copied()).collect();
    format!("{} ", names.join(","))
}

#[cfg(test)]
mod tests {
    use crate::domain::{Age, Instant};
    use crate::schedule::{Expression, Timetable, Zone};

    fn timetable(expression: &str, zone: &str) -> Timetable {
        Timetable { expression: Expression::parse(expression).unwrap(), zone: Zone::parse(zone).unwrap() }
    }

    fn now() -> Instant {
        Instant::parse("2027-01-01").unwrap()
    }

    /// systemd and Kubernetes skip what is left out; it comes due right after.
    #[test]
    fn what_clocks_leave_out_gets_a_wake_up_of_its_own() {
        for (expression, zone, calendar, plain) in [
            ("30 2 28 * *", "Europe/Berlin", &["*-03-28 03:00:00 Europe/Berlin"][..], "30 2,3 28 * *"),
            ("30 2 * * *", "America/New_York", &["*-03-* 03:00:00 America/New_York"], "30 2,3 * * *"),
            // Clocks are put forward on the last Sunday of March there, so never on these days.
            ("30 2 1 * *", "Europe/Berlin", &[], "30 2 1 * *"),
            ("30 2 * * mon-sat", "Europe/Berlin", &[], "30 2 * * 1-6"),
            ("30 2 * 4-12 *", "Europe/Berlin", &[], "30 2 * 4-12 *"),
            ("30 3 * * *", "Europe/Berlin", &[], "30 3 * * *"),
            ("30 2 * * *", "Asia/Tokyo", &[], "30 2 * * *"),
            // It is there already.
            ("0,30 2-4 * * *", "Europe/Berlin", &[], "0,30 2-4 * * *"),
            (
                "15 2 13 * sun",
                "Europe/Berlin",
                &["*-03-13 03:00:00 Europe/Berlin", "Sun *-03-* 03:00:00 Europe/Berlin"],
                "15 2,3 13 * 0",
            ),
            // Half an hour, two hours, and one before midnight.
            ("15 2 * * *", "Australia/Lord_Howe", &["*-10-* 02:30:00 Australia/Lord_Howe"], "15 2,3 * * *"),
            ("30 1 * * *", "Antarctica/Troll", &["*-03-* 03:00:00 Antarctica/Troll"], "30 1,3 * * *"),
            ("30 23 * * sat", "America/Nuuk", &["*-03-* 00:00:00 America/Nuuk"], "30 0,23 * * *"),
            ("30 0 * * *", "America/Santiago", &["*-09-* 01:00:00 America/Santiago"], "30 0,1 * * *"),
        ] {
            let table = timetable(expression, zone);
            assert_eq!(table.on_calendar_after_gaps(now()), calendar, "{expression} {zone}");
            assert_eq!(table.plain(now()), plain, "{expression} {zone}");
        }
    }

    #[test]
    fn a_cron_of_any_zone_is_told_minutes_alone() {
        for (tables, line) in [
            (&[("0 3 1 * *", "Europe/Berlin")][..], "0 * * * *"),
            (&[("0 3 1 * *", "Europe/Berlin"), ("30 6 * * *", "UTC")], "0,30 * * * *"),
            (&[("5 9 * * *", "Asia/Kolkata")], "5,35 * * * *"),
            (&[("* 9 * * *", "UTC")], "* * * * *"),
        ] {
            let tables: Vec<Timetable> =
                tables.iter().map(|(expression, zone)| timetable(expression, zone)).collect();
            assert_eq!(super::every_hour(&tables, now()), line);
        }
    }

    #[test]
    fn the_shortest_time_of_so_many_occasions() {
        let most: Age = "30d".parse().unwrap();
        for (expression, span) in [
            ("0 3 1 * *", "30d"),
            ("0 3 * * *", "30d"),
            ("0 * * * *", "45h"),
            ("*/5 * * * *", "225m"),
            ("* 5 1 * *", "45m"),
        ] {
            let found = timetable(expression, "UTC").shortest(45, now(), most);
            assert_eq!(found, span.parse().unwrap(), "{expression}");
        }
    }

    #[test]
    fn systemd_gets_a_line_for_each_kind_of_day() {
        for (expression, zone, lines) in [
            ("0 3 1 * *", "Europe/Berlin", &["*-*-01 03:00:00 Europe/Berlin"][..]),
            ("*/15 * * * *", "UTC", &["*-*-* *:00,15,30,45:00 UTC"]),
            ("30 6 * * mon-fri", "UTC", &["Mon,Tue,Wed,Thu,Fri *-*-* 06:30:00 UTC"]),
            ("0 0 * * 0,6", "UTC", &["Sat,Sun *-*-* 00:00:00 UTC"]),
            ("0 9-17/4 1,2,15-20 jan,apr-jun *", "UTC", &["*-01,04..06-01,02,15..20 09,13,17:00:00 UTC"]),
            ("0 0 13 * fri", "UTC", &["*-*-13 00:00:00 UTC", "Fri *-*-* 00:00:00 UTC"]),
            ("* 5 * * *", "UTC", &["*-*-* 05:*:00 UTC"]),
        ] {
            assert_eq!(timetable(expression, zone).on_calendar(), lines, "{expression}");
        }
    }

    #[test]
    fn every_cron_reads_the_plain_form() {
        for (expression, plain) in [
            ("0 3 1 * *", "0 3 1 * *"),
            ("*/20 8-10 */10 jan,jun fri-sun", "0,20,40 8-10 1,11,21,31 1,6 0,5,6"),
            ("0 12 * * 7", "0 12 * * 0"),
        ] {
            assert_eq!(timetable(expression, "Asia/Tokyo").plain(now()), plain);
        }
    }

    #[test]
    fn crontabs_in_utc_get_a_line_for_each_offset() {
        let now = Instant::parse("2027-01-01").unwrap();
        for (expression, zone, lines) in [
            ("0 3 1 * *", "UTC", &["0 3 1 * *"][..]),
            ("0 3 1 * *", "Europe/Berlin", &["0 2 1 * *", "0 1 1 * *"]),
            ("30 6 * * mon-fri", "America/New_York", &["30 11 * * 1-5", "30 10 * * 1-5"]),
            // On the day before or the day after: every day, and what is not due is not run.
            ("0 1 1 * *", "Europe/Berlin", &["0 0 1 * *", "0 23 * * *"]),
            ("0 22 * * fri", "America/New_York", &["0 3 * * *", "0 2 * * *"]),
            ("0 22 * * *", "Asia/Tokyo", &["0 13 * * *"]),
            ("0,45 9 * * 1", "Asia/Kolkata", &["15 4 * * 1", "30 3 * * 1"]),
            ("*/10 * * * *", "Europe/Berlin", &["0,10,20,30,40,50 * * * *"]),
            ("0 0 13 * fri", "UTC", &["0 0 13 * 5"]),
        ] {
            let found = timetable(expression, zone).utc_lines(now);
            assert_eq!(found, lines, "{expression} {zone}");
        }
    }

    /// Whenever something is due, a line of the crontab has just woken up, or does within the hour: clocks that are
    /// put forward make an occasion earlier than its offset tells.
    #[test]
    fn no_occasion_of_a_year_is_slept_through() {
        let start = Instant::parse("2027-01-01").unwrap();
        let end = Instant::parse("2028-01-01").unwrap();
        for (expression, zone) in [
            ("30 2 * * *", "America/New_York"),
            ("30 1 * * sun", "America/New_York"),
            ("15 0 1 * *", "Europe/Berlin"),
            ("0 23 28 2 *", "America/New_York"),
            ("0 3 13 * fri", "Asia/Kolkata"),
        ] {
            let table = timetable(expression, zone);
            let lines: Vec<Timetable> =
                table.utc_lines(start).iter().map(|line| timetable(line, "UTC")).collect();
            let mut due = start;
            while let Some(next) = table.next(due).filter(|next| *next < end) {
                due = next;
                let woken = lines.iter().filter_map(|line| line.next(Instant(due.0 - 1))).min().unwrap();
                assert!(woken.0 - due.0 <= 3_600_000, "{expression} {zone}: {due} {woken}");
            }
        }
    }
}

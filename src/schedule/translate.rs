//! The same occasions as other schedulers write them: systemd's calendar, and crontabs without time zones.

use std::collections::{BTreeMap, BTreeSet};

use super::Timetable;
use crate::domain::{Age, Instant};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MINUTES_A_DAY: i32 = 24 * 60;

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
        let zone = self.zone.name();
        let line = |weekdays: Option<&[u16]>, days: Option<&[u16]>| {
            let weekdays = weekdays.map(named).unwrap_or_default();
            let days = days.map_or_else(|| "*".to_owned(), |days| ranges(days, "..", 2));
            format!("{weekdays}*-{months}-{days} {time} {zone}")
        };
        let (days, weekdays) = (expression.days(), expression.weekdays());
        match (&days, &weekdays) {
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

    /// The same expression in numbers, which every cron reads, with Sunday as 0.
    pub fn plain(&self) -> String {
        self.shifted(0).join("\n")
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
        let star = |values: Option<Vec<u16>>| {
            values
                .filter(|_| !crosses_midnight)
                .map_or_else(|| "*".to_owned(), |values| ranges(&values, "-", 1))
        };
        let (days, months, weekdays) =
            (star(expression.days()), star(expression.months()), star(expression.weekdays()));
        let line = |(minutes, hours): (BTreeSet<u16>, Vec<u16>)| {
            let minutes = unless_all(&minutes.into_iter().collect::<Vec<u16>>(), 60, "-");
            let hours = unless_all(&hours, 24, "-");
            format!("{minutes} {hours} {days} {months} {weekdays}")
        };
        by_minutes.into_iter().map(line).collect()
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
    use crate::domain::Instant;
    use crate::schedule::{Expression, Timetable, Zone};

    fn timetable(expression: &str, zone: &str) -> Timetable {
        Timetable { expression: Expression::parse(expression).unwrap(), zone: Zone::parse(zone).unwrap() }
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
            assert_eq!(timetable(expression, "Europe/Berlin").plain(), plain);
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

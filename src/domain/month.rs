//! A calendar month in UTC: the span over which money is counted.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Instant;

/// Written `2027-03`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of a point in time.
    pub fn of(at: Instant) -> Self {
        let at = Timestamp::from_millisecond(at.0).unwrap_or_default();
        let date = at.to_zoned(TimeZone::UTC).date();
        Self { year: date.year(), month: date.month() }
    }

    /// Its first instant.
    pub fn begin(self) -> Instant {
        let first = Date::new(self.year, self.month, 1).ok();
        let first = first.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        first.map_or(Instant::END, |first| Instant(first.timestamp().as_millisecond()))
    }

    /// The one after it, whose first instant is its end.
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2);
        let parsed = parsed.and_then(|(year, month)| {
            let (year, month) = (year.parse().ok()?, month.parse().ok()?);
            // Years of which every month begins within what a time can be.
            (1970..=9000).contains(&year).then_some(Self { year, month })
        });
        parsed
            .filter(|month| (1..=12).contains(&month.month))
            .ok_or_else(|| format!("`{text}` is not a month; write 2027-03"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_with_its_first_instant_and_ends_with_that_of_the_next() {
        let month: Month = "2026-12".parse().unwrap();
        assert_eq!(month.begin().to_string(), "2026-12-01T00:00:00.000Z");
        assert_eq!(month.next().begin().to_string(), "2027-01-01T00:00:00.000Z");
        let last = Instant(month.next().begin().0 - 1);
        assert_eq!((Month::of(last), Month::of(month.begin())), (month, month));
        assert_eq!(Month::of(month.next().begin()).to_string(), "2027-01");
        assert!(Month::of(Instant::parse("2028-02-29").unwrap()).to_string() == "2028-02");
        for wrong in ["", "2027", "2027-13", "2027-00", "27-03", "2027-3", "2027-03-01", "9999-01", "+027-03"]
        {
            assert!(wrong.parse::<Month>().is_err(), "{wrong}");
        }
    }
}

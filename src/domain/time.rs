//! Points in time, ages, and which answers a report may use by their time.

use std::fmt;

use jiff::Timestamp;

/// Milliseconds since 1970 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant(pub i64);

impl Instant {
    /// Before every answer.
    pub const BEGINNING: Self = Self(i64::MIN);
    /// After every answer.
    pub const END: Self = Self(i64::MAX);

    /// Reads RFC 3339 (`2026-11-23T14:00:00Z`) or a plain date, which means its first instant in UTC.
    pub fn parse(text: &str) -> Result<Self, String> {
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        whole
            .parse::<Timestamp>()
            .map(|at| Self(at.as_millisecond()))
            .map_err(|_| format!("`{text}` is not a time; write 2026-11-23 or 2026-11-23T14:00:00Z"))
    }

    /// Reads the date of an HTTP header: `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let at = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(Self(at.timestamp().as_millisecond()))
    }

    /// The same instant so many milliseconds earlier.
    pub fn before(self, age: Age) -> Self {
        Self(self.0.saturating_sub(age.0))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// A length of time in milliseconds, written `90s`, `15m`, `12h`, `30d` or `4w`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Age(pub i64);

impl std::str::FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an age; write 90s, 15m, 12h, 30d or 4w");
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (digits, unit) = text.split_at(split);
        let count: i64 = digits.parse().map_err(|_| wrong())?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            "w" => 604_800,
            _ => return Err(wrong()),
        };
        count.checked_mul(seconds * 1_000).map(Age).ok_or_else(wrong)
    }
}

/// Which answers may serve: those given in this closed span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fit {
    pub from: Instant,
    pub to: Instant,
}

impl Fit {
    /// Every answer there is.
    pub const ANY: Self = Self { from: Instant::BEGINNING, to: Instant::END };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_and_print() {
        let at = Instant::parse("2026-11-23T14:00:00.25Z").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T14:00:00.250Z");
        assert_eq!(Instant::parse("2026-11-23").unwrap().to_string(), "2026-11-23T00:00:00.000Z");
        assert_eq!(at.before("1h".parse().unwrap()).to_string(), "2026-11-23T13:00:00.250Z");
        assert!(Instant::parse("yesterday").is_err());
        let date = Instant::parse_http_date("Tue, 24 Nov 2026 12:00:05 GMT").unwrap();
        assert_eq!(date.to_string(), "2026-11-24T12:00:05.000Z");
    }

    #[test]
    fn ages_need_a_unit_and_do_not_overflow() {
        assert_eq!("30d".parse(), Ok(Age(2_592_000_000)));
        for wrong in ["", "30", "d", "-1d", "3y", "99999999999999999w", "é"] {
            assert!(wrong.parse::<Age>().is_err(), "{wrong}");
        }
    }
}

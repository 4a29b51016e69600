//! A cron expression of five fields, held to what every scheduler understands.

use std::str::FromStr as _;

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// Minute, hour, day of the month, month, day of the week.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    cron: Cron,
}

/// What the fields are called, in their order.
const FIELDS: [&str; 5] = ["minute", "hour", "day of the month", "month", "day of the week"];

/// Names that stand for numbers, by field.
const NAMES: [&[&str]; 5] = [
    &[],
    &[],
    &[],
    &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    &["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
];

impl Expression {
    /// Reads `0 3 1 * *`: numbers, names, lists, ranges and steps. What some schedulers know besides (`L`, `W`,
    /// `#`, seconds, nicknames) is refused, for not all that it is printed for know it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() != FIELDS.len() {
            return Err(format!("`{text}` is not five fields: {}", FIELDS.join(", ")));
        }
        for ((field, name), names) in fields.iter().zip(FIELDS).zip(NAMES) {
            check(field, names)
                .map_err(|part| format!("`{part}` in `{field}`, the {name}, is not understood"))?;
        }
        let plain = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let text = fields.join(" ");
        let cron = plain.parse(&text).map_err(|error| format!("`{text}`: {error}"))?;
        let expression = Self { text, cron };
        // A leap year has every day that there ever is.
        if expression.comes_in_a_leap_year() {
            Ok(expression)
        } else {
            Err(format!("`{}` never comes: no such month has such a day", expression.text))
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cron(&self) -> &Cron {
        &self.cron
    }

    fn comes_in_a_leap_year(&self) -> bool {
        let days = self.days();
        let longest = |month: &u16| match month {
            2 => 29,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.weekdays().is_some()
            || days.is_none_or(|days| {
                let first = days.first().copied().unwrap_or(1);
                self.cron.pattern.months.values().iter().any(|month| longest(month) >= first)
            })
    }

    pub(super) fn minutes(&self) -> Vec<u16> {
        self.cron.pattern.minutes.values()
    }

    pub(super) fn hours(&self) -> Vec<u16> {
        self.cron.pattern.hours.values()
    }

    /// `None`: every month.
    pub(super) fn months(&self) -> Option<Vec<u16>> {
        Some(self.cron.pattern.months.values()).filter(|months| months.len() < 12)
    }

    /// `None`: it is a star, and says nothing.
    pub(super) fn days(&self) -> Option<Vec<u16>> {
        (!self.cron.pattern.is_dom_wildcard()).then(|| self.cron.pattern.days.values())
    }

    /// From Sunday, 0, to Saturday, 6. `None`: it is a star, and says nothing.
    pub(super) fn weekdays(&self) -> Option<Vec<u16>> {
        if self.cron.pattern.is_dow_wildcard() {
            return None;
        }
        let mut days: Vec<u16> =
            self.cron.pattern.days_of_week.values().into_iter().map(|day| day % 7).collect();
        days.sort_unstable();
        days.dedup();
        Some(days)
    }
}

/// A list of numbers, names, stars, ranges and steps; else the part that is none.
fn check<'a>(field: &'a str, names: &[&str]) -> Result<(), &'a str> {
    let is_value = |value: &str| {
        let is_number = u16::from_str(value).is_ok() && value.bytes().all(|byte| byte.is_ascii_digit());
        is_number || names.contains(&value.to_ascii_lowercase().as_str())
    };
    for part in field.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let is_step = step.is_none_or(|step| u16::from_str(step).is_ok_and(|step| step > 0));
        let is_range = match range.split_once('-') {
            Some((from, to)) => is_value(from) && is_value(to),
            // A step needs a range to walk through.
            None => range == "*" || (is_value(range) && step.is_none()),
        };
        if !is_step || !is_range {
            return Err(part);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_expressions_are_read_and_others_refused_with_the_part_that_is_wrong() {
        for fine in ["0 3 1 * *", "*/15 8-18/2 * jan,JUL Mon-Fri", "  5  4 * * 7 ", "0 0 29 feb *"] {
            assert!(Expression::parse(fine).is_ok(), "{fine}");
        }
        for (wrong, said) in [
            ("", "is not five fields"),
            ("@monthly", "is not five fields"),
            ("0 0 3 1 * *", "is not five fields"),
            ("60 3 1 * *", "`60 3 1 * *`"),
            ("0 24 1 * *", "`0 24 1 * *`"),
            ("0 mon * * *", "`mon` in `mon`, the hour"),
            ("0 3 L * *", "`L` in `L`, the day of the month"),
            ("0 3 15W * *", "`15W`"),
            ("0 3 * * fri#2", "`fri#2` in `fri#2`, the day of the week"),
            ("0 3 ? * *", "`?`"),
            ("0 3 +1 * 1", "`+1`"),
            ("*/0 3 * * *", "`*/0`"),
            ("5/10 3 * * *", "`5/10`"),
            ("0 3 0 * *", "`0 3 0 * *`"),
            ("0 3 1, * *", "`` in `1,`"),
            ("0 3 30 2 *", "never comes"),
            ("0 3 31 4,6 *", "never comes"),
        ] {
            let error = Expression::parse(wrong).unwrap_err();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }
}

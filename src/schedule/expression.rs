//! A cron expression of five fields, held to what every scheduler understands.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// Minute, hour, day of the month, month, day of the week.
#[derive(Clone, Debug)]
pub struct Expression {
    text: String,
    cron: Cron,
}

/// A field: what it is called, its least and largest number, and names that stand for numbers.
struct Field {
    name: &'static str,
    least: u16,
    most: u16,
    names: &'static [&'static str],
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// In the order in which they are written.
const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: &MONTHS },
    Field { name: "day of the week", least: 0, most: 7, names: &WEEKDAYS },
];

impl Expression {
    /// Reads `0 3 1 * *`: numbers, names, lists, ranges and steps. What some schedulers know besides (`L`, `W`,
    /// `#`, seconds, nicknames) is refused, for not all that it is printed for know it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written: Vec<&str> = text.split_whitespace().collect();
        if written.len() != FIELDS.len() {
            let names = FIELDS.map(|field| field.name).join(", ");
            return Err(format!("`{text}` is not five fields: {names}"));
        }
        let fields = written.iter().zip(&FIELDS).map(|(text, field)| field.read(text));
        let numbers = fields.collect::<Result<Vec<String>, String>>()?.join(" ");
        let plain = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let text = written.join(" ");
        let cron = plain.parse(&numbers).map_err(|error| format!("`{text}`: {error}"))?;
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

impl Field {
    /// A list of numbers, names, stars, ranges and steps, with numbers for names.
    fn read(&self, text: &str) -> Result<String, String> {
        let parts = text.split(',').map(|part| self.part(part).map_err(|what| self.wrong(text, part, &what)));
        Ok(parts.collect::<Result<Vec<String>, String>>()?.join(","))
    }

    fn wrong(&self, text: &str, part: &str, what: &str) -> String {
        let part = if part == text { String::new() } else { format!(" in `{text}`") };
        format!("{what}{part}, the {}", self.name)
    }

    fn part(&self, part: &str) -> Result<String, String> {
        let no_part = || format!("`{part}` is not understood");
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let step = match step.map(number) {
            None => String::new(),
            Some(Some(step)) if step > 0 => format!("/{step}"),
            Some(_) => return Err(no_part()),
        };
        let range = match range.split_once('-') {
            Some((from, to)) => {
                let from = self.value(from)?;
                // The week of a range may end with Sunday.
                let to = if self.most == 7 && to.eq_ignore_ascii_case("sun") { 7 } else { self.value(to)? };
                if from > to {
                    return Err(format!("`{part}` is no range that goes up"));
                }
                format!("{from}-{to}")
            }
            None if range == "*" => "*".to_owned(),
            None if step.is_empty() => self.value(range)?.to_string(),
            // A step needs a range to walk through.
            None => return Err(no_part()),
        };
        Ok(format!("{range}{step}"))
    }

    fn value(&self, text: &str) -> Result<u16, String> {
        let named = self.names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let first_name = if self.most == 7 { 0 } else { 1 };
        let value = named.and_then(|place| u16::try_from(place).ok()).map(|place| place + first_name);
        let value = value.or_else(|| number(text)).ok_or_else(|| format!("`{text}` is not understood"))?;
        if (self.least..=self.most).contains(&value) {
            return Ok(value);
        }
        Err(format!("{value} is not from {} to {}", self.least, self.most))
    }
}

/// Digits alone: `+1` is a number elsewhere.
fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_expressions_are_read_and_others_refused_with_the_part_that_is_wrong() {
        for fine in ["0 3 1 * *", "*/15 8-18/2 * jan,JUL Mon-Fri", "  5  4 * * 7 ", "0 0 29 feb *"] {
            assert!(Expression::parse(fine).is_ok(), "{fine}");
        }
        assert_eq!(Expression::parse("0 0 * * fri-sun").unwrap().weekdays(), Some(vec![0, 5, 6]));
        assert_eq!(Expression::parse("0 0 * dec,Jan-mar sun").unwrap().months(), Some(vec![1, 2, 3, 12]));
        for (wrong, said) in [
            ("", "is not five fields: minute, hour, day of the month, month, day of the week"),
            ("@monthly", "is not five fields"),
            ("0 0 3 1 * *", "is not five fields"),
            ("60 3 1 * *", "60 is not from 0 to 59, the minute"),
            ("0 24,25 1 * *", "24 is not from 0 to 23 in `24,25`, the hour"),
            ("0 3 L * *", "`L` is not understood, the day of the month"),
            ("0 3 15W * *", "`15W`"),
            ("0 3 * * fri#2", "`fri#2` is not understood, the day of the week"),
            ("0 mon * * *", "`mon` is not understood, the hour"),
            ("0 3 ? * *", "`?`"),
            ("0 3 +1 * 1", "`+1`"),
            ("*/0 3 * * *", "`*/0`"),
            ("5/10 3 * * *", "`5/10`"),
            ("50-10 3 * * *", "`50-10` is no range that goes up, the minute"),
            ("0 3 0 * *", "0 is not from 1 to 31"),
            ("0 3 1, * *", "`` is not understood in `1,`"),
            ("0 3 30 2 *", "never comes"),
            ("0 3 31 4,6 *", "never comes"),
        ] {
            let error = Expression::parse(wrong).unwrap_err();
            assert!(error.contains(said), "{wrong}: {error}");
        }
    }
}

//! Figures and untrusted text as pages show them.

use std::borrow::Cow;

use crate::domain::Instant;
use crate::domain::facts::Wage;
pub use crate::domain::figures::{thousands, whole};
use crate::report;

/// Longer texts are cut on pages; the data files have all of them.
const LONGEST: usize = 2_000;

/// Text of tables, models and servers, made fit to be shown: on one line, without what turns the reading
/// direction or hides, and not without end. Escaping is the templates' business.
pub fn said(text: &str) -> Cow<'_, str> {
    let plain = report::plain(text);
    match plain.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{} …", plain.get(..end).unwrap_or_default())),
        None => plain,
    }
}

/// The same for a line of a list or a title, where there is less room.
pub fn brief(text: &str, most: usize) -> Cow<'_, str> {
    let plain = report::plain(text);
    match plain.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", plain.get(..end).unwrap_or_default().trim_end())),
        None => plain,
    }
}

/// Points of 0 to 100, as whole ones.
pub fn points(value: f64) -> String {
    format!("{:.0}", whole(value))
}

/// The same where there may be none.
pub fn maybe_points(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), points)
}

/// With so many decimals, for whoever wants to reckon with it.
pub fn exact(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}")
}

pub fn maybe_exact(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| exact(value, decimals))
}

/// The lowest and the highest, as whole points.
pub fn range(low: f64, high: f64) -> String {
    match (points(low), points(high)) {
        (low, high) if low == high => low,
        (low, high) => format!("{low}–{high}"),
    }
}

/// A share as a percentage with one decimal.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A place on a chart of 0 to 100 points, as SVG takes it; a tenth of a point is less than can be seen.
pub fn at(value: f64) -> String {
    let text = format!("{:.1}", value.clamp(0.0, 100.0));
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// `one` to `ten`, then digits.
pub fn counted(number: usize) -> String {
    const WORDS: [&str; 11] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(number).map_or_else(|| thousands(number as u64), |word| (*word).to_owned())
}

/// With a capital letter, as the beginning of a sentence.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// `three models`, `one model`.
pub fn several(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", counted(number), if number == 1 { "" } else { "s" })
}

pub fn wage(wage: Wage) -> String {
    match wage {
        Wage::Exactly(usd) => format!("${}", thousands(u64::from(usd))),
        Wage::AtLeast(usd) => format!("${} or more", thousands(u64::from(usd))),
    }
}

/// Cents where there are any, more digits for less than a cent.
pub fn usd(value: f64) -> String {
    match value {
        0.0 => "$0".to_owned(),
        value if value < 0.01 => format!("${value:.5}"),
        value if value < 1.0 => format!("${value:.3}"),
        value => format!("${value:.2}"),
    }
}

/// With its sign, to one decimal.
pub fn signed(value: f64) -> String {
    let rounded = format!("{:.1}", value.abs());
    match value {
        _ if rounded == "0.0" => rounded,
        value if value < 0.0 => format!("−{rounded}"),
        _ => format!("+{rounded}"),
    }
}

/// `2026-06-02`.
pub fn day(at: Instant) -> String {
    at.to_string().chars().take(10).collect()
}

/// `2 June 2026`.
pub fn date(at: Instant) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let day = day(at);
    let mut parts = day.split('-');
    let (Some(year), Some(month), Some(number)) = (parts.next(), parts.next(), parts.next()) else {
        return day;
    };
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match month {
        Some(month) => format!("{} {month} {year}", number.trim_start_matches('0')),
        None => day,
    }
}

/// As a sentence of its own: with a capital letter, and with a full stop where it has no end yet.
pub fn sentence(text: &str) -> String {
    let text = said(text);
    let mut letters = text.trim().chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let rest = letters.as_str();
    let is_ended = first.is_empty() || rest.ends_with(['.', '!', '?', '…']);
    format!("{first}{rest}{}", if is_ended { "" } else { "." })
}

/// `2024-34` with the dash of a span, wherever it stands.
pub fn span(text: &str) -> String {
    let text = said(text);
    let mut spanned = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut before = ' ';
    while let Some(letter) = letters.next() {
        let is_between = before.is_ascii_digit() && letters.peek().is_some_and(char::is_ascii_digit);
        spanned.push(if letter == '-' && is_between { '–' } else { letter });
        before = letter;
    }
    spanned
}

/// The beginning of a hash: enough to be found by.
pub fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}

/// As a shell takes it for one word.
pub fn quoted(word: &str) -> String {
    if word.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)) {
        word.to_owned()
    } else {
        format!("'{}'", said(word).replace('\'', "'\\''"))
    }
}

/// Where the text of a licence stands.
pub fn spdx(licence: &str) -> String {
    format!("https://spdx.org/licenses/{licence}.html")
}

/// A file's size in units of 1,000 bytes.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.0} KB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// `a`, `a and b`, `a, b and c`.
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!((points(41.5), points(41.49), points(0.0)), ("42".into(), "41".into(), "0".into()));
        assert_eq!(range(33.2, 46.4), "33–46");
        assert_eq!(range(33.2, 33.4), "33");
        assert_eq!(several(3, "model"), "three models");
        assert_eq!(several(18_796, "task"), "18,796 tasks");
        assert_eq!(wage(Wage::AtLeast(239_200)), "$239,200 or more");
        assert_eq!((signed(-2.04), signed(0.04), signed(1.0)), ("−2.0".into(), "0.0".into(), "+1.0".into()));
        assert_eq!(
            (usd(0.0), usd(0.0011), usd(0.31), usd(12.5)),
            ("$0".into(), "$0.00110".into(), "$0.310".into(), "$12.50".into())
        );
        assert_eq!((at(37.1), at(120.0), at(50.0)), ("37.1%".into(), "100%".into(), "50%".into()));
        assert_eq!(date(Instant::parse("2026-06-02").unwrap()), "2 June 2026");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
    }

    #[test]
    fn parts_of_a_description_are_sentences() {
        assert_eq!(sentence("share of the task, 0 to 100"), "Share of the task, 0 to 100.");
        assert_eq!(
            (sentence("It is one."), sentence(" is it?"), sentence("")),
            ("It is one.".into(), "Is it?".into(), String::new())
        );
    }

    #[test]
    fn spans_have_a_dash_and_other_names_keep_their_hyphens() {
        assert_eq!(span("BLS Employment Projections 2024-34"), "BLS Employment Projections 2024–34");
        assert_eq!((span("May 2024"), span("O-NET 3-x")), ("May 2024".into(), "O-NET 3-x".into()));
    }

    #[test]
    fn text_that_never_ends_is_cut_and_what_turns_it_is_gone() {
        assert_eq!(said("a\u{202e}b\nc"), "ab c");
        let long = "x".repeat(100_000);
        assert_eq!(said(&long).chars().count(), LONGEST + 2);
        assert_eq!(brief("a title of some length", 8), "a title…");
    }
}

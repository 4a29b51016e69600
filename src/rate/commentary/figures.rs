//! Numbers in texts, so that those of a remark can be looked for in its sheet.

use std::collections::HashSet;

/// Numbers that are large enough to be figures. Smaller ones (two models, three tasks) are plain words.
const WORDS: [&str; 16] = [
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "hundreds",
    "thousand",
    "thousands",
    "million",
    "millions",
    "billion",
    "billions",
];

/// By how many places the word behind a number moves its point.
const SCALES: [(&str, i64); 7] =
    [("k", 3), ("m", 6), ("bn", 9), ("hundred", 2), ("thousand", 3), ("million", 6), ("billion", 9)];

/// A decimal without its point: digits with no zeros at either end, and the place of the last one. Equal numbers
/// are equal here, however they are written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Value {
    digits: String,
    exponent: i64,
}

impl Value {
    fn new(whole: &str, fraction: &str, scale: i64) -> Self {
        let mut digits: String = whole.chars().chain(fraction.chars()).filter(char::is_ascii_digit).collect();
        let mut exponent = scale - fraction.len() as i64;
        while digits.ends_with('0') {
            digits.pop();
            exponent += 1;
        }
        let digits = digits.trim_start_matches('0').to_owned();
        let exponent = if digits.is_empty() { 0 } else { exponent };
        Self { digits, exponent }
    }
}

/// A number as it is written, and what it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub said: String,
    pub value: Value,
}

impl Number {
    /// Of our time: four digits that begin with 19, 20 or 21.
    pub(super) fn is_year(&self) -> bool {
        let is_digits = self.said.len() == 4 && self.said.bytes().all(|byte| byte.is_ascii_digit());
        is_digits && ["19", "20", "21"].iter().any(|century| self.said.starts_with(century))
    }
}

/// Something in a text that says a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Figure {
    Digits(Number),
    /// Digits of other scripts, fractions as one character and so on.
    Other(String),
    Words(String),
}

/// The numbers of a sheet.
pub(super) struct Figures(HashSet<Value>);

impl Figures {
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let nothing = HashSet::new();
        let all = texts.flat_map(|text| figures(text, &nothing));
        Self(
            all.filter_map(|figure| match figure {
                Figure::Digits(number) => Some(number.value),
                Figure::Other(_) | Figure::Words(_) => None,
            })
            .collect(),
        )
    }

    pub(super) fn have(&self, value: &Value) -> bool {
        self.0.contains(value)
    }
}

/// All numbers of a text. Words that are ids of the sheet are none.
pub(super) fn figures(text: &str, ids: &HashSet<&str>) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let taken = if !before.is_alphanumeric()
            && let Some(id) = id_at(rest, ids)
        {
            id
        } else if first.is_ascii_digit() {
            let (number, length) = number_at(rest);
            found.push(Figure::Digits(number));
            length
        } else if first.is_numeric() {
            found.push(Figure::Other(first.to_string()));
            first.len_utf8()
        } else if first.is_alphabetic() && !before.is_alphabetic() {
            let word = word_at(rest);
            let spelled = word.split('-').find(|part| WORDS.contains(&part.to_lowercase().as_str()));
            // Behind digits it is part of their number.
            if let Some(spelled) = spelled.filter(|_| !ends_in_number(text, rest)) {
                found.push(Figure::Words(spelled.to_owned()));
            }
            word.len()
        } else {
            first.len_utf8()
        };
        let (done, left) = rest.split_at_checked(taken.max(1)).unwrap_or((rest, ""));
        before = done.chars().next_back().unwrap_or(' ');
        rest = left;
    }
    found
}

/// The length of the longest id that stands here as a whole word.
fn id_at(rest: &str, ids: &HashSet<&str>) -> Option<usize> {
    let ends_here = |id: &&&str| {
        let behind = rest.strip_prefix(**id);
        behind.is_some_and(|behind| !behind.chars().next().is_some_and(char::is_alphanumeric))
    };
    ids.iter().filter(ends_here).map(|id| id.len()).filter(|length| *length > 0).max()
}

/// Letters, and dashes between them.
fn word_at(rest: &str) -> &str {
    let end = rest.find(|c: char| !c.is_alphabetic() && c != '-').unwrap_or(rest.len());
    rest.get(..end).unwrap_or(rest)
}

/// Whether what stands before `rest` in `text` ends in a number: `3 million` was read with its 3.
fn ends_in_number(text: &str, rest: &str) -> bool {
    let before = text.strip_suffix(rest).unwrap_or_default().trim_end();
    before.ends_with(|c: char| c.is_ascii_digit())
}

/// The number that begins here, with its length.
fn number_at(rest: &str) -> (Number, usize) {
    let mut length = digits(rest);
    // Commas between groups of three are none of it.
    while let Some(group) = rest.get(length..).and_then(|behind| behind.strip_prefix(',')) {
        if digits(group) != 3 {
            break;
        }
        length += 4;
    }
    let whole = rest.get(..length).unwrap_or_default();
    let point = rest.get(length..).and_then(|behind| behind.strip_prefix('.')).map_or(0, digits);
    let fraction = rest.get(length + 1..length + 1 + point).filter(|_| point > 0).unwrap_or_default();
    length += if point > 0 { point + 1 } else { 0 };
    let said = rest.get(..length).unwrap_or_default().to_owned();
    let behind = rest.get(length..).unwrap_or_default();
    let scale = word_at(behind.strip_prefix(' ').unwrap_or(behind)).to_lowercase();
    let is_close = !behind.starts_with(' ');
    // `5 m` may be metres; a letter right behind the number is a scale.
    let known = SCALES.iter().find(|(word, _)| *word == scale && (is_close || word.len() > 2));
    let value = Value::new(whole, fraction, known.map_or(0, |(_, places)| *places));
    (Number { said, value }, length)
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let ids = HashSet::from(["T12", "T12-3", "F4"]);
        let told = figures(text, &ids).into_iter().map(|figure| match figure {
            Figure::Digits(Number { said, value }) => format!("{said}={}e{}", value.digits, value.exponent),
            Figure::Other(other) => format!("?{other}"),
            Figure::Words(words) => format!("w{words}"),
        });
        told.collect()
    }

    #[test]
    fn numbers_however_they_are_written() {
        for (text, expected) in [
            ("42 percent, 42%, $42 and 42.0", &["42=42e0", "42=42e0", "42=42e0", "42.0=42e0"][..]),
            ("USD 239,200 or more.", &["239,200=2392e2"]),
            ("7.1 % of 07.10", &["7.1=71e-1", "07.10=71e-1"]),
            ("It is 42. Then 3,4 and 1,2345", &["42=42e0", "3=3e0", "4=4e0", "1=1e0", "2345=2345e0"]),
            ("the 2nd of 70-77", &["2=2e0", "70=7e1", "77=77e0"]),
            ("120k, 1.2 million and 3 hundred", &["120=12e4", "1.2=12e5", "3=3e2"]),
            ("5 m long", &["5=5e0"]),
            ("2024-34", &["2024=2024e0", "34=34e0"]),
            ("0 and 0.0", &["0=e0", "0.0=e0"]),
            ("two models, three of seventeen tasks", &[]),
            ("forty-two percent, Thousands", &["wforty", "wThousands"]),
            ("½ of ٣ and x²", &["?½", "?٣", "?²"]),
            ("See T12, (T12-3) and F4; not T13 or XT12", &["13=13e0", "12=12e0"]),
            ("T12b", &["12=12e0"]),
            ("", &[]),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn years_are_told_from_other_numbers() {
        let year = |text: &str| number_at(text).0.is_year();
        assert!(year("2030.") && year("1999") && year("2100"));
        assert!(!year("2,030") && !year("20300") && !year("203") && !year("3030") && !year("2030.5"));
    }
}

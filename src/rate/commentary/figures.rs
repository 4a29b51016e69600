//! Numbers in texts, so that those of a remark can be looked for in its sheet.

use std::collections::HashSet;

/// How numbers begin that are large enough to be figures. Smaller ones (two models, three tasks) are plain words.
const WORDS: [&str; 26] = [
    "twenty",
    "twentie",
    "thirty",
    "thirtie",
    "forty",
    "fortie",
    "fifty",
    "fiftie",
    "sixty",
    "sixtie",
    "seventy",
    "seventie",
    "eighty",
    "eightie",
    "ninety",
    "ninetie",
    "hundred",
    "thousand",
    "million",
    "milliard",
    "billion",
    "trillion",
    "quadrillion",
    "lakh",
    "crore",
    "dozen",
];

/// By how many places the word or letter behind a number moves its point.
const SCALES: [(&str, i64); 36] = [
    ("hundred", 2),
    ("hundreds", 2),
    ("k", 3),
    ("thousand", 3),
    ("thousands", 3),
    ("thsd", 3),
    ("lakh", 5),
    ("lakhs", 5),
    ("m", 6),
    ("mm", 6),
    ("mn", 6),
    ("mln", 6),
    ("mio", 6),
    ("mil", 6),
    ("million", 6),
    ("millions", 6),
    ("crore", 7),
    ("crores", 7),
    ("b", 9),
    ("bn", 9),
    ("bln", 9),
    ("bil", 9),
    ("billion", 9),
    ("billions", 9),
    ("milliard", 9),
    ("milliards", 9),
    ("t", 12),
    ("tn", 12),
    ("trn", 12),
    ("tril", 12),
    ("trillion", 12),
    ("trillions", 12),
    ("quadrillion", 15),
    ("quadrillions", 15),
    ("quintillion", 18),
    ("quintillions", 18),
];

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
    /// Digits of other scripts, fractions as one character, `40x`, `4e6` and so on.
    Other(String),
    Words(String),
}

/// Whether digits on both sides of a space may be one number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spaces {
    Join,
    Part,
}

/// The numbers of a sheet.
pub(super) struct Figures(HashSet<Value>);

impl Figures {
    pub(super) fn of<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let nothing = HashSet::new();
        // A name that ends in a digit may stand before a score: there it is two numbers, as it may be one.
        let both = |text| [Spaces::Join, Spaces::Part].map(|spaces| told(text, &nothing, spaces));
        let all = texts.flat_map(both).flatten();
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
    told(text, ids, Spaces::Join)
}

fn told(text: &str, ids: &HashSet<&str>, spaces: Spaces) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let taken = if !before.is_alphanumeric()
            && let Some(id) = id_at(rest, ids)
        {
            id
        } else if first.is_ascii_digit() {
            let (figure, length) = figure_at(rest, spaces);
            found.push(figure);
            length
        } else if first.is_numeric() {
            found.push(Figure::Other(first.to_string()));
            first.len_utf8()
        } else if first.is_alphabetic() && !before.is_alphabetic() {
            let word = word_at(rest);
            let spelled = word.split('-').find(|part| is_number(&part.to_lowercase()));
            found.extend(spelled.map(|spelled| Figure::Words(spelled.to_owned())));
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

/// Whether a word in lower case says a number that is large enough to be a figure.
fn is_number(word: &str) -> bool {
    WORDS.iter().any(|beginning| word.starts_with(beginning)) || (word.len() > 3 && is_roman(word))
}

/// Numerals as the rule has them, so that `mild` and `civil` are words.
fn is_roman(word: &str) -> bool {
    let rest = word.trim_start_matches('m');
    let places = [["cm", "cd", "d", "c"], ["xc", "xl", "l", "x"], ["ix", "iv", "v", "i"]];
    let rest = places.iter().fold(rest, |rest, [nine, four, five, one]| {
        if let Some(behind) = rest.strip_prefix(nine).or_else(|| rest.strip_prefix(four)) {
            return behind;
        }
        let rest = rest.strip_prefix(five).unwrap_or(rest);
        (0..3).fold(rest, |rest, _| rest.strip_prefix(one).unwrap_or(rest))
    });
    rest.is_empty()
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

/// The number that begins here, with all that makes another one of it, and the length of that.
fn figure_at(rest: &str, spaces: Spaces) -> (Figure, usize) {
    let (whole, mut length) = whole_at(rest, spaces);
    let point = rest.get(length..).and_then(|behind| behind.strip_prefix('.')).map_or(0, digits);
    let fraction = rest.get(length + 1..length + 1 + point).filter(|_| point > 0).unwrap_or_default();
    length += if point > 0 { point + 1 } else { 0 };
    let (scale, scaled) = scale_at(rest.get(length..).unwrap_or_default());
    length += scaled;
    let (odd, is_odd) = oddity_at(rest.get(length..).unwrap_or_default());
    length += odd;
    let said = rest.get(..length).unwrap_or_default().to_owned();
    // Groups of zeros are what is left of a number whose beginning was read as another one.
    if is_odd || whole.starts_with("00") {
        return (Figure::Other(said), length);
    }
    (Figure::Digits(Number { said, value: Value::new(whole, fraction, scale) }), length)
}

/// The digits in front of the point: groups of three that one sort of sign keeps apart are one number.
fn whole_at(rest: &str, spaces: Spaces) -> (&str, usize) {
    let mut length = digits(rest);
    let mut sort = None;
    let is_first = length <= 3;
    while let Some(behind) = rest.get(length..).filter(|_| is_first) {
        let Some(found) = behind.chars().next().and_then(|c| separator(c, spaces)) else { break };
        let group = behind.trim_start_matches(|c| separator(c, spaces) == Some(found));
        let is_single = found == Separator::Space || behind.len() - group.len() <= 3;
        if sort.is_some_and(|sort| sort != found) || digits(group) != 3 || !is_single {
            break;
        }
        sort = Some(found);
        length += behind.len() - group.len() + 3;
    }
    (rest.get(..length).unwrap_or_default(), length)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Separator {
    Comma,
    Space,
    Apostrophe,
}

fn separator(c: char, spaces: Spaces) -> Option<Separator> {
    match c {
        ',' => Some(Separator::Comma),
        '\'' | '’' | '_' => Some(Separator::Apostrophe),
        c if c.is_whitespace() && spaces == Spaces::Join => Some(Separator::Space),
        _ => None,
    }
}

/// By how many places the words behind a number move its point, and how long they are. `5 m` may be metres: who means
/// those has to spell them out.
fn scale_at(behind: &str) -> (i64, usize) {
    let (mut places, mut length) = (0, 0);
    while let Some(rest) = behind.get(length..) {
        let word = rest.trim_start_matches(|c: char| c.is_whitespace() || is_dash(c));
        let end = word.find(|c: char| !c.is_alphabetic()).unwrap_or(word.len());
        let (found, after) = word.split_at_checked(end).unwrap_or((word, ""));
        let found = found.to_lowercase();
        let known = SCALES.iter().find(|(scale, _)| *scale == found);
        let Some((_, moved)) = known.filter(|_| !after.starts_with(char::is_numeric)) else { break };
        places += moved;
        length += rest.len() - after.len();
    }
    (places, length)
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}')
}

/// What makes a multiple or a power of the number before it: `x`, `e6`, `^6`.
fn oddity_at(behind: &str) -> (usize, bool) {
    let mut all = behind.chars();
    let (first, second) = (all.next(), all.next());
    match first {
        Some(c @ ('x' | 'X' | '×')) if !second.is_some_and(char::is_alphanumeric) => (c.len_utf8(), true),
        Some('e' | 'E') if second.is_some_and(|c| c.is_ascii_digit() || c == '+') => (1, true),
        Some('^' | '‰' | '‱') => (first.map_or(0, char::len_utf8), true),
        _ => (0, false),
    }
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
            ("120k, 1.2 million and 3 hundred", &["120k=12e4", "1.2 million=12e5", "3 hundred=3e2"]),
            ("$4 bn, 40 k jobs, 40 trillion", &["4 bn=4e9", "40 k=4e4", "40 trillion=4e13"]),
            (
                "4-million-dollar, 5\u{a0}mn; 2 hundred thousand",
                &["4-million=4e6", "5\u{a0}mn=5e6", "2 hundred thousand=2e5"],
            ),
            ("3 lakh, 2 crore, 7 Tn, 5 m", &["3 lakh=3e5", "2 crore=2e7", "7 Tn=7e12", "5 m=5e6"]),
            (
                "5 metres, 40 B2B sales, 5 percentage points, 5 pp",
                &["5=5e0", "40=4e1", "2B=2e9", "5=5e0", "5=5e0"],
            ),
            (
                "40 000 or 40\u{2009}000 or 40\u{202f}000",
                &["40 000=4e4", "40\u{2009}000=4e4", "40\u{202f}000=4e4"],
            ),
            ("40'000, 1’234’567, 4 000.5", &["40'000=4e4", "1’234’567=1234567e0", "4 000.5=40005e-1"]),
            (
                "In 2024 100 of 31 46 to 3 1000",
                &["2024=2024e0", "100=1e2", "31=31e0", "46=46e0", "3=3e0", "1000=1e3"],
            ),
            ("4,00,000 and 40,000 000", &["4=4e0", "?00,000", "40,000=4e4", "?000"]),
            ("40x, 40× and 4e6, 10^6", &["?40x", "?40×", "?4e", "6=6e0", "?10^", "6=6e0"]),
            ("1920x1080", &["1920=192e1", "1080=108e1"]),
            ("MMXXX, mmxl, VIII; mild civil VIVID mix III", &["wMMXXX", "wmmxl", "wVIII"]),
            ("a dozen, three-dozen, forties, sixteen", &["wdozen", "wdozen", "wforties"]),
            ("2024-34", &["2024=2024e0", "34=34e0"]),
            ("0 and 0.0", &["0=e0", "0.0=e0"]),
            ("two models, three of seventeen tasks", &[]),
            ("forty-two percent, Thousands", &["wforty", "wThousands"]),
            ("½ of ٣ and x²", &["?½", "?٣", "?²"]),
            ("See T12, (T12-3) and F4; not T13 or XT12", &["13=13e0", "12=12e0"]),
            ("T12b", &["12b=12e9"]),
            ("", &[]),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn years_are_told_from_other_numbers() {
        let year = |text: &str| matches!(figure_at(text, Spaces::Join).0, Figure::Digits(number) if number.is_year());
        assert!(year("2030.") && year("1999") && year("2100"));
        assert!(!year("2,030") && !year("20300") && !year("203") && !year("3030") && !year("2030.5"));
    }
}

//! Words that are not to be said, looked for in a text.

/// The words of a text, in lower case.
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        Self(words.map(str::to_owned).collect())
    }
}

/// Numbers that may be told in words.
const NUMBERS: [&str; 20] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
];

/// What a word of a text is to be.
enum Part {
    Any,
    Year,
    Digits,
    Number,
    Beginning(String),
    Word(String),
}

/// A phrase of the list: `*` is any word or the rest of one, `#` a number in words, `##` one in digits, `####` a year.
pub(super) struct Phrase(Vec<Part>);

impl Phrase {
    pub(super) fn new(written: &str) -> Self {
        let part = |word: &str| match (word, word.strip_suffix('*')) {
            ("*", _) => Part::Any,
            ("####", _) => Part::Year,
            ("##", _) => Part::Digits,
            ("#", _) => Part::Number,
            (_, Some(beginning)) => Part::Beginning(beginning.to_owned()),
            (word, None) => Part::Word(word.to_owned()),
        };
        Self(written.split_whitespace().map(part).collect())
    }

    /// The first words of the text that it stands for and that none of the others says as well.
    pub(super) fn said_alone(&self, text: &Words, others: &[Words]) -> Option<String> {
        let found = self.places(text).find(|said| !others.iter().any(|other| self.is_said(said, other)));
        found.map(|words| words.join(" "))
    }

    fn places<'t>(&self, text: &'t Words) -> impl Iterator<Item = &'t [String]> {
        // A window has one word at least.
        let windows = text.0.windows(self.0.len().max(1)).filter(|_| !self.0.is_empty());
        windows.filter(|words| words.iter().zip(&self.0).all(|(word, part)| part.fits(word)))
    }

    /// Whether the other text says the same: any word or number in the same place has to be the same one.
    fn is_said(&self, said: &[String], other: &Words) -> bool {
        let is_same = |(part, (one, two)): (&Part, (&String, &String))| match part {
            Part::Any | Part::Year | Part::Digits | Part::Number => one == two,
            Part::Beginning(_) | Part::Word(_) => true,
        };
        self.places(other).any(|words| self.0.iter().zip(said.iter().zip(words)).all(is_same))
    }
}

impl Part {
    fn fits(&self, word: &str) -> bool {
        let is_digits = || word.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Any => true,
            Self::Year => word.len() == 4 && is_digits(),
            Self::Digits => is_digits(),
            Self::Number => NUMBERS.contains(&word),
            Self::Beginning(beginning) => word.starts_with(beginning.as_str()),
            Self::Word(own) => word == own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_stand_for_the_words_they_mean() {
        for (phrase, text, expected) in [
            ("obsolete", "Now OBSOLETE, they say.", Some("obsolete")),
            ("obsolete", "Obsoleteness", None),
            ("revolution*", "a revolutionary tool", Some("revolutionary")),
            ("replace all", "It may replace all of it", Some("replace all")),
            ("replace all", "all replace", None),
            ("by ####", "gone by 2030.", Some("by 2030")),
            ("by ####", "rises by 14 points", None),
            ("in * years", "In five years", Some("in five years")),
            ("in * years", "in years", None),
            ("game changer", "a game-changer", Some("game changer")),
            ("# in #", "nine in ten tasks", Some("nine in ten")),
            ("# in #", "9 in 10, once in ten", None),
            ("## in 10", "some 9 in 10", Some("9 in 10")),
            ("# times", "sometimes many times", None),
            ("", "anything", None),
        ] {
            let found = Phrase::new(phrase).said_alone(&Words::of(text), &[]);
            assert_eq!(found.as_deref(), expected, "{phrase} in {text}");
        }
    }

    #[test]
    fn what_another_text_says_in_the_same_words_is_not_said_alone() {
        for (phrase, text, other, expected) in [
            ("half", "half of it", "Cut it in half.", None),
            ("disrupt*", "disrupting", "Plan for disruptions.", None),
            ("# in #", "one in five", "One in five.", None),
            ("# in #", "nine in ten", "One in five.", Some("nine in ten")),
            ("by ####", "by 2034, by 2040", "By 2034", Some("by 2040")),
        ] {
            let found = Phrase::new(phrase).said_alone(&Words::of(text), &[Words::of(other)]);
            assert_eq!(found.as_deref(), expected, "{phrase} in {text}");
        }
    }
}

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

/// What a word of a text is to be.
enum Part {
    Any,
    Year,
    Beginning(String),
    Word(String),
}

/// A phrase of the list: `*` is any word or the rest of one, `####` a year.
pub(super) struct Phrase(Vec<Part>);

impl Phrase {
    pub(super) fn new(written: &str) -> Self {
        let part = |word: &str| match (word, word.strip_suffix('*')) {
            ("*", _) => Part::Any,
            ("####", _) => Part::Year,
            (_, Some(beginning)) => Part::Beginning(beginning.to_owned()),
            (word, None) => Part::Word(word.to_owned()),
        };
        Self(written.split_whitespace().map(part).collect())
    }

    /// The words of the text that it stands for.
    pub(super) fn stands_in(&self, text: &Words) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut places = text.0.windows(self.0.len());
        let found = places.find(|words| words.iter().zip(&self.0).all(|(word, part)| part.fits(word)));
        found.map(|words| words.join(" "))
    }
}

impl Part {
    fn fits(&self, word: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Year => word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()),
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
            ("", "anything", None),
        ] {
            let found = Phrase::new(phrase).stands_in(&Words::of(text));
            assert_eq!(found.as_deref(), expected, "{phrase} in {text}");
        }
    }
}

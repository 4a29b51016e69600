//! What a user text is about, as far as a rater who only weighs its words can tell.

use super::draw::{Draw, Stream, hash, hash_word, mix};

/// How strongly the setting speaks; a quarter of the variance, so that tasks vary more than occupations.
const SETTING: f64 = 0.5;

/// Words taken together. Every word pulls up or down, always the same way.
#[derive(Clone, Copy)]
struct Words {
    pull: i64,
    count: u32,
    hash: u64,
}

impl Words {
    /// Letters only; what is shorter than four is mostly grammar. Bytes of other alphabets count as
    /// letters. A text without words is one word as a whole.
    fn of(text: &str) -> Self {
        let letter = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
        let mut words = Self { pull: 0, count: 0, hash: hash(text.as_bytes()) };
        for word in text.as_bytes().split(|byte| !letter(byte)).filter(|word| word.len() >= 4) {
            words.add(hash_word(word));
        }
        if words.count == 0 {
            words.add(words.hash);
        }
        words
    }

    fn add(&mut self, hash: u64) {
        self.pull += i64::from(hash as u32 as i32);
        self.count += 1;
    }

    fn join(self, other: Self) -> Self {
        Self {
            pull: self.pull + other.pull,
            count: self.count + other.count,
            hash: self.hash.rotate_left(1) ^ other.hash,
        }
    }

    /// Mean 0 and standard deviation 1 over many texts, however long they are.
    fn trait_value(self) -> f64 {
        // The standard deviation of one word's pull, which is an even draw from all of i32.
        const ONE: f64 = (1_u64 << 32) as f64 / 3.464_101_615_137_754_6;
        self.pull as f64 / (ONE * f64::from(self.count).sqrt())
    }
}

/// A user text, read: the item that is rated, and the setting in which it stands.
pub struct Reading<'a> {
    setting: Option<Words>,
    item: Words,
    /// Of all the user text: reworded instructions can change a rater's mind too.
    hash: u64,
    /// The item's text, as it stands in the prompt.
    pub rated: &'a str,
}

impl<'a> Reading<'a> {
    /// Prompts show their data as a record with a line per field. The template's own words around
    /// it are the same for all items, so only the fields' values count: the last one is the item,
    /// those before it are its setting. A text without such lines is all item.
    pub fn of(user: &'a str) -> Self {
        let (mut setting, mut item) = (None, None);
        for value in user.lines().filter_map(field_value) {
            if let Some((words, _)) = item.replace((Words::of(value), value)) {
                setting = Some(setting.map_or(words, |before: Words| before.join(words)));
            }
        }
        let (item, rated) = item.unwrap_or_else(|| (Words::of(user), user));
        Self { setting, item, hash: hash(user.as_bytes()), rated }
    }

    /// What all raters see in this text: mean 0 and standard deviation 1 over many. The setting's
    /// part is common to its items, as an occupation is to its tasks.
    pub fn trait_value(&self) -> f64 {
        blend(self.setting.map(Words::trait_value), self.item.trait_value())
    }

    /// Whether the item is among this share of all items: the same ones for every rater.
    pub fn is_among(&self, share: f64) -> bool {
        share >= 1.0 || Draw::new(Stream::Waver, self.item.hash).share() < share
    }

    /// What only this rater sees in it, likewise. A part is common to the items of a setting, so
    /// that raters differ about occupations too.
    pub fn view(&self, rater: u64) -> f64 {
        let draw = |stream, hash: u64| Draw::new(stream, rater ^ hash).normal();
        let setting = self.setting.map(|words| draw(Stream::Setting, words.hash));
        blend(setting, draw(Stream::Item, self.hash))
    }

    /// What this rater sees in it because of how the rules are worded: mean 0 and standard deviation 1 over
    /// items and over wordings.
    pub fn worded(&self, rater: u64, system: u64) -> f64 {
        Draw::new(Stream::Wording, rater ^ mix(system ^ mix(self.hash))).normal()
    }
}

/// Both have standard deviation 1, and so has what comes out.
fn blend(setting: Option<f64>, item: f64) -> f64 {
    setting.map_or(item, |setting| SETTING * setting + (1.0 - SETTING * SETTING).sqrt() * item)
}

/// The text value of a line of a JSON record, still escaped: `x` of `"task": "x",`.
fn field_value(line: &str) -> Option<&str> {
    let (_, after_name) = line.trim_start().strip_prefix('"')?.split_once("\":")?;
    let value = after_name.trim_start().strip_prefix('"')?;
    Some(value.trim_end_matches([' ', ',', '"', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "Rate this.\n\n<data>\n{\n\"occupation\": \"Bakers\",\n  \"note\":\"Bread \\\"x\\\" \
                          and cake.\",\n\"task\": \"Knead the dough.\"\n}\n</data>\n{\"score\": 1, \"why\": \"30 words\"}";

    #[test]
    fn fields_of_a_record_are_found() {
        let values: Vec<&str> = RECORD.lines().filter_map(field_value).collect();
        assert_eq!(values, ["Bakers", "Bread \\\"x\\\" and cake.", "Knead the dough."]);
        assert_eq!(Reading::of(RECORD).rated, "Knead the dough.");
        assert_eq!(Reading::of("Is it \"so\"?\nYes.").rated, "Is it \"so\"?\nYes.");
    }

    #[test]
    fn the_template_around_a_record_does_not_shift_the_trait() {
        let reworded = RECORD.replace("Rate this.", "Please judge the following record with great care.");
        let (one, other) = (Reading::of(RECORD), Reading::of(&reworded));
        assert_eq!(one.trait_value().to_bits(), other.trait_value().to_bits());
        assert_ne!(one.view(1).to_bits(), other.view(1).to_bits());
    }

    #[test]
    fn texts_without_words_still_differ() {
        let values = ["", "1 + 1", "1 + 2", "a b c"].map(|text| Reading::of(text).trait_value().to_bits());
        for (place, value) in values.iter().enumerate() {
            assert!(!values.iter().skip(place + 1).any(|other| other == value), "{place}");
        }
    }

    #[test]
    fn items_of_one_setting_are_alike() {
        let task = |occupation: &str, task: u32| {
            let record = format!("\"occupation\": \"{occupation}\",\n\"task\": \"{task}\"");
            Reading::of(&record).trait_value()
        };
        let mean = |occupation: &str| (0..400).map(|number| task(occupation, number)).sum::<f64>() / 400.0;
        let apart = |words: &str| SETTING * Words::of(words).trait_value();
        assert!((mean("Bakers") - apart("Bakers")).abs() < 0.2);
        assert!((mean("Steel Erectors") - apart("Steel Erectors")).abs() < 0.2);
    }
}

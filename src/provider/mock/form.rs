//! The form of an answer, as its JSON Schema asks for it: the scale, and the fields in their order.

use std::sync::Arc;

use serde_json::Value;

use super::commentary;
use super::draw::Draw;
use crate::domain::Level;

/// Where the middle of all scores lies, in points from 0 to 100, and how wide they spread.
pub const MIDDLE: f64 = 45.0;
pub const WIDTH: f64 = 20.0;

/// What a score may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Levels {
    Whole { min: i64, max: i64 },
    Steps(Vec<i64>),
    Labels(Vec<Arc<str>>),
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub levels: Levels,
    fields: Vec<String>,
    /// No rating is asked for, but commentary.
    pub is_commentary: bool,
}

impl Form {
    /// Reads the schema; what it does not say is taken to be a score from 0 to 100 with a rationale.
    pub fn of(schema: &str) -> Self {
        let is_commentary = commentary::is_asked(schema);
        let schema: Value = serde_json::from_str(schema).unwrap_or_default();
        let required = schema.get("required").and_then(Value::as_array);
        let named = required.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let mut fields: Vec<String> = named.collect();
        if fields.is_empty() {
            fields = vec!["score".to_owned(), "rationale".to_owned()];
        }
        let levels = Levels::of(schema.pointer("/properties/score").unwrap_or(&Value::Null));
        Self { levels, fields, is_commentary }
    }

    /// The object with its fields in order. `score` is JSON already; the rationale is whole, any
    /// other field gets the remark.
    pub fn fill(&self, score: &str, rationale: &str, remark: &str, spaced: bool) -> String {
        let (colon, comma) = if spaced { (": ", ", ") } else { (":", ",") };
        let mut object = String::with_capacity(rationale.len() + 64);
        for field in &self.fields {
            object.push_str(if object.is_empty() { "{" } else { comma });
            object.push_str(&quoted(field));
            object.push_str(colon);
            match field.as_str() {
                "score" => object.push_str(score),
                "rationale" => object.push_str(&quoted(rationale)),
                _ => object.push_str(&quoted(remark)),
            }
        }
        object.push('}');
        object
    }
}

impl Levels {
    fn of(score: &Value) -> Self {
        let listed = score.get("enum").and_then(Value::as_array).into_iter().flatten();
        let labels: Vec<Arc<str>> = listed.clone().filter_map(Value::as_str).map(Arc::from).collect();
        let steps: Vec<i64> = listed.filter_map(Value::as_i64).collect();
        match (labels.is_empty(), steps.is_empty()) {
            (false, _) => Self::Labels(labels),
            (true, false) => Self::Steps(steps),
            (true, true) => Self::between(score.get("description").and_then(Value::as_str)),
        }
    }

    /// Vendors' schemas allow no bounds, so they stand in the description.
    fn between(description: Option<&str>) -> Self {
        match whole_numbers(description.unwrap_or_default()).get(..2) {
            Some(&[min, max]) if min < max => Self::Whole { min, max },
            _ => Self::Whole { min: 0, max: 100 },
        }
    }

    /// The level for so many points from 0 to 100.
    pub fn at(&self, points: f64) -> Level {
        match self {
            Self::Whole { min, max } => {
                let (low, high) = (*min as f64, *max as f64);
                let number = (low + points / 100.0 * (high - low)).round() as i64;
                Level::Number(number.clamp(*min, *max))
            }
            Self::Steps(steps) => {
                let place = (points / 100.0 * steps.len() as f64) as usize;
                Level::Number(steps.get(place).or(steps.last()).copied().unwrap_or_default())
            }
            Self::Labels(labels) => Level::Label(label_at(labels, points)),
        }
    }

    /// Another level of the scale, as a draft or a second thought has it.
    pub fn other_than(&self, level: &Level, draw: &mut Draw) -> Level {
        let mut others = (0..8).map(|_| self.at(draw.share() * 100.0));
        others.find(|other| other != level).unwrap_or_else(|| level.clone())
    }
}

/// Labels have no order of their own. Here the first is the lowest (`E0`), the second the highest
/// (`E1`), and any others lie between; of three, they come in shares of 45, 18 and 37 in a hundred.
fn label_at(labels: &[Arc<str>], points: f64) -> Arc<str> {
    let (Some(first), count) = (labels.first(), labels.len()) else { return Arc::from("") };
    let mut left = below(points) - 0.45;
    if left < 0.0 {
        return Arc::clone(first);
    }
    let shares: usize = (1..count).sum();
    let upper = labels.iter().skip(1).rev().zip((1..count).rev());
    for (label, share) in upper {
        left -= 0.55 * share as f64 / shares as f64;
        if left < 0.0 {
            return Arc::clone(label);
        }
    }
    labels.get(1).map_or_else(|| Arc::clone(first), Arc::clone)
}

/// About the share of all scores that are lower.
fn below(points: f64) -> f64 {
    1.0 / (1.0 + (-1.7 * (points - MIDDLE) / WIDTH).exp())
}

/// A level as JSON.
pub fn json(level: &Level) -> String {
    match level {
        Level::Number(number) => number.to_string(),
        Level::Label(label) => quoted(label),
    }
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The whole numbers in a sentence. A dash between two numbers is not a minus.
fn whole_numbers(text: &str) -> Vec<i64> {
    let mut numbers = Vec::new();
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let minus = c == '-' && !before.is_alphanumeric() && rest.peek().is_some_and(char::is_ascii_digit);
        before = c;
        if !minus && !c.is_ascii_digit() {
            continue;
        }
        let mut digits = String::from(c);
        while let Some(digit) = rest.next_if(char::is_ascii_digit) {
            digits.push(digit);
            before = digit;
        }
        numbers.extend(digits.parse::<i64>());
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(score: &str, required: &str) -> String {
        format!(
            r#"{{"type":"object","properties":{{"score":{score},"rationale":{{"type":"string"}}}},"required":{required},"additionalProperties":false}}"#
        )
    }

    fn levels(score: &str) -> Levels {
        Form::of(&schema(score, r#"["score","rationale"]"#)).levels
    }

    #[test]
    fn scales_are_read() {
        let whole = |text: &str| levels(&format!(r#"{{"type":"integer","description":"{text}"}}"#));
        assert_eq!(whole("A whole number from 0 to 100."), Levels::Whole { min: 0, max: 100 });
        assert_eq!(whole("From -5 to 5, in 2 steps"), Levels::Whole { min: -5, max: 5 });
        assert_eq!(whole("1-7"), Levels::Whole { min: 1, max: 7 });
        assert_eq!(whole("a score"), Levels::Whole { min: 0, max: 100 });
        assert_eq!(levels(r#"{"type":"integer","enum":[1,2,3]}"#), Levels::Steps(vec![1, 2, 3]));
        let labels = levels(r#"{"type":"string","enum":["E0","E1"]}"#);
        assert_eq!(labels, Levels::Labels(vec!["E0".into(), "E1".into()]));
    }

    #[test]
    fn a_schema_that_says_nothing_is_a_score_with_a_rationale() {
        for schema in ["", "{}", "[1]", r#"{"required":[]}"#] {
            assert_eq!(Form::of(schema).fill("1", "r", "m", false), r#"{"score":1,"rationale":"r"}"#);
        }
    }

    #[test]
    fn fields_are_written_in_the_order_of_the_schema() {
        let form = Form::of(&schema("{}", r#"["parts","score","rationale"]"#));
        let object = form.fill("7", "say \"so\"", "some", true);
        assert_eq!(object, r#"{"parts": "some", "score": 7, "rationale": "say \"so\""}"#);
    }

    #[test]
    fn points_become_levels() {
        let whole = Levels::Whole { min: -5, max: 5 };
        let steps = Levels::Steps(vec![1, 2, 3, 4, 5]);
        let labels = Levels::Labels(["E0", "E1", "E2"].map(Arc::from).to_vec());
        let cases = [(0.0, -5, 1, "E0"), (39.0, -1, 2, "E0"), (50.0, 0, 3, "E2"), (100.0, 5, 5, "E1")];
        for (points, number, step, label) in cases {
            assert_eq!(whole.at(points), Level::Number(number), "{points}");
            assert_eq!(steps.at(points), Level::Number(step), "{points}");
            assert_eq!(labels.at(points), Level::Label(label.into()), "{points}");
        }
    }

    #[test]
    fn any_number_of_labels_can_all_occur() {
        for count in 1..8 {
            let labels: Vec<Arc<str>> = (0..count).map(|number| Arc::from(format!("L{number}"))).collect();
            let levels = Levels::Labels(labels.clone());
            let seen: Vec<Level> = (0..=100).map(|points| levels.at(f64::from(points))).collect();
            assert!(labels.iter().all(|label| seen.contains(&Level::Label(label.clone()))), "{count}");
        }
        assert_eq!(Levels::Labels(Vec::new()).at(50.0), Level::Label("".into()));
    }
}

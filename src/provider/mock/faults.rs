//! The bad shapes in which models really answer, made from a good answer.

use super::draw::Draw;
use super::form::{Form, Levels, json, quoted};
use super::rationale::Rationale;
use crate::domain::{AnswerFault, Finish, Level};

const BEFORE: [&str; 4] = [
    "Here is my rating of this task:",
    "I went through the parts of the task and weighed them by time.",
    "The answer in the form {score, rationale}, as asked:",
    "Rated under the rules given; {} would mean that no rating was possible.",
];

const AFTER: [&str; 4] = [
    "Let me know if another task of this occupation should be rated too.",
    "The score follows the anchors of the scale.",
    "If the task is {usually} done in another way, the score would move by a few points.",
    "This covers the whole task as described.",
];

const SECOND_THOUGHTS: [&str; 3] = [
    "On a second reading the share of work on the spot was weighed wrongly; the final answer is:",
    "Checking this against the anchors moves it. Final:",
    "Correction after weighing the parts again:",
];

const REFUSALS: [&str; 4] = [
    "I'm sorry, but I can't provide a rating for this task.",
    "I am not able to assess how this work could be automated, and would rather not guess.",
    "Sorry, I can't help with judging this kind of work.",
    "I'd prefer not to rate this task, because a score could be used against the people who do it.",
];

/// A good answer before it is spoiled.
pub struct Draft<'a> {
    pub form: &'a Form,
    pub level: Level,
    pub rationale: Rationale,
    pub spaced: bool,
}

impl Draft<'_> {
    /// The answer as it should be.
    pub fn good(&self) -> String {
        self.object(&json(&self.level))
    }

    fn object(&self, score: &str) -> String {
        self.form.fill(score, &self.rationale.whole, self.rationale.remark, self.spaced)
    }

    /// A first attempt that the model itself gives up again.
    fn first_try(&self, draw: &mut Draw) -> String {
        let remark = self.rationale.remark;
        self.form.fill(&json(&self.other(draw)), remark, remark, self.spaced)
    }

    fn other(&self, draw: &mut Draw) -> Level {
        self.form.levels.other_than(&self.level, draw)
    }

    /// The answer in a bad shape, and how the call then ends.
    pub fn spoiled(&self, fault: AnswerFault, draw: &mut Draw) -> (Finish, String) {
        let finish = match fault {
            AnswerFault::Truncated => Finish::Truncated,
            AnswerFault::Refusal => Finish::Refused,
            _ => Finish::Complete,
        };
        (finish, self.misshapen(fault, draw))
    }

    fn misshapen(&self, fault: AnswerFault, draw: &mut Draw) -> String {
        match fault {
            AnswerFault::Fenced => format!("```json\n{}\n```", self.good()),
            AnswerFault::Prose => {
                format!("{}\n\n{}\n\n{}", draw.pick(&BEFORE), self.good(), draw.pick(&AFTER))
            }
            AnswerFault::Think => self.thought(draw),
            AnswerFault::ScoreAsString => self.object(&quoted(&self.level.to_string())),
            AnswerFault::TwoObjects => {
                format!("{}\n\n{}\n\n{}", self.first_try(draw), draw.pick(&SECOND_THOUGHTS), self.good())
            }
            AnswerFault::DuplicateKeys => self.scored_twice(draw),
            AnswerFault::Truncated => cut(&self.good(), draw),
            AnswerFault::Refusal => draw.pick(&REFUSALS).to_owned(),
            AnswerFault::OutOfRange => self.object(&out_of_range(&self.form.levels, draw)),
            AnswerFault::SixteenDigits => {
                self.object(&draw.between(1_000_000_000_000_000, 9_999_999_999_999_999).to_string())
            }
            AnswerFault::Empty => String::new(),
            AnswerFault::FreeProse => self.told(draw),
        }
    }

    /// Models that think aloud try an answer while they do.
    fn thought(&self, draw: &mut Draw) -> String {
        let first = self.first_try(draw);
        let second = draw.pick(&SECOND_THOUGHTS);
        format!(
            "<think>\nThe parts have to be weighed by time. A first try: {first}\n{second}\n</think>\n{}",
            self.good()
        )
    }

    /// `score` comes again at the end, with another value.
    fn scored_twice(&self, draw: &mut Draw) -> String {
        let mut object = self.good();
        object.pop();
        let other = json(&self.other(draw));
        let key = if self.spaced { ", \"score\": " } else { ",\"score\":" };
        object + key + &other + "}"
    }

    /// A score in a sentence, where nothing says that it is the answer.
    fn told(&self, draw: &mut Draw) -> String {
        let (level, remark) = (&self.level, self.rationale.remark);
        let percent = draw.between(2, 9) * 10;
        match draw.between(0, 2) {
            0 => format!("I would put this at {level}. {remark}"),
            1 => format!("{remark} That leads me to {level}, and I am {percent} percent sure of it."),
            _ => format!("Roughly {percent} percent of the time is paperwork, so {level} seems fair."),
        }
    }
}

/// A score past one of the ends of the scale, or a label that it does not have.
fn out_of_range(levels: &Levels, draw: &mut Draw) -> String {
    match levels {
        Levels::Whole { min, max } => past(*min, *max, draw).to_string(),
        Levels::Steps(steps) => {
            let [min, max] = [steps.iter().min(), steps.iter().max()].map(|end| end.copied().unwrap_or(0));
            past(min, max, draw).to_string()
        }
        Levels::Labels(labels) => {
            let new = |name: &&&str| labels.iter().all(|label| **label != ***name);
            quoted(["E9", "mixed", "undecided"].iter().find(new).unwrap_or(&"none of these"))
        }
    }
}

/// On a scale from 0 to 100: -5 or 140.
fn past(min: i64, max: i64, draw: &mut Draw) -> i64 {
    let span = max.saturating_sub(min);
    if draw.chance(0.5) {
        min.saturating_sub((span / 20).max(1))
    } else {
        max.saturating_add((span / 5 * 2).max(1))
    }
}

/// Half of the time inside the rationale, otherwise before the score has ended.
fn cut(object: &str, draw: &mut Draw) -> String {
    let value_of = |field: &str| object.find(field).map(|start| start + field.len() + 2);
    let last = object.len().saturating_sub(8);
    let end = match (value_of("\"rationale\""), value_of("\"score\"")) {
        (Some(start), _) if draw.chance(0.5) => draw.between(start as u64 + 1, last as u64),
        (_, score) => draw.between(1, score.unwrap_or(last) as u64),
    };
    let end = object.floor_char_boundary(end as usize);
    object.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::super::draw::Stream;
    use super::*;

    fn schema(score: &str) -> String {
        format!(r#"{{"properties":{{"score":{score}}},"required":["score","rationale"]}}"#)
    }

    /// 200 answers with this fault, made from the score 42 (or E1).
    fn spoiled(score: &str, fault: AnswerFault) -> Vec<String> {
        let form = Form::of(&schema(score));
        let level = if score.contains("E1") { Level::Label("E1".into()) } else { Level::Number(42) };
        let one = |seed| {
            let rationale =
                Rationale::new(42.0, "Bake the bread daily.", &mut Draw::new(Stream::Words, seed));
            let draft = Draft { form: &form, level: level.clone(), rationale, spaced: seed % 2 == 0 };
            draft.spoiled(fault, &mut Draw::new(Stream::Fault, seed)).1
        };
        (0..200).map(one).collect()
    }

    fn whole(fault: AnswerFault) -> Vec<String> {
        spoiled(r#"{"type":"integer","description":"From 0 to 100."}"#, fault)
    }

    fn labelled(fault: AnswerFault) -> Vec<String> {
        spoiled(r#"{"type":"string","enum":["E0","E1","E2"]}"#, fault)
    }

    fn object(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn scores(texts: &[String]) -> HashSet<String> {
        texts.iter().map(|text| object(text)["score"].to_string()).collect()
    }

    /// All must hold for each text.
    fn each(texts: &[String], holds: impl Fn(&str) -> bool) {
        texts.iter().for_each(|text| assert!(holds(text), "{text}"));
    }

    #[test]
    fn wrapped_answers_hold_the_good_one() {
        each(&whole(AnswerFault::Fenced), |text| {
            let inner = text.strip_prefix("```json\n").and_then(|text| text.strip_suffix("\n```"));
            object(inner.unwrap())["score"] == 42
        });
        let prose = whole(AnswerFault::Prose);
        each(&prose, |text| object(text.split("\n\n").nth(1).unwrap())["score"] == 42);
        let braces = prose.iter().filter(|text| text.matches('{').count() > 1).count();
        assert!((50..180).contains(&braces), "{braces}");
    }

    #[test]
    fn drafts_come_first_and_differ() {
        each(&whole(AnswerFault::Think), |text| {
            let (thought, last) = text.split_once("</think>\n").unwrap();
            let draft = thought.lines().find_map(|line| line.split_once("first try: ")).unwrap().1;
            text.starts_with("<think>") && object(draft)["score"] != 42 && object(last)["score"] == 42
        });
        each(&labelled(AnswerFault::TwoObjects), |text| {
            let parts: Vec<&str> = text.split("\n\n").collect();
            parts.len() == 3 && object(parts[0])["score"] != "E1" && object(parts[2])["score"] == "E1"
        });
    }

    #[test]
    fn scores_of_the_wrong_kind() {
        each(&whole(AnswerFault::ScoreAsString), |text| object(text)["score"] == "42");
        each(&labelled(AnswerFault::ScoreAsString), |text| object(text)["score"] == "E1");
        each(&whole(AnswerFault::SixteenDigits), |text| object(text)["score"].to_string().len() == 16);
        assert_eq!(scores(&whole(AnswerFault::OutOfRange)), ["-5", "140"].map(str::to_owned).into());
        let steps = spoiled(r#"{"enum":[1,2,3,4,5]}"#, AnswerFault::OutOfRange);
        assert_eq!(scores(&steps), ["0", "6"].map(str::to_owned).into());
        assert_eq!(scores(&labelled(AnswerFault::OutOfRange)), ["\"E9\"".to_owned()].into());
    }

    #[test]
    fn a_key_comes_twice_with_two_values() {
        each(&whole(AnswerFault::DuplicateKeys), |text| {
            let first = text.contains("\"score\":42,") || text.contains("\"score\": 42,");
            first && text.matches("\"score\"").count() == 2 && object(text)["score"] != 42
        });
    }

    #[test]
    fn cuts_fall_in_the_rationale_or_before_the_score_has_ended() {
        let texts = whole(AnswerFault::Truncated);
        each(&texts, |text| text.starts_with('{') && serde_json::from_str::<Value>(text).is_err());
        let late = texts.iter().filter(|text| text.contains("42")).count();
        assert!((60..140).contains(&late), "{late}");
        each(&texts, |text| !text.contains("42") || text.contains("\"rationale\""));
        assert!(texts.iter().any(|text| text.ends_with('4')));
    }

    #[test]
    fn cuts_of_odd_answers_do_not_panic() {
        for text in ["", "{}", "{\"rationale\":\"\"}", "{\"score\":\"\u{e4}\u{f6}\"}"] {
            for seed in 0..50 {
                let short = cut(text, &mut Draw::new(Stream::Fault, seed));
                assert!(text.starts_with(&short), "{text}");
            }
        }
    }

    #[test]
    fn some_answers_hold_no_json_at_all() {
        each(&whole(AnswerFault::Empty), str::is_empty);
        each(&whole(AnswerFault::Refusal), |text| !text.contains(['{', '4']));
        each(&whole(AnswerFault::FreeProse), |text| text.contains("42") && !text.contains('{'));
        each(&labelled(AnswerFault::FreeProse), |text| text.contains("E1"));
    }

    #[test]
    fn the_ending_of_the_call_fits() {
        let form = Form::of("");
        for fault in AnswerFault::ALL {
            let rationale = Rationale::new(42.0, "", &mut Draw::new(Stream::Words, 1));
            let draft = Draft { form: &form, level: Level::Number(42), rationale, spaced: true };
            let finish = draft.spoiled(fault, &mut Draw::new(Stream::Fault, 1)).0;
            let expected = match fault.name() {
                "truncated" => Finish::Truncated,
                "refusal" => Finish::Refused,
                _ => Finish::Complete,
            };
            assert_eq!(finish, expected, "{fault:?}");
        }
    }
}

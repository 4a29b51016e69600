//! From an answer to a rating, or to the reason why there is none. Pure.
//!
//! What is kept for ever is the answer; this may be changed and run again over all of them for
//! nothing. It reads what models really send (fences, prose, thoughts, drafts, cut ends), but a
//! doubtful number is a gap: an answer can be asked for again, a wrong number is never noticed.
//!
//! `scan` finds the objects, with `lex` and `thought`; `level` judges their scores, with `number`. What models write
//! about scores is read and checked in `commentary`.

mod commentary;
mod level;
mod lex;
mod number;
mod scan;
mod text;
mod thought;

pub use self::commentary::{Fault, Parts, Why, commentary, commented};
use self::scan::{Ending, Object};
use self::text::{decoded, excerpt};
use crate::domain::{Answer, Finish, Gap, GapReason, Rating, Rubric};

/// Far above what models may write, far below what would be felt.
const MAX_BYTES: usize = 1 << 20;

/// Cells of tables that hold no label, in lower case.
const ABSENT: [&str; 4] = ["", "n/a", "na", "nan"];

/// Reads the rating out of an answer.
pub fn rating(rubric: &Rubric, answer: &Answer) -> Result<Rating, Gap> {
    match answer.finish {
        Finish::Complete => read(rubric, &answer.text),
        Finish::Truncated => read(rubric, &answer.text).map_err(cut_off),
        _ => Err(without_answer(answer)),
    }
}

/// The gap of an answer that was turned away or never came.
fn without_answer(answer: &Answer) -> Gap {
    let reason = match answer.finish {
        Finish::Complete | Finish::Truncated => GapReason::Unreadable,
        Finish::Refused => GapReason::Refused,
        Finish::Blocked => GapReason::Blocked,
        Finish::Retired => GapReason::Retired,
        Finish::Failed => GapReason::Failed,
    };
    let detail = if answer.text.trim().is_empty() { "no text".to_owned() } else { excerpt(&answer.text) };
    Gap::new(reason, detail)
}

/// Reads a person's label from a cell of a table.
pub fn label(rubric: &Rubric, cell: &str) -> Result<Rating, Gap> {
    match level::of_text(rubric, cell) {
        Ok((level, score)) => Ok(Rating { level, score, rationale: String::new() }),
        // Only now, for a rubric may well have a label that is called `NA`.
        Err(_) if ABSENT.contains(&cell.trim().to_lowercase().as_str()) => {
            Err(Gap::new(GapReason::NotAsked, "no label"))
        }
        Err(gap) => Err(gap),
    }
}

/// The last object that gives a valid rating wins: models correct themselves, never the reverse.
fn read(rubric: &Rubric, text: &str) -> Result<Rating, Gap> {
    if text.len() > MAX_BYTES {
        let detail = format!("an answer of {} bytes is too long to be one", text.len());
        return Err(Gap::new(GapReason::Unreadable, detail));
    }
    let found = scan::objects(text);
    let mut gap = None;
    for object in found.iter().rev().filter(|object| object.has_score()) {
        match judged(rubric, object) {
            Ok(rating) => return Ok(rating),
            Err(why) => gap = gap.or(Some(why)),
        }
    }
    Err(gap.unwrap_or_else(|| without_score(text, found.last())))
}

fn judged(rubric: &Rubric, object: &Object) -> Result<Rating, Gap> {
    match object.ending {
        Ending::Broken { rest } => return Err(broken(rest)),
        Ending::Cut { in_score: true } => {
            return Err(Gap::new(GapReason::Truncated, "the answer ends in the score"));
        }
        Ending::Cut { in_score: false } | Ending::Closed => {}
    }
    let mut levels = object.scores.iter().map(|value| level::of_value(rubric, *value));
    let first = levels.next().unwrap_or_else(|| Err(unreadable("there is no score")));
    if levels.any(|other| other != first) {
        return Err(unreadable("two scores in one object"));
    }
    let (level, score) = first?;
    Ok(Rating { level, score, rationale: rationale(rubric, object) })
}

fn rationale(rubric: &Rubric, object: &Object) -> String {
    let is_asked = rubric.fields.iter().any(|field| field == "rationale");
    let raw = object.rationale.filter(|_| is_asked).unwrap_or_default();
    decoded(raw).into_owned()
}

/// The gap of an answer in which no score was found, by the last thing that looked like one.
fn without_score(text: &str, last: Option<&Object>) -> Gap {
    match last.map(|object| object.ending) {
        _ if text.trim().is_empty() => unreadable("empty answer"),
        Some(Ending::Cut { .. }) => Gap::new(GapReason::Truncated, "the answer ends before the score"),
        Some(Ending::Broken { rest }) => broken(rest),
        _ => unreadable(format!("no JSON object with a score: `{}`", excerpt(text))),
    }
}

fn broken(rest: &str) -> Gap {
    unreadable(format!("the JSON breaks at `{}`", excerpt(rest)))
}

fn unreadable(detail: impl Into<String>) -> Gap {
    Gap::new(GapReason::Unreadable, detail)
}

/// The limit on output tokens is to blame, whatever the end looks like.
fn cut_off(gap: Gap) -> Gap {
    Gap { reason: GapReason::Truncated, ..gap }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;
    use crate::domain::GapReason::{NotAsked, OutOfRange, Refused, Truncated, Unreadable};
    use crate::domain::{Hash, Instant, Level, Scale, TextLimits, Usage};

    fn rubric(scale: Scale) -> Rubric {
        Rubric {
            name: "test".into(),
            id: "test".into(),
            version: "1".into(),
            title: String::new(),
            summary: String::new(),
            scale,
            fields: vec!["score".into(), "rationale".into()],
            limits: TextLimits { text_chars: 4000, rationale_chars: 1500 },
            system: String::new(),
            user: String::new(),
            sha256: Hash::of(b""),
            variant: None,
        }
    }

    fn percent() -> Rubric {
        rubric(Scale::Integer { min: 0, max: 100 })
    }

    fn nominal(labels: &[&str]) -> Rubric {
        rubric(Scale::Nominal { labels: labels.iter().map(|name| (Arc::from(*name), 50.0)).collect() })
    }

    fn answer(finish: Finish, text: &str) -> Answer {
        Answer {
            at: Instant(0),
            served: "test".into(),
            finish,
            text: text.into(),
            usage: Usage::default(),
            cost_nano_usd: Some(0),
            priced: "free".into(),
            latency_ms: 0,
            request_id: String::new(),
        }
    }

    fn read_percent(text: &str) -> Result<Rating, Gap> {
        rating(&percent(), &answer(Finish::Complete, text))
    }

    fn number(outcome: &Result<Rating, Gap>) -> Result<i64, GapReason> {
        match outcome {
            Ok(Rating { level: Level::Number(number), .. }) => Ok(*number),
            Ok(rating) => panic!("not a number: {rating:?}"),
            Err(gap) => Err(gap.reason),
        }
    }

    /// On the scale 0 to 100, of an answer that the model ended by itself.
    fn check(text: &str, expected: Result<i64, GapReason>) {
        let outcome = read_percent(text);
        assert_eq!(number(&outcome), expected, "{text}\n{outcome:?}");
        if let Err(gap) = outcome {
            assert!(gap.detail.chars().count() <= 130, "{}", gap.detail);
            assert!(!gap.detail.is_empty() && !gap.detail.contains(char::is_control), "{gap:?}");
        }
    }

    #[test]
    fn one_object_however_it_is_wrapped() {
        for text in [
            r#"{"score": 42, "rationale": "x"}"#,
            r#"{"rationale":"x","score":42}"#,
            "\u{feff}\r\n{\n\t\"score\" : 42 ,\n\t\"rationale\" : \"x\"\n}\n\n",
            r#"{"score": 42, "rationale": "x", "confidence": 0.9, "more": {"score": 7}, "list": [1, [{}]]}"#,
            r#"{"sc\u006fre": 42}"#,
            r#"{"Score": 7, "scores": 8, "score": 42}"#,
            "```json\n{\"score\": 42, \"rationale\": \"x\"}\n```",
            "```\n{\"score\": 42}\n```\nI hope this helps.",
            "~~~JSON\r\n{\"score\": 42}\r\n~~~",
            "Here is my rating:\n\n{\"score\": 42}\n\nAsk if you need more {details}.",
            "The set {a, b}, the formula $x^{2}_{i}$ and {\"quotes\"}: {\"score\": 42}",
            "if (x) { return; } {} {{ }} [ ] {\"score\": 42}",
            r#"<answer>{"score": 42}</answer>"#,
            r#"[{"score": 42}]"#,
            r#"{"result": {"score": 42, "rationale": "x"}}"#,
            r#"{"a": [1, {"b": {"score": 42}}], "c": null}"#,
            "{\"score\": 42, \"rationale\": \"line one\nline two\ttab\"}",
            r#"{"score": 42, "rationale": "x",}"#,
        ] {
            check(text, Ok(42));
        }
    }

    #[test]
    fn scores_however_they_are_written() {
        for (score, expected) in [
            ("42", Ok(42)),
            ("\"42\"", Ok(42)),
            ("\" 42 \"", Ok(42)),
            ("\"\\u00342\"", Ok(42)),
            ("42.0", Ok(42)),
            ("\"42.00\"", Ok(42)),
            ("4.2e1", Ok(42)),
            ("1e2", Ok(100)),
            ("0", Ok(0)),
            ("-0", Ok(0)),
            ("100.0", Ok(100)),
            ("101", Err(OutOfRange)),
            ("-1", Err(OutOfRange)),
            ("\"142\"", Err(OutOfRange)),
            ("42.5", Err(OutOfRange)),
            ("0.42", Err(OutOfRange)),
            ("\"42.5\"", Err(OutOfRange)),
            ("42.0000000000000000000001", Err(OutOfRange)),
            ("4242424242424242", Err(OutOfRange)),
            ("99999999999999999999999999", Err(OutOfRange)),
            ("18446744073709551658", Err(OutOfRange)),
            ("1e400", Err(OutOfRange)),
            ("1e999999999999", Err(OutOfRange)),
            ("\"42/100\"", Err(Unreadable)),
            ("\"42%\"", Err(Unreadable)),
            ("\"30-40\"", Err(Unreadable)),
            ("\"high\"", Err(Unreadable)),
            ("\"\"", Err(Unreadable)),
            ("\"+42\"", Err(Unreadable)),
            ("\"042\"", Err(Unreadable)),
            ("\"NaN\"", Err(Unreadable)),
            ("\"4 2\"", Err(Unreadable)),
            ("42/100", Err(Unreadable)),
            ("42%", Err(Unreadable)),
            ("30-40", Err(Unreadable)),
            ("30 - 40", Err(Unreadable)),
            ("42,5", Err(Unreadable)),
            ("+42", Err(Unreadable)),
            ("042", Err(Unreadable)),
            ("42.", Err(Unreadable)),
            ("4 2", Err(Unreadable)),
            ("0x2a", Err(Unreadable)),
            ("null", Err(Unreadable)),
            ("true", Err(Unreadable)),
            ("[42]", Err(Unreadable)),
            ("{\"score\": 42}", Err(Unreadable)),
            ("{\"value\": 42}", Err(Unreadable)),
            ("NaN", Err(Unreadable)),
            ("Infinity", Err(Unreadable)),
            ("-Infinity", Err(Unreadable)),
            ("<whole number>", Err(Unreadable)),
            ("", Err(Unreadable)),
        ] {
            check(&format!(r#"{{"score": {score}, "rationale": "x"}}"#), expected);
            check(&format!(r#"{{"rationale": "x", "score": {score}}}"#), expected);
        }
    }

    #[test]
    fn of_several_objects_the_last_valid_one() {
        for (text, expected) in [
            (r#"{"score": 10} No, wait. {"score": 42}"#, Ok(42)),
            (r#"{"score": 42} {"score": 142} {"score": null} {"note": 7}"#, Ok(42)),
            (r#"{"score": 142} {"score": null}"#, Err(Unreadable)),
            (r#"{"score": null} {"score": 142} {"note": 7}"#, Err(OutOfRange)),
            (r#"[{"score": 10}, {"score": 42}]"#, Ok(42)),
            (r#"{"a": {"score": 10}, "b": {"score": 42}}"#, Ok(42)),
            (r#"{"score": null, "b": {"score": 42}}"#, Err(Unreadable)),
            (r#"{"b": {"score": 42}, "score": null}"#, Err(Unreadable)),
            (r#"{"score": <number>, "rationale": "<text>"} {"score": 42}"#, Ok(42)),
            (r#"{"score": 10} {"score": 42, "rationale": "and then"#, Ok(42)),
            (r#"{"score": 42} {"score": 1"#, Ok(42)),
            ("{\"score\": 10, \"rationale\": \"the dra\n\n{\"score\": 42, \"rationale\": \"x\"}", Ok(42)),
            ("{\"score\": 10,\n{\"score\": 42}", Ok(42)),
            (r#"{"score": 42, "score": 42}"#, Ok(42)),
            (r#"{"score": 42, "score": "42.0"}"#, Ok(42)),
            (r#"{"score": 42, "score": 43}"#, Err(Unreadable)),
            (r#"{"score": 42, "sc\u006fre": 43}"#, Err(Unreadable)),
            (r#"{"score": 42, "score": 142}"#, Err(Unreadable)),
            (r#"{"score": 42, "score": 42, "score": null}"#, Err(Unreadable)),
        ] {
            check(text, expected);
        }
        assert!(read_percent(r#"{"score": 1, "score": 2}"#).unwrap_err().detail.contains("two scores"));
    }

    #[test]
    fn thoughts_do_not_count() {
        for (text, expected) in [
            ("<think>{\"score\": 10} or { \"</think>\n{\"score\": 42}", Ok(42)),
            ("<Thinking>{\"score\": 10}</THINKING>{\"score\": 42}", Ok(42)),
            ("<reasoning>{</reasoning>```json\n{\"score\": 42}\n```", Ok(42)),
            ("[THINK]{\"score\": 10}[/THINK]{\"score\": 42}", Ok(42)),
            ("<think>a</think>{\"score\": 42}<think>{\"score\": 10}</think>", Ok(42)),
            ("<think>a <think>b</think> {\"score\": 10} </think> {\"score\": 42}", Ok(42)),
            ("say {\"score\": 10} or so</think>\n{\"score\": 42}", Ok(42)),
            ("say {\"score\": 10} or so</think>\nI cannot tell.", Err(Unreadable)),
            ("{\"score\": 42}<think>{\"score\": 10}", Ok(42)),
            ("<think>maybe {\"score\": 10}", Err(Unreadable)),
            ("<think>maybe {\"score\": 10}</think>", Err(Unreadable)),
            ("<think>maybe {\"score\": 10}</think", Err(Unreadable)),
            (r#"{"score": 42, "rationale": "no <think> here"}"#, Ok(42)),
            (r#"{"score": 42, "rationale": "</think>"} "#, Ok(42)),
            ("a < b, <b>bold</b> <thinker> {\"score\": 42}", Ok(42)),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn cut_answers() {
        for (text, expected) in [
            (r#"{"score": 35, "rationale": "The mod"#, Ok(35)),
            (r#"{"score": 35, "rationale": "#, Ok(35)),
            (r#"{"score": 35, "rat"#, Ok(35)),
            (r#"{"score": 35,"#, Ok(35)),
            (r#"{"score": 35, "rationale": "x""#, Ok(35)),
            (r#"{"score": "35""#, Ok(35)),
            (r#"{"score": 35, "more": {"score": 3"#, Ok(35)),
            (r#"{"score": 35, "confidence": 0."#, Ok(35)),
            (r#"{"rationale": "x", "score": 35"#, Err(Truncated)),
            (r#"{"score": 3"#, Err(Truncated)),
            ("{\"score\": 3\n", Err(Truncated)),
            (r#"{"score": 3."#, Err(Truncated)),
            (r#"{"score": -"#, Err(Truncated)),
            (r#"{"score": "3"#, Err(Truncated)),
            (r#"{"score": nul"#, Err(Truncated)),
            (r#"{"score":"#, Err(Truncated)),
            (r#"{"score""#, Err(Truncated)),
            (r#"{"sco"#, Err(Truncated)),
            (r#"{"rationale": "The mod"#, Err(Truncated)),
            (r#"{"score": 35, "score": 3"#, Err(Truncated)),
            (r#"{"details": {"score": 3}, "sco"#, Err(Truncated)),
            (r#"{"result": {"score": 35, "rationale": "x"}"#, Err(Truncated)),
            (r#"{"score": 135, "rationale": "The mod"#, Err(OutOfRange)),
            (r#"{"score": 42,5"#, Err(Unreadable)),
            ("```json\n{\"score\": 35, \"rationale\": \"The", Ok(35)),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for text in [
            "I'd say 70.",
            "70",
            "\"70\"",
            "[70]",
            "score: 70",
            "Score: 70/100",
            "\"score\": 70",
            "{'score': 70}",
            "{score: 70}",
            "{“score”: 70}",
            "{70}",
            r#"{"Score": 70}"#,
            r#"{"rating": 70}"#,
            r#"{"score" 70}"#,
            r#"{"score": 70 "rationale": "x"}"#,
            r#"{"score": 70]"#,
            r#"{"score": 70; "rationale": "x"}"#,
            r#""{\"score\": 70}""#,
            r#"{"score": 70, "rationale": "he said "yes""}"#,
            r#"{"rationale": "not {"score": 10} but more", "score": 60}"#,
            r#"{"rationale": "not {"score": "10"} but more", "score": 60}"#,
            r#"{'rationale': 'not {"score": 10} but more', 'score': 60}"#,
            r#"{"a": {"score": 10}, "b" }"#,
            r#"{"score": 70} </think>"#,
            "I'm sorry, but I can't help with that.",
            "{}",
            "{",
            "null",
        ] {
            check(text, Err(Unreadable));
        }
        for text in ["", " \n\t"] {
            assert_eq!(read_percent(text), Err(Gap::new(Unreadable, "empty answer")));
        }
    }

    #[test]
    fn details_say_what_was_found() {
        for (text, detail) in [
            ("I'd say\n\u{1b}70", "no JSON object with a score: `I'd say 70`"),
            (r#"{"score": 142}"#, "`142` is not a whole number from 0 to 100"),
            (r#"{"score": null}"#, "the score is not a whole number from 0 to 100: `null`"),
            (r#"{"score": [4]}"#, "the score is not a whole number from 0 to 100: `[4]}`"),
            (r#"{"score": NaN}"#, "the JSON breaks at `NaN}`"),
        ] {
            assert_eq!(read_percent(text).unwrap_err().detail, detail);
        }
    }

    #[test]
    fn how_the_call_ended_comes_first() {
        let good = r#"{"score": 42, "rationale": "x"}"#;
        let check = |finish, text: &str, expected: Result<i64, GapReason>| {
            assert_eq!(number(&rating(&percent(), &answer(finish, text))), expected, "{finish:?} {text}");
        };
        check(Finish::Truncated, good, Ok(42));
        check(Finish::Truncated, r#"{"score": 42, "ra"#, Ok(42));
        for text in ["", "70", r#"{"score": 4"#, r#"{"score": 142}"#, "<think>{\"score\": 42}"] {
            check(Finish::Truncated, text, Err(Truncated));
        }
        check(Finish::Refused, good, Err(Refused));
        check(Finish::Blocked, good, Err(GapReason::Blocked));
        check(Finish::Retired, good, Err(GapReason::Retired));
        check(Finish::Failed, good, Err(GapReason::Failed));
        let refused = rating(&percent(), &answer(Finish::Refused, " I cannot\nhelp. "));
        assert_eq!(refused, Err(Gap::new(Refused, "I cannot help.")));
    }

    #[test]
    fn rationales_are_word_for_word() {
        let check = |text: &str, expected: &str| {
            assert_eq!(read_percent(text).unwrap().rationale, expected, "{text}");
        };
        check(
            r#"{"score": 1, "rationale": " Use ```x``` or {\"score\": 2}. \u00e9\n "}"#,
            " Use ```x``` or {\"score\": 2}. é\n ",
        );
        check(r#"{"score": 1, "rationale": "The mod \u00"#, "The mod ");
        check(r#"{"score": 1, "rationale": "a \ud83d"#, "a ");
        check(r#"{"score": 1, "rationale": "a \"b\" \"#, "a \"b\" ");
        check(r#"{"score": 1, "rationale": "it\'s \alpha"}"#, r"it's \alpha");
        check(r#"{"score": 1}"#, "");
        check(r#"{"score": 1, "rationale": null}"#, "");
        check(r#"{"score": 1, "rationale": ["x"]}"#, "");
        check(r#"{"score": 1, "more": {"rationale": "x"}}"#, "");
        let without = Rubric { fields: vec!["score".into()], ..percent() };
        let outcome = rating(&without, &answer(Finish::Complete, r#"{"score": 1, "rationale": "x"}"#));
        assert_eq!(outcome.unwrap().rationale, "");
    }

    #[test]
    fn levels_of_other_scales() {
        let ordinal = rubric(Scale::Ordinal { min: 1, max: 5 });
        let check = |score: &str, expected: Result<i64, GapReason>| {
            let text = format!(r#"{{"score": {score}}}"#);
            assert_eq!(number(&rating(&ordinal, &answer(Finish::Complete, &text))), expected, "{score}");
        };
        check("1", Ok(1));
        check("\"5.0\"", Ok(5));
        check("0", Err(OutOfRange));
        check("3.5", Err(OutOfRange));
        check("\"E1\"", Err(Unreadable));
        let outcome = rating(&ordinal, &answer(Finish::Complete, r#"{"score": 4}"#));
        assert_eq!(outcome.unwrap().score.value(), 75.0);
    }

    #[test]
    fn labels_of_nominal_scales() {
        let check = |labels: &[&str], score: &str, expected: Result<&str, GapReason>| {
            let text = format!(r#"{{"score": {score}}}"#);
            let outcome = rating(&nominal(labels), &answer(Finish::Complete, &text));
            let level = outcome.map(|rating| rating.level.to_string()).map_err(|gap| gap.reason);
            assert_eq!(level, expected.map(str::to_owned), "{score}");
        };
        let plain = ["E0", "E1", "E2"];
        check(&plain, "\"E1\"", Ok("E1"));
        check(&plain, "\" e1\\n\"", Ok("E1"));
        check(&plain, "\"E3\"", Err(OutOfRange));
        check(&plain, "\"E1 or E2\"", Err(OutOfRange));
        check(&plain, "\"\"", Err(Unreadable));
        check(&plain, "1", Err(Unreadable));
        check(&plain, "E1", Err(Unreadable));
        check(&plain, "[\"E1\"]", Err(Unreadable));
        check(&["ab", "AB", "c"], "\"AB\"", Ok("AB"));
        check(&["ab", "AB", "c"], "\"Ab\"", Err(OutOfRange));
        check(&["1", "2"], "1", Ok("1"));
        check(&["1", "2"], "1.0", Err(Unreadable));
        let cut = rating(&nominal(&plain), &answer(Finish::Complete, r#"{"score": "E1"#));
        assert_eq!(cut.unwrap_err().reason, Truncated);
    }

    #[test]
    fn labels_of_people() {
        let check = |rubric: &Rubric, cell: &str, expected: Result<&str, GapReason>| {
            let level = label(rubric, cell).map(|rating| rating.level.to_string());
            assert_eq!(level.map_err(|gap| gap.reason), expected.map(str::to_owned), "{cell}");
        };
        check(&percent(), "42", Ok("42"));
        check(&percent(), " 42.0\r", Ok("42"));
        check(&percent(), "142", Err(OutOfRange));
        check(&percent(), "42.5", Err(OutOfRange));
        check(&percent(), "E1", Err(Unreadable));
        check(&percent(), "42%", Err(Unreadable));
        let named = nominal(&["E0", "E1"]);
        check(&named, "E1", Ok("E1"));
        check(&named, " e1 ", Ok("E1"));
        check(&named, "E7", Err(OutOfRange));
        for absent in ["", " ", "n/a", "N/A", "NA", "nan", "NaN"] {
            check(&named, absent, Err(NotAsked));
            assert_eq!(label(&percent(), absent), Err(Gap::new(NotAsked, "no label")));
        }
        check(&nominal(&["NA", "A"]), "na", Ok("NA"));
        // A cell is no JSON: a backslash is a backslash.
        check(&nominal(&[r"a\b"]), r"a\b", Ok(r"a\b"));
    }

    #[test]
    fn size_is_bounded_and_time_is_linear() {
        // Quadratic time would be minutes here: nobody would overlook it.
        for unit in [
            "{",
            "[",
            "{\"a\":",
            "{\"a\":[",
            "{\"",
            "{\" ",
            "{\"\\\"",
            "\\\"{",
            "<think>",
            "</think>",
            "<",
            "{\"a\":\"\n{",
            "\n{\"a\":1 ",
            "{\"a\":{} x",
            "{\"a\":x}",
            "{a:",
            "{a",
            "{ ",
            "1 ",
            "\"{\"",
            "{\"score\":1}",
            "{\"score\":1,\"a\":{",
            "{\"score\":",
            "\"score\":1,",
            "{\"a\":1.",
            "}",
            "]",
            "\\",
        ] {
            let text = unit.repeat((MAX_BYTES / unit.len()).min(200_000));
            let outcome = read_percent(&text);
            assert!(outcome.is_err() || unit.contains("score"), "{unit}: {outcome:?}");
            let inside = format!("{{\"score\": 42, \"rationale\": {text}");
            let _ = read_percent(&inside);
        }
        check(&"[".repeat(200_000), Err(Unreadable));
        check(&"{".repeat(200_000), Err(Unreadable));
        check(&format!("{}{{\"score\": 42}}", " ".repeat(MAX_BYTES - 13)), Ok(42));
        check(&format!("{}{{\"score\": 42}}", " ".repeat(MAX_BYTES - 12)), Err(Unreadable));
    }

    /// Ways in which a model may wrap one JSON object; `¤` stands for it.
    const WRAPS: [&str; 7] = [
        "¤",
        "```json\n¤\n```",
        "Here {x} is \"it\": ¤ Done {y}.",
        "<think>{\"score\": 7} {\"</think>\n¤",
        "[THINK] {\"score\": 7, \"[/THINK]¤\n",
        "\r\n¤ <think>{\"score\": 8}",
        "{\"score\": <whole number>, \"rationale\": \"<text>\"}\n¤",
    ];

    prop_compose! {
        fn valid()(
            score in 0..=100_i64,
            form in 0..4,
            rationale in "(\\PC|[\"\\\\{}\\[\\]<>\n]|<think>|</think>|```|\\{\"score\": 9\\}){0,24}",
            is_last in any::<bool>(),
            is_pretty in any::<bool>(),
            wrap in 0..WRAPS.len(),
        ) -> (i64, String, String) {
            let said = match form {
                0 => serde_json::json!(score.to_string()),
                1 => serde_json::json!(score as f64),
                _ => serde_json::json!(score),
            };
            let mut members = [
                ("score", said),
                ("rationale", serde_json::json!(rationale)),
                ("x", serde_json::json!({"score": 9})),
            ].map(|(key, value)| {
                let value = if is_pretty { format!("{value:#}") } else { value.to_string() };
                format!("\"{key}\": {value}")
            });
            if is_last {
                members.reverse();
            }
            let object = format!("{{{}}}", members.join(if is_pretty { ",\n  " } else { "," }));
            (score, rationale, WRAPS[wrap].replace('¤', &object))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 400,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_serde_writes_is_read_and_no_prefix_gives_another_number(
            (score, rationale, text) in valid(),
        ) {
            let whole = read_percent(&text);
            prop_assert_eq!(number(&whole), Ok(score));
            prop_assert_eq!(&whole.unwrap().rationale, &rationale);
            for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
                let prefix = text.get(..end).unwrap();
                if let Ok(cut) = read_percent(prefix) {
                    prop_assert_eq!(cut.level, Level::Number(score), "{}", prefix);
                    prop_assert!(rationale.starts_with(&cut.rationale), "{}", prefix);
                }
            }
        }

        #[test]
        fn any_bytes_give_a_score_on_the_scale_or_a_gap(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            on_scale(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_json_like_text_gives_a_score_on_the_scale_or_a_gap(
            text in "([{]\"score\": ?|\"rationale\": ?|[\"\\\\{}\\[\\],:x\n ]|[0-9]{1,3}|</?think>){0,40}",
        ) {
            on_scale(&text);
        }

        #[test]
        fn mutated_answers_give_a_score_on_the_scale_or_a_gap(
            (_, _, text) in valid(),
            edits in prop::collection::vec(any::<(u8, Index, Index, u8)>(), 1..6),
        ) {
            let mut bytes = text.into_bytes();
            for (edit, at, to, byte) in edits {
                mutate(&mut bytes, edit % 5, at, to, byte);
            }
            on_scale(&String::from_utf8_lossy(&bytes));
        }
    }

    fn mutate(bytes: &mut Vec<u8>, edit: u8, at: Index, to: Index, byte: u8) {
        let (at, to) = (at.index(bytes.len() + 1), to.index(bytes.len() + 1));
        let (from, to) = (at.min(to), at.max(to));
        match edit {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, byte),
            2 if at < bytes.len() => bytes[at] = byte,
            3 => drop(bytes.drain(from..to.min(from + 8))),
            _ => {
                let copy = bytes[from..to].to_vec();
                bytes.splice(to..to, copy);
            }
        }
    }

    fn on_scale(text: &str) {
        for finish in [Finish::Complete, Finish::Truncated] {
            match rating(&percent(), &answer(finish, text)) {
                Ok(Rating { level: Level::Number(number), score, .. }) => {
                    let off = score.value() - number as f64;
                    assert!((0..=100).contains(&number) && off.abs() < 1e-9, "{text}");
                }
                Ok(other) => panic!("{other:?}"),
                Err(gap) => {
                    assert!(!gap.detail.is_empty() && !gap.detail.contains('\n'), "{gap:?}")
                }
            }
        }
    }
}

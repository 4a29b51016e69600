//! Puts 700,000 random and damaged answers through the room `rate`: each must give a score that
//! its rubric's scale allows, or a gap.

use score_tasks::domain::{
    Answer, Finish, Gap, Hash, Instant, Level, Rating, Rubric, Scale, TextLimits, Usage,
};
use score_tasks::rate;

const INPUTS: usize = 700_000;

/// Answers to begin from: short, for the time goes by the length.
const ANSWERS: [&str; 14] = [
    r#"{"score": 42, "rationale": "Most of it, \"drafts\" \u00fc."}"#,
    r#"{"rationale": "A part {of} it.", "score": 7}"#,
    r#"{"score": "3", "rationale": "x"}"#,
    r#"{"score": "E1", "rationale": "x"}"#,
    r#"{"rationale": "\ud83d\ude00", "score": " e2 "}"#,
    "```json\n{\"score\": 4.0, \"rationale\": \"x\"}\n```",
    "Well: {\"score\": 2, \"rationale\": \"x\"} So be it.",
    "<think>{\"score\": 1} or {</think>\n{\"score\": 5}",
    r#"{"score": 3} No, {"score": 4, "x": [1, {}]}"#,
    r#"{"result": {"score": 100, "x": null}}"#,
    r#"{"score": 1e2, "score": 100}"#,
    "{\"score\": 10, \"rationale\": \"the dra\n{\"score\": 5}",
    r#"{"score": 9999999999999999, "rationale": "x"}"#,
    r#"{"score": 4, "rationale": "The mod"#,
];

/// Pieces that mean something to the reader, for insertions and for texts made of nothing else.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ",",
    ":",
    "\n",
    " ",
    "-",
    ".",
    "e",
    "0",
    "7",
    "42",
    "\"score\"",
    "\"rationale\":",
    "{\"score\":",
    "\"score\": 5,",
    "null",
    "NaN",
    "\"E1\"",
    "\\u00",
    "\\ud83d",
    "<think>",
    "</think>",
    "```",
    "é",
    "\u{0}",
];

/// A small xorshift generator: the same inputs on every machine, and no time lost on making them.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.roll() >> 16) as usize % bound
    }

    fn byte(&mut self) -> u8 {
        (self.roll() >> 16) as u8
    }

    fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        texts.get(self.below(texts.len())).copied().unwrap_or_default()
    }
}

fn rubric(scale: Scale) -> Rubric {
    Rubric {
        name: String::new(),
        id: String::new(),
        version: String::new(),
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

fn rubrics() -> [Rubric; 3] {
    let labels = [("E0", 0.0), ("E1", 100.0), ("E2", 50.0), ("5", 5.0)];
    let labels = labels.map(|(label, score)| (label.into(), score)).to_vec();
    [
        rubric(Scale::Integer { min: 0, max: 100 }),
        rubric(Scale::Ordinal { min: 1, max: 5 }),
        rubric(Scale::Nominal { labels }),
    ]
}

fn blank_answer() -> Answer {
    Answer {
        at: Instant(0),
        served: String::new(),
        finish: Finish::Complete,
        text: String::new(),
        usage: Usage::default(),
        cost_nano_usd: Some(0),
        priced: "free".into(),
        latency_ms: 0,
        request_id: String::new(),
    }
}

/// Leaves the next input in `bytes`: one in seven random bytes, one in seven a heap of pieces, the
/// others answers with one to four damages.
fn next_input(dice: &mut Dice, bytes: &mut Vec<u8>) {
    bytes.clear();
    match dice.below(7) {
        0 => (0..dice.below(40)).for_each(|_| bytes.push(dice.byte())),
        1 => (0..dice.below(16)).for_each(|_| bytes.extend(dice.one_of(&PIECES).bytes())),
        _ => {
            bytes.extend(dice.one_of(&ANSWERS).bytes());
            (0..=dice.below(4)).for_each(|_| damage(dice, bytes));
        }
    }
}

fn damage(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let at = dice.below(bytes.len() + 1);
    let to = bytes.len().min(at + dice.below(12));
    match dice.below(7) {
        0 => bytes.truncate(at),
        1 => bytes.insert(at, dice.byte()),
        2 => drop(bytes.splice(at..at, dice.one_of(&PIECES).bytes())),
        3 => drop(bytes.splice(at..to, dice.one_of(&PIECES).bytes())),
        4 => bytes.extend_from_within(at..to),
        5 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = dice.byte()),
        _ => drop(bytes.drain(at..to)),
    }
}

fn is_on_scale(rubric: &Rubric, rating: &Rating) -> bool {
    let is_level = match (&rubric.scale, &rating.level) {
        (Scale::Integer { min, max } | Scale::Ordinal { min, max }, Level::Number(number)) => {
            (min..=max).contains(&number)
        }
        (Scale::Nominal { labels }, Level::Label(name)) => labels.iter().any(|(label, _)| label == name),
        _ => false,
    };
    is_level && (0.0..=100.0).contains(&rating.score.value())
}

fn is_for_people(gap: &Gap) -> bool {
    !gap.detail.is_empty() && gap.detail.len() < 500 && !gap.detail.contains(['\n', '\r', '\u{1b}'])
}

#[test]
fn every_answer_gives_a_score_on_the_scale_or_a_gap() {
    let rubrics = rubrics();
    let finishes = [Finish::Complete, Finish::Complete, Finish::Complete, Finish::Truncated];
    let mut dice = Dice(0x5EED_0F0A_75C0_4E5D);
    let mut answer = blank_answer();
    let mut bytes = Vec::new();
    let mut rated = [0; 3];
    for input in 0..INPUTS {
        next_input(&mut dice, &mut bytes);
        answer.text.clear();
        answer.text.push_str(&String::from_utf8_lossy(&bytes));
        answer.finish = finishes[input / 3 % finishes.len()];
        let rubric = &rubrics[input % 3];
        match rate::rating(rubric, &answer) {
            Ok(rating) => {
                assert!(is_on_scale(rubric, &rating), "input {input}: {:?}: {rating:?}", answer.text);
                rated[input % 3] += 1;
            }
            Err(gap) => assert!(is_for_people(&gap), "input {input}: {:?}: {gap:?}", answer.text),
        }
    }
    // Were nearly all of them gaps, the test would test little.
    let fewest = INPUTS / 3 / 20;
    assert!(rated.iter().all(|count| *count > fewest), "{rated:?} of {INPUTS} rated");
}

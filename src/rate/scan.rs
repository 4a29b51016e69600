//! Finds the JSON objects of an answer that have a score, whatever stands around them.
//!
//! One pass with a stack of its own, so that time grows with the length and nothing overflows.
//! An object that is the whole answer, one in a fence, one in prose and one that is cut off at the
//! end are all the same case: a `{` outside thoughts, and tokens from there.

use super::lex::{Kind, Lexer, Token};
use super::text;
use super::thought::{self, Tag};

/// Deeper nesting than any answer has. It bounds the stack; what lies deeper is not read.
const MAX_DEPTH: usize = 64;

/// A score as it is written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'t> {
    Number(&'t str),
    /// Without the quotes, escapes as written.
    Text(&'t str),
    /// Neither; the text from there on.
    Other(&'t str),
}

/// How an object ends.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Ending<'t> {
    Closed,
    /// The answer ends first, perhaps in the very score.
    Cut {
        in_score: bool,
    },
    /// It is no JSON from this text on.
    Broken {
        rest: &'t str,
    },
}

/// An object that has a score, or might have had one.
#[derive(PartialEq, Debug)]
pub struct Object<'t> {
    /// More than one if the key is there more than once.
    pub scores: Vec<Value<'t>>,
    /// Escapes as written.
    pub rationale: Option<&'t str>,
    pub ending: Ending<'t>,
}

impl Object<'_> {
    pub fn has_score(&self) -> bool {
        !self.scores.is_empty() || self.ending == (Ending::Cut { in_score: true })
    }
}

/// All candidates in their order. Of objects within each other, the outermost with a score counts.
pub fn objects(text: &str) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = next_start(text, at) {
        at = match thought::tag(text, next) {
            Some(Tag::Thoughts { until }) => until,
            Some(Tag::Closes { until }) => {
                found.clear();
                until
            }
            None if text.as_bytes().get(next) == Some(&b'{') => Reader::new(text, next).read(&mut found),
            None => next + 1,
        };
    }
    found
}

fn next_start(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes().get(from..)?;
    let starts = |byte: &u8| *byte == b'{' || thought::may_begin(*byte);
    bytes.iter().position(starts).map(|at| from + at)
}

/// What may come next in an object or array.
#[derive(Clone, Copy, PartialEq)]
enum Expects {
    /// A key, or the end: `{}` and `{"score": 42,}` are well understood.
    Key,
    Colon,
    Value,
    /// A value of an array, or its end.
    Item,
    /// A comma, or the end.
    Comma,
}

#[derive(Clone, Copy, PartialEq)]
enum Key {
    Score,
    Rationale,
    Unknown,
}

impl Key {
    fn of(raw: &str) -> Self {
        match &*text::decoded(raw) {
            "score" => Self::Score,
            "rationale" => Self::Rationale,
            _ => Self::Unknown,
        }
    }
}

/// An object or array that is still open.
struct Frame<'t> {
    /// The bracket that ends it.
    closes: u8,
    expects: Expects,
    /// Of the member that is being read; `None` in arrays and before the first one.
    key: Option<Key>,
    /// How many objects had been found before this one.
    mark: usize,
    scores: Vec<Value<'t>>,
    rationale: Option<&'t str>,
}

impl<'t> Frame<'t> {
    fn object(mark: usize) -> Self {
        let (closes, expects) = (b'}', Expects::Key);
        Self { closes, expects, key: None, mark, scores: Vec::new(), rationale: None }
    }

    fn array(mark: usize) -> Self {
        Self { closes: b']', expects: Expects::Item, ..Self::object(mark) }
    }

    fn is_object(&self) -> bool {
        self.closes == b'}'
    }

    fn may_close(&self) -> bool {
        matches!(self.expects, Expects::Key | Expects::Item | Expects::Comma)
    }

    fn take(&mut self, value: Value<'t>) {
        self.expects = Expects::Comma;
        match (self.key, value) {
            (Some(Key::Score), _) => self.scores.push(value),
            (Some(Key::Rationale), Value::Text(raw)) => self.rationale = Some(raw),
            _ => {}
        }
    }

    fn ended(self, ending: Ending<'t>) -> Object<'t> {
        Object { scores: self.scores, rationale: self.rationale, ending }
    }
}

/// What a token does to the object.
enum Step {
    On,
    Closed,
    Cut,
    Broken,
}

/// Reads one object.
struct Reader<'t> {
    text: &'t str,
    /// Where its `{` is.
    start: usize,
    lexer: Lexer<'t>,
    /// The object, then what is open inside it.
    frames: Vec<Frame<'t>>,
    /// It has a key with a colon: JSON is meant, and no brace of some other language.
    is_json: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, start: usize) -> Self {
        let lexer = Lexer::new(text, start + 1);
        Self { text, start, lexer, frames: Vec::new(), is_json: false }
    }

    /// Adds what was found, and tells where to go on looking.
    fn read(mut self, found: &mut Vec<Object<'t>>) -> usize {
        self.frames.push(Frame::object(found.len()));
        let mut before = self.start;
        loop {
            let token = self.lexer.token();
            match self.step(token, found) {
                Step::On => before = token.at,
                Step::Closed => return self.lexer.position(),
                Step::Cut => return self.cut(found),
                Step::Broken => return self.broken(before, token.at, found),
            }
        }
    }

    fn step(&mut self, token: Token<'t>, found: &mut Vec<Object<'t>>) -> Step {
        let Some(frame) = self.frames.last_mut() else { return Step::Closed };
        match (frame.expects, token.kind) {
            (_, Kind::Mark(mark)) if mark == frame.closes && frame.may_close() => {
                return self.close(found);
            }
            (Expects::Value | Expects::Item, _) => return self.value(token, found.len()),
            (Expects::Key, Kind::Text(raw)) => {
                frame.key = Some(Key::of(raw));
                frame.expects = Expects::Colon;
            }
            (Expects::Key, Kind::CutText(_)) => {
                frame.key = Some(Key::Unknown);
                return Step::Cut;
            }
            (Expects::Colon, Kind::Mark(b':')) => {
                frame.expects = Expects::Value;
                self.is_json = true;
            }
            (Expects::Comma, Kind::Mark(b',')) => {
                frame.expects = if frame.is_object() { Expects::Key } else { Expects::Item };
            }
            (_, Kind::End) => return Step::Cut,
            _ => return Step::Broken,
        }
        Step::On
    }

    fn value(&mut self, token: Token<'t>, mark: usize) -> Step {
        let Some(frame) = self.frames.last_mut() else { return Step::Closed };
        match token.kind {
            Kind::Number(raw) => frame.take(Value::Number(raw)),
            Kind::Text(raw) => frame.take(Value::Text(raw)),
            Kind::Word(raw) => frame.take(Value::Other(raw)),
            Kind::Mark(bracket @ (b'{' | b'[')) => {
                frame.take(Value::Other(self.lexer.rest(token.at)));
                return self.open(bracket, mark);
            }
            Kind::CutText(raw) => {
                if frame.key == Some(Key::Rationale) {
                    frame.rationale = Some(raw);
                }
                return Step::Cut;
            }
            Kind::Cut | Kind::End => return Step::Cut,
            Kind::Mark(_) | Kind::Other => return Step::Broken,
        }
        Step::On
    }

    fn open(&mut self, bracket: u8, mark: usize) -> Step {
        if self.frames.len() == MAX_DEPTH {
            return Step::Broken;
        }
        self.frames.push(if bracket == b'{' { Frame::object(mark) } else { Frame::array(mark) });
        Step::On
    }

    fn close(&mut self, found: &mut Vec<Object<'t>>) -> Step {
        let Some(frame) = self.frames.pop() else { return Step::Closed };
        if !frame.scores.is_empty() {
            found.truncate(frame.mark);
            found.push(frame.ended(Ending::Closed));
        }
        if self.frames.is_empty() { Step::Closed } else { Step::On }
    }

    /// The answer ends inside. Objects within do not count: a score may have been going to follow.
    fn cut(self, found: &mut Vec<Object<'t>>) -> usize {
        let end = self.text.len();
        let Some(outer) = self.frames.into_iter().next() else { return end };
        found.truncate(outer.mark);
        if let Some(key) = outer.key {
            let in_score = key == Key::Score && matches!(outer.expects, Expects::Colon | Expects::Value);
            found.push(outer.ended(Ending::Cut { in_score }));
        }
        end
    }

    /// Here it is no JSON. Of an object that began as JSON nothing counts, nor anything inside it:
    /// `{"rationale": "not {"score": 10} but more", "score": 60}` must not give 10.
    fn broken(self, before: usize, at: usize, found: &mut Vec<Object<'t>>) -> usize {
        if !self.is_json && !begins_like_json(self.lexer.rest(self.start + 1)) {
            return self.start + 1;
        }
        let depth = self.frames.iter().filter(|frame| frame.is_object()).count();
        let next = after_broken(self.text, before, at, depth);
        if let Some(outer) = self.frames.into_iter().next() {
            found.truncate(outer.mark);
            let rest = self.lexer.rest(at);
            found.push(outer.ended(Ending::Broken { rest }));
        }
        next
    }
}

/// Whether a word and a colon follow the `{`: JSON as Python or JavaScript would write it. Braces of
/// prose and of formulas seldom go on like that.
fn begins_like_json(inside: &str) -> bool {
    let key = inside.trim_start();
    let behind = key.trim_start_matches(|c: char| c.is_alphanumeric() || "_'`‘’“”".contains(c));
    behind.len() < key.len() && behind.trim_start().starts_with(':')
}

/// Where to go on after an object that broke: behind its last bracket, or at a `{` that begins a
/// line, for a model that drops a draft in the middle starts anew on a line of its own. The line
/// may lie within the last good token, as the draft's open string runs to the next quote.
fn after_broken(text: &str, before: usize, at: usize, depth: usize) -> usize {
    match text.get(before..at).and_then(|token| token.find("\n{")) {
        Some(fresh) => before + fresh + 1,
        None => last_bracket(text, at, depth),
    }
}

fn last_bracket(text: &str, from: usize, mut depth: usize) -> usize {
    let bytes = text.as_bytes();
    let mut last = from.checked_sub(1).and_then(|at| bytes.get(at));
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'{' if last == Some(&b'\n') => return at,
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
        last = Some(byte);
    }
    text.len()
}

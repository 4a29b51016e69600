//! A walk over a request's JSON that takes out the few values a provider looks at, as they stand. Parsing
//! it whole would cost more than all else the server does.

use std::borrow::Cow;
use std::iter;

/// What a provider looks at in a request, in whichever dialect.
#[derive(Default)]
pub struct Body<'a> {
    /// The model as written, quotes included: ready to be put into the reply.
    pub model: Option<&'a str>,
    pub max_tokens: Option<u64>,
    /// The messages: `messages`, `input` or `contents`.
    said: Option<&'a str>,
}

impl<'a> Body<'a> {
    pub fn read(json: &'a str) -> Self {
        let mut body = Self::default();
        for (key, value) in members(json) {
            match key {
                "model" => body.model = Some(value),
                "messages" | "input" | "contents" => body.said = Some(value),
                "max_tokens" | "max_completion_tokens" | "max_output_tokens" => {
                    body.max_tokens = value.parse().ok();
                }
                "generationConfig" => {
                    body.max_tokens = member(value, "maxOutputTokens").and_then(|number| number.parse().ok());
                }
                _ => {}
            }
        }
        body
    }

    /// The text of the last message of the user's.
    pub fn user(&self) -> Option<Cow<'a, str>> {
        let said = self.said?;
        if said.starts_with('"') {
            return Some(string(said));
        }
        let users = |message: &&str| member(message, "role").is_none_or(|role| role == "\"user\"");
        let last = items(said).filter(users).last()?;
        let content = member(last, "content").or_else(|| member(last, "parts"))?;
        if content.starts_with('"') {
            return Some(string(content));
        }
        Some(Cow::Owned(items(content).filter_map(|part| member(part, "text")).map(string).collect()))
    }
}

fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    members(object).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The members of an object, values as they are written; none of anything else.
fn members(object: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = object.trim_ascii_start().strip_prefix('{');
    iter::from_fn(move || {
        let (key, after) = first(rest?)?;
        let (value, after) = first(after.trim_ascii_start().strip_prefix(':')?)?;
        rest = after.trim_ascii_start().strip_prefix(',');
        Some((key.trim_matches('"'), value))
    })
}

/// The items of a list, as they are written; none of anything else.
fn items(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list.trim_ascii_start().strip_prefix('[');
    iter::from_fn(move || {
        let (item, after) = first(rest?)?;
        rest = after.trim_ascii_start().strip_prefix(',');
        Some(item)
    })
}

/// The value that a text begins with, and what follows it.
fn first(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_ascii_start();
    let end = match text.as_bytes().first()? {
        b'"' => end_of_string(text, 0)?,
        b'{' | b'[' => end_of_nest(text)?,
        _ => text.find(|c: char| ",}]".contains(c) || c.is_ascii_whitespace()).unwrap_or(text.len()),
    };
    text.split_at_checked(end).filter(|(value, _)| !value.is_empty())
}

/// Behind the closing quote of the string that opens at `start`. Goes from quote to quote, not from byte
/// to byte: prompts are long.
fn end_of_string(text: &str, start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += text.get(at..)?.find('"')?;
        let mut slashes = 0;
        while text.as_bytes().get(at - slashes - 1) == Some(&b'\\') {
            slashes += 1;
        }
        at += 1;
        if slashes % 2 == 0 {
            return Some(at);
        }
    }
}

/// Behind the bracket that closes the first one.
fn end_of_nest(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match text.as_bytes().get(at)? {
            b'"' => at = end_of_string(text, at)?,
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' => (at, depth) = (at + 1, depth - 1),
            _ => at += 1,
        }
    }
}

fn string(written: &str) -> Cow<'_, str> {
    match written.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(text) if !text.contains('\\') => Cow::Borrowed(text),
        _ => Cow::Owned(serde_json::from_str(written).unwrap_or_default()),
    }
}

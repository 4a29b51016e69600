//! The JSON Schema of the answer that a rubric asks for.

use crate::domain::{Form, Rubric, Scale};

/// llama.cpp silently forgets bounds above 2,000 characters; and a text should end before the limit on
/// output tokens does it.
const LONGEST_BOUND: usize = 1_000;

/// The schema as text, with the keys in the rubric's order; empty where none is sent.
///
/// Written by hand, because the text is part of the question's key and the order of its keys must
/// not hang on a feature of a JSON library. Kept inside the subset that all providers take: no
/// minimum, no maximum, every field required. The range is checked when the answer is read. Only
/// servers that are known to keep bounds are given some.
pub fn schema(rubric: &Rubric, form: Form) -> String {
    let is_bounded = match form {
        Form::Schema => false,
        Form::BoundedSchema => true,
        Form::Object | Form::Plain => return String::new(),
    };
    let text = if is_bounded {
        let most = rubric.limits.rationale_chars.min(LONGEST_BOUND);
        format!(r#"{{"type":"string","maxLength":{most}}}"#)
    } else {
        r#"{"type":"string"}"#.to_owned()
    };
    let properties: Vec<String> = rubric
        .fields
        .iter()
        .map(|field| match field.as_str() {
            "score" => format!("\"score\":{}", score(&rubric.scale, is_bounded)),
            other => format!("{}:{text}", quoted(other)),
        })
        .collect();
    let required: Vec<String> = rubric.fields.iter().map(|field| quoted(field)).collect();
    format!(
        r#"{{"type":"object","properties":{{{}}},"required":[{}],"additionalProperties":false}}"#,
        properties.join(","),
        required.join(",")
    )
}

fn score(scale: &Scale, is_bounded: bool) -> String {
    match scale {
        Scale::Integer { min, max } => {
            let bounds =
                if is_bounded { format!(r#""minimum":{min},"maximum":{max},"#) } else { String::new() };
            format!(r#"{{"type":"integer",{bounds}"description":"A whole number from {min} to {max}."}}"#)
        }
        Scale::Ordinal { min, max } => {
            let levels: Vec<String> = (*min..=*max).map(|level| level.to_string()).collect();
            format!(r#"{{"type":"integer","enum":[{}]}}"#, levels.join(","))
        }
        Scale::Nominal { labels } => {
            let labels: Vec<String> = labels.iter().map(|(label, _)| quoted(label)).collect();
            format!(r#"{{"type":"string","enum":[{}]}}"#, labels.join(","))
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

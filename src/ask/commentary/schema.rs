//! The JSON Schema of commentary, in the subset that all providers take.

use crate::domain::Form;
use crate::domain::commentary::BriefLimits;

/// llama.cpp silently forgets bounds above 2,000 characters.
const LONGEST_BOUND: usize = 1_000;

/// As text, with the keys in the order in which they are to be written; empty where none is sent. It is part of
/// every question's key. Lengths are checked when the answer is read; only servers that are known to keep bounds
/// are given some.
pub(super) fn schema(limits: &BriefLimits, form: Form) -> String {
    let is_bounded = match form {
        Form::Schema => false,
        Form::BoundedSchema => true,
        Form::Object | Form::Plain => return String::new(),
    };
    let bound = |name: &str, most: usize| {
        if is_bounded { format!(",\"{name}\":{most}") } else { String::new() }
    };
    let text =
        format!(r#"{{"type":"string"{}}}"#, bound("maxLength", limits.remark_chars.min(LONGEST_BOUND)));
    let cites = r#"{"type":"array","items":{"type":"string"}}"#;
    let remark = object(&[("text", &text), ("cites", cites)]);
    let asked = object(&[("question", &text), ("answer", &text), ("cites", cites)]);
    let list =
        |item: &str, most: usize| format!(r#"{{"type":"array","items":{item}{}}}"#, bound("maxItems", most));
    let (part, questions) = (list(&remark, limits.remarks), list(&asked, limits.questions));
    object(&[
        ("overview", &part),
        ("pressure", &part),
        ("holds", &part),
        ("tools", &part),
        ("questions", &questions),
    ])
}

/// Every field is required, and there are no others.
fn object(fields: &[(&str, &str)]) -> String {
    let properties: Vec<String> = fields.iter().map(|(name, kind)| format!("\"{name}\":{kind}")).collect();
    let required: Vec<String> = fields.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    format!(
        r#"{{"type":"object","properties":{{{}}},"required":[{}],"additionalProperties":false}}"#,
        properties.join(","),
        required.join(",")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const LIMITS: BriefLimits = BriefLimits { remark_chars: 400, remarks: 6, questions: 5, output_tokens: 1 };

    /// Every object of a schema.
    fn objects<'a>(schema: &'a Value, found: &mut Vec<&'a Value>) {
        if schema["type"] == "object" {
            found.push(schema);
        }
        let inner = schema["properties"].as_object().into_iter().flat_map(|all| all.values());
        inner.chain(schema.get("items")).for_each(|one| objects(one, found));
    }

    #[test]
    fn every_field_is_required_and_no_provider_meets_a_word_it_does_not_know() {
        let text = schema(&LIMITS, Form::Schema);
        let schema: Value = serde_json::from_str(&text).unwrap();
        let mut all = Vec::new();
        objects(&schema, &mut all);
        assert_eq!(all.len(), 6);
        for object in all {
            let names: Vec<&str> =
                object["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            let mut sorted = names.clone();
            sorted.sort_unstable();
            let mut known: Vec<&str> =
                object["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            known.sort_unstable();
            assert_eq!((sorted, &object["additionalProperties"]), (known, &Value::Bool(false)));
        }
        for word in ["max", "min", "pattern", "enum"] {
            assert!(!text.contains(word), "{text}");
        }
    }

    #[test]
    fn bounds_go_only_to_servers_that_keep_them() {
        let bounded = schema(&LIMITS, Form::BoundedSchema);
        assert!(bounded.contains("\"maxLength\":400") && bounded.contains("\"maxItems\":5"), "{bounded}");
        serde_json::from_str::<Value>(&bounded).unwrap();
        assert_eq!(schema(&LIMITS, Form::Object), "");
        assert_eq!(schema(&LIMITS, Form::Plain), "");
    }
}

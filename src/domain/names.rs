//! How names are compared and turned into slugs.

/// Lower case letters and digits, runs of anything else become one dash: `AI/ML Engineers` is
/// `ai-ml-engineers`.
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// Words for comparing titles: case, punctuation and a plain English plural do not matter.
pub fn words(text: &str) -> Vec<String> {
    slug(text).split('-').filter(|word| !word.is_empty()).map(singular).collect()
}

fn singular(word: &str) -> String {
    let stem = match word {
        w if w.len() > 4 && w.ends_with("ies") => return format!("{}y", &w.trim_end_matches("ies")),
        w if w.len() > 4 && ["sses", "shes", "ches", "xes"].iter().any(|end| w.ends_with(end)) => {
            w.strip_suffix("es")
        }
        w if w.len() > 3 && w.ends_with('s') && !w.ends_with("ss") && !w.ends_with("us") => {
            w.strip_suffix('s')
        }
        _ => None,
    };
    stem.unwrap_or(word).to_owned()
}

/// The best "did you mean" among `known`, if one is near enough to be a slip of the fingers.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert_eq!(slug("AI/ML Engineers"), "ai-ml-engineers");
        assert_eq!(slug("  Teachers, Except Special Education. "), "teachers-except-special-education");
        assert_eq!(slug("--"), "");
    }

    #[test]
    fn plurals_and_case_do_not_matter() {
        assert_eq!(words("Truck Drivers"), words("TRUCK driver"));
        assert_eq!(words("Secretaries"), words("secretary"));
        assert_eq!(words("Bosses"), words("boss"));
        assert_ne!(words("Boss"), words("Bo"));
    }

    #[test]
    fn suggestions_are_near_or_absent() {
        assert_eq!(nearest("exposre", ["exposure", "items"]), Some("exposure"));
        assert_eq!(nearest("zebra", ["exposure", "items"]), None);
    }
}

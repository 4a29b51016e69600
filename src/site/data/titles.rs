//! `data/titles.json`: other titles that people search for, which the index fetches when somebody searches.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::names::words;
use crate::report::{ReportError, plain};
use crate::site::{Entry, Site};

/// By code; what the title's own words find is left out.
pub(super) fn bytes(site: &Site) -> Result<Vec<u8>, ReportError> {
    let titles: BTreeMap<&str, Vec<String>> = site
        .entries
        .iter()
        .map(|entry| (entry.scored.occupation.code.as_str(), further(entry)))
        .filter(|(_, titles)| !titles.is_empty())
        .collect();
    Ok(serde_json::to_vec(&titles)?)
}

fn further(entry: &Entry) -> Vec<String> {
    let known: BTreeSet<String> = words(&entry.scored.occupation.title).into_iter().collect();
    let is_further = |title: &&String| words(title).iter().any(|word| !known.contains(word));
    let mut seen = BTreeSet::new();
    let titles = entry.alternates.iter().filter(is_further).map(|title| plain(title).into_owned());
    titles.filter(|title| seen.insert(title.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn titles_that_the_title_itself_finds_are_left_out() {
        let mut site = sample::site();
        site.entries[0].alternates =
            vec!["Developer of Software".into(), "Software Developer".into(), "Coder".into(), "Coder".into()];
        let text = String::from_utf8(bytes(&site).unwrap()).unwrap();
        assert_eq!(text, r#"{"15-1252.00":["Developer of Software","Coder"]}"#);
    }
}

//! From O*NET's eight-digit codes to the six-digit ones of statistics, some of which those merge.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::super::ReadError;
use super::super::onet::{Field, open};
use super::super::rows::Row;
use super::super::soc;
use crate::domain::facts::Whose;

pub(super) const OCCUPATIONS: &str = "Occupation Data.txt";
const MAX_OCCUPATIONS: u64 = 50_000;

/// Codes that the Bureau of Labor Statistics made for its own use, and the codes of the classification of 2018 that it
/// merges in each. Its other merged codes are broad ones, which end in 0 and need no list.
const COMBINED: &[(&str, &[&str])] = &[
    // In files up to May 2020.
    ("13-1198", &["13-1082", "13-1199"]),
    ("15-1256", &["15-1252", "15-1253"]),
    ("15-1257", &["15-1254", "15-1255"]),
    ("15-2098", &["15-2051", "15-2099"]),
    // In those since.
    ("21-1018", &["21-1011", "21-1014"]),
    ("25-2052", &["25-2055", "25-2056"]),
    ("25-9045", &["25-9042", "25-9043", "25-9049"]),
    ("51-2028", &["51-2022", "51-2023"]),
    ("53-1047", &["53-1042", "53-1043", "53-1044", "53-1049"]),
];

/// `15-1252` of `15-1252.00` and of itself; `None` for what is no such code.
pub(super) fn six(code: &str) -> Option<String> {
    let mut code = soc::code(code)?;
    code.truncate("15-1252".len());
    Some(code)
}

/// Under which code something stands in the statistics, and whose figures those are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub code: String,
    pub whose: Whose,
}

/// The eight-digit codes that there are.
#[derive(Debug, Default)]
pub(super) struct Parts {
    all: BTreeMap<String, Vec<String>>,
    /// Six-digit codes of the catalogue, for counting.
    catalogue: Vec<String>,
}

impl Parts {
    pub fn new<'c>(codes: impl Iterator<Item = &'c str>) -> Self {
        let mut parts = Self::default();
        codes.for_each(|code| parts.add(code));
        parts.catalogue = parts.all.keys().cloned().collect();
        parts
    }

    /// A catalogue holds only what has tasks; the release itself has all parts of a code.
    pub fn read(&mut self, file: &str, bytes: &[u8]) -> Result<(), ReadError> {
        let mut rows = open(file, bytes, MAX_OCCUPATIONS)?;
        let code = Field::code_of(&rows)?;
        let mut row = Row::default();
        while rows.next(&mut row)? {
            self.add(&code.code(file, &row)?);
        }
        Ok(())
    }

    fn add(&mut self, code: &str) {
        let (Some(full), Some(six)) = (soc::code(code), six(code)) else { return };
        let parts = self.all.entry(six).or_default();
        if !parts.contains(&full) {
            parts.push(full);
        }
    }

    /// Where the figures of an occupation are, among codes with titles.
    pub fn join(&self, code: &str, title: impl Fn(&str) -> Option<Arc<str>>) -> Option<Joined> {
        let (full, six) = (soc::code(code)?, six(code)?);
        if let Some(title) = title(&six) {
            let parts = self.all.get(&six).map_or(1, Vec::len);
            let is_whole = parts <= 1 && full.ends_with(".00");
            let code: Arc<str> = six.as_str().into();
            // A code below another has a sibling, even where the catalogue does not know it.
            let whose = if is_whole { Whose::Its } else { Whose::Part { code, title, parts: parts.max(2) } };
            return Some(Joined { code: six, whose });
        }
        let broad = six.get(..6).map(|start| format!("{start}0"));
        let combined = COMBINED.iter().filter(|(_, members)| members.contains(&six.as_str()));
        let wider = combined.map(|(code, _)| (*code).to_owned()).chain(broad);
        wider.into_iter().find_map(|code| {
            let title = title(&code)?;
            Some(Joined { whose: Whose::Merged { code: code.as_str().into(), title }, code })
        })
    }

    /// What came of joining the catalogue, in words.
    pub fn told(&self, source: &str, title: impl Fn(&str) -> Option<Arc<str>>) -> String {
        let (mut direct, mut merged, mut missing) =
            (0_usize, BTreeMap::<String, Vec<&str>>::new(), Vec::new());
        for six in &self.catalogue {
            match self.join(six, &title) {
                Some(Joined { whose: Whose::Merged { .. }, code }) => {
                    merged.entry(code).or_default().push(six)
                }
                Some(_) => direct += 1,
                None => missing.push(six.as_str()),
            }
        }
        let count: usize = merged.values().map(Vec::len).sum();
        let merged: Vec<String> =
            merged.iter().map(|(code, members)| format!("{} in {code}", members.join(", "))).collect();
        format!(
            "{source}: of {} six-digit codes {direct} have figures of their own, {count} are merged into wider ones{}, \
             {} have none{}",
            self.catalogue.len(),
            listed(merged.iter().map(String::as_str), "; "),
            missing.len(),
            listed(missing.iter().copied(), ", ")
        )
    }
}

/// Some of them, in brackets.
fn listed<'a>(items: impl ExactSizeIterator<Item = &'a str>, between: &str) -> String {
    const MOST: usize = 20;
    let more = items.len() > MOST;
    let items: Vec<&str> = items.take(MOST).chain(more.then_some("…")).collect();
    if items.is_empty() { String::new() } else { format!(" ({})", items.join(between)) }
}

/// Figures by code of the statistics.
pub(super) type ByCode<T> = HashMap<String, T>;

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(codes: &[&str]) -> Parts {
        Parts::new(codes.iter().copied())
    }

    fn joined(parts: &Parts, code: &str, published: &[&str]) -> Option<(String, String)> {
        let title = |code: &str| published.contains(&code).then(|| Arc::from(format!("T {code}")));
        parts.join(code, title).map(|joined| {
            let whose = match joined.whose {
                Whose::Its => "its".to_owned(),
                Whose::Part { code, title, parts } => format!("part of {code} {title} {parts}"),
                Whose::Merged { code, title } => format!("merged {code} {title}"),
            };
            (joined.code, whose)
        })
    }

    #[test]
    fn figures_are_its_own_only_where_no_other_part_shares_them() {
        let parts = parts(&["15-1252.00", "11-1011.00", "11-1011.03", "15-2099.01", "own-thing"]);
        for (code, expected) in [
            ("15-1252.00", "its"),
            ("15-1252", "its"),
            ("11-1011.00", "part of 11-1011 T 11-1011 2"),
            ("11-1011.03", "part of 11-1011 T 11-1011 2"),
            // The catalogue does not know its sibling.
            ("15-2099.01", "part of 15-2099 T 15-2099 2"),
        ] {
            let found = joined(&parts, code, &["15-1252", "11-1011", "15-2099"]).unwrap();
            assert_eq!(found, (six(code).unwrap(), expected.to_owned()), "{code}");
        }
        assert_eq!(joined(&parts, "own-thing", &["15-1252"]), None);
    }

    #[test]
    fn what_is_merged_is_found_in_the_narrowest_code_that_covers_it() {
        let parts = parts(&["21-1011.00", "13-1021.00", "45-3031.00"]);
        let own = |code: &str| (code.to_owned(), format!("merged {code} T {code}"));
        assert_eq!(joined(&parts, "21-1011.00", &["21-1010", "21-1018"]), Some(own("21-1018")));
        assert_eq!(joined(&parts, "21-1011.00", &["21-1010"]), Some(own("21-1010")));
        assert_eq!(joined(&parts, "13-1021.00", &["13-1020", "13-1022"]), Some(own("13-1020")));
        assert_eq!(joined(&parts, "45-3031.00", &["45-3099", "45-0000"]), None);
        // Its own figures come before all others.
        assert_eq!(
            joined(&parts, "13-1021.00", &["13-1020", "13-1021"]),
            Some(("13-1021".into(), "its".into()))
        );
    }

    #[test]
    fn the_release_knows_parts_that_the_catalogue_does_not() {
        let mut parts = parts(&["47-4099.03"]);
        let release = b"O*NET-SOC Code\tTitle\n47-4099.00\tOthers\n47-4099.03\tOne\n47-4099.04\tTwo\n";
        parts.read(OCCUPATIONS, release).unwrap();
        let found = joined(&parts, "47-4099.03", &["47-4099"]).unwrap();
        assert_eq!(found.1, "part of 47-4099 T 47-4099 3");
    }

    #[test]
    fn the_outcome_is_counted_and_named() {
        let parts = parts(&["13-1021.00", "13-1022.00", "15-1252.00", "45-3031.00"]);
        let title = |code: &str| ["13-1020", "15-1252"].contains(&code).then(|| Arc::from("x"));
        assert_eq!(
            parts.told("Wages", title),
            "Wages: of 4 six-digit codes 1 have figures of their own, 2 are merged into wider ones (13-1021, 13-1022 in \
             13-1020), 1 have none (45-3031)"
        );
    }
}

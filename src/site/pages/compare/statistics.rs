//! What published statistics say of the compared occupations, and whose figures they are.

use std::borrow::Cow;

use maud::{Markup, html};

use super::measures::{known, owned};
use crate::domain::facts::{Facts, Figure, Outlook, PayGrowth, Whose};
use crate::site::Entry;
use crate::site::words::{said, signed, span, thousands, wage};

/// Rows of the table of measures.
pub fn rows(entries: &[&Entry]) -> Markup {
    let outlook = |entry: &Entry, words: fn(&Outlook) -> &str| {
        entry.facts.outlook.as_ref().map(words).filter(|words| !words.is_empty()).map(owned)
    };
    html! {
        (known("Median pay a year", entries, |entry| Some(entry.facts.pay.as_ref()?.median.map_or_else(|| "not released".to_owned(), wage))))
        @for name in named(entries, |entry| growth(&entry.facts).map(spanned)) {
            (known(&name, entries, |entry| growth(&entry.facts).filter(|growth| spanned(growth) == name).map(|growth| format!("{}% a year", signed(growth.percent_a_year)))))
        }
        @for name in named(entries, |entry| jobs(entry).into_iter().map(|(name, _)| name)) {
            (known(&name, entries, |entry| jobs(entry).into_iter().find(|(its, _)| *its == name).map(|(_, jobs)| thousands(jobs))))
        }
        @for name in named(entries, |entry| entry.facts.outlook.as_ref().map(projected)) {
            (known(&name, entries, |entry| entry.facts.outlook.as_ref().filter(|outlook| projected(outlook) == name).map(|outlook| format!("{}%", signed(outlook.change_percent)))))
        }
        (known("In the source’s words", entries, |entry| outlook(entry, |outlook| &outlook.words)))
        (known("Openings a year", entries, |entry| entry.facts.outlook.as_ref()?.openings.map(thousands)))
        (known("Education for entry", entries, |entry| outlook(entry, |outlook| &outlook.education)))
        (known("Job zone, 1 to 5", entries, |entry| entry.facts.job_zone.as_ref().map(|zone| zone.zone.to_string())))
    }
}

/// Names of rows that say of which years their figures are, each once.
fn named<Names: IntoIterator<Item = String>>(
    entries: &[&Entry],
    names: impl Fn(&Entry) -> Names,
) -> Vec<String> {
    let mut found = Vec::new();
    for name in entries.iter().flat_map(|entry| names(entry)) {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn growth(facts: &Facts) -> Option<&PayGrowth> {
    facts.pay_growth.as_ref()
}

fn spanned(growth: &PayGrowth) -> String {
    format!("Median pay, {} to {}, nominal", said(&growth.since), said(&growth.figure.vintage))
}

fn projected(outlook: &Outlook) -> String {
    format!("Projected change of jobs, {}", span(&outlook.figure.vintage))
}

/// How many jobs there are, by each source under a name that says whom it counts and when.
pub fn jobs(entry: &Entry) -> Vec<(String, u64)> {
    let facts = &entry.facts;
    let projection = facts.outlook.as_ref().and_then(|outlook| {
        // A projection's vintage is a span, of which this is the beginning.
        let from = outlook.figure.vintage.split(['-', '–']).next().unwrap_or_default();
        Some((format!("Jobs incl. self-employed ({})", said(from)), outlook.employment?))
    });
    let survey = facts
        .pay
        .as_ref()
        .and_then(|pay| Some((format!("Employees ({})", said(&pay.figure.vintage)), pay.employment?)));
    projection.into_iter().chain(survey).collect()
}

/// Sources, and whose figures they are where they are not the occupation's own. Those of the first are marked, as
/// the script that puts other occupations together takes only them.
pub fn whose(entries: &[&Entry]) -> Markup {
    let mut notes: Vec<(String, bool)> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let pay = entry.facts.pay.as_ref().map(|pay| &pay.figure);
        let growth = growth(&entry.facts).map(|growth| &growth.figure);
        let outlook = entry.facts.outlook.as_ref().map(|outlook| &outlook.figure);
        for figure in [pay, growth, outlook].into_iter().flatten() {
            let note = note(&said(&entry.scored.occupation.title), figure);
            if notes.iter().all(|(known, _)| *known != note) {
                notes.push((note, place == 0));
            }
        }
    }
    html! {
        @if !notes.is_empty() {
            ul.notes { @for (note, is_first) in notes { li data-first=[is_first.then_some("")] { (note) } } }
        }
    }
}

fn note(title: &str, figure: &Figure) -> String {
    let source = format!("{}, {}", said(&figure.source), span(&figure.vintage));
    let of =
        |code: &str, title: &str| -> Cow<'static, str> { format!("{} ({})", said(title), said(code)).into() };
    match &figure.whose {
        Whose::Its => format!("Figures from {source}."),
        Whose::Part { code, title: whole, parts } => format!(
            "{source}: the figure for {title} is that of {}, of which it is one of {parts} parts.",
            of(code, whole)
        ),
        Whose::Merged { code, title: whole } => {
            format!("{source}: {title} is counted within {}.", of(code, whole))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn figures_say_whom_they_count_and_of_which_years_they_are() {
        let site = sample::site();
        let entries: Vec<&Entry> = site.entries.iter().collect();
        let text = rows(&entries).into_string();
        for part in [
            "Median pay, May 2023 to May 2024, nominal",
            "+4.6% a year",
            "Jobs incl. self-employed (2024)",
            "1,700,000",
            "Employees (May 2024)",
            "1,693,800",
            "Projected change of jobs, 2024–34",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        let text = whose(&entries).into_string();
        assert!(text.contains("<li data-first=\"\">Figures from BLS projections, 2024–34.</li>"), "{text}");
    }
}

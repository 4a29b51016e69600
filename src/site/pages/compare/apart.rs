//! Which skills the compared occupations have in common, and which set them apart.

use maud::{Markup, html};

use crate::site::Entry;
use crate::site::pages::parts::title;
use crate::site::words::{exact, said};

/// So many of an occupation's skills count as its main ones.
const MAIN: usize = 10;

pub fn section(entries: &[&Entry]) -> Markup {
    let known: Vec<&&Entry> = entries.iter().filter(|entry| !entry.facts.skills.is_empty()).collect();
    if known.len() < 2 {
        return html! {};
    }
    let common: Vec<&str> = main(known.first().copied().copied())
        .filter(|name| known.iter().all(|entry| has(entry, name)))
        .collect();
    html! {
        section aria-labelledby="h-skills" {
            div.shead { div {
                h2 #h-skills { "Skills in common and apart" }
                p { "Of the " (MAIN) " most important skills of each, by O*NET; importance is rescaled to 0–100." }
            } }
            h3 { "In common" }
            @if common.is_empty() { p.small.muted { "None." } }
            @else { ul.chips { @for name in &common { li { (said(name)) } } } }
            @for entry in &known {
                @let own: Vec<&str> = main(Some(entry)).filter(|name| !common.contains(name)).collect();
                h3 { "Further ones of " (title(entry)) }
                @if own.is_empty() { p.small.muted { "None." } }
                @else { ul.chips { @for name in own { li { (said(name)) " " (importance(entry, name)) } } } }
            }
        }
    }
}

fn main(entry: Option<&Entry>) -> impl Iterator<Item = &str> {
    entry.into_iter().flat_map(|entry| entry.facts.skills.iter().take(MAIN).map(|skill| &*skill.name))
}

fn has(entry: &Entry, name: &str) -> bool {
    main(Some(entry)).any(|known| known == name)
}

fn importance(entry: &Entry, name: &str) -> String {
    let skill = entry.facts.skills.iter().find(|skill| &*skill.name == name);
    skill.map_or_else(String::new, |skill| exact(skill.importance, 0))
}

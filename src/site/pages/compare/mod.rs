//! Occupations side by side.

mod apart;
mod choice;
mod column;
mod measures;
mod statistics;

pub use choice::neighbours;

use maud::{Markup, html};

use super::parts::title;
use crate::site::address::{self, Here};
use crate::site::chart::{Density, legend};
use crate::site::frame::{Nav, Page};
use crate::site::words::{listed, said};
use crate::site::{Entry, Site, groups, linked};

/// `compare/`: a pair to begin with, a picker for readers with scripts, and all occupations by group.
pub fn overview(site: &Site, all: &Density) -> Page {
    let here = Here::at("compare/");
    let chosen = choice::first_pair(site);
    let main = html! {
        h1 { "Compare occupations" }
        p.dek { "Two or three occupations side by side, with the same measures in the same order. Below is a list of all; each name there leads to that occupation beside its two nearest." }
        (picker())
        div #compared { (side_by_side(site, &chosen, &here, all)) }
        (every(site, &here))
    };
    Page {
        title: "Compare occupations".to_owned(),
        description: "Occupations side by side: score, range of the models, pay, outlook, tasks and skills."
            .to_owned(),
        nav: Nav::Compare,
        data: Some(linked::breadcrumbs(site, &[("Compare", "compare/")])),
        links: Vec::new(),
        is_indexed: true,
        scripts: &["compare.js"],
        main,
        here,
    }
}

/// `compare/CODE/`: an occupation with its two nearest.
pub fn page(site: &Site, place: usize, all: &Density) -> Option<Page> {
    let entry = site.entries.get(place)?;
    let path = address::comparison(&entry.scored.occupation.code);
    let here = Here::at(&path);
    let chosen: Vec<usize> = std::iter::once(place).chain(neighbours(site, place)).collect();
    let names: Vec<String> =
        chosen.iter().filter_map(|place| Some(title(site.entries.get(*place)?).into_owned())).collect();
    let names = listed(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let main = html! {
        nav.crumb aria-label="Breadcrumb" { a href=(here.to("")) { "Occupations" } span aria-hidden="true" { "/" } a href=(here.to("compare/")) { "Compare" } }
        h1 { (title(entry)) " beside its neighbours" }
        p.dek { "Neighbours are occupations that O*NET calls related, then those of the same group, then those with the nearest score." }
        (side_by_side(site, &chosen, &here, all))
    };
    Some(Page {
        title: format!("Compare {names}"),
        description: format!(
            "{names} side by side: score, range of the models, pay, outlook, tasks and skills."
        ),
        nav: Nav::Compare,
        data: Some(linked::breadcrumbs(site, &[("Compare", "compare/"), (&title(entry), &path)])),
        links: Vec::new(),
        is_indexed: true,
        scripts: &[],
        main,
        here,
    })
}

fn side_by_side(site: &Site, chosen: &[usize], here: &Here, all: &Density) -> Markup {
    let entries: Vec<&Entry> = chosen.iter().filter_map(|place| site.entries.get(*place)).collect();
    let columns = if entries.len() > 2 { "three sides" } else { "two sides" };
    html! {
        section aria-labelledby="h-sides" {
            div.shead {
                h2 #h-sides { "Side by side" }
                (legend(site.run.models.iter().map(|model| said(&model.id)).collect::<Vec<_>>().iter().map(|name| &**name)))
            }
            div class=(columns) {
                @for (place, entry) in entries.iter().enumerate() { (column::draw(site, entry, here, all, place)) }
            }
        }
        (measures::section(site, &entries, here))
        (apart::section(&entries))
    }
}

/// Filled and shown by the script, which reads the list of all occupations.
fn picker() -> Markup {
    html! {
        form.tools.picker #picker hidden {
            @for (place, label) in ["First", "Second", "Third (or none)"].into_iter().enumerate() {
                label { span.small { (label) } select name="o" data-place=(place) {} }
            }
            p.vh #compare-live role="status" {}
        }
    }
}

/// Every occupation, by major group in the order of the catalogue.
fn every(site: &Site, here: &Here) -> Markup {
    html! {
        section aria-labelledby="h-all" {
            h2 #h-all { "All occupations, each beside its nearest" }
            div #all {
                @for (name, entries) in by_group(site) {
                    details.alltasks {
                        summary { (name) " (" (entries.len()) ")" }
                        ul.dl { @for entry in entries {
                            li { a href=(here.to(&address::comparison(&entry.scored.occupation.code))) { (title(entry)) } }
                        } }
                    }
                }
            }
        }
    }
}

/// Groups in the order of their first occupations; codes of no group come together.
fn by_group(site: &Site) -> Vec<(&'static str, Vec<&Entry>)> {
    let mut found: Vec<(&str, Vec<&Entry>)> = Vec::new();
    for entry in &site.entries {
        let name = groups::of(&entry.scored.occupation.code).unwrap_or(groups::OTHERS).name;
        match found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, entries)) => entries.push(entry),
            None => found.push((name, vec![entry])),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::chart::density;
    use crate::site::frame::framed;
    use crate::site::sample;

    fn all(site: &Site) -> Density {
        density(site.entries.iter().filter_map(|entry| entry.scored.score).collect())
    }

    #[test]
    fn occupations_stand_side_by_side_with_all_measures() {
        let site = sample::site();
        let text = framed(&site, &page(&site, 0, &all(&site)).unwrap());
        for part in [
            "Software Developers",
            "Cashiers",
            "52",
            "44–60",
            "31",
            "$133,080",
            "$239,200 or more",
            "With a person in charge",
            "71",
            "1,693,800",
            "Task 9577.",
            "Task 1.",
            "Speaking",
            "Service Orientation",
            "+17.9%",
            "id=\"c0-t\"",
            "id=\"c1-t\"",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(text.matches("<h1").count(), 1);
    }

    #[test]
    fn the_overview_begins_with_the_two_largest_and_lists_all() {
        let site = sample::site();
        let text = framed(&site, &overview(&site, &all(&site)));
        assert!(text.contains("../compare/15-1252.00/") && text.contains("../compare/41-2011.00/"));
        assert!(text.contains("../assets/compare.js"));
        assert!(
            text.find(">Cashiers</a></h3>").unwrap() < text.find(">Software Developers</a></h3>").unwrap()
        );
    }

    #[test]
    fn text_from_outside_is_no_markup() {
        let site = sample::hostile();
        assert!(sample::is_tame(&framed(&site, &overview(&site, &all(&site)))));
        assert!(sample::is_tame(&framed(&site, &page(&site, 0, &all(&site)).unwrap())));
    }
}

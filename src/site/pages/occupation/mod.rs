//! The page of an occupation: its score, and everything that the score is made of.

mod commentary;
mod facts;
mod hero;
mod known;
mod labour;
mod questions;
mod receipt;
mod skills;
mod tasks;

use maud::{Markup, html};

use super::shared::{headline_word, is_exposure, shown};
use crate::site::address::{self, Here};
use crate::site::chart::Density;
use crate::site::frame::{Nav, Page};
use crate::site::groups;
use crate::site::words::{brief, said};
use crate::site::{Entry, Site, linked};

/// A longer description is set smaller, lest it push the score out of sight.
const LONG: usize = 240;

/// A longer title is set smaller.
const LONG_TITLE: usize = 60;

/// What the sections of a page have at hand.
pub struct Spot<'a> {
    pub site: &'a Site,
    pub entry: &'a Entry,
    pub here: &'a Here,
}

impl Spot<'_> {
    /// The names of the run's models, in their order.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.site.run.models.iter().map(|model| &*model.id)
    }

    pub fn model(&self, place: usize) -> &str {
        self.site.run.models.get(place).map_or("", |model| &model.id)
    }
}

pub fn page(site: &Site, entry: &Entry, all: &Density) -> Page {
    let occupation = &entry.scored.occupation;
    let here = Here::at(&address::occupation(&occupation.code));
    let spot = Spot { site, entry, here: &here };
    let main = html! {
        (crumb(&spot))
        h1 class=[(occupation.title.chars().count() > LONG_TITLE).then_some("long")] { (said(&occupation.title)) }
        @if !occupation.description.is_empty() {
            p class=(if occupation.description.len() > LONG { "dek long" } else { "dek" }) { (said(&occupation.description)) }
        }
        (hero::hero(&spot, all))
        (facts::strip(&spot))
        (tasks::section(&spot))
        (known::section(&spot))
        (skills::section(&spot))
        (labour::section(&spot))
        (commentary::section(&spot))
        (questions::section(&spot))
        (receipt::section(&spot))
    };
    Page {
        title: title(site, entry),
        description: description(site, entry),
        nav: Nav::Occupations,
        data: Some(linked::occupation(site, entry)),
        links: vec![super::shared::as_json(&here, &occupation.code)],
        is_indexed: true,
        scripts: &[],
        here,
        main,
    }
}

fn title(site: &Site, entry: &Entry) -> String {
    let name = brief(&entry.scored.occupation.title, 120);
    match entry.scored.score {
        Some(score) => format!("{name}: {} {} of 100", headline_word(site), shown(site, score)),
        None => format!("{name}: no score"),
    }
}

fn description(site: &Site, entry: &Entry) -> String {
    let name = brief(&entry.scored.occupation.title, 120);
    let models = crate::site::words::several(site.run.models.len(), "model");
    if is_exposure(site) {
        format!("How much of the work of {name} today’s AI could do alone, scored task by task by {models}.")
    } else {
        format!("{name}, scored task by task by {models}: {}.", said(&site.run.rubric.summary))
    }
}

fn crumb(spot: &Spot<'_>) -> Markup {
    let code = &spot.entry.scored.occupation.code;
    html! {
        nav.crumb aria-label="Breadcrumb" {
            a href=(spot.here.to("")) { "Occupations" }
            span aria-hidden="true" { "/" }
            @if let Some(group) = groups::of(code) {
                a href=(spot.here.to(&format!("?g={}#all", group.code))) { (group.name) }
                span aria-hidden="true" { "/" }
            }
            span { (said(code)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::chart::density;
    use crate::site::frame::framed;
    use crate::site::sample;

    /// A section of an occupation's page.
    pub fn drawn(site: &Site, place: usize, section: impl Fn(&Spot<'_>) -> Markup) -> String {
        let entry = &site.entries[place];
        let here = Here::at(&address::occupation(&entry.scored.occupation.code));
        let text = section(&Spot { site, entry, here: &here }).into_string();
        assert!(!sample::has_no_number(&text), "{text}");
        text
    }

    /// The whole page.
    pub fn whole(site: &Site, place: usize) -> String {
        let all = density(site.entries.iter().filter_map(|entry| entry.scored.score).collect());
        let text = framed(site, &page(site, &site.entries[place], &all));
        assert!(!sample::has_no_number(&text), "{text}");
        assert_eq!(sample::lost(&text), [""; 0]);
        text
    }

    #[test]
    fn every_way_that_a_run_may_be_makes_a_page() {
        let sites =
            [sample::site(), sample::exposure(), sample::nominal(), sample::single(), sample::scoreless()];
        for site in sites.into_iter().chain([sample::shared_figures()]) {
            for place in 0..site.entries.len() {
                let text = whole(&site, place);
                assert!(text.contains(&site.entries[place].scored.occupation.title));
            }
        }
    }

    #[test]
    fn the_title_has_the_score_or_says_that_there_is_none() {
        assert!(whole(&sample::exposure(), 0).contains("<title>Software Developers: AI exposure 52 of 100"));
        assert!(whole(&sample::scoreless(), 1).contains("<title>Cashiers: no score"));
    }

    #[test]
    fn a_long_title_and_a_long_description_are_set_smaller() {
        let mut site = sample::site();
        let short = whole(&site, 0);
        assert!(short.contains("<h1>Software Developers</h1>") && short.contains("class=\"dek\""));
        site.entries[0].scored.occupation.title = "x".repeat(LONG_TITLE + 1);
        site.entries[0].scored.occupation.description = "x".repeat(LONG + 1);
        let long = whole(&site, 0);
        assert!(long.contains("<h1 class=\"long\">") && long.contains("class=\"dek long\""));
        site.entries[0].scored.occupation.description = String::new();
        assert!(!whole(&site, 0).contains("class=\"dek"));
    }

    #[test]
    fn the_crumb_leads_to_the_group_where_there_is_one() {
        let mut site = sample::site();
        assert!(whole(&site, 0).contains("?g=15#all"));
        site.entries[0].scored.occupation.code = "own-1".into();
        assert!(!drawn(&site, 0, crumb).contains("?g="));
    }

    #[test]
    fn hostile_text_is_tamed_wherever_it_stands() {
        let mut site = sample::hostile();
        // Names of models are the config's own: escaped, but not tamed.
        site.run.models[0].id = sample::NASTY.replace('\u{202e}', "").into();
        for place in 0..2 {
            let entry = &site.entries[place];
            let all = density(vec![1.0]);
            let text = framed(&site, &page(&site, entry, &all));
            assert!(sample::is_tame(&text), "{:#?}", sample::turned(&text));
        }
    }
}

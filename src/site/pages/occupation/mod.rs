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

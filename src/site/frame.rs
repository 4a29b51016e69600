//! What every page has: its head, the way around the site, and the foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;

use super::address::Here;
use super::chart::logo;
use super::pages::is_exposure;
use super::words::{listed, said, span};
use super::{POLICY, Site};

/// Where a page belongs in the navigation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nav {
    Occupations,
    Compare,
    Method,
    Drift,
    Data,
    Nowhere,
}

impl Nav {
    const SHOWN: [(Self, &'static str, &'static str); 5] = [
        (Self::Occupations, "Occupations", ""),
        (Self::Compare, "Compare", "compare/"),
        (Self::Method, "Method", "method/"),
        (Self::Drift, "Agreement", "drift/"),
        (Self::Data, "Data", "data/"),
    ];
}

/// A page without its frame.
pub struct Page {
    pub here: Here,
    /// For the tab and for search engines; without the site's name.
    pub title: String,
    pub description: String,
    pub nav: Nav,
    /// JSON-LD, where there is something to say to machines.
    pub data: Option<Value>,
    /// Further links of the head: other forms of the page.
    pub links: Vec<Link>,
    pub is_indexed: bool,
    /// Scripts besides the one of every page, by their names in assets/.
    pub scripts: &'static [&'static str],
    pub main: Markup,
}

/// Another form of a page.
pub struct Link {
    pub rel: &'static str,
    pub kind: &'static str,
    pub title: &'static str,
    pub href: String,
}

/// The whole page.
pub fn framed(site: &Site, page: &Page) -> String {
    let here = &page.here;
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(site, page)) }
            body {
                a.skip href="#main" { "Skip to content" }
                @if site.settings.is_demo { (notice()) }
                header.top { div.wrap {
                    a.brand href=(here.to("")) { (logo()) (said(&site.settings.title)) }
                    nav aria-label="Main" {
                        @for (nav, name, path) in Nav::SHOWN {
                            a href=(here.to(path)) aria-current=[(nav == page.nav).then_some("page")] { (name) }
                        }
                    }
                    button.tbtn #theme type="button" hidden { "Theme: auto" }
                } }
                main.wrap #main { (page.main) }
                footer { div.wrap { (foot(site)) } }
            }
        }
    };
    markup.into_string()
}

fn head(site: &Site, page: &Page) -> Markup {
    let here = &page.here;
    let title = format!("{} – {}", said(&page.title), said(&site.settings.title));
    let canonical = site.settings.base_url.as_ref().map(|base| format!("{base}{}", here.path()));
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width,initial-scale=1";
        meta http-equiv="Content-Security-Policy" content=(POLICY);
        title { (title) }
        meta name="description" content=(described(site, page));
        @if !page.is_indexed { meta name="robots" content="noindex"; }
        meta name="color-scheme" content="light dark";
        (preview(site, page, canonical.as_deref()))
        @if let Some(url) = canonical.filter(|_| page.is_indexed) { link rel="canonical" href=(url); }
        @for link in &page.links { link rel=(link.rel) type=(link.kind) title=(link.title) href=(link.href); }
        @if site.settings.base_url.is_some() {
            link rel="alternate" type="application/atom+xml" title="Changes" href=(here.to("feed.xml"));
        }
        link rel="icon" href=(here.to("assets/icon.svg")) type="image/svg+xml";
        @for font in ["newsreader", "inter"] {
            link rel="preload" href=(here.to(&format!("assets/{font}.woff2"))) as="font" type="font/woff2" crossorigin;
        }
        link rel="stylesheet" href=(here.to("assets/site.css"));
        script src=(here.to("assets/site.js")) defer {}
        @for name in page.scripts { script src=(here.to(&format!("assets/{name}"))) defer {} }
        @if let Some(data) = &page.data { (json_ld(data)) }
    }
}

/// What other sites show where the page is linked to. They want whole addresses.
fn preview(site: &Site, page: &Page, url: Option<&str>) -> Markup {
    html! {
        meta property="og:type" content="website";
        meta property="og:site_name" content=(said(&site.settings.title));
        meta property="og:title" content=(said(&page.title));
        meta property="og:description" content=(described(site, page));
        @if let Some(url) = url { meta property="og:url" content=(url); }
        @if let Some(base) = &site.settings.base_url {
            meta property="og:image" content={ (base) "assets/preview.png" };
            meta property="og:image:width" content="1200";
            meta property="og:image:height" content="630";
            meta property="og:image:alt" content="Three models' scores as marks on three lines";
            meta name="twitter:card" content="summary_large_image";
        } @else {
            meta name="twitter:card" content="summary";
        }
    }
}

/// Data that no browser runs. An end tag in a text must not end the element.
fn json_ld(data: &Value) -> Markup {
    let text = data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    html! { script type="application/ld+json" { (PreEscaped(text)) } }
}

fn notice() -> Markup {
    html! {
        div.demo role="region" aria-label="Notice" { div.wrap {
            "Demonstration: scores on this site are made up by mock models. They say nothing about any job."
        } }
    }
}

fn meaning(site: &Site) -> String {
    if site.run.models.iter().any(|model| model.provider == "label") {
        "Scores are ratings by people and models.".to_owned()
    } else if is_exposure(site) {
        "Scores are models’ estimates of what today’s AI could do with a task.".to_owned()
    } else {
        format!("Scores are language models’ ratings under the rubric “{}”.", said(&site.run.rubric.title))
    }
}

/// What the page is about, for other sites and search engines, which see nothing of the notice.
fn described(site: &Site, page: &Page) -> String {
    let demo = if site.settings.is_demo { "Demonstration, made-up scores: " } else { "" };
    format!("{demo}{}", said(&page.description))
}

fn foot(site: &Site) -> Markup {
    let attribution = &site.run.catalogue.attribution;
    html! {
        @if !attribution.is_empty() { p { (said(attribution)) } }
        @for (licence, names) in sources(site) { p { (names) ": " (said(licence)) "." } }
        p { (meaning(site)) " They are no forecast of what happens to jobs." }
        @if !site.settings.publisher.is_empty() { p { "Published by " (said(&site.settings.publisher)) "." } }
    }
}

/// Where facts are from, by licence. Files of the catalogue's release are named by its own sentence.
fn sources(site: &Site) -> Vec<(&str, String)> {
    let is_of_release = |name: &&str| name.starts_with(&site.run.catalogue.name);
    let named = super::sources::by_licence(&site.inputs).into_iter().map(|(licence, mut names)| {
        names.retain(|name| !is_of_release(name));
        (licence, names)
    });
    named
        .filter(|(_, names)| !names.is_empty())
        .map(|(licence, names)| (licence, span(&listed(&names))))
        .collect()
}

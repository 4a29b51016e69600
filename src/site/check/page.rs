//! One page, looked at by itself: what it has to have, and what the check of links needs to know of it.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::html::{Element, Tree};
use super::{Finding, Findings, Kind, access, policy};

/// What is known of a page once its tree is gone.
pub(super) struct Page {
    pub path: String,
    pub findings: Findings,
    pub title: String,
    pub ids: HashSet<String>,
    pub links: Vec<Link>,
    /// Search engines may show it: it does not say otherwise, and leads nowhere else by itself.
    pub is_indexable: bool,
    /// It only leads elsewhere.
    pub is_alias: bool,
    pub canonical: Option<String>,
    /// As a server sends it.
    pub packed: usize,
    /// How often a model's words about a task stand on it.
    pub ratings: usize,
}

pub(super) struct Link {
    pub url: String,
    pub line: u64,
    pub leads: Leads,
}

/// What becomes of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leads {
    /// A reader follows it.
    Reader,
    /// A browser fetches it to show the page.
    Browser,
    /// It only says where something is.
    Nobody,
}

/// Where findings of a page go.
pub(super) struct Notes<'a> {
    pub path: &'a str,
    pub findings: Findings,
}

impl Notes<'_> {
    pub(super) fn add(&mut self, kind: Kind, line: u64, what: impl Into<String>, next: &'static str) {
        let finding = Finding { kind, page: self.path.to_owned(), line: Some(line), what: what.into(), next };
        self.findings.add(finding);
    }

    /// About the page as a whole.
    pub(super) fn whole(&mut self, kind: Kind, what: impl Into<String>, next: &'static str) {
        let finding = Finding { kind, page: self.path.to_owned(), line: None, what: what.into(), next };
        self.findings.add(finding);
    }
}

impl Page {
    pub(super) fn read(path: &str, bytes: &[u8]) -> Self {
        let mut notes = Notes { path, findings: Findings::default() };
        let text = String::from_utf8_lossy(bytes);
        if std::str::from_utf8(bytes).is_err() {
            notes.whole(Kind::Html, "is not UTF-8", "write the page as UTF-8");
        }
        let tree = Tree::parse(&text);
        for one in &tree.objections {
            let what = format!("a parser objects: {}", quoted(&one.what));
            notes.add(Kind::Html, one.line, what, "mend the markup; browsers only guess what is meant");
        }
        let elements = tree.elements();
        let is_alias = elements.iter().any(|one| refresh(one).is_some());
        let title = head(&elements, is_alias, &mut notes);
        let ids = access::check(&elements, is_alias, &mut notes);
        policy::check(&elements, &mut notes);
        let hidden = elements.iter().any(|one| is_meta(one, "robots") && one.has_word("content", "noindex"));
        let canonical = elements.iter().find(|one| one.is(&["link"]) && one.has_word("rel", "canonical"));
        Self {
            title,
            ids,
            links: elements.iter().flat_map(links).collect(),
            is_indexable: !hidden && !is_alias && path != "404.html",
            is_alias,
            canonical: canonical.and_then(|one| one.get("href")).map(str::to_owned),
            packed: packed(bytes),
            ratings: ratings(bytes),
            findings: notes.findings,
            path: path.to_owned(),
        }
    }
}

/// Each stands in a card of its own.
fn ratings(bytes: &[u8]) -> usize {
    String::from_utf8_lossy(bytes).matches("class=\"card\"").count()
}

/// What gzip makes of it at the level that servers use.
pub(super) fn packed(bytes: &[u8]) -> usize {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    // Memory takes all that comes.
    let _ = packer.write_all(bytes);
    packer.finish().map_or(usize::MAX, |packed| packed.len())
}

/// Foreign text as it may stand in a message: short, and on one line.
pub(super) fn quoted(text: &str) -> String {
    let most = 90;
    let mut shown: String =
        text.trim().chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().nth(most).is_some() {
        shown.push_str("...");
    }
    shown
}

fn is_meta(element: &Element<'_>, name: &str) -> bool {
    element.is(&["meta"]) && element.get("name").is_some_and(|found| found.eq_ignore_ascii_case(name))
}

/// Where a page leads by itself.
fn refresh(element: &Element<'_>) -> Option<String> {
    let is_refresh = element.is(&["meta"])
        && element.get("http-equiv").is_some_and(|found| found.eq_ignore_ascii_case("refresh"));
    let (_, target) = is_refresh.then(|| element.get("content"))??.split_once([';', ','])?;
    let (name, url) = target.split_once('=')?;
    let url = url.trim().trim_matches(['\'', '"']);
    name.trim().eq_ignore_ascii_case("url").then(|| url.to_owned())
}

/// What stands in the head; returns the title.
fn head(elements: &[Element<'_>], is_alias: bool, notes: &mut Notes<'_>) -> String {
    let html = elements.iter().find(|one| one.is(&["html"]));
    if html.and_then(|one| one.get("lang")).is_none_or(|lang| lang.trim().is_empty()) {
        notes.whole(Kind::Page, "<html> has no lang", "say the language: <html lang=\"en\">");
    }
    let title = elements.iter().find(|one| one.is(&["title"])).map(Element::text).unwrap_or_default();
    let title = title.trim().to_owned();
    if title.is_empty() {
        notes.whole(Kind::Page, "there is no <title>, or it is empty", "name the page in its head");
    }
    let says = |name: &str| {
        let found = elements.iter().find(|one| is_meta(one, name)).and_then(|one| one.get("content"));
        found.is_some_and(|content| !content.trim().is_empty())
    };
    if !is_alias {
        if !says("description") {
            notes.whole(Kind::Page, "there is no description", "<meta name=\"description\" content=...>");
        }
        if !says("viewport") {
            let next = "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
            notes.whole(Kind::Page, "there is no viewport", next);
        }
        match elements.iter().filter(|one| one.is(&["h1"])).count() {
            1 => {}
            count => notes.whole(
                Kind::Page,
                format!("{count} <h1> where there is to be one"),
                "one heading says what the page is about",
            ),
        }
    }
    title
}

/// Everything in an element that names another file.
fn links(element: &Element<'_>) -> Vec<Link> {
    let mut found = Vec::new();
    let mut add = |url: &str, leads: Leads| {
        found.push(Link { url: url.trim().to_owned(), line: element.line(), leads });
    };
    for (name, value) in element.attributes() {
        match (element.name(), name) {
            ("a" | "area", "href") => add(value, Leads::Reader),
            ("link", "href") if policy::is_loaded(element) => add(value, Leads::Browser),
            ("link", "href") => add(value, Leads::Nobody),
            ("form", "action") | ("button" | "input", "formaction") => add(value, Leads::Reader),
            (_, "href") => add(value, Leads::Browser),
            (_, "src" | "poster") => add(value, Leads::Browser),
            (_, "srcset" | "imagesrcset") => {
                let parts = value.split(',').filter_map(|part| part.split_ascii_whitespace().next());
                parts.for_each(|url| add(url, Leads::Browser));
            }
            ("meta", "content") if is_address(element) => add(value, Leads::Nobody),
            _ => {}
        }
    }
    if let Some(url) = refresh(element) {
        add(&url, Leads::Reader);
    }
    found
}

/// What social networks are told of a page's address and picture.
fn is_address(element: &Element<'_>) -> bool {
    let name = element.get("property").or_else(|| element.get("name")).unwrap_or_default();
    ["og:url", "og:image", "twitter:image"].contains(&name)
}

/// What only shows when pages lie side by side.
pub(super) fn together(pages: &[Page], findings: &mut Findings) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for page in pages.iter().filter(|page| page.is_indexable && !page.title.is_empty()) {
        match first.get(page.title.as_str()) {
            None => {
                first.insert(&page.title, &page.path);
            }
            Some(other) => findings.add(Finding {
                kind: Kind::Page,
                page: page.path.clone(),
                line: None,
                what: format!("has the title of {other}: {}", quoted(&page.title)),
                next: "say in the title what only this page is about, or take it from search by noindex",
            }),
        }
    }
}

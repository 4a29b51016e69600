//! What readers need who hear a page, or go through it by keyboard: names, headings, headers, ids that exist.

use std::collections::{BTreeMap, HashSet};

use super::Kind;
use super::html::Element;
use super::page::{Notes, quoted};

/// Attributes that name elements of the same page.
const POINTERS: &[&str] = &[
    "for",
    "headers",
    "list",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
    "aria-owns",
    "aria-details",
];

/// Returns the ids of the page.
pub(super) fn check(elements: &[Element<'_>], is_alias: bool, notes: &mut Notes<'_>) -> HashSet<String> {
    let ids = ids(elements, notes);
    for element in elements {
        pointers(element, &ids, notes);
        names(element, elements, notes);
        nesting(element, notes);
        tables(element, notes);
    }
    if !is_alias {
        headings(elements, notes);
    }
    ids.into_keys().map(str::to_owned).collect()
}

/// Each with its line.
fn ids<'a>(elements: &[Element<'a>], notes: &mut Notes<'_>) -> BTreeMap<&'a str, u64> {
    let mut ids = BTreeMap::new();
    for element in elements {
        let Some(id) = element.get("id") else { continue };
        if id.is_empty() || id.contains(|c: char| c.is_ascii_whitespace()) {
            let next = "an id has at least one character and no space";
            notes.add(Kind::Html, element.line(), format!("the id `{}`", quoted(id)), next);
        }
        if let Some(first) = ids.insert(id, element.line()) {
            let what = format!("the id `{}` is taken in line {first}", quoted(id));
            notes.add(Kind::Html, element.line(), what, "make each id once a page");
        }
    }
    ids
}

fn pointers(element: &Element<'_>, ids: &BTreeMap<&str, u64>, notes: &mut Notes<'_>) {
    let mut missing = |attribute: &str, id: &str| {
        if !ids.contains_key(id) {
            let what = format!("{attribute} names `{}`, an id that is not there", quoted(id));
            notes.add(Kind::Access, element.line(), what, "give the element that is meant this id");
        }
    };
    for (name, value) in element.attributes() {
        if POINTERS.contains(&name) {
            value.split_ascii_whitespace().for_each(|id| missing(name, id));
        } else if let Some((_, rest)) = value.split_once("url(#").filter(|_| !element.is_html()) {
            // A paint, a clip or a marker of SVG.
            missing(name, rest.split(')').next().unwrap_or_default());
        }
    }
}

fn is_filled(value: Option<&str>) -> bool {
    value.is_some_and(|value| !value.trim().is_empty())
}

fn is_labelled(element: &Element<'_>) -> bool {
    is_filled(element.get("aria-label")) || is_filled(element.get("aria-labelledby"))
}

fn is_hidden(element: &Element<'_>) -> bool {
    std::iter::once(*element).chain(element.ancestors()).any(|one| one.get("aria-hidden") == Some("true"))
}

/// Whether pictures and controls say what they are.
fn names(element: &Element<'_>, elements: &[Element<'_>], notes: &mut Notes<'_>) {
    let line = element.line();
    match element.name() {
        "img" | "area" if element.is_html() && !element.has("alt") => {
            notes.add(
                Kind::Access,
                line,
                format!("<{}> has no alt", element.name()),
                "alt=\"\" where it only decorates",
            );
        }
        "svg" if element.ancestors().all(|one| one.is_html()) && !is_hidden(element) => {
            let has_title =
                element.children().any(|one| one.name() == "title" && is_filled(Some(&one.text())));
            if element.get("role") != Some("img") || !(is_labelled(element) || has_title) {
                let next = "aria-hidden=\"true\", or role=\"img\" with a <title> or an aria-label";
                notes.add(Kind::Access, line, "<svg> is neither hidden nor a named image", next);
            }
        }
        "input" | "select" | "textarea" if element.is_html() => {
            let is_silent = ["hidden", "submit", "button", "reset", "image"]
                .contains(&element.get("type").unwrap_or_default());
            let is_within = element.ancestors().any(|one| one.is(&["label"]));
            let id = element.get("id");
            let has_label =
                || elements.iter().any(|one| one.is(&["label"]) && id.is_some() && one.get("for") == id);
            if !is_silent && !is_within && !is_labelled(element) && !has_label() {
                let what = format!("<{}> has no label", element.name());
                notes.add(Kind::Access, line, what, "<label for=...>, or an aria-label");
            }
        }
        "a" | "button" if element.is_html() && !is_hidden(element) && !is_labelled(element) => {
            let has_words = !element.text().trim().is_empty() || is_filled(element.get("title"));
            // A picture within may speak for it.
            let pictured = || {
                elements.iter().any(|one| {
                    (is_filled(one.get("alt")) || is_labelled(one))
                        && one.ancestors().any(|outer| outer.same(element))
                })
            };
            if !has_words && !pictured() {
                let what = format!("<{}> says nothing", element.name());
                notes.add(Kind::Access, line, what, "words in it, or an aria-label");
            }
        }
        _ => {}
    }
}

fn is_interactive(element: &Element<'_>) -> bool {
    match element.name() {
        "a" | "area" => element.has("href"),
        "input" => element.is_html() && element.get("type") != Some("hidden"),
        "button" | "select" | "textarea" | "summary" => element.is_html(),
        _ => element.get("tabindex").is_some_and(|at| !at.starts_with('-')),
    }
}

/// What can be pressed within what can be pressed, and within what is an image to those who hear it.
fn nesting(element: &Element<'_>, notes: &mut Notes<'_>) {
    if !is_interactive(element) {
        return;
    }
    let swallows = |one: &Element<'_>| {
        one.is(&["button", "summary"])
            || one.name() == "a" && one.has("href")
            || one.get("role") == Some("img")
            || one.has("tabindex") && one.get("role") == Some("button")
    };
    if let Some(outer) = element.ancestors().find(swallows) {
        let what = format!("<{}> stands in <{}>", element.name(), outer.name());
        let next = "put them side by side: only one of two that are nested can be reached";
        notes.add(Kind::Access, element.line(), what, next);
    }
}

fn tables(element: &Element<'_>, notes: &mut Notes<'_>) {
    if element.is(&["th"]) {
        let is_said =
            ["col", "row", "colgroup", "rowgroup"].contains(&element.get("scope").unwrap_or_default());
        if !is_said {
            notes.add(Kind::Access, element.line(), "<th> has no scope", "scope=\"col\" or scope=\"row\"");
        }
    } else if element.is(&["table"]) && !has_headers(element) {
        notes.add(
            Kind::Access,
            element.line(),
            "the table has no headers",
            "<th scope=...> for columns or rows",
        );
    }
}

/// A table with a header cell in one of its rows.
fn has_headers(element: &Element<'_>) -> bool {
    let is_row = |row: &Element<'_>| row.is(&["tr"]) && row.children().any(|cell| cell.is(&["th"]));
    element.children().any(|part| part.children().any(|row| is_row(&row)))
}

fn headings(elements: &[Element<'_>], notes: &mut Notes<'_>) {
    let mut before = 0;
    for element in elements.iter().filter(|one| one.is(&["h1", "h2", "h3", "h4", "h5", "h6"])) {
        let level = element.name().bytes().last().map_or(0, |digit| digit.saturating_sub(b'0'));
        if level > before + 1 {
            let what = match before {
                0 => format!("the first heading is <{}>", element.name()),
                before => format!("<{}> follows <h{before}>", element.name()),
            };
            notes.add(Kind::Access, element.line(), what, "go down one level at a time");
        }
        before = level;
    }
}

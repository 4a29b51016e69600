//! What the Content Security Policy of the site forbids, found before a browser does, and what would leave the site.

use super::Kind;
use super::html::Element;
use super::page::{Notes, quoted};
use crate::site::POLICY;

/// Elements for which pages of numbers have no use, and other people's pages have.
const BANNED: &[&str] =
    &["base", "iframe", "frame", "frameset", "object", "embed", "applet", "fencedframe", "portal"];

/// What a browser fetches because of a `<link>`, or reaches out for.
const LOADED: &[&str] = &[
    "stylesheet",
    "icon",
    "apple-touch-icon",
    "mask-icon",
    "manifest",
    "preload",
    "modulepreload",
    "prefetch",
    "prerender",
    "preconnect",
    "dns-prefetch",
    "pingback",
];

pub(super) fn check(elements: &[Element<'_>], notes: &mut Notes<'_>) {
    says_policy(elements, notes);
    for element in elements {
        markup(element, notes);
        attributes(element, notes);
        leaves(element, notes);
    }
}

/// Whether a browser fetches what the `<link>` names, or opens a connection for it.
pub(super) fn is_loaded(element: &Element<'_>) -> bool {
    LOADED.iter().any(|word| element.has_word("rel", word))
}

/// The policy holds for what comes after it.
fn says_policy(elements: &[Element<'_>], notes: &mut Notes<'_>) {
    let is_policy = |one: &Element<'_>| {
        let name = one.get("http-equiv").unwrap_or_default();
        one.is(&["meta"]) && name.to_ascii_lowercase().starts_with("content-security-policy")
    };
    let next = "one <meta http-equiv=\"Content-Security-Policy\" content=...> with site::POLICY, before all else in the head";
    let mut found = elements.iter().enumerate().filter(|(_, one)| is_policy(one));
    let Some((place, policy)) = found.next() else {
        return notes.whole(Kind::Policy, "there is no Content Security Policy", next);
    };
    if policy.get("content") != Some(POLICY) {
        let what =
            format!("another Content Security Policy: {}", quoted(policy.get("content").unwrap_or_default()));
        notes.add(Kind::Policy, policy.line(), what, next);
    }
    if let Some((_, second)) = found.next() {
        notes.add(Kind::Policy, second.line(), "a second Content Security Policy", next);
    }
    let is_early = |one: &&Element<'_>| one.is(&["script"]) || one.is(&["link"]) && is_loaded(one);
    if let Some(early) = elements.iter().take(place).find(is_early) {
        let what = format!("<{}> comes before the Content Security Policy", early.name());
        notes.add(Kind::Policy, early.line(), what, next);
    }
}

fn markup(element: &Element<'_>, notes: &mut Notes<'_>) {
    let (name, line) = (element.name(), element.line());
    match name {
        "style" => notes.add(Kind::Policy, line, "<style> is inline", "put it into the stylesheet"),
        "script" if !element.has("src") && !element.has("href") => script(element, notes),
        _ if BANNED.contains(&name) => {
            notes.add(Kind::Policy, line, format!("<{name}>"), "leave it out");
        }
        _ => {}
    }
}

/// Data blocks are not run; anything else in the page would be.
fn script(element: &Element<'_>, notes: &mut Notes<'_>) {
    let kind = element.get("type").unwrap_or_default();
    if kind != "application/ld+json" {
        notes.add(Kind::Policy, element.line(), "<script> is inline", "put it into the script's file");
    } else if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&element.text()) {
        let what = format!("JSON-LD is not JSON: {}", quoted(&error.to_string()));
        notes.add(Kind::Policy, element.line(), what, "write the block as JSON");
    }
}

fn attributes(element: &Element<'_>, notes: &mut Notes<'_>) {
    let line = element.line();
    for (name, value) in element.attributes() {
        if name == "style" {
            notes.add(Kind::Policy, line, "style=", "a class, or a presentation attribute of SVG");
        } else if name.starts_with("on") {
            notes.add(Kind::Policy, line, format!("{name}="), "add the listener in the script's file");
        } else if name == "ping" || name == "srcdoc" {
            notes.add(Kind::Policy, line, format!("{name}="), "leave it out");
        }
        if is_url(name) && !is_harmless(value, element) {
            let what = format!("{name}={}", quoted(value));
            notes.add(Kind::Policy, line, what, "links are relative, or http(s)");
        }
    }
}

fn is_url(name: &str) -> bool {
    ["href", "src", "action", "formaction", "poster", "data", "cite", "background", "manifest"]
        .contains(&name)
}

/// A link that goes nowhere but to a page, a file, or an image within.
fn is_harmless(url: &str, element: &Element<'_>) -> bool {
    match scheme(url).as_deref() {
        None | Some("http" | "https") => true,
        Some("data") => element.is(&["img"]) || element.name() == "image" || element.has_word("rel", "icon"),
        Some(_) => false,
    }
}

/// As a browser takes it: white space and controls within do not count.
pub(super) fn scheme(url: &str) -> Option<String> {
    let clean = url.chars().filter(|c| !c.is_control()).collect::<String>();
    let (scheme, _) = clean.trim().split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// Leads away from the site, or from whatever scheme it is shown under. A backslash is a slash to a browser.
pub(super) fn is_external(url: &str) -> bool {
    let start: String = url.trim().chars().filter(|c| !c.is_control()).take(2).collect();
    scheme(url).is_some_and(|scheme| scheme != "data") || start.replace('\\', "/") == "//"
}

/// A window that is opened may not reach back. Links that open none hand nothing over: browsers send them no
/// opener, and the referrer policy keeps the path, so they need no `rel`.
fn leaves(element: &Element<'_>, notes: &mut Notes<'_>) {
    let opens =
        element.get("target").is_some_and(|target| !["", "_self", "_parent", "_top"].contains(&target));
    if opens && !element.has_word("rel", "noopener") && !element.has_word("rel", "noreferrer") {
        let next = "rel=\"noopener\", or no target at all";
        notes.add(Kind::Policy, element.line(), "opens a window that can reach back", next);
    }
    for name in ["action", "formaction"] {
        if element.get(name).is_some_and(is_external) {
            notes.add(
                Kind::Policy,
                element.line(),
                format!("{name}= leaves the site"),
                "nothing is sent elsewhere",
            );
        }
    }
}

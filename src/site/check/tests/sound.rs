//! A site in which there is nothing to mend, ways to spoil it, and what is told then.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::super::*;
use crate::site::POLICY;

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// A site in which there is nothing to mend.
pub(super) fn sound() -> Files {
    let mut files = Files::new();
    let mut put = |path: &str, text: String| files.insert(path.to_owned(), text.into_bytes());
    let index = "<ul><li><a href=\"o/1/#t\">One</a></li></ul><p><a href=\"data/all.csv\">Data</a> \
                 <a href=\"https://www.onetcenter.org/\">O*NET</a></p>";
    put("index.html", page("", "Index", index));
    put("o/1/index.html", page("../../", "One", OCCUPATION));
    let alias = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
                 content=\"POLICY\"><meta http-equiv=\"refresh\" content=\"0; url=../o/1/\"><title>One</title>\
                 <link rel=\"canonical\" href=\"https://x.org/s/o/1/\"></head><body><p><a href=\"../o/1/\">One</a></p></body></html>";
    put("one/index.html", alias.replace("POLICY", POLICY));
    let lost = page("/s/", "Not found", "<p><a href=\"/s/\">Home</a></p>");
    put("404.html", lost.replace("<link rel=\"canonical\" href=\"https://x.org/s//s/\">", ""));
    put("assets/site.css", CSS.to_owned());
    put("assets/site.js", "void 0".to_owned());
    put("assets/icon.svg", "<svg/>".to_owned());
    put("assets/i.woff2", "x".repeat(50_000));
    put("data/all.csv", "a".to_owned());
    put(
        "feed.xml",
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><link rel=\"self\" href=\"https://x.org/s/feed.xml\"/><entry>\
         <link href=\"https://x.org/s/o/1/\"/></entry></feed>"
            .to_owned(),
    );
    put(
        "sitemap.xml",
        "<urlset><url><loc>https://x.org/s/</loc></url><url><loc>https://x.org/s/o/1/</loc></url></urlset>"
            .to_owned(),
    );
    files
}

pub(super) const OCCUPATION: &str = "<h2 id=\"t\">Tasks</h2>\n<details class=\"task\"><summary>Write</summary><h3>m</h3></details>\
    <svg aria-hidden=\"true\"><a href=\"#t\"><text>x</text></a></svg><svg role=\"img\" aria-labelledby=\"n\"><title id=\"n\">A \
    chart</title><rect width=\"1\" fill=\"url(#n)\"/></svg><table><caption>c</caption><thead><tr><th scope=\"col\">a</th></tr>\
    </thead><tbody><tr><td headers=\"t\">1</td></tr></tbody></table><label for=\"q\">Search</label><input id=\"q\" \
    type=\"search\"><button type=\"button\">Go</button><p><a href=\"../../\">Up</a> <a href=\"?g=1\">g</a></p>\
    <script type=\"application/ld+json\">{\"@type\": \"Dataset\"}</script>";

pub(super) const CSS: &str = "@font-face{font-family:I;src:url(i.woff2)}\n:root{--paper:#fbfaf7;--surface:#fff;--sunk:#f3f1eb;--ink:#15181b;\
    --ink-2:#434a51;--ink-3:#666d75;--link:#0b4f86;--bar-ink:#1f3a6d;--m1:#b4450c;--m2:var(--ink);--b0:#dce4f1;--b1:#b3c5e3;\
    --b2:#7f9ccf;--b3:#466aae;--b4:#1f3a6d;--on-lo:#15181b;--on-hi:#ffffff;--focus:#0b4f86;--warn:#8a4b00;--warn-bg:#fbf0dc;\
    --line-2:#8a877f}\n@media (prefers-color-scheme: dark){:root:not([data-theme=light]){--paper:#0f1214;DARK}}\n\
    :root[data-theme=\"dark\"]{--paper:#0f1214;DARK}";

pub(super) const DARK: &str = "--surface:#161a1d;--sunk:#1b2024;--ink:#eceae5;--ink-2:#bcc2c7;--ink-3:#949ba2;--link:#8cc4f2;--bar-ink:#a9c1f0;\
    --m1:#f59a63;--b0:#1d2838;--b1:#2a3f64;--b2:#3f629b;--b3:#7096d4;--b4:#b9d0f7;--on-lo:#eceae5;--on-hi:#0f1214;--focus:#8cc4f2;\
    --warn:#f1c27a;--warn-bg:#2d2413;--line-2:#6b737a";

/// `up` leads from the page to the site's folder.
pub(super) fn page(up: &str, title: &str, body: &str) -> String {
    let place = if up == "../../" { "o/1/" } else { up };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
         content=\"{POLICY}\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><meta \
         name=\"description\" content=\"d\"><link rel=\"canonical\" href=\"https://x.org/s/{place}\"><link rel=\"stylesheet\" \
         href=\"{up}assets/site.css\"><link rel=\"icon\" href=\"{up}assets/icon.svg\"><script src=\"{up}assets/site.js\" \
         defer></script></head><body>\n<main><h1>{title}</h1>{body}</main></body></html>"
    )
}

pub(super) fn checked(files: &Files) -> Checked {
    let names: Vec<String> = files.keys().cloned().collect();
    let read = |name: &str| {
        let text = String::from_utf8_lossy(&files[name]).replace("DARK", DARK);
        Ok::<_, Infallible>(if name.ends_with(".css") { text.into_bytes() } else { files[name].clone() })
    };
    check(&names, read).unwrap()
}

pub(super) fn lines(files: &Files) -> Vec<String> {
    let line = |one: &Finding| format!("{} {}:{:?} {}", one.kind.name(), one.page, one.line, one.what);
    checked(files).findings.shown.iter().map(line).collect()
}

/// The sound site with one file made another; the findings that are then made, all of this kind.
pub(super) fn spoilt(path: &str, spoil: impl FnOnce(String) -> String) -> Vec<String> {
    let mut files = sound();
    let text = String::from_utf8(files.remove(path).unwrap_or_default()).unwrap();
    files.insert(path.to_owned(), spoil(text).into_bytes());
    lines(&files)
}

/// With this in the body of the occupation's page.
pub(super) fn with(body: &str) -> Vec<String> {
    spoilt("o/1/index.html", |page| page.replace("</main>", &format!("{body}</main>")))
}

/// With this in place of that on the occupation's page.
pub(super) fn instead(old: &str, new: &str) -> Vec<String> {
    spoilt("o/1/index.html", |page| {
        assert!(page.contains(old), "{old}");
        page.replace(old, new)
    })
}

/// One finding, of this kind and with these words.
#[track_caller]
pub(super) fn is_told(found: &[String], kind: &str, words: &str) {
    let is_it = found.iter().any(|line| line.starts_with(kind) && line.contains(words));
    assert!(is_it && found.len() == 1, "`{kind} .. {words}` is not what was told: {found:#?}");
}

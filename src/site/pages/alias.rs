//! Other addresses of occupations: the slug of the title, and the code without its last two digits.

use std::collections::{BTreeMap, BTreeSet};

use maud::{DOCTYPE, html};

use super::parts::title;
use crate::domain::names::slug;
use crate::site::words::said;
use crate::site::{Entry, File, POLICY, Site, address};

/// What of a slug may stand in a file's name. Longer ones are left out.
const LONGEST: usize = 120;

/// Folders below `o/` with the places of the occupations that they lead to. Only what leads to one occupation
/// and is no page itself.
pub fn aliases(site: &Site) -> Vec<(String, usize)> {
    let pages: BTreeSet<String> =
        site.entries.iter().map(|entry| address::folder(&entry.scored.occupation.code)).collect();
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, entry) in site.entries.iter().enumerate() {
        for name in names(entry) {
            let places = found.entry(name).or_default();
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    let is_free = |name: &String| !pages.contains(name);
    let only = found.into_iter().filter_map(|(name, places)| match *places {
        [place] if is_free(&name) => Some((name, place)),
        _ => None,
    });
    only.collect()
}

fn names(entry: &Entry) -> impl Iterator<Item = String> {
    let occupation = &entry.scored.occupation;
    let slug = slug(&occupation.title);
    let slug = (!slug.is_empty() && slug.is_ascii() && slug.len() <= LONGEST).then_some(slug);
    let six = occupation.code.rsplit_once('.').map(|(six, _)| six);
    let is_six = |six: &&str| six.len() == 7 && six.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    slug.into_iter().chain(six.filter(is_six).map(str::to_owned))
}

pub fn files(site: &Site) -> Vec<File> {
    let file = |(from, place): (String, usize)| {
        let text = text(site, site.entries.get(place)?);
        Some(File { path: format!("o/{from}/index.html"), bytes: text.into_bytes() })
    };
    aliases(site).into_iter().filter_map(file).collect()
}

fn text(site: &Site, entry: &Entry) -> String {
    let code = &entry.scored.occupation.code;
    let to = format!("../{}/", address::folder(code));
    let whole = site.settings.base_url.as_ref().map(|base| format!("{base}{}", address::occupation(code)));
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title(entry)) " – " (said(&site.settings.title)) }
                meta name="robots" content="noindex";
                meta http-equiv="refresh" content={ "0; url=" (to) };
                link rel="canonical" href=(whole.as_deref().unwrap_or(&to));
            }
            body { main { h1 { (title(entry)) } p { "This page is at " a href=(to) { (title(entry)) } "." } } }
        }
    };
    markup.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn slugs_and_six_digit_codes_lead_to_the_page() {
        let site = sample::site();
        let names: Vec<(String, usize)> = aliases(&site);
        for (name, place) in [("software-developers", 0), ("15-1252", 0), ("cashiers", 1), ("41-2011", 1)] {
            assert!(names.contains(&(name.to_owned(), place)), "{names:?}");
        }
        let text = String::from_utf8(files(&site)[0].bytes.clone()).unwrap();
        assert!(
            text.contains("content=\"0; url=../15-1252.00/\"")
                && text.contains("https://example.org/exposure/o/15-1252.00/"),
            "{text}"
        );
    }

    #[test]
    fn what_leads_to_two_or_is_a_page_is_no_alias() {
        let mut site = sample::site();
        site.entries[1].scored.occupation.code = "15-1252.01".into();
        site.entries[1].scored.occupation.title = "Software developers".into();
        assert_eq!(aliases(&site), []);
        site.entries[1].scored.occupation.code = "software-developers".into();
        site.entries[1].scored.occupation.title = "Ödland".into();
        assert_eq!(aliases(&site), [("15-1252".to_owned(), 0)]);
    }

    #[test]
    fn titles_from_outside_are_no_markup() {
        for file in files(&sample::hostile()) {
            assert!(sample::is_tame(&String::from_utf8(file.bytes).unwrap()));
        }
    }
}

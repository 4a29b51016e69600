//! `feed.xml`: an Atom feed with an entry for every run and what moved in it.

use maud::{Markup, PreEscaped, html};

use super::citation::author;
use crate::site::address::folder;
use crate::site::pages::moved;
use crate::site::words::{date, day, exact, said};
use crate::site::{Past, Site};

pub(super) fn xml(site: &Site, base: &str) -> String {
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" {
            title { (said(&site.settings.told(&site.settings.title))) }
            subtitle { (site.settings.told("Runs, and what moved in them")) }
            id { (base) "feed.xml" }
            link rel="self" type="application/atom+xml" href={ (base) "feed.xml" } {}
            link rel="alternate" type="text/html" href={ (base) "drift/" } {}
            updated { (site.receipt.began) }
            author { name { (said(author(site))) } }
            @for past in site.runs.iter().rev() { (entry(past, base)) }
        }
    };
    markup.into_string()
}

fn entry(past: &Past, base: &str) -> Markup {
    html! {
        entry {
            title { "Run of " (date(past.began)) }
            id { (id(past, base)) }
            link rel="alternate" type="text/html" href={ (base) "drift/" } {}
            updated { (past.began) }
            summary { (summary(past)) }
        }
    }
}

/// RFC 4151: the same for ever, wherever the site moves within its host.
fn id(past: &Past, base: &str) -> String {
    let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
    let host: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    format!("tag:{host},{}:score-tasks/run/{}", day(past.began), folder(&past.run))
}

fn summary(past: &Past) -> String {
    let mean = past.mean.map_or_else(String::new, |mean| format!(" Mean score {}.", exact(mean, 1)));
    match &past.change {
        Some(change) => format!("{}{mean}", moved(change)),
        None => format!("The first run that is shown.{mean}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn every_run_is_an_entry_with_an_id_that_stays() {
        let text = xml(&sample::site(), "https://example.org/exposure/");
        assert_eq!(text.matches("<entry>").count(), 2);
        assert!(
            text.contains("<id>tag:example.org,2026-06-02:score-tasks/run/2026-06-02-full</id>"),
            "{text}"
        );
        assert!(text.contains("<updated>2026-06-02T00:00:00.000Z</updated>"), "{text}");
        assert!(text.contains("moved by +5.0 points on average"), "{text}");
    }

    #[test]
    fn a_feed_of_made_up_scores_says_so_first() {
        let mut site = sample::site();
        site.settings.is_demo = true;
        let text = xml(&site, "https://example.org/exposure/");
        assert!(text.contains("<title>Demonstration, made-up scores: Exposure of work</title>"), "{text}");
        assert!(text.contains("<subtitle>Demonstration, made-up scores: Runs"), "{text}");
    }
}

//! `sitemap.xml` and `robots.txt`: which pages there are, for search engines.

use maud::{Markup, PreEscaped, html};

use crate::site::words::day;
use crate::site::{Site, address};

/// Pages that every site has.
const PAGES: [&str; 5] = ["", "compare/", "method/", "drift/", "data/"];

pub(super) fn xml(site: &Site, base: &str) -> String {
    let changed = day(site.receipt.began);
    let codes = || site.entries.iter().map(|entry| entry.scored.occupation.code.as_str());
    let occupations = codes().map(address::occupation).chain(codes().map(address::comparison));
    let paths = PAGES.into_iter().map(str::to_owned).chain(occupations);
    let markup: Markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {
            @for path in paths { url { loc { (base) (path) } lastmod { (changed) } } }
        }
    };
    markup.into_string()
}

pub(super) fn robots(site: &Site) -> String {
    let map = site.settings.base_url.as_ref().map(|base| format!("\nSitemap: {base}sitemap.xml\n"));
    format!("User-agent: *\nAllow: /\n{}", map.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn all_pages_are_on_the_map_with_the_day_of_the_run() {
        let site = sample::site();
        let text = xml(&site, "https://example.org/exposure/");
        assert_eq!(text.matches("<url>").count(), 5 + 4);
        assert!(
            text.contains(
                "<loc>https://example.org/exposure/o/15-1252.00/</loc><lastmod>2026-06-02</lastmod>"
            ),
            "{text}"
        );
        assert!(robots(&site).ends_with("Sitemap: https://example.org/exposure/sitemap.xml\n"));
    }
}

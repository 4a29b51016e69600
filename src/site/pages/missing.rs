//! `404.html`: what is shown where there is no page.

use maud::html;

use crate::site::Site;
use crate::site::address::Here;
use crate::site::frame::{Nav, Page};

pub fn page(site: &Site) -> Page {
    let here = Here::anywhere("404.html", site.settings.base_url.as_deref());
    let main = html! {
        h1 { "No page here" }
        p.dek { "The address leads nowhere on this site. It may have been mistyped, or the occupation may go by another code in the run that is shown now." }
        section.prose aria-labelledby="h-ways" {
            h2 #h-ways { "Where to go from here" }
            ul {
                li { a href=(here.to("")) { "Search all occupations" } " by title, by other titles or by code." }
                li { a href=(here.to("compare/")) { "All occupations by group" } ", each with its nearest neighbours." }
                li { a href=(here.to("data/")) { "The data files" } ", with all codes in occupations.csv." }
                li { a href=(here.to("method/")) { "How the scores come about" } "." }
            }
        }
    };
    Page {
        title: "No page here".to_owned(),
        description: "There is no page at this address.".to_owned(),
        nav: Nav::Nowhere,
        data: None,
        links: Vec::new(),
        is_indexed: false,
        scripts: &[],
        main,
        here,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::frame::framed;
    use crate::site::sample;

    #[test]
    fn links_work_from_any_address_and_nobody_indexes_the_page() {
        let site = sample::site();
        let text = framed(&site, &page(&site));
        assert!(
            text.contains("href=\"/exposure/compare/\"")
                && text.contains("href=\"/exposure/assets/site.css\""),
            "{text}"
        );
        assert!(text.contains("content=\"noindex\"") && !text.contains("rel=\"canonical\""));
    }
}

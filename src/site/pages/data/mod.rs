//! The page about the data: files, columns, licences, citation, and how to read and check them.

mod dictionary;
mod examples;

use maud::{Markup, html};

use super::parts::{sent, wide};
use crate::site::address::Here;
use crate::site::data::{Listed, bibtex, cff};
use crate::site::frame::{Nav, Page};
use crate::site::sources::by_licence;
use crate::site::words::{date, listed, said, sentence, several, size, span, thousands};
use crate::site::{Site, address, linked};

pub fn page(site: &Site, listed: &[Listed]) -> Page {
    let here = Here::at("data/");
    let main = html! {
        h1 { "The data" }
        p.dek {
            "Scores and ratings are here as tables; the rest is in each occupation’s JSON. They are of the run "
            (said(&site.receipt.run)) " of " (date(site.receipt.began)) "; the next run replaces them."
        }
        (files(site, &here, listed))
        (dictionary::section(site, &here))
        (examples::section(site, listed))
        (licences(site))
        (cite(site))
    };
    Page {
        title: "Data".to_owned(),
        description: format!(
            "Scores of {} as CSV and JSON: every rating with its reason and the key of its question, a dictionary of \
             all columns, licences and how to cite.",
            several(site.entries.len(), "occupation")
        ),
        nav: Nav::Data,
        data: Some(linked::dataset(site, listed)),
        links: Vec::new(),
        is_indexed: true,
        scripts: &[],
        main,
        here,
    }
}

fn files(site: &Site, here: &Here, listed: &[Listed]) -> Markup {
    let table = html! {
        table {
            caption { "Files, with the SHA-256 of their bytes" }
            thead { tr { th scope="col" { "File" } th scope="col" { "What it holds" } th.n scope="col" { "Rows" } th.n scope="col" { "Size" } th scope="col" { "SHA-256" } } }
            tbody { @for file in listed {
                tr {
                    th scope="row" { a href=(here.to(&file.path)) { (file.path.rsplit('/').next().unwrap_or(&file.path)) } }
                    td { (sentence(file.what)) }
                    td.n { (file.rows.map_or_else(|| "–".to_owned(), |rows| thousands(rows as u64))) }
                    td.n { (size(file.bytes)) }
                    td.hash { (file.sha256) }
                }
            } }
        }
    };
    html! {
        section aria-labelledby="h-files" {
            div.shead { div {
                h2 #h-files { "Files" }
                p { "Tables are UTF-8 with commas, a head line, and codes as text. What is missing is empty, and a column beside it says why. Text that a spreadsheet would take for a formula has an apostrophe in front." }
            } }
            (wide("Data files", &table))
            p.said {
                "Each occupation has a file of its own, " code { "data/occupations/CODE.json" } ", and a badge, " code { "badges/CODE.svg" } "."
                @if let Some(entry) = site.entries.first() {
                    @let code = &entry.scored.occupation.code;
                    " For example: " a href=(here.to(&address::json(code))) { (said(code)) ".json" } ", "
                    a href=(here.to(&address::badge(code))) { (said(code)) ".svg" } "."
                }
                @if site.settings.base_url.is_some() { " New runs are told by the " a href=(here.to("feed.xml")) { "Atom feed" } "." }
            }
        }
    }
}

fn licences(site: &Site) -> Markup {
    let attribution = &site.run.catalogue.attribution;
    html! {
        section.prose aria-labelledby="h-licence" {
            h2 #h-licence { "Licences" }
            ul {
                @if !attribution.is_empty() { li { b { "Task texts and O*NET’s facts. " } (said(attribution)) " Whoever passes on files with these texts passes on this sentence." } }
                @for (licence, names) in by_licence(&site.inputs) { li { b { (sentence(&named(&names))) " " } (sentence(licence)) } }
                li {
                    b { "Scores, ratings and reasons. " }
                    @match &site.settings.licence {
                        Some(licence) => { "Published under " (said(licence)) ". " }
                        None => {
                            "The publisher has stated no licence for them. Ask "
                            (if site.settings.publisher.is_empty() { "the publisher".into() } else { said(&site.settings.publisher) })
                            " before you publish them again; quoting figures with their source is common use. "
                        }
                    }
                    "Reasons are the models’ own words, and their makers’ terms may have a say."
                }
            }
        }
    }
}

fn named(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| span(name)).collect();
    listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

fn cite(site: &Site) -> Markup {
    html! {
        section.receipt aria-labelledby="h-cite" {
            div {
                h2 #h-cite { "How to cite" }
                p { "Name the run: scores of another run are other scores." }
                (sent("BibTeX entry", &bibtex(site)))
            }
            div {
                h3 { "CITATION.cff" }
                (sent("Citation File Format", &cff(site)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::frame::framed;
    use crate::site::{data, sample};

    #[test]
    fn files_columns_and_citations_are_on_the_page() {
        let site = sample::site();
        let listed = data::files(&site).unwrap().listed;
        let text = framed(&site, &page(&site, &listed));
        for file in &listed {
            assert!(
                text.contains(&file.sha256.to_string()) && text.contains(&format!("../{}", file.path)),
                "{}",
                file.path
            );
        }
        for part in [
            "question_sha256",
            "median_pay_usd",
            "cff-version: 1.2.0",
            "@misc{2026-06-02-full",
            "DuckDB",
            "pandas",
            "curl",
            "score-tasks explain 15-1252.00",
            "score-tasks cache export",
            "sha256sum",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(text.matches("<h1").count(), 1);
    }

    #[test]
    fn a_licence_stands_once_and_inputs_without_one_are_left_out() {
        let mut site = sample::site();
        let one = site.inputs[0].clone();
        for (name, licence) in [("Projections", "Public domain"), ("Map", ""), ("Index", "as it says")] {
            let (name, licence) = (name.to_owned(), licence.to_owned());
            site.inputs.push(crate::domain::FactInput { name, licence, ..one.clone() });
        }
        let text = licences(&site).into_string();
        assert_eq!(text.matches("Public domain.").count(), 1, "{text}");
        assert!(text.contains("May 2024 and Projections. </b>Public domain."), "{text}");
        assert!(text.contains("As it says.") && !text.contains("Map"), "{text}");
        assert!(text.contains("Published under CC-BY-4.0."), "{text}");
    }

    #[test]
    fn no_licence_is_made_up() {
        let mut site = sample::site();
        site.run.catalogue.attribution = String::new();
        assert!(!page(&site, &[]).main.into_string().contains("CC BY"));
    }

    #[test]
    fn text_from_outside_is_no_markup() {
        let site = sample::hostile();
        let listed = data::files(&site).unwrap().listed;
        assert!(sample::is_tame(&framed(&site, &page(&site, &listed))));
    }
}

//! The files beside the pages: tables, JSON, badges, and what search engines, hosts and feed readers look for.

mod badge;
mod citation;
mod columns;
mod companions;
mod croissant;
mod facts;
mod feed;
mod headers_file;
mod occupation_json;
mod occupations;
mod package;
mod ratings;
mod run_json;
mod sitemap;
mod statistics;
mod table;
mod tasks;
mod titles;

pub use citation::{author, bibtex, cff};
pub use columns::About;
pub use headers_file::headers_file;
pub use package::tables;

use super::{Entry, File, Site, address};
use crate::domain::Hash;
use crate::report::ReportError;

/// A data file as the page about the data lists it.
pub struct Listed {
    /// From the root of the site.
    pub path: String,
    pub bytes: u64,
    pub sha256: Hash,
    /// Of a table, without its head.
    pub rows: Option<usize>,
    pub what: &'static str,
    pub media_type: &'static str,
}

/// The files, and what the page about the data says of them.
pub struct Data {
    pub files: Vec<File>,
    pub listed: Vec<Listed>,
}

/// The files of one occupation.
pub fn of_entry(site: &Site, entry: &Entry) -> Result<[File; 2], ReportError> {
    let code = &entry.scored.occupation.code;
    let badge = badge::of(site, entry).into_bytes();
    Ok([
        File { path: address::json(code), bytes: occupation_json::bytes(site, entry)? },
        File { path: address::badge(code), bytes: badge },
    ])
}

/// The files of the whole site that are neither pages nor assets.
pub fn files(site: &Site) -> Result<Data, ReportError> {
    let mut data = Data { files: Vec::new(), listed: Vec::new() };
    for table in tables(site) {
        let (bytes, rows) = (table.rows)(site)?;
        data.list(table.path, bytes, Some(rows), table.what, "text/csv");
    }
    data.list(
        "data/run.json",
        run_json::bytes(site)?,
        None,
        "the run: receipt, models, gaps, agreement",
        JSON,
    );
    data.list(
        "data/titles.json",
        titles::bytes(site)?,
        None,
        "other titles that people search for, by code",
        JSON,
    );
    let package = package::bytes(site, &data.listed)?;
    data.list(
        "data/datapackage.json",
        package,
        None,
        "all tables and their columns, for programs (Frictionless Data Package)",
        JSON,
    );
    let croissant = croissant::bytes(site, &data.listed)?;
    data.list(
        "data/croissant.json",
        croissant,
        None,
        "the same for machine-learning tools (Croissant)",
        JSON,
    );
    data.list(
        "CITATION.cff",
        cff(site).into_bytes(),
        None,
        "how to cite (Citation File Format)",
        "text/yaml",
    );
    if let Some(base) = &site.settings.base_url {
        data.add("feed.xml".to_owned(), feed::xml(site, base).into_bytes());
        data.add("sitemap.xml".to_owned(), sitemap::xml(site, base).into_bytes());
    }
    data.add("robots.txt".to_owned(), sitemap::robots(site).into_bytes());
    data.add("_headers".to_owned(), headers_file().into_bytes());
    Ok(data)
}

const JSON: &str = "application/json";

impl Data {
    fn add(&mut self, path: String, bytes: Vec<u8>) {
        self.files.push(File { path, bytes });
    }

    fn list(
        &mut self,
        path: &str,
        bytes: Vec<u8>,
        rows: Option<usize>,
        what: &'static str,
        media_type: &'static str,
    ) {
        self.listed.push(Listed {
            path: path.to_owned(),
            bytes: bytes.len() as u64,
            sha256: Hash::of(&bytes),
            rows,
            what,
            media_type,
        });
        self.add(path.to_owned(), bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::site::sample;

    #[test]
    fn the_same_site_gives_the_same_bytes_and_no_path_twice() {
        let (one, two) = (files(&sample::site()).unwrap(), files(&sample::site()).unwrap());
        assert!(one.files.iter().zip(&two.files).all(|(a, b)| a.path == b.path && a.bytes == b.bytes));
        let paths: BTreeSet<&str> = one.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths.len(), one.files.len());
        for path in ["data/ratings.csv", "feed.xml", "_headers"] {
            assert!(paths.contains(path), "{path}");
        }
    }

    #[test]
    fn without_an_address_there_is_no_feed_and_no_sitemap() {
        let mut site = sample::site();
        site.settings.base_url = None;
        let data = files(&site).unwrap();
        assert!(data.files.iter().all(|file| !file.path.ends_with(".xml")));
    }

    #[test]
    fn all_files_can_be_made_of_hostile_text() {
        let site = sample::hostile();
        let of_entries = site.entries.iter().flat_map(|entry| of_entry(&site, entry).unwrap());
        for file in files(&site).unwrap().files.into_iter().chain(of_entries) {
            let text = String::from_utf8(file.bytes).unwrap();
            assert!(
                !file.path.ends_with("json") || serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                "{}",
                file.path
            );
            if file.path.ends_with("svg") || file.path.ends_with("xml") {
                assert!(
                    !text.contains("<script") && !text.contains("<img") && !text.contains('\u{202e}'),
                    "{text}"
                );
            }
        }
    }
}

//! Facts beside the scores, out of the files that the config names and of the catalogue itself.

use std::path::PathBuf;

use anyhow::anyhow;

use super::{Desk, Failure, data};
use crate::cli;
use crate::domain::FactSources;
use crate::read::{Catalogue, FactBook};

/// Opens what there is; where nothing is named and the catalogue is no release, it is empty.
pub(super) fn book(desk: &Desk, args: &cli::Score, catalogue: &Catalogue) -> Result<FactBook, Failure> {
    let named = &desk.config.facts;
    let onet = named.onet.clone().or_else(|| release(desk, args));
    let sources = FactSources { onet, ..named.clone() };
    let codes: Vec<(String, String)> =
        catalogue.occupations.iter().map(|one| (one.code.clone(), one.title.clone())).collect();
    let book = FactBook::open(&sources, &codes)?;
    if let Some(folder) = named.onet.as_ref().filter(|_| !book.has_release()) {
        let error = anyhow!("facts.onet: {} has none of O*NET's files with facts", folder.display());
        return Err(
            Failure::usage(error).hint("name the folder or zip of a text release, such as db_30_1_text")
        );
    }
    Ok(book)
}

/// The folder or zip of the O*NET release that a run was about; `None` where it was about something else.
pub(super) fn release(desk: &Desk, args: &cli::Score) -> Option<PathBuf> {
    if args.items.is_some() {
        return None;
    }
    let name = args.catalog.as_deref().unwrap_or(&desk.config.catalog);
    if name == "demo" {
        return None;
    }
    let kept = data::place(desk, name).ok().flatten();
    let folder = if args.catalog.is_some() { desk.folder() } else { desk.config.root.clone() };
    let path = kept.unwrap_or_else(|| folder.join(name));
    let is_table = path.extension().is_some_and(|ending| {
        ["csv", "tsv", "jsonl", "ndjson"].iter().any(|table| ending.eq_ignore_ascii_case(table))
    });
    (path.exists() && !is_table).then_some(path)
}

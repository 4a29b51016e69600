//! The pages, one file or folder for each.

mod alias;
mod compare;
mod data;
mod drift;
mod method;
mod missing;
mod parts;

pub use alias::aliases;
pub use compare::neighbours;
pub use drift::moved;

use super::chart::Density;
use super::data::Listed;
use super::frame::Page;
use super::{File, Site};

/// All pages but the index and those of occupations. `all` is how the scores of the run are spread.
pub fn secondary(site: &Site, listed: &[Listed], all: &Density) -> Vec<Page> {
    let mut pages = vec![
        method::page(site),
        drift::page(site),
        data::page(site, listed),
        compare::overview(site, all),
        missing::page(site),
    ];
    pages.extend((0..site.entries.len()).filter_map(|place| compare::page(site, place, all)));
    pages
}

/// Pages that only lead elsewhere. They have no frame.
pub fn aliases_files(site: &Site) -> Vec<File> {
    alias::files(site)
}

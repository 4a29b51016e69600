//! The pages, one file or folder for each.

mod alias;
mod compare;
mod data;
mod drift;
mod index;
mod method;
mod missing;
mod occupation;
mod parts;
mod shared;

pub use alias::files as aliases;
pub use compare::{neighbours, page as comparison};
pub use drift::moved;
pub use occupation::page as occupation;
pub use shared::{headline_word, is_exposure};

use super::Site;
use super::chart::Density;
use super::data::Listed;
use super::frame::Page;

/// The pages that a site has once. `listed` are its data files; `all` is how the scores of the run are spread.
pub fn of_site(site: &Site, listed: &[Listed], all: &Density) -> [Page; 6] {
    [
        index::page(site, listed),
        compare::overview(site, all),
        method::page(site),
        drift::page(site),
        data::page(site, listed),
        missing::page(site),
    ]
}

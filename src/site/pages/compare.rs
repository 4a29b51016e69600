//! x
use crate::site::Site;
pub fn neighbours(site: &Site, place: usize) -> Vec<usize> {
    [place + 1].into_iter().filter(|p| *p < site.entries.len()).collect()
}

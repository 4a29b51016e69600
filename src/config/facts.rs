//! `[facts]`: the files that pages take facts from, and the words for what they project.

use std::path::Path;

use super::check::Checker;
use super::raw;
use crate::domain::{FactSources, SectorSources};

/// What the Bureau of Labor Statistics calls changes from 2024 to 2034, by whole percent. Each round has cuts of its
/// own, around the growth of all employment.
const WORDS_OF_2024_34: &[(i64, &str)] = &[
    (-100, "decline"),
    (0, "little or no change"),
    (1, "slower than average"),
    (3, "as fast as average"),
    (5, "faster than average"),
    (7, "much faster than average"),
];

impl Checker {
    pub(super) fn facts(&mut self, raw: raw::Facts, root: &Path) -> FactSources {
        let path = |name: String| root.join(name);
        let paths = [&raw.onet, &raw.projections, &raw.sector_series, &raw.sector_map].into_iter().flatten();
        if paths.chain(&raw.wages).any(String::is_empty) {
            self.wrong("facts", "a path is empty; leave the key out instead");
        }
        let sector = match (raw.sector_series, raw.sector_map) {
            (Some(series), Some(map)) => Some(SectorSources {
                series: path(series),
                map: path(map),
                name: raw.sector_name.unwrap_or_else(|| SectorSources::NAME.to_owned()),
                direction: raw.sector_direction.unwrap_or_else(|| SectorSources::DIRECTION.to_owned()),
            }),
            (None, None) => {
                if raw.sector_name.is_some() || raw.sector_direction.is_some() {
                    self.wrong(
                        "facts.sector_series",
                        "is missing; sector_name and sector_direction are about it",
                    );
                }
                None
            }
            (Some(_), None) => {
                self.wrong("facts.sector_map", "is missing; it says which occupation is of which sector");
                None
            }
            (None, Some(_)) => {
                self.wrong(
                    "facts.sector_series",
                    "is missing; sector_map says which occupation is of which of them",
                );
                None
            }
        };
        FactSources {
            onet: raw.onet.map(path),
            wages: raw.wages.into_iter().map(path).collect(),
            projections: raw.projections.map(path),
            projection_words: self.words(raw.projection_words),
            sector,
        }
    }

    fn words(&mut self, written: Option<Vec<raw::Words>>) -> Vec<(i64, String)> {
        let Some(written) = written else {
            return WORDS_OF_2024_34.iter().map(|(from, words)| (*from, (*words).to_owned())).collect();
        };
        if !written.is_sorted_by(|one, next| one.from < next.from) {
            self.wrong("facts.projection_words", "each `from` is to be higher than the one before it");
        }
        written.into_iter().map(|row| (row.from, row.words)).collect()
    }
}

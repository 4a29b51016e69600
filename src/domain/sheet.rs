//! The ratings of a run as one table, read back from a report or a record: what agreement, stability and
//! drift are reckoned from.

use std::collections::HashMap;

use super::{Combine, GapReason, Hash};

/// All ratings of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    pub rubric: RubricRef,
    pub catalogue: String,
    /// How tasks were weighed, where occupations do not say otherwise.
    pub weights: String,
    /// How the raters' scores become one.
    pub combine: Combine,
    pub raters: Vec<SheetRater>,
    pub occupations: Vec<SheetOccupation>,
    /// In the order of the catalogue: the items of an occupation stand together.
    pub items: Vec<SheetItem>,
}

/// Which rubric, and how far its neighbouring levels are apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RubricRef {
    pub id: String,
    pub version: String,
    pub sha256: String,
    /// In points; `None` where the scale has no order.
    pub step: Option<f64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetRater {
    pub id: String,
    pub provider: String,
    pub model: String,
    /// The names under which it answered.
    pub served: Vec<String>,
    /// In the mean over raters.
    pub weight: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SheetOccupation {
    pub code: String,
    pub title: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct SheetItem {
    /// Position among the occupations.
    pub occupation: usize,
    pub id: String,
    pub text: String,
    /// Share of its occupation's weight, 0 to 1.
    pub weight: f64,
    /// By rater, then by sample.
    pub ratings: Vec<Vec<SheetRating>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SheetRating {
    pub sample: u32,
    /// In points.
    pub score: Result<f64, GapReason>,
    /// Of the question; `None` for labels.
    pub key: Option<Hash>,
    /// Empty where the record has none: the store has it, under the key.
    pub rationale: String,
}

impl Sheet {
    /// The items of each occupation, in their order.
    pub fn by_occupation(&self) -> impl Iterator<Item = (usize, &[SheetItem])> {
        let groups = self.items.chunk_by(|a, b| a.occupation == b.occupation);
        groups.filter_map(|items| Some((items.first()?.occupation, items)))
    }

    /// Where each item stands, by the code of its occupation and its id.
    pub fn places(&self) -> HashMap<(&str, &str), usize> {
        let mut places = HashMap::with_capacity(self.items.len());
        for (place, item) in self.items.iter().enumerate() {
            let code =
                self.occupations.get(item.occupation).map_or("", |occupation| occupation.code.as_str());
            places.insert((code, item.id.as_str()), place);
        }
        places
    }
}

impl SheetOccupation {
    /// The major group of an O*NET-SOC code: `15` of `15-1252.00`.
    pub fn major_group(&self) -> Option<&str> {
        let (group, _) = self.code.split_once('-')?;
        (group.len() == 2 && group.bytes().all(|byte| byte.is_ascii_digit())).then_some(group)
    }
}

impl SheetItem {
    /// The valid scores of a rater.
    pub fn scores(&self, rater: usize) -> impl Iterator<Item = f64> + '_ {
        let ratings = self.ratings.get(rater).into_iter().flatten();
        ratings.filter_map(|rating| rating.score.as_ref().ok().copied())
    }
}

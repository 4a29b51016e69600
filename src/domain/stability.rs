//! How much numbers hang on the wording of the rubric. In points; `None` is not defined.

use std::collections::BTreeMap;

use super::agreement::Interval;
use super::catalogue::lot;
use super::sheet::RubricRef;
use super::{Rubric, Sheet};

/// The same tasks rated under one wording.
#[derive(Clone, Debug)]
pub struct Wording {
    pub name: WordingName,
    pub sheet: Sheet,
    /// Of each item of the sheet, the raters combined.
    pub scores: Vec<Option<f64>>,
    /// In the order of the sheet's occupations.
    pub occupations: Vec<Outcome>,
}

/// Which wording.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct WordingName {
    /// As reports call it: `exposure` or `exposure+paraphrase`.
    pub shown: String,
    /// Of the variant; `base` for the rubric as it is.
    pub short: String,
    pub note: String,
    pub sha256: String,
}

/// An occupation as a report gives it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Outcome {
    pub score: Option<f64>,
    pub band: Option<String>,
}

/// Several wordings held against each other; the first is the rubric as it is.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Stability {
    pub rubric: RubricRef,
    pub catalogue: String,
    pub weights: String,
    pub wordings: Vec<WordingName>,
    pub samples: u32,
    /// Each rater by itself, and all of them combined.
    pub raters: Vec<RaterStability>,
    pub combined: RaterStability,
    pub occupations: Vec<OccupationStability>,
    pub flips: Flips,
    /// The mean of the occupations' S_j.
    pub stability: Option<f64>,
    /// How intervals were made: so many rounds from this seed; 0 is none.
    pub rounds: u32,
    pub seed: u64,
}

/// One rater, over the tasks that it rated under every wording.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct RaterStability {
    pub id: String,
    pub tasks: usize,
    /// By variant, in the order of the wordings behind the first.
    pub shifts: Vec<Shift>,
    pub noise: Noise,
}

/// Mean of a variant less the rubric as it is, and its standard error over tasks.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Shift {
    pub points: Option<f64>,
    pub se: Option<f64>,
}

/// How far a task's score moves with the wording.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Noise {
    /// Root of the mean variance between wordings of a task's means.
    pub total: Option<f64>,
    /// What of it sampling alone would make; `None` where that cannot be told apart.
    pub sampling: Option<f64>,
    /// What is left, in squared points: an estimate, so it may be below 0.
    pub variance: Option<f64>,
    /// Its root; 0 where it is below 0.
    pub sd: Option<f64>,
    /// Of `sd`, or of `total` where there is no `sd`: by resampling occupations.
    pub se: Option<f64>,
    /// 95 %; only from eight occupations on.
    pub interval: Option<Interval>,
}

impl Noise {
    /// What of it can be told: without what sampling makes, or else with it.
    pub fn figure(&self) -> Option<f64> {
        self.sd.or(self.total)
    }
}

/// One occupation under every wording.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct OccupationStability {
    pub code: String,
    pub title: String,
    pub tasks: usize,
    /// By wording.
    pub outcomes: Vec<Outcome>,
    /// Between its scores, with n - 1.
    pub sd: Option<f64>,
    /// How far its score under the rubric as it is lies from the nearest cut.
    pub distance: Option<f64>,
    /// Whether its band is another under at least one variant.
    pub flips: Option<bool>,
    /// S_j: the share of its weight that would stay on its side of the nearest cut.
    pub stability: Option<f64>,
}

/// Occupations whose band is another under at least one variant.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Flips {
    pub all: Share,
    /// No farther from a cut than so many points, and farther.
    pub points: f64,
    pub near: Share,
    pub far: Share,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Share {
    pub count: usize,
    pub of: usize,
}

impl Share {
    pub fn add(&mut self, counts: bool) {
        self.count += usize::from(counts);
        self.of += 1;
    }

    /// 0 to 1; not defined of nothing.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }
}

impl WordingName {
    pub fn of(rubric: &Rubric) -> Self {
        let (short, note) = match &rubric.variant {
            Some(variant) => (variant.name.clone(), variant.note.clone()),
            None => ("base".to_owned(), String::new()),
        };
        Self { shown: rubric.shown(), short, note, sha256: rubric.sha256.to_string() }
    }
}

/// Draws so many of these occupations, spread over the groups in proportion: seats by the largest remainder
/// (Hamilton's method), and within a group those with the lowest lots. Pairs of code and group come in, their
/// positions come out, rising.
pub fn stratified(occupations: &[(&str, &str)], count: usize, seed: u64) -> Vec<usize> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, (_, group)) in occupations.iter().enumerate() {
        groups.entry(group).or_default().push(place);
    }
    let count = count.min(occupations.len());
    // Whole numbers all the way: a remainder must not hang on rounding.
    let share =
        |size: usize| (size * count / occupations.len().max(1), size * count % occupations.len().max(1));
    let mut seats: Vec<(&str, usize, usize)> = Vec::new();
    for (group, members) in &groups {
        let (seat, rest) = share(members.len());
        seats.push((group, seat, rest));
    }
    let given: usize = seats.iter().map(|(_, seat, _)| seat).sum();
    // Equal remainders are drawn for, so that the first groups of the code are not always preferred.
    seats.sort_by_key(|(group, _, rest)| (std::cmp::Reverse(*rest), lot(seed, group, "")));
    let mut drawn = Vec::with_capacity(count);
    for (place, (group, seat, _)) in seats.iter().enumerate() {
        let seat = seat + usize::from(place < count - given);
        let mut members = groups.remove(group).unwrap_or_default();
        members.sort_by_key(|place| occupations.get(*place).map(|(code, _)| lot(seed, code, "")));
        drawn.extend(members.into_iter().take(seat));
    }
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many occupations in each group.
    fn catalogue(sizes: &[(&str, usize)]) -> Vec<(String, String)> {
        let of = |(group, size): &(&str, usize)| -> Vec<(String, String)> {
            (0..*size).map(|number| (format!("{group}-{number:04}"), (*group).to_owned())).collect()
        };
        sizes.iter().flat_map(of).collect()
    }

    fn draw(all: &[(String, String)], count: usize, seed: u64) -> Vec<usize> {
        let pairs: Vec<(&str, &str)> =
            all.iter().map(|(code, group)| (code.as_str(), group.as_str())).collect();
        stratified(&pairs, count, seed)
    }

    fn by_group(all: &[(String, String)], drawn: &[usize]) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        drawn.iter().for_each(|place| *counts.entry(all[*place].1.clone()).or_default() += 1);
        counts
    }

    #[test]
    fn groups_have_their_share_by_the_largest_remainder() {
        let all = catalogue(&[("11", 50), ("13", 30), ("15", 13), ("17", 7)]);
        let drawn = draw(&all, 10, 0);
        // Quotas 5, 3, 1.3 and 0.7.
        let expected = [("11", 5), ("13", 3), ("15", 1), ("17", 1)].map(|(g, n)| (g.to_owned(), n));
        assert_eq!(by_group(&all, &drawn), expected.into());
        assert!(drawn.is_sorted() && drawn.len() == 10);
    }

    #[test]
    fn a_seed_draws_the_same_and_another_seed_others() {
        let all = catalogue(&[("11", 40), ("13", 40)]);
        assert_eq!(draw(&all, 10, 3), draw(&all, 10, 3));
        assert_ne!(draw(&all, 10, 3), draw(&all, 10, 4));
        // The order in which they come changes nothing.
        let codes = |all: &[(String, String)], drawn: Vec<usize>| -> std::collections::BTreeSet<String> {
            drawn.into_iter().map(|place| all[place].0.clone()).collect()
        };
        let turned: Vec<(String, String)> = all.iter().rev().cloned().collect();
        assert_eq!(codes(&all, draw(&all, 10, 3)), codes(&turned, draw(&turned, 10, 3)));
    }

    #[test]
    fn equal_remainders_are_drawn_for() {
        let all = catalogue(&[("11", 1), ("13", 1), ("15", 1), ("17", 1)]);
        let mut met = std::collections::BTreeSet::new();
        for seed in 0..64 {
            met.extend(draw(&all, 1, seed));
        }
        assert_eq!(met.len(), 4);
    }

    #[test]
    fn there_is_no_more_than_there_is() {
        let all = catalogue(&[("11", 2), ("", 1)]);
        assert_eq!(draw(&all, 20, 0), [0, 1, 2]);
        assert!(draw(&all, 0, 0).is_empty() && draw(&[], 5, 0).is_empty());
    }
}

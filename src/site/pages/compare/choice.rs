//! Which occupations are worth a look beside another.

use crate::site::{Entry, Site, groups};

/// So many neighbours stand beside an occupation.
const BESIDE: usize = 2;
/// Characters of a code that name its minor group: `15-1`.
const MINOR: usize = 4;

/// The nearest occupations: related ones in O*NET's order, then those of the same minor group, of the same major
/// group, and the rest; within these by the distance of their scores.
pub fn neighbours(site: &Site, place: usize) -> Vec<usize> {
    let Some(entry) = site.entries.get(place) else { return Vec::new() };
    let mut others: Vec<(Nearness, usize)> = site
        .entries
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != place)
        .map(|(other, candidate)| (nearness(entry, candidate), other))
        .collect();
    others.sort_by(|(a, x), (b, y)| {
        (a.tier, a.order).cmp(&(b.tier, b.order)).then(a.distance.total_cmp(&b.distance)).then(x.cmp(y))
    });
    others.into_iter().take(BESIDE).map(|(_, other)| other).collect()
}

struct Nearness {
    tier: u8,
    /// Among the related ones.
    order: usize,
    distance: f64,
}

fn nearness(entry: &Entry, other: &Entry) -> Nearness {
    let (code, its) = (&entry.scored.occupation.code, &other.scored.occupation.code);
    let distance = match (entry.scored.score, other.scored.score) {
        (Some(a), Some(b)) => (a - b).abs(),
        (_, Some(_)) => 100.0,
        _ => f64::INFINITY,
    };
    if let Some(order) = entry.facts.related.iter().position(|related| related == its) {
        return Nearness { tier: 0, order, distance };
    }
    let group = groups::of(code);
    let is_same_group = group.is_some() && group == groups::of(its);
    let is_same_minor = is_same_group && code.get(..MINOR) == its.get(..MINOR);
    let tier = match (is_same_minor, is_same_group) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 3,
    };
    Nearness { tier, order: 0, distance }
}

/// The two with the most jobs, or where those are not known for two the highest and the lowest score.
pub fn first_pair(site: &Site) -> Vec<usize> {
    let entries = || site.entries.iter().enumerate();
    let mut by_jobs: Vec<(u64, usize)> =
        entries().filter_map(|(place, entry)| Some((jobs(entry)?, place))).collect();
    by_jobs.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    if by_jobs.len() > 1 {
        return by_jobs.into_iter().take(2).map(|(_, place)| place).collect();
    }
    let mut by_score: Vec<(f64, usize)> =
        entries().filter_map(|(place, entry)| Some((entry.scored.score?, place))).collect();
    by_score.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    match *by_score {
        [] => entries().take(2).map(|(place, _)| place).collect(),
        [(_, only)] => vec![only],
        [(_, first), .., (_, last)] => vec![first, last],
    }
}

/// Only figures of the occupation's own: those that it shares would rank parts as if each were the whole.
fn jobs(entry: &Entry) -> Option<u64> {
    let pay = entry.facts.pay.as_ref()?;
    (pay.figure.whose == crate::domain::facts::Whose::Its).then_some(pay.employment?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    /// Occupations by code and score, the first with related ones.
    fn site(codes: &[(&str, f64)], related: &[&str]) -> Site {
        let mut site = sample::site();
        let mut entries = Vec::new();
        for (code, score) in codes {
            let mut entry = sample::site().entries.remove(1);
            entry.scored.occupation.code = (*code).to_owned();
            entry.scored.score = Some(*score);
            entries.push(entry);
        }
        entries[0].facts.related = related.iter().map(|code| (*code).to_owned()).collect();
        site.entries = entries;
        site
    }

    #[test]
    fn related_ones_come_first_then_groups_then_scores() {
        let codes = [
            ("15-1252.00", 50.0),
            ("41-1.00", 50.0),
            ("15-2031.00", 50.0),
            ("15-1299.00", 90.0),
            ("15-1211.00", 60.0),
        ];
        assert_eq!(neighbours(&site(&codes, &["41-1.00"]), 0), [1, 4]);
        assert_eq!(neighbours(&site(&codes, &[]), 0), [4, 3]);
        assert_eq!(neighbours(&site(&codes[..3], &["99-9999.00"]), 0), [2, 1]);
        assert!(neighbours(&site(&codes[..1], &[]), 0).is_empty());
    }

    #[test]
    fn the_first_pair_has_the_most_jobs_or_the_ends_of_the_scale() {
        let mut site = sample::site();
        assert_eq!(first_pair(&site), [1, 0]);
        site.entries[0].facts.pay = None;
        assert_eq!(first_pair(&site), [0, 1]);
        site.entries[1].scored.score = None;
        assert_eq!(first_pair(&site), [0]);
    }
}

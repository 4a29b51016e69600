//! Seeded resampling. Each round has a generator of its own, so that neither the number of threads nor
//! their order changes a bit.

use std::thread;

use super::normal::{normal_below, t_quantile};
use crate::domain::agreement::Interval;
use crate::domain::chance::{Chance, mix};

/// How often is resampled, and from which seed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rounds {
    pub count: u32,
    pub seed: u64,
}

/// The generator of one round. `stream` keeps what is resampled at the same time apart.
pub fn chance(rounds: Rounds, stream: u64, round: u32) -> Chance {
    Chance::new(rounds.seed ^ mix(stream.wrapping_mul(0x1_0000_0001).wrapping_add(u64::from(round) + 1)))
}

/// Reckons figures anew in each round, by as many threads as there are processors. Returns them by
/// figure, then by round.
pub fn resampled<const N: usize>(
    rounds: Rounds,
    stream: u64,
    figures: impl Fn(&mut Chance) -> [Option<f64>; N] + Sync,
) -> [Vec<Option<f64>>; N] {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    by_threads(threads, rounds, stream, &figures)
}

fn by_threads<const N: usize>(
    threads: usize,
    rounds: Rounds,
    stream: u64,
    figures: &(impl Fn(&mut Chance) -> [Option<f64>; N] + Sync),
) -> [Vec<Option<f64>>; N] {
    let all: Vec<u32> = (0..rounds.count).collect();
    let part = all.len().div_ceil(threads.max(1)).max(1);
    let of = |part: &[u32]| -> Vec<[Option<f64>; N]> {
        part.iter().map(|round| figures(&mut chance(rounds, stream, *round))).collect()
    };
    let drawn: Vec<[Option<f64>; N]> = thread::scope(|scope| {
        let parts: Vec<_> = all.chunks(part).map(|part| scope.spawn(move || of(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    });
    let mut by_figure = [const { Vec::new() }; N];
    for round in drawn {
        for (figures, figure) in by_figure.iter_mut().zip(round) {
            figures.push(figure);
        }
    }
    by_figure
}

/// The same on this thread alone, where there is little to do.
pub fn resampled_here<const N: usize>(
    rounds: Rounds,
    stream: u64,
    mut figures: impl FnMut(&mut Chance) -> [Option<f64>; N],
) -> [Vec<Option<f64>>; N] {
    let mut by_figure = [const { Vec::new() }; N];
    for round in 0..rounds.count {
        let drawn = figures(&mut chance(rounds, stream, round));
        by_figure.iter_mut().zip(drawn).for_each(|(figures, figure)| figures.push(figure));
    }
    by_figure
}

/// Of fewer things than these, resampling knows too little: no interval is given.
pub const ENOUGH: usize = 10;

/// The middle 95 % of what was drawn by resampling n things.
///
/// It is widened, as n drawn with replacement vary less than n drawn from the population: the quantiles are
/// those of the expanded percentile interval (Hesterberg, "What teachers should know about the bootstrap",
/// 2015, section 5.3). Not defined where n is not [`ENOUGH`], or where the figure was not defined in more than one
/// round of a hundred.
pub fn interval(drawn: &[Option<f64>], n: usize) -> Option<Interval> {
    interval_of_weighted(drawn, n, n as f64)
}

/// The same where the things have weights, so that they count as fewer equal ones: (sum of w)^2 / sum of w^2
/// (Kish 1965).
pub fn interval_of_weighted(drawn: &[Option<f64>], n: usize, effective: f64) -> Option<Interval> {
    if n < ENOUGH || effective <= 1.0 {
        return None;
    }
    let t = t_quantile(0.025, effective - 1.0)?;
    between(drawn, normal_below((effective / (effective - 1.0)).sqrt() * t))
}

/// The same where what is drawn has the right variance, which is known with so many degrees of freedom.
pub fn interval_with(drawn: &[Option<f64>], freedom: f64) -> Option<Interval> {
    between(drawn, normal_below(t_quantile(0.025, freedom)?))
}

fn between(drawn: &[Option<f64>], tail: f64) -> Option<Interval> {
    let mut values: Vec<f64> = drawn.iter().flatten().copied().collect();
    if values.is_empty() || values.len() * 100 < drawn.len() * 99 {
        return None;
    }
    values.sort_by(f64::total_cmp);
    Some(Interval { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
}

/// Between the two nearest of sorted values, in proportion (type 7 of Hyndman and Fan 1996).
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * (sorted.len() - 1) as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * (place - place.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let rounds = Rounds { count: 101, seed: 7 };
        let figures = |chance: &mut Chance| [Some(chance.share()), (chance.below(3) > 0).then_some(1.0)];
        let one = by_threads(1, rounds, 5, &figures);
        for threads in [2, 3, 64, 1_000] {
            assert_eq!(by_threads(threads, rounds, 5, &figures), one);
        }
        assert_ne!(by_threads(1, rounds, 6, &figures), one);
        assert!(by_threads(4, Rounds { count: 0, seed: 1 }, 5, &figures)[0].is_empty());
    }

    #[test]
    fn an_interval_needs_several_items_and_rounds_that_are_defined() {
        let drawn: Vec<Option<f64>> = (0..1_001).map(|value| Some(f64::from(value))).collect();
        let wide = interval(&drawn, 10).unwrap();
        let narrow = interval_with(&drawn, 1e9).unwrap();
        assert!((narrow.low - 25.0).abs() < 0.1 && (narrow.high - 975.0).abs() < 0.1, "{narrow:?}");
        assert!(wide.low < narrow.low && wide.high > narrow.high, "{wide:?}");
        assert_eq!(interval(&drawn, 9), None);
        assert_eq!(interval(&[None, Some(1.0)], 10), None);
        assert_eq!(interval(&[], 10), None);
    }
}

//! Chance that depends on nothing but its seed: a hash of bytes, and what is drawn by it.

use crate::domain::chance::Chance;

/// What is drawn. Each purpose has its own stream, so that no draw can shift another.
#[derive(Clone, Copy)]
pub enum Stream {
    Bias = 1,
    Setting,
    Item,
    Noise,
    Words,
    Busy,
    Broken,
    Latency,
    Weather,
    Fault,
    Wording,
    Waver,
}

pub use crate::domain::chance::mix;

/// Odd, and without a pattern in its bits.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Eight bytes at a time, because every answer hashes its whole text.
pub fn hash(bytes: &[u8]) -> u64 {
    fold(bytes, 0)
}

/// The same for capitals and small letters. Also merges some other bytes, which letters are not.
pub fn hash_word(letters: &[u8]) -> u64 {
    fold(letters, 0x2020_2020_2020_2020)
}

fn fold(bytes: &[u8], mask: u64) -> u64 {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let tail = rest.iter().fold(0, |tail, byte| (tail << 8) | u64::from(*byte));
    let numbers = chunks.iter().map(|chunk| u64::from_le_bytes(*chunk)).chain([tail]);
    let folded = numbers.fold(bytes.len() as u64, |folded, number| {
        let product = (folded ^ (number | mask)).wrapping_mul(SPREAD);
        product ^ (product >> 32)
    });
    mix(folded)
}

/// What is drawn of a stream.
pub struct Draw(Chance);

impl Draw {
    pub fn new(stream: Stream, seed: u64) -> Self {
        Self(Chance::new(seed ^ mix(stream as u64)))
    }

    /// From 0 up to but not including 1.
    pub fn share(&mut self) -> f64 {
        self.0.share()
    }

    pub fn chance(&mut self, share: f64) -> bool {
        self.share() < share
    }

    /// A whole number from `low` to `high`, both included; `low` when they are the wrong way round.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        low + self.0.bits() % span
    }

    /// Mean 0, standard deviation 1, nothing beyond 3.5: four dice added up are near enough to the
    /// bell curve, and cheaper than logarithms.
    pub fn normal(&mut self) -> f64 {
        let dice = self.0.bits();
        let sum: u64 = [0, 16, 32, 48].iter().map(|shift| (dice >> shift) & 0xffff).sum();
        (sum as f64 / 65_535.0 - 2.0) * 3_f64.sqrt()
    }

    /// One of several texts; empty when there are none.
    pub fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        let place = self.between(0, (texts.len() as u64).saturating_sub(1));
        texts.get(place as usize).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_draws_have_mean_0_and_deviation_1() {
        let mut draw = Draw::new(Stream::Noise, 7);
        let draws: Vec<f64> = (0..20_000).map(|_| draw.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }

    #[test]
    fn whole_numbers_stay_in_their_bounds_and_reach_them() {
        let mut draw = Draw::new(Stream::Busy, 1);
        let draws: Vec<u64> = (0..200).map(|_| draw.between(3, 6)).collect();
        assert_eq!((draws.iter().min(), draws.iter().max()), (Some(&3), Some(&6)));
        assert_eq!(draw.between(5, 4), 5);
    }

    #[test]
    fn streams_and_texts_differ_but_not_capitals() {
        let first = |stream| Draw::new(stream, 9).share().to_bits();
        assert_ne!(first(Stream::Busy), first(Stream::Broken));
        for other in ["", "a", "abcdefgh", "abcdefghi", "abcdefghj", "abcdefghi\0"] {
            assert_eq!(hash(other.as_bytes()) == hash(b"abcdefghi"), other == "abcdefghi", "{other}");
        }
        assert_eq!(hash_word(b"Maintenance"), hash_word(b"maintenance"));
        assert_ne!(hash_word(b"maintain"), hash_word(b"maintains"));
    }

    #[test]
    fn nothing_to_pick_from_is_an_empty_text() {
        assert_eq!(Draw::new(Stream::Words, 1).pick(&[]), "");
    }
}

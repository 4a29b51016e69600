//! Chance that depends on nothing but its seed, so that what is drawn can be drawn again.

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finishing step of splitmix64 (Steele, Lea and Flood 2014): neighbours in, strangers out.
pub fn mix(seed: u64) -> u64 {
    let once = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let twice = (once ^ (once >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    twice ^ (twice >> 31)
}

/// A seeded generator (splitmix64).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Seeds that are near each other give streams that are not.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// From 0 up to but not including 1.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A place among so many; 0 where there are none.
    pub fn below(&mut self, count: usize) -> usize {
        // The high half of a product is spread evenly, but for one part in 2^64.
        ((u128::from(self.bits()) * count as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_drawn_evenly_and_again() {
        let mut counts = [0_u32; 7];
        let mut chance = Chance::new(3);
        for _ in 0..70_000 {
            counts[chance.below(7)] += 1;
        }
        assert!(counts.iter().all(|count| (9_600..10_400).contains(count)), "{counts:?}");
        assert_eq!(Chance::new(3).bits(), Chance::new(3).bits());
        assert_ne!(Chance::new(3).bits(), Chance::new(4).bits());
        assert_eq!(Chance::new(1).below(0), 0);
    }
}

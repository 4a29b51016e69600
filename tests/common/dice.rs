//! Chance for tests: small, seeded, and the same everywhere.

/// Marsaglia's xorshift.
pub struct Dice(u64);

impl Dice {
    /// Any seed but zero.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

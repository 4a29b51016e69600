//! What goes wrong between a client and a provider, and how often.

use std::sync::OnceLock;
use std::time::Duration;

use super::hash;
use super::limits::RetryAfter;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    Busy429,
    Error500,
    /// The connection is reset in place of a reply.
    Reset,
    /// It is reset after half of the body.
    ResetMidBody,
    /// After half of the body nothing comes for `stall_for`; then comes the rest.
    Stall,
    /// There is never a reply.
    StallBefore,
    /// An answer in words, without a score.
    Malformed,
    /// The score in a code fence.
    Fenced,
    /// The score among prose.
    Prose,
    /// The token limit has cut the answer, in the middle of the score where it has two digits.
    Truncated,
    Refusal,
    /// A body that goes on until the client has had enough (or one GiB).
    EndlessBody,
    /// A small body that unpacks to 16 MiB of blanks.
    GzipBomb,
    /// Status 200 and an error in the body, as OpenRouter sends once a model has begun.
    ErrorIn200,
    Redirect307,
}

/// Shares of the requests, each from 0 to 1; a request meets one fault at most.
#[derive(Clone, Default)]
pub struct Faults {
    /// Another seed, other requests.
    pub seed: u64,
    pub busy_429: f64,
    pub error_500: f64,
    pub reset: f64,
    pub reset_mid_body: f64,
    pub stall: f64,
    pub stall_before: f64,
    pub malformed: f64,
    pub fenced: f64,
    pub prose: f64,
    pub truncated: f64,
    pub refusal: f64,
    pub endless_body: f64,
    pub gzip_bomb: f64,
    pub error_in_200: f64,
    pub redirect_307: f64,
    /// What the 429s say.
    pub retry_after: RetryAfter,
    pub stall_for: Duration,
    /// The redirects' Location.
    pub redirect_to: String,
}

impl Faults {
    fn shares(&self) -> [(Fault, f64); 15] {
        [
            (Fault::Busy429, self.busy_429),
            (Fault::Error500, self.error_500),
            (Fault::Reset, self.reset),
            (Fault::ResetMidBody, self.reset_mid_body),
            (Fault::Stall, self.stall),
            (Fault::StallBefore, self.stall_before),
            (Fault::Malformed, self.malformed),
            (Fault::Fenced, self.fenced),
            (Fault::Prose, self.prose),
            (Fault::Truncated, self.truncated),
            (Fault::Refusal, self.refusal),
            (Fault::EndlessBody, self.endless_body),
            (Fault::GzipBomb, self.gzip_bomb),
            (Fault::ErrorIn200, self.error_in_200),
            (Fault::Redirect307, self.redirect_307),
        ]
    }

    pub fn check(&self) {
        let sum: f64 = self.shares().iter().map(|(_, share)| share).sum();
        assert!((0.0..=1.000_001).contains(&sum), "the shares of the faults add up to {sum}");
    }

    /// What the request of this number meets.
    pub fn draw(&self, number: u64) -> Option<Fault> {
        let drawn = hash(&[self.seed.to_le_bytes(), number.to_le_bytes()].concat());
        let mut left = (drawn >> 11) as f64 / (1_u64 << 53) as f64;
        for (fault, share) in self.shares() {
            if left < share {
                return Some(fault);
            }
            left -= share;
        }
        None
    }
}

/// Matches of 258 bytes each, 16 MiB in all.
const BOMB_MATCHES: u32 = (16 << 20) / 258;
/// The CRC-32 of so many blanks. Reckoning it takes half a second without optimisation.
const BOMB_CRC: u32 = 0x2b1d_dbdd;

/// Blanks, so that a parser of JSON goes through all of them, waiting for a value: one blank, then "the
/// last byte 258 times more", over and over. In gzip, as one block of deflate with its fixed codes.
pub fn gzip_bomb() -> &'static [u8] {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    BOMB.get_or_init(|| {
        let mut bits = Bits { bytes: vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff], held: 0, count: 0 };
        // The last block, with fixed codes. A code stands with its first bit lowest.
        bits.push(0b011, 3);
        bits.push(u32::from((0x30 + b' ').reverse_bits()), 8);
        // The code of the longest match, and five bits of zero for "one byte back".
        let longest = u32::from(0b1100_0101_u8.reverse_bits());
        for _ in 0..BOMB_MATCHES {
            bits.push(longest, 8 + 5);
        }
        // The end of the block, and bits to fill the last byte.
        bits.push(0, 7 + 7);
        let mut bytes = bits.bytes;
        bytes.extend(BOMB_CRC.to_le_bytes());
        bytes.extend((1 + 258 * BOMB_MATCHES).to_le_bytes());
        bytes
    })
}

struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    /// What does not fill a byte is held back.
    fn push(&mut self, bits: u32, count: u32) {
        self.held |= bits << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push((self.held & 0xff) as u8);
            self.held >>= 8;
            self.count -= 8;
        }
    }
}

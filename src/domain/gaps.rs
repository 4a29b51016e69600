//! How many gaps a run may have.

/// How many ratings may be missing before a run counts as unfinished.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum AllowedGaps {
    Count(u64),
    Percent(f64),
}

impl AllowedGaps {
    /// Whether so many gaps among so many ratings are within bounds.
    pub fn covers(self, gaps: u64, needed: u64) -> bool {
        match self {
            Self::Count(count) => gaps <= count,
            Self::Percent(percent) => gaps as f64 <= needed as f64 * percent / 100.0,
        }
    }
}

impl std::str::FromStr for AllowedGaps {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither a count nor a share; write 12 or 5%");
        match text.strip_suffix('%') {
            Some(percent) => match percent.trim().parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(wrong()),
            },
            None => text.parse().map(Self::Count).map_err(|_| wrong()),
        }
    }
}

//! How the scores of several raters become one.

use std::fmt;

/// The plain mean is the default; METHOD.md says when another is of use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Combine {
    /// Weighted by the raters' `weight` in the config, which is 1 unless said otherwise.
    #[default]
    Mean,
    Median,
    /// The mean without the lowest and the highest fifth.
    Trimmed,
    /// The mean after what each rater adds to every item was taken away.
    Effects,
}

impl Combine {
    pub const ALL: [Self; 4] = [Self::Mean, Self::Median, Self::Trimmed, Self::Effects];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Median => "median",
            Self::Trimmed => "trimmed",
            Self::Effects => "effects",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|combine| combine.name() == name)
    }
}

impl fmt::Display for Combine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

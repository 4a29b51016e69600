//! A release of O*NET, under each of its names.

use std::fmt;

/// Such as 30.1. Later releases are greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Release {
    major: u16,
    minor: u16,
}

impl Release {
    /// The name that stands for the newest one at hand.
    pub const NEWEST: &str = "onet";

    /// As people write it: `30.1` or `30_1`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once(['_', '.']);
        let found =
            parts.and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }));
        found.ok_or_else(|| "write it as 30_1 or 30.1".to_owned())
    }

    /// The release that a catalogue is by its name, `onet-30-1`.
    pub fn from_name(name: &str) -> Option<Self> {
        let (major, minor) = name.strip_prefix("onet-")?.split_once('-')?;
        let release = Self { major: number(major)?, minor: number(minor)? };
        // Written in one way only, so that no two catalogues are the same release.
        (release.name() == name).then_some(release)
    }

    /// The name of the catalogue.
    pub fn name(self) -> String {
        format!("onet-{}-{}", self.major, self.minor)
    }

    /// How the flag takes it.
    pub fn flag(self) -> String {
        format!("{}_{}", self.major, self.minor)
    }

    /// What its publisher calls the zip archive of its text files.
    pub fn archive(self) -> String {
        format!("db_{}_text.zip", self.flag())
    }

    /// What the release calls itself.
    pub fn title(self) -> String {
        format!("O*NET {self}")
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Digits and nothing else.
fn number(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 3;
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_release() {
        for text in ["30_1", "30.1"] {
            let release = Release::parse(text).unwrap();
            assert_eq!(release.to_string(), "30.1");
            assert_eq!(release.name(), "onet-30-1");
            assert_eq!(release.flag(), "30_1");
            assert_eq!(release.archive(), "db_30_1_text.zip");
            assert_eq!(release.title(), "O*NET 30.1");
            assert_eq!(Release::from_name("onet-30-1"), Some(release));
        }
    }

    #[test]
    fn what_is_no_release_is_refused() {
        for text in ["", "30", "30_", "_1", "30_1_2", "+30_1", "30_-1", "30-1", "../30_1", "3000_1", "30_1 "]
        {
            assert!(Release::parse(text).is_err(), "{text}");
        }
        for name in ["onet", "onet-30", "onet-30-1-2", "onet-030-1", "onet-30.1", "glue-30-1", "onet-a-b"] {
            assert_eq!(Release::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn later_is_greater() {
        let release = |text| Release::parse(text).unwrap();
        assert!(release("30_10") > release("30_2") && release("30_0") > release("9_9"));
    }
}

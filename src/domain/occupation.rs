//! An occupation, or whatever else a table groups its items by.

/// One line of results: a group of tasks with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupation {
    /// O*NET-SOC code such as `15-1252.00`, the slug of an own occupation, or the group of a table.
    pub code: String,
    pub title: String,
    /// Empty when there is none.
    pub description: String,
}

impl Occupation {
    /// The major group of an O*NET-SOC code: `15` of `15-1252.00`.
    pub fn major_group(&self) -> Option<&str> {
        self.code.split_once('-').map(|(group, _)| group)
    }
}

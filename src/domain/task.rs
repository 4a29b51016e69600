//! A task: the item that is put to the raters, with what is needed to weigh it.

use std::fmt;
use std::str::FromStr;

/// O*NET's task type; 845 tasks of release 30.1 have none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TaskType {
    Core,
    Supplemental,
    #[default]
    Untyped,
}

impl TaskType {
    /// The word used in reports and templates; empty where O*NET gives no type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Supplemental => "supplemental",
            Self::Untyped => "",
        }
    }
}

impl FromStr for TaskType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().as_str() {
            "core" => Ok(Self::Core),
            "supplemental" => Ok(Self::Supplemental),
            "" | "n/a" => Ok(Self::Untyped),
            _ => Err(format!("`{text}` is not a task type (Core, Supplemental or n/a)")),
        }
    }
}

/// An item to be rated. Ratings by incumbents and weights are `None` where the source has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Task {
    /// O*NET's task id, or the id column of a table; unique within its occupation.
    pub id: String,
    pub text: String,
    pub kind: TaskType,
    /// O*NET scale IM, 1 to 5.
    pub importance: Option<f64>,
    /// O*NET scale RT, 0 to 100: the share of incumbents who do this task.
    pub relevance: Option<f64>,
    /// O*NET scale FT: percentages of the seven frequency categories, yearly or less first.
    pub frequency: Option<[f64; 7]>,
    /// A weight that the table or the own occupation gives itself.
    pub weight: Option<f64>,
    /// Every column of a table by its name, for templates (`item.name`) and label raters.
    pub columns: Vec<(String, String)>,
}

impl Task {
    pub fn column(&self, name: &str) -> Option<&str> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, value)| value.as_str())
    }
}

/// How tasks are weighed within their occupation; docs/METHOD.md has the formulas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weighting {
    Equal,
    Core,
    Importance,
    ImportanceRelevance,
    Time,
    /// The table's or the own occupation's `weight`.
    Given,
}

impl Weighting {
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::Core, Self::Importance, Self::ImportanceRelevance, Self::Time, Self::Given];

    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Core => "core",
            Self::Importance => "importance",
            Self::ImportanceRelevance => "importance_relevance",
            Self::Time => "time",
            Self::Given => "given",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|weighting| weighting.name() == name)
    }
}

impl fmt::Display for Weighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! A rubric: what raters are told, the scale they answer on, and how long texts may be.

use std::sync::Arc;

use super::Hash;

/// The scale of a rubric. Every level maps to a score from 0 to 100.
#[derive(Clone, PartialEq, Debug)]
pub enum Scale {
    /// Whole numbers; `min` maps to 0 and `max` to 100.
    Integer { min: i64, max: i64 },
    /// Ordered levels, evenly spaced when averaged.
    Ordinal { min: i64, max: i64 },
    /// Labels with the scores they stand for.
    Nominal { labels: Vec<(Arc<str>, f64)> },
}

impl Scale {
    /// How far neighbouring levels are apart, in points; `None` where there is no order.
    pub fn step(&self) -> Option<f64> {
        match self {
            Self::Integer { min, max } | Self::Ordinal { min, max } => {
                Some(100.0 / max.abs_diff(*min) as f64)
            }
            Self::Nominal { .. } => None,
        }
    }

    /// The scale on which level and score are the same number.
    pub fn is_percent(&self) -> bool {
        matches!(self, Self::Integer { min: 0, max: 100 })
    }
}

/// Bounds on texts, in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextLimits {
    /// A longer task text is an error before anything is asked.
    pub text_chars: usize,
    /// A longer rationale is cut in reports; the store keeps all of it.
    pub rationale_chars: usize,
}

/// A rubric as read from `prompts/NAME/`.
#[derive(Clone, PartialEq, Debug)]
pub struct Rubric {
    /// The folder's name, by which it was asked for.
    pub name: String,
    pub id: String,
    pub version: String,
    /// Heads the report.
    pub title: String,
    pub summary: String,
    pub scale: Scale,
    /// Keys of the answer in the order in which the model is to write them; `score` is among them.
    pub fields: Vec<String>,
    pub limits: TextLimits,
    /// Template of the system text.
    pub system: String,
    /// Template of the user text.
    pub user: String,
    /// Over the three files as they are.
    pub sha256: Hash,
    /// `None` for the rubric itself.
    pub variant: Option<Variant>,
}

/// Another wording of a rubric: the same scale and the same fields, asked for in other words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variant {
    /// Its folder's name.
    pub name: String,
    /// What is different, for people.
    pub note: String,
    /// The files that it has; the others are the rubric's.
    pub files: Vec<&'static str>,
}

impl Rubric {
    /// What stands between the name of a rubric and that of its variant.
    pub const JOINT: char = '+';

    /// Where a file of it is, below the folder of prompts.
    pub fn place(&self, file: &str) -> String {
        let Self { name, variant, .. } = self;
        let Some(variant) = variant else { return format!("{name}/{file}") };
        let base = name.split(Self::JOINT).next().unwrap_or_default();
        if variant.files.contains(&file) {
            format!("{base}/variants/{}/{file}", variant.name)
        } else {
            format!("{base}/{file}")
        }
    }

    /// How reports call it: its id, and the variant behind it.
    pub fn shown(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}{}{}", self.id, Self::JOINT, variant.name),
            None => self.id.clone(),
        }
    }
}

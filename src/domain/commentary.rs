//! What a model has written about an occupation's scores: remarks that each name what they rest on.

use super::{Hash, Instant};

/// One statement about an occupation that commentary may rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `T` and the task's id, or `F` and a number: what a remark cites.
    pub id: String,
    pub text: String,
}

/// All that commentary may be written from. The same facts make the same sheet, byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactSheet {
    pub code: String,
    pub title: String,
    pub statements: Vec<Statement>,
}

/// Commentary that was checked against its fact sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commentary {
    pub overview: Vec<Remark>,
    /// Where exposure is high, or raters are far apart.
    pub pressure: Vec<Remark>,
    /// What of the work and of its skills holds value.
    pub holds: Vec<Remark>,
    /// Tools that change the work.
    pub tools: Vec<Remark>,
    pub questions: Vec<Asked>,
    /// The model that wrote it, by the name under which it answered.
    pub author: String,
    /// Its name in the config, and who serves it.
    pub model: String,
    pub provider: String,
    pub at: Instant,
    /// Of the question that it answers.
    pub key: Hash,
    /// The statements that it could cite and that are no tasks.
    pub facts: Vec<Statement>,
}

/// A sentence or two, and the statements that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub text: String,
    /// Ids of the sheet; at least one.
    pub cites: Vec<String>,
}

/// A question that readers have, and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub question: String,
    pub answer: Remark,
}

/// How commentary is asked for, and what it may not say: as read from `prompts/commentary/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub id: String,
    pub version: String,
    pub system: String,
    /// Template of the user text.
    pub user: String,
    pub limits: BriefLimits,
    /// Phrases in lower case. In them `*` stands for any word or for the rest of one, `#` for a number in words, `##`
    /// for one in digits, `####` for a year.
    pub words: Vec<String>,
    /// The same, of fractions and multiples in words.
    pub quantities: Vec<String>,
    /// The same, of what tells the future.
    pub forecasts: Vec<String>,
}

/// How much commentary may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BriefLimits {
    /// Of a remark and of a question, in characters.
    pub remark_chars: usize,
    /// Of each part.
    pub remarks: usize,
    pub questions: usize,
    /// A model with a lower limit on output tokens gets this one.
    pub output_tokens: u32,
}

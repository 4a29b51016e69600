//! What has changed from one run to another, and because of what. Scores and shifts are in points.

use super::Combine;

/// Why scores differ. Each is a part of the change of the mean score of the occupations that both runs have;
/// together they are all of it.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Causes {
    /// Other tasks, texts or weights.
    pub inputs: f64,
    /// Raters that came, went, were replaced or rated nothing; other weights of theirs; another combination.
    pub raters: f64,
    /// Those that rated the same texts in both: they, their settings, the rubric, or chance.
    pub answers: f64,
}

/// The difference of two runs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Change {
    pub tasks: TaskChange,
    pub rubric_changed: bool,
    /// How raters were combined, before and after.
    pub combine: (Combine, Combine),
    /// Of the raters that both have, on the tasks whose text is the same.
    pub raters: Vec<RaterChange>,
    /// The same on the anchors; empty where the runs have none in common.
    pub anchors: Vec<RaterChange>,
    pub raters_gone: Vec<String>,
    pub raters_new: Vec<String>,
    pub occupations: OccupationChange,
    pub causes: Causes,
    /// The occupations that moved most.
    pub movers: Vec<Mover>,
}

/// How many tasks there are of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TaskChange {
    /// In both, with the same text.
    pub kept: usize,
    pub reworded: usize,
    pub new: usize,
    pub gone: usize,
}

/// One rater in both runs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct RaterChange {
    pub id: String,
    /// Tasks that it rated in both.
    pub tasks: usize,
    /// Mean of later less earlier, and its standard error over tasks.
    pub shift: Option<f64>,
    pub se: Option<f64>,
    /// Root of the mean squared difference.
    pub rmsd: Option<f64>,
    /// What that would be by chance alone, from its spread between samples; `None` where it has one sample.
    pub noise: Option<f64>,
    /// Share of tasks that differ by more than the threshold.
    pub beyond: Option<f64>,
    pub kappa_quadratic: Option<f64>,
    pub spearman: Option<f64>,
    pub verdict: Verdict,
    /// The names under which it answered, before and after.
    pub served: (Vec<String>, Vec<String>),
}

/// What the difference of one rater is due to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Verdict {
    /// No sample of the one has one of the other beside it.
    Nothing,
    /// Labels, of which some are others.
    Labels,
    /// The same answers serve in both.
    SameAnswers,
    /// The same, and in one of the two further samples of the same questions.
    Samples,
    /// The rubric's text differs, so the questions do.
    Rubric,
    /// The rubric is the same, and yet the questions differ: another model, provider or setting.
    Settings,
    /// The same questions, answered by a model of another name.
    Served,
    /// The same questions, asked again: beyond what chance explains.
    Moved,
    /// The same questions, asked again: as chance has it.
    #[default]
    Chance,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing_in_common",
            Self::Labels => "labels",
            Self::SameAnswers => "same_answers",
            Self::Samples => "samples",
            Self::Rubric => "rubric",
            Self::Settings => "settings",
            Self::Served => "served",
            Self::Moved => "moved",
            Self::Chance => "chance",
        }
    }

    /// For people.
    pub fn said(self) -> &'static str {
        match self {
            Self::Nothing => "nothing in common",
            Self::Labels => "labels differ",
            Self::SameAnswers => "the same answers",
            Self::Samples => "more or fewer samples of the same questions",
            Self::Rubric => "asked under another rubric",
            Self::Settings => "another model, provider or setting behind the name",
            Self::Served => "answered by a model of another name",
            Self::Moved => "asked the same again: the model has changed",
            Self::Chance => "asked the same again: no more than chance",
        }
    }
}

/// Over the occupations that both have.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct OccupationChange {
    pub count: usize,
    /// With a score in the later run only, and in the earlier only.
    pub new: usize,
    pub gone: usize,
    /// The mean over all that a run has.
    pub before: Option<f64>,
    pub after: Option<f64>,
    /// The part of its change that is due to new and gone occupations; the shift of the others is the rest.
    pub exchanged: Option<f64>,
    pub shift: Option<f64>,
    pub sd: Option<f64>,
    pub beyond: Option<f64>,
    /// The shift with what each rater adds to every task taken away.
    pub equated: Option<f64>,
    pub pearson: Option<f64>,
    pub spearman: Option<f64>,
    /// Of their bands.
    pub kappa: Option<f64>,
    /// Whose band is another.
    pub flips: usize,
}

/// An occupation in both runs.
#[derive(Clone, PartialEq, Debug)]
pub struct Mover {
    pub code: String,
    pub title: String,
    pub before: f64,
    pub after: f64,
    pub bands: (String, String),
    pub causes: Causes,
}

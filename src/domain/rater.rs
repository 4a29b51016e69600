//! A rater: a model that is asked, or a column of labels that somebody gave.

use std::path::PathBuf;
use std::sync::Arc;

use super::{InBatches, Limits, Priced, Server, Settings};

/// Who answers for a model.
#[derive(Clone, PartialEq, Debug)]
pub enum Provider {
    Mock(MockTraits),
    Http(Server),
    /// Answers that were given before, to the same questions.
    Replay(Recording),
}

impl Provider {
    /// Whether what is asked of both, under the same settings, has the same keys. A replay is whom it
    /// stands for.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Replay(one), two) => one.of.is_same(two),
            (one, Self::Replay(two)) => one.is_same(&two.of),
            (Self::Mock(one), Self::Mock(two)) => {
                let identity = |mock: &MockTraits| (mock.bias, mock.spread, mock.noise, mock.wavering);
                identity(one) == identity(two)
            }
            (Self::Http(one), Self::Http(two)) => {
                (one.dialect, &one.endpoint, one.form) == (two.dialect, &two.endpoint, two.form)
            }
            _ => false,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Mock(_) => "mock",
            Self::Http(server) => server.dialect.name(),
            Self::Replay(recording) => recording.of.name(),
        }
    }
}

/// Where recorded answers lie, and who gave them.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// An export (.jsonl) or another store (.sqlite).
    pub file: PathBuf,
    /// Who was asked: the questions are those that were put to it.
    pub of: Box<Provider>,
}

/// Who a mock rater is, as part of the question, and under which weather it answers, which is not.
#[derive(Clone, PartialEq, Debug)]
pub struct MockTraits {
    /// Points added to every score; `None` is drawn from the model's name.
    pub bias: Option<f64>,
    /// Standard deviation over tasks of this rater's own view, in points.
    pub spread: f64,
    /// Standard deviation over samples of one task, in points.
    pub noise: f64,
    /// Share of items on which this rater's samples differ at all; of others it says the same every time.
    pub wavering: f64,
    /// Standard deviation over wordings of the rubric of this rater's view of one item, in points.
    pub wording: f64,
    pub weather: Weather,
}

impl Default for MockTraits {
    fn default() -> Self {
        Self { bias: None, spread: 6.0, noise: 3.0, wavering: 1.0, wording: 0.0, weather: Weather::default() }
    }
}

/// What goes wrong with a mock's calls, and how often. Shares are from 0 to 1.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Weather {
    pub latency_ms: u64,
    /// Calls turned away as too many; they are asked again and cost no attempt.
    pub busy: f64,
    /// Calls that break; asked again, at most `max_attempts` times.
    pub broken: f64,
    /// Answers that come back in a bad shape.
    pub answers: Vec<(AnswerFault, f64)>,
}

/// Shapes in which models really answer although they were asked for one JSON object.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum AnswerFault {
    Fenced,
    Prose,
    Think,
    ScoreAsString,
    TwoObjects,
    DuplicateKeys,
    Truncated,
    Refusal,
    OutOfRange,
    SixteenDigits,
    Empty,
    FreeProse,
}

impl AnswerFault {
    pub const ALL: [Self; 12] = [
        Self::Fenced,
        Self::Prose,
        Self::Think,
        Self::ScoreAsString,
        Self::TwoObjects,
        Self::DuplicateKeys,
        Self::Truncated,
        Self::Refusal,
        Self::OutOfRange,
        Self::SixteenDigits,
        Self::Empty,
        Self::FreeProse,
    ];

    /// The word used in config.toml.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fenced => "fenced",
            Self::Prose => "prose",
            Self::Think => "think",
            Self::ScoreAsString => "score_as_string",
            Self::TwoObjects => "two_objects",
            Self::DuplicateKeys => "duplicate_keys",
            Self::Truncated => "truncated",
            Self::Refusal => "refusal",
            Self::OutOfRange => "out_of_range",
            Self::SixteenDigits => "sixteen_digits",
            Self::Empty => "empty",
            Self::FreeProse => "free_prose",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// Where a rater's ratings come from.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// A model is asked.
    Asked(Provider),
    /// The ratings stand in this column of the table that is scored.
    Label { column: String },
}

/// A rater as configured.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// Its name here: in the config, on the command line and in reports.
    pub id: Arc<str>,
    /// Its name at the provider; for labels, the column.
    pub model: String,
    pub source: Source,
    pub settings: Settings,
    pub limits: Limits,
    /// How often a call that breaks is made, the first time included.
    pub max_attempts: u32,
    /// `None`: not known.
    pub price: Option<Priced>,
    /// In the mean over models.
    pub weight: f64,
    /// How it may be asked in batches; `None`: it has no interface for them that we know.
    pub batches: Option<InBatches>,
    /// It is asked in batches, at their price.
    pub in_batches: bool,
}

impl Model {
    /// Whether both would be asked the same questions, so that their agreement would mean nothing.
    pub fn is_same_rater(&self, other: &Self) -> bool {
        let same_source = match (&self.source, &other.source) {
            (Source::Asked(one), Source::Asked(two)) => one.is_same(two),
            (one, two) => one == two,
        };
        self.id == other.id || (same_source && self.model == other.model && self.settings == other.settings)
    }

    /// The price at which it is asked; `None`: not known.
    pub fn price_asked(&self) -> Option<Priced> {
        let price = self.price.as_ref()?;
        if self.in_batches { price.in_batches() } else { Some(price.clone()) }
    }

    /// The provider's name, as reports give it.
    pub fn provider_name(&self) -> &'static str {
        match &self.source {
            Source::Asked(provider) => provider.name(),
            Source::Label { .. } => "label",
        }
    }
}

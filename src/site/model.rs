//! What pages are made of: a run's report, what earlier runs said, and facts from elsewhere.

use std::sync::Arc;

use crate::domain::agreement::Agreement;
use crate::domain::drift::Change;
use crate::domain::{
    Bands, Commentary, FactInput, Facts, Hash, Instant, Priced, RunInfo, ScoredOccupation, ScoredTask,
    Settings as Sent, Standing, Totals,
};

/// All that a site shows.
pub struct Site {
    pub settings: Settings,
    pub run: RunInfo,
    pub totals: Totals,
    pub receipt: Receipt,
    pub bands: Bands,
    /// How each rater of the run is asked; `None` for people's labels, which nobody asks for.
    pub asked: Vec<Option<Asked>>,
    /// In the catalogue's order.
    pub entries: Vec<Entry>,
    /// Of the run's raters.
    pub agreement: Agreement,
    /// Runs under the same rubric, the oldest first; the last is the one that is shown.
    pub runs: Vec<Past>,
    /// Files that facts were taken from.
    pub inputs: Vec<FactInput>,
}

/// Stands before what a site of made-up scores says of itself outside of its pages, which have a notice.
const DEMO: &str = "Demonstration, made-up scores: ";

impl Settings {
    /// A title or a description as it is said where no page is around it.
    pub fn told(&self, text: &str) -> String {
        format!("{}{text}", if self.is_demo { DEMO } else { "" })
    }
}

/// How a model is asked. Its ratings were given under these settings and this schema, else the run could not be made again;
/// the price is as the config has it now.
#[derive(Clone, Debug)]
pub struct Asked {
    pub settings: Sent,
    /// `None`: not known.
    pub price: Option<Priced>,
    /// JSON Schema of its answers; empty where none is sent.
    pub schema: String,
}

/// What the config says of the site.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub title: String,
    /// Ends in a slash; `None`: pages know only where they stand to each other, and there is no feed and no sitemap.
    pub base_url: Option<String>,
    /// Who publishes it; empty: nobody is named.
    pub publisher: String,
    /// Of the scores, by its SPDX identifier, such as `CC-BY-4.0`; `None`: the publisher states none.
    pub licence: Option<String>,
    /// All scores are made up, by mocks.
    pub is_demo: bool,
}

/// Where a site's numbers come from.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// The run's name.
    pub run: String,
    pub began: Instant,
    /// The program that made the run.
    pub program: String,
    /// Digest of the run's ratings.
    pub record: Hash,
    /// The command that makes the same report of the same answers.
    pub command: String,
    pub cost_usd: f64,
    /// Answers that were there already, and those that were asked for.
    pub cached: u64,
    pub asked: u64,
}

/// An occupation with all that its page says.
pub struct Entry {
    pub scored: ScoredOccupation,
    pub tasks: Vec<ScoredTask>,
    /// Where it stands among the others of the run.
    pub standing: Option<Standing>,
    /// Krippendorff's alpha (interval) of the raters over its tasks.
    pub alpha: Option<f64>,
    /// Other titles that people search for.
    pub alternates: Vec<String>,
    pub facts: Facts,
    /// Its scores under other rubrics.
    pub companions: Vec<Companion>,
    /// Its scores in `Site::runs`, in their order.
    pub past: Vec<Option<PastScore>>,
    /// What a model has written of these very scores; a single one is shown.
    pub commentary: Option<Commentary>,
}

/// The score of an occupation under another rubric.
#[derive(Clone, Debug)]
pub struct Companion {
    /// The rubric's id, such as `augmentation`.
    pub rubric: Arc<str>,
    /// What it is called on a page.
    pub title: Arc<str>,
    /// What it measures; empty where that rubric is no longer at hand.
    pub summary: Arc<str>,
    pub run: Arc<str>,
    pub began: Instant,
    pub models: Arc<[String]>,
    pub score: f64,
    pub low: f64,
    pub high: f64,
    pub band: String,
}

/// A run in the history.
#[derive(Clone, Debug)]
pub struct Past {
    pub run: String,
    pub began: Instant,
    /// Of its occupations.
    pub mean: Option<f64>,
    pub occupations: usize,
    pub models: Vec<String>,
    /// Against the run before it; `None` for the first.
    pub change: Option<Change>,
}

/// An occupation's score in a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastScore {
    pub score: f64,
    /// Lowest and highest model.
    pub low: f64,
    pub high: f64,
}

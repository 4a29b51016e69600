//! The nouns: what every room speaks of. No input or output, no async, no clock.

pub mod answer;
pub mod bands;
pub mod catalogue;
pub mod event;
pub mod gaps;
pub mod hash;
pub mod names;
pub mod occupation;
pub mod question;
pub mod rater;
pub mod rating;
pub mod rubric;
pub mod run;
pub mod scored;
pub mod task;
pub mod time;

pub use answer::{Answer, Finish};
pub use bands::Bands;
pub use catalogue::{CatalogueId, Selection, Share};
pub use event::{Event, Unwatched, Watch};
pub use gaps::AllowedGaps;
pub use hash::Hash;
pub use occupation::Occupation;
pub use question::{Context, Keyed, Question, Settings};
pub use rater::{AnswerFault, MockTraits, Model, Price, Provider, Source, Weather};
pub use rating::{Gap, GapReason, Level, Rating, Score};
pub use rubric::{Limits, Rubric, Scale};
pub use run::{RunInfo, RunModel, Totals};
pub use scored::{ModelScore, Sample, ScoredOccupation, ScoredTask, Spread};
pub use task::{Task, TaskType, Weighting};
pub use time::{Age, Fit, Instant};

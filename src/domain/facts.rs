//! What is known of an occupation from elsewhere: O*NET's other files, and labour statistics.

use std::path::PathBuf;
use std::sync::Arc;

use super::Hash;

/// Facts about one occupation. What no file has is `None` or empty: nothing is ever made up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub job_zone: Option<JobZone>,
    /// The most important first.
    pub skills: Vec<Skill>,
    /// Those in demand first, then the hot ones, then the rest; each once.
    pub tools: Vec<Tool>,
    /// Codes of related occupations, the closest first.
    pub related: Vec<String>,
    pub pay: Option<Pay>,
    pub pay_growth: Option<PayGrowth>,
    pub outlook: Option<Outlook>,
    pub sector: Option<Arc<Sector>>,
}

/// How much preparation an occupation takes, by O*NET: 1 is little, 5 extensive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobZone {
    pub zone: u8,
    /// Such as "Job Zone Four: Considerable Preparation Needed".
    pub name: Arc<str>,
    /// The usual education, in O*NET's words; empty where the reference is not there.
    pub education: Arc<str>,
}

/// How important a skill is for an occupation.
#[derive(Clone, Debug, PartialEq)]
pub struct Skill {
    pub name: Arc<str>,
    /// O*NET's scale IM, rescaled: (value - 1) / 4 x 100.
    pub importance: f64,
}

/// A technology that the occupation uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub name: Arc<str>,
    pub standing: ToolStanding,
}

/// How often employers ask for a technology, by O*NET.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ToolStanding {
    /// Often asked for in postings for this occupation.
    InDemand,
    /// Often asked for in postings of any occupation.
    Hot,
    Used,
}

/// Where a figure is from, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Such as "BLS Occupational Employment and Wage Statistics".
    pub source: Arc<str>,
    /// Such as "May 2024" or "2024-34".
    pub vintage: Arc<str>,
    pub whose: Whose,
}

/// Statistics know fewer codes than O*NET, so a figure may be of more than the occupation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of the occupation itself.
    Its,
    /// Of the six-digit code, of which the occupation is one part among `parts` that O*NET tells apart.
    Part { code: Arc<str>, title: Arc<str>, parts: usize },
    /// Of a broader code into which the statistics have merged the occupation's own.
    Merged { code: Arc<str>, title: Arc<str> },
}

/// An annual wage in USD, as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wage {
    Exactly(u32),
    /// Top-coded: this or more.
    AtLeast(u32),
}

/// Wages and employment of one vintage.
#[derive(Clone, Debug, PartialEq)]
pub struct Pay {
    pub figure: Figure,
    /// The median; `None` where it was not released.
    pub median: Option<Wage>,
    /// The 10th and the 90th percentile.
    pub low: Option<Wage>,
    pub high: Option<Wage>,
    /// Jobs, self-employed left out; `None` where it was not released.
    pub employment: Option<u64>,
}

/// The median of one vintage against that of an earlier one. Nominal; the source warns that its vintages are no
/// time series.
#[derive(Clone, Debug, PartialEq)]
pub struct PayGrowth {
    pub figure: Figure,
    /// The earlier vintage.
    pub since: Arc<str>,
    /// Per year, in percent.
    pub percent_a_year: f64,
}

/// Employment now and as projected.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    pub figure: Figure,
    /// Jobs, self-employed included.
    pub employment: Option<u64>,
    pub projected: Option<u64>,
    /// Over the whole period.
    pub change_percent: f64,
    /// The source's words for that change, such as "much faster than average"; empty where none are configured.
    pub words: Arc<str>,
    /// Openings a year.
    pub openings: Option<u64>,
    /// Typical education for entry; empty where not given.
    pub education: Arc<str>,
}

/// A figure over time of the sector that an occupation belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Sector {
    pub sector: String,
    /// What the series is called, such as "Job postings index".
    pub name: String,
    /// What a higher value means, such as "higher = more hiring".
    pub direction: String,
    /// Who publishes it, with its licence.
    pub source: String,
    /// ISO dates with values, the oldest first.
    pub points: Vec<(String, f64)>,
}

/// Where facts are read from, as the config says; what is left out brings none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactSources {
    /// The folder or zip of an O*NET text release.
    pub onet: Option<PathBuf>,
    /// National wage files, one of each vintage; the newest counts, and growth is against the one before it.
    pub wages: Vec<PathBuf>,
    pub projections: Option<PathBuf>,
    /// What the source of projections calls a change: from so many whole percent on, in rising order. The cuts
    /// change with every round, so they are data.
    pub projection_words: Vec<(i64, String)>,
    pub sector: Option<SectorSources>,
}

/// A series of figures by sector, and which occupation is of which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectorSources {
    pub series: PathBuf,
    pub map: PathBuf,
    pub name: String,
    pub direction: String,
}

impl SectorSources {
    pub const NAME: &str = "Sector hiring index";
    pub const DIRECTION: &str = "higher = more hiring";
}

/// A file that facts are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactInput {
    /// With its vintage, where it has one.
    pub name: String,
    pub file: String,
    /// Of its bytes, as `sha256sum` prints it.
    pub sha256: Hash,
    pub licence: String,
}

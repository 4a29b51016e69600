//! What flags can be meant together, and where.

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args};

use super::{Format, Score};

/// Takes one option back.
type Clear = fn(&mut Score);

/// Options of which only one can be meant.
const EXCLUSIVE: [(&str, Clear, &str, Clear); 23] = [
    ("batch", |s| s.batch = false, "online", |s| s.online = false),
    ("no_wait", |s| s.no_wait = false, "online", |s| s.online = false),
    ("no_wait", |s| s.no_wait = false, "deadline", |s| s.deadline = None),
    ("anchors", |s| s.anchors = None, "limit", |s| s.limit = None),
    ("anchors", |s| s.anchors = None, "pick", |s| s.pick = None),
    ("anchors", |s| s.anchors = None, "until_se", |s| s.until_se = None),
    ("anchors", |s| s.anchors = None, "until_agree", |s| s.until_agree = None),
    ("anchors", |s| s.anchors = None, "fresh", |s| s.fresh = false),
    ("until_se", |s| s.until_se = None, "until_agree", |s| s.until_agree = None),
    ("limit", |s| s.limit = None, "pick", |s| s.pick = None),
    ("items", |s| s.items = None, "catalog", |s| s.catalog = None),
    ("all", |s| s.all = false, "occupation", |s| s.occupation.clear()),
    ("all", |s| s.all = false, "group", |s| s.group.clear()),
    ("fresh", |s| s.fresh = false, "offline", |s| s.offline = false),
    ("fresh", |s| s.fresh = false, "max_age", |s| s.max_age = None),
    ("fresh", |s| s.fresh = false, "as_of", |s| s.as_of = None),
    ("fresh", |s| s.fresh = false, "since", |s| s.since = None),
    ("max_age", |s| s.max_age = None, "since", |s| s.since = None),
    ("changed", |s| s.changed = false, "fresh", |s| s.fresh = false),
    ("changed", |s| s.changed = false, "max_age", |s| s.max_age = None),
    ("changed", |s| s.changed = false, "since", |s| s.since = None),
    ("changed", |s| s.changed = false, "offline", |s| s.offline = false),
    ("changed", |s| s.changed = false, "as_of", |s| s.as_of = None),
];

/// What a command makes of the flags of scoring.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// It asks and reports.
    Report,
    /// It says what would be asked.
    Plan,
    /// It explains its target.
    Target,
    /// It draws whole occupations, and asks the same under every wording.
    Wordings,
    /// It compares ratings: those of runs that are named, or those that are selected.
    Ratings { named: bool },
}

/// Flags that say how to ask.
const ASKS: [(&str, Clear); 11] = [
    ("batch", |s| s.batch = false),
    ("online", |s| s.online = false),
    ("no_wait", |s| s.no_wait = false),
    ("deadline", |s| s.deadline = None),
    ("changed", |s| s.changed = false),
    ("fresh", |s| s.fresh = false),
    ("anchors", |s| s.anchors = None),
    ("anchors_since", |s| s.anchors_since = None),
    ("dry_run", |s| s.dry_run = false),
    ("max_cost", |s| s.max_cost = None),
    ("yes", |s| s.yes = false),
];

/// Flags that say how often.
const UNTIL: [(&str, Clear); 3] = [
    ("until_se", |s| s.until_se = None),
    ("until_agree", |s| s.until_agree = None),
    // Without one of the others it says nothing.
    ("max_samples", |_| ()),
];

/// Flags that name occupations.
const NAMES: [(&str, Clear); 3] =
    [("occupation", |s| s.occupation.clear()), ("group", |s| s.group.clear()), ("all", |s| s.all = false)];

/// Flags that take a part of the tasks.
const PARTS: [(&str, Clear); 2] = [("limit", |s| s.limit = None), ("pick", |s| s.pick = None)];

/// Flags that name a table or a catalogue.
const TABLES: [(&str, Clear); 3] =
    [("items", |s| s.items = None), ("columns", |s| s.columns.clear()), ("catalog", |s| s.catalog = None)];

/// Flags that say who rates, how often, and what is made of it: a run that is named has said so.
const RATED: [(&str, Clear); 7] = [
    ("models", |s| s.models.clear()),
    ("samples", |s| s.samples = None),
    ("weights", |s| s.weights = None),
    ("combine", |s| s.combine = None),
    ("since", |s| s.since = None),
    ("as_of", |s| s.as_of = None),
    ("max_age", |s| s.max_age = None),
];

/// Those besides that mean other samples under one wording than under another.
const UNEVEN: [(&str, Clear); 4] = [
    ("anchors", |s| s.anchors = None),
    ("anchors_since", |s| s.anchors_since = None),
    ("until_se", |s| s.until_se = None),
    ("until_agree", |s| s.until_agree = None),
];

/// Flags that say to ask in batches.
const BATCHES: [(&str, Clear); 3] =
    [("batch", |s| s.batch = false), ("no_wait", |s| s.no_wait = false), ("deadline", |s| s.deadline = None)];

impl About {
    /// What it has no use for.
    fn refused(self) -> Vec<(&'static str, Clear)> {
        let lists: &[&[(&str, Clear)]] = match self {
            Self::Report | Self::Plan => &[],
            Self::Target => &[&ASKS, &NAMES],
            Self::Wordings => &[&PARTS, &UNEVEN, &BATCHES],
            Self::Ratings { named: true } => &[&ASKS, &UNTIL, &NAMES, &PARTS, &TABLES, &RATED],
            Self::Ratings { named: false } => &[&ASKS, &UNTIL],
        };
        lists.concat()
    }

    /// Why it does not take a flag.
    fn says(self, id: &str) -> String {
        let flag = id.replace('_', "-");
        let asks = ASKS.iter().chain(&UNTIL).any(|(asking, _)| *asking == id);
        match (self, id) {
            (Self::Wordings, "limit" | "pick") => {
                format!("whole occupations are drawn, so leave out --{flag}: --occupations N says how many")
            }
            (Self::Wordings, "batch" | "no_wait" | "deadline") => {
                format!(
                    "wordings are asked at once, so that they are asked at the same time: leave out --{flag}"
                )
            }
            (Self::Wordings, _) => {
                format!("every wording is asked the same, so leave out --{flag}: --samples N says how often")
            }
            _ if asks => format!("nothing is asked here: leave out --{flag}"),
            (Self::Ratings { .. }, _) => {
                format!("what is named says what is meant, and so does --{flag}: name a run, or select tasks")
            }
            _ => format!("the target says what is meant: leave out --{flag}"),
        }
    }
}

/// Holds the flags to what the command is about: what it has no use for is refused when typed, and does not
/// count as a variable. Then to each other.
pub(super) fn check(
    command: &mut clap::Command,
    score: &mut Score,
    matches: &ArgMatches,
    about: About,
) -> Option<clap::Error> {
    let mut ignored = Vec::new();
    for (id, clear) in about.refused() {
        if matches.value_source(id) == Some(ValueSource::CommandLine) {
            return Some(command.error(clap::error::ErrorKind::ArgumentConflict, about.says(id)));
        }
        clear(score);
        ignored.push(id);
    }
    let is_report = about == About::Report && !score.dry_run;
    let has = |format: Format| is_report || matches!(format, Format::Table | Format::Json);
    let json_typed = matches.value_source("json") == Some(ValueSource::CommandLine);
    if matches.value_source("format") == Some(ValueSource::EnvVariable)
        && (json_typed || !score.format.is_some_and(has))
    {
        score.format = None;
    }
    exclude(command, score, matches, &ignored)
}

/// Two options that exclude each other: a flag that was typed wins over a variable, which clap's own
/// conflicts do not allow for; two of a kind are an error.
fn exclude(
    command: &mut clap::Command,
    score: &mut Score,
    matches: &ArgMatches,
    ignored: &[&str],
) -> Option<clap::Error> {
    // A switch that a variable sets to `false` is not set.
    let source = |id: &str| match matches.try_get_one::<bool>(id) {
        _ if ignored.contains(&id) => None,
        Ok(Some(false)) => None,
        _ => matches.value_source(id).filter(|source| *source != ValueSource::DefaultValue),
    };
    for (one, clear_one, other, clear_other) in EXCLUSIVE {
        match (source(one), source(other)) {
            (Some(ValueSource::CommandLine), Some(ValueSource::EnvVariable)) => clear_other(score),
            (Some(ValueSource::EnvVariable), Some(ValueSource::CommandLine)) => clear_one(score),
            (Some(first), Some(_)) => {
                let name = |id: &str| match first {
                    ValueSource::EnvVariable => format!("SCORE_TASKS_{}", id.to_uppercase()),
                    _ => format!("--{}", id.replace('_', "-")),
                };
                let message = format!("{} and {} exclude each other", name(one), name(other));
                return Some(command.error(clap::error::ErrorKind::ArgumentConflict, message));
            }
            _ => {}
        }
    }
    let typed = |id: &str| source(id) == Some(ValueSource::CommandLine);
    // A command that draws by itself has a use for the seed.
    let draws = matches.try_contains_id("bootstrap").unwrap_or(false);
    for (one, needs) in [("seed", "pick"), ("columns", "items"), ("anchors_since", "anchors")] {
        if draws && one == "seed" {
            continue;
        }
        // From a variable it is a default, for when the other is there.
        if typed(one) && source(needs).is_none() {
            let message = format!("--{one} goes with --{needs}");
            return Some(command.error(clap::error::ErrorKind::MissingRequiredArgument, message));
        }
    }
    None
}

/// A score option in front of a subcommand would be dropped silently: `--dry-run score` would spend
/// money. So it is refused.
pub(super) fn misplaced(command: &mut clap::Command, matches: &ArgMatches) -> Option<clap::Error> {
    let name = matches.subcommand_name()?;
    let score = Score::augment_args(clap::Command::new("score"));
    let typed = score
        .get_arguments()
        .find(|arg| matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine))?;
    let flag = typed.get_long().unwrap_or(typed.get_id().as_str());
    let value = if matches!(typed.get_action(), ArgAction::SetTrue) { "" } else { " ..." };
    let takes_it = command
        .find_subcommand(name)
        .is_some_and(|inner| inner.get_arguments().any(|arg| arg.get_long() == Some(flag)));
    let message = if takes_it {
        format!("--{flag} goes after the subcommand: score-tasks {name} --{flag}{value}")
    } else {
        format!("--{flag} is an option of scoring, not of `{name}`")
    };
    Some(command.error(clap::error::ErrorKind::ArgumentConflict, message))
}

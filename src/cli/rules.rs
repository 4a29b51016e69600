//! What flags can be meant together, and where.

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args};

use super::Score;

/// Takes one option back.
type Clear = fn(&mut Score);

/// Options of which only one can be meant.
const EXCLUSIVE: [(&str, Clear, &str, Clear); 15] = [
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
];

/// Two options that exclude each other: a flag that was typed wins over a variable, which clap's own
/// conflicts do not allow for; two of a kind are an error.
pub(super) fn exclude(
    command: &mut clap::Command,
    score: &mut Score,
    matches: &ArgMatches,
) -> Option<clap::Error> {
    // A switch that a variable sets to `false` is not set.
    let source = |id: &str| match matches.try_get_one::<bool>(id) {
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
    let draws = matches.try_contains_id("occupations").unwrap_or(false);
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

/// What would select other tasks than the target, or answers that are still to be asked for.
const BESIDE_A_TARGET: [(&str, Clear); 4] = [
    ("occupation", |s| s.occupation.clear()),
    ("group", |s| s.group.clear()),
    ("all", |s| s.all = false),
    ("fresh", |s| s.fresh = false),
];

/// A command that is about its target and asks nothing takes no flag that says otherwise; a variable does
/// not count.
pub(super) fn about_a_target(
    command: &mut clap::Command,
    score: &mut Score,
    matches: &ArgMatches,
) -> Option<clap::Error> {
    for (id, clear) in BESIDE_A_TARGET {
        if matches.value_source(id) == Some(ValueSource::CommandLine) {
            let message = match id {
                "fresh" => "nothing is asked here: leave out --fresh".to_owned(),
                _ => format!("the target says what is meant: leave out --{id}"),
            };
            return Some(command.error(clap::error::ErrorKind::ArgumentConflict, message));
        }
        clear(score);
    }
    None
}

/// What would take a part of the tasks of an occupation, or other samples under one wording than under another.
const BESIDE_WORDINGS: [(&str, Clear); 5] = [
    ("limit", |s| s.limit = None),
    ("pick", |s| s.pick = None),
    ("anchors", |s| s.anchors = None),
    ("until_se", |s| s.until_se = None),
    ("until_agree", |s| s.until_agree = None),
];

/// A command that draws whole occupations and asks the same under every wording takes no flag that says
/// otherwise; a variable does not count.
pub(super) fn whole_occupations(
    command: &mut clap::Command,
    score: &mut Score,
    matches: &ArgMatches,
) -> Option<clap::Error> {
    for (id, clear) in BESIDE_WORDINGS {
        if matches.value_source(id) == Some(ValueSource::CommandLine) {
            let flag = id.replace('_', "-");
            let message = match id {
                "limit" | "pick" => {
                    format!(
                        "whole occupations are drawn, so leave out --{flag}: --occupations N says how many"
                    )
                }
                _ => format!(
                    "every wording is asked the same, so leave out --{flag}: --samples N says how often"
                ),
            };
            return Some(command.error(clap::error::ErrorKind::ArgumentConflict, message));
        }
        clear(score);
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

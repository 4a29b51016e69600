//! `runs diff` and `drift`: what has changed between runs, and because of what.

use anyhow::anyhow;

use super::manifest::Manifest;
use super::output::{print, print_json};
use super::{Desk, Exit, Failure, sheets};
use crate::cli::{Differing, Drift};
use crate::domain::{Sheet, drift::Change};
use crate::measure::{self, Comparison};
use crate::report::{self, Step};
use crate::store::KeptRun;

/// The seed of the anchors: a fixed set, so that it is the same in every run.
pub(super) const SEED_OF_ANCHORS: u64 = 1;

/// Two runs or reports against each other.
pub(super) fn diff(desk: &Desk, before: &str, after: &str, args: &Differing) -> Result<Exit, Failure> {
    let (before, after) = (side(desk, before)?, side(desk, after)?);
    let change = compare(desk, (&before.1, &before.2), (&after.1, &after.2), args);
    let (before, after) = (before.0, after.0);
    hold_together(&change, (&before, &after), args.fail_above)?;
    if desk.global.json {
        let mut value = report::change_json(&change);
        if let Some(members) = value.as_object_mut() {
            members.insert("schema".to_owned(), "score-tasks/diff/1".into());
            members.insert("before".to_owned(), before.into());
            members.insert("after".to_owned(), after.into());
        }
        print_json(&value)?;
    } else {
        desk.talk.say(format_args!("From {before} to {after}"));
        print(&report::change_text(&change, report::terminal_width()))?;
    }
    gate(&change, args.fail_above)
}

/// Its name, its ratings, and how many anchors it asked afresh.
pub(super) type Side = (String, Sheet, Option<u64>);

pub(super) fn side(desk: &Desk, target: &str) -> Result<Side, Failure> {
    Ok(as_side(sheets::target(desk, target)?))
}

/// The same of a run that is at hand, whatever has become of others.
pub(super) fn side_of(desk: &Desk, run: &(KeptRun, Manifest)) -> Result<Side, Failure> {
    Ok(as_side(sheets::of_kept(desk, run.clone())?))
}

fn as_side(ratings: sheets::Ratings) -> Side {
    (ratings.name, ratings.sheet, ratings.anchors)
}

pub(super) fn compare(
    desk: &Desk,
    before: (&Sheet, &Option<u64>),
    after: (&Sheet, &Option<u64>),
    args: &Differing,
) -> Change {
    let anchors = before.1.zip(*after.1).map(|(one, two)| (one.min(two), SEED_OF_ANCHORS));
    let bands = &desk.config.bands;
    let by = Comparison { bands, threshold: args.threshold, movers: args.movers, anchors };
    measure::change(before.0, after.0, &by)
}

/// Runs without a common task cannot be compared, and a gate does not open for them.
fn hold_together(
    change: &Change,
    (before, after): (&str, &str),
    fail_above: Option<f64>,
) -> Result<(), Failure> {
    if change.tasks.kept > 0 {
        return Ok(());
    }
    let exit = if fail_above.is_some() { Exit::Gate } else { Exit::Usage };
    Err(Failure::new(exit, anyhow!("{before} and {after} have no task with the same text"))
        .hint("name runs of the same tasks; drift --last N leaves out all but the last N"))
}

/// Both at once, for a gate between two runs.
pub(super) fn judge(change: &Change, names: (&str, &str), most: f64) -> Result<(), Failure> {
    hold_together(change, names, Some(most))?;
    gate(change, Some(most)).map(|_| ())
}

/// A shift of any rater, or of the whole, beyond what is allowed. What is not defined is not within it.
fn gate(change: &Change, fail_above: Option<f64>) -> Result<Exit, Failure> {
    let Some(most) = fail_above else { return Ok(Exit::Done) };
    let raters = report::shown(change).iter().map(|rater| (rater.id.as_str(), rater.shift));
    let whole = [("the mean occupation", change.occupations.shift)];
    let (mut moved, mut unknown) = (Vec::new(), Vec::new());
    for (name, shift) in raters.chain(whole) {
        match shift.filter(|shift| !shift.is_nan()) {
            Some(shift) if shift.abs() <= most => {}
            Some(shift) => moved.push(format!("{name} {shift:+.2}")),
            None => unknown.push(name),
        }
    }
    let mut found = Vec::new();
    if !moved.is_empty() {
        found.push(format!("moved by more than {most} points: {}", moved.join(", ")));
    }
    if !unknown.is_empty() {
        let raters = "its shift is not defined, as the runs have no rating of it in common";
        found.push(format!("{}: {raters}", unknown.join(", ")));
    }
    if found.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Gate, anyhow!("{}", found.join("; "))))
}

/// The last runs of the same rubric, each against the one before and the first.
pub(super) fn drift(desk: &Desk, args: &Drift) -> Result<Exit, Failure> {
    let names = series(desk, args)?;
    let sides: Vec<Side> = names.iter().map(|name| side(desk, name)).collect::<Result<_, _>>()?;
    let mut steps = Vec::new();
    for (place, later) in sides.iter().enumerate() {
        let against = |earlier: &Side| {
            let change = compare(desk, (&earlier.1, &earlier.2), (&later.1, &later.2), &args.differing);
            hold_together(&change, (&earlier.0, &later.0), args.differing.fail_above)?;
            Ok::<Change, Failure>(change)
        };
        let previous = place.checked_sub(1).and_then(|place| sides.get(place));
        steps.push(Step {
            run: later.0.clone(),
            since_previous: previous.map(against).transpose()?,
            since_first: previous.and(sides.first()).map(against).transpose()?,
        });
    }
    if desk.global.json {
        print_json(&report::series_json(&steps))?;
    } else {
        print(&report::series_text(&steps, report::terminal_width().max(120)))?;
    }
    let last = steps.last();
    for change in last.iter().flat_map(|step| [&step.since_previous, &step.since_first]).flatten() {
        gate(change, args.differing.fail_above)?;
    }
    Ok(Exit::Done)
}

/// The runs that are named, or those that are like the last one.
fn series(desk: &Desk, args: &Drift) -> Result<Vec<String>, Failure> {
    if args.runs.len() == 1 {
        return Err(Failure::usage(anyhow!("one run has nothing to drift from: name two or more, or none")));
    }
    if !args.runs.is_empty() {
        return Ok(args.runs.clone());
    }
    let all = sheets::all_runs(desk)?;
    let Some((_, last)) = all.last() else {
        return sheets::find_run(desk, sheets::LATEST).map(|_| Vec::new());
    };
    let like_it: Vec<String> =
        all.iter().filter(|(_, run)| is_comparable(run, last)).map(|(run, _)| run.id.clone()).collect();
    if like_it.len() < 2 {
        return Err(Failure::usage(anyhow!(
            "there is only one run of {} with the selection `{}`",
            last.rubric.id,
            last.selection
        ))
        .hint(
            "score again, later or with --fresh; or name runs of your own choice: score-tasks drift RUN RUN",
        ));
    }
    let from = like_it.len().saturating_sub(args.last);
    Ok(like_it.into_iter().skip(from).collect())
}

/// The same instrument, held to the same tasks.
pub(super) fn is_comparable(one: &Manifest, other: &Manifest) -> bool {
    // Another wording is another instrument.
    let same_words = one.rubric.variant() == other.rubric.variant();
    same_words && one.rubric.id == other.rubric.id && one.selection == other.selection
}

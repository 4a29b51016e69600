//! `validate`: how far raters, and their combination, are from labels that count as true.

use anyhow::anyhow;

use super::output::Either;
use super::sheets::{self, Ratings};
use super::{Desk, Exit, Failure, gold, setup};
use crate::cli;
use crate::domain::Rubric;
use crate::domain::validation::{Against, Validation};
use crate::measure::{self, Rounds};
use crate::report;

pub(super) fn validate(desk: &Desk, args: &cli::Validate) -> Result<Exit, Failure> {
    let out = Either::new(desk, &args.score)?;
    let mut ratings = sheets::ratings(desk, args.target.as_deref(), &args.score)?;
    let rubric = rubric(desk, args, &ratings)?;
    let labels = gold::read(desk, args, &rubric)?;
    let gold::Joined { people, gold, notes } = gold::join(&mut ratings.sheet, &labels)?;
    desk.talk.say(format_args!("Ratings of {}", report::plain(&ratings.name)));
    notes.iter().for_each(|note| desk.talk.say(note));
    let rounds = Rounds { count: args.bootstrap, seed: args.score.seed.unwrap_or(0) };
    let validation = measure::validation(&ratings.sheet, &people, rounds);
    if validation.tasks.iter().all(|rater| rater.pair.items == 0) {
        return Err(Failure::usage(anyhow!("no task that has a label has a rating, too"))
            .hint("score them first: the same flags without `validate` and its own"));
    }
    out.put(
        |width| report::validation_text(&validation, &ratings.sheet, &gold, width),
        || report::validation_json(&validation, &ratings.sheet, &gold),
    )?;
    gates(args, &validation)
}

/// The rubric whose scale the labels are on: as told, else that of the ratings.
fn rubric(desk: &Desk, args: &cli::Validate, ratings: &Ratings) -> Result<Rubric, Failure> {
    let of_ratings = &ratings.sheet.rubric;
    let Some(name) = args.score.rubric.as_deref().or(ratings.rubric.as_deref()) else {
        let error =
            anyhow!("on which scale are the labels? {} does not name its rubric's folder", ratings.name);
        let known = format!("--rubric NAME; the ratings are under {} {}", of_ratings.id, of_ratings.version);
        return Err(Failure::usage(error).hint(known));
    };
    let rubric = setup::rubric(desk, Some(name))?;
    if rubric.sha256.to_string() != of_ratings.sha256 {
        desk.talk.say(format_args!(
            "Labels are read by the rubric `{name}` as it is now; the ratings had another."
        ));
    }
    Ok(rubric)
}

/// What is to be reached, by the combination on tasks. What is not defined has not reached it.
fn gates(args: &cli::Validate, validation: &Validation) -> Result<Exit, Failure> {
    let nothing = Against::default();
    let combined = validation.tasks.last().unwrap_or(&nothing);
    let mut missed = Vec::new();
    let mut gate = |what: &str, found: Option<f64>, bound: Option<f64>, is_floor: bool| {
        let Some(bound) = bound else { return };
        if !found.is_some_and(|found| if is_floor { found >= bound } else { found <= bound }) {
            let found = found.map_or("not defined".to_owned(), |found| format!("{found:.4}"));
            let wanted = if is_floor { "at least" } else { "at most" };
            missed.push(format!("{what} is {found}, {wanted} {bound} is asked for"));
        }
    };
    gate("Krippendorff's alpha", combined.alpha, args.min_alpha, true);
    gate("the mean absolute error", combined.pair.mae, args.max_mae, false);
    gate("Pearson's r", combined.pair.pearson, args.min_pearson, true);
    if missed.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Gate, anyhow!("combined against gold, on tasks: {}", missed.join("; "))))
}

//! `agree`: how far raters agree, with each other and with themselves.

use anyhow::anyhow;

use super::output::Either;
use super::sheets::{self, Ratings};
use super::{Desk, Exit, Failure};
use crate::cli;
use crate::domain::Sheet;
use crate::measure::{self, Rounds};
use crate::report;

pub(super) fn agree(desk: &Desk, args: &cli::Agree) -> Result<Exit, Failure> {
    let out = Either::new(desk, &args.score)?;
    let ratings = match args.targets.as_slice() {
        [] => sheets::ratings(desk, None, &args.score)?,
        [one] => sheets::ratings(desk, Some(one), &args.score)?,
        several => side_by_side(
            several
                .iter()
                .map(|target| sheets::ratings(desk, Some(target), &args.score))
                .collect::<Result<_, _>>()?,
        )?,
    };
    let rounds = Rounds { count: args.bootstrap, seed: args.score.seed.unwrap_or(0) };
    let agreement = measure::agreement(&ratings.sheet, rounds, args.disputed);
    if agreement.raters.len() < 2 && agreement.retests.is_empty() {
        return Err(Failure::usage(anyhow!(
            "{} has one rater and one sample: there is nothing to agree with",
            ratings.name
        ))
        .hint("several models (--models A,B) or several samples (--samples 2)"));
    }
    let items: Vec<usize> = agreement.disputed.iter().map(|disputed| disputed.item).collect();
    let rationales = sheets::rationales(desk, &ratings, &items)?;
    desk.talk.say(format_args!("Ratings of {}", report::plain(&ratings.name)));
    out.put(
        |width| report::agreement_text(&agreement, &ratings.sheet, &rationales, width),
        || report::agreement_json(&agreement, &ratings.sheet, &rationales),
    )?;
    let alpha = agreement.tasks.overall.alpha.interval;
    match args.min_alpha {
        // What is not a number is not below anything, and has not reached it.
        Some(least) if !alpha.is_some_and(|alpha| alpha >= least) => {
            let found = alpha.map_or("not defined".to_owned(), |alpha| format!("{alpha:.4}"));
            Err(Failure::new(Exit::Gate, anyhow!("Krippendorff's alpha is {found}, below {least}")))
        }
        _ => Ok(Exit::Done),
    }
}

/// The raters of several runs over the tasks that all of them have: the same code, id and text.
fn side_by_side(all: Vec<Ratings>) -> Result<Ratings, Failure> {
    let names: Vec<String> = all.iter().map(|ratings| ratings.name.clone()).collect();
    let mut all = all.into_iter();
    let Some(mut first) = all.next() else { return Err(Failure::usage(anyhow!("nothing to compare"))) };
    tag(&mut first.sheet, &first.name);
    for mut other in all {
        tag(&mut other.sheet, &other.name);
        // Those of a report's file have none, and need a place all the same.
        first.origins.resize(first.sheet.raters.len(), None);
        first.origins.append(&mut other.origins);
        first.sheet = joined(first.sheet, &other.sheet);
        if first.sheet.items.is_empty() {
            return Err(Failure::usage(anyhow!("{} have no task in common", names.join(" and "))));
        }
    }
    Ok(Ratings { name: names.join(" and "), ..first })
}

fn tag(sheet: &mut Sheet, name: &str) {
    for rater in &mut sheet.raters {
        rater.id = format!("{}@{name}", rater.id);
    }
}

fn joined(mut one: Sheet, other: &Sheet) -> Sheet {
    let places = other.places();
    one.items = std::mem::take(&mut one.items)
        .into_iter()
        .filter_map(|mut item| {
            let code = one.occupations.get(item.occupation)?.code.as_str();
            let twin = other.items.get(*places.get(&(code, item.id.as_str()))?)?;
            (twin.text == item.text).then(|| {
                item.ratings.extend(twin.ratings.iter().cloned());
                item
            })
        })
        .collect();
    one.raters.extend(other.raters.iter().cloned());
    one.rubric.step = one.rubric.step.filter(|step| other.rubric.step == Some(*step));
    one
}

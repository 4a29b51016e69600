//! Models that answer under another name than before, under several, or not for much longer: said where it happens.

use super::manifest::{Manifest, ModelAsked};
use super::{Desk, drift, models, sheets};
use crate::pass::Job;
use crate::report::plain;

/// What is to be said of the models of a run that is about to be kept.
pub(super) fn notes(desk: &Desk, manifest: &Manifest) -> Vec<String> {
    // A store that cannot be read says so elsewhere; the run must be kept all the same.
    let all = sheets::sound_runs(desk).unwrap_or_default().runs;
    let mut notes = Vec::new();
    for model in &manifest.models {
        let before = all.iter().rev().find_map(|(run, earlier)| {
            let same =
                drift::is_comparable(earlier, manifest).then(|| named(earlier, &model.id)).flatten()?;
            (!same.served.is_empty()).then_some((run.id.as_str(), same))
        });
        notes.extend(note(model, before));
        notes.extend(retirement(desk, &model.id));
    }
    notes
}

/// Those of the raters whose provider ends them soon, or has.
pub(super) fn retiring(desk: &Desk, job: &Job) -> Vec<String> {
    job.raters.iter().filter_map(|rater| retirement(desk, &rater.model.id)).collect()
}

fn retirement(desk: &Desk, id: &str) -> Option<String> {
    let known = desk.config.in_table.get(id)?;
    let retired = models::retirement(known, desk.clock.now()).filter(|retired| retired.is_near)?;
    Some(format!("{id} {}: another model is another rater", retired.text))
}

fn named<'a>(manifest: &'a Manifest, id: &str) -> Option<&'a ModelAsked> {
    manifest.models.iter().find(|model| model.id == id)
}

/// Nothing where it answers under the one name that it had.
fn note(model: &ModelAsked, before: Option<(&str, &ModelAsked)>) -> Option<String> {
    let (id, now) = (plain(&model.id), plain(&model.served.join(", ")).into_owned());
    let changed = before.filter(|(_, before)| before.served != model.served && !model.served.is_empty());
    let mixed = model.served.len() > 1;
    let before = changed.map(|(run, before)| {
        let before = plain(&before.served.join(", ")).into_owned();
        format!("in run {run} it was {before}: drift will count it as another model")
    });
    match (mixed, before) {
        (true, Some(before)) => {
            Some(format!("{id}: the ratings of this run are of several models, {now}; {before}"))
        }
        (true, None) => Some(format!("{id}: the ratings of this run are of several models, {now}")),
        (false, Some(before)) => Some(format!("{id} now answers as {now}; {before}")),
        (false, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(served: &[&str]) -> ModelAsked {
        ModelAsked {
            id: "m".to_owned(),
            provider: "openai".to_owned(),
            model: "m-latest".to_owned(),
            served: served.iter().map(|name| (*name).to_owned()).collect(),
            asked: None,
            cost_usd: None,
        }
    }

    #[test]
    fn another_name_is_told_and_the_same_is_not() {
        let told = |now: &[&str], before: Option<&[&str]>| {
            let before = before.map(asked);
            note(&asked(now), before.as_ref().map(|before| ("R", before))).unwrap_or_default()
        };
        for (now, before, said) in [
            (&["A"][..], None, ""),
            (&["A"], Some(&["A"][..]), ""),
            (&[], Some(&["A"]), ""),
            (
                &["A"],
                Some(&["B"]),
                "m now answers as A; in run R it was B: drift will count it as another model",
            ),
            (&["A", "B"], Some(&["A", "B"]), "m: the ratings of this run are of several models, A, B"),
            (&["A", "B"], None, "m: the ratings of this run are of several models, A, B"),
            (
                &["A", "B"],
                Some(&["B"]),
                "m: the ratings of this run are of several models, A, B; in run R it was B: drift will count it \
                 as another model",
            ),
        ] {
            assert_eq!(told(now, before), said, "{now:?} {before:?}");
        }
    }
}

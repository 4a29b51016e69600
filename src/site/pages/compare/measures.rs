//! All measures of the compared occupations, as one table with a column for each.

use maud::{Markup, html};

use super::statistics;
use crate::site::address::Here;
use crate::site::pages::parts::{link, model_name, wide};
use crate::site::pages::shared::{headline_word, place};
use crate::site::words::{exact, maybe_exact, percent, range, said, thousands};
use crate::site::{Entry, Site};

const DASH: &str = "–";

pub fn section(site: &Site, entries: &[&Entry], here: &Here) -> Markup {
    let table = html! {
        table {
            caption { "Scores in points from 0 to 100; a dash where there is no figure" }
            thead { tr { th scope="col" { "Measure" } @for entry in entries { th.n scope="col" { (link(here, entry)) } } } }
            tbody {
                (scores(site, entries))
                @for place in 0..site.run.models.len() {
                    (row(&model_name(site, place), entries, |entry| {
                        maybe_exact(entry.scored.models.get(place).and_then(|mean| mean.score), 1)
                    }))
                }
                (direction(entries))
                (companions(entries))
                (statistics::rows(entries))
            }
        }
    };
    html! {
        section aria-labelledby="h-measures" {
            div.shead { div {
                h2 #h-measures { "All measures" }
                p { "Trust a difference only where every model has it in the same direction." }
            } }
            (wide("All measures of the compared occupations", &table))
            (statistics::whose(entries))
        }
    }
}

fn row(name: &Markup, entries: &[&Entry], cell: impl Fn(&Entry) -> String) -> Markup {
    html! { tr { th scope="row" { (name) } @for entry in entries { td.n { (cell(entry)) } } } }
}

/// A measure that at least one of them has.
pub(super) fn known(name: &str, entries: &[&Entry], cell: impl Fn(&Entry) -> Option<String>) -> Markup {
    if entries.iter().all(|entry| cell(entry).is_none()) {
        return html! {};
    }
    row(&html! { (said(name)) }, entries, |entry| cell(entry).unwrap_or_else(|| DASH.to_owned()))
}

fn scores(site: &Site, entries: &[&Entry]) -> Markup {
    html! {
        (known(&headline_word(site), entries, |entry| Some(maybe_exact(entry.scored.score, 1))))
        (known("Lowest to highest model", entries, |entry| entry.scored.spread.map(|spread| range(spread.low, spread.high))))
        (known("Band", entries, |entry| entry.scored.band.as_deref().filter(|band| !band.is_empty()).map(owned)))
        (known("Occupations with a lower score", entries, |entry| entry.scored.score.map(|score| thousands(place(site, score).0 as u64))))
        (known("Tasks", entries, |entry| Some(thousands(entry.scored.tasks))))
        (known("Rated share of the weight", entries, |entry| Some(percent(entry.scored.coverage))))
        (known("Standard error over samples", entries, |entry| entry.scored.uncertainty.sampling_se.map(|se| exact(se, 1))))
        (known("Agreement of the models, alpha", entries, |entry| entry.alpha.map(|alpha| exact(alpha, 2))))
    }
}

pub(super) fn owned(text: &str) -> String {
    said(text).into_owned()
}

/// How many models put the first of two higher, by their scores as they are shown.
fn direction(entries: &[&Entry]) -> Markup {
    let &[first, second] = entries else { return html! {} };
    let (mut higher, mut both) = (0_usize, 0_usize);
    for (a, b) in first.scored.models.iter().zip(&second.scored.models) {
        if let (Some(a), Some(b)) = (a.score, b.score) {
            both += 1;
            higher += usize::from((a * 10.0).round() > (b * 10.0).round());
        }
    }
    html! {
        @if both > 1 {
            tr { th scope="row" { "Models that put the first higher" } td.n colspan="2" { (higher) " of " (both) } }
        }
    }
}

/// Scores under other rubrics, in the order in which they first come up.
fn companions(entries: &[&Entry]) -> Markup {
    let mut rubrics: Vec<(&str, &str)> = Vec::new();
    for companion in entries.iter().flat_map(|entry| &entry.companions) {
        if rubrics.iter().all(|(rubric, _)| *rubric != &*companion.rubric) {
            rubrics.push((&companion.rubric, &companion.title));
        }
    }
    html! {
        @for (rubric, title) in rubrics {
            (known(title, entries, |entry| {
                let found = entry.companions.iter().find(|companion| &*companion.rubric == rubric)?;
                Some(format!("{} ({})", exact(found.score, 1), range(found.low, found.high)))
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn of_two_it_is_told_how_many_models_agree_on_which_is_higher() {
        let mut site = sample::site();
        let [first, second] = [&site.entries[0], &site.entries[1]];
        let text = direction(&[first, second]).into_string();
        assert!(text.contains("<td class=\"n\" colspan=\"2\">2 of 2</td>"), "{text}");
        assert_eq!(direction(&[first, second, first]).into_string(), "");
        // What looks equal is not higher.
        let scores = |site: &Site, place: usize| site.entries[place].scored.models[0].score.unwrap();
        let level = scores(&site, 1) + 0.004;
        site.entries[0].scored.models[0].score = Some(level);
        assert!(direction(&[&site.entries[0], &site.entries[1]]).into_string().contains(">1 of 2<"));
    }

    #[test]
    fn the_score_is_called_what_it_measures() {
        let (site, exposure) = (sample::site(), sample::exposure());
        let entries: Vec<&Entry> = site.entries.iter().collect();
        assert!(scores(&exposure, &entries).into_string().contains("AI exposure"));
        assert!(!scores(&site, &entries).into_string().contains("xposure"));
    }
}

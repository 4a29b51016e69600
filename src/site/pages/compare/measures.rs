//! All measures of the compared occupations, as one table with a column for each.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::domain::facts::{Figure, Whose};
use crate::site::address::Here;
use crate::site::pages::parts::{link, model_name, wide};
use crate::site::words::{exact, maybe_exact, percent, range, said, signed, thousands, wage};
use crate::site::{Entry, Site};

const DASH: &str = "–";

pub fn section(site: &Site, entries: &[&Entry], here: &Here) -> Markup {
    let table = html! {
        table {
            caption { "Scores in points from 0 to 100; a dash where there is no figure" }
            thead { tr { th scope="col" { "Measure" } @for entry in entries { th.n scope="col" { (link(here, entry)) } } } }
            tbody {
                (scores(entries))
                @for place in 0..site.run.models.len() {
                    (row(&model_name(site, place), entries, |entry| {
                        maybe_exact(entry.scored.models.get(place).and_then(|mean| mean.score), 1)
                    }))
                }
                (companions(entries))
                (facts(entries))
            }
        }
    };
    html! {
        section aria-labelledby="h-measures" {
            div.shead { div {
                h2 #h-measures { "All measures" }
                p { "Differences smaller than the range of the models, or than a few points, are no differences." }
            } }
            (wide("All measures of the compared occupations", &table))
            (whose(entries))
        }
    }
}

fn row(name: &Markup, entries: &[&Entry], cell: impl Fn(&Entry) -> String) -> Markup {
    html! { tr { th scope="row" { (name) } @for entry in entries { td.n { (cell(entry)) } } } }
}

/// A measure that at least one of them has.
fn known(name: &str, entries: &[&Entry], cell: impl Fn(&Entry) -> Option<String>) -> Markup {
    if entries.iter().all(|entry| cell(entry).is_none()) {
        return html! {};
    }
    row(&html! { (said(name)) }, entries, |entry| cell(entry).unwrap_or_else(|| DASH.to_owned()))
}

fn scores(entries: &[&Entry]) -> Markup {
    html! {
        (known("Exposure", entries, |entry| Some(maybe_exact(entry.scored.score, 1))))
        (known("Lowest to highest model", entries, |entry| entry.scored.spread.map(|spread| range(spread.low, spread.high))))
        (known("Band", entries, |entry| entry.scored.band.as_deref().filter(|band| !band.is_empty()).map(owned)))
        (known("Higher than so many occupations", entries, |entry| entry.standing.map(|standing| format!("{}%", exact(standing.percentile, 0)))))
        (known("Tasks", entries, |entry| Some(entry.scored.tasks.to_string())))
        (known("Rated share of the weight", entries, |entry| Some(percent(entry.scored.coverage))))
        (known("Standard error over samples", entries, |entry| entry.scored.uncertainty.sampling_se.map(|se| exact(se, 1))))
        (known("Agreement of the models, alpha", entries, |entry| entry.alpha.map(|alpha| exact(alpha, 2))))
    }
}

fn owned(text: &str) -> String {
    said(text).into_owned()
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

fn facts(entries: &[&Entry]) -> Markup {
    html! {
        (known("Median pay a year", entries, |entry| Some(entry.facts.pay.as_ref()?.median.map_or_else(|| "not released".to_owned(), wage))))
        (known("Jobs (employees)", entries, |entry| entry.facts.pay.as_ref()?.employment.map(thousands)))
        (known("Pay growth a year, nominal", entries, |entry| Some(format!("{}%", signed(entry.facts.pay_growth.as_ref()?.percent_a_year)))))
        (known("Projected change of employment", entries, |entry| Some(format!("{}%", signed(entry.facts.outlook.as_ref()?.change_percent)))))
        (known("In the source’s words", entries, |entry| entry.facts.outlook.as_ref().map(|outlook| &*outlook.words).filter(|words| !words.is_empty()).map(owned)))
        (known("Openings a year", entries, |entry| entry.facts.outlook.as_ref()?.openings.map(thousands)))
        (known("Education for entry", entries, |entry| entry.facts.outlook.as_ref().map(|outlook| &*outlook.education).filter(|words| !words.is_empty()).map(owned)))
        (known("Job zone, 1 to 5", entries, |entry| entry.facts.job_zone.as_ref().map(|zone| zone.zone.to_string())))
    }
}

/// Sources, and whose figures they are where they are not the occupation's own.
fn whose(entries: &[&Entry]) -> Markup {
    let mut notes: Vec<String> = Vec::new();
    for entry in entries {
        let pay = entry.facts.pay.as_ref().map(|pay| &pay.figure);
        let outlook = entry.facts.outlook.as_ref().map(|outlook| &outlook.figure);
        for figure in [pay, outlook].into_iter().flatten() {
            let note = note(&said(&entry.scored.occupation.title), figure);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    html! { @if !notes.is_empty() { ul.notes { @for note in notes { li { (note) } } } } }
}

fn note(title: &str, figure: &Figure) -> String {
    let source = format!("{}, {}", said(&figure.source), said(&figure.vintage));
    let of =
        |code: &str, title: &str| -> Cow<'static, str> { format!("{} ({})", said(title), said(code)).into() };
    match &figure.whose {
        Whose::Its => format!("Figures from {source}."),
        Whose::Part { code, title: whole, parts } => format!(
            "{source}: the figure for {title} is that of {}, of which it is one of {parts} parts.",
            of(code, whole)
        ),
        Whose::Merged { code, title: whole } => {
            format!("{source}: {title} is counted within {}.", of(code, whole))
        }
    }
}

//! Runs under the same rubric, over time.

use maud::{Markup, html};

use super::step;
use crate::site::address::Here;
use crate::site::chart::{Point, history};
use crate::site::pages::parts::wide;
use crate::site::words::{date, day, listed, maybe_exact, said, several, thousands};
use crate::site::{Past, Site};

pub fn section(site: &Site, here: &Here) -> Markup {
    html! {
        section aria-labelledby="h-history" {
            div.shead { div {
                h2 #h-history { "From run to run" }
                @if site.runs.len() > 1 {
                    p { "Runs are compared only where the tasks are the same. What moved a mean is split into three causes that add up to it: other tasks or weights, other models, and other answers of the same models to the same tasks." }
                }
            } }
            @if site.runs.len() > 1 { (several_runs(site, here)) } @else { (only(site)) }
        }
    }
}

fn only(site: &Site) -> Markup {
    html! {
        p.said {
            "One run is shown here (" (date(site.receipt.began)) "), so nothing can be said about change. With earlier or "
            "later runs of the same tasks beside it, this page shows what moved, and whether the tasks, the models or their "
            "answers moved it."
        }
    }
}

fn several_runs(site: &Site, here: &Here) -> Markup {
    // Figures are numbered by their step, so that the dots of the chart lead to the texts below.
    let notes: Vec<Option<usize>> = numbered(&site.runs);
    html! {
        @if let Some(points) = points(site, &notes) {
            (history(&points, &format!("Mean score of {}; the table below holds the values", several(points.len(), "run"))))
            p.small.muted { "The line is the mean over the occupations of each run; the shaded band, where all of them are on this site, runs from the mean of their lowest models to that of their highest. Numbered dots are explained below." }
        }
        details.alltasks open { summary { "The same numbers as a table" } (table(site)) }
        @for (past, note) in site.runs.iter().zip(&notes).rev() {
            @if let Some(change) = &past.change { (step::section(site, here, past, change, *note)) }
        }
    }
}

/// A number for each run that is compared with the one before it.
fn numbered(runs: &[Past]) -> Vec<Option<usize>> {
    let mut count = 0;
    let mut number = |past: &Past| {
        past.change.as_ref()?;
        count += 1;
        Some(count)
    };
    runs.iter().map(&mut number).collect()
}

/// Runs that have a mean; the chart needs two.
fn points(site: &Site, notes: &[Option<usize>]) -> Option<Vec<Point>> {
    let runs = site.runs.iter().enumerate().zip(notes);
    let points: Vec<Point> = runs
        .filter_map(|((place, past), note)| {
            let value = past.mean?;
            let (low, high) = ends(site, place).unwrap_or((value, value));
            Some(Point {
                label: day(past.began),
                value,
                low: low.min(value),
                high: high.max(value),
                note: *note,
            })
        })
        .collect();
    (points.len() > 1).then_some(points)
}

/// Means of the lowest and of the highest models of a run's occupations; `None` where the site does not have all of
/// them, as the mean of some would stand beside the mean of all.
fn ends(site: &Site, run: usize) -> Option<(f64, f64)> {
    let scores = || site.entries.iter().filter_map(|entry| entry.past.get(run).copied().flatten());
    let count = scores().count();
    if count == 0 || count != site.runs.get(run)?.occupations {
        return None;
    }
    let mean = |sum: f64| sum / count as f64;
    Some((mean(scores().map(|past| past.low).sum()), mean(scores().map(|past| past.high).sum())))
}

fn table(site: &Site) -> Markup {
    let table = html! {
        table {
            caption { "Runs under this rubric, the oldest first" }
            thead { tr {
                th scope="col" { "Run" } th scope="col" { "Date" } th.n scope="col" { "Mean score" }
                th.n scope="col" { "Lowest models" } th.n scope="col" { "Highest models" }
                th.n scope="col" { "Occupations" } th scope="col" { "Models" }
            } }
            tbody { @for (place, past) in site.runs.iter().enumerate() {
                @let ends = ends(site, place);
                tr {
                    th scope="row" { (said(&past.run)) }
                    td { (day(past.began)) }
                    td.n { (maybe_exact(past.mean, 1)) }
                    td.n { (maybe_exact(ends.map(|ends| ends.0), 1)) }
                    td.n { (maybe_exact(ends.map(|ends| ends.1), 1)) }
                    td.n { (thousands(past.occupations as u64)) }
                    td { (models(past)) }
                }
            } }
        }
    };
    wide("Runs under this rubric", &table)
}

fn models(past: &Past) -> String {
    let names: Vec<String> = past.models.iter().map(|name| said(name).into_owned()).collect();
    listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn the_band_of_a_run_is_of_all_its_occupations_or_there_is_none() {
        let site = sample::site();
        assert_eq!(ends(&site, 1), Some((35.5, 47.5)));
        assert_eq!(ends(&site, 0), None);
    }
}

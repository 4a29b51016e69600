//! One occupation of a comparison: its score, its instrument, and the tasks at both ends.

use maud::{Markup, html};

use super::statistics;
use crate::domain::ScoredTask;
use crate::site::address::Here;
use crate::site::chart::{Density, Instrument, step};
use crate::site::pages::parts::{capital, link, title};
use crate::site::pages::shared::{headline_word, is_exposure};
use crate::site::words::{brief, points, range, said, several, signed, span, thousands, wage};
use crate::site::{Entry, Site};

/// So many tasks stand at either end.
const ENDS: usize = 3;
/// Texts of tasks are cut here, in characters.
const LONGEST_TASK: usize = 180;

pub fn draw(site: &Site, entry: &Entry, here: &Here, all: &Density, place: usize) -> Markup {
    let id = format!("c{place}");
    html! {
        article.panel.side {
            h3 { (link(here, entry)) }
            (headline(site, entry))
            div.inst { (instrument(site, entry, all, &id)) }
            (facts(entry))
            (tasks(site, entry))
        }
    }
}

fn headline(site: &Site, entry: &Entry) -> Markup {
    let scored = &entry.scored;
    html! {
        p.big { b { (scored.score.map_or_else(|| "–".to_owned(), points)) } span { "of 100" } }
        @if let (Some(score), Some(band)) = (scored.score, scored.band.as_deref().filter(|band| !band.is_empty())) {
            @let cuts = site.bands.cuts();
            @let class = step(site.bands.place(score, None), cuts.len() + 1);
            p.band { @if !cuts.is_empty() { i class=(format!("bg-b{class}")) aria-hidden="true" {} } (said(band)) }
        }
        p.say {
            @match scored.spread {
                Some(spread) if site.run.models.len() > 1 => { "Models: " (range(spread.low, spread.high)) ". " }
                _ => {}
            }
            (capital(&several(entry.tasks.len(), "task"))) "."
            @if scored.score.is_none() { " No model has rated a task of it." }
        }
    }
}

fn instrument(site: &Site, entry: &Entry, all: &Density, id: &str) -> Markup {
    let names: Vec<_> = site.run.models.iter().map(|model| said(&model.id)).collect();
    let scores = entry.scored.models.iter().map(|mean| mean.score);
    let title = format!("{} of {}", headline_word(site), title(entry));
    let instrument = Instrument {
        title: &title,
        score: entry.scored.score,
        spread: entry.scored.spread,
        bands: &site.bands,
        models: names.iter().map(|name| &**name).zip(scores).collect(),
        all,
        id,
    };
    instrument.draw()
}

/// Scores under other rubrics, and what is known of the labour market. What is not known is left out here; the
/// table below has a dash for it.
fn facts(entry: &Entry) -> Markup {
    let mut facts: Vec<(String, String, String)> = Vec::new();
    for companion in &entry.companions {
        let range = format!("models {}", range(companion.low, companion.high));
        facts.push((said(&companion.title).into_owned(), points(companion.score), range));
    }
    if let Some(pay) = &entry.facts.pay {
        let note = format!("a year, {}", said(&pay.figure.vintage));
        facts.extend(pay.median.map(|median| ("Median pay".to_owned(), wage(median), note)));
    }
    facts.extend(
        statistics::jobs(entry).into_iter().map(|(name, jobs)| (name, thousands(jobs), String::new())),
    );
    if let Some(outlook) = &entry.facts.outlook {
        let change = format!("{}%", signed(outlook.change_percent));
        let words = [span(&outlook.figure.vintage), said(&outlook.words).into_owned()];
        let words: Vec<&str> = words.iter().map(|word| &**word).filter(|word| !word.is_empty()).collect();
        facts.push(("Projected change of jobs".to_owned(), change, words.join(", ")));
    }
    html! {
        @if !facts.is_empty() {
            dl.facts { @for (name, value, note) in facts {
                div { dt { (name) } dd { b { (value) } @if !note.is_empty() { span { (note) } } } }
            } }
        }
    }
}

/// The highest and the lowest, which do not overlap.
fn tasks(site: &Site, entry: &Entry) -> Markup {
    let [highest, lowest] = match is_exposure(site) {
        true => ["Most exposed tasks", "Least exposed tasks"],
        false => ["Highest tasks", "Lowest tasks"],
    };
    let mut rated: Vec<(f64, &ScoredTask)> =
        entry.tasks.iter().filter_map(|task| Some((task.score?, task))).collect();
    // Stable, so that equal scores stay in the catalogue's order.
    rated.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = ENDS.min(rated.len().div_ceil(2));
    let least = ENDS.min(rated.len() - most);
    html! {
        @if rated.is_empty() { p.small.muted { "No task has a score." } }
        @else {
            h4 { (highest) }
            (list(rated.iter().take(most)))
            @if least > 0 {
                h4 { (lowest) }
                (list(rated.iter().rev().take(least)))
            }
        }
    }
}

fn list<'a>(tasks: impl Iterator<Item = &'a (f64, &'a ScoredTask)>) -> Markup {
    html! {
        ul.ends { @for (score, scored) in tasks {
            li { b.num { (points(*score)) } " " (brief(&scored.task.text, LONGEST_TASK)) }
        } }
    }
}

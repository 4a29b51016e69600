//! The front page: all occupations as a map, as bars by group, and as a table to search and sort.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::shared::{headline_word, is_exposure, levels, maybe_shown, rater, samples, step_of};
use crate::domain::facts::{Facts, Figure, Whose};
use crate::site::address::{self, Here};
use crate::site::chart::{Cell, bar, score_bar, treemap};
use crate::site::data::Listed;
use crate::site::frame::{Nav, Page};
use crate::site::groups::{self, Group};
use crate::site::words::{brief, capital, exact, points, range, said, several, span, thousands};
use crate::site::{Entry, Site, linked};

/// The map's height, by how much there is to show.
const HEIGHT: f64 = 900.0;
const LOW_HEIGHT: f64 = 420.0;
const MANY: usize = 100;

pub fn page(site: &Site, listed: &[Listed]) -> Page {
    let here = Here::at("");
    let main = html! {
        h1 { (heading(site)) }
        p.dek { (dek(site)) }
        (ramp(site))
        (map(site, &here))
        (group_bars(site))
        (all(site, &here))
    };
    Page {
        title: heading(site),
        description: dek(site),
        nav: Nav::Occupations,
        data: Some(linked::dataset(site, listed)),
        links: Vec::new(),
        is_indexed: true,
        scripts: &[],
        here,
        main,
    }
}

fn heading(site: &Site) -> String {
    if is_exposure(site) {
        "What today’s AI could do, task by task".to_owned()
    } else {
        format!("{}, task by task", headline_word(site))
    }
}

fn dek(site: &Site) -> String {
    let tasks: usize = site.entries.iter().map(|entry| entry.tasks.len()).sum();
    let levels = levels(site).map_or_else(String::new, |levels| format!(" {levels}."));
    format!(
        "{}, {}, {}, {} of each task.{levels} Every number opens onto the answers behind it.",
        capital(&several(site.entries.len(), "occupation")),
        several(tasks, "task"),
        several(site.run.models.len(), rater(site)),
        samples(site)
    )
}

/// What the colours mean.
fn ramp(site: &Site) -> Markup {
    let cuts = site.bands.cuts();
    let edges: Vec<f64> = std::iter::once(0.0).chain(cuts.iter().copied()).chain([100.0]).collect();
    html! {
        @if !cuts.is_empty() {
            ul.legend.ramp aria-label="Bands" {
                @for (place, edge) in edges.windows(2).enumerate() {
                    @if let [low, high] = edge {
                        li {
                            i class={ "bg-b" (crate::site::chart::step(place, cuts.len() + 1)) } {}
                            (site.bands.name(place)) " " (points(*low)) "–" (points(*high))
                        }
                    }
                }
            }
        }
    }
}

/// The occupations of each group that is there, in the order of the classification; others last.
fn grouped(site: &Site) -> Vec<(Group, Vec<&Entry>)> {
    let mut by_code: BTreeMap<&str, (Group, Vec<&Entry>)> = BTreeMap::new();
    for entry in &site.entries {
        let group = groups::of(&entry.scored.occupation.code).unwrap_or(groups::OTHERS);
        by_code.entry(group.code).or_insert((group, Vec::new())).1.push(entry);
    }
    by_code.into_values().collect()
}

/// Jobs as they are published, the self-employed included where there are projections, and whose figure it is.
fn jobs(facts: &Facts) -> Option<(u64, &Figure)> {
    let projected = facts.outlook.as_ref().and_then(|outlook| Some((outlook.employment?, &outlook.figure)));
    let counted = || facts.pay.as_ref().and_then(|pay| Some((pay.employment?, &pay.figure)));
    projected.or_else(counted)
}

/// The code that a figure is of.
fn owner<'a>(entry: &'a Entry, figure: &'a Figure) -> &'a str {
    match &figure.whose {
        Whose::Its => &entry.scored.occupation.code,
        Whose::Part { code, .. } | Whose::Merged { code, .. } => code,
    }
}

/// How many occupations of the site share each code's figure.
fn sharing(site: &Site) -> BTreeMap<&str, usize> {
    let mut sharing = BTreeMap::new();
    for entry in &site.entries {
        if let Some((_, figure)) = jobs(&entry.facts) {
            *sharing.entry(owner(entry, figure)).or_default() += 1;
        }
    }
    sharing
}

/// The smallest area that is still seen stands for what is not known.
const LEAST_SHARE: f64 = 0.0002;

fn map(site: &Site, here: &Here) -> Markup {
    let sharing = sharing(site);
    // A figure of several occupations together is drawn as if it were shared out evenly: said below the map.
    let share = |entry: &Entry| {
        let (jobs, figure) = jobs(&entry.facts)?;
        Some(jobs as f64 / sharing.get(owner(entry, figure)).copied().unwrap_or(1) as f64)
    };
    let all: f64 = site.entries.iter().filter_map(&share).sum();
    let known = site.entries.iter().filter(|entry| share(entry).is_some()).count();
    let by_jobs = known * 2 > site.entries.len();
    let area = |entry: &Entry| match share(entry) {
        _ if !by_jobs => 1.0,
        Some(jobs) => jobs.max(all * LEAST_SHARE),
        None => all * LEAST_SHARE,
    };
    let groups = grouped(site).into_iter().map(|(group, entries)| crate::site::chart::Group {
        name: group.name,
        cells: entries.into_iter().map(|entry| cell(site, here, entry, area(entry))).collect(),
    });
    let height = if site.entries.len() > MANY { HEIGHT } else { LOW_HEIGHT };
    html! {
        figure.map {
            (treemap(groups.collect(), height))
            figcaption.small.muted { (explained(site, by_jobs.then_some(known))) " The table below has the same numbers." }
        }
    }
}

/// What the size of a field means. `known`: of how many occupations the jobs are; `None`: size means nothing.
fn explained(site: &Site, known: Option<usize>) -> String {
    let Some(known) = known else {
        return "Each field is an occupation; all are of the same size.".to_owned();
    };
    let is_shared = |entry: &&Entry| jobs(&entry.facts).is_some_and(|(_, figure)| figure.whose != Whose::Its);
    let shared = site.entries.iter().filter(is_shared).count();
    let mut text =
        format!("Each field is an occupation, as large as its number of jobs ({}).", sources(site));
    if shared > 0 {
        text += &format!(
            " For {} only a wider group’s jobs are published; they are shared out evenly here, which is an assumption.",
            several(shared, "occupation")
        );
    }
    if known < site.entries.len() {
        text += &format!(
            " {} without a figure are drawn small.",
            capital(&several(site.entries.len() - known, "occupation"))
        );
    }
    text
}

/// Where the jobs are from, each source once.
fn sources(site: &Site) -> String {
    let mut sources: Vec<String> = Vec::new();
    for (_, figure) in site.entries.iter().filter_map(|entry| jobs(&entry.facts)) {
        let source = format!("{}, {}", said(&figure.source), span(&figure.vintage));
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources.join("; ")
}

fn cell<'a>(site: &Site, here: &Here, entry: &'a Entry, area: f64) -> Cell<'a> {
    let occupation = &entry.scored.occupation;
    Cell {
        title: &occupation.title,
        link: here.to(&address::occupation(&occupation.code)),
        area,
        step: step_of(site, &entry.scored),
        score: maybe_shown(site, entry.scored.score),
    }
}

/// The map's stand-in where there is no room for it: the mean of each group.
fn group_bars(site: &Site) -> Markup {
    let mut groups: Vec<(Group, usize, f64)> = grouped(site)
        .into_iter()
        .filter_map(|(group, entries)| {
            let scores: Vec<f64> = entries.iter().filter_map(|entry| entry.scored.score).collect();
            let mean = scores.iter().sum::<f64>() / scores.len() as f64;
            (!scores.is_empty()).then_some((group, scores.len(), mean))
        })
        .collect();
    groups.sort_by(|a, b| b.2.total_cmp(&a.2));
    html! {
        section.groupbars aria-labelledby="h-groups" {
            h2 #h-groups { "By group" }
            p.small.muted { "Mean over the occupations of each group, all counted alike." }
            ul.bars {
                @for (group, count, mean) in groups {
                    li {
                        span { a href={ "?g=" (group.code) "#all" } { (group.name) } small.muted { " " (count) } }
                        (bar(mean / 100.0, "f-barink"))
                        b.num { (points(mean)) }
                    }
                }
            }
        }
    }
}

fn all(site: &Site, here: &Here) -> Markup {
    let mut entries: Vec<&Entry> = site.entries.iter().collect();
    let key = |entry: &Entry| entry.scored.score.unwrap_or(-1.0);
    entries.sort_by(|a, b| key(b).total_cmp(&key(a)));
    let has_range = site.run.models.len() > 1;
    let has_jobs = site.entries.iter().any(|entry| jobs(&entry.facts).is_some());
    html! {
        section #all aria-labelledby="h-all" {
            div.shead { div { h2 #h-all { "All occupations" } p { (caption(site)) } } }
            (tools(site, here))
            div.tablewrap tabindex="0" role="region" aria-label="All occupations with their scores" {
                table.idx {
                    caption.vh { "Occupations with their scores, the most exposed first" }
                    thead { tr {
                        th scope="col" { button type="button" { "Occupation" } }
                        th.hide-s.hide-m scope="col" { "On the scale" }
                        th.n scope="col" aria-sort="descending" { button type="button" { "Score" } }
                        @if has_range { th.n scope="col" { button type="button" { "Models · apart" } } }
                        th.hide-s scope="col" { "Band" }
                        @if has_jobs { th.n.hide-s scope="col" { button type="button" { "Jobs" } } }
                    } }
                    tbody #rows { @for entry in entries { (row(site, here, entry, has_jobs)) } }
                }
            }
        }
    }
}

fn caption(site: &Site) -> String {
    if site.run.models.len() < 2 {
        return "The score is that of the one model that was asked.".to_owned();
    }
    let combined = site.run.combine.name();
    format!(
        "The score is the {combined} of the models. Beside it stand the lowest and the highest model, and how many points they are apart."
    )
}

fn tools(site: &Site, here: &Here) -> Markup {
    let bands = site.bands.cuts().len() + 1;
    html! {
        div.tools hidden data-titles=(here.to("data/titles.json")) {
            label { span.vh { "Search by title, other title or code" }
                input #q type="search" placeholder="Search by title, other title or code" autocomplete="off"; }
            label { span.vh { "Group" }
                select #grp { option value="" { "All groups" }
                    @for (group, _) in grouped(site) { option value=(group.code) { (group.name) } } } }
            @if bands > 1 {
                label { span.vh { "Band" }
                    select #bandsel { option value="" { "All bands" }
                        @for place in 0..bands { option value=(place) { (site.bands.name(place)) } } } }
            }
        }
        p.small.muted #count aria-live="polite" { (capital(&several(site.entries.len(), "occupation"))) }
    }
}

fn row(site: &Site, here: &Here, entry: &Entry, has_jobs: bool) -> Markup {
    let scored = &entry.scored;
    let code = &scored.occupation.code;
    let group = groups::of(code).unwrap_or(groups::OTHERS);
    let band = scored.score.map(|score| site.bands.place(score, None));
    html! {
        tr data-g=(group.code) data-b=[band] {
            th scope="row" { a href=(here.to(&address::occupation(code))) { (brief(&scored.occupation.title, 120)) } " " small { (said(code)) } }
            td.hide-s.hide-m { @if let Some(score) = scored.score { (score_bar(score, scored.spread, step_of(site, scored))) } }
            td.n data-v=(exact(scored.score.unwrap_or(-1.0), 3)) { b { (maybe_shown(site, scored.score)) } }
            @if site.run.models.len() > 1 { td.n data-v=(exact(scored.spread.map_or(-1.0, super::shared::apart), 0)) {
                @match scored.spread {
                    Some(spread) => { (range(spread.low, spread.high)) small { " · " (points(super::shared::apart(spread))) } }
                    None => { "–" }
                }
            } }
            td.hide-s { (said(scored.band.as_deref().unwrap_or("–"))) }
            @if has_jobs {
                (jobs_cell(entry))
            }
        }
    }
}

/// As it is published, with the code that it is of where that is another.
fn jobs_cell(entry: &Entry) -> Markup {
    let found = jobs(&entry.facts);
    html! {
        td.n.hide-s data-v=(found.map_or_else(|| "-1".to_owned(), |(jobs, _)| jobs.to_string())) {
            @match found {
                Some((jobs, figure)) => {
                    (thousands(jobs))
                    @if figure.whose != Whose::Its { small { " of all " (owner(entry, figure)) } }
                }
                None => { "–" }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::frame::framed;
    use crate::site::sample;

    fn front(site: &Site) -> String {
        let text = framed(site, &page(site, &[]));
        assert!(!sample::has_no_number(&text), "{text}");
        assert_eq!(sample::lost(&text), [""; 0]);
        text
    }

    #[test]
    fn all_occupations_stand_in_the_table_the_highest_first() {
        let text = front(&sample::exposure());
        for part in [
            "What today’s AI could do, task by task",
            "Two occupations, five tasks, two models, two samples of each task.",
            "data-v=\"52.000\"",
            "44–60<small> · 16</small>",
            "1,700,000",
            "3,148,030",
            "Minimal 0–20",
            "Very high 80–100",
            "The score is the mean of the models.",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let (_, table) = text.split_once("id=\"rows\"").unwrap();
        assert!(table.find("Software Developers") < table.find("Cashiers"), "{table}");
    }

    #[test]
    fn the_map_says_whose_jobs_it_draws() {
        assert!(front(&sample::site()).contains("(BLS projections, 2024–34; OEWS, May 2024)."));
        let text = front(&sample::shared_figures());
        assert!(text.contains("For two occupations only a wider group’s jobs are published"), "{text}");
        assert!(text.contains("<small> of all 15-1250</small>"), "{text}");
        let mut site = sample::site();
        site.entries.iter_mut().for_each(|entry| entry.facts = Facts::default());
        let text = front(&site);
        assert!(text.contains("all are of the same size.") && !text.contains(">Jobs<"), "{text}");
    }

    #[test]
    fn one_model_has_no_range_and_labels_are_told() {
        let text = front(&sample::single());
        assert!(text.contains("The score is that of the one model that was asked."), "{text}");
        assert!(!text.contains("Models · apart"), "{text}");
        assert!(front(&sample::nominal()).contains("E0 = 0, E1 = 100, E2 = 50."));
    }

    #[test]
    fn without_a_score_there_is_a_dash_and_a_last_place() {
        let text = front(&sample::scoreless());
        let (_, table) = text.split_once("id=\"rows\"").unwrap();
        assert!(table.contains("data-v=\"-1.000\"><b>–</b>"), "{table}");
        let (_, bars) = text.split_once("id=\"h-groups\"").unwrap();
        let (bars, _) = bars.split_once("</section>").unwrap();
        assert!(bars.contains("?g=15#all") && !bars.contains("?g=41#all"), "{bars}");
    }

    #[test]
    fn hostile_text_is_tamed() {
        let text = framed(&sample::hostile(), &page(&sample::hostile(), &[]));
        assert!(sample::is_tame(&text), "{:#?}", sample::turned(&text));
    }
}

//! Where the page came from, how to take its data along, how to check and how to cite it.

use maud::{Markup, html};

use super::Spot;
use crate::domain::scored::Origin;
use crate::site::address;
use crate::site::pages::neighbours;
use crate::site::pages::shared::maybe_shown;
use crate::site::words::{brief, date, day, quoted, said, several, short, thousands, usd};

pub fn section(spot: &Spot<'_>) -> Markup {
    html! {
        (nearby(spot))
        section.receipt aria-labelledby="h-prov" {
            div {
                h2 #h-prov { "Where this came from" }
                (facts(spot))
            }
            div {
                h3 { "Take the data" }
                ul.dl {
                    li { a href=(spot.here.to(&address::json(&spot.entry.scored.occupation.code))) { "This page as JSON" } }
                    li { a href=(spot.here.to("data/")) { "All scores and answers" } }
                    li { a href=(spot.here.to(&address::badge(&spot.entry.scored.occupation.code))) { "A badge to embed (SVG)" } }
                }
                h3 { "Check it" }
                p.small.muted { "With the publisher’s store of answers:" }
                pre tabindex="0" role="region" aria-label="Commands" {
                    "score-tasks cache verify\nscore-tasks runs show " (said(&spot.site.receipt.run))
                    "\nscore-tasks explain " (quoted(&spot.entry.scored.occupation.code))
                }
                h3 { "Cite" }
                p.small.muted { (cite(spot)) }
            }
        }
    }
}

/// What stands beside it, so that nobody has to go back to the list.
fn nearby(spot: &Spot<'_>) -> Markup {
    let Some(place) = spot.site.entries.iter().position(|entry| std::ptr::eq(entry, spot.entry)) else {
        return html! {};
    };
    let near: Vec<_> =
        neighbours(spot.site, place).into_iter().filter_map(|at| spot.site.entries.get(at)).collect();
    html! {
        @if !near.is_empty() {
            nav.nearby aria-labelledby="h-near" {
                h2 #h-near { "Beside it" }
                ul {
                    @for entry in &near {
                        li {
                            a href=(spot.here.to(&address::occupation(&entry.scored.occupation.code))) {
                                (brief(&entry.scored.occupation.title, 80))
                            }
                            " " b.num { (maybe_shown(spot.site, entry.scored.score)) }
                        }
                    }
                    li { a href=(spot.here.to(&address::comparison(&spot.entry.scored.occupation.code))) { "Compare them side by side" } }
                }
            }
        }
    }
}

fn facts(spot: &Spot<'_>) -> Markup {
    let (site, receipt) = (spot.site, &spot.site.receipt);
    let rubric = &site.run.rubric;
    // Of a release with several files its name is enough here.
    let release = |name: &str| name.split_once(": ").map_or(name, |(release, _)| release).to_owned();
    let mut inputs: Vec<String> = vec![site.run.catalogue.name.clone()];
    for name in site.inputs.iter().map(|input| release(&input.name)) {
        if !inputs.contains(&name) {
            inputs.push(name);
        }
    }
    html! {
        dl {
            dt { "run" } dd { (said(&receipt.run)) ", " (day(receipt.began)) }
            dt { "rubric" }
            dd {
                a href=(spot.here.to("method/")) { (said(&rubric.shown())) " " (said(&rubric.version)) }
                " · sha256 " (short(&rubric.sha256.to_string()))
            }
            dt { "models" }
            dd { @for (place, model) in site.run.models.iter().enumerate() {
                @if place > 0 { " · " }
                (said(&model.id)) @if *model.id != *model.model { " (" (said(&model.model)) ")" }
            } }
            dt { "weights" } dd { (spot.entry.scored.weighting.name()) ", combined by " (site.run.combine.name()) }
            dt { "this page" } dd { (counts(spot)) }
            dt { "inputs" }
            dd { (said(&inputs.join(" · "))) }
            dt { "record" } dd { "sha256 " (short(&receipt.record.to_string())) }
            dt { "program" } dd { "score-tasks " (said(&receipt.program)) }
        }
    }
}

/// Tasks, models, samples, answers, gaps and what they cost.
fn counts(spot: &Spot<'_>) -> String {
    let samples = spot.entry.tasks.iter().flat_map(|task| &task.models).flat_map(|model| &model.samples);
    let (mut all, mut gaps, mut nano, mut first, mut last) = (0_u64, 0_u64, 0_u64, None, None);
    for sample in samples {
        all += 1;
        gaps += u64::from(sample.outcome.is_err());
        if let Origin::Answer { at, cost_nano_usd, .. } = &sample.origin {
            nano += cost_nano_usd.unwrap_or(0);
            first = Some(first.map_or(*at, |first: crate::domain::Instant| first.min(*at)));
            last = Some(last.map_or(*at, |last: crate::domain::Instant| last.max(*at)));
        }
    }
    let days = match (first.map(day), last.map(day)) {
        (Some(first), Some(last)) if first != last => format!(", given {first} to {last}"),
        (Some(first), _) => format!(", given {first}"),
        _ => String::new(),
    };
    let tasks = several(spot.entry.tasks.len(), "task");
    let ratings = format!("{} ratings", thousands(all));
    format!("{tasks}, {ratings}, {} missing, {}{days}", thousands(gaps), usd(nano as f64 / 1e9))
}

fn cite(spot: &Spot<'_>) -> String {
    let (site, occupation) = (spot.site, &spot.entry.scored.occupation);
    let author = match site.settings.publisher.as_str() {
        "" => String::new(),
        name => format!("{}. ", said(name)),
    };
    let address = site.settings.base_url.as_ref().map(|base| format!(" {base}{}", spot.here.path()));
    format!(
        "{author}{}: {} ({}). Run {}, {}.{}",
        said(&site.settings.title),
        said(&occupation.title),
        said(&occupation.code),
        said(&site.receipt.run),
        date(site.receipt.began),
        address.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;
    use super::*;
    use crate::site::sample;

    #[test]
    fn the_way_back_to_the_answers_is_told() {
        let text = drawn(&sample::site(), 0, section);
        for part in [
            "2026-06-02-full, 2026-06-02",
            "alpha (alpha-2026-05-01)",
            "importance, combined by mean",
            "three tasks, 10 ratings, 0 missing, $0.011, given 2026-06-02",
            "O*NET 30.1 · BLS Occupational Employment and Wage Statistics, May 2024",
            "score-tasks explain 15-1252.00",
            "Institute for Examples. Exposure of work: Software Developers (15-1252.00). Run 2026-06-02-full, 2 June \
             2026. https://example.org/exposure/o/15-1252.00/",
            "Cashiers</a> <b class=\"num\">31</b>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn gaps_and_what_was_never_answered_are_counted() {
        let text = drawn(&sample::site(), 1, section);
        assert!(text.contains("two tasks, 8 ratings, 1 missing"), "{text}");
        let text = drawn(&sample::scoreless(), 1, section);
        assert!(text.contains("two tasks, 0 ratings, 0 missing, $0</dd>"), "{text}");
    }

    #[test]
    fn without_publisher_and_address_neither_is_cited() {
        let mut site = sample::site();
        site.settings.publisher = String::new();
        site.settings.base_url = None;
        let text = drawn(&site, 0, section);
        let cited = ">Exposure of work: Software Developers (15-1252.00). Run 2026-06-02-full, 2 June 2026.<";
        assert!(text.contains(cited), "{text}");
    }

    #[test]
    fn hostile_text_is_tamed() {
        assert!(sample::is_tame(&drawn(&sample::hostile(), 0, section)));
    }
}

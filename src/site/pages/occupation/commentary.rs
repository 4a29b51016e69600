//! What a model has written of the scores: labelled, and each remark with what it rests on.

use maud::{Markup, html};

use super::Spot;
use crate::domain::Commentary;
use crate::domain::commentary::Remark;
use crate::site::address;
use crate::site::words::{brief, date, said};

pub fn section(spot: &Spot<'_>) -> Markup {
    let Some(commentary) = &spot.entry.commentary else { return html! {} };
    let parts = [
        ("Pressure points", &commentary.pressure),
        ("Tools driving change", &commentary.tools),
        ("What holds value", &commentary.holds),
    ];
    html! {
        section.prose aria-labelledby="h-read" {
            h2 #h-read { "Reading the scores" }
            (byline(commentary))
            p.lead { @for remark in &commentary.overview { (said(&remark.text)) (cites(spot, remark)) " " } }
            div.three {
                @for (name, remarks) in parts {
                    @if !remarks.is_empty() {
                        div {
                            h3 { (name) }
                            ul { @for remark in remarks { li { (said(&remark.text)) (cites(spot, remark)) } } }
                        }
                    }
                }
            }
            (given(commentary))
        }
    }
}

fn byline(commentary: &Commentary) -> Markup {
    html! {
        div.byline {
            "Written by a model, " (said(&commentary.author)) ", from the figures of this page on " (date(commentary.at))
            ". Commentary, not measurement; its numbers and citations were held against those figures by program."
        }
    }
}

/// What a remark rests on: links to the tasks, and to the figures that its author was given.
pub fn cites(spot: &Spot<'_>, remark: &Remark) -> Markup {
    html! {
        @if !remark.cites.is_empty() {
            span.cite {
                " ["
                @for (place, id) in remark.cites.iter().enumerate() {
                    @if place > 0 { ", " }
                    (cite(spot, id))
                }
                "]"
            }
        }
    }
}

fn cite(spot: &Spot<'_>, id: &str) -> Markup {
    let task = id.strip_prefix('T').and_then(|id| spot.entry.tasks.iter().find(|task| task.task.id == id));
    match task {
        Some(task) => html! {
            a href={ "#" (anchor(&task.task.id)) } title=(brief(&task.task.text, 120)) { (said(id)) }
        },
        None => html! { a href={ "#fact-" (said(id)) } { (said(id)) } },
    }
}

/// The name of a task's row: ids of tables may be anything.
pub fn anchor(id: &str) -> String {
    let is_plain = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_plain { format!("task-{id}") } else { format!("task-{}", address::folder(id)) }
}

/// The figures that the author was given, so that what is cited can be looked up.
fn given(commentary: &Commentary) -> Markup {
    html! {
        @if !commentary.facts.is_empty() {
            details.alltasks {
                summary { "The figures that it was written from" }
                dl.plain {
                    @for fact in &commentary.facts {
                        dt id={ "fact-" (said(&fact.id)) } { (said(&fact.id)) }
                        dd { (said(&fact.text)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{drawn, whole};
    use super::*;
    use crate::site::sample;

    #[test]
    fn remarks_stand_in_their_parts_with_their_author_and_what_they_rest_on() {
        let mut site = sample::site();
        assert_eq!(drawn(&site, 0, section), "");
        site.entries[0].commentary = Some(sample::commentary());
        let text = drawn(&site, 0, section);
        for part in [
            "Written by a model, writer-2026, from the figures of this page on 4 June 2026. Commentary, not \
             measurement; its numbers and citations were held against those figures by program.",
            "The score is 52.",
            "<h3>Pressure points</h3>",
            "<h3>What holds value</h3>",
            "<a href=\"#task-9575\" title=\"Task 9575.\">T9575</a>",
            "<a href=\"#fact-F1\">F1</a>",
            "<dt id=\"fact-F2\">F2</dt><dd>Statement F2.</dd>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Tools driving change"), "{text}");
    }

    #[test]
    fn every_citation_leads_to_a_place_on_the_page() {
        let mut site = sample::site();
        site.entries[0].commentary = Some(sample::commentary());
        let text = whole(&site, 0);
        for id in ["task-9575", "task-9576", "task-9577", "fact-F1", "fact-F2"] {
            assert!(
                text.contains(&format!("href=\"#{id}\"")) && text.contains(&format!("id=\"{id}\"")),
                "{id}"
            );
        }
    }

    #[test]
    fn anchors_are_names_whatever_an_id_is() {
        assert_eq!(anchor("a-1_b.2"), "task-a-1_b.2");
        let odd = anchor("a \"b\"");
        assert!(!odd.contains(['"', ' ']) && odd.starts_with("task-"), "{odd}");
    }

    #[test]
    fn hostile_text_is_tamed() {
        let text = drawn(&sample::hostile(), 0, section);
        assert!(sample::is_tame(&text), "{text}");
    }
}

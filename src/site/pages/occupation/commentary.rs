//! What a model has written of the scores: labelled, and each remark with what it rests on.

use maud::{Markup, html};

use super::Spot;
use crate::domain::Commentary;
use crate::domain::commentary::Remark;
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
            @for remark in &commentary.overview { p.lead { (said(&remark.text)) (cites(spot, remark)) } }
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
        }
    }
}

pub fn byline(commentary: &Commentary) -> Markup {
    html! {
        div.byline {
            "Written by a model, " (said(&commentary.author)) ", from the figures of this page on " (date(commentary.at))
            ". Commentary, not measurement; figures and sources in it were checked by program."
        }
    }
}

/// What a remark rests on, spelled out for whoever asks.
pub fn cites(spot: &Spot<'_>, remark: &Remark) -> Markup {
    let tasks: Vec<String> = remark.cites.iter().map(|id| meant(spot, id)).collect();
    html! {
        @if !remark.cites.is_empty() {
            " "
            span.cite title=(tasks.join("; ")) { "[" (remark.cites.join(", ")) "]" }
        }
    }
}

fn meant(spot: &Spot<'_>, id: &str) -> String {
    let task = id.strip_prefix('T').and_then(|id| spot.entry.tasks.iter().find(|task| task.task.id == id));
    task.map_or_else(
        || format!("{id}: a figure of this page"),
        |task| format!("{id}: {}", brief(&task.task.text, 90)),
    )
}

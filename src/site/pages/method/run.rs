//! What the run needed and cost, what is missing in it, and what it was made from.

use maud::{Markup, html};

use crate::domain::GapReason;
use crate::site::Site;
use crate::site::pages::parts::{line, or_dash, wide};
use crate::site::words::{percent, said, span, thousands, usd};

pub fn section(site: &Site) -> Markup {
    html! {
        section aria-labelledby="h-run" {
            div.shead { h2 #h-run { "This run" } }
            (figures(site))
            h3 { "What is missing" }
            (gaps(site))
            h3 { "What it was made from" }
            (inputs(site))
        }
    }
}

fn figures(site: &Site) -> Markup {
    let (run, receipt, totals) = (&site.run, &site.receipt, &site.totals);
    html! {
        dl.plain {
            (line("Answers needed", &html! { (thousands(totals.needed)) }))
            (line("Already there", &html! { (thousands(receipt.cached)) " from earlier runs: the same question is never paid for twice" }))
            (line("Asked for", &html! { (thousands(receipt.asked)) }))
            @if totals.labels > 0 { (line("Labels read", &html! { (thousands(totals.labels)) })) }
            (line("Cost", &html! { (usd(receipt.cost_usd)) " for what was asked for in this run" }))
            (line("Program", &html! { (said(&receipt.program)) }))
            (line("Record", &html! { span.hash { (receipt.record) } " (SHA-256 of the run’s ratings)" }))
            (line("Catalogue", &html! { (said(&run.catalogue.name)) ", SHA-256 " span.hash { (run.catalogue.sha256) } }))
        }
        @if !run.notes.is_empty() {
            h3 { "Notes on the catalogue" }
            ul { @for note in &run.notes { li { (said(note)) } } }
        }
    }
}

fn gaps(site: &Site) -> Markup {
    let totals = &site.totals;
    if totals.gap_count() == 0 {
        return html! { p.said { "Nothing: each of the " (thousands(totals.ratings)) " ratings is there." } };
    }
    let table = html! {
        table {
            caption { (thousands(totals.gap_count())) " of " (thousands(totals.ratings)) " ratings are missing" }
            thead { tr { th scope="col" { "Reason" } th scope="col" { "Meaning" } th.n scope="col" { "Ratings" } th.n scope="col" { "Share" } } }
            tbody { @for (reason, count) in &totals.gaps {
                tr {
                    th scope="row" { (reason.name()) }
                    td { (meaning(*reason)) }
                    td.n { (thousands(*count)) }
                    td.n { (percent(*count as f64 / totals.ratings.max(1) as f64)) }
                }
            } }
        }
    };
    html! {
        p.said { "A missing rating is not a low one: it counts for nothing, and the reason is kept." }
        (wide("Missing ratings by reason", &table))
    }
}

/// Why there is no rating, in words.
pub fn meaning(reason: GapReason) -> &'static str {
    match reason {
        GapReason::NotAsked => "no answer is kept, and none was asked for",
        GapReason::Refused => "the model declined",
        GapReason::Truncated => "cut off before the score was complete",
        GapReason::Unreadable => "no score in the answer",
        GapReason::OutOfRange => "a score that the scale does not have",
        GapReason::Failed => "no answer came after all tries",
        GapReason::Blocked => "a content filter stepped in",
        GapReason::Retired => "the provider no longer has the model",
    }
}

fn inputs(site: &Site) -> Markup {
    let table = html! {
        table {
            caption { "Files behind the facts beside the scores; no score hangs on them" }
            thead { tr { th scope="col" { "Source" } th scope="col" { "File" } th scope="col" { "Licence" } th scope="col" { "SHA-256" } } }
            tbody { @for input in &site.inputs {
                tr { th scope="row" { (span(&input.name)) } td { (said(&input.file)) } td { (or_dash(&input.licence)) } td.hash { (input.sha256) } }
            } }
        }
    };
    html! {
        @if !site.run.catalogue.attribution.is_empty() { p.said { (said(&site.run.catalogue.attribution)) } }
        @if site.inputs.is_empty() {
            p.said { "This site shows no facts from other sources." }
        } @else {
            (wide("Sources of facts", &table))
        }
    }
}

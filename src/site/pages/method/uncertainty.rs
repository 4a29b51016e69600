//! What each figure of uncertainty answers, and what it does not.

use maud::{Markup, html};

use crate::site::Site;
use crate::site::address::Here;
use crate::site::pages::parts::wide;
use crate::site::words::thousands;

/// A question, the figures that answer it, and when there are none.
const FIGURES: [(&str, &str, &str); 6] = [
    (
        "What if other models of their kind had been asked?",
        "low, high: the lowest and highest model; sd: their standard deviation (n − 1); se: sd · √Σv² / Σv, which is sd / √models where weights are equal",
        "sd and se need two models. With few models the range is the honest headline.",
    ),
    (
        "What if the same models were asked again?",
        "sampling_se: standard error from the spread between samples",
        "needs a second sample somewhere",
    ),
    (
        "What if other tasks of their kind had been listed?",
        "task_se: standard error of a weighted mean over tasks",
        "needs two tasks. O*NET’s list is meant to be complete, so this rarely applies.",
    ),
    (
        "Between which values would the score lie, in 95 of 100 repetitions?",
        "intervals, by resampling models, samples or tasks: each is named after what was resampled",
        "the interval over models needs ten models, that over tasks ten tasks, that over samples a second sample",
    ),
    (
        "How sure are the bands of tasks?",
        "band_stability: the share of the weight in tasks that would be expected to stay in their own band had another model like these been asked",
        "needs two models and bands with cuts",
    ),
    (
        "How much of the job was rated?",
        "coverage: share of the weight with a rating, as a mean over models; below 0.9 the report says so",
        "always given",
    ),
];

pub fn section(site: &Site, here: &Here) -> Markup {
    let table = html! {
        table {
            caption { "Figures of uncertainty, in points unless said otherwise" }
            thead { tr { th scope="col" { "Question" } th scope="col" { "Figure" } th scope="col" { "When" } } }
            tbody { @for (question, figure, when) in FIGURES {
                tr { th scope="row" { (question) } td { (figure) } td { (when) } }
            } }
        }
    };
    html! {
        section aria-labelledby="h-sure" {
            div.shead { div {
                h2 #h-sure { "How well a score is known" }
                p { "A score stands for these models, these answers and these tasks at once. Each has an uncertainty of its own, and none of the figures stands for another. What is not defined is left empty." }
            } }
            (wide("Figures of uncertainty", &table))
            p.said {
                @if site.run.rounds > 0 {
                    "Intervals of this run come from " (thousands(u64::from(site.run.rounds))) " rounds of resampling with the seed " (site.run.seed) ", so they can be made again."
                } @else {
                    "This run has no intervals: nothing was resampled."
                }
                " How far the models agree is on the page "
                a href=(here.to("drift/")) { "Agreement and drift" } "."
            }
        }
    }
}

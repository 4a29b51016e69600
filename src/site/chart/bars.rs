//! Bars on a line of a table or list.

use maud::{Markup, html};

use crate::domain::Spread;
use crate::site::words::at;

/// A score with the span of its models, as the index shows it.
pub fn score_bar(score: f64, spread: Option<Spread>, step: Option<usize>) -> Markup {
    let class = step.map_or_else(|| "f-barink".to_owned(), |step| format!("f-b{step}"));
    html! {
        svg width="100%" height="14" aria-hidden="true" {
            rect y="4" width="100%" height="6" rx="2" class="f-sunk" {}
            rect y="4" width=(at(score)) height="6" rx="2" class=(class) {}
            @if let Some(Spread { low, high }) = spread {
                line x1=(at(low)) x2=(at(high)) y1="7" y2="7" class="s-paper" stroke-width="4" {}
                line x1=(at(low)) x2=(at(high)) y1="7" y2="7" class="s-ink2" stroke-width="2" {}
            }
        }
    }
}

/// A share of 100.
pub fn skill(value: f64) -> Markup {
    html! {
        svg width="100%" height="8" aria-hidden="true" {
            rect width="100%" height="8" rx="2" class="f-sunk" {}
            rect width=(at(value)) height="8" rx="2" class="f-barink" {}
        }
    }
}

/// A bar in the colour of its band, as wide as its share of the widest.
pub fn bar(share: f64, band: &str) -> Markup {
    html! {
        svg width="100%" height="14" aria-hidden="true" {
            rect width="100%" height="14" rx="2" class="f-sunk" {}
            rect width=(at(share * 100.0)) height="14" rx="2" class=(band) {}
        }
    }
}

//! One task: the combined score as a bar, and each model's answers on a lane of their own.

use maud::{Markup, html};

use super::mark::{mark, n, paint, placed};
use crate::domain::{ModelScore, ScoredTask};
use crate::site::words::{at, points};

/// Between the lanes of two models.
const LANE: f64 = 12.0;
const LOWEST_HEIGHT: f64 = 46.0;
/// Beyond this the number stands before its mark, lest it leave the chart.
const RIGHTMOST: f64 = 88.0;

/// Marks of the scale above the tasks.
pub fn axis() -> Markup {
    html! {
        svg width="100%" height="16" aria-hidden="true" {
            text x="0%" y="12" { "0" }
            text x="25%" y="12" class="mid" { "25" }
            text x="50%" y="12" class="mid" { "50" }
            text x="75%" y="12" class="mid" { "75" }
            text x="100%" y="12" class="end" { "100" }
        }
    }
}

/// The bar ends at the combined score; its darker part spans the models.
pub fn task_plot(task: &ScoredTask) -> Markup {
    let height = LOWEST_HEIGHT.max(LANE * task.models.len() as f64 + 10.0);
    let first = height / 2.0 - LANE * (task.models.len() as f64 - 1.0) / 2.0;
    let lanes = || task.models.iter().enumerate().map(|(place, model)| (model, first + LANE * place as f64));
    html! {
        svg width="100%" height=(n(height)) aria-hidden="true" {
            // Stretched to the width of the page: here a hundred units are all of it.
            svg width="100%" height=(n(height)) viewBox={ "0 0 100 " (n(height)) } preserveAspectRatio="none" {
                path class="grid" d=(grid(height)) {}
                @if let Some(score) = task.score {
                    path class="f-bar" d=(block(0.0, score, height)) {}
                    @if let Some(spread) = task.spread { path class="f-ci" d=(block(spread.low, spread.high, height)) {} }
                    path class="hand" d={ "M" (n(score)) " 1V" (n(height - 1.0)) } {}
                }
                @for (model, y) in lanes() { (span(model, y)) }
            }
            @for (model, y) in lanes() { (lane(model, y)) }
        }
    }
}

fn grid(height: f64) -> String {
    ["0", "25", "50", "75", "100"].map(|x| format!("M{x} 0V{}", n(height))).concat()
}

fn block(from: f64, to: f64, height: f64) -> String {
    format!("M{} 3H{}V{}H{}Z", n(from), n(to), n(height - 3.0), n(from))
}

/// Lowest to highest sample.
fn span(model: &ModelScore, y: f64) -> Markup {
    let scores = scores(model);
    html! {
        @if let (Some(low), Some(high)) = (scores.first(), scores.last()) && low < high {
            path class={ "lane " (paint(model.model, 's')) } d={ "M" (n(*low)) " " (n(y)) "H" (n(*high)) } {}
        }
    }
}

/// The mean as a mark, and its number beside the samples.
fn lane(model: &ModelScore, y: f64) -> Markup {
    let scores = scores(model);
    let (Some(score), Some(low), Some(high)) = (model.score, scores.first().copied(), scores.last().copied())
    else {
        return html! {};
    };
    let (x, dx, class) = if high > RIGHTMOST { (low, "-8", "v end") } else { (high, "8", "v") };
    html! {
        (placed(&at(score), y, &mark(model.model, 4.0, true)))
        svg x=(at(x)) y=(n(y)) overflow="visible" {
            text x=(dx) y="4" class={ (class) " " (paint(model.model, 'f')) } { (points(score)) }
        }
    }
}

/// A tick for every sample of a model.
pub fn samples(model: &ModelScore) -> Markup {
    let ticks: String = scores(model).iter().map(|score| format!("M{} 4v12", n(*score))).collect();
    html! {
        svg.samples viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true" {
            path class="s-line2" d="M0 10H100" {}
            path class={ "tick " (paint(model.model, 's')) } d=(ticks) {}
        }
    }
}

/// Of the samples that are rated, rising.
fn scores(model: &ModelScore) -> Vec<f64> {
    let rated = model.samples.iter().filter_map(|sample| sample.outcome.as_ref().ok());
    let mut scores: Vec<f64> = rated.map(|rating| rating.score.value()).collect();
    scores.sort_by(f64::total_cmp);
    scores
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample::{model, task};

    #[test]
    fn the_bar_ends_at_the_score_and_the_span_is_that_of_the_models() {
        let svg = task_plot(&task("9575", &[&[30, 34], &[46, 46]])).into_string();
        assert!(svg.contains(r#"class="f-bar" d="M0 3H39V43H0Z""#), "{svg}");
        assert!(svg.contains(r#"class="f-ci" d="M32 3H46V43H32Z""#), "{svg}");
        assert!(svg.contains(r#"class="lane s-m1" d="M30 17H34""#), "{svg}");
        assert_eq!(svg.matches("class=\"v ").count(), 2);
    }

    #[test]
    fn a_task_without_a_score_has_no_bar() {
        let svg = task_plot(&task("1", &[&[], &[]])).into_string();
        assert!(!svg.contains("f-bar") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn numbers_at_the_right_edge_stand_before_their_marks() {
        let svg = task_plot(&task("1", &[&[97, 99]])).into_string();
        assert!(svg.contains(r#"x="-8" y="4" class="v end"#), "{svg}");
    }

    #[test]
    fn every_sample_is_a_tick() {
        let svg = samples(&model(0, &[10, 20, 20])).into_string();
        assert!(svg.contains(r#"d="M10 4v12M20 4v12M20 4v12""#), "{svg}");
    }
}

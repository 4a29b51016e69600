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
    html! {
        svg width="100%" height=(n(height)) aria-hidden="true" {
            (grid(height))
            @if let Some(score) = task.score {
                rect x="0" y="3" width=(at(score)) height=(n(height - 6.0)) class="f-bar" {}
                @if let Some(spread) = task.spread {
                    rect x=(at(spread.low)) y="3" width=(at(spread.high - spread.low)) height=(n(height - 6.0)) class="f-ci" {}
                }
                line x1=(at(score)) x2=(at(score)) y1="1" y2=(n(height - 1.0)) class="s-barink" stroke-width="2.5" {}
            }
            @for (place, model) in task.models.iter().enumerate() { (lane(model, first + LANE * place as f64)) }
        }
    }
}

fn grid(height: f64) -> Markup {
    html! {
        @for x in ["0%", "25%", "50%", "75%", "100%"] { line x1=(x) x2=(x) y1="0" y2=(n(height)) class="s-line" {} }
    }
}

/// Lowest to highest sample as a line, the mean as a mark, and its number beside it.
fn lane(model: &ModelScore, y: f64) -> Markup {
    let scores = scores(model);
    let (Some(score), Some(low), Some(high)) = (model.score, scores.first().copied(), scores.last().copied())
    else {
        return html! {};
    };
    let (x, dx, class) = if high > RIGHTMOST { (low, "-8", "v end") } else { (high, "8", "v") };
    html! {
        @if low < high {
            line x1=(at(low)) x2=(at(high)) y1=(n(y)) y2=(n(y)) class=(paint(model.model, 's'))
                stroke-width="2.5" stroke-linecap="round" {}
        }
        (placed(&at(score), y, &mark(model.model, 4.0, true)))
        svg x=(at(x)) y=(n(y)) overflow="visible" {
            text x=(dx) y="4" class={ (class) " " (paint(model.model, 'f')) } { (points(score)) }
        }
    }
}

/// A tick for every sample of a model.
pub fn samples(model: &ModelScore) -> Markup {
    html! {
        svg.samples width="100%" height="20" aria-hidden="true" {
            line x1="0" x2="100%" y1="10" y2="10" class="s-line2" {}
            @for score in scores(model) {
                line x1=(at(score)) x2=(at(score)) y1="4" y2="16" class=(paint(model.model, 's')) stroke-width="2.5" {}
            }
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
        assert!(svg.contains(r#"width="39%" height="40" class="f-bar""#), "{svg}");
        assert!(svg.contains(r#"x="32%" y="3" width="14%""#), "{svg}");
        assert!(svg.contains(r#"x1="30%" x2="34%""#), "{svg}");
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
        assert_eq!(samples(&model(0, &[10, 20, 20])).into_string().matches("s-m1").count(), 3);
    }
}

//! A figure over time: runs with the span of their models, and series from elsewhere.

use maud::{Markup, html};

use super::mark::n;
use crate::site::words::exact;

const TOP: f64 = 20.0;
const BOTTOM: f64 = 150.0;
const LEFT: f64 = 9.0;
const RIGHT: f64 = 96.0;

/// A run.
pub struct Point {
    /// What stands below it.
    pub label: String,
    pub value: f64,
    pub low: f64,
    pub high: f64,
    /// Which note explains it; those are drawn larger.
    pub note: Option<usize>,
}

/// Runs from left to right. `label` names the chart; a table beside it holds the values.
pub fn history(points: &[Point], label: &str) -> Markup {
    let scale = Scale::over(points.iter().flat_map(|point| [point.low, point.high]), 2.0);
    let at = |place: usize| place_of(place, points.len());
    let line: Vec<(f64, f64)> =
        points.iter().enumerate().map(|(place, point)| (at(place), scale.y(point.value))).collect();
    let highs = points.iter().enumerate().map(|(place, point)| (at(place), scale.y(point.high)));
    let lows = points.iter().enumerate().rev().map(|(place, point)| (at(place), scale.y(point.low)));
    let band: Vec<(f64, f64)> = highs.chain(lows).collect();
    html! {
        svg width="100%" height="196" role="img" aria-label=(label) {
            (scale.grid(0))
            (stretched(&band, &line))
            @for (place, point) in points.iter().enumerate() {
                (dot(at(place), scale.y(point.value), point, shows_label(place, points.len())))
            }
        }
    }
}

fn dot(x: f64, y: f64, point: &Point, has_label: bool) -> Markup {
    let x = format!("{}%", n(x));
    html! {
        circle cx=(x) cy=(n(y)) r=(if point.note.is_some() { "4.5" } else { "3" }) class="f-barink" {}
        @if has_label { text x=(x) y="176" class="mid" { (point.label) } }
        @if let Some(note) = point.note { text x=(x) y=(n(y - 11.0)) class="mid t-ink" { (note) } }
    }
}

/// Dates with values, without a span.
pub fn series(points: &[(String, f64)], label: &str) -> Markup {
    let scale = Scale::over(points.iter().map(|(_, value)| *value), 1.0);
    let line: Vec<(f64, f64)> = points
        .iter()
        .enumerate()
        .map(|(place, (_, value))| (place_of(place, points.len()), scale.y(*value)))
        .collect();
    html! {
        svg width="100%" height="196" role="img" aria-label=(label) {
            (scale.grid(0))
            (stretched(&[], &line))
            @for (place, class) in [(0, "start"), (points.len().saturating_sub(1), "end")] {
                @if let Some((date, _)) = points.get(place) {
                    text x=(format!("{}%", n(place_of(place, points.len())))) y="176" class=(class) { (date) }
                }
            }
        }
    }
}

/// Lines in a box that is as wide as the page has room.
fn stretched(band: &[(f64, f64)], line: &[(f64, f64)]) -> Markup {
    let list = |points: &[(f64, f64)]| {
        points.iter().map(|(x, y)| format!("{},{}", n(*x), n(*y))).collect::<Vec<_>>().join(" ")
    };
    html! {
        svg x="0" y="0" width="100%" height="196" viewBox="0 0 100 196" preserveAspectRatio="none" {
            @if !band.is_empty() { polygon points=(list(band)) class="f-ci" {} }
            polyline points=(list(line)) class="nofill s-barink" stroke-width="2.5" vector-effect="non-scaling-stroke" {}
        }
    }
}

fn place_of(place: usize, of: usize) -> f64 {
    if of < 2 {
        return (LEFT + RIGHT) / 2.0;
    }
    LEFT + (RIGHT - LEFT) * place as f64 / (of - 1) as f64
}

/// The first, the last, and some between them.
fn shows_label(place: usize, of: usize) -> bool {
    let every = of.div_ceil(5).max(1);
    place + 1 == of || (place.is_multiple_of(every) && place + every / 2 < of - 1) || place == 0
}

/// Values to pixels, between round numbers.
struct Scale {
    low: f64,
    step: f64,
    steps: usize,
}

impl Scale {
    /// With `room` above and below.
    fn over(values: impl Iterator<Item = f64>, room: f64) -> Self {
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low > high { (0.0, 100.0) } else { (low - room, high + room) };
        let step = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0]
            .into_iter()
            .find(|step| (high - low) / step <= 5.0)
            .unwrap_or((high - low) / 5.0);
        let low = (low / step).floor() * step;
        let steps = (((high - low) / step).ceil() as usize).max(1);
        Self { low, step, steps }
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * (value - self.low) / (self.step * self.steps as f64)
    }

    fn grid(&self, decimals: usize) -> Markup {
        let decimals = if self.step < 1.0 { 1 } else { decimals };
        let lines = (0..=self.steps).map(|step| self.low + self.step * step as f64);
        html! {
            @for value in lines {
                @let y = self.y(value);
                line x1="0" x2="100%" y1=(n(y)) y2=(n(y)) class="s-line" {}
                text x="0" y=(n(y - 4.0)) { (exact(value, decimals)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: f64) -> Point {
        Point { label: "Jun".into(), value, low: value - 4.0, high: value + 4.0, note: None }
    }

    #[test]
    fn a_higher_score_stands_higher() {
        let scale = Scale::over([10.0, 60.0].into_iter(), 2.0);
        assert!(scale.y(60.0) < scale.y(10.0));
        assert!(scale.y(60.0) >= TOP && scale.y(10.0) <= BOTTOM);
    }

    #[test]
    fn every_run_is_a_dot_and_the_ends_are_labelled() {
        for count in 1..30 {
            let points: Vec<Point> = (0..count).map(|step| point(f64::from(step) + 20.0)).collect();
            let svg = history(&points, "x").into_string();
            assert_eq!(svg.matches("<circle").count(), count as usize);
            assert!(svg.matches(">Jun<").count() <= 7 && !svg.contains("NaN"), "{count}: {svg}");
            assert!(shows_label(0, points.len()) && shows_label(points.len() - 1, points.len()));
        }
    }

    #[test]
    fn nothing_to_draw_is_drawn_as_nothing() {
        assert!(!series(&[], "x").into_string().contains("NaN"));
    }
}

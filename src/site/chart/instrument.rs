//! The instrument at the head of a page: where an occupation stands among all, in which band, and what each
//! model says.

use maud::{Markup, html};

use super::mark::{mark, n, placed};
use crate::domain::{Bands, Spread};
use crate::site::words::{at, brief, capital, points, several};

/// Points at which the curve is drawn.
const STEPS: usize = 80;
/// Width of the smoothing, in points.
const BANDWIDTH: f64 = 3.5;
/// Fewer scores are drawn one by one: a curve over them would say what nobody knows.
const FEWEST_FOR_A_CURVE: usize = 40;
/// Beyond this a label stands before its mark, lest it leave the chart.
const RIGHTMOST: f64 = 55.0;

/// Longer names of models would leave a narrow screen.
const LONGEST_NAME: usize = 24;

const TOP: f64 = 26.0;
const STRIP: f64 = 138.0;
const FIRST_LANE: f64 = 200.0;
const LANE: f64 = 25.0;

/// How the scores of all occupations are spread: what the instruments of all pages share.
pub struct Density {
    scores: Vec<f64>,
    /// As SVG takes it, in a box of 100 by 100; `None` where there are too few.
    curve: Option<String>,
}

/// Of these scores.
pub fn density(mut scores: Vec<f64>) -> Density {
    scores.sort_by(f64::total_cmp);
    let curve = (scores.len() >= FEWEST_FOR_A_CURVE).then(|| curve(&scores));
    Density { scores, curve }
}

/// A sum of normal curves, as high as the box at its highest.
fn curve(scores: &[f64]) -> String {
    let height =
        |x: f64| -> f64 { scores.iter().map(|score| (-((x - score) / BANDWIDTH).powi(2) / 2.0).exp()).sum() };
    let place = |step: usize| 100.0 * step as f64 / STEPS as f64;
    let heights: Vec<f64> = (0..=STEPS).map(|step| height(place(step))).collect();
    let highest = heights.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let points = heights
        .iter()
        .enumerate()
        .map(|(step, height)| format!("{} {}", n(place(step)), n(100.0 - 96.0 * height / highest)));
    points.collect::<Vec<_>>().join(" L")
}

/// What it shows.
pub struct Instrument<'a> {
    pub title: &'a str,
    pub score: Option<f64>,
    pub spread: Option<Spread>,
    pub bands: &'a Bands,
    /// Names of the models, and what they say.
    pub models: Vec<(&'a str, Option<f64>)>,
    pub all: &'a Density,
    /// Sets the ids on a page apart that has several.
    pub id: &'a str,
}

impl Instrument<'_> {
    pub fn draw(&self) -> Markup {
        let height = FIRST_LANE + LANE * self.models.len() as f64 - 3.0;
        let (title, desc) = (format!("{}-t", self.id), format!("{}-d", self.id));
        html! {
            svg width="100%" height=(n(height)) role="img" aria-labelledby={ (title) " " (desc) } {
                title id=(title) { (self.title) }
                desc id=(desc) { (self.described()) }
                (self.distribution())
                (self.bands())
                (self.needle())
                @for (place, (name, score)) in self.models.iter().enumerate() {
                    (lane(place, name, *score))
                }
            }
        }
    }

    fn described(&self) -> String {
        let here = self.score.map_or_else(|| "no score".to_owned(), points);
        let range = self.spread.map_or_else(String::new, |spread| {
            format!(" Models range from {} to {}.", points(spread.low), points(spread.high))
        });
        let models = self.models.iter().map(|(name, score)| {
            format!(" {name} {}.", score.map_or_else(|| "has no score".to_owned(), points))
        });
        let all = several(self.all.scores.len(), "occupation");
        format!("Distribution of {all}, with this one at {here}.{range}{}", models.collect::<String>())
    }

    fn distribution(&self) -> Markup {
        let count = capital(&several(self.all.scores.len(), "occupation"));
        html! {
            @match &self.all.curve {
                Some(curve) => {
                    svg x="0" y=(n(TOP)) width="100%" height="112" viewBox="0 0 100 100" preserveAspectRatio="none" {
                        path d={ "M0 100 L" (curve) " L100 100Z" } class="f-sunk" {}
                        path d={ "M" (curve) } class="nofill s-line2" stroke-width="1.25" vector-effect="non-scaling-stroke" {}
                    }
                }
                None => {
                    @for score in &self.all.scores {
                        line x1=(at(*score)) x2=(at(*score)) y1="96" y2="132" class="s-line2" stroke-width="2" {}
                    }
                }
            }
            @if let Some(Spread { low, high }) = self.spread {
                rect x=(at(low)) y=(n(TOP)) width=(at(high - low)) height="112" class="f-ci" {}
            }
            text x="0" y="12" { (count) ", lowest to highest score" }
        }
    }

    /// A strip with the names of the bands; plain where bands hang on more than the score.
    fn bands(&self) -> Markup {
        let cuts = self.bands.cuts();
        if cuts.is_empty() {
            return html! { rect x="0" y=(n(STRIP)) width="100%" height="10" class="f-b1" {} };
        }
        let here = self.score.map(|score| self.bands.place(score, None));
        let edges: Vec<f64> = std::iter::once(0.0).chain(cuts.iter().copied()).chain([100.0]).collect();
        html! {
            @for (place, edge) in edges.windows(2).enumerate() {
                @if let [low, high] = edge {
                    svg x=(at(*low)) y=(n(STRIP)) width=(at(high - low)) height="10" {
                        rect x="1" width="99%" height="10" class=(fill(place, cuts.len() + 1)) {}
                    }
                    text x=(at((low + high) / 2.0)) y="170" class=(if here == Some(place) { "mid t-ink" } else { "mid t-far" }) {
                        (self.bands.name(place))
                    }
                }
            }
        }
    }

    fn needle(&self) -> Markup {
        let Some(score) = self.score else { return html! {} };
        html! {
            line x1=(at(score)) x2=(at(score)) y1="20" y2="150" class="s-ink" stroke-width="2.5" {}
            svg x=(at(score)) y="147" overflow="visible" { path d="M-6 9 0 0 6 9Z" class="f-ink" {} }
        }
    }
}

/// The class that paints a band: five steps of blue, however many bands there are.
fn fill(place: usize, of: usize) -> String {
    format!("f-b{}", step(place, of))
}

/// Which of the five steps of blue a band has.
pub fn step(place: usize, of: usize) -> usize {
    match of {
        0 | 1 => 1,
        2..=5 if of == 5 => place.min(4),
        _ => (place * 4 + (of - 1) / 2) / (of - 1),
    }
}

fn lane(place: usize, name: &str, score: Option<f64>) -> Markup {
    let y = FIRST_LANE + LANE * place as f64;
    let (x, dx, class) = match score {
        Some(score) if score > RIGHTMOST => (at(score), "-13", "t-ink2 end"),
        Some(score) => (at(score), "13", "t-ink2"),
        None => (at(0.0), "0", "t-ink2"),
    };
    html! {
        line x1="0" x2="100%" y1=(n(y)) y2=(n(y)) class="s-line" {}
        @if let Some(score) = score { (placed(&at(score), y, &mark(place, 5.8, true))) }
        svg x=(x) y=(n(y)) overflow="visible" {
            text x=(dx) y="4" class=(class) {
                (brief(name, LONGEST_NAME)) " "
                tspan.num-ink { (score.map_or_else(|| "no score".to_owned(), points)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bands() -> Bands {
        let names = ["Minimal", "Low", "Partial", "High", "Very high"].map(str::to_owned).to_vec();
        Bands::new(vec![20.0, 40.0, 60.0, 80.0], names).unwrap()
    }

    fn drawn(scores: Vec<f64>, score: Option<f64>) -> String {
        let all = density(scores);
        let models = vec![("a", Some(34.0)), ("b", Some(70.0)), ("c", None)];
        let spread = Some(Spread { low: 34.0, high: 70.0 });
        let bands = bands();
        Instrument { title: "t", score, spread, bands: &bands, models, all: &all, id: "i" }
            .draw()
            .into_string()
    }

    #[test]
    fn the_needle_stands_at_the_score_and_its_band_is_marked() {
        let svg = drawn(vec![10.0, 42.0], Some(42.0));
        assert!(svg.contains(r#"x1="42%" x2="42%" y1="20""#), "{svg}");
        assert!(svg.contains(r#"class="mid t-ink">Partial"#), "{svg}");
        assert!(svg.contains("with this one at 42. Models range from 34 to 70. a 34. b 70. c has no score."));
    }

    #[test]
    fn few_scores_are_lines_and_many_a_curve() {
        assert_eq!(drawn(vec![10.0, 42.0], None).matches(r#"y1="96""#).count(), 2);
        let many = drawn((0..100).map(f64::from).collect(), Some(1.0));
        assert!(many.contains("M0 100 L0 ") && !many.contains(r#"y1="96""#) && !many.contains("NaN"));
    }

    #[test]
    fn labels_of_high_scores_stand_before_their_marks() {
        let svg = drawn(vec![], Some(70.0));
        assert!(svg.contains(r#"x="-13" y="4" class="t-ink2 end">b"#), "{svg}");
    }

    #[test]
    fn any_number_of_bands_spans_the_ramp() {
        assert_eq!((0..5).map(|place| step(place, 5)).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!((0..3).map(|place| step(place, 3)).collect::<Vec<_>>(), [0, 2, 4]);
        assert_eq!((0..7).map(|place| step(place, 7)).max(), Some(4));
        assert_eq!(step(0, 1), 1);
    }
}

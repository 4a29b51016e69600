//! The strip below the head: the few figures that readers look for first. What is not known has no place in it.

use maud::{Markup, html};

use super::Spot;
use crate::site::pages::shared::of_part;
use crate::site::words::{capital, day, maybe_exact, points, range, several, signed, span, thousands, wage};

/// Fewer tasks give no figure of agreement.
const FEWEST_TASKS: usize = 5;

/// A figure with its name above and its source below.
struct Figure {
    name: String,
    value: String,
    beside: String,
    below: String,
}

pub fn strip(spot: &Spot<'_>) -> Markup {
    let figures = figures(spot);
    html! {
        @if !figures.is_empty() {
            dl.facts {
                @for figure in &figures {
                    div {
                        dt { (figure.name) }
                        dd {
                            b { (figure.value) @if !figure.beside.is_empty() { em { (figure.beside) } } }
                            span { (figure.below) }
                        }
                    }
                }
            }
        }
    }
}

fn figures(spot: &Spot<'_>) -> Vec<Figure> {
    let mut all: Vec<Figure> = companions(spot).collect();
    all.extend(agreement(spot));
    all.extend(demand(spot));
    all.extend(pay(spot));
    all.extend(employment(spot));
    all.extend(preparation(spot));
    all
}

fn companions<'a>(spot: &'a Spot<'_>) -> impl Iterator<Item = Figure> + 'a {
    spot.entry.companions.iter().map(|companion| Figure {
        name: companion.title.to_string(),
        value: points(companion.score),
        beside: "of 100".to_owned(),
        below: format!(
            "{} {}, {}. Scored apart, on its own rubric",
            capital(&several(companion.models.len(), "model")),
            range(companion.low, companion.high),
            day(companion.began)
        ),
    })
}

/// In the words of Krippendorff, "Content Analysis" (2004): 0.8 is good, 0.667 the least to go by.
fn agreement(spot: &Spot<'_>) -> Option<Figure> {
    // Of a few tasks it says next to nothing.
    let alpha = spot.entry.alpha.filter(|_| spot.entry.tasks.len() >= FEWEST_TASKS)?;
    // As it is shown, so that the word fits the figure beside it.
    let word = match (alpha * 100.0).round() / 100.0 {
        alpha if alpha >= 0.8 => "High",
        alpha if alpha >= 0.67 => "Fair",
        _ => "Low",
    };
    let all = spot.site.agreement.tasks.overall.alpha.interval;
    Some(Figure {
        name: "Model agreement".to_owned(),
        value: word.to_owned(),
        beside: format!("α {}", maybe_exact(Some(alpha), 2)),
        below: format!(
            "On {}. All occupations: {}",
            several(spot.entry.tasks.len(), "task"),
            maybe_exact(all, 2)
        ),
    })
}

fn demand(spot: &Spot<'_>) -> Option<Figure> {
    let outlook = spot.entry.facts.outlook.as_ref()?;
    let words = if outlook.words.is_empty() { String::new() } else { format!(", {}", outlook.words) };
    Some(Figure {
        name: "Projected demand".to_owned(),
        value: format!("{}%", signed(outlook.change_percent)),
        beside: String::new(),
        below: format!(
            "Jobs {}{words}. BLS projections{}",
            span(&outlook.figure.vintage),
            of_part(&outlook.figure.whose)
        ),
    })
}

fn pay(spot: &Spot<'_>) -> Option<Figure> {
    let pay = spot.entry.facts.pay.as_ref()?;
    let growth = spot.entry.facts.pay_growth.as_ref();
    Some(Figure {
        name: "Median pay".to_owned(),
        value: wage(pay.median?),
        beside: String::new(),
        below: format!(
            "{}, BLS OEWS{}{}",
            pay.figure.vintage,
            of_part(&pay.figure.whose),
            growth.map_or_else(String::new, |growth| {
                format!("; {}% a year since {}, nominal", signed(growth.percent_a_year), growth.since)
            }),
        ),
    })
}

/// The projections count the self-employed as well, so they come first.
fn employment(spot: &Spot<'_>) -> Option<Figure> {
    let facts = &spot.entry.facts;
    let projected = facts
        .outlook
        .as_ref()
        .and_then(|outlook| Some((outlook.employment?, &outlook.figure, "BLS projections")));
    let counted = || facts.pay.as_ref().and_then(|pay| Some((pay.employment?, &pay.figure, "BLS OEWS")));
    let (jobs, figure, source) = projected.or_else(counted)?;
    // A projection's vintage is a span, of which this is the beginning.
    let year = figure.vintage.split(['-', '–']).next().unwrap_or_default();
    Some(Figure {
        name: "US employment".to_owned(),
        value: thousands(jobs),
        beside: String::new(),
        below: format!("{year}, {source}{}", of_part(&figure.whose)),
    })
}

fn preparation(spot: &Spot<'_>) -> Option<Figure> {
    let zone = spot.entry.facts.job_zone.as_ref()?;
    let name = zone.name.split_once(": ").map_or(&*zone.name, |(_, name)| name);
    Some(Figure {
        name: "Preparation".to_owned(),
        value: format!("Zone {}", zone.zone),
        beside: "of 5".to_owned(),
        below: format!("{name}. O*NET"),
    })
}

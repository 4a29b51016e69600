//! The head of the page: the score, what it says in a sentence, and where it stands among all.

use maud::{Markup, html};

use super::Spot;
use crate::domain::Combine;
use crate::site::chart::{Density, Instrument};
use crate::site::pages::shared::{band_class, headline_word, is_exposure, levels, maybe_shown, shown};
use crate::site::words::{points, several};

pub fn hero(spot: &Spot<'_>, all: &Density) -> Markup {
    let scored = &spot.entry.scored;
    let score = maybe_shown(spot.site, scored.score);
    html! {
        div.hero {
            div {
                span.label { (label(spot)) }
                div.big { b.num { (score) } span { "of 100" } }
                @if let Some(band) = scored.band.as_deref().filter(|band| !band.is_empty()) {
                    div.band { i class=(band_class(spot.site, scored)) {} (band) }
                }
                p.say { (sentence(spot)) }
            }
            figure.inst { (instrument(spot, all).draw()) }
        }
    }
}

fn instrument<'a>(spot: &'a Spot<'a>, all: &'a Density) -> Instrument<'a> {
    let scored = &spot.entry.scored;
    Instrument {
        title: "The score among those of all occupations",
        score: scored.score,
        spread: scored.spread,
        bands: &spot.site.bands,
        models: spot.models().zip(scored.models.iter().map(|model| model.score)).collect(),
        all,
        id: "inst",
    }
}

/// What the number says, in one or two plain sentences.
fn sentence(spot: &Spot<'_>) -> String {
    let scored = &spot.entry.scored;
    let Some(score) = scored.score else {
        return "No model has given a score that could be used.".to_owned();
    };
    let rated = scored.models.iter().filter(|model| model.score.is_some()).count();
    let how = match (rated, spot.site.run.combine) {
        (1, _) => "As one model sees it".to_owned(),
        (_, Combine::Median) => format!("In the middle of {}", several(rated, "model")),
        _ => format!("Averaged over {}", several(rated, "model")),
    };
    let says = if is_exposure(spot.site) {
        format!("{how}, today’s AI could handle {}% of this work alone.", shown(spot.site, score))
    } else {
        format!("{how}, this scores {} of 100{}.", shown(spot.site, score), scale(spot))
    };
    format!("{says}{}{}{}", range(spot, rated), standing(spot), coverage(spot))
}

/// What the number is, above it.
fn label(spot: &Spot<'_>) -> String {
    let word = headline_word(spot.site);
    if word.to_lowercase().ends_with("score") { word } else { format!("{word} score") }
}

/// What levels stand for that are no numbers.
fn scale(spot: &Spot<'_>) -> String {
    levels(spot.site).map_or_else(String::new, |levels| format!(" ({levels})"))
}

fn range(spot: &Spot<'_>, rated: usize) -> String {
    match spot.entry.scored.spread {
        Some(spread) if rated > 1 && points(spread.low) != points(spread.high) => {
            format!(" The lowest model says {}, the highest {}.", points(spread.low), points(spread.high))
        }
        Some(_) if rated > 1 => " To the point, all models say the same.".to_owned(),
        _ => " This is one model’s view; others may differ.".to_owned(),
    }
}

fn standing(spot: &Spot<'_>) -> String {
    let Some(standing) = spot.entry.standing else { return String::new() };
    let count = spot.site.entries.len();
    match points(standing.percentile).as_str() {
        _ if count < 20 => String::new(),
        "100" => " No occupation here is higher.".to_owned(),
        percent => {
            format!(" Higher than {percent}% of {} occupations.", crate::site::words::thousands(count as u64))
        }
    }
}

fn coverage(spot: &Spot<'_>) -> String {
    let coverage = spot.entry.scored.coverage;
    if coverage > 0.9995 {
        return String::new();
    }
    format!(" Some answers are missing: {} of the work is covered.", crate::site::words::percent(coverage))
}

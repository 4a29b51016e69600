//! The head of the page: the score, what it says in a sentence, and where it stands among all.

use maud::{Markup, html};

use super::Spot;
use crate::domain::Combine;
use crate::site::chart::{Density, Instrument};
use crate::site::pages::shared::{
    band_class, headline_word, is_exposure, is_weighted, levels, maybe_shown, place, rater, shown,
};
use crate::site::words::{points, several, thousands};

/// Among fewer, where an occupation stands says little.
const FEWEST_TO_STAND_AMONG: usize = 20;

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
    let (noun, run) = (rater(spot.site), &spot.site.run);
    let is_weighted = is_weighted(spot.site);
    let how = match (rated, run.combine) {
        (1, _) => format!("As one {noun} sees it"),
        (_, Combine::Median) => format!("In the middle of {}", several(rated, noun)),
        (_, Combine::Trimmed) => format!("Averaged over {}, the ends left out", several(rated, noun)),
        (_, Combine::Effects) => {
            format!("Averaged over {}, what each adds everywhere taken away", several(rated, noun))
        }
        (_, Combine::Mean) if is_weighted => {
            format!("Averaged over {} of different weight", several(rated, noun))
        }
        (_, Combine::Mean) => format!("Averaged over {}", several(rated, noun)),
    };
    let says = if is_exposure(spot.site) {
        format!("{how}, today’s AI could handle {}% of this work alone.", shown(spot.site, score))
    } else {
        format!("{how}, this scores {} of 100{}.", shown(spot.site, score), scale(spot))
    };
    format!("{says}{}{}{}", range(spot, rated), standing(spot, score), coverage(spot))
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
    let noun = rater(spot.site);
    match spot.entry.scored.spread {
        Some(spread) if rated > 1 && points(spread.low) != points(spread.high) => {
            format!(" The lowest {noun} says {}, the highest {}.", points(spread.low), points(spread.high))
        }
        Some(_) if rated > 1 => format!(" To the point, all {noun}s say the same."),
        _ => format!(" This is one {noun}’s view; others may differ."),
    }
}

fn standing(spot: &Spot<'_>, score: f64) -> String {
    let (lower, higher, all) = place(spot.site, score);
    match () {
        () if all < FEWEST_TO_STAND_AMONG => String::new(),
        () if higher == 0 => " No other occupation here is higher.".to_owned(),
        () if lower == 0 => " No other occupation here is lower.".to_owned(),
        () => format!(" Higher than {} of {} occupations.", thousands(lower as u64), thousands(all as u64)),
    }
}

fn coverage(spot: &Spot<'_>) -> String {
    let coverage = spot.entry.scored.coverage;
    if coverage > 0.9995 {
        return String::new();
    }
    format!(" Some answers are missing: {} of the work is covered.", crate::site::words::percent(coverage))
}

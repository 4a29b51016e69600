//! The head of the page: the score, what it says in a sentence, and where it stands among all.

use maud::{Markup, html};

use super::Spot;
use crate::domain::Combine;
use crate::site::chart::{Density, Instrument};
use crate::site::pages::shared::{
    band_class, headline_word, is_exposure, is_weighted, levels, maybe_shown, place, rater, shown,
};
use crate::site::words::{points, said, several, thousands};

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
                    div.band { i class=(band_class(spot.site, scored)) {} (said(band)) }
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

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;
    use super::*;
    use crate::domain::Spread;
    use crate::site::chart::density;
    use crate::site::{Site, sample};

    fn head(site: &Site, place: usize) -> String {
        let all = density(site.entries.iter().filter_map(|entry| entry.scored.score).collect());
        drawn(site, place, |spot| hero(spot, &all))
    }

    #[test]
    fn the_number_stands_with_its_band_and_what_it_says() {
        let text = head(&sample::exposure(), 0);
        for part in [
            "<b class=\"num\">52</b>",
            "AI exposure score",
            "Partial",
            "Averaged over two models of different weight, today’s AI could handle 52% of this work alone.",
            " The lowest model says 44, the highest 60.",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        // Of two occupations a percentile says nothing.
        assert!(!text.contains("Higher than") && !text.contains("missing"), "{text}");
    }

    #[test]
    fn other_rubrics_are_told_by_their_scale() {
        let text = head(&sample::nominal(), 0);
        let told = "Averaged over two models of different weight, this scores 52 of 100 (E0 = 0, E1 = 100, E2 = 50).";
        assert!(text.contains(told) && !text.contains("could handle"), "{text}");
    }

    #[test]
    fn one_model_is_one_view_and_no_score_is_none() {
        let text = head(&sample::single(), 0);
        assert!(text.contains("As one model sees it"), "{text}");
        assert!(text.contains("This is one model’s view; others may differ."), "{text}");
        let text = head(&sample::scoreless(), 1);
        assert!(text.contains("<b class=\"num\">–</b>"), "{text}");
        assert!(text.contains("No model has given a score that could be used."), "{text}");
        assert!(!text.contains("class=\"band\""), "{text}");
    }

    #[test]
    fn models_that_round_to_the_same_point_say_the_same() {
        let mut site = sample::site();
        site.run.combine = Combine::Median;
        site.entries[0].scored.spread = Some(Spread { low: 51.6, high: 52.4 });
        site.entries[0].scored.coverage = 0.9;
        let text = head(&site, 0);
        for part in [
            "In the middle of two models",
            "To the point, all models say the same.",
            "90.0% of the work is covered",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn among_many_it_is_told_where_it_stands() {
        let mut site = sample::site();
        while site.entries.len() < 20 {
            site.entries.extend(sample::site().entries);
        }
        assert!(head(&site, 0).contains("No other occupation here is higher."));
        assert!(head(&site, 1).contains("No other occupation here is lower."));
        site.entries[2].scored.score = Some(52.1);
        assert!(head(&site, 0).contains("Higher than 10 of 20 occupations."));
    }

    #[test]
    fn hostile_text_is_tamed() {
        let mut site = sample::hostile();
        site.run.models[0].id = sample::NASTY.replace('\u{202e}', "").into();
        let text = head(&site, 0);
        assert!(sample::is_tame(&text), "{text}");
    }
}

//! The head of the page: the score, what it says in a sentence, and where it stands among all.

use maud::{Markup, html};

use super::Spot;
use crate::domain::Combine;
use crate::site::chart::{Density, Instrument};
use crate::site::pages::shared::{band_class, headline_word, is_exposure, levels, maybe_shown, shown};
use crate::site::words::{points, said, several};

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
            "Averaged over two models, today’s AI could handle 52% of this work alone.",
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
        let told = "Averaged over two models, this scores 52 of 100 (E0 = 0, E1 = 100, E2 = 50).";
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
        assert!(head(&site, 0).contains("Higher than 75% of 20 occupations."));
        site.entries[0].standing.as_mut().unwrap().percentile = 99.7;
        assert!(head(&site, 0).contains("No occupation here is higher."));
    }

    #[test]
    fn hostile_text_is_tamed() {
        let mut site = sample::hostile();
        site.run.models[0].id = sample::NASTY.replace('\u{202e}', "").into();
        let text = head(&site, 0);
        assert!(sample::is_tame(&text), "{text}");
    }
}

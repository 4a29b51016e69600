//! What several pages say in the same words.

use crate::domain::facts::Whose;
use crate::domain::{Scale, ScoredOccupation, Spread};
use crate::site::Site;
use crate::site::address::{self, Here};
use crate::site::chart::step;
use crate::site::frame::Link;
use crate::site::words::{counted, exact, points, said, several, whole};

/// The rubric whose scores are shares of the work that AI could do, so that they can be said as such.
pub fn is_exposure(site: &Site) -> bool {
    site.run.rubric.id == "exposure"
}

/// What raters are called: people may be among them.
pub fn rater(site: &Site) -> &'static str {
    if site.run.models.iter().any(|model| model.provider == "label") { "rater" } else { "model" }
}

/// Whether models count differently in the mean.
pub fn is_weighted(site: &Site) -> bool {
    site.run.models.iter().any(|model| (model.weight - 1.0).abs() > 1e-9)
}

/// How many occupations have a lower score, how many a higher one, and how many have any.
pub fn place(site: &Site, score: f64) -> (usize, usize, usize) {
    let scores = || site.entries.iter().filter_map(|entry| entry.scored.score);
    let lower = scores().filter(|other| *other < score).count();
    let higher = scores().filter(|other| *other > score).count();
    (lower, higher, scores().count())
}

/// `three samples`, or `two to six samples` where more were asked for as they were needed.
pub fn samples(site: &Site) -> String {
    let least = site.run.samples as usize;
    match site.run.adaptive {
        Some(adaptive) if adaptive.most as usize > least => {
            format!("{} to {}", counted(least), several(adaptive.most as usize, "sample"))
        }
        _ => several(least, "sample"),
    }
}

/// What the headline measures.
pub fn headline_word(site: &Site) -> String {
    match is_exposure(site) {
        true => "AI exposure".to_owned(),
        false => said(&site.run.rubric.title).into_owned(),
    }
}

/// A headline, whole where that does not put it into another band: 79.6 is not 80 where 80 is the next band.
pub fn shown(site: &Site, score: f64) -> String {
    let is_kept = site.bands.place(whole(score), None) == site.bands.place(score, None);
    // Cut, so that a tenth does not cross the edge either.
    if is_kept { points(score) } else { exact((score * 10.0).floor() / 10.0, 1) }
}

pub fn maybe_shown(site: &Site, score: Option<f64>) -> String {
    score.map_or_else(|| "–".to_owned(), |score| shown(site, score))
}

/// What the levels of a scale without numbers stand for: `E0 = 0, E1 = 100, E2 = 50`.
pub fn levels(site: &Site) -> Option<String> {
    let Scale::Nominal { labels } = &site.run.rubric.scale else { return None };
    let said: Vec<String> =
        labels.iter().map(|(label, value)| format!("{} = {}", said(label), points(*value))).collect();
    Some(said.join(", "))
}

/// Points between the lowest and the highest model, as the rounded figures on the page have it.
pub fn apart(spread: Spread) -> f64 {
    whole(spread.high) - whole(spread.low)
}

/// The step of a score on the ramp of blue, 0 to 4.
pub fn step_of(site: &Site, scored: &ScoredOccupation) -> Option<usize> {
    let score = scored.score?;
    let cuts = site.bands.cuts();
    if cuts.is_empty() {
        return Some(((score / 20.0) as usize).min(4));
    }
    Some(step(site.bands.place(score, None), cuts.len() + 1))
}

/// The class of a small field in the colour of a score's band.
pub fn band_class(site: &Site, scored: &ScoredOccupation) -> String {
    step_of(site, scored).map_or_else(String::new, |step| format!("bg-b{step}"))
}

/// Said behind a source where the figure is of more than the occupation.
pub fn of_part(whose: &Whose) -> String {
    match whose {
        Whose::Its => String::new(),
        Whose::Part { code, .. } => format!(", for all of {code}"),
        Whose::Merged { code, .. } => format!(", merged into {code}"),
    }
}

/// The page for programs.
pub fn as_json(here: &Here, code: &str) -> Link {
    Link {
        rel: "alternate",
        kind: "application/json",
        title: "The data of this page",
        href: here.to(&address::json(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn a_score_is_not_rounded_into_the_next_band() {
        let site = sample::site();
        assert_eq!(shown(&site, 79.61), "79.6");
        assert_eq!(shown(&site, 79.99), "79.9");
        assert_eq!((shown(&site, 80.0), shown(&site, 79.4)), ("80".into(), "79".into()));
    }

    #[test]
    fn the_headline_is_named_by_its_rubric() {
        assert_eq!(headline_word(&sample::exposure()), "AI exposure");
        assert_eq!(headline_word(&sample::site()), "What today's AI could do alone");
        assert!(!headline_word(&sample::hostile()).contains('\u{202e}'));
        assert_eq!(maybe_shown(&sample::site(), None), "–");
    }

    #[test]
    fn only_labels_have_levels_to_be_told() {
        assert_eq!(levels(&sample::nominal()).as_deref(), Some("E0 = 0, E1 = 100, E2 = 50"));
        assert_eq!(levels(&sample::site()), None);
    }

    #[test]
    fn colours_are_those_of_the_bands_or_of_fifths() {
        let mut site = sample::scoreless();
        let scored = site.entries[0].scored.clone();
        assert_eq!((step_of(&site, &scored), band_class(&site, &scored).as_str()), (Some(2), "bg-b2"));
        assert_eq!(band_class(&site, &site.entries[1].scored), "");
        site.bands = crate::domain::Bands::new(Vec::new(), vec!["All".to_owned()]).unwrap();
        assert_eq!(step_of(&site, &scored), Some(2));
        assert_eq!(step_of(&site, &ScoredOccupation { score: Some(100.0), ..scored }), Some(4));
    }

    #[test]
    fn what_is_apart_is_what_the_rounded_figures_are() {
        assert_eq!(apart(Spread { low: 30.5, high: 46.4 }), 15.0);
        let code = || "15-1250".into();
        assert_eq!(of_part(&Whose::Its), "");
        assert_eq!(
            of_part(&Whose::Part { code: code(), title: "x".into(), parts: 2 }),
            ", for all of 15-1250"
        );
        assert_eq!(of_part(&Whose::Merged { code: code(), title: "x".into() }), ", merged into 15-1250");
    }
}

//! What several pages say in the same words.

use crate::domain::facts::Whose;
use crate::domain::{ScoredOccupation, Spread};
use crate::site::Site;
use crate::site::address::{self, Here};
use crate::site::chart::step;
use crate::site::frame::Link;
use crate::site::words::whole;

/// The rubric whose scores are shares of the work that AI could do, so that they can be said as such.
pub fn is_exposure(site: &Site) -> bool {
    site.run.rubric.id == "exposure"
}

/// What the headline measures.
pub fn headline_word(site: &Site) -> String {
    match is_exposure(site) {
        true => "AI exposure".to_owned(),
        false => crate::site::words::said(&site.run.rubric.title).into_owned(),
    }
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

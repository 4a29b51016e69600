//! The strip below the head: the few figures that readers look for first. What is not known has no place in it.

use maud::{Markup, html};

use super::Spot;
use crate::site::pages::shared::of_part;
use crate::site::words::{
    capital, day, maybe_exact, points, range, said, several, signed, span, thousands, wage,
};

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
        name: said(&companion.title).into_owned(),
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
    let words = if outlook.words.is_empty() { String::new() } else { format!(", {}", said(&outlook.words)) };
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
            said(&pay.figure.vintage),
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
        below: format!("{}, {source}{}", said(year), of_part(&figure.whose)),
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

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;
    use super::*;
    use crate::domain::facts::{JobZone, PayGrowth};
    use crate::site::sample;

    #[test]
    fn each_figure_stands_with_its_name_and_its_source() {
        let mut site = sample::site();
        let facts = &mut site.entries[0].facts;
        let figure = facts.pay.as_ref().unwrap().figure.clone();
        facts.pay_growth = Some(PayGrowth { figure, since: "May 2019".into(), percent_a_year: -1.25 });
        let name = "Job Zone Four: Considerable Preparation Needed".into();
        facts.job_zone = Some(JobZone { zone: 4, name, education: "".into() });
        let text = drawn(&site, 0, strip);
        for part in [
            "With a person in charge",
            "Two models 66–76, 2026-06-01. Scored apart, on its own rubric",
            "+17.9%",
            "Jobs 2024–34, much faster than average. BLS projections",
            "$133,080",
            "May 2024, BLS OEWS; −1.2% a year since May 2019, nominal",
            "1,700,000",
            "<span>2024, BLS projections</span>",
            "Zone 4",
            "Considerable Preparation Needed. O*NET",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn jobs_are_those_of_the_wage_statistics_where_nothing_is_projected() {
        let text = drawn(&sample::site(), 1, strip);
        assert!(text.contains("3,148,030") && text.contains("<span>May 2024, BLS OEWS</span>"), "{text}");
        assert!(text.contains("$239,200 or more") && !text.contains("Projected demand"), "{text}");
    }

    #[test]
    fn agreement_is_told_of_five_tasks_and_more_in_the_word_of_its_figure() {
        let mut site = sample::site();
        assert!(!drawn(&site, 0, strip).contains("Model agreement"));
        let more = sample::site().entries.remove(0).tasks;
        site.entries[0].tasks.extend(more);
        for (alpha, word, shown) in [
            (0.81, "High", "α 0.81"),
            (0.796, "High", "α 0.80"),
            (0.7, "Fair", "α 0.70"),
            (-0.2, "Low", "α -0.20"),
        ] {
            site.entries[0].alpha = Some(alpha);
            let text = drawn(&site, 0, strip);
            assert!(text.contains(&format!("<b>{word}<em>{shown}</em></b>")), "{alpha}: {text}");
            assert!(text.contains("On six tasks. All occupations: 0.81"), "{text}");
        }
    }

    #[test]
    fn figures_of_more_than_the_occupation_say_so() {
        let site = sample::shared_figures();
        assert!(drawn(&site, 0, strip).contains("BLS OEWS, for all of 15-1250"));
        assert!(drawn(&site, 1, strip).contains("BLS OEWS, merged into 41-2010"));
    }

    #[test]
    fn where_nothing_is_known_there_is_no_strip_and_hostile_text_is_tamed() {
        let mut site = sample::scoreless();
        site.entries[1].facts = Default::default();
        assert_eq!(drawn(&site, 1, strip), "");
        let text = drawn(&sample::hostile(), 0, strip);
        assert!(sample::is_tame(&text), "{text}");
    }
}

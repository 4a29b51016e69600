//! The page on how far the raters agree, and how scores moved from run to run.

mod history;
mod raters;
mod step;

pub use step::in_words as moved;

use maud::{Markup, html};

use crate::site::address::Here;
use crate::site::frame::{Nav, Page};
use crate::site::{Site, linked};

pub fn page(site: &Site) -> Page {
    let here = Here::at("drift/");
    let main = html! {
        h1 { "Agreement and drift" }
        p.dek {
            "Two questions decide how far a score can be trusted: whether several models say the same, and whether the "
            "same models say the same again."
        }
        (agreement(site, &here))
        (history::section(site, &here))
    };
    Page {
        title: "Agreement and drift".to_owned(),
        description:
            "How far the models agree on tasks and on occupations, which tasks they dispute, and what \
                      moved between runs and why."
                .to_owned(),
        nav: Nav::Drift,
        data: Some(linked::breadcrumbs(site, &[("Agreement and drift", "drift/")])),
        links: Vec::new(),
        is_indexed: true,
        scripts: &[],
        main,
        here,
    }
}

fn agreement(site: &Site, here: &Here) -> Markup {
    html! {
        section aria-labelledby="h-agree" {
            div.shead { div {
                h2 #h-agree { "How far the models agree" }
                @if site.agreement.raters.len() > 1 {
                    p { "Agreement says that the models read the question alike. It does not say that they are right: models that learned from the same texts can share an error." }
                }
            } }
            @if site.agreement.raters.len() > 1 {
                (raters::overall(site))
                (raters::pairs(site))
                (raters::groups(site))
            } @else {
                (alone(site))
            }
            (raters::retests(site))
            (raters::disputed(site, here))
        }
    }
}

fn alone(site: &Site) -> Markup {
    html! {
        p.byline {
            @if site.agreement.raters.is_empty() { "This run has no ratings to compare." }
            @else { "This run has one rater, and one rater has no agreement." }
        }
        p.said {
            "That is a weakness of these scores: what belongs to the task and what is a habit of this model cannot be told "
            "apart, and a range over models cannot be given. A second and a third model from other makers would show which "
            "scores hold."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::frame::framed;
    use crate::site::sample;

    #[test]
    fn figures_of_agreement_and_of_drift_are_on_the_page() {
        let site = sample::site();
        let text = framed(&site, &page(&site));
        for part in [
            "0.81",
            "0.70 to 0.89",
            "0.79",
            "0.71",
            "0.66",
            "9.8",
            "+8.2",
            "12.5",
            "1.9", // agreement
            "Task 1.",
            "o/41-2011.00/", // the most disputed
            "asked the same again: the model has changed",
            "+2.4",
            "+0.5",
            "+2.0",
            "+2.5",
            "38.5",
            "41.5",
            "o/15-1252.00/",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert!(text.contains("The same numbers as a table"));
        assert_eq!(text.matches("<h1").count(), 1);
    }

    #[test]
    fn one_rater_has_no_agreement_and_one_run_no_history() {
        let mut site = sample::site();
        site.agreement =
            crate::domain::agreement::Agreement { raters: vec!["alpha".into()], ..Default::default() };
        site.runs.truncate(1);
        let text = page(&site).main.into_string();
        assert!(
            text.contains("one rater has no agreement") && text.contains("One run is shown here"),
            "{text}"
        );
        assert!(!text.contains("<svg width=\"100%\" height=\"196\""));
    }

    #[test]
    fn text_from_outside_is_no_markup() {
        let site = sample::hostile();
        assert!(sample::is_tame(&framed(&site, &page(&site))));
    }
}

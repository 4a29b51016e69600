//! Scores of the same occupations under other rubrics, which stand beside the score and are no part of it.

use maud::{Markup, html};

use crate::site::pages::parts::{or_dash, wide};
use crate::site::words::{said, sentence, thousands};
use crate::site::{Companion, Site};

/// A rubric that at least one occupation has a further score under.
struct Other<'a> {
    /// Any of its scores: they have the rubric and the run in common.
    of: &'a Companion,
    occupations: usize,
}

pub fn section(site: &Site) -> Markup {
    let others = others(site);
    if others.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="h-others" {
            div.shead { div {
                h2 #h-others { "Scores under other rubrics" }
                p {
                    "Pages also show scores that come from other runs, in which models were asked another question. Each is "
                    "scored apart, on its own rubric and in the same steps, and none of them is ever part of the score that "
                    "this site is about. A high score under one says nothing of the others."
                }
            } }
            (wide("Rubrics besides that of the score", &table(&others)))
            p.said {
                "“Models 30–45” beside such a score means that the lowest model of that run says 30 for the occupation and "
                "the highest 45. Bands are cut as those of the score. With the publisher’s store, the commands in the table "
                "show the rubric word for word, and what the run was about."
            }
        }
    }
}

fn table(others: &[Other<'_>]) -> Markup {
    html! {
        table {
            caption { "Rubrics besides that of the score, each with the run that its scores are from" }
            thead { tr {
                th scope="col" { "Name" } th scope="col" { "What it measures" } th scope="col" { "Run" }
                th.n scope="col" { "Occupations" } th scope="col" { "To see its rubric and its run" }
            } }
            tbody { @for Other { of, occupations } in others {
                tr {
                    th scope="row" { (said(&of.title)) }
                    td { (or_dash(&sentence(&of.summary))) }
                    td { (said(&of.run)) }
                    td.n { (thousands(*occupations as u64)) }
                    td {
                        code { "score-tasks rubrics show " (said(&of.rubric)) } br;
                        code { "score-tasks runs show " (said(&of.run)) }
                    }
                }
            } }
        }
    }
}

/// In the order in which they first come up.
fn others(site: &Site) -> Vec<Other<'_>> {
    let mut others: Vec<Other<'_>> = Vec::new();
    for of in site.entries.iter().flat_map(|entry| &entry.companions) {
        match others.iter_mut().find(|other| other.of.rubric == of.rubric && other.of.run == of.run) {
            Some(other) => other.occupations += 1,
            None => others.push(Other { of, occupations: 1 }),
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn each_further_rubric_has_its_run_and_the_way_to_its_text() {
        let mut site = sample::site();
        let text = section(&site).into_string();
        for part in [
            "With a person in charge",
            "How much a worker who stays responsible gains.",
            "2026-06-03-augmentation",
            "<td class=\"n\">1</td>",
            "score-tasks rubrics show augmentation",
            "score-tasks runs show 2026-06-03-augmentation",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        site.entries.iter_mut().for_each(|entry| entry.companions.clear());
        assert_eq!(section(&site).into_string(), "");
    }
}

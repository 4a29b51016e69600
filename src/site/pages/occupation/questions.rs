//! What readers ask. Answers that a model has written say so.

use maud::{Markup, html};

use super::{Spot, commentary};
use crate::domain::{Combine, Weighting};
use crate::site::pages::shared::{is_exposure, maybe_shown};
use crate::site::words::said;

pub fn section(spot: &Spot<'_>) -> Markup {
    let written = spot.entry.commentary.as_ref().filter(|commentary| !commentary.questions.is_empty());
    html! {
        section aria-labelledby="h-faq" {
            h2 #h-faq { "Questions" }
            div.faqs {
                @if is_exposure(spot.site) && spot.entry.scored.score.is_some() {
                    (faq(&format!("Does {0} mean that {0}% of these jobs will go?", maybe_shown(spot.site, spot.entry.scored.score)), &html! {
                        "No. It is a mean over the listed tasks" (weighing(spot)) " of the share of each that the models judge today’s AI \
                         could do alone. Cost, law, trust and demand decide what happens to jobs, and none of them is in the score."
                    }))
                }
                (faq("Why do the models disagree?", &html! {
                    "They read the same words with other assumptions about tools, supervision and acceptable error. Every answer is \
                     published, so that you can see which assumption moved the number."
                }))
                (faq("Can I work out the score myself?", &recompute(spot)))
            }
            @if let Some(written) = written {
                p.byline { "Questions and answers by a model, " (said(&written.author)) ", as the commentary above." }
                div.faqs {
                    @for asked in &written.questions {
                        (faq(&said(&asked.question), &html! { (said(&asked.answer.text)) (commentary::cites(spot, &asked.answer)) }))
                    }
                }
            }
        }
    }
}

/// How tasks count, so that nobody takes the mean for a share of hours.
fn weighing(spot: &Spot<'_>) -> &'static str {
    match spot.entry.scored.weighting {
        Weighting::Equal => ", each counted alike,",
        Weighting::Core => ", core tasks counted double,",
        Weighting::Importance => ", weighted by their importance,",
        Weighting::ImportanceRelevance => ", weighted by importance and relevance,",
        Weighting::Time => ", weighted by how often they are done,",
        Weighting::Given => ", weighted as their source says,",
    }
}

fn recompute(spot: &Spot<'_>) -> Markup {
    let how = match spot.site.run.combine {
        Combine::Mean => "then take the mean of the models, weighted where the table names a weight (×)",
        Combine::Median => "then take the middle one of the models",
        Combine::Trimmed => "then take the mean of the models without the lowest and the highest fifth",
        Combine::Effects => "from each score the table’s figure behind the model’s name is taken away first",
    };
    html! {
        "Yes. In the table below the tasks, multiply each score of a model by the task’s weight, add up, and divide by the weights of \
         the tasks it has rated; " (how) ". With the publisher’s store of answers, the command on the page about the method gives the same report, byte for byte."
    }
}

fn faq(question: &str, answer: &Markup) -> Markup {
    html! { details.faq { summary { (question) } p { (answer) } } }
}

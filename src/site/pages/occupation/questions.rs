//! What readers ask. Answers that a model has written say so.

use maud::{Markup, html};

use super::{Spot, commentary};
use crate::domain::Combine;
use crate::site::pages::shared::is_exposure;
use crate::site::words::{maybe_points, said};

pub fn section(spot: &Spot<'_>) -> Markup {
    let written = spot.entry.commentary.as_ref().filter(|commentary| !commentary.questions.is_empty());
    html! {
        section aria-labelledby="h-faq" {
            h2 #h-faq { "Questions" }
            div.faqs {
                @if is_exposure(spot.site) && spot.entry.scored.score.is_some() {
                    (faq(&format!("Does {0} mean that {0}% of these jobs will go?", maybe_points(spot.entry.scored.score)), &html! {
                        "No. It is the weighted share of the listed tasks’ working time that the models judge today’s AI could do alone. \
                         Cost, law, trust and demand decide what happens to jobs, and none of them is in the score."
                    }))
                }
                (faq("Why do the models disagree?", &html! {
                    "They read the same words with other assumptions about tools, supervision and acceptable error. Every answer is \
                     published, so that you can see which assumption moved the number."
                }))
                (faq("Can I work out the score myself?", &recompute(spot)))
            }
            @if let Some(written) = written {
                (commentary::byline(written))
                div.faqs {
                    @for asked in &written.questions {
                        (faq(&said(&asked.question), &html! { (said(&asked.answer.text)) (commentary::cites(spot, &asked.answer)) }))
                    }
                }
            }
        }
    }
}

fn recompute(spot: &Spot<'_>) -> Markup {
    let how = match spot.site.run.combine {
        Combine::Mean => "then take the mean of the models",
        Combine::Median => "then take the middle one of the models",
        Combine::Trimmed => "then take the mean of the models without the lowest and the highest fifth",
        Combine::Effects => "after taking away what each model adds to every task",
    };
    html! {
        "Yes. In the table below the tasks, multiply each score of a model by the task’s weight, add up, and divide by the weights of \
         the tasks it has rated; " (how) ". Or run the command below: it gives the same bytes."
    }
}

fn faq(question: &str, answer: &Markup) -> Markup {
    html! { details.faq { summary { (question) } p { (answer) } } }
}

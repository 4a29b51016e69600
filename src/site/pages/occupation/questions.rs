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

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;
    use super::*;
    use crate::site::sample;

    #[test]
    fn what_a_share_does_not_mean_is_asked_only_where_the_score_is_one() {
        let asked = "Does 52 mean that 52% of these jobs will go?";
        let text = drawn(&sample::exposure(), 0, section);
        assert!(
            text.contains(asked) && text.contains(", weighted by their importance, of the share"),
            "{text}"
        );
        assert!(!drawn(&sample::site(), 0, section).contains("mean that"));
        let mut none = sample::scoreless();
        none.run.rubric = sample::exposure().run.rubric;
        assert!(!drawn(&none, 1, section).contains("mean that"));
    }

    #[test]
    fn how_it_is_worked_out_is_said_as_the_models_are_combined() {
        let mut site = sample::site();
        for (combine, told) in [
            (Combine::Mean, "take the mean of the models, weighted"),
            (Combine::Median, "take the middle one of the models."),
            (Combine::Trimmed, "without the lowest and the highest fifth."),
            (Combine::Effects, "figure behind the model’s name is taken away first."),
        ] {
            site.run.combine = combine;
            assert!(drawn(&site, 0, section).contains(told), "{told}");
        }
    }

    #[test]
    fn written_answers_say_whose_they_are_and_cite() {
        let mut site = sample::site();
        assert!(!drawn(&site, 0, section).contains("by a model"));
        site.entries[0].commentary = Some(sample::commentary());
        let text = drawn(&site, 0, section);
        for part in [
            "Questions and answers by a model, writer-2026",
            "<summary>Why so?</summary>",
            "href=\"#fact-F2\"",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(sample::is_tame(&drawn(&sample::hostile(), 0, section)));
    }
}

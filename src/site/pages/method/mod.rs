//! The page that says how the scores came about, made of the run itself.

mod companions;
mod models;
mod rubric;
mod run;
mod steps;
mod uncertainty;

use maud::{Markup, html};

use super::parts::{capital, line};
use super::shared::{self, is_exposure, rater};
use crate::domain::{Combine, RunModel, Weighting};
use crate::site::address::Here;
use crate::site::frame::{Nav, Page};
use crate::site::words::{date, listed, said, sentence, several, thousands};
use crate::site::{Entry, Site, groups, linked};

pub fn page(site: &Site) -> Page {
    let here = Here::at("method/");
    let rubric = &site.run.rubric;
    let main = html! {
        h1 { "How the scores come about" }
        p.dek {
            "Every score on this site is worked out from answers that "
            (if rater(site) == "model" { "language models" } else { "people and language models" })
            " gave to one and the same question about one task at a time. This page is generated from the run that the scores come from, so it "
            "says what was done and not what was planned."
        }
        (measured(site))
        (rubric::section(site))
        (steps::section(site))
        (models::section(site))
        (uncertainty::section(site, &here))
        (companions::section(site))
        (run::section(site))
        (is_not(site))
        (again(site, &here))
    };
    Page {
        title: "Method".to_owned(),
        description: format!(
            "How {} was asked of {} about {} tasks: the exact words, the formulas, the models and what the scores \
             do not say.",
            rubric.title,
            several(site.run.models.len(), "model"),
            thousands(site.entries.iter().map(|entry| entry.tasks.len()).sum::<usize>() as u64),
        ),
        nav: Nav::Method,
        data: Some(linked::breadcrumbs(site, &[("Method", "method/")])),
        links: Vec::new(),
        is_indexed: true,
        scripts: &[],
        main,
        here,
    }
}

fn unit(site: &Site) -> &'static str {
    let is_occupation = |entry: &Entry| groups::of(&entry.scored.occupation.code).is_some();
    if site.entries.iter().any(is_occupation) {
        "The unit is a task: one of the statements that describe what people in an occupation do. "
    } else {
        "The unit is a row of a table, which is called a task here, and its group an occupation. "
    }
}

/// Who was asked, about what, and how often; and whose labels came with the table.
fn asked(site: &Site, what: &str) -> String {
    let is_label = |model: &&RunModel| model.provider == "label";
    let labels: Vec<&str> = site.run.models.iter().filter(is_label).map(|model| &*model.id).collect();
    let models = site.run.models.len() - labels.len();
    let were = if models == 1 { "was" } else { "were" };
    let samples = shared::samples(site);
    let models = (models > 0).then(|| {
        let models = capital(&several(models, "model"));
        format!(
            "{models} {were} asked about each of {what}, {samples} each, every time in a separate request."
        )
    });
    let labels =
        (!labels.is_empty()).then(|| format!(" People’s labels came with the table: {}.", listed(&labels)));
    models.unwrap_or_default() + &labels.unwrap_or_default()
}

fn measured(site: &Site) -> Markup {
    let run = &site.run;
    let tasks: usize = site.entries.iter().map(|entry| entry.tasks.len()).sum();
    let what = format!("{} of {}", several(tasks, "task"), several(site.entries.len(), "occupation"));
    html! {
        section.prose aria-labelledby="h-measured" {
            h2 #h-measured { "What is measured" }
            p { (sentence(&run.rubric.summary)) }
            p {
                (unit(site)) (asked(site, &what)) " An occupation’s score is a weighted mean over its tasks, in points from 0 to 100. " (weights(run.weighting)) " No year is forecast"
                @if run.combine == Combine::Effects {
                    ". What each model adds to every task is taken away, as is said below, and nothing else is adjusted."
                } @else { ", and no score is adjusted afterwards." }
            }
            dl.plain {
                (line("Rubric", &html! { (said(&run.rubric.title)) " (" (said(&run.rubric.shown())) ", version " (said(&run.rubric.version)) ")" }))
                (line("Run", &html! { (said(&site.receipt.run)) ", " (date(site.receipt.began)) }))
                (line("Tasks from", &html! { (said(&run.catalogue.name)) }))
            }
        }
    }
}

fn is_not(site: &Site) -> Markup {
    html! {
        section.prose aria-labelledby="h-not" {
            h2 #h-not { "What the score is not" }
            ul {
                li { b { "No forecast of job losses. " } "A task that a machine could do may still be done by a person, for reasons of cost, law, trust or taste, and an occupation that changes may grow. " (eloundou(site)) }
                li { b { "No measure of use. " } "It asks what could be done, not what anybody does. Records of use show another picture: Handa and others (“Which Economic Tasks are Performed with AI?”, working paper, 2025), who looked at conversations with one provider’s assistant, found use bunched in a few kinds of tasks." }
                li { b { "No test of quality. " } "No model did the task. What comes out of a tool under supervision, in a real place of work, with its data and its deadlines, was not looked at." }
                li { b { "Not a view from outside. " } "The raters are themselves language models. They may overrate or underrate what models can do, and models that learned from the same texts can be wrong together. Agreement among them is no proof." }
                li { b { "Not free of its wording. " } "Other words for the same question move scores. The program measures by how much (" code { "score-tasks stability" } "), and the rubric stands above word for word so that it can be judged." }
                li { b { "Not one opinion. " } (raters(site)) }
                li { b { "Not the whole job. " } "A list of tasks leaves out what holds them together. Autor (“Why Are There Still So Many Jobs?”, Journal of Economic Perspectives, 2015) describes how the tasks that remain can gain in value when others are automated." }
                li { b { "No end of the matter. " } "It stands for these models at this time. Felten, Raj and Seamans (“Occupational, industry, and geographic exposure to artificial intelligence”, Strategic Management Journal, 2021) and Webb (“The Impact of Artificial Intelligence on the Labor Market”, working paper, 2020) measure exposure in other ways and rank some occupations otherwise; a finding that holds under several of them is worth more." }
            }
        }
    }
}

/// What of a score is not from the answers.
fn weights(weighting: Weighting) -> String {
    match weighting {
        Weighting::Equal => {
            "The scores come from the answers alone: all tasks of an occupation count alike.".to_owned()
        }
        _ => format!(
            "The scores come from the answers; only the weights of tasks ({}) come from the catalogue.",
            weighting.name()
        ),
    }
}

/// How the best-known ratings of tasks relate to these; under a rubric after their idea they are of the same kind.
fn eloundou(site: &Site) -> &'static str {
    match site.run.rubric.id.as_str() {
        "eloundou" => {
            "Eloundou and others, who introduced this way of rating tasks (“GPTs are GPTs”, Science, 2024), call it \
             exposure for that reason, and note that it does not tell workers who are helped from workers who are \
             replaced."
        }
        _ if is_exposure(site) => {
            "Eloundou and others (“GPTs are GPTs”, Science, 2024) rate tasks in a related way: whether a model could \
             halve the time. They call it exposure because it does not say whether workers are helped or replaced. This \
             score asks what AI could do alone, and says nothing of which happens."
        }
        _ => {
            "Eloundou and others (“GPTs are GPTs”, Science, 2024) rate tasks in another way: whether a model could halve \
             the time. They call it exposure because it does not say whether workers are helped or replaced. This score \
             does not say it either."
        }
    }
}

fn raters(site: &Site) -> &'static str {
    match site.run.models.len() {
        0 | 1 => {
            "This run has a single rater. One rater is not enough: what is its habit and what is the task cannot be \
             told apart. Read the scores as what this one model says."
        }
        _ => {
            "One rater is not enough, so the range over the models stands beside every score. Where it is wide the \
             mean hides a dispute."
        }
    }
}

fn again(site: &Site, here: &Here) -> Markup {
    html! {
        section.receipt aria-labelledby="h-again" {
            div {
                h2 #h-again { "Do it again" }
                p { "With the publisher’s store of answers this makes the same report, byte for byte and without asking anybody anything:" }
                (super::parts::sent("Command that makes the report again", &site.receipt.command))
                p { "This checks that no answer in the store was changed since it was received:" }
                (super::parts::sent("Command that checks the store", "score-tasks cache verify"))
            }
            div {
                h3 { "By hand" }
                p { (by_hand(site)) }
                p { a href=(here.to("data/")) { "All data files, with what every column holds" } }
            }
        }
    }
}

/// For each model first, then over the models: that gives the headline whatever is missing, and however they are combined.
fn by_hand(site: &Site) -> String {
    let combined = match site.run.combine {
        Combine::Mean => "take the mean of the models, by their weights in the table of models above",
        Combine::Median => "take the middle one of the models",
        Combine::Trimmed => {
            "leave out the lowest and the highest fifth of the models and take the mean of the others"
        }
        Combine::Effects => {
            "take the mean of the models; the effects that are taken away first are in run.json, and are taken from each task’s score"
        }
    };
    format!(
        "Open the table below the tasks of an occupation’s page. For each model multiply its scores by the tasks’ weights, add up, and \
         divide by the weights of the tasks that it has rated; then {combined}. ratings.csv has every single answer behind those scores."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::frame::framed;
    use crate::site::sample;

    fn text() -> String {
        let site = sample::site();
        framed(&site, &page(&site))
    }

    #[test]
    fn the_page_says_what_was_asked_of_whom_and_how_scores_were_made() {
        let text = text();
        for part in [
            "You rate tasks.\nAnswer in JSON.",
            "Task: {{ task.text }}",
            &crate::domain::Hash::of(b"rubric").to_string(),
            "alpha-2026-05-01",
            "0.7",
            "$1.25",
            "$10.00",
            "2026-05-01",
            "w = IM",
            "score-tasks score --onet 30.1 --offline",
            "score-tasks cache verify",
            "refused",
            "Three tasks of the release have no importance.",
            "oesm24nat.zip",
        ] {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(text.matches("<h1").count(), 1);
    }

    #[test]
    fn text_from_outside_is_no_markup() {
        let site = sample::hostile();
        let text = framed(&site, &page(&site));
        assert!(sample::is_tame(&text), "{text}");
    }

    #[test]
    fn what_is_said_of_the_scores_holds_for_the_way_they_were_made() {
        let mut site = sample::exposure();
        let text = |site: &Site| page(site).main.into_string();
        assert!(text(&site).contains("no score is adjusted afterwards"));
        assert!(text(&site).contains("weights of tasks (importance) come from the catalogue"));
        assert!(text(&site).contains("what AI could do alone, and says nothing of which happens"));
        site.run.weighting = Weighting::Equal;
        assert!(text(&site).contains("come from the answers alone"));
        site.run.combine = Combine::Effects;
        assert!(!text(&site).contains("adjusted afterwards"));
        let mut rubric = (*site.run.rubric).clone();
        rubric.id = "eloundou".into();
        site.run.rubric = std::sync::Arc::new(rubric);
        assert!(text(&site).contains("who introduced this way of rating tasks"));
    }

    #[test]
    fn a_single_rater_is_called_a_weakness() {
        let mut site = sample::site();
        site.run.models.truncate(1);
        assert!(page(&site).main.into_string().contains("This run has a single rater."));
    }
}

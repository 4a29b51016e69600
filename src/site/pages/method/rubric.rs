//! What the models were told, word for word.

use maud::{Markup, html};

use crate::domain::Scale;
use crate::site::Site;
use crate::site::pages::parts::{line, sent};
use crate::site::words::{counted, exact, listed, said, thousands};

/// Longer texts are folded away, in lines or characters.
const FOLDED_LINES: usize = 24;
const FOLDED_CHARS: usize = 1_600;

pub fn section(site: &Site) -> Markup {
    let rubric = &site.run.rubric;
    let fields: Vec<String> = rubric.fields.iter().map(|field| said(field).into_owned()).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    html! {
        section aria-labelledby="h-rubric" {
            div.shead { div {
                h2 #h-rubric { "The rubric, word for word" }
                p { "Each request holds these two texts, with the schema below where there is one. What stands in double braces is filled in from the task." }
            } }
            (text("System text", &rubric.system))
            (text("User text", &rubric.user))
            dl.plain {
                (line("Scale", &scale(&rubric.scale)))
                (line("Fields of an answer", &html! { (listed(&fields)) ", written in this order" }))
                (line("Longest rationale", &html! { (thousands(rubric.limits.rationale_chars as u64)) " characters are shown; the store keeps all" }))
                @if let Some(variant) = &rubric.variant {
                    (line("Wording", &html! { (said(&variant.name)) ": " (said(&variant.note)) }))
                }
                (line("SHA-256", &html! { span.hash { (rubric.sha256) } }))
            }
            (schemas(site))
        }
    }
}

/// Servers take more or less of a schema, so not all models are sent the same.
fn schemas(site: &Site) -> Markup {
    let mut sent: Vec<(&str, Vec<&str>)> = Vec::new();
    for (model, asked) in site.run.models.iter().zip(&site.asked) {
        let Some(asked) = asked else { continue };
        match sent.iter_mut().find(|(schema, _)| *schema == asked.schema) {
            Some((_, models)) => models.push(&model.id),
            None => sent.push((&asked.schema, vec![&model.id])),
        }
    }
    let is_one = sent.len() == 1;
    html! {
        @for (schema, models) in &sent {
            @let whom = if is_one { String::new() } else { format!(" for {}", said(&listed(models))) };
            @if schema.is_empty() {
                p.small.muted { "No JSON Schema was sent with the request" (whom) "." }
            } @else {
                (text(&format!("JSON Schema of the answer{whom}"), schema))
            }
        }
    }
}

fn text(name: &str, text: &str) -> Markup {
    let is_long = text.lines().count() > FOLDED_LINES || text.chars().count() > FOLDED_CHARS;
    html! {
        @if is_long {
            details.alltasks { summary { (name) } (sent(name, text)) }
        } @else {
            h3 { (name) }
            (sent(name, text))
        }
    }
}

fn scale(scale: &Scale) -> Markup {
    match scale {
        Scale::Integer { min: 0, max: 100 } => html! { "whole numbers from 0 to 100, which are the score" },
        Scale::Integer { min, max } => html! {
            "whole numbers from " (min) " to " (max) "; score = (level − " (min) ") / (" (max) " − " (min) ") × 100"
        },
        Scale::Ordinal { min, max } => html! {
            "ordered levels from " (min) " to " (max) ", taken as evenly spaced; score = (level − " (min) ") / (" (max) " − " (min) ") × 100"
        },
        Scale::Nominal { labels } => html! {
            (counted(labels.len())) " labels: "
            @for (place, (label, value)) in labels.iter().enumerate() {
                @if place > 0 { ", " }
                (said(label)) " = " (exact(*value, 0))
            }
        },
    }
}

//! What O*NET says of an occupation's skills and technology.

use maud::{Markup, html};

use super::Spot;
use crate::domain::facts::{Tool, ToolStanding};
use crate::site::chart::skill;
use crate::site::words::{points, said, several};

/// The most important ones; the data file has all of them.
const MOST_SKILLS: usize = 8;
const MOST_TOOLS: [usize; 3] = [12, 8, 6];

pub fn section(spot: &Spot<'_>) -> Markup {
    let facts = &spot.entry.facts;
    html! {
        @if !facts.skills.is_empty() || !facts.tools.is_empty() {
            section aria-labelledby="h-skills" {
                div.shead { div { h2 #h-skills { "Skills and tools" } } }
                div.two {
                    @if !facts.skills.is_empty() { (skills(spot)) }
                    @if !facts.tools.is_empty() { (tools(spot)) }
                }
            }
        }
    }
}

fn skills(spot: &Spot<'_>) -> Markup {
    let skills = &spot.entry.facts.skills;
    html! {
        div.panel {
            h3 { "Core skills" }
            p { "O*NET importance, rescaled to 0–100: the first " (skills.len().min(MOST_SKILLS)) " of " (skills.len()) "." }
            ul.bars {
                @for one in skills.iter().take(MOST_SKILLS) {
                    li { span { (said(&one.name)) } (skill(one.importance)) b { (points(one.importance)) } }
                }
            }
        }
    }
}

fn tools(spot: &Spot<'_>) -> Markup {
    let tools = &spot.entry.facts.tools;
    let of = |standing: ToolStanding| -> Vec<&Tool> {
        tools.iter().filter(|tool| tool.standing == standing).collect()
    };
    let [first, second, third] = MOST_TOOLS;
    let shelves = [
        ("Often asked for in postings for this occupation", of(ToolStanding::InDemand), first),
        ("Often asked for in postings of any occupation", of(ToolStanding::Hot), second),
        ("Also used", of(ToolStanding::Used), third),
    ];
    html! {
        div.panel {
            h3 { "Technology tools" }
            p { "From O*NET Technology Skills." }
            @for (name, tools, most) in shelves {
                @if !tools.is_empty() {
                    p.sub { (name) }
                    ul.chips {
                        @for tool in tools.iter().take(most) {
                            li class=[(tool.standing == ToolStanding::InDemand).then_some("hot")] { (said(&tool.name)) }
                        }
                        @if tools.len() > most { li.more { "and " (several(tools.len() - most, "other")) } }
                    }
                }
            }
        }
    }
}

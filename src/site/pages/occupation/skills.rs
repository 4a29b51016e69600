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

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;
    use super::*;
    use crate::domain::facts::Skill;
    use crate::site::sample;

    #[test]
    fn the_first_skills_and_tools_are_shown_and_the_others_counted() {
        let mut site = sample::site();
        let facts = &mut site.entries[0].facts;
        facts.skills = (0..10)
            .map(|n| Skill { name: format!("Skill {n}").into(), importance: 78.4 - f64::from(n) })
            .collect();
        let tool = |n: usize, standing| Tool { name: format!("Tool {n}").into(), standing };
        facts.tools = (0..13).map(|n| tool(n, ToolStanding::InDemand)).collect();
        facts.tools.push(tool(99, ToolStanding::Used));
        let text = drawn(&site, 0, section);
        for part in
            ["the first 8 of 10", "Skill 7", "<b>78</b>", "Tool 11", "and one other", "Also used", "Tool 99"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        for part in ["Skill 8", "Tool 12<", "of any occupation"] {
            assert!(!text.contains(part), "{part}: {text}");
        }
        assert_eq!(text.matches("class=\"hot\"").count(), 12);
    }

    #[test]
    fn what_is_not_known_has_no_panel_and_hostile_text_is_tamed() {
        let mut site = sample::site();
        assert!(!drawn(&site, 1, section).contains("Technology tools"));
        site.entries[1].facts.skills.clear();
        assert_eq!(drawn(&site, 1, section), "");
        assert!(sample::is_tame(&drawn(&sample::hostile(), 0, section)));
    }
}

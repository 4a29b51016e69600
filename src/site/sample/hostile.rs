//! Text that breaks out wherever it can, and what to look for in pages and tables.

use std::collections::HashMap;
use std::sync::Arc;

use super::*;
use crate::domain::facts::{Figure, Skill, Tool, ToolStanding, Whose};
use crate::domain::{Commentary, Rubric, Task};
use crate::site::Site;

/// The cells of a table's rows by the names of their columns.
pub fn read((bytes, count): (Vec<u8>, usize)) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let rows: Vec<HashMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert_eq!(rows.len(), count);
    let cells = rows.iter().flat_map(HashMap::values);
    assert!(cells.clone().all(|cell| !["NaN", "inf", "-inf"].contains(&cell.as_str())));
    rows
}

/// Whether a text has a number that is none.
pub fn has_no_number(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| ["NaN", "inf", "Infinity"].contains(&word))
}

/// The places on its own page that a page leads to and that are not there.
pub fn lost(html: &str) -> Vec<&str> {
    let led = html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next());
    led.filter(|id| !html.contains(&format!("id=\"{id}\""))).collect()
}

/// The same as `site`, with text that wants to be markup, script, a formula or invisible wherever text comes from outside.
pub fn hostile() -> Site {
    let mut site = site();
    let nasty = NASTY.to_owned();
    site.settings.title.push_str(NASTY);
    site.settings.publisher = nasty.clone();
    site.run.notes = vec![nasty.clone()];
    site.run.catalogue.name = nasty.clone();
    site.run.catalogue.attribution = nasty.clone();
    site.run.models[0].id = NASTY.into();
    site.run.models[0].model = nasty.clone();
    site.totals.served[0] = [NASTY.into()].into();
    site.agreement.raters[0] = nasty.clone();
    site.agreement.groups[0].name = nasty.clone();
    site.receipt.command = nasty.clone();
    site.receipt.run = nasty.clone();
    site.asked[0].as_mut().unwrap().schema = nasty.clone();
    site.run.rubric = Arc::new(Rubric {
        title: nasty.clone(),
        summary: nasty.clone(),
        system: nasty.clone(),
        user: nasty.clone(),
        ..(*site.run.rubric).clone()
    });
    site.inputs[0].name = nasty.clone();
    site.inputs[0].licence = nasty.clone();
    for past in &mut site.runs {
        past.run = nasty.clone();
        past.models = vec![nasty.clone()];
        if let Some(change) = &mut past.change {
            change.movers[0].title = nasty.clone();
            change.raters[0].id = nasty.clone();
            change.raters_new = vec![nasty.clone()];
        }
    }
    for entry in &mut site.entries {
        entry.scored.occupation.title = format!("=HYPERLINK(\"x\"){NASTY}");
        entry.scored.occupation.description = nasty.clone();
        entry.scored.band = Some(nasty.clone());
        entry.alternates = vec![nasty.clone()];
        entry.facts.skills = vec![Skill { name: NASTY.into(), importance: 50.0 }];
        entry.commentary = Some(hostile_commentary());
        let whose = Whose::Part { code: "15-1250".into(), title: NASTY.into(), parts: 3 };
        if let Some(pay) = &mut entry.facts.pay {
            pay.figure = Figure { source: NASTY.into(), vintage: NASTY.into(), whose: whose.clone() };
        }
        if let Some(outlook) = &mut entry.facts.outlook {
            outlook.figure.whose = whose;
            outlook.words = NASTY.into();
            outlook.education = NASTY.into();
        }
        entry.facts.tools = vec![Tool { name: NASTY.into(), standing: ToolStanding::InDemand }];
        for companion in &mut entry.companions {
            companion.title = NASTY.into();
            companion.summary = NASTY.into();
            companion.rubric = NASTY.into();
            companion.run = NASTY.into();
            companion.band = nasty.clone();
        }
        for scored in &mut entry.tasks {
            let task = Task { text: format!("=HYPERLINK(\"x\"){NASTY}"), ..(*scored.task).clone() };
            scored.task = Arc::new(task);
            for sample in scored.models.iter_mut().flat_map(|model| &mut model.samples) {
                if let Ok(rating) = &mut sample.outcome {
                    rating.rationale = format!("=HYPERLINK(\"x\"){NASTY}");
                }
            }
        }
    }
    site
}

pub fn hostile_commentary() -> Commentary {
    let mut commentary = commentary();
    commentary.author = NASTY.into();
    commentary.facts[0].text = NASTY.into();
    let Commentary { overview, pressure, holds, questions, .. } = &mut commentary;
    for remark in overview.iter_mut().chain(pressure).chain(holds) {
        remark.text = NASTY.into();
        remark.cites.push(NASTY.into());
    }
    questions[0].question = NASTY.into();
    questions[0].answer.text = NASTY.into();
    commentary
}

/// Breaks out of elements, of attributes and of scripts, and turns the reading direction.
pub const NASTY: &str = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>\u{202e}'";

/// What stands in front of each sign that turns the reading direction.
pub fn turned(html: &str) -> Vec<String> {
    let mut fronts: Vec<&str> = html.split('\u{202e}').collect();
    fronts.pop();
    let end = |front: &str| front.chars().skip(front.chars().count().saturating_sub(160)).collect();
    fronts.into_iter().map(end).collect()
}

/// Whether a page has none of that as markup.
pub fn is_tame(html: &str) -> bool {
    let scripts = html.matches("<script").count();
    let ours =
        html.matches("<script src=").count() + html.matches("<script type=\"application/ld+json\">").count();
    let ends = html.matches("</script").count();
    scripts == ours && ends == scripts && !html.contains("<img") && !html.contains('\u{202e}')
}

//! `find`: searches the titles of occupations.

use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure, setup};
use crate::report::Align;

pub(super) fn find(desk: &Desk, query: &str, catalog: Option<&str>) -> Result<Exit, Failure> {
    let catalogue = setup::catalogue(desk, catalog)?;
    let found: Vec<(&crate::domain::Occupation, String)> = catalogue
        .find(query)?
        .into_iter()
        .filter_map(|candidate| Some((catalogue.occupations.get(candidate.index)?, candidate.matched)))
        .collect();
    if desk.global.json {
        let rows = found.iter().map(|(occupation, matched)| {
            serde_json::json!({"code": occupation.code, "title": occupation.title, "matched": matched})
        });
        print_json(&rows.collect::<Vec<_>>().into())?;
    } else if !found.is_empty() {
        let rows = found
            .iter()
            .map(|(occupation, matched)| {
                vec![occupation.code.clone(), occupation.title.clone(), matched.clone()]
            })
            .collect();
        print_grid(&["code", "title", "matched"], &[Align::Left; 3], rows)?;
    }
    if found.is_empty() {
        let error = anyhow::anyhow!("no good match for `{query}` in {}", catalogue.id.name);
        return Err(Failure::new(Exit::Occupation, error).hint(format!(
            "fewer or other words; or make your own: score-tasks occupations new \"{query}\""
        )));
    }
    Ok(Exit::Done)
}

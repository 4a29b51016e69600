//! Technology tools: those in demand first, then the hot ones, then the rest.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::ReadError;
use super::super::onet::{Field, open};
use super::super::rows::Row;
use super::Names;
use crate::domain::facts::{Tool, ToolStanding};

pub(super) const FILE: &str = "Technology Skills.txt";

/// Release 30.1 has 32,773.
const MAX_ROWS: u64 = 1_000_000;

/// By code, by standing and name; each tool once.
pub(super) fn read(file: &str, bytes: &[u8]) -> Result<HashMap<String, Vec<Tool>>, ReadError> {
    let mut rows = open(file, bytes, MAX_ROWS)?;
    let code = Field::code_of(&rows)?;
    let name = Field::of(&rows, "Example")?;
    // Earlier releases do not say what is in demand.
    let hot = Field::optional(&rows, "Hot Technology");
    let in_demand = Field::optional(&rows, "In Demand");
    let mut names = Names::default();
    let mut all: HashMap<String, Vec<Tool>> = HashMap::new();
    let mut row = Row::default();
    while rows.next(&mut row)? {
        let is = |field: Option<Field>| field.is_some_and(|field| field.cell(&row).eq_ignore_ascii_case("y"));
        let standing = match (is(in_demand), is(hot)) {
            (true, _) => ToolStanding::InDemand,
            (false, true) => ToolStanding::Hot,
            (false, false) => ToolStanding::Used,
        };
        let name = names.get(name.needed(file, &row)?);
        all.entry(code.code(file, &row)?).or_default().push(Tool { name, standing });
    }
    for tools in all.values_mut() {
        best_of_each(tools);
    }
    Ok(all)
}

/// One tool stands under each commodity that it is; it counts once, with its best standing.
fn best_of_each(tools: &mut Vec<Tool>) {
    tools.sort_by(|a, b| Arc::cmp(&a.name, &b.name).then(a.standing.cmp(&b.standing)));
    tools.dedup_by(|later, first| later.name == first.name);
    tools.sort_by_cached_key(|tool| (tool.standing, tool.name.to_lowercase()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_of_several_commodities_stands_once_with_its_best_standing() {
        let tools = read(
            FILE,
            b"O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\tIn Demand\r\n\
              15-1252.00\tZeta\t1\tx\tY\tY\r\n15-1252.00\tEtch\t1\tx\tN\tN\r\n15-1252.00\tabacus\t1\tx\tN\tN\r\n\
              15-1252.00\tEtch\t2\ty\tY\tN\r\n11-1011.00\tEtch\t1\tx\tN\tN\r\n",
        )
        .unwrap();
        let of = |code: &str| -> Vec<(String, ToolStanding)> {
            tools[code].iter().map(|tool| (tool.name.to_string(), tool.standing)).collect()
        };
        let expected =
            [("Zeta", ToolStanding::InDemand), ("Etch", ToolStanding::Hot), ("abacus", ToolStanding::Used)];
        assert_eq!(of("15-1252.00"), expected.map(|(name, standing)| (name.to_owned(), standing)));
        assert_eq!(of("11-1011.00"), [("Etch".to_owned(), ToolStanding::Used)]);
    }

    #[test]
    fn a_release_that_does_not_say_what_is_in_demand_is_read_all_the_same() {
        let tools = read(FILE, b"O*NET-SOC Code\tExample\n15-1252\tEtch\n").unwrap();
        assert_eq!(tools["15-1252.00"][0].standing, ToolStanding::Used);
    }
}

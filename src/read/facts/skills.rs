//! Core skills: O*NET's scale of importance, from 0 to 100.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::ReadError;
use super::super::onet::{Field, open};
use super::super::rows::Row;
use super::super::soc;
use super::Names;
use crate::domain::facts::Skill;

pub(super) const FILE: &str = "Skills.txt";

/// A release has about 62,000.
const MAX_ROWS: u64 = 1_000_000;

/// The bounds of the scale IM.
const LEAST: f64 = 1.0;
const MOST: f64 = 5.0;

#[derive(Default)]
pub(super) struct Skills {
    /// By code, the most important first.
    pub of: HashMap<String, Vec<Skill>>,
    /// Rows that O*NET itself would not rely on.
    pub left_out: usize,
}

pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Skills, ReadError> {
    let mut rows = open(file, bytes, MAX_ROWS)?;
    let code = Field::code_of(&rows)?;
    let name = Field::of(&rows, "Element Name")?;
    let scale = Field::of(&rows, "Scale ID")?;
    let value = Field::of(&rows, "Data Value")?;
    let doubts = ["Recommend Suppress", "Not Relevant"].map(|name| Field::optional(&rows, name));
    let mut names = Names::default();
    let mut skills = Skills::default();
    let mut row = Row::default();
    while rows.next(&mut row)? {
        if scale.cell(&row) != "IM" {
            continue;
        }
        if doubts.iter().flatten().any(|field| field.cell(&row).eq_ignore_ascii_case("y")) {
            skills.left_out += 1;
            continue;
        }
        let name = names.get(name.needed(file, &row)?);
        let read = soc::number(value.cell(&row), LEAST, MOST);
        let read = read.map_err(|what| value.wrong(file, &row, what))?;
        let importance = (read - LEAST) / (MOST - LEAST) * 100.0;
        let of = skills.of.entry(code.code(file, &row)?).or_default();
        if of.iter().any(|known: &Skill| known.name == name) {
            return Err(ReadError::line(file, row.line(), "says the same skill of its occupation once more"));
        }
        of.push(Skill { name, importance });
    }
    for of in skills.of.values_mut() {
        of.sort_by(|a, b| b.importance.total_cmp(&a.importance).then_with(|| Arc::cmp(&a.name, &b.name)));
    }
    Ok(skills)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tN\tRecommend Suppress\tNot Relevant\r\n";

    fn read_rows(rows: &str) -> Result<Skills, ReadError> {
        read(FILE, format!("{HEAD}{rows}").as_bytes())
    }

    #[test]
    fn importance_runs_from_0_to_100_and_the_greatest_comes_first() {
        let skills = read_rows(
            "15-1252.00\t1\tListening\tIM\t3.00\t8\tN\tn/a\r\n15-1252.00\t1\tListening\tLV\t4.00\t8\tN\tN\r\n\
             15-1252.00\t2\tProgramming\tIM\t5\t8\tN\tn/a\r\n15-1252.00\t3\tAsking\tIM\t3.0\t8\tn/a\tn/a\r\n",
        )
        .unwrap();
        let of: Vec<(&str, f64)> =
            skills.of["15-1252.00"].iter().map(|skill| (&*skill.name, skill.importance)).collect();
        assert_eq!(of, [("Programming", 100.0), ("Asking", 50.0), ("Listening", 50.0)]);
    }

    #[test]
    fn what_onet_would_not_rely_on_is_left_out_and_counted() {
        let skills = read_rows(
            "15-1252.00\t1\tListening\tIM\t3.00\t8\tY\tn/a\r\n15-1252.00\t2\tSpeaking\tIM\t3.00\t8\tN\tY\r\n",
        )
        .unwrap();
        assert!(skills.of.is_empty());
        assert_eq!(skills.left_out, 2);
    }

    #[test]
    fn wrong_cells_are_named() {
        for (rows, expected) in [
            (
                "15-1252.00\t1\tA\tIM\t5.1\t8\tN\tN\n",
                "line 2, column `Data Value`: `5.1` is not a number from 1 to 5",
            ),
            ("15-12\t1\tA\tIM\t5\t8\tN\tN\n", "`15-12` is not an O*NET-SOC code"),
            (
                "15-1252\t1\tA\tIM\t5\t8\tN\tN\n15-1252.00\t1\tA\tIM\t4\t8\tN\tN\n",
                "line 3: says the same skill of its occupation once more",
            ),
        ] {
            let error = read_rows(rows).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}

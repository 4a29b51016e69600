//! `companions.csv`: scores of the same occupations under other rubrics.

use super::columns::{About, Column, number, or_empty, text};
use super::table::{Made, abouts, csv, safe};
use crate::site::{Companion, Entry, Site};

pub(super) struct Row<'a> {
    entry: &'a Entry,
    of: &'a Companion,
}

type Cell = fn(&Row<'_>) -> String;

const COLUMNS: [Column<Cell>; 7] = [
    text("occupation_code", "as in occupations.csv", |row| safe(&row.entry.scored.occupation.code)),
    text("rubric", "id of the rubric that the score is under", |row| safe(&row.of.rubric)),
    text("run", "the run that the score is from", |row| safe(&row.of.run)),
    number("score_0_100", "points", "combined score under that rubric, from that run alone", |row| {
        row.of.score.to_string()
    }),
    number("low_0_100", "points", "lowest model of that run", |row| row.of.low.to_string()),
    number("high_0_100", "points", "highest model of that run", |row| row.of.high.to_string()),
    or_empty(
        text("band", "name of the range of scores that the score lies in", |row| safe(&row.of.band)),
        "where there are no bands with cuts",
    ),
];

pub(super) fn rows(site: &Site) -> Made {
    let rows = site.entries.iter().flat_map(|entry| entry.companions.iter().map(move |of| Row { entry, of }));
    csv(&COLUMNS, rows, |cell, row| cell(row))
}

pub(super) fn columns() -> Vec<About> {
    abouts(&COLUMNS)
}

pub(super) fn are_there(site: &Site) -> bool {
    site.entries.iter().any(|entry| !entry.companions.is_empty())
}

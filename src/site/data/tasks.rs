//! `tasks.csv`: a row per task, with its combined score.

use super::columns::{About, Column, number, or_empty, text, whole};
use super::occupations::status;
use super::table::{self, Made, abouts, csv, cut, safe};
use crate::domain::{Sample, ScoredTask};
use crate::site::{Entry, Site};

pub(super) struct Row<'a> {
    site: &'a Site,
    entry: &'a Entry,
    scored: &'a ScoredTask,
}

const NO_RATING: &str = "where score_status is not scored";

type Cell = fn(&Row<'_>) -> String;

const COLUMNS: [Column<Cell>; 15] = [
    text("occupation_code", "as in occupations.csv", |row| safe(&row.entry.scored.occupation.code)),
    text("task_id", "O*NET’s id, or that of the table; unique within the occupation", |row| {
        safe(&row.scored.task.id)
    }),
    text("task_text", "text of the task as it was asked", |row| safe(&row.scored.task.text)),
    or_empty(
        text("task_type", "core or supplemental, by O*NET", |row| row.scored.task.kind.name().to_owned()),
        "where O*NET gives none",
    ),
    number(
        "weight_share",
        "share",
        "share of the occupation’s weight; weights of an occupation add up to 1",
        |row| row.scored.weight.to_string(),
    ),
    text("score_status", "scored, or no_rating where no model has rated it", |row| status(row.scored.score)),
    or_empty(
        number("score_0_100", "points", "combined score", |row| table::or_empty(row.scored.score)),
        NO_RATING,
    ),
    or_empty(
        number("low_0_100", "points", "lowest model", |row| {
            table::or_empty(row.scored.spread.map(|spread| spread.low))
        }),
        NO_RATING,
    ),
    or_empty(
        number("high_0_100", "points", "highest model", |row| {
            table::or_empty(row.scored.spread.map(|spread| spread.high))
        }),
        NO_RATING,
    ),
    or_empty(
        number("sd_points", "points", "standard deviation between models (n - 1)", |row| {
            table::or_empty(row.scored.sd)
        }),
        "with fewer than two models",
    ),
    or_empty(
        number("sampling_se_points", "points", "standard error over samples of the same models", |row| {
            table::or_empty(row.scored.sampling_se)
        }),
        "where a model has only one sample",
    ),
    whole("models_rated", "models", "models with a rating of the task", |row| {
        row.scored.models.iter().filter(|model| model.score.is_some()).count().to_string()
    }),
    or_empty(
        text(
            "rationale",
            "reason of the model nearest the combined score, word for word (apart from an apostrophe before what a spreadsheet would take for a formula), up to the rubric’s longest",
            rationale,
        ),
        NO_RATING,
    ),
    or_empty(
        text("rationale_model", "whose reason it is", |row| {
            safe(representative(row).map_or("", |(model, _)| model))
        }),
        NO_RATING,
    ),
    or_empty(
        whole("rationale_sample", "number", "in which sample", |row| {
            table::or_empty(representative(row).map(|(_, sample)| sample.number))
        }),
        NO_RATING,
    ),
];

pub(super) fn rows(site: &Site) -> Made {
    let rows = site
        .entries
        .iter()
        .flat_map(|entry| entry.tasks.iter().map(move |scored| Row { site, entry, scored }));
    csv(&COLUMNS, rows, |cell, row| cell(row))
}

pub(super) fn columns() -> Vec<About> {
    abouts(&COLUMNS)
}

fn representative<'a>(row: &Row<'a>) -> Option<(&'a str, &'a Sample)> {
    let (model, sample) = row.scored.representative?;
    let chosen = row.scored.models.get(model)?;
    Some((&row.site.run.models.get(chosen.model)?.id, chosen.samples.get(sample)?))
}

fn rationale(row: &Row<'_>) -> String {
    let rating = representative(row).and_then(|(_, sample)| sample.outcome.as_ref().ok());
    rating.map_or_else(String::new, |rating| {
        safe(&cut(&rating.rationale, row.site.run.rubric.limits.rationale_chars))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample::{self, read};

    #[test]
    fn each_task_has_its_score_and_the_reason_nearest_to_it() {
        let all = read(rows(&sample::site()).unwrap());
        assert_eq!(all.len(), 5);
        for (column, value) in [
            ("task_id", "9575"),
            ("task_text", "Task 9575."),
            ("task_type", "core"),
            ("weight_share", "0.5"),
            ("score_status", "scored"),
            ("score_0_100", "72"),
            ("low_0_100", "62"),
            ("high_0_100", "82"),
            ("models_rated", "2"),
            ("rationale", "Model 0 says 60."),
            ("rationale_model", "alpha"),
            ("rationale_sample", "1"),
        ] {
            assert_eq!(all[0][column].to_lowercase(), value.to_lowercase(), "{column}");
        }
        assert_eq!(all[2]["models_rated"], "1");
    }

    #[test]
    fn a_task_that_nobody_rated_has_neither_score_nor_reason() {
        let all = read(rows(&sample::scoreless()).unwrap());
        let none = &all[3];
        assert_eq!((none["score_status"].as_str(), none["models_rated"].as_str()), ("no_rating", "0"));
        for column in
            ["score_0_100", "low_0_100", "high_0_100", "rationale", "rationale_model", "rationale_sample"]
        {
            assert_eq!(none[column], "", "{column}");
        }
    }

    #[test]
    fn no_cell_is_a_formula() {
        let all = read(rows(&sample::hostile()).unwrap());
        for column in ["task_text", "rationale"] {
            assert!(all[0][column].starts_with("'=HYPERLINK"), "{column}");
        }
        assert_eq!(columns().len(), all[0].len());
    }
}

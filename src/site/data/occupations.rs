//! `occupations.csv` and `occupation_models.csv`: scores of occupations, together and by model.

use super::columns::{About, Column, number, or_empty, text, whole};
use super::statistics;
use super::table::{self, Made, abouts, csv, safe};
use crate::domain::RunModel;
use crate::domain::scored::ModelMean;
use crate::site::{Entry, Site, groups};

pub(super) type Row<'a> = &'a Entry;

const NO_RATING: &str = "where score_status is not scored";
const ONE_MODEL: &str = "with fewer than two models";

pub(super) type Cell = fn(&Row<'_>) -> String;

const COLUMNS: [Column<Cell>; 20] = [
    text("occupation_code", "O*NET-SOC code, or the code of an own occupation", |row| safe(code(row))),
    text("occupation_title", "title in the catalogue", |row| safe(&row.scored.occupation.title)),
    or_empty(
        text("major_group", "first two digits of the code", |row| {
            table::or_empty(groups::of(code(row)).map(|group| group.code))
        }),
        "where the code is none of the classification’s",
    ),
    text("score_status", "scored, or no_rating where no model has rated a task", |row| {
        status(row.scored.score)
    }),
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
        text("band", "name of the range of scores that the score lies in", |row| {
            safe(row.scored.band.as_deref().unwrap_or_default())
        }),
        NO_RATING,
    ),
    or_empty(
        text("band_span", "bands that the models lie in, from lowest to highest", |row| {
            safe(row.scored.band_span.as_deref().unwrap_or_default())
        }),
        NO_RATING,
    ),
    number("coverage_share", "share", "share of the weight with a rating, mean over models", |row| {
        row.scored.coverage.to_string()
    }),
    whole("tasks", "tasks", "number of tasks", |row| row.scored.tasks.to_string()),
    text(
        "weights",
        "how tasks were weighed: equal, core, importance, importance_relevance, time or given",
        |row| row.scored.weighting.name().to_owned(),
    ),
    whole("imputed_weights", "tasks", "tasks whose weight had to be put in for want of a figure", |row| {
        row.scored.imputed.to_string()
    }),
    or_empty(
        number("sd_points", "points", "standard deviation between models (n - 1)", |row| {
            table::or_empty(row.scored.uncertainty.sd)
        }),
        ONE_MODEL,
    ),
    or_empty(
        number("se_points", "points", "standard error over models", |row| {
            table::or_empty(row.scored.uncertainty.se)
        }),
        ONE_MODEL,
    ),
    or_empty(
        number("sampling_se_points", "points", "standard error over samples of the same models", |row| {
            table::or_empty(row.scored.uncertainty.sampling_se)
        }),
        "without a second sample",
    ),
    or_empty(
        number(
            "task_se_points",
            "points",
            "standard error over tasks; O*NET’s lists are meant to be complete, so it rarely applies",
            |row| table::or_empty(row.scored.uncertainty.task_se),
        ),
        "with fewer than two tasks",
    ),
    or_empty(
        number(
            "band_stability_share",
            "share",
            "share of the weight in tasks that would be expected to stay in their own band had another model like these been asked",
            |row| table::or_empty(row.scored.uncertainty.band_stability),
        ),
        "with fewer than two models or without cuts",
    ),
    or_empty(
        number("percentile_0_100", "percent", "share of occupations below, and half of those level", |row| {
            table::or_empty(row.standing.map(|standing| standing.percentile))
        }),
        "with fewer than two occupations",
    ),
    or_empty(
        number(
            "alpha_interval",
            "",
            "Krippendorff’s alpha of the models over the occupation’s tasks",
            |row| table::or_empty(row.alpha),
        ),
        "where it is not defined",
    ),
];

pub(super) fn rows(site: &Site) -> Made {
    csv(&all(), site.entries.iter(), |cell, row| cell(row))
}

pub(super) fn columns() -> Vec<About> {
    abouts(&all())
}

/// Scores, and what published statistics say beside them.
fn all() -> Vec<Column<Cell>> {
    COLUMNS.iter().chain(&statistics::COLUMNS).copied().collect()
}

fn code<'a>(row: &Row<'a>) -> &'a str {
    &row.scored.occupation.code
}

/// A word beside a score that may be missing.
pub(super) fn status(score: Option<f64>) -> String {
    if score.is_some() { "scored" } else { "no_rating" }.to_owned()
}

/// One model's view of one occupation.
pub(super) struct ByModel<'a> {
    entry: &'a Entry,
    model: &'a RunModel,
    mean: &'a ModelMean,
}

type ModelCell = fn(&ByModel<'_>) -> String;

const MODEL_COLUMNS: [Column<ModelCell>; 5] = [
    text("occupation_code", "as in occupations.csv", |row| safe(&row.entry.scored.occupation.code)),
    text("model", "id of the model in the run", |row| safe(&row.model.id)),
    text("score_status", "scored, or no_rating", |row| status(row.mean.score)),
    or_empty(
        number("score_0_100", "points", "weighted mean over the tasks that the model rated", |row| {
            table::or_empty(row.mean.score)
        }),
        NO_RATING,
    ),
    number("coverage_share", "share", "share of the weight that the model rated", |row| {
        row.mean.coverage.to_string()
    }),
];

pub(super) fn model_rows(site: &Site) -> Made {
    let by_model = site.entries.iter().flat_map(|entry| {
        let both = site.run.models.iter().zip(&entry.scored.models);
        both.map(move |(model, mean)| ByModel { entry, model, mean })
    });
    csv(&MODEL_COLUMNS, by_model, |cell, row| cell(row))
}

pub(super) fn model_columns() -> Vec<About> {
    abouts(&MODEL_COLUMNS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample::{self, read};

    #[test]
    fn scores_and_figures_stand_in_their_columns() {
        let all = read(rows(&sample::site()).unwrap());
        for (column, value) in [
            ("occupation_code", "15-1252.00"),
            ("major_group", "15"),
            ("score_status", "scored"),
            ("score_0_100", "52"),
            ("low_0_100", "44"),
            ("high_0_100", "60"),
            ("band", "Partial"),
            ("weights", "importance"),
            ("pay_status", "exact"),
            ("median_pay_usd", "133080"),
            ("pay_whose", "own"),
            ("pay_of_code", ""),
            ("projected_change_percent", "17.9"),
            ("openings_jobs_per_year", "140100"),
            ("task_se_points", ""),
        ] {
            assert_eq!(all[0][column], value, "{column}");
        }
        assert_eq!(
            (all[1]["pay_status"].as_str(), all[1]["median_pay_usd"].as_str()),
            ("at_least", "239200")
        );
        assert_eq!((all[1]["outlook_whose"].as_str(), all[1]["outlook_vintage"].as_str()), ("", ""));
    }

    #[test]
    fn what_is_missing_is_empty_and_says_why() {
        let mut site = sample::scoreless();
        site.entries[0].facts.pay.as_mut().unwrap().median = None;
        site.entries[1].facts.pay = None;
        let all = read(rows(&site).unwrap());
        assert_eq!(all[1]["score_status"], "no_rating");
        for column in
            ["score_0_100", "low_0_100", "high_0_100", "band", "band_span", "se_points", "percentile_0_100"]
        {
            assert_eq!(all[1][column], "", "{column}");
        }
        assert_eq!(
            (all[0]["pay_status"].as_str(), all[1]["pay_status"].as_str()),
            ("not_released", "no_figure")
        );
    }

    #[test]
    fn whose_a_figure_is_stands_beside_it() {
        let all = read(rows(&sample::shared_figures()).unwrap());
        let whose = |row: usize| (all[row]["pay_whose"].as_str(), all[row]["pay_of_code"].as_str());
        assert_eq!((whose(0), whose(1)), (("part", "15-1250"), ("merged", "41-2010")));
    }

    #[test]
    fn each_model_has_a_row_for_each_occupation() {
        let all = read(model_rows(&sample::scoreless()).unwrap());
        let row =
            |place: usize| ["model", "score_status", "score_0_100"].map(|column| all[place][column].as_str());
        assert_eq!((all.len(), row(0), row(1)), (4, ["alpha", "scored", "44"], ["beta", "scored", "60"]));
        assert_eq!(row(3), ["beta", "no_rating", ""]);
    }

    #[test]
    fn no_cell_is_a_formula() {
        let all = read(rows(&sample::hostile()).unwrap());
        assert!(all[0]["occupation_title"].starts_with("'=HYPERLINK"));
        assert_eq!(columns().len(), all[0].len());
    }
}

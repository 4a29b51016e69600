//! `ratings.csv`: a row per task, model and sample, with the way back to the answer.

use super::columns::{About, Column, moment, number, or_empty, text, whole};
use super::table::{self, Made, abouts, csv, cut, safe};
use crate::domain::scored::Origin;
use crate::domain::{Hash, Instant, Rating, Sample, ScoredTask};
use crate::site::{Entry, Site};

pub(super) struct Row<'a> {
    site: &'a Site,
    entry: &'a Entry,
    scored: &'a ScoredTask,
    model: usize,
    sample: &'a Sample,
}

const GAP: &str = "where status is gap";
const NO_ANSWER: &str = "where there is no answer, and for labels";

type Cell = fn(&Row<'_>) -> String;

const COLUMNS: [Column<Cell>; 17] = [
    text("occupation_code", "as in occupations.csv", |row| safe(&row.entry.scored.occupation.code)),
    text("task_id", "as in tasks.csv", |row| safe(&row.scored.task.id)),
    text("model", "id of the model in the run", |row| {
        safe(row.site.run.models.get(row.model).map_or("", |model| &model.id))
    }),
    whole("sample", "number", "number of the sample, from 1", |row| row.sample.number.to_string()),
    text("status", "rated, or gap", |row| if rating(row).is_some() { "rated" } else { "gap" }.to_owned()),
    or_empty(
        number("score_0_100", "points", "the rating as a score", |row| {
            table::or_empty(rating(row).map(|rating| rating.score.value()))
        }),
        GAP,
    ),
    or_empty(
        text("level", "the rating on the rubric’s own scale", |row| {
            rating(row).map_or_else(String::new, |rating| safe(&rating.level.to_string()))
        }),
        GAP,
    ),
    or_empty(
        text(
            "rationale",
            "the model’s reason, word for word (apart from an apostrophe before what a spreadsheet would take for a formula), up to the rubric’s longest",
            rationale,
        ),
        "where status is gap, or the model gave none",
    ),
    or_empty(
        text(
            "gap",
            "why there is no rating: not_asked, refused, truncated, unreadable, out_of_range, failed, blocked or retired",
            |row| row.sample.outcome.as_ref().err().map_or("", |gap| gap.reason.name()).to_owned(),
        ),
        "where status is rated",
    ),
    or_empty(
        text("gap_detail", "what was found in place of a score", |row| {
            row.sample.outcome.as_ref().err().map_or_else(String::new, |gap| safe(&gap.detail))
        }),
        "where status is rated, or there is nothing to say",
    ),
    or_empty(
        text("question_sha256", "key of the question, under which the store has the answer", |row| {
            table::or_empty(key(row))
        }),
        "for labels",
    ),
    or_empty(
        text("served_model", "name under which the server answered", |row| {
            answer(row).map_or_else(String::new, |answer| safe(answer.served))
        }),
        NO_ANSWER,
    ),
    or_empty(
        moment("answered_at", "when the answer was received", |row| {
            table::or_empty(answer(row).map(|answer| answer.at))
        }),
        NO_ANSWER,
    ),
    or_empty(
        whole("tokens_in", "tokens", "tokens of the request", |row| {
            table::or_empty(answer(row).map(|answer| answer.tokens_in))
        }),
        NO_ANSWER,
    ),
    or_empty(
        whole("tokens_out", "tokens", "tokens of the answer that are billed", |row| {
            table::or_empty(answer(row).map(|answer| answer.tokens_out))
        }),
        NO_ANSWER,
    ),
    or_empty(
        number("cost_usd", "USD", "what the answer cost at the price of that day", |row| {
            table::or_empty(answer(row).and_then(|answer| answer.cost_usd))
        }),
        "where the price is not known",
    ),
    or_empty(text("label_column", "column that a label was read from", label), "where a model was asked"),
];

pub(super) fn rows(site: &Site) -> Made {
    let tasks = site.entries.iter().flat_map(|entry| entry.tasks.iter().map(move |scored| (entry, scored)));
    let rows = tasks.flat_map(|(entry, scored)| {
        scored.models.iter().flat_map(move |model| {
            model.samples.iter().map(move |sample| Row { site, entry, scored, model: model.model, sample })
        })
    });
    csv(&COLUMNS, rows, |cell, row| cell(row))
}

pub(super) fn columns() -> Vec<About> {
    abouts(&COLUMNS)
}

fn rating<'a>(row: &Row<'a>) -> Option<&'a Rating> {
    row.sample.outcome.as_ref().ok()
}

fn rationale(row: &Row<'_>) -> String {
    let most = row.site.run.rubric.limits.rationale_chars;
    rating(row).map_or_else(String::new, |rating| safe(&cut(&rating.rationale, most)))
}

fn key(row: &Row<'_>) -> Option<Hash> {
    match &row.sample.origin {
        Origin::Answer { key, .. } | Origin::Unanswered { key } => Some(*key),
        Origin::Label { .. } => None,
    }
}

fn label(row: &Row<'_>) -> String {
    match &row.sample.origin {
        Origin::Label { column } => safe(column),
        _ => String::new(),
    }
}

struct Answered<'a> {
    at: Instant,
    served: &'a str,
    tokens_in: u32,
    tokens_out: u32,
    cost_usd: Option<f64>,
}

fn answer<'a>(row: &Row<'a>) -> Option<Answered<'a>> {
    let Origin::Answer { at, served, tokens_in, tokens_out, cost_nano_usd, .. } = &row.sample.origin else {
        return None;
    };
    Some(Answered {
        at: *at,
        served,
        tokens_in: *tokens_in,
        tokens_out: *tokens_out,
        cost_usd: cost_nano_usd.map(|nano| nano as f64 / 1e9),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample::{self, read};

    #[test]
    fn each_sample_has_a_row_with_the_way_back_to_its_answer() {
        let all = read(rows(&sample::site()).unwrap());
        assert_eq!(all.len(), 18);
        for (column, value) in [
            ("occupation_code", "15-1252.00"),
            ("task_id", "9575"),
            ("model", "alpha"),
            ("sample", "1"),
            ("status", "rated"),
            ("score_0_100", "60"),
            ("level", "60"),
            ("rationale", "Model 0 says 60."),
            ("gap", ""),
            ("served_model", "mock"),
            ("tokens_in", "612"),
            ("cost_usd", "0.0011"),
            ("label_column", ""),
        ] {
            assert_eq!(all[0][column], value, "{column}");
        }
        assert!(all[0]["answered_at"].starts_with("2026-06-02T") && all[0]["question_sha256"].len() == 64);
    }

    #[test]
    fn a_gap_has_a_reason_and_no_score() {
        let all = read(rows(&sample::site()).unwrap());
        let gaps: Vec<_> = all.iter().filter(|row| row["status"] == "gap").collect();
        assert_eq!(gaps.len(), 1);
        for (column, value) in [
            ("score_0_100", ""),
            ("level", ""),
            ("gap", "refused"),
            ("gap_detail", "I would rather not say."),
        ] {
            assert_eq!(gaps[0][column], value, "{column}");
        }
    }

    #[test]
    fn labels_and_what_was_never_answered_have_no_answer() {
        let mut site = sample::site();
        let samples = &mut site.entries[0].tasks[0].models[0].samples;
        samples[0].origin = Origin::Label { column: "=human".into() };
        samples[1].origin = Origin::Unanswered { key: Hash::of(b"k") };
        let all = read(rows(&site).unwrap());
        assert_eq!((all[0]["label_column"].as_str(), all[0]["question_sha256"].as_str()), ("'=human", ""));
        assert_eq!(all[1]["question_sha256"], Hash::of(b"k").to_string());
        for row in &all[..2] {
            assert_eq!((row["answered_at"].as_str(), row["cost_usd"].as_str()), ("", ""));
        }
    }

    #[test]
    fn reasons_are_cut_and_no_cell_is_a_formula() {
        let mut site = sample::hostile();
        let all = read(rows(&site).unwrap());
        assert!(all[0]["rationale"].starts_with("'=HYPERLINK"));
        let rating = site.entries[0].tasks[0].models[0].samples[0].outcome.as_mut().unwrap();
        rating.rationale = "x".repeat(10_000);
        assert_eq!(read(rows(&site).unwrap())[0]["rationale"].len(), 600);
        assert_eq!(columns().len(), all[0].len());
    }
}

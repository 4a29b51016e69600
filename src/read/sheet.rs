//! A report, read back: the JSON and JSON lines of `score`, and the records that runs leave.

use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use super::ReadError;
use crate::domain::{
    Combine, GapReason, Hash, RubricRef, Sheet, SheetItem, SheetOccupation, SheetRater, SheetRating,
};

const SCHEMA: &str = "score-tasks/report/1";

#[derive(Deserialize)]
struct Document {
    schema: String,
    run: Run,
    occupations: Vec<Occupation>,
}

#[derive(Deserialize)]
struct Occupation {
    code: String,
    title: String,
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Run {
    rubric: Rubric,
    catalog: Catalog,
    weights: String,
    combine: Option<String>,
    models: Vec<Rater>,
}

#[derive(Deserialize)]
struct Rubric {
    id: String,
    version: String,
    sha256: String,
    step: Option<f64>,
}

#[derive(Deserialize)]
struct Catalog {
    name: String,
}

#[derive(Deserialize)]
struct Rater {
    id: String,
    provider: String,
    model: String,
    #[serde(default)]
    served: Vec<String>,
    #[serde(default = "one")]
    weight: f64,
}

fn one() -> f64 {
    1.0
}

#[derive(Deserialize)]
struct Task {
    id: String,
    text: String,
    weight: f64,
    models: Vec<Rated>,
}

#[derive(Deserialize)]
struct Rated {
    model: String,
    samples: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    sample: u32,
    score: Option<f64>,
    gap: Option<String>,
    #[serde(default)]
    rationale: String,
    key: Option<String>,
}

/// A line of the other form. The run stands at the end.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Task {
        occupation_code: String,
        occupation_title: String,
        #[serde(flatten)]
        task: Task,
    },
    Run {
        schema: String,
        run: Run,
    },
    /// Occupations follow from their tasks, and later kinds say what we do not need.
    #[serde(other)]
    Other,
}

/// Reads a report from either form. `place` names it in errors.
pub fn sheet(mut from: impl BufRead, place: &str) -> Result<Sheet, ReadError> {
    let wrong = |detail: String| ReadError::file(place, detail);
    let first = from.fill_buf().map_err(|error| wrong(error.to_string()))?;
    let is_lines = first.starts_with(b"{\"kind\"");
    let mut built = Built::default();
    let (schema, run) = if is_lines {
        let mut end = None;
        for (number, line) in from.lines().enumerate() {
            let line = line.map_err(|error| wrong(error.to_string()))?;
            let line = serde_json::from_str(&line)
                .map_err(|error| wrong(format!("line {}: {error}", number + 1)))?;
            match line {
                Line::Task { occupation_code, occupation_title, task } => {
                    let place = built.occupation(occupation_code, occupation_title);
                    built.task(place, task).map_err(wrong)?;
                }
                Line::Run { schema, run } => end = Some((schema, run)),
                Line::Other => {}
            }
        }
        end.ok_or_else(|| wrong("it has no line of kind `run`: it was cut off".to_owned()))?
    } else {
        let document: Document = serde_json::from_reader(from).map_err(|error| wrong(error.to_string()))?;
        for Occupation { code, title, tasks } in document.occupations {
            let place = built.occupation(code, title);
            for task in tasks {
                built.task(place, task).map_err(wrong)?;
            }
        }
        (document.schema, document.run)
    };
    if schema != SCHEMA {
        return Err(wrong(format!("it is `{schema}`, not {SCHEMA}")));
    }
    built.finish(run).map_err(wrong)
}

/// A report under way.
#[derive(Default)]
struct Built {
    sheet: Sheet,
    places: HashMap<String, usize>,
    /// By name, in the order of each task's raters.
    raters: Vec<String>,
}

impl Built {
    fn occupation(&mut self, code: String, title: String) -> usize {
        if let Some(place) = self.places.get(&code) {
            return *place;
        }
        let place = self.sheet.occupations.len();
        self.places.insert(code.clone(), place);
        self.sheet.occupations.push(SheetOccupation { code, title });
        place
    }

    fn task(&mut self, occupation: usize, task: Task) -> Result<(), String> {
        let Task { id, text, weight, models } = task;
        if self.raters.is_empty() {
            self.raters = models.iter().map(|rated| rated.model.clone()).collect();
        }
        if !models.iter().map(|rated| &rated.model).eq(&self.raters) {
            return Err(format!("task {id} has other raters than the first task"));
        }
        let ratings =
            models.into_iter().map(|rated| rated.samples.into_iter().map(rating).collect()).collect();
        self.sheet.items.push(SheetItem { occupation, id, text, weight, ratings });
        Ok(())
    }

    fn finish(self, run: Run) -> Result<Sheet, String> {
        let Run { rubric, catalog, weights, combine, models } = run;
        if !self.raters.is_empty() && !models.iter().map(|rater| &rater.id).eq(&self.raters) {
            return Err("its tasks have other raters than its run".to_owned());
        }
        // Reports from before there was a choice do not say it.
        let combine = combine.as_deref().unwrap_or(Combine::Mean.name());
        let combine = Combine::from_name(combine).ok_or_else(|| format!("`{combine}` is no combination"))?;
        let Rubric { id, version, sha256, step } = rubric;
        let raters = models.into_iter().map(|Rater { id, provider, model, served, weight }| SheetRater {
            id,
            provider,
            model,
            served,
            weight,
        });
        Ok(Sheet {
            rubric: RubricRef { id, version, sha256, step },
            catalogue: catalog.name,
            weights,
            combine,
            raters: raters.collect(),
            ..self.sheet
        })
    }
}

fn rating(sample: Sample) -> SheetRating {
    let Sample { sample, score, gap, rationale, key } = sample;
    let reason = gap.as_deref().and_then(GapReason::from_name).unwrap_or(GapReason::NotAsked);
    let key = key.as_deref().and_then(Hash::from_hex);
    SheetRating { sample, score: score.ok_or(reason), key, rationale }
}

//! A report, read back: the JSON and JSON lines of `score`, and the records that runs leave.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use serde::Deserialize;

use super::ReadError;
use super::error::shown;
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
    let is_lines = first.trim_ascii_start().starts_with(b"{\"kind\"");
    let mut built = Built::default();
    let (schema, run) = if is_lines {
        let mut end = None;
        for (number, line) in (1_u64..).zip(from.lines()) {
            let line = line.map_err(|error| wrong(error.to_string()))?;
            if line.trim().is_empty() {
                continue;
            }
            let wrong = |detail: String| ReadError::line(place, number, detail);
            match serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))? {
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
    /// By occupation, the ids of its tasks.
    ids: HashSet<(usize, String)>,
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

    /// What is wrong with a task is said behind its occupation's code and its id.
    fn task(&mut self, occupation: usize, task: Task) -> Result<(), String> {
        let code = self.sheet.occupations.get(occupation).map_or("", |occupation| occupation.code.as_str());
        let name = format!("task {} {}", shown(code), shown(&task.id));
        let item = self.item(occupation, task).map_err(|what| format!("{name}: {what}"))?;
        self.sheet.items.push(item);
        Ok(())
    }

    fn item(&mut self, occupation: usize, task: Task) -> Result<SheetItem, String> {
        let Task { id, text, weight, models } = task;
        if !self.ids.insert((occupation, id.clone())) {
            return Err("it is there twice".to_owned());
        }
        check_weight(weight)?;
        if self.raters.is_empty() {
            self.raters = models.iter().map(|rated| rated.model.clone()).collect();
        }
        if !models.iter().map(|rated| &rated.model).eq(&self.raters) {
            return Err("it has other raters than the first task".to_owned());
        }
        let mut ratings = Vec::with_capacity(models.len());
        for Rated { model, samples } in models {
            let of_sample = |sample: Sample| {
                let number = sample.sample;
                rating(sample).map_err(|what| format!("{}, sample {number}: {what}", shown(&model)))
            };
            ratings.push(samples.into_iter().map(of_sample).collect::<Result<_, _>>()?);
        }
        Ok(SheetItem { occupation, id, text, weight, ratings })
    }

    fn finish(mut self, run: Run) -> Result<Sheet, String> {
        let Run { rubric, catalog, weights, combine, models } = run;
        let mut names = HashSet::new();
        for rater in &models {
            if !names.insert(rater.id.as_str()) {
                return Err(format!("its rater {} is there twice", shown(&rater.id)));
            }
            check_weight(rater.weight).map_err(|what| format!("rater {}: {what}", shown(&rater.id)))?;
        }
        if rubric.step.is_some_and(|step| !step.is_finite() || step <= 0.0) {
            return Err("the levels of its rubric are no points apart".to_owned());
        }
        if !self.raters.is_empty() && !models.iter().map(|rater| &rater.id).eq(&self.raters) {
            return Err("its tasks have other raters than its run".to_owned());
        }
        // Whoever sorted the lines in another way tore the occupations apart.
        self.sheet.items.sort_by_key(|item| item.occupation);
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

fn check_weight(weight: f64) -> Result<(), String> {
    match weight.is_finite() && weight >= 0.0 {
        true => Ok(()),
        false => Err(format!("{weight} is not a weight")),
    }
}

fn rating(sample: Sample) -> Result<SheetRating, String> {
    let Sample { sample, score, gap, rationale, key } = sample;
    let score = match (score, gap) {
        (Some(score), None) if (0.0..=100.0).contains(&score) => Ok(score),
        (Some(score), None) => return Err(format!("{score} is not a score from 0 to 100")),
        (None, Some(gap)) => Err(GapReason::from_name(&gap)
            .ok_or_else(|| format!("`{}` is not a reason for a gap", shown(&gap)))?),
        (Some(_), Some(_)) => return Err("it has a score and a gap".to_owned()),
        (None, None) => return Err("it has neither a score nor a gap".to_owned()),
    };
    let read = |key: String| {
        Hash::from_hex(&key).ok_or_else(|| format!("`{}` is not the key of a question", shown(&key)))
    };
    Ok(SheetRating { sample, score, key: key.map(read).transpose()?, rationale })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = r#"{"kind":"run","schema":"score-tasks/report/1","run":{"rubric":{"id":"r","version":"1","sha256":"","step":1},"catalog":{"name":"c"},"weights":"equal","models":[{"id":"a","provider":"mock","model":"a"}]}}"#;

    fn task(code: &str, id: &str, weight: &str, sample: &str) -> String {
        format!(
            r#"{{"kind":"task","occupation_code":"{code}","occupation_title":"T","id":"{id}","text":"x","weight":{weight},"models":[{{"model":"a","samples":[{{"sample":0,{sample}}}]}}]}}"#
        )
    }

    fn read(lines: &[&str]) -> Result<Sheet, String> {
        sheet(lines.join("\n").as_bytes(), "r.jsonl").map_err(|error| error.to_string())
    }

    #[test]
    fn what_cannot_be_reckoned_with_is_told_by_its_place() {
        let good = task("A", "1", "1", r#""score":50"#);
        for (weight, sample, said) in [
            ("1", r#""score":100.5"#, "100.5 is not a score"),
            ("1", r#""score":-1"#, "-1 is not a score"),
            ("1", r#""score":1e999"#, "out of range"),
            ("1", r#""score":1,"gap":"refused""#, "a score and a gap"),
            ("1", r#""rationale":"x""#, "neither a score nor a gap"),
            ("1", r#""gap":"bored""#, "`bored` is not a reason"),
            ("1", r#""score":1,"key":"12""#, "`12` is not the key"),
            ("-0.5", r#""score":1"#, "-0.5 is not a weight"),
        ] {
            let error = read(&[&good, &task("A", "2", weight, sample), RUN]).unwrap_err();
            assert!(error.starts_with("r.jsonl: line 2: ") && error.contains(said), "{error}");
            assert!(said == "out of range" || error.contains("task A 2: "), "{error}");
        }
        let twice = read(&[&good, &good, RUN]).unwrap_err();
        assert_eq!(twice, "r.jsonl: line 2: task A 1: it is there twice");
        let run = RUN.split_once(r#""run":{"#).unwrap().1.strip_suffix('}').unwrap();
        let document = format!(
            r#"{{"schema":"score-tasks/report/1","run":{{{run},"occupations":[{{"code":"A","title":"T","tasks":[{{"id":"1","text":"x","weight":1,"models":[{{"model":"a","samples":[{{"sample":0,"score":101}}]}}]}}]}}]}}"#
        );
        let error = read(&[&document]).unwrap_err();
        assert_eq!(error, "r.jsonl: task A 1: a, sample 0: 101 is not a score from 0 to 100");
    }

    #[test]
    fn empty_lines_and_scattered_occupations_do_no_harm() {
        let task = |code, id| task(code, id, "1", r#""gap":"refused""#);
        let lines = ["", &task("A", "1"), &task("B", "1"), "  ", &task("A", "2"), RUN, ""];
        let sheet = read(&lines).unwrap();
        let groups: Vec<usize> = sheet.by_occupation().map(|(_, items)| items.len()).collect();
        assert_eq!(groups, [2, 1]);
    }
}

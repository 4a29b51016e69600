//! `data/datapackage.json`: what every table holds, as a Frictionless Data Package.

use serde_json::{Value, json};

use super::columns::{About, Kind};
use super::table::Made;
use super::{Listed, companions, occupations, ratings, tasks};
use crate::report::{ReportError, plain};
use crate::site::Site;
use crate::site::pages::is_exposure;
use crate::site::words::{sentence, spdx};

/// A table and its dictionary.
pub struct Table {
    pub name: &'static str,
    pub path: &'static str,
    pub what: &'static str,
    /// Columns that together tell its rows apart.
    pub key: &'static [&'static str],
    /// The table that rows belong to, by these columns of both.
    pub of: Option<(&'static str, &'static [&'static str])>,
    pub columns: fn() -> Vec<About>,
    pub(super) rows: fn(&Site) -> Made,
    /// Whether a site has it.
    is_there: fn(&Site) -> bool,
}

const ALWAYS: fn(&Site) -> bool = |_| true;

static TABLES: [Table; 5] = [
    Table {
        name: "occupations",
        path: "data/occupations.csv",
        what: "a row per occupation: score, range, uncertainty, pay and outlook",
        key: &["occupation_code"],
        of: None,
        columns: occupations::columns,
        rows: occupations::rows,
        is_there: ALWAYS,
    },
    Table {
        name: "occupation_models",
        path: "data/occupation_models.csv",
        what: "a row per occupation and model: what each model makes of it",
        key: &["occupation_code", "model"],
        of: Some(("occupations", &["occupation_code"])),
        columns: occupations::model_columns,
        rows: occupations::model_rows,
        is_there: ALWAYS,
    },
    Table {
        name: "tasks",
        path: "data/tasks.csv",
        what: "a row per task: text, weight, score, range, one model’s reason",
        key: &["occupation_code", "task_id"],
        of: Some(("occupations", &["occupation_code"])),
        columns: tasks::columns,
        rows: tasks::rows,
        is_there: ALWAYS,
    },
    Table {
        name: "ratings",
        path: "data/ratings.csv",
        what: "a row per task, model and sample: rating or gap, reason, and the way to the answer",
        key: &["occupation_code", "task_id", "model", "sample"],
        of: Some(("tasks", &["occupation_code", "task_id"])),
        columns: ratings::columns,
        rows: ratings::rows,
        is_there: ALWAYS,
    },
    Table {
        name: "companions",
        path: "data/companions.csv",
        what: "a row per occupation and further rubric: its score under that rubric, which is no part of the others",
        key: &["occupation_code", "rubric"],
        of: Some(("occupations", &["occupation_code"])),
        columns: companions::columns,
        rows: companions::rows,
        is_there: companions::are_there,
    },
];

/// All tables of a site.
pub fn tables(site: &Site) -> impl Iterator<Item = &'static Table> {
    TABLES.iter().filter(|table| (table.is_there)(site))
}

pub(super) fn bytes(site: &Site, listed: &[Listed]) -> Result<Vec<u8>, ReportError> {
    let mut package = json!({
        "name": if is_exposure(site) { "task-exposure-scores" } else { "task-scores" },
        "title": plain(&site.settings.title),
        "description": site.settings.told(&format!(
            "{} Run {}.", sentence(&site.run.rubric.summary), plain(&site.receipt.run)
        )),
        "version": plain(&site.receipt.run),
        "created": site.receipt.began.to_string(),
        "keywords": keywords(site),
        "sources": sources(site),
        "resources": listed.iter().map(resource).collect::<Vec<_>>(),
    });
    if let Value::Object(package) = &mut package {
        if !site.settings.publisher.is_empty() {
            let publisher = json!([{ "title": plain(&site.settings.publisher), "role": "publisher" }]);
            package.insert("contributors".to_owned(), publisher);
        }
        if let Some(licence) = &site.settings.licence {
            package.insert("licenses".to_owned(), json!([{ "name": plain(licence), "path": spdx(licence) }]));
        }
        if let Some(base) = &site.settings.base_url {
            package.insert("homepage".to_owned(), json!(base));
        }
    }
    let mut bytes = serde_json::to_vec_pretty(&package)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn keywords(site: &Site) -> Vec<&'static str> {
    let mut words = vec!["occupations", "tasks", "artificial intelligence"];
    if is_exposure(site) {
        words.push("exposure");
    }
    words
}

fn sources(site: &Site) -> Vec<Value> {
    let catalogue = json!({ "title": plain(&site.run.catalogue.name) });
    let inputs = site.inputs.iter().map(|input| json!({ "title": plain(&input.name) }));
    std::iter::once(catalogue).chain(inputs).collect()
}

/// Paths of a package are relative to it, and it lies among the tables.
fn resource(listed: &Listed) -> Value {
    let path = listed.path.strip_prefix("data/").unwrap_or(&listed.path);
    let mut resource = json!({
        "name": path.split('.').next().unwrap_or(path),
        "path": path,
        "description": sentence(listed.what),
        "mediatype": listed.media_type,
        "encoding": "utf-8",
        "bytes": listed.bytes,
        "hash": format!("sha256:{}", listed.sha256),
    });
    let table = TABLES.iter().find(|table| table.path == listed.path);
    if let (Value::Object(resource), Some(table)) = (&mut resource, table) {
        resource.insert("type".to_owned(), json!("table"));
        resource.insert("format".to_owned(), json!("csv"));
        resource.insert("schema".to_owned(), schema(table));
    } else if let Value::Object(resource) = &mut resource {
        resource.insert("type".to_owned(), json!("json"));
        resource.insert("format".to_owned(), json!("json"));
    }
    resource
}

fn schema(table: &Table) -> Value {
    let fields: Vec<Value> = (table.columns)().iter().map(|about| field(about, table.key)).collect();
    let mut schema = json!({ "fields": fields, "missingValues": [""], "primaryKey": table.key });
    if let (Value::Object(schema), Some((of, by))) = (&mut schema, table.of) {
        let key = json!([{ "fields": by, "reference": { "resource": of, "fields": by } }]);
        schema.insert("foreignKeys".to_owned(), key);
    }
    schema
}

fn field(about: &About, key: &[&str]) -> Value {
    let unit = if about.unit.is_empty() { String::new() } else { format!(" Unit: {}.", about.unit) };
    let missing = if about.missing.is_empty() { String::new() } else { format!(" Empty {}.", about.missing) };
    let mut field = json!({
        "name": about.name,
        "type": about.kind.name(),
        "description": format!("{}{unit}{missing}", sentence(about.meaning)),
    });
    if let Value::Object(field) = &mut field {
        if about.missing.is_empty() || key.contains(&about.name) {
            field.insert("constraints".to_owned(), json!({ "required": true }));
        }
        if about.kind == Kind::Moment {
            // Fractions of a second are no part of the default form.
            field.insert("format".to_owned(), json!("any"));
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{data, sample};

    fn table(site: &Site, path: &str) -> Vec<Vec<String>> {
        let data = data::files(site).unwrap();
        let file = data.files.iter().find(|file| file.path == path).unwrap();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*file.bytes);
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn cell(rows: &[Vec<String>], row: usize, column: &str) -> String {
        let place = rows[0].iter().position(|name| name == column).unwrap();
        rows[row][place].clone()
    }

    #[test]
    fn tables_come_back_as_they_went_in() {
        let site = sample::site();
        let ratings = table(&site, "data/ratings.csv");
        assert_eq!(ratings.len(), 1 + 18);
        assert_eq!(cell(&ratings, 1, "answered_at"), "2026-06-02T00:00:00.000Z");
        assert_eq!(cell(&ratings, 1, "cost_usd"), "0.0011");
        assert_eq!(cell(&ratings, 1, "score_0_100"), "60");
        let gap = (1..ratings.len()).find(|row| cell(&ratings, *row, "status") == "gap").unwrap();
        assert_eq!(cell(&ratings, gap, "gap"), "refused");
        assert_eq!(cell(&ratings, gap, "score_0_100"), "");
        let occupations = table(&site, "data/occupations.csv");
        assert_eq!(cell(&occupations, 1, "occupation_code"), "15-1252.00");
        assert_eq!(
            (
                cell(&occupations, 1, "outlook_employment_jobs"),
                cell(&occupations, 1, "projected_employment_jobs")
            ),
            ("1700000".into(), "2000000".into())
        );
        assert_eq!(cell(&occupations, 1, "pay_p10_status"), "not_released");
        assert_eq!(cell(&occupations, 1, "pay_growth_percent_a_year"), "4.6");
        assert_eq!(cell(&occupations, 1, "entry_education"), "Bachelor's degree");
        assert_eq!(
            (cell(&occupations, 2, "median_pay_usd"), cell(&occupations, 2, "pay_status")),
            ("239200".into(), "at_least".into())
        );
        let tasks = table(&site, "data/tasks.csv");
        assert_eq!(cell(&tasks, 1, "task_text"), "Task 9575.");
        let models = table(&site, "data/occupation_models.csv");
        assert_eq!((models.len(), cell(&models, 2, "model")), (5, "beta".to_owned()));
    }

    #[test]
    fn scores_under_other_rubrics_have_a_table_where_there_are_any() {
        let mut site = sample::site();
        let rows = table(&site, "data/companions.csv");
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (cell(&rows, 1, "rubric"), cell(&rows, 1, "score_0_100")),
            ("augmentation".into(), "71".into())
        );
        assert_eq!(package(&site)["resources"][4]["name"], "companions");
        site.entries.iter_mut().for_each(|entry| entry.companions.clear());
        assert!(data::files(&site).unwrap().listed.iter().all(|listed| !listed.path.contains("companions")));
    }

    fn package(site: &Site) -> Value {
        serde_json::from_slice(&bytes(site, &data::files(site).unwrap().listed).unwrap()).unwrap()
    }

    #[test]
    fn the_package_says_what_is_measured_and_from_which_release() {
        let mut site = sample::exposure();
        assert_eq!(package(&site)["keywords"][3], "exposure");
        assert_eq!(package(&site)["sources"][0]["title"], "O*NET 30.1");
        assert_eq!(package(&site)["licenses"][0]["name"], "CC-BY-4.0");
        site = sample::site();
        site.settings.is_demo = true;
        site.settings.licence = None;
        assert_eq!(
            (&package(&site)["keywords"][3], &package(&site)["licenses"]),
            (&Value::Null, &Value::Null)
        );
        assert!(
            package(&site)["description"].as_str().unwrap().starts_with("Demonstration, made-up scores: ")
        );
    }

    #[test]
    fn no_cell_is_a_formula() {
        let site = sample::hostile();
        for made in tables(&site) {
            for cell in table(&site, made.path).iter().flatten() {
                assert!(
                    !cell.starts_with(['=', '+', '@'])
                        && (!cell.starts_with('-') || cell.parse::<f64>().is_ok()),
                    "{cell}"
                );
            }
        }
    }

    #[test]
    fn every_column_is_explained_and_no_name_stands_twice() {
        for table in &TABLES {
            let columns = (table.columns)();
            let names: std::collections::BTreeSet<&str> = columns.iter().map(|about| about.name).collect();
            assert_eq!(names.len(), columns.len());
            assert!(columns.iter().all(|about| !about.meaning.is_empty()));
            assert!(table.key.iter().all(|name| names.contains(name)));
        }
    }
}

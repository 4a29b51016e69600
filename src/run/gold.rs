//! Gold: labels out of a table, and the rated tasks that they are about.

use std::collections::{BTreeMap, HashMap};

use anyhow::anyhow;

use super::setup::column;
use super::{Desk, Failure};
use crate::cli;
use crate::domain::validation::Gold;
use crate::domain::{Gap, GapReason, Rubric, Selection, Sheet, names};
use crate::measure::Table;
use crate::rate;
use crate::read::{Catalogue, Columns};
use crate::report::{count, plain};

/// Columns that are taken for labels where none is named.
const USUAL: [&str; 4] = ["label", "gold", "score", "human"];

/// So many keys of each side are shown where none is that of the other.
const EXAMPLES: usize = 3;

/// A table of labels.
pub(super) struct Labels {
    catalogue: Catalogue,
    columns: Vec<String>,
    rows: Vec<Row>,
}

struct Row {
    /// Position among the table's occupations.
    occupation: usize,
    id: String,
    text: String,
    /// By person, in points.
    labels: Vec<Result<f64, Gap>>,
}

/// What the people say of the items that are left in the sheet, by person, and how that came about.
pub(super) struct Joined {
    pub people: Table,
    pub gold: Gold,
    pub notes: Vec<String>,
}

/// Reads all labels, by the scale of the rubric.
pub(super) fn read(desk: &Desk, args: &cli::Validate, rubric: &Rubric) -> Result<Labels, Failure> {
    let catalogue = Catalogue::table(&desk.folder().join(&args.gold), &columns(&args.gold_columns)?)?;
    let columns = label_columns(&catalogue, &args.labels)?;
    let mut rows = Vec::new();
    for step in catalogue.walk(&Selection::default())? {
        let (occupation, task) = step?;
        let label = |column: &String| {
            let rating = rate::label(rubric, task.column(column).unwrap_or_default());
            rating.map(|rating| rating.score.value())
        };
        let labels = columns.iter().map(label).collect();
        rows.push(Row { occupation, id: task.id.clone(), text: task.text.clone(), labels });
    }
    Ok(Labels { catalogue, columns, rows })
}

/// What else a table of labels may have is not looked at: a column `type` may well be the type of the label.
fn columns(named: &[String]) -> Result<Columns, Failure> {
    let mut map: Vec<(String, String)> =
        named.iter().map(|pair| column("--gold-columns", pair)).collect::<Result<_, _>>()?;
    for unused in ["title", "type", "weight", "description"] {
        if !map.iter().any(|(name, _)| name == unused) {
            map.push((unused.to_owned(), String::new()));
        }
    }
    Ok(Columns { map, textless: true })
}

fn label_columns(catalogue: &Catalogue, named: &[String]) -> Result<Vec<String>, Failure> {
    let (name, columns) = (&catalogue.id.name, catalogue.column_names());
    let all = || format!("its columns are {}", columns.join(", "));
    if named.is_empty() {
        let usual = |column: &&String| USUAL.iter().any(|usual| column.eq_ignore_ascii_case(usual));
        let found: Vec<&String> = columns.iter().filter(usual).collect();
        return match found.as_slice() {
            [one] => Ok(vec![(*one).clone()]),
            [] => Err(Failure::usage(anyhow!(
                "which columns of {name} are the labels? --labels A,B names them"
            ))
            .hint(all())),
            _ => Err(Failure::usage(anyhow!(
                "several columns of {name} may be the labels: --labels A,B names those that are"
            ))
            .hint(all())),
        };
    }
    let mut labels: Vec<String> = Vec::new();
    for label in named.iter().map(|label| label.trim()) {
        if !columns.iter().any(|column| column == label) {
            let near = names::nearest(label, columns.iter().map(String::as_str));
            let hint = near.map_or_else(all, |near| format!("did you mean `{near}`?"));
            return Err(Failure::usage(anyhow!("--labels: {name} has no column `{label}`")).hint(hint));
        }
        if labels.iter().any(|other| other == label) {
            return Err(Failure::usage(anyhow!("--labels: `{label}` is named twice")));
        }
        labels.push(label.to_owned());
    }
    Ok(labels)
}

/// Puts labels beside the ratings of the same tasks. Tasks without a label are taken out of the sheet.
pub(super) fn join(sheet: &mut Sheet, labels: &Labels) -> Result<Joined, Failure> {
    let places = places(sheet, labels)?;
    let mut row_of: Vec<Option<&Row>> = vec![None; sheet.items.len()];
    for (row, place) in labels.rows.iter().zip(&places) {
        if let Some(slot) = place.and_then(|place| row_of.get_mut(place)) {
            *slot = Some(row);
        }
    }
    if row_of.iter().all(Option::is_none) {
        return Err(nothing_matched(sheet, labels));
    }
    let (gold, off_scale) = matched(sheet, labels, &row_of)?;
    let notes = notes(&gold, unmatched(labels, &places), off_scale);
    let is_labelled = |row: &Row| row.labels.iter().any(Result::is_ok);
    let labelled: Vec<&Row> = row_of.iter().flatten().copied().filter(|row| is_labelled(row)).collect();
    if labelled.is_empty() {
        let why = off_scale.map(|gap| format!(": {}", gap.detail)).unwrap_or_default();
        let what = count(gold.matched as u64, "matched row");
        let error = anyhow!("{what} of {} and no label on the scale of the rubric{why}", gold.name);
        return Err(Failure::usage(error)
            .hint("--labels says which columns hold them, --rubric on whose scale they are"));
    }
    let label = |row: &&Row, person: usize| row.labels.get(person)?.as_ref().ok().copied();
    let column = |person| labelled.iter().map(|row| label(row, person)).collect();
    let people = Table::new((0..labels.columns.len()).map(column).collect());
    let mut rows = row_of.iter();
    sheet.items.retain(|_| rows.next().is_some_and(|row| row.is_some_and(is_labelled)));
    Ok(Joined { people, gold, notes })
}

/// What became of the rows, and the first label that is not on the scale. `row_of` has the row of each item.
fn matched<'a>(
    sheet: &Sheet,
    labels: &Labels,
    row_of: &[Option<&'a Row>],
) -> Result<(Gold, Option<&'a Gap>), Failure> {
    let id = &labels.catalogue.id;
    let texts = row_of.iter().zip(&sheet.items).filter_map(|(row, item)| Some((&(*row)?.text, &item.text)));
    let other: Vec<&String> = texts.filter(|(text, task)| text != task).map(|(text, _)| text).collect();
    if labels.catalogue.numbers_rows() && !other.is_empty() {
        return Err(Failure::usage(anyhow!(
            "{} has no column of task ids, and its rows are not the rated tasks in their order",
            id.name
        ))
        .hint("--gold-columns id=COLUMN says which column holds them"));
    }
    let rows: Vec<&Row> = row_of.iter().flatten().copied().collect();
    let gaps: Vec<&Gap> =
        rows.iter().flat_map(|row| &row.labels).filter_map(|label| label.as_ref().err()).collect();
    let mut by_reason: BTreeMap<GapReason, u64> = BTreeMap::new();
    gaps.iter().for_each(|gap| *by_reason.entry(gap.reason).or_default() += 1);
    let gold = Gold {
        name: id.name.clone(),
        sha256: id.sha256.to_string(),
        labels: labels.columns.clone(),
        rows: labels.rows.len(),
        matched: rows.len(),
        tasks_without: sheet.items.len() - rows.len(),
        // A table may do without texts.
        other_text: other.iter().filter(|text| !text.is_empty()).count(),
        gaps: by_reason,
    };
    Ok((gold, gaps.into_iter().find(|gap| gap.reason != GapReason::NotAsked)))
}

/// For each row, the place of the task that it is about: that of the same occupation and id. Rows of a table
/// without occupations are found by id alone.
fn places(sheet: &Sheet, labels: &Labels) -> Result<Vec<Option<usize>>, Failure> {
    let codes: Vec<&str> = labels.catalogue.occupations.iter().map(|one| one.code.as_str()).collect();
    let foreign = |code: &str| sheet.occupations.iter().all(|occupation| occupation.code != code);
    if !matches!(codes.as_slice(), [only] if foreign(only)) {
        let places = sheet.places();
        let place = |row: &Row| places.get(&(codes.get(row.occupation).copied()?, row.id.as_str())).copied();
        return Ok(labels.rows.iter().map(place).collect());
    }
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(sheet.items.len());
    for (place, item) in sheet.items.iter().enumerate() {
        if places.insert(&item.id, place).is_some() {
            let name = &labels.catalogue.id.name;
            return Err(Failure::usage(anyhow!(
                "{name} has no occupations of the ratings, and `{}` is a task of several of them",
                item.id
            ))
            .hint("--gold-columns group=COLUMN says which column holds the codes of occupations"));
        }
    }
    Ok(labels.rows.iter().map(|row| places.get(row.id.as_str()).copied()).collect())
}

/// The occupation and id of the first rows that are about no rated task.
fn unmatched<'a>(labels: &'a Labels, places: &'a [Option<usize>]) -> impl Iterator<Item = String> + 'a {
    let missing = labels.rows.iter().zip(places).filter(|(_, place)| place.is_none());
    missing.map(|(row, _)| {
        let occupation = labels.catalogue.occupations.get(row.occupation);
        key(occupation.map_or("", |occupation| &occupation.code), &row.id)
    })
}

fn key(code: &str, id: &str) -> String {
    format!("`{} {}`", plain(code), plain(id))
}

fn nothing_matched(sheet: &Sheet, labels: &Labels) -> Failure {
    let none = vec![None; labels.rows.len()];
    let theirs: Vec<String> = unmatched(labels, &none).take(EXAMPLES).collect();
    let code = |place: usize| sheet.occupations.get(place).map_or("", |occupation| occupation.code.as_str());
    let ours = sheet.items.iter().take(EXAMPLES).map(|item| key(code(item.occupation), &item.id));
    Failure::usage(anyhow!(
        "no row of {} is about a rated task, by occupation and id: it has {}; the ratings have {}",
        labels.catalogue.id.name,
        theirs.join(", "),
        ours.collect::<Vec<String>>().join(", ")
    ))
    .hint("--gold-columns group=COLUMN,id=COLUMN says which columns hold them")
}

fn notes(gold: &Gold, mut unmatched: impl Iterator<Item = String>, off_scale: Option<&Gap>) -> Vec<String> {
    let rows = count(gold.rows as u64, "row");
    let mut matching = format!("{}: {rows}, {} about rated tasks", gold.name, gold.matched);
    if let Some(key) = unmatched.next() {
        matching += &format!("; {} about others, such as {key}", gold.rows - gold.matched);
    }
    if gold.tasks_without > 0 {
        matching += &format!("; without a row: {}", count(gold.tasks_without as u64, "rated task"));
    }
    let mut notes = vec![matching];
    if let Some(gap) = off_scale {
        let cells: u64 =
            gold.gaps.iter().filter(|(reason, _)| **reason != GapReason::NotAsked).map(|(_, n)| n).sum();
        notes.push(format!("Not on the scale, and so missing: {}; {}", count(cells, "label"), gap.detail));
    }
    if gold.other_text > 0 {
        notes
            .push(format!("Worded unlike the task that was rated: {}", count(gold.other_text as u64, "row")));
    }
    notes
}

//! `Task Ratings.txt`: what incumbents said about their tasks.

use std::collections::HashMap;

use super::ReadError;
use super::error::shown;
use super::onet::{At, Draft, Field, RATINGS, open};
use super::rows::Row;
use super::soc;

/// What the rows about one task add up to.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Rated {
    pub importance: Option<f64>,
    pub relevance: Option<f64>,
    categories: [Option<f64>; 7],
}

impl Rated {
    /// Percentages of the frequency categories; only where all seven are there.
    pub fn frequency(&self) -> Option<[f64; 7]> {
        let mut all = [0.0; 7];
        for (percent, category) in all.iter_mut().zip(self.categories) {
            *percent = category?;
        }
        Some(all)
    }

    fn has_gaps(&self) -> bool {
        self.frequency().is_none() && self.categories.iter().any(Option::is_some)
    }
}

#[derive(Debug, Default)]
pub(super) struct Ratings {
    tasks: HashMap<At, Rated>,
    suppressed: u64,
    strange: u64,
    unrated: usize,
}

/// The columns that are used.
struct Fields {
    code: Field,
    id: Field,
    scale: Field,
    category: Field,
    value: Field,
    suppress: Option<Field>,
}

impl Ratings {
    pub fn read(file: &str, bytes: &[u8], draft: &Draft) -> Result<Self, ReadError> {
        let mut rows = open(file, bytes, u64::MAX)?;
        let fields = Fields {
            code: Field::code_of(&rows)?,
            id: Field::of(&rows, "Task ID")?,
            scale: Field::of(&rows, "Scale ID")?,
            category: Field::of(&rows, "Category")?,
            value: Field::of(&rows, "Data Value")?,
            suppress: Field::optional(&rows, "Recommend Suppress"),
        };
        let mut ratings = Self::default();
        let mut row = Row::default();
        // Rows of one task stand together, so most need not look for it.
        let mut last = (String::new(), String::new());
        let mut at = None;
        while rows.next(&mut row)? {
            let (code, id) = (fields.code.cell(&row), fields.id.needed(file, &row)?);
            if code != last.0 || id != last.1 {
                last = (code.to_owned(), id.to_owned());
                at = draft.find(&fields.code.code(file, &row)?, soc::plain_id(id));
            }
            ratings.take(file, &fields, &row, at)?;
        }
        ratings.unrated = draft.tasks() - ratings.tasks.len();
        Ok(ratings)
    }

    fn take(&mut self, file: &str, fields: &Fields, row: &Row, at: Option<At>) -> Result<(), ReadError> {
        let scale = fields.scale.cell(row);
        let most = match scale {
            "IM" => 5.0,
            "RT" | "FT" => 100.0,
            _ => return Ok(()),
        };
        let least = if scale == "IM" { 1.0 } else { 0.0 };
        let value = fields.value.cell(row);
        if value.is_empty() {
            return Ok(());
        }
        let value = soc::number(value, least, most)
            .map_err(|what| fields.value.wrong(file, row, format!("{what}, as scale {scale} has it")))?;
        if fields.suppress.is_some_and(|field| field.cell(row).eq_ignore_ascii_case("Y")) {
            self.suppressed += 1;
            return Ok(());
        }
        let Some(at) = at else {
            self.strange += 1;
            return Ok(());
        };
        let rated = self.tasks.entry(at).or_default();
        let slot = match scale {
            "IM" => &mut rated.importance,
            "RT" => &mut rated.relevance,
            _ => category(file, fields.category, row, rated)?,
        };
        match slot.replace(value) {
            None => Ok(()),
            Some(_) => {
                let what = format!("is a second row of scale {scale} for the same task");
                Err(ReadError::line(file, row.line(), what))
            }
        }
    }

    /// What was not used, in words.
    pub fn notes(&self) -> Vec<String> {
        let gaps = self.tasks.values().filter(|rated| rated.has_gaps()).count();
        [
            (self.suppressed, "rows marked Recommend Suppress, used for nothing"),
            (self.strange, "rows of tasks that the statements do not have, ignored"),
            (gaps as u64, "tasks that lack some of the seven frequency categories and get no frequency"),
            (self.unrated as u64, "tasks without ratings, whose weights are imputed"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{RATINGS}: {what}: {count}"))
        .collect()
    }

    pub fn hand_out(self, mut give: impl FnMut(At, Rated)) {
        for (at, rated) in self.tasks {
            give(at, rated);
        }
    }
}

fn category<'r>(
    file: &str,
    field: Field,
    row: &Row,
    rated: &'r mut Rated,
) -> Result<&'r mut Option<f64>, ReadError> {
    let cell = field.cell(row);
    let number = soc::plain_id(cell).parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    number.and_then(|number| rated.categories.get_mut(number)).ok_or_else(|| {
        let what = format!("`{}` is not a frequency category (1 to 7)", shown(cell));
        field.wrong(file, row, what)
    })
}

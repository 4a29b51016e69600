//! What is wrong or doubtful about a rubric, before any money is spent on it.

use super::AskError;
use super::template::{KNOWN, Template};
use crate::domain::{Occupation, Rubric, Task, names};

/// A finding. Errors stop a run; the rest is advice.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub is_error: bool,
    pub text: String,
}

/// All findings at once. `columns` are those of the table the rubric is meant for, if one is known.
pub fn lint(rubric: &Rubric, columns: Option<&[String]>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, source) in [("system.md", &rubric.system), ("user.md", &rubric.user)] {
        match Template::new(&rubric.name, rubric.place(file), file, source) {
            Ok(template) => {
                let before = problems.len();
                names_of(&template, rubric, source, file, columns, &mut problems);
                // What only shows in use, such as a filter that does not exist.
                if problems.get(before..).is_none_or(|new| new.iter().all(|problem| !problem.is_error))
                    && let Err(error) = trial(&template, columns)
                {
                    problems.push(error.into());
                }
            }
            Err(error) => problems.push(Problem { is_error: true, text: error.to_string() }),
        }
    }
    if rubric.fields.first().is_some_and(|field| field != "score") {
        let file = rubric.variant.as_ref().map_or("rubric.toml", |_| "variant.toml");
        let text = format!(
            "{file}: `score` is not the first field; models that write their reasons first bunch their scores \
             together"
        );
        problems.push(Problem { is_error: false, text });
    }
    problems
}

/// Fills the template in once, with a `1` in every place.
fn trial(template: &Template, columns: Option<&[String]>) -> Result<String, AskError> {
    let one = || "1".to_owned();
    let named = template.names().iter().filter_map(|name| name.strip_prefix("item.")).map(str::to_owned);
    let columns = columns.unwrap_or_default().iter().cloned().chain(named).map(|name| (name, one()));
    let task = Task { id: one(), text: one(), columns: columns.collect(), ..Task::default() };
    template.render(&Occupation { code: one(), title: one(), description: one() }, &task)
}

fn names_of(
    template: &Template,
    rubric: &Rubric,
    source: &str,
    file: &str,
    columns: Option<&[String]>,
    problems: &mut Vec<Problem>,
) {
    let place = format!("prompts/{}", rubric.place(file));
    for name in template.names() {
        if let Some(text) = unknown(name, columns) {
            let line = source.lines().position(|line| line.contains(name.as_str()));
            let line = line.map(|line| format!("line {}: ", line + 1)).unwrap_or_default();
            problems.push(Problem { is_error: true, text: format!("{place}: {line}{text}") });
        }
    }
    let mut advise = |text: &str| {
        problems.push(Problem { is_error: false, text: format!("{place}: {text}") });
    };
    if file == "system.md" && !template.is_constant() {
        advise("depends on the task, so providers cannot reuse their prompt cache");
    }
    let shows_item = |name: &String| name == "task.text" || name.starts_with("item");
    if file == "user.md" && !template.names().iter().any(shows_item) {
        advise("shows neither task.text nor a column of the item: every question is the same");
    }
    if template.names().iter().any(|name| name == "task.type") {
        advise("uses task.type, so a new O*NET release asks again where only the type has changed");
    }
}

fn unknown(name: &str, columns: Option<&[String]>) -> Option<String> {
    if KNOWN.contains(&name) || name == "item" {
        return None;
    }
    let Some(column) = name.strip_prefix("item.") else {
        let near = names::nearest(name, KNOWN).map(|near| format!(", did you mean `{near}`?"));
        return Some(format!(
            "no such name: `{name}`{}",
            near.unwrap_or_else(|| format!("; known are {} and item.COLUMN", KNOWN.join(", ")))
        ));
    };
    let columns = columns?;
    if columns.is_empty() {
        return Some(format!("`item.{column}` is a column of a table, and this is none (--items FILE)"));
    }
    if columns.iter().any(|known| known == column) {
        return None;
    }
    Some(format!("the table has no column `{column}`; it has {}", columns.join(", ")))
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        Self { is_error: true, text: error.to_string() }
    }
}

//! `rubrics`: what raters are told, looked at before it costs anything.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use anyhow::anyhow;

use super::output::{print, print_grid, print_json};
use super::{Desk, Exit, Failure, raters, setup};
use crate::ask::{self, Problem};
use crate::cli::{self, Rubrics};
use crate::domain::{Form, Rubric, Scale, Share};
use crate::read::{self, Catalogue, Columns};
use crate::report::Align;

pub(super) fn rubrics(desk: &Desk, command: Rubrics) -> Result<Exit, Failure> {
    match command {
        Rubrics::List => list(desk),
        Rubrics::Show { name } => show(desk, &name),
        Rubrics::Lint { name, items } => lint(desk, &name, items.as_deref()),
        Rubrics::Render { name, score } => render(desk, &name, &score),
    }
}

fn list(desk: &Desk) -> Result<Exit, Failure> {
    let prompts = desk.config.prompts();
    let mut rows = Vec::new();
    for (name, origin) in read::rubric_names(Some(&prompts))? {
        let variants = read::variant_names(&name, Some(&prompts)).unwrap_or_default();
        // One that is being written must not hide the others.
        let row = match read::rubric(&name, Some(&prompts)) {
            Ok(rubric) => [name, rubric.version, scale(&rubric.scale), origin.to_owned(), rubric.summary],
            Err(error) => [name, String::new(), String::new(), origin.to_owned(), format!("BROKEN: {error}")],
        };
        rows.push((row, variants));
    }
    let header = ["name", "version", "scale", "from", "summary"];
    if desk.global.json {
        let object = |(row, variants): &([String; 5], Vec<String>)| {
            let pairs = header.iter().zip(row).map(|(key, value)| ((*key).to_owned(), value.clone().into()));
            let variants = ("variants".to_owned(), variants.clone().into());
            serde_json::Value::Object(pairs.chain([variants]).collect())
        };
        print_json(&rows.iter().map(object).collect::<Vec<_>>().into())?;
    } else {
        let mut shown = Vec::new();
        for (row, variants) in rows {
            let name = row.first().cloned().unwrap_or_default();
            shown.push(Vec::from(row));
            shown.extend(variants.iter().map(|variant| variant_row(&name, variant, &prompts)));
        }
        print_grid(&header, &[Align::Left; 5], shown)?;
    }
    Ok(Exit::Done)
}

/// Below its rubric: what it is called there, and what is different.
fn variant_row(rubric: &str, variant: &str, prompts: &Path) -> Vec<String> {
    let is_own = prompts.join(rubric).join("variants").join(variant).is_dir();
    let origin = if is_own { "prompts/" } else { "built in" };
    let joint = Rubric::JOINT;
    let note = match read::rubric(&format!("{rubric}{joint}{variant}"), Some(prompts)) {
        Ok(read) => read.variant.map(|variant| variant.note).unwrap_or_default(),
        Err(error) => format!("BROKEN: {error}"),
    };
    vec![format!("  {joint}{variant}"), String::new(), String::new(), origin.to_owned(), note]
}

fn scale(scale: &Scale) -> String {
    match scale {
        Scale::Integer { min, max } => format!("{min} to {max}"),
        Scale::Ordinal { min, max } => format!("levels {min} to {max}"),
        Scale::Nominal { labels } => {
            let labels: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}={value}")).collect();
            labels.join(" ")
        }
    }
}

fn show(desk: &Desk, name: &str) -> Result<Exit, Failure> {
    let rubric = setup::rubric(desk, Some(name))?;
    let schema = ask::schema(&rubric, Form::Schema);
    let variants = read::variant_names(name, Some(&desk.config.prompts()))?;
    if desk.global.json {
        print_json(&serde_json::json!({
            "id": rubric.id, "version": rubric.version, "title": rubric.title, "summary": rubric.summary,
            "scale": scale(&rubric.scale), "fields": rubric.fields, "variants": variants, "sha256": rubric.sha256.to_string(),
            "system": rubric.system, "user": rubric.user, "schema": schema,
        }))?;
        return Ok(Exit::Done);
    }
    let about = match (&rubric.variant, variants.as_slice()) {
        (Some(variant), _) if !variant.note.is_empty() => format!("variant {}\n", variant.note),
        (_, []) => String::new(),
        (_, names) => format!("variants  {}\n", names.join(", ")),
    };
    print(&format!(
        "{} {}  {}\nscale   {}\nfields  {}\n{about}schema  {schema}\nsha256  {}\n\n--- system.md\n{}\n--- \
         user.md\n{}",
        rubric.shown(),
        rubric.version,
        rubric.summary,
        scale(&rubric.scale),
        rubric.fields.join(", "),
        rubric.sha256,
        rubric.system,
        rubric.user
    ))?;
    Ok(Exit::Done)
}

fn lint(desk: &Desk, name: &str, items: Option<&Path>) -> Result<Exit, Failure> {
    let rubric = setup::rubric(desk, Some(name))?;
    let table = match items {
        Some(items) => Some(Catalogue::table(&desk.folder().join(items), &Columns::default())?),
        None => None,
    };
    let columns = table.as_ref().map(Catalogue::column_names);
    let mut problems = ask::lint(&rubric, columns);
    let prompts = desk.config.prompts();
    let variants = read::variant_names(name, Some(&prompts))?;
    for variant in &variants {
        match read::rubric(&format!("{name}{}{variant}", Rubric::JOINT), Some(&prompts)) {
            Ok(variant) => problems.extend(ask::lint(&variant, columns)),
            Err(error) => problems.push(Problem { is_error: true, text: error.to_string() }),
        }
    }
    // What a variant has of its rubric is told once.
    let mut told = HashSet::new();
    problems.retain(|problem| told.insert(problem.text.clone()));
    for problem in &problems {
        let kind = if problem.is_error { "error" } else { "advice" };
        print(&format!("{kind}: {}\n", problem.text))?;
    }
    let errors = problems.iter().filter(|problem| problem.is_error).count();
    if errors > 0 {
        return Err(Failure::usage(anyhow!("rubric `{name}`: {errors} to mend")));
    }
    match variants.as_slice() {
        [] => desk.talk.say(format_args!("Rubric `{name}` can be used.")),
        some => {
            let some = some.join(", ");
            desk.talk.say(format_args!("Rubric `{name}` can be used, and its variants: {some}."));
        }
    }
    Ok(Exit::Done)
}

/// Prints the first question of the selection as it would be sent.
fn render(desk: &Desk, name: &str, args: &cli::Score) -> Result<Exit, Failure> {
    let catalogue = setup::items_or_catalogue(desk, args)?;
    let mut selection = setup::selection(&catalogue, args)?;
    if selection.share == Share::All {
        selection.share = Share::First(1);
    }
    let rubric = Arc::new(setup::rubric(desk, Some(name))?);
    setup::check_rubric(&rubric, &catalogue)?;
    let raters = raters::raters(desk, (&args.models, raters::Manner::Config), &rubric, &catalogue)?;
    let asker = raters.iter().find_map(|rater| rater.asker.as_ref());
    let asker = asker.ok_or_else(|| Failure::usage(anyhow!("none of the models is asked anything")))?;
    for placed in catalogue.walk(&selection)? {
        let (index, task) = placed?;
        let Some(occupation) = catalogue.occupations.get(index) else { continue };
        let question = asker.question(occupation, &task, 1)?;
        let context = &question.it.context.it;
        print(&format!(
            "--- system\n{}\n--- user\n{}\n--- schema\n{}\n--- key\n{}\n",
            context.system, question.it.user, context.schema, question.key
        ))?;
    }
    Ok(Exit::Done)
}

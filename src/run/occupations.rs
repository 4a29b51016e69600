//! `occupations`: those of the catalogue, and one's own.

use anyhow::anyhow;

use super::output::{print, print_grid, print_json};
use super::{Desk, Exit, Failure, setup};
use crate::cli::Occupations;
use crate::domain::{Selection, Weighting, names};
use crate::report::{Align, plain};
use crate::{read, tally, write};

pub(super) fn occupations(desk: &Desk, command: Occupations) -> Result<Exit, Failure> {
    match command {
        Occupations::List(args) => list(desk, args.catalog.as_deref()),
        Occupations::Show { occupation, catalog } => show(desk, &occupation, catalog.catalog.as_deref()),
        Occupations::New { title } => new(desk, &title),
        Occupations::Check(args) => check(desk, args.catalog.as_deref()),
    }
}

fn list(desk: &Desk, catalog: Option<&str>) -> Result<Exit, Failure> {
    let catalogue = setup::catalogue(desk, catalog)?;
    let mut counts = vec![0_u64; catalogue.occupations.len()];
    for placed in catalogue.walk(&Selection::default())? {
        let (index, _) = placed?;
        if let Some(count) = counts.get_mut(index) {
            *count += 1;
        }
    }
    let rows = catalogue.occupations.iter().zip(&counts);
    if desk.global.json {
        let rows = rows.map(|(one, tasks)| {
            serde_json::json!({"code": one.code, "title": one.title, "slug": names::slug(&one.title), "tasks": tasks})
        });
        print_json(&rows.collect::<Vec<_>>().into())?;
    } else {
        let rows = rows.map(|(one, tasks)| vec![one.code.clone(), tasks.to_string(), one.title.clone()]);
        print_grid(&["code", "tasks", "title"], &[Align::Left, Align::Right, Align::Left], rows.collect())?;
    }
    Ok(Exit::Done)
}

fn show(desk: &Desk, query: &str, catalog: Option<&str>) -> Result<Exit, Failure> {
    let catalogue = setup::catalogue(desk, catalog)?;
    let index = setup::occupation(&catalogue, query)?;
    let selection = Selection { occupations: Some(vec![index]), ..Selection::default() };
    let (base, own_first) = setup::weighting(desk, None, &catalogue)?;
    let tasks = catalogue
        .walk(&selection)?
        .map(|placed| placed.map(|(_, task)| task))
        .collect::<Result<Vec<_>, _>>()?;
    let gives_its_own = own_first && tasks.iter().all(|task| task.weight.is_some());
    let weighting = if gives_its_own { Weighting::Given } else { base };
    let weights: Vec<f64> = tasks.iter().map(|task| tally::weigh(weighting, task).weight).collect();
    let all: f64 = weights.iter().sum();
    let share = |weight: &f64| if all > 0.0 { weight / all } else { 0.0 };
    let occupation = catalogue
        .occupations
        .get(index)
        .ok_or_else(|| Failure::new(Exit::Failed, anyhow!("lost the occupation")))?;
    if desk.global.json {
        let tasks = tasks.iter().zip(&weights).map(|(task, weight)| {
            serde_json::json!({"id": task.id, "text": task.text, "type": task.kind.name(), "weight": share(weight)})
        });
        print_json(&serde_json::json!({
            "code": occupation.code, "title": occupation.title, "description": occupation.description,
            "weights": weighting.name(), "tasks": tasks.collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::Done);
    }
    print(&format!("  {}  {}\n\n", plain(&occupation.title), plain(&occupation.code)))?;
    if !occupation.description.is_empty() {
        print_grid(&[], &[Align::Left], vec![vec![occupation.description.clone()]])?;
        print("\n")?;
    }
    let rows = tasks.iter().zip(&weights).map(|(task, weight)| {
        vec![
            task.id.clone(),
            format!("{:.1} %", share(weight) * 100.0),
            task.kind.name().to_owned(),
            task.text.clone(),
        ]
    });
    let header = ["id", weighting.name(), "type", "task"];
    print_grid(&header, &[Align::Right, Align::Right, Align::Left, Align::Left], rows.collect())?;
    Ok(Exit::Done)
}

fn new(desk: &Desk, title: &str) -> Result<Exit, Failure> {
    let slug = names::slug(title);
    if slug.is_empty() {
        return Err(Failure::usage(anyhow!("`{title}` has no letters to name a file by")));
    }
    let path = desk.config.occupations().join(format!("{slug}.toml"));
    if !write::new_file(&path, read::new_own_template(title).as_bytes())? {
        return Err(Failure::usage(anyhow!("{} is there already", path.display())));
    }
    desk.talk.say(format_args!(
        "Written: {}. Fill in its tasks, then: score-tasks occupations check",
        path.display()
    ));
    Ok(Exit::Done)
}

fn check(desk: &Desk, catalog: Option<&str>) -> Result<Exit, Failure> {
    let folder = desk.config.occupations();
    let (own, broken): (Vec<_>, Vec<_>) = read::own_files(&folder)?.into_iter().partition(Result::is_ok);
    let problems: Vec<String> =
        broken.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
    if !problems.is_empty() {
        return Err(Failure::usage(anyhow!("{}", problems.join("\n"))));
    }
    let own: Vec<_> = own.into_iter().flatten().collect();
    for one in
        own.iter().filter(|one| one.tasks.iter().any(|task| task.text.starts_with(read::TEMPLATE_TASK)))
    {
        desk.talk.say(format_args!("{} still has the sentence of the template as a task", one.file));
    }
    let rows: Vec<Vec<String>> = own
        .iter()
        .map(|one| vec![one.slug.clone(), one.tasks.len().to_string(), one.title.clone()])
        .collect();
    // Codes to borrow from and clashes of names show only beside the catalogue.
    setup::catalogue(desk, catalog)?;
    if rows.is_empty() {
        desk.talk.say(format_args!("No own occupations in {}", folder.display()));
    } else {
        let aligns = [Align::Left, Align::Right, Align::Left, Align::Left];
        print_grid(&["slug", "tasks", "title", "source of the tasks"], &aligns, rows)?;
    }
    Ok(Exit::Done)
}

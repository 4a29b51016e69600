//! From config and flags to a job: which catalogue, which tasks, which raters, which rubric.

use std::sync::Arc;

use anyhow::anyhow;

use super::drift::SEED_OF_ANCHORS;
use super::raters::{Manner, raters};
use super::{Desk, Exit, Failure, data};
use crate::ask;
use crate::cli;
use crate::domain::{Adaptive, Instant, Release, Rubric, Selection, Share, Until, Weighting, names};
use crate::measure::Rounds;
use crate::pass::{CHUNK, Job, Rater};
use crate::read::{self, Candidate, Catalogue, Columns, Found};
use crate::store::{Store, StoreError};
use crate::tally::{self, Combination};

/// Opens what `--catalog` or the config names, with the own occupations in front.
pub(super) fn catalogue(desk: &Desk, named: Option<&str>) -> Result<Catalogue, Failure> {
    let base = match named.unwrap_or(&desk.config.catalog) {
        "demo" => Catalogue::demo()?,
        name => match data::imported(desk, name)? {
            Some(imported) => imported,
            None => at_path(desk, name, named.is_some())?,
        },
    };
    Ok(base.with_own(read::own(&desk.config.occupations())?)?)
}

/// A release or a table; a path in a flag is meant from the working folder, in the config from the
/// config's.
fn at_path(desk: &Desk, name: &str, is_flag: bool) -> Result<Catalogue, Failure> {
    let folder = if is_flag { desk.folder() } else { desk.config.root.clone() };
    let path = folder.join(name);
    if !path.exists() {
        let error = anyhow!("no catalogue `{name}`: neither imported, nor a folder, a zip or a table");
        let hint = match Release::from_name(name) {
            Some(release) => format!("score-tasks data fetch onet --release {}", release.flag()),
            None if name == Release::NEWEST => "score-tasks data fetch onet".to_owned(),
            None => "score-tasks data list".to_owned(),
        };
        return Err(Failure::usage(error).hint(hint));
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    Ok(match ending.as_str() {
        "csv" | "tsv" | "jsonl" | "ndjson" => Catalogue::table(&path, &Columns::default())?,
        _ => Catalogue::open(&path)?,
    })
}

/// The catalogue that a scoring command is about.
pub(super) fn items_or_catalogue(desk: &Desk, args: &cli::Score) -> Result<Catalogue, Failure> {
    let Some(items) = &args.items else { return catalogue(desk, args.catalog.as_deref()) };
    let map = args.columns.iter().map(|pair| column("--columns", pair)).collect::<Result<_, _>>()?;
    Ok(Catalogue::table(&desk.folder().join(items), &Columns { map, ..Columns::default() })?)
}

/// `NAME=COLUMN`; an empty column says that the table has none, whatever its columns are called.
pub(super) fn column(flag: &str, pair: &str) -> Result<(String, String), Failure> {
    match pair.split_once('=') {
        Some((name, column)) => Ok((name.trim().to_owned(), column.to_owned())),
        None => Err(Failure::usage(anyhow!("{flag} {pair}: write NAME=COLUMN, such as text=Question"))),
    }
}

pub(super) fn rubric(desk: &Desk, named: Option<&str>) -> Result<Rubric, Failure> {
    let name = named.unwrap_or(&desk.config.rubric);
    Ok(read::rubric(name, Some(&desk.config.prompts()))?)
}

/// All tasks, or how many and which.
pub(super) fn share(args: &cli::Score) -> Share {
    match (args.limit, args.pick) {
        (Some(count), _) => Share::First(count),
        (None, Some(count)) => Share::Random { count, seed: args.seed.unwrap_or(0) },
        (None, None) => Share::All,
    }
}

/// Which tasks are meant.
pub(super) fn selection(catalogue: &Catalogue, args: &cli::Score) -> Result<Selection, Failure> {
    let share = share(args);
    let named = !args.occupation.is_empty() || !args.group.is_empty();
    if args.all || (args.items.is_some() && !named) {
        return Ok(Selection { occupations: None, share });
    }
    if !named {
        let error = anyhow!("nothing to score: name it with --occupation, --group, --all or --items");
        return Err(Failure::usage(error).hint(
            "score-tasks find WORDS searches; score-tasks --occupation \"AI/ML Engineers\" runs as it is",
        ));
    }
    let mut chosen = Vec::new();
    for query in queries(&args.occupation)? {
        chosen.push(occupation(catalogue, &query)?);
    }
    for group in &args.group {
        chosen.extend(in_group(catalogue, group)?);
    }
    chosen.sort_unstable();
    chosen.dedup();
    Ok(Selection { occupations: Some(chosen), share })
}

/// `-` stands for the lines of stdin.
pub(super) fn queries(typed: &[String]) -> Result<Vec<String>, Failure> {
    let mut queries = Vec::new();
    for query in typed {
        if query == "-" {
            let lines = std::io::stdin().lines().collect::<Result<Vec<String>, _>>()?;
            queries
                .extend(lines.into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()));
        } else {
            queries.push(query.clone());
        }
    }
    Ok(queries)
}

/// The one occupation that is meant; never a guess.
pub(super) fn occupation(catalogue: &Catalogue, query: &str) -> Result<usize, Failure> {
    match catalogue.resolve(query)? {
        Found::One(index) => Ok(index),
        Found::Several(candidates) => {
            let list = listed(catalogue, &candidates);
            Err(Failure::new(
                Exit::Occupation,
                anyhow!("`{query}` may be any of {} occupations:\n{list}", candidates.len()),
            )
            .hint("name one by its code or its full title"))
        }
        Found::Nothing { near } if near.is_empty() => Err(Failure::new(
            Exit::Occupation,
            anyhow!("no occupation `{query}` in {}, and none like it", catalogue.id.name),
        )
        .hint("score-tasks find WORD; score-tasks occupations new TITLE makes your own")),
        Found::Nothing { near } => {
            let list = listed(catalogue, &near);
            Err(Failure::new(
                Exit::Occupation,
                anyhow!("no occupation `{query}` in {}; near to it:\n{list}", catalogue.id.name),
            )
            .hint("name one by its code or its full title"))
        }
    }
}

fn listed(catalogue: &Catalogue, candidates: &[Candidate]) -> String {
    let lines: Vec<String> = candidates
        .iter()
        .filter_map(|candidate| {
            let occupation = catalogue.occupations.get(candidate.index)?;
            let also = if candidate.matched.is_empty() {
                String::new()
            } else {
                format!("  ({})", candidate.matched)
            };
            Some(format!("  {}  {}{also}", occupation.code, occupation.title))
        })
        .collect();
    lines.join("\n")
}

/// The occupations of a group; an error where there are none.
pub(super) fn in_group(catalogue: &Catalogue, group: &str) -> Result<Vec<usize>, Failure> {
    let found = catalogue.in_group(group);
    if !found.is_empty() {
        return Ok(found);
    }
    let mut groups: Vec<&str> =
        catalogue.occupations.iter().filter_map(|occupation| occupation.major_group()).collect();
    groups.dedup();
    Err(Failure::new(Exit::Occupation, anyhow!("no occupation in group `{group}`")).hint(format!(
        "major groups of {}: {}",
        catalogue.id.name,
        groups.join(", ")
    )))
}

/// The weights that are asked for, or the best that the catalogue has; and whether tasks that bring a
/// weight of their own go by that.
pub(super) fn weighting(
    desk: &Desk,
    named: Option<&str>,
    catalogue: &Catalogue,
) -> Result<(Weighting, bool), Failure> {
    let wanted = match named {
        None => desk.config.weights,
        Some("auto") => None,
        Some(name) => Some(Weighting::from_name(name).ok_or_else(|| {
            let all = Weighting::ALL.map(Weighting::name);
            let near = names::nearest(name, all).map(|near| format!(", did you mean `{near}`?"));
            let near = near.unwrap_or_else(|| format!("; known are auto, {}", all.join(", ")));
            Failure::usage(anyhow!("no such weights: `{name}`{near}"))
        })?),
    };
    let has = |weighting: Weighting| catalogue.weightings.contains(&weighting);
    match wanted {
        Some(weighting) if has(weighting) => Ok((weighting, false)),
        Some(weighting) => {
            let have: Vec<&str> = catalogue.weightings.iter().map(|weighting| weighting.name()).collect();
            let name = &catalogue.id.name;
            Err(Failure::usage(anyhow!("{name} has nothing for the weights `{weighting}`"))
                .hint(format!("it has: {}", have.join(", "))))
        }
        None if has(Weighting::Importance) => Ok((Weighting::Importance, true)),
        None => Ok((Weighting::Core, true)),
    }
}

/// How many anchors are asked anew, and from when on answers to them count.
fn anchored(desk: &Desk, args: &cli::Score) -> Result<Option<(u64, Instant)>, Failure> {
    let Some(count) = args.anchors else { return Ok(None) };
    if args.anchors_since.is_none() && (args.offline || args.as_of.is_some()) {
        return Err(Failure::usage(anyhow!("anchors are asked anew, and nothing is asked here")).hint(
            "--anchors-since TIME says from when on answers to them count; the run that asked them told it",
        ));
    }
    Ok(Some((count, args.anchors_since.unwrap_or_else(|| desk.clock.now()))))
}

fn adaptive(args: &cli::Score) -> Option<Adaptive> {
    let until = args.until_se.map(Until::Se).or(args.until_agree.map(Until::Agree))?;
    Some(Adaptive { until, most: args.max_samples })
}

/// How raters become one score, and how well it is known. Effects come with the ratings.
pub(super) fn tally(desk: &Desk, args: &cli::Score, raters: &[Rater]) -> tally::Method {
    let how = args.combine.unwrap_or(desk.config.combine);
    let weights = raters.iter().map(|rater| rater.model.weight).collect();
    tally::Method {
        combination: Combination { how, weights, effects: Vec::new() },
        bands: desk.config.bands.clone(),
        rounds: Rounds { count: desk.config.bootstrap, seed: 0 },
    }
}

/// Stops on errors in the rubric, all at once.
pub(super) fn check_rubric(rubric: &Rubric, catalogue: &Catalogue) -> Result<(), Failure> {
    let errors: Vec<String> = ask::lint(rubric, Some(catalogue.column_names()))
        .into_iter()
        .filter(|problem| problem.is_error)
        .map(|problem| problem.text)
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(Failure::usage(anyhow!("{}", errors.join("\n")))
        .hint(format!("score-tasks rubrics lint {}", rubric.name)))
}

/// All of it together. A store that is there opens while the catalogue is read: both take some
/// milliseconds, which is most of a small run. One that is not is made only once all else is right.
pub(super) fn job(desk: &Desk, args: &cli::Score, only_reads: bool) -> Result<Job, Failure> {
    job_about(desk, args, only_reads, |catalogue| selection(catalogue, args))
}

/// The same tasks and raters under another wording of the rubric.
pub(super) fn reworded(desk: &Desk, args: &cli::Score, job: &Job, rubric: Rubric) -> Result<Job, Failure> {
    check_rubric(&rubric, &job.catalogue)?;
    let rubric = Arc::new(rubric);
    let raters = raters(desk, (&args.models, Manner::told(args)), &rubric, &job.catalogue)?;
    let (catalogue, store) = (Arc::clone(&job.catalogue), job.store.clone());
    let selection = job.selection.clone();
    let Job { samples, adaptive, only_unanswered, reask, chunk, .. } = *job;
    let anchors = None;
    Ok(Job {
        catalogue,
        selection,
        rubric,
        raters,
        samples,
        adaptive,
        anchors,
        only_unanswered,
        reask,
        store,
        chunk,
    })
}

/// The same about tasks that are selected in another way than by the flags.
pub(super) fn job_about(
    desk: &Desk,
    args: &cli::Score,
    only_reads: bool,
    select: impl FnOnce(&Catalogue) -> Result<Selection, Failure>,
) -> Result<Job, Failure> {
    let path = &desk.config.cache;
    std::thread::scope(|scope| {
        let open = if only_reads { Store::open_to_read } else { Store::open };
        let opening = path.exists().then(|| scope.spawn(move || open(path)));
        let catalogue = Arc::new(items_or_catalogue(desk, args)?);
        let selection = select(&catalogue)?;
        if catalogue.count(&selection)? == 0 {
            return Err(Failure::usage(anyhow!("nothing to score: the selection has no tasks")));
        }
        let rubric = Arc::new(rubric(desk, args.rubric.as_deref())?);
        check_rubric(&rubric, &catalogue)?;
        let raters = raters(desk, (&args.models, Manner::told(args)), &rubric, &catalogue)?;
        let store = match opening {
            Some(opening) => opening.join().unwrap_or(Err(StoreError::Stopped))?,
            None if only_reads => Store::in_memory()?,
            None => Store::open(path)?,
        };
        let adaptive = adaptive(args);
        let samples = args.samples.unwrap_or(desk.config.samples);
        // A rule needs something to go by.
        let samples = adaptive.map_or(samples, |rule| samples.max(tally::LEAST).min(rule.most));
        let reask = desk.config.reask;
        let anchors = None;
        let job = Job {
            catalogue,
            selection,
            rubric,
            raters,
            samples,
            adaptive,
            anchors,
            only_unanswered: args.changed,
            reask,
            store,
            chunk: CHUNK,
        };
        match anchored(desk, args)? {
            Some((count, from)) => Ok(job.with_anchors(count, SEED_OF_ANCHORS, from)?),
            None => Ok(job),
        }
    })
}

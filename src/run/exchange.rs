//! `cache export` and `cache import`: answers between stores, as JSON lines.

use std::io::BufRead;
use std::path::Path;

use anyhow::anyhow;

use super::output::{Sink, print_json};
use super::{Desk, Exit, Failure, cache};
use crate::read;
use crate::report::count;
use crate::store::{self, Export, ExportError, ImportError, Imported, Store};

/// Writes every answer there is; those that are damaged are named and left out.
pub(super) fn export(desk: &Desk, output: Option<&Path>) -> Result<Exit, Failure> {
    let path = &desk.config.cache;
    let output = output.map(|output| desk.folder().join(output));
    if let Some(output) = output.as_ref().filter(|output| is_same(output, path)) {
        let error = anyhow!("{} is the store itself, and would be overwritten", output.display());
        return Err(Failure::usage(error).hint("name another file with --output"));
    }
    let mut sink = Sink::new(output.as_deref())?;
    let exported = store::export(path, &cache::KEYS, &mut sink).map_err(|error| match error {
        ExportError::Store(error) => error.into(),
        ExportError::Write(error) => Failure::from(error),
    })?;
    sink.finish()?;
    let (answers, contexts) = (count(exported.answers, "answer"), count(exported.contexts, "context"));
    let to = output.map(|output| format!(" to {}", output.display())).unwrap_or_default();
    desk.talk.say(format_args!("Written{to}: {answers}, {contexts}"));
    if exported.damage.is_empty() {
        return Ok(Exit::Done);
    }
    Err(cache::damaged(&exported.damage, "left out, for they are not as they were written"))
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// Takes in what is not there yet; `-` is stdin.
pub(super) fn import(desk: &Desk, file: &Path) -> Result<Exit, Failure> {
    let (name, export) = if file == Path::new("-") {
        ("stdin".to_owned(), begin(Box::new(std::io::stdin().lock()), "stdin")?)
    } else {
        let path = desk.folder().join(file);
        let name = path.display().to_string();
        (name.clone(), begin(Box::new(read::once(&path)?), &name)?)
    };
    let store = Store::open(&desk.config.cache)?;
    let imported = export.import_into(&store, &cache::KEYS).map_err(|error| failure(error, &name))?;
    let Imported { new, known, refused, first_refused } = &imported;
    if desk.global.json {
        let lines: Vec<_> =
            first_refused.iter().map(|one| serde_json::json!({"line": one.line, "why": one.why})).collect();
        print_json(&serde_json::json!({
            "taken_in": new, "there_already": known, "refused": refused, "first_refused": lines,
        }))?;
    }
    let were = if *known == 1 { "was" } else { "were" };
    desk.talk.say(format_args!("{} taken in, {known} {were} there already", count(*new, "answer")));
    all_fit(&imported, &name).map_err(|failure| {
        failure.hint("what fits is taken in; lines that were changed or cut off have to be exported anew")
    })?;
    Ok(Exit::Done)
}

/// Reads a whole recording into a store. One line that does not fit makes it no recording.
pub(super) fn import_into(store: &Store, path: &Path) -> Result<(), Failure> {
    let name = path.display().to_string();
    let export = begin(Box::new(read::once(path)?), &name)?;
    let imported = export.import_into(store, &cache::KEYS).map_err(|error| failure(error, &name))?;
    all_fit(&imported, &name)
        .map_err(|failure| failure.hint("a recording that was changed or cut off has to be fetched anew"))
}

type Input = Box<dyn BufRead>;

fn begin(from: Input, name: &str) -> Result<Export<Input>, Failure> {
    Export::begin(from).map_err(|error| failure(error, name))
}

fn failure(error: ImportError, name: &str) -> Failure {
    match error {
        ImportError::Store(error) => error.into(),
        ImportError::Read(error) => {
            Failure::new(Exit::Failed, anyhow::Error::from(error).context(format!("{name} cannot be read")))
        }
        ImportError::NotAnExport { .. } => Failure::usage(anyhow!("{name} {error}"))
            .hint("`score-tasks cache export --output FILE` writes one"),
        ImportError::Newer { .. } => {
            Failure::usage(anyhow!("{name} {error}")).hint("install the newer version that has written it")
        }
    }
}

fn all_fit(imported: &Imported, name: &str) -> Result<(), Failure> {
    let Imported { refused, first_refused, .. } = imported;
    if *refused == 0 {
        return Ok(());
    }
    let mut lines: Vec<String> =
        first_refused.iter().map(|one| format!("  line {}: {}", one.line, one.why)).collect();
    match refused - first_refused.len() as u64 {
        0 => {}
        more => lines.push(format!("  and {more} more")),
    }
    let refused = count(*refused, "line");
    Err(Failure::usage(anyhow!("{refused} of {name} refused:\n{}", lines.join("\n"))))
}

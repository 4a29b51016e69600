//! `data`: catalogues brought in, listed, and checked against what was brought in. `fetch` is next door.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde::{Deserialize, Serialize};

use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure, fetch};
use crate::cli::Data;
use crate::domain::{Hash, Release, Selection, names};
use crate::read::{self, Catalogue};
use crate::report::Align;
use crate::write::{self, WriteError};

/// Written beside an imported catalogue.
#[derive(Serialize, Deserialize)]
struct Manifest {
    /// What the release calls itself.
    title: String,
    /// Over the files that scores depend on; reports cite it.
    sha256: String,
    occupations: usize,
    tasks: u64,
    files: Vec<FileHash>,
}

#[derive(Serialize, Deserialize, PartialEq)]
pub(super) struct FileHash {
    name: String,
    sha256: String,
}

pub(super) fn data(desk: &Desk, command: Data) -> Result<Exit, Failure> {
    match command {
        Data::Import { path, name } => import(desk, &path, name),
        Data::Fetch { release, .. } => fetch::fetch(desk, release),
        Data::List => list(desk),
        Data::Verify { name } => verify(desk, name),
    }
}

fn import(desk: &Desk, path: &Path, name: Option<String>) -> Result<Exit, Failure> {
    let path = desk.folder().join(path);
    let catalogue = Catalogue::open(&path)?;
    let name = name.unwrap_or_else(|| names::slug(&catalogue.id.name.replace('*', "")));
    let stands_for_another = ["demo", Release::NEWEST].contains(&name.as_str());
    if name.is_empty() || names::slug(&name) != name || stands_for_another {
        return Err(Failure::usage(anyhow!("`{name}` is no name for a catalogue"))
            .hint("letters, digits and dashes, other than `demo` and `onet`: --name onet-30-1"));
    }
    if is_there(desk, &name) {
        return Err(Failure::usage(anyhow!("there is a catalogue `{name}` already"))
            .hint("choose another with --name, or remove it from cache/catalogs first"));
    }
    if kept_at(desk, &name).exists() {
        return Err(left_over(desk, &name).hint("remove it, or choose another name with --name"));
    }
    let files = read::whole_files(&path)?;
    keep(desk, &name, &catalogue, hashes(&files), || {
        if path.is_dir() {
            return write::folder(&desk.config.catalogs().join(&name), &files);
        }
        files.first().map_or(Ok(()), |(_, bytes)| write::file(&zip_path(desk, &name), bytes))
    })
}

/// Puts a catalogue in place together with what is written down of it, and says how it is used.
pub(super) fn keep(
    desk: &Desk,
    name: &str,
    catalogue: &Catalogue,
    files: Vec<FileHash>,
    put_in_place: impl FnOnce() -> Result<(), WriteError>,
) -> Result<Exit, Failure> {
    let manifest = Manifest {
        title: catalogue.id.name.clone(),
        sha256: catalogue.id.sha256.to_string(),
        occupations: catalogue.occupations.len(),
        tasks: catalogue.count(&Selection::default())?,
        files,
    };
    put_in_place()?;
    // Last, so that a catalogue with a manifest is whole.
    let path = manifest_path(&desk.config.catalogs(), name);
    write::file(&path, format!("{}\n", json(&manifest)?).as_bytes())?;
    let is_newest = newest(&manifests(desk)?).is_some_and(|newest| newest.name() == name);
    let also = if is_newest { format!(" or --catalog {}", Release::NEWEST) } else { String::new() };
    let Manifest { title, occupations, tasks, .. } = &manifest;
    desk.talk.say(format_args!(
        "{title}: {occupations} occupations, {tasks} tasks. Use it with --catalog {name}{also}"
    ));
    for note in &catalogue.notes {
        desk.talk.say(note);
    }
    Ok(Exit::Done)
}

/// Whether a catalogue of this name was brought in.
pub(super) fn is_there(desk: &Desk, name: &str) -> bool {
    manifest_path(&desk.config.catalogs(), name).exists()
}

/// A catalogue that was put in place without its manifest.
pub(super) fn left_over(desk: &Desk, name: &str) -> Failure {
    let left = kept_at(desk, name);
    Failure::usage(anyhow!("{} is left of an import that was cut off", left.display()))
}

/// The newest release of O*NET among them.
fn newest(manifests: &[(String, Manifest)]) -> Option<Release> {
    manifests.iter().filter_map(|(name, _)| Release::from_name(name)).max()
}

fn json(manifest: &Manifest) -> Result<String, Failure> {
    serde_json::to_string_pretty(manifest).map_err(|error| Failure::new(Exit::Failed, error))
}

impl FileHash {
    pub(super) fn of(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.to_owned(), sha256: Hash::of(bytes).to_string() }
    }
}

fn hashes(files: &[(String, Vec<u8>)]) -> Vec<FileHash> {
    files.iter().map(|(name, bytes)| FileHash::of(name, bytes)).collect()
}

fn manifest_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// Opens an imported catalogue by its name, if there is one; refuses one that is not as it was. `onet`
/// is the newest release of O*NET.
pub(super) fn imported(desk: &Desk, name: &str) -> Result<Option<Catalogue>, Failure> {
    let all = manifests(desk)?;
    let newest = if name == Release::NEWEST { newest(&all) } else { None };
    let name = newest.map_or_else(|| name.to_owned(), Release::name);
    let Some((_, manifest)) = all.into_iter().find(|(known, _)| *known == name) else {
        return Ok(None);
    };
    let catalogue = Catalogue::open(&kept_at(desk, &name))?;
    if catalogue.id.sha256.to_string() != manifest.sha256 {
        let error = anyhow!("the catalogue `{name}` is not as it was imported");
        return Err(Failure::new(Exit::Gate, error).hint(format!("score-tasks data verify {name}")));
    }
    Ok(Some(catalogue))
}

/// Where the catalogue of that name is kept; `None`: none is imported under it.
pub(super) fn place(desk: &Desk, name: &str) -> Result<Option<PathBuf>, Failure> {
    let all = manifests(desk)?;
    let newest = if name == Release::NEWEST { newest(&all) } else { None };
    let name = newest.map_or_else(|| name.to_owned(), Release::name);
    Ok(all.iter().any(|(known, _)| *known == name).then(|| kept_at(desk, &name)))
}

/// The folder or zip of an imported catalogue.
pub(super) fn kept_at(desk: &Desk, name: &str) -> PathBuf {
    let folder = desk.config.catalogs().join(name);
    if folder.is_dir() { folder } else { zip_path(desk, name) }
}

pub(super) fn zip_path(desk: &Desk, name: &str) -> PathBuf {
    desk.config.catalogs().join(format!("{name}.zip"))
}

/// What was written down of the imported catalogues, by name.
fn manifests(desk: &Desk) -> Result<Vec<(String, Manifest)>, Failure> {
    let folder = desk.config.catalogs();
    let mut found = Vec::new();
    for (file, bytes) in read::small_files(&folder, "json")? {
        let name = file.trim_end_matches(".json").to_owned();
        match serde_json::from_slice(&bytes) {
            Ok(manifest) => found.push((name, manifest)),
            // One that is broken must not keep the others from being used.
            Err(error) => {
                desk.talk.say(format_args!("{} is passed over: {error}", folder.join(&file).display()));
            }
        }
    }
    Ok(found)
}

fn list(desk: &Desk) -> Result<Exit, Failure> {
    let demo = Catalogue::demo()?;
    let mut rows = vec![(
        "demo".to_owned(),
        "built in".to_owned(),
        demo.occupations.len(),
        demo.count(&Selection::default())?,
        demo.id.sha256.to_string(),
    )];
    for (name, manifest) in manifests(desk)? {
        rows.push((name, manifest.title, manifest.occupations, manifest.tasks, manifest.sha256));
    }
    if desk.global.json {
        let rows = rows.iter().map(|(name, title, occupations, tasks, sha256)| {
            serde_json::json!({"name": name, "title": title, "occupations": occupations, "tasks": tasks, "sha256": sha256})
        });
        print_json(&rows.collect::<Vec<_>>().into())?;
    } else {
        let header = ["name", "title", "occupations", "tasks", "sha256"];
        let aligns = [Align::Left, Align::Left, Align::Right, Align::Right, Align::Left];
        let rows = rows.into_iter().map(|(name, title, occupations, tasks, sha256)| {
            let short = sha256.chars().take(16).collect();
            vec![name, title, occupations.to_string(), tasks.to_string(), short]
        });
        print_grid(&header, &aligns, rows.collect())?;
    }
    Ok(Exit::Done)
}

fn verify(desk: &Desk, name: Option<String>) -> Result<Exit, Failure> {
    let all = manifests(desk)?;
    if all.is_empty() {
        desk.talk.say("nothing is imported yet");
    }
    if let Some(name) = name.as_ref().filter(|name| !all.iter().any(|(known, _)| known == *name)) {
        return Err(Failure::usage(anyhow!("no imported catalogue `{name}`")).hint("score-tasks data list"));
    }
    let wanted = all.into_iter().filter(|(known, _)| name.as_ref().is_none_or(|name| name == known));
    let mut wrong = Vec::new();
    for (name, manifest) in wanted {
        match changed(desk, &name, &manifest)? {
            None => desk.talk.say(format_args!("{name}: as imported")),
            Some(what) => wrong.push(format!("{name}: {what}")),
        }
    }
    if wrong.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Failure::new(Exit::Gate, anyhow!("{}", wrong.join("\n"))).hint("import it again under another name"))
}

/// What is no longer as it was imported.
fn changed(desk: &Desk, name: &str, manifest: &Manifest) -> Result<Option<String>, Failure> {
    let path = kept_at(desk, name);
    let is_folder = path.is_dir();
    let now = hashes(&read::whole_files(&path)?);
    // The copy of a zip has another name than the original.
    let same = |a: &FileHash, b: &FileHash| a.sha256 == b.sha256 && (!is_folder || a.name == b.name);
    for was in &manifest.files {
        if !now.iter().any(|is| same(was, is)) {
            return Ok(Some(format!("{} is changed or missing", was.name)));
        }
    }
    if now.len() > manifest.files.len() {
        return Ok(Some("there are files that were not imported".to_owned()));
    }
    Ok(None)
}

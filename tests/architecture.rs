//! The house rules, checked: who imports whom, where each outside crate lives, how large files are.
//! docs/ARCHITECTURE.md says why.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    clippy::string_slice,
    reason = "reads the sources; a wrong cut fails loudly"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms import the nouns and themselves, nothing else of ours.
const ROOMS: &[&str] =
    &["read", "ask", "pace", "provider", "store", "rate", "measure", "report", "schedule", "serve"];

/// What the others may import besides themselves; `*` is everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("domain", &[]),
    // When a schedule comes due is read with the rest of the config.
    ("config", &["domain", "schedule"]),
    ("cli", &["domain"]),
    ("progress", &["domain"]),
    ("write", &[]),
    // Pages are a report in many files.
    ("site", &["domain", "report"]),
    // The statistics are to the tally what arithmetic is.
    ("tally", &["domain", "measure"]),
    ("pass", &["domain", "read", "ask", "pace", "provider", "store", "rate", "measure", "tally", "report"]),
    ("run", &["*"]),
];

/// The homes of outside crates. What is not listed may be used nowhere.
const HOMES: &[(&str, &[&str])] = &[
    ("anstream", &["run", "progress"]),
    ("anstyle", &["run"]),
    ("anyhow", &["run"]),
    ("bytes", &["provider"]),
    ("calamine", &["read"]),
    ("clap", &["cli", "run"]),
    ("clap_complete", &["cli", "run"]),
    ("clap_mangen", &["run"]),
    ("comfy_table", &["report"]),
    ("croner", &["schedule"]),
    ("csv", &["read", "report", "site"]),
    ("dotenvy", &["config"]),
    ("flate2", &["provider", "serve", "site"]),
    ("futures", &["pass", "run"]),
    ("governor", &["pace"]),
    ("html5ever", &["site"]),
    ("http_body", &["provider"]),
    ("hmac", &["provider"]),
    ("hyper", &["serve"]),
    ("hyper_util", &["serve"]),
    ("indicatif", &["progress"]),
    ("jiff", &["domain", "schedule"]),
    ("maud", &["site"]),
    ("memchr", &["provider"]),
    ("minijinja", &["ask"]),
    ("reqwest", &["provider"]),
    ("rusqlite", &["store"]),
    ("rusqlite_migration", &["store"]),
    ("rustix", &["run"]),
    ("rustls", &["provider"]),
    ("secrecy", &["config", "pass", "provider"]),
    ("serde", &["config", "provider", "rate", "read", "report", "run", "site", "store"]),
    ("serde_json", &["ask", "config", "provider", "rate", "read", "report", "run", "site", "store"]),
    ("sha2", &["domain", "provider"]),
    ("statrs", &["measure"]),
    ("strsim", &["domain", "read"]),
    ("tempfile", &["provider", "report", "write"]),
    ("terminal_size", &["report"]),
    ("thiserror", &["ask", "config", "pass", "provider", "read", "report", "store", "write"]),
    ("tokio", &["pace", "pass", "provider", "run", "serve", "store"]),
    ("toml", &["config", "read"]),
    ("tracing", &["pass"]),
    ("tracing_subscriber", &["run"]),
    ("url", &["config"]),
    ("webpki_root_certs", &["provider"]),
    ("zip", &["read"]),
    ("zstd", &["store"]),
];

/// A file that grows beyond this wants to be two.
const MOST_LINES: usize = 400;

struct File {
    path: PathBuf,
    /// The top-level module it belongs to; empty for main.rs and lib.rs.
    room: String,
    /// How many `super::` lead out of it to the root.
    depth: usize,
    text: String,
}

/// Files of the program; those that hold only tests are left out.
fn sources() -> Vec<File> {
    let all = all_files();
    let tests: Vec<PathBuf> = all.iter().flat_map(test_modules).collect();
    all.into_iter().filter(|file| !tests.contains(&file.path)).collect()
}

/// What a file declares by `#[cfg(test)] mod name;`.
fn test_modules(file: &File) -> Vec<PathBuf> {
    let folder = match file.path.file_stem().unwrap().to_str().unwrap() {
        "mod" | "lib" | "main" => file.path.parent().unwrap().to_owned(),
        _ => file.path.with_extension(""),
    };
    let declared = file.text.split("#[cfg(test)]\nmod ").skip(1);
    let names = declared.filter_map(|rest| rest.lines().next()?.strip_suffix(';').map(str::to_owned));
    names.map(|name| folder.join(name + ".rs")).collect()
}

fn all_files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let inside = path.strip_prefix(&root).unwrap();
                let first = inside.iter().next().unwrap().to_string_lossy().replace(".rs", "");
                let room = if ["main", "lib"].contains(&first.as_str()) { String::new() } else { first };
                let is_mod = inside.ends_with("mod.rs");
                let depth = inside.components().count() - usize::from(is_mod);
                files.push(File { room, depth, text: fs::read_to_string(&path).unwrap(), path });
            }
        }
    }
    files
}

/// The code without comments and without the modules behind `#[cfg(test)]`.
fn code(text: &str) -> String {
    let mut in_tests = false;
    let mut code = String::new();
    for line in text.lines() {
        in_tests |= line == "#[cfg(test)]";
        if !in_tests && !line.trim_start().starts_with("//") {
            code.push_str(line);
        }
        code.push('\n');
        // A module ends at the first brace in the first column; a declaration at its semicolon.
        in_tests &= line != "}" && !(line.starts_with("mod ") && line.ends_with(';'));
    }
    code
}

/// Names that follow `prefix` in the code: `crate::x` gives x. `{a, b}` gives both.
fn after(code: &str, prefix: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        if code[..at].chars().next_back().is_some_and(is_name) {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            names.extend(first_names(group));
        } else {
            names.push(rest.chars().take_while(|c| is_name(*c)).collect());
        }
    }
    names
}

/// The first name of each part of a brace group, inner groups skipped.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut current) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut current)),
            _ if depth == 0 => current.push(c),
            _ => {}
        }
    }
    names.push(current);
    let first = |part: String| part.trim().split("::").next().unwrap_or_default().trim().to_owned();
    names.into_iter().map(first).filter(|name| !name.is_empty() && name != "self").collect()
}

/// What of ours a file of a room imports against the rules.
fn forbidden(room: &str, depth: usize, text: &str) -> Vec<String> {
    if room.is_empty() {
        return Vec::new();
    }
    let allowed: &[&str] = if ROOMS.contains(&room) {
        &["domain"]
    } else {
        MAY_IMPORT.iter().find(|(name, _)| *name == room).map_or(&[], |(_, may)| may)
    };
    // From inside a room the root is also reached by as many `super::` as the file is deep.
    let root = "super::".repeat(depth);
    let mut names = after(&code(text), "crate::");
    names.extend(after(&code(text), &root));
    names.retain(|name| name != room && !allowed.contains(&name.as_str()) && !allowed.contains(&"*"));
    names
}

#[test]
fn rooms_import_the_nouns_and_nothing_else_of_ours() {
    let mut wrong = Vec::new();
    for file in sources() {
        for name in forbidden(&file.room, file.depth, &file.text) {
            wrong.push(format!("{} imports crate::{name}", file.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_import_check_sees_what_it_should() {
    assert_eq!(forbidden("rate", 1, "use crate::store::Store;"), ["store"]);
    assert_eq!(forbidden("rate", 1, "use crate::{domain::Task, store::{Store, X}};"), ["store"]);
    assert_eq!(forbidden("tally", 1, "let x = crate::rate::rating(a);"), ["rate"]);
    assert_eq!(forbidden("ask", 1, "use crate::pass::Job;"), ["pass"]);
    assert_eq!(forbidden("rate", 1, "use super::store::Store;"), ["store"]);
    assert_eq!(forbidden("rate", 2, "use super::super::store::Store; use super::lex;"), ["store"]);
    assert!(forbidden("ask", 1, "use crate::domain::Task;\nuse crate::ask::key;").is_empty());
    let around_tests = "#[cfg(test)]\nmod tests {\n    use crate::read::X;\n}\nuse crate::store::Store;";
    assert_eq!(forbidden("rate", 1, around_tests), ["store"]);
    assert!(forbidden("run", 1, "use crate::store::Store;").is_empty());
}

#[test]
fn every_folder_of_the_house_has_a_rule() {
    for file in sources().into_iter().filter(|file| !file.room.is_empty()) {
        let known =
            ROOMS.contains(&file.room.as_str()) || MAY_IMPORT.iter().any(|(name, _)| *name == file.room);
        assert!(known, "{}: no rule for `{}`", file.path.display(), file.room);
    }
}

#[test]
fn outside_crates_stay_at_home() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let crates: Vec<String> = section
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().replace('-', "_"))
        .collect();
    let homes: BTreeMap<&str, &[&str]> = HOMES.iter().copied().collect();
    let mut wrong = Vec::new();
    for name in &crates {
        let Some(home) = homes.get(name.as_str()) else {
            wrong.push(format!("{name} has no home in tests/architecture.rs"));
            continue;
        };
        let mut used = false;
        for file in sources() {
            let code = code(&file.text);
            let uses = !after(&code, &format!("{name}::")).is_empty();
            used |= uses;
            if uses && !file.room.is_empty() && !home.contains(&file.room.as_str()) {
                wrong.push(format!("{} uses {name}, whose home is {home:?}", file.path.display()));
            }
        }
        if !used {
            wrong.push(format!("{name} is a dependency that nothing uses"));
        }
    }
    for name in homes.keys().filter(|name| !crates.contains(&(**name).to_owned())) {
        wrong.push(format!("{name} has a home but is no dependency"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A program is started with what its user wrote and without the keys, so there is one place to look at.
#[test]
fn programs_are_started_in_one_place() {
    let starts = |file: &File| {
        ["process::Command", "process::{Child, Command"].iter().any(|name| code(&file.text).contains(name))
    };
    let found: Vec<PathBuf> = sources().into_iter().filter(starts).map(|file| file.path).collect();
    assert!(found.len() == 1 && found[0].ends_with("src/run/program.rs"), "{found:?}");
}

#[test]
fn files_are_small_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for file in sources() {
        let before_tests = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = before_tests.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{}: {lines} lines before its tests", file.path.display()));
        }
        if !file.text.starts_with("//! ") {
            wrong.push(format!("{}: the first line does not say what it is for", file.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

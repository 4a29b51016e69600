//! The program as it is typed: each case in tests/cli/ is one or more command lines with what they
//! print and their exit code. Each runs in a folder of its own, which starts as the case's `.in`.
//!
//! After an intended change of the output: `TRYCMD=overwrite cargo test --test cli`, and read the diff.
//! In a `.trycmd` case a line `? success` stands after the command wherever the first line of the
//! output may begin with `> `, which would otherwise be taken for a part of the command.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const CASES: &str = "tests/cli";

/// trycmd gives a case a folder of its own only where a folder `.out` says what is to be in it at the
/// end. Mostly nothing is, and empty folders do not outlive a commit, so they are made here.
fn make_out_folders() -> Vec<PathBuf> {
    let mut cases = Vec::new();
    for command in fs::read_dir(CASES).unwrap() {
        for case in fs::read_dir(command.unwrap().path()).unwrap() {
            let case = case.unwrap().path();
            if case.extension().is_some_and(|ending| ending == "trycmd") {
                fs::create_dir_all(case.with_extension("out")).unwrap();
                cases.push(case);
            }
        }
    }
    cases
}

/// With a width and without colours, whatever the caller's environment says.
fn trycmd() -> trycmd::TestCases {
    let cases = trycmd::TestCases::new();
    cases.env("COLUMNS", "100").env("CLICOLOR_FORCE", "").env("NO_PROXY", "127.0.0.1");
    // For what a user does between two commands, such as changing a file.
    cases.register_bin("sh", Path::new("/bin/sh"));
    cases
}

#[test]
fn cases() {
    assert!(!make_out_folders().is_empty());
    let cases = trycmd();
    cases.case("tests/cli/*/*.trycmd").case("tests/cli/*/*.toml");
    if !cfg!(unix) {
        cases.skip("tests/cli/*/*-by-hand.trycmd");
    }
    cases.run();
}

/// What README.md shows in its ```console blocks is what the program prints.
#[test]
fn readme() {
    let Ok(text) = fs::read_to_string("README.md") else { return };
    if text.contains("```console") {
        run_document(&text);
    }
}

/// Runs the commands of a document one after the other, in an empty folder.
fn run_document(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("README.md");
    fs::write(&document, for_trycmd(text)).unwrap();
    fs::create_dir_all(document.with_extension("out")).unwrap();
    trycmd().case(document).run();
}

/// The same document in trycmd's own dialect: times may differ, a command that goes on after `\` is one
/// line, output may begin with `> `, and an empty line stands for the line break at the end.
fn for_trycmd(readme: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut inside = false;
    let mut source = readme.lines().peekable();
    while let Some(line) = source.next() {
        let fence = line.starts_with("```");
        let command = inside && line.starts_with("$ ");
        if inside && (fence || command) && lines.last().is_some_and(|last| ends_output(last)) {
            lines.push(String::new());
        }
        if fence {
            inside = !inside && line == "```console";
        }
        if !command {
            lines.push(if inside { timeless(line) } else { line.to_owned() });
            continue;
        }
        let mut whole = line.to_owned();
        while let Some(start) = whole.strip_suffix('\\') {
            whole = format!("{start}{}", source.next().unwrap_or_default().trim_start());
        }
        lines.push(whole);
        if source.peek().is_some_and(|next| next.starts_with("> ")) {
            lines.push("? success".to_owned());
        }
    }
    lines.join("\n") + "\n"
}

fn ends_output(line: &str) -> bool {
    !line.is_empty() && !line.starts_with("```") && !line.starts_with("$ ") && !line.starts_with("? ")
}

/// Times of day and durations, as `score` says them, stand for any.
fn timeless(line: &str) -> String {
    if let Some((before, _)) = line.split_once("--as-of 2") {
        return format!("{before}--as-of [..]");
    }
    match line.rsplit_once(" gaps, ") {
        Some((before, seconds)) if seconds.ends_with(" s") => format!("{before} gaps, [..] s"),
        _ => line.to_owned(),
    }
}

#[test]
fn a_readme_becomes_a_case() {
    let readme = "Text\n```sh\n$ other\n```\n```console\n$ score-tasks \\\n    --all\n> 2 answers: 0 cached, 2 asked, \
                  0 gaps, 0.1 s\n$ score-tasks x\n? 2\n$ score-tasks y\nz --as-of 2026-11-23\n```\nEnd\n";
    let expected = "Text\n```sh\n$ other\n```\n```console\n$ score-tasks --all\n? success\n> 2 answers: 0 cached, \
                    2 asked, 0 gaps, [..] s\n\n$ score-tasks x\n? 2\n$ score-tasks y\nz --as-of [..]\n\n```\nEnd\n";
    assert_eq!(for_trycmd(readme), expected);
}

#[test]
fn a_document_is_run() {
    let plan = "```console\n$ score-tasks plan --all -m mock-a \\\n    --limit 2\n...\n> Nothing was sent.\n";
    let find = "$ score-tasks find wireman\n  code        title         matched\n  47-2111.00  Electricians  Wireman\n```\n";
    let again = "```console\n$ score-tasks init -q\n$ score-tasks data verify -q\n```\n";
    run_document(&format!("{plan}{find}And:\n{again}"));
}

fn score_tasks(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_score-tasks"));
    command.args(words).current_dir(folder).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn run(folder: &Path, words: &[&str]) -> Output {
    score_tasks(folder, words).output().unwrap()
}

#[test]
fn colours_are_for_terminals() {
    let folder = tempfile::tempdir().unwrap();
    let colours = |command: &mut Command| command.output().unwrap().stderr.contains(&0x1b);
    let wrong = ["--occupation", "Zebra Tamers"];
    assert!(!colours(&mut score_tasks(folder.path(), &wrong)));
    assert!(!colours(score_tasks(folder.path(), &wrong).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(colours(&mut score_tasks(folder.path(), &[&wrong[..], &["--color", "always"]].concat())));
    assert!(!colours(
        score_tasks(folder.path(), &[&wrong[..], &["--color", "never"]].concat()).env("CLICOLOR_FORCE", "1")
    ));
    let scored = run(folder.path(), &["--occupation", "Lawyers", "--limit", "1"]);
    assert!(!scored.stdout.contains(&0x1b) && !scored.stderr.contains(&0x1b));
}

#[test]
fn the_same_answers_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["--group", "15", "-n", "2", "-q", "--format"];
    for format in ["table", "json", "jsonl", "csv", "md"] {
        let score =
            || String::from_utf8(run(folder.path(), &[&words[..], &[format]].concat()).stdout).unwrap();
        let (first, second, third) = (score(), score(), score());
        assert_eq!(second, third, "{format}");
        // Only how many were cached may tell the first run from the others.
        let counted = |text: &str| text.replace(r#""cached":0,"asked":108"#, r#""cached":108,"asked":0"#);
        assert_eq!(counted(&first), second, "{format}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    for words in
        [&["--all", "--format", "csv"][..], &["rubrics", "show", "exposure"], &["completions", "zsh"]]
    {
        let mut child = score_tasks(folder.path(), words);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert!(ended.status.success() && !said.contains("error"), "{words:?}: {said}");
    }
}

//! `site check`: whether a site may be published.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::anyhow;
use serde_json::json;

use crate::read::Folder;
use crate::report::count;
use crate::run::output::{print, print_json};
use crate::run::{Desk, Exit, Failure};
use crate::site::{self, Checked, Finding};

pub(super) fn check(desk: &Desk, folder: &Path) -> Result<Exit, Failure> {
    let site = open(&desk.folder().join(folder))?;
    let checked = site::check(&site.names()?, |name| site.read(name))?;
    if desk.global.json {
        print_json(&as_json(&checked))?;
    } else {
        print(&as_text(&checked))?;
    }
    match checked.findings.total() {
        0 => {
            let (pages, links) = (count(checked.pages as u64, "page"), count(checked.links as u64, "link"));
            desk.talk.say(format_args!("Nothing to mend in {pages} with {links} within the site"));
            Ok(Exit::Done)
        }
        total => {
            let total = count(total as u64, "finding");
            let error = anyhow!("{total} in {}", folder.display());
            Err(Failure::new(Exit::Gate, error).hint("each line above says what to do"))
        }
    }
}

/// The folder of a site that was built.
pub(in crate::run) fn open(folder: &Path) -> Result<Folder, Failure> {
    let hint =
        "`score-tasks site build` makes one; the folder that it was built into goes behind the command";
    if !folder.join("index.html").is_file() {
        let error = anyhow!("{} is no site: it has no index.html", folder.display());
        return Err(Failure::usage(error).hint(hint));
    }
    Ok(Folder::open(folder)?)
}

fn as_text(checked: &Checked) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for one in &checked.largest {
        let (bytes, most) = (site::kilobytes(one.bytes), site::kilobytes(one.most));
        let _ = writeln!(text, "  {:16} {bytes:>6} of {most} kB  {}", one.of, one.file);
    }
    for (kind, total) in &checked.findings.counts {
        let _ = writeln!(text, "\n  {} ({total})", kind.name());
        let shown = checked.findings.shown.iter().filter(|finding| finding.kind == *kind);
        let mut unseen = *total;
        for finding in shown {
            unseen -= 1;
            let _ = writeln!(text, "  {}: {}; {}", place(finding), finding.what, finding.next);
        }
        if unseen > 0 {
            let _ = writeln!(text, "  and {unseen} more");
        }
    }
    text
}

fn place(finding: &Finding) -> String {
    match finding.line {
        Some(line) => format!("{}:{line}", finding.page),
        None => finding.page.clone(),
    }
}

fn as_json(checked: &Checked) -> serde_json::Value {
    let findings: Vec<_> = checked.findings.shown.iter().map(finding_json).collect();
    let counts: serde_json::Map<_, _> =
        checked.findings.counts.iter().map(|(kind, total)| (kind.name().to_owned(), json!(total))).collect();
    let largest: Vec<_> = checked
        .largest
        .iter()
        .map(|one| json!({ "of": one.of, "file": one.file, "bytes": one.bytes, "most": one.most }))
        .collect();
    json!({
        "schema": "score-tasks/site-check/1", "files": checked.files, "pages": checked.pages, "links": checked.links,
        "total": checked.findings.total(), "counts": counts, "findings": findings, "largest": largest,
    })
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    json!({
        "kind": finding.kind.name(), "page": finding.page, "line": finding.line, "what": finding.what,
        "next": finding.next,
    })
}

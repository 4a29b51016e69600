//! Whether a site that was built may be published: what is looked at, and what was found.
//!
//! Files come in through a function, so that a site in memory is checked as one on a disk is. Pages are read by as
//! many threads as there are processors; what is found stands in the order of the files whatever they do.

mod access;
mod budgets;
mod contrast;
mod css;
mod html;
mod links;
mod page;
mod policy;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

pub use budgets::{Largest, kilobytes};
use page::Page;

/// More of one kind say nothing new.
pub const MOST_OF_A_KIND: usize = 20;

/// What a finding is about, in the order in which they are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// What a parser objects to.
    Html,
    /// What a page has to have.
    Page,
    /// What readers who do not see or do not point need.
    Access,
    Link,
    /// What the Content Security Policy forbids, and what leaves the site.
    Policy,
    Size,
    Contrast,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Page => "page",
            Self::Access => "access",
            Self::Link => "link",
            Self::Policy => "policy",
            Self::Size => "size",
            Self::Contrast => "contrast",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    pub kind: Kind,
    /// The file, from the site's folder.
    pub page: String,
    /// Where it is known.
    pub line: Option<u64>,
    pub what: String,
    /// The next step.
    pub next: &'static str,
}

/// The first of each kind, and how many there are.
#[derive(Clone, Default, Debug)]
pub struct Findings {
    pub shown: Vec<Finding>,
    pub counts: BTreeMap<Kind, usize>,
}

impl Findings {
    fn add(&mut self, finding: Finding) {
        let count = self.counts.entry(finding.kind).or_default();
        *count += 1;
        if *count <= MOST_OF_A_KIND {
            self.shown.push(finding);
        }
    }

    fn append(&mut self, others: Self) {
        let mut unseen = others.counts;
        for finding in others.shown {
            if let Some(count) = unseen.get_mut(&finding.kind) {
                *count -= 1;
            }
            self.add(finding);
        }
        for (kind, count) in unseen {
            *self.counts.entry(kind).or_default() += count;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Checked {
    pub files: usize,
    pub pages: usize,
    /// Those that lead to files of the site.
    pub links: usize,
    pub findings: Findings,
    /// The largest of each kind, with what it may be.
    pub largest: Vec<Largest>,
}

/// Looks at everything; `files` are paths from the site's folder with `/` between names.
pub fn check<E: Send>(
    files: &[String],
    read: impl Fn(&str) -> Result<Vec<u8>, E> + Sync,
) -> Result<Checked, E> {
    let names: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    let pages: Vec<&str> = names.iter().copied().filter(|name| name.ends_with(".html")).collect();
    let mut findings = Findings::default();
    let mut pages = every(&pages, |path| Ok(Page::read(path, &read(path)?)))?;
    for page in &mut pages {
        findings.append(std::mem::take(&mut page.findings));
    }
    let (mut styles, mut trees, mut sizes) = (Vec::new(), Vec::new(), budgets::Sizes::default());
    for name in &names {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        match ending {
            "css" | "js" => {
                let bytes = read(name)?;
                sizes.code(name, &bytes);
                if ending == "css" {
                    styles.push((*name, css::Sheet::parse(&String::from_utf8_lossy(&bytes))));
                }
            }
            "woff2" | "woff" | "ttf" | "otf" => sizes.font(name, read(name)?.len()),
            "xml" => trees.push((*name, xml::Tree::parse(&String::from_utf8_lossy(&read(name)?)))),
            _ => {}
        }
    }
    page::together(&pages, &mut findings);
    let links = links::check(
        &links::All { names: &names, pages: &pages, styles: &styles, trees: &trees },
        &mut findings,
    );
    let largest = sizes.check(&pages, &mut findings);
    contrast::check(&styles, &mut findings);
    findings.shown.sort_by_key(|finding| finding.kind);
    Ok(Checked { files: names.len(), pages: pages.len(), links, findings, largest })
}

/// Does it for each, in threads; what comes of it stands in the order of the names.
fn every<T: Send, E: Send>(names: &[&str], work: impl Fn(&str) -> Result<T, E> + Sync) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        while let Some((place, name)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            names.get(place).map(|name| (place, name))
        } {
            let made = work(name);
            let has_failed = made.is_err();
            done.push((place, made));
            if has_failed {
                // Nobody takes up another one.
                next.store(names.len(), Ordering::Relaxed);
            }
        }
        done
    };
    let count = thread::available_parallelism().map_or(1, usize::from).min(names.len().max(1));
    let mut all: Vec<(usize, Result<T, E>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
        let made = workers.into_iter().flat_map(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        made.collect()
    });
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests;

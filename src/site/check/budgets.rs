//! How much a reader has to load: each kind of file against what it may be, as a server sends it.

use super::page::{Page, packed};
use super::{Finding, Findings, Kind};

const KB: usize = 1000;
/// Of twenty tasks by three models. Beyond that each further rationale may weigh what sixty words weigh: a page is not to
/// leave out what was said because much was.
const OCCUPATION: usize = 30 * KB;
const RATINGS: usize = 60;
const RATING: usize = 350;
const INDEX: usize = 100 * KB;
const OTHER: usize = 100 * KB;
const CODE: usize = 25 * KB;
const FONTS: usize = 60 * KB;

/// The largest of a kind of file, or all of a kind that is loaded together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Largest {
    pub of: &'static str,
    /// A page, or what was added up.
    pub file: String,
    pub bytes: usize,
    pub most: usize,
}

/// What was seen of files that are no pages.
#[derive(Default)]
pub(super) struct Sizes {
    code: Sum,
    fonts: Sum,
}

#[derive(Default)]
struct Sum {
    bytes: usize,
    files: Vec<String>,
}

impl Sum {
    fn add(&mut self, name: &str, bytes: usize) {
        self.bytes += bytes;
        self.files.push(name.to_owned());
    }

    fn largest(self, of: &'static str, most: usize) -> Option<Largest> {
        let file = self.files.join(" + ");
        (!self.files.is_empty()).then_some(Largest { of, file, bytes: self.bytes, most })
    }
}

impl Sizes {
    pub(super) fn code(&mut self, name: &str, bytes: &[u8]) {
        self.code.add(name, packed(bytes));
    }

    /// Packed already.
    pub(super) fn font(&mut self, name: &str, bytes: usize) {
        self.fonts.add(name, bytes);
    }

    pub(super) fn check(self, pages: &[Page], findings: &mut Findings) -> Vec<Largest> {
        let mut largest: Vec<Largest> = Vec::new();
        for page in pages {
            let (of, most) = kind(page);
            let one = Largest { of, file: page.path.clone(), bytes: page.packed, most };
            if one.bytes > most {
                too_large(&one, findings);
            }
            match largest.iter_mut().find(|found| found.of == of) {
                Some(found) if found.bytes >= one.bytes => {}
                Some(found) => *found = one,
                None => largest.push(one),
            }
        }
        let sums = [self.code.largest("css and js", CODE), self.fonts.largest("fonts", FONTS)];
        for sum in sums.into_iter().flatten() {
            if sum.bytes > sum.most {
                too_large(&sum, findings);
            }
            largest.push(sum);
        }
        largest
    }
}

/// What kind of page it is, and how large it may be.
fn kind(page: &Page) -> (&'static str, usize) {
    let path = page.path.as_str();
    let is_occupation =
        path.starts_with("o/") && path.ends_with("/index.html") && path.matches('/').count() == 2;
    match path {
        "index.html" => ("index", INDEX),
        _ if is_occupation => ("occupation page", OCCUPATION + page.ratings.saturating_sub(RATINGS) * RATING),
        _ => ("other page", OTHER),
    }
}

fn too_large(one: &Largest, findings: &mut Findings) {
    let (has, most) = (kilobytes(one.bytes), kilobytes(one.most));
    findings.add(Finding {
        kind: Kind::Size,
        page: one.file.clone(),
        line: None,
        what: format!("{} of {has} kB with gzip, to be at most {most} kB", one.of),
        next: "show less on one page, or say it with less markup",
    });
}

/// Thousands, with one decimal.
pub fn kilobytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / KB as f64)
}

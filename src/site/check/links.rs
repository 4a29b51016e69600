//! Where links lead: that everything named is there, that every page can be reached, and that nothing is fetched from
//! elsewhere.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::css::Sheet;
use super::page::{Leads, Link, Page, quoted};
use super::policy::{is_external, scheme};
use super::xml::Tree;
use super::{Finding, Findings, Kind};

pub(super) struct All<'a> {
    pub names: &'a BTreeSet<&'a str>,
    pub pages: &'a [Page],
    pub styles: &'a [(&'a str, Sheet)],
    pub trees: &'a [(&'a str, Tree)],
}

const NEXT_MISSING: &str = "mend the link, or write the file that it names";

/// Returns how many links lead to files of the site.
pub(super) fn check(all: &All<'_>, findings: &mut Findings) -> usize {
    let base = base(all);
    let by_path: HashMap<&str, &Page> = all.pages.iter().map(|page| (page.path.as_str(), page)).collect();
    let mut check = Check { all, base, by_path, findings, count: 0, reached: HashMap::new() };
    for page in all.pages {
        page.links.iter().for_each(|link| check.link(page, link));
        check.canonical(page);
    }
    for (path, sheet) in all.styles {
        sheet.urls.iter().for_each(|(line, url)| check.fetched(path, *line, url));
    }
    for (path, tree) in all.trees {
        check.tree(path, tree);
    }
    check.orphans();
    check.count
}

/// The address that the site is to have, if it says so itself.
fn base(all: &All<'_>) -> Option<String> {
    let index =
        all.pages.iter().find(|page| page.path == "index.html").and_then(|page| page.canonical.clone());
    let locations = || {
        let elements = all.trees.iter().flat_map(|(_, tree)| &tree.elements);
        let places = elements.filter(|one| one.name == "loc").map(|one| one.text.trim().to_owned());
        places.min_by_key(String::len)
    };
    let base = index.filter(|url| is_external(url)).or_else(locations)?;
    let base = base.strip_suffix("index.html").unwrap_or(&base);
    base.ends_with('/').then(|| base.to_owned())
}

/// Where an address leads.
#[derive(PartialEq, Debug)]
enum Target {
    /// A path from the site's folder, as it is looked up, and what is meant within.
    Inside(String, Option<String>),
    Elsewhere,
    /// Data that the page carries itself.
    Within,
    Nowhere(&'static str),
}

/// `from` is the file that the address stands in.
fn target(from: &str, url: &str, base: Option<&str>) -> Target {
    let inside =
        base.and_then(|base| url.strip_prefix(base).or_else(|| (format!("{url}/") == base).then_some("")));
    if scheme(url).as_deref() == Some("data") {
        return Target::Within;
    }
    let (mut names, rest) = match inside {
        Some(rest) => (Vec::new(), rest),
        None if is_external(url) => return Target::Elsewhere,
        None => match rooted(from, url, base) {
            Ok(Some(rest)) => (Vec::new(), rest),
            Ok(None) => (from.split('/').map(str::to_owned).collect(), url),
            Err(why) => return Target::Nowhere(why),
        },
    };
    let (rest, fragment) = rest.split_once('#').map_or((rest, None), |(rest, part)| (rest, Some(part)));
    let path = rest.split('?').next().unwrap_or_default();
    let fragment = fragment.map(decoded);
    if path.is_empty() && inside.is_none() && !names.is_empty() {
        return Target::Inside(from.to_owned(), fragment);
    }
    names.pop();
    let mut is_folder = true;
    for part in path.split('/') {
        is_folder = ["", ".", ".."].contains(&part);
        match part {
            "" | "." => {}
            ".." if names.pop().is_none() => return Target::Nowhere("leads out of the site's folder"),
            ".." => {}
            name => names.push(decoded(name)),
        }
    }
    if is_folder {
        names.push("index.html".to_owned());
    }
    Target::Inside(names.join("/"), fragment)
}

/// What is behind the site's folder in an address that begins at the root of a host; `None` for one that does not.
fn rooted<'a>(from: &str, url: &'a str, base: Option<&str>) -> Result<Option<&'a str>, &'static str> {
    let Some(rest) = url.strip_prefix('/') else { return Ok(None) };
    let folder = base.and_then(|base| base.splitn(4, '/').nth(3));
    match folder {
        Some(folder) => {
            rest.strip_prefix(folder).map(Some).ok_or("begins at the root, and not in the site's folder")
        }
        // It is shown under any address, so it can say nothing relative to its own.
        None if from == "404.html" => Ok(Some(rest)),
        None => Err("begins at the root, where the site need not lie"),
    }
}

/// Without the escapes of addresses.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digit = |at: usize| behind.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        rest = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                behind.get(2..).unwrap_or_default()
            }
            _ => {
                bytes.push(*first);
                behind
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Check<'a> {
    all: &'a All<'a>,
    base: Option<String>,
    by_path: HashMap<&'a str, &'a Page>,
    findings: &'a mut Findings,
    count: usize,
    /// Pages that a reader gets to from each page.
    reached: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Check<'a> {
    fn add(&mut self, kind: Kind, page: &str, line: Option<u64>, what: String, next: &'static str) {
        self.findings.add(Finding { kind, page: page.to_owned(), line, what, next });
    }

    /// The file that a path stands for.
    fn file(&self, path: &str) -> Option<&'a str> {
        let names = self.all.names;
        names.get(path).or_else(|| names.get(format!("{path}/index.html").as_str())).copied()
    }

    fn link(&mut self, page: &'a Page, link: &Link) {
        let Link { url, line, leads } = link;
        match target(&page.path, url, self.base.as_deref()) {
            Target::Elsewhere if *leads == Leads::Browser => self.leaves(&page.path, *line, url),
            Target::Elsewhere | Target::Within => {}
            Target::Nowhere(why) => self.broken(&page.path, *line, url, why),
            Target::Inside(path, fragment) => {
                let Some(file) = self.file(&path) else {
                    return self.broken(&page.path, *line, url, "is not there");
                };
                self.count += 1;
                if *leads == Leads::Reader {
                    self.reached.entry(&page.path).or_default().push(file);
                }
                let Some(fragment) = fragment.filter(|part| !part.is_empty() && part != "top") else {
                    return;
                };
                let is_there = self.by_path.get(file).is_none_or(|target| target.ids.contains(&fragment));
                if !is_there && !fragment.starts_with(":~:") {
                    self.broken(&page.path, *line, url, "names an id that the page does not have");
                }
            }
        }
    }

    fn broken(&mut self, page: &str, line: u64, url: &str, why: &str) {
        self.add(Kind::Link, page, Some(line), format!("`{}` {why}", quoted(url)), NEXT_MISSING);
    }

    fn leaves(&mut self, page: &str, line: u64, url: &str) {
        let what = format!("`{}` is fetched from elsewhere", quoted(url));
        self.add(
            Kind::Policy,
            page,
            Some(line),
            what,
            "keep a copy in the site: nothing of a page leaves it",
        );
    }

    /// What a stylesheet loads.
    fn fetched(&mut self, page: &str, line: u64, url: &str) {
        match target(page, url, self.base.as_deref()) {
            Target::Elsewhere => self.leaves(page, line, url),
            Target::Within => {}
            Target::Nowhere(why) => self.broken(page, line, url, why),
            Target::Inside(path, _) if self.file(&path).is_none() => {
                self.broken(page, line, url, "is not there")
            }
            Target::Inside(..) => self.count += 1,
        }
    }

    /// A page says of itself where it is.
    fn canonical(&mut self, page: &Page) {
        let Some(url) = page.canonical.as_deref().filter(|_| !page.is_alias) else { return };
        let Target::Inside(path, _) = target(&page.path, url, self.base.as_deref()) else {
            let what = format!("the canonical address `{}` is not of this site", quoted(url));
            return self.add(Kind::Link, &page.path, None, what, "it begins with the address of the index");
        };
        if self.file(&path).is_some_and(|file| file != page.path) {
            let what = format!("the canonical address is that of {path}");
            self.add(Kind::Link, &page.path, None, what, "name the page itself, or take it from search");
        }
    }

    /// Feeds and sitemaps name whole addresses.
    fn tree(&mut self, path: &str, tree: &Tree) {
        if let Some((line, why)) = &tree.fault {
            let what = format!("is not well-formed: {why}");
            self.add(Kind::Link, path, Some(*line), what, "write it as XML");
        }
        let mut named = HashSet::new();
        for element in &tree.elements {
            let url = match element.name.as_str() {
                "loc" => element.text.trim(),
                "link" => element.get("href").unwrap_or(element.text.trim()),
                "content" if element.get("src").is_some() => element.get("src").unwrap_or_default(),
                _ => continue,
            };
            match target(path, url, self.base.as_deref()) {
                Target::Elsewhere if element.name != "loc" && self.base.is_some() => {}
                Target::Inside(target, _) if is_external(url) => match self.file(&target) {
                    Some(file) => {
                        self.count += 1;
                        named.insert(file);
                    }
                    None => self.broken(path, element.line, url, "is not there"),
                },
                _ => self.broken(path, element.line, url, "is no whole address of this site"),
            }
        }
        if tree.root() == "urlset" {
            let all = self.all;
            for page in
                all.pages.iter().filter(|page| page.is_indexable && !named.contains(page.path.as_str()))
            {
                let next = "name every page that is not taken from search";
                self.add(Kind::Link, path, None, format!("{} is not in it", page.path), next);
            }
        }
    }

    /// Pages that nobody gets to from the first one.
    fn orphans(&mut self) {
        let mut seen: HashSet<&str> = HashSet::from(["index.html"]);
        let mut ahead = vec!["index.html"];
        while let Some(path) = ahead.pop() {
            for next in self.reached.get(path).into_iter().flatten() {
                if seen.insert(next) {
                    ahead.push(next);
                }
            }
        }
        let all = self.all;
        for page in all.pages.iter().filter(|page| !page.is_alias && page.path != "404.html") {
            if !seen.contains(page.path.as_str()) {
                let what = "no links lead here from the index".to_owned();
                self.add(Kind::Link, &page.path, None, what, "link it from a page that can be reached");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_a_browser_takes_it() {
        let base = Some("https://x.org/y/");
        let inside = |path: &str| Target::Inside(path.to_owned(), None);
        let from = "o/1/index.html";
        for (url, expected) in [
            ("", inside(from)),
            ("?g=15", inside(from)),
            ("#a%20b", Target::Inside(from.to_owned(), Some("a b".to_owned()))),
            ("../../", inside("index.html")),
            ("../2/", inside("o/2/index.html")),
            ("./", inside("o/1/index.html")),
            ("..", inside("o/index.html")),
            ("a%2520b.csv?x#y", Target::Inside("o/1/a%20b.csv".to_owned(), Some("y".to_owned()))),
            ("https://x.org/y/o/2/", inside("o/2/index.html")),
            ("https://x.org/y", inside("index.html")),
            ("https://x.org/y/", inside("index.html")),
            ("/y/data/", inside("data/index.html")),
            ("https://x.org/z", Target::Elsewhere),
            ("//x.org/y/", Target::Elsewhere),
            ("\\\\x.org", Target::Elsewhere),
            ("data:image/png;base64,AA==", Target::Within),
        ] {
            assert_eq!(target(from, url, base), expected, "{url}");
        }
        assert!(matches!(target(from, "../../../x", base), Target::Nowhere(_)));
        assert!(matches!(target(from, "/data/", base), Target::Nowhere(_)));
        assert!(matches!(target(from, "/y/", None), Target::Nowhere(_)));
        assert_eq!(target("404.html", "/data/", None), inside("data/index.html"));
    }
}

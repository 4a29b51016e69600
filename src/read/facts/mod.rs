//! The book of facts: what O*NET's other files and published statistics say of occupations.
//!
//! ```text
//! a release -> skills | tools | zones | related           by eight-digit code
//! xlsx, csv -> published -> wages | projections           by the statistics' code, through soc_join
//! csv       -> published -> sector                        by code or major group
//! ```
//! What a file does not say is no fact: no figure here is made up, and each says whose it is.

mod figures;
mod projections;
mod published;
mod related;
mod sector;
mod skills;
mod soc_join;
mod tools;
mod wages;
mod zones;

#[cfg(test)]
mod real_data;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::ReadError;
use super::files::{Files, MAX_READ, file_name, read_whole};
use super::soc;
use crate::domain::Hash;
use crate::domain::facts::{FactInput, FactSources, Facts, JobZone, SectorSources, Skill, Tool};
use projections::Projections;
use sector::Sectors;
use soc_join::Parts;
use wages::Wages;

const READ_ME: &str = "Read Me.txt";
/// A statement of the law, not of ours: works of the United States' government.
const PUBLIC_DOMAIN: &str = "public domain, U.S. Bureau of Labor Statistics";

/// All facts at hand.
#[derive(Default)]
pub struct FactBook {
    parts: Parts,
    skills: HashMap<String, Vec<Skill>>,
    tools: HashMap<String, Vec<Tool>>,
    zones: HashMap<String, JobZone>,
    related: HashMap<String, Vec<String>>,
    /// The newest first.
    wages: Vec<Wages>,
    projections: Option<Projections>,
    sectors: Option<Sectors>,
    inputs: Vec<FactInput>,
    notes: Vec<String>,
}

/// Names that stand in many rows, kept once.
#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn get(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = name.into();
        self.0.insert(Arc::clone(&new));
        new
    }
}

impl FactBook {
    /// Reads all sources. `codes` are those of the catalogue with their titles; what is no O*NET-SOC code has no facts.
    pub fn open(sources: &FactSources, codes: &[(String, String)]) -> Result<Self, ReadError> {
        let mut book =
            Self { parts: Parts::new(codes.iter().map(|(code, _)| code.as_str())), ..Self::default() };
        if let Some(path) = &sources.onet {
            book.read_release(&Files::open(path)?)?;
        }
        for path in &sources.wages {
            book.read_wages(path)?;
        }
        if let Some(path) = &sources.projections {
            book.read_projections(path, &sources.projection_words)?;
        }
        if let Some(sector) = &sources.sector {
            book.read_sectors(sector)?;
        }
        book.tell_joins();
        Ok(book)
    }

    /// What is known of an occupation.
    pub fn of(&self, code: &str) -> Facts {
        let Some(code) = soc::code(code) else { return Facts::default() };
        let newest = self.wages.first();
        Facts {
            job_zone: self.zones.get(&code).cloned(),
            skills: self.skills.get(&code).cloned().unwrap_or_default(),
            tools: self.tools.get(&code).cloned().unwrap_or_default(),
            related: self.related.get(&code).cloned().unwrap_or_default(),
            pay: newest.and_then(|newest| newest.pay(&code, &self.parts)),
            pay_growth: newest
                .zip(self.wages.get(1))
                .and_then(|(newest, earlier)| newest.growth(earlier, &code, &self.parts)),
            outlook: self.projections.as_ref().and_then(|all| all.outlook(&code, &self.parts)),
            sector: self.sectors.as_ref().and_then(|sectors| sectors.get(&code)),
        }
    }

    /// Whether the release had any file with facts.
    pub fn has_release(&self) -> bool {
        !(self.zones.is_empty() && self.skills.is_empty() && self.tools.is_empty() && self.related.is_empty())
    }

    /// The files that were read, in the order in which they were.
    pub fn inputs(&self) -> &[FactInput] {
        &self.inputs
    }

    /// For people: what is missing, merged, or had to be understood.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn read_release(&mut self, files: &Files) -> Result<(), ReadError> {
        let (name, licence) = release(files)?;
        if let Some((file, bytes)) = self.part(files, soc_join::OCCUPATIONS, &name, &licence)? {
            self.parts.read(&file, &bytes)?;
        }
        if let Some((file, bytes)) = self.part(files, skills::FILE, &name, &licence)? {
            let read = skills::read(&file, &bytes)?;
            if read.left_out > 0 {
                let what = "rows left out that O*NET marks as not to be relied on, or not relevant";
                self.notes.push(format!("{file}: {} {what}", read.left_out));
            }
            self.skills = read.of;
        }
        if let Some((file, bytes)) = self.part(files, tools::FILE, &name, &licence)? {
            self.tools = tools::read(&file, &bytes)?;
        }
        if let Some((file, bytes)) = self.part(files, zones::FILE, &name, &licence)? {
            let reference = match self.part(files, zones::REFERENCE, &name, &licence)? {
                Some((file, bytes)) => zones::read_reference(&file, &bytes)?,
                None => zones::Reference::new(),
            };
            self.zones = zones::read(&file, &bytes, &reference)?;
        }
        if let Some((file, bytes)) = self.part(files, related::FILE, &name, &licence)? {
            self.related = related::read(&file, &bytes)?;
        }
        Ok(())
    }

    /// One file of a release, with how messages name it; a note where it is not there.
    fn part(
        &mut self,
        files: &Files,
        wanted: &str,
        release: &str,
        licence: &str,
    ) -> Result<Option<(String, Vec<u8>)>, ReadError> {
        let Some(bytes) = files.read(wanted)? else {
            self.notes.push(format!("{release} has no {wanted} here, so nothing is known from it"));
            return Ok(None);
        };
        let file = files.label_of(wanted);
        let about = wanted.trim_end_matches(".txt");
        self.inputs.push(FactInput {
            name: format!("{release}: {about}"),
            file: file.clone(),
            sha256: Hash::of(&bytes),
            licence: licence.to_owned(),
        });
        Ok(Some((file, bytes.into_owned())))
    }

    fn read_wages(&mut self, path: &Path) -> Result<(), ReadError> {
        let (file, bytes) = whole(path)?;
        let wages = Wages::read(&file, &bytes)?;
        self.notes.extend(wages.note.clone());
        self.list(format!("BLS OEWS {}", wages.vintage), &file, &bytes, PUBLIC_DOMAIN);
        if self.wages.iter().any(|other| other.year == wages.year) {
            let what = format!("is of {}, and so is another file; each vintage is given once", wages.vintage);
            return Err(ReadError::file(&file, what));
        }
        self.wages.push(wages);
        self.wages.sort_by_key(|wages| std::cmp::Reverse(wages.year));
        Ok(())
    }

    fn read_projections(&mut self, path: &Path, words: &[(i64, String)]) -> Result<(), ReadError> {
        let (file, bytes) = whole(path)?;
        let read = Projections::read(&file, &bytes, words)?;
        self.list(format!("BLS Employment Projections {}", read.vintage), &file, &bytes, PUBLIC_DOMAIN);
        if read.unknown > 0 {
            self.notes.push(format!("{file}: {} rows left out that have no percent change", read.unknown));
        }
        if !words.is_empty() {
            let round = &read.vintage;
            let what = "are named by `projection_words`; BLS draws their cuts anew for every round";
            self.notes.push(format!("{file}: changes of {round} {what}"));
        }
        self.projections = Some(read);
        Ok(())
    }

    fn read_sectors(&mut self, sources: &SectorSources) -> Result<(), ReadError> {
        let (series, series_bytes) = whole(&sources.series)?;
        let (map, map_bytes) = whole(&sources.map)?;
        let sectors = Sectors::read(sources, (&series, &series_bytes), (&map, &map_bytes))?;
        let name = if sources.name.is_empty() { SectorSources::NAME } else { &sources.name };
        self.list(name.to_owned(), &series, &series_bytes, "as its column source says");
        self.list(format!("{name}: sectors of occupations"), &map, &map_bytes, "");
        self.notes.extend(sectors.notes.iter().cloned());
        self.sectors = Some(sectors);
        Ok(())
    }

    fn list(&mut self, name: String, file: &str, bytes: &[u8], licence: &str) {
        let sha256 = Hash::of(bytes);
        self.inputs.push(FactInput { name, file: file.to_owned(), sha256, licence: licence.to_owned() });
    }

    fn tell_joins(&mut self) {
        if let Some(newest) = self.wages.first() {
            let source = format!("wages of {}", newest.vintage);
            self.notes.push(self.parts.told(&source, |code| newest.title(code)));
        }
        if let Some(projections) = &self.projections {
            let source = format!("projections of {}", projections.vintage);
            self.notes.push(self.parts.told(&source, |code| projections.title(code)));
        }
    }
}

/// What a release calls itself, and its licence.
fn release(files: &Files) -> Result<(String, String), ReadError> {
    let read_me = files.read(READ_ME)?.unwrap_or_default();
    let read_me = String::from_utf8_lossy(&read_me);
    let first = read_me.trim_start_matches('\u{feff}').lines().next().unwrap_or_default().trim();
    match first.strip_suffix("Database").map(str::trim_end) {
        Some(name) if name.starts_with("O*NET ") && name.len() < 40 => {
            let licence = "CC BY 4.0, U.S. Department of Labor, Employment and Training Administration";
            Ok((name.to_owned(), licence.to_owned()))
        }
        // In O*NET's form, but anybody's.
        _ => Ok((files.stem(), String::new())),
    }
}

fn whole(path: &Path) -> Result<(String, Arc<[u8]>), ReadError> {
    let label = path.display().to_string();
    let bytes = read_whole(path, MAX_READ)?.ok_or_else(|| {
        ReadError::hinted(
            &label,
            "there is no such file",
            "see [facts] in config.toml; paths are from its folder",
        )
    })?;
    Ok((file_name(path), bytes.into()))
}

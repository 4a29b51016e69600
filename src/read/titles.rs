//! Names of occupations, made ready for search.

use std::collections::HashMap;

use super::ReadError;
use super::catalogue::Catalogue;
use super::files::Files;
use super::onet::{ALTERNATES, Field, MAX_ALTERNATES, open};
use super::rows::Row;
use crate::domain::Occupation;
use crate::domain::names::{slug, words};

/// Titles of all occupations of a catalogue.
#[derive(Debug, Default)]
pub(super) struct Titles {
    pub codes: HashMap<String, usize>,
    pub slugs: HashMap<String, Vec<usize>>,
    /// By `key`.
    pub keys: HashMap<String, Vec<usize>>,
    /// Each occupation's key.
    pub all: Vec<String>,
}

/// Other names under which O*NET files occupations.
#[derive(Debug, Default)]
pub(super) struct Alternates {
    pub keys: HashMap<String, Vec<usize>>,
    pub all: Vec<Alternate>,
}

#[derive(Debug)]
pub(super) struct Alternate {
    pub code: String,
    /// As it is written.
    pub title: String,
    pub key: String,
}

/// The words of a name as one text: names with the same key are the same name.
pub(super) fn key(name: &str) -> String {
    words(name).join(" ")
}

impl Titles {
    fn new(occupations: &[Occupation]) -> Self {
        let mut titles = Self::default();
        for (at, occupation) in occupations.iter().enumerate() {
            let key = key(&occupation.title);
            titles.codes.entry(occupation.code.clone()).or_insert(at);
            titles.slugs.entry(slug(&occupation.title)).or_default().push(at);
            titles.keys.entry(key.clone()).or_default().push(at);
            titles.all.push(key);
        }
        titles
    }
}

impl Alternates {
    fn read(files: &Files) -> Result<Self, ReadError> {
        let Some(bytes) = files.read(ALTERNATES)? else { return Ok(Self::default()) };
        let file = files.label_of(ALTERNATES);
        let mut rows = open(&file, &bytes, MAX_ALTERNATES)?;
        let code = Field::code_of(&rows)?;
        let title = Field::of(&rows, "Alternate Title")?;
        let short = Field::optional(&rows, "Short Title");
        let mut alternates = Self::default();
        let mut row = Row::default();
        while rows.next(&mut row)? {
            let code = code.code(&file, &row)?;
            let title = title.needed(&file, &row)?;
            alternates.add(&code, title, short.map_or("", |field| field.cell(&row)));
        }
        Ok(alternates)
    }

    /// `CEO (Chief Executive Officer)` is found under each of its two forms, too.
    fn add(&mut self, code: &str, title: &str, short: &str) {
        let at = self.all.len();
        let whole = key(title);
        let mut keys = vec![whole.clone(), key(short)];
        if let Some((before, within)) = title.strip_suffix(')').and_then(|rest| rest.split_once(" (")) {
            keys.extend([key(before), key(within)]);
        }
        keys.sort();
        keys.dedup();
        for key in keys.into_iter().filter(|key| !key.is_empty()) {
            self.keys.entry(key).or_default().push(at);
        }
        self.all.push(Alternate { code: code.to_owned(), title: title.to_owned(), key: whole });
    }
}

impl Catalogue {
    pub(super) fn titles(&self) -> &Titles {
        self.titles.get_or_init(|| Titles::new(&self.occupations))
    }

    /// The alternate titles of the occupations that have any, by code, in the order of the file.
    pub fn other_titles(&self) -> Result<HashMap<String, Vec<String>>, ReadError> {
        let mut by_code: HashMap<String, Vec<String>> = HashMap::new();
        for alternate in &self.alternates()?.all {
            by_code.entry(alternate.code.clone()).or_default().push(alternate.title.clone());
        }
        Ok(by_code)
    }

    /// Reads the alternate titles when they are first asked for: most runs never do.
    pub(super) fn alternates(&self) -> Result<&Alternates, ReadError> {
        if let Some(alternates) = self.alternates.get() {
            return Ok(alternates);
        }
        let read = self.files.as_ref().map(Alternates::read).transpose()?.unwrap_or_default();
        Ok(self.alternates.get_or_init(|| read))
    }
}

//! From an answer to commentary, or to what is wrong with it. Pure.
//!
//! A remark that cites nothing, or has a number that its sheet does not have, is worth nothing: it is never mended,
//! the question is put again. What is kept for ever is the answer, so the checks may be changed and run again over
//! all of them for nothing.

mod address;
mod figures;
mod phrases;
mod read;

use std::collections::HashSet;
use std::fmt;

use self::figures::{Figure, Figures};
use self::phrases::{Phrase, Words};
use self::read::{Draft, Written};
use super::text::excerpt;
use crate::domain::commentary::{Asked, Remark};
use crate::domain::text::is_unruly;
use crate::domain::{Answer, Brief, FactSheet, Finish, Gap, GapReason};

/// What a checked answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    pub overview: Vec<Remark>,
    pub pressure: Vec<Remark>,
    pub holds: Vec<Remark>,
    pub tools: Vec<Remark>,
    pub questions: Vec<Asked>,
}

/// What is wrong with an answer, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Such as `remark 3 of pressure`.
    pub place: String,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is not of the form that was asked for.
    Form(String),
    Empty,
    TooLong {
        found: usize,
        allowed: usize,
    },
    TooMany {
        found: usize,
        allowed: usize,
    },
    /// It has characters that do not show, or that turn the reading direction.
    Unshown,
    NoCites,
    UnknownId(String),
    /// It stands in no statement of the sheet.
    Number(String),
    /// A large number in words, a fraction or a multiple cannot be looked for.
    InWords(String),
    Address(String),
    Year(String),
    Forecast(String),
    Word(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.why)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(what) => f.write_str(what),
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { found, allowed } => write!(f, "{found} characters, {allowed} are allowed"),
            Self::TooMany { found, allowed } => write!(f, "{found} of them, {allowed} are allowed"),
            Self::Unshown => f.write_str("it has characters that do not show"),
            Self::NoCites => f.write_str("it cites nothing"),
            Self::UnknownId(id) => write!(f, "`{id}` is no statement of the sheet"),
            Self::Number(number) => write!(f, "{number} stands in no statement"),
            Self::InWords(word) => write!(f, "`{word}` is a number in words"),
            Self::Address(address) => write!(f, "`{address}` is an address"),
            Self::Year(year) => write!(f, "the year {year} stands in no statement"),
            Self::Forecast(phrase) => write!(f, "`{phrase}` is a forecast"),
            Self::Word(phrase) => write!(f, "`{phrase}` is not to be said"),
        }
    }
}

/// Far above what models may write, far below what would be felt.
const MAX_BYTES: usize = 1 << 18;

/// Reads the commentary out of an answer.
pub fn commented(brief: &Brief, sheet: &FactSheet, answer: &Answer) -> Result<Parts, Gap> {
    let reason = match answer.finish {
        Finish::Complete => GapReason::Unreadable,
        Finish::Truncated => GapReason::Truncated,
        Finish::Refused | Finish::Blocked | Finish::Retired | Finish::Failed => {
            return Err(super::without_answer(answer));
        }
    };
    commentary(brief, sheet, &answer.text).map_err(|faults| Gap::new(reason, told(&faults)))
}

/// The first faults, for people.
fn told(faults: &[Fault]) -> String {
    const MOST: usize = 3;
    let mut told: Vec<String> = faults.iter().take(MOST).map(ToString::to_string).collect();
    if faults.len() > MOST {
        told.push(format!("and {} more", faults.len() - MOST));
    }
    told.join("; ")
}

/// The last object in which nothing is wrong: models correct themselves, never the reverse. Else what is wrong
/// with the last one.
pub fn commentary(brief: &Brief, sheet: &FactSheet, text: &str) -> Result<Parts, Vec<Fault>> {
    let form = |what: String| vec![Fault { place: "the answer".to_owned(), why: Why::Form(what) }];
    if text.trim().is_empty() {
        return Err(form("it is empty".to_owned()));
    }
    if text.len() > MAX_BYTES {
        return Err(form(format!("{} bytes are too long to be commentary", text.len())));
    }
    let drafts = read::drafts(text);
    let check = Check::new(brief, sheet);
    let mut faults = None;
    for draft in drafts.found.into_iter().rev() {
        match check.draft(draft) {
            Ok(parts) => return Ok(parts),
            Err(found) => faults = faults.or(Some(found)),
        }
    }
    Err(faults.unwrap_or_else(|| {
        form(match drafts.broken {
            Some(why) => why,
            None => format!("no JSON object: `{}`", excerpt(text)),
        })
    }))
}

/// Everything that remarks are held against.
struct Check<'a> {
    brief: &'a Brief,
    sheet: &'a FactSheet,
    ids: HashSet<&'a str>,
    figures: Figures,
    words: Vec<Phrase>,
    quantities: Vec<Phrase>,
    forecasts: Vec<Phrase>,
}

impl<'a> Check<'a> {
    fn new(brief: &'a Brief, sheet: &'a FactSheet) -> Self {
        let phrases = |listed: &[String]| listed.iter().map(|phrase| Phrase::new(phrase)).collect();
        let ids: HashSet<&str> = sheet.statements.iter().map(|one| one.id.as_str()).collect();
        let texts = sheet.statements.iter().map(|one| one.text.as_str()).chain([sheet.title.as_str()]);
        let figures = Figures::of(texts);
        Self {
            brief,
            sheet,
            ids,
            figures,
            words: phrases(&brief.words),
            quantities: phrases(&brief.quantities),
            forecasts: phrases(&brief.forecasts),
        }
    }

    fn draft(&self, draft: Draft) -> Result<Parts, Vec<Fault>> {
        let mut faults = Vec::new();
        let Draft { overview, pressure, holds, tools, questions } = draft;
        if overview.is_empty() {
            faults.push(Fault { place: "overview".to_owned(), why: Why::Empty });
        }
        let mut part = |name: &str, written: Vec<Written>| {
            self.count(name, written.len(), self.brief.limits.remarks, &mut faults);
            let numbered = written.into_iter().enumerate();
            numbered.map(|(at, one)| self.remark(&place("remark", at, name), one, &mut faults)).collect()
        };
        let (overview, pressure) = (part("overview", overview), part("pressure", pressure));
        let (holds, tools) = (part("holds", holds), part("tools", tools));
        self.count("questions", questions.len(), self.brief.limits.questions, &mut faults);
        let mut asked = Vec::new();
        for (at, one) in questions.into_iter().enumerate() {
            let question = one.question.trim().to_owned();
            self.text(&place("question", at, "questions"), &question, &one.cites, &mut faults);
            let written = Written { text: one.answer, cites: one.cites };
            let answer = self.remark(&place("answer", at, "questions"), written, &mut faults);
            asked.push(Asked { question, answer });
        }
        let parts = Parts { overview, pressure, holds, tools, questions: asked };
        if faults.is_empty() { Ok(parts) } else { Err(faults) }
    }

    fn count(&self, part: &str, found: usize, allowed: usize, faults: &mut Vec<Fault>) {
        if found > allowed {
            faults.push(Fault { place: part.to_owned(), why: Why::TooMany { found, allowed } });
        }
    }

    fn remark(&self, place: &str, written: Written, faults: &mut Vec<Fault>) -> Remark {
        let text = written.text.trim().to_owned();
        let mut cites: Vec<String> = Vec::new();
        for id in written.cites.iter().map(|id| id.trim()) {
            if !self.ids.contains(id) {
                let why = Why::UnknownId(excerpt(id));
                faults.push(Fault { place: place.to_owned(), why });
            } else if !cites.iter().any(|cited| cited == id) {
                cites.push(id.to_owned());
            }
        }
        if written.cites.is_empty() {
            faults.push(Fault { place: place.to_owned(), why: Why::NoCites });
        }
        self.text(place, &text, &cites, faults);
        Remark { text, cites }
    }

    /// What is wrong with a text, whatever it cites.
    fn text(&self, place: &str, text: &str, cites: &[String], faults: &mut Vec<Fault>) {
        let mut wrong = |why| faults.push(Fault { place: place.to_owned(), why });
        let (found, allowed) = (text.chars().count(), self.brief.limits.remark_chars);
        if text.is_empty() {
            wrong(Why::Empty);
        }
        if found > allowed {
            // What is left to look at is bounded.
            return wrong(Why::TooLong { found, allowed });
        }
        if text.chars().any(is_unruly) {
            wrong(Why::Unshown);
        }
        for figure in figures::figures(text, &self.ids) {
            match figure {
                Figure::Digits(number) if self.figures.have(&number.value) => {}
                Figure::Digits(number) if number.is_year() => wrong(Why::Year(number.said)),
                Figure::Digits(number) => wrong(Why::Number(number.said)),
                Figure::Other(said) => wrong(Why::Number(said)),
                Figure::Words(said) => wrong(Why::InWords(said)),
            }
        }
        self.phrases(text, cites, &mut wrong);
    }

    /// What is not to be said, but for what a cited statement says itself: that may be told in its own words.
    fn phrases(&self, text: &str, cites: &[String], wrong: &mut impl FnMut(Why)) {
        let cited: Vec<&str> = self
            .sheet
            .statements
            .iter()
            .filter(|one| cites.contains(&one.id))
            .map(|one| one.text.as_str())
            .collect();
        let words = Words::of(text);
        let others: Vec<Words> = cited.iter().map(|text| Words::of(text)).collect();
        for (phrases, why) in [
            (&self.words, Why::Word as fn(String) -> Why),
            (&self.quantities, Why::InWords),
            (&self.forecasts, Why::Forecast),
        ] {
            if let Some(said) = phrases.iter().find_map(|phrase| phrase.said_alone(&words, &others)) {
                wrong(why(said));
            }
        }
        let known: Vec<&str> = cited.iter().flat_map(|text| address::addresses(text)).collect();
        let bare = |address: &str| address.trim_end_matches(['.', '?', '!', ':']).to_lowercase();
        let unknown = |address: &&str| !known.iter().any(|known| bare(known) == bare(address));
        if let Some(address) = address::addresses(text).find(unknown) {
            wrong(Why::Address(excerpt(address)));
        }
    }
}

fn place(what: &str, at: usize, part: &str) -> String {
    format!("{what} {} of {part}", at + 1)
}

#[cfg(test)]
mod tests;

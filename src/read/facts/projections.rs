//! Employment as it is projected: the table of occupations of the BLS Employment Projections, as csv.

use std::sync::Arc;

use super::super::ReadError;
use super::super::error::shown;
use super::figures;
use super::published::{Cells, Table};
use super::soc_join::{ByCode, Parts, six};
use crate::domain::facts::{Figure, Outlook};

const SOURCE: &str = "BLS Employment Projections";
/// Employment and openings are printed in thousands.
const THOUSAND: f64 = 1_000.0;

pub(super) struct Projections {
    /// Such as "2024-34".
    pub vintage: Arc<str>,
    of: ByCode<Projected>,
    /// Rows without a change, which say nothing of the outlook.
    pub unknown: usize,
}

struct Projected {
    title: Arc<str>,
    row: u64,
    employment: Option<u64>,
    projected: Option<u64>,
    change_percent: f64,
    words: Arc<str>,
    openings: Option<u64>,
    education: Arc<str>,
}

impl Projections {
    pub fn read(file: &str, bytes: &Arc<[u8]>, words: &[(i64, String)]) -> Result<Self, ReadError> {
        let table = Table::read(file, bytes, "Occupation Code")?;
        let layout = Layout::of(&table)?;
        let words: Vec<(i64, Arc<str>)> =
            words.iter().map(|(from, word)| (*from, word.as_str().into())).collect();
        let mut all = Self { vintage: layout.vintage.clone(), of: ByCode::new(), unknown: 0 };
        for row in &table.rows {
            let Some(code) = layout.code(&table, row)? else { continue };
            let Some(new) = layout.projected(&table, row, &words)? else {
                all.unknown += 1;
                continue;
            };
            if let Some(twin) = all.of.insert(code, new) {
                let what = format!("the same code stands in line {} already", twin.row);
                return Err(table.wrong(row, layout.code, what));
            }
        }
        if all.of.is_empty() {
            return Err(ReadError::file(file, "has no projections of occupations"));
        }
        Ok(all)
    }

    pub fn title(&self, code: &str) -> Option<Arc<str>> {
        self.of.get(code).map(|row| Arc::clone(&row.title))
    }

    pub fn outlook(&self, code: &str, parts: &Parts) -> Option<Outlook> {
        let joined = parts.join(code, |code| self.title(code))?;
        let row = self.of.get(&joined.code)?;
        Some(Outlook {
            figure: Figure { source: SOURCE.into(), vintage: Arc::clone(&self.vintage), whose: joined.whose },
            employment: row.employment,
            projected: row.projected,
            change_percent: row.change_percent,
            words: Arc::clone(&row.words),
            openings: row.openings,
            education: Arc::clone(&row.education),
        })
    }
}

/// A column's name without years and units, and the years.
fn heading(name: &str) -> (String, Vec<u16>) {
    let lower = name.to_lowercase();
    let (mut words, mut years) = (Vec::new(), Vec::new());
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        match word.parse::<u16>() {
            Ok(year) if (1980..=2199).contains(&year) => years.push(year),
            _ if ["in", "thousands"].contains(&word) => {}
            _ => words.push(word),
        }
    }
    (words.join(" "), years)
}

/// Which column is what.
struct Layout {
    title: usize,
    code: usize,
    /// In the first and in the last year.
    employment: usize,
    projected: usize,
    percent: usize,
    openings: Option<usize>,
    education: Option<usize>,
    vintage: Arc<str>,
}

impl Layout {
    fn of(table: &Table) -> Result<Self, ReadError> {
        let headings: Vec<(String, Vec<u16>)> = table.columns.iter().map(|name| heading(name)).collect();
        let find = |starts: &[&str]| {
            headings.iter().position(|(name, _)| starts.iter().any(|start| name.starts_with(start)))
        };
        let needed = |name: &str, starts: &[&str]| find(starts).ok_or_else(|| table.without(name));
        let percent =
            needed("Employment Percent Change", &["employment percent change", "employment change percent"])?;
        let mut of_years: Vec<(u16, usize)> = Vec::new();
        for (at, (name, years)) in headings.iter().enumerate() {
            if let (true, [year]) = (name == "employment", years.as_slice()) {
                of_years.push((*year, at));
            }
        }
        of_years.sort_unstable();
        let (first, last) = match of_years.as_slice() {
            [first, last] if first.0 < last.0 => (*first, *last),
            _ => return Err(table.without("Employment YEAR` of two years, such as `Employment 2024")),
        };
        let (title, code) = (
            needed("Occupation Title", &["occupation title"])?,
            needed("Occupation Code", &["occupation code"])?,
        );
        Ok(Self {
            title,
            code,
            employment: first.1,
            projected: last.1,
            percent,
            openings: find(&["occupational openings"]),
            education: find(&["typical entry level education", "typical education"]),
            vintage: format!("{}-{:02}", first.0, last.0 % 100).into(),
        })
    }

    /// Codes are wrapped as `="13-2011"`, so that spreadsheets do not take them for dates; `None` where there is none.
    fn code(&self, table: &Table, row: &Cells) -> Result<Option<String>, ReadError> {
        let cell = row.cell(self.code);
        let bare = cell.trim_start_matches('=').trim_matches('"').trim();
        if figures::is_missing(bare) {
            return Ok(None);
        }
        let code = six(bare).filter(|code| code == bare);
        let wrong = || table.wrong(row, self.code, format!("`{}` is not a code (like 15-1252)", shown(cell)));
        code.ok_or_else(wrong).map(Some)
    }

    /// `None` where the change is missing.
    fn projected(
        &self,
        table: &Table,
        row: &Cells,
        words: &[(i64, Arc<str>)],
    ) -> Result<Option<Projected>, ReadError> {
        let cell = row.cell(self.percent);
        if figures::is_missing(cell) {
            return Ok(None);
        }
        let change = figures::number(cell.trim_end_matches('%')).filter(|change| change.abs() < 1e6);
        let wrong =
            || table.wrong(row, self.percent, format!("`{}` is not a percentage (like -3.1)", shown(cell)));
        let change_percent = change.ok_or_else(wrong)?;
        let count = |at| figures::count(row.cell(at), THOUSAND).map_err(|what| table.wrong(row, at, what));
        let education = self.education.map_or("", |at| row.cell(at));
        Ok(Some(Projected {
            // Names under which the occupation is looked for follow its title.
            title: row.cell(self.title).split('*').next().unwrap_or_default().trim().into(),
            row: row.number,
            employment: count(self.employment)?,
            projected: count(self.projected)?,
            change_percent,
            words: named(change_percent, words),
            openings: self.openings.map(count).transpose()?.flatten(),
            education: if figures::is_missing(education) { "" } else { education }.into(),
        }))
    }
}

/// The words for a change, by its whole percent as a reader would round it.
fn named(change_percent: f64, words: &[(i64, Arc<str>)]) -> Arc<str> {
    let whole = change_percent.round() as i64;
    let reached = words.iter().filter(|(from, _)| *from <= whole);
    reached.max_by_key(|(from, _)| *from).map_or_else(|| "".into(), |(_, word)| Arc::clone(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Whose;

    const HEAD: &str = "Occupation Title,Occupation Code,Employment 2024,Employment 2034,\"Employment Change, 2024-2034\",\
        \"Employment Percent Change, 2024-2034\",\"Occupational Openings, 2024-2034 Annual Average\",\
        Median Annual Wage 2024,Typical Entry-Level Education\n";

    fn read(rows: &str) -> Result<Projections, ReadError> {
        let words: Vec<(i64, String)> = [(-100, "falls"), (0, "stays"), (1, "rises"), (7, "soars")]
            .map(|(from, word)| (from, word.to_owned()))
            .to_vec();
        Projections::read("p.csv", &format!("{HEAD}{rows}").into_bytes().into(), &words)
    }

    fn outlook(rows: &str, code: &str) -> Outlook {
        read(rows).unwrap().outlook(code, &Parts::new([code].into_iter())).unwrap()
    }

    #[test]
    fn codes_are_unwrapped_titles_lose_their_other_names_and_thousands_are_people() {
        let rows = "Penguin keepers * Keeper * Bird hand,=\"39-2011\",\"1,579.8\",\"1,652.6\",72.8,4.6,124.2,\"81,680\",A degree\n";
        let found = outlook(rows, "39-2011.00");
        assert_eq!((found.employment, found.projected), (Some(1_579_800), Some(1_652_600)));
        assert_eq!((found.change_percent, found.openings), (4.6, Some(124_200)));
        assert_eq!(
            (&*found.words, &*found.education, &*found.figure.vintage),
            ("rises", "A degree", "2024-34")
        );
        assert_eq!(found.figure.whose, Whose::Its);
        assert_eq!(&*read(rows).unwrap().title("39-2011").unwrap(), "Penguin keepers");
        // The same code as other programs quote it.
        let quoted = rows.replace("=\"39-2011\"", "\"=\"\"39-2011\"\"\"");
        assert_eq!(outlook(&quoted, "39-2011.00"), found);
    }

    #[test]
    fn words_go_by_the_rounded_percent() {
        for (percent, expected) in [
            ("-0.5", "falls"),
            ("-0.4", "stays"),
            ("0.4", "stays"),
            ("0.5", "rises"),
            ("6.4", "rises"),
            ("6.5", "soars"),
            ("-200", ""),
        ] {
            let found = outlook(&format!("A,39-2011,1,1,0,{percent},1,1,x\n"), "39-2011.00");
            assert_eq!(&*found.words, expected, "{percent}");
        }
    }

    #[test]
    fn what_is_missing_is_no_number() {
        let found = outlook("A,39-2011,—,,—,2,—,—,—\n", "39-2011.00");
        assert_eq!((found.employment, found.projected, found.openings), (None, None, None));
        assert_eq!(&*found.education, "");
        let all = read("A,39-2011,1,2,1,—,1,1,x\nB,39-2021,1,2,1,1,1,1,x\n").unwrap();
        assert!(all.title("39-2011").is_none());
        assert_eq!(all.unknown, 1);
    }

    #[test]
    fn columns_are_found_by_how_they_begin() {
        let text = "occupation code,OCCUPATION TITLE (2018),\"Employment, 2033 (in thousands)\",\"Employment, 2023\",\
                    \"Employment change, percent, 2023-33\"\n39-2011,A,3,2,50.0\n";
        let all = Projections::read("p.csv", &text.as_bytes().to_vec().into(), &[]).unwrap();
        let found = all.outlook("39-2011", &Parts::default()).unwrap();
        assert_eq!((found.employment, found.projected), (Some(2_000), Some(3_000)));
        assert_eq!((&*found.figure.vintage, &*found.words), ("2023-33", ""));
    }

    #[test]
    fn wrong_files_and_cells_are_named() {
        for (rows, expected) in [
            ("", "p.csv: has no projections of occupations"),
            ("A,39-20,1,1,0,1,1,1,x\n", "p.csv: line 2, column `Occupation Code`: `39-20` is not a code"),
            ("A,39-2011,1,1,0,much,1,1,x\n", "`much` is not a percentage (like -3.1)"),
            ("A,39-2011,\"1,5\",1,0,1,1,1,x\n", "column `Employment 2024`: `1,5` is not a count"),
            (
                "A,39-2011,1,1,0,1,1,1,x\nB,39-2011,1,1,0,1,1,1,x\n",
                "line 3, column `Occupation Code`: the same code stands in line 2",
            ),
        ] {
            let error = read(rows).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
        for (head, expected) in [
            (
                "Occupation Title,Occupation Code,Employment 2024,Employment 2034",
                "has no column `Employment Percent Change`",
            ),
            (
                "Occupation Title,Occupation Code,Employment 2024,Employment Percent Change",
                "has no column `Employment YEAR` of two years",
            ),
        ] {
            let error =
                Projections::read("p.csv", &format!("{head}\n").into_bytes().into(), &[]).err().unwrap();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}

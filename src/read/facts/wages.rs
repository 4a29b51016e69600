//! Wages and employment: the national files of the Occupational Employment and Wage Statistics.

use std::sync::Arc;

use super::super::ReadError;
use super::figures;
use super::published::{Cells, Table};
use super::soc_join::{ByCode, Joined, Parts, six};
use crate::domain::facts::{Figure, Pay, PayGrowth, Wage};

const SOURCE: &str = "BLS Occupational Employment and Wage Statistics";

/// One vintage.
pub(super) struct Wages {
    pub year: u16,
    /// Such as "May 2024".
    pub vintage: Arc<str>,
    of: ByCode<Published>,
    /// Where a sign had to be understood without the file's help.
    pub note: Option<String>,
}

struct Published {
    title: Arc<str>,
    /// Of the most detailed level; others only serve where that has nothing.
    is_detailed: bool,
    row: u64,
    median: Option<Wage>,
    low: Option<Wage>,
    high: Option<Wage>,
    employment: Option<u64>,
}

impl Wages {
    pub fn read(file: &str, bytes: &Arc<[u8]>) -> Result<Self, ReadError> {
        let table = Table::read(file, bytes, "OCC_CODE")?;
        let year = year(file).or_else(|| year(&table.sheet)).ok_or_else(|| {
            ReadError::hinted(
                file,
                "does not say which vintage it is",
                "give it the name under which it is published, such as national_M2024_dl.xlsx for May 2024",
            )
        })?;
        let layout = Layout::of(&table)?;
        let (top, note) = layout.top(&table);
        let mut of = ByCode::new();
        for row in table.rows.iter().filter(|row| layout.is_national(row)) {
            let Some((code, new)) = layout.published(&table, row, top)? else { continue };
            match of.get(&code) {
                Some(Published { is_detailed, row: first, .. }) if *is_detailed == new.is_detailed => {
                    let what = format!(
                        "`{code}` stands in line {first} already; the file is to be national, over all industries and owners"
                    );
                    return Err(table.wrong(row, layout.code, what));
                }
                Some(known) if known.is_detailed => {}
                _ => drop(of.insert(code, new)),
            }
        }
        if of.is_empty() {
            return Err(ReadError::file(file, "has no figures of occupations"));
        }
        Ok(Self { year, vintage: format!("May {year}").into(), of, note })
    }

    pub fn title(&self, code: &str) -> Option<Arc<str>> {
        self.of.get(code).map(|row| Arc::clone(&row.title))
    }

    fn join(&self, code: &str, parts: &Parts) -> Option<Joined> {
        parts.join(code, |code| self.title(code))
    }

    fn figure(&self, joined: &Joined) -> Figure {
        Figure { source: SOURCE.into(), vintage: Arc::clone(&self.vintage), whose: joined.whose.clone() }
    }

    pub fn pay(&self, code: &str, parts: &Parts) -> Option<Pay> {
        let joined = self.join(code, parts)?;
        let row = self.of.get(&joined.code)?;
        Some(Pay {
            figure: self.figure(&joined),
            median: row.median,
            low: row.low,
            high: row.high,
            employment: row.employment,
        })
    }

    /// Only where both vintages have an exact median of the same code.
    pub fn growth(&self, earlier: &Self, code: &str, parts: &Parts) -> Option<PayGrowth> {
        let joined = self.join(code, parts)?;
        if earlier.join(code, parts)?.code != joined.code {
            return None;
        }
        let median = |wages: &Self| match wages.of.get(&joined.code)?.median? {
            Wage::Exactly(median) => Some(f64::from(median)),
            Wage::AtLeast(_) => None,
        };
        let (new, old) = (median(self)?, median(earlier)?);
        let years = f64::from(self.year.checked_sub(earlier.year).filter(|years| *years > 0)?);
        let percent_a_year = ((new / old).powf(1.0 / years) - 1.0) * 100.0;
        Some(PayGrowth { figure: self.figure(&joined), since: Arc::clone(&earlier.vintage), percent_a_year })
    }
}

/// The year in a name as BLS gives it: `national_M2024_dl`, `all_data_M_2024`, `May 2024`.
fn year(name: &str) -> Option<u16> {
    let name = name.to_ascii_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let is_year =
        |text: &str| text.parse().ok().filter(|year| text.len() == 4 && (1980..=2199).contains(year));
    let joined = words.iter().find_map(|word| is_year(word.strip_prefix('m')?));
    let apart = words.iter().zip(words.iter().skip(1));
    joined
        .or_else(|| apart.filter(|(word, _)| ["m", "may"].contains(word)).find_map(|(_, year)| is_year(year)))
}

/// Which column is what.
struct Layout {
    code: usize,
    title: usize,
    group: usize,
    employment: usize,
    median: usize,
    low: usize,
    high: usize,
    area: Option<usize>,
    industry: Option<usize>,
}

impl Layout {
    fn of(table: &Table) -> Result<Self, ReadError> {
        Ok(Self {
            code: table.column(&["OCC_CODE"])?,
            title: table.column(&["OCC_TITLE"])?,
            group: table.column(&["O_GROUP", "OCC_GROUP"])?,
            employment: table.column(&["TOT_EMP"])?,
            median: table.column(&["A_MEDIAN"])?,
            low: table.column(&["A_PCT10"])?,
            high: table.column(&["A_PCT90"])?,
            area: table.find(&["AREA_TYPE"]),
            industry: table.find(&["I_GROUP"]),
        })
    }

    /// Files of all areas and industries have the same columns.
    fn is_national(&self, row: &Cells) -> bool {
        let is_country = self.area.is_none_or(|at| figures::number(row.cell(at)) == Some(1.0));
        let is_all = |at| row.cell(at).eq_ignore_ascii_case("cross-industry");
        is_country && self.industry.is_none_or(is_all)
    }

    /// `None` for totals and groups that are wider than the broad ones.
    fn published(
        &self,
        table: &Table,
        row: &Cells,
        top: Option<u32>,
    ) -> Result<Option<(String, Published)>, ReadError> {
        let is_detailed = match row.cell(self.group).to_ascii_lowercase().as_str() {
            "detailed" => true,
            "broad" => false,
            _ => return Ok(None),
        };
        let cell = row.cell(self.code);
        let code = six(cell).filter(|code| code == cell);
        let code =
            code.ok_or_else(|| table.wrong(row, self.code, "is not a six-digit code (like 15-1252)"))?;
        let wage = |at| figures::wage(row.cell(at), top).map_err(|what| table.wrong(row, at, what));
        let employment = figures::count(row.cell(self.employment), 1.0);
        let published = Published {
            title: row.cell(self.title).into(),
            is_detailed,
            row: row.number,
            median: wage(self.median)?,
            low: wage(self.low)?,
            high: wage(self.high)?,
            employment: employment.map_err(|what| table.wrong(row, self.employment, what))?,
        };
        Ok(Some((code, published)))
    }

    /// What `#` stands for: as the file's notes say; else no less than the highest wage that it does tell.
    fn top(&self, table: &Table) -> (Option<u32>, Option<String>) {
        if let Some(top) = table.remarks.iter().find_map(|remark| top_code(remark)) {
            return (Some(top), None);
        }
        let columns = [self.median, self.low, self.high];
        let cells = || table.rows.iter().flat_map(|row| columns.map(|at| row.cell(at)));
        let highest = cells().filter_map(figures::dollars).max();
        let note = highest.filter(|_| cells().any(|cell| cell == "#")).map(|highest| {
            format!(
                "{}: does not say what `#` stands for; taken as {highest} USD or more, the highest wage in it",
                table.file
            )
        });
        (highest, note)
    }
}

/// The annual wage of a note such as "# = a wage of $100.00 per hour or $208,000 per year, or more".
fn top_code(remark: &str) -> Option<u32> {
    let (before, _) = remark.trim().strip_prefix('#')?.split_once("per year")?;
    figures::dollars(before.rsplit('$').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Whose;

    const HEAD: &str = "AREA_TYPE,I_GROUP,occ_code,Occ_Title,O_GROUP,A_PCT90,tot_emp,A_MEDIAN,A_PCT10\n";

    fn read(year: u16, rows: &str) -> Result<Wages, ReadError> {
        let text = format!("{HEAD}{rows}").replace("US,", "1,cross-industry,");
        Wages::read(&format!("national_M{year}_dl.csv"), &text.into_bytes().into())
    }

    fn parts() -> Parts {
        Parts::new(["39-2011.00", "39-2021.00", "39-2021.01", "13-1021.00"].into_iter())
    }

    #[test]
    fn figures_are_found_whatever_the_order_and_case_of_columns() {
        let wages =
            read(2024, "US,39-2011,Penguin Keepers,detailed,\"90,000\",\"1,250\",\"61,500\",30000.0\n")
                .unwrap();
        let pay = wages.pay("39-2011.00", &parts()).unwrap();
        assert_eq!(pay.median, Some(Wage::Exactly(61_500)));
        assert_eq!((pay.low, pay.high), (Some(Wage::Exactly(30_000)), Some(Wage::Exactly(90_000))));
        assert_eq!(
            (pay.employment, &*pay.figure.vintage, pay.figure.whose),
            (Some(1_250), "May 2024", Whose::Its)
        );
        assert!(wages.pay("39-2021.00", &parts()).is_none());
    }

    #[test]
    fn signs_are_bounds_or_nothing_but_never_numbers() {
        let wages = read(
            2024,
            "US,39-2011,A,detailed,#,**,>=239200,*\nUS,39-2021,B,detailed,150000,1,100000,50000\n",
        );
        let wages = wages.unwrap();
        let pay = wages.pay("39-2011.00", &parts()).unwrap();
        assert_eq!((pay.median, pay.low, pay.employment), (Some(Wage::AtLeast(239_200)), None, None));
        // The file does not say what `#` is: no less than the highest wage in it.
        assert_eq!(pay.high, Some(Wage::AtLeast(150_000)));
        assert!(wages.note.unwrap().contains("taken as 150000 USD or more"));
    }

    #[test]
    fn figures_of_several_parts_and_of_merged_codes_say_so() {
        let wages = read(
            2024,
            "US,39-2021,B,detailed,3,1,2,1\nUS,13-1020,Buyers,broad,9,1,8,7\nUS,13-1020,Buyers,detailed,3,1,2,1\n",
        );
        let wages = wages.unwrap();
        let whose = |code: &str| wages.pay(code, &parts()).unwrap().figure.whose;
        assert_eq!(whose("39-2021.01"), Whose::Part { code: "39-2021".into(), title: "B".into(), parts: 2 });
        assert_eq!(whose("13-1021.00"), Whose::Merged { code: "13-1020".into(), title: "Buyers".into() });
        assert_eq!(wages.pay("13-1021.00", &parts()).unwrap().median, Some(Wage::Exactly(2)));
    }

    #[test]
    fn totals_other_areas_and_single_industries_are_left_out() {
        let rows = "US,00-0000,All,total,3,1,2,1\nUS,39-2000,X,minor,3,1,2,1\n2,cross-industry,39-2011,A,detailed,9,1,9,9\n\
                    1,sector,39-2011,A,detailed,9,1,9,9\nUS,39-2011,A,detailed,3,1,2,1\n";
        assert_eq!(
            read(2024, rows).unwrap().pay("39-2011.00", &parts()).unwrap().median,
            Some(Wage::Exactly(2))
        );
    }

    #[test]
    fn growth_is_a_year_and_only_between_exact_medians_of_the_same_code() {
        let rows = |median: &str| format!("US,39-2011,A,detailed,3,1,{median},1\n");
        let growth = |old: &str, new: &str| {
            let (old, new) = (read(2022, old).unwrap(), read(2024, new).unwrap());
            new.growth(&old, "39-2011.00", &parts())
        };
        let found = growth(&rows("100000"), &rows("121000")).unwrap();
        assert!((found.percent_a_year - 10.0).abs() < 1e-9, "{found:?}");
        assert_eq!((&*found.since, &*found.figure.vintage), ("May 2022", "May 2024"));
        assert_eq!(growth(&rows("#"), &rows("121000")), None);
        assert_eq!(growth(&rows("100000"), &rows(">=200000")), None);
        assert_eq!(growth(&rows("*"), &rows("121000")), None);
        // Merged then, and on its own now.
        assert_eq!(growth("US,39-2010,A,detailed,3,1,2,1\n", &rows("121000")), None);
    }

    #[test]
    fn the_vintage_is_in_the_name() {
        for (name, expected) in [
            ("national_M2024_dl.xlsx", Some(2024)),
            ("all_data_M_2023.xlsx", Some(2023)),
            ("May 2022 OEWS Estimates", Some(2022)),
            ("oes-may-2019.csv", Some(2019)),
            ("wages2024.csv", None),
            ("form2024.csv", None),
            ("m20245.csv", None),
            ("national_M1024.csv", None),
        ] {
            assert_eq!(year(name), expected, "{name}");
        }
        let error = Wages::read("wages.csv", &HEAD.as_bytes().to_vec().into()).err().unwrap();
        assert_eq!(error.to_string(), "wages.csv: does not say which vintage it is");
        assert!(error.hint().unwrap().contains("national_M2024_dl.xlsx"));
    }

    #[test]
    fn the_top_code_is_read_out_of_the_notes() {
        let note = "# = a wage that is at least $99.50 per hour or $207,000 per year ";
        assert_eq!(top_code(note), Some(207_000));
        for other in ["* = none", "# of jobs", "# = $1 per hour", "$5 per year"] {
            assert_eq!(top_code(other), None, "{other}");
        }
    }

    #[test]
    fn wrong_files_and_cells_are_named() {
        for (rows, expected) in [
            ("", "has no figures of occupations"),
            ("US,39-20,A,detailed,3,1,2,1\n", "line 2, column `occ_code`: is not a six-digit code"),
            ("US,39-2011,A,detailed,3,1,lots,1\n", "column `A_MEDIAN`: `lots` is not an annual wage"),
            ("US,39-2011,A,detailed,#,1,*,*\n", "column `A_PCT90`: `#` stands for a wage that is too high"),
            (
                "US,39-2011,A,detailed,3,1,2,1\nUS,39-2011,A,detailed,3,1,2,1\n",
                "line 3, column `occ_code`: `39-2011` stands in line 2 already",
            ),
        ] {
            let error = read(2024, rows).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = Wages::read(
            "national_M2024.csv",
            &b"OCC_CODE,OCC_TITLE,O_GROUP,TOT_EMP,A_MEDIA\n".to_vec().into(),
        );
        assert!(error.err().unwrap().to_string().contains("has no column `A_MEDIAN`; is it `A_MEDIA`?"));
        assert!(Wages::read("national_M2024.xls", &Vec::new().into()).is_err());
    }
}

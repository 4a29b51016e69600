//! A series of figures by sector, and which occupation is of which sector: two small tables of anybody's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::super::ReadError;
use super::super::error::shown;
use super::super::soc;
use super::published::{Cells, Table};
use super::soc_join::six;
use crate::domain::facts::{Sector, SectorSources};

/// More would be no series but a database.
const MOST_SECTORS: usize = 1_000;

pub(super) struct Sectors {
    all: BTreeMap<String, Arc<Sector>>,
    /// By eight digits, six digits, or the two of a major group.
    of: HashMap<String, String>,
    pub notes: Vec<String>,
}

impl Sectors {
    /// `series` and `map` are the names of the files with their bytes.
    pub fn read(
        sources: &SectorSources,
        series: (&str, &Arc<[u8]>),
        map: (&str, &Arc<[u8]>),
    ) -> Result<Self, ReadError> {
        let all = read_series(sources, &Table::read(series.0, series.1, "sector")?)?;
        let table = Table::read(map.0, map.1, "occupation")?;
        let of = read_map(&table)?;
        let unknown: BTreeSet<&str> =
            of.values().filter(|sector| !all.contains_key(*sector)).map(String::as_str).collect();
        let mut notes = Vec::new();
        if !unknown.is_empty() {
            let names: Vec<String> =
                unknown.iter().take(10).map(|name| format!("`{}`", shown(name))).collect();
            let count = unknown.len();
            notes.push(format!(
                "{}: names {count} sectors without a series, such as {}",
                table.file,
                names.join(", ")
            ));
        }
        Ok(Self { all, of, notes })
    }

    /// What is said most specifically counts.
    pub fn get(&self, code: &str) -> Option<Arc<Sector>> {
        let (full, six) = (soc::code(code)?, six(code)?);
        let group = full.get(..2)?;
        let sector = [full.as_str(), &six, group].into_iter().find_map(|key| self.of.get(key))?;
        self.all.get(sector).cloned()
    }
}

/// A sector while its rows are being read.
#[derive(Default)]
struct Draft {
    points: BTreeMap<String, (f64, u64)>,
    sources: Vec<String>,
}

fn read_series(sources: &SectorSources, table: &Table) -> Result<BTreeMap<String, Arc<Sector>>, ReadError> {
    let [sector, date, value, source] = [
        table.column(&["sector"])?,
        table.column(&["date"])?,
        table.column(&["value"])?,
        table.column(&["source"])?,
    ];
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for row in &table.rows {
        let name = needed(table, row, sector)?;
        if drafts.len() >= MOST_SECTORS && !drafts.contains_key(name) {
            return Err(table.wrong(
                row,
                sector,
                format!("is one sector too many; {MOST_SECTORS} are allowed"),
            ));
        }
        let day = needed(table, row, date)?;
        if !is_date(day) {
            return Err(table.wrong(row, date, format!("`{}` is not a date (like 2024-05-31)", shown(day))));
        }
        let number = soc::number(row.cell(value), f64::MIN, f64::MAX);
        let number = number
            .map_err(|_| table.wrong(row, value, format!("`{}` is not a number", shown(row.cell(value)))))?;
        let draft = drafts.entry(name.to_owned()).or_default();
        if let Some((_, first)) = draft.points.insert(day.to_owned(), (number, row.number)) {
            let what = format!("the sector has a value of {day} in line {first} already");
            return Err(table.wrong(row, date, what));
        }
        let publisher = needed(table, row, source)?;
        if !draft.sources.iter().any(|known| known == publisher) {
            draft.sources.push(publisher.to_owned());
        }
    }
    let or = |given: &str, usual: &str| if given.is_empty() { usual.to_owned() } else { given.to_owned() };
    let finished = drafts.into_iter().map(|(name, draft)| {
        let sector = Sector {
            sector: name.clone(),
            name: or(&sources.name, SectorSources::NAME),
            direction: or(&sources.direction, SectorSources::DIRECTION),
            source: draft.sources.join("; "),
            points: draft.points.into_iter().map(|(day, (value, _))| (day, value)).collect(),
        };
        (name, Arc::new(sector))
    });
    Ok(finished.collect())
}

fn read_map(table: &Table) -> Result<HashMap<String, String>, ReadError> {
    let [occupation, sector] = [table.column(&["occupation"])?, table.column(&["sector"])?];
    let mut of: HashMap<String, (String, u64)> = HashMap::new();
    for row in &table.rows {
        let cell = needed(table, row, occupation)?;
        let key = key(cell).ok_or_else(|| {
            let what = format!(
                "`{}` is not a code (like 15-1252.00, 15-1252, or 15 for its major group)",
                shown(cell)
            );
            table.wrong(row, occupation, what)
        })?;
        let sector = needed(table, row, sector)?.to_owned();
        if let Some((_, first)) = of.insert(key, (sector, row.number)) {
            return Err(table.wrong(
                row,
                occupation,
                format!("`{}` stands in line {first} already", shown(cell)),
            ));
        }
    }
    Ok(of.into_iter().map(|(key, (sector, _))| (key, sector)).collect())
}

/// A code as it is looked for. `15-0000` is the major group's whole name.
fn key(text: &str) -> Option<String> {
    let group = text.strip_suffix("-0000").unwrap_or(text);
    if group.len() == 2 && group.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(group.to_owned());
    }
    soc::code(text).map(|_| text.to_owned())
}

fn needed<'r>(table: &Table, row: &'r Cells, column: usize) -> Result<&'r str, ReadError> {
    match row.cell(column) {
        "" => Err(table.wrong(row, column, "is empty; every row is to have one")),
        cell => Ok(cell),
    }
}

/// A day of the calendar, as ISO 8601 writes it.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, digits: usize| -> Option<u32> {
        let is_plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| is_plain)
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(series: &str, map: &str) -> Result<Sectors, ReadError> {
        let sources = SectorSources {
            series: "s.csv".into(),
            map: "m.csv".into(),
            name: String::new(),
            direction: "more is more".to_owned(),
        };
        let series: Arc<[u8]> = format!("sector,date,value,source\n{series}").into_bytes().into();
        let map: Arc<[u8]> = format!("occupation,sector\n{map}").into_bytes().into();
        Sectors::read(&sources, ("s.csv", &series), ("m.csv", &map))
    }

    #[test]
    fn the_most_specific_row_of_the_map_counts() {
        let sectors = read(
            "a,2024-02-29,1,X\na,2024-01-31,2.5,X\nb,2024-01-31,-3,Y (CC BY 4.0)\nc,2024-01-31,4,Z\nd,2024-01-31,4,Z\n",
            "15,a\n15-1252,b\n15-1252.01,c\n11-0000,d\n",
        )
        .unwrap();
        let of = |code: &str| sectors.get(code).map(|sector| sector.sector.clone());
        assert_eq!(of("15-1211.00").as_deref(), Some("a"));
        assert_eq!(of("15-1252.00").as_deref(), Some("b"));
        assert_eq!(of("15-1252.01").as_deref(), Some("c"));
        assert_eq!(of("11-1011.00").as_deref(), Some("d"));
        assert_eq!(of("13-1011.00"), None);
        let sector = sectors.get("15-1211.00").unwrap();
        assert_eq!(sector.points, [("2024-01-31".to_owned(), 2.5), ("2024-02-29".to_owned(), 1.0)]);
        assert_eq!(
            (&*sector.name, &*sector.direction, &*sector.source),
            ("Sector hiring index", "more is more", "X")
        );
    }

    #[test]
    fn a_sector_without_a_series_is_told() {
        let sectors = read("a,2024-01-31,1,X\n", "15,a\n11,b\n").unwrap();
        assert!(sectors.get("11-1011.00").is_none());
        assert_eq!(sectors.notes, ["m.csv: names 1 sectors without a series, such as `b`"]);
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        for day in ["2024-02-29", "2000-02-29", "1999-12-31"] {
            assert!(is_date(day), "{day}");
        }
        for day in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-1-01",
            "2024-04-31",
            "2024-00-10",
            "01/02/2024",
            "2024-01",
            "2024-01-00",
            "",
        ] {
            assert!(!is_date(day), "{day}");
        }
    }

    #[test]
    fn wrong_cells_are_named() {
        for (series, map, expected) in [
            ("a,2023-02-29,1,X\n", "15,a\n", "s.csv: line 2, column `date`: `2023-02-29` is not a date"),
            ("a,2024-01-31,much,X\n", "15,a\n", "s.csv: line 2, column `value`: `much` is not a number"),
            ("a,2024-01-31,NaN,X\n", "15,a\n", "`NaN` is not a number"),
            ("a,2024-01-31,1,\n", "15,a\n", "s.csv: line 2, column `source`: is empty"),
            (
                "a,2024-01-31,1,X\na,2024-01-31,2,X\n",
                "15,a\n",
                "line 3, column `date`: the sector has a value of 2024-01-31 in line 2",
            ),
            ("a,2024-01-31,1,X\n", "1,a\n", "m.csv: line 2, column `occupation`: `1` is not a code"),
            (
                "a,2024-01-31,1,X\n",
                "15,a\n15-0000,a\n",
                "m.csv: line 3, column `occupation`: `15-0000` stands in line 2",
            ),
        ] {
            let error = read(series, map).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}

//! Cases of the whole book, with files made on the spot; damaged ones too.
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::domain::facts::{Wage, Whose};

/// The parts of a workbook with one table and one sheet of notes, as small as they can be.
fn workbook_parts(sheet: &str, rows: &[&[&str]], note: &str) -> Vec<(&'static str, String)> {
    let mut strings: Vec<String> = Vec::new();
    let mut cell = |text: &str| match text.parse::<f64>() {
        Ok(number) => format!("<c><v>{number}</v></c>"),
        // As some programs write them, and as the others do.
        Err(_) if text.len() < 3 => format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"),
        Err(_) => {
            strings.push(format!("<si><t>{text}</t></si>"));
            format!("<c t=\"s\"><v>{}</v></c>", strings.len() - 1)
        }
    };
    let mut row = |cells: &[&str]| -> String {
        let cells: String = cells.iter().map(|text| cell(text)).collect();
        format!("<row>{cells}</row>")
    };
    let rows: String = rows.iter().map(|cells| row(cells)).collect();
    let note = row(&[note]);
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let table = |rows: &str| format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
    vec![
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"{sheet}\" sheetId=\"1\" \
                 r:id=\"r1\"/><sheet name=\"Notes\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" \
                 Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{office}/worksheet\" \
                 Target=\"worksheets/sheet2.xml\"/><Relationship Id=\"r3\" Type=\"{office}/sharedStrings\" \
                 Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/worksheets/sheet1.xml", table(&rows)),
        ("xl/worksheets/sheet2.xml", table(&note)),
        ("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\">{}</sst>", strings.concat())),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" \
                 Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
    ]
}

fn zipped<N: AsRef<str>, B: AsRef<[u8]>>(parts: &[(N, B)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name.as_ref(), SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes.as_ref()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const HEAD: &[&str] = &["OCC_CODE", "OCC_TITLE", "O_GROUP", "TOT_EMP", "A_PCT10", "A_MEDIAN", "A_PCT90"];
const NOTE: &str = "# = as much as $99.00 per hour or $205,920 per year, or more";

fn wages(median: &str) -> Vec<(&'static str, String)> {
    let rows: [&[&str]; 4] = [
        HEAD,
        &["00-0000", "All", "total", "900", "1", "2", "3"],
        &["15-1252", "Software Developers", "detailed", "1,500", "70000", median, "#"],
        &["13-1020", "Buyers", "detailed", "**", "*", "*", "*"],
    ];
    workbook_parts("national_M2024_dl", &rows, NOTE)
}

const PROJECTIONS: &str = "Occupation Title,Occupation Code,Employment 2024,Employment 2034,\
    \"Employment Percent Change, 2024-2034\"\nSoftware developers * Coder,=\"15-1252\",1.5,1.8,20.0\n";

fn codes() -> Vec<(String, String)> {
    [
        ("15-1252.00", "Developers"),
        ("13-1021.00", "Buyers of Fish"),
        ("45-3031.00", "Fishers"),
        ("own", "Own"),
    ]
    .map(|(code, title)| (code.to_owned(), title.to_owned()))
    .to_vec()
}

fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn all_sources_come_together_and_each_file_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let release = [
        ("db/Read Me.txt", "O*NET 77.1 Database\n"),
        ("db/Occupation Data.txt", "O*NET-SOC Code\tTitle\n15-1252.00\tDevelopers\n"),
        (
            "db/Technology Skills.txt",
            "O*NET-SOC Code\tExample\tHot Technology\tIn Demand\n15-1252.00\tEtch\tY\tY\n",
        ),
        ("db/Job Zones.txt", "O*NET-SOC Code\tJob Zone\n15-1252.00\t4\n"),
        (
            "db/Related Occupations.txt",
            "O*NET-SOC Code\tRelated O*NET-SOC Code\tIndex\n15-1252.00\t15-1253.00\t1\n",
        ),
    ];
    let sources = FactSources {
        onet: Some(put(folder, "db_77_1_text.zip", zipped(&release))),
        wages: vec![
            put(folder, "national_M2022_dl.xlsx", zipped(&wages("100000"))),
            put(folder, "national_M2024_dl.xlsx", zipped(&wages("121000"))),
        ],
        projections: Some(put(folder, "projections.csv", PROJECTIONS)),
        projection_words: vec![(7, "soars".to_owned())],
        sector: Some(SectorSources {
            series: put(
                folder,
                "s.csv",
                "sector,date,value,source\nit,2024-01-31,90.5,Somebody (CC BY 4.0)\n",
            ),
            map: put(folder, "m.csv", "occupation,sector\n15,it\n"),
            name: "Postings".to_owned(),
            direction: "higher = more".to_owned(),
        }),
    };
    let book = FactBook::open(&sources, &codes()).unwrap();
    let facts = book.of("15-1252.00");
    assert_eq!(facts.job_zone.unwrap().zone, 4);
    assert!(facts.skills.is_empty());
    assert_eq!((&*facts.tools[0].name, facts.related[0].as_str()), ("Etch", "15-1253.00"));
    let pay = facts.pay.unwrap();
    assert_eq!((pay.median, pay.high), (Some(Wage::Exactly(121_000)), Some(Wage::AtLeast(205_920))));
    assert_eq!((pay.employment, pay.figure.whose), (Some(1_500), Whose::Its));
    assert!((facts.pay_growth.unwrap().percent_a_year - 10.0).abs() < 1e-9);
    assert_eq!(&*facts.outlook.unwrap().words, "soars");
    assert_eq!(facts.sector.unwrap().name, "Postings");

    let buyers = book.of("13-1021.00");
    assert!(matches!(buyers.pay.as_ref().unwrap().figure.whose, Whose::Merged { .. }));
    assert_eq!(buyers.pay.unwrap().median, None);
    assert_eq!(book.of("own"), Facts::default());
    assert_eq!(book.of("45-3031.00"), Facts::default());

    let inputs: Vec<(&str, &str)> =
        book.inputs().iter().map(|input| (input.name.as_str(), input.file.as_str())).collect();
    assert!(inputs.contains(&("O*NET 77.1: Job Zones", "db_77_1_text.zip: Job Zones.txt")), "{inputs:?}");
    assert!(inputs.contains(&("BLS OEWS May 2022", "national_M2022_dl.xlsx")), "{inputs:?}");
    assert!(inputs.contains(&("BLS Employment Projections 2024-34", "projections.csv")), "{inputs:?}");
    let listed = book.inputs().iter().find(|input| input.file == "projections.csv").unwrap();
    assert_eq!(listed.sha256, Hash::of(PROJECTIONS.as_bytes()));
    let notes = book.notes().join("\n");
    for part in [
        "O*NET 77.1 has no Skills.txt here",
        "of 3 six-digit codes 1 have figures of their own, 1 are merged",
    ] {
        assert!(notes.contains(part), "{part} is not in {notes}");
    }
}

#[test]
fn no_source_gives_no_facts_and_no_error() {
    let book = FactBook::open(&FactSources::default(), &codes()).unwrap();
    assert_eq!(book.of("15-1252.00"), Facts::default());
    assert!(book.inputs().is_empty() && book.notes().is_empty());
}

#[test]
fn the_sheet_may_say_the_vintage_that_the_file_does_not() {
    let read = Wages::read("wages.xlsx", &zipped(&wages("1")).into()).unwrap();
    assert_eq!(&*read.vintage, "May 2024");
}

#[test]
fn what_cannot_be_used_is_said_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [new, again] =
        ["national_M2024_dl.xlsx", "oews_M2024.xlsx"].map(|name| put(folder, name, zipped(&wages("1"))));
    let of_wages = |wages: Vec<PathBuf>| FactSources { wages, ..FactSources::default() };
    let [text, bare] = [
        put(folder, "may_2024.xlsx", "no workbook"),
        put(folder, "M2024.xlsx", zipped(&workbook_parts("a", &[&["x", "y"]], ""))),
    ];
    for (sources, expected) in [
        (of_wages(vec![new, again]), "oews_M2024.xlsx: is of May 2024, and so is another file"),
        (of_wages(vec![folder.join("none.xlsx")]), "none.xlsx: there is no such file"),
        (of_wages(vec![text]), "may_2024.xlsx: is not a zip archive that can be read"),
        (
            of_wages(vec![bare]),
            "M2024.xlsx: has no sheet with a column `OCC_CODE`; its sheets are `a`, `Notes`",
        ),
        (
            FactSources { onet: Some(folder.join("none")), ..FactSources::default() },
            "there is no such file or folder",
        ),
    ] {
        let error = FactBook::open(&sources, &codes()).err().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.hint().unwrap_or_default().contains("--items"), "{error}");
    }
}

#[test]
fn a_sheet_that_pretends_to_be_endless_is_refused() {
    let mut parts = wages("1");
    parts[2].1 = parts[2].1.replacen("<c t=\"s\"><v>1<", "<c r=\"XFD1\" t=\"s\"><v>1<", 1);
    let error = Wages::read("M2024.xlsx", &zipped(&parts).into()).err().unwrap().to_string();
    assert!(error.contains("line 1: has a cell in column 16384; 1000 are allowed"), "{error}");
    let row = format!(
        "<row r=\"1\"><c r=\"ALL7\"><v>1</v></c></row>{}</sheetData>",
        "<row><c r=\"ALL9\"><v>1</v></c></row><row><c r=\"ALL8\"><v>1</v></c></row>".repeat(1_100)
    );
    let mut parts = wages("1");
    parts[2].1 = parts[2].1.replace("</sheetData>", &row);
    let error = Wages::read("M2024.xlsx", &zipped(&parts).into()).err().unwrap().to_string();
    assert!(error.contains("has more than 2000000 cells"), "{error}");
}

/// Marsaglia's xorshift: small, fixed, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn mutated(&mut self, seed: &[u8]) -> Vec<u8> {
        const PIECES: &[&[u8]] = &[
            b"\"",
            b",",
            b"\n",
            b"\r",
            b"\t",
            b"\xff",
            b"\0",
            b"#",
            b"*",
            b"<",
            b"/>",
            b"&#0;",
            b"A1048577",
            b"t=\"s\"",
            b"9e999",
            b"-1",
        ];
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let to = at + self.below(bytes.len() + 1 - at).min(12);
            match self.below(6) {
                0 => drop(bytes.drain(at..to)),
                1 => drop(bytes.splice(at..at, bytes[at..to].to_vec())),
                2 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                3 => bytes.truncate(at.max(to)),
                _ => {
                    let piece = PIECES[self.below(PIECES.len())];
                    drop(bytes.splice(at..at, piece.iter().copied()));
                }
            }
        }
        bytes
    }
}

#[test]
fn damaged_workbooks_are_errors_or_tables_and_never_a_panic() {
    let mut dice = Dice(0x5EED_0011);
    let seed = wages("121000");
    let whole = zipped(&seed);
    let mut accepted = 0;
    for round in 0..4_000 {
        let bytes = if round % 4 == 0 {
            dice.mutated(&whole)
        } else {
            // Inside the archive, where its checksums do not look.
            let changed = dice.below(seed.len());
            let part = |(at, (name, text)): (usize, &(&'static str, String))| {
                let bytes = text.as_bytes();
                (*name, if at == changed { dice.mutated(bytes) } else { bytes.to_vec() })
            };
            let parts: Vec<(&str, Vec<u8>)> = seed.iter().enumerate().map(part).collect();
            zipped(&parts)
        };
        accepted += usize::from(Wages::read("national_M2024_dl.xlsx", &bytes.into()).is_ok());
    }
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn damaged_tables_are_errors_or_facts_and_never_a_panic() {
    let mut dice = Dice(0x5EED_0012);
    let parts = Parts::new(["15-1252.00"].into_iter());
    let (mut accepted, words) = (0, [(7, "soars".to_owned())]);
    let zones = b"O*NET-SOC Code\tJob Zone\n15-1252.00\t4\n";
    let skills = b"O*NET-SOC Code\tElement Name\tScale ID\tData Value\n15-1252.00\tA\tIM\t3\n";
    for _ in 0..6_000 {
        if let Ok(read) = Projections::read("p.csv", &dice.mutated(PROJECTIONS.as_bytes()).into(), &words) {
            let _ = read.outlook("15-1252.00", &parts);
            accepted += 1;
        }
        let _ = zones::read("z", &dice.mutated(zones), &zones::Reference::new());
        if let Ok(read) = skills::read("s", &dice.mutated(skills)) {
            assert!(read.of.values().flatten().all(|skill| (0.0..=100.0).contains(&skill.importance)));
        }
    }
    assert!(accepted > 200, "{accepted}");
}

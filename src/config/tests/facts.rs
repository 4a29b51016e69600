//! Cases of `[facts]`.

use super::*;
use crate::domain::SectorSources;

fn facts(lines: &str) -> Result<FactSources, String> {
    let models = "[run]\nmodels = [\"m\"]\n[models.m]\nprovider = \"mock\"\n";
    parse(&format!("{models}[facts]\n{lines}\n")).map(|config| config.facts)
}

#[test]
fn paths_are_meant_from_the_folder_of_the_config() {
    let found = facts(
        "onet = \"db\"\nwages = [\"a_M2023.xlsx\", \"/b_M2024.xlsx\"]\nprojections = \"p.csv\"\n\
         sector_series = \"s.csv\"\nsector_map = \"m.csv\"",
    )
    .unwrap();
    assert_eq!(found.onet.as_deref(), Some(Path::new("root/db")));
    assert_eq!(found.wages, [Path::new("root/a_M2023.xlsx"), Path::new("/b_M2024.xlsx")]);
    assert_eq!(found.projections.as_deref(), Some(Path::new("root/p.csv")));
    let expected = SectorSources {
        series: PathBuf::from("root/s.csv"),
        map: PathBuf::from("root/m.csv"),
        name: "Sector hiring index".to_owned(),
        direction: "higher = more hiring".to_owned(),
    };
    assert_eq!(found.sector, Some(expected));
}

#[test]
fn words_for_changes_are_those_of_2024_34_or_as_written() {
    let usual = facts("").unwrap().projection_words;
    let of =
        |percent: i64| usual.iter().rev().find(|(from, _)| *from <= percent).map(|(_, words)| words.as_str());
    for (percent, expected) in [
        (-30, "decline"),
        (-1, "decline"),
        (0, "little or no change"),
        (2, "slower than average"),
        (4, "as fast as average"),
        (6, "faster than average"),
        (7, "much faster than average"),
    ] {
        assert_eq!(of(percent), Some(expected), "{percent}");
    }
    let own = facts("projection_words = [{ from = -100, words = \"less\" }, { from = 0, words = \"more\" }]")
        .unwrap();
    assert_eq!(own.projection_words, [(-100, "less".to_owned()), (0, "more".to_owned())]);
}

#[test]
fn slips_are_named() {
    for (lines, expected) in [
        ("wage = [\"a\"]", "unknown key `wage` in [facts], did you mean `wages`?"),
        (
            "projection_words = [{ form = 1, words = \"x\" }]",
            "unknown key `form` in [facts.projection_words]",
        ),
        (
            "projection_words = [{ from = 1, words = \"x\" }, { from = 1, words = \"y\" }]",
            "facts.projection_words: each `from` is to be higher than the one before it",
        ),
        ("sector_series = \"s.csv\"", "facts.sector_map: is missing"),
        ("sector_map = \"m.csv\"", "facts.sector_series: is missing"),
        ("sector_name = \"x\"", "facts.sector_series: is missing"),
        ("onet = \"\"", "facts: a path is empty"),
    ] {
        let error = facts(lines).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

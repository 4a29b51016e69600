//! The book against the public data, where `SCORE_TASKS_DATA` says it is.

use std::path::Path;

use super::*;
use crate::domain::facts::{Pay, ToolStanding, Wage, Whose};
use crate::read::Catalogue;

#[expect(clippy::disallowed_methods, reason = "tests find their own files")]
fn book(releases: &str) -> Option<(FactBook, Vec<String>)> {
    let Some(data) = std::env::var_os("SCORE_TASKS_DATA") else {
        println!("skipped: SCORE_TASKS_DATA does not say where the data is");
        return None;
    };
    let data = Path::new(&data);
    let onet = data.join(releases);
    let catalogue = Catalogue::open(&onet).unwrap();
    let codes: Vec<(String, String)> =
        catalogue.occupations.iter().map(|one| (one.code.clone(), one.title.clone())).collect();
    let sources = FactSources {
        onet: Some(onet),
        wages: vec![data.join("bls/national_M2024_dl.xlsx")],
        ..FactSources::default()
    };
    let book = FactBook::open(&sources, &codes).unwrap();
    Some((book, codes.into_iter().map(|(code, _)| code).collect()))
}

#[test]
fn wages_of_may_2024_join_release_30_1_as_it_is_described() {
    let Some((book, codes)) = book("onet/db_30_1_text") else { return };
    let pays: Vec<Pay> = codes.iter().filter_map(|code| book.of(code).pay).collect();
    let count = |is: &dyn Fn(&Pay) -> bool| pays.iter().filter(|pay| is(pay)).count();
    let whose = |wanted: &str| {
        count(&|pay| match pay.figure.whose {
            Whose::Its => wanted == "its",
            Whose::Part { .. } => wanted == "part",
            Whose::Merged { .. } => wanted == "merged",
        })
    };
    assert_eq!((pays.len(), whose("its"), whose("part"), whose("merged")), (922, 700, 192, 30));
    let tops = count(&|pay| matches!(pay.median, Some(Wage::AtLeast(_))));
    assert_eq!((tops, count(&|pay| pay.median.is_none())), (21, 4));
    let developers = book.of("15-1252.00").pay.unwrap();
    assert_eq!((developers.median, developers.employment), (Some(Wage::Exactly(133_080)), Some(1_654_440)));
    let note = book.notes().iter().find(|note| note.starts_with("wages of May 2024")).unwrap();
    assert!(note.contains("of 798 six-digit codes 772 have figures of their own, 25 are merged"), "{note}");
    assert!(note.ends_with("1 have none (45-3031)"), "{note}");
    let tops = pays.iter().flat_map(|pay| [pay.median, pay.low, pay.high]).flatten();
    assert!(
        tops.filter_map(|wage| match wage {
            Wage::AtLeast(top) => Some(top),
            Wage::Exactly(_) => None,
        })
        .all(|top| top == 239_200)
    );
}

#[test]
fn facts_of_release_30_1_are_as_they_are_described() {
    let Some((book, codes)) = book("onet/db_30_1_text") else { return };
    let all: Vec<Facts> = codes.iter().map(|code| book.of(code)).collect();
    let with = |has: &dyn Fn(&Facts) -> bool| all.iter().filter(|facts| has(facts)).count();
    let zones = with(&|facts| facts.job_zone.is_some());
    let tools = with(&|facts| !facts.tools.is_empty());
    let related = with(&|facts| !facts.related.is_empty());
    assert_eq!((zones, tools, related), (923, 923, 923));
    assert!(all.iter().all(|facts| facts.skills.is_empty()));
    let developers = book.of("15-1252.00");
    assert_eq!(developers.tools[0].standing, ToolStanding::InDemand);
    assert!(developers.tools.is_sorted_by_key(|tool| tool.standing));
    let mut names: Vec<&str> = developers.tools.iter().map(|tool| &*tool.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(developers.job_zone.unwrap().name.starts_with("Job Zone Four"));
    assert!(book.inputs().iter().any(|input| input.name == "O*NET 30.1: Technology Skills"));
}

#[test]
fn the_small_release_does_without_what_it_lacks() {
    let Some((book, codes)) = book("onet/mini_onet") else { return };
    assert!(codes.iter().any(|code| book.of(code).pay.is_some()));
    assert!(
        book.notes().iter().any(|note| note.contains("has no Related Occupations.txt")),
        "{:?}",
        book.notes()
    );
}

//! Tests against the public data, where `SCORE_TASKS_DATA` says it is.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests find and pack their own files"
)]

use std::io::Write;
use std::path::{Path, PathBuf};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{Catalogue, Columns, Found};
use crate::domain::{Selection, Task, TaskType, Weighting};

fn data(path: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("SCORE_TASKS_DATA") else {
        println!("skipped: SCORE_TASKS_DATA does not say where the data is");
        return None;
    };
    Some(Path::new(&folder).join(path))
}

fn tasks(catalogue: &Catalogue) -> Vec<Task> {
    let walk = catalogue.walk(&Selection::default()).unwrap();
    walk.map(|step| Task::clone(&step.unwrap().1)).collect()
}

#[test]
fn release_30_1_is_as_it_is_described() {
    let Some(folder) = data("onet/db_30_1_text") else { return };
    let onet = Catalogue::open(&folder).unwrap();
    assert_eq!(onet.id.name, "O*NET 30.1");
    assert_eq!(onet.occupations.len(), 923);
    assert_eq!(onet.weightings, [Weighting::Equal, Weighting::Core]);
    assert!(onet.notes.iter().any(|note| note.starts_with("no Task Ratings.txt")), "{:?}", onet.notes);
    let tasks = tasks(&onet);
    let of = |kind| tasks.iter().filter(|task| task.kind == kind).count();
    assert_eq!(tasks.len(), 18_796);
    assert_eq!((of(TaskType::Core), of(TaskType::Supplemental), of(TaskType::Untyped)), (13_643, 4_308, 845));
    assert_eq!(tasks.iter().filter(|task| task.text.contains('"')).count(), 6);
}

#[test]
fn occupations_of_30_1_are_found() {
    let Some(folder) = data("onet/db_30_1_text") else { return };
    let onet = Catalogue::open(&folder).unwrap();
    let code = |at: usize| onet.occupations[at].code.as_str();
    let Found::Several(found) = onet.resolve("Truck Driver").unwrap() else { panic!() };
    let found: Vec<&str> = found.iter().map(|one| code(one.index)).collect();
    assert_eq!(found, ["43-5011.01", "53-3032.00", "53-3033.00", "53-7051.00", "53-7081.00"]);
    for (query, expected) in [
        ("Heavy and Tractor-Trailer Truck Drivers", "53-3032.00"),
        ("data scientist", "15-2051.00"),
        ("Software Developer", "15-1252.00"),
        ("technical writers", "27-3042.00"),
        ("CEO", "11-1011.00"),
    ] {
        let Found::One(at) = onet.resolve(query).unwrap() else { panic!("{query}") };
        assert_eq!(code(at), expected, "{query}");
    }
    assert_eq!(onet.resolve("AI/ML Engineers").unwrap(), Found::Nothing { near: Vec::new() });
    let near = onet.find("prompt enginere").unwrap();
    assert!(near.is_empty(), "{near:?}");
    assert_eq!(onet.in_group("15").first().map(|at| code(*at)), Some("15-1211.00"));
}

#[test]
fn the_zip_of_the_folder_is_the_same() {
    let Some(folder) = data("onet/db_30_1_text") else { return };
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("db_30_1_text.zip");
    let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
    for entry in std::fs::read_dir(&folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("db_30_1_text/{}", entry.file_name().to_str().unwrap());
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(entry.path()).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    let (folder, zip) = (Catalogue::open(&folder).unwrap(), Catalogue::open(&path).unwrap());
    assert_eq!(zip.id, folder.id);
    assert_eq!(tasks(&zip), tasks(&folder));
    assert_eq!(zip.find("truck driver").unwrap(), folder.find("truck driver").unwrap());
}

#[test]
fn the_small_release_has_ratings() {
    let Some(folder) = data("onet/mini_onet") else { return };
    let onet = Catalogue::open(&folder).unwrap();
    // Two of its ten have no tasks.
    assert_eq!(onet.occupations.len(), 8);
    let rated = tasks(&onet).iter().filter(|task| task.importance.is_some()).count();
    assert!(rated > 0, "{:?}", onet.notes);
    assert!(onet.weightings.contains(&Weighting::ImportanceRelevance));
}

#[test]
fn published_labels_can_be_read() {
    let Some(path) = data("gpts-are-gpts/full_labelset.tsv") else { return };
    let labels = Catalogue::table(&path, &Columns::default()).unwrap();
    assert_eq!(labels.occupations.len(), 923);
    assert_eq!(labels.count(&Selection::default()).unwrap(), 19_265);
    assert_eq!(labels.occupations[0].title, "Chief Executives");
    let tasks = tasks(&labels);
    assert_eq!(tasks.len(), 19_265);
    let first = &tasks[0];
    assert_eq!((first.id.as_str(), first.column("Task ID")), ("8823", Some("8823.0")));
    assert_eq!((first.column("human_labels"), first.kind), (Some("E0"), TaskType::Core));
    assert!(tasks.iter().any(|task| task.text.contains("\"head counts\"")));
}

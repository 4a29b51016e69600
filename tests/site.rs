//! `site build`: the program turns runs into pages, the same ones again, and nothing but what a run was.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "reads what was written, and changes it")]

mod common {
    pub mod program;
}

use std::collections::BTreeMap;
use std::path::Path;

use common::program::Project;

const CONFIG: &str = r#"
[run]
models = ["a", "b"]
samples = 2
[models.a]
provider = "mock"
[models.b]
provider = "mock"
"#;

/// With a run of three occupations of the demo catalogue.
fn project() -> Project {
    let project = Project::new(CONFIG);
    project.succeed(&RUN);
    project
}

const RUN: [&str; 7] = ["-o", "27-3042", "-o", "ai-ml-engineers", "-o", "43-4051", "-q"];
const BUILD: [&str; 5] = ["site", "build", "--out", "site", "-q"];

/// Every file below a folder with its content.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut all, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                all.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    all
}

fn site(project: &Project) -> BTreeMap<String, Vec<u8>> {
    files(&project.path("site"))
}

fn text(files: &BTreeMap<String, Vec<u8>>, path: &str) -> String {
    String::from_utf8(files[path].clone()).unwrap()
}

/// What stands between two marks, the first time.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).expect(from);
    rest.split_once(to).expect(to).0
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let project = project();
    project.succeed(&BUILD);
    let first = site(&project);
    assert!(
        first.contains_key("index.html") && first.contains_key("o/27-3042.00/index.html"),
        "{:?}",
        first.keys()
    );
    project.succeed(&BUILD);
    assert!(first == site(&project));
    // Asked again later, the run that was shown is still what it was.
    project.succeed(&[&RUN[..], &["--fresh"]].concat());
    let run = between(&text(&first, "o/27-3042.00/index.html"), "<dt>run</dt><dd>", ",").to_owned();
    project.succeed(&[&BUILD[..], &["--run", &run]].concat());
    assert!(first == site(&project));
}

#[test]
fn the_headline_follows_from_the_numbers_on_the_page() {
    let project = project();
    project.succeed(&BUILD);
    let files = site(&project);
    let occupations: Vec<&String> = files.keys().filter(|path| path.starts_with("o/")).collect();
    for code in occupations {
        let page = text(&files, code);
        if !page.contains("id=\"tasks\"") {
            continue;
        }
        let number = |text: &str| text.parse::<f64>().unwrap();
        let cells = |row: &str| -> Vec<f64> {
            row.split("<td class=\"n\">")
                .skip(1)
                .take(4)
                .map(|cell| number(cell.split('<').next().unwrap()))
                .collect()
        };
        let table = between(
            &page,
            "<div class=\"tablewrap\" tabindex=\"0\" role=\"region\" aria-label=\"All tasks",
            "</table>",
        );
        let rows: Vec<Vec<f64>> =
            between(table, "<tbody>", "</tbody>").split("<tr>").skip(1).map(cells).collect();
        let mean = |column: usize| -> f64 {
            let weights: f64 = rows.iter().map(|row| row[0]).sum();
            rows.iter().map(|row| row[0] * row[column]).sum::<f64>() / weights
        };
        let headline = (mean(1) + mean(2)) / 2.0;
        let shown = number(between(table, "<b>", "</b>"));
        assert!((headline - shown).abs() < 0.02, "{code}: {headline} {shown}");
        let big = number(between(&page, "<b class=\"num\">", "</b>"));
        assert!((big - shown).abs() <= 0.51, "{code}: {big} {shown}");
        for row in &rows {
            assert!(((row[1] + row[2]) / 2.0 - row[3]).abs() < 0.011, "{code}: {row:?}");
        }
    }
}

#[test]
fn what_no_longer_belongs_to_the_site_goes_and_nothing_else_does() {
    let project = project();
    project.succeed(&BUILD);
    project.write("site/CNAME", "example.org\n");
    project.succeed(&["-o", "27-3042", "-q", "-n", "1"]);
    // A trial of one occupation does not take the place of a site of three by itself.
    let before = site(&project);
    let refused = project.run(&BUILD);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("nothing was changed") && before == site(&project), "{}", refused.stderr);
    project.succeed(&[&BUILD[..], &["--run", "latest"]].concat());
    let after = site(&project);
    assert!(after.contains_key("o/27-3042.00/index.html") && !after.contains_key("o/43-4051.00/index.html"));
    assert!(!project.path("site/o/43-4051.00").exists());
    assert_eq!(text(&after, "CNAME"), "example.org\n");
}

#[test]
fn a_folder_with_other_things_is_not_touched() {
    let project = project();
    project.write("mine/notes.txt", "x");
    let refused = project.run(&["site", "build", "--out", "mine"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(files(&project.path("mine")).len(), 1);
}

#[test]
fn a_build_that_was_cut_short_is_gone_on_with_and_leaves_nothing_behind() {
    let project = project();
    project.succeed(&BUILD);
    let whole = site(&project);
    for cut in [0, 1, 7] {
        let other = Project::new(CONFIG);
        other.succeed(&RUN);
        // As after a kill: some files are there, and all of them are in the list.
        let names: Vec<&String> = whole.keys().filter(|name| name.contains('/')).take(cut).collect();
        other.write(
            "site/.score-tasks-site",
            names.iter().map(|name| format!("{name}\n")).collect::<String>(),
        );
        for name in &names {
            other.write(&format!("site/{name}"), &whole[*name]);
        }
        other.succeed(&BUILD);
        assert_eq!(site(&other).len(), whole.len(), "{cut}");
    }
    // What is in the folder is in the list, at every moment: so it is at the end.
    let list = text(&whole, ".score-tasks-site");
    assert!(whole.keys().all(|name| name == ".score-tasks-site" || list.lines().any(|line| line == name)));
}

#[test]
fn a_file_of_somebody_else_is_not_replaced_even_within_a_site() {
    let project = project();
    project.succeed(&BUILD);
    project.write("site/sitemap.xml", "mine");
    project.write("config.toml", format!("{CONFIG}\n[site]\nbase_url = \"https://example.org/x/\"\n"));
    let refused = project.run(&BUILD);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("not of an earlier build"), "{}", refused.stderr);
    assert_eq!(text(&site(&project), "sitemap.xml"), "mine");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_or_removed_through_a_link() {
    let project = project();
    project.succeed(&BUILD);
    project.write("victim/index.html", "mine");
    let method = project.path("site/method");
    std::fs::remove_dir_all(&method).unwrap();
    std::os::unix::fs::symlink(project.path("victim"), &method).unwrap();
    let refused = project.run(&BUILD);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("leads out of"), "{}", refused.stderr);
    assert_eq!(files(&project.path("victim")).len(), 1);
    assert_eq!(text(&files(&project.path("victim")), "index.html"), "mine");
}

#[test]
fn a_trial_under_another_rubric_does_not_stand_beside_a_whole_run() {
    let project = project();
    project.succeed(&["-o", "27-3042", "--limit", "3", "--rubric", "augmentation", "-q"]);
    project.succeed(&BUILD);
    assert!(!text(&site(&project), "o/27-3042.00/index.html").contains("<dt>Augmentation</dt>"));
}

#[test]
fn what_was_changed_between_runs_stands_beside_the_history() {
    let project = project();
    project.succeed(&[&RUN[..], &["--combine", "median"]].concat());
    project.succeed(&BUILD);
    let page = text(&site(&project), "o/27-3042.00/index.html");
    assert!(page.contains("models combined by median, before by mean"));
    assert!(page.contains("In the middle of two models"));
}

#[test]
fn weights_of_models_stand_where_the_mean_is_to_be_made_again() {
    let project = Project::new(&CONFIG.replace("[models.b]", "[models.b]\nweight = 4.0"));
    project.succeed(&RUN);
    project.succeed(&BUILD);
    let page = text(&site(&project), "o/27-3042.00/index.html");
    assert!(
        page.contains("<small> × 4</small>") && page.contains("Averaged over two models of different weight")
    );
    let foot: Vec<f64> = between(&page, "<tfoot>", "</tfoot>")
        .split("<td class=\"n\">")
        .skip(2)
        .take(3)
        .map(|cell| cell.trim_start_matches("<b>").split('<').next().unwrap().parse().unwrap())
        .collect();
    assert!(((foot[0] + 4.0 * foot[1]) / 5.0 - foot[2]).abs() < 0.011, "{foot:?}");
}

#[test]
fn a_run_is_shown_as_it_was_whatever_the_config_says_now_of_resampling() {
    let project = project();
    project.succeed(&BUILD);
    let before = site(&project);
    project.write("config.toml", CONFIG.replace("samples = 2", "samples = 2\nbootstrap = 50"));
    project.succeed(&BUILD);
    assert!(before == site(&project));
}

#[test]
fn a_folder_that_should_have_facts_and_has_none_is_an_error() {
    let project = project();
    project.write("empty/x.txt", "x");
    project.write(
        "national_M2024_dl.csv",
        "OCC_CODE,OCC_TITLE,O_GROUP,TOT_EMP,A_PCT10,A_MEDIAN,A_PCT90\n23-1011,Lawyers,detailed,1000,70000,150000,200000\n",
    );
    // Other facts that are there do not hide it.
    let facts = "[facts]\nonet = \"empty\"\nwages = [\"national_M2024_dl.csv\"]\n";
    project.write("config.toml", format!("{CONFIG}\n{facts}"));
    let refused = project.run(&BUILD);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("facts.onet"), "{}", refused.stderr);
}

#[test]
fn labels_of_people_are_told_from_what_models_were_asked() {
    let project = Project::new(CONFIG);
    project.write("items.csv", "id,text,human\n1,Plan the day.,40\n2,Sort letters.,55\n");
    project.succeed(&["--items", "items.csv", "--rubric", "items", "-m", "a,label:human", "-q"]);
    project.succeed(&BUILD);
    let method = text(&site(&project), "method/index.html");
    assert!(
        method.contains("labels by people, not asked for") && method.contains("One model was asked about")
    );
    assert!(
        method.contains("JSON Schema of the answer") && !method.contains("JSON Schema of the answer for")
    );
}

#[test]
fn a_run_that_cannot_be_made_again_is_not_shown() {
    let project = Project::new(CONFIG);
    project.write("items.csv", "id,text\n1,Plan the day.\n2,Sort letters.\n");
    project.succeed(&["--items", "items.csv", "--rubric", "items", "-q"]);
    project.write("items.csv", "id,text\n1,Plan the day.\n2,Sort mail.\n");
    let refused = project.run(&BUILD);
    assert_eq!(refused.code, Some(2));
    let said = refused.stderr;
    assert!(said.contains("cannot be made again") && said.contains("hint"), "{said}");
    assert!(!project.path("site").exists());
}

#[test]
fn no_run_is_no_site() {
    let refused = Project::new(CONFIG).run(&BUILD);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("no run is kept"));
}

#[test]
fn earlier_runs_are_history_and_other_rubrics_stand_beside() {
    let project = project();
    project.succeed(&[&RUN[..], &["--fresh"]].concat());
    project.succeed(&[&RUN[..], &["--rubric", "augmentation"]].concat());
    project.succeed(&BUILD);
    let page = text(&site(&project), "o/27-3042.00/index.html");
    assert!(page.contains("Two runs, same rubric"), "history");
    assert!(page.contains("<dt>Augmentation</dt>"), "companion");
    // The last run is of another rubric than the config's, and is not the one in full.
    assert!(page.contains("AI exposure score"));
}

#[test]
fn text_from_elsewhere_is_text() {
    let project = Project::new(CONFIG);
    let long = "x".repeat(3_900);
    project.write(
        "items.csv",
        format!(
            "id,text,group,title\n1,<script>hit()</script>,g,\"\"\"><img src=x onerror=hit()>\"\n2,\"=HYPERLINK(\"\"http://x\"\")\",g,\n3,a\u{202e}b,g,\n4,{long},g,\n"
        ),
    );
    project.succeed(&["--items", "items.csv", "--rubric", "items", "-q"]);
    project.succeed(&BUILD);
    for (path, bytes) in site(&project) {
        let text = String::from_utf8_lossy(&bytes);
        if path.ends_with(".html") {
            assert!(!text.contains("<script>hit") && !text.contains("<img src=x"), "{path}");
            assert!(!text.contains('\u{202e}') && !text.contains(&long), "{path}");
            assert!(!text.contains(" style=") && !text.contains("javascript:"), "{path}");
        }
    }
}

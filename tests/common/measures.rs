//! The three measures of Eloundou et al. as rubrics, and where the published data is.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests read the environment")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use score_tasks::read;

use super::program::Project;

/// How Eloundou et al. count E1 and E2 for each of their three measures.
pub const MEASURES: [(&str, u32, u32); 3] = [("alpha", 100, 0), ("beta", 100, 50), ("gamma", 100, 100)];

/// A rubric per measure, with the texts of the built-in one.
pub fn project_with_measures() -> Project {
    let project = Project::new("[run]\nmodels = [\"m\"]\n[models.m]\nprovider = \"mock\"\n");
    let built_in: BTreeMap<&str, &str> = read::embedded_rubric_files().iter().copied().collect();
    let settings = built_in["eloundou/rubric.toml"];
    let scale = "labels = { E0 = 0, E1 = 100, E2 = 50 }";
    assert!(settings.contains(scale), "{settings}");
    for (name, e1, e2) in MEASURES {
        let settings = settings.replace(scale, &format!("labels = {{ E0 = 0, E1 = {e1}, E2 = {e2} }}"));
        project.write(&format!("prompts/{name}/rubric.toml"), settings);
        for file in ["system.md", "user.md"] {
            project.write(&format!("prompts/{name}/{file}"), built_in[format!("eloundou/{file}").as_str()]);
        }
    }
    project
}

/// Where the data is.
pub fn data() -> Option<PathBuf> {
    let found = std::env::var_os("SCORE_TASKS_DATA").map(PathBuf::from);
    if found.is_none() {
        println!("skipped: SCORE_TASKS_DATA does not name the folder of the data");
    }
    // Cargo runs tests in the package's folder, from where the path is meant.
    found.map(|path| std::path::absolute(path).unwrap())
}

//! Own occupations: files in `occupations/`, each with a title and tasks of one's own.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::ReadError;
use super::files::{names_in, read_text};
use super::soc;
use crate::domain::names::slug;
use crate::domain::{Hash, Occupation, Task, TaskType};

/// Some hundred tasks are far less.
const MAX_BYTES: u64 = 4 << 20;

/// An occupation that the user has defined.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnOccupation {
    /// The file's name in the folder.
    pub file: String,
    /// Its code here.
    pub slug: String,
    pub title: String,
    /// Empty when there is none.
    pub description: String,
    /// The code of the occupation that it refines or stands beside.
    pub onet: Option<String>,
    pub tasks: Vec<Task>,
    /// Where the tasks come from, in the user's words.
    pub source: String,
    /// Of the file.
    pub sha256: Hash,
}

impl OwnOccupation {
    pub fn occupation(&self) -> Occupation {
        Occupation {
            code: self.slug.clone(),
            title: self.title.clone(),
            description: self.description.clone(),
        }
    }

    /// From the text of one file.
    pub fn parse(file: &str, text: &str) -> Result<Self, ReadError> {
        let raw: Raw = toml::from_str(text)
            .map_err(|error| ReadError::Toml { file: file.to_owned(), report: error.to_string() })?;
        let slug = raw.slug.unwrap_or_else(|| slug(&raw.title));
        if slug.is_empty() {
            return Err(ReadError::file(
                file,
                "`title` has neither letters nor digits; expected one, or a `slug`",
            ));
        }
        if raw.tasks.is_empty() {
            return Err(ReadError::file(file, "has no tasks; expected at least one [[tasks]] with a `text`"));
        }
        Ok(Self {
            file: file.to_owned(),
            slug,
            title: raw.title,
            description: raw.description,
            onet: raw.onet,
            tasks: tasks(file, raw.tasks)?,
            source: raw.source,
            sha256: Hash::of(text.as_bytes()),
        })
    }
}

/// All own occupations of a folder in order of file name; none when there is no folder.
pub fn own(dir: &Path) -> Result<Vec<OwnOccupation>, ReadError> {
    own_files(dir)?.into_iter().collect()
}

/// The same, file by file, so that all problems can be told at once.
pub fn own_files(dir: &Path) -> Result<Vec<Result<OwnOccupation, ReadError>>, ReadError> {
    let names = names_in(dir)?.into_iter().filter(|name| name.ends_with(".toml"));
    Ok(names.filter_map(|name| own_file(dir, name).transpose()).collect())
}

fn own_file(dir: &Path, name: String) -> Result<Option<OwnOccupation>, ReadError> {
    let path = dir.join(&name);
    let Some(text) = read_text(&path, MAX_BYTES)? else { return Ok(None) };
    // Errors show the whole way to the file; what is kept does not depend on where the folder is.
    let own = OwnOccupation::parse(&path.display().to_string(), &text)?;
    Ok(Some(OwnOccupation { file: name, ..own }))
}

/// How the task of a template begins.
pub const TEMPLATE_TASK: &str = "Replace this sentence";

/// A file to start an own occupation from. It can be read as it is.
pub fn new_own_template(title: &str) -> String {
    let slug = slug(title);
    let title = toml::Value::String(title.to_owned());
    format!(
        r#"# An own occupation. Tasks are put to the models one by one, so write each as one sentence that
# can be understood by itself: what is done, to what, and for what purpose.

title = {title}
# slug = "{slug}"             # its code here; made from the title if left out
# onet = "15-1252.00"        # an O*NET occupation beside it: lends its description if there is none below
# description = "What people in this occupation do, in one or two sentences."
source = "own list"          # where the tasks come from; job advertisements, interviews, ...

# One [[tasks]] for each task. All keys but `text` may be left out:
#   id          a name that stays the same when tasks are moved; default: the position, from 1
#   type        "core" or "supplemental"
#   importance  1 to 5
#   relevance   0 to 100, the percentage of people in the occupation who do it
#   weight      0 or more, for `weights = "given"`

[[tasks]]
text = "{TEMPLATE_TASK} with the first task."
type = "core"

[[tasks]]
text = "Replace this sentence with the second task."
type = "supplemental"
"#
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(deserialize_with = "text")]
    title: String,
    #[serde(default, deserialize_with = "own_slug")]
    slug: Option<String>,
    #[serde(default, deserialize_with = "code")]
    onet: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    tasks: Vec<RawTask>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTask {
    #[serde(deserialize_with = "text")]
    text: String,
    #[serde(default, deserialize_with = "id")]
    id: Option<String>,
    #[serde(default, rename = "type", deserialize_with = "kind")]
    kind: TaskType,
    #[serde(default, deserialize_with = "importance")]
    importance: Option<f64>,
    #[serde(default, deserialize_with = "relevance")]
    relevance: Option<f64>,
    #[serde(default, deserialize_with = "weight")]
    weight: Option<f64>,
}

fn tasks(file: &str, raw: Vec<RawTask>) -> Result<Vec<Task>, ReadError> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut tasks = Vec::with_capacity(raw.len());
    for (task, position) in raw.into_iter().zip(1..) {
        let id = task.id.unwrap_or_else(|| position.to_string());
        if let Some(first) = seen.insert(id.clone(), position) {
            let what =
                format!("tasks {first} and {position} have the same id `{}`", super::error::shown(&id));
            return Err(ReadError::hinted(file, what, "a task without `id` has its position for one"));
        }
        tasks.push(Task {
            id,
            text: task.text,
            kind: task.kind,
            importance: task.importance,
            relevance: task.relevance,
            weight: task.weight,
            ..Task::default()
        });
    }
    Ok(tasks)
}

// Each of these fails at its value, so that toml's report points there.

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.trim() {
        "" => Err(D::Error::custom("is empty; expected some text")),
        trimmed => Ok(trimmed.to_owned()),
    }
}

fn own_slug<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let plain = slug(&text);
    if text.is_empty() || text != plain {
        return Err(D::Error::custom(format!(
            "is not a slug; expected lower case letters, digits and single dashes, like `{plain}`"
        )));
    }
    Ok(Some(text))
}

fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let code = soc::code(text.trim());
    code.map(Some).ok_or_else(|| D::Error::custom("is not an O*NET-SOC code (like 15-1252.00)"))
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text or a whole number")]
enum Id {
    Number(u64),
    Text(String),
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Id::deserialize(deserializer)? {
        Id::Number(number) => Ok(Some(number.to_string())),
        Id::Text(text) if text.trim().is_empty() => Err(D::Error::custom("is empty; leave it out instead")),
        Id::Text(text) => Ok(Some(text.trim().to_owned())),
    }
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TaskType, D::Error> {
    TaskType::from_str(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn importance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 1.0, 5.0)
}

fn relevance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 0.0, 100.0)
}

fn weight<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 0.0, soc::MAX_WEIGHT)
}

fn within<'de, D: Deserializer<'de>>(
    deserializer: D,
    least: f64,
    most: f64,
) -> Result<Option<f64>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if (least..=most).contains(&number) {
        Ok(Some(number))
    } else {
        Err(D::Error::custom(format!("`{number}` is not {}", soc::range(least, most))))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests make their own files")]

    use super::*;

    fn parse(text: &str) -> Result<OwnOccupation, ReadError> {
        OwnOccupation::parse("ai.toml", text)
    }

    #[test]
    fn all_keys_are_read() {
        let text = r#"
            title = " AI/ML Engineers "
            slug = "ai"
            onet = "15-1252"
            description = "They build."
            source = "own list"
            [[tasks]]
            text = "Train models."
            id = "train"
            type = "Core"
            importance = 4
            relevance = 95.5
            weight = 2
            [[tasks]]
            text = "Watch models."
            id = 7
            [[tasks]]
            text = "Retire models."
        "#;
        let own = parse(text).unwrap();
        assert_eq!((own.title.as_str(), own.slug.as_str()), ("AI/ML Engineers", "ai"));
        assert_eq!((own.onet.as_deref(), own.source.as_str()), (Some("15-1252.00"), "own list"));
        let ids: Vec<&str> = own.tasks.iter().map(|task| task.id.as_str()).collect();
        assert_eq!(ids, ["train", "7", "3"]);
        let first = &own.tasks[0];
        assert_eq!((first.importance, first.relevance, first.weight), (Some(4.0), Some(95.5), Some(2.0)));
        assert_eq!((first.kind, own.tasks[1].kind), (TaskType::Core, TaskType::Untyped));
        assert_eq!(own.occupation().code, "ai");
    }

    #[test]
    fn wrong_files_are_pointed_at() {
        let task = "[[tasks]]\ntext = \"x\"\n";
        let titled = |rest: &str| format!("title = \"A\"\n{rest}");
        for (text, expected) in [
            (task.to_owned(), "missing field `title`"),
            (titled(""), "has no tasks"),
            (titled(&format!("titel = 1\n{task}")), "unknown field `titel`"),
            (titled(&format!("onet = \"15\"\n{task}")), "is not an O*NET-SOC code (like 15-1252.00)"),
            (
                titled(&format!("slug = \"A B\"\n{task}")),
                "is not a slug; expected lower case letters, digits and single dashes, like `a-b`",
            ),
            (titled(&format!("{task}importance = 6")), "`6` is not a number from 1 to 5"),
            (titled(&format!("{task}relevance = -1")), "`-1` is not a number from 0 to 100"),
            (titled(&format!("{task}weight = inf")), "`inf` is not a number from 0 to 1000000000"),
            (titled(&format!("{task}type = \"main\"")), "`main` is not a task type"),
            (titled(&format!("{task}id = 1.5")), "expected a text or a whole number"),
            (titled("[[tasks]]\ntext = \" \""), "is empty; expected some text"),
            (titled(&format!("{task}id = 2\n{task}")), "tasks 1 and 2 have the same id `2`"),
            ("title = \"--\"\n[[tasks]]\ntext = \"x\"".to_owned(), "`title` has neither letters nor digits"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.starts_with("ai.toml: "), "{error}");
            assert!(error.contains(expected), "{error}");
        }
        let error = parse(&titled(&format!("{task}importance = 6"))).unwrap_err().to_string();
        assert!(error.contains("line 4, column 14") && error.contains("^"), "{error}");
    }

    #[test]
    fn a_folder_is_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for (name, title) in [("b.toml", "B"), ("a.toml", "A"), (".c.toml", "C"), ("d.txt", "D")] {
            let text = format!("title = \"{title}\"\n[[tasks]]\ntext = \"x\"\n");
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let all = own(folder.path()).unwrap();
        let titles: Vec<(&str, &str)> =
            all.iter().map(|one| (one.file.as_str(), one.title.as_str())).collect();
        assert_eq!(titles, [("a.toml", "A"), ("b.toml", "B")]);
        assert!(own(&folder.path().join("none")).unwrap().is_empty());
        let path = folder.path().join("e.toml");
        std::fs::write(&path, "title = 1").unwrap();
        let error = own(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
    }

    #[test]
    fn the_template_can_be_read() {
        for title in ["AI/ML Engineers", "Say \"hi\" \\ twice", "Größe\nzwei"] {
            let own = parse(&new_own_template(title)).unwrap();
            assert_eq!((own.title.as_str(), own.slug), (title, slug(title)));
            assert_eq!(own.tasks.len(), 2);
        }
    }
}

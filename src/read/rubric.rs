//! Rubrics: three files in a folder of prompts, or built in. Their variants are read in `variants`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::ReadError;
use super::files::{is_file, names_in, read_text};
use crate::domain::hash::Fields;
use crate::domain::names::nearest;
use crate::domain::{Rubric, Scale, TextLimits};

pub(super) const SETTINGS: &str = "rubric.toml";
pub(super) const SYSTEM: &str = "system.md";
pub(super) const USER: &str = "user.md";

/// Prompts are texts of some pages.
pub(super) const MAX_BYTES: u64 = 1 << 20;

pub(super) const BUILT_IN: &[(&str, &str)] = &[
    ("exposure/rubric.toml", include_str!("../../prompts/exposure/rubric.toml")),
    ("exposure/system.md", include_str!("../../prompts/exposure/system.md")),
    ("exposure/user.md", include_str!("../../prompts/exposure/user.md")),
    (
        "exposure/variants/paraphrase/variant.toml",
        include_str!("../../prompts/exposure/variants/paraphrase/variant.toml"),
    ),
    (
        "exposure/variants/paraphrase/system.md",
        include_str!("../../prompts/exposure/variants/paraphrase/system.md"),
    ),
    (
        "exposure/variants/reordered/variant.toml",
        include_str!("../../prompts/exposure/variants/reordered/variant.toml"),
    ),
    (
        "exposure/variants/reordered/system.md",
        include_str!("../../prompts/exposure/variants/reordered/system.md"),
    ),
    ("augmentation/rubric.toml", include_str!("../../prompts/augmentation/rubric.toml")),
    ("augmentation/system.md", include_str!("../../prompts/augmentation/system.md")),
    ("augmentation/user.md", include_str!("../../prompts/augmentation/user.md")),
    ("eloundou/rubric.toml", include_str!("../../prompts/eloundou/rubric.toml")),
    ("eloundou/system.md", include_str!("../../prompts/eloundou/system.md")),
    ("eloundou/user.md", include_str!("../../prompts/eloundou/user.md")),
    ("items/rubric.toml", include_str!("../../prompts/items/rubric.toml")),
    ("items/system.md", include_str!("../../prompts/items/system.md")),
    ("items/user.md", include_str!("../../prompts/items/user.md")),
];

/// The built-in rubrics, as paths and texts, to be written out as a start for own ones.
pub fn embedded_rubric_files() -> &'static [(&'static str, &'static str)] {
    BUILT_IN
}

/// The rubric of this name: a folder of prompts comes before what is built in. `NAME+VARIANT` is a variant.
pub fn rubric(name: &str, prompts_dir: Option<&Path>) -> Result<Rubric, ReadError> {
    match (Texts::find(name, prompts_dir)?, name.split_once(Rubric::JOINT)) {
        (Some(texts), _) => texts.rubric(name),
        (None, Some((base, variant))) if Texts::find(base, prompts_dir)?.is_some() => {
            super::variants::variant(base, variant, prompts_dir)
        }
        (None, _) => {
            let known: Vec<String> = rubric_names(prompts_dir)?.into_iter().map(|(name, _)| name).collect();
            let near = nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
            Err(ReadError::NoRubric { name: super::error::shown(name), known, near })
        }
    }
}

/// All rubrics by name, and where each is: `built in` or `prompts/`.
pub fn rubric_names(prompts_dir: Option<&Path>) -> Result<Vec<(String, &'static str)>, ReadError> {
    let mut names: Vec<(String, &'static str)> = Vec::new();
    if let Some(dir) = prompts_dir {
        let folders = names_in(dir)?.into_iter().filter(|name| is_file(&dir.join(name).join(SETTINGS)));
        names.extend(folders.map(|name| (name, "prompts/")));
    }
    for name in BUILT_IN.iter().filter_map(|(path, _)| path.strip_suffix("/rubric.toml")) {
        if !names.iter().any(|(own, _)| own == name) {
            names.push((name.to_owned(), "built in"));
        }
    }
    names.sort();
    Ok(names)
}

/// A name is one folder: it cannot lead elsewhere.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

/// The three files.
pub(super) struct Texts {
    /// How messages name the settings.
    file: String,
    pub(super) settings: String,
    system: String,
    user: String,
    pub(super) is_built_in: bool,
}

impl Texts {
    /// `None` when there is no such rubric.
    pub(super) fn find(name: &str, prompts_dir: Option<&Path>) -> Result<Option<Self>, ReadError> {
        let found = match prompts_dir {
            Some(dir) if is_plain(name) => Self::in_folder(&dir.join(name))?,
            _ => None,
        };
        Ok(found.or_else(|| Self::built_in(name)))
    }

    fn built_in(name: &str) -> Option<Self> {
        let text = |file: &str| {
            let wanted = format!("{name}/{file}");
            BUILT_IN.iter().find(|(path, _)| *path == wanted).map(|(_, text)| (*text).to_owned())
        };
        Some(Self {
            file: format!("{name}/{SETTINGS}"),
            settings: text(SETTINGS)?,
            system: text(SYSTEM)?,
            user: text(USER)?,
            is_built_in: true,
        })
    }

    /// `None` when there is no such rubric; an error when there is half of one.
    fn in_folder(folder: &Path) -> Result<Option<Self>, ReadError> {
        let file = folder.join(SETTINGS);
        let Some(settings) = read_text(&file, MAX_BYTES)? else { return Ok(None) };
        let text = |name: &str| {
            let absent = || {
                let what = format!("has no file `{name}`");
                ReadError::hinted(
                    &folder.display().to_string(),
                    what,
                    format!("a rubric is {SETTINGS}, {SYSTEM} and {USER}"),
                )
            };
            read_text(&folder.join(name), MAX_BYTES)?.ok_or_else(absent)
        };
        let (system, user) = (text(SYSTEM)?, text(USER)?);
        Ok(Some(Self { file: file.display().to_string(), settings, system, user, is_built_in: false }))
    }

    pub(super) fn rubric(self, name: &str) -> Result<Rubric, ReadError> {
        let toml =
            |error: toml::de::Error| ReadError::Toml { file: self.file.clone(), report: error.to_string() };
        let settings: Settings = toml::from_str(&self.settings).map_err(toml)?;
        let wrong = |what: String| ReadError::file(&self.file, what);
        settings.check().map_err(wrong)?;
        let scale =
            settings.scale.scale().map_err(|what| ReadError::file(&self.file, format!("scale: {what}")))?;
        let sha256 = Fields::new("score-tasks/rubric/1")
            .text(SETTINGS, &self.settings)
            .text(SYSTEM, &self.system)
            .text(USER, &self.user)
            .finish();
        Ok(Rubric {
            name: name.to_owned(),
            title: settings.title.unwrap_or_else(|| settings.id.clone()),
            id: settings.id,
            version: settings.version,
            summary: settings.summary,
            scale,
            fields: settings.fields,
            limits: TextLimits {
                text_chars: settings.limits.text_chars,
                rationale_chars: settings.limits.rationale_chars,
            },
            system: self.system,
            user: self.user,
            sha256,
            variant: None,
        })
    }
}

/// rubric.toml as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    id: String,
    version: String,
    title: Option<String>,
    #[serde(default)]
    summary: String,
    scale: RawScale,
    #[serde(default = "default_fields")]
    fields: Vec<String>,
    #[serde(default)]
    limits: RawLimits,
}

fn default_fields() -> Vec<String> {
    vec!["score".to_owned(), "rationale".to_owned()]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    text_chars: usize,
    rationale_chars: usize,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self { text_chars: 4_000, rationale_chars: 1_500 }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Integer,
    Ordinal,
    Nominal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScale {
    kind: Kind,
    min: Option<i64>,
    max: Option<i64>,
    labels: Option<BTreeMap<String, Spanned<f64>>>,
}

impl Settings {
    fn check(&self) -> Result<(), String> {
        for (key, text) in [("id", &self.id), ("version", &self.version)] {
            if text.trim().is_empty() {
                return Err(format!("`{key}` is empty"));
            }
        }
        if !self.fields.iter().any(|field| field == "score") {
            return Err("`fields` is to have `score` among its names".to_owned());
        }
        let plain = |field: &&String| {
            field.is_empty()
                || !field.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        };
        if let Some(field) = self.fields.iter().find(plain) {
            return Err(format!("`fields`: `{field}` is not a plain name (a-z, 0-9 and _)"));
        }
        let mut sorted = self.fields.clone();
        sorted.sort();
        sorted.dedup();
        if sorted.len() < self.fields.len() {
            return Err("`fields` has a name twice".to_owned());
        }
        if self.limits.text_chars == 0 || self.limits.rationale_chars == 0 {
            return Err("`limits` are to be 1 or more".to_owned());
        }
        Ok(())
    }
}

impl RawScale {
    fn scale(self) -> Result<Scale, String> {
        /// Keeps differences far from overflow.
        const FAR: i64 = 1_000_000;
        match (self.kind, self.min, self.max, self.labels) {
            (Kind::Nominal, None, None, Some(labels)) => nominal(in_order(labels)),
            (Kind::Nominal, ..) => {
                Err("a nominal scale has `labels`, and neither `min` nor `max`".to_owned())
            }
            (kind, Some(min), Some(max), None) => {
                if min >= max || min < -FAR || max > FAR {
                    return Err(format!("`min` is to be less than `max`, both from -{FAR} to {FAR}"));
                }
                Ok(match kind {
                    Kind::Ordinal => Scale::Ordinal { min, max },
                    _ => Scale::Integer { min, max },
                })
            }
            _ => Err("an integer or ordinal scale has `min` and `max`, and no `labels`".to_owned()),
        }
    }
}

/// Labels in the order in which they are written. A map of the TOML library has them in the order of
/// the alphabet, or not, as a feature of it says; but the order is part of every question's key.
fn in_order(labels: BTreeMap<String, Spanned<f64>>) -> Vec<(Arc<str>, f64)> {
    let mut labels: Vec<(String, Spanned<f64>)> = labels.into_iter().collect();
    labels.sort_by_key(|(_, score)| score.span().start);
    labels.into_iter().map(|(label, score)| (label.into(), score.into_inner())).collect()
}

fn nominal(labels: Vec<(Arc<str>, f64)>) -> Result<Scale, String> {
    if labels.len() < 2 {
        return Err("a nominal scale has two labels or more".to_owned());
    }
    for (label, score) in &labels {
        if label.trim().is_empty() || label.trim() != &**label {
            return Err(format!("`{label}` is not a label: it is empty or has blanks around it"));
        }
        if !(0.0..=100.0).contains(score) {
            return Err(format!("label `{label}`: `{score}` is not a score from 0 to 100"));
        }
    }
    Ok(Scale::Nominal { labels })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests make their own files")]

    use super::*;

    const SCALE: &str = "scale = { kind = \"integer\", min = 0, max = 100 }";

    fn parse(settings: &str) -> Result<Rubric, ReadError> {
        let (system, user) = ("s".to_owned(), "u".to_owned());
        let (file, settings) = ("r.toml".to_owned(), settings.to_owned());
        Texts { file, settings, system, user, is_built_in: false }.rubric("r")
    }

    fn settings(rest: &str) -> String {
        format!("id = \"r\"\nversion = \"1\"\n{rest}\n")
    }

    #[test]
    fn the_built_in_ones_are_in_order() {
        let names = rubric_names(None).unwrap();
        let plain: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(plain, ["augmentation", "eloundou", "exposure", "items"]);
        let own = |(path, _): &&(&str, &str)| !path.contains("/variants/");
        assert_eq!(embedded_rubric_files().iter().filter(own).count(), 3 * names.len());
        for (name, place) in &names {
            let rubric = rubric(name, None).unwrap();
            assert_eq!((&rubric.name, *place), (name, "built in"));
            assert!(!rubric.system.is_empty() && rubric.user.contains("task.text"));
        }
        let Scale::Nominal { labels } = rubric("eloundou", None).unwrap().scale else { panic!() };
        assert_eq!(labels, [("E0".into(), 0.0), ("E1".into(), 100.0), ("E2".into(), 50.0)]);
    }

    #[test]
    fn little_is_needed() {
        let rubric = parse(&settings(SCALE)).unwrap();
        assert_eq!(rubric.fields, ["score", "rationale"]);
        assert_eq!(rubric.limits, TextLimits { text_chars: 4_000, rationale_chars: 1_500 });
        assert_eq!((rubric.title.as_str(), rubric.summary.as_str()), ("r", ""));
        assert!(rubric.scale.is_percent());
    }

    #[test]
    fn the_digest_covers_all_three_files() {
        let texts = |settings: &str, system: &str, user: &str| Texts {
            file: String::new(),
            settings: settings.to_owned(),
            system: system.to_owned(),
            user: user.to_owned(),
            is_built_in: false,
        };
        let one = settings(SCALE);
        let hash = |texts: Texts| texts.rubric("r").unwrap().sha256;
        let plain = hash(texts(&one, "s", "u"));
        assert_eq!(hash(texts(&one, "s", "u")), plain);
        assert_ne!(hash(texts(&format!("{one}\n"), "s", "u")), plain);
        assert_ne!(hash(texts(&one, "s2", "u")), plain);
        assert_ne!(hash(texts(&one, "s", "u2")), plain);
    }

    #[test]
    fn wrong_settings_are_said() {
        for (text, expected) in [
            (settings(""), "missing field `scale`"),
            (settings("scale = { kind = \"stars\" }"), "unknown variant `stars`"),
            (
                settings("scale = { kind = \"integer\", min = 5, max = 5 }"),
                "scale: `min` is to be less than `max`",
            ),
            (
                settings(
                    "scale = { kind = \"integer\", min = -9223372036854775808, max = 9223372036854775807 }",
                ),
                "both from -1000000",
            ),
            (
                settings("scale = { kind = \"ordinal\", min = 1 }"),
                "scale: an integer or ordinal scale has `min` and `max`",
            ),
            (
                settings("scale = { kind = \"nominal\", min = 1, max = 2 }"),
                "scale: a nominal scale has `labels`",
            ),
            (
                settings("scale = { kind = \"nominal\", labels = { A = 1 } }"),
                "scale: a nominal scale has two labels",
            ),
            (
                settings("scale = { kind = \"nominal\", labels = { A = 1, B = 101 } }"),
                "label `B`: `101` is not a score from 0 to 100",
            ),
            (settings("scale = { kind = \"nominal\", labels = { A = 1, A = 2 } }"), "duplicate key"),
            (settings(&format!("{SCALE}\nfields = [\"rationale\"]")), "`fields` is to have `score`"),
            (settings(&format!("{SCALE}\nfields = [\"score\", \"score\"]")), "`fields` has a name twice"),
            (settings(&format!("{SCALE}\nfields = [\"score\", \"Why?\"]")), "`Why?` is not a plain name"),
            (settings(&format!("{SCALE}\n[limits]\ntext_chars = 0")), "`limits` are to be 1 or more"),
            (settings(&format!("{SCALE}\nscales = 1")), "unknown field `scales`"),
            (format!("id = \"\"\nversion = \"1\"\n{SCALE}"), "`id` is empty"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.starts_with("r.toml: "), "{error}");
            assert!(error.contains(expected), "{error}, not {expected}");
        }
    }

    #[test]
    fn a_folder_comes_before_what_is_built_in() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("exposure");
        std::fs::create_dir(&own).unwrap();
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        std::fs::write(own.join("rubric.toml"), settings(SCALE)).unwrap();
        let error = rubric("exposure", Some(folder.path())).unwrap_err().to_string();
        assert!(error.ends_with("exposure: has no file `system.md`"), "{error}");
        std::fs::write(own.join("system.md"), "mine").unwrap();
        std::fs::write(own.join("user.md"), "mine").unwrap();
        assert_eq!(rubric("exposure", Some(folder.path())).unwrap().system, "mine");
        assert_eq!(rubric("items", Some(folder.path())).unwrap().name, "items");
        let names = rubric_names(Some(folder.path())).unwrap();
        assert_eq!(names.len(), 4);
        assert!(names.contains(&("exposure".to_owned(), "prompts/")));
    }

    #[test]
    fn unknown_names_are_met_with_what_there_is() {
        let error = rubric("exposre", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no rubric is called `exposre`; there are augmentation, eloundou, exposure, items"
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean `exposure`?"));
        for name in ["../x", "", ".", "a/b", "zebra"] {
            assert!(
                matches!(rubric(name, Some(Path::new("/tmp"))), Err(ReadError::NoRubric { .. })),
                "{name}"
            );
        }
    }
}

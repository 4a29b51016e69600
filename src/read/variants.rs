//! Variants of rubrics: the same question in other words, as files beside the rubric's own.
//!
//! `prompts/NAME/variants/VARIANT/` has any of system.md, user.md and variant.toml. What it does not have is
//! the rubric's: scale, version and limits always are.

use std::path::Path;

use serde::Deserialize;

use super::ReadError;
use super::files::{is_file, names_in, read_text};
use super::rubric::{BUILT_IN, MAX_BYTES, SETTINGS, SYSTEM, Texts, USER, is_plain};
use crate::domain::hash::Fields;
use crate::domain::names::nearest;
use crate::domain::{Rubric, Variant};

const FOLDER: &str = "variants";
const OWN_SETTINGS: &str = "variant.toml";

/// The variants of a rubric by name. Those of a built-in rubric are there as long as it is used as it is;
/// a folder adds to them, or takes the place of one.
pub fn variant_names(rubric: &str, prompts_dir: Option<&Path>) -> Result<Vec<String>, ReadError> {
    let mut names = Vec::new();
    if let Some(dir) = prompts_dir.filter(|_| is_plain(rubric)) {
        let folder = dir.join(rubric).join(FOLDER);
        // A file that lies there, such as a note, is no variant.
        names.extend(names_in(&folder)?.into_iter().filter(|name| folder.join(name).is_dir()));
    }
    if Texts::find(rubric, prompts_dir)?.is_some_and(|texts| texts.is_built_in) {
        let prefix = format!("{rubric}/{FOLDER}/");
        let built_in = BUILT_IN.iter().filter_map(|(path, _)| path.strip_prefix(&prefix)?.split('/').next());
        names.extend(built_in.map(str::to_owned));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// A variant, with all that it has of its rubric.
pub(super) fn variant(base: &str, name: &str, prompts_dir: Option<&Path>) -> Result<Rubric, ReadError> {
    let Some(texts) = Texts::find(base, prompts_dir)? else { return super::rubric(base, prompts_dir) };
    let known = variant_names(base, prompts_dir)?;
    if !known.iter().any(|known| known == name) {
        return Err(unknown(base, name, &known));
    }
    let overlay = match prompts_dir {
        Some(dir) => Overlay::in_folder(&dir.join(base).join(FOLDER).join(name))?,
        None => None,
    };
    let overlay = overlay.unwrap_or_else(|| Overlay::built_in(base, name));
    let settings = texts.settings.clone();
    overlay.over(texts.rubric(base)?, &settings, name)
}

fn unknown(base: &str, name: &str, known: &[String]) -> ReadError {
    let name = super::error::shown(name);
    let (what, hint) = match known {
        [] => (
            format!("has no variants, so not `{name}` either"),
            format!("a variant is a folder prompts/{base}/{FOLDER}/NAME"),
        ),
        known => {
            let near = nearest(&name, known.iter().map(String::as_str));
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            (
                format!("has no variant `{name}`; it has {}", known.join(", ")),
                hint.unwrap_or_else(|| format!("score-tasks rubrics show {base}")),
            )
        }
    };
    ReadError::hinted(&format!("rubric `{base}`"), what, hint)
}

/// The files that a variant has of its own.
struct Overlay {
    /// How messages name its folder.
    place: String,
    settings: Option<String>,
    system: Option<String>,
    user: Option<String>,
}

impl Overlay {
    fn built_in(base: &str, name: &str) -> Self {
        let place = format!("{base}/{FOLDER}/{name}");
        let text = |file: &str| {
            let wanted = format!("{place}/{file}");
            BUILT_IN.iter().find(|(path, _)| *path == wanted).map(|(_, text)| (*text).to_owned())
        };
        let (settings, system, user) = (text(OWN_SETTINGS), text(SYSTEM), text(USER));
        Self { place, settings, system, user }
    }

    /// `None` when there is no such folder.
    fn in_folder(folder: &Path) -> Result<Option<Self>, ReadError> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let place = folder.display().to_string();
        if is_file(&folder.join(SETTINGS)) {
            let what = format!("is a file of a rubric; the settings of a variant are in {OWN_SETTINGS}");
            let hint = "a variant has the scale, version and limits of its rubric";
            return Err(ReadError::hinted(&folder.join(SETTINGS).display().to_string(), what, hint));
        }
        let text = |file: &str| read_text(&folder.join(file), MAX_BYTES);
        let (settings, system, user) = (text(OWN_SETTINGS)?, text(SYSTEM)?, text(USER)?);
        if settings.is_none() && system.is_none() && user.is_none() {
            let what = format!("has none of the files {SYSTEM}, {USER} and {OWN_SETTINGS}");
            return Err(ReadError::file(&place, what));
        }
        Ok(Some(Self { place, settings, system, user }))
    }

    fn over(self, rubric: Rubric, base_settings: &str, name: &str) -> Result<Rubric, ReadError> {
        let settings = self.read_settings(&rubric)?;
        let own = [(SYSTEM, &self.system), (USER, &self.user), (OWN_SETTINGS, &self.settings)];
        let files = own.iter().filter(|(_, text)| text.is_some()).map(|(file, _)| *file).collect();
        let system = self.system.unwrap_or_else(|| rubric.system.clone());
        let user = self.user.unwrap_or_else(|| rubric.user.clone());
        let fields = settings.fields.unwrap_or_else(|| rubric.fields.clone());
        if (&system, &user, &fields) == (&rubric.system, &rubric.user, &rubric.fields) {
            let what = "says the same as its rubric, so it would be asked nothing of its own";
            return Err(ReadError::hinted(&self.place, what, "change its words, or remove the folder"));
        }
        let sha256 = Fields::new("score-tasks/variant/1")
            .text(SETTINGS, base_settings)
            .text(OWN_SETTINGS, self.settings.as_deref().unwrap_or_default())
            .text(SYSTEM, &system)
            .text(USER, &user)
            .finish();
        let variant = Some(Variant { name: name.to_owned(), note: settings.note, files });
        let name = format!("{}{}{name}", rubric.name, Rubric::JOINT);
        Ok(Rubric { name, fields, system, user, sha256, variant, ..rubric })
    }

    fn read_settings(&self, rubric: &Rubric) -> Result<Settings, ReadError> {
        let file = format!("{}/{OWN_SETTINGS}", self.place);
        let text = self.settings.as_deref().unwrap_or_default();
        let settings: Settings = toml::from_str(text)
            .map_err(|error| ReadError::Toml { file: file.clone(), report: error.to_string() })?;
        if settings.scale.is_some() {
            let what = "a variant has the scale of its rubric: leave `scale` out";
            let hint = "on another scale it is another rubric, with a folder of its own in prompts/";
            return Err(ReadError::hinted(&file, what, hint));
        }
        let sorted = |fields: &[String]| {
            let mut fields = fields.to_vec();
            fields.sort();
            fields
        };
        match &settings.fields {
            Some(fields) if sorted(fields) != sorted(&rubric.fields) => {
                let all = rubric.fields.join(", ");
                Err(ReadError::file(&file, format!("`fields` is to have the rubric's, in some order: {all}")))
            }
            _ => Ok(settings),
        }
    }
}

/// variant.toml as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    fields: Option<Vec<String>>,
    #[serde(default)]
    note: String,
    /// Only to be refused with a reason.
    scale: Option<toml::Value>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests make their own files")]

    use super::*;
    use crate::read::rubric;

    fn write(folder: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn the_built_in_ones_differ_in_their_system_text_alone() {
        let base = rubric("exposure", None).unwrap();
        assert_eq!(variant_names("exposure", None).unwrap(), ["paraphrase", "reordered"]);
        assert!(variant_names("items", None).unwrap().is_empty());
        for name in ["paraphrase", "reordered"] {
            let variant = rubric(&format!("exposure+{name}"), None).unwrap();
            assert_eq!((&variant.id, &variant.scale, &variant.user), (&base.id, &base.scale, &base.user));
            assert_eq!(variant.shown(), format!("exposure+{name}"));
            assert_ne!(variant.sha256, base.sha256);
            assert_ne!(variant.system, base.system);
            // The anchors are the scale itself, and stay as they are.
            let anchors = |rubric: &Rubric| {
                let points = ["- 0: ", "- 20: ", "- 40: ", "- 60: ", "- 80: ", "- 100: "];
                let is_one = |line: &&str| points.iter().any(|point| line.starts_with(point));
                let example = |line: &str| line.split_once(". ").unwrap().1.to_owned();
                let mut all: Vec<String> = rubric.system.lines().filter(is_one).map(example).collect();
                all.sort();
                all
            };
            assert_eq!(anchors(&variant), anchors(&base), "{name}");
        }
        // The same words in another order, but for one that needed its noun.
        let words = |rubric: &Rubric| {
            let text = rubric.system.to_lowercase();
            let mut words: Vec<String> =
                text.split(|c: char| !c.is_alphabetic()).map(str::to_owned).collect();
            words.retain(|word| word.len() > 3 && word != "occupation");
            words.sort();
            words
        };
        assert_eq!(words(&rubric("exposure+reordered", None).unwrap()), words(&base));
    }

    #[test]
    fn own_ones_add_to_those_of_a_built_in_rubric_and_not_to_an_own_one() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Some(folder.path());
        write(
            folder.path(),
            &[("exposure/variants/mine/system.md", "Mine."), ("exposure/variants/a.txt", "")],
        );
        assert_eq!(variant_names("exposure", dir).unwrap(), ["mine", "paraphrase", "reordered"]);
        let mine = rubric("exposure+mine", dir).unwrap();
        assert_eq!((mine.system.as_str(), mine.name.as_str()), ("Mine.", "exposure+mine"));
        assert_eq!(mine.place("system.md"), "exposure/variants/mine/system.md");
        assert_eq!(mine.place("user.md"), "exposure/user.md");
        assert_eq!(rubric("exposure+reordered", dir).unwrap().place("user.md"), "exposure/user.md");

        let base = rubric("exposure", None).unwrap();
        let settings = include_str!("../../prompts/exposure/rubric.toml");
        for (name, text) in [("rubric.toml", settings), ("system.md", &base.system), ("user.md", &base.user)]
        {
            write(folder.path(), &[(&format!("exposure/{name}"), text)]);
        }
        assert_eq!(variant_names("exposure", dir).unwrap(), ["mine"]);
        write(
            folder.path(),
            &[("exposure/variants/mine/variant.toml", "fields = [\"rationale\", \"score\"]")],
        );
        assert_eq!(rubric("exposure+mine", dir).unwrap().fields, ["rationale", "score"]);
    }

    #[test]
    fn broken_ones_are_said_with_their_file() {
        let system = include_str!("../../prompts/exposure/system.md");
        for (file, text, expected) in [
            ("note.md", "x", "variants/v: has none of the files system.md, user.md and variant.toml"),
            ("rubric.toml", "x", "variants/v/rubric.toml: is a file of a rubric"),
            (
                "variant.toml",
                "scale = { kind = \"ordinal\", min = 1, max = 5 }",
                "variant.toml: a variant has the scale",
            ),
            ("variant.toml", "fields = [\"score\"]", "variant.toml: `fields` is to have the rubric's"),
            ("variant.toml", "version = \"2\"", "variant.toml: TOML parse error"),
            ("variant.toml", "note = \"nothing\"", "variants/v: says the same as its rubric"),
            ("system.md", system, "variants/v: says the same as its rubric"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &[(&format!("exposure/variants/v/{file}"), text)]);
            let error = rubric("exposure+v", Some(folder.path())).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}, not {expected}");
        }
        let error = rubric("exposure+parafrase", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "rubric `exposure`: has no variant `parafrase`; it has paraphrase, reordered"
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean `paraphrase`?"));
        assert!(rubric("items+x", None).unwrap_err().to_string().contains("has no variants"));
        assert!(matches!(rubric("exposre+x", None), Err(ReadError::NoRubric { .. })));
        assert!(rubric("exposure+../../items", Some(Path::new("/tmp"))).is_err());
    }
}

//! How commentary is asked for: three files in a folder of prompts, or built in.

use std::path::Path;

use serde::Deserialize;

use super::ReadError;
use super::files::read_text;
use super::rubric::{MAX_BYTES, SYSTEM, USER};
use crate::domain::Brief;
use crate::domain::commentary::BriefLimits;

/// The folder of prompts in which they lie.
const FOLDER: &str = "commentary";
/// No rubric has a file of this name, so it is not taken for one.
const SETTINGS: &str = "commentary.toml";

const BUILT_IN: &[(&str, &str)] = &[
    ("commentary/commentary.toml", include_str!("../../prompts/commentary/commentary.toml")),
    ("commentary/system.md", include_str!("../../prompts/commentary/system.md")),
    ("commentary/user.md", include_str!("../../prompts/commentary/user.md")),
];

/// The built-in ones, as paths and texts, to be written out as a start for own ones.
pub fn embedded_brief_files() -> &'static [(&'static str, &'static str)] {
    BUILT_IN
}

/// What lies beside the config comes before what is built in, file by file.
pub fn brief(prompts_dir: Option<&Path>) -> Result<Brief, ReadError> {
    let text = |file: &str| {
        let own = match prompts_dir {
            Some(dir) => read_text(&dir.join(FOLDER).join(file), MAX_BYTES)?,
            None => None,
        };
        let built_in = || {
            let found = BUILT_IN.iter().find(|(path, _)| path.ends_with(&format!("/{file}")));
            found.map(|(_, text)| (*text).to_owned()).unwrap_or_default()
        };
        Ok::<String, ReadError>(own.unwrap_or_else(built_in))
    };
    settings(&text(SETTINGS)?, text(SYSTEM)?, text(USER)?)
}

fn settings(settings: &str, system: String, user: String) -> Result<Brief, ReadError> {
    let file = format!("prompts/{FOLDER}/{SETTINGS}");
    let read: Settings = toml::from_str(settings).map_err(|error: toml::de::Error| ReadError::Toml {
        file: file.clone(),
        report: error.to_string(),
    })?;
    let Settings { id, version, limits, refused } = read;
    let least = limits.remark_chars.min(limits.remarks).min(limits.output_tokens as usize);
    if least == 0 {
        return Err(ReadError::file(&file, "`limits` are to be 1 or more"));
    }
    let lower = |phrases: Vec<String>| -> Vec<String> {
        let phrases = phrases.into_iter().map(|phrase| phrase.trim().to_lowercase());
        // An empty phrase would stand in every text.
        phrases.filter(|phrase| !phrase.is_empty()).collect()
    };
    Ok(Brief {
        id,
        version,
        system,
        user,
        limits: BriefLimits {
            remark_chars: limits.remark_chars,
            remarks: limits.remarks,
            questions: limits.questions,
            output_tokens: limits.output_tokens,
        },
        words: lower(refused.words),
        quantities: lower(refused.quantities),
        forecasts: lower(refused.forecasts),
    })
}

/// commentary.toml as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    id: String,
    version: String,
    limits: RawLimits,
    refused: RawRefused,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLimits {
    remark_chars: usize,
    remarks: usize,
    questions: usize,
    output_tokens: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRefused {
    words: Vec<String>,
    quantities: Vec<String>,
    forecasts: Vec<String>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "tests make their own files")]

    use super::*;

    #[test]
    fn the_built_in_brief_is_in_order_and_is_no_rubric() {
        let brief = brief(None).unwrap();
        assert_eq!((brief.id.as_str(), brief.limits.remarks), ("commentary", 6));
        assert!(brief.words.contains(&"obsolete".to_owned()) && brief.forecasts.len() > 20);
        // Constant, so that providers can cache it.
        assert!(!brief.system.contains("{{") && brief.user.contains("{{ sheet.statements }}"));
        assert!(brief.system.contains(&format!("at most {} characters", brief.limits.remark_chars)));
        let rubrics = super::super::rubric_names(None).unwrap();
        assert!(!rubrics.iter().any(|(name, _)| name == FOLDER), "{rubrics:?}");
    }

    #[test]
    fn what_lies_beside_the_config_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join(FOLDER);
        std::fs::create_dir_all(&own).unwrap();
        std::fs::write(own.join(SYSTEM), "Be brief.").unwrap();
        let read = brief(Some(folder.path())).unwrap();
        assert_eq!(read.system, "Be brief.");
        assert_eq!(read.user, brief(None).unwrap().user);
        std::fs::write(own.join(SETTINGS), "id = \"mine\"\nversion = \"1\"\n").unwrap();
        let error = brief(Some(folder.path())).unwrap_err().to_string();
        assert!(error.contains("prompts/commentary/commentary.toml"), "{error}");
    }
}

//! `init`: a folder to work in, with everything one may want to edit.

use std::path::Path;

use super::output::Talk;
use super::{Exit, Failure};
use crate::cli::Global;
use crate::config::BUILT_IN;
use crate::{read, write};

const GITIGNORE: &str =
    "# The answers are worth keeping, but a repository is no place for a large database.\ncache/\n.env\n";

const OCCUPATIONS: &str = "# Own occupations\n\nOne file each: `score-tasks occupations new \"Prompt Librarians\"` writes one to fill in,\n`score-tasks occupations check` reads them all.\n";

/// Writes what is not there; never touches what is.
pub(super) fn init(global: &Global, folder: &Path) -> Result<Exit, Failure> {
    let folder = global.dir.clone().unwrap_or_default().join(folder);
    let talk = Talk { quiet: global.quiet };
    let mut files = vec![
        ("config.toml".to_owned(), BUILT_IN.to_owned()),
        (".gitignore".to_owned(), GITIGNORE.to_owned()),
        ("occupations/README.md".to_owned(), OCCUPATIONS.to_owned()),
    ];
    let prompts = [read::embedded_rubric_files(), read::embedded_brief_files()].concat();
    files.extend(prompts.iter().map(|(path, text)| (format!("prompts/{path}"), (*text).to_owned())));
    let mut made = 0;
    for (name, text) in files {
        if write::new_file(&folder.join(&name), text.as_bytes())? {
            made += 1;
        } else {
            talk.say(format_args!("{name} is there already and stays as it is"));
        }
    }
    talk.say(format_args!("{made} files written to {}", folder.display()));
    let there = if folder.as_os_str().is_empty() || folder == Path::new(".") {
        String::new()
    } else {
        format!("cd {} && ", folder.display())
    };
    talk.say(format_args!(
        "Next: {there}score-tasks doctor, then score-tasks --occupation \"AI/ML Engineers\""
    ));
    Ok(Exit::Done)
}

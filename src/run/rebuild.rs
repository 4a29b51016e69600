//! From what is kept of a run back to the flags that make its report again.

use anyhow::anyhow;

use super::manifest::Manifest;
use super::{Exit, Failure, runs};
use crate::cli::{self, Cli};

/// The flags under which the same answers give the same report.
pub(super) fn rebuild(manifest: &Manifest) -> Result<cli::Score, Failure> {
    let words = words(&runs::again(manifest));
    match Cli::read(words.into_iter().map(std::ffi::OsString::from)) {
        Ok(cli) => Ok(cli.score),
        Err(_) => Err(Failure::new(
            Exit::Failed,
            anyhow!("the flags of the run that began {} cannot be read", manifest.began),
        )),
    }
}

/// The words of a command as `quoted` has written them: bare, or between quotes of either kind.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut is_open) = (Vec::new(), String::new(), None, false);
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(mark), c) if c == mark => quote = None,
            (None, '"' | '\'') => (quote, is_open) = (Some(c), true),
            (None, '\\') => word.extend(chars.next()),
            (None, ' ') => {
                if is_open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                is_open = false;
            }
            (_, c) => word.push(c),
        }
    }
    if is_open || !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::manifest::quoted;
    use super::words;

    #[test]
    fn what_is_quoted_is_one_word_again() {
        for word in [
            "15-1252.00",
            "AI/ML Engineers",
            "it's",
            "",
            "~x",
            "$HOME's",
            "back\\slash",
            "a \"b\" 'c'",
            "ä ö",
        ] {
            let command = format!("x {} y", quoted(&word));
            assert_eq!(words(&command), ["x", word, "y"], "{command}");
        }
    }
}

//! A kept run made again: the command that its manifest gives, carried out offline, with all that a page needs.

use anyhow::anyhow;
use clap::builder::Resettable;
use clap::{Args as _, FromArgMatches as _};

use super::manifest::Manifest;
use super::{Desk, Exit, Failure, facts, runs, score, setup};
use crate::cli;
use crate::domain::{RunInfo, Totals};
use crate::pass::score::score as score_into;
use crate::pass::{Gathered, Job};
use crate::read::FactBook;
use crate::report::{Both, Record};
use crate::store::KeptRun;

/// A run as it was.
pub(super) struct Rebuilt {
    pub job: Job,
    pub run: RunInfo,
    pub gathered: Gathered,
    /// What is known of its occupations from elsewhere.
    pub facts: FactBook,
}

/// The flags that make the same report again, whatever the environment says.
pub(super) fn rebuild(manifest: &Manifest) -> Result<cli::Score, Failure> {
    let command = clap::Command::new("score-tasks");
    let command = cli::Score::augment_args(command).mut_args(|arg| arg.env(Resettable::Reset));
    let parsed = command.try_get_matches_from(words(&runs::again(manifest)));
    let score = parsed.and_then(|matches| cli::Score::from_arg_matches(&matches));
    score.map_err(|error| {
        let said = error.to_string();
        let first = said.lines().next().unwrap_or_default().to_owned();
        Failure::new(Exit::Failed, anyhow!("its command cannot be read again: {first}"))
    })
}

/// Scores what a run was about from the answers that it used; asks nothing. An error where that gives other ratings
/// than the run had: pages show a run, and nothing that has become of it since.
pub(super) fn rebuilt(desk: &Desk, (kept, manifest): &(KeptRun, Manifest)) -> Result<Rebuilt, Failure> {
    let args = &rebuild(manifest)?;
    let job = setup::job(desk, args, true)?;
    let mut method = score::method(desk, args, &job, true)?;
    // As many rounds as then, whatever the config says now.
    method.tally.rounds.count = manifest.bootstrap;
    let (fit, run) = (score::fit(desk, args), score::run_info(&job, &method));
    let method = score::with_effects(&job, method, (&run, fit))?;
    let (mut gathered, mut record) = (Gathered::default(), Record::new(run.clone()));
    score_into(&job, fit, &method, &mut Both(&mut gathered, &mut record), Totals::default(), &|| false)?;
    let (digest, _, _) = record.finish()?;
    if digest != kept.digest {
        return Err(other_than_it_was(kept, manifest, &run));
    }
    let facts = facts::book(desk, args, &job.catalogue)?;
    Ok(Rebuilt { job, run, gathered, facts })
}

fn other_than_it_was(kept: &KeptRun, manifest: &Manifest, run: &RunInfo) -> Failure {
    let changed = match () {
        () if run.rubric.sha256.to_string() != manifest.rubric.sha256 => "its rubric is another by now",
        () if run.catalogue.sha256.to_string() != manifest.catalog.sha256 => {
            "its catalogue is another by now"
        }
        () => "its models, their weights or settings, or its answers are others by now",
    };
    Failure::usage(anyhow!("run {} cannot be made again as it was: {changed}", kept.id))
        .hint("score it again, or name another with --run; score-tasks runs list shows them")
}

/// The words of a command line that `manifest::quoted` has put together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (None, ' ') => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::super::manifest::quoted;
    use super::words;

    #[test]
    fn what_was_quoted_is_read_as_it_was() {
        for word in
            ["15-1252.00", "AI/ML Engineers", "it's", "", "~x", "$HOME's", "back\\slash", "a\nb", "\"\""]
        {
            let line = format!("score-tasks -o {} --all", quoted(&word));
            assert_eq!(words(&line), ["score-tasks", "-o", word, "--all"]);
        }
    }
}

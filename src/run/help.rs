//! `help`, `man`, `completions`: what the program says of itself.

use std::fmt::Write as _;

use anyhow::anyhow;
use clap::CommandFactory;

use super::output::print;
use super::{Exit, Failure};
use crate::cli::Cli;
use crate::domain::names;

const EXIT_CODES: &str = include_str!("help/exit-codes.txt");
const CONFIG: &str = include_str!("help/config.txt");
const AFTER: &str = include_str!("help/after.txt");
const COSTS: &str = include_str!("help/costs.txt");

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "score-tasks", &mut script);
    // clap-rs/clap#6421: below a name with a dash the script for bash jumps to labels that it spells
    // otherwise, so that nothing is completed after a subcommand.
    let script = String::from_utf8_lossy(&script).replace("score__subcmd__tasks", "score__tasks");
    print(&script)?;
    Ok(Exit::Done)
}

pub(super) fn man() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}

pub(super) fn help(topic: &[String]) -> Result<Exit, Failure> {
    let text = match topic.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Cli::command().render_long_help().to_string(),
        ["exit-codes"] => EXIT_CODES.to_owned(),
        ["config"] => CONFIG.to_owned(),
        ["after"] => AFTER.to_owned(),
        ["costs"] => COSTS.to_owned(),
        ["env"] => environment(),
        path => command(path)?,
    };
    print(&text)?;
    Ok(Exit::Done)
}

fn command(path: &[&str]) -> Result<String, Failure> {
    let mut command = Cli::command();
    command.build();
    for word in path {
        let Some(found) = command.find_subcommand(word) else { return Err(unknown(word, &command)) };
        command = found.clone();
    }
    Ok(command.render_long_help().to_string())
}

fn unknown(word: &str, command: &clap::Command) -> Failure {
    let mut known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    known.extend(["exit-codes", "env", "config", "costs", "after"]);
    let near = match names::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}", known.join(", ")),
    };
    Failure::usage(anyhow!("no help on `{word}`")).hint(near)
}

/// Every variable, from the definition of the flags itself.
fn environment() -> String {
    let mut text =
        "A flag on the command line wins over its variable, a variable over config.toml.\n\n".to_owned();
    for arg in Cli::command().get_arguments() {
        let Some(variable) = arg.get_env() else { continue };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {:28} {help}", variable.to_string_lossy());
    }
    text += "  NO_COLOR                     No colours, whatever its value\n";
    text
}

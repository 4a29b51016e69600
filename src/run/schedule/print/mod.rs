//! `schedule print`: what another scheduler needs to call `schedule run --once`. Printed, never installed.

mod actions;
mod crontab;
mod kubernetes;
mod systemd;
mod written;

use std::path::{Component, Path, PathBuf};

use anyhow::anyhow;

use super::super::manifest::quoted;
use super::super::output::print as print_text;
use super::super::{Desk, Exit, Failure, clients};
use super::chosen;
use crate::cli::Printed;
use crate::config::Schedule;

pub(super) fn print(desk: &Desk, args: &Printed) -> Result<Exit, Failure> {
    let all = Printing::new(desk, args)?;
    let for_whom = args.scheduler;
    let text = match () {
        () if for_whom.systemd && args.service => systemd::service(&all),
        () if for_whom.systemd => systemd::timers(&all),
        () if for_whom.cron => crontab::lines(&all),
        () if for_whom.github_actions => actions::workflow(&all)?,
        () => kubernetes::manifests(&all)?,
    };
    print_text(&text)?;
    desk.talk.say("Nothing was installed.");
    Ok(Exit::Done)
}

/// What is printed of, and where it lies on this machine.
struct Printing<'a> {
    desk: &'a Desk,
    schedules: Vec<&'a Schedule>,
    executable: PathBuf,
    /// The config's folder.
    folder: PathBuf,
}

impl<'a> Printing<'a> {
    fn new(desk: &'a Desk, args: &Printed) -> Result<Self, Failure> {
        let all = Self {
            desk,
            schedules: chosen(desk, &args.names)?,
            executable: std::env::current_exe()?,
            folder: plain(&std::path::absolute(&desk.config.root)?),
        };
        // A unit, a crontab and a workflow are lines, and none of them has a way to write this one.
        let is_broken = |path: &Path| path.display().to_string().contains(char::is_control);
        let mut paths = vec![all.executable.clone(), all.folder.clone()];
        paths.extend(desk.config.file.clone());
        paths.extend(all.written().into_iter().map(|written| written.file));
        match paths.iter().find(|path| is_broken(path)) {
            None => Ok(all),
            Some(path) => {
                Err(Failure::usage(anyhow!("{:?} has a line break or the like in its name", path.display())))
            }
        }
    }

    /// The program and where it works.
    fn call(&self) -> Vec<String> {
        let shown = |path: &Path| path.display().to_string();
        let mut words = vec![shown(&self.executable), "-C".to_owned(), shown(&self.folder)];
        // One that is not found by itself.
        if let (Some(_), Some(file)) = (&self.desk.global.config, &self.desk.config.file) {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            words.extend(["--config".to_owned(), shown(&plain(&file))]);
        }
        words
    }

    /// What the scheduler calls for schedules. Another may be at work on the same store: it is waited for.
    fn once(&self, schedules: &[&Schedule]) -> Vec<String> {
        let mut words: Vec<String> = ["schedule", "run", "--once"].map(str::to_owned).into();
        words.extend(schedules.iter().map(|schedule| schedule.name.clone()));
        words.push("--wait".to_owned());
        words
    }

    /// The variables with the keys of these schedules' models, and the secrets of their webhooks.
    fn secrets(&self, schedules: &[&Schedule]) -> Vec<String> {
        let config = &self.desk.config;
        let mut names: Vec<String> = Vec::new();
        for schedule in schedules {
            let named = &schedule.scored.models;
            let models = if named.is_empty() { &config.models } else { named };
            let known =
                config.known_models.iter().filter(|model| models.iter().any(|name| **name == *model.id));
            names.extend(known.filter_map(|model| clients::server(model)?.api_key_env.clone()));
            names.extend(schedule.after.webhook.as_ref().and_then(|webhook| webhook.secret_env.clone()));
        }
        names.sort();
        names.dedup();
        names
    }
}

/// A path as others are to read it: `.` and the like are no part of it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            _ => plain.push(part),
        }
    }
    plain
}

/// The times of a schedule as config.toml has them, for comments.
fn told(schedule: &Schedule) -> String {
    let timetable = &schedule.timetable;
    format!("{}: {} {}", schedule.name, timetable.expression.text(), timetable.zone.name())
}

/// In quotes, as YAML and JSON have them in common.
fn yaml(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// Said, behind how it is run by hand, wherever a scheduler may come late to a schedule that the store does not know.
const FIRST_TIME: &str = "# so that the store knows since when there is this schedule: what was due before is none of its occasions. From then
# on, whatever wakes it up does what is due and not done, and nothing else.
";

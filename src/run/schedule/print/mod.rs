//! `schedule print`: what another scheduler needs to call `schedule run --once`. Printed, never installed.

mod actions;
mod kubernetes;
mod systemd;

use std::path::{Path, PathBuf};

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
        () if for_whom.systemd => systemd::units(&all),
        () if for_whom.cron => crontab(&all),
        () if for_whom.github_actions => actions::workflow(&all),
        () => kubernetes::manifests(&all),
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
        let folder = std::path::absolute(&desk.config.root)?;
        Ok(Self {
            desk,
            schedules: chosen(desk, &args.names)?,
            executable: std::env::current_exe()?,
            // `.` and the like are no part of a path that others are to read.
            folder: folder.components().collect(),
        })
    }

    /// What the scheduler calls for a schedule. Another may be at work on the same store: it is waited for.
    fn words(&self, schedule: &Schedule) -> Vec<String> {
        let shown = |path: &Path| path.display().to_string();
        let mut words = vec![shown(&self.executable), "-C".to_owned(), shown(&self.folder)];
        // One that is not found by itself.
        if let (Some(_), Some(file)) = (&self.desk.global.config, &self.desk.config.file) {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
            words.extend(["--config".to_owned(), shown(&file.components().collect::<PathBuf>())]);
        }
        words.extend(["schedule", "run", "--once", &schedule.name, "--wait"].map(str::to_owned));
        words
    }

    /// A path that the config names, from the config's folder if it lies in it.
    fn inside(&self, path: &Path) -> PathBuf {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let whole: PathBuf = whole.components().collect();
        whole.strip_prefix(&self.folder).map(Path::to_owned).unwrap_or(whole)
    }

    /// The folder of the store, from the config's.
    fn store(&self) -> PathBuf {
        let folder = self.desk.config.cache.parent().unwrap_or(Path::new("."));
        self.inside(folder)
    }

    /// Folders that runs write to: the store's, and those of reports and summaries.
    fn written(&self) -> Vec<PathBuf> {
        let mut folders = vec![self.store()];
        for schedule in &self.schedules {
            let output = schedule.output.as_deref().map(Path::new);
            let files = output.into_iter().chain(schedule.after.summary.as_deref());
            // What stands for a name or a date is made by the run, in a folder that is there.
            let is_plain = |folder: &&Path| !folder.display().to_string().contains('{');
            let folders_of = files.filter_map(|file| file.ancestors().skip(1).find(is_plain));
            folders.extend(folders_of.map(|folder| self.inside(&self.folder.join(folder))));
        }
        folders.sort();
        folders.dedup();
        folders
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

/// Said wherever a scheduler may come late to a schedule that the store does not know yet.
const FIRST_TIME: &str = "# Run it once by hand, so that the store knows since when there is this schedule: what was due before is none of\n\
     # its occasions. From then on, whatever wakes it up does what is due and not done, and nothing else.\n";

fn crontab(all: &Printing<'_>) -> String {
    let mut text = String::from(
        "# For `crontab -e`. The times are UTC: cronie obeys the next line; where cron does not know it, the machine's\n\
         # clock must show UTC. A zone with summer time gets a line for each of its two times.\n",
    );
    text += FIRST_TIME;
    text += "# Keys of providers: in the file .env beside config.toml.\nCRON_TZ=UTC\n";
    for schedule in &all.schedules {
        // A percent sign ends the command.
        let words = all.words(schedule);
        let words: Vec<String> = words.iter().map(|word| quoted(word).replace('%', "\\%")).collect();
        let command = words.join(" ");
        let timetable = &schedule.timetable;
        let told = format!("{} {}", timetable.expression.text(), timetable.zone.name());
        text += &format!("\n# {}: {told}\n", schedule.name);
        for line in timetable.utc_lines(all.desk.clock.now()) {
            text += &format!("{line} {command}\n");
        }
    }
    text
}

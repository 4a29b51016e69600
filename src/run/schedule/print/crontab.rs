//! A crontab that is right whatever zone cron has.

use super::{Printing, quoted, told};
use crate::schedule::every_hour;

const HEAD: &str =
    "# For `crontab -e`. Crons differ in whose time they go by, and many do not obey CRON_TZ; so this wakes the program
# up every hour. It knows the zones itself, does what is due and not done, and nothing else: where nothing is due,
# it leaves within milliseconds and says nothing. What goes wrong is told by mail, as cron does it.
# While a run lasts, flock (of util-linux) keeps further ones from queueing up behind it.
";

pub(super) fn lines(all: &Printing<'_>) -> String {
    let mut text = HEAD.to_owned();
    text += "# Keys of providers: in the file .env beside config.toml.\n";
    if all.schedules.iter().any(|schedule| !schedule.after.command.is_empty()) {
        text +=
            "# The PATH of cron is short: [schedule.after] command may need to name its program from / on.\n";
    }
    for schedule in &all.schedules {
        text += &format!("# {}\n", told(schedule));
    }
    let command = command(all);
    let timetables = all.schedules.iter().map(|schedule| &schedule.timetable);
    text += &format!("{} {command}\n", every_hour(timetables, all.desk.clock.now()));
    text += "# After a start of the machine, which has no network at once.\n";
    text += &format!("@reboot sleep 60; {command}\n");
    text
}

fn command(all: &Printing<'_>) -> String {
    let mut words = vec!["flock".to_owned(), "-n".to_owned(), all.folder.display().to_string()];
    words.extend(all.call());
    words.push("--quiet".to_owned());
    words.extend(all.once(&all.schedules));
    // A percent sign ends the command.
    let words: Vec<String> = words.iter().map(|word| quoted(word).replace('%', "\\%")).collect();
    words.join(" ")
}

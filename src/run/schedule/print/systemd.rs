//! Units of systemd: a service that does what is due, and a timer that wakes it up.

use super::{FIRST_TIME, Printing};
use crate::config::Schedule;

pub(super) fn units(all: &Printing<'_>) -> String {
    let mut text = String::from("# For /etc/systemd/system/, then: systemctl daemon-reload\n");
    text += FIRST_TIME;
    for schedule in &all.schedules {
        let name = format!("score-tasks-{}", schedule.name);
        text += &format!("\n# {name}.service\n{}", service(all, schedule));
        text += &format!("\n# {name}.timer\n# systemctl enable --now {name}.timer\n{}", timer(schedule));
    }
    text
}

fn service(all: &Printing<'_>, schedule: &Schedule) -> String {
    let words: Vec<String> = all.words(schedule).iter().map(|word| command_word(word)).collect();
    let command = words.join(" ");
    // The config's folder as a whole: what a run writes to may have to be made first.
    let mut written = vec![setting(&all.folder.display().to_string())];
    let outside = all.written().into_iter().filter(|folder| folder.is_absolute());
    written.extend(outside.map(|folder| setting(&format!("-{}", folder.display()))));
    format!(
        "[Unit]
Description=score-tasks, schedule {name}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
# User= and Group= of whoever owns the config's folder; without them it runs as root.
ExecStart={command}
WorkingDirectory={folder}
# NAME=value, one a line, for keys that do not stand in .env beside config.toml; only root need read it.
EnvironmentFile=-/etc/score-tasks/keys.env
# A run takes as long as the providers' limits make it take. Told to stop, it lets calls in flight come back.
TimeoutStartSec=infinity
TimeoutStopSec=15min
KillMode=mixed
ProtectSystem=strict
ReadWritePaths={written}
PrivateTmp=yes
PrivateDevices=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectControlGroups=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
",
        name = schedule.name,
        folder = unit_text(&all.folder.display().to_string()),
        written = written.join(" "),
    )
}

fn timer(schedule: &Schedule) -> String {
    let calendar: String =
        schedule.timetable.on_calendar().iter().map(|line| format!("OnCalendar={line}\n")).collect();
    let jitter = match schedule.jitter.0 / 1_000 {
        0 => String::new(),
        seconds => format!("RandomizedDelaySec={seconds}s\n"),
    };
    format!(
        "[Unit]
Description=Wakes up score-tasks, schedule {name}

[Timer]
{calendar}{jitter}AccuracySec=1s
# What comes due while the machine is off is made up for when it is on again.
Persistent=true

[Install]
WantedBy=timers.target
",
        name = schedule.name,
    )
}

/// `%` begins a specifier everywhere in a unit.
fn unit_text(text: &str) -> String {
    text.replace('%', "%%")
}

/// One of several values.
fn setting(word: &str) -> String {
    let text = unit_text(word);
    let is_bare = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    if !text.is_empty() && text.chars().all(is_bare) {
        return text;
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One word of a command: `$` begins a variable there.
fn command_word(word: &str) -> String {
    setting(&word.replace('$', "$$"))
}

//! Units of systemd: a service that does what is due and a timer that wakes it up, or one service that stays.

use super::{FIRST_TIME, Printing};
use crate::config::Schedule;

/// What nothing that the program does by itself needs.
const CLOSED: &str = "ProtectSystem=strict
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
";
const LOOSE: &str = "# [schedule.after] command starts a program of yours. Programs that send mail change to another user and write to
# /var/spool, which NoNewPrivileges=, all that brings it along (PrivateDevices=, Restrict...= and the like), an empty
# CapabilityBoundingSet= and ProtectSystem=strict would keep them from.
ProtectSystem=full
PrivateTmp=yes
ProtectControlGroups=yes
";

/// For each schedule a service and its timer.
pub(super) fn timers(all: &Printing<'_>) -> String {
    let mut text = String::from("# For /etc/systemd/system/, then: systemctl daemon-reload\n");
    text += &format!("# Start each service once by hand (systemctl start ...service),\n{FIRST_TIME}");
    for schedule in &all.schedules {
        let name = format!("score-tasks-{}", schedule.name);
        text += &format!("\n# {name}.service\n{}", wakened(all, schedule));
        text += &format!("\n# {name}.timer\n# systemctl enable --now {name}.timer\n{}", timer(all, schedule));
    }
    text
}

/// One service that waits for all schedules by itself.
pub(super) fn service(all: &Printing<'_>) -> String {
    let mut words = all.call();
    words.extend(["schedule", "run", "--wait"].map(str::to_owned));
    format!(
        "# For /etc/systemd/system/, then: systemctl daemon-reload
# It waits for all schedules of config.toml by itself and needs no timers. systemctl reload reads config.toml again.

# score-tasks.service
# systemctl enable --now score-tasks.service
{unit}
[Service]
Type=exec
{process}ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=30s
# A config.toml that cannot be used does not get better by trying again.
RestartPreventExitStatus=2
# Told to stop in the middle of a run, it ends with this; the run is taken up again at the next start.
SuccessExitStatus=130
{sandbox}
[Install]
WantedBy=multi-user.target
",
        unit = unit("score-tasks, all schedules"),
        process = process(all, &words),
        sandbox = sandbox(all, &all.schedules),
    )
}

fn wakened(all: &Printing<'_>, schedule: &Schedule) -> String {
    let mut words = all.call();
    words.extend(all.once(&[schedule]));
    format!(
        "{unit}
[Service]
Type=oneshot
{process}# A run takes as long as the providers' limits make it take.
TimeoutStartSec=infinity
{sandbox}",
        unit = unit(&format!("score-tasks, schedule {}", schedule.name)),
        process = process(all, &words),
        sandbox = sandbox(all, &[schedule]),
    )
}

fn unit(description: &str) -> String {
    format!("[Unit]\nDescription={description}\nWants=network-online.target\nAfter=network-online.target\n")
}

/// Who runs what, where, and how it is told to stop.
fn process(all: &Printing<'_>, words: &[String]) -> String {
    let command: Vec<String> = words.iter().map(|word| command_word(word)).collect();
    format!(
        "{owner}ExecStart={command}
WorkingDirectory={folder}
# NAME=value, one a line, for keys that do not stand in .env beside config.toml; only root need read it.
EnvironmentFile=-/etc/score-tasks/keys.env
# Told to stop, it lets calls in flight come back.
TimeoutStopSec=15min
KillMode=mixed
",
        owner = owner(all),
        command = command.join(" "),
        folder = unit_text(&all.folder.display().to_string()),
    )
}

/// By their numbers, for the names are not the same everywhere, and systemd takes both.
#[cfg(unix)]
fn owner(all: &Printing<'_>) -> String {
    use std::os::unix::fs::MetadataExt;
    let Ok(of) = std::fs::metadata(&all.folder) else { return String::new() };
    let advice = if of.uid() == 0 { ", which is root: better give it to a user of its own" } else { "" };
    format!("# The owner of config.toml's folder{advice}.\nUser={}\nGroup={}\n", of.uid(), of.gid())
}

#[cfg(not(unix))]
fn owner(_: &Printing<'_>) -> String {
    "# User= and Group= of whoever owns config.toml's folder; without them it runs as root.\n".to_owned()
}

/// What the service may not touch.
fn sandbox(all: &Printing<'_>, schedules: &[&Schedule]) -> String {
    // The config's folder as a whole: what a run writes to may have to be made first.
    let mut written = vec![setting(&all.folder.display().to_string())];
    let outside = all.outside();
    written.extend(outside.iter().map(|folder| setting(&format!("-{}", folder.display()))));
    let advice = if outside.is_empty() {
        ""
    } else {
        "# Folders outside of config.toml's have to be there before: where one is not, nothing can be written to it.\n"
    };
    let starts_others = schedules.iter().any(|schedule| !schedule.after.command.is_empty());
    let closed = if starts_others { LOOSE } else { CLOSED };
    format!("{closed}{advice}ReadWritePaths={}\n", written.join(" "))
}

fn timer(all: &Printing<'_>, schedule: &Schedule) -> String {
    let calendar =
        |lines: Vec<String>| -> String { lines.iter().map(|line| format!("OnCalendar={line}\n")).collect() };
    let after_gaps = match schedule.timetable.on_calendar_after_gaps(all.desk.clock.now()) {
        none if none.is_empty() => String::new(),
        lines => format!(
            "# systemd skips an hour that is left out when clocks are put forward; it comes due right after it.\n{}",
            calendar(lines)
        ),
    };
    let jitter = match schedule.jitter.0 / 1_000 {
        0 => String::new(),
        seconds => format!("RandomizedDelaySec={seconds}s\n"),
    };
    format!(
        "[Unit]
Description=Wakes up score-tasks, schedule {name}

[Timer]
{calendar}{after_gaps}{jitter}AccuracySec=1s
# What comes due while the machine is off is made up for when it is on again.
Persistent=true

[Install]
WantedBy=timers.target
",
        name = schedule.name,
        calendar = calendar(schedule.timetable.on_calendar()),
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

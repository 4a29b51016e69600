//! The flags of `schedule`.

use clap::{Args, Subcommand};

#[derive(Subcommand, Debug)]
pub enum Schedule {
    /// Wait for the schedules of config.toml and carry them out, one at a time, until told to stop
    ///
    /// SIGTERM and Ctrl-C end it, SIGHUP reads config.toml again. An occasion that was cut off is taken up again
    /// at the next start; of those that were missed, the last one is made up for.
    Run(ScheduleRun),
    /// The next occasions, and what came of the last
    Next {
        /// Only these schedules
        names: Vec<String>,
        /// How many occasions
        #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
        count: u16,
    },
    /// Print what another scheduler needs; installs nothing
    Print(Printed),
}

#[derive(Args, Debug)]
pub struct ScheduleRun {
    /// With --once: only these schedules
    #[arg(requires = "once")]
    pub names: Vec<String>,
    /// Carry out what is due now, and leave: for cron, systemd or Kubernetes
    #[arg(long)]
    pub once: bool,
    /// Carry this schedule out now, whether it is due or not, and leave; a service that is running does it in its
    /// place; repeatable
    #[arg(long, value_name = "NAME", conflicts_with_all = ["once", "names"])]
    pub now: Vec<String>,
    /// Wait for another that is running on the same store to end
    #[arg(long)]
    pub wait: bool,
    /// Show health and metrics at this address of this machine, such as 127.0.0.1:9464
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["once", "now"])]
    pub listen: Option<String>,
}

#[derive(Args, Debug)]
#[group(skip)]
pub struct Printed {
    /// Only these schedules
    pub names: Vec<String>,
    #[command(flatten)]
    pub scheduler: Scheduler,
    /// With --systemd: one service that stays and waits for all schedules, in place of timers
    #[arg(long, requires = "systemd", conflicts_with = "names")]
    pub service: bool,
}

/// For whom.
#[derive(Args, Debug, Clone, Copy)]
#[group(required = true, multiple = false)]
pub struct Scheduler {
    /// A .service and a .timer for each schedule
    #[arg(long)]
    pub systemd: bool,
    /// Lines of a crontab that are right in every zone
    #[arg(long)]
    pub cron: bool,
    /// A workflow of GitHub Actions
    #[arg(long)]
    pub github_actions: bool,
    /// A CronJob for each schedule, and the volume of the store
    #[arg(long)]
    pub kubernetes: bool,
}

//! Manifests of Kubernetes: the volume of the store, and a CronJob for each schedule.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::{FIRST_TIME, Failure, Printing, told, yaml};
use crate::config::Schedule;
use crate::domain::{Age, names};

/// Where the project lies in the container.
const FOLDER: &str = "/project";
/// A CronJob's name may have no more letters, for its jobs get further ones.
const LONGEST_NAME: usize = 52;
/// Of an occasion that was missed for longer the next one is near.
const LONGEST_DELAY: &str = "30d";
/// The controller gives a CronJob up that has missed more than 100 wake-ups in the time by which it may be late; and
/// there may be two to an occasion.
const MISSED: usize = 45;

pub(super) fn manifests(all: &Printing<'_>) -> Result<String, Failure> {
    let carried = all.carried()?;
    if let Some(folder) = carried.iter().find(|folder| folder.display().to_string().contains(':')) {
        let error =
            anyhow!("Kubernetes mounts nothing at {:?}, for it has a colon", folder.display().to_string());
        return Err(Failure::usage(error).hint("give the folder another name in config.toml"));
    }
    let jobs: String = all.schedules.iter().map(|schedule| job(all, schedule, &carried)).collect();
    Ok(format!("{}{}{jobs}", head(all), volume()))
}

fn head(all: &Printing<'_>) -> String {
    let secret = match all.secrets(&all.schedules).as_slice() {
        [] => String::new(),
        keys => format!(
            "# Keys, which belong in no image: {}\n\
             # kubectl create secret generic score-tasks-keys --from-env-file=.env\n",
            keys.join(", ")
        ),
    };
    let first = all.schedules.first().map(|schedule| job_name(schedule)).unwrap_or_default();
    format!(
        "# The image is your own: /usr/local/bin/score-tasks, and config.toml with what it names in {FOLDER}.
{secret}# Start each job once by hand (kubectl create job first --from=cronjob/{first}),
{FIRST_TIME}"
    )
}

fn volume() -> &'static str {
    "# What is asked once is kept in this volume; without it every run pays for everything again.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: score-tasks-store
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 5Gi
"
}

fn job(all: &Printing<'_>, schedule: &Schedule, carried: &[PathBuf]) -> String {
    let name = job_name(schedule);
    format!(
        "---
# {told}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
{times}  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      # What it could not do, the next one goes on with.
      backoffLimit: 0
      template:
        spec:
{pod}          containers:
{container}          volumes:
            - name: store
              persistentVolumeClaim:
                claimName: score-tasks-store
            - name: tmp
              emptyDir: {{}}
",
        told = told(schedule),
        times = times(all, schedule),
        pod = pod(),
        container = container(all, schedule, carried),
    )
}

/// When the job is begun.
fn times(all: &Printing<'_>, schedule: &Schedule) -> String {
    let timetable = &schedule.timetable;
    let now = all.desk.clock.now();
    let cron = timetable.plain(now);
    let hours = if timetable.on_calendar_after_gaps(now).is_empty() {
        ""
    } else {
        "  # Kubernetes skips an hour that is left out when clocks are put forward: it comes due in the one after it, in\n  \
         # which there is nothing to do on other days.\n"
    };
    let longest = LONGEST_DELAY.parse().unwrap_or(Age(0));
    let seconds = timetable.shortest(MISSED, now, longest).0 / 1_000;
    format!(
        "{hours}  schedule: {cron}
  timeZone: {zone}
  # So late it may begin after the cluster was down. Controllers give up that find more than 100 missed times in it.
  startingDeadlineSeconds: {seconds}
",
        cron = yaml(&cron),
        zone = yaml(timetable.zone.name()),
    )
}

/// How the pod runs, and as whom.
fn pod() -> &'static str {
    "          restartPolicy: Never
          # As long as calls in flight may take to come back.
          terminationGracePeriodSeconds: 900
          securityContext:
            runAsNonRoot: true
            runAsUser: 1000
            fsGroup: 1000
            seccompProfile:
              type: RuntimeDefault
"
}

fn container(all: &Printing<'_>, schedule: &Schedule, carried: &[PathBuf]) -> String {
    let keys = if all.secrets(&[schedule]).is_empty() {
        ""
    } else {
        "              envFrom:\n                - secretRef:\n                    name: score-tasks-keys\n"
    };
    let mounts: String = carried.iter().map(|folder| mount(folder)).collect();
    let words: Vec<String> = all.once(&[schedule]).iter().map(|word| yaml(word)).collect();
    format!(
        "            - name: score-tasks
              image: \"score-tasks:{version}\"
              command: [/usr/local/bin/score-tasks, -C, {FOLDER}, {words}]
{keys}              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              volumeMounts:
{mounts}                - name: tmp
                  mountPath: /tmp
",
        version = env!("CARGO_PKG_VERSION"),
        words = words.join(", "),
    )
}

/// A folder of the volume, in its place in the container. In the volume it has the same path, so that no two share one.
fn mount(folder: &Path) -> String {
    let written = folder.display().to_string();
    let (place, inside) = match written.strip_prefix('/') {
        Some(outside) => (written.clone(), format!("outside/{outside}")),
        None => (format!("{FOLDER}/{written}"), format!("project/{written}")),
    };
    format!(
        "                - name: store\n                  mountPath: {}\n                  subPath: {}\n",
        yaml(&place),
        yaml(&inside)
    )
}

/// Small letters, digits and dashes.
fn job_name(schedule: &Schedule) -> String {
    let name: String =
        format!("score-tasks-{}", names::slug(&schedule.name)).chars().take(LONGEST_NAME).collect();
    name.trim_end_matches('-').to_owned()
}

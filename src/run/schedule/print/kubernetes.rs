//! Manifests of Kubernetes: the volume of the store, and a CronJob for each schedule.

use super::Printing;
use crate::config::Schedule;
use crate::domain::names;

/// Where the project lies in the container.
const FOLDER: &str = "/project";
/// A CronJob's name may have no more letters, for its jobs get further ones.
const LONGEST_NAME: usize = 52;

pub(super) fn manifests(all: &Printing<'_>) -> String {
    let jobs: String = all.schedules.iter().map(|schedule| job(all, schedule)).collect();
    let secret = match all.secrets(&all.schedules).as_slice() {
        [] => String::new(),
        keys => {
            let literals: Vec<String> = keys.iter().map(|key| format!("--from-literal={key}=...")).collect();
            format!("# kubectl create secret generic score-tasks-keys {}\n", literals.join(" "))
        }
    };
    format!(
        "# The image is your own: /usr/local/bin/score-tasks, and config.toml with what it names in {FOLDER}.
{secret}# What is asked once is kept in this volume; without it every run pays for everything again.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: score-tasks-store
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 5Gi
{jobs}"
    )
}

fn job(all: &Printing<'_>, schedule: &Schedule) -> String {
    let timetable = &schedule.timetable;
    let mounts: String = all
        .written()
        .iter()
        .map(|folder| {
            let folder = folder.display().to_string();
            let place = names::slug(&folder);
            let inside = if folder.starts_with('/') { folder } else { format!("{FOLDER}/{folder}") };
            format!(
                "                - name: store\n                  mountPath: {}\n                  subPath: {}\n",
                text(&inside),
                text(if place.is_empty() { "project" } else { &place }),
            )
        })
        .collect();
    let keys = if all.secrets(&[schedule]).is_empty() {
        String::new()
    } else {
        "              envFrom:\n                - secretRef:\n                    name: score-tasks-keys\n"
            .to_owned()
    };
    format!(
        "---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  schedule: {cron}
  timeZone: {zone}
  concurrencyPolicy: Forbid
  # An occasion that was missed for longer is made up for at the next one.
  startingDeadlineSeconds: 3000
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      # What it could not do, the next one goes on with.
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          # As long as calls in flight may take to come back.
          terminationGracePeriodSeconds: 900
          securityContext:
            runAsNonRoot: true
            runAsUser: 1000
            fsGroup: 1000
            seccompProfile:
              type: RuntimeDefault
          containers:
            - name: score-tasks
              image: \"score-tasks:{version}\"
              command: [/usr/local/bin/score-tasks, -C, {FOLDER}, schedule, run, --once, {schedule}, --wait]
{keys}              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities:
                  drop: [ALL]
              volumeMounts:
{mounts}                - name: tmp
                  mountPath: /tmp
          volumes:
            - name: store
              persistentVolumeClaim:
                claimName: score-tasks-store
            - name: tmp
              emptyDir: {{}}
",
        name = job_name(schedule),
        cron = text(&timetable.plain()),
        zone = text(timetable.zone.name()),
        version = env!("CARGO_PKG_VERSION"),
        schedule = text(&schedule.name),
    )
}

/// Small letters, digits and dashes.
fn job_name(schedule: &Schedule) -> String {
    let name: String =
        format!("score-tasks-{}", names::slug(&schedule.name)).chars().take(LONGEST_NAME).collect();
    name.trim_end_matches('-').to_owned()
}

/// In quotes, as YAML and JSON have them in common.
fn text(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

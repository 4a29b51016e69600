//! How the service is: kept for whoever asks over HTTP, as JSON for people and probes and as Prometheus reads it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::super::{Desk, Exit, Failure, sheets};
use super::known;
use super::occasion::Ended;
use crate::domain::Instant;
use crate::serve::Page;

/// Clones are the same state.
#[derive(Clone)]
pub(super) struct State(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    holder: String,
    /// Why no schedule can be carried out now.
    trouble: Option<String>,
    schedules: BTreeMap<String, Standing>,
}

/// What a metric takes from how a schedule stands; `None`: it has no such thing yet.
type Gauge = fn(&Standing) -> Option<f64>;

/// How one schedule stands.
#[derive(Default)]
struct Standing {
    /// When it is begun next.
    next: Option<Instant>,
    is_running: bool,
    /// Tries that have ended, by their exit code.
    ended: BTreeMap<i32, u64>,
    /// Tries whose outcome did not get to all who were to be told.
    undelivered: u64,
    last: Option<Last>,
}

struct Last {
    at: Instant,
    exit: i32,
    run: Option<String>,
    seconds: f64,
    cost_usd: f64,
    gaps: u64,
}

impl State {
    pub(super) fn new(desk: &Desk, holder: String) -> Result<Self, Failure> {
        let state = Self(Arc::new(Mutex::new(Inner { holder, ..Inner::default() })));
        state.adopt(desk)?;
        Ok(state)
    }

    /// The schedules of this config, with what the store has on them.
    pub(super) fn adopt(&self, desk: &Desk) -> Result<(), Failure> {
        let mut schedules = BTreeMap::new();
        for schedule in &desk.config.schedules {
            let tries = known::tries(desk, schedule)?;
            let mut standing = Standing::default();
            for (_, exit) in tries.all.iter().filter_map(|one| one.ended) {
                *standing.ended.entry(exit).or_default() += 1;
            }
            standing.undelivered = tries.all.iter().filter(|one| one.is_undelivered()).count() as u64;
            if let Some((last, (at, exit))) = tries.last().and_then(|last| Some((last, last.ended?))) {
                // A run that cannot be read is no reason not to start.
                let run = last.run.as_deref().and_then(|run| sheets::find_run(desk, run).ok());
                let run = run.map(|(_, manifest)| manifest);
                standing.last = Some(Last {
                    at,
                    exit,
                    run: last.run.clone(),
                    seconds: (at.0 - last.began.0) as f64 / 1_000.0,
                    cost_usd: run.as_ref().map_or(0.0, |run| run.cost_usd),
                    gaps: run.as_ref().map_or(0, |run| run.answers.gaps),
                });
            }
            schedules.insert(schedule.name.clone(), standing);
        }
        self.lock().schedules = schedules;
        Ok(())
    }

    /// Nothing is left half changed by a panic: each change is one assignment.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, schedule: &str, change: impl FnOnce(&mut Standing)) {
        change(self.lock().schedules.entry(schedule.to_owned()).or_default());
    }

    pub(super) fn waits(&self, schedule: &str, next: Instant) {
        self.change(schedule, |standing| standing.next = Some(next));
    }

    pub(super) fn trouble(&self, why: Option<String>) {
        let mut inner = self.lock();
        inner.trouble = why;
        // What was begun and could not be noted is not under way.
        inner.schedules.values_mut().for_each(|standing| standing.is_running = false);
    }

    pub(super) fn begins(&self, schedule: &str) {
        self.change(schedule, |standing| standing.is_running = true);
    }

    pub(super) fn ends(&self, schedule: &str, ended: &Ended) {
        let Ended { exit, run, seconds, cost_usd, gaps, at, is_undelivered } = ended;
        self.change(schedule, |standing| {
            standing.is_running = false;
            *standing.ended.entry(exit.code()).or_default() += 1;
            standing.undelivered += u64::from(*is_undelivered);
            standing.last = Some(Last {
                at: *at,
                exit: exit.code(),
                run: run.clone(),
                seconds: *seconds,
                cost_usd: *cost_usd,
                gaps: *gaps,
            });
        });
    }

    pub(super) fn page(&self, path: &str) -> Option<Page> {
        let inner = self.lock();
        match path {
            "/health" => Some(inner.health()),
            "/metrics" => Some(Page {
                status: 200,
                kind: "text/plain; version=0.0.4; charset=utf-8",
                text: inner.metrics(),
            }),
            _ => None,
        }
    }
}

/// Somebody has to look at it: nothing came of it, or not all that was to. A shut gate and gaps are results.
fn is_bad(exit: i32) -> bool {
    matches!(Exit::of(exit), Some(Exit::Failed | Exit::Usage | Exit::Account | Exit::Cost | Exit::Occupation))
}

impl Inner {
    fn health(&self) -> Page {
        let mut last = self.schedules.values().filter_map(|standing| standing.last.as_ref());
        let has_failed = self.trouble.is_some() || last.any(|last| is_bad(last.exit));
        let next = self.schedules.iter().filter_map(|(name, standing)| Some((standing.next?, name))).min();
        let schedules: serde_json::Map<String, serde_json::Value> =
            self.schedules.iter().map(|(name, standing)| (name.clone(), standing.json())).collect();
        let health = json!({
            "status": if has_failed { "failing" } else { "ok" },
            "version": env!("CARGO_PKG_VERSION"),
            "holder": self.holder,
            "trouble": self.trouble,
            "next": next.map(|(at, name)| json!({ "schedule": name, "at": at.to_string() })),
            "schedules": schedules,
        });
        Page {
            status: if has_failed { 503 } else { 200 },
            kind: "application/json",
            text: format!("{health:#}\n"),
        }
    }

    fn metrics(&self) -> String {
        let mut text = String::new();
        let version = env!("CARGO_PKG_VERSION");
        family(
            &mut text,
            "build_info",
            "gauge",
            "The version of the program.",
            [(format!("version=\"{version}\""), 1.0)],
        );
        let runs = self.schedules.iter().flat_map(|(name, standing)| {
            let label = move |(exit, count): (&i32, &u64)| {
                (format!("schedule=\"{name}\",exit=\"{exit}\""), *count as f64)
            };
            standing.ended.iter().map(label)
        });
        family(&mut text, "schedule_runs_total", "counter", "Occasions that ended, by exit code.", runs);
        let undelivered = self.schedules.iter();
        let undelivered =
            undelivered.map(|(name, standing)| (format!("schedule=\"{name}\""), standing.undelivered as f64));
        family(
            &mut text,
            "schedule_undelivered_total",
            "counter",
            "Outcomes that did not get to all who were to be told.",
            undelivered,
        );
        let each = |of: Gauge| {
            self.schedules
                .iter()
                .filter_map(move |(name, standing)| Some((format!("schedule=\"{name}\""), of(standing)?)))
        };
        let gauges: [(&str, &str, Gauge); 7] = [
            ("last_run_timestamp_seconds", "When the last occasion ended.", |standing| {
                Some(seconds(standing.last.as_ref()?.at))
            }),
            ("last_run_exit_code", "How the last occasion ended.", |standing| {
                Some(f64::from(standing.last.as_ref()?.exit))
            }),
            ("last_run_duration_seconds", "How long the last occasion took.", |standing| {
                Some(standing.last.as_ref()?.seconds)
            }),
            ("last_run_cost_usd", "What the last occasion cost.", |standing| {
                Some(standing.last.as_ref()?.cost_usd)
            }),
            ("last_run_gaps", "Ratings that the last occasion lacks.", |standing| {
                Some(standing.last.as_ref()?.gaps as f64)
            }),
            ("next_due_timestamp_seconds", "When the next occasion begins.", |standing| {
                standing.next.map(seconds)
            }),
            ("running", "Whether an occasion is being carried out.", |standing| {
                Some(f64::from(u8::from(standing.is_running)))
            }),
        ];
        for (name, help, of) in gauges {
            family(&mut text, &format!("schedule_{name}"), "gauge", help, each(of));
        }
        text
    }
}

impl Standing {
    fn json(&self) -> serde_json::Value {
        let last = self.last.as_ref().map(|last| {
            json!({
                "at": last.at.to_string(), "exit": last.exit, "run": last.run, "seconds": last.seconds,
                "cost_usd": last.cost_usd, "gaps": last.gaps,
            })
        });
        json!({
            "next": self.next.map(|next| next.to_string()), "running": self.is_running,
            "undelivered": self.undelivered, "last": last,
        })
    }
}

fn seconds(at: Instant) -> f64 {
    at.0 as f64 / 1_000.0
}

/// One metric with its samples; names of schedules have nothing in them that would need an escape.
fn family(
    text: &mut String,
    name: &str,
    kind: &str,
    help: &str,
    samples: impl IntoIterator<Item = (String, f64)>,
) {
    // Writing to a string does not fail.
    let _ = write!(text, "# HELP score_tasks_{name} {help}\n# TYPE score_tasks_{name} {kind}\n");
    for (labels, value) in samples {
        let _ = writeln!(text, "score_tasks_{name}{{{labels}}} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_has_to_look_at_is_no_health() {
        let bad: Vec<i32> = (0..=130).filter(|exit| is_bad(*exit)).collect();
        assert_eq!(bad, [1, 2, 4, 5, 7]);
        let state = State(Arc::default());
        let status = || state.page("/health").unwrap().status;
        assert_eq!(status(), 200);
        state.trouble(Some("it is locked".to_owned()));
        assert_eq!(status(), 503);
        assert!(state.page("/health").unwrap().text.contains("it is locked"));
        state.trouble(None);
        assert_eq!(status(), 200);
    }
}

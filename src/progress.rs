//! Events to stderr: a bar per model, or for a download, on a terminal; plain lines off it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::domain::{Event, Watch};

/// A bar for each model, drawn at most ten times a second.
#[derive(Default)]
pub struct Bars {
    all: MultiProgress,
    by_model: Mutex<HashMap<Arc<str>, ProgressBar>>,
}

impl Bars {
    fn with(&self, model: &Arc<str>, act: impl FnOnce(&ProgressBar)) {
        let by_model = self.by_model.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = by_model.get(model) {
            act(bar);
        }
    }

    fn start(&self, model: Arc<str>, questions: u64) {
        let style = "{prefix:>16} [{bar:24}] {pos}/{len} {rate} eta {eta} {msg}";
        let bar = self.all.add(ProgressBar::new(questions));
        // The template is fixed; a plain bar is a fair answer to a typing error in it.
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let rate = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // A bar has nobody to report a failure to.
            let _ = write!(out, "{:.0}/s", state.per_sec());
        };
        bar.set_style(style.with_key("rate", rate).progress_chars("=> "));
        bar.set_prefix(model.to_string());
        bar.enable_steady_tick(Duration::from_millis(250));
        self.by_model.lock().unwrap_or_else(PoisonError::into_inner).insert(model, bar);
    }
}

impl Watch for Bars {
    fn tell(&self, event: Event) {
        match event {
            Event::Started { model, questions } => self.start(model, questions),
            Event::Cached { model, count } => self.with(&model, |bar| bar.inc(count)),
            Event::Answered { model, .. } | Event::Gap { model, .. } => self.with(&model, |bar| {
                bar.inc(1);
                if !bar.message().is_empty() {
                    bar.set_message("");
                }
            }),
            Event::Waiting { model, wait_ms, why } => {
                self.with(&model, |bar| bar.set_message(waits(wait_ms, &why)));
            }
            Event::Note { model, text } => self.with(&model, |bar| bar.set_message(text)),
            Event::Ended { model } => self.with(&model, ProgressBar::finish_and_clear),
        }
    }
}

/// Lines for logs: one when a model starts to be asked, one for every tenth of the way, one at the end.
#[derive(Default)]
pub struct Lines {
    by_model: Mutex<HashMap<Arc<str>, Line>>,
}

#[derive(Default, Clone, Copy)]
struct Line {
    total: u64,
    done: u64,
    gaps: u64,
    asked: u64,
    tenths: u64,
}

impl Lines {
    fn note(&self, model: &Arc<str>, act: impl FnOnce(&mut Line)) -> Option<String> {
        let mut by_model = self.by_model.lock().unwrap_or_else(PoisonError::into_inner);
        let line = by_model.entry(Arc::clone(model)).or_default();
        act(line);
        let tenths = (line.done * 10).checked_div(line.total).unwrap_or(0);
        // A run that asks nothing has nothing to tell; a short one is over before it could.
        let worth_it = line.asked > 0 && line.total >= 1_000 && tenths > line.tenths && tenths < 10;
        line.tenths = tenths;
        worth_it.then(|| format!("{model}: {} of {}, {} gaps", line.done, line.total, line.gaps))
    }
}

impl Watch for Lines {
    fn tell(&self, event: Event) {
        let said = match event {
            Event::Started { model, questions } => self.note(&model, |line| line.total = questions),
            Event::Cached { model, count } => self.note(&model, |line| line.done += count),
            Event::Answered { model, .. } => self.note(&model, |line| {
                line.done += 1;
                line.asked += 1;
            }),
            Event::Gap { model, .. } => self.note(&model, |line| {
                line.done += 1;
                line.asked += 1;
                line.gaps += 1;
            }),
            Event::Waiting { model, wait_ms, why } if wait_ms >= 1_000 => {
                Some(format!("{model}: {}", waits(wait_ms, &why)))
            }
            Event::Note { model, text } => Some(format!("{model}: {text}")),
            Event::Waiting { .. } | Event::Ended { .. } => None,
        };
        if let Some(said) = said {
            anstream::eprintln!("> {said}");
        }
    }
}

fn waits(wait_ms: u64, why: &str) -> String {
    format!("waits {:.1} s: {why}", wait_ms as f64 / 1_000.0)
}

/// How far a download is.
pub enum Transfer {
    /// On a terminal.
    Bar(ProgressBar),
    /// For logs: a line for every tenth of the way, or for every 10 MB where nobody knows how far it is.
    Lines {
        size: Option<u64>,
        told: u64,
    },
    Silent,
}

impl Transfer {
    /// `size`: of the whole, where it is known; `from`: what is there of it.
    pub fn bar(size: Option<u64>, from: u64) -> Self {
        let template = match size {
            Some(_) => "{bar:24} {decimal_bytes} of {decimal_total_bytes}, {pace}",
            None => "{spinner} {decimal_bytes}, {pace}",
        };
        let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        // The bar's own would count what was there before as if it had come just now.
        let pace = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let come = state.pos().saturating_sub(from) as f64;
            let left = size.map_or(0, |size| size.saturating_sub(state.pos())) as f64;
            let per_second = come / state.elapsed().as_secs_f64().max(0.001);
            let seconds = if come > 0.0 && left > 0.0 {
                format!(", {:.0} s left", left / per_second)
            } else {
                String::new()
            };
            let _ = write!(out, "{:.1} MB/s{seconds}", per_second / 1e6);
        };
        bar.set_style(style.with_key("pace", pace).progress_chars("=> "));
        bar.set_position(from);
        bar.enable_steady_tick(Duration::from_millis(250));
        Self::Bar(bar)
    }

    pub fn lines(size: Option<u64>, from: u64) -> Self {
        Self::Lines { size, told: step(size, from) }
    }

    /// So many bytes are there now.
    pub fn at(&mut self, bytes: u64) {
        match self {
            Self::Bar(bar) => bar.set_position(bytes),
            Self::Lines { size, told } => {
                let now = step(*size, bytes);
                if now > *told && size.is_none_or(|size| size >= WORTH_LINES && bytes < size) {
                    let of = size.map(|size| format!(" of {}", megabytes(size))).unwrap_or_default();
                    anstream::eprintln!("> {}{of}", megabytes(bytes));
                }
                *told = now;
            }
            Self::Silent => {}
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// What is smaller is there before anybody has read a line.
const WORTH_LINES: u64 = 1_000_000;

/// Which tenth of the way it is, or which ten megabytes.
fn step(size: Option<u64>, bytes: u64) -> u64 {
    size.map_or(bytes / 10_000_000, |size| (bytes * 10).checked_div(size).unwrap_or(0))
}

/// Bytes for people.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

//! The tasks shown to people: of one occupation, the heaviest, heaviest first.

use super::table::{range, rounded};
use crate::domain::ScoredTask;

/// Models that lie this many points apart on a task are marked.
pub(super) const FAR_APART: f64 = 15.0;
/// Of an occupation with more tasks, the heaviest are shown.
const MOST_TASKS: usize = 60;

/// A task as shown.
pub(super) struct Line {
    weight: f64,
    order: u64,
    score: String,
    pub range: String,
    text: String,
}

impl Line {
    fn new(task: &ScoredTask, order: u64) -> Self {
        let apart = task.spread.is_some_and(|spread| spread.high - spread.low >= FAR_APART);
        Self {
            weight: task.weight,
            order,
            score: rounded(task.score),
            range: range(task.spread) + if apart { " !" } else { "" },
            text: task.task.text.clone(),
        }
    }

    /// Weight, score, range and text.
    pub(super) fn cells(self) -> Vec<String> {
        vec![format!("{:.1} %", self.weight * 100.0), self.score, self.range, self.text]
    }
}

/// Keeps the heaviest tasks of however many.
#[derive(Default)]
pub(super) struct Heaviest {
    lines: Vec<Line>,
    seen: u64,
}

impl Heaviest {
    pub(super) fn add(&mut self, task: &ScoredTask) {
        self.lines.push(Line::new(task, self.seen));
        self.seen += 1;
        // Now and then, so that memory stays small and sorting is not felt.
        if self.lines.len() >= 16 * MOST_TASKS {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        self.lines.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.order.cmp(&b.order)));
        self.lines.truncate(MOST_TASKS);
    }

    /// The heaviest, heaviest first, and how many others there were.
    pub(super) fn take(&mut self) -> (Vec<Line>, u64) {
        self.shrink();
        let lines = std::mem::take(&mut self.lines);
        let left_out = self.seen - lines.len() as u64;
        (lines, left_out)
    }
}

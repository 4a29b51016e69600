//! Which tasks and samples of a job are meant: all of them, or what a round is about.

use std::collections::BinaryHeap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Chunks, Job, PassError};
use crate::domain::catalogue::lot;

/// A part of a job.
#[derive(Clone, Debug)]
pub struct Part {
    /// Of each task of the selection, in its order, whether it belongs; `None` is all.
    pub(super) tasks: Option<Arc<Vec<bool>>>,
    pub samples: RangeInclusive<u32>,
}

impl Part {
    /// These tasks, and these samples of each.
    pub(super) fn of(tasks: Vec<bool>, samples: RangeInclusive<u32>) -> Self {
        Self { tasks: Some(Arc::new(tasks)), samples }
    }

    pub(super) fn samples_each(&self) -> u32 {
        (self.samples.end() + 1).saturating_sub(*self.samples.start())
    }
}

impl Job {
    /// All tasks with the samples that every task has.
    pub fn whole(&self) -> Part {
        Part { tasks: None, samples: 1..=self.samples }
    }

    /// The tasks with the lowest lots, so always the same ones, with all their samples.
    pub fn anchors(&self, count: u64, seed: u64) -> Result<Part, PassError> {
        let mut lots = Vec::new();
        for placed in self.catalogue.walk(&self.selection)? {
            let (place, task) = placed?;
            let code = self.occupation(place).map_or("", |occupation| occupation.code.as_str());
            lots.push(lot(seed, code, &task.id));
        }
        let mut lowest = BinaryHeap::new();
        for (place, lot) in lots.iter().enumerate() {
            lowest.push((*lot, place));
            if lowest.len() as u64 > count {
                lowest.pop();
            }
        }
        let mut chosen = vec![false; lots.len()];
        for (_, place) in lowest {
            if let Some(slot) = chosen.get_mut(place) {
                *slot = true;
            }
        }
        Ok(Part::of(chosen, 1..=self.samples))
    }

    /// How many tasks a part has.
    pub fn tasks_in(&self, part: &Part) -> Result<u64, PassError> {
        match &part.tasks {
            None => Ok(self.catalogue.count(&self.selection)?),
            Some(tasks) => Ok(tasks.iter().filter(|belongs| **belongs).count() as u64),
        }
    }

    /// The tasks of a part, a chunk at a time.
    pub fn chunks(&self, part: &Part) -> Result<Chunks<'_>, PassError> {
        let size = (self.chunk / part.samples_each().max(1) as usize).max(1);
        let walk = self.catalogue.walk(&self.selection)?;
        let walk: Box<dyn Iterator<Item = _> + Send + '_> = match part.tasks.clone() {
            None => Box::new(walk),
            Some(tasks) => Box::new(walk.enumerate().filter_map(move |(place, placed)| {
                (placed.is_err() || tasks.get(place).copied().unwrap_or(false)).then_some(placed)
            })),
        };
        Ok(Chunks { walk, size })
    }
}

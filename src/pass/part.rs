//! Which tasks and samples of a job are meant: all of them, or what a round is about.

use std::collections::{BinaryHeap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Chunks, Job, PassError, Placed};
use crate::domain::Instant;
use crate::domain::catalogue::lot;

/// A part of a job.
#[derive(Clone, Debug)]
pub struct Part {
    /// Of each task of the selection, in its order, whether it belongs; `None` is all.
    pub(super) tasks: Option<Arc<Vec<bool>>>,
    pub samples: RangeInclusive<u32>,
}

/// Tasks that are asked anew in every run, whatever is kept.
#[derive(Debug)]
pub struct Anchors {
    /// Older answers do not serve for them.
    pub from: Instant,
    /// By occupation and id.
    tasks: HashSet<(usize, String)>,
    part: Part,
}

impl Anchors {
    pub fn part(&self) -> Part {
        self.part.clone()
    }

    pub(super) fn has(&self, (place, task): &Placed) -> bool {
        self.tasks.contains(&(*place, task.id.clone()))
    }
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

    /// The tasks with the lowest lots of this seed, so always the same ones.
    pub fn with_anchors(mut self, count: u64, seed: u64, from: Instant) -> Result<Self, PassError> {
        let mut lowest = BinaryHeap::new();
        let mut names = Vec::new();
        for placed in self.catalogue.walk(&self.selection)? {
            let (place, task) = placed?;
            let code = self.occupation(place).map_or("", |occupation| occupation.code.as_str());
            lowest.push((lot(seed, code, &task.id), names.len()));
            names.push((place, task.id.clone()));
            if lowest.len() as u64 > count {
                lowest.pop();
            }
        }
        let mut chosen = vec![false; names.len()];
        let mut tasks = HashSet::new();
        for (_, at) in lowest {
            if let (Some(slot), Some(name)) = (chosen.get_mut(at), names.get(at)) {
                *slot = true;
                tasks.insert(name.clone());
            }
        }
        let samples = 1..=self.samples;
        self.anchors = Some(Anchors { from, tasks, part: Part::of(chosen, samples) });
        Ok(self)
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

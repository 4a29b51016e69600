//! The tasks of a selection, one after the other: from memory, or from the table as a stream.

use std::collections::BinaryHeap;
use std::sync::Arc;

use super::ReadError;
use super::catalogue::Catalogue;
use crate::domain::catalogue::lot;
use crate::domain::{Selection, Share, Task};

/// Gives each task with the position of its occupation. The tasks of an occupation come together,
/// and occupations in the order of the catalogue. Ends after the first error.
pub struct Walk<'c>(Box<dyn Iterator<Item = Step> + Send + 'c>);

type Step = Result<(usize, Arc<Task>), ReadError>;

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.0.next()
    }
}

impl Catalogue {
    pub fn walk(&self, selection: &Selection) -> Result<Walk<'_>, ReadError> {
        let all = self.walk_all(selection)?;
        Ok(match selection.share {
            Share::All => Walk(all),
            Share::First(count) => Walk(Box::new(all.take(usize::try_from(count).unwrap_or(usize::MAX)))),
            Share::Random { count, seed } => {
                let Some(highest) = self.highest_lot(all, count, seed)? else {
                    return Ok(Walk(Box::new(std::iter::empty())));
                };
                let lots = Lots { catalogue: self, seed };
                let again = self.walk_all(selection)?.zip(0..);
                let picked = again.filter(move |(step, order)| match step {
                    Ok((occupation, task)) => (lots.draw(*occupation, task), *order) <= highest,
                    Err(_) => true,
                });
                Walk(Box::new(picked.map(|(step, _)| step)))
            }
        })
    }

    /// How many tasks `walk` gives, without walking.
    pub fn count(&self, selection: &Selection) -> Result<u64, ReadError> {
        let chosen = Chosen::new(self, selection);
        let counts = self.counts.iter().enumerate();
        let all: u64 = counts.filter(|(at, _)| chosen.has(*at)).map(|(_, count)| *count).sum();
        Ok(match selection.share {
            Share::All => all,
            Share::First(count) | Share::Random { count, .. } => all.min(count),
        })
    }

    fn walk_all(
        &self,
        selection: &Selection,
    ) -> Result<Box<dyn Iterator<Item = Step> + Send + '_>, ReadError> {
        let chosen = Chosen::new(self, selection);
        let (first, last) = (chosen.clone(), chosen.last());
        let held = self.held.iter().enumerate().filter(move |(at, _)| first.has(*at));
        let held = held.flat_map(|(at, tasks)| tasks.iter().map(move |task| Ok((at, Arc::clone(task)))));
        let base = self.held.len();
        // A table is not read when nothing of it is wanted, nor further than the last wanted group.
        let Some(table) = self.table.as_ref().filter(|_| last >= Some(base)) else {
            return Ok(Box::new(held));
        };
        let streamed = table
            .tasks()?
            .map(move |step| step.map(|(group, task)| (base + group, Arc::new(task))))
            .take_while(move |step| step.as_ref().map_or(true, |(at, _)| Some(*at) <= last))
            .filter(move |step| step.as_ref().map_or(true, |(at, _)| chosen.has(*at)));
        Ok(Box::new(held.chain(streamed)))
    }

    /// The highest of the `count` lowest lots; `None` when none is wanted.
    fn highest_lot(
        &self,
        all: impl Iterator<Item = Step>,
        count: u64,
        seed: u64,
    ) -> Result<Option<(u64, u64)>, ReadError> {
        let lots = Lots { catalogue: self, seed };
        let mut lowest = BinaryHeap::new();
        for (step, order) in all.zip(0u64..) {
            let (occupation, task) = step?;
            lowest.push((lots.draw(occupation, &task), order));
            if lowest.len() as u64 > count {
                lowest.pop();
            }
        }
        Ok(lowest.pop())
    }
}

/// Which occupations are in a selection.
#[derive(Clone)]
struct Chosen(Vec<bool>);

impl Chosen {
    fn new(catalogue: &Catalogue, selection: &Selection) -> Self {
        let count = catalogue.occupations.len();
        let Some(positions) = &selection.occupations else { return Self(vec![true; count]) };
        let mut chosen = vec![false; count];
        for position in positions {
            if let Some(slot) = chosen.get_mut(*position) {
                *slot = true;
            }
        }
        Self(chosen)
    }

    fn has(&self, position: usize) -> bool {
        self.0.get(position).copied().unwrap_or(false)
    }

    fn last(&self) -> Option<usize> {
        self.0.iter().rposition(|chosen| *chosen)
    }
}

/// Every task has a lot that depends on the seed, its occupation and its id, and on nothing else:
/// adding or removing other tasks does not change it.
#[derive(Clone, Copy)]
struct Lots<'c> {
    catalogue: &'c Catalogue,
    seed: u64,
}

impl Lots<'_> {
    fn draw(self, occupation: usize, task: &Task) -> u64 {
        let code = self.catalogue.occupations.get(occupation).map_or("", |occupation| &occupation.code);
        lot(self.seed, code, &task.id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Columns;
    use super::*;

    const SCATTERED: &str = "id,text,group\n1,a,x\n2,b,x\n3,c,y\n4,d,z\n5,e,z\n6,f,x\n";
    const TOGETHER: &str = "id,text,group\n1,a,x\n2,b,x\n6,f,x\n3,c,y\n4,d,z\n5,e,z\n";

    fn open(text: &str) -> Catalogue {
        Catalogue::table_from_bytes("t.csv", text.as_bytes().to_vec(), &Columns::default()).unwrap()
    }

    fn ids(catalogue: &Catalogue, occupations: Option<&[usize]>, share: Share) -> String {
        let selection = Selection { occupations: occupations.map(<[usize]>::to_vec), share };
        let walked: Vec<String> = catalogue
            .walk(&selection)
            .unwrap()
            .map(|step| {
                step.map(|(at, task)| format!("{}{}", catalogue.occupations[at].code, task.id)).unwrap()
            })
            .collect();
        assert_eq!(catalogue.count(&selection).unwrap(), walked.len() as u64);
        walked.join(" ")
    }

    #[test]
    fn occupations_come_in_order_and_together() {
        for text in [SCATTERED, TOGETHER] {
            let catalogue = open(text);
            assert_eq!(ids(&catalogue, None, Share::All), "x1 x2 x6 y3 z4 z5");
            assert_eq!(ids(&catalogue, Some(&[2, 0]), Share::All), "x1 x2 x6 z4 z5");
            assert_eq!(ids(&catalogue, Some(&[1]), Share::All), "y3");
            assert_eq!(ids(&catalogue, Some(&[]), Share::All), "");
            assert_eq!(ids(&catalogue, None, Share::First(4)), "x1 x2 x6 y3");
            assert_eq!(ids(&catalogue, Some(&[1, 2]), Share::First(2)), "y3 z4");
            assert_eq!(ids(&catalogue, None, Share::First(99)), "x1 x2 x6 y3 z4 z5");
        }
    }

    #[test]
    fn a_random_few_depend_on_nothing_but_the_seed_and_the_tasks() {
        let (one, other) = (open(SCATTERED), open(TOGETHER));
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..20 {
            let picked = ids(&one, None, Share::Random { count: 3, seed });
            assert_eq!(picked.split(' ').count(), 3);
            assert_eq!(ids(&other, None, Share::Random { count: 3, seed }), picked);
            seen.insert(picked);
        }
        assert!(seen.len() > 5, "{seen:?}");
        assert_eq!(ids(&one, None, Share::Random { count: 0, seed: 1 }), "");
        assert_eq!(ids(&one, None, Share::Random { count: 9, seed: 1 }), "x1 x2 x6 y3 z4 z5");
        assert_eq!(ids(&one, Some(&[1]), Share::Random { count: 1, seed: 1 }), "y3");
    }

    #[test]
    fn fewer_of_the_same_seed_are_among_the_more() {
        let catalogue = open(TOGETHER);
        let two = ids(&catalogue, None, Share::Random { count: 2, seed: 5 });
        let four = ids(&catalogue, None, Share::Random { count: 4, seed: 5 });
        assert!(two.split(' ').all(|id| four.contains(id)), "{two}; {four}");
    }

    #[test]
    fn every_task_is_equally_likely() {
        let rows: String = (0..10).map(|id| format!("{id},x\n")).collect();
        let catalogue = open(&format!("id,text\n{rows}"));
        let mut counts = [0; 10];
        for seed in 0..2_000 {
            let selection = Selection { occupations: None, share: Share::Random { count: 3, seed } };
            for step in catalogue.walk(&selection).unwrap() {
                counts[step.unwrap().1.id.parse::<usize>().unwrap()] += 1;
            }
        }
        // 600 expected each, with a standard deviation of about 20.
        assert!(counts.iter().all(|count| (500..700).contains(count)), "{counts:?}");
    }

    #[test]
    fn several_threads_walk_the_same_catalogue() {
        fn shared<T: Send + Sync>(_: &T) {}
        fn sent<T: Send>(_: &T) {}
        let catalogue = open(TOGETHER);
        shared(&catalogue);
        sent(&catalogue.walk(&Selection::default()).unwrap());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(ids(&catalogue, None, Share::All), "x1 x2 x6 y3 z4 z5"));
            }
        });
    }
}

//! Everything that `validate` tells of a run: its raters, and their combination, against gold.

use super::agreement::level;
use super::bootstrap::Rounds;
use super::cells::Cells;
use super::sheet::{self, settled, weighted_mean};
use super::{Table, alpha, confusion, icc, line, mean, mean_squares, pair};
use crate::domain::Sheet;
use crate::domain::agreement::{Confusion, Pair};
use crate::domain::validation::{Against, Errors, GroupErrors, People, Validation};

/// Streams of resampling beside those of `agreement`. All raters share one, so that those which rated the same
/// items are resampled alike and their intervals can be compared.
const TASKS: u64 = 3;
const OCCUPATIONS: u64 = 4;
const PEOPLE: u64 = 5;
const ALL: u64 = 6;

/// More different scores than these make no table that could be read.
const MOST_LEVELS: usize = 12;

type Column = Vec<Option<f64>>;

/// The raters of a sheet against what people say of the same items. `people` has a column per person and a row
/// per item of the sheet.
pub fn validation(of: &Sheet, people: &Table, rounds: Rounds) -> Validation {
    let gold = gold(people);
    let tasks = sheet::tasks(of);
    let mut raters = columns(&tasks);
    raters.push(sheet::combined(of, &tasks));
    let on_tasks: Vec<Table> = raters.iter().map(|rater| beside(&gold, rater)).collect();
    let on_occupations: Vec<Table> = raters.iter().map(|rater| occupations(of, &gold, rater)).collect();
    let names = of.raters.iter().map(|rater| rater.id.clone());
    let with_gold = of.items.iter().zip(&gold).filter(|(_, gold)| gold.is_some());
    let mut places: Vec<usize> = with_gold.map(|(item, _)| item.occupation).collect();
    let gold_tasks = places.len();
    places.dedup();
    let level = |tables: &[Table], step, stream| -> Vec<Against> {
        tables.iter().enumerate().map(|(rater, table)| against(table, rater, step, rounds, stream)).collect()
    };
    let tasks_against = level(&on_tasks, of.rubric.step, TASKS);
    Validation {
        names: ["gold".to_owned()].into_iter().chain(names).chain(["combined".to_owned()]).collect(),
        gold_tasks,
        gold_occupations: places.len(),
        // A score of an occupation is a mean: it lies on no step.
        occupations: (places.len() > 1).then(|| level(&on_occupations, None, OCCUPATIONS)),
        groups: groups(of, &gold, &raters),
        confusions: on_tasks.iter().map(readable_confusion).collect(),
        suggested_weights: suggested_weights(tasks_against.iter().take(of.raters.len())),
        people: (people.raters() > 1).then(|| among_people(of, people, &tasks, rounds)),
        tasks: tasks_against,
        rounds: rounds.count,
        seed: rounds.seed,
    }
}

fn columns(table: &Table) -> Vec<Column> {
    (0..table.raters()).map(|rater| table.column(rater).to_vec()).collect()
}

/// The mean of the people who labelled an item.
fn gold(people: &Table) -> Column {
    let labels = |item| people.row(item).flatten().collect::<Vec<f64>>();
    (0..people.items()).map(|item| mean(&labels(item)).map(settled)).collect()
}

/// Gold and a rater as a table of two.
fn beside(gold: &[Option<f64>], rater: &[Option<f64>]) -> Table {
    Table::new(vec![gold.to_vec(), rater.to_vec()])
}

/// Both sides' scores of each occupation: the weighted means over the tasks that both have.
fn occupations(of: &Sheet, gold: &[Option<f64>], rater: &[Option<f64>]) -> Table {
    let mut both: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new(); of.occupations.len()];
    for (item, (gold, rater)) in of.items.iter().zip(gold.iter().zip(rater)) {
        if let (Some((gold, rater)), Some(scores)) = (gold.zip(*rater), both.get_mut(item.occupation)) {
            scores.push((gold, rater, item.weight));
        }
    }
    let column = |side: fn(&(f64, f64, f64)) -> f64| {
        let score =
            |tasks: &Vec<_>| weighted_mean(tasks.iter().map(|task| (side(task), task.2))).map(settled);
        both.iter().map(score).collect()
    };
    Table::new(vec![column(|task| task.0), column(|task| task.1)])
}

fn against(table: &Table, rater: usize, step: Option<f64>, rounds: Rounds, stream: u64) -> Against {
    let (gold, scores) = table.both(0, 1);
    Against {
        pair: Pair { a: 0, b: rater + 1, ..pair(table, 0, 1, step) },
        alpha: alpha(table).interval,
        icc: mean_squares(&table.complete()).and_then(|squares| icc(&squares).single),
        // Mincer and Zarnowitz (1969): gold on rater, by least squares; 0 and 1 where the rater is unbiased at
        // every score.
        line: line(&scores, &gold),
        bounds: Cells::new(&gold, &scores).map(|cells| cells.bounds(rounds, stream)).unwrap_or_default(),
    }
}

fn groups(of: &Sheet, gold: &[Option<f64>], raters: &[Column]) -> Vec<GroupErrors> {
    let by_name = sheet::by_major_group(of);
    if by_name.len() < 2 {
        return Vec::new();
    }
    let group = |(name, places): (&str, Vec<usize>)| {
        let of_group = |column: &[Option<f64>]| -> Column {
            places.iter().map(|place| column.get(*place).copied().flatten()).collect()
        };
        let gold = of_group(gold);
        let errors = |rater: &Column| {
            let Pair { items, mae, bias, pearson, .. } = pair(&beside(&gold, &of_group(rater)), 0, 1, None);
            Errors { items, mae, bias, pearson }
        };
        GroupErrors { name: name.to_owned(), errors: raters.iter().map(errors).collect() }
    };
    by_name.into_iter().map(group).collect()
}

fn readable_confusion(table: &Table) -> Option<Confusion> {
    let (gold, rater) = table.both(0, 1);
    let confusion = confusion(&gold, &rater);
    (!gold.is_empty() && confusion.levels.len() <= MOST_LEVELS).then_some(confusion)
}

/// One over the mean squared error, scaled so that their mean is 1 (Bates and Granger, "The combination of
/// forecasts", 1969, for errors that do not depend on each other). Not defined without items, and for nobody
/// where a rater makes no error: it alone would count.
fn suggested_weights<'a>(raters: impl Iterator<Item = &'a Against>) -> Vec<Option<f64>> {
    let precisions: Vec<Option<f64>> =
        raters.map(|against| against.pair.rmse.map(|rmse| 1.0 / (rmse * rmse))).collect();
    let average = mean(&precisions.iter().flatten().copied().collect::<Vec<f64>>());
    let average = average.filter(|average| average.is_finite());
    precisions.into_iter().map(|precision| Some(precision? / average?)).collect()
}

fn among_people(of: &Sheet, people: &Table, tasks: &Table, rounds: Rounds) -> People {
    let all = Table::new([columns(people), columns(tasks)].concat());
    People {
        among: level(people, of.rubric.step, rounds, PEOPLE),
        all: level(&all, of.rubric.step, rounds, ALL),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_error(mse: Option<f64>) -> Against {
        Against { pair: Pair { rmse: mse.map(f64::sqrt), ..Pair::default() }, ..Against::default() }
    }

    #[test]
    fn weights_are_as_errors_are_small_and_average_one() {
        let weights = |errors: &[Option<f64>]| {
            suggested_weights(errors.iter().map(|mse| of_error(*mse)).collect::<Vec<_>>().iter())
        };
        let found = weights(&[Some(100.0), Some(400.0), None]);
        assert!((found[0].unwrap() - 1.6).abs() < 1e-12 && (found[1].unwrap() - 0.4).abs() < 1e-12);
        assert_eq!(found[2], None);
        assert_eq!(weights(&[Some(100.0), Some(0.0)]), [None, None]);
        assert_eq!(weights(&[None]), [None]);
    }
}

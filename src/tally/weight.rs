//! The weight of a task within its occupation, with every imputation counted.

use crate::domain::{Task, TaskType, Weighting};

/// How often a task is done in a year, for O*NET's seven frequency categories (scale FT): yearly or
/// less, more than yearly, more than monthly, more than weekly, daily, several times daily, hourly
/// or more. Our reading of the category names, on 250 working days of eight hours.
const TIMES_A_YEAR: [f64; 7] = [1.0, 4.0, 24.0, 104.0, 250.0, 750.0, 2_000.0];

/// Importance (scale IM, 1 to 5) where O*NET has no rating: the middle of the scale.
const IMPUTED_IMPORTANCE: f64 = 3.0;
/// Times a year where O*NET has no frequency: the middle category, more than weekly.
const IMPUTED_TIMES_A_YEAR: f64 = 104.0;

/// A weight, and whether a part of it had to be imputed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Weighed {
    pub weight: f64,
    pub imputed: bool,
}

/// The weight of a task, not yet divided by the occupation's sum.
pub fn weigh(weighting: Weighting, task: &Task) -> Weighed {
    match weighting {
        Weighting::Equal => known(1.0),
        // Twice for core tasks, as in Eloundou et al., "GPTs are GPTs" (2023).
        Weighting::Core => known(if task.kind == TaskType::Core { 2.0 } else { 1.0 }),
        Weighting::Importance => or(task.importance, IMPUTED_IMPORTANCE),
        Weighting::ImportanceRelevance => {
            times(or(task.importance, IMPUTED_IMPORTANCE), share_of_incumbents(task))
        }
        Weighting::Time => times(or(times_a_year(task), IMPUTED_TIMES_A_YEAR), share_of_incumbents(task)),
        Weighting::Given => or(task.weight, 1.0),
    }
}

/// Relevance (scale RT) as a share; imputed by type where O*NET has none.
fn share_of_incumbents(task: &Task) -> Weighed {
    let imputed = match task.kind {
        TaskType::Core => 100.0,
        TaskType::Supplemental => 50.0,
        TaskType::Untyped => 75.0,
    };
    let percent = or(task.relevance, imputed);
    Weighed { weight: percent.weight / 100.0, ..percent }
}

fn times_a_year(task: &Task) -> Option<f64> {
    let percentages = task.frequency?;
    // The percentages of a task are rounded, so they are divided by their own sum.
    super::weighted_mean(TIMES_A_YEAR.into_iter().zip(percentages))
}

fn known(weight: f64) -> Weighed {
    Weighed { weight, imputed: false }
}

fn or(value: Option<f64>, imputed: f64) -> Weighed {
    Weighed { weight: value.unwrap_or(imputed), imputed: value.is_none() }
}

fn times(a: Weighed, b: Weighed) -> Weighed {
    Weighed { weight: a.weight * b.weight, imputed: a.imputed || b.imputed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(weighting: Weighting, task: &Task, weight: f64, imputed: bool) {
        let found = weigh(weighting, task);
        assert!((found.weight - weight).abs() < 1e-9, "{weighting}: {found:?}, expected {weight}");
        assert_eq!(found.imputed, imputed, "{weighting}");
    }

    #[test]
    fn weights_by_scheme() {
        let rated = Task {
            kind: TaskType::Core,
            importance: Some(4.5),
            relevance: Some(80.0),
            frequency: Some([0.0, 0.0, 50.0, 50.0, 0.0, 0.0, 0.0]),
            weight: Some(7.0),
            ..Task::default()
        };
        check(Weighting::Equal, &rated, 1.0, false);
        check(Weighting::Core, &rated, 2.0, false);
        check(Weighting::Importance, &rated, 4.5, false);
        check(Weighting::ImportanceRelevance, &rated, 3.6, false);
        check(Weighting::Time, &rated, 64.0 * 0.8, false);
        check(Weighting::Given, &rated, 7.0, false);
    }

    #[test]
    fn what_is_missing_is_imputed_and_said() {
        for (kind, core, relevance) in
            [(TaskType::Core, 2.0, 1.0), (TaskType::Supplemental, 1.0, 0.5), (TaskType::Untyped, 1.0, 0.75)]
        {
            let bare = Task { kind, ..Task::default() };
            check(Weighting::Core, &bare, core, false);
            check(Weighting::Importance, &bare, 3.0, true);
            check(Weighting::ImportanceRelevance, &bare, 3.0 * relevance, true);
            check(Weighting::Time, &bare, 104.0 * relevance, true);
            check(Weighting::Given, &bare, 1.0, true);
        }
    }
}

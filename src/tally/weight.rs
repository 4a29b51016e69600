//! The weight of a task within its occupation, with every imputation counted.

use crate::domain::explanation::{Ingredient, Part};
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
        Weighting::Core => known(by_type(task.kind)),
        Weighting::Importance => importance(task),
        Weighting::ImportanceRelevance => times(importance(task), hundredth(relevance(task))),
        Weighting::Time => times(times_a_year(task), hundredth(relevance(task))),
        Weighting::Given => given(task),
    }
}

/// What that weight is made of, for people who want to make it again.
pub fn ingredients(weighting: Weighting, task: &Task) -> Vec<Ingredient> {
    let importance = || Ingredient::Importance(part(importance(task)));
    let relevance = || Ingredient::Relevance(part(relevance(task)), task.kind);
    match weighting {
        Weighting::Equal => Vec::new(),
        Weighting::Core => vec![Ingredient::Type(task.kind)],
        Weighting::Importance => vec![importance()],
        Weighting::ImportanceRelevance => vec![importance(), relevance()],
        Weighting::Time => {
            vec![Ingredient::TimesAYear(part(times_a_year(task)), task.frequency), relevance()]
        }
        Weighting::Given => vec![Ingredient::Given(part(given(task)))],
    }
}

/// How `weigh` makes a weight of them, in words.
pub fn formula(weighting: Weighting) -> String {
    match weighting {
        Weighting::Equal => "w = 1".to_owned(),
        Weighting::Core => {
            format!(
                "w = {} for core tasks, {} for others",
                by_type(TaskType::Core),
                by_type(TaskType::Untyped)
            )
        }
        Weighting::Importance => "w = IM".to_owned(),
        Weighting::ImportanceRelevance => "w = IM x RT / 100".to_owned(),
        Weighting::Time => {
            let times = TIMES_A_YEAR.map(|times| times.to_string()).join(", ");
            format!("w = times a year x RT / 100; times a year = mean of {times}, weighted by FT")
        }
        Weighting::Given => "w = the weight that comes with the task".to_owned(),
    }
}

/// Twice for core tasks, as in Eloundou et al., "GPTs are GPTs" (2023).
fn by_type(kind: TaskType) -> f64 {
    if kind == TaskType::Core { 2.0 } else { 1.0 }
}

fn importance(task: &Task) -> Weighed {
    or(task.importance, IMPUTED_IMPORTANCE)
}

/// Relevance (scale RT) in per cent; imputed by type where O*NET has none.
fn relevance(task: &Task) -> Weighed {
    let imputed = match task.kind {
        TaskType::Core => 100.0,
        TaskType::Supplemental => 50.0,
        TaskType::Untyped => 75.0,
    };
    or(task.relevance, imputed)
}

fn times_a_year(task: &Task) -> Weighed {
    // The percentages of a task are rounded, so they are divided by their own sum.
    let mean = |percentages| super::weighted_mean(TIMES_A_YEAR.into_iter().zip(percentages));
    or(task.frequency.and_then(mean), IMPUTED_TIMES_A_YEAR)
}

fn given(task: &Task) -> Weighed {
    or(task.weight, 1.0)
}

fn known(weight: f64) -> Weighed {
    Weighed { weight, imputed: false }
}

fn or(value: Option<f64>, imputed: f64) -> Weighed {
    Weighed { weight: value.unwrap_or(imputed), imputed: value.is_none() }
}

fn hundredth(percent: Weighed) -> Weighed {
    Weighed { weight: percent.weight / 100.0, ..percent }
}

fn times(a: Weighed, b: Weighed) -> Weighed {
    Weighed { weight: a.weight * b.weight, imputed: a.imputed || b.imputed }
}

fn part(of: Weighed) -> Part {
    Part { value: of.weight, imputed: of.imputed }
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

    /// The weight, by the formula's words.
    fn by_hand(weighting: Weighting, made_of: &[Ingredient]) -> (f64, bool) {
        let parts: Vec<Part> = made_of
            .iter()
            .filter_map(|one| match one {
                Ingredient::Type(_) => None,
                Ingredient::Importance(part)
                | Ingredient::Relevance(part, _)
                | Ingredient::TimesAYear(part, _)
                | Ingredient::Given(part) => Some(*part),
            })
            .collect();
        let imputed = parts.iter().any(|part| part.imputed);
        let weight = match (weighting, parts.as_slice(), made_of) {
            (Weighting::Equal, [], []) => 1.0,
            (Weighting::Core, [], [Ingredient::Type(kind)]) => {
                if *kind == TaskType::Core {
                    2.0
                } else {
                    1.0
                }
            }
            (Weighting::ImportanceRelevance | Weighting::Time, [one, percent], _) => {
                one.value * (percent.value / 100.0)
            }
            (Weighting::Importance | Weighting::Given, [one], _) => one.value,
            _ => panic!("{weighting}: {made_of:?}"),
        };
        (weight, imputed)
    }

    #[test]
    fn a_weight_follows_from_its_ingredients() {
        for kind in [TaskType::Core, TaskType::Supplemental, TaskType::Untyped] {
            for bits in 0..16 {
                let has = |bit: u32| bits & 1 << bit != 0;
                let task = Task {
                    kind,
                    importance: has(0).then_some(4.13),
                    relevance: has(1).then_some(83.7),
                    frequency: has(2).then_some([1.0, 2.0, 50.5, 40.1, 0.0, 3.0, 3.3]),
                    weight: has(3).then_some(0.7),
                    ..Task::default()
                };
                for weighting in Weighting::ALL {
                    let Weighed { weight, imputed } = weigh(weighting, &task);
                    assert_eq!(by_hand(weighting, &ingredients(weighting, &task)), (weight, imputed));
                }
            }
        }
    }

    #[test]
    fn formulas_name_what_they_multiply() {
        assert_eq!(formula(Weighting::Core), "w = 2 for core tasks, 1 for others");
        assert!(formula(Weighting::Time).contains("mean of 1, 4, 24, 104, 250, 750, 2000, weighted by FT"));
    }
}

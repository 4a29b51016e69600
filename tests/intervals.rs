//! Whether 95 % intervals hold what they promise: on data whose truth is known, they must cover it in 93 to
//! 97 of 100 simulations, for each thing that is resampled.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

use std::sync::Arc;

use score_tasks::domain::agreement::Interval;
use score_tasks::domain::chance::Chance;
use score_tasks::domain::scored::Origin;
use score_tasks::domain::validation::Bounds;
use score_tasks::domain::{
    Bands, Hash, Level, Occupation, Rating, RubricRef, Sample, Scale, Score, Sheet, SheetItem,
    SheetOccupation, SheetRater, SheetRating, Task, Uncertainty, Weighting,
};
use score_tasks::measure::{self, Rounds, Table};
use score_tasks::tally::{self, Combination, Method, OccupationTally, Weighed};

const SIMULATIONS: u64 = 1_000;

/// Fewer than the program's thousand, which only makes intervals rougher.
const ROUNDS: u32 = 400;

/// How many of the simulations cover the truth, as a share.
fn covered(truth: f64, simulate: impl Fn(&mut Chance, u64) -> Option<Interval> + Sync) -> f64 {
    let intervals = simulated(|chance, seed| simulate(chance, seed).unwrap());
    let hits = intervals.iter().filter(|interval| interval.low <= truth && truth <= interval.high);
    hits.count() as f64 / SIMULATIONS as f64
}

/// All simulations, on all processors.
fn simulated<T: Send>(simulate: impl Fn(&mut Chance, u64) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        let simulate = &simulate;
        let of = |thread: u64| -> Vec<T> {
            let mine = (0..SIMULATIONS).filter(|number| number % threads == thread);
            mine.map(|number| simulate(&mut Chance::new(0x5EED ^ (number << 20)), number)).collect()
        };
        let parts: Vec<_> = (0..threads).map(|thread| scope.spawn(move || of(thread))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

fn check(what: &str, share: f64) {
    println!("{what}: {:.1} % of {SIMULATIONS} intervals cover the truth", share * 100.0);
    assert!((0.93..=0.97).contains(&share), "{what}: {share}");
}

/// Near enough to normal, with mean 0 and standard deviation 1: twelve even draws added up.
fn normal(chance: &mut Chance) -> f64 {
    (0..12).map(|_| chance.share()).sum::<f64>() - 6.0
}

/// A rating on a scale as fine as scores can be.
fn sample(number: u32, points: f64) -> Sample {
    let scale = Scale::Integer { min: 0, max: 1_000_000 };
    let level = Level::Number((points.clamp(0.0, 100.0) * 10_000.0).round() as i64);
    let score = Score::new(&scale, &level).unwrap();
    let outcome = Ok(Rating { score, level, rationale: String::new() });
    Sample { number, outcome, origin: Origin::Unanswered { key: Hash([0; 32]) } }
}

/// An occupation of tasks, each with a weight, and of each rater the samples.
fn uncertainty(tasks: &[(f64, Vec<Vec<f64>>)], seed: u64) -> Uncertainty {
    let raters = tasks[0].1.len();
    let method = Method {
        combination: Combination::mean(&vec![1.0; raters]),
        bands: Bands::none(),
        rounds: Rounds { count: ROUNDS, seed },
    };
    let mut occupation = OccupationTally::new(raters);
    for (weight, samples) in tasks {
        let samples = samples
            .iter()
            .map(|samples| samples.iter().zip(1..).map(|(points, number)| sample(number, *points)).collect())
            .collect();
        let task = tally::task(Arc::new(Task::default()), *weight, samples, None, &method.combination);
        occupation.add(Weighed { weight: *weight, imputed: false }, &task, &method);
    }
    let nobody = Occupation { code: String::new(), title: String::new(), description: String::new() };
    occupation.finish(nobody, Weighting::Equal, &method).uncertainty
}

/// Twenty tasks out of many like them, weighed by importance; two raters, one of whom skips some.
#[test]
fn tasks() {
    let share = covered(50.0, |chance, seed| {
        let tasks: Vec<_> = (0..20)
            .map(|number| {
                let weight = 1.0 + 4.0 * chance.share();
                let score = 50.0 + 15.0 * normal(chance);
                let rater = |chance: &mut Chance| vec![score + 4.0 * normal(chance)];
                let second = if number % 7 == 3 { Vec::new() } else { rater(chance) };
                (weight, vec![rater(chance), second])
            })
            .collect();
        uncertainty(&tasks, seed).intervals.tasks
    });
    check("tasks", share);
}

/// As few tasks as there are intervals for.
#[test]
fn ten_tasks() {
    let share = covered(50.0, |chance, seed| {
        let task =
            |chance: &mut Chance| (1.0 + 4.0 * chance.share(), vec![vec![50.0 + 15.0 * normal(chance)]]);
        uncertainty(&(0..10).map(|_| task(chance)).collect::<Vec<_>>(), seed).intervals.tasks
    });
    check("ten tasks", share);
}

/// The same tasks and raters every time; only what they say when asked again differs.
#[test]
fn samples() {
    let fixed = |number: usize, rater: usize| 30.0 + ((number * 37 + rater * 11) % 41) as f64;
    let weight = |number: usize| 1.0 + (number % 5) as f64;
    let by_rater = |rater| {
        let tasks = 0..15;
        tasks.clone().map(|number| weight(number) * fixed(number, rater)).sum::<f64>()
            / tasks.map(weight).sum::<f64>()
    };
    let truth = (by_rater(0) + by_rater(1)) / 2.0;
    let share = covered(truth, |chance, seed| {
        let tasks: Vec<_> = (0..15)
            .map(|number| {
                let spread = [2.0, 5.0, 9.0][number % 3];
                let again = |rater: usize, chance: &mut Chance| -> Vec<f64> {
                    (0..3).map(|_| fixed(number, rater) + spread * normal(chance)).collect()
                };
                (weight(number), vec![again(0, chance), again(1, chance)])
            })
            .collect();
        uncertainty(&tasks, seed).intervals.samples
    });
    check("samples", share);
}

/// Ten raters out of many like them.
#[test]
fn raters() {
    let share = covered(50.0, |chance, seed| {
        let biases: Vec<f64> = (0..10).map(|_| 8.0 * normal(chance)).collect();
        let tasks: Vec<_> =
            (0..4).map(|_| (1.0, biases.iter().map(|bias| vec![50.0 + bias]).collect::<Vec<_>>())).collect();
        uncertainty(&tasks, seed).intervals.raters
    });
    check("raters", share);
}

fn rating(score: f64) -> Vec<SheetRating> {
    vec![SheetRating { sample: 1, score: Ok(score), key: None, rationale: String::new() }]
}

/// Items that two raters have rated on a scale of ten steps: the second 3 points higher, both with errors.
fn sheet(items: usize, chance: &mut Chance) -> Sheet {
    let on_scale = |score: f64| (score.clamp(0.0, 100.0) / 10.0).round() * 10.0;
    let items = (0..items)
        .map(|number| {
            let truth = 50.0 + 16.0 * normal(chance);
            let (one, two) = (truth + 8.0 * normal(chance), truth + 3.0 + 8.0 * normal(chance));
            SheetItem {
                id: number.to_string(),
                weight: 1.0,
                ratings: vec![rating(on_scale(one)), rating(on_scale(two))],
                ..SheetItem::default()
            }
        })
        .collect();
    let rater = || SheetRater { weight: 1.0, ..SheetRater::default() };
    Sheet {
        rubric: RubricRef::default(),
        raters: vec![rater(), rater()],
        occupations: vec![SheetOccupation::default()],
        items,
        ..Sheet::default()
    }
}

/// So many items that what is found in them is the truth.
const LARGE: usize = 400_000;

/// Alpha and ICC(2,1) of two raters over a hundred items.
#[test]
fn agreement_over_items() {
    let large = measure::agreement(&sheet(LARGE, &mut Chance::new(1)), Rounds { count: 0, seed: 0 }, 0);
    let overall = large.tasks.overall;
    let figures = |chance: &mut Chance, seed| {
        measure::agreement(&sheet(100, chance), Rounds { count: ROUNDS, seed }, 0).tasks
    };
    check(
        "alpha over items",
        covered(overall.alpha.interval.unwrap(), |chance, seed| figures(chance, seed).alpha),
    );
    check(
        "ICC(2,1) over items",
        covered(overall.icc.single.unwrap(), |chance, seed| figures(chance, seed).icc),
    );
}

/// Every figure of `validate` over two hundred items, the first rater being gold.
#[test]
fn validity_over_items() {
    let against = |items: usize, chance: &mut Chance, count: u32, seed: u64| {
        let mut sheet = sheet(items, chance);
        let gold = Table::new(vec![measure::sheet::tasks(&sheet).column(0).to_vec()]);
        sheet.raters.remove(0);
        sheet.items.iter_mut().for_each(|item| drop(item.ratings.remove(0)));
        measure::validation(&sheet, &gold, Rounds { count, seed }).tasks.swap_remove(0)
    };
    let truth = against(LARGE, &mut Chance::new(2), 0, 0);
    let line = truth.line.unwrap();
    type Bound = fn(&Bounds) -> Option<Interval>;
    let figures: [(&str, Option<f64>, Bound); 8] = [
        ("exact", truth.pair.exact, |bounds| bounds.exact),
        ("kappa", truth.pair.kappa, |bounds| bounds.kappa),
        ("kappa, quadratic", truth.pair.kappa_quadratic, |bounds| bounds.kappa_quadratic),
        ("pearson", truth.pair.pearson, |bounds| bounds.pearson),
        ("mae", truth.pair.mae, |bounds| bounds.mae),
        ("bias", truth.pair.bias, |bounds| bounds.bias),
        ("slope", Some(line.slope), |bounds| bounds.slope),
        ("intercept", Some(line.intercept), |bounds| bounds.intercept),
    ];
    let bounds: Vec<Bounds> = simulated(|chance, seed| against(200, chance, ROUNDS, seed).bounds);
    for (name, truth, bound) in figures {
        let hits = bounds.iter().filter(|bounds| {
            let interval = bound(bounds).unwrap();
            interval.low <= truth.unwrap() && truth.unwrap() <= interval.high
        });
        check(&format!("{name} over items"), hits.count() as f64 / SIMULATIONS as f64);
    }
}

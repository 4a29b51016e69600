use super::*;
use crate::domain::chance::Chance;
use crate::domain::drift::Verdict;
use crate::domain::{Combine, GapReason, Hash, RubricRef, SheetOccupation, SheetRater, SheetRating};

/// Code, id, weight, then the samples of each rater.
type Row<'a> = (&'a str, &'a str, f64, Vec<Vec<f64>>);

fn sheet(raters: &[(&str, f64)], rows: &[Row<'_>]) -> Sheet {
    let mut sheet = Sheet {
        rubric: RubricRef { sha256: "same".into(), ..RubricRef::default() },
        raters: raters
            .iter()
            .map(|(id, weight)| SheetRater { id: (*id).into(), weight: *weight, ..SheetRater::default() })
            .collect(),
        ..Sheet::default()
    };
    for (code, id, weight, ratings) in rows {
        if sheet.occupations.last().is_none_or(|last| last.code != *code) {
            sheet.occupations.push(SheetOccupation { code: (*code).into(), title: (*code).into() });
        }
        let key = |sample: usize| Hash::from_hex(&format!("{:064x}", sample));
        let rating = |(sample, score): (usize, &f64)| SheetRating {
            sample: sample as u32,
            score: Ok(*score),
            key: key(sample),
            rationale: String::new(),
        };
        sheet.items.push(SheetItem {
            occupation: sheet.occupations.len() - 1,
            id: (*id).into(),
            text: format!("Text of {id}"),
            weight: *weight,
            ratings: ratings.iter().map(|samples| samples.iter().enumerate().map(rating).collect()).collect(),
        });
    }
    sheet
}

fn compared(before: &Sheet, after: &Sheet) -> Change {
    let bands = Bands::new(vec![50.0], vec!["Low".into(), "High".into()]).unwrap();
    change(before, after, &Comparison { bands: &bands, threshold: 10.0, movers: 10, anchors: None })
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-8, "{found}, not {expected}");
}

fn causes_are(of: &Change, inputs: f64, raters: f64, answers: f64) {
    near(of.causes.inputs, inputs);
    near(of.causes.raters, raters);
    near(of.causes.answers, answers);
}

/// A rater's verdict where it says this before and after, a task at a time.
fn verdict(before: &[&[f64]], after: &[&[f64]]) -> Verdict {
    let of = |tasks: &[&[f64]]| {
        let ids: Vec<String> = (0..tasks.len()).map(|id| id.to_string()).collect();
        let rows: Vec<Row<'_>> = ids
            .iter()
            .zip(tasks)
            .map(|(id, samples)| ("A", id.as_str(), 1.0, vec![samples.to_vec()]))
            .collect();
        sheet(&[("m", 1.0)], &rows)
    };
    compared(&of(before), &of(after)).raters[0].verdict
}

#[test]
fn without_a_kept_task_all_is_due_to_inputs() {
    let before =
        sheet(&[("a", 1.0)], &[("A", "1", 1.0, vec![vec![20.0]]), ("B", "5", 1.0, vec![vec![50.0]])]);
    let after = sheet(&[("a", 1.0)], &[("A", "2", 1.0, vec![vec![40.0]]), ("B", "5", 1.0, vec![vec![50.0]])]);
    let of = compared(&before, &after);
    causes_are(&of, 10.0, 0.0, 0.0);
    near(of.movers[0].causes.inputs, 20.0);
}

/// `b` is in both runs, and has rated nothing of occupation A in the later one.
#[test]
fn a_rater_that_rated_nothing_in_one_run_is_none_that_changed_its_answers() {
    let raters = [("a", 1.0), ("b", 1.0)];
    let before = sheet(
        &raters,
        &[("A", "1", 1.0, vec![vec![20.0], vec![60.0]]), ("B", "2", 1.0, vec![vec![50.0], vec![50.0]])],
    );
    let after = sheet(
        &raters,
        &[("A", "1", 1.0, vec![vec![22.0], vec![]]), ("B", "2", 1.0, vec![vec![50.0], vec![54.0]])],
    );
    let of = compared(&before, &after);
    // A: 40 to 22, of which a's 2; B: 50 to 52.
    causes_are(&of, 0.0, -10.0, 2.0);
    let nobody = sheet(&raters, &[("A", "1", 1.0, vec![vec![], vec![]]), ("A", "3", 1.0, vec![vec![90.0]])]);
    causes_are(&compared(&before, &nobody), 0.0, 50.0, 0.0);
}

#[test]
fn occupations_that_came_and_went_make_up_the_rest_of_the_mean() {
    let raters = [("a", 1.0)];
    let row = |code, score| (code, "1", 1.0, vec![vec![score]]);
    let before = sheet(&raters, &[row("A", 20.0), row("B", 40.0), row("C", 90.0)]);
    let after = sheet(&raters, &[row("A", 26.0), row("B", 40.0), row("D", 10.0), row("E", 14.0)]);
    let of = compared(&before, &after);
    let all = of.occupations;
    assert_eq!((all.count, all.new, all.gone), (2, 2, 1));
    near(all.before.unwrap(), 50.0);
    near(all.after.unwrap(), 22.5);
    near(all.shift.unwrap(), 3.0);
    near(all.exchanged.unwrap(), -30.5);
    causes_are(&of, 0.0, 0.0, 3.0);
}

#[test]
fn samples_are_compared_by_their_number() {
    let two: &[&[f64]] = &[&[40.0, 50.0], &[20.0, 20.0]];
    assert_eq!(verdict(two, two), Verdict::SameAnswers);
    assert_eq!(verdict(two, &[&[40.0, 50.0, 60.0], &[20.0, 20.0, 20.0]]), Verdict::Samples);
    assert_eq!(verdict(&[&[], &[]], &[&[], &[]]), Verdict::Nothing);
    // In another order, and the first of three missing.
    let mut before = sheet(&[("m", 1.0)], &[("A", "1", 1.0, vec![vec![40.0, 50.0, 60.0]])]);
    let mut after = before.clone();
    after.items[0].ratings[0].reverse();
    assert_eq!(compared(&before, &after).raters[0].verdict, Verdict::SameAnswers);
    before.items[0].ratings[0].remove(0);
    assert_eq!(compared(&before, &after).raters[0].verdict, Verdict::Samples);
    before.items[0].ratings[0].truncate(1);
    after.items[0].ratings[0].retain(|sample| sample.sample == 2);
    assert_eq!(compared(&before, &after).raters[0].verdict, Verdict::Nothing);
    // What was not asked is no sample.
    after.items[0].ratings[0][0].score = Err(GapReason::NotAsked);
    assert_eq!(compared(&after, &after).raters[0].verdict, Verdict::Nothing);
}

#[test]
fn corrected_labels_are_no_answers_of_a_model() {
    let labels = |score: f64| {
        let mut of = sheet(&[("label:x", 1.0)], &[("A", "1", 1.0, vec![vec![score]])]);
        of.items[0].ratings[0][0].key = None;
        of
    };
    assert_eq!(compared(&labels(20.0), &labels(30.0)).raters[0].verdict, Verdict::Labels);
    assert_eq!(compared(&labels(20.0), &labels(20.0)).raters[0].verdict, Verdict::SameAnswers);
}

#[test]
fn a_rater_that_moves_both_ways_has_moved() {
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for task in 0..20 {
        let score = 50.0 + f64::from(task % 3);
        let shift = if task % 2 == 0 { 15.0 } else { -15.0 };
        before.push([score - 1.0, score + 1.0]);
        after.push([score + shift - 1.0, score + shift + 1.0]);
    }
    let of = |tasks: &[[f64; 2]]| -> Vec<Vec<f64>> { tasks.iter().map(|task| task.to_vec()).collect() };
    let (before, after) = (of(&before), of(&after));
    let slices = |tasks: &'static [Vec<f64>]| tasks.iter().map(Vec::as_slice).collect::<Vec<_>>();
    let (before, after) = (slices(before.leak()), slices(after.leak()));
    assert_eq!(verdict(&before, &after), Verdict::Moved);
    // Within the noise of the samples.
    assert_eq!(verdict(&[&[40.0, 60.0], &[30.0, 50.0]], &[&[44.0, 62.0], &[26.0, 48.0]]), Verdict::Chance);
    // A rater that always says the same, and now something else.
    let steady: &[&[f64]] = &[&[40.0, 40.0], &[60.0, 60.0], &[50.0, 50.0]];
    assert_eq!(verdict(steady, &[&[41.0, 41.0], &[59.0, 59.0], &[50.0, 50.0]]), Verdict::Moved);
    // Of single samples nothing is known but the mean.
    assert_eq!(verdict(&[&[40.0], &[60.0]], &[&[45.0], &[55.0]]), Verdict::Chance);
}

/// However many samples there are, and whether a rater wavers on all tasks or on a few.
#[test]
fn a_rater_that_has_not_moved_is_seldom_said_to_have() {
    let mut chance = Chance::new(5);
    let normal = |chance: &mut Chance| (0..12).map(|_| chance.share()).sum::<f64>() - 6.0;
    for (samples, wavers) in [(2, 1), (2, 10), (3, 1), (5, 10)] {
        let mut moved = 0;
        for _ in 0..400 {
            let run = |chance: &mut Chance| {
                let task = |task: usize, chance: &mut Chance| -> Vec<f64> {
                    let noise = if task.is_multiple_of(wavers) { 8.0 } else { 0.5 };
                    (0..samples).map(|_| 50.0 + noise * normal(chance)).collect()
                };
                (0..60).map(|place| task(place, chance)).collect::<Vec<_>>()
            };
            let (before, after) = (run(&mut chance), run(&mut chance));
            let before: Vec<&[f64]> = before.iter().map(Vec::as_slice).collect();
            let after: Vec<&[f64]> = after.iter().map(Vec::as_slice).collect();
            moved += usize::from(verdict(&before, &after) == Verdict::Moved);
        }
        // Two tests, each with one false alarm in twenty.
        assert!(
            (8..=56).contains(&moved),
            "{moved} of 400 with {samples} samples, wavering on 1 of {wavers}"
        );
    }
}

#[test]
fn the_same_weighted_raters_equate_to_the_shift_itself() {
    let raters = [("a", 3.0), ("b", 1.0), ("c", 0.5)];
    let mut chance = Chance::new(9);
    let ids: Vec<String> = (0..12).map(|id| id.to_string()).collect();
    let mut of = || {
        let codes = ["A", "B", "C"];
        let rows: Vec<Row<'_>> = ids
            .iter()
            .enumerate()
            .map(|(place, id)| {
                let ratings = (0..3).map(|_| vec![(chance.share() * 100.0).round()]).collect();
                (codes[place / 4], id.as_str(), 1.0 + (place % 3) as f64, ratings)
            })
            .collect();
        sheet(&raters, &rows)
    };
    let of = compared(&of(), &of());
    near(of.occupations.equated.unwrap(), of.occupations.shift.unwrap());
    assert!(of.occupations.shift.unwrap().abs() > 0.1);
}

#[test]
fn another_combination_or_other_weights_belong_to_the_raters() {
    let raters = [("a", 1.0), ("b", 1.0), ("c", 1.0)];
    let rows = [("A", "1", 1.0, vec![vec![10.0], vec![20.0], vec![90.0]])];
    let before = sheet(&raters, &rows);
    let after = Sheet { combine: Combine::Median, ..before.clone() };
    let of = compared(&before, &after);
    causes_are(&of, 0.0, -20.0, 0.0);
    assert_eq!(of.combine, (Combine::Mean, Combine::Median));
    near(of.movers[0].after, 20.0);
    let heavier = sheet(&[("a", 4.0), ("b", 1.0), ("c", 1.0)], &rows);
    causes_are(&compared(&before, &heavier), 0.0, -15.0, 0.0);
}

/// `b` is replaced by the milder `c`, each with a hole: with effects taken away the run says the same.
#[test]
fn effects_are_taken_away_where_the_run_did() {
    let rows = |effect: f64| {
        let row = |id, score: f64| ("A", id, 1.0, vec![vec![score], vec![score + effect]]);
        vec![row("1", 20.0), row("2", 40.0), ("A", "3", 1.0, vec![vec![60.0], vec![]])]
    };
    let of = |name, effect| Sheet {
        combine: Combine::Effects,
        ..sheet(&[("a", 1.0), (name, 1.0)], &rows(effect))
    };
    let change = compared(&of("b", 6.0), &of("c", -6.0));
    // Less effects of -3 and 3, tasks are 23, 43 and 63 before; less 3 and -3, they are 17, 37 and 57 after.
    near(change.movers[0].before, 43.0);
    near(change.movers[0].after, 37.0);
    causes_are(&change, 0.0, -6.0, 0.0);
}

//! How well the score is known: history, agreement, and what it would be with other models, answers or tasks.

use maud::{Markup, html};

use super::Spot;
use crate::domain::ScoredTask;
use crate::domain::agreement::Interval;
use crate::domain::drift::Change;
use crate::site::chart::{Point, history};
use crate::site::pages::parts::capital;
use crate::site::pages::shared::apart;
use crate::site::words::{brief, counted, day, exact, maybe_exact, points, range, said, several, signed};
use crate::site::{Past, PastScore};

pub fn section(spot: &Spot<'_>) -> Markup {
    let past = in_past(spot);
    html! {
        section aria-labelledby="h-known" {
            div.shead { div { h2 #h-known { "How far to trust the number" } } }
            div.two {
                (certainty(spot))
                (agreement(spot))
                @if past.len() > 1 { (over_time(&past)) }
            }
        }
    }
}

/// Three questions that no single "error" answers.
fn certainty(spot: &Spot<'_>) -> Markup {
    let u = spot.entry.scored.uncertainty;
    let rows = [
        ("Asked other models of their kind", u.se, u.intervals.raters, "The interval needs ten models."),
        (
            "Asked the same models again",
            u.sampling_se,
            u.intervals.samples,
            "As they wavered between samples.",
        ),
        (
            "Listed other tasks of their kind",
            u.task_se,
            u.intervals.tasks,
            "A list that is meant to be complete, as O*NET’s, leaves none out.",
        ),
    ];
    let is_known = rows.iter().any(|(_, se, interval, _)| se.is_some() || interval.is_some());
    html! {
        div.panel {
            h3 { "How far it could be off" }
            p { "By how many points the score would be expected to differ, had something else been chosen." }
            div.tablewrap tabindex="0" role="region" aria-label="Errors and intervals of the score" { table {
                caption.vh { "Standard errors and 95% intervals of the score, in points" }
                thead { tr { th scope="col" { "If one had" } th.n scope="col" { "Standard error" } th.n scope="col" { "95% interval" } } }
                tbody {
                    @for (name, se, interval, why) in rows {
                        tr {
                            th scope="row" { (name) br; span.muted.tiny { (why) } }
                            td.n { (maybe_exact(se, 1)) }
                            td.n { (span(interval)) }
                        }
                    }
                }
            } }
            @if !is_known { p.small.muted { "One model with one sample says nothing of its own error." } }
            @if let Some(share) = u.band_stability {
                p.small { "Had another model like these been asked, tasks with " (points(share * 100.0)) "% of the weight would be expected to stay in their own band." }
            }
        }
    }
}

fn span(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || "–".to_owned(),
        |Interval { low, high }| format!("{}–{}", exact(low, 1), exact(high, 1)),
    )
}

fn agreement(spot: &Spot<'_>) -> Markup {
    let pairs = &spot.site.agreement.tasks.pairs;
    let overall = &spot.site.agreement.tasks.overall;
    html! {
        div.panel {
            h3 { "How far the models agree" }
            @if pairs.is_empty() {
                p { "One model was asked, so there is nothing to agree with. Its view is a view, not a measurement." }
            } @else {
                @match farthest(spot) {
                    Some(task) => {
                        p { "On this job they are farthest apart on “" (brief(task.task.text.trim_end_matches('.'), 110)) "”." }
                    }
                    None => { p { (never_apart(spot)) } }
                }
                div.tablewrap tabindex="0" role="region" aria-label="Agreement of the models" { table {
                    caption { "Across all " (several(overall.items, "task")) " of this run" }
                    thead { tr { th scope="col" { "Pair" } th.n scope="col" { "Rank agreement (ρ)" } th.n scope="col" { "Mean gap" } } }
                    tbody {
                        @for pair in pairs.iter().take(6) {
                            tr {
                                th scope="row" { (spot.model(pair.a)) " and " (spot.model(pair.b)) }
                                td.n { (maybe_exact(pair.spearman, 2)) }
                                td.n { (maybe_exact(pair.mae, 1)) " pts" }
                            }
                        }
                        tr {
                            th scope="row" { (all_of_them(spot.site.run.models.len())) ", Krippendorff’s α" }
                            td.n { b { (maybe_exact(overall.alpha.interval, 2)) } }
                            td.n {}
                        }
                    }
                } }
                p.small { a href=(spot.here.to("drift/")) { "All pairs, groups and repeats" } }
            }
        }
    }
}

fn never_apart(spot: &Spot<'_>) -> &'static str {
    let is_rated_twice =
        |task: &ScoredTask| task.models.iter().filter(|model| model.score.is_some()).count() > 1;
    if spot.entry.tasks.iter().any(is_rated_twice) {
        "On this job they say the same of every task."
    } else {
        "On this job no task was rated by two of them."
    }
}

fn all_of_them(models: usize) -> String {
    if models == 2 { "Both".to_owned() } else { format!("All {}", counted(models)) }
}

fn farthest<'a>(spot: &'a Spot<'_>) -> Option<&'a ScoredTask> {
    let wide = |task: &&ScoredTask| task.spread.map_or(0.0, apart);
    spot.entry.tasks.iter().max_by(|a, b| wide(a).total_cmp(&wide(b))).filter(|task| wide(task) > 0.0)
}

/// A run in which the occupation has a score, and what was other in it than in the one before.
struct InPast<'a> {
    run: &'a Past,
    score: PastScore,
    changes: Vec<String>,
}

fn in_past<'a>(spot: &'a Spot<'_>) -> Vec<InPast<'a>> {
    // What changed in a run without a score shows in the next that has one.
    let (mut all, mut waiting) = (Vec::new(), Vec::new());
    for (run, score) in spot.site.runs.iter().zip(&spot.entry.past) {
        waiting.extend(run.change.iter().flat_map(changes));
        if let Some(score) = *score {
            // Before the first that is drawn, nothing can be seen to change.
            let changes = if all.is_empty() { Vec::new() } else { std::mem::take(&mut waiting) };
            waiting.clear();
            all.push(InPast { run, score, changes });
        }
    }
    all
}

fn points_of(past: &[InPast<'_>]) -> Vec<Point> {
    let days: Vec<String> = past.iter().map(|one| day(one.run.began)).collect();
    let mut note = 0;
    past.iter()
        .map(|InPast { run, score, changes }| {
            note += usize::from(!changes.is_empty());
            Point {
                label: label(run, &days),
                value: score.score,
                low: score.low,
                high: score.high,
                note: (!changes.is_empty()).then_some(note),
            }
        })
        .collect()
}

/// The day of a run, or its time where another run was made on that day.
fn label(run: &Past, days: &[String]) -> String {
    let its = day(run.began);
    if days.iter().filter(|day| **day == its).count() < 2 {
        return its;
    }
    run.began.to_string().chars().skip(11).take(5).collect()
}

/// What was other in a run than in the one before, as far as it was meant to be.
fn changes(change: &Change) -> Vec<String> {
    let mut said = Vec::new();
    if change.rubric_changed {
        said.push("the rubric was reworded".to_owned());
    }
    let (before, after) = change.combine;
    if before != after {
        said.push(format!("models combined by {after}, before by {before}"));
    }
    if !change.raters_new.is_empty() {
        said.push(format!("new: {}", change.raters_new.join(", ")));
    }
    if !change.raters_gone.is_empty() {
        said.push(format!("no longer asked: {}", change.raters_gone.join(", ")));
    }
    let served =
        change.raters.iter().filter(|rater| rater.served.0 != rater.served.1 && !rater.served.0.is_empty());
    said.extend(served.map(|rater| format!("{} answered as {}", rater.id, rater.served.1.join(", "))));
    if change.tasks.reworded + change.tasks.new + change.tasks.gone > 0 {
        let changed = change.tasks.reworded + change.tasks.new + change.tasks.gone;
        said.push(format!("{} in the whole run", several(changed, "other task")));
    }
    said
}

fn over_time(past: &[InPast<'_>]) -> Markup {
    let points_of = points_of(past);
    let notes = past.iter().filter(|one| !one.changes.is_empty());
    let shift =
        past.last().zip(past.first()).map_or(0.0, |(last, first)| last.score.score - first.score.score);
    let label = format!(
        "Score by run, {} points from the first to the last; the table below holds the values",
        signed(shift)
    );
    let is_reworded =
        past.iter().any(|one| one.run.change.as_ref().is_some_and(|change| change.rubric_changed));
    html! {
        div.panel.wide {
            h3 { (capital(&several(past.len(), "run"))) @if is_reworded { ", the rubric reworded" } @else { ", same rubric" } }
            p {
                "The shaded band runs from the lowest model to the highest."
                @if points_of.iter().any(|point| point.note.is_some()) { " Large dots mark a run in which something was changed." }
            }
            (history(&points_of, &label))
            ul.notes {
                @for (place, one) in notes.enumerate() {
                    li { b { (place + 1) } (day(one.run.began)) ": " (said(&one.changes.join("; "))) }
                }
            }
            details.alltasks {
                summary { "The runs as a table" }
                div.tablewrap tabindex="0" role="region" aria-label="Score by run" { table {
                    caption.vh { "Score by run" }
                    thead { tr { th scope="col" { "Run" } th.n scope="col" { "Score" } th.n scope="col" { "Models" } } }
                    tbody { @for InPast { run, score, .. } in past { tr {
                        th scope="row" { (said(&run.run)) }
                        td.n { (exact(score.score, 1)) }
                        td.n { (range(score.low, score.high)) }
                    } } }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;
    use super::*;
    use crate::domain::Instant;
    use crate::site::sample;

    #[test]
    fn errors_agreement_and_history_stand_in_their_tables() {
        let text = drawn(&sample::site(), 0, section);
        for part in [
            "<td class=\"n\">8.0</td>",
            "<td class=\"n\">0.7</td>",
            "alpha and beta",
            "<td class=\"n\">0.71</td>",
            "9.8 pts",
            "Both, Krippendorff’s α",
            "farthest apart on “Task 9575”",
            "Two runs, same rubric",
            "+5.0 points from the first to the last",
            "2026-06-02: new: beta; one other task",
            "<td class=\"n\">47.0</td>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("One model"), "{text}");
    }

    #[test]
    fn one_model_says_nothing_of_its_error_and_agrees_with_nobody() {
        let text = drawn(&sample::single(), 0, section);
        assert!(text.contains("One model with one sample says nothing of its own error."), "{text}");
        assert!(text.contains("One model was asked, so there is nothing to agree with."), "{text}");
        assert!(!text.contains("Krippendorff"), "{text}");
    }

    #[test]
    fn without_scores_nothing_is_apart_and_there_is_no_history() {
        let text = drawn(&sample::scoreless(), 1, section);
        assert!(text.contains("On this job no task was rated by two of them."), "{text}");
        assert!(!text.contains("same rubric"), "{text}");
        // One run is no history either.
        assert!(!drawn(&sample::site(), 1, section).contains("same rubric"));
    }

    #[test]
    fn intervals_and_bands_are_told_where_they_are_known() {
        let mut site = sample::site();
        let uncertainty = &mut site.entries[0].scored.uncertainty;
        uncertainty.intervals.raters = Some(Interval { low: 41.23, high: 62.5 });
        uncertainty.band_stability = Some(0.874);
        let text = drawn(&site, 0, section);
        assert!(text.contains("41.2–62.5") && text.contains("87% of the weight"), "{text}");
    }

    #[test]
    fn runs_of_one_day_are_told_apart_by_their_time() {
        let mut site = sample::site();
        let days = ["2026-06-02".to_owned(), "2026-06-02".to_owned()];
        site.runs[0].began = Instant::parse("2026-06-02").unwrap();
        assert_eq!(label(&site.runs[0], &days), "00:00");
        assert_eq!(label(&site.runs[0], &days[..1]), "2026-06-02");
    }
}

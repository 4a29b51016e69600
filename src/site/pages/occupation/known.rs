//! How well the score is known: history, agreement, and what it would be with other models, answers or tasks.

use maud::{Markup, html};

use super::Spot;
use crate::domain::ScoredTask;
use crate::domain::agreement::Interval;
use crate::site::Past;
use crate::site::chart::{Point, history};
use crate::site::pages::parts::capital;
use crate::site::pages::shared::apart;
use crate::site::words::{brief, counted, day, exact, maybe_exact, points, said, several, signed};

pub fn section(spot: &Spot<'_>) -> Markup {
    let past = past(spot);
    html! {
        section aria-labelledby="h-known" {
            div.shead { div { h2 #h-known { "How far to trust the number" } } }
            div.two {
                (certainty(spot))
                (agreement(spot))
                @if past.len() > 1 { (over_time(spot, &past)) }
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
                    None => { p { "On this job they say the same of every task." } }
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

fn all_of_them(models: usize) -> String {
    if models == 2 { "Both".to_owned() } else { format!("All {}", counted(models)) }
}

fn farthest<'a>(spot: &'a Spot<'_>) -> Option<&'a ScoredTask> {
    let wide = |task: &&ScoredTask| task.spread.map_or(0.0, apart);
    spot.entry.tasks.iter().max_by(|a, b| wide(a).total_cmp(&wide(b))).filter(|task| wide(task) > 0.0)
}

/// The runs in which the occupation has a score.
fn past(spot: &Spot<'_>) -> Vec<Point> {
    let mut note = 0;
    let days: Vec<String> = spot.site.runs.iter().map(|run| day(run.began)).collect();
    let runs = spot.site.runs.iter().zip(&spot.entry.past);
    runs.filter_map(|(run, score)| {
        let score = (*score)?;
        let is_changed = run.change.as_ref().is_some_and(|change| !changes(change).is_empty());
        note += usize::from(is_changed);
        Some(Point {
            label: label(run, &days),
            value: score.score,
            low: score.low,
            high: score.high,
            note: is_changed.then_some(note),
        })
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
fn changes(change: &crate::domain::drift::Change) -> Vec<String> {
    let mut said = Vec::new();
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
        said.push(several(changed, "other task"));
    }
    said
}

fn over_time(spot: &Spot<'_>, past: &[Point]) -> Markup {
    let runs: Vec<_> = spot
        .site
        .runs
        .iter()
        .zip(&spot.entry.past)
        .filter_map(|(run, score)| Some((run, (*score)?)))
        .collect();
    let notes = runs.iter().filter_map(|(run, _)| {
        let changed = changes(run.change.as_ref()?);
        (!changed.is_empty()).then(|| format!("{}: {}", day(run.began), said(&changed.join("; "))))
    });
    let shift = past.last().zip(past.first()).map_or(0.0, |(last, first)| last.value - first.value);
    let label = format!(
        "Score by run, {} points from the first to the last; the table below holds the values",
        signed(shift)
    );
    html! {
        div.panel.wide {
            h3 { (capital(&several(past.len(), "run"))) ", same rubric" }
            p {
                "The shaded band runs from the lowest model to the highest."
                @if past.iter().any(|point| point.note.is_some()) { " Large dots mark a run in which something was changed." }
            }
            (history(past, &label))
            ul.notes { @for (place, note) in notes.enumerate() { li { b { (place + 1) } (note) } } }
            details.alltasks {
                summary { "The runs as a table" }
                div.tablewrap tabindex="0" role="region" aria-label="Score by run" { table {
                    caption.vh { "Score by run" }
                    thead { tr { th scope="col" { "Run" } th.n scope="col" { "Score" } th.n scope="col" { "Models" } } }
                    tbody { @for (run, score) in &runs { tr {
                        th scope="row" { (said(&run.run)) }
                        td.n { (exact(score.score, 1)) }
                        td.n { (points(score.low)) "–" (points(score.high)) }
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
        assert!(text.contains("On this job they say the same of every task."), "{text}");
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

//! What the job is made of: a row for every task, which opens onto what each model said.

use maud::{Markup, html};

use super::Spot;
use crate::domain::scored::Origin;
use crate::domain::{Level, ModelScore, Rating, Sample, ScoredTask, TaskType};
use crate::site::address;
use crate::site::chart::{axis, legend, legend_mark, samples, task_plot};
use crate::site::groups;
use crate::site::pages::shared::{apart, headline_word, is_exposure, is_weighted, levels};
use crate::site::words::{
    exact, maybe_exact, maybe_points, percent, points, range, said, several, short, usd,
};

/// From here on it is told that models are apart.
const FAR_APART: f64 = 15.0;

pub fn section(spot: &Spot<'_>) -> Markup {
    let mut rows: Vec<&ScoredTask> = spot.entry.tasks.iter().collect();
    rows.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    html! {
        section aria-labelledby="h-tasks" {
            div.shead {
                div {
                    h2 #h-tasks { (heading(spot)) }
                    p {
                        "Each row is a task. The bar ends at the "
                        @if spot.site.run.models.len() > 1 { "combined score and its darker part spans the models, each drawn " }
                        @else { "score of the model, which is drawn " }
                        "with a line from its lowest to its highest answer. Open a row to read what was said."
                        @if let Some(levels) = levels(spot.site) { " Levels stand for points: " (levels) "." }
                    }
                }
                label.sort hidden {
                    "Sort by "
                    select #sort {
                        option value="weight" { "Weight in the job" }
                        option value="score" { (headline_word(spot.site)) }
                        option value="spread" { "Disagreement" }
                    }
                }
            }
            div.vh #live aria-live="polite" {}
            div.tgrid.thead {
                (legend(spot.models()))
                div.axis { (axis()) }
                div.r { (above(spot)) }
            }
            div #tasks { @for task in &rows { (row(spot, task)) } }
            (table(spot, &rows))
        }
    }
}

fn heading(spot: &Spot<'_>) -> &'static str {
    let is_job = groups::of(&spot.entry.scored.occupation.code).is_some() || is_exposure(spot.site);
    if is_job { "What the job is made of" } else { "What the score is made of" }
}

fn above(spot: &Spot<'_>) -> Markup {
    if is_exposure(spot.site) {
        html! { "AI could" br; "handle" }
    } else {
        html! { "Score" }
    }
}

fn row(spot: &Spot<'_>, task: &ScoredTask) -> Markup {
    let gap = task.spread.filter(|_| task.models.len() > 1);
    let (apart, is_far) = (gap.map_or(0.0, apart), gap.is_some_and(|gap| gap.high - gap.low >= FAR_APART));
    html! {
        details.task id=(super::commentary::anchor(&task.task.id)) data-weight=(exact(task.weight, 6)) data-score=(exact(task.score.unwrap_or(-1.0), 4))
            data-spread=(exact(apart, 0)) {
            summary.tgrid {
                span.tt {
                    (said(&task.task.text))
                    small {
                        @if task.task.kind != TaskType::Untyped { span { (kind(task.task.kind)) } }
                        span { "weight " (percent(task.weight)) }
                        @if is_far { span.tag-split { "models " (points(apart)) " points apart" } }
                    }
                }
                span.plot { (task_plot(task)) span.vh { (aloud(spot, task)) } }
                span.score aria-hidden="true" {
                    (maybe_points(task.score))
                    @if is_exposure(spot.site) && task.score.is_some() { "%" }
                    @if let Some(spread) = gap { small { (range(spread.low, spread.high)) } }
                }
            }
            div.open {
                (representative(spot, task))
                div.cards { @for model in &task.models { (card(spot, model)) } }
            }
        }
    }
}

fn kind(kind: TaskType) -> &'static str {
    match kind {
        TaskType::Core => "Core",
        TaskType::Supplemental => "Supplemental",
        TaskType::Untyped => "",
    }
}

/// The plot in words, for those who do not see it.
fn aloud(spot: &Spot<'_>, task: &ScoredTask) -> String {
    let Some(score) = task.score else { return "No score.".to_owned() };
    let span = task.spread.filter(|_| task.models.len() > 1).map_or_else(String::new, |spread| {
        format!("; models range from {} to {}", points(spread.low), points(spread.high))
    });
    let models = task.models.iter().map(|model| {
        let score = model.score.map_or_else(|| "no score".to_owned(), points);
        format!("{} {score}", spot.model(model.model))
    });
    format!("Score {} of 100{span}. {}.", points(score), models.collect::<Vec<_>>().join(", "))
}

/// Beyond so many points no single answer stands for all.
const NOT_FOR_ALL: f64 = 10.0;

/// The rationale of the answer that is nearest to the combined score; where none is near, those of the lowest and the
/// highest model.
fn representative(spot: &Spot<'_>, task: &ScoredTask) -> Markup {
    let chosen = task.representative.and_then(|(model, sample)| {
        let model = task.models.get(model)?;
        Some((model, model.samples.get(sample)?))
    });
    let (Some((model, sample)), Some(combined)) = (chosen, task.score) else { return html! {} };
    let Some(rating) = sample.outcome.as_ref().ok().filter(|rating| !rating.rationale.is_empty()) else {
        return html! {};
    };
    let distance = (rating.score.value() - combined).abs();
    if distance > NOT_FOR_ALL && task.models.len() > 1 {
        return disagreeing(spot, task);
    }
    html! {
        p.repr { "“" (said(&rating.rationale)) "”" }
        p.why {
            "Shown because this answer of " (spot.model(model.model)) " is the nearest to the combined score ("
            (points(rating.score.value())) " against " (exact(combined, 1)) "). Quoted unedited from sample "
            (sample.number) " of " (model.samples.len()) "."
        }
    }
}

/// No answer is near to the mean of all: the two ends of it say more.
fn disagreeing(spot: &Spot<'_>, task: &ScoredTask) -> Markup {
    let mut rated: Vec<(&ModelScore, f64)> =
        task.models.iter().filter_map(|model| Some((model, model.score?))).collect();
    rated.sort_by(|a, b| a.1.total_cmp(&b.1));
    let ends = [rated.first(), rated.last()];
    html! {
        @for (model, score) in ends.into_iter().flatten() {
            @if let Some(Ok(rating)) = shown(model).map(|sample| &sample.outcome) && !rating.rationale.is_empty() {
                p.repr { "“" (said(&rating.rationale)) "” " span.small.muted { (spot.model(model.model)) ", " (points(*score)) } }
            }
        }
        p.why { "The models disagree, and no answer is near the combined score: these are the lowest and the highest model’s." }
    }
}

/// What one model said of a task.
fn card(spot: &Spot<'_>, model: &ModelScore) -> Markup {
    let shown = shown(model);
    html! {
        article.card {
            h3 { (legend_mark(model.model)) (spot.model(model.model)) b { (maybe_points(model.score)) } }
            (samples(model))
            @match shown.map(|sample| (sample, &sample.outcome)) {
                Some((sample, Ok(rating))) => {
                    @if rating.rationale.is_empty() { p.muted { "No rationale was given." } }
                    @else { p { (said(&rating.rationale)) } }
                    (provenance(spot, model, sample))
                }
                Some((sample, Err(gap))) => {
                    p.muted { "No rating: " (gap.reason.name()) @if !gap.detail.is_empty() { " – " (said(&gap.detail)) } "." }
                    (provenance(spot, model, sample))
                }
                None => { p.muted { "Not asked." } }
            }
        }
    }
}

/// The rated sample that is nearest to the model's mean; else any, for its gap.
fn shown(model: &ModelScore) -> Option<&Sample> {
    let mean = model.score.unwrap_or_default();
    let distance = |sample: &Sample| {
        sample.outcome.as_ref().map_or(f64::INFINITY, |rating| (rating.score.value() - mean).abs())
    };
    model.samples.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// What was said on the rubric's own scale.
fn level(rating: &Rating) -> String {
    match &rating.level {
        Level::Label(label) => said(label).into_owned(),
        Level::Number(_) => points(rating.score.value()),
    }
}

/// The way back to the answer.
fn provenance(spot: &Spot<'_>, model: &ModelScore, sample: &Sample) -> Markup {
    let all: Vec<String> = model
        .samples
        .iter()
        .map(|sample| sample.outcome.as_ref().map_or_else(|_| "–".to_owned(), level))
        .collect();
    html! {
        div.prov {
            @if all.len() > 1 { "samples " (all.join(" ")) ", quoted " (sample.number) br; }
            (source(spot, &sample.origin))
        }
    }
}

fn source(spot: &Spot<'_>, origin: &Origin) -> Markup {
    let json = spot.here.to(&address::json(&spot.entry.scored.occupation.code));
    let link = |what: &str, key: &str| html! { a href=(json) { (what) " " (short(key)) } };
    match origin {
        Origin::Answer { key, at, served, tokens_in, tokens_out, cost_nano_usd } => html! {
            (crate::site::words::day(*at)) " · " (said(served)) " · " (tokens_in) " in, " (tokens_out) " out"
            @if let Some(nano) = cost_nano_usd { " · " (usd(*nano as f64 / 1e9)) }
            br; (link("answer", &key.to_string()))
        },
        Origin::Unanswered { key } => link("question", &key.to_string()),
        Origin::Label { column } => html! { "label, column " (said(column)) },
    }
}

/// Everything that the headline is made of, to be made again by hand.
fn table(spot: &Spot<'_>, rows: &[&ScoredTask]) -> Markup {
    let scored = &spot.entry.scored;
    let count = several(rows.len(), "task");
    html! {
        details.alltasks {
            summary { "The same numbers as a table, to be reckoned again" }
            div.tablewrap tabindex="0" role="region" aria-label="All tasks with their scores" {
                table {
                    caption {
                        (count) ". The last line has, for every model, the sum of weight × score over the tasks it has rated, \
                        divided by the sum of their weights; and what the models combine to (" (spot.site.run.combine.name()) ")."
                    }
                    thead { tr {
                        th scope="col" { "Task" }
                        th.n scope="col" { "Weight %" }
                        @for (place, model) in spot.models().enumerate() {
                            th.n scope="col" { (said(model)) small { (part_in_mean(spot, place)) } }
                        }
                        th.n scope="col" { "Combined" }
                        th.n scope="col" { "Range" }
                    } }
                    tbody { @for task in rows { (table_row(task)) } }
                    tfoot { tr {
                        th scope="row" { "Weighted mean" }
                        td.n { "100" }
                        @for model in &scored.models { td.n { (maybe_exact(model.score, 2)) } }
                        td.n { b { (maybe_exact(scored.score, 2)) } }
                        td.n { @if let Some(spread) = scored.spread { (range(spread.low, spread.high)) } }
                    } }
                }
            }
        }
    }
}

/// What the mean of the models does with one of them, where it is not the same for all.
fn part_in_mean(spot: &Spot<'_>, place: usize) -> String {
    let models = &spot.site.run.models;
    let is_weighted = is_weighted(spot.site);
    let weight = models.get(place).filter(|_| is_weighted).map(|model| format!(" × {}", model.weight));
    let effect = spot.site.totals.effects.get(place).copied().flatten();
    let effect = effect.map(|effect| format!(" less {}", exact(effect, 2)));
    weight.unwrap_or_default() + &effect.unwrap_or_default()
}

fn table_row(task: &ScoredTask) -> Markup {
    html! {
        tr {
            th scope="row" { (crate::site::words::brief(&task.task.text, 160)) }
            td.n { (exact(task.weight * 100.0, 3)) }
            @for model in &task.models { td.n { (maybe_exact(model.score, 2)) } }
            td.n { (maybe_exact(task.score, 2)) }
            td.n { @if let Some(spread) = task.spread { (range(spread.low, spread.high)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn the_answer_nearest_to_a_models_mean_is_shown() {
        assert_eq!(shown(&sample::model(0, &[10, 30, 22])).unwrap().number, 3);
        assert!(shown(&sample::model(0, &[])).is_none());
    }
}

//! Agreement of the raters of a run: together, in pairs, by group, with themselves, and where it is least.

use maud::{Markup, html};

use crate::domain::ScoredTask;
use crate::domain::agreement::{Disputed, Group, Interval, Level, Overall, Pair, Retest};
use crate::site::address::Here;
use crate::site::pages::parts::{link, model_name, wide};
use crate::site::pages::shared::apart;
use crate::site::words::{brief, exact, maybe_exact, maybe_points, percent, said, signed, thousands};
use crate::site::{Entry, Site, groups};

/// From these on alpha is called by a word: Krippendorff's own advice (2004, chapter 11), who has 0.667 for the
/// first, of which two decimals are shown.
const TENTATIVE: f64 = 0.67;
const RELIABLE: f64 = 0.8;

/// Texts of tasks in the list of the disputed are cut here, in characters.
const LONGEST_TASK: usize = 220;

/// All raters together, with a sentence for each figure.
pub fn overall(site: &Site) -> Markup {
    let of = &site.agreement;
    let table = html! {
        table {
            caption { "All raters together" @if of.rounds > 0 { "; in brackets 95% intervals by resampling items" } }
            thead { tr {
                th scope="col" { "Figure" } th.n scope="col" { "On tasks" }
                @if of.occupations.is_some() { th.n scope="col" { "On occupations" } }
            } }
            tbody { @for (name, cell) in FIGURES {
                tr {
                    th scope="row" { (name) }
                    td.n { (cell(&of.tasks)) }
                    @if let Some(level) = &of.occupations { td.n { (cell(level)) } }
                }
            } }
        }
    };
    html! {
        (wide("Agreement of all raters", &table))
        ul.said {
            li { (in_words(&of.tasks.overall)) }
            li { "Alpha is 1 where all raters say the same and 0 where they agree no more than by drawing lots from everything that was said." }
            li { "ICC(2,1) is how well one model, picked out of models like these, stands for the task; ICC(2,k) how well their mean does. The second is the one that applies to the scores on this site." }
            @if of.occupations.is_some() {
                li { "Figures on occupations are of means over tasks. Errors that point to and fro cancel in them, and there are fewer of them." }
            }
        }
    }
}

type Cell = fn(&Level) -> String;

const FIGURES: [(&str, Cell); 6] = [
    ("Items rated by all", |level| thousands(level.overall.complete as u64)),
    ("Krippendorff’s alpha, interval", |level| with(level.overall.alpha.interval, level.alpha)),
    ("Krippendorff’s alpha, ordinal", |level| maybe_exact(level.overall.alpha.ordinal, 2)),
    ("ICC(2,1), one rater", |level| with(level.overall.icc.single, level.icc)),
    ("ICC(2,k), mean of all", |level| maybe_exact(level.overall.icc.mean, 2)),
    ("All raters equal", |level| level.overall.exact.map_or_else(|| "–".to_owned(), percent)),
];

fn with(value: Option<f64>, interval: Option<Interval>) -> String {
    let value = maybe_exact(value, 2);
    match interval {
        Some(Interval { low, high }) => format!("{value} ({} to {})", exact(low, 2), exact(high, 2)),
        None => value,
    }
}

fn in_words(overall: &Overall) -> String {
    let Some(alpha) = overall.alpha.interval else {
        return "Alpha is not defined here: there are too few ratings in common, or all of them are the same.".to_owned();
    };
    // As it is shown, so that the words fit the figure beside them.
    let shown = (alpha * 100.0).round() / 100.0;
    let meaning = match shown {
        alpha if alpha >= RELIABLE => "so this would do",
        alpha if alpha >= TENTATIVE => "so conclusions from single scores are tentative",
        _ => "so single scores carry none: read the range over models, and means over many",
    };
    format!(
        "On tasks alpha is {}. Krippendorff (“Content Analysis”, 2004) asks for at least 0.8 before conclusions are \
         drawn, and for 0.667 before tentative ones are, {meaning}. Agreement is not accuracy.",
        exact(shown, 2)
    )
}

/// Two by two, on tasks and on occupations.
pub fn pairs(site: &Site) -> Markup {
    let of = &site.agreement;
    html! {
        h3 { "Two by two" }
        (pair_table(site, "Pairs, on tasks", &of.tasks.pairs))
        @if let Some(level) = &of.occupations { (pair_table(site, "Pairs, on occupations", &level.pairs)) }
        ul.said {
            li { "Rank agreement (Spearman’s ρ) asks whether both put the same tasks above the others; 1 is the same order. It does not see that one is always higher." }
            li { "Quadratic kappa asks for the same size as well: it falls where one rater is higher throughout." }
            li { "The mean gap is by how many points the two differ on an item, whichever is higher; the bias by how many points the second is higher on average." }
            @if let Some(sentence) = closest(site, &of.tasks.pairs) { li { (sentence) } }
        }
    }
}

fn pair_table(site: &Site, caption: &str, pairs: &[Pair]) -> Markup {
    let table = html! {
        table {
            caption { (caption) }
            thead { tr {
                th scope="col" { "First" } th scope="col" { "Second" } th.n scope="col" { "Items" }
                th.n scope="col" { "Rank agreement ρ" } th.n scope="col" { "Quadratic κ" }
                th.n scope="col" { "Mean gap, points" } th.n scope="col" { "Bias, points" }
            } }
            tbody { @for pair in pairs {
                tr {
                    th scope="row" { (rater(site, pair.a)) }
                    td { (rater(site, pair.b)) }
                    td.n { (thousands(pair.items as u64)) }
                    td.n { (maybe_exact(pair.spearman, 2)) }
                    td.n { (maybe_exact(pair.kappa_quadratic, 2)) }
                    td.n { (maybe_exact(pair.mae, 1)) }
                    td.n { (pair.bias.map_or_else(|| "–".to_owned(), signed)) }
                }
            } }
        }
    };
    wide(caption, &table)
}

/// Raters are the run's models, in their order.
fn rater(site: &Site, place: usize) -> Markup {
    match site.agreement.raters.get(place) {
        Some(name) if site.run.models.get(place).is_none_or(|model| *model.id != **name) => {
            html! { (said(name)) }
        }
        _ => model_name(site, place),
    }
}

fn closest(site: &Site, pairs: &[Pair]) -> Option<String> {
    let gaps = || pairs.iter().filter_map(|pair| Some((pair, pair.mae?)));
    let (near, _) = gaps().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let (far, gap) = gaps().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let name = |place: usize| {
        site.agreement.raters.get(place).map_or_else(String::new, |name| said(name).into_owned())
    };
    let points = format!("{} points", exact(gap, 1));
    if pairs.len() < 2 {
        return Some(format!("On a task {} and {} are {points} apart on average.", name(far.a), name(far.b)));
    }
    Some(format!(
        "On tasks {} and {} are nearest to each other, {} and {} farthest apart ({points} on average).",
        name(near.a),
        name(near.b),
        name(far.a),
        name(far.b)
    ))
}

/// On the tasks of each major group.
pub fn groups(site: &Site) -> Markup {
    let groups = &site.agreement.groups;
    if groups.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            caption { "On the tasks of each major group; correlation and gap are means over pairs" }
            thead { tr {
                th scope="col" { "Group" } th.n scope="col" { "Tasks" } th.n scope="col" { "Alpha, interval" }
                th.n scope="col" { "Correlation r" } th.n scope="col" { "Mean gap, points" }
            } }
            tbody { @for group in groups { (group_row(group)) } }
        }
    };
    html! {
        h3 { "By kind of work" }
        p.said { "Alpha weighs disagreement against how much the tasks of a group differ. Where all of them score alike, alpha can be low though the gaps are small, so both stand here." }
        (wide("Agreement by major group", &table))
    }
}

fn group_row(group: &Group) -> Markup {
    html! {
        tr {
            th scope="row" { (groups::named(&group.name).map_or_else(|| said(&group.name), Into::into)) }
            td.n { (thousands(group.overall.items as u64)) }
            td.n { (maybe_exact(group.overall.alpha.interval, 2)) }
            td.n { (maybe_exact(group.pearson, 2)) }
            td.n { (maybe_exact(group.mae, 1)) }
        }
    }
}

/// Each rater with itself.
pub fn retests(site: &Site) -> Markup {
    let retests = &site.agreement.retests;
    if retests.is_empty() {
        return html! {
            h3 { "Each model with itself" }
            p.said { "There is one sample of each answer, so how far a model agrees with itself is not known." }
        };
    }
    let table = html! {
        table {
            caption { "Samples of the same model and task, compared with each other" }
            thead { tr {
                th scope="col" { "Model" } th.n scope="col" { "Samples" } th.n scope="col" { "Tasks" }
                th.n scope="col" { "Alpha, interval" } th.n scope="col" { "Spread on a task, points" }
            } }
            tbody { @for Retest { rater: place, samples, overall, sd_within } in retests {
                tr {
                    th scope="row" { (rater(site, *place)) }
                    td.n { (thousands(*samples as u64)) }
                    td.n { (thousands(overall.items as u64)) }
                    td.n { (maybe_exact(overall.alpha.interval, 2)) }
                    td.n { (maybe_exact(*sd_within, 1)) }
                }
            } }
        }
    };
    html! {
        h3 { "Each model with itself" }
        p.said { "The spread is how far a model’s answers to the very same question lie apart (standard deviation). On one task, a difference between two single answers of this size is what chance alone gives; averages over samples and tasks are far steadier." }
        (wide("Agreement of each model with itself", &table))
    }
}

/// Between whole points, as the occupation's page has it, so that the same task has the same number on both.
fn points_apart(one: &Disputed, scored: &ScoredTask) -> String {
    exact(scored.spread.map_or(one.range, apart), 0)
}

/// The tasks on which raters are farthest apart.
pub fn disputed(site: &Site, here: &Here) -> Markup {
    let tasks: Vec<(&Entry, &ScoredTask)> =
        site.entries.iter().flat_map(|entry| entry.tasks.iter().map(move |task| (entry, task))).collect();
    let found: Vec<(&Disputed, &(&Entry, &ScoredTask))> =
        site.agreement.disputed.iter().filter_map(|one| Some((one, tasks.get(one.item)?))).collect();
    if found.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            caption { "The most disputed tasks" }
            thead { tr {
                th scope="col" { "Task" } th scope="col" { "Occupation" }
                @for place in 0..site.agreement.raters.len() { th.n scope="col" { (rater(site, place)) } }
                th.n scope="col" { "Points apart" }
            } }
            tbody { @for (one, (entry, scored)) in found {
                tr {
                    th scope="row" { (brief(&scored.task.text, LONGEST_TASK)) }
                    td { (link(here, entry)) }
                    @for score in &one.scores { td.n { (maybe_points(*score)) } }
                    td.n { (points_apart(one, scored)) }
                }
            } }
        }
    };
    html! {
        h3 { "Where they disagree most" }
        p.said { "Each occupation’s page has the models’ reasons, word for word. Often they assume different tools, or another measure of good enough." }
        (wide("The most disputed tasks", &table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Spread;
    use crate::site::sample;

    #[test]
    fn points_apart_are_those_between_the_whole_points_that_are_shown() {
        let site = sample::site();
        let one = Disputed { item: 0, range: 29.4, scores: vec![Some(40.4), Some(69.8)] };
        let mut task = site.entries[0].tasks[0].clone();
        task.spread = Some(Spread { low: 40.4, high: 69.8 });
        assert_eq!(points_apart(&one, &task), "30");
        task.spread = None;
        assert_eq!(points_apart(&one, &task), "29");
    }

    #[test]
    fn agreement_is_told_by_what_its_author_asks_for() {
        let mut overall = sample::site().agreement.tasks.overall;
        for (alpha, words) in [(0.81, "would do"), (0.7, "tentative."), (0.4, "carry none")] {
            overall.alpha.interval = Some(alpha);
            let said = in_words(&overall);
            assert!(said.contains(words) && said.ends_with("Agreement is not accuracy."), "{said}");
        }
    }
}

//! From answers to scores, step by step, with the formulas that were applied.

use maud::{Markup, html};

use crate::domain::{Bands, Combine, Weighting};
use crate::site::Site;
use crate::site::pages::parts::wide;
use crate::site::words::{exact, said, thousands};

pub fn section(site: &Site) -> Markup {
    html! {
        section aria-labelledby="h-steps" {
            div.shead { div {
                h2 #h-steps { "From answer to score" }
                p { "A score is a chain of means. What has no rating is left out above and below the line alike; it is never counted as 0, and nothing is filled in for it." }
            } }
            ol.steps {
                li { b { "Answer to rating. " } "The last valid JSON object in the answer counts. A level off the scale is no rating, and neither is a range or a number in passing." }
                li { b { "Model’s score of a task. " } "The mean of its samples." (formula("x[task, model] = mean over samples of s[task, model, sample]")) }
                li { b { "Score of a task. " } (task_words(site.run.combine)) (formula(task_formula(site.run.combine))) }
                li { b { "Model’s score of an occupation. " } "The weighted mean of its scores over the tasks that it rated." (formula("S[model] = Σ w[task] · x[task, model] / Σ w[task]")) }
                li { b { "Score of an occupation. " } (occupation_words(site.run.combine)) (formula(occupation_formula(site.run.combine))) }
                li { b { "Range. " } "Lowest and highest are those of the models’ own scores, of the task or of the occupation." }
            }
            (weightings(site))
            (combinations(site.run.combine))
            (bands(&site.bands))
        }
    }
}

fn formula(text: &str) -> Markup {
    html! { code.formula { (text) } }
}

fn task_words(combine: Combine) -> &'static str {
    match combine {
        Combine::Mean => {
            "The mean of the models that rated it, weighted by v, the model’s weight in the table of models below."
        }
        Combine::Median => {
            "The middle one of the models that rated it, or the mean of the two in the middle."
        }
        Combine::Trimmed => {
            "The mean of the models that rated it, without the lowest and the highest fifth (rounded down)."
        }
        Combine::Effects => "The weighted mean after what each model adds to every task was taken away.",
    }
}

fn task_formula(combine: Combine) -> &'static str {
    match combine {
        Combine::Mean => "x[task] = Σ v[model] · x[task, model] / Σ v[model]",
        Combine::Median => "x[task] = median over models of x[task, model]",
        Combine::Trimmed => "x[task] = trimmed mean over models of x[task, model]",
        Combine::Effects => "x[task] = Σ v[model] · (x[task, model] − e[model]) / Σ v[model]",
    }
}

fn occupation_words(combine: Combine) -> &'static str {
    match combine {
        Combine::Mean => {
            "The mean of the models’ scores of the occupation, weighted by v. Where every model rated every task this is also the weighted mean of the tasks’ scores."
        }
        Combine::Median => {
            "The middle one of the models’ scores of the occupation. It need not be the weighted mean of the tasks’ scores."
        }
        Combine::Trimmed => {
            "The mean of the models’ scores of the occupation without the lowest and the highest fifth. It need not be the weighted mean of the tasks’ scores."
        }
        Combine::Effects => "The weighted mean of the tasks’ scores.",
    }
}

fn occupation_formula(combine: Combine) -> &'static str {
    match combine {
        Combine::Mean => "S = Σ v[model] · S[model] / Σ v[model]",
        Combine::Median => "S = median over models of S[model]",
        Combine::Trimmed => "S = trimmed mean over models of S[model]",
        Combine::Effects => "S = Σ w[task] · x[task] / Σ w[task]",
    }
}

fn weightings(site: &Site) -> Markup {
    let differs = site.entries.iter().any(|entry| entry.scored.weighting != site.run.weighting);
    let imputed: u64 = site.entries.iter().map(|entry| entry.scored.imputed).sum();
    let table = html! {
        table {
            caption { "Ways to weigh tasks; this run used “" (site.run.weighting.name()) "”" }
            thead { tr { th scope="col" { "Name" } th scope="col" { "Weight of a task" } th scope="col" { "Where the source has no figure" } th scope="col" { "This run" } } }
            tbody { @for weighting in Weighting::ALL {
                @let (weight, missing) = weighted(weighting);
                tr {
                    th scope="row" { (weighting.name()) }
                    td { (weight) }
                    td { (missing) }
                    td { (used(weighting == site.run.weighting)) }
                }
            } }
        }
    };
    html! {
        h3 { "Weights of tasks" }
        p.said { "IM is how important people in the occupation say the task is (1 to 5), RT the percentage of them who do it at all, FT how often; all three are O*NET’s. An occupation’s weights are divided by their sum." }
        @if differs { p.said { "Some occupations bring weights of their own or lack those of the run; the column " code { "weights" } " of occupations.csv says which were used." } }
        @if imputed > 0 { p.said { "In this run " (thousands(imputed)) " weights had a part that the source does not have and that was put in as the table says." } }
        (wide("Ways to weigh tasks", &table))
    }
}

fn used(is_used: bool) -> &'static str {
    if is_used { "used" } else { "–" }
}

fn weighted(weighting: Weighting) -> (&'static str, &'static str) {
    match weighting {
        Weighting::Equal => ("w = 1", "–"),
        Weighting::Core => ("w = 2 for core tasks, 1 for others, as in Eloundou et al. (2024)", "1"),
        Weighting::Importance => ("w = IM", "IM = 3, the middle of its scale"),
        Weighting::ImportanceRelevance => {
            ("w = IM × RT / 100", "IM = 3; RT = 100 for core tasks, 50 for supplemental, 75 for others")
        }
        Weighting::Time => (
            "w = times a year × RT / 100; times a year from FT: 1, 4, 24, 104, 250, 750 or 2,000",
            "104 times a year; RT as above",
        ),
        Weighting::Given => ("the weight that comes with the task", "1"),
    }
}

fn combinations(combine: Combine) -> Markup {
    let table = html! {
        table {
            caption { "Ways to combine models; this run used “" (combine.name()) "”" }
            thead { tr { th scope="col" { "Name" } th scope="col" { "What it does" } th scope="col" { "When it is of use" } th scope="col" { "This run" } } }
            tbody { @for one in Combine::ALL {
                @let (what, when) = combined(one);
                tr { th scope="row" { (one.name()) } td { (what) } td { (when) } td { (used(one == combine)) } }
            } }
        }
    };
    html! { h3 { "Several models, one score" } (wide("Ways to combine models", &table)) }
}

fn combined(combine: Combine) -> (&'static str, &'static str) {
    match combine {
        Combine::Mean => ("the mean, weighted by v", "first of all"),
        Combine::Median => ("the model in the middle", "one model out of many is far off"),
        Combine::Trimmed => {
            ("the mean without the lowest and highest fifth", "there are five models or more")
        }
        Combine::Effects => (
            "the mean after what each model adds everywhere was taken away, fitted by least squares over all tasks",
            "models have not rated the same tasks",
        ),
    }
}

fn bands(bands: &Bands) -> Markup {
    let Bands::Cuts { cuts, names } = bands else { return gradients() };
    if cuts.is_empty() {
        return html! { h3 { "Bands" } p.said { "Scores of this run have no bands." } };
    }
    let edges: Vec<f64> = std::iter::once(0.0).chain(cuts.iter().copied()).chain([100.0]).collect();
    let table = html! {
        table {
            caption { "Names and cut points as the configuration has them now; a score on a cut belongs to the higher band" }
            thead { tr { th scope="col" { "Band" } th.n scope="col" { "From" } th.n scope="col" { "To below" } } }
            tbody { @for (place, (name, edge)) in names.iter().zip(edges.windows(2)).enumerate() {
                @if let [low, high] = edge {
                    tr {
                        th scope="row" { (said(name)) }
                        td.n { (cut(*low)) }
                        td.n { (cut(*high)) @if place + 1 == names.len() { " (included)" } }
                    }
                }
            } }
        }
    };
    html! {
        h3 { "Bands" }
        p.said { "Bands are names for ranges of scores and say nothing that the score does not. They are cut before rounding: 39.96 is shown as 40 and lies below a cut at 40." }
        (wide("Bands", &table))
    }
}

/// Whole where it is whole.
fn cut(value: f64) -> String {
    if value.fract() == 0.0 { exact(value, 0) } else { value.to_string() }
}

fn gradients() -> Markup {
    html! {
        h3 { "Bands" }
        p.said {
            "Occupations are put into the gradients of Gmyrek and others, “Generative AI and Jobs: A Refined Global Index of "
            "Occupational Exposure” (ILO Working Paper 140, 2025), by the mean m and the standard deviation d of their tasks’ "
            "scores, both in whole points: m of 60 or more is Gradient 4; 50 or more is Gradient 3; else, where m + d reaches 50, "
            "Gradient 2 from m = 40 on and Gradient 1 below; where it reaches 40, Minimal exposure; else Not exposed."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::sample;

    #[test]
    fn every_weighting_and_combination_is_explained_and_one_of_each_is_marked() {
        for weighting in Weighting::ALL {
            for combine in Combine::ALL {
                let mut site = sample::site();
                site.run.weighting = weighting;
                site.run.combine = combine;
                let text = section(&site).into_string();
                assert_eq!(text.matches("<td>used</td>").count(), 2, "{weighting} {combine}");
            }
        }
    }

    #[test]
    fn the_cuts_stand_in_the_table_of_bands() {
        let text = bands(&sample::bands()).into_string();
        assert!(
            text.contains("<th scope=\"row\">Partial</th><td class=\"n\">40</td><td class=\"n\">60</td>"),
            "{text}"
        );
        assert!(bands(&Bands::Ilo).into_string().contains("Gmyrek"));
        assert!(bands(&Bands::none()).into_string().contains("no bands"));
    }
}

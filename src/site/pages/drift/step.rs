//! What moved from one run to the next, and because of what.

use maud::{Markup, html};

use crate::domain::drift::{Change, Mover, RaterChange};
use crate::site::address::Here;
use crate::site::pages::parts::{link_or_title, wide};
use crate::site::words::{date, exact, listed, maybe_exact, percent, said, several, signed, thousands};
use crate::site::{Past, Site};

pub fn section(site: &Site, here: &Here, past: &Past, change: &Change, note: Option<usize>) -> Markup {
    html! {
        h3 { @if let Some(note) = note { (note) ". " } "What moved in the run of " (date(past.began)) }
        p.said { (in_words(change)) }
        (causes(change))
        (raters(change))
        (movers(site, here, &change.movers))
    }
}

/// A sentence or two on what moved.
pub fn in_words(change: &Change) -> String {
    let of = &change.occupations;
    let shift = match of.shift {
        Some(shift) if shift.abs() < 0.05 => "did not move on average".to_owned(),
        Some(shift) => format!("moved by {} points on average", signed(shift)),
        None => "cannot be compared".to_owned(),
    };
    let mut text = format!("The {} that both runs have {shift}", several(of.count, "occupation"));
    text += &match of.flips {
        0 => "; none is in another band.".to_owned(),
        1 => "; one is in another band.".to_owned(),
        flips => format!("; {} are in another band.", thousands(flips as u64)),
    };
    if of.new + of.gone > 0 {
        text += &format!(
            " In one of the two runs only: {} new, {} gone{}.",
            thousands(of.new as u64),
            thousands(of.gone as u64),
            of.exchanged.map_or_else(String::new, |part| format!(
                ", which moved the mean over all by {}",
                signed(part)
            ))
        );
    }
    if change.rubric_changed {
        text += " The rubric’s text is another, so differences are not those of the models alone.";
    }
    text
}

fn causes(change: &Change) -> Markup {
    let (causes, tasks) = (&change.causes, &change.tasks);
    let rows: [(&str, f64, String); 3] = [
        (
            "Inputs",
            causes.inputs,
            format!(
                "other tasks, texts or weights: {} kept, {} reworded, {} new, {} gone",
                thousands(tasks.kept as u64),
                thousands(tasks.reworded as u64),
                thousands(tasks.new as u64),
                thousands(tasks.gone as u64)
            ),
        ),
        ("Raters", causes.raters, came_and_went(change)),
        ("Answers", causes.answers, "the same models on the same tasks".to_owned()),
    ];
    let table = html! {
        table {
            caption { "Causes of the change of the mean, in points; together they are all of it" }
            thead { tr { th scope="col" { "Cause" } th.n scope="col" { "Points" } th scope="col" { "What it is" } } }
            tbody { @for (name, points, what) in &rows {
                tr { th scope="row" { (name) } td.n { (signed(*points)) } td { (what) } }
            } }
        }
    };
    html! {
        (wide("Causes of the change", &table))
        @if let Some(equated) = change.occupations.equated {
            p.said { "With each model’s own level taken away the mean moved by " (signed(equated)) " points: what is left when a model was merely replaced by a milder or a stricter one." }
        }
    }
}

fn came_and_went(change: &Change) -> String {
    let names = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| said(name).into_owned()).collect();
        listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let mut parts = Vec::new();
    if !change.raters_new.is_empty() {
        parts.push(format!("new: {}", names(&change.raters_new)));
    }
    if !change.raters_gone.is_empty() {
        parts.push(format!("gone: {}", names(&change.raters_gone)));
    }
    if change.combine.0 != change.combine.1 {
        parts.push(format!("combined by {} and no longer by {}", change.combine.1, change.combine.0));
    }
    if parts.is_empty() { "the same models".to_owned() } else { parts.join("; ") }
}

fn raters(change: &Change) -> Markup {
    if change.raters.is_empty() {
        return html! { p.said { "No model is in both runs, so none can be held against itself." } };
    }
    // On anchors everything is asked anew, so there a change is the model's.
    let (rows, on) = if change.anchors.is_empty() {
        (&change.raters, "tasks whose text is the same")
    } else {
        (&change.anchors, "anchor tasks, which are asked anew in every run")
    };
    let table = html! {
        table {
            caption { "Each model against itself, on " (on) }
            thead { tr {
                th scope="col" { "Model" } th.n scope="col" { "Tasks" } th.n scope="col" { "Shift, points" }
                th.n scope="col" { "Standard error" } th.n scope="col" { "Typical difference" }
                th.n scope="col" { "By chance" } th scope="col" { "Verdict" }
            } }
            tbody { @for rater in rows { (rater_row(rater)) } }
        }
    };
    html! {
        (wide("Each model against itself", &table))
        p.small.muted { "The typical difference is the root of the mean squared one; “by chance” is what the spread between samples would make of it." }
    }
}

fn rater_row(rater: &RaterChange) -> Markup {
    let served = |names: &[String]| {
        let names: Vec<String> = names.iter().map(|name| said(name).into_owned()).collect();
        listed(&names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    html! {
        tr {
            th scope="row" { (said(&rater.id)) }
            td.n { (thousands(rater.tasks as u64)) }
            td.n { (rater.shift.map_or_else(|| "–".to_owned(), signed)) }
            td.n { (maybe_exact(rater.se, 1)) }
            td.n { (maybe_exact(rater.rmsd, 1)) }
            td.n { (maybe_exact(rater.noise, 1)) }
            td {
                (rater.verdict.said())
                @if rater.served.0 != rater.served.1 { ": " (served(&rater.served.0)) " before, " (served(&rater.served.1)) " after" }
                @if let Some(beyond) = rater.beyond { "; " (percent(beyond)) " of tasks beyond the threshold" }
            }
        }
    }
}

fn movers(site: &Site, here: &Here, movers: &[Mover]) -> Markup {
    if movers.is_empty() {
        return html! {};
    }
    let table = html! {
        table {
            caption { "Occupations that moved most" }
            thead { tr {
                th scope="col" { "Occupation" } th.n scope="col" { "Before" } th.n scope="col" { "After" }
                th.n scope="col" { "Change" } th.n scope="col" { "Inputs" } th.n scope="col" { "Raters" }
                th.n scope="col" { "Answers" } th scope="col" { "Band" }
            } }
            tbody { @for mover in movers {
                tr {
                    th scope="row" { (link_or_title(site, here, &mover.code, &mover.title)) }
                    td.n { (exact(mover.before, 1)) }
                    td.n { (exact(mover.after, 1)) }
                    td.n { (signed(mover.after - mover.before)) }
                    td.n { (signed(mover.causes.inputs)) }
                    td.n { (signed(mover.causes.raters)) }
                    td.n { (signed(mover.causes.answers)) }
                    td { (band(&mover.bands)) }
                }
            } }
        }
    };
    wide("Occupations that moved most", &table)
}

fn band((before, after): &(String, String)) -> String {
    if before == after { said(after).into_owned() } else { format!("{} → {}", said(before), said(after)) }
}

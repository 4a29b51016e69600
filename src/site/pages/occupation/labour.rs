//! Pay, jobs and hiring, each with its vintage and with whose figure it is.

use maud::{Markup, html};

use super::Spot;
use crate::domain::facts::{Facts, Figure, Whose};
use crate::site::chart::series;
use crate::site::words::{said, signed, span, thousands, wage};

pub fn section(spot: &Spot<'_>) -> Markup {
    let facts = &spot.entry.facts;
    let rows = rows(facts);
    html! {
        @if !rows.is_empty() || facts.sector.is_some() {
            section aria-labelledby="h-labour" {
                div.shead { div {
                    h2 #h-labour { "Pay and demand" }
                    p { "Published statistics, joined by code. They were not used for the score." }
                } }
                div.two {
                    @if !rows.is_empty() { (table(&rows)) }
                    (sector(facts))
                }
            }
        }
    }
}

struct Row<'a> {
    name: String,
    value: String,
    figure: &'a Figure,
}

fn rows(facts: &Facts) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut add = |name: &str, value: Option<String>, figure| {
        rows.extend(value.map(|value| Row { name: name.to_owned(), value, figure }));
    };
    if let Some(pay) = &facts.pay {
        let figure = &pay.figure;
        add("Median annual pay", pay.median.map(wage), figure);
        add("10th percentile", pay.low.map(wage), figure);
        add("90th percentile", pay.high.map(wage), figure);
        add("Jobs, without the self-employed", pay.employment.map(thousands), figure);
    }
    if let Some(growth) = &facts.pay_growth {
        let name = format!("Change of the median a year since {}, nominal", growth.since);
        add(&name, Some(format!("{}%", signed(growth.percent_a_year))), &growth.figure);
    }
    if let Some(outlook) = &facts.outlook {
        let figure = &outlook.figure;
        let words = if outlook.words.is_empty() { String::new() } else { format!(", {}", outlook.words) };
        add("Jobs", outlook.employment.map(thousands), figure);
        add("Jobs as projected", outlook.projected.map(thousands), figure);
        add("Projected change", Some(format!("{}%{words}", signed(outlook.change_percent))), figure);
        add("Openings a year", outlook.openings.map(thousands), figure);
        let education = (!outlook.education.is_empty()).then(|| said(&outlook.education).into_owned());
        add("Usual education at entry", education, figure);
    }
    rows
}

fn table(rows: &[Row<'_>]) -> Markup {
    html! {
        div.panel {
            h3 { "Published figures" }
            div.tablewrap tabindex="0" role="region" aria-label="Pay and employment" { table {
                caption.vh { "Pay and employment, by source" }
                thead { tr { th scope="col" { "Figure" } th.n scope="col" { "Value" } } }
                @for group in rows.chunk_by(|one, next| one.figure == next.figure) { (of_source(group)) }
            } }
            p.small.muted {
                "Wages above the highest that is published are given as “or more”. The wage statistics are not made for comparison \
                 over time, as BLS warns; the change is that of two published medians."
            }
        }
    }
}

/// Rows under the source that they share, which says whose they are.
fn of_source(rows: &[Row<'_>]) -> Markup {
    let Some(figure) = rows.first().map(|row| row.figure) else { return html! {} };
    html! {
        tbody {
            tr { th scope="rowgroup" colspan="2" {
                (said(&figure.source)) ", " (span(&figure.vintage))
                @if let Some(whose) = whose(&figure.whose) { p.byline { (whose) } }
            } }
            @for row in rows { tr { th scope="row" { (row.name) } td.n { (row.value) } } }
        }
    }
}

/// Said where the figures are of more than the occupation.
pub fn whose(whose: &Whose) -> Option<String> {
    match whose {
        Whose::Its => None,
        Whose::Part { code, title, parts } => Some(format!(
            "The figures are for {code} {}, of which this is one of {parts} parts that O*NET tells apart.",
            said(title)
        )),
        Whose::Merged { code, title } => Some(format!(
            "The figures are for {code} {}, into which the statistics have merged this occupation.",
            said(title)
        )),
    }
}

fn sector(facts: &Facts) -> Markup {
    let Some(sector) = &facts.sector else { return html! {} };
    let (first, last) = (sector.points.first(), sector.points.last());
    let label = match (first, last) {
        (Some(first), Some(last)) => {
            format!(
                "{}, {}: {} on {}, {} on {}",
                sector.name, sector.sector, first.1, first.0, last.1, last.0
            )
        }
        _ => sector.name.clone(),
    };
    html! {
        div.panel {
            h3 { (said(&sector.name)) }
            p { "Sector: " (said(&sector.sector)) "; " (said(&sector.direction)) "." }
            (series(&sector.points, &said(&label)))
            p.small.muted { "Source: " (said(&sector.source)) ". Of the whole sector, not of this occupation." }
        }
    }
}

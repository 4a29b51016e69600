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
        let words =
            if outlook.words.is_empty() { String::new() } else { format!(", {}", said(&outlook.words)) };
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

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;
    use super::*;
    use crate::domain::facts::Sector;
    use crate::site::sample;

    #[test]
    fn figures_stand_below_the_source_that_they_share() {
        let text = drawn(&sample::site(), 0, section);
        let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
        let order = [
            "OEWS, May 2024",
            "$133,080",
            "1,693,800",
            "BLS projections, 2024–34",
            "1,700,000",
            "2,000,000",
            "+17.9%, much faster than average",
            "140,100",
            "Bachelor&#39;s degree",
        ];
        let escaped =
            |part: &str| if text.contains(part) { part.to_owned() } else { part.replace("&#39;", "'") };
        let places: Vec<usize> = order.iter().map(|part| place(&escaped(part))).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(!text.contains("10th percentile"), "{text}");
    }

    #[test]
    fn it_is_said_whose_figures_they_are() {
        let site = sample::shared_figures();
        let part = "The figures are for 15-1250 Software &amp; Web, of which this is one of 3 parts that O*NET tells apart.";
        let merged = "The figures are for 41-2010 All &lt;cashiers&gt;, into which the statistics have merged this occupation.";
        assert!(drawn(&site, 0, section).contains(part));
        assert!(drawn(&site, 1, section).contains(merged));
        assert!(!drawn(&sample::site(), 0, section).contains("The figures are for"));
    }

    #[test]
    fn a_sector_is_drawn_even_without_other_figures_and_nothing_makes_no_section() {
        let mut site = sample::site();
        site.entries[0].facts = Facts::default();
        assert_eq!(drawn(&site, 0, section), "");
        let points = vec![("2026-01-01".to_owned(), 100.0), ("2026-02-01".to_owned(), 98.5)];
        site.entries[0].facts.sector = Some(std::sync::Arc::new(Sector {
            sector: "IT & more".into(),
            name: "Job postings index".into(),
            direction: "higher = more hiring".into(),
            source: "Somebody".into(),
            points,
        }));
        let text = drawn(&site, 0, section);
        for part in
            ["Sector: IT &amp; more; higher = more hiring.", "98.5 on 2026-02-01", "Of the whole sector"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("Published figures"), "{text}");
    }

    #[test]
    fn hostile_text_is_tamed_and_only_spans_get_a_dash() {
        assert!(sample::is_tame(&drawn(&sample::hostile(), 0, section)));
        assert_eq!((span("2024-34").as_str(), span("May-2024").as_str()), ("2024–34", "May-2024"));
    }
}

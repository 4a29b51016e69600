//! Columns of `occupations.csv` that published statistics fill: each figure with its vintage and with whose it is.

use super::columns::{Column, number, or_empty, text, whole};
use super::occupations::{Cell, Row};
use super::table::{self, safe};
use crate::domain::facts::{Figure, Outlook, Pay, PayGrowth, Wage, Whose};

const NO_FIGURE: &str = "where the sources have no figure";
const NO_PAY: &str = "where its status is not_released or no_figure";
const OWN: &str = "where the figure is its own, or there is none";

/// What a status of a wage may be, said with each.
const STATUS: &str = "exact, at_least (top-coded: this or more), not_released, or no_figure";

pub(super) const COLUMNS: [Column<Cell>; 28] = [
    or_empty(
        whole("job_zone_1_5", "level", "O*NET job zone: preparation that is needed", |row| {
            table::or_empty(row.facts.job_zone.as_ref().map(|zone| zone.zone))
        }),
        NO_FIGURE,
    ),
    text("pay_status", STATUS, |row| status(row, |pay| pay.median)),
    or_empty(
        whole("median_pay_usd", "USD a year", "median annual wage; see pay_status", |row| {
            usd(row, |pay| pay.median)
        }),
        "where pay_status is not_released or no_figure",
    ),
    text("pay_p10_status", STATUS, |row| status(row, |pay| pay.low)),
    or_empty(
        whole("pay_p10_usd", "USD a year", "10th percentile of annual wages; see pay_p10_status", |row| {
            usd(row, |pay| pay.low)
        }),
        NO_PAY,
    ),
    text("pay_p90_status", STATUS, |row| status(row, |pay| pay.high)),
    or_empty(
        whole("pay_p90_usd", "USD a year", "90th percentile of annual wages; see pay_p90_status", |row| {
            usd(row, |pay| pay.high)
        }),
        NO_PAY,
    ),
    or_empty(text("pay_vintage", "of which date the pay is", |row| vintage(pay(row))), NO_FIGURE),
    or_empty(
        text(
            "pay_whose",
            "whose figure it is: its own, part (of the six-digit code), or merged (of a broader code)",
            |row| whose(pay(row)),
        ),
        NO_FIGURE,
    ),
    or_empty(
        text("pay_of_code", "the code that the figure is of, where it is not its own", |row| {
            of_code(pay(row))
        }),
        OWN,
    ),
    or_empty(
        whole(
            "employment_jobs",
            "jobs",
            "employment without the self-employed, of the vintage and code of the pay",
            |row| table::or_empty(row.facts.pay.as_ref().and_then(|pay| pay.employment)),
        ),
        NO_FIGURE,
    ),
    or_empty(
        number(
            "pay_growth_percent_a_year",
            "percent a year",
            "change of the median wage a year from pay_growth_since to pay_growth_vintage; nominal, and the source's vintages are no time series",
            |row| table::or_empty(row.facts.pay_growth.as_ref().map(|growth| growth.percent_a_year)),
        ),
        "where there are not two exact medians of the same code",
    ),
    or_empty(
        text("pay_growth_since", "of which date the earlier median is", |row| {
            safe(growth(row).map_or("", |growth| &growth.since))
        }),
        NO_FIGURE,
    ),
    or_empty(
        text("pay_growth_vintage", "of which date the later median is", |row| {
            vintage(growth(row).map(|growth| &growth.figure))
        }),
        NO_FIGURE,
    ),
    or_empty(
        text("pay_growth_whose", "as pay_whose", |row| whose(growth(row).map(|growth| &growth.figure))),
        NO_FIGURE,
    ),
    or_empty(
        text("pay_growth_of_code", "as pay_of_code", |row| of_code(growth(row).map(|growth| &growth.figure))),
        OWN,
    ),
    or_empty(
        text("outlook_vintage", "years that the projection spans", |row| vintage(outlook(row))),
        NO_FIGURE,
    ),
    or_empty(text("outlook_whose", "as pay_whose", |row| whose(outlook(row))), NO_FIGURE),
    or_empty(text("outlook_of_code", "as pay_of_code", |row| of_code(outlook(row))), OWN),
    or_empty(
        whole(
            "outlook_employment_jobs",
            "jobs",
            "employment with the self-employed in the first year of outlook_vintage",
            |row| table::or_empty(projection(row).and_then(|outlook| outlook.employment)),
        ),
        NO_FIGURE,
    ),
    or_empty(
        whole(
            "projected_employment_jobs",
            "jobs",
            "the same in the last year of outlook_vintage, as projected",
            |row| table::or_empty(projection(row).and_then(|outlook| outlook.projected)),
        ),
        NO_FIGURE,
    ),
    or_empty(
        number(
            "projected_change_percent",
            "percent",
            "projected change of employment over the whole period",
            |row| table::or_empty(projection(row).map(|outlook| outlook.change_percent)),
        ),
        NO_FIGURE,
    ),
    or_empty(
        text("outlook_words", "what the source calls a change of that size", |row| {
            safe(projection(row).map_or("", |outlook| &outlook.words))
        }),
        "where there is no figure, or no words for it",
    ),
    or_empty(
        whole("openings_jobs_per_year", "jobs a year", "projected openings", |row| {
            table::or_empty(projection(row).and_then(|outlook| outlook.openings))
        }),
        NO_FIGURE,
    ),
    or_empty(
        text("entry_education", "usual education at entry, by the source of the projection", |row| {
            safe(projection(row).map_or("", |outlook| &outlook.education))
        }),
        NO_FIGURE,
    ),
    or_empty(
        text("sector", "sector that the occupation was put into", |row| {
            safe(row.facts.sector.as_ref().map_or("", |sector| &sector.sector))
        }),
        NO_FIGURE,
    ),
    or_empty(
        number("sector_index", "", "latest value of the sector’s series; of the whole sector", |row| {
            table::or_empty(latest(row).map(|(_, value)| *value))
        }),
        NO_FIGURE,
    ),
    or_empty(
        text("sector_index_date", "of which date that value is", |row| {
            safe(latest(row).map_or("", |(date, _)| date))
        }),
        NO_FIGURE,
    ),
];

fn pay<'a>(row: &Row<'a>) -> Option<&'a Figure> {
    row.facts.pay.as_ref().map(|pay| &pay.figure)
}

fn growth<'a>(row: &Row<'a>) -> Option<&'a PayGrowth> {
    row.facts.pay_growth.as_ref()
}

fn projection<'a>(row: &Row<'a>) -> Option<&'a Outlook> {
    row.facts.outlook.as_ref()
}

fn outlook<'a>(row: &Row<'a>) -> Option<&'a Figure> {
    projection(row).map(|outlook| &outlook.figure)
}

fn latest<'a>(row: &Row<'a>) -> Option<&'a (String, f64)> {
    row.facts.sector.as_ref()?.points.last()
}

/// A word beside a wage that may be missing or a bound.
fn status(row: &Row<'_>, wage: fn(&Pay) -> Option<Wage>) -> String {
    let status = match row.facts.pay.as_ref().map(wage) {
        None => "no_figure",
        Some(None) => "not_released",
        Some(Some(Wage::Exactly(_))) => "exact",
        Some(Some(Wage::AtLeast(_))) => "at_least",
    };
    status.to_owned()
}

fn usd(row: &Row<'_>, wage: fn(&Pay) -> Option<Wage>) -> String {
    let wage = row.facts.pay.as_ref().and_then(wage);
    table::or_empty(wage.map(|(Wage::Exactly(usd) | Wage::AtLeast(usd))| usd))
}

fn vintage(figure: Option<&Figure>) -> String {
    safe(figure.map_or("", |figure| &figure.vintage))
}

fn whose(figure: Option<&Figure>) -> String {
    let word = match figure.map(|figure| &figure.whose) {
        None => "",
        Some(Whose::Its) => "own",
        Some(Whose::Part { .. }) => "part",
        Some(Whose::Merged { .. }) => "merged",
    };
    word.to_owned()
}

fn of_code(figure: Option<&Figure>) -> String {
    match figure.map(|figure| &figure.whose) {
        Some(Whose::Part { code, .. } | Whose::Merged { code, .. }) => safe(code),
        _ => String::new(),
    }
}

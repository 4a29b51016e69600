//! The dictionary: every column of every table.

use maud::{Markup, html};

use crate::site::Site;
use crate::site::address::Here;
use crate::site::data::{About, tables};
use crate::site::pages::parts::wide;

pub fn section(site: &Site, here: &Here) -> Markup {
    html! {
        section aria-labelledby="h-columns" {
            div.shead { div {
                h2 #h-columns { "Columns" }
                p { "The same for programs: " a href=(here.to("data/datapackage.json")) { "datapackage.json" } "." }
            } }
            @for table in tables(site) {
                details.alltasks {
                    summary { (table.name) ".csv: " (table.what) }
                    p.small.muted { "Rows are told apart by " (table.key.join(", ")) "." }
                    (columns(table.name, &(table.columns)()))
                }
            }
        }
    }
}

fn columns(name: &str, columns: &[About]) -> Markup {
    let label = format!("Columns of {name}.csv");
    let table = html! {
        table {
            caption { (label) }
            thead { tr { th scope="col" { "Column" } th scope="col" { "Type" } th scope="col" { "Unit" } th scope="col" { "Meaning" } th scope="col" { "Empty" } } }
            tbody { @for about in columns {
                tr {
                    th scope="row" { code { (about.name) } }
                    td { (about.kind.name()) }
                    td { (if about.unit.is_empty() { "–" } else { about.unit }) }
                    td { (about.meaning) }
                    td { (if about.missing.is_empty() { "never" } else { about.missing }) }
                }
            } }
        }
    };
    wide(&label, &table)
}

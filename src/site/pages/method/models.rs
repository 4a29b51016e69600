//! Who was asked, under which settings, and at which price.

use maud::{Markup, html};

use crate::domain::{Priced, Until};
use crate::site::pages::parts::{model_name, or_dash, wide};
use crate::site::words::{exact, listed, said, several, signed, thousands, usd};
use crate::site::{Asked, Site};

pub fn section(site: &Site) -> Markup {
    html! {
        section aria-labelledby="h-models" {
            div.shead { div {
                h2 #h-models { "The models" }
                p { "“Asked for” is the name that was sent; “answered as” is what the server said that it was. Where the two differ, or the second changes between runs, so may the scores." }
            } }
            (who(site))
            (settings(site))
            (samples(site))
        }
    }
}

fn who(site: &Site) -> Markup {
    let has_effects = site.totals.effects.iter().any(Option::is_some);
    let table = html! {
        table {
            caption { "Raters of this run" }
            thead { tr {
                th scope="col" { "Model" } th scope="col" { "Provider" } th scope="col" { "Asked for" }
                th scope="col" { "Answered as" } th.n scope="col" { "Weight v" }
                @if has_effects { th.n scope="col" { "Effect e, points" } }
            } }
            tbody { @for (place, model) in site.run.models.iter().enumerate() {
                tr {
                    th scope="row" { (model_name(site, place)) }
                    td { (said(model.provider)) }
                    td { (or_dash(&model.model)) }
                    td { (served(site, place)) }
                    td.n { (model.weight) }
                    @if has_effects {
                        td.n { (site.totals.effects.get(place).copied().flatten().map_or_else(|| "–".to_owned(), signed)) }
                    }
                }
            } }
        }
    };
    wide("Raters of this run", &table)
}

fn served(site: &Site, place: usize) -> String {
    let names = site.totals.served.get(place).into_iter().flatten();
    let names: Vec<String> = names.map(|name| said(name).into_owned()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() { "–".to_owned() } else { listed(&names) }
}

fn settings(site: &Site) -> Markup {
    let table = html! {
        table {
            caption { "Settings that were sent, and prices as the publisher’s configuration has them now" }
            thead { tr {
                th scope="col" { "Model" } th.n scope="col" { "Temperature" } th scope="col" { "Effort" }
                th.n scope="col" { "Most tokens out" } th scope="col" { "Also sent" }
                th.n scope="col" { "USD per million tokens in" } th.n scope="col" { "out" } th scope="col" { "Price from" }
            } }
            tbody { @for place in 0..site.run.models.len() {
                tr {
                    th scope="row" { (model_name(site, place)) }
                    @match site.asked.get(place).and_then(Option::as_ref) {
                        Some(Asked { settings: asked, price: priced, .. }) => {
                            td.n { (asked.temperature_hundredths.map_or_else(|| "not sent".to_owned(), temperature)) }
                            td { (asked.effort.as_deref().map_or("not sent".into(), said)) }
                            td.n { (thousands(u64::from(asked.max_output_tokens))) }
                            td { (or_dash(&asked.extra)) }
                            (price(priced.as_ref()))
                        }
                        None => td colspan="7" { "labels by people, not asked for" },
                    }
                }
            } }
        }
    };
    wide("Settings and prices", &table)
}

fn temperature(hundredths: u32) -> String {
    let text = exact(f64::from(hundredths) / 100.0, 2);
    text.strip_suffix('0').unwrap_or(&text).to_owned()
}

fn price(priced: Option<&Priced>) -> Markup {
    let Some(Priced { price, source }) = priced else {
        return html! { td.n { "–" } td.n { "–" } td { "not known" } };
    };
    html! {
        td.n { (usd(price.input)) }
        td.n { (usd(price.output)) }
        td { (from(source)) }
    }
}

/// Where a price is from, in words.
fn from(source: &str) -> String {
    let (source, batch) = match source.strip_suffix(", batch") {
        Some(source) => (source, ", in batches"),
        None => (source, ""),
    };
    let named = match source {
        "config" => "the publisher’s configuration".to_owned(),
        "free" => "a server that charges nothing".to_owned(),
        date => format!("price list of {}", said(date)),
    };
    named + batch
}

fn samples(site: &Site) -> Markup {
    html! {
        p.said {
            "Each model was asked " (several(site.run.samples as usize, "time")) " about each task, independently."
            @if site.run.samples < 2 { " With one sample the spread of a model’s answers is not known." }
            @if let Some(adaptive) = site.run.adaptive {
                " Further samples, up to " (adaptive.most) ", were taken where "
                @match adaptive.until {
                    Until::Se(points) => { "the standard error from samples was still above " (points) " points." }
                    Until::Agree(points) => { "the models’ means were still more than " (points) " points apart." }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_say_where_they_are_from() {
        assert_eq!(from("2026-05-01"), "price list of 2026-05-01");
        assert_eq!(from("config, batch"), "the publisher’s configuration, in batches");
        assert_eq!(from("free"), "a server that charges nothing");
    }

    #[test]
    fn temperatures_have_as_many_decimals_as_they_need() {
        assert_eq!(
            (temperature(70), temperature(100), temperature(5)),
            ("0.7".into(), "1.0".into(), "0.05".into())
        );
    }
}

//! `models list`: the models of the config.

use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure};
use crate::domain::Model;
use crate::report::Align;

/// Dollars per million tokens, in and out.
fn price(model: &Model) -> String {
    match &model.price {
        Some(priced) => format!("{} / {}", priced.price.input, priced.price.output),
        None => "not known".to_owned(),
    }
}

pub(super) fn list(desk: &Desk) -> Result<Exit, Failure> {
    let models = &desk.config.known_models;
    let used = |model: &Model| desk.config.models.iter().any(|name| **name == *model.id);
    if desk.global.json {
        let rows = models.iter().map(|model| {
            serde_json::json!({
                "id": &*model.id, "provider": model.provider_name(), "model": model.model, "used": used(model),
                "requests_per_minute": model.limits.requests_per_minute,
                "tokens_per_minute": model.limits.tokens_per_minute,
                "max_in_flight": model.limits.max_in_flight,
                "max_output_tokens": model.settings.max_output_tokens,
                "price_input_usd_per_million": model.price.as_ref().map(|priced| priced.price.input),
                "price_output_usd_per_million": model.price.as_ref().map(|priced| priced.price.output),
                "price_from": model.price.as_ref().map(|priced| &*priced.source),
                "weight": model.weight,
            })
        });
        print_json(&rows.collect::<Vec<_>>().into())?;
        return Ok(Exit::Done);
    }
    let rows = models
        .iter()
        .map(|model| {
            vec![
                model.id.to_string(),
                model.provider_name().to_owned(),
                model.model.clone(),
                if used(model) { "yes" } else { "" }.to_owned(),
                model
                    .limits
                    .requests_per_minute
                    .map_or_else(|| "no limit".to_owned(), |rate| rate.to_string()),
                model.limits.max_in_flight.map_or_else(|| "auto".to_owned(), |window| window.to_string()),
                price(model),
            ]
        })
        .collect();
    let header = ["id", "provider", "model", "used", "per minute", "in flight", "USD per million in / out"];
    print_grid(&header, &[Align::Left; 7], rows)?;
    Ok(Exit::Done)
}

//! `models list`: the models of the config.

use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure};
use crate::domain::Model;
use crate::report::Align;

pub(super) fn list(desk: &Desk) -> Result<Exit, Failure> {
    let models = &desk.config.known_models;
    let used = |model: &Model| desk.config.models.iter().any(|name| **name == *model.id);
    if desk.global.json {
        let rows = models.iter().map(|model| {
            serde_json::json!({
                "id": &*model.id, "provider": model.provider_name(), "model": model.model, "used": used(model),
                "requests_per_minute": model.requests_per_minute, "max_in_flight": model.max_in_flight,
                "max_output_tokens": model.settings.max_output_tokens,
                "price_input_usd_per_million": model.price.input,
                "price_output_usd_per_million": model.price.output, "weight": model.weight,
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
                model.requests_per_minute.map_or_else(|| "no limit".to_owned(), |rate| rate.to_string()),
                model.max_in_flight.to_string(),
                format!("{} / {}", model.price.input, model.price.output),
            ]
        })
        .collect();
    let header = ["id", "provider", "model", "used", "per minute", "in flight", "USD per million in / out"];
    print_grid(&header, &[Align::Left; 7], rows)?;
    Ok(Exit::Done)
}

//! `models`: the models of the config, and the built-in table of prices.

use anyhow::anyhow;
use serde_json::{Value, json};

use super::output::{print_grid, print_json};
use super::{Desk, Exit, Failure, check, clients};
use crate::cli::Models;
use crate::config::known::{KnownModel, known};
use crate::domain::{Instant, Model, Provider, Source, names};
use crate::report::{Align, count};

/// A model that ends within so many days is worth a word.
const SOON_DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;

pub(super) fn models(desk: &Desk, command: &Models) -> Result<Exit, Failure> {
    match command {
        Models::List => list(desk),
        Models::Check { models } => check::check(desk, models),
        Models::Prices { name } => prices(desk, name.as_deref().unwrap_or_default()),
    }
}

/// When a provider ends a model.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Retirement {
    pub text: String,
    /// Past, or so near that a successor should be tried now.
    pub is_near: bool,
}

/// What the built-in table says of a model's end.
pub(super) fn retirement(known: &KnownModel, now: Instant) -> Option<Retirement> {
    let day = known.retired.as_deref()?;
    let end = Instant::parse(day).ok()?;
    let days = (end.0 - now.0 + DAY_MS - 1).div_euclid(DAY_MS);
    let text = if end <= now {
        format!("retired since {day}")
    } else {
        format!("retires on {day}, in {}", count(u64::try_from(days).unwrap_or(0), "day"))
    };
    Some(Retirement { text, is_near: days <= SOON_DAYS })
}

/// Dollars per million tokens, in and out.
pub(super) fn price(model: &Model) -> String {
    match &model.price {
        Some(priced) => format!("{} / {}", priced.price.input, priced.price.output),
        None => "not known".to_owned(),
    }
}

/// Who is asked, beyond the name of the provider: a host or a recording.
pub(super) fn whereabouts(model: &Model) -> Option<String> {
    match &model.source {
        Source::Asked(Provider::Http(server)) => Some(clients::host(server).to_owned()),
        Source::Asked(Provider::Replay(recording)) => Some(format!("replay of {}", recording.file.display())),
        Source::Asked(Provider::Mock(_)) | Source::Label { .. } => None,
    }
}

fn list(desk: &Desk) -> Result<Exit, Failure> {
    let models = &desk.config.known_models;
    if desk.global.json {
        print_json(&models.iter().map(|model| row_json(desk, model)).collect::<Vec<_>>().into())?;
        return Ok(Exit::Done);
    }
    let rows = models.iter().map(|model| row(desk, model)).collect();
    let header = ["id", "provider", "model", "used", "per minute", "in flight", "USD per million in / out"];
    print_grid(&header, &[Align::Left; 7], rows)?;
    Ok(Exit::Done)
}

fn is_used(desk: &Desk, model: &Model) -> bool {
    desk.config.models.iter().any(|name| **name == *model.id)
}

fn retired<'a>(desk: &'a Desk, model: &Model) -> Option<&'a str> {
    desk.config.in_table.get(&model.id)?.retired.as_deref()
}

fn row(desk: &Desk, model: &Model) -> Vec<String> {
    let limits = &model.limits;
    vec![
        model.id.to_string(),
        provider(model),
        model.model.clone(),
        if is_used(desk, model) { "yes" } else { "" }.to_owned(),
        limits.requests_per_minute.map_or_else(|| "no limit".to_owned(), |rate| rate.to_string()),
        limits.max_in_flight.map_or_else(|| "auto".to_owned(), |window| window.to_string()),
        match retired(desk, model) {
            Some(day) => format!("{}, ends {day}", price(model)),
            None => price(model),
        },
    ]
}

/// With the server where that is another than the provider's own.
fn provider(model: &Model) -> String {
    let name = model.provider_name();
    match &model.source {
        Source::Asked(Provider::Http(server)) if !name.starts_with(&server.endpoint) => {
            format!("{name} at {}", server.endpoint)
        }
        Source::Asked(Provider::Replay(_)) => format!("{name}, replayed"),
        _ => name.to_owned(),
    }
}

fn row_json(desk: &Desk, model: &Model) -> Value {
    let server = clients::server(model);
    let price = model.price.as_ref();
    let limits = &model.limits;
    json!({
        "id": &*model.id, "provider": model.provider_name(), "model": model.model,
        "used": is_used(desk, model),
        "base_url": server.map(|server| &server.base_url),
        "endpoint": server.map(|server| &server.endpoint),
        "api_key_env": server.and_then(|server| server.api_key_env.as_ref()),
        "form": server.map(|server| server.form.name()),
        "requests_per_minute": limits.requests_per_minute,
        "tokens_per_minute": limits.tokens_per_minute,
        "input_tokens_per_minute": limits.input_tokens_per_minute,
        "output_tokens_per_minute": limits.output_tokens_per_minute,
        "limit_group": limits.group.as_deref(),
        "max_in_flight": limits.max_in_flight,
        "max_output_tokens": model.settings.max_output_tokens,
        "price_input_usd_per_million": price.map(|priced| priced.price.input),
        "price_output_usd_per_million": price.map(|priced| priced.price.output),
        "price_from": price.map(|priced| &*priced.source),
        "retired": retired(desk, model),
        "weight": model.weight,
    })
}

/// The part of the table whose provider or name has `part` in it.
fn prices(desk: &Desk, part: &str) -> Result<Exit, Failure> {
    let table = known();
    let part = part.to_lowercase();
    let is_meant = |model: &&KnownModel| model.name.contains(&part) || model.provider.contains(&part);
    let found: Vec<&KnownModel> = table.models.iter().filter(is_meant).collect();
    if found.is_empty() {
        let all = table.models.iter().flat_map(|model| [&*model.name, &*model.provider]);
        let hint = match names::nearest(&part, all) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "score-tasks models prices shows all of it; [models.NAME] price = { input = ..., output = ... } \
                     sets one"
                .to_owned(),
        };
        return Err(Failure::usage(anyhow!("the table has no model or provider like `{part}`")).hint(hint));
    }
    desk.talk
        .say(format_args!("USD per million tokens, as of {}; a `price` in config.toml wins", table.as_of));
    for id in desk
        .config
        .known_models
        .iter()
        .filter(|model| has_own_price(desk, model, &found))
        .map(|model| &model.id)
    {
        desk.talk.say(format_args!("{id} has a price of its own in the config"));
    }
    if desk.global.json {
        let rows: Vec<Value> = found.into_iter().map(|model| price_json(desk, model)).collect();
        print_json(&json!({"as_of": table.as_of, "unit": "USD per million tokens", "models": rows}))?;
        return Ok(Exit::Done);
    }
    let header = ["provider", "model", "in", "out", "cache read/write", "batch in/out", "notes"];
    let (left, right) = (Align::Left, Align::Right);
    let aligns = [left, left, right, right, left, left, left];
    print_grid(&header, &aligns, found.into_iter().map(price_row).collect())?;
    Ok(Exit::Done)
}

/// Whether the config overrules what the table says of a model.
fn has_own_price(desk: &Desk, model: &Model, shown: &[&KnownModel]) -> bool {
    let is_own = model.price.as_ref().is_some_and(|priced| &*priced.source == "config");
    let in_table = desk.config.in_table.get(&model.id);
    is_own && in_table.is_some_and(|known| shown.iter().any(|one| std::ptr::eq(*one, *known)))
}

fn price_row(model: &KnownModel) -> Vec<String> {
    let price = model.price();
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| rate.to_string());
    let pair = |one: Option<f64>, other: Option<f64>| match (one, other) {
        (None, None) => String::new(),
        (one, other) => format!("{}/{}", rate(one), rate(other)),
    };
    let end = model.retired.as_ref().map(|day| format!("ends {day}"));
    let long = price.long.map(|long| format!("{}/{} above {}k", long.input, long.output, long.above / 1_000));
    vec![
        model.provider.clone(),
        model.name.clone(),
        price.input.to_string(),
        price.output.to_string(),
        pair(price.cache_read, price.cache_write),
        pair(price.batch.map(|(input, _)| input), price.batch.map(|(_, output)| output)),
        [long, end].into_iter().flatten().collect::<Vec<_>>().join(", "),
    ]
}

fn price_json(desk: &Desk, model: &KnownModel) -> Value {
    let price = model.price();
    let here = desk.config.in_table.iter().filter(|(_, known)| std::ptr::eq(**known, model));
    let here: Vec<&str> = here.map(|(id, _)| &**id).collect();
    json!({
        "provider": model.provider,
        "model": model.name,
        "input": price.input,
        "output": price.output,
        "cache_read": price.cache_read,
        "cache_write": price.cache_write,
        "batch_input": price.batch.map(|(input, _)| input),
        "batch_output": price.batch.map(|(_, output)| output),
        "long_prompts": price.long.map(|long| {
            json!({"above_tokens": long.above, "input": long.input, "output": long.output})
        }),
        "retired": model.retired,
        "in_config": here,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::known::find;

    #[test]
    fn the_end_of_a_model_is_told_by_the_day() {
        let mut known = find("openai", "gpt-4o").unwrap().clone();
        known.retired = Some("2026-12-11".to_owned());
        let at = |time: &str| retirement(&known, Instant::parse(time).unwrap()).unwrap();
        let told = |time: &str| (at(time).text, at(time).is_near);
        assert_eq!(told("2026-09-11"), ("retires on 2026-12-11, in 91 days".to_owned(), false));
        assert_eq!(told("2026-09-13T12:00:00Z"), ("retires on 2026-12-11, in 89 days".to_owned(), true));
        assert_eq!(told("2026-12-10T23:00:00Z"), ("retires on 2026-12-11, in 1 day".to_owned(), true));
        assert_eq!(told("2026-12-11"), ("retired since 2026-12-11".to_owned(), true));
        assert_eq!(told("2027-03-01"), ("retired since 2026-12-11".to_owned(), true));
        known.retired = None;
        assert_eq!(retirement(&known, Instant(0)), None);
    }
}

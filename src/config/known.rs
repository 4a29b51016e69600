//! The built-in table of models: what they cost and which settings they take, with its date.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::domain::{LongPrice, OutputLimit, Price, Priced};

const TABLE: &str = include_str!("models.toml");

/// All of the table.
#[derive(Deserialize)]
pub struct Known {
    /// The day on which it was put together.
    pub as_of: String,
    #[serde(rename = "model")]
    pub models: Vec<KnownModel>,
}

/// One model of the table; what it does not say is not known. Prices are USD per million tokens.
#[derive(Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct KnownModel {
    pub provider: String,
    pub name: String,
    pub input: f64,
    pub output: f64,
    pub cache_read: Option<f64>,
    pub cache_write: Option<f64>,
    pub batch_input: Option<f64>,
    pub batch_output: Option<f64>,
    long_above: Option<u32>,
    long_input: Option<f64>,
    long_output: Option<f64>,
    /// Most input tokens.
    pub context: Option<u64>,
    /// Most output tokens.
    pub max_output: Option<u32>,
    #[serde(default)]
    pub temperature: Temperature,
    /// Reasoning efforts it takes.
    #[serde(default)]
    pub efforts: Vec<String>,
    /// Whether it can be held to a JSON Schema.
    pub schema: Option<bool>,
    /// Shortest prompt, in tokens, that the provider caches.
    pub cache_min: Option<u32>,
    #[serde(default)]
    output_limit: Option<String>,
    /// The day on which the provider ends or has ended it.
    pub retired: Option<String>,
}

/// Whether a model takes a temperature.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Temperature {
    Yes,
    No,
    /// Only with the reasoning effort `none`.
    EffortNone,
    #[default]
    Unknown,
}

impl KnownModel {
    pub fn price(&self) -> Price {
        let long = self.long_above.zip(self.long_input.zip(self.long_output));
        Price {
            input: self.input,
            output: self.output,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
            batch: self.batch_input.zip(self.batch_output),
            long: long.map(|(above, (input, output))| LongPrice { above, input, output }),
        }
    }

    pub fn priced(&self) -> Priced {
        Priced { price: self.price(), source: AS_OF.clone() }
    }

    pub fn output_limit(&self) -> Option<OutputLimit> {
        match self.output_limit.as_deref()? {
            "max_completion_tokens" => Some(OutputLimit::MaxCompletionTokens),
            _ => Some(OutputLimit::MaxTokens),
        }
    }
}

static AS_OF: LazyLock<Arc<str>> = LazyLock::new(|| known().as_of.as_str().into());

/// The table; empty where it cannot be read, which a test rules out.
pub fn known() -> &'static Known {
    static KNOWN: LazyLock<Known> = LazyLock::new(|| {
        toml::from_str(TABLE).unwrap_or_else(|_| Known { as_of: String::new(), models: Vec::new() })
    });
    &KNOWN
}

/// The entry of a model, by its name with or without the date behind it.
pub fn find(provider: &str, model: &str) -> Option<&'static KnownModel> {
    let of = |name: &str| known().models.iter().find(|one| one.provider == provider && one.name == name);
    of(model).or_else(|| of(undated(model)?))
}

/// `gpt-4o-2024-11-20`, `claude-haiku-4-5-20251001` and `...-latest` without their ends.
fn undated(model: &str) -> Option<&str> {
    if let Some(name) = model.strip_suffix("-latest") {
        return Some(name);
    }
    let is_digit_or_dash = |c: char| c.is_ascii_digit() || c == '-';
    [11, 9].into_iter().find_map(|length| {
        let (name, date) = model.split_at_checked(model.len().checked_sub(length)?)?;
        let digits = date.chars().filter(char::is_ascii_digit).count();
        let starts = date.starts_with("-20");
        (starts && digits == 8 && date.chars().all(is_digit_or_dash)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_and_is_dated() {
        let table: Known = toml::from_str(TABLE).unwrap();
        assert!(table.models.len() > 60 && table.as_of.len() == 10);
        assert_eq!(&*find("anthropic", "claude-sonnet-4-6").unwrap().priced().source, table.as_of);
        for model in &table.models {
            assert!(model.input >= 0.0 && model.output >= 0.0, "{}", model.name);
        }
    }

    #[test]
    fn dated_names_are_found_by_their_family_and_others_are_not_guessed() {
        let price = |provider, name| find(provider, name).map(|one| (one.input, one.output));
        assert_eq!(price("openai", "gpt-4o"), Some((2.5, 10.0)));
        assert_eq!(price("openai", "gpt-4o-2024-05-13"), Some((5.0, 15.0)));
        assert_eq!(price("openai", "gpt-4o-2031-01-01"), Some((2.5, 10.0)));
        assert_eq!(price("anthropic", "claude-haiku-4-5-20251001"), Some((1.0, 5.0)));
        assert_eq!(price("mistral", "gpt-4o"), None);
        assert_eq!(price("openai", "gpt-4o-ultra"), None);
        assert_eq!(undated("model-20"), None);
    }
}

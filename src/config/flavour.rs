//! The servers that are known by name: where they are and in what they differ from others that speak
//! the same dialect. As of November 2026; every entry can be overridden in config.toml.

use crate::domain::{BatchApi, Dialect, Form, KeyHeader, OutputLimit};

pub struct Flavour {
    /// The word for `server` in config.toml, and the provider in the table of models.
    pub name: &'static str,
    pub dialect: Dialect,
    /// Where it is; empty for programs that everybody runs for themselves.
    pub base_url: &'static str,
    /// Ends of host names by which it is recognised.
    pub hosts: &'static [&'static str],
    pub api_key_env: &'static str,
    pub key_header: KeyHeader,
    pub form: Form,
    pub output_limit: OutputLimit,
    /// Counts the limit on output tokens against its rate, whatever comes back.
    pub counts_max_tokens: bool,
    /// Members that every request to it needs, as canonical JSON.
    pub extra: &'static str,
    pub batch: Option<BatchApi>,
}

/// What a server is taken for that is not known otherwise.
const COMPATIBLE: Flavour = Flavour {
    name: "compatible",
    dialect: Dialect::OpenAiChat,
    base_url: "",
    hosts: &[],
    api_key_env: "",
    key_header: KeyHeader::Bearer,
    form: Form::Schema,
    output_limit: OutputLimit::MaxTokens,
    counts_max_tokens: false,
    extra: "",
    batch: None,
};

const FLAVOURS: [Flavour; 16] = [
    Flavour {
        name: "openai",
        base_url: "https://api.openai.com/v1",
        hosts: &["api.openai.com"],
        api_key_env: "OPENAI_API_KEY",
        // All its models take this name, and those that reason no other.
        output_limit: OutputLimit::MaxCompletionTokens,
        counts_max_tokens: true,
        batch: Some(BatchApi::OpenAi),
        ..COMPATIBLE
    },
    Flavour {
        name: "azure",
        hosts: &[".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"],
        api_key_env: "AZURE_OPENAI_API_KEY",
        output_limit: OutputLimit::MaxCompletionTokens,
        key_header: KeyHeader::ApiKey,
        counts_max_tokens: true,
        ..COMPATIBLE
    },
    Flavour {
        name: "anthropic",
        dialect: Dialect::Anthropic,
        base_url: "https://api.anthropic.com",
        hosts: &["api.anthropic.com"],
        api_key_env: "ANTHROPIC_API_KEY",
        key_header: KeyHeader::XApiKey,
        batch: Some(BatchApi::Anthropic),
        ..COMPATIBLE
    },
    Flavour {
        name: "gemini",
        dialect: Dialect::Gemini,
        base_url: "https://generativelanguage.googleapis.com",
        hosts: &["generativelanguage.googleapis.com"],
        api_key_env: "GEMINI_API_KEY",
        key_header: KeyHeader::XGoogApiKey,
        batch: Some(BatchApi::Gemini),
        ..COMPATIBLE
    },
    Flavour {
        name: "mistral",
        base_url: "https://api.mistral.ai/v1",
        hosts: &["api.mistral.ai"],
        api_key_env: "MISTRAL_API_KEY",
        batch: Some(BatchApi::Mistral),
        ..COMPATIBLE
    },
    // Has JSON mode, but holds to no schema.
    Flavour {
        name: "deepseek",
        base_url: "https://api.deepseek.com/v1",
        hosts: &["api.deepseek.com"],
        api_key_env: "DEEPSEEK_API_KEY",
        form: Form::Object,
        ..COMPATIBLE
    },
    Flavour {
        name: "xai",
        base_url: "https://api.x.ai/v1",
        hosts: &["api.x.ai"],
        api_key_env: "XAI_API_KEY",
        ..COMPATIBLE
    },
    // Only some of its models hold to a schema.
    Flavour {
        name: "groq",
        base_url: "https://api.groq.com/openai/v1",
        hosts: &["api.groq.com"],
        api_key_env: "GROQ_API_KEY",
        form: Form::Object,
        output_limit: OutputLimit::MaxCompletionTokens,
        ..COMPATIBLE
    },
    Flavour {
        name: "together",
        base_url: "https://api.together.xyz/v1",
        hosts: &["api.together.xyz", "api.together.ai"],
        api_key_env: "TOGETHER_API_KEY",
        ..COMPATIBLE
    },
    // Without this it may pass the question to a host that ignores the schema.
    Flavour {
        name: "openrouter",
        base_url: "https://openrouter.ai/api/v1",
        hosts: &["openrouter.ai"],
        api_key_env: "OPENROUTER_API_KEY",
        extra: r#"{"provider":{"require_parameters":true}}"#,
        ..COMPATIBLE
    },
    // Turns bounds on numbers and lengths into its grammar; without them a small model may never end.
    Flavour { name: "llama.cpp", form: Form::BoundedSchema, ..COMPATIBLE },
    // Answers json_schema with an error.
    Flavour { name: "llama-cpp-python", form: Form::Object, ..COMPATIBLE },
    Flavour { name: "vllm", ..COMPATIBLE },
    Flavour { name: "ollama", base_url: "http://127.0.0.1:11434/v1", ..COMPATIBLE },
    Flavour { name: "litellm", ..COMPATIBLE },
    COMPATIBLE,
];

pub fn names() -> impl Iterator<Item = &'static str> {
    FLAVOURS.iter().map(|flavour| flavour.name)
}

pub fn named(name: &str) -> Option<&'static Flavour> {
    FLAVOURS.iter().find(|flavour| flavour.name == name)
}

/// Who answers at a host that is asked in this dialect.
pub fn at_host(host: &str, dialect: Dialect) -> &'static Flavour {
    let ends = |flavour: &&Flavour| flavour.hosts.iter().any(|end| host == *end || is_below(host, end));
    let found = FLAVOURS.iter().find(ends);
    found.unwrap_or_else(|| compatible(dialect))
}

fn is_below(host: &str, end: &str) -> bool {
    end.starts_with('.') && host.ends_with(end)
}

/// An unknown server: it takes the dialect as its makers do, and nothing else is known of it.
fn compatible(dialect: Dialect) -> &'static Flavour {
    static ANTHROPIC: Flavour =
        Flavour { dialect: Dialect::Anthropic, key_header: KeyHeader::XApiKey, ..COMPATIBLE };
    static GEMINI: Flavour =
        Flavour { dialect: Dialect::Gemini, key_header: KeyHeader::XGoogApiKey, ..COMPATIBLE };
    static OPENAI: Flavour = COMPATIBLE;
    match dialect {
        Dialect::Anthropic => &ANTHROPIC,
        Dialect::Gemini => &GEMINI,
        Dialect::OpenAiChat | Dialect::OpenAiResponses => &OPENAI,
    }
}

/// Who is meant where the config names neither a server nor an address.
pub fn owner(dialect: Dialect) -> &'static Flavour {
    let name = match dialect {
        Dialect::OpenAiChat | Dialect::OpenAiResponses => "openai",
        other => other.name(),
    };
    named(name).unwrap_or_else(|| compatible(dialect))
}

/// The variables that usually hold a key.
pub fn usual_key_variables() -> impl Iterator<Item = &'static str> {
    FLAVOURS.iter().map(|flavour| flavour.api_key_env).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_recognised_whole() {
        for (host, name) in [
            ("api.openai.com", "openai"),
            ("mine.openai.azure.com", "azure"),
            ("api.openai.com.evil.example", "compatible"),
            ("notapi.openai.com", "compatible"),
            ("127.0.0.1", "compatible"),
        ] {
            assert_eq!(at_host(host, Dialect::OpenAiChat).name, name, "{host}");
        }
        assert_eq!(at_host("proxy.example", Dialect::Anthropic).key_header, KeyHeader::XApiKey);
    }

    #[test]
    fn extras_are_canonical_json() {
        for flavour in FLAVOURS.iter().filter(|flavour| !flavour.extra.is_empty()) {
            let value: serde_json::Value = serde_json::from_str(flavour.extra).unwrap();
            assert_eq!(value.to_string(), flavour.extra, "{}", flavour.name);
        }
    }
}

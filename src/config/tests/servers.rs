//! Where models are asked, and what is refused on the way there.

use super::*;

#[test]
fn all_problems_of_a_server_at_once_with_their_place() {
    let error = refused(
        "provider = \"openai\"\nmodel = \"o3\"\nbase_url = \"api.openai.com/v1\"\nserver = \"grok\"\n\
         form = \"xml\"\noutput_limit = \"tokens\"\ntemperature = 0.5\neffort = \"lots\"\ntimeout_s = 0\n\
         extra = { messages = [], seed = 7 }\nrequests_per_minute = 0\nfile = \"x\"\nmock = { bias = 1 }\n\
         price = { input = -1, output = 2 }\n",
        &[
            "models.m.base_url: `api.openai.com/v1` is not an address",
            "models.m.server: no such server: `grok`; known are openai, azure, anthropic",
            "models.m.form: no such form: `xml`; known are schema, bounded-schema, object, plain",
            "models.m.output_limit: `tokens` is neither",
            "models.m.temperature: o3 takes none",
            "models.m.effort: o3 does not take `lots`, but low, medium, high",
            "models.m.timeout_s: 0 is not from 1 to 86400",
            "models.m.extra: `messages` is set by score-tasks itself",
            "models.m.requests_per_minute: 0",
            "models.m.file: goes with provider = \"replay\"",
            "models.m.mock: goes with provider = \"mock\"",
            "models.m.price.input: -1",
        ],
    );
    assert!(!error.contains("seed"), "{error}");
}

#[test]
fn nothing_goes_out_unencrypted_unasked() {
    let lines = |url: &str| format!("provider = \"openai\"\nbase_url = \"{url}\"");
    refused(
        &lines("http://models.example/v1"),
        &["models.m.base_url: is not encrypted", "allow_unencrypted_http"],
    );
    refused(&lines("http://localhost.example/v1"), &["is not encrypted"]);
    refused(&lines("http://10.0.0.7:8000/v1"), &["is not encrypted"]);
    refused("provider = \"openai\"\nserver = \"vllm\"", &["models.m.base_url: is missing"]);
    let allowed = format!("{}\nallow_unencrypted_http = true", lines("http://10.0.0.7:8000/v1"));
    assert_eq!(server(&allowed).base_url, "http://10.0.0.7:8000/v1");
    for url in
        ["http://127.0.0.1:8080/v1", "http://localhost:8080/v1", "http://[::1]:8080/v1", "http://127.9.9.9"]
    {
        assert_eq!(server(&lines(url)).base_url, url);
    }
    for url in ["ftp://models.example", "models.example", "https://", "https://h:port/v1"] {
        refused(&lines(url), &["models.m.base_url: `", "is not an address"]);
    }
}

#[test]
fn passwords_in_an_address_are_refused_and_not_repeated() {
    for url in [
        "https://user:hunter2@models.example/v1",
        "https://models.example/v1?key=hunter2",
        "https://models.example/v1#hunter2",
        "https//user:hunter2@models.example/v1",
        "https://models.example:port/v1?key=hunter2",
        "user:hunter2@models.example",
        "http://user:hunter2@models.example/v1",
    ] {
        let error = refused(&format!("provider = \"openai\"\nbase_url = \"{url}\""), &["models.m.base_url"]);
        assert!(!error.contains("hunter2"), "{error}");
    }
    let error = parse("[data]\nonet_base_url = \"https://me:hunter2@mirror.example/\"\n").unwrap_err();
    assert!(error.contains("data.onet_base_url") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_key_in_the_config_is_not_repeated() {
    let error = refused("provider = \"openai\"\napi_key = \"sk-hunter2\"", &["unknown key `api_key`"]);
    assert!(error.contains("did you mean `api_key_env`?") && !error.contains("hunter2"), "{error}");
}

#[test]
fn who_is_asked_is_told_by_name_address_or_alias() {
    for (lines, endpoint) in [
        ("provider = \"openai\"", "openai"),
        ("provider = \"openai-responses\"", "openai"),
        ("provider = \"anthropic\"", "anthropic"),
        ("provider = \"gemini\"", "gemini"),
        ("provider = \"openai\"\nbase_url = \"https://api.openai.com/v1/\"", "openai"),
        ("provider = \"openai\"\nserver = \"groq\"", "groq"),
        ("provider = \"openai\"\nbase_url = \"https://api.groq.com/openai/v1\"", "groq"),
        ("provider = \"openai\"\nbase_url = \"https://eu.models.example/v1\"", "eu.models.example"),
        ("provider = \"openai\"\nbase_url = \"https://eu.models.example:8443/v1\"", "eu.models.example:8443"),
        ("provider = \"openai\"\nbase_url = \"http://127.0.0.1:8080/v1\"", "127.0.0.1:8080"),
        (
            "provider = \"openai\"\nserver = \"openai\"\nbase_url = \"https://proxy.example/v1\"",
            "proxy.example",
        ),
        ("provider = \"openai\"\nbase_url = \"https://eu.models.example/v1\"\nendpoint = \"ours\"", "ours"),
        ("provider = \"anthropic\"\nendpoint = \"ours\"", "ours"),
    ] {
        assert_eq!(server(lines).endpoint, endpoint, "{lines}");
    }
    // A mirror of another path is another server.
    assert_eq!(
        server("provider = \"openai\"\nbase_url = \"https://api.openai.com/v2\"").endpoint,
        "api.openai.com"
    );
}

#[test]
fn servers_are_asked_in_their_own_way() {
    let key = |lines: &str| server(lines).api_key_env;
    assert_eq!(key("provider = \"openai\"").as_deref(), Some("OPENAI_API_KEY"));
    assert_eq!(key("provider = \"openai\"\nserver = \"xai\"").as_deref(), Some("XAI_API_KEY"));
    assert_eq!(key("provider = \"openai\"\napi_key_env = \"MINE\"").as_deref(), Some("MINE"));
    assert_eq!(key("provider = \"openai\"\napi_key_env = \"\""), None);
    assert_eq!(key("provider = \"openai\"\nbase_url = \"http://localhost:1/v1\""), None);
    let at = |name: &str, url: &str| {
        server(&format!("provider = \"openai\"\nserver = \"{name}\"\nbase_url = \"{url}\""))
    };
    assert_eq!(at("llama.cpp", "http://localhost:8080/v1").form, Form::BoundedSchema);
    assert_eq!(at("azure", "https://x.example/openai/v1").key_header, KeyHeader::ApiKey);
    refused(
        "provider = \"anthropic\"\nserver = \"groq\"",
        &["models.m.server: `groq` does not speak anthropic"],
    );
    let limit = |lines: &str| server(lines).output_limit;
    assert_eq!(limit("provider = \"openai\"\nmodel = \"gpt-4o\""), OutputLimit::MaxTokens);
    assert_eq!(limit("provider = \"openai\"\nmodel = \"o3\""), OutputLimit::MaxCompletionTokens);
    assert_eq!(
        limit("provider = \"openai\"\nmodel = \"o3\"\noutput_limit = \"max_tokens\""),
        OutputLimit::MaxTokens
    );
    assert_eq!(server("provider = \"openai\"\nform = \"plain\"").form, Form::Plain);
}

/// The key goes in the header of the dialect, also where a provider speaks that of another.
#[test]
fn a_provider_that_speaks_anothers_dialect_takes_its_key_as_that_one_does() {
    let header = |provider: &str, url: &str| {
        server(&format!("provider = \"{provider}\"\nbase_url = \"{url}\"")).key_header
    };
    let gemini = "https://generativelanguage.googleapis.com";
    assert_eq!(header("gemini", gemini), KeyHeader::XGoogApiKey);
    assert_eq!(header("openai", &format!("{gemini}/v1beta/openai")), KeyHeader::Bearer);
    assert_eq!(header("openai", "https://api.anthropic.com/v1"), KeyHeader::Bearer);
    assert_eq!(header("anthropic", "https://api.deepseek.com/anthropic"), KeyHeader::XApiKey);
}

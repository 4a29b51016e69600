//! What goes over the wire and comes back: requests as the official SDKs accept them, and what is read
//! out of the answers that they confirm. tests/wire/README.md says how both files are made and judged.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails"
)]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

use std::sync::Arc;

use score_tasks::ask::Asker;
use score_tasks::config::Config;
use score_tasks::domain::{Answer, Finish, Instant, Model, Provider, Selection, Server, Source, Usage};
use score_tasks::provider::{self, dialect};
use score_tasks::rate;
use score_tasks::read::{self, Catalogue};
use serde_json::{Value, json};

const REQUESTS: &str = "tests/wire/requests.json";

/// One model of each kind that makes a difference on the wire. The name is that of the fixture; the
/// list behind it holds the members that the SDK's types do not know, but the server does.
const CONFIGS: [(&str, &[&str], &str); 20] = [
    ("openai-schema", &[], "provider = 'openai'\nmodel = 'gpt-4o-2024-11-20'\ntemperature = 0.7"),
    ("openai-reasoning", &[], "provider = 'openai'\nmodel = 'gpt-6-luna'\neffort = 'low'"),
    ("openai-object", &[], "provider = 'openai'\nmodel = 'gpt-4o'\nform = 'object'"),
    ("openai-plain", &[], "provider = 'openai'\nmodel = 'gpt-4o'\nform = 'plain'"),
    (
        "openai-extra",
        &[],
        "provider = 'openai'\nmodel = 'gpt-4o'\nextra = { seed = 7, service_tier = 'flex' }",
    ),
    (
        "openai-azure",
        &[],
        "provider = 'openai'\nmodel = 'gpt-4o'\nbase_url = 'https://mine.openai.azure.com/openai/v1'",
    ),
    ("openai-mistral", &[], "provider = 'openai'\nserver = 'mistral'\nmodel = 'mistral-large-4'"),
    ("openai-deepseek", &[], "provider = 'openai'\nserver = 'deepseek'\nmodel = 'deepseek-v4-flash'"),
    (
        "openai-openrouter",
        &["provider"],
        "provider = 'openai'\nserver = 'openrouter'\nmodel = 'openai/gpt-4o'",
    ),
    ("openai-groq", &[], "provider = 'openai'\nserver = 'groq'\nmodel = 'm'"),
    (
        "openai-llama-cpp",
        &[],
        "provider = 'openai'\nserver = 'llama.cpp'\nbase_url = 'http://127.0.0.1:8080/v1'",
    ),
    (
        "openai-vllm",
        &["top_k"],
        "provider = 'openai'\nserver = 'vllm'\nbase_url = 'http://127.0.0.1:8000/v1'\nextra = { top_k = 5 }",
    ),
    ("responses-schema", &[], "provider = 'openai-responses'\nmodel = 'gpt-6.1-sol'\neffort = 'low'"),
    (
        "responses-object",
        &[],
        "provider = 'openai-responses'\nmodel = 'gpt-4o'\nform = 'object'\ntemperature = 0",
    ),
    ("anthropic-schema", &[], "provider = 'anthropic'\nmodel = 'claude-sonnet-5-5'\neffort = 'low'"),
    (
        "anthropic-temperature",
        &["temperature"],
        "provider = 'anthropic'\nmodel = 'claude-sonnet-4-6'\ntemperature = 0.0",
    ),
    ("anthropic-plain", &[], "provider = 'anthropic'\nmodel = 'claude-sonnet-4-6'\nform = 'plain'"),
    ("gemini-schema", &[], "provider = 'gemini'\nmodel = 'gemini-3.8-flash'\neffort = 'low'"),
    (
        "gemini-plain",
        &[],
        "provider = 'gemini'\nmodel = 'gemini-2.5-flash'\nform = 'plain'\ntemperature = 1.0",
    ),
    (
        "gemini-sampling",
        &[],
        "provider = 'gemini'\nmodel = 'gemini-2.5-flash'\n\
         extra = { generationConfig = { seed = 7, topP = 0.5 }, serviceTier = 'flex' }",
    ),
];

fn model(settings: &str) -> Model {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, format!("[run]\nmodels = ['m']\n[models.m]\n{settings}\n")).unwrap();
    let config = Config::load(Some(&file), folder.path()).unwrap_or_else(|error| panic!("{error}"));
    config.known_models.into_iter().next().unwrap()
}

fn server(model: &Model) -> &Server {
    match &model.source {
        Source::Asked(Provider::Http(server)) => server,
        other => panic!("{other:?} is no server"),
    }
}

/// The request for the demo's first task, as it is sent.
fn request(name: &str, beside: &[&str], settings: &str) -> String {
    let model = model(settings);
    let server = server(&model);
    let rubric = Arc::new(read::rubric("exposure", None).unwrap());
    let Source::Asked(asked) = &model.source else { panic!("nobody is asked") };
    let asker = Asker::new(rubric, &model, provider::endpoint(asked)).unwrap();
    let catalogue = Catalogue::demo().unwrap();
    let (place, task) = catalogue.walk(&Selection::default()).unwrap().next().unwrap().unwrap();
    let question = asker.question(&catalogue.occupations[place], &task, 1).unwrap();
    let envelope = dialect::envelope(server, &question.it.context.it).unwrap();
    let user = serde_json::to_string(&question.it.user).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let body = text(&envelope.head) + &user + &text(&envelope.tail);
    // The order of the schema's keys is the order in which the model answers.
    let schema = body.split("\"properties\":{").nth(1);
    assert!(schema.is_none_or(|schema| schema.starts_with("\"score\"")), "{body}");
    let headers: serde_json::Map<String, Value> =
        envelope.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let mut about = json!({
        "name": name, "dialect": server.dialect.name(), "method": "POST", "path": envelope.path,
        "headers": headers,
    });
    if !beside.is_empty() {
        about["extra_ok"] = json!(beside);
    }
    // The body as it is sent: the order of keys matters.
    let about = about.to_string();
    format!("{},\"body\":{body}}}", about.strip_suffix('}').unwrap())
}

/// After an intended change: `WIRE=overwrite cargo test --test dialects`, then tests/wire/check_requests.py.
#[test]
fn requests_are_those_that_the_sdks_accept() {
    let made: Vec<String> =
        CONFIGS.iter().map(|(name, beside, settings)| request(name, beside, settings)).collect();
    let made = format!("[\n{}\n]\n", made.join(",\n"));
    if std::env::var("WIRE").is_ok_and(|how| how == "overwrite") {
        std::fs::write(REQUESTS, &made).unwrap();
    }
    let kept = std::fs::read_to_string(REQUESTS).unwrap_or_default();
    assert!(made == kept, "the requests have changed: see WIRE=overwrite in tests/dialects.rs");
}

#[test]
fn answers_are_read_as_they_should_be() {
    let rubric = read::rubric("exposure", None).unwrap();
    let fixtures: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string("tests/wire/responses.json").unwrap()).unwrap();
    let mut checked = 0;
    for fixture in fixtures.iter().filter(|fixture| fixture["expect"]["kind"] == "answer") {
        let expected = &fixture["expect"];
        let answer = Answer {
            at: Instant(0),
            served: String::new(),
            finish: Finish::from_name(expected["finish"].as_str().unwrap()).unwrap(),
            text: expected["text"].as_str().unwrap().to_owned(),
            usage: Usage::default(),
            cost_nano_usd: None,
            priced: "".into(),
            latency_ms: 0,
            request_id: String::new(),
        };
        let found = match rate::rating(&rubric, &answer) {
            Ok(rating) => json!(rating.score.value()),
            Err(gap) => json!(gap.reason.name()),
        };
        let wanted = expected.get("rating").map_or(expected["gap"].clone(), |rating| json!(rating.as_f64()));
        assert_eq!(found, wanted, "{}", fixture["name"]);
        checked += 1;
    }
    assert!(checked > 100, "{checked}");
}

/// The key of the demo's first question to a model with these settings.
fn key(settings: &str) -> String {
    let model = model(settings);
    let rubric = Arc::new(read::rubric("exposure", None).unwrap());
    let Source::Asked(asked) = &model.source else { panic!("nobody is asked") };
    let asker = Asker::new(rubric, &model, provider::endpoint(asked)).unwrap();
    let catalogue = Catalogue::demo().unwrap();
    let (place, task) = catalogue.walk(&Selection::default()).unwrap().next().unwrap().unwrap();
    asker.question(&catalogue.occupations[place], &task, 1).unwrap().key.to_string()
}

/// What is really sent, and to whom, is the question; how it gets there is not.
#[test]
fn what_makes_another_question_of_a_real_model() {
    let plain = "provider = 'openai'\nmodel = 'gpt-4o'";
    let other = [
        "provider = 'openai-responses'\nmodel = 'gpt-4o'",
        "provider = 'openai'\nmodel = 'gpt-4o-2024-11-20'",
        "provider = 'openai'\nmodel = 'gpt-4o'\ntemperature = 0.0",
        "provider = 'openai'\nmodel = 'gpt-4o'\ntemperature = 1.0",
        "provider = 'openai'\nmodel = 'gpt-4o'\nmax_output_tokens = 401",
        "provider = 'openai'\nmodel = 'gpt-4o'\nform = 'object'",
        "provider = 'openai'\nmodel = 'gpt-4o'\nform = 'plain'",
        "provider = 'openai'\nmodel = 'gpt-4o'\nform = 'bounded-schema'",
        "provider = 'openai'\nmodel = 'gpt-4o'\nextra = { seed = 1 }",
        "provider = 'openai'\nmodel = 'gpt-4o'\nextra = { seed = 2 }",
        "provider = 'openai'\nmodel = 'gpt-4o'\nbase_url = 'https://proxy.example/v1'",
        "provider = 'openai'\nmodel = 'gpt-4o'\nbase_url = 'https://proxy.example:444/v1'",
        "provider = 'openai'\nmodel = 'gpt-4o'\nendpoint = 'lab'",
    ];
    let mut keys: std::collections::BTreeSet<String> = other.into_iter().map(key).collect();
    keys.insert(key(plain));
    assert_eq!(keys.len(), other.len() + 1);
    for same in [
        "api_key_env = 'OTHER_KEY'",
        "timeout_s = 5",
        "max_attempts = 2",
        "requests_per_minute = 7\nmax_in_flight = 3\nlimit_group = 'g'",
        "price = { input = 9, output = 9 }\nweight = 2",
        "output_limit = 'max_completion_tokens'",
        "cache_from_tokens = 10",
        "base_url = 'https://api.openai.com/v1/'",
        "endpoint = 'openai'",
    ] {
        assert_eq!(key(&format!("{plain}\n{same}")), key(plain), "{same}");
    }
    // An alias makes one server of two addresses.
    let alias = |url: &str| key(&format!("{plain}\nbase_url = '{url}'\nendpoint = 'lab'"));
    assert_eq!(alias("https://one.example/v1"), alias("http://127.0.0.1:8000/v1"));
    // A replay asks the questions of the model that it stands for.
    let replay = "provider = 'replay'\nof = 'openai'\nfile = 'x.jsonl'\nmodel = 'gpt-4o'";
    assert_eq!(key(replay), key(plain));
}

//! The config's cases: what is read, what is refused, and with which words.

mod facts;
mod servers;

use super::*;
use crate::domain::{Form, KeyHeader, OutputLimit, Provider, Server, Source};

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, None, PathBuf::from("root")).map_err(|error| error.to_string())
}

#[test]
fn the_built_in_config_is_valid() {
    let config = parse(BUILT_IN).unwrap();
    assert_eq!(config.models, ["mock-a", "mock-b"]);
    assert_eq!(config.cache, Path::new("root/cache/answers.sqlite"));
    assert_eq!(config.catalogs(), Path::new("root/cache/catalogs"));
}

#[test]
fn all_problems_at_once_with_their_place() {
    let error = parse(
        "[run]\nmodels = [\"a\", \"b\"]\nsamples = 0\nweights = \"heavy\"\nallow_gaps = \"many\"\n\
         [models.a]\nprovider = \"anthropc\"\n[models.a.mock]\nanswers = { fenced = 0.7, prose = 0.7 }\n",
    )
    .unwrap_err();
    for part in ["run.samples", "run.weights", "run.allow_gaps", "no model `b`", "anthropc", "1.4"] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[test]
fn unknown_keys_come_with_line_and_suggestion() {
    let error = parse("[run]\nsampels = 2\n[models.x]\nprovidr = \"mock\"\n").unwrap_err();
    assert!(error.contains("line 2: unknown key `sampels` in [run], did you mean `samples`?"), "{error}");
    assert!(error.contains("line 4: unknown key `providr` in [models.x]"), "{error}");
}

#[test]
fn wrong_types_and_broken_syntax_show_the_line() {
    for text in ["[run]\nsamples = \"two\"\n", "[run]\nsamples = \n"] {
        let error = parse(text).unwrap_err();
        assert!(error.contains("line 2"), "{error}");
    }
}

#[test]
fn gaps_are_counts_or_shares() {
    assert!("5%".parse::<AllowedGaps>().unwrap().covers(5, 100));
    assert!(!"5%".parse::<AllowedGaps>().unwrap().covers(6, 100));
    assert!("3".parse::<AllowedGaps>().unwrap().covers(3, 4));
    for wrong in ["", "x", "-1", "101%", "%"] {
        assert!(wrong.parse::<AllowedGaps>().is_err(), "{wrong}");
    }
}

/// A config with one model, and its lines.
fn with_model(lines: &str) -> String {
    format!("[run]\nmodels = [\"m\"]\n[models.m]\n{lines}\n")
}

fn model(lines: &str) -> Model {
    let config = parse(&with_model(lines)).unwrap_or_else(|error| panic!("{lines}\n{error}"));
    config.known_models.into_iter().next().unwrap()
}

fn server(lines: &str) -> Server {
    match model(lines).source {
        Source::Asked(Provider::Http(server)) => server,
        other => panic!("{lines}: {other:?}"),
    }
}

#[track_caller]
fn refused(lines: &str, parts: &[&str]) -> String {
    let error = parse(&with_model(lines)).map(|config| config.known_models).unwrap_err();
    for part in parts {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    error
}

#[test]
fn a_mock_minds_the_wording_within_the_scale() {
    let mock = |wording: &str| format!("provider = \"mock\"\nmock = {{ {wording} }}");
    refused(&mock("wording = 101"), &["models.m.mock.wording: 101"]);
    refused(&mock("wording = -1"), &["models.m.mock.wording: -1"]);
    refused(&mock("wordings = 1"), &["unknown key `wordings`", "did you mean `wording`?"]);
    for (lines, wording) in [(mock("wording = 6"), 6.0), (mock("noise = 1"), 0.0)] {
        let Source::Asked(Provider::Mock(traits)) = model(&lines).source else { panic!("{lines}") };
        assert_eq!(traits.wording, wording);
    }
}

#[test]
fn providers_are_known_by_name() {
    refused("provider = \"anthropc\"", &["no provider `anthropc`, did you mean `anthropic`?"]);
    refused("provider = \"zebra\"", &["no provider `zebra`; known are anthropic, openai, openai-responses"]);
    refused("model = \"x\"", &["models.m.provider: is missing; known are anthropic"]);
    for dialect in ["anthropic", "openai", "openai-responses", "gemini"] {
        assert_eq!(server(&format!("provider = \"{dialect}\"")).dialect.name(), dialect);
    }
}

#[test]
fn only_settings_that_a_model_takes_are_sent() {
    let lines = |name: &str, rest: &str| format!("provider = \"openai\"\nmodel = \"{name}\"\n{rest}");
    refused(&lines("gpt-5.1", "temperature = 0"), &["gpt-5.1 takes none unless effort = \"none\""]);
    let settings = |name: &str, rest: &str| model(&lines(name, rest)).settings;
    assert_eq!(settings("gpt-5.1", "temperature = 0\neffort = \"none\"").temperature_hundredths, Some(0));
    assert_eq!(settings("gpt-4o", "temperature = 0.25").temperature_hundredths, Some(25));
    assert_eq!(settings("o3", "temperature = 1\ntakes_temperature = true").temperature_hundredths, Some(100));
    refused(&lines("gpt-4o", "temperature = 0\ntakes_temperature = false"), &["models.m.temperature"]);
    // Nothing is known of these, so nothing is refused.
    assert_eq!(settings("brand-new", "temperature = 0\neffort = \"deep\"").effort.as_deref(), Some("deep"));
}

#[test]
fn models_that_think_get_room_for_it() {
    let room = |lines: &str| model(&format!("provider = \"openai\"\n{lines}")).settings.max_output_tokens;
    assert_eq!(room("model = \"gpt-4o\""), 400);
    assert_eq!(room("model = \"o3\""), 8_000);
    assert_eq!(room("model = \"gpt-5.1\"\neffort = \"none\""), 400);
    assert_eq!(room("model = \"o3\"\nmax_output_tokens = 50"), 50);
    refused(
        "provider = \"openai\"\nmodel = \"gpt-4o\"\nmax_output_tokens = 20000",
        &["20000 is not from 1 to 16384"],
    );
}

#[test]
fn extra_members_are_canonical_and_add_to_the_servers_own() {
    let extra = |lines: &str| model(&format!("provider = \"openai\"\n{lines}")).settings.extra;
    assert_eq!(extra(""), "");
    assert_eq!(extra("extra = { top_p = 0.5, seed = 7 }"), r#"{"seed":7,"top_p":0.5}"#);
    let routed = r#"{"provider":{"require_parameters":true},"seed":7}"#;
    assert_eq!(extra("server = \"openrouter\"\nextra = { seed = 7 }"), routed);
}

#[test]
fn of_geminis_generation_config_what_is_not_ours_can_be_set() {
    let with = |config: &str| format!("provider = \"gemini\"\nextra = {{ generationConfig = {config} }}");
    let settings = model(&with("{ topP = 0.5, seed = 7 }")).settings;
    assert_eq!(settings.extra, r#"{"generationConfig":{"seed":7,"topP":0.5}}"#);
    let ours = "models.m.extra: `generationConfig.maxOutputTokens` is set by score-tasks itself";
    refused(&with("{ maxOutputTokens = 7 }"), &[ours]);
    refused(&with("7"), &["`generationConfig` is set by score-tasks itself"]);
}

#[test]
fn another_tier_of_service_has_another_price() {
    let priced = |more: &str| {
        let known = "provider = \"anthropic\"\nmodel = \"claude-haiku-4-5-20251001\"";
        model(&format!("{known}\nextra = {{ {more} }}")).price.is_some()
    };
    assert!(priced("top_k = 5"));
    assert!(!priced("service_tier = \"priority\"") && !priced("speed = \"fast\""));
    assert!(!priced("inference_geo = \"us\""));
}

#[test]
fn prices_say_where_they_are_from() {
    let priced = |lines: &str| {
        let priced = model(lines).price?;
        Some((priced.price.input, priced.price.output, priced.source.to_string()))
    };
    let table = known::known().as_of.clone();
    assert_eq!(priced("provider = \"openai\"\nmodel = \"gpt-4o\""), Some((2.5, 10.0, table)));
    let own = "provider = \"openai\"\nmodel = \"gpt-4o\"\nprice = { input = 1, output = 2 }";
    assert_eq!(priced(own), Some((1.0, 2.0, "config".to_owned())));
    // A mirror of the same host still bills; a name alone says nothing.
    let moved = "provider = \"openai\"\nmodel = \"gpt-4o\"\nbase_url = \"https://models.example/v1\"";
    assert_eq!(priced(moved), None);
    let free = Some((0.0, 0.0, "free".to_owned()));
    assert_eq!(
        priced("provider = \"openai\"\nmodel = \"gpt-4o\"\nbase_url = \"http://127.0.0.1:8080/v1\""),
        free
    );
    assert_eq!(priced("provider = \"openai\"\nserver = \"ollama\""), free);
    assert_eq!(priced("provider = \"mock\""), free);
    assert_eq!(priced("provider = \"openai\"\nmodel = \"brand-new\""), None);
    // What was paid for once is not paid for again.
    assert_eq!(
        priced("provider = \"replay\"\nof = \"openai\"\nmodel = \"gpt-4o\"\nfile = \"x.jsonl\""),
        free
    );
    let rates =
        model("provider = \"mock\"\nprice = { input = 1, output = 2, batch_input = 0.5, batch_output = 1 }");
    assert_eq!(rates.price.unwrap().price.batch, Some((0.5, 1.0)));
    refused(
        "provider = \"mock\"\nprice = { input = 1, output = 2, batch_input = 0.5 }",
        &["models.m.price", "batch_output"],
    );
    refused(
        "provider = \"mock\"\nprice = { input = 1, output = 2, cache_read = -1 }",
        &["models.m.price.cache_read"],
    );
}

#[test]
fn the_table_is_at_hand_for_the_models_it_has() {
    let config =
        parse(&with_model("provider = \"anthropic\"\nmodel = \"claude-haiku-4-5-20251001\"")).unwrap();
    assert_eq!(config.in_table.get("m").map(|known| &*known.name), Some("claude-haiku-4-5"));
    assert!(parse(&with_model("provider = \"mock\"")).unwrap().in_table.is_empty());
}

#[test]
fn a_replay_names_its_file_and_who_was_asked() {
    refused("provider = \"replay\"\nof = \"openai\"", &["models.m.file: is missing"]);
    refused("provider = \"replay\"\nfile = \"x.jsonl\"", &["models.m.of: is missing"]);
    let error = refused(
        "provider = \"replay\"\nof = \"replay\"\nfile = \"x\"",
        &["models.m.of: no provider `replay`"],
    );
    assert!(!error.contains("did you mean `replay`"), "{error}");
    let model = model("provider = \"replay\"\nof = \"anthropic\"\nfile = \"kept/answers.jsonl\"");
    let Source::Asked(Provider::Replay(recording)) = model.source else { panic!("{model:?}") };
    assert_eq!(recording.file, Path::new("root/kept/answers.jsonl"));
    assert_eq!(recording.of.name(), "anthropic");
}

#[test]
fn models_of_a_group_agree_on_its_limits() {
    let config = |second: &str| {
        format!(
            "[run]\nmodels = [\"a\"]\n[models.a]\nprovider = \"mock\"\nlimit_group = \"g\"\nrequests_per_minute = 60\n\
             [models.b]\nprovider = \"mock\"\nlimit_group = \"g\"\n{second}\n"
        )
    };
    let error = parse(&config("")).unwrap_err();
    assert!(error.contains("models.b.limit_group: `a` is of the same group and has other limits"), "{error}");
    // One gate has one window, too.
    assert!(parse(&config("requests_per_minute = 60\nmax_in_flight = 3")).is_err());
    assert!(parse(&config("requests_per_minute = 60")).is_ok());
}

#[test]
fn limits_and_money_are_read() {
    let limits = model(
        "provider = \"mock\"\ntokens_per_minute = 1000\ninput_tokens_per_minute = 700\noutput_tokens_per_minute = 300",
    )
    .limits;
    assert_eq!((limits.requests_per_minute, limits.max_in_flight), (None, None));
    assert_eq!(limits.tokens_per_minute, Some(1000));
    assert_eq!((limits.input_tokens_per_minute, limits.output_tokens_per_minute), (Some(700), Some(300)));
    let ask = |line: &str| {
        let text = format!("[run]\nmodels = [\"m\"]\n{line}\n[models.m]\nprovider = \"mock\"\n");
        parse(&text).map(|config| config.confirm_above_usd)
    };
    assert_eq!(ask(""), Ok(1.0));
    assert_eq!(ask("confirm_above_usd = 25"), Ok(25.0));
    assert!(ask("confirm_above_usd = -1").unwrap_err().contains("run.confirm_above_usd"));
    let from = |line: &str| {
        let text = with_model("provider = \"mock\"") + "[data]\n" + line;
        parse(&text).map(|config| config.onet_base_url)
    };
    assert_eq!(from("").as_deref(), Ok(ONET_BASE_URL));
    assert_eq!(
        from("onet_base_url = \"https://mirror.example/onet\"").as_deref(),
        Ok("https://mirror.example/onet/")
    );
    assert!(from("onet_base_url = \"http://mirror.example/\"").unwrap_err().contains("data.onet_base_url"));
}

#[expect(clippy::disallowed_methods, reason = "makes the file it is about")]
#[test]
fn keys_come_from_a_file_beside_the_config() {
    use secrecy::ExposeSecret;
    let folder = tempfile::tempdir().unwrap();
    let keys = |text: &str| {
        std::fs::write(folder.path().join(".env"), text).unwrap();
        Keys::beside(folder.path())
    };
    let found =
        keys("# mine\nSCORE_TASKS_TEST_A=\"abc\"\nexport SCORE_TASKS_TEST_B=def \nSCORE_TASKS_TEST_C=\n")
            .unwrap();
    let get = |name: &str| found.get(name).map(|key| key.expose_secret().to_owned());
    assert_eq!(get("SCORE_TASKS_TEST_A").as_deref(), Some("abc"));
    assert_eq!(get("SCORE_TASKS_TEST_B").as_deref(), Some("def"));
    assert_eq!(get("SCORE_TASKS_TEST_C"), None);
    assert_eq!(found.place("SCORE_TASKS_TEST_A"), Some(KeyPlace::File));
    assert_eq!(found.place("SCORE_TASKS_TEST_D"), None);
    let error = keys("SCORE_TASKS_TEST_A=abc\nhunter2 is my key\n").err().unwrap().to_string();
    assert!(error.contains(".env") && !error.contains("hunter2"), "{error}");
}

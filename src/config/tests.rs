//! The config's cases: what is read, what is refused, and with which words.

use super::*;

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

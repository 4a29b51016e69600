//! `models check` against a server on the loopback: one call each, and what it tells.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod common {
    pub mod program;
    pub mod server;
}

use std::sync::Arc;
use std::time::Duration;

use common::program::{Project, Ran};
use common::server::{Answer, Hook, Script, Seen, Server};
use score_tasks::store;
use serde_json::Value;

const KEY: &str = "sk-canary-0d4be2";

fn reply(seen: &Seen) -> Option<Answer> {
    let gone = "The model does not exist";
    let answer = match seen.body["model"].as_str()? {
        "limited" => seen
            .says(r#"{"score": 42, "rationale": "pong"}"#)
            .header("x-ratelimit-limit-requests", 500)
            .header("x-ratelimit-remaining-requests", 499),
        "busy" => seen.fails(429, "rate_limit_exceeded", "slow down").header("retry-after", 7),
        "gpt-4-turbo" => seen.fails(404, "model_not_found", gone),
        "poor" => seen.fails(429, "insufficient_quota", "no credit"),
        "odd" => seen.fails(400, "unsupported_parameter", "temperature is not taken"),
        "slow" => {
            Answer { delay: Duration::from_millis(300), ..seen.says(r#"{"score": 1, "rationale": "x"}"#) }
        }
        _ => return None,
    };
    Some(answer)
}

fn project(server: &Server, models: &[&str]) -> Project {
    let table = |model: &&str| {
        format!(
            "[models.\"{model}\"]\nprovider = \"openai\"\nserver = \"openai\"\nbase_url = \"{}/v1\"\n\
             api_key_env = \"TEST_KEY\"\nprice = {{ input = 1, output = 10 }}\ntimeout_s = 1\n",
            server.url
        )
    };
    let tables: String = models.iter().map(table).collect();
    let project = Project::new(&format!("[run]\nmodels = {models:?}\n{tables}"));
    project.write(".env", format!("TEST_KEY={KEY}\n"));
    project
}

fn server() -> Server {
    let hook: Hook = Arc::new(reply);
    Server::start(Script { key: Some(KEY.to_owned()), hook: Some(hook), ..Script::default() })
}

fn rows(ran: &Ran) -> Vec<Value> {
    serde_json::from_slice(&ran.stdout).unwrap()
}

#[test]
fn every_model_is_asked_once_and_told_apart() {
    let server = server();
    let models = ["limited", "plain", "busy", "gpt-4-turbo", "poor", "odd"];
    let project = project(&server, &models);
    let ran = project.run(&["models", "check", "--json"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(!ran.stderr.contains(KEY) && !String::from_utf8_lossy(&ran.stdout).contains(KEY));
    let rows = rows(&ran);
    let codes: Vec<u64> = rows.iter().map(|row| row["exit_code"].as_u64().unwrap()).collect();
    assert_eq!(codes, [0, 0, 1, 2, 4, 2]);
    assert_eq!(rows[0]["form_found"], "schema held");
    assert_eq!(rows[0]["limits"]["requests"]["limit"], 500);
    assert_eq!(rows[0]["key_from"], ".env");
    assert!(rows[0]["cost_usd"].as_f64().unwrap() > 0.0);
    assert!(rows[2]["hint"].as_str().unwrap().contains("in 7 s"), "{}", rows[2]);
    assert!(rows[3]["problem"].as_str().unwrap().contains("retired since 2026-10-23"), "{}", rows[3]);
    assert!(rows[5]["problem"].as_str().unwrap().contains("temperature is not taken"), "{}", rows[5]);
    // No second attempt, and only what was answered is kept.
    assert_eq!(server.log().len(), models.len());
    let stats = store::stats(&project.path("cache/answers.sqlite")).unwrap();
    assert_eq!(stats.models.iter().map(|model| model.answers).sum::<u64>(), 2);
    assert_eq!(stats.lost_calls, 0);
}

#[test]
fn the_highest_code_is_the_programs() {
    let server = server();
    for (models, code) in [
        (&["plain"][..], 0),
        (&["plain", "busy"], 1),
        (&["busy", "gpt-4-turbo"], 2),
        (&["gpt-4-turbo", "poor", "plain"], 4),
    ] {
        let ran = project(&server, models).run(&["models", "check"]);
        assert_eq!(ran.code, Some(code), "{models:?}: {}", ran.stderr);
    }
    let refused = project(&server, &["plain"]);
    refused.write(".env", "TEST_KEY=sk-other\n");
    let ran = refused.run(&["models", "check"]);
    let said = String::from_utf8(ran.stdout).unwrap();
    assert_eq!(ran.code, Some(4), "{said}");
    assert!(said.contains("the key in TEST_KEY is refused") && !said.contains("sk-other"), "{said}");
}

#[test]
fn all_are_asked_at_the_same_time() {
    let server = server();
    let slow = "[models.NAME]\nprovider = \"openai\"\nmodel = \"slow\"\nendpoint = \"NAME\"\n";
    let names: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    let tables: String = names
        .iter()
        .map(|name| {
            let table = slow.replace("NAME", name);
            format!("{table}base_url = \"{}/v1\"\napi_key_env = \"TEST_KEY\"\n", server.url)
        })
        .collect();
    let project = Project::new(&format!("[run]\nmodels = {names:?}\n{tables}"));
    project.write(".env", format!("TEST_KEY={KEY}\n"));
    let ran = project.succeed(&["models", "check", "--json"]);
    let rows = rows(&ran);
    assert_eq!(rows.len(), 20);
    assert_eq!(server.in_flight_peak(), 20);
}

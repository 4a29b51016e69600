//! Money over runs: the month's budget, and the account.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common {
    pub mod dice;
    pub mod program;
    pub mod server;
    pub mod table;
}

use std::ffi::OsString;

use common::program::Project;
use common::server::{Script, Server, Usage};
use common::table::table;
use score_tasks::domain::Instant;
use score_tasks::pace::Clock;
use score_tasks::{run, store};
use serde_json::Value;

/// A thousand tokens in and a hundred out are two cents; at the most, by the bytes of the prompt, about three.
fn config(server: &Server, budget: &str) -> String {
    format!(
        "[run]\nmodels = [\"m\"]\nrubric = \"items\"\nreask = 0\n{budget}\n[models.m]\nprovider = \"openai\"\n\
         base_url = \"{}/v1\"\napi_key_env = \"\"\nmax_output_tokens = 100\nmax_in_flight = 1\n\
         price = {{ input = 10.0, output = 100.0 }}\n",
        server.url
    )
}

fn server() -> Server {
    let usage = Usage::Fixed { prompt: 1_000, completion: 100 };
    Server::start(Script { usage, ..Script::default() })
}

const RUN: [&str; 6] = ["--items", "items.csv", "--yes", "--json", "--output", "report.json"];

fn answers(project: &Project) -> u64 {
    let stats = store::stats(&project.path("cache/answers.sqlite")).unwrap();
    stats.models.iter().map(|model| model.answers).sum()
}

/// The same program at another time.
fn run_at(project: &Project, time: &str, words: &[&str]) -> i32 {
    let folder = project.path(".").display().to_string();
    let words = ["score-tasks", "-C", folder.as_str(), "-q"]
        .into_iter()
        .chain(words.iter().copied())
        .map(OsString::from);
    run::main_at(words, Clock::leaping_from(Instant::parse(time).unwrap()))
}

#[test]
fn all_runs_of_a_month_share_its_budget_and_the_next_month_has_its_own() {
    let server = server();
    let project = Project::new(&config(&server, "[budget]\nusd_per_month = 0.1"));
    project.write("items.csv", table(11));
    assert_eq!(run_at(&project, "2027-03-10", &RUN), 5);
    // Of the ten cents there are two left, and the next call might cost three.
    assert_eq!(answers(&project), 4);
    let spent = |from: &str, to: &str| {
        let path = project.path("cache/answers.sqlite");
        store::spent(&path, Instant::parse(from).unwrap(), Instant::parse(to).unwrap()).unwrap().at_most()
    };
    assert_eq!(spent("2027-03-01", "2027-04-01"), 80_000_000);
    assert_eq!(spent("2027-04-01", "2027-05-01"), 0);
    assert_eq!(run_at(&project, "2027-03-31T23:00:00Z", &RUN), 5);
    assert_eq!(answers(&project), 4);
    // What costs nothing is not held up.
    let kept = ["--items", "items.csv", "--limit", "3", "--output", "report.json"];
    assert_eq!(run_at(&project, "2027-03-31", &kept), 0);
    // A limit of the run's own is kept where it is the smaller one.
    let once = [&RUN[..], &["--max-cost", "0.04"]].concat();
    assert_eq!(run_at(&project, "2027-04-01T00:00:00Z", &once), 5);
    assert_eq!(answers(&project), 5);
    assert_eq!(run_at(&project, "2027-04-02", &RUN), 5);
    assert_eq!((answers(&project), spent("2027-04-01", "2027-05-01")), (8, 80_000_000));
    assert_eq!(run_at(&project, "2027-05-01", &RUN), 0);
    assert_eq!(answers(&project), 11);
}

#[test]
fn what_was_spent_and_when_there_is_more_is_told() {
    let server = server();
    let project = Project::new(&config(&server, ""));
    project.write("items.csv", table(10));
    project.succeed(&[&RUN[..], &["--limit", "5"]].concat());
    project.write("config.toml", config(&server, "[budget]\nusd_per_month = 0.05"));
    let ran = project.run(&RUN);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    for part in ["USD 0.10 were spent in", "budget.usd_per_month is 0.05: nothing is left of it", "-01 (UTC)"]
    {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert_eq!(answers(&project), 5);
    project.write("config.toml", config(&server, "[budget]\nusd_per_month = 20"));
    let ran = project.succeed(&RUN);
    assert!(ran.stderr.contains("USD 19.90 of the USD 20.00 of "), "{}", ran.stderr);
    // A plan says it, too.
    let ran = project.succeed(&["plan", "--items", "items.csv", "--fresh"]);
    assert!(ran.stderr.contains("of the USD 20.00 of"), "{}", ran.stderr);
    // Without a price nothing can be held to it. Nobody is asked.
    let text = config(&server, "[budget]\nusd_per_month = 20").replace("\nprice", "\n# price");
    project.write("config.toml", text.replace(&server.url, "https://models.invalid"));
    let ran = project.run(&RUN);
    assert_eq!(ran.code, Some(5), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("price of m is not known, so budget.usd_per_month cannot be kept"),
        "{}",
        ran.stderr
    );
    for wrong in ["-1", "nan", "\"50\""] {
        project.write("config.toml", config(&server, &format!("[budget]\nusd_per_month = {wrong}")));
        assert_eq!(project.run(&RUN).code, Some(2), "{wrong}");
    }
}

#[test]
fn the_account_is_by_month_and_model_and_by_run() {
    let server = server();
    let project = Project::new(&config(&server, ""));
    project.write("items.csv", table(8));
    assert_eq!(run_at(&project, "2027-02-28T23:59:00Z", &[&RUN[..], &["--limit", "3"]].concat()), 0);
    assert_eq!(run_at(&project, "2027-03-01T00:01:00Z", &RUN), 0);
    let costs = |words: &[&str]| -> Value {
        let ran = project.succeed(&[&["runs", "costs", "--json"], words].concat());
        serde_json::from_slice(&ran.stdout).unwrap()
    };
    let all = costs(&[]);
    assert_eq!(all["schema"], "score-tasks/costs/1");
    let months = all["months"].as_array().unwrap();
    let figures: Vec<_> = months
        .iter()
        .map(|one| (one["month"].as_str().unwrap(), &one["answers"], &one["cost_usd"]))
        .collect();
    assert_eq!(figures, [("2027-02", &3.into(), &0.06.into()), ("2027-03", &5.into(), &0.1.into())]);
    assert_eq!((&all["total"]["tokens_in"], &all["total"]["tokens_out"]), (&8_000.into(), &800.into()));
    assert_eq!((&all["total"]["cost_usd"], &all["total"]["by_batch"]), (&0.16.into(), &0.into()));
    let runs = all["runs"].as_array().unwrap();
    assert_eq!(
        (runs.len(), &runs[1]["models"][0]["cost_usd"], &runs[1]["asked"]),
        (2, &0.1.into(), &5.into())
    );
    let march = costs(&["--month", "2027-03"]);
    assert_eq!((&march["total"]["cost_usd"], march["runs"].as_array().unwrap().len()), (&0.1.into(), 1));
    let text = String::from_utf8(project.succeed(&["runs", "costs"]).stdout).unwrap();
    assert!(text.contains("0.1600") && text.contains("2027-02"), "{text}");
    assert_eq!(project.run(&["runs", "costs", "--month", "2027-3"]).code, Some(2));
    let none = project.succeed(&["runs", "costs", "--month", "2026-01"]);
    assert!(
        none.stdout.is_empty() && none.stderr.contains("Nothing was asked in 2026-01"),
        "{}",
        none.stderr
    );
}

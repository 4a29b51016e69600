//! A project whose models are asked in batches, and the two providers on the loopback that count.
#![allow(dead_code, reason = "every test uses some of it, none uses all")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]
#![expect(clippy::disallowed_methods, reason = "tests make their own files")]

use std::process::Command;

use serde_json::Value;

use super::batch_server::{BatchScript, BatchServer, Counts};
use super::program::{BINARY, Project, Ran, finished};
use super::table::table;

pub const KEY: &str = "sk-batch-test-0123456789";
/// USD per million tokens.
const PRICE: &str = "{ input = 2, output = 10, batch_input = 1, batch_output = 5 }";

/// A model at each of the two providers.
fn config(openai: &BatchServer, anthropic: &BatchServer, more: [&str; 2]) -> String {
    let [gpt, claude] = more;
    format!(
        r#"[run]
models = ["gpt", "claude"]
rubric = "items"
bootstrap = 0

[batch]
poll_s = 0.02
settle_s = 0.3

[models.gpt]
provider = "openai"
server = "openai"
model = "gpt-test"
base_url = "{}/v1"
api_key_env = "TEST_KEY"
price = {PRICE}
{gpt}

[models.claude]
provider = "anthropic"
server = "anthropic"
model = "claude-test"
base_url = "{}"
api_key_env = "TEST_KEY"
price = {PRICE}
{claude}
"#,
        openai.url, anthropic.url
    )
}

pub fn script() -> BatchScript {
    BatchScript { key: Some(KEY.to_owned()), shuffled: true, ..BatchScript::default() }
}

/// A project with a table, and the two providers.
pub struct Trial {
    pub project: Project,
    pub openai: BatchServer,
    pub anthropic: BatchServer,
}

impl Trial {
    pub fn new(items: usize, scripts: [BatchScript; 2], more: [&str; 2]) -> Self {
        let [openai, anthropic] = scripts.map(BatchServer::start);
        let project = Project::new(&config(&openai, &anthropic, more));
        project.write("items.csv", table(items));
        Self { project, openai, anthropic }
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.project.program(BINARY);
        command.env("TEST_KEY", KEY).args(words);
        command
    }

    pub fn run(&self, words: &[&str]) -> Ran {
        finished(&mut self.command(words))
    }

    pub fn score(&self, words: &[&str]) -> Ran {
        self.run(&[&["--items", "items.csv", "--json", "--output", "report.json", "--yes"], words].concat())
    }

    pub fn json(&self, words: &[&str]) -> Value {
        let ran = self.run(&[words, &["--json"]].concat());
        assert_eq!(ran.code, Some(0), "{words:?}: {}", ran.stderr);
        serde_json::from_slice(&ran.stdout).unwrap()
    }

    pub fn report(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.project.path("report.json")).unwrap()).unwrap()
    }

    /// Of both providers.
    pub fn counts(&self) -> [Counts; 2] {
        [self.openai.counts(), self.anthropic.counts()]
    }

    /// Everything that was billed is in the store once, and is charged at what it did cost.
    pub fn check_account(&self) {
        let stats = self.json(&["cache", "stats"]);
        let kept = stats["models"].as_array().unwrap().iter();
        // Notes that there is no answer are no answers.
        let count =
            |model: &Value| model["answers"].as_u64().unwrap() - model["incomplete"].as_u64().unwrap();
        let kept: u64 = kept.map(count).sum();
        let billed: u64 = self.counts().iter().map(billed).sum();
        let online: u64 = self.counts().iter().map(|counts| counts.online).sum();
        assert_eq!(kept, billed + online, "each answer that was paid for is kept once");
        let expected: u64 = self.counts().iter().map(nano_usd).sum();
        let costs = self.json(&["runs", "costs"]);
        let found = (costs["total"]["cost_usd"].as_f64().unwrap() * 1e9).round() as u64;
        assert_eq!(found, expected, "{costs:#}");
    }
}

pub fn billed(counts: &Counts) -> u64 {
    counts.items.values().map(|item| item.billed).sum()
}

/// At the prices above.
pub fn nano_usd(counts: &Counts) -> u64 {
    let batches: u64 =
        counts.tokens.values().map(|tokens| tokens.input * 1_000 + tokens.output * 5_000).sum();
    let online: u64 =
        counts.online_tokens.values().map(|tokens| tokens.input * 2_000 + tokens.output * 10_000).sum();
    batches + online
}

/// How often the most billed question was.
pub fn most_billed(counts: &[Counts; 2]) -> u64 {
    counts.iter().flat_map(|counts| counts.items.values()).map(|item| item.billed).max().unwrap()
}

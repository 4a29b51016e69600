//! The program asks in batches, against a provider on the loopback that counts: nothing is paid twice, nothing
//! is forgotten, and the account is right to the last billionth.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a kill needs a moment of real time"
)]

mod common {
    pub mod batch_server;
    pub mod batch_trial;
    pub mod dice;
    pub mod program;
    pub mod table;
}

use std::collections::BTreeMap;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::batch_server::BatchScript;
use common::batch_trial::{Trial, billed, most_billed, script};
use common::dice::Dice;
use serde_json::Value;

#[test]
fn a_full_run_in_batches_answers_everything_and_pays_once() {
    const ITEMS: usize = 18_796;
    let hard = |expires| BatchScript {
        max_requests: 4_000,
        errored_percent: 1,
        expires,
        latency: Duration::from_millis(50),
        ..script()
    };
    let limits = ["batch_requests = 4000", "batch_requests = 3000"];
    let trial = Trial::new(ITEMS, [hard(Some(2)), hard(None)], limits);
    let ran = trial.score(&["--batch"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let answers = &trial.report()["run"]["answers"];
    assert_eq!((answers["needed"].as_u64(), answers["gaps"].as_u64()), (Some(37_592), Some(0)));
    let counts = trial.counts();
    assert!(counts[0].batches >= 5 && counts[1].batches >= 7, "as many batches as the limits demand");
    assert_eq!(counts.each_ref().map(|counts| (counts.refused, counts.online)), [(0, 0), (0, 0)]);
    assert_eq!(counts.iter().map(|counts| counts.items.len()).sum::<usize>(), 37_592);
    assert_eq!((counts.iter().map(billed).sum::<u64>(), most_billed(&counts)), (37_592, 1));
    trial.check_account();
    // The provider's key is nowhere, and neither are questions that are not on their way any more.
    assert_eq!(trial.json(&["batch", "list"]), Value::Array(Vec::new()));
    let again = trial.score(&["--batch"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(trial.counts(), counts, "a second run asks nothing");
}

/// A run that is cut off, at any moment, and begun again.
struct Cut {
    kills: usize,
    /// By the state in which its batches were left.
    left: BTreeMap<String, usize>,
}

impl Cut {
    /// Starts a run, kills it so much later, and looks at what it has left. True if it had ended before.
    fn once(&mut self, trial: &Trial, moment: Duration) -> bool {
        let words = ["--items", "items.csv", "--json", "--output", "report.json", "--yes", "--batch"];
        let mut child: Child =
            trial.command(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let end = Instant::now() + moment;
        while Instant::now() < end {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                return true;
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        // On Unix this is SIGKILL: nothing in the program can see it coming.
        child.kill().unwrap();
        child.wait().unwrap();
        self.kills += 1;
        // Before its first commit a store has no tables.
        let listed = trial.run(&["batch", "list", "--json"]).stdout;
        let listed: Value = serde_json::from_slice(&listed).unwrap_or_default();
        for batch in listed.as_array().into_iter().flatten() {
            *self.left.entry(batch["state"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        false
    }
}

#[test]
fn killed_at_any_moment_no_batch_is_submitted_twice_and_none_forgotten() {
    const KILLS: usize = 30;
    let slow = || BatchScript { latency: Duration::from_millis(60), ..script() };
    let mut dice = Dice::new(0xba7c);
    let mut cut = Cut { kills: 0, left: BTreeMap::new() };
    while cut.kills < KILLS {
        let limits = ["batch_requests = 100", "batch_requests = 100"];
        let trial = Trial::new(400, [slow(), slow()], limits);
        // Not even begun would be no test; the whole takes a good quarter of a second.
        while !cut.once(&trial, Duration::from_micros(15_000 + dice.below(200_000) as u64)) {}
        let counts = trial.counts();
        for (id, item) in counts.iter().flat_map(|counts| &counts.items) {
            let once = (item.submitted, item.answered, item.billed) == (1, 1, 1);
            assert!(once, "{id}: {item:?}; {:#}", trial.json(&["batch", "list", "--all"]));
        }
        assert_eq!(counts.iter().map(|counts| counts.items.len()).sum::<usize>(), 800);
        assert_eq!(trial.report()["run"]["answers"]["gaps"], 0);
        assert_eq!(trial.json(&["batch", "list"]), Value::Array(Vec::new()));
        trial.check_account();
        let verified = trial.run(&["cache", "verify"]);
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
    }
    println!("{} kills left batches {:?}", cut.kills, cut.left);
    for state in ["submitting", "submitted"] {
        assert!(cut.left.contains_key(state), "no kill left a batch {state}: {:?}", cut.left);
    }
}

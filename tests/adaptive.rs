//! Further samples where they are wanted: what is asked, and what it saves.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod common {
    pub mod program;
}

use common::program::Project;
use score_tasks::domain::{Adaptive, Until};
use score_tasks::measure::{mean, sd, t_quantile};
use score_tasks::tally::samples_needed;
use serde_json::Value;

/// Two raters who say the same every time of most tasks, and waver on some, as models do.
const WAVERING: &str = "[run]\nmodels = [\"one\", \"two\"]\n\
     [models.one]\nprovider = \"mock\"\nmock = { wavering = 0.3, noise = 8 }\n\
     [models.two]\nprovider = \"mock\"\nmock = { wavering = 0.3, noise = 8 }\n";

/// The same noise on every task.
const EVEN: &str = "[run]\nmodels = [\"one\", \"two\"]\n[models.one]\nprovider = \"mock\"\n[models.two]\nprovider = \"mock\"\n";

const RULE: [&str; 4] = ["--until-se", "1.5", "--max-samples", "16"];

fn json(project: &Project, words: &[&str]) -> Value {
    serde_json::from_slice(&project.succeed(&[words, &["--json", "--quiet"]].concat()).stdout).unwrap()
}

fn tasks(report: &Value) -> impl Iterator<Item = &Value> {
    let occupations = report["occupations"].as_array().unwrap().iter();
    occupations.flat_map(|occupation| occupation["tasks"].as_array().unwrap())
}

#[test]
fn only_tasks_that_are_not_known_well_enough_are_asked_again() {
    let project = Project::new(WAVERING);
    let all = [&["--all"][..], &RULE].concat();
    let report = json(&project, &all);
    let mut counts = std::collections::BTreeMap::new();
    for task in tasks(&report) {
        let samples: Vec<usize> = task["models"]
            .as_array()
            .unwrap()
            .iter()
            .map(|model| model["samples"].as_array().unwrap().len())
            .collect();
        assert_eq!(samples[0], samples[1]);
        let se = task["sampling_se"].as_f64().unwrap();
        assert!(se <= 1.5 || samples[0] == 16, "{samples:?} {se}");
        *counts.entry(samples[0]).or_insert(0) += 1;
    }
    assert!(counts[&3] > 75 && counts[&16] > 5 && counts.len() > 5, "{counts:?}");
    let needed: usize = counts.iter().map(|(samples, tasks)| samples * tasks * 2).sum();
    assert_eq!(report["run"]["answers"]["needed"], needed);
    assert_eq!(report["run"]["answers"]["asked"], needed);
    // Nothing is asked twice, and what is kept besides changes nothing.
    let again = json(&project, &all);
    assert_eq!(
        (&again["run"]["answers"]["asked"], &again["occupations"]),
        (&0.into(), &report["occupations"])
    );
    project.succeed(&["--all", "--samples", "20", "--quiet", "--output", "more.txt"]);
    let offline = json(&project, &[&all[..], &["--offline"]].concat());
    assert_eq!(offline["occupations"], report["occupations"]);
    assert_eq!(offline["run"]["answers"]["needed"], needed);
}

#[test]
fn models_that_come_together_are_asked_no_further() {
    let project = Project::new(EVEN);
    let report = json(&project, &["-o", "Lawyers", "--until-agree", "8", "--max-samples", "6"]);
    for task in tasks(&report) {
        let samples = task["models"][0]["samples"].as_array().unwrap().len();
        let range = task["high"].as_f64().unwrap() - task["low"].as_f64().unwrap();
        assert!(range <= 8.0 || samples == 6, "{samples} {range}");
    }
    let ran = project.run(&["-o", "Lawyers", "--until-agree", "8", "--until-se", "1"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

/// Samples of one task, by rater.
type Samples = Vec<Vec<f64>>;

/// Many samples of every task of the demo.
fn sampled(config: &str, samples: usize) -> Vec<Samples> {
    let project = Project::new(config);
    let report = json(&project, &["--all", "--samples", &samples.to_string()]);
    let scores = |model: &Value| -> Vec<f64> {
        model["samples"].as_array().unwrap().iter().map(|sample| sample["score"].as_f64().unwrap()).collect()
    };
    tasks(&report).map(|task| task["models"].as_array().unwrap().iter().map(scores).collect()).collect()
}

/// What a way of sampling comes to, over all tasks.
#[derive(Default)]
struct Outcome {
    samples: f64,
    width: f64,
    covered: f64,
    tasks: f64,
}

impl Outcome {
    /// The 95 % interval of a task's score from the first `count` samples of each rater: t times the standard
    /// error that the report gives, degrees of freedom after Satterthwaite.
    fn add(&mut self, task: &Samples, count: usize, truth: f64) {
        let first: Vec<&[f64]> = task.iter().map(|samples| &samples[..count]).collect();
        let n = count as f64;
        let variances: Vec<f64> =
            first.iter().map(|samples| sd(samples).unwrap().powi(2).max(1.0 / 12.0)).collect();
        let all: f64 = variances.iter().sum();
        let freedom =
            all * all / variances.iter().map(|variance| variance * variance / (n - 1.0)).sum::<f64>();
        let half = -t_quantile(0.025, freedom).unwrap() * (all / n).sqrt() / task.len() as f64;
        let found = mean(&first.iter().map(|samples| mean(samples).unwrap()).collect::<Vec<_>>()).unwrap();
        self.samples += n;
        self.width += 2.0 * half;
        self.covered += f64::from(u8::from((found - truth).abs() <= half));
        self.tasks += 1.0;
    }

    fn mean(&self, sum: f64) -> f64 {
        sum / self.tasks
    }
}

/// Fixed against adaptive sampling, on windows of the same samples: how many samples a fixed number takes to
/// come to the same mean width, and the coverage of both on the tasks that waver.
fn compared(all: &[Samples], rule: Adaptive) -> (Outcome, f64, f64) {
    let most = rule.most as usize;
    let mut adaptive = Outcome::default();
    let mut wavering = Outcome::default();
    let mut fixed: Vec<Outcome> = (0..=most).map(|_| Outcome::default()).collect();
    for task in all {
        let truth = mean(&task.iter().map(|samples| mean(samples).unwrap()).collect::<Vec<_>>()).unwrap();
        let wavers = task.iter().any(|samples| sd(samples).unwrap() > 0.5);
        for begin in (0..task[0].len() - most).step_by(most) {
            let window: Samples = task.iter().map(|samples| samples[begin..begin + most].to_vec()).collect();
            let known: Vec<Vec<Option<f64>>> =
                window.iter().map(|samples| samples.iter().copied().map(Some).collect()).collect();
            let needed = samples_needed(&known, 3, rule, Some(1.0), &[1.0, 1.0]) as usize;
            adaptive.add(&window, needed, truth);
            if wavers {
                wavering.add(&window, needed, truth);
            }
            for (count, fixed) in fixed.iter_mut().enumerate().skip(3) {
                fixed.add(&window, count, truth);
            }
        }
    }
    let width = adaptive.mean(adaptive.width);
    // Between the two fixed numbers around it, in proportion.
    let equal = (4..=most)
        .find_map(|count| {
            let (wide, narrow) = (&fixed[count - 1], &fixed[count]);
            let (wide, narrow) = (wide.mean(wide.width), narrow.mean(narrow.width));
            (narrow <= width).then(|| (count - 1) as f64 + (wide - width) / (wide - narrow))
        })
        .unwrap();
    let covered = wavering.mean(wavering.covered);
    (adaptive, equal, covered)
}

/// The simulation of docs/METHOD.md: `cargo test --test adaptive saving -- --nocapture`.
#[test]
fn the_saving_of_adaptive_sampling() {
    let rule = Adaptive { until: Until::Se(1.0), most: 16 };
    let ways =
        [("wavering = 0.3, noise = 8", WAVERING, 480, 0.6), ("noise = 3 on every task", EVEN, 200, 1.1)];
    for (name, config, samples, most) in ways {
        let (adaptive, equal, covered) = compared(&sampled(config, samples), rule);
        let samples = adaptive.mean(adaptive.samples);
        println!(
            "{name}: {samples:.2} samples a task and model for a mean width of {:.2}, as {equal:.2} for every task: {:.0} %; \
             intervals cover {:.1} %, and {:.1} % where models waver",
            adaptive.mean(adaptive.width),
            samples / equal * 100.0,
            adaptive.mean(adaptive.covered) * 100.0,
            covered * 100.0,
        );
        assert!(samples / equal <= most, "{name}");
        assert!((0.93..=0.98).contains(&covered), "{name}: {covered}");
    }
}

//! What came of a run, in a few lines of Markdown for mail and pages, and as JSON for programs.

use serde_json::{Value, json};

use super::cells::{points, signed};
use super::table::count;
use super::text::{cut, markdown, plain};
use crate::domain::drift::{Change, RaterChange};

/// So many rows of a table: a summary is read at a glance.
const MOST_MODELS: usize = 10;
const MOST_MOVERS: usize = 10;
const MOST_NOTES: usize = 5;
/// Chats take no more than about twice as many characters.
const LONGEST_LINE: usize = 1_000;
/// What is less is nought when it is shown.
const LEAST: f64 = 0.005;
/// A normal deviate is within so many standard errors in 95 of 100 cases.
const Z_95: f64 = 1.96;

/// What there is to tell.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub schedule: Option<String>,
    /// The exit code with its name; `None` where it is not known any more.
    pub exit: Option<(i32, &'static str)>,
    pub began: String,
    /// `None` where no run came of it.
    pub run: Option<RunSummary>,
    /// The run that was kept, where nothing more is known of it: it could not be read.
    pub unread_run: Option<String>,
    /// `2027-03`, what was spent in it, and its budget.
    pub month: String,
    pub month_cost_usd: f64,
    pub month_budget_usd: Option<f64>,
    /// What the gate has found; empty where it is open, `None` where there is none.
    pub gate: Option<String>,
    /// Sentences, commands in them between backticks.
    pub next: Vec<String>,
}

/// The run that it is about.
#[derive(Clone, Debug, Default)]
pub struct RunSummary {
    pub name: String,
    pub seconds: f64,
    pub selection: String,
    pub rubric: String,
    pub catalogue: String,
    pub occupations: u64,
    pub tasks: u64,
    pub needed: u64,
    pub asked: u64,
    pub gaps: Vec<(String, u64)>,
    pub score: Option<f64>,
    pub models: Vec<ModelSummary>,
    pub cost_usd: f64,
    pub notes: Vec<String>,
    /// The command that makes its report again.
    pub again: String,
    pub against: Option<Against>,
}

#[derive(Clone, Debug, Default)]
pub struct ModelSummary {
    pub id: String,
    pub served: Vec<String>,
    /// The mean of its scores of the occupations.
    pub score: Option<f64>,
}

/// The run before.
#[derive(Clone, Debug, Default)]
pub struct Against {
    pub name: String,
    pub began: String,
    pub change: Change,
}

impl RunSummary {
    fn gap_count(&self) -> u64 {
        self.gaps.iter().map(|(_, count)| count).sum()
    }

    fn change(&self, id: &str) -> Option<&RaterChange> {
        let change = &self.against.as_ref()?.change;
        super::shown(change).iter().find(|rater| rater.id == id)
    }

    /// The change of the mean over all occupations of each run.
    fn shift(&self) -> Option<f64> {
        let all = &self.against.as_ref()?.change.occupations;
        Some(all.after? - all.before?)
    }
}

impl Summary {
    /// The outcome on one line, for chats.
    pub fn line(&self) -> String {
        let name = self.schedule.as_deref().unwrap_or("score-tasks");
        let exit = self.exit.map_or_else(String::new, |(code, name)| format!(" ended with {code} ({name})"));
        let Some(run) = &self.run else {
            let Some(run) = &self.unread_run else {
                return format!("{}{exit}: no run came of it", plain(name));
            };
            let gate = self.gate_said();
            let line = format!("{}{exit}: run {} is kept, and cannot be read{gate}", plain(name), plain(run));
            return cut(&line, LONGEST_LINE).to_owned();
        };
        let score = points(run.score);
        let change = match (&run.against, run.shift()) {
            (Some(against), Some(shift)) => format!(", {} since {}", signed(Some(shift)), against.name),
            _ => String::new(),
        };
        let gaps = match run.gap_count() {
            0 => String::new(),
            gaps => format!(", {} missing", count(gaps, "rating")),
        };
        let gate = self.gate_said();
        let line = format!(
            "{}{exit}: run {}, score {score}{change}{gaps}, USD {:.2}{gate}",
            plain(name),
            plain(&run.name),
            run.cost_usd
        );
        cut(&line, LONGEST_LINE).to_owned()
    }

    /// The run's name, whether more is known of it or not.
    pub fn run_name(&self) -> Option<&str> {
        self.run.as_ref().map(|run| run.name.as_str()).or(self.unread_run.as_deref())
    }

    fn gate_said(&self) -> String {
        match self.gate.as_deref() {
            Some(found) if !found.is_empty() => format!("; {}", plain(found)),
            _ => String::new(),
        }
    }
}

/// Markdown of no more than sixty lines.
pub fn summary_markdown(of: &Summary) -> String {
    let name = of.schedule.as_deref().map_or_else(|| "Tasks scored".to_owned(), inert);
    let mut text = format!("# {name}\n\n");
    let ended = of.exit.map_or_else(String::new, |(code, name)| format!(", ended with {code} ({name})"));
    match (&of.run, &of.unread_run) {
        (None, Some(run)) => {
            text += &format!("Run {} is kept, and could not be read{ended}.\n\n", inert(run));
        }
        (None, None) => text += &format!("No run came of it: begun {}{ended}.\n\n", inert(&of.began)),
        (Some(run), _) => text += &head(of, run, &ended),
    }
    if let Some(found) = &of.gate {
        let found = if found.is_empty() { "open".to_owned() } else { format!("**shut**: {}", inert(found)) };
        text += &format!("Gate: {found}.\n\n");
    }
    if let Some(run) = &of.run {
        text += &compared(run);
    }
    let budget = of.month_budget_usd.map_or_else(String::new, |budget| format!(" of {budget:.2}"));
    let run =
        of.run.as_ref().map_or_else(String::new, |run| format!("USD {:.4} for this run, ", run.cost_usd));
    text += &format!("Costs: {run}USD {:.4}{budget} in {}.\n", of.month_cost_usd, of.month);
    text += "\n## Next\n\n";
    of.next.iter().for_each(|next| text += &format!("- {}\n", plain(next)));
    if let Some(run) = &of.run {
        // Indented, it is code whatever stands in it.
        text += &format!("\nThis report again:\n\n    {}\n", plain(&run.again));
    }
    text
}

fn head(of: &Summary, run: &RunSummary, ended: &str) -> String {
    let mut text = format!(
        "Run {}, begun {}, took {:.1} s{ended}.\n{}; {} of {}; {} and {}.\n\n",
        inert(&run.name),
        inert(&of.began),
        run.seconds,
        inert(&run.selection),
        inert(&run.rubric),
        inert(&run.catalogue),
        count(run.occupations, "occupation"),
        count(run.tasks, "task"),
    );
    let change = run.against.as_ref().map_or_else(String::new, |against| {
        let all = &against.change.occupations;
        let se = all.sd.filter(|_| all.count > 1).map(|sd| sd / (all.count as f64).sqrt());
        format!(" ({}{})", signed(run.shift()), interval(run.shift().zip(se)))
    });
    text += &format!("**Score {}**{change}\n\n", points(run.score));
    let gaps: Vec<String> =
        run.gaps.iter().map(|(reason, count)| format!("{count} {}", inert(reason))).collect();
    let gaps = if gaps.is_empty() { "none".to_owned() } else { gaps.join(", ") };
    text += &format!("Answers: {} needed, {} asked. Missing: {gaps}.\n\n", run.needed, run.asked);
    for note in run.notes.iter().take(MOST_NOTES) {
        text += &format!("- {}\n", inert(note));
    }
    if !run.notes.is_empty() {
        text += "\n";
    }
    text
}

/// 95 % of a change with its standard error.
fn interval(change: Option<(f64, f64)>) -> String {
    // The same answers have no error.
    change.filter(|(_, se)| *se > 0.0).map_or_else(String::new, |(change, se)| {
        format!(", 95 % {} to {}", signed(Some(change - Z_95 * se)), signed(Some(change + Z_95 * se)))
    })
}

fn compared(run: &RunSummary) -> String {
    let mut text = String::new();
    match &run.against {
        None => text += "There is no earlier run to compare it with.\n\n",
        Some(against) => text += &since(against),
    }
    text += "| model | score | on the same tasks | 95 % | because |\n|---|--:|--:|---|---|\n";
    for model in run.models.iter().take(MOST_MODELS) {
        let change = run.change(&model.id);
        let because = change.map_or_else(String::new, because);
        text += &format!(
            "| {} | {} | {} | {} | {because} |\n",
            inert(&model.id),
            points(model.score),
            change.map_or_else(String::new, |change| signed(change.shift)),
            change.map_or_else(String::new, |change| {
                interval(change.shift.zip(change.se)).trim_start_matches(", 95 % ").to_owned()
            }),
        );
    }
    if run.models.len() > MOST_MODELS {
        text += &format!("\nand {} more.\n", count((run.models.len() - MOST_MODELS) as u64, "model"));
    }
    text += "\n";
    text += &run.against.as_ref().map_or_else(String::new, movers);
    text
}

fn since(against: &Against) -> String {
    let change = &against.change;
    let (tasks, causes, all) = (change.tasks, change.causes, &change.occupations);
    let mut text = format!(
        "Since run {} of {}: {} with the same text, {} reworded, {} new, {} gone.",
        inert(&against.name),
        inert(&against.began),
        count(tasks.kept as u64, "task"),
        tasks.reworded,
        tasks.new,
        tasks.gone
    );
    let is_some = |points: f64| points.abs() >= LEAST;
    let parts = [causes.inputs, causes.raters, causes.answers, all.exchanged.unwrap_or(0.0)];
    if parts.into_iter().any(is_some) {
        text += &caused(change);
    }
    if change.rubric_changed {
        text += " The rubric is another one.";
    }
    for (names, what) in [(&change.raters_gone, "No longer asked"), (&change.raters_new, "New")] {
        if !names.is_empty() {
            text += &format!(" {what}: {}.", inert(&names.join(", ")));
        }
    }
    text + "\n\n"
}

fn caused(change: &Change) -> String {
    let (causes, all) = (change.causes, &change.occupations);
    let mut text = format!(
        " Of the change {} is due to other tasks, texts or weights, {} to other raters, {} to the same raters on \
         the same tasks",
        signed(Some(causes.inputs)),
        signed(Some(causes.raters)),
        signed(Some(causes.answers)),
    );
    if all.new + all.gone > 0 {
        text += &format!(", {} to {} new and {} gone occupations", signed(all.exchanged), all.new, all.gone);
    }
    text + "."
}

fn because(change: &RaterChange) -> String {
    let (before, after) = &change.served;
    let served = match before == after || before.is_empty() || after.is_empty() {
        true => String::new(),
        false => format!(" ({}, before {})", inert(&after.join(", ")), inert(&before.join(", "))),
    };
    format!("{}{served}", change.verdict.said())
}

fn movers(against: &Against) -> String {
    let moved = against.change.movers.iter().filter(|mover| (mover.after - mover.before).abs() >= 0.05);
    let rows: String = moved
        .take(MOST_MOVERS)
        .map(|mover| {
            let (code, title) = (inert(&mover.code), inert(&mover.title));
            format!("| {title} | {code} | {:.1} | {:.1} |\n", mover.before, mover.after)
        })
        .collect();
    match rows.is_empty() {
        true => "No occupation has moved.\n\n".to_owned(),
        false => format!("| moved most | code | before | after |\n|---|---|--:|--:|\n{rows}\n"),
    }
}

/// Text of others: no markup, and nothing that pages turn into links or call people by.
fn inert(text: &str) -> String {
    markdown(text).replace('@', "&#64;").replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// The same for programs, with the Markdown in it, and the members that chats look for.
pub fn summary_json(of: &Summary) -> Value {
    let run = of.run.as_ref();
    let against = run.and_then(|run| run.against.as_ref());
    let models = run.map(|run| run.models.iter().map(|model| model_json(run, model)).collect::<Vec<_>>());
    let line = of.line();
    json!({
        "schema": "score-tasks/finished/1",
        "schedule": of.schedule,
        "run": of.run_name(),
        "began": of.began,
        "exit": of.exit.map(|(code, _)| code),
        "exit_name": of.exit.map(|(_, name)| name),
        "gate": of.gate.as_ref().map(|found| found.is_empty()),
        "gate_found": of.gate.as_ref().filter(|found| !found.is_empty()),
        "score": run.and_then(|run| run.score),
        "change": run.and_then(RunSummary::shift),
        "against": against.map(|against| &against.name),
        "models": models.unwrap_or_default(),
        "tasks": against.map(|against| {
            let tasks = against.change.tasks;
            json!({"kept": tasks.kept, "reworded": tasks.reworded, "new": tasks.new, "gone": tasks.gone})
        }),
        "gaps": run.map(RunSummary::gap_count),
        "asked": run.map(|run| run.asked),
        "cost_usd": run.map(|run| run.cost_usd),
        "month": of.month,
        "month_cost_usd": of.month_cost_usd,
        "month_budget_usd": of.month_budget_usd,
        "notes": run.map(|run| &run.notes),
        "summary_markdown": summary_markdown(of),
        // Slack and those who speak like it read the one, Discord the others.
        "text": for_chats(&line),
        "content": line,
        // Whatever stands in there, nobody is called by it.
        "allowed_mentions": { "parse": [] },
    })
}

/// Slack takes these three for markup, and their names for them.
fn for_chats(line: &str) -> String {
    line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn model_json(run: &RunSummary, model: &ModelSummary) -> Value {
    let change = run.change(&model.id);
    json!({
        "model": model.id, "served": model.served, "score": model.score,
        "change": change.and_then(|change| change.shift), "se": change.and_then(|change| change.se),
        "verdict": change.map(|change| change.verdict.name()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::drift::{Causes, Mover, OccupationChange, TaskChange, Verdict};

    fn rater(id: &str, shift: f64, verdict: Verdict) -> RaterChange {
        let served = (vec!["one".to_owned()], vec!["two".to_owned()]);
        RaterChange {
            id: id.to_owned(),
            shift: Some(shift),
            se: Some(0.5),
            verdict,
            served,
            ..RaterChange::default()
        }
    }

    fn mover(number: usize) -> Mover {
        Mover {
            code: format!("15-{number}"),
            title: "Planners | <b>@all</b>\nhttps://x.example".to_owned(),
            before: 40.0,
            after: 44.25,
            bands: (String::new(), String::new()),
            causes: Causes::default(),
        }
    }

    fn summary(models: usize, movers: usize) -> Summary {
        let change = Change {
            tasks: TaskChange { kept: 90, reworded: 3, new: 2, gone: 1 },
            raters: (0..models).map(|n| rater(&format!("m{n}"), 1.5, Verdict::Served)).collect(),
            occupations: OccupationChange {
                count: 4,
                before: Some(50.0),
                after: Some(51.5),
                sd: Some(2.0),
                ..OccupationChange::default()
            },
            causes: Causes { inputs: 0.25, raters: 0.0, answers: 1.25 },
            movers: (0..movers).map(mover).collect(),
            ..Change::default()
        };
        let run = RunSummary {
            name: "20270301-000000".to_owned(),
            seconds: 12.5,
            selection: "--all".to_owned(),
            rubric: "exposure 1".to_owned(),
            catalogue: "demo".to_owned(),
            occupations: 4,
            tasks: 95,
            needed: 190,
            asked: 10,
            gaps: vec![("refused".to_owned(), 2)],
            score: Some(51.5),
            models: (0..models)
                .map(|n| ModelSummary { id: format!("m{n}"), score: Some(51.5), ..ModelSummary::default() })
                .collect(),
            cost_usd: 0.5,
            notes: vec!["m0 now answers as two".to_owned()],
            again: "score-tasks --all -o \"```\"".to_owned(),
            against: Some(Against {
                name: "20270201-000000".to_owned(),
                began: "2027-02-01T00:00:00.000Z".to_owned(),
                change,
            }),
        };
        Summary {
            schedule: Some("nightly".to_owned()),
            exit: Some((6, "gate")),
            began: "2027-03-01T00:00:00.000Z".to_owned(),
            run: Some(run),
            unread_run: None,
            month: "2027-03".to_owned(),
            month_cost_usd: 2.0,
            month_budget_usd: Some(50.0),
            gate: Some("moved by more than 1 points: m0 +1.50".to_owned()),
            next: vec!["Look at it.".to_owned()],
        }
    }

    #[test]
    fn a_summary_reads_so() {
        let expected = include_str!("summary.md");
        assert_eq!(summary_markdown(&summary(1, 1)), expected);
    }

    #[test]
    fn it_is_short_whatever_happened() {
        let mut of = summary(40, 40);
        let run = of.run.as_mut().unwrap();
        run.notes = vec!["a note\nof two lines".to_owned(); 40];
        of.next = vec!["Do this.".to_owned(); 3];
        let lines = summary_markdown(&of).lines().count();
        assert!(lines <= 60, "{lines}");
    }

    #[test]
    fn chats_get_a_line() {
        assert_eq!(
            summary(1, 1).line(),
            "nightly ended with 6 (gate): run 20270301-000000, score 51.50, +1.50 since 20270201-000000, 2 ratings \
             missing, USD 0.50; moved by more than 1 points: m0 +1.50"
        );
        let none = Summary { run: None, schedule: Some("a<b".to_owned()), ..summary(0, 0) };
        assert_eq!(none.line(), "a<b ended with 6 (gate): no run came of it");
        let value = summary_json(&none);
        assert_eq!(value["text"], "a&lt;b ended with 6 (gate): no run came of it");
        assert!(summary_markdown(&none).contains("No run came of it"));
    }
}

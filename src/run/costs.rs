//! `runs costs`: the account of the store, by month and model and by run.

use serde_json::{Value, json};

use super::manifest::{Manifest, ModelAsked};
use super::output::{print, print_json};
use super::{Desk, Exit, Failure, sheets};
use crate::domain::{Instant, Month};
use crate::report::{Align, grid, plain, terminal_width};
use crate::store::{self, Costs, KeptRun};

/// A run with what each model cost in it.
type Run = (KeptRun, Manifest);

pub(super) fn costs(desk: &Desk, month: Option<Month>) -> Result<Exit, Failure> {
    let (from, to) = match month {
        Some(month) => (month.begin(), month.next().begin()),
        None => (Instant::BEGINNING, Instant::END),
    };
    let path = &desk.config.cache;
    let months = if path.exists() { store::costs(path, from, to)? } else { Vec::new() };
    let mut runs = sheets::all_runs(desk)?;
    runs.retain(|(run, _)| run.began >= from && run.began < to);
    let mut total = Costs::default();
    months.iter().for_each(|costs| total.add(costs));
    if desk.global.json {
        print_json(&json!({
            "schema": "score-tasks/costs/1",
            "month": month.map(|month| month.to_string()),
            "months": months.iter().map(month_json).collect::<Vec<_>>(),
            "runs": runs.iter().map(run_json).collect::<Vec<_>>(),
            "total": figures_json(&total),
        }))?;
    } else if months.is_empty() && runs.is_empty() {
        desk.talk.say(match month {
            Some(month) => format!("Nothing was asked in {month}."),
            None => "Nothing has been asked yet.".to_owned(),
        });
    } else {
        print(&(months_text(&months, &total) + &runs_text(&runs)))?;
        if total.unpriced + total.lost_unpriced > 0 {
            desk.talk.say("What is paid at a price that is not known is in no sum.");
        }
        if total.lost_calls > 0 {
            desk.talk.say(
                "Lost calls brought nothing and may be billed: what they cost is the most that it can be.",
            );
        }
    }
    Ok(Exit::Done)
}

fn usd(nano_usd: u64) -> String {
    format!("{:.4}", nano_usd as f64 / 1e9)
}

fn months_text(months: &[Costs], total: &Costs) -> String {
    let header = [
        "month", "provider", "model", "answers", "batch", "in", "out", "USD", "unpriced", "lost", "USD lost",
    ];
    let aligns = [[Align::Left; 3].as_slice(), &[Align::Right; 8]].concat();
    let mut rows: Vec<Vec<String>> = months.iter().map(month_row).collect();
    let whole = Costs { month: "all".to_owned(), ..total.clone() };
    rows.push(month_row(&whole));
    grid(&header, &aligns, rows, terminal_width())
}

fn month_row(costs: &Costs) -> Vec<String> {
    vec![
        costs.month.clone(),
        costs.provider.clone(),
        costs.model.clone(),
        costs.answers.to_string(),
        costs.by_batch.to_string(),
        costs.tokens_in.to_string(),
        costs.tokens_out.to_string(),
        usd(costs.nano_usd),
        costs.unpriced.to_string(),
        costs.lost_calls.to_string(),
        usd(costs.lost_nano_usd_most),
    ]
}

fn month_json(costs: &Costs) -> Value {
    let mut value = figures_json(costs);
    if let Some(members) = value.as_object_mut() {
        members.insert("month".to_owned(), costs.month.clone().into());
        members.insert("provider".to_owned(), costs.provider.clone().into());
        members.insert("model".to_owned(), costs.model.clone().into());
    }
    value
}

fn figures_json(costs: &Costs) -> Value {
    json!({
        "answers": costs.answers, "by_batch": costs.by_batch, "unpriced": costs.unpriced,
        "tokens_in": costs.tokens_in, "tokens_out": costs.tokens_out, "cost_usd": costs.nano_usd as f64 / 1e9,
        "lost_calls": costs.lost_calls, "lost_unpriced": costs.lost_unpriced,
        "lost_usd_at_most": costs.lost_nano_usd_most as f64 / 1e9,
    })
}

fn runs_text(runs: &[Run]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let header = ["run", "schedule", "model", "asked", "USD"];
    let aligns = [[Align::Left; 3].as_slice(), &[Align::Right; 2]].concat();
    let mut rows = Vec::new();
    for (run, manifest) in runs {
        let schedule = manifest.schedule.clone().unwrap_or_default();
        let mut row = |model: &str, asked: u64, cost: String| {
            rows.push(vec![
                run.id.clone(),
                schedule.clone(),
                plain(model).into_owned(),
                asked.to_string(),
                cost,
            ]);
        };
        let of = asked(manifest);
        for model in &of {
            let cost = model.cost_usd.map_or_else(|| "not known".to_owned(), |cost| format!("{cost:.4}"));
            row(&model.id, model.asked.unwrap_or_default(), cost);
        }
        // One that asked nothing has its row as well; runs of old do not tell their models apart.
        if of.is_empty() {
            row("(all)", manifest.answers.asked, format!("{:.4}", manifest.cost_usd));
        }
    }
    let all: u64 = runs.iter().map(|(_, manifest)| nano_usd(manifest.cost_usd)).sum();
    let answers: u64 = runs.iter().map(|(_, manifest)| manifest.answers.asked).sum();
    rows.push(vec!["all".to_owned(), String::new(), String::new(), answers.to_string(), usd(all)]);
    format!("\n{}", grid(&header, &aligns, rows, terminal_width()))
}

/// The models that answered in a run.
fn asked(manifest: &Manifest) -> Vec<&ModelAsked> {
    manifest.models.iter().filter(|model| model.asked.is_some_and(|asked| asked > 0)).collect()
}

/// What a manifest tells in dollars, as it was counted: to the billionth.
fn nano_usd(usd: f64) -> u64 {
    (usd * 1e9).round() as u64
}

fn run_json((run, manifest): &Run) -> Value {
    let model =
        |model: &ModelAsked| json!({"model": model.id, "asked": model.asked, "cost_usd": model.cost_usd});
    json!({
        "run": run.id, "began": manifest.began, "schedule": manifest.schedule,
        "asked": manifest.answers.asked, "cost_usd": manifest.cost_usd,
        "models": manifest.models.iter().map(model).collect::<Vec<_>>(),
    })
}

//! `score` and `plan`: the three passes, one after the other.

use std::sync::Arc;

use anyhow::anyhow;

use super::asking::{self, Asking};
use super::ending::Ending;
use super::interrupt::Interrupts;
use super::output::Sink;
use super::{Desk, Exit, Failure, plan, setup};
use crate::cli::{self, Format};
use crate::domain::{Combine, Fit, Instant, Provider, RunInfo, RunModel, Source, Totals};
use crate::pace::Stopwatch;
use crate::pass::collect::Collected;
use crate::pass::score::{self, Method, Weights};
use crate::pass::{Job, Rater};
use crate::report::{self, Both, Record};

/// What came of a run.
pub(super) struct Outcome {
    pub exit: Exit,
    /// Its name; `None` where none was kept.
    pub run: Option<String>,
    pub gaps: u64,
    pub cost_nano_usd: u64,
}

/// The occasion of a schedule for which a run is made.
pub(super) struct Scheduled<'a> {
    pub schedule: &'a str,
    /// What its occasions are kept under.
    pub key: &'a str,
    pub due: Instant,
    /// The service hears signals for all its runs.
    pub interrupts: &'a Interrupts,
}

/// Scores, asking what is missing unless told not to.
pub(super) fn score(desk: &Desk, args: &cli::Score) -> Result<Exit, Failure> {
    if args.dry_run {
        return plan::plan(desk, args);
    }
    Ok(carry_out(desk, args, None)?.exit)
}

/// The same for whoever wants to know what came of it.
pub(super) fn carry_out(
    desk: &Desk,
    args: &cli::Score,
    scheduled: Option<&Scheduled<'_>>,
) -> Result<Outcome, Failure> {
    // Stdin is read once, and the run says which occupations it named.
    let args = &cli::Score { occupation: setup::queries(&args.occupation)?, ..args.clone() };
    let (watch, began) = (Stopwatch::start(), desk.clock.now());
    let offline = args.offline || args.as_of.is_some();
    let job = &Arc::new(setup::job(desk, args, offline)?);
    // Before anything is asked: what cannot be weighed or written need not be paid for.
    let method = method(desk, args, job, offline)?;
    let (format, sink) = (format(desk, args)?, sink(desk, args)?);
    introduce(desk, job);
    let asking = if offline { None } else { Some(Asking::begin(desk, args, job)?) };
    let own;
    let interrupts = match scheduled {
        Some(scheduled) => scheduled.interrupts,
        None => {
            own = Interrupts::listen(desk.talk)?;
            &own
        }
    };
    let (collected, fit) = match asking {
        Some(asking) => asking.to_the_end(interrupts)?,
        None => (asking::nothing(job)?, fit(desk, args)),
    };
    let ending = Ending { desk, args, job, collected: &collected, fit, watch };
    if let Some(outcome) = ending.before_the_report(scheduled.is_some()) {
        return Ok(outcome);
    }
    if args.output.is_none() {
        // Whoever reads the report may be slow, or have stopped reading.
        interrupts.leave_at_once();
    }
    let run = run_info(job, &method);
    let method = with_effects(job, method, (&run, fit))?;
    // What is only looked at is no run.
    let mut record = (!offline).then(|| Record::new(run.clone()));
    let out = Out { format, sink, record: record.as_mut() };
    let totals = report(job, &method, (&run, fit), &collected, out, interrupts)?;
    let kept = match record {
        Some(record) => Some(ending.keep(record, (&run, &totals), (began, scheduled))?),
        None => None,
    };
    ending.tell(&totals, format, kept)
}

/// How scores are made of ratings.
pub(super) fn method(desk: &Desk, args: &cli::Score, job: &Job, offline: bool) -> Result<Method, Failure> {
    let (base, own_first) = setup::weighting(desk, args.weights.as_deref(), &job.catalogue)?;
    let weights = Weights::new(job, base, own_first)?;
    Ok(Method { weights, tally: setup::tally(desk, args, &job.raters), offline })
}

pub(super) fn fit(desk: &Desk, args: &cli::Score) -> Fit {
    let now = desk.clock.now();
    let to = args.as_of.unwrap_or(Instant::END);
    let reference = args.as_of.unwrap_or(now);
    let from = match args.max_age {
        Some(age) => reference.before(age),
        None if args.fresh => now,
        None => args.since.unwrap_or(Instant::BEGINNING),
    };
    Fit { from, to }
}

/// Where a report goes, and its record besides.
struct Out<'a> {
    format: report::Format,
    sink: Sink,
    record: Option<&'a mut Record>,
}

fn report(
    job: &Job,
    method: &Method,
    (run, fit): (&RunInfo, Fit),
    collected: &Collected,
    out: Out<'_>,
    interrupts: &Interrupts,
) -> Result<Totals, Failure> {
    let Out { format, mut sink, record } = out;
    let mut report = report::new(format, run.clone(), Box::new(&mut sink), report::terminal_width())?;
    let totals = Totals {
        needed: collected.needed,
        cached: collected.cached,
        asked: collected.asked,
        cost_nano_usd: collected.cost_nano_usd,
        ..Totals::default()
    };
    let stopped = || interrupts.stopped();
    let totals = match record {
        Some(record) => score::score(job, fit, method, &mut Both(report.as_mut(), record), totals, &stopped)?,
        None => score::score(job, fit, method, report.as_mut(), totals, &stopped)?,
    };
    drop(report);
    sink.finish()?;
    Ok(totals)
}

/// As told; else as the ending of the file says; else a table.
pub(super) fn format(desk: &Desk, args: &cli::Score) -> Result<report::Format, Failure> {
    let told = match args.format {
        Some(Format::Table) => Some(report::Format::Table),
        Some(Format::Json) => Some(report::Format::Json),
        Some(Format::Jsonl) => Some(report::Format::Jsonl),
        Some(Format::Csv) => Some(report::Format::Csv),
        Some(Format::Md) => Some(report::Format::Md),
        None => None,
    };
    if desk.global.json && told.is_some_and(|told| told != report::Format::Json) {
        return Err(Failure::usage(anyhow!("--json and another --format exclude each other")));
    }
    let ending = args.output.as_ref().and_then(|path| path.extension()?.to_str());
    let by_ending = match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("json") => report::Format::Json,
        Some("jsonl") => report::Format::Jsonl,
        Some("csv") => report::Format::Csv,
        Some("md") => report::Format::Md,
        _ => report::Format::Table,
    };
    Ok(told.unwrap_or(if desk.global.json { report::Format::Json } else { by_ending }))
}

/// Removing the raters' effects takes a look at all ratings first.
pub(super) fn with_effects(
    job: &Job,
    mut method: Method,
    (run, fit): (&RunInfo, Fit),
) -> Result<Method, Failure> {
    if method.tally.combination.how == Combine::Effects {
        method.tally.combination.effects = score::effects(job, fit, &method, run)?.ok_or_else(|| {
            Failure::usage(anyhow!("no tasks tie the models together, so their effects cannot be told apart"))
                .hint("--combine mean, or more tasks that several models have rated")
        })?;
    }
    Ok(method)
}

pub(super) fn run_info(job: &Job, method: &Method) -> RunInfo {
    RunInfo {
        rubric: Arc::clone(&job.rubric),
        catalogue: job.catalogue.id.clone(),
        weighting: method.weights.base(),
        combine: method.tally.combination.how,
        rounds: method.tally.rounds.count,
        seed: method.tally.rounds.seed,
        // Labels are given once.
        samples: if job.raters.iter().any(|rater| rater.asker.is_some()) { job.samples } else { 1 },
        adaptive: job.adaptive,
        offline: method.offline,
        models: job
            .raters
            .iter()
            .map(|rater| RunModel {
                id: Arc::clone(&rater.model.id),
                provider: rater.model.provider_name(),
                model: rater.model.model.clone(),
                weight: rater.model.weight,
            })
            .collect(),
        notes: job.catalogue.notes.clone(),
    }
}

pub(super) fn introduce(desk: &Desk, job: &Job) {
    let is_mock = |rater: &Rater| matches!(rater.model.source, Source::Asked(Provider::Mock(_)));
    let mocks = if job.raters.iter().all(is_mock) {
        ", mock models: made-up scores, no network, no cost"
    } else {
        ""
    };
    match job.catalogue.id.name.as_str() {
        // Its quirks are there to be met in reports, not in a first run's first lines.
        "demo" => desk.talk.say(format_args!("Demo catalogue{mocks}.")),
        name => {
            desk.talk.say(format_args!("Catalogue {name}{mocks}."));
            for note in &job.catalogue.notes {
                desk.talk.say(note);
            }
        }
    }
}

/// Where the flags send the report.
pub(super) fn sink(desk: &Desk, args: &cli::Score) -> Result<Sink, Failure> {
    let output = args.output.as_ref().map(|path| desk.folder().join(path));
    Sink::new(output.as_deref())
}

//! `score` and `plan`: the three passes, one after the other.

use std::sync::Arc;

use anyhow::anyhow;

use super::asking::{self, Asking};
use super::interrupt::Interrupts;
use super::manifest::{self, Ended};
use super::output::Sink;
use super::{Desk, Exit, Failure, batches, plan, setup, summary};
use crate::cli::{self, Format};
use crate::domain::{Combine, Fit, GapReason, Instant, Provider, RunInfo, RunModel, Source, Totals};
use crate::pace::Stopwatch;
use crate::pass::collect::{Collected, LaneSummary};
use crate::pass::score::{self, Method, Weights};
use crate::pass::{Job, Rater};
use crate::report::{self, Both, Record, count};

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
    let job = Arc::new(setup::job(desk, args, offline)?);
    let (base, own_first) = setup::weighting(desk, args.weights.as_deref(), &job.catalogue)?;
    // Before anything is asked: what cannot be weighed or written need not be paid for.
    let weights = Weights::new(&job, base, own_first)?;
    let format = format(desk, args)?;
    let sink = sink(desk, args)?;
    introduce(desk, &job);
    let tally = setup::tally(desk, args, &job.raters);
    let asking = if offline { None } else { Some(Asking::begin(desk, args, &job)?) };
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
        None => (asking::nothing(&job)?, fit(desk, args)),
    };
    if collected.interrupted {
        let saved = count(collected.asked, "answer");
        let go_on = match (args.fresh, &job.anchors) {
            _ if scheduled.is_some() => "The schedule goes on with it at its next start.".to_owned(),
            // The same command would ask for them anew.
            (true, _) => format!("Go on with --since {} in place of --fresh.", fit.from),
            (_, Some(anchors)) => format!("Go on with --anchors-since {} besides.", anchors.from),
            _ => "Run the same command again to go on.".to_owned(),
        };
        desk.talk.say(format_args!("Interrupted; saved: {saved}. {go_on}"));
        let cost_nano_usd = collected.cost_nano_usd;
        return Ok(Outcome { exit: Exit::Interrupted, run: None, gaps: 0, cost_nano_usd });
    }
    let on_their_way: u64 = collected.lanes.iter().map(|lane| lane.on_their_way).sum();
    if args.no_wait && on_their_way > 0 {
        summary::tell(&desk.talk, &job, &collected, desk.global.verbose > 0);
        let closed = summary::closed(&desk.talk, &collected);
        let rest = (collected.needed - collected.cached).saturating_sub(on_their_way + collected.asked);
        let exit = closed.unwrap_or(batches::left(desk, on_their_way, rest));
        return Ok(Outcome { exit, run: None, gaps: 0, cost_nano_usd: collected.cost_nano_usd });
    }
    if args.output.is_none() {
        // Whoever reads the report may be slow, or have stopped reading.
        interrupts.leave_at_once();
    }
    let method = Method { weights, tally, offline };
    let run = run_info(&job, &method);
    let method = with_effects(&job, method, (&run, fit))?;
    // What is only looked at is no run.
    let mut record = (!offline).then(|| Record::new(run.clone()));
    let out = Out { format, sink, record: record.as_mut() };
    let totals = report(&job, &method, (&run, fit), &collected, out, interrupts)?;
    let mut kept = None;
    if let Some(record) = record {
        let seconds = f64::from(watch.ms()) / 1_000.0;
        let anchors_since = job.anchors.as_ref().map(|anchors| anchors.from);
        let (run, totals, collected) = (&run, &totals, &collected);
        let ended = Ended { began, seconds, args, run, totals, fit, anchors_since, collected, scheduled };
        let manifest::Kept { name, notes } = manifest::keep(desk, &job.store, &ended, record)?;
        if desk.global.verbose > 0 {
            desk.talk.say(format_args!("Kept as run {name}"));
        }
        notes.iter().for_each(|note| desk.talk.say(note));
        kept = Some(name);
    }
    // CSV has no room for it, and a table in a file is about to be shown to others.
    let attribution = &job.catalogue.id.attribution;
    let is_bare = format == report::Format::Csv || (format == report::Format::Table && args.output.is_some());
    if is_bare && !attribution.is_empty() {
        desk.talk.say(format_args!("To be shown with what is published of this: {attribution}"));
    }
    summary::tell(&desk.talk, &job, &collected, desk.global.verbose > 0);
    let closed = summary::closed(&desk.talk, &collected);
    let exit = conclude(
        desk,
        args,
        (&totals, &collected),
        watch,
        (fit, job.anchors.as_ref().map(|anchors| anchors.from)),
    )?;
    let (gaps, cost_nano_usd) = (totals.gap_count(), totals.cost_nano_usd);
    Ok(Outcome { exit: closed.unwrap_or(exit), run: kept, gaps, cost_nano_usd })
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

fn conclude(
    desk: &Desk,
    args: &cli::Score,
    (totals, collected): (&Totals, &Collected),
    watch: Stopwatch,
    (fit, anchors): (Fit, Option<Instant>),
) -> Result<Exit, Failure> {
    let gaps = totals.gap_count();
    let Totals { needed, ratings, labels, cached, asked, .. } = totals;
    let seconds = f64::from(watch.ms()) / 1_000.0;
    let labels = match labels {
        0 => String::new(),
        labels => format!(", {}", count(*labels, "label")),
    };
    let (answers, gaps_counted) = (count(*needed, "answer"), count(gaps, "gap"));
    desk.talk.say(format_args!(
        "{answers}: {cached} cached, {asked} asked{labels}, {gaps_counted}, {seconds:.1} s"
    ));
    if let Some(path) = &args.output {
        desk.talk.say(format_args!("Written to {}", path.display()));
    }
    let allowed = args.allow_gaps.unwrap_or(desk.config.allow_gaps);
    if !allowed.covers(gaps, *ratings) {
        let remedy = remedy(args, totals, collected, (fit, anchors));
        desk.talk.say(format_args!("{} missing. {remedy}", count(gaps, "rating")));
        return Ok(Exit::Gaps);
    }
    if fit.to != Instant::END && args.as_of.is_none() && *needed > 0 {
        let since = match fit.from {
            Instant::BEGINNING => String::new(),
            from => format!("--since {from} "),
        };
        let anchors = anchors.map_or_else(String::new, |from| format!("--anchors-since {from} "));
        desk.talk.say(format_args!(
            "This report again, whatever is asked later: {since}{anchors}--as-of {}",
            fit.to
        ));
    }
    Ok(Exit::Done)
}

/// What can be done about the gaps there are.
fn remedy(
    args: &cli::Score,
    totals: &Totals,
    collected: &Collected,
    (fit, anchors): (Fit, Option<Instant>),
) -> String {
    let has = |reason| totals.gaps.contains_key(&reason);
    let not_asked = totals.gaps.get(&GapReason::NotAsked).copied().unwrap_or_default();
    let sum = |of: fn(&LaneSummary) -> u64| collected.lanes.iter().map(of).sum::<u64>();
    let (not_recorded, too_old) = (sum(|lane| lane.not_recorded), sum(|lane| lane.too_old));
    let on_their_way = sum(|lane| lane.on_their_way);
    let what = if args.as_of.is_some() {
        "That is how it was then".to_owned()
    } else if on_their_way > 0 {
        format!("{on_their_way} are in batches: score-tasks batch collect --wait brings them in")
    } else if has(GapReason::NotAsked) && args.offline {
        "Without --offline they are asked".to_owned()
    } else if has(GapReason::NotAsked) && totals.labels > 0 && collected.lanes.is_empty() {
        "Labels stand in the table".to_owned()
    } else if too_old > 0 && !has(GapReason::Failed) {
        "The recording's answers are from before that time: leave out --fresh, --since and --max-age"
            .to_owned()
    } else if not_recorded > 0 && not_recorded >= not_asked && !has(GapReason::Failed) {
        "The recording has no such answers: name another, or ask the models themselves".to_owned()
    } else if totals.gaps.keys().all(|reason| *reason == GapReason::Blocked) {
        "A filter stands before them: only --fresh asks for them again".to_owned()
    } else if args.changed && !has(GapReason::NotAsked) {
        "They were asked before: without --changed they are asked for again".to_owned()
    } else if !has(GapReason::NotAsked) && !has(GapReason::Failed) {
        "They were asked and gave no score: run it again to ask for them alone".to_owned()
    } else if args.fresh {
        format!("Run it again with --since {} in place of --fresh to ask for them", fit.from)
    } else if let Some(from) = anchors {
        format!("Run it again with --anchors-since {from} to ask for them")
    } else {
        "Run it again to ask for them".to_owned()
    };
    format!("{what}; --allow-gaps allows them.")
}

/// Where the flags send the report.
pub(super) fn sink(desk: &Desk, args: &cli::Score) -> Result<Sink, Failure> {
    let output = args.output.as_ref().map(|path| desk.folder().join(path));
    Sink::new(output.as_deref())
}

//! `stability`: how far the numbers hang on the wording of the rubric.

use std::sync::Arc;

use anyhow::anyhow;

use super::asking::{self, Asking};
use super::interrupt::Interrupts;
use super::output::Either;
use super::{Desk, Exit, Failure, clients, money, plan, score, setup, summary};
use crate::cli;
use crate::domain::stability::{Stability, Wording, stratified};
use crate::domain::{Combine, Fit, Instant, Rubric, Selection, Share, Totals};
use crate::measure::{self, Rounds, Stabilities};
use crate::pace::Stopwatch;
use crate::pass::collect::Collected;
use crate::pass::plan::{self as planning, ModelPlan};
use crate::pass::score::{self as pass, Method, Weights};
use crate::pass::{Job, Worded};
use crate::read::{self, Catalogue};
use crate::report::{self, count};
use crate::tally::Combination;

/// Collects what is missing under every wording, and holds the wordings against each other.
pub(super) fn stability(desk: &Desk, args: &cli::Stability) -> Result<Exit, Failure> {
    let watch = Stopwatch::start();
    let flags = &*args.score;
    let out = Either::new(desk, flags)?;
    let offline = flags.offline || flags.as_of.is_some();
    let (jobs, drawn) = jobs(desk, args, offline || flags.dry_run)?;
    let fit = score::fit(desk, flags);
    if flags.dry_run {
        return plan::show(desk, out, &plans(&jobs, fit, flags)?);
    }
    let Some(base) = jobs.first() else { return Ok(Exit::Done) };
    // Before anything is asked: what cannot be weighed or written need not be paid for.
    method(desk, flags, base, offline)?;
    score::introduce(desk, base);
    desk.talk.say(&drawn);
    let budget = if offline { None } else { agree(desk, flags, &jobs, fit)? };
    let clients = if offline { Vec::new() } else { clients::clients(desk, &base.raters)? };
    let interrupts = Interrupts::listen(desk.talk)?;
    let (collected, fit) = match offline {
        true => (Collected::nothing(), fit),
        false => collect(desk, &jobs, (fit, &clients, budget), &interrupts)?,
    };
    if collected.interrupted {
        let saved = count(collected.asked, "answer");
        let go_on = match flags.fresh {
            // The same command would ask for them anew.
            true => format!("Go on with --since {} in place of --fresh.", fit.from),
            false => "Run the same command again to go on.".to_owned(),
        };
        desk.talk.say(format_args!("Interrupted; saved: {saved}. {go_on}"));
        return Ok(Exit::Interrupted);
    }
    let (of, totals) = reckon(desk, args, &jobs, fit, offline, &interrupts)?;
    out.put(|width| report::stability_text(&of, width), || report::stability_json(&of))?;
    summary::tell(&desk.talk, &base.models(), &collected, desk.global.verbose > 0);
    let closed = summary::closed(&desk.talk, &collected);
    let exit = conclude(desk, flags, (&totals, &collected), watch, fit);
    Ok(closed.unwrap_or(exit))
}

/// The rubric as it is, then its variants, over the same tasks; and which tasks these are, for people.
fn jobs(desk: &Desk, args: &cli::Stability, only_reads: bool) -> Result<(Vec<Arc<Job>>, String), Failure> {
    // All wordings at the same time, so that nothing but the words differs.
    let flags = &cli::Score { online: true, ..(*args.score).clone() };
    refuse_labels(desk, flags)?;
    let variants = variants(desk, args)?;
    let mut drawn = String::new();
    let base = setup::job_about(desk, flags, only_reads, |catalogue| {
        let selection = setup::selection(catalogue, flags)?;
        let (selection, told) = draw(catalogue, &selection, args)?;
        drawn = told;
        Ok(selection)
    })?;
    let mut jobs = vec![Arc::new(base)];
    for variant in variants {
        let Some(base) = jobs.first() else { continue };
        let worded = setup::reworded(desk, flags, base, variant)?;
        let same = |job: &&Arc<Job>| {
            let (one, other) = (&job.rubric, &worded.rubric);
            (&one.system, &one.user, &one.fields) == (&other.system, &other.user, &other.fields)
        };
        if let Some(twin) = jobs.iter().find(same) {
            let (one, other) = (twin.rubric.shown(), worded.rubric.shown());
            let error = anyhow!("{one} and {other} say the same: one wording would be counted twice");
            return Err(Failure::usage(error).hint("--variants names those that are to be compared"));
        }
        jobs.push(Arc::new(worded));
    }
    Ok((jobs, drawn))
}

/// Whoever labelled the table read it as it was then.
fn refuse_labels(desk: &Desk, flags: &cli::Score) -> Result<(), Failure> {
    let names = if flags.models.is_empty() { &desk.config.models } else { &flags.models };
    match names.iter().find(|name| name.trim().starts_with("label:")) {
        Some(label) => {
            let error =
                anyhow!("`{}` cannot be asked in other words: labels stand in the table", label.trim());
            Err(Failure::usage(error).hint("--models A,B with models of config.toml"))
        }
        None => Ok(()),
    }
}

fn variants(desk: &Desk, args: &cli::Stability) -> Result<Vec<Rubric>, Failure> {
    let prompts = desk.config.prompts();
    let base = args.score.rubric.as_deref().unwrap_or(&desk.config.rubric);
    let rubric = setup::rubric(desk, Some(base))?;
    if rubric.variant.is_some() {
        let base = base.split(Rubric::JOINT).next().unwrap_or_default();
        let error = anyhow!("`{}` is a variant: the rubric that it is of is compared with it", rubric.name);
        return Err(Failure::usage(error).hint(format!("--rubric {base}; --variants names its variants")));
    }
    let names = match args.variants.as_slice() {
        [] => read::variant_names(base, Some(&prompts))?,
        named => named.iter().map(|name| name.trim().to_owned()).collect(),
    };
    if names.is_empty() {
        let error = anyhow!("the rubric `{base}` has no variants, so there is nothing to compare it with");
        let hint = format!(
            "put the same rules in other words: prompts/{base}/variants/NAME/system.md; prompts/README.md says how"
        );
        return Err(Failure::usage(error).hint(hint));
    }
    let read = |name: &String| Ok(read::rubric(&format!("{base}{}{name}", Rubric::JOINT), Some(&prompts))?);
    names.iter().map(read).collect()
}

/// Whole occupations of the selection, spread over major groups.
fn draw(
    catalogue: &Catalogue,
    selection: &Selection,
    args: &cli::Stability,
) -> Result<(Selection, String), Failure> {
    let mut places = Vec::new();
    for placed in catalogue.walk(selection)? {
        let (place, _) = placed?;
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    let named = |place: &usize| {
        let occupation = catalogue.occupations.get(*place)?;
        Some((occupation.code.as_str(), occupation.major_group().unwrap_or_default()))
    };
    let pairs: Vec<(&str, &str)> = places.iter().filter_map(named).collect();
    let drawn = stratified(&pairs, args.occupations as usize, args.score.seed.unwrap_or(0));
    let chosen: Vec<usize> = drawn.iter().filter_map(|drawn| places.get(*drawn)).copied().collect();
    let mut groups: Vec<&str> = drawn.iter().filter_map(|drawn| Some(pairs.get(*drawn)?.1)).collect();
    groups.sort_unstable();
    groups.dedup();
    let told = match chosen.len() == places.len() {
        true => format!("All {} that are selected", count(chosen.len() as u64, "occupation")),
        false => format!(
            "{} of {} occupations, from {}",
            chosen.len(),
            places.len(),
            count(groups.len() as u64, "major group")
        ),
    };
    Ok((Selection { occupations: Some(chosen), share: Share::All }, told))
}

fn plans(jobs: &[Arc<Job>], fit: Fit, flags: &cli::Score) -> Result<Vec<ModelPlan>, Failure> {
    let plans: Result<Vec<_>, _> =
        jobs.iter().map(|job| planning::plan(job, fit, &job.whole(), asking::outdated(flags))).collect();
    Ok(planning::summed(plans?))
}

/// One agreement over all wordings: what is left of the budget passes from one to the next.
fn agree(desk: &Desk, flags: &cli::Score, jobs: &[Arc<Job>], fit: Fit) -> Result<Option<u64>, Failure> {
    let is_free = !jobs.iter().flat_map(|job| &job.raters).any(money::may_cost);
    let plans = if is_free { Vec::new() } else { plans(jobs, fit, flags)? };
    money::agree(desk, flags, &plans)
}

type Clients = [Option<Arc<crate::provider::Client>>];

fn collect(
    desk: &Desk,
    jobs: &[Arc<Job>],
    (fit, clients, budget): (Fit, &Clients, Option<u64>),
    interrupts: &Interrupts,
) -> Result<(Collected, Fit), Failure> {
    let mut all = Collected::nothing();
    for job in jobs {
        // What stopped a model under one wording would stop it under the next.
        if all.interrupted || all.lanes.iter().any(|lane| lane.closed.is_some()) {
            break;
        }
        let left = budget.map(|budget| budget.saturating_sub(all.spent_at_most()));
        let asking = Asking::agreed(desk, job, (fit, clients), left);
        let (collected, _) = asking.to_the_end(interrupts)?;
        desk.talk.say(format_args!(
            "{}: {} cached, {} asked",
            job.rubric.shown(),
            collected.cached,
            collected.asked
        ));
        all.add(collected);
    }
    // As for a score: what another process adds from now on is left out, so that --as-of can repeat this.
    let to = desk.clock.now().max(all.newest);
    Ok((all, Fit { to, ..fit }))
}

fn method(desk: &Desk, flags: &cli::Score, job: &Job, offline: bool) -> Result<Method, Failure> {
    let (base, own_first) = setup::weighting(desk, flags.weights.as_deref(), &job.catalogue)?;
    let weights = Weights::new(job, base, own_first)?;
    let mut tally = setup::tally(desk, flags, &job.raters);
    // The intervals that are wanted are of the wordings.
    tally.rounds.count = 0;
    Ok(Method { weights, tally, offline })
}

/// Scores under every wording, and what they say of each other.
fn reckon(
    desk: &Desk,
    args: &cli::Stability,
    jobs: &[Arc<Job>],
    fit: Fit,
    offline: bool,
    interrupts: &Interrupts,
) -> Result<(Stability, Totals), Failure> {
    let flags = &*args.score;
    let (mut wordings, mut combinations): (Vec<Wording>, Vec<Combination>) = (Vec::new(), Vec::new());
    let mut totals = Totals::default();
    for job in jobs {
        let method = method(desk, flags, job, offline)?;
        let run = score::run_info(job, &method);
        let method = score::with_effects(job, method, (&run, fit))?;
        let mut worded = Worded::new(&run);
        let found = pass::score(job, fit, &method, &mut worded, Totals::default(), &|| interrupts.stopped())?;
        totals.needed += asking::nothing(job)?.needed;
        totals.cached += found.cached;
        totals.ratings += found.ratings;
        for (reason, gaps) in found.gaps {
            *totals.gaps.entry(reason).or_default() += gaps;
        }
        wordings.push(worded.finish());
        combinations.push(method.tally.combination);
    }
    let combine = |wording: usize, scores: &[Option<f64>]| combinations.get(wording)?.of(scores);
    let weights = combinations.first().and_then(mean_weights);
    let by = Stabilities {
        combine: &combine,
        weights: weights.as_deref(),
        bands: &desk.config.bands,
        near: args.near,
        rounds: Rounds { count: args.bootstrap, seed: flags.seed.unwrap_or(0) },
    };
    let samples = jobs.first().map_or(0, |job| job.samples);
    Ok((Stability { samples, ..measure::stability(&wordings, &by) }, totals))
}

/// The raters' weights, where their combination is a weighted mean: the median of two raters is one, and the
/// trimmed mean of up to four.
fn mean_weights(combination: &Combination) -> Option<Vec<f64>> {
    let raters = combination.weights.len();
    match combination.how {
        Combine::Mean | Combine::Effects => Some(combination.weights.clone()),
        Combine::Median if raters <= 2 => Some(vec![1.0; raters]),
        Combine::Trimmed if raters <= 4 => Some(vec![1.0; raters]),
        Combine::Median | Combine::Trimmed => None,
    }
}

fn conclude(
    desk: &Desk,
    flags: &cli::Score,
    (totals, collected): (&Totals, &Collected),
    watch: Stopwatch,
    fit: Fit,
) -> Exit {
    let gaps = totals.gap_count();
    // Without lanes nobody was asked, and the scores have counted what there was.
    let cached = if collected.lanes.is_empty() { totals.cached } else { collected.cached };
    let (needed, asked) = (totals.needed, collected.asked);
    let seconds = f64::from(watch.ms()) / 1_000.0;
    let (answers, gaps_counted) = (count(needed, "answer"), count(gaps, "gap"));
    desk.talk.say(format_args!("{answers}: {cached} cached, {asked} asked, {gaps_counted}, {seconds:.1} s"));
    let allowed = flags.allow_gaps.unwrap_or(desk.config.allow_gaps);
    if !allowed.covers(gaps, totals.ratings) {
        let what = match flags.offline {
            true => "Without --offline they are asked",
            false => "Run it again to ask for them",
        };
        desk.talk.say(format_args!("{} missing. {what}; --allow-gaps allows them.", count(gaps, "rating")));
        return Exit::Gaps;
    }
    if fit.to != Instant::END && flags.as_of.is_none() {
        let since = match fit.from {
            Instant::BEGINNING => String::new(),
            from => format!("--since {from} "),
        };
        desk.talk.say(format_args!("This again, whatever is asked later: {since}--as-of {}", fit.to));
    }
    Exit::Done
}

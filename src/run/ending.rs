//! How a run ends: kept with its ratings, with a word on what is missing and how to go on, and with its exit code.

use super::manifest::{self, Ended};
use super::score::{Outcome, Scheduled};
use super::{Desk, Exit, Failure, batches, summary};
use crate::cli;
use crate::domain::{Fit, GapReason, Instant, RunInfo, Totals};
use crate::pace::Stopwatch;
use crate::pass::Job;
use crate::pass::collect::{Collected, LaneSummary};
use crate::report::{self, Record, count};

/// A run whose asking is over.
pub(super) struct Ending<'a> {
    pub desk: &'a Desk,
    pub args: &'a cli::Score,
    pub job: &'a Job,
    pub collected: &'a Collected,
    pub fit: Fit,
    pub watch: Stopwatch,
}

impl Ending<'_> {
    /// Where there is no report to be made: it was interrupted, or leaves its batches to be collected later.
    pub(super) fn before_the_report(&self, is_scheduled: bool) -> Option<Outcome> {
        let Self { desk, args, job, collected, .. } = self;
        let on_their_way = self.sum(|lane| lane.on_their_way);
        let exit = if collected.interrupted {
            self.tell_interrupted(is_scheduled, on_their_way);
            Exit::Interrupted
        } else if args.no_wait && on_their_way > 0 {
            summary::tell(&desk.talk, &job.models(), collected, desk.global.verbose > 0);
            let closed = summary::closed(&desk.talk, collected);
            let rest = (collected.needed - collected.cached).saturating_sub(on_their_way + collected.asked);
            let why =
                if closed.is_some() { "money is set aside for no more" } else { "no more may be queued" };
            batches::left(desk, on_their_way, (rest, why));
            closed.unwrap_or(Exit::Done)
        } else {
            return None;
        };
        Some(Outcome { exit, run: None, gaps: 0, cost_nano_usd: collected.cost_nano_usd })
    }

    fn tell_interrupted(&self, is_scheduled: bool, on_their_way: u64) {
        let Self { desk, args, job, collected, fit, .. } = self;
        let saved = count(collected.asked, "answer");
        let go_on = match (args.fresh, &job.anchors) {
            _ if is_scheduled => "The schedule goes on with it at its next start.".to_owned(),
            // The same command would ask for them anew.
            (true, _) => format!("Go on with --since {} in place of --fresh.", fit.from),
            (_, Some(anchors)) => format!("Go on with --anchors-since {} besides.", anchors.from),
            _ => "Run the same command again to go on.".to_owned(),
        };
        desk.talk.say(format_args!("Interrupted; saved: {saved}. {go_on}"));
        if on_their_way > 0 {
            let questions = count(on_their_way, "question");
            desk.talk.say(format_args!("{questions} in batches go on without it: score-tasks batch list"));
        }
    }

    /// Keeps the run and its ratings; returns its name.
    pub(super) fn keep(
        &self,
        record: Record,
        (run, totals): (&RunInfo, &Totals),
        (began, scheduled): (Instant, Option<&Scheduled<'_>>),
    ) -> Result<String, Failure> {
        let Self { desk, args, job, collected, fit, watch } = *self;
        let seconds = f64::from(watch.ms()) / 1_000.0;
        let anchors_since = self.anchors_since();
        let ended = Ended { began, seconds, args, run, totals, fit, anchors_since, collected, scheduled };
        let manifest::Kept { name, notes } = manifest::keep(desk, &job.store, &ended, record)?;
        if desk.global.verbose > 0 {
            desk.talk.say(format_args!("Kept as run {name}"));
        }
        notes.iter().for_each(|note| desk.talk.say(note));
        Ok(name)
    }

    /// The last words, after the report; and what came of it all.
    pub(super) fn tell(
        &self,
        totals: &Totals,
        format: report::Format,
        run: Option<String>,
    ) -> Result<Outcome, Failure> {
        let Self { desk, args, job, collected, .. } = self;
        // CSV has no room for it, and a table in a file is about to be shown to others.
        let attribution = &job.catalogue.id.attribution;
        let is_bare =
            format == report::Format::Csv || (format == report::Format::Table && args.output.is_some());
        if is_bare && !attribution.is_empty() {
            desk.talk.say(format_args!("To be shown with what is published of this: {attribution}"));
        }
        summary::tell(&desk.talk, &job.models(), collected, desk.global.verbose > 0);
        let closed = summary::closed(&desk.talk, collected);
        let exit = self.conclude(totals);
        let (gaps, cost_nano_usd) = (totals.gap_count(), totals.cost_nano_usd);
        Ok(Outcome { exit: closed.unwrap_or(exit), run, gaps, cost_nano_usd })
    }

    fn conclude(&self, totals: &Totals) -> Exit {
        let Self { desk, args, fit, .. } = self;
        let gaps = totals.gap_count();
        let Totals { needed, ratings, labels, cached, asked, .. } = totals;
        let seconds = f64::from(self.watch.ms()) / 1_000.0;
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
            desk.talk.say(format_args!("{} missing. {}", count(gaps, "rating"), self.remedy(totals)));
            return Exit::Gaps;
        }
        if fit.to != Instant::END && args.as_of.is_none() && *needed > 0 {
            let since = match fit.from {
                Instant::BEGINNING => String::new(),
                from => format!("--since {from} "),
            };
            let anchors = self.anchors_since();
            let anchors = anchors.map_or_else(String::new, |from| format!("--anchors-since {from} "));
            desk.talk.say(format_args!(
                "This report again, whatever is asked later: {since}{anchors}--as-of {}",
                fit.to
            ));
        }
        Exit::Done
    }

    fn anchors_since(&self) -> Option<Instant> {
        self.job.anchors.as_ref().map(|anchors| anchors.from)
    }

    /// Over all models that were asked.
    fn sum(&self, of: fn(&LaneSummary) -> u64) -> u64 {
        self.collected.lanes.iter().map(of).sum()
    }
    /// What can be done about the gaps there are.
    fn remedy(&self, totals: &Totals) -> String {
        let Self { args, collected, fit, .. } = self;
        let has = |reason| totals.gaps.contains_key(&reason);
        let not_asked = totals.gaps.get(&GapReason::NotAsked).copied().unwrap_or_default();
        let (not_recorded, too_old) = (self.sum(|lane| lane.not_recorded), self.sum(|lane| lane.too_old));
        let on_their_way = self.sum(|lane| lane.on_their_way);
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
        } else if let Some(from) = self.anchors_since() {
            format!("Run it again with --anchors-since {from} to ask for them")
        } else {
            "Run it again to ask for them".to_owned()
        };
        format!("{what}; --allow-gaps allows them.")
    }
}

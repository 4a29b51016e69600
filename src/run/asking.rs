//! The asking part of a run: anchors first, then what is missing, then further samples where they are wanted.

use std::sync::Arc;

use super::interrupt::Interrupts;
use super::month::MonthBudget;
use super::score::fit;
use super::{Desk, Failure, batches, clients, money};
use crate::cli;
use crate::domain::{Fit, Unwatched, Watch};
use crate::pass::collect::{BatchOrders, Collected, Orders, collect};
use crate::pass::due::Reason;
use crate::pass::plan::{ModelPlan, plan};
use crate::pass::{Job, Part};
use crate::progress::{Bars, Lines};
use crate::provider::Client;
use crate::report::count;
use crate::store::Lock;

/// Who is asked what, and what may be spent on the first part of it.
pub(super) struct Asking<'a> {
    desk: &'a Desk,
    job: &'a Arc<Job>,
    clients: Vec<Option<Arc<Client>>>,
    in_batches: BatchOrders,
    fit: Fit,
    budget_nano_usd: Option<u64>,
    /// Batches are looked after by one program at a time.
    _lock: Option<Lock>,
}

/// Of every part that may be asked: anchors anew, the others where they are missing, and as many samples as
/// there may be.
pub(super) fn plans(job: &Job, fit: Fit, args: &cli::Score) -> Result<Vec<ModelPlan>, Failure> {
    let outdated = outdated(args);
    let mut plans = plan(job, fit, &job.most(), outdated)?;
    if let Some(anchors) = &job.anchors {
        let part = anchors.part();
        let missing = plan(job, fit, &part, outdated)?;
        let afresh = plan(job, Fit { from: anchors.from, ..fit }, &part, Reason::Anchor)?;
        for (plan, (afresh, missing)) in plans.iter_mut().zip(afresh.iter().zip(&missing)) {
            plan.exchange(missing, afresh);
        }
    }
    Ok(plans)
}

/// Why an answer that is kept does not serve.
pub(super) fn outdated(args: &cli::Score) -> Reason {
    if args.fresh { Reason::Fresh } else { Reason::TooOld }
}

/// What stopped one part would stop the next.
fn is_over(all: &Collected) -> bool {
    all.interrupted || all.lanes.iter().any(|lane| lane.closed.is_some())
}

/// A report of what is kept asks for nothing.
pub(super) fn nothing(job: &Job) -> Result<Collected, Failure> {
    let needed = job.catalogue.count(&job.selection)? * u64::from(job.samples);
    let asked = job.raters.iter().filter(|rater| rater.asker.is_some()).count() as u64;
    Ok(Collected { needed: needed * asked, ..Collected::nothing() })
}

impl<'a> Asking<'a> {
    /// Agrees on the costs of all parts at once, while Ctrl-C still ends the program.
    pub(super) fn begin(desk: &'a Desk, args: &'a cli::Score, job: &'a Arc<Job>) -> Result<Self, Failure> {
        // Taken once: with --fresh it is the time from which on answers serve.
        let fit = fit(desk, args);
        let clients = clients::clients(desk, &job.raters)?;
        let plans = if job.raters.iter().any(money::may_cost) { plans(job, fit, args)? } else { Vec::new() };
        let budget_nano_usd = money::agree(desk, args, &plans)?;
        let in_batches = batches::orders(desk, args, &job.raters)?;
        let _lock = batches::lock(desk, &in_batches)?;
        Ok(Self { desk, job, clients, in_batches, fit, budget_nano_usd, _lock })
    }

    /// The same where costs are agreed on already, and so much is left to spend.
    pub(super) fn agreed(
        desk: &'a Desk,
        job: &'a Arc<Job>,
        (fit, clients): (Fit, &[Option<Arc<Client>>]),
        budget_nano_usd: Option<u64>,
    ) -> Self {
        let in_batches = BatchOrders::default();
        Self { desk, job, clients: clients.to_vec(), in_batches, fit, budget_nano_usd, _lock: None }
    }

    /// Collects, and says which answers the report may use.
    pub(super) fn to_the_end(&self, interrupts: &Interrupts) -> Result<(Collected, Fit), Failure> {
        let fit = self.fit;
        let mut all = Collected::nothing();
        if let Some(anchors) = &self.job.anchors {
            // Those in batches are waited for together with the rest.
            let in_batches = BatchOrders { leaves: true, ..self.in_batches.clone() };
            let part = (Fit { from: anchors.from, ..fit }, anchors.part());
            self.further(&mut all, part, in_batches, interrupts)?;
            // They are among those that are needed, and serve there.
            (all.needed, all.cached) = (0, 0);
        }
        let anchors = all.asked;
        self.further(&mut all, (fit, self.job.whole()), self.in_batches.clone(), interrupts)?;
        all.cached = all.cached.saturating_sub(anchors);
        self.anchors_again(&mut all, interrupts)?;
        let mut wanted = self.job.whole();
        for round in self.job.samples..self.job.adaptive.map_or(0, |rule| rule.most) {
            if is_over(&all) {
                break;
            }
            let Some(part) = self.job.next_round(fit, &wanted, round)? else { break };
            let tasks = count(self.job.tasks_in(&part)?, "task");
            self.desk.talk.say(format_args!("Sample {} of {tasks}", round + 1));
            self.further(&mut all, (fit, part.clone()), self.in_batches.clone(), interrupts)?;
            wanted = part;
        }
        // Answers that another process adds from now on are left out, so `--as-of` can repeat this. Those
        // dated ahead of this clock, as of a store that was copied here, are not.
        let to = self.desk.clock.now().max(all.newest);
        Ok((all, Fit { to, ..fit }))
    }

    /// Those whose batches did not answer them: in the whole their older answers stood for them.
    fn anchors_again(&self, all: &mut Collected, interrupts: &Interrupts) -> Result<(), Failure> {
        let has_batches = self.in_batches.clients.iter().any(Option::is_some);
        let Some(anchors) = self.job.anchors.as_ref().filter(|_| has_batches) else { return Ok(()) };
        let (needed, cached) = (all.needed, all.cached);
        let part = (Fit { from: anchors.from, ..self.fit }, anchors.part());
        self.further(all, part, self.in_batches.clone(), interrupts)?;
        (all.needed, all.cached) = (needed, cached);
        Ok(())
    }

    /// One part more, of what is left to spend.
    fn further(
        &self,
        all: &mut Collected,
        part: (Fit, Part),
        in_batches: BatchOrders,
        interrupts: &Interrupts,
    ) -> Result<(), Failure> {
        if !is_over(all) {
            let left = self.budget_nano_usd.map(|budget| budget.saturating_sub(all.spent_at_most()));
            let in_batches = BatchOrders { own: all.open.clone(), ..in_batches };
            // Others spend of the same month: what is left of it is looked at again before each part.
            let month = MonthBudget::of(self.desk)?.filter(|_| self.budget_nano_usd.is_some());
            let left = left.map(|left| month.map_or(left, |month| left.min(month.left())));
            all.add(self.collect(&part, left, in_batches, interrupts)?);
        }
        Ok(())
    }

    fn collect(
        &self,
        (fit, part): &(Fit, Part),
        budget_nano_usd: Option<u64>,
        in_batches: BatchOrders,
        interrupts: &Interrupts,
    ) -> Result<Collected, Failure> {
        let orders = Orders {
            fit: *fit,
            clients: self.clients.clone(),
            budget_nano_usd,
            progress: progress(self.desk),
            clock: self.desk.clock.clone(),
            in_batches,
            stop: interrupts.stop.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let collected = runtime.block_on(collect(self.job, part, &orders))?;
        // A signal that came just as the last lane ended was answered with a promise to stop.
        let interrupted = collected.interrupted || interrupts.stopped();
        Ok(Collected { interrupted, ..collected })
    }
}

pub(super) fn progress(desk: &Desk) -> Arc<dyn Watch> {
    use std::io::IsTerminal;
    if desk.global.quiet {
        return Arc::new(Unwatched);
    }
    if std::io::stderr().is_terminal() && !desk.global.no_progress {
        return Arc::new(Bars::default());
    }
    Arc::new(Lines::default())
}

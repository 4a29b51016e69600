//! The asking part of a run: anchors first, then what is missing, then further samples where they are wanted.

use std::sync::Arc;

use super::drift::SEED_OF_ANCHORS;
use super::interrupt::Interrupts;
use super::score::fit;
use super::{Desk, Failure, clients, money};
use crate::cli;
use crate::domain::{Fit, Unwatched, Watch};
use crate::pace;
use crate::pass::adaptive::next_round;
use crate::pass::collect::{Collected, Orders, collect};
use crate::pass::{Job, Part};
use crate::progress::{Bars, Lines};
use crate::provider::Client;
use crate::report::count;
use crate::tally::Combination;

/// Who is asked what, and what may be spent on the first part of it.
pub(super) struct Asking<'a> {
    desk: &'a Desk,
    args: &'a cli::Score,
    job: &'a Arc<Job>,
    clients: Vec<Option<Arc<Client>>>,
    fit: Fit,
    first: (Fit, Part),
    budget_nano_usd: Option<u64>,
}

/// A report of what is kept asks for nothing.
pub(super) fn nothing(job: &Job) -> Result<Collected, Failure> {
    let needed = job.catalogue.count(&job.selection)? * u64::from(job.samples);
    let asked = job.raters.iter().filter(|rater| rater.asker.is_some()).count() as u64;
    Ok(Collected { needed: needed * asked, ..Collected::nothing() })
}

impl<'a> Asking<'a> {
    /// Agrees on the costs of the first part, while Ctrl-C still ends the program.
    pub(super) fn begin(desk: &'a Desk, args: &'a cli::Score, job: &'a Arc<Job>) -> Result<Self, Failure> {
        // Taken once: with --fresh it is the time from which on answers serve.
        let fit = fit(args);
        let first = match args.anchors {
            Some(count) => (Fit { from: pace::now(), ..fit }, job.anchors(count, SEED_OF_ANCHORS)?),
            None => (fit, job.whole()),
        };
        let clients = clients::clients(desk, &job.raters)?;
        let budget_nano_usd = money::agree(desk, args, job, (first.0, &first.1), 0)?;
        Ok(Self { desk, args, job, clients, fit, first, budget_nano_usd })
    }

    /// The same where costs are agreed on already, and so much is left to spend. For a job without anchors.
    pub(super) fn agreed(
        desk: &'a Desk,
        args: &'a cli::Score,
        job: &'a Arc<Job>,
        (fit, clients): (Fit, &[Option<Arc<Client>>]),
        budget_nano_usd: Option<u64>,
    ) -> Self {
        let first = (fit, job.whole());
        Self { desk, args, job, clients: clients.to_vec(), fit, first, budget_nano_usd }
    }

    /// Collects, and says which answers the report may use.
    pub(super) fn to_the_end(
        &self,
        combination: &Combination,
        interrupts: &Interrupts,
    ) -> Result<(Collected, Fit), Failure> {
        let fit = self.fit;
        let mut all = self.collect(&self.first, self.budget_nano_usd, interrupts)?;
        if self.args.anchors.is_some() {
            let anchors = all.asked;
            // They are among those that are needed, and serve there.
            (all.needed, all.cached) = (0, 0);
            self.further(&mut all, (fit, self.job.whole()), interrupts)?;
            all.cached = all.cached.saturating_sub(anchors);
        }
        if let Some(rule) = self.job.adaptive {
            for round in self.job.samples..rule.most {
                let is_over = all.interrupted || all.lanes.iter().any(|lane| lane.closed.is_some());
                let part = if is_over { None } else { next_round(self.job, fit, rule, combination, round)? };
                let Some(part) = part else { break };
                let tasks = count(self.job.tasks_in(&part)?, "task");
                self.desk.talk.say(format_args!("Sample {} of {tasks}", round + 1));
                self.further(&mut all, (fit, part), interrupts)?;
            }
        }
        // Answers that another process adds from now on are left out, so `--as-of` can repeat this. Those
        // dated ahead of this clock, as of a store that was copied here, are not.
        let to = pace::now().max(all.newest);
        Ok((all, Fit { to, ..fit }))
    }

    /// One part more, of what is left to spend.
    fn further(
        &self,
        all: &mut Collected,
        part: (Fit, Part),
        interrupts: &Interrupts,
    ) -> Result<(), Failure> {
        if all.interrupted {
            return Ok(());
        }
        let agreed = (part.0, &part.1);
        let budget = money::agree(self.desk, self.args, self.job, agreed, all.cost_nano_usd)?;
        all.add(self.collect(&part, budget, interrupts)?);
        Ok(())
    }

    fn collect(
        &self,
        (fit, part): &(Fit, Part),
        budget_nano_usd: Option<u64>,
        interrupts: &Interrupts,
    ) -> Result<Collected, Failure> {
        let orders = Orders {
            fit: *fit,
            part: part.clone(),
            clients: self.clients.clone(),
            budget_nano_usd,
            progress: progress(self.desk),
            stop: interrupts.stop.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let collected = runtime.block_on(collect(self.job, &orders))?;
        // A signal that came just as the last lane ended was answered with a promise to stop.
        let interrupted = collected.interrupted || interrupts.stopped();
        Ok(Collected { interrupted, ..collected })
    }
}

fn progress(desk: &Desk) -> Arc<dyn Watch> {
    use std::io::IsTerminal;
    if desk.global.quiet {
        return Arc::new(Unwatched);
    }
    if std::io::stderr().is_terminal() && !desk.global.no_progress {
        return Arc::new(Bars::default());
    }
    Arc::new(Lines::default())
}

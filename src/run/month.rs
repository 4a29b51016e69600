//! What is left of the month's budget, over all runs of the store.

use anyhow::anyhow;

use super::{Desk, Exit, Failure, day};
use crate::domain::Month;
use crate::store;

/// The budget of the month that it is.
pub(super) struct MonthBudget {
    limit: u64,
    spent: u64,
    month: Month,
}

impl MonthBudget {
    /// `None` where the config sets none.
    pub(super) fn of(desk: &Desk) -> Result<Option<Self>, Failure> {
        let Some(limit) = desk.config.usd_per_month else { return Ok(None) };
        let month = Month::of(desk.clock.now());
        let (limit, spent) = ((limit * 1e9).round() as u64, spent(desk, month)?);
        Ok(Some(Self { limit, spent, month }))
    }

    /// In billionths of a US dollar.
    pub(super) fn left(&self) -> u64 {
        self.limit.saturating_sub(self.spent)
    }

    /// For the line of the estimate.
    pub(super) fn said(&self) -> String {
        let (left, limit) = (self.left() as f64 / 1e9, self.limit as f64 / 1e9);
        format!("USD {left:.2} of the USD {limit:.2} of {} are left", self.month)
    }

    pub(super) fn used_up(&self) -> Failure {
        let (spent, limit) = (self.spent as f64 / 1e9, self.limit as f64 / 1e9);
        let next = self.month.next();
        let error = anyhow!(
            "USD {spent:.2} were spent in {}, and budget.usd_per_month is {limit:.2}: nothing is left of it",
            self.month
        );
        Failure::new(Exit::Cost, error).hint(format!(
            "{next} begins on {} (UTC); score-tasks runs costs --month {} shows what was spent; or raise \
             budget.usd_per_month",
            day(next.begin()),
            self.month
        ))
    }
}

/// What the answers of a month cost, and the most that its lost calls may have cost.
pub(super) fn spent(desk: &Desk, month: Month) -> Result<u64, Failure> {
    let path = &desk.config.cache;
    if !path.exists() {
        return Ok(0);
    }
    Ok(store::spent(path, month.begin(), month.next().begin())?.at_most())
}

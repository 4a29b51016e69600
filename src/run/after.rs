//! What comes of a run when it is over: its summary, and whether the gate opens. Who is told: `delivery`.

use anyhow::anyhow;

use super::outcome::{self, Found, Told};
use super::{Desk, Exit, Failure, drift, sheets};
use crate::domain::After;
use crate::report::Summary;

/// What is to be told.
pub(super) struct Judged {
    pub summary: Summary,
    /// The run's own, unless the gate is shut.
    pub exit: Exit,
    /// Something could not be found out, and that was told.
    pub is_incomplete: bool,
}

/// Looks at what came of a run. `run`: what it was kept as; `None`: it came to nothing.
///
/// What goes wrong here loses nothing: the run is kept. The gate alone changes the exit code, where the run itself
/// ended well, or with gaps.
pub(super) fn judge(desk: &Desk, wanted: &After, run: Option<&str>, told: Told<'_>, exit: Exit) -> Judged {
    let found = run.map(|run| sheets::find_sound(desk, run)).transpose();
    let found = found.and_then(|run| outcome::of(desk, run.as_ref(), told));
    let is_incomplete = found.is_err();
    // Even where the store cannot be read whoever waits for word gets some.
    let Found { mut summary, unread } = found.unwrap_or_else(|failure| {
        failure.print();
        let unread = run.map(|_| format!("{:#}", failure.error));
        Found { summary: outcome::bare(told, desk.clock.now(), run), unread }
    });
    let gate = gate(desk, wanted, &mut summary, unread);
    let gate = gate.filter(|_| matches!(exit, Exit::Done | Exit::Gaps));
    let exit = gate.as_ref().map_or(exit, |failure| failure.exit);
    if let Some(failure) = gate {
        failure.print();
        summary.exit = Some((exit.code(), exit.name()));
        outcome::go_on(&mut summary, exit);
    }
    Judged { summary, exit, is_incomplete }
}

/// What the gate has against the run; it is told in the summary. It does not open for what cannot be read.
fn gate(desk: &Desk, wanted: &After, summary: &mut Summary, unread: Option<String>) -> Option<Failure> {
    let most = wanted.fail_above?;
    let name = summary.run_name()?.to_owned();
    let against = summary.run.as_ref().and_then(|run| run.against.as_ref());
    let found = match (against, unread) {
        (Some(against), _) => drift::judge(&against.change, (&against.name, &name), most).err(),
        (None, Some(why)) => {
            let error = anyhow!("the gate cannot be judged, so it stays shut: {why}");
            Some(Failure::new(Exit::Failed, error).hint("score-tasks cache verify"))
        }
        (None, None) => {
            desk.talk.say("The gate is open: there is no earlier run to compare this one with.");
            return None;
        }
    };
    summary.gate = Some(found.as_ref().map(|failure| failure.error.to_string()).unwrap_or_default());
    found
}

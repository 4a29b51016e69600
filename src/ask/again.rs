//! Whether a question without a rating is put once more.

use std::sync::Arc;

use super::key;
use crate::domain::{Gap, GapReason, Hash, Keyed, Question};

/// The next attempt at a question whose answer gave `gap`; `None` when another would not help.
///
/// A run makes only so many attempts, but the next run goes on where this one ended: an answer
/// without a score never stands in for one. Every pass decides by this function, so they cannot
/// disagree on which attempt counts.
pub fn again(question: &Keyed<Question>, gap: &Gap) -> Option<Keyed<Question>> {
    match gap.reason {
        GapReason::Refused | GapReason::Truncated | GapReason::Unreadable | GapReason::OutOfRange => {}
        GapReason::NotAsked | GapReason::Failed | GapReason::Blocked | GapReason::Retired => return None,
    }
    let next = Question {
        context: Arc::clone(&question.it.context),
        user: question.it.user.clone(),
        sample: question.it.sample,
        attempt: question.it.attempt.checked_add(1)?,
    };
    Some(Keyed { key: key::question(&next), it: next })
}

/// The key of the first attempt at the same question and sample.
pub fn first_key(question: &Keyed<Question>) -> Hash {
    if question.it.attempt == 1 {
        return question.key;
    }
    key::question(&Question { attempt: 1, ..question.it.clone() })
}

//! Whether a question without a rating is put once more.

use std::sync::Arc;

use super::key;
use crate::domain::{Gap, GapReason, Hash, Keyed, Question};

/// The next attempt at a question whose answer gave `gap`; `None` when that is the end of it.
///
/// `reask` is how many further attempts a question gets. Every pass decides by this function, so
/// they cannot disagree on which attempt counts.
pub fn again(question: &Keyed<Question>, gap: &Gap, reask: u32) -> Option<Keyed<Question>> {
    let worth_it = match gap.reason {
        GapReason::Refused | GapReason::Truncated | GapReason::Unreadable | GapReason::OutOfRange => true,
        GapReason::NotAsked | GapReason::Failed | GapReason::Blocked | GapReason::Retired => false,
    };
    if !worth_it || question.it.attempt > reask {
        return None;
    }
    let next = Question {
        context: Arc::clone(&question.it.context),
        user: question.it.user.clone(),
        sample: question.it.sample,
        attempt: question.it.attempt.saturating_add(1),
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

//! A request that came near to what was asked for.

use super::received::Received;
use crate::emulator::steer::predicate::Predicate;

/// A request that did not fit a predicate, and everything that differs.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Near {
    /// The request.
    pub received: Received,
    /// The differences, a line each: `"body /name: expected \"a\", was \"b\""`.
    pub differences: Vec<String>,
}

impl Near {
    pub(super) fn new(received: &Received, predicate: &Predicate) -> Self {
        Near {
            received: received.clone(),
            differences: predicate.differences(received),
        }
    }

    /// Tells whether the organization is the one that was asked for, or none was.
    pub(crate) fn is_of_same_sender(&self, predicate: &Predicate) -> bool {
        predicate.is_of_sender(&self.received)
    }

    /// The differences, for readers who are not shown secrets: `shown` is the request as they see it.
    pub(crate) fn differences_in(&self, shown: &Received, predicate: &Predicate) -> Vec<String> {
        predicate.shown_differences(&self.received, shown)
    }
}

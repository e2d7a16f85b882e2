//! One event of an instance, and the notifications it was split into.

use std::sync::Arc;

use super::{Arrival, FailurePolicy, MAX_RETRIES, Report, Verdict};
use crate::catalog::Element;
use crate::wire::webhook::{self, Change, MAX_CHANGES, MAX_POLLED_CHANGES, ProviderMessage};

/// An event: a provider's message about an instance.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: u64,
    pub(crate) instance: u64,
    pub(crate) element: Arc<Element>,
    /// When it was received, in milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) message: Arc<ProviderMessage>,
    pub(crate) is_polled: bool,
    /// None where the instance had no callback.
    pub(crate) notifications: Vec<Notification>,
}

/// One `POST` to the callback, with some of the event's changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Notification {
    pub(crate) id: u64,
    pub(super) serial: u64,
    pub(crate) stage: Stage,
    /// The number of attempts.
    pub(crate) attempts: u32,
    pub(crate) failures: u32,
    pub(super) first_failure: Option<u64>,
    pub(super) due: u64,
    pub(crate) updated: u64,
    /// The result of each attempt that failed.
    pub(crate) errors: Vec<String>,
}

/// The stage of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It will be sent when it is due.
    Queued,
    /// It waits for a callback that was turned off.
    Waiting,
    /// The callback took it.
    Accepted,
    /// It is not sent again.
    Ended,
}

impl Stage {
    pub(super) const ALL: [(&'static str, Stage); 4] = [
        ("queued", Stage::Queued),
        ("waiting", Stage::Waiting),
        ("accepted", Stage::Accepted),
        ("ended", Stage::Ended),
    ];

    pub(super) fn name(self) -> &'static str {
        let named = Stage::ALL.iter().find(|(_, stage)| *stage == self);
        named.expect("all stages are named").0
    }
}

impl Notification {
    pub(super) fn new(id: u64, serial: u64, stage: Stage) -> Self {
        Notification {
            id,
            serial,
            stage,
            attempts: 0,
            failures: 0,
            first_failure: None,
            due: 0,
            updated: 0,
            errors: Vec::new(),
        }
    }
}

impl Notification {
    /// Leaves the wait for a callback, with all its retries before it.
    pub(super) fn queue_again(&mut self, due: u64) {
        self.stage = Stage::Queued;
        (self.failures, self.first_failure, self.due) = (0, None, due);
    }

    /// Writes a verdict down; when to try again, if that is to be done.
    pub(super) fn note(&mut self, report: &Report<'_>, policy: FailurePolicy) -> Option<u64> {
        let Report {
            verdict, now, unit, ..
        } = *report;
        match verdict {
            Verdict::Accepted => {
                self.attempts += 1;
                self.stage = Stage::Accepted;
                None
            }
            // A second copy that fails takes nothing back.
            Verdict::Failed(_) if self.stage == Stage::Accepted => None,
            Verdict::Failed(reason) => {
                self.attempts += 1;
                self.failures += 1;
                self.errors.push(reason.clone());
                let first = *self.first_failure.get_or_insert(now);
                if policy == FailurePolicy::Queue {
                    self.stage = Stage::Waiting;
                    return None;
                }
                if self.failures > MAX_RETRIES {
                    self.stage = Stage::Ended;
                    return None;
                }
                let wait = unit.saturating_mul(4_u32.pow(self.failures));
                Some(first.saturating_add(wait.as_millis() as u64))
            }
            Verdict::Ended(reason) => {
                self.stage = Stage::Ended;
                self.errors.push(reason.clone());
                None
            }
        }
    }

    /// The reason for which the last attempt failed; `None` where it did not.
    pub(crate) fn error(&self) -> Option<&str> {
        let is_accepted = self.stage == Stage::Accepted;
        self.errors
            .last()
            .filter(|_| !is_accepted)
            .map(String::as_str)
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        (self.id, self.instance, self.at, &self.notifications)
            == (other.id, other.instance, other.at, &other.notifications)
    }
}

impl Event {
    pub(super) fn new(id: u64, arrival: &Arrival, now: u64) -> Self {
        Event {
            id,
            instance: arrival.instance.id,
            element: arrival.instance.element.clone(),
            at: now,
            message: arrival.message.clone(),
            is_polled: arrival.is_polled,
            notifications: Vec::new(),
        }
    }

    /// The number of notifications that its changes are split over (rule `event-objects`).
    pub(super) fn parts(&self) -> usize {
        self.message.changes.div_ceil(self.part_size())
    }

    /// The changes in one of its notifications.
    pub(crate) fn changes(&self, index: usize) -> Vec<Change> {
        let (size, start) = (self.part_size(), index * self.part_size());
        webhook::changes(&self.message.raw, self.at, start..start + size)
    }

    fn part_size(&self) -> usize {
        if self.is_polled {
            MAX_POLLED_CHANGES
        } else {
            MAX_CHANGES
        }
    }

    pub(super) fn queued(&self) -> impl Iterator<Item = (usize, &Notification)> {
        let all = self.notifications.iter().enumerate();
        all.filter(|(_, notification)| notification.stage == Stage::Queued)
    }

    /// The word for how far it has come (rule `event-status`).
    pub(crate) fn status(&self) -> &'static str {
        let all = |stage| self.notifications.iter().all(|one| one.stage == stage);
        let is_begun = |one: &Notification| one.attempts > 0 || one.stage == Stage::Ended;
        match &self.notifications[..] {
            [] => "CONSUMED",
            _ if all(Stage::Accepted) => "NOTIFIED",
            sent if sent.iter().any(is_begun) => "DISPATCHED",
            _ => "RECEIVED",
        }
    }

    /// Tells whether its callback has taken it, or it has none.
    pub(super) fn is_settled(&self) -> bool {
        self.notifications
            .iter()
            .all(|one| one.stage == Stage::Accepted)
    }

    /// Tells whether the last attempt of a notification failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.notifications.iter().any(|one| one.error().is_some())
    }

    /// Roughly what it takes.
    pub(super) fn bytes(&self) -> usize {
        // The text, and about twice as much for the same as JSON.
        size_of::<Event>() + 3 * self.message.text.len() + self.notifications.len() * 256
    }
}

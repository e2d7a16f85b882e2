//! The events of one organization, within limits.

use std::collections::{BTreeMap, BTreeSet};

use super::{Arrival, Event, FailurePolicy, Notification, Stage};
use crate::wire::vocabulary::entry;

/// The id of an organization's first event.
pub(super) const FIRST_EVENT: u64 = 5001;
/// The id of an organization's first notification.
const FIRST_NOTIFICATION: u64 = 7001;
/// More events of one organization are not kept: the oldest go first.
const MAX_EVENTS: usize = 10_000;
/// The same for the bytes that its events take.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// One organization's part.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Account {
    pub(super) next_event: u64,
    pub(super) next_notification: u64,
    pub(super) events: BTreeMap<u64, Event>,
    bytes: usize,
    /// The number of events that were dropped for want of room.
    pub(super) dropped: u64,
    /// Instances whose callback failed to the end, with its address (rule `event-retry-end`).
    pub(super) off: BTreeSet<(u64, String)>,
    pub(super) policy: FailurePolicy,
}

impl Default for Account {
    fn default() -> Self {
        Account {
            next_event: FIRST_EVENT,
            next_notification: FIRST_NOTIFICATION,
            events: BTreeMap::new(),
            bytes: 0,
            dropped: 0,
            off: BTreeSet::new(),
            policy: FailurePolicy::Retry,
        }
    }
}

impl Account {
    /// Keeps an event, dropping the oldest ones beyond the limits.
    pub(super) fn keep(&mut self, event: Event) {
        self.bytes += event.bytes();
        self.next_event = self.next_event.max(event.id + 1);
        self.events.insert(event.id, event);
        while self.events.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.events.len() > 1) {
            let (_, oldest) = self.events.pop_first().expect("it has more than one");
            self.bytes -= oldest.bytes();
            self.dropped += 1;
        }
    }

    /// The notifications of an event that arrives now: none without a callback, and none due where that is off.
    pub(super) fn notifications(
        &mut self,
        arrival: &Arrival,
        count: usize,
        serial: &mut u64,
    ) -> Vec<Notification> {
        let Some(callback) = arrival.instance.configured(entry::CALLBACK) else {
            return Vec::new();
        };
        let is_off = self
            .off
            .contains(&(arrival.instance.id, callback.to_owned()));
        let stage = if is_off {
            Stage::Waiting
        } else {
            Stage::Queued
        };
        let notify = |_| {
            *serial += 1;
            self.next_notification += 1;
            Notification::new(self.next_notification - 1, *serial, stage)
        };
        (0..count).map(notify).collect()
    }
}

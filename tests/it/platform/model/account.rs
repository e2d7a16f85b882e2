//! The model of one organization's account, in the plainest way: maps and lists.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    pub(super) issued: u64,
    pub(super) instances: BTreeMap<u64, Instance>,
    pub(super) used_codes: Vec<String>,
    pub(super) hubs: BTreeSet<u64>,
    /// The numbers of added resources, by id.
    pub(super) added: BTreeMap<u64, u64>,
    pub(super) last_added: u64,
    pub(super) events: Vec<Event>,
    /// Instances whose callback failed to the end.
    pub(super) off: BTreeSet<u64>,
    pub(super) calls: usize,
    pub(super) outbox: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) token: String,
    pub(super) is_disabled: bool,
    /// The value of `filter.response.nulls`.
    pub(super) nulls: String,
    pub(super) events: Events,
    pub(super) tables: [Table; 2],
    pub(super) defined: BTreeSet<usize>,
    pub(super) mapped: BTreeSet<usize>,
}

/// The conduct of an instance towards events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Events {
    Ignored,
    Kept,
    Sent,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) last: u64,
    pub(super) rows: BTreeMap<u64, String>,
}

#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) instance: u64,
    pub(super) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Consumed,
    Queued,
    Waiting,
    Failed,
    Ended,
    Notified,
}

impl Account {
    /// Lets the queued events be sent to callbacks that answer so; all retries are due.
    pub(super) fn deliver(&mut self, is_accepted: bool) {
        for event in &mut self.events {
            event.stage = match event.stage {
                Stage::Queued | Stage::Failed if !self.instances.contains_key(&event.instance) => {
                    Stage::Ended
                }
                Stage::Queued | Stage::Failed if is_accepted => Stage::Notified,
                Stage::Queued => Stage::Failed,
                Stage::Failed => {
                    self.off.insert(event.instance);
                    Stage::Ended
                }
                other => other,
            };
        }
    }
}

impl Stage {
    pub(super) fn status(self) -> &'static str {
        match self {
            Stage::Consumed => "CONSUMED",
            Stage::Queued | Stage::Waiting => "RECEIVED",
            Stage::Failed | Stage::Ended => "DISPATCHED",
            Stage::Notified => "NOTIFIED",
        }
    }
}

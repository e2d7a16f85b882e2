//! Events of instances, and the notifications that are to be sent of them.
//!
//! One lock guards both, so that an event and its place in the queue change together. Nothing is rendered or sent under
//! it: whoever sends takes tickets out of the queue, and reports what became of each.

mod document;
mod event;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::instances::Stored;
use super::{Change, Restoration, Section};
use crate::wire::json::Json;
use crate::wire::json::document::Reading;
use crate::wire::vocabulary::entry;
use crate::wire::webhook::ProviderMessage;
pub(crate) use event::{Event, Notification, Stage};

/// The id of an organization's first event.
const FIRST_EVENT: u64 = 5001;
/// The id of an organization's first notification.
const FIRST_NOTIFICATION: u64 = 7001;
/// More events of one organization are not kept: the oldest go first.
const MAX_EVENTS: usize = 10_000;
/// The same for the bytes that its events take.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// How often a notification is sent again (rule `event-retry`).
pub(crate) const MAX_RETRIES: u32 = 9;

/// The events of a server, and what is still to be sent.
#[derive(Debug, Default)]
pub(crate) struct Events(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    organizations: BTreeMap<Arc<str>, Account>,
    /// What is to be sent, the first to be sent first.
    queue: BTreeSet<Ticket>,
    /// What a test holds back until another notification of the organization was sent.
    held: Vec<Ticket>,
    /// Counts notifications, and is never reset: a report on one that was forgotten meets no other.
    serial: u64,
}

/// What one organization has.
#[derive(Clone, Debug, PartialEq)]
struct Account {
    next_event: u64,
    next_notification: u64,
    events: BTreeMap<u64, Event>,
    bytes: usize,
    /// How many events were dropped for want of room.
    dropped: u64,
    /// Instances whose callback failed to the end, with its address (rule `event-retry-end`).
    off: BTreeSet<(u64, String)>,
}

/// A place in the queue: the next attempt of one notification.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket {
    /// When it is due by the mock's clock.
    due: u64,
    serial: u64,
    pub(crate) organization: Arc<str>,
    pub(crate) instance: u64,
    event: u64,
    /// Which notification of the event.
    pub(crate) index: usize,
    /// When it may be sent by the machine's clock (rule `event-first-attempt`).
    ready: Option<Instant>,
}

/// A provider's message that arrived for one instance.
pub(crate) struct Arrival {
    pub(crate) organization: Arc<str>,
    pub(crate) instance: Arc<Stored>,
    pub(crate) message: Arc<ProviderMessage>,
    pub(crate) is_polled: bool,
}

/// When an arrival is stored, and when its notifications may be sent.
#[derive(Clone, Copy)]
pub(crate) struct Receipt {
    /// By the mock's clock.
    pub(crate) now: u64,
    /// By the machine's.
    pub(crate) ready: Instant,
}

/// What was due, and when to look again.
pub(crate) struct Due {
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) next: Option<Next>,
}

/// When the next ticket is due.
#[derive(Clone, Copy)]
pub(crate) struct Next {
    /// By the mock's clock.
    pub(crate) due: u64,
    /// By the machine's.
    pub(crate) ready: Option<Instant>,
}

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A 2xx came back.
    Accepted,
    /// Anything else, or nothing: to be tried again.
    Failed(String),
    /// Not to be tried again.
    Ended(String),
}

/// What is told of an attempt.
#[derive(Clone, Copy)]
pub(crate) struct Report<'a> {
    pub(crate) verdict: &'a Verdict,
    /// The address that it went to; after the last retry that is turned off (rule `event-retry-end`).
    pub(crate) callback: &'a str,
    pub(crate) now: u64,
    /// What the waits of retries are counted in.
    pub(crate) unit: Duration,
}

/// Which of an organization's events a list is about.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) instance: Option<u64>,
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// Only older ones than the event with this id.
    pub(crate) before: u64,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted {
            instance: None,
            from: 0,
            to: u64::MAX,
            before: u64::MAX,
        }
    }
}

impl Events {
    /// Stores one event an arrival and queues its notifications; returns the ids of the events.
    pub(crate) fn receive(&self, arrivals: Vec<Arrival>, receipt: Receipt) -> Vec<u64> {
        let mut state = self.0.lock();
        let store = |arrival| state.store(arrival, receipt);
        arrivals.into_iter().map(store).collect()
    }

    /// Takes out of the queue what is due by the mock's clock, and by the machine's where `at` is said.
    pub(crate) fn take(&self, now: u64, at: Option<Instant>) -> Due {
        let mut state = self.0.lock();
        let mut tickets = Vec::new();
        while let Some(first) = state.queue.first() {
            let is_early = first.ready.zip(at).is_some_and(|(ready, at)| ready > at);
            if first.due > now || is_early {
                break;
            }
            tickets.extend(state.queue.pop_first());
        }
        let next = state.queue.first().map(|first| Next {
            due: first.due,
            ready: first.ready,
        });
        Due { tickets, next }
    }

    /// The event of a ticket, unless it was forgotten meanwhile.
    pub(crate) fn of(&self, ticket: &Ticket) -> Option<Event> {
        let mut state = self.0.lock();
        state.notification(ticket)?;
        let events = &state.organizations[&ticket.organization].events;
        events.get(&ticket.event).cloned()
    }

    /// Puts a ticket back, to be due at another time.
    pub(crate) fn postpone(&self, ticket: &Ticket, due: u64) {
        self.0.lock().enqueue(ticket, due);
    }

    /// Holds a ticket back until another notification of its organization was sent.
    pub(crate) fn hold(&self, ticket: Ticket) {
        self.0.lock().held.push(ticket);
    }

    /// Notes what became of an attempt; one that failed is queued again.
    ///
    /// Retry *x* follows 4^*x* `unit`s after the first failure (rule `event-retry`).
    pub(crate) fn report(&self, ticket: &Ticket, report: &Report<'_>) {
        let (mut state, now) = (self.0.lock(), report.now);
        if let Some(due) = state.note(ticket, report) {
            state.enqueue(ticket, due);
        }
        let is_freed = |held: &Ticket| {
            held.organization == ticket.organization && held.serial != ticket.serial
        };
        let (freed, held) = std::mem::take(&mut state.held)
            .into_iter()
            .partition::<Vec<_>, _>(is_freed);
        state.held = held;
        freed.iter().for_each(|ticket| state.enqueue(ticket, now));
    }

    /// The ids of everybody's events, or of one organization's, that a callback has not taken.
    pub(crate) fn undelivered(&self, only: Option<&str>) -> Vec<String> {
        let state = self.0.lock();
        let of = |organization: &Arc<str>| only.is_none_or(|only| only == &**organization);
        let accounts = state
            .organizations
            .iter()
            .filter(|(organization, _)| of(organization));
        let events = accounts.flat_map(|(_, account)| account.events.values());
        let open = events.filter(|event| !event.is_settled());
        open.map(|event| event.id.to_string()).collect()
    }

    /// An organization's event.
    pub(crate) fn get(&self, organization: &str, id: u64) -> Option<Event> {
        let state = self.0.lock();
        state
            .organizations
            .get(organization)?
            .events
            .get(&id)
            .cloned()
    }

    /// At most `size` of the wanted events, newest first, and whether there are more.
    pub(crate) fn page(
        &self,
        organization: &str,
        wanted: Wanted,
        size: usize,
    ) -> (Vec<Event>, bool) {
        let state = self.0.lock();
        let account = state.organizations.get(organization);
        let events = account
            .into_iter()
            .flat_map(|account| account.events.range(..wanted.before).rev());
        let mut wanted = events
            .map(|(_, event)| event)
            .filter(|event| wanted.has(event));
        let page = wanted.by_ref().take(size).cloned().collect();
        (page, wanted.next().is_some())
    }
}

impl Wanted {
    fn has(&self, event: &Event) -> bool {
        self.instance.is_none_or(|id| id == event.instance)
            && (self.from..=self.to).contains(&event.at)
    }
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
        }
    }
}

impl Account {
    fn keep(&mut self, event: Event) {
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
    fn notifications(
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

impl State {
    fn store(&mut self, arrival: Arrival, receipt: Receipt) -> u64 {
        let Receipt { now, ready } = receipt;
        let account = self
            .organizations
            .entry(arrival.organization.clone())
            .or_default();
        let id = account.next_event;
        let mut event = Event::new(id, &arrival, now);
        let count = event.chunks().len();
        event.notifications = account.notifications(&arrival, count, &mut self.serial);
        for (index, notification) in event.queued() {
            self.queue.insert(Ticket {
                due: now,
                serial: notification.serial,
                organization: arrival.organization.clone(),
                instance: event.instance,
                event: id,
                index,
                ready: Some(ready),
            });
        }
        account.keep(event);
        id
    }

    fn notification(&mut self, ticket: &Ticket) -> Option<(&mut Event, usize)> {
        let account = self.organizations.get_mut(&ticket.organization)?;
        let event = account.events.get_mut(&ticket.event)?;
        let is_same = event.notifications.get(ticket.index)?.serial == ticket.serial;
        is_same.then_some((event, ticket.index))
    }

    /// Writes a verdict down; when to try again, if that is to be done.
    fn note(&mut self, ticket: &Ticket, report: &Report<'_>) -> Option<u64> {
        let Report {
            verdict,
            callback,
            now,
            unit,
        } = *report;
        let (event, index) = self.notification(ticket)?;
        let instance = event.instance;
        let notification = &mut event.notifications[index];
        notification.updated = now;
        match verdict {
            Verdict::Accepted => {
                notification.attempts += 1;
                // A second copy that fails takes nothing back.
                notification.stage = Stage::Accepted;
                None
            }
            Verdict::Failed(_) if notification.stage == Stage::Accepted => None,
            Verdict::Ended(reason) => {
                notification.stage = Stage::Ended;
                notification.errors.push(reason.clone());
                None
            }
            Verdict::Failed(reason) => {
                notification.attempts += 1;
                notification.failures += 1;
                notification.errors.push(reason.clone());
                let first = *notification.first_failure.get_or_insert(now);
                if notification.failures > MAX_RETRIES {
                    notification.stage = Stage::Ended;
                    let account = self.organizations.get_mut(&ticket.organization)?;
                    account.off.insert((instance, callback.to_owned()));
                    return None;
                }
                let wait = unit.saturating_mul(4_u32.pow(notification.failures));
                Some(first.saturating_add(wait.as_millis() as u64))
            }
        }
    }

    fn enqueue(&mut self, ticket: &Ticket, due: u64) {
        let Some((event, index)) = self.notification(ticket) else {
            return;
        };
        event.notifications[index].due = due;
        self.queue.insert(Ticket {
            due,
            ready: None,
            ..ticket.clone()
        });
    }

    fn forget(&mut self, only: Option<&str>) {
        let stays = |organization: &Arc<str>| only.is_some_and(|only| only != &**organization);
        self.organizations
            .retain(|organization, _| stays(organization));
        self.queue.retain(|ticket| stays(&ticket.organization));
        self.held.retain(|ticket| stays(&ticket.organization));
    }

    /// Takes over what was read of a document.
    fn put(&mut self, organization: Arc<str>, mut account: Account) {
        for event in account.events.values_mut() {
            let (id, instance) = (event.id, event.instance);
            for (index, notification) in event.notifications.iter_mut().enumerate() {
                self.serial += 1;
                notification.serial = self.serial;
                if notification.stage == Stage::Queued {
                    self.queue.insert(Ticket {
                        due: notification.due,
                        serial: self.serial,
                        organization: organization.clone(),
                        instance,
                        event: id,
                        index,
                        ready: None,
                    });
                }
            }
        }
        self.organizations.insert(organization, account);
    }
}

impl Section for Events {
    fn member(&self) -> &'static str {
        "events"
    }

    fn clear(&self, only: Option<&str>) {
        self.0.lock().forget(only);
    }

    fn snapshot(&self, only: Option<&str>) -> Json<'static> {
        let state = self.0.lock();
        let mut organizations = state.organizations.clone();
        drop(state);
        organizations.retain(|organization, _| only.is_none_or(|only| only == &**organization));
        document::to_json(&organizations)
    }

    fn read<'s>(
        &'s self,
        json: Option<&Json<'_>>,
        restoration: &Restoration<'s>,
    ) -> Reading<Change<'s>> {
        let mut accounts = document::read(json, restoration.catalog)?;
        let only = restoration.only;
        accounts.retain(|organization, _| only.is_none_or(|only| only == &**organization));
        Ok(Box::new(move || {
            let mut state = self.0.lock();
            state.forget(only);
            for (organization, account) in accounts {
                state.put(organization, account);
            }
            Ok(())
        }))
    }
}

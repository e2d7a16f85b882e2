//! Events of instances, and the notifications that are to be sent of them.
//!
//! One lock guards both, so that an event and its place in the queue change together. Nothing is rendered or sent under
//! it: whoever sends takes tickets out of the queue, and reports what became of each.

mod account;
mod document;
mod event;
mod queue;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::instances::Stored;
use super::{Change, Restoration, Section};
use crate::emulator::lazy::LazyMutex;
use crate::wire::json::Json;
use crate::wire::json::document::Reading;
use crate::wire::webhook::ProviderMessage;
use account::FIRST_EVENT;
pub(crate) use event::{Event, Notification, Stage};
use queue::State;

/// Maximum of retries of a notification (rule `event-retry`).
pub(crate) const MAX_RETRIES: u32 = 9;

/// The events of a server, and what is still to be sent.
#[derive(Debug, Default)]
pub(crate) struct Events(LazyMutex<State>);

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
    /// When the notifications are due by the mock's clock.
    pub(crate) due: u64,
    /// By the machine's.
    pub(crate) ready: Instant,
}

/// The deliveries that were due, and the time to look again.
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

/// The result of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A 2xx came back.
    Accepted,
    /// Anything else, or nothing: to be tried again.
    Failed(String),
    /// Not to be tried again.
    Ended(String),
}

/// The words about an attempt.
#[derive(Clone, Copy)]
pub(crate) struct Report<'a> {
    pub(crate) verdict: &'a Verdict,
    /// The address that it went to; after the last retry that is turned off (rule `event-retry-end`).
    pub(crate) callback: &'a str,
    pub(crate) now: u64,
    /// The unit of the waits of retries.
    pub(crate) unit: Duration,
}

/// An address that webhooks of an instance go to.
#[derive(Clone, Copy)]
pub(crate) struct Callback<'a> {
    pub(crate) organization: &'a str,
    pub(crate) instance: u64,
    pub(crate) url: &'a str,
}

/// The way in which an account's webhooks fail (rule `event-retry-end`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FailurePolicy {
    /// One that failed is tried again.
    #[default]
    Retry,
    /// One that failed waits, and turns its callback off at once.
    Queue,
}

impl FailurePolicy {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            FailurePolicy::Retry => "retry",
            FailurePolicy::Queue => "queue",
        }
    }

    pub(crate) fn find(name: &str) -> Option<Self> {
        let all = [FailurePolicy::Retry, FailurePolicy::Queue];
        all.into_iter().find(|policy| policy.name() == name)
    }
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

    /// Stores one event that polling finds; the arrival is made with the event's id.
    pub(crate) fn find(
        &self,
        organization: &str,
        receipt: Receipt,
        arrival: impl FnOnce(u64) -> Arrival,
    ) {
        let mut state = self.0.lock();
        let account = state.organizations.get(organization);
        let id = account.map_or(FIRST_EVENT, |account| account.next_event);
        state.store(arrival(id), receipt);
    }

    /// An organization's policy for webhooks that fail.
    pub(crate) fn policy(&self, organization: &str) -> FailurePolicy {
        let state = self.0.lock();
        let account = state.organizations.get(organization);
        account.map_or(FailurePolicy::Retry, |account| account.policy)
    }

    /// Sets the policy; what has failed already stays as it is.
    pub(crate) fn set_policy(&self, organization: &str, policy: FailurePolicy) {
        let mut state = self.0.lock();
        state
            .organizations
            .entry(organization.into())
            .or_default()
            .policy = policy;
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

    /// The event of a ticket, unless it was forgotten meanwhile or needs no sending any more.
    pub(crate) fn of(&self, ticket: &Ticket) -> Option<Event> {
        let mut state = self.0.lock();
        let (event, index) = state.notification(ticket)?;
        let is_queued = event.notifications[index].stage == Stage::Queued;
        is_queued.then(|| event.clone())
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

    /// Turns a callback on again; tells whether it was off (rule `event-reactivate`).
    pub(crate) fn reactivate(&self, callback: &Callback<'_>, now: u64) -> bool {
        self.0.lock().reactivate(callback, now)
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

    fn dropped(&self, only: Option<&str>) -> u64 {
        let state = self.0.lock();
        let accounts = state.organizations.iter();
        let wanted =
            accounts.filter(|(organization, _)| only.is_none_or(|only| only == &***organization));
        wanted.map(|(_, account)| account.dropped).sum()
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

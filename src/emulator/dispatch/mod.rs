//! Webhooks on their way out: which are due, what each says and where it goes, and what became of it.
//!
//! The rim, or a test without a server, takes tickets, prepares each at the moment of sending, sends it, and reports.
//! An attempt is decided in this order: the event and its instance must still be there, a fault of the test comes next,
//! then the address is judged. What is not sent is reported here and never reaches the rim.

pub(crate) mod destination;
pub(crate) mod fault;
pub(crate) mod log;

use std::fmt;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::sync::futures::Notified as Waiting;

use super::clock::system_time;
use super::state::events::{Arrival, Callback, Event, Next, Receipt, Report, Ticket, Verdict};
use super::state::instances::Stored;
use super::{Emulator, identity};
use crate::rules::{self, Rule};
use crate::settings::WebhookBody;
use crate::wire::vocabulary::entry;
use crate::wire::webhook::{self, Notified};
use destination::Destination;
use fault::{Faults, WebhookFault};
use log::{Log, Webhook, WebhookResult};

/// The parts of sending webhooks beside the queue.
#[derive(Debug, Default)]
pub(crate) struct Dispatch {
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    wake: Wake,
}

/// Tells the rim that something may be due.
#[derive(Default)]
struct Wake {
    changed: Notify,
    /// Starts the task that sends, when the first notification is queued.
    start: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}

/// A webhook ready to be sent, once or as often as the test ordered.
pub(crate) struct Delivery {
    ticket: Ticket,
    pub(crate) destination: Destination,
    pub(crate) copies: usize,
    pub(crate) webhook: Webhook,
}

impl Dispatch {
    /// Resolves when something was queued or the clock was moved.
    pub(crate) fn changed(&self) -> Waiting<'_> {
        self.wake.changed.notified()
    }

    /// Sets what starts the task that sends.
    pub(crate) fn on_first(&self, start: impl FnOnce() + Send + 'static) {
        *self.wake.start.lock() = Some(Box::new(start));
    }

    /// Wakes the task that sends.
    pub(crate) fn wake(&self) {
        // One permit is kept for a task that is not waiting yet.
        self.wake.changed.notify_one();
    }

    /// Forgets faults and attempts, of everybody or of one organization.
    pub(crate) fn clear(&self, only: Option<&str>) {
        self.faults.clear(only);
        self.log.clear(only);
    }

    /// Starts the task that sends, unless it was, and wakes it.
    pub(crate) fn start(&self) {
        let start = self.wake.start.lock().take();
        if let Some(start) = start {
            start();
        }
        self.wake();
    }
}

impl Emulator {
    /// Stores what arrived, and sees to its being sent; returns the ids of the events.
    pub(crate) fn receive_events(&self, arrivals: Vec<Arrival>) -> Vec<u64> {
        if arrivals.is_empty() {
            return Vec::new();
        }
        let now = self.clock.now();
        let receipt = Receipt {
            now,
            due: now,
            ready: Instant::now() + self.settings.webhooks.delay,
        };
        let events = self.state.events.receive(arrivals, receipt);
        self.dispatch.start();
        events
    }

    /// Turns the callback of an instance on again where an update has sent it anew, or switched its events on (rule
    /// `event-reactivate`).
    pub(crate) fn reactivate_callback(
        &self,
        organization: &str,
        updated: &Stored,
        changes: &[(&str, Option<&str>)],
    ) {
        let asks = |(key, value): &(&str, Option<&str>)| match *key {
            entry::CALLBACK => value.is_some(),
            entry::EVENTS_ENABLED => *value == Some("true"),
            _ => false,
        };
        let Some(url) = updated
            .configured(entry::CALLBACK)
            .filter(|_| changes.iter().any(asks))
        else {
            return;
        };
        let callback = Callback {
            organization,
            instance: updated.id,
            url,
        };
        if self.state.events.reactivate(&callback, self.clock.now()) {
            let caller = identity::fingerprint(organization);
            self.counters.relied(Some(caller), &rules::EVENT_REACTIVATE);
            self.dispatch.start();
        }
    }

    /// Stores an event that polling finds, and sees to its being sent when it is due (rule `event-poll`).
    pub(crate) fn find_event(
        &self,
        organization: &str,
        due: u64,
        arrival: impl FnOnce(u64) -> Arrival,
    ) {
        let receipt = Receipt {
            now: self.clock.now(),
            due,
            ready: Instant::now(),
        };
        self.state.events.find(organization, receipt, arrival);
        self.dispatch.start();
    }

    /// Takes what is due, and how long there is to wait for the next; `None` until something changes.
    pub(crate) fn due_webhooks(&self) -> (Vec<Ticket>, Option<Duration>) {
        let (now, at) = (self.clock.now(), Instant::now());
        let due = self.state.events.take(now, Some(at));
        let wait = |Next { due, ready }: Next| {
            let by_machine = ready.map(|ready| ready.saturating_duration_since(at));
            match due.checked_sub(now).filter(|wait| *wait > 0) {
                // A clock that stands still comes to no time by waiting.
                Some(_) if self.clock.is_stopped() => None,
                Some(wait) => Some(Duration::from_millis(wait).max(by_machine.unwrap_or_default())),
                None => Some(by_machine.unwrap_or_default()),
            }
        };
        (due.tickets, due.next.and_then(wait))
    }

    /// Makes the webhook of a ticket as it is to be sent now; `None` where nothing is sent.
    pub(crate) fn prepare_webhook(&self, ticket: Ticket) -> Option<Delivery> {
        let event = self.state.events.of(&ticket)?;
        let instance = self
            .state
            .instances
            .get(&ticket.organization, event.instance);
        let Some(callback) = instance
            .as_deref()
            .and_then(|instance| instance.configured(entry::CALLBACK))
        else {
            let gone = "Error delivering event: the instance or its callback is gone";
            self.note(&ticket, "", &Verdict::Ended(gone.to_owned()));
            return None;
        };
        let fault = self
            .dispatch
            .faults
            .take(&ticket.organization, event.instance);
        let ticket = self.hold_back(ticket, fault)?;
        let instance = instance.as_deref();
        let key = instance.and_then(|instance| instance.configured(entry::SIGNATURE_KEY));
        let body = self.webhook_body(&event, ticket.index);
        let webhook = Webhook {
            signature: key.map(|key| sign(key, &body, fault)),
            ..Webhook::new(&ticket.organization, &event, ticket.index, callback, body)
        };
        match self.destination(callback, fault) {
            Ok(destination) => Some(Delivery {
                ticket,
                destination,
                copies: 1 + usize::from(fault == Some(WebhookFault::Twice)),
                webhook,
            }),
            Err(result) => {
                self.conclude(&ticket, &webhook, result);
                None
            }
        }
    }

    /// The address to call, or what becomes of a webhook that is not sent.
    fn destination(
        &self,
        callback: &str,
        fault: Option<WebhookFault>,
    ) -> Result<Destination, WebhookResult> {
        if fault == Some(WebhookFault::Drop) {
            return Err(WebhookResult::Dropped);
        }
        let parsed = Destination::parse(callback, self.settings.webhooks.callbacks);
        parsed.map_err(WebhookResult::Refused)
    }

    /// Applies a fault that is about when a webhook is sent; returns the ticket if it is now.
    fn hold_back(&self, ticket: Ticket, fault: Option<WebhookFault>) -> Option<Ticket> {
        match fault {
            Some(WebhookFault::Delay(by)) => {
                let due = self.clock.now().saturating_add(by.as_millis() as u64);
                self.state.events.postpone(&ticket, due);
                self.dispatch.wake();
                None
            }
            Some(WebhookFault::OutOfOrder) => {
                self.state.events.hold(ticket);
                None
            }
            _ => Some(ticket),
        }
    }

    /// Notes what became of an attempt.
    pub(crate) fn report_webhook(&self, delivery: &Delivery, result: WebhookResult) {
        self.conclude(&delivery.ticket, &delivery.webhook, result);
    }

    fn conclude(&self, ticket: &Ticket, webhook: &Webhook, result: WebhookResult) {
        self.note(ticket, &webhook.url, &result.verdict());
        let rule: &'static Rule = match result {
            WebhookResult::Dropped => &rules::SCRIPTED,
            WebhookResult::Refused(_) => &rules::EVENT_CALLBACK_REACH,
            _ => &rules::EVENT_DELIVER,
        };
        let organization = identity::fingerprint(&ticket.organization);
        self.counters.relied(Some(organization), rule);
        self.dispatch.log.push(Webhook {
            at: system_time(self.clock.now()),
            result,
            ..webhook.clone()
        });
        // A retry may have been queued, or what was held back.
        self.dispatch.wake();
    }

    fn note(&self, ticket: &Ticket, callback: &str, verdict: &Verdict) {
        let report = Report {
            verdict,
            callback,
            now: self.clock.now(),
            unit: self.settings.webhooks.retry_unit,
        };
        self.state.events.report(ticket, &report);
    }

    /// The body of one of an event's notifications (rules `event-body`, `event-body-guide`).
    pub(crate) fn webhook_body(&self, event: &Event, index: usize) -> String {
        let (id, changes) = (event.id.to_string(), event.changes(index));
        let notified = Notified {
            event: &id,
            element: event.element.key(),
            hub: event.element.hub().unwrap_or("general"),
            instance: event.instance,
            polled: event.is_polled.then_some(event.at),
            raw: &event.message.raw,
        };
        match self.settings.webhooks.body {
            WebhookBody::Message => notified.body(&changes),
            WebhookBody::Guide => notified.older_body(&changes, event.notifications[index].id),
        }
    }
}

fn sign(key: &str, body: &str, fault: Option<WebhookFault>) -> String {
    if fault == Some(WebhookFault::WrongSignature) {
        return webhook::signature(&format!("not {key}"), body.as_bytes());
    }
    webhook::signature(key, body.as_bytes())
}

//! Everything behind the lock: the organizations' events, and the queue of what is to be sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::Account;
use super::{Arrival, Callback, Event, Receipt, Report, Stage, Ticket, Verdict};

/// The parts that one lock guards.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) organizations: BTreeMap<Arc<str>, Account>,
    /// The deliveries to make, the next one first.
    pub(super) queue: BTreeSet<Ticket>,
    /// The deliveries that a test holds back until another notification of the organization was sent.
    pub(super) held: Vec<Ticket>,
    /// Counts notifications, and is never reset: a report on one that was forgotten meets no other.
    serial: u64,
}

impl State {
    /// Stores an arrival as an event and queues its notifications.
    pub(super) fn store(&mut self, arrival: Arrival, receipt: Receipt) -> u64 {
        let Receipt { now, due, ready } = receipt;
        let account = self
            .organizations
            .entry(arrival.organization.clone())
            .or_default();
        let id = account.next_event;
        let mut event = Event::new(id, &arrival, now);
        let count = event.parts();
        event.notifications = account.notifications(&arrival, count, &mut self.serial);
        event.notifications.iter_mut().for_each(|one| one.due = due);
        for (index, notification) in event.queued() {
            self.queue.insert(Ticket {
                due,
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

    /// The event of a ticket, and which of its notifications is meant.
    pub(super) fn notification(&mut self, ticket: &Ticket) -> Option<(&mut Event, usize)> {
        let account = self.organizations.get_mut(&ticket.organization)?;
        let event = account.events.get_mut(&ticket.event)?;
        let is_same = event.notifications.get(ticket.index)?.serial == ticket.serial;
        is_same.then_some((event, ticket.index))
    }

    /// Writes a verdict down; when to try again, if that is to be done.
    pub(super) fn note(&mut self, ticket: &Ticket, report: &Report<'_>) -> Option<u64> {
        let account = self.organizations.get(&ticket.organization)?;
        let policy = account.policy;
        let (event, index) = self.notification(ticket)?;
        let instance = event.instance;
        let notification = &mut event.notifications[index];
        notification.updated = report.now;
        let due = notification.note(report, policy);
        let has_failed = matches!(report.verdict, Verdict::Failed(_)) && due.is_none();
        if has_failed
            && notification.stage != Stage::Accepted
            && let Some(account) = self.organizations.get_mut(&ticket.organization)
        {
            account.off.insert((instance, report.callback.to_owned()));
        }
        due
    }

    /// Turns an instance's callback on again, and queues what waited for it; tells whether it was off.
    pub(super) fn reactivate(&mut self, place: &Callback<'_>, now: u64) -> bool {
        let Some((organization, account)) = self.organizations.get_key_value(place.organization)
        else {
            return false;
        };
        let (organization, off) = (organization.clone(), (place.instance, place.url.to_owned()));
        if !account.off.contains(&off) {
            return false;
        }
        let account = self.organizations.get_mut(place.organization);
        let account = account.expect("it was found");
        account.off.remove(&off);
        for event in account.events.values_mut() {
            if event.instance != place.instance {
                continue;
            }
            for (index, notification) in event.notifications.iter_mut().enumerate() {
                if notification.stage != Stage::Waiting {
                    continue;
                }
                notification.queue_again(now);
                self.queue.insert(Ticket {
                    due: now,
                    serial: notification.serial,
                    organization: organization.clone(),
                    instance: event.instance,
                    event: event.id,
                    index,
                    ready: None,
                });
            }
        }
        true
    }

    /// Puts a ticket into the queue for another time.
    pub(super) fn enqueue(&mut self, ticket: &Ticket, due: u64) {
        let Some((event, index)) = self.notification(ticket) else {
            return;
        };
        let before = std::mem::replace(&mut event.notifications[index].due, due);
        let at = |due| Ticket {
            due,
            ready: None,
            ..ticket.clone()
        };
        // Of two copies both may have failed; one retry is enough.
        self.queue.remove(&at(before));
        self.queue.insert(at(due));
    }

    /// Forgets everything, or what one organization has.
    pub(super) fn forget(&mut self, only: Option<&str>) {
        let stays = |organization: &Arc<str>| only.is_some_and(|only| only != &**organization);
        self.organizations
            .retain(|organization, _| stays(organization));
        self.queue.retain(|ticket| stays(&ticket.organization));
        self.held.retain(|ticket| stays(&ticket.organization));
    }

    /// Takes over what was read of a document.
    pub(super) fn put(&mut self, organization: Arc<str>, mut account: Account) {
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
